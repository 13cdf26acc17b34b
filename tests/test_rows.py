"""Visualizations side by side: none over another, all in the picture, one set of lights."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender import rows
from mm_blender.errors import ParameterError

SIZES = {"A.h": 6, "A.w": 4, "B.w": 5}


def several(count, projection="auto", **settings):
    return [mm.visualize("A @ B", settings={**SIZES, **settings}, seed=seed, projection=projection)
            for seed in range(count)]


def on_screen(row, camera):
    """Of each the low and high corner (2,) in the picture."""
    out = []
    for viz, offset in zip(row.visualizations, row.offsets):
        points = rows._points(viz) * viz.placement.pitch / row.first.placement.pitch + offset
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
    for text in row.title_texts():
        corners = text.corners()
        assert camera.sees(corners, aspect)
        seen = camera.project(corners)[:, :2]
        boxes.append((seen.min(0), seen.max(0)))
    for at, (low, high) in enumerate(boxes):
        assert (low < high).all()
        for other_low, other_high in boxes[:at]:
            assert ((low >= other_high) | (high <= other_low)).any()
    for viz, offset in zip(row.visualizations, row.offsets):
        assert camera.sees(rows._points(viz) + offset, aspect)
    assert row.columns == columns or columns is None and (row.columns in (4, 6) or count < 12)


def test_those_of_different_sizes_stand_in_one_grid():
    row = mm.side_by_side([*several(2), *several(2, **{"A.h": 20})], 2)
    middles = np.array([(low + high) / 2 for low, high in on_screen(row, row.framed(1.6))])
    np.testing.assert_allclose(middles[0, 0], middles[2, 0], atol=0.02)
    np.testing.assert_allclose(middles[0, 1], middles[1, 1], atol=0.02)


@pytest.mark.parametrize("given, words", [
    (([],), "one visualization or more"), ((several(1), 0), "columns is a whole number from 1 up, not 0"),
    ((several(2), None, ["a"]), "1 titles for 2 visualizations")])
def test_what_is_no_row(given, words):
    with pytest.raises(ParameterError, match=words):
        mm.side_by_side(*given)


def test_a_row_in_blender(fresh_scene, tmp_path):
    import bpy

    row = mm.side_by_side(several(3), titles=["one", "two", "three"]).build()
    scene = bpy.context.scene
    lights = [obj for obj in scene.objects if obj.type == "LIGHT"]
    assert len(lights) == 3 and len([obj for obj in scene.objects if obj.type == "CAMERA"]) == 1
    titles = {obj.data.body: obj for obj in scene.objects if obj.get("mm_part") == "title"}
    assert list(titles) == ["one", "two", "three"]
    for text in row.title_texts():  # where they were laid out
        x, y, z = text.frame[:3, 3] * row.placement.pitch
        np.testing.assert_allclose(titles[text.text].matrix_world.translation, (x, -z, y), atol=1e-5)
    found = mm.visualizations()
    assert len(found) == 3
    found[1].change({"layout.gap": 7})  # each is still there to be changed by itself
    row.save(tmp_path / "row.blend")
    row.render(tmp_path / "row.png", size=(64, 40), samples=1, engine="workbench", progress=False)
    from PIL import Image

    assert Image.open(tmp_path / "row.png").size == (64, 40)


@pytest.mark.parametrize("projection", ["perspective", "isometric", "cabinet"])
def test_blenders_camera_sees_them_where_they_were_framed(fresh_scene, tmp_path, projection):
    import bpy
    from bpy_extras.object_utils import world_to_camera_view
    from mm_blender.objects import parts

    row = mm.side_by_side([*several(2, projection), *several(1, projection, **{"A.h": 9})], titles=["a", "b", "c"])
    row.render(tmp_path / "row.png", size=(60, 40), samples=1, engine="workbench", progress=False)
    scene, camera = bpy.context.scene, row.framed(1.5)
    for viz, offset, text in zip(row.visualizations, row.offsets, row.title_texts()):
        title, = parts.of(viz.collection, "title")
        pairs = [(title.matrix_world.translation, text.frame[:3, 3])]
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

    row = mm.side_by_side(several(2))
    monkeypatch.setattr(row.visualizations[1], "build", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        row.build()
    assert not [obj for obj in bpy.data.objects if "mm_part" in obj]
