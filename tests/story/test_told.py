"""Stories in Blender: what a frame shows of the beat that is told."""
import shutil
import subprocess

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from bpy_extras.object_utils import world_to_camera_view  # noqa: E402
from mathutils import Vector  # noqa: E402

import mm_blender as mm  # noqa: E402
from mm_blender.errors import RenderError  # noqa: E402
from mm_blender.layout.places import to_blender  # noqa: E402
from mm_blender.scene import compat, needs, parts, story_objects, tags  # noqa: E402
from mm_blender.story import targets  # noqa: E402

STORY = [
    {"name": "whole", "words": "Two matrices."},
    {"name": "row", "look": "A[1,:]", "lit": ["A[1,:]", "B[:,0]"], "seconds": 3},
    {"name": "go", "look": "all", "sweep": "start", "words": "Row by row."},
    {"name": "run", "sweep": "end", "lit": "current", "orbit": 45},
]


def built(algorithm="dotprod (row major)", **options):
    viz = mm.visualize("C = A @ B", {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]},
                       settings={"anim.alg": algorithm}, **options)
    return viz.story(STORY).build()


def line(viz):
    return story_objects.timeline_of(viz.document, viz.collection)


def lit(viz, path):
    """Of each element of a matrix (h, w), as evaluated: how much it is lit, and how much its lightness is shifted."""
    obj = parts.find(viz.collection, path)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    geometry = evaluated.evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    out = []
    for name in ("highlight", "light_shift"):
        values = np.zeros(len(cloud.attributes["row"].data), np.float32)
        if name in cloud.attributes:
            cloud.attributes[name].data.foreach_get("value", values)
        out.append(values)
    rows, cols = (np.zeros(len(values), np.int32) for _ in range(2))
    cloud.attributes["row"].data.foreach_get("value", rows)
    cloud.attributes["col"].data.foreach_get("value", cols)
    node = viz.document.matrix(path)
    grid = np.zeros((2, node.h, node.w))
    grid[:, rows, cols] = out
    return grid


def test_a_row_and_a_column_are_lit_and_the_rest_is_dimmed(fresh_scene):
    viz = built()
    fresh_scene.frame_set(line(viz).shown_at(line(viz).beats[1]))
    (bright, dark), (column, _) = lit(viz, "root.left"), lit(viz, "root.right")
    assert bright.tolist() == [[0, 0, 0], [1, 1, 1]] and column[:, 0].tolist() == [1, 1, 1] and not column[:, 1].any()
    assert (dark[0] < -0.1).all() and not dark[1].any()
    fresh_scene.frame_set(1)
    assert not lit(viz, "root.left")[1].any()


def test_what_is_looked_at_is_in_the_middle_of_the_picture(fresh_scene):
    viz = built()
    fresh_scene.frame_set(line(viz).shown_at(line(viz).beats[1]))
    corners = targets.corners(viz.document, targets.find(viz.document, "A[1,:]"))
    middle = on_page(viz, to_blender(corners) * viz.placement.pitch)
    assert (middle.min(0) + middle.max(0)) / 2 == pytest.approx([0.5, 0.5], abs=0.02)


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_words_hang_before_the_camera_as_large_wherever_it_is(fresh_scene, projection):
    viz, high = built(projection=projection), []
    for number in (0, 2, 2):
        beat = line(viz).beats[number]
        fresh_scene.frame_set(beat.first if len(high) < 2 else beat.last)
        seen = [obj for obj in parts.of(viz.collection, parts.STORY) if not obj.hide_render]
        plate, = [obj for obj in seen if obj.type == "MESH"]
        ground = on_page(viz, [plate.matrix_world @ vertex.co for vertex in plate.data.vertices])
        page = np.concatenate([on_page(viz, [obj.matrix_world @ Vector(corner) for corner in obj.bound_box])
                               for obj in seen if obj.type == "FONT"])
        assert 0 < page.min() and page.max() < 1 and page[:, 0].min() + page[:, 0].max() == pytest.approx(1, abs=0.02)
        assert (ground.min(0) < 0).all() and ground[:, 0].max() > 1 and page[:, 1].max() < ground[:, 1].max()
        high.append(ground[:, 1].max())
    assert high == pytest.approx([high[0]] * 3, rel=1e-3)


def on_page(viz, points):
    """Where points (n, 3) of the world are in the picture (n, 2), from its lower left corner."""
    camera = needs.camera_of(viz.collection)
    return np.array([world_to_camera_view(bpy.context.scene, camera, Vector(point))[:2] for point in points])


def test_a_story_has_a_marker_a_beat_that_can_be_dragged(fresh_scene):
    viz = built()
    first = line(viz)
    assert [(marker.name, marker.frame) for marker in fresh_scene.timeline_markers] == [
        (beat.label, beat.first) for beat in first.beats]
    fresh_scene.timeline_markers["2 row"].frame += 48
    viz.story()
    assert line(viz).beats[1].first == first.beats[1].first + 48
    assert [marker.frame for marker in fresh_scene.timeline_markers] == [beat.first for beat in line(viz).beats]
    assert fresh_scene.frame_end == line(viz).last


def test_markers_of_a_person_and_of_another_story_stay_whatever_they_are_called(fresh_scene):
    markers = fresh_scene.timeline_markers
    first = built()
    markers.new("2 row", frame=900)
    second = built()
    assert {"1 whole", "1 whole (2)"} <= {marker.name for marker in markers}
    markers["3 go"].frame += 5
    first.story()
    second.story([])
    assert markers["2 row"].frame == 900 and "1 whole" in markers and "1 whole (2)" not in markers
    markers["3 go"].frame += 5
    first.remove()
    assert [marker.name for marker in markers if marker.name[0] in "1234"] == ["2 row"]


def test_what_was_deleted_of_a_story_comes_back_when_it_is_told_again(fresh_scene, tmp_path):
    viz = built()
    camera = needs.camera_of(viz.collection)
    bpy.data.objects.remove(camera.parent)
    fresh_scene.timeline_markers.clear()
    viz.story(STORY)
    assert camera.parent.get(tags.STORY) == "rig" and len(fresh_scene.timeline_markers) == len(STORY)
    bpy.data.objects.remove(camera.parent)  # without it the keys of the camera lead nowhere
    viz.render(tmp_path / "again.png", (32, 18), quality="preview", samples=1, progress=False)
    viz.story(STORY)
    assert len([obj for obj in viz.collection.objects if obj.get(tags.STORY) == "rig"]) == 1


def test_a_story_is_shown_as_it_is_keyed_whatever_the_scene_says_since(fresh_scene, tmp_path):
    viz = built()
    told, keys = line(viz), story_objects.marked(viz.collection, fresh_scene)
    fresh_scene.frame_start, fresh_scene.render.fps = 50, 48
    assert line(viz) == told and viz.story() and story_objects.marked(viz.collection, fresh_scene) == keys
    last = told.beats[0].last / 48  # the film is played twice as fast
    assert f"--> 00:00:{last:06.3f}".replace(".", ",") in viz.subtitles(tmp_path / "fast.srt").read_text()
    viz.story(STORY[:2])
    assert line(viz).first == 50 and line(viz).fps == 48


def test_a_story_that_is_linked_is_rendered_as_its_own_file_has_it(fresh_scene, tmp_path):
    built().save(tmp_path / "told.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "told.blend"), link=True) as (there, here):
        here.collections = [name for name in there.collections if name.startswith("mm ")]
    bpy.context.scene.collection.children.link(here.collections[0])
    viz, = mm.visualizations()
    viz.render(tmp_path / "square.png", (32, 32), quality="preview", samples=1, progress=False)
    viz.contact_sheet(tmp_path / "sheet.png", (32, 32), progress=False)
    with pytest.raises(mm.LinkedError, match="cannot be told here"):
        viz.story(STORY)


def test_what_a_story_brought_goes_with_it(fresh_scene):
    viz = built()
    camera = needs.camera_of(viz.collection)
    assert camera.parent is not None and parts.of(viz.collection, parts.STORY)
    viz.story([])
    assert camera.parent is None and not compat.curves(camera) and not parts.of(viz.collection, parts.STORY)
    assert "1 whole" not in fresh_scene.timeline_markers
    assert not any("mm Lit" in obj.modifiers for obj in parts.of(viz.collection, parts.MATRIX))
    plain = mm.visualize("C = A @ B", {"A": [[1, 2, 3], [4, 5, 6]], "B": [[7, 8], [9, 1], [2, 3]]},
                         settings={"anim.alg": "dotprod (row major)"}).build()
    other = needs.camera_of(plain.collection)
    assert np.allclose(camera.matrix_basis.to_quaternion(), other.matrix_basis.to_quaternion(), atol=1e-5)


def test_a_story_is_in_the_file_and_comes_out_of_it_again(fresh_scene, tmp_path):
    viz = built()
    viz.save(tmp_path / "told.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "told.blend"))
    again, = mm.visualizations()
    assert again.options.story == viz.options.story
    camera = needs.camera_of(again.collection)
    assert camera.parent.get(tags.STORY) == "rig" and len(bpy.context.scene.timeline_markers) == len(STORY)
    assert not bpy.app.handlers.frame_change_post and not any(
        obj.animation_data and obj.animation_data.drivers for obj in bpy.data.objects)


def test_a_change_of_what_is_shown_keeps_its_story_and_one_that_it_cannot_have_is_refused(fresh_scene):
    viz = built()
    viz.change({"A.h": 4}, data={"A": np.ones((4, 3))})
    assert parts.of(viz.collection, parts.STORY) and line(viz) is not None
    with pytest.raises(mm.StoryError, match="no matrix 'A'"):
        viz.change(expression="C = X @ Y")
    assert viz.expression.startswith("C = A")


def read(path):
    """The words in a picture."""
    done = subprocess.run(["tesseract", str(path), "-", "--psm", "11"], capture_output=True, text=True, timeout=60)
    return " ".join(done.stdout.split())


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="no tesseract")
def test_a_frame_says_its_words(fresh_scene, tmp_path):
    viz = built()
    viz.render(tmp_path / "words.png", (640, 360), quality="preview", frame=10, progress=False)
    assert "Two matrices" in read(tmp_path / "words.png")
    assert fresh_scene.timeline_markers and story_objects.aspect_of(viz.collection) == pytest.approx(1920 / 1080)


def test_a_contact_sheet_shows_every_beat(fresh_scene, tmp_path):
    viz = built()
    viz.contact_sheet(tmp_path / "sheet.png", (96, 54), progress=False)
    image = bpy.data.images.load(str(tmp_path / "sheet.png"))
    assert tuple(image.size) == (2 * (96 + 6) + 6, 2 * (54 + 6) + 6)
    with pytest.raises(mm.StoryError, match="no story yet"):
        mm.visualize("A @ B").contact_sheet(tmp_path / "none.png")


def test_a_name_that_the_picture_would_cut_is_hidden_while_it_would(fresh_scene):
    viz = built()
    letters = [obj for obj in parts.of(viz.collection, parts.LETTER) if obj.type == "FONT"]
    shown = {}
    for number in (0, 1):
        fresh_scene.frame_set(line(viz).shown_at(line(viz).beats[number]))
        shown[number] = {obj for obj in letters if not obj.hide_render}
    assert {"A", "B", "C"} <= {obj.data.body for obj in shown[0]} and 0 < len(shown[1]) < len(shown[0])
    fresh_scene.frame_set(line(viz).shown_at(line(viz).beats[1]))
    for obj in shown[1]:
        page = on_page(viz, [obj.matrix_world @ Vector(corner) for corner in obj.bound_box])
        assert 0 < page.min() and page.max() < 1


def test_what_a_story_cannot_have_is_said(fresh_scene):
    beats = [{"name": "first", "sweep": "start"}, {"name": "then", "sweep": "1 step", "lit": "current"}]

    def swept():
        return mm.visualize("A @ B", settings={"anim.alg": "vmprod", "A.h": 3, "A.w": 2, "B.w": 4})

    row = mm.side_by_side([swept().story(beats), swept()])
    with pytest.warns(mm.MMWarning, match="a story is not told side by side"):
        row.build()
    with pytest.warns(mm.MMWarning, match="a story is not told side by side"):
        row.visualizations[1].story(beats)


def test_a_film_of_a_story_goes_on_with_what_is_missing(fresh_scene, tmp_path):
    """After an interruption, and in a new process' scene; those of a story that has changed since are no use."""
    how = {"size": (32, 18), "samples": 1, "engine": "workbench", "frames": (60, 66), "progress": False}
    built().render(tmp_path / "film", **how)
    frames = sorted((tmp_path / "film").glob("frame_*.png"))
    whole = [path.read_bytes() for path in frames]
    assert len(whole) == 7 and len({*whole}) > 1
    for path in frames[2:5]:
        path.unlink()
    kept = [path.stat().st_mtime_ns for path in (frames[0], frames[6])]
    mm.clear()
    again = built()
    again.render(tmp_path / "film", **how)
    assert [path.read_bytes() for path in frames] == whole
    assert kept == [path.stat().st_mtime_ns for path in (frames[0], frames[6])]
    again.story([{**STORY[0], "words": "Two other words."}, *STORY[1:2], {**STORY[2], "orbit": 30}, STORY[3]])
    with pytest.raises(RenderError, match="holds frames of another movie .*other texts"):
        again.render(tmp_path / "film", **how)
