"""A story in the sidebar: its beats are shown, added, changed, moved, undone, and written."""
import importlib
import math
import tomllib

import pytest

import mm_blender as mm
from blender_at_hand import inside_blender
from extension_module import extension, registered  # noqa: F401

bpy = pytest.importorskip("bpy")

from mm_blender.scene import needs, pins, probe, saved_state, story_objects  # noqa: E402
from mm_blender.story import reading  # noqa: E402

BEATS = [{"name": "whole", "sweep": "start", "words": "Two matrices."},
         {"name": "row", "look": "A[1,:]", "lit": ["A[1,:]", "B[:,0]"], "view": [30, 20]},
         {"name": "run", "sweep": "end", "pace": [12, 6]}]


@pytest.fixture
def plain(fresh_scene):
    viz = mm.visualize("C = A @ B", {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]},
                       settings={"anim.alg": "dotprod (row major)"}).build()
    return viz.collection


@pytest.fixture
def told(plain):
    mm.visualizations()[0].story(BEATS)
    return plain


def story(collection):
    text = saved_state.load(collection).options.story
    return reading.from_text(text).beats if text else ()


def operators(name):
    """A module of the extension's operators."""
    package = "bl_ext.user_default.mm_blender" if inside_blender() else extension().__name__
    return importlib.import_module(f"{package}.operators.{name}")


def operators_state():
    """The module that remembers what was refused."""
    return operators("state")


def names(collection):
    return [beat.name for beat in story(collection)]


def test_the_fields_are_of_the_beat_at_hand(told):
    beat = told.mm.beat
    assert (told.mm.picked_beat, beat.called, beat.words, beat.sweep) == (0, "whole", "Two matrices.", "start")
    told.mm.picked_beat = 1
    assert (beat.called, beat.look, beat.lit, beat.view) == ("row", "A[1,:]", "A[1,:], B[:,0]", "30, 20")
    shown = story_objects.timeline_of(saved_state.load(told), told)
    assert bpy.context.scene.frame_current == shown.shown_at(shown.beats[1])
    told.mm.picked_beat = 2
    assert (beat.pace, beat.seconds, beat.hold, beat.beside) == ("12, 6", 0, 0.5, False)
    told.mm.picked_beat = 9
    assert told.mm.picked_beat == 2


def test_a_row_shows_the_beat_of_its_number(told):
    manager, panel = bpy.context.window_manager, operators("story_panel")
    for count in (3, 2, 5):
        panel.fill(manager, count)
    assert [row.at for row in manager.mm_rows] == list(range(5))


@pytest.mark.parametrize("field, value, key, said", [
    ("called", "first", "name", "first"), ("words", "Look.", "words", "Look."), ("place", "beside", "place", "beside"),
    ("seconds", 6.0, "seconds", 6.0), ("hold", 1.0, "hold", 1.0), ("look", "A[0,:], C", "look", ("A[0,:]", "C")),
    ("lit", "B", "lit", ("B",)), ("view", "-20, 15.5", "view", (-20.0, 15.5)),
    ("numbers", "A, C", "numbers", ("A", "C")),
    ("numbers", "none", "numbers", ()), ("fill", 0.5, "fill", 0.5), ("orbit", 45.0, "orbit", 45.0)])
def test_a_field_changes_the_story(told, field, value, key, said):
    setattr(told.mm.beat, field, value)
    assert getattr(story(told)[0], key) == said
    kind = type(value)
    assert kind(getattr(told.mm.beat, field)) == value


def test_how_a_sweep_goes(told):
    told.mm.picked_beat = 2
    for pace, said in (("fast, then slower", "fast, then slower"), ("8", 8.0), ("24, 12, 4", (24.0, 12.0, 4.0)),
                       ("", None)):
        told.mm.beat.pace = pace
        assert (told.mm.beat.pace, story(told)[2].pace) == (pace, said)
    told.mm.beat.sweep, told.mm.beat.sum = "2 steps", True
    assert story(told)[2].sweep == "2 steps" and story(told)[2].sum


@pytest.mark.parametrize("field, value, words", [
    ("pace", "quick", "there is no pace 'quick'"), ("look", "Q", "there is no matrix 'Q'"),
    ("sweep", "step 99", "there are 4"), ("view", "left", "degrees to the right"),
    ("lit", "A[9,:]", "not in the matrix"), ("arcs", "A[0,:]", "arcs go between the tokens")])
def test_what_cannot_be_is_said_and_changes_nothing(told, field, value, words):
    state, before = operators_state(), told["mm_state"]
    setattr(told.mm.beat, field, value)
    assert words in state.refused(told) and told["mm_state"] == before
    told.mm.beat.called = "again"
    assert state.refused(told) is None


def test_beats_are_moved_and_left_out(told):
    assert bpy.ops.mm.move_beat(by=-1) == {"CANCELLED"}
    told.mm.picked_beat = 1
    bpy.ops.mm.move_beat(by=1)
    assert names(told) == ["whole", "run", "row"] and told.mm.beat.called == "row"
    bpy.ops.mm.remove_beat()
    assert names(told) == ["whole", "run"] and told.mm.beat.called == "run"
    for _ in range(2):
        bpy.ops.mm.remove_beat()
    assert not story(told) and not bpy.ops.mm.remove_beat.poll()
    assert not story_objects.is_told(told) and told.mm.beat.called == ""


def test_two_beats_that_want_one_thing_are_both_named(told):
    told.mm.picked_beat = 1
    told.mm.beat.beside = True
    assert story(told)[1].meanwhile == 0
    with pytest.raises(RuntimeError, match=r"beat 1 \(row\) is the first"):
        bpy.ops.mm.move_beat(by=-1)
    assert names(told) == ["whole", "row", "run"]
    told.mm.picked_beat = 2
    told.mm.beat.look = "C"
    told.mm.picked_beat = 1
    with pytest.raises(RuntimeError, match=r"beat 2 \(run\) and beat 3 \(row\).*the camera"):
        bpy.ops.mm.move_beat(by=1)
    assert names(told) == ["whole", "row", "run"]
    told.mm.picked_beat = 2
    told.mm.beat.beside = True
    assert "beat 3 (run) go on at once" in operators_state().refused(told) and story(told)[2].meanwhile is None


def test_a_beat_is_made_of_what_is_seen(plain):
    """The first beat says nothing of a sweep that stands at its end; then it goes where the timeline is."""
    camera, root = needs.camera_of(plain), next(obj for obj in plain.objects if obj["mm_part"] == "root")
    root.rotation_euler.z = 0.5  # a view is of what is built, wherever that is turned
    bpy.context.view_layer.update()
    bpy.context.scene.frame_set(bpy.context.scene.frame_end)
    bpy.ops.mm.add_beat(name="all")
    first, = story(plain)
    assert first.look == ("all",) and first.sweep is None and first.view is not None
    assert camera.parent is not None
    rig = camera.parent
    bpy.context.scene.frame_set(1)
    assert (rig.rotation_euler.z, rig.rotation_euler.x) == pytest.approx(
        (math.radians(first.view[0]), math.radians(90 - first.view[1])), abs=1e-3)
    bpy.ops.mm.pick(path="root.left")
    bpy.ops.mm.add_beat(words="This is A.")
    assert story(plain)[1].look == ("A",) and story(plain)[1].words == "This is A." and plain.mm.picked_beat == 1


def test_a_sweep_stands_where_the_timeline_is(plain):
    frames = bpy.context.scene
    frames.frame_set(frames.frame_start + 8)  # of four a step
    bpy.ops.mm.add_beat(name="third")
    assert story(plain)[0].sweep == "step 2"
    bpy.ops.mm.add_beat(name="the same")
    assert story(plain)[1].sweep is None


def test_a_label_is_looked_at(plain):
    bpy.context.scene.frame_set(bpy.context.scene.frame_end)
    matrix = next(obj for obj in plain.objects if obj.get("mm_path") == "root" and obj["mm_part"] == "matrix")
    hit = probe.element(matrix, 1, 0, bpy.context.evaluated_depsgraph_get())
    bpy.context.view_layer.objects.active = pins.pin(plain, hit)
    bpy.ops.mm.add_beat()
    assert story(plain)[0].look == ("C[1,0]",)


def test_markers_that_were_dragged_stay_where_they_are(told):
    bpy.context.scene.timeline_markers["2 row"].frame += 24
    told.mm.picked_beat = 1
    told.mm.beat.called = "one row"
    assert bpy.context.scene.timeline_markers["2 one row"].frame == story_objects.timeline_of(
        saved_state.load(told), told).beats[1].first
    before = story(told)[0].seconds
    bpy.context.scene.timeline_markers["2 one row"].frame -= 24
    bpy.ops.mm.retime_story()
    assert story(told)[0].seconds == pytest.approx(before - 1)


def test_one_step_back(told):
    bpy.ops.ed.undo_push(message="told")
    told.mm.beat.called = "other"
    bpy.ops.ed.undo_push(message="called")
    name = told.name
    bpy.ops.ed.undo()
    assert bpy.data.collections[name].mm.beat.called == "whole"


def test_files(told, tmp_path):
    path = tmp_path / "film.toml"
    bpy.ops.mm.save_story(filepath=str(tmp_path / "film"))
    assert [each.get("name") for each in tomllib.loads(path.read_text("utf-8"))["beat"]] == names(told)
    before = story(told)
    told.mm.picked_beat = 1
    bpy.ops.mm.remove_beat()
    bpy.ops.mm.load_story(filepath=str(path))
    assert story(told) == before and len(mm.visualizations()) == 1
    with pytest.raises(RuntimeError, match="no story 'nothing'"):
        bpy.ops.mm.load_story(name="nothing")
    with pytest.raises(RuntimeError, match="leads to step 8"):
        bpy.ops.mm.load_story(name="why-low-rank-saves", here=True)
    assert story(told) == before


def test_a_lesson_is_built_beside_what_is_there(told):
    bpy.ops.mm.load_story(name="axpy")
    assert len(mm.visualizations()) == 2 and bpy.context.scene.mm.last != told
    assert bpy.context.scene.mm.last.mm.beat.called and not bpy.context.scene.mm.last.mm.picked_beat


def test_a_contact_sheet(told, tmp_path):
    bpy.context.scene.mm.engine = "workbench"
    bpy.ops.mm.contact_sheet(filepath=str(tmp_path / "sheet"), width=64)
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_beat_is_played_from_its_marker(told):
    told.mm.picked_beat = 1
    bpy.ops.mm.play_story()
    scene, beat = bpy.context.scene, story_objects.timeline_of(saved_state.load(told), told).beats[1]
    assert scene.use_preview_range and (scene.frame_preview_start, scene.frame_preview_end) == (beat.first, beat.last)
    assert scene.frame_current == beat.first


def test_a_storys_camera_goes_its_way_again(told):
    rig, camera = needs.camera_of(told).parent, needs.camera_of(told)
    bpy.context.scene.frame_set(1)
    before = tuple(camera.matrix_world.translation)
    camera.location, camera.animation_data.action = (9, 9, 9), None
    bpy.ops.mm.frame_camera()
    bpy.context.scene.frame_set(bpy.context.scene.frame_current)
    assert camera.parent == rig and tuple(camera.matrix_world.translation) == pytest.approx(before, abs=1e-3)
