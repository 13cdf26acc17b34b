"""A person's file goes through all that we do in it, and everything of theirs is as it was."""
import warnings

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import rna  # noqa: E402
from mm_blender.scene import saved_state  # noqa: E402

SMALL = {"A.h": 3, "A.w": 2, "B.w": 2}
QUICK = {"samples": 1, "quality": "draft", "progress": False}


def ours(block) -> bool:
    """Whether we made a datablock; in this file no name of the person's begins with mm."""
    return block.name.startswith(("mm", "A", "B", "C =", "C", "legend")) if isinstance(block, bpy.types.Object) \
        and "mm_part" in block else block.name.startswith("mm")


@pytest.fixture
def theirs(fresh_scene):
    """A scene with a world, camera, light, mesh, material, frames, compositor, strip, marker and view layer."""
    scene, data = fresh_scene, bpy.data
    scene.world = data.worlds.new("Sky")
    scene.world.color = 0.2, 0.4, 0.9
    camera = data.objects.new("Shot", data.cameras.new("Lens"))
    camera.location, camera.data.lens, camera.data.dof.use_dof = (7, -7, 5), 85, True
    camera.keyframe_insert("location", frame=10)
    camera.location.x = 9
    camera.keyframe_insert("location", frame=60)
    lamp = data.objects.new("Lamp", data.lights.new("Lamp", "AREA"))
    lamp.data.energy = 400
    box = data.objects.new("Box", data.meshes.new("Box"))
    box.data.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    box.data.materials.append(data.materials.new("Gold"))
    spare, props = data.objects.new("Spare", None), data.collections.new("Props")
    scene.collection.children.link(props)
    for obj in (camera, lamp):
        scene.collection.objects.link(obj)
    for obj in (box, spare):
        props.objects.link(obj)
    props.hide_render, spare.hide_render = True, True
    spare.hide_set(True)
    scene.camera = camera
    bpy.context.view_layer.objects.active = box
    box.select_set(True)
    lamp.select_set(True)
    view = scene.view_settings
    view.view_transform, view.exposure, view.gamma, view.use_curve_mapping = "AgX", 0.7, 1.1, True
    scene.frame_start, scene.frame_end = 10, 120
    scene.frame_set(42)
    scene.timeline_markers.new("Cut", frame=50)
    scene["note"] = "mine"
    render = scene.render
    render.engine, render.resolution_x, render.resolution_y, render.resolution_percentage = "CYCLES", 333, 222, 50
    render.filepath, render.use_border, render.use_crop_to_border, render.border_max_x = "//mine_", True, True, 0.5
    render.use_stamp, render.use_simplify, render.pixel_aspect_x, render.fps = True, True, 1.5, 30
    scene.cycles.samples, scene.cycles.max_bounces, scene.cycles.use_light_tree = 77, 3, False
    scene.view_layers.new("Second").use_pass_z = True
    ends = {"length": 9} if hasattr(scene, "compositing_node_group") else {"frame_end": 30}
    scene.sequence_editor_create().strips.new_effect(name="Pink", type="COLOR", channel=1, frame_start=20, **ends)
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = data.node_groups.new("Grade", "CompositorNodeTree")
    else:
        scene.use_nodes = True
    bpy.context.view_layer.update()
    camera.location.y = -3  # a pose that has no key yet
    return scene


@pytest.mark.every
@pytest.mark.slow
def test_everything_of_theirs_is_as_it_was(theirs, tmp_path):
    before = rna.told(ours)

    def as_before(step: str) -> None:
        after = rna.told(ours)
        assert rna.changed(before, after) == {}, step

    as_before("read again")
    viz = mm.visualize("C = A @ B", settings=SMALL, frames_per_step=1).build()
    as_before("build")
    viz.change({"anim.alg": "vmprod"})
    as_before("animate")
    viz.change(look="paper")
    as_before("look")
    viz.render(tmp_path / "still.png", size=(48, 32), **QUICK)
    as_before("render")
    viz.figure(tmp_path / "page.png", size_in=(0.5, 0.4), dpi=96, **QUICK)
    as_before("figure")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        viz.render(tmp_path / "frames", size=(32, 20), frames=(10, 11), **QUICK)
    as_before("movie")
    viz.save(tmp_path / "copy.blend")
    as_before("save a copy")
    mm.visualize("C = A @ B", settings=SMALL).build(own_scene=True).remove()
    as_before("take over and give back")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "theirs.blend"))
    viz.remove()
    as_before("remove")
    assert not [obj for obj in bpy.data.objects if "mm_part" in obj]
    for name in ("theirs", "copy"):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / f"{name}.blend"))
        bpy.data.objects["Shot"].location.y = -3  # which Blender itself does not keep
        assert rna.changed(before, rna.told(ours)) == {}, name
        assert len(saved_state.visualizations(bpy.context.scene)) == 1
        mm.clear()
        assert rna.changed(before, rna.told(ours)) == {}, name


def test_a_scene_that_was_given_back_is_as_it_was(fresh_scene):
    """An empty one, which we take."""
    before = rna.told(ours)
    viz = mm.visualize("C = A @ B", settings={**SMALL, "anim.alg": "vmprod"}).build()
    viz.change(look="paper")
    assert rna.changed(before, rna.told(ours))
    viz.remove()
    assert rna.changed(before, rna.told(ours)) == {}
