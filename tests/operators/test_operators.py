"""The operators and the live settings, in background, in every Blender."""
import importlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

import mm_blender as mm
from blender_at_hand import inside_blender
from extension_module import extension, registered  # noqa: F401
from glb_reader import Glb

bpy = pytest.importorskip("bpy")

from bpy_extras.object_utils import world_to_camera_view  # noqa: E402
from mathutils import Matrix, Vector  # noqa: E402

from mm_blender.expression import retype  # noqa: E402
from mm_blender.layout.framing import Camera  # noqa: E402
from mm_blender.layout.places import to_blender  # noqa: E402
from mm_blender.output.jobs import kinds  # noqa: E402
from mm_blender.scene import parts, saved_state  # noqa: E402
from page_file import LivePage  # noqa: E402

ATTENTION = "out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V"


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
    from mm_blender.scene.nodes import colour

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
    from mm_blender.scene import faces, tiles

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


def test_a_job(built, tmp_path):
    render, own = bpy.context.scene.render, bpy.context.scene.mm
    render.resolution_x, render.resolution_y, own.samples, own.engine = 32, 20, 1, "workbench"
    with pytest.raises(RuntimeError, match="nothing moves, so there is no movie"):
        bpy.ops.mm.job(filepath=str(tmp_path / "job"))
    bpy.ops.mm.animate(alg="vmprod")
    bpy.ops.mm.job(filepath=str(tmp_path / "job"), scheduler="slurm", chunk=3)
    assert "SLURM_ARRAY_TASK_ID * 3" in (tmp_path / "job" / "slurm-render.sh").read_text()
    own.output = str(tmp_path)
    bpy.ops.mm.job()  # named after the expression
    assert len(list(tmp_path.glob("*/commands.txt"))) == 1
    offered = bpy.ops.mm.job.get_rna_type().properties["scheduler"].enum_items.keys()
    assert set(offered) == set(kinds.KINDS)


def test_a_figure(built, tmp_path):
    page = {"width": 1.0, "height": 0.8, "dpi": 40, "quality": "draft", "keys": False, "font_pt": 3.0}
    bpy.ops.mm.figure(filepath=str(tmp_path / "page.pdf"), **page)
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    bpy.context.scene.mm.output = str(tmp_path)
    bpy.ops.mm.figure(format="svg", **page)  # named after the expression
    assert len(list(tmp_path.glob("*.svg"))) == 1
    with pytest.raises(RuntimeError, match="must end in"):
        bpy.ops.mm.figure(filepath=str(tmp_path / "page.xyz"), **page)


def test_a_live_page(built, tmp_path, monkeypatch):
    from mm_blender.web import bundle

    monkeypatch.setattr(bundle, "viewer", lambda: bundle.Viewer("", ""))
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("nobody sits before a Blender in the background"))
    bpy.ops.mm.page(filepath=str(tmp_path / "page.html"), title="The head")
    assert "<title>The head</title>" in (tmp_path / "page.html").read_text("utf-8")
    bpy.ops.mm.page(filepath=str(tmp_path / "bare"))
    bpy.context.scene.mm.output = str(tmp_path)
    bpy.ops.mm.page()  # named after the expression
    assert len(list(tmp_path.glob("*.html"))) == 3
    with pytest.raises(RuntimeError, match="must end in"):
        bpy.ops.mm.page(filepath=str(tmp_path / "page.xyz"))


def test_a_live_page_is_seen_from_where_a_person_has_put_the_camera(built, tmp_path, monkeypatch):
    from mm_blender import built as visualizations
    from mm_blender.web import bundle

    monkeypatch.setattr(bundle, "viewer", lambda: bundle.Viewer("", ""))
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 400
    viz = visualizations.of(built)

    def shown():
        bpy.ops.mm.page(filepath=str(tmp_path / "page.html"))
        return LivePage(tmp_path / "page.html").manifest

    assert shown()["autoFramed"], "it stands where it was put"
    camera = bpy.context.scene.camera
    camera.data.shift_x = 0.1
    page = shown()
    assert not page["autoFramed"] and page["camera"]["shift"][0] > 0 and page["camera"]["roll"] == 0
    turn, roll = (Matrix.Rotation(0.8, 4, axis) for axis in "ZZ")
    camera.matrix_world = turn @ camera.matrix_world @ roll
    camera.data.shift_y = -0.2
    for kind, width in (("PERSP", 400), ("ORTHO", 400), ("PERSP", 600), ("ORTHO", 200)):
        camera.data.type, camera.data.angle_y = kind, 0.6
        bpy.context.scene.render.resolution_x = width
        page = shown()
        stands = {name: np.array(page["camera"][name]) for name in ("position", "target")}
        found = Camera(**{**page["camera"], **stands})
        points = np.random.default_rng(0).normal(size=(20, 3)) * 4
        for point, seen in zip(points, found.page(points, width / 400), strict=True):
            where = parts.base_of(built) @ Vector(to_blender(point) * viz.placement.pitch)
            expected = world_to_camera_view(bpy.context.scene, camera, where)
            assert not page["autoFramed"] and seen[:2] == pytest.approx(list(expected)[:2], abs=2e-4)
    node, = Glb(viz.export(tmp_path / "a.glb")).nodes("camera")
    np.testing.assert_allclose(np.reshape(node["matrix"], (4, 4))[:3, :3], found.axes(), atol=1e-6)
    bpy.ops.mm.frame_camera()
    assert shown()["autoFramed"]


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


def test_tooltips_are_what_the_schema_says():
    from mm_blender.expression import schema

    extension()
    properties = bpy.types.MM_Settings.bl_rna.properties if hasattr(bpy.types, "MM_Settings") else \
        bpy.data.collections.new("tips").mm.bl_rna.properties
    for name, group, key in [("gap", "layout", "gap"), ("sensitivity", "viz", "sensitivity"), ("k_blocks", "block",
                                                                                               "k blocks"),
                             ("node_polarity", "layout", "polarity"), ("node_dropout", "matrix", "dropout")]:
        assert properties[name].description.startswith(schema.meaning(group, key))
    from mm_extension.operators import menu_items

    assert {name: description.lower() for name, _, description in menu_items.ALGORITHMS} == {
        name: text.lower() for name, text in schema.find("anim", "alg").choices.items() if name != "inherit"}


def test_what_the_sidebar_does_not_know_is_shown_as_unknown(built):
    """And not as the first entry of its list, as if that were set."""
    names = [name for name in built.mm.bl_rna.properties.keys() if built.mm.bl_rna.properties[name].type == "ENUM"]
    known = [name for name in names if getattr(built.mm, name) != "unknown"]
    assert len(names) > 12 and set(names) - set(known) <= {"node_init"}, "which a product has none of"
    state = built["mm_state"]
    built["mm_state"] = state.replace('"none"', '"spiral"')
    assert built.mm.alg == "unknown" and built.mm.fuse == "unknown"
    built["mm_state"] = "{"
    assert {getattr(built.mm, name) for name in names} == {"unknown"}
    built.mm.alg = "unknown"  # is no choice
    assert built["mm_state"] == "{"
    with pytest.raises(TypeError, match="not found in .'none', 'dotprod"):
        built.mm.alg = "spiral"
    built["mm_state"] = state
    assert built.mm.alg == "none" and built.mm.look == "dark"


def test_colours_in_solid_mode(built):
    from mm_blender.scene import solid

    assert bpy.ops.mm.solid_colours() == {"FINISHED"}
    obj = matrix(built, "root.left")
    assert obj.modifiers[solid.MODIFIER].show_viewport and not obj.modifiers[solid.MODIFIER].show_render
    assert bpy.ops.mm.solid_colours() == {"FINISHED"}
    assert [modifier.name for modifier in obj.modifiers].count(solid.MODIFIER) == 1


@pytest.mark.parametrize("asked, still, window, card, wanted", [
    ("auto", True, True, False, "preview"), ("auto", True, True, True, "final"), ("auto", False, True, False, "final"),
    ("auto", True, False, False, "final"), ("draft", True, True, False, "draft")])
def test_what_automatic_quality_means(monkeypatch, asked, still, window, card, wanted):
    from mm_blender.output import device

    render = importlib.import_module(f"{bpy.types.Scene.mm.keywords['type'].__module__.rpartition('.')[0]}.render")
    monkeypatch.setattr(device, "fast", lambda engine: card)
    monkeypatch.setattr(render, "bpy", SimpleNamespace(app=SimpleNamespace(background=not window)))
    assert render.quality(SimpleNamespace(quality=asked, engine="cycles"), still) == wanted


def test_a_scene_of_ones_own_is_left_alone_until_it_is_ticked(fresh_scene):
    mine = bpy.data.objects.new("Mine", None)
    fresh_scene.collection.objects.link(mine)
    bpy.ops.mm.build(source="A @ B")
    collection = fresh_scene.mm.last
    assert not collection.mm.own_scene and fresh_scene.camera is None and fresh_scene.world is None
    bpy.ops.mm.frame_camera()
    bpy.ops.mm.animate(alg="vmprod", duration=4.0)
    assert fresh_scene.camera is None and fresh_scene.frame_end == 250 and not fresh_scene.timeline_markers
    collection.mm.own_scene = True
    assert collection.mm.own_scene and fresh_scene.camera.name in collection.objects and fresh_scene.world
    collection.mm.own_scene = False
    assert fresh_scene.camera is None and fresh_scene.world is None and fresh_scene.frame_end == 250
    bpy.ops.mm.remove()
    assert list(fresh_scene.objects) == [mine]
    bpy.ops.mm.build(source="A @ B", own_scene=True, name="mine")
    bpy.ops.mm.build(source="C @ D", name="mine")
    assert [c.name for c in bpy.data.collections] == ["mm mine"] and fresh_scene.camera


def test_a_linked_one_is_told_of_and_not_changed(fresh_scene, tmp_path):
    bpy.ops.mm.build(source="A @ B")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "source.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "source.blend"), link=True) as (source, target):
        target.collections = ["mm A @ B"]
    bpy.context.scene.collection.children.link(target.collections[0])
    collection, = target.collections
    collection.mm.gap = 9
    assert collection.mm.gap == 4
    for act in (bpy.ops.mm.rebuild, bpy.ops.mm.frame_camera, bpy.ops.mm.spotlight):
        with pytest.raises(RuntimeError, match="linked from the library"):
            act()


def test_the_sidebar_reads_what_is_remembered_and_copies_nothing(built, monkeypatch):
    names = [name for name in built.mm.bl_rna.properties.keys() if name not in ("rna_type", "name")]
    before = {name: getattr(built.mm, name) for name in names}
    loads, texts = [], []
    monkeypatch.setattr(saved_state, "_document_of", lambda *what: loads.append(what) or pytest.fail("loaded anew"))
    monkeypatch.setattr(retype, "written", lambda params: texts.append(params) or "")
    assert {name: getattr(built.mm, name) for name in names} == before and len(names) > 50
    assert not loads and not texts and saved_state.load(built) is saved_state.load(built)
    monkeypatch.undo()
    built.mm.min_light = 0.25  # and what is changed is seen at once
    assert built.mm.min_light == pytest.approx(0.25) and saved_state.load(built) is saved_state.load(built)
    built[saved_state.STATE] = built[saved_state.STATE].replace('"min light": 0.25', '"min light": 0.375')
    assert built.mm.min_light == 0.375 == saved_state.load(built).setting("root", "viz", "min light")


def test_given_data_are_gone_through_once_and_not_at_every_live_edit(fresh_scene, monkeypatch):
    summed, plain = [], saved_state.zlib.crc32
    counting = SimpleNamespace(crc32=lambda what: summed.append(np.shape(what)) or plain(what))
    monkeypatch.setattr(saved_state, "zlib", counting)
    viz = mm.visualize("A @ B", data={"A": np.ones((40, 30)), "B": np.ones((30, 20))}).build()
    live = viz.collection.mm
    for light in (0.1, 0.2, 0.3):
        live.min_light = light
    assert sorted(shape for shape in summed if shape) == [(30, 20), (40, 30)]
    state = viz.collection[saved_state.STATE]
    viz.change(data={"A": np.zeros((40, 30))})
    other = viz.collection[saved_state.STATE]
    assert json.loads(other)["data"] != json.loads(state)["data"]  # other data, another state
    del viz
    assert all(ref() is not None for ref, _ in saved_state._checksums.values())
