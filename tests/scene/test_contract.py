"""The scene contract: what a build leaves in Blender's scene."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from drawn import Drawn  # noqa: E402
from mm_blender.appearance import rules  # noqa: E402
from mm_blender.layout import places  # noqa: E402
from mm_blender.scene import build, marks  # noqa: E402

A = np.array([[1, 0, -2], [np.nan, 0.5, 4]], np.float32)
B = np.array([[1, np.inf, 0, -0.0], [3, 2, 1, -np.inf], [1, 1, 1, 1]], np.float32)


def matrices() -> dict:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    return {obj["mm_path"]: (obj, Drawn(obj, depsgraph)) for obj in bpy.context.scene.objects if "mm_path" in obj}


@pytest.mark.parametrize("settings", [{}, {"block.i blocks": 2, "block.j blocks": 2, "gap": 3}])
def test_elements_are_where_and_as_large_as_they_should(fresh_scene, settings):
    viz = mm.visualize("out = A @ B", data={"A": A, "B": B}, settings=settings).build()
    pitch = fresh_scene["mm_pitch"]
    assert fresh_scene["mm_steps"] == 1 and fresh_scene.camera is not None
    seen, scales = matrices(), viz.scales()
    assert set(seen) == {"root", "root.left", "root.right"}
    for node in (viz.tree.left, viz.tree.right, viz.tree):
        obj, drawn = seen[node.path]
        values = viz.values[node.path]
        told = obj["mm_role"], obj["mm_name"], obj["mm_rows"], obj["mm_cols"]
        assert told == (node.role, node.name, node.h, node.w)
        shown = np.zeros((node.h, node.w), bool)
        shown[drawn.row, drawn.col] = True
        np.testing.assert_array_equal(shown, values != 0)  # zero is not drawn; NaN and infinities are
        np.testing.assert_array_equal(drawn.value, values[drawn.row, drawn.col])
        rows, cols = places.offsets(node)
        local = np.stack([cols[drawn.col], rows[drawn.row], 0 * drawn.row, 0 * drawn.row + 1], -1)
        want = places.to_blender((local @ viz.placement.matrices[node.path].T)[:, :3]) * pitch
        np.testing.assert_allclose(drawn.position, want, atol=1e-4 * pitch)
        edges = rules.edge(values, scales[node.path], node.viz)[drawn.row, drawn.col]
        np.testing.assert_allclose(drawn.edge, edges * pitch, rtol=1e-4)


def test_what_else_is_in_the_scene_stays(fresh_scene):
    cube = bpy.data.objects.new("mine", bpy.data.meshes.new("mine"))
    fresh_scene.collection.objects.link(cube)
    first = mm.visualize("A @ B", settings={"A.h": 3}).build()
    second = mm.visualize("A @ B", settings={"A.h": 2}).build()
    assert "mine" in fresh_scene.objects
    assert first.collection is not second.collection
    build.remove(first.collection)
    assert "mine" in fresh_scene.objects and len(matrices()) == 3


@pytest.mark.parametrize("bad", [
    {"source": "A @"}, {"source": "A @ B", "settings": {"A.init": "url", "A.url": "nowhere.csv"}},
    {"source": "A @ B", "settings": {"A.h": 10 ** 6, "B.w": 10 ** 6}, "reduce": "none"},
    {"source": "A @ B", "data": {"A": [[1], [2, 3]]}}])
def test_bad_input_leaves_nothing_behind(fresh_scene, bad):
    before = [len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "collections", "materials", "worlds")]
    with pytest.raises(mm.MMError):
        mm.visualize(**bad).build()
    assert before == [len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "collections", "materials",
                                                                "worlds")]


def test_a_build_that_breaks_leaves_no_object(fresh_scene, monkeypatch):
    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(marks, "add", broken)
    with pytest.raises(KeyboardInterrupt):
        mm.visualize("A @ B").build()
    assert not fresh_scene.objects and not bpy.data.collections


def test_nothing_is_clipped_by_the_camera_or_the_default_viewport(fresh_scene):
    viz = mm.visualize("A @ B @ C", settings={"A.h": 900, "A.w": 2, "B.w": 700, "C.w": 900}, animate=False).build()
    camera = fresh_scene.camera
    inverse = np.linalg.inv(np.array(camera.matrix_basis))
    corners = places.to_blender(places.outline(viz.tree, viz.placement)) * fresh_scene["mm_pitch"]
    depth = -(np.c_[corners, np.ones(len(corners))] @ inverse.T)[:, 2]
    assert camera.data.clip_start < depth.min() and depth.max() < camera.data.clip_end
    assert np.abs(corners).max() < 500  # the default viewport clips at 1,000 m


@pytest.mark.parametrize("lettering, shape", [("beside", "5 × 4"), ("planes", "I = 5")])
def test_texts_are_real_text_that_names_every_matrix(fresh_scene, lettering, shape):
    mm.visualize("out = (attn = Q @ K_t) @ V", settings={"Q.h": 5, "Q.w": 4, "V.w": 3}, lettering=lettering).build()
    held = [obj for obj in fresh_scene.objects if obj.type == "FONT" and obj["mm_label"]]
    texts = {obj.data.body for obj in held}
    assert {"Q", "K", "T", "V", "attn", "out"} <= texts and shape in texts  # K_t as it is set: its T stands high
    assert {obj["mm_label"] for obj in held} == {f"root{path}" for path in ("", ".left", ".left.left", ".left.right",
                                                                            ".right")}


def test_a_hue_shift_in_the_modifier_panel_reaches_the_instances(fresh_scene):
    from mm_blender.scene import compat

    mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 2}).build()
    obj = matrices()["root"][0]
    compat.set_modifier_input(obj.modifiers[0], "Hue Shift", 0.25)
    obj.update_tag()
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    geometry = evaluated.evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    assert cloud.attributes["hue_shift"].data[0].value == 0.25
    del cloud, geometry
