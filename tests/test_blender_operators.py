"""The operators and the live settings, in background, in every Blender."""
import json

import mm_blender as mm
import numpy as np
import pytest
from conftest import inside_blender
from operators import extension

bpy = pytest.importorskip("bpy")

ATTENTION = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"


@pytest.fixture(scope="module", autouse=True)
def registered():
    if inside_blender():  # the extension is on
        yield
        return
    module = extension()
    module.register()
    yield
    module.unregister()


@pytest.fixture
def built(fresh_scene):
    bpy.ops.mm.build(source=ATTENTION)
    return fresh_scene.mm.last


def matrix(collection, path):
    return next(obj for obj in collection.objects if obj.get("mm_path") == path and obj["mm_role"] != "sweep")


def reading(obj, name="value"):
    out = np.empty(len(obj.data.vertices), np.float32)
    obj.data.attributes[name].data.foreach_get("value", out)
    return out


def elements(obj):
    """Number of cubes that Blender draws of a matrix."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    depsgraph.update()
    return sum(i.is_instance and i.parent.original == obj for i in depsgraph.object_instances)


def test_a_setting_reads_and_writes_the_state(built):
    assert built.mm.expression == ATTENTION
    assert built.mm.gap == 4 and built.mm.alg == "none" and built.mm.look == "dark"
    built.mm.gap = 6
    assert built.mm.gap == 6
    assert json.loads(built["mm_state"])["params"]["layout"]["gap"] == 6


def test_colour_settings_touch_no_mesh_and_no_modifier(built):
    from mm_blender.objects.nodes import colour

    obj = matrix(built, "root")
    before = obj.data, [m.name for m in obj.modifiers]
    depsgraph = bpy.context.evaluated_depsgraph_get()
    depsgraph.update()
    built.mm.min_light = 0.1
    assert (obj.data, [m.name for m in obj.modifiers]) == before
    assert not [u for u in depsgraph.updates if u.is_updated_geometry]
    node = next(n for n in obj.data.materials[0].node_tree.nodes if colour.is_ours(getattr(n, "node_tree", None)))
    assert node.inputs["Min Light"].default_value == pytest.approx(0.1)


def test_how_elements_are_drawn_can_be_chosen(built):
    from mm_blender.objects import faces, tiles

    obj = matrix(built, "root.right")
    for kind, tile, mesh in (("tiles", True, False), ("faces", False, True), ("instances", False, False)):
        built.mm.representation = kind
        assert (built.mm.representation, tiles.is_tile(obj), faces.is_faces(obj)) == (kind, tile, mesh)


def test_layout_moves_the_same_objects(built):
    obj, mesh = matrix(built, "root.right"), matrix(built, "root.right").data
    before = obj.matrix_basis.copy()
    built.mm.gap = 12
    assert matrix(built, "root.right") == obj and obj.data == mesh
    assert obj.matrix_basis != before


def test_settings_of_the_picked_matrix(built):
    bpy.ops.mm.pick(path="root.right")
    assert built.mm.node_name == "V" and bpy.context.object == matrix(built, "root.right")
    built.mm.node_w = 7
    assert matrix(built, "root")["mm_cols"] == 7
    built.mm.node_init = "eye"
    assert reading(matrix(built, "root.right")).sum() == 7
    bpy.ops.mm.pick(path="root.left")
    built.mm.node_epilog = "relu"
    assert built.mm.expression == "out = (attn = relu(Q @ K.T)) @ V"


def test_a_typed_expression_keeps_what_survives(built):
    bpy.ops.mm.pick(path="root.right")
    built.mm.node_init, built.mm.node_w = "eye", 9
    values = reading(matrix(built, "root.right"))
    built.mm.expression = "y = P @ (Q @ V)"
    assert built.mm.expression == "y = P @ (Q @ V)"
    assert np.array_equal(reading(matrix(built, "root.right.right")), values)
    assert {obj.get("mm_path") for obj in built.objects} >= {"root", "root.left", "root.right", "root.right.left"}


def test_what_is_refused_changes_nothing(built):
    state = built["mm_state"]
    built.mm.expression = "out = Q @"
    assert built["mm_state"] == state and built.mm.expression == ATTENTION


@pytest.mark.parametrize("source, words", [("L @", "ends too early"), ("no-such", "no preset"),
                                           ("nofile.json", "no file")])
def test_errors_are_reported_in_words(fresh_scene, source, words):
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.mm.build(source=source)
    assert not fresh_scene.collection.children_recursive


def test_polls_say_that_nothing_is_built(fresh_scene):
    for name in ("rebuild", "remove", "copy_link", "animate", "frame_camera", "render_still", "render_movie",
                 "spotlight"):
        assert not getattr(bpy.ops.mm, name).poll(), name


def test_animate_makes_the_sweep_and_none_takes_it_away(built):
    bpy.ops.mm.animate(alg="vmprod", duration=8.0)
    fps = bpy.context.scene.render.fps
    assert bpy.context.scene.frame_end == pytest.approx(8.5 * fps, abs=1)
    full = 32 * 32
    bpy.context.scene.frame_set(1)
    assert elements(matrix(built, "root")) < full
    built.mm.alg = "none"
    assert not [obj for obj in built.objects if obj["mm_part"] == "sweep"]
    assert elements(matrix(built, "root")) == full


def test_several_visualizations_stand_side_by_side(built):
    bpy.ops.mm.build(source="A @ B")
    other = bpy.context.scene.mm.last
    bpy.context.view_layer.update()
    ends = [[(obj.matrix_world @ vertex.co).x for obj in c.objects if obj.get("mm_part") == "matrix"
             for vertex in obj.data.vertices] for c in (built, other)]
    assert max(ends[0]) < min(ends[1])
    other.mm.gap = 9
    assert built.mm.gap == 4 and built.mm.expression == ATTENTION
    bpy.ops.mm.pick_visualization(name=built.name)
    bpy.ops.mm.remove()
    assert [c for c in bpy.data.collections if "mm_state" in c] == [other]
    assert not [mesh for mesh in bpy.data.meshes if not mesh.users]


def test_save_reopen_and_go_on(built, tmp_path):
    rng = np.random.default_rng(0)
    data = {"A": rng.normal(size=(5, 4)), "B": rng.normal(size=(4, 6))}
    given = mm.visualize("C = softmax(2 * A @ B)", data=data).build()
    given.collection.mm.gap = 7
    name, path = given.collection.name, str(tmp_path / "two.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    again = bpy.data.collections[name]
    assert again.mm.gap == 7
    again.mm.expression = "C = A @ B"
    assert np.allclose(reading(matrix(again, "root")).reshape(5, 6), data["A"] @ data["B"], atol=1e-5)
    assert len(mm.visualizations()) == 2


def test_copies_and_deletions_by_hand_break_nothing(built):
    copy = matrix(built, "root.left").copy()
    built.objects.link(copy)
    bpy.data.objects.remove(matrix(built, "root.right"))
    built.mm.gap, built.mm.min_size, built.mm.min_light = 8, 0.5, 0.3
    built.mm.alg = "vvprod"
    built.mm.alg = "none"
    assert copy.name in bpy.data.objects
    bpy.ops.mm.rebuild()
    assert matrix(built, "root.right")["mm_name"] == "V"


def test_undo_takes_one_step_back(built):
    bpy.ops.ed.undo_push(message="built")
    built.mm.gap = 9
    bpy.ops.ed.undo_push(message="gap")
    name = built.name
    bpy.ops.ed.undo()
    assert bpy.data.collections[name].mm.gap == 4


def test_a_camera_moved_by_hand_stays(built):
    camera = bpy.context.scene.camera
    camera.location.x += 3
    where = camera.location.copy()
    built.mm.gap = 10
    assert camera.location == where
    bpy.ops.mm.frame_camera()
    assert camera.location != where


def test_own_presets(built, monkeypatch, tmp_path):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    built.mm.gap = 11
    bpy.ops.mm.save_preset(name="mine")
    with pytest.raises(RuntimeError, match="letters, digits"):
        bpy.ops.mm.save_preset(name="../mine")
    bpy.ops.mm.load_preset(name="mine")
    assert bpy.context.scene.mm.last != built and bpy.context.scene.mm.last.mm.gap == 11


def test_a_still(built, tmp_path):
    render = bpy.context.scene.render
    render.resolution_x, render.resolution_y, bpy.context.scene.mm.samples = 32, 20, 1
    bpy.ops.mm.render_still(filepath=str(tmp_path / "still.png"))
    assert (tmp_path / "still.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(RuntimeError, match="must end in"):
        bpy.ops.mm.render_still(filepath=str(tmp_path / "still.xyz"))


def test_a_figure(built, tmp_path):
    page = {"width": 1.0, "height": 0.8, "dpi": 40, "quality": "draft", "keys": False, "font_pt": 3.0}
    bpy.ops.mm.figure(filepath=str(tmp_path / "page.pdf"), **page)
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    bpy.context.scene.mm.output = str(tmp_path)
    bpy.ops.mm.figure(format="svg", **page)  # named after the expression
    assert len(list(tmp_path.glob("*.svg"))) == 1
    with pytest.raises(RuntimeError, match="must end in"):
        bpy.ops.mm.figure(filepath=str(tmp_path / "page.xyz"), **page)


def test_a_look_changes_the_light(built):
    built.mm.look = "paper"
    assert built.mm.look == "paper" and min(bpy.context.scene.world.color) > 0.9
    assert len([world for world in bpy.data.worlds if world.get("mm_look")]) == 1


def test_registering_again_and_again_leaves_nothing():
    if inside_blender():
        pytest.skip("the extension is on")
    module = extension()
    module.unregister()
    before = {name: list(getattr(bpy.app.handlers, name)) for name in dir(bpy.app.handlers)
              if isinstance(getattr(bpy.app.handlers, name), list)}
    for _ in range(10):
        module.register()
        module.unregister()
    assert not [name for name in dir(bpy.types) if name.startswith("MM_")]
    assert not hasattr(bpy.types.Scene, "mm") and not hasattr(bpy.types.Collection, "mm")
    assert before == {name: list(getattr(bpy.app.handlers, name)) for name in before}
    module.register()
