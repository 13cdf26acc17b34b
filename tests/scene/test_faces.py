"""Faces as Blender draws them, against instances."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import (
    authorship,
    build,
    compat,
    evaluated,
    faces,
    instances,
    matrices,
    parts,
    pins,
    probe,
    redraw,
    spotlight,
    tiles,
)
from mm_blender.scene.nodes import cube_group, surface  # noqa: E402
from spotlights import numbers  # noqa: E402

PX = 200
RNG = np.random.default_rng(3)
DATA = {"A": RNG.normal(size=(9, 7)).astype(np.float32), "B": RNG.normal(size=(7, 6)).astype(np.float32)}
ODD = {**DATA, "A": DATA["A"].copy()}
ODD["A"][[2, 3, 5], [3, 4, 1]] = np.nan, np.inf, -np.inf
BLOCKS = {"block.i blocks": 3, "block.j blocks": 2}


def made(representation, data=DATA, **options):
    options.setdefault("animate", False)
    return mm.visualize("C = A @ B", data=data, representation=representation, **options).build()


def pixels(path):
    image = bpy.data.images.load(str(path), check_existing=False)
    out = np.empty(PX * PX * 4, np.float32)
    image.pixels.foreach_get(out)
    bpy.data.images.remove(image)
    return out.reshape(PX, PX, 4)[..., :3]


def picture_of(viz, tmp_path):
    """What the screen shows, (PX, PX, 3), 0 to 1."""
    viz.render(tmp_path / "picture.png", (PX, PX), 16, progress=False)
    return pixels(tmp_path / "picture.png")


def both(tmp_path, frame=None, act=None, **options):
    """The pictures of instances and of faces."""
    out = []
    for representation in ("instances", "faces"):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = made(representation, **options)
        if frame is not None:
            bpy.context.scene.frame_set(frame)
        if act:
            act(viz)
        out.append(picture_of(viz, tmp_path))
    return out


def are_faces(viz):
    return {faces.is_faces(obj) for obj in parts.matrices(viz.collection).values()}


def assert_alike(one, other):
    assert one.std() > 0.02, "a picture of nothing"
    assert np.abs(one - other).mean() < 0.001


@pytest.mark.parametrize("look", ["dark", "paper", "blueprint", "flat"])
def test_faces_look_as_instances_do(fresh_scene, tmp_path, look):
    one, other = both(tmp_path, look=look, data=ODD)
    assert_alike(one, other)
    magenta = (other[..., 0] > 0.9) & (other[..., 1] < 0.1) & (other[..., 2] > 0.9)
    assert magenta.sum() > 40, "what is no number"


def test_no_face_is_sampled_as_a_lamp(fresh_scene):
    made("faces")
    material = bpy.data.materials["mm elements"]
    assert material.cycles.emission_sampling == "NONE", "a million faces would take 7 GB more"


def test_edges_are_drawn_where_all_are_numbers(fresh_scene, tmp_path):
    assert_alike(*both(tmp_path, look="blueprint", settings=BLOCKS))


def test_plain_cubes_look_alike(fresh_scene, tmp_path, monkeypatch):
    monkeypatch.setattr(matrices, "FINE_ELEMENTS", 0)
    assert_alike(*both(tmp_path, look="unlit", settings=BLOCKS))


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["vmprod", "vvprod", "axpy"])
def test_the_middle_of_a_sweep_looks_alike(fresh_scene, tmp_path, algorithm):
    settings = {**BLOCKS, "block.k blocks": 2, "anim.alg": algorithm}
    one, other = both(tmp_path, frame=9, settings=settings, animate=True, frames_per_step=3, look="unlit")
    assert_alike(one, other)
    swept = [obj for obj in parts.of(mm.visualizations()[0].collection, parts.SWEEP) if "mm_largest" in obj]
    assert swept and all(faces.is_faces(obj) for obj in swept)


@pytest.mark.slow
def test_what_is_lit_looks_alike_and_is_seen(fresh_scene, tmp_path):
    def light(viz):
        for obj in parts.matrices(viz.collection).values():
            modifier = evaluated.drawing(obj)
            compat.set_modifier_input(modifier, "Lit Row", 3)
            compat.set_modifier_input(modifier, "Hue Shift", 0.2)
            compat.set_modifier_input(modifier, "Light Shift", -0.3)
            obj.update_tag()

    plain = picture_of(made("faces"), tmp_path)
    one, other = both(tmp_path, act=light)
    assert_alike(one, other)
    assert np.abs(other - plain).mean() > 0.01


@pytest.mark.slow
def test_a_change_to_faces_and_back_is_as_if_built_so(fresh_scene, tmp_path):
    viz = made("instances", look="unlit")
    before = picture_of(viz, tmp_path)
    for kind in ("faces", "tiles", "faces", "instances"):
        viz.change(representation=kind)
        assert are_faces(viz) == {kind == "faces"}
        if kind != "tiles":
            assert_alike(before, picture_of(viz, tmp_path))
    viz.change(representation="faces")
    viz.change({"viz.zero hue": 0.3})
    assert np.abs(picture_of(viz, tmp_path) - before).mean() > 0.01
    build.remove(viz.collection)
    assert not bpy.data.objects


def test_a_material_that_reads_instances_alone_keeps_them(fresh_scene):
    viz = made("instances")
    nodes = bpy.data.node_groups[surface.READ].nodes
    for node in [node for node in nodes if getattr(node, "attribute_type", "") == "GEOMETRY"]:
        nodes.remove(node)
    for material in bpy.data.materials:  # made before it was noted how
        material.pop(authorship.STAMP, None)
    viz.change(representation="faces")
    assert are_faces(viz) == {False}, "as in a file of before there were faces"
    bpy.data.node_groups[surface.READ].name = "what an older file has"
    viz.change(look="paper")
    assert are_faces(viz) == {True}, "with a new material"


def test_another_look_has_its_edges(fresh_scene, tmp_path):
    viz = made("faces", look="flat")
    obj = parts.find(viz.collection, "root")
    assert not compat.modifier_input(evaluated.drawing(obj), "Corners")
    names = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.attributes.keys()
    assert "level" in names and cube_group.CORNER not in names, "memory for nothing"
    viz.change(look="blueprint")
    one = picture_of(viz, tmp_path)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert_alike(picture_of(made("instances", look="blueprint"), tmp_path), one)


def test_faces_are_whole_in_the_file(fresh_scene, tmp_path):
    viz = made("faces", look="blueprint")
    before = picture_of(viz, tmp_path)
    viz.save(tmp_path / "faces.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "faces.blend"))
    still.prepare(mm.visualizations()[0].built, RenderSettings((PX, PX), 16, "cycles"))
    bpy.context.scene.render.filepath = str(tmp_path / "again.png")
    bpy.ops.render.render(write_still=True)
    assert np.abs(pixels(tmp_path / "again.png") - before).mean() < 1e-3
    loaded, = mm.visualizations()
    assert loaded.options.representation == "faces"
    loaded.change({"viz.sensitivity": "local"})
    assert are_faces(loaded) == {True}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm, frame", [("none", 1), ("vmprod", 8), ("vvprod", 8), ("dotprod (row major)", 8)])
def test_faces_are_read_as_instances_are(fresh_scene, algorithm, frame):
    rows, cols = (a.ravel() for a in np.indices((9, 6)))
    read = []
    for representation in ("instances", "faces"):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = made(representation, settings={"anim.alg": algorithm}, animate=True, frames_per_step=3)
        bpy.context.scene.frame_set(frame)
        held = evaluated.Elements(parts.find(viz.collection, "root"), bpy.context.evaluated_depsgraph_get())
        read.append((held.find(rows, cols), held.edges(rows, cols), held.value))
    for one, other in zip(*read):
        np.testing.assert_array_equal(one, other)
    assert len(read[0][2])


def test_inspecting_tells_and_lights_the_element(fresh_scene):
    viz = made("faces")
    eye = fresh_scene.camera.matrix_basis.translation
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for path, obj in parts.matrices(viz.collection).items():
        there = obj.matrix_world @ obj.data.vertices[3 * obj["mm_cols"] + 4].co
        hit = probe.probe(viz.collection, eye, there - eye, depsgraph)
        assert (hit.path, hit.row, hit.col, hit.value) == (path, 3, 4, viz.values[path][3, 4])
    hit = probe.element(parts.find(viz.collection, "root"), 3, 4, depsgraph)
    probe.Highlight().show(hit)
    lit = parts.find(viz.collection, "root").evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    highlight, row, col = (np.array([item.value for item in lit.attributes[name].data])
                           for name in ("highlight", "row", "col"))
    np.testing.assert_array_equal(highlight, (row == 3) & (col == 4))


def label(obj):
    """The number of corners of what a pin draws."""
    return len(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices)


def test_spotlights_and_pins_show_the_same_and_leave_nothing_behind(fresh_scene):
    viz = made("instances", settings={"anim.alg": "vmprod"}, animate=True, frames_per_step=3)
    fresh_scene.frame_set(8)
    empty = spotlight.add(viz.collection, radius=30.0)
    hit = probe.element(parts.find(viz.collection, "root.left"), 2, 2, bpy.context.evaluated_depsgraph_get())
    pin = pins.pin(viz.collection, hit)
    seen, said = numbers(empty), label(pin)
    assert seen["root.left"] > 50 and said > 50
    for kind in ("faces", "tiles", "faces", "instances"):
        viz.change(representation=kind)
        assert (numbers(empty), label(pin)) == (seen, said)
    assert not parts.of(viz.collection, instances.CUBES)


def test_auto_is_faces_for_a_large_picture_of_many(fresh_scene):
    viz = made("auto", data={}, settings={"A.h": 400, "A.w": 250, "B.w": 400})
    assert are_faces(viz) == {False}
    redraw.represent(viz.document, viz.collection, (30000, 30000))
    assert are_faces(viz) == {True}
    redraw.represent(viz.document, viz.collection, (300, 300))
    assert all(tiles.is_tile(obj) for obj in parts.matrices(viz.collection).values())


def test_kept_apart_they_look_the_same_and_are_what_they_were_afterwards(fresh_scene, tmp_path):
    viz = made("faces", look="unlit", data=ODD)
    objects = list(parts.matrices(viz.collection).values())

    def meshes():
        graph = bpy.context.evaluated_depsgraph_get()
        return [len(obj.evaluated_get(graph).data.polygons) for obj in objects]

    before, plain = meshes(), picture_of(viz, tmp_path)
    with faces.apart(viz.collection.all_objects):
        assert meshes() == [0, 0, 0] and min(before) > 0, "instances of one mesh each"
        assert_alike(plain, picture_of(viz, tmp_path))
    assert meshes() == before
