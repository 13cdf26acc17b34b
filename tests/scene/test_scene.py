"""Elements, modifier inputs and attributes as a person meets them; what a build that fails gives back."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from drawn import Drawn  # noqa: E402
from mm_blender.scene import (  # noqa: E402
    build,
    compat,
    marks,
    matrices as matrices_of_scene,
    row_of_scenes,
    saved_state,
    sweep,
)

KINDS = [name for name, kind in bpy.types.BlendData.bl_rna.properties.items() if kind.type == "COLLECTION"]


def matrices() -> dict:
    return {obj["mm_path"]: obj for obj in bpy.context.scene.objects if "mm_path" in obj}


@pytest.mark.parametrize("bevelled", [True, False])
def test_an_element_is_a_unit_cube(fresh_scene, monkeypatch, bevelled):
    if not bevelled:
        monkeypatch.setattr(matrices_of_scene, "FINE_ELEMENTS", 1)
    mm.visualize("A @ B", settings={"A.h": 2}).build()
    cube, = [obj for obj in bpy.data.objects if obj.name.startswith("mm element")]
    points = np.array([vertex.co for vertex in cube.data.vertices])
    np.testing.assert_allclose([points.min(0), points.max(0)], [[-0.5] * 3, [0.5] * 3])
    assert len(cube.data.polygons) == (26 if bevelled else 6)
    assert not cube.data.validate()  # nothing had to be mended
    assert all(polygon.normal.dot(polygon.center) > 0 for polygon in cube.data.polygons)
    assert cube.hide_render and cube.hide_viewport


def test_instances_carry_the_contracts_attributes(fresh_scene):
    mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 2}).build()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for path, obj in matrices().items():
        evaluated = obj.evaluated_get(depsgraph)
        geometry = evaluated.evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        kinds = {name: cloud.attributes[name].data_type for name in ("value", "row", "col")}
        highlight = cloud.attributes.get("highlight")  # a matrix that nothing highlights may do without
        assert kinds == {"value": "FLOAT", "row": "INT", "col": "INT"}, path
        assert highlight is None or highlight.data_type == "FLOAT"
        del cloud, geometry


@pytest.mark.parametrize("a, b, drawn", [(0.0, 0.0, 0), (np.nan, -np.inf, 4)])
def test_nothing_but_zeros_or_what_is_no_number(fresh_scene, a, b, drawn):
    viz = mm.visualize("A @ B", data={"A": np.full((2, 2), a), "B": np.full((2, 2), b)}).build()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for obj in matrices().values():
        edges = Drawn(obj, depsgraph).edge
        assert len(edges) == drawn
        np.testing.assert_allclose(edges / viz.placement.pitch, 0.8 * viz.tree.viz.elem_scale, rtol=1e-5)


@pytest.mark.parametrize("alg", ["none", "vmprod", "axpy", "dotprod (row major)"])
def test_every_input_in_the_modifier_panel_is_documented(fresh_scene, alg):
    mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 2, "anim.alg": alg}).build()
    bare = [f"{group.name}: {item.name}" for group in bpy.data.node_groups for item in group.interface.items_tree
            if item.item_type == "SOCKET" and item.in_out == "INPUT" and not item.description]
    assert bare == []


def test_element_scale_turns_the_elements_size(fresh_scene):
    mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 2}).build()
    obj = matrices()["root"]
    before = Drawn(obj, bpy.context.evaluated_depsgraph_get()).edge
    modifier = obj.modifiers["mm Elements"]
    compat.set_modifier_input(modifier, "Element Scale", compat.modifier_input(modifier, "Element Scale") / 2)
    obj.update_tag()
    np.testing.assert_allclose(Drawn(obj, bpy.context.evaluated_depsgraph_get()).edge, before / 2, rtol=1e-5)


# ---- a build that fails

def contents() -> dict:
    return {kind: sorted(item.name for item in getattr(bpy.data, kind)) for kind in KINDS}


def state() -> dict:
    scene = bpy.context.scene
    keys = sorted({*scene.keys()} - {"cycles"})  # before 5.0 an add-on's settings stand there once one was set
    return {"camera": scene.camera, "world": scene.world, "keys": keys, "end": scene.frame_end,
            "transform": scene.view_settings.view_transform, "markers": len(scene.timeline_markers)}


def alone(**options):
    return mm.visualize("A @ B", settings={"anim.alg": "vmprod"}, **options)


def several():
    """With letters that the typeface lacks."""
    return mm.side_by_side([mm.visualize("A @ \u732b", representation="tiles", numbers=True), alone()],
                           titles=["\u65e5", "b"])


@pytest.fixture(params=[
    (marks, "_add_row_guides", alone), (sweep, "animate", alone), (saved_state, "save", alone),
    (saved_state, "save", lambda: alone(lettering="planes", keys=True, look="paper")),
    (saved_state, "save", lambda: alone(numbers=True, keys=True, representation="tiles")),
    (row_of_scenes, "_add_title", several), (build, "view_layer_now", several)],
    ids=["half way", "sweep", "at its end", "planes", "tiles", "row", "row at its end"])
def failed(request, fresh_scene, monkeypatch):
    """Contents and state of somebody's scene, before and after a build that fails."""
    camera = bpy.data.objects.new("their camera", bpy.data.cameras.new("their camera"))
    fresh_scene.collection.objects.link(camera)
    fresh_scene.camera, fresh_scene.world = camera, bpy.data.worlds.new("their world")
    fresh_scene.view_settings.view_transform = "Raw"
    before = contents(), state()

    def fail(*args):
        raise RuntimeError("out of ink")

    *where, make = request.param
    monkeypatch.setattr(*where, fail)
    with pytest.raises(RuntimeError, match="out of ink"):
        make().build()
    return before, (contents(), state())


def test_a_failed_build_leaves_no_objects(failed):
    (before, _), (after, _) = failed
    for kind in ("objects", "meshes", "curves", "cameras", "lights", "collections"):
        assert after[kind] == before[kind]


def test_a_failed_build_leaves_nothing_unused(failed):
    (before, _), (after, _) = failed
    assert after == before


def test_a_failed_build_gives_the_scene_back(failed):
    (_, before), (_, after) = failed
    assert after == before
