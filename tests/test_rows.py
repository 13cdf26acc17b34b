"""Visualizations side by side: none over another, all in the picture, one set of lights."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import group_keys, matrices_on_page, plane_texts
from mm_blender.document.group import points_of
from mm_blender.errors import ParameterError

SIZES = {"A.h": 6, "A.w": 4, "B.w": 5}


def several(count, projection="auto", **settings):
    return [mm.visualize("A @ B", settings={**SIZES, **settings}, seed=seed, projection=projection)
            for seed in range(count)]


def on_screen(row, camera):
    """Of each the low and high corner (2,) in the picture."""
    out = []
    for viz, offset in zip(row.visualizations, row.offsets):
        points = points_of(viz.document) * viz.placement.pitch / row.first.placement.pitch + offset
        seen = camera.project(points)[:, :2]
        out.append((seen.min(0), seen.max(0)))
    return out


@pytest.mark.parametrize("count, columns", [(1, None), (2, None), (5, 2), (12, None), (12, 12), (3, 1)])
@pytest.mark.parametrize("aspect", [1.6, 0.7])
@pytest.mark.parametrize("projection", ["perspective", "orthographic", "cabinet"])
def test_none_covers_another_and_all_are_in_the_picture(count, columns, aspect, projection):
    row = mm.side_by_side(several(count, projection), columns, [f"head {n}" for n in range(count)])
    camera = row.framed(aspect)
    boxes = on_screen(row, camera)
    for text in row.group.title_texts():
        corners = text.corners()
        assert camera.sees(corners, aspect)
        seen = camera.project(corners)[:, :2]
        boxes.append((seen.min(0), seen.max(0)))
    for at, (low, high) in enumerate(boxes):
        assert (low < high).all()
        for other_low, other_high in boxes[:at]:
            assert ((low >= other_high) | (high <= other_low)).any()
    for viz, offset in zip(row.visualizations, row.offsets):
        assert camera.sees(points_of(viz.document) + offset, aspect)
    assert row.columns == columns or columns is None and (row.columns in (4, 6) or count < 12)


def test_those_of_different_sizes_stand_in_one_grid():
    row = mm.side_by_side([*several(2), *several(2, **{"A.h": 20})], 2)
    middles = np.array([(low + high) / 2 for low, high in on_screen(row, row.framed(1.6))])
    np.testing.assert_allclose(middles[0, 0], middles[2, 0], atol=0.02)
    np.testing.assert_allclose(middles[0, 1], middles[1, 1], atol=0.02)


@pytest.mark.parametrize("given, words", [
    (([],), "one visualization or more"), ((several(1), 0), "columns is a whole number from 1 up, not 0"),
    ((several(2), None, ["a"]), "1 titles for 2 visualizations"), ((several(2), None, "ab"), "titles are texts.*'ab'"),
    ((several(1), None, [3]), "titles are texts"), ((["A @ B"],), "as visualize\\(\\) returns them, not 'A @ B'")])
def test_what_is_no_row(given, words):
    with pytest.raises(ParameterError, match=words):
        mm.side_by_side(*given)


def _start(text):
    """Where the first run of a title begins."""
    return (text.frame @ (*text.letters.origin(text.letters.runs[0]), 0.0, 1.0))[:3]


def test_a_row_in_blender(fresh_scene, tmp_path):
    import bpy

    row = mm.side_by_side(several(3), titles=["one", "two", "three"]).build()
    scene = bpy.context.scene
    lights = [obj for obj in scene.objects if obj.type == "LIGHT"]
    assert len(lights) == 3 and len([obj for obj in scene.objects if obj.type == "CAMERA"]) == 1
    titles = {obj.data.body: obj for obj in scene.objects if obj.get("mm_part") == "title"}
    assert list(titles) == ["one", "two", "three"]
    for text in row.group.title_texts():  # where they were laid out
        x, y, z = _start(text) * row.placement.pitch
        np.testing.assert_allclose(titles[text.text].matrix_world.translation, (x, -z, y), atol=1e-5)
    found = mm.visualizations()
    assert len(found) == 3
    found[1].change({"layout.gap": 7})  # each is still there to be changed by itself
    row.save(tmp_path / "row.blend")
    row.render(tmp_path / "row.png", size=(64, 40), samples=1, engine="workbench", progress=False)
    from PIL import Image

    assert Image.open(tmp_path / "row.png").size == (64, 40)


def test_matrices_of_one_name_are_told_once(fresh_scene):
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = 320, 200
    with pytest.warns(mm.MMWarning, match="numbers on the cubes of A, B, A @ B would be too small"):
        mm.side_by_side([mm.visualize("A @ B", numbers=True), mm.visualize("A @ B", seed=1)]).build()


def test_what_explains_the_arrows_keeps_off_the_titles():
    row = mm.side_by_side([mm.visualize("A @ B", settings={"A.h": 8, "A.w": 3, "B.w": 3})], titles=["a long title"])
    made = row.composed((1000, 1000))
    notes = np.array([text.box() for text in made.sheet.texts if text.kind == "arrow"])
    assert len(notes) == 2
    for text in row.group.title_texts():
        title = matrices_on_page.on_page(made.camera, made.sheet.page, text.corners())
        assert ((notes.min(1) > title.max(0)) | (notes.max(1) < title.min(0))).any(1).all()


@pytest.mark.parametrize("projection", ["perspective", "isometric", "cabinet"])
def test_blenders_camera_sees_them_where_they_were_framed(fresh_scene, projection):
    import bpy
    from bpy_extras.object_utils import world_to_camera_view

    from mm_blender.scene import build, parts

    row = mm.side_by_side([*several(2, projection), *several(1, projection, **{"A.h": 9})], titles=["a", "b", "c"])
    row.build()
    scene, camera = bpy.context.scene, row.framed(1.5)
    scene.render.resolution_x, scene.render.resolution_y = 60, 40
    build.aim(row.placement, row.collection, scene.camera, camera, 1.5)
    bpy.context.view_layer.update()
    for viz, offset, text in zip(row.visualizations, row.offsets, row.group.title_texts()):
        title, = parts.of(viz.collection, "title")
        pairs = [(title.matrix_world.translation, _start(text))]
        for node in (viz.tree, viz.tree.left):
            obj, (h, w) = parts.find(viz.collection, node.path), (node.h, node.w)
            for row_, col in ((0, 0), (h - 1, w - 1)):
                point = (viz.placement.matrices[node.path] @ (col, row_, 0, 1))[:3] + offset
                pairs.append((obj.matrix_world @ obj.data.vertices[row_ * w + col].co, point))
        for seen, laid_out in pairs:
            np.testing.assert_allclose(world_to_camera_view(scene, scene.camera, seen)[:2],
                                       camera.page(laid_out[None], 1.5)[0], atol=2e-3)


def test_a_row_that_cannot_be_built_leaves_nothing(fresh_scene, monkeypatch):
    import bpy

    from mm_blender.scene import build

    row, of_one = mm.side_by_side(several(2)), build.build
    monkeypatch.setattr(build, "build", lambda document, *rest: 1 / (
        document is row.first.document) and of_one(document, *rest))
    with pytest.raises(ZeroDivisionError):
        row.build()
    assert not [obj for obj in bpy.data.objects if "mm_part" in obj]


def test_titles_are_in_the_typeface_of_the_names_with_mathematics(fresh_scene):
    import bpy

    mm.side_by_side(several(1), titles=["a: $x^2$"]).build()
    titles = {obj.data.body: obj for obj in bpy.context.scene.objects if obj.get("mm_part") == "title"}
    assert set(titles) == {"a: ", "x", "2"}
    names = {obj.data.font.name for obj in bpy.data.objects if obj.get("mm_kind") == "name"}
    assert {obj.data.font.name for obj in titles.values()} == names
    base, raised = titles["x"], titles["2"]
    assert raised.data.size < base.data.size and raised.matrix_world.translation.z > base.matrix_world.translation.z


def test_keys_of_several_are_one_where_they_are_alike_and_else_say_whose_they_are():
    alike = mm.side_by_side([mm.visualize("A @ B", keys=True) for _ in "ab"])
    assert [bar.title for bar in group_keys.bars(alike.group)] == ["A, B, A @ B"]
    other = mm.side_by_side([mm.visualize("A @ B", keys=True), mm.visualize("C @ D", look="paper")], titles=["a", "b"])
    assert [bar.title for bar in group_keys.bars(other.group)] == ["a: A, B, A @ B", "b: C, D, C @ D"]
    assert len(alike.composed((1200, 500)).sheet.keys.strips) == 1


def _of_the_scene(kind):
    import bpy

    return [obj for obj in bpy.context.scene.objects if obj.type == kind]


def _letters(viz):
    from mm_blender.scene import parts

    return {obj.name: tuple(obj.matrix_world.translation) for obj in parts.of(viz.collection, parts.LETTER)}


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("changed", [{"layout.gap": 7}, {"look": "paper"}, {"numbers": True}, {"anim.alg": "vmprod"},
                                     {"expression": "C @ D"}, {"projection": "cabinet"}, "again"])
def test_a_member_that_is_changed_alone_stays_a_member(fresh_scene, at, changed):
    import bpy

    from mm_blender.scene import build

    row = mm.side_by_side(several(3), titles=["one", "two", "three"]).build()
    viz, camera = row.visualizations[at], bpy.context.scene.camera
    stood, world, letters = camera.matrix_world.copy(), bpy.context.scene.world, _letters(viz)
    if changed == "again":
        build.rebuild(viz.document, viz.collection)
        assert _letters(viz) == letters
    else:
        options = {key: value for key, value in changed.items() if "." not in key}
        viz.change({key: value for key, value in changed.items() if "." in key}, **options)
    assert _of_the_scene("CAMERA") == [camera] and bpy.context.scene.camera == camera
    assert camera.matrix_world == stood and camera.name in row.collection.objects
    assert len(_of_the_scene("LIGHT")) == (2 if at == 0 and changed == {"look": "paper"} else 3)
    assert all(obj.name in row.collection.objects for obj in _of_the_scene("LIGHT"))
    if at:
        assert bpy.context.scene.world == world
    assert mm.visualizations()[at].tree.name == viz.tree.name


def test_names_of_a_member_that_are_no_longer_true_go_and_that_is_said(fresh_scene):
    row = mm.side_by_side(several(2)).build()
    with pytest.warns(mm.MMWarning, match="build the row again"):
        row.visualizations[1].change(expression="C @ D")
    assert not _letters(row.visualizations[1]) and _letters(row.first)
    row.build()
    assert any("C" in name for name in _letters(row.visualizations[1]))


def test_a_member_that_is_built_alone_is_none_any_more(fresh_scene):
    row = mm.side_by_side(several(2)).build()
    viz = row.visualizations[1].build()
    assert {obj.type for obj in viz.collection.objects} >= {"CAMERA", "LIGHT"} and _letters(viz)


def test_one_that_is_twice_in_a_row_is_a_copy_there(fresh_scene):
    import bpy

    viz, other = several(2)
    row = mm.side_by_side([viz, other, viz]).build()
    assert row.first is viz and row.visualizations[1] is other and row.visualizations[2] is not viz
    assert len({each.collection for each in row.visualizations}) == 3
    row.visualizations[2].change({"layout.gap": 7})
    assert viz.document.setting("root", "layout", "gap") != 7
    row.build()
    assert len(mm.visualizations()) == 3
    row.remove()
    assert not [obj for obj in bpy.data.objects if "mm_part" in obj]


def test_nothing_spins_in_a_row_which_is_said(fresh_scene, tmp_path):
    import bpy

    spinning = several(2, **{"anim.spin": 4})
    row = mm.side_by_side(spinning, titles=["a", "b"])
    assert not row.group.turns and not row.group.moves
    with pytest.warns(mm.MMWarning, match="anim.spin") as said:
        row.build()
    assert len(said) == 1
    assert not [obj for obj in bpy.data.objects if "mm_turntable" in obj]
    assert bpy.context.scene.camera.parent is None
    with pytest.warns(mm.MMWarning, match="anim.spin"):
        row.first.change({"anim.spin": 7})
    assert not [obj for obj in bpy.data.objects if "mm_turntable" in obj]
    with pytest.raises(mm.RenderError, match="nothing moves"):
        row.render(tmp_path / "row.mp4", size=(64, 40), progress=False)


def test_all_follow_though_one_is_gone(fresh_scene):
    from mm_blender.scene import build

    row = mm.side_by_side(several(3)).build()
    mm.visualizations()[2].change({"layout.gap": 7})
    build.remove(row.first.collection)
    with pytest.raises(mm.GoneError):
        row.follow()
    assert row.visualizations[2].document.setting("root", "layout", "gap") == 7
    mm.visualizations()[0].change({"layout.gap": 9})
    row.build()
    assert [viz.document.setting("root", "layout", "gap") for viz in row.visualizations][1:] == [9, 7]


def test_a_row_with_numbers_that_sweeps_and_one_of_it_that_is_given_others(fresh_scene, tmp_path):
    row = mm.side_by_side(several(2, **{"anim.alg": "vmprod"})).build()
    viz = row.visualizations[1]
    viz.change(numbers=True)
    viz.change({"A.h": 5, "anim.alg": "none"})
    row.first.change(numbers=True)
    row.render(tmp_path / "row.png", size=(64, 40), samples=1, engine="workbench", progress=False)
    assert row.group.moves and len(_of_the_scene("CAMERA")) == 1
    row.first.change(lettering="none")
    assert not _letters(row.first) and _letters(viz)
    row.remove()
    assert not _of_the_scene("CAMERA") and not _of_the_scene("LIGHT")


def kept():
    import bpy

    return {obj.name: obj.hide_render for obj in bpy.data.objects}, sorted(light.name for light in bpy.data.lights)


def test_one_of_a_row_is_saved_with_a_camera_and_suns_of_its_own(fresh_scene, tmp_path):
    import bpy

    row = mm.side_by_side(several(2), titles=["one", "two"]).build()
    before = kept()
    for viz, name in zip(row.visualizations, "ab"):
        viz.save(tmp_path / f"{name}.blend", size=(64, 40))
    assert kept() == before
    for name in "ab":
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / f"{name}.blend"))
        scene = bpy.context.scene
        objects = list(scene.objects)
        assert scene.camera and scene.camera.name in scene.objects
        assert sum(obj.type == "LIGHT" and not obj.hide_render for obj in objects) == 3
        assert [obj.hide_render for obj in objects if obj.get("mm_part") == "title"] == [True]


@pytest.mark.slow
def test_a_picture_of_one_of_a_row_is_that_of_one_built_alone(fresh_scene, tmp_path):
    import bpy
    from PIL import Image

    def seen(viz, name):
        viz.render(tmp_path / name, size=(96, 60), samples=16, quality="draft", progress=False)
        return np.asarray(Image.open(tmp_path / name).convert("RGB"), float)

    row = mm.side_by_side(several(2), titles=["one", "two"]).build()
    before = kept()
    made = [seen(viz, "a.png") for viz in row.visualizations]
    assert kept() == before
    mm.clear()
    for viz, picture in zip(several(2), made):
        assert np.abs(seen(viz.build(), "b.png") - picture).mean() < 1.5
        mm.clear()
    assert not bpy.data.lights


def test_one_of_a_row_that_spins_turns_in_its_own_movie(fresh_scene, tmp_path):
    from mm_blender.output import picture_scene

    with pytest.warns(mm.MMWarning, match="anim.spin is read over"):
        row = mm.side_by_side(several(2, **{"anim.spin": 4})).build()
    with pytest.raises(mm.RenderError, match="nothing moves.*anim.spin is read over.*render each by itself"):
        row.render(tmp_path / "a.mp4")
    for viz in row.visualizations:
        with picture_scene.opened(viz.built) as (scene, _):
            places, layer = [], scene.view_layers[0]
            for frame in (1, 40):
                scene.frame_set(frame)
                layer.update()
                places.append(scene.camera.evaluated_get(layer.depsgraph).matrix_world.translation.copy())
        assert (places[1] - places[0]).length > 0.1
        with pytest.warns(mm.MMWarning, match="turns no camera in a file of one of several"):
            viz.save(tmp_path / "a.blend")


def test_titles_stand_below_the_keys_in_the_planes():
    row = mm.side_by_side([mm.visualize("A @ B", settings=SIZES, lettering="planes", keys=True) for _ in "ab"],
                          titles=["one", "two"])
    camera = row.framed(1.6)
    for viz, offset, title in zip(row.visualizations, row.offsets, row.group.title_texts(), strict=True):
        keys = camera.project(plane_texts.key_corners(viz.document, viz.camera) + offset)[:, 1]
        assert camera.project(title.corners())[:, 1].max() < keys.min()
