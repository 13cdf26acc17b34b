"""Frames that show exactly the same are rendered once; whatever may differ in a way that is not known is its own."""
import os

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.cluster import pictures, worker  # noqa: E402
from mm_blender.output import movie, picture_scene, still  # noqa: E402
from mm_blender.output.fingerprints import frames  # noqa: E402
from mm_blender.output.fingerprints.scene import gone_through  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import compat  # noqa: E402

HOW = dict(size=(64, 48), samples=1, engine="workbench", progress=False)
NUMBERS = range(1, 9)


def resting():
    """A small product that stands still, moves from frame 3 to 5, and rests there."""
    viz = mm.visualize("L @ R", look="unlit", settings={"L.h": 2, "L.w": 2, "R.w": 2}).build()
    for obj in viz.collection.objects:
        if obj.type in ("MESH", "POINTCLOUD"):
            for frame, by in ((1, 0), (3, 0), (5, 2)):
                obj.location.x += by
                obj.keyframe_insert("location", frame=frame)
    return viz


def looked_at(scene):
    return frames.alike(scene, gone_through(scene), NUMBERS)


@pytest.fixture
def stage(fresh_scene):
    """A scene in which a cube moves at frames 3 to 5, and a lamp does not."""
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    for frame, x in ((3, 0.0), (5, 1.0)):
        cube.location.x = x
        cube.keyframe_insert("location", index=0, frame=frame)
    cube.data.materials.append(bpy.data.materials.new("Paint"))
    fresh_scene.collection.objects.link(bpy.data.objects.new("Lamp", bpy.data.lights.new("Bulb", "AREA")))
    fresh_scene.camera = bpy.data.objects.new("Eye", bpy.data.cameras.new("Eye"))
    fresh_scene.collection.objects.link(fresh_scene.camera)
    return fresh_scene


RESTS = {1: 1, 2: 1, 3: 1, 4: 4, 5: 5, 6: 5, 7: 5, 8: 5}  # of the stage


def cube():
    return bpy.data.objects["Cube"]


def tree(owner):
    if owner.node_tree is None:
        owner.use_nodes = True
    return owner.node_tree


def keyed(owner, path, first=1, last=8):
    for frame, value in ((first, 0.25), (last, 0.75)):
        setattr(owner, path, value)
        owner.keyframe_insert(path, frame=frame)


def geometry(*nodes):
    group = bpy.data.node_groups.new("Group", "GeometryNodeTree")
    made = [group.nodes.new(node) for node in nodes]
    cube().modifiers.new("Nodes", "NODES").node_group = group
    return made


def turned(obj):
    for frame in (1, 8):
        obj.rotation_euler.z = frame
        obj.keyframe_insert("rotation_euler", frame=frame)


def shaped(scene):
    cube().shape_key_add(name="Basis")
    keyed(cube().shape_key_add(name="Big"), "value")


def shaded(scene):
    shader = next(node for node in tree(bpy.data.materials["Paint"]).nodes if node.type == "BSDF_PRINCIPLED")
    keyed(shader.inputs["Roughness"], "default_value")


def shaken(scene):
    keyed(bpy.data.lights["Bulb"], "energy", 1, 1)
    compat.curves(bpy.data.lights["Bulb"])[0].modifiers.new("NOISE")


def in_a_group(scene):
    node, = geometry("ShaderNodeValue")
    keyed(node.outputs[0], "default_value")


MOVED = {
    "another object": lambda scene: turned(bpy.data.objects["Lamp"]),
    "a lamp": lambda scene: keyed(bpy.data.lights["Bulb"], "energy"),
    "the lens": lambda scene: keyed(scene.camera.data, "shift_x"),
    "a shape key": shaped, "a material": shaded, "a node of a group": in_a_group, "noise on a key": shaken,
}


@pytest.mark.parametrize("what", MOVED)
def test_what_keys_move_makes_frames_differ(stage, what):
    assert looked_at(stage).first == RESTS
    MOVED[what](stage)
    found = looked_at(stage)
    assert found.distinct == len(NUMBERS) and not found.reason


def driven(scene):
    cube().driver_add("location", 1).driver.expression = "frame / 10"


def from_a_sequence(scene):
    image = bpy.data.images.new("Film", 2, 2)
    image.source = "SEQUENCE"
    tree(bpy.data.materials["Paint"]).nodes.new("ShaderNodeTexImage").image = image


def in_strips(scene):
    action = cube().animation_data.action
    cube().animation_data.nla_tracks.new().strips.new("strip", 1, action)


def with_a_curve(scene):
    path = bpy.data.objects.new("Path", bpy.data.curves.new("Path", "CURVE"))
    scene.collection.objects.link(path)
    cube().constraints.new("FOLLOW_PATH").target = path


def drawn(scene):
    bpy.ops.object.grease_pencil_add(type="EMPTY")


def composited(scene):
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
    else:
        scene.use_nodes = True


def by_the_scene(scene):
    node = tree(bpy.data.materials["Paint"]).nodes.new("ShaderNodeAttribute")
    node.attribute_type, node.attribute_name = "VIEW_LAYER", "frame_current"


def cut_to(scene):
    scene.timeline_markers.new("cut", frame=4).camera = scene.camera


def noisy(scene):
    scene.render.engine, scene.cycles.use_animated_seed = "CYCLES", True


UNKNOWN = {
    "a driver": (driven, "Cube has a driver"),
    "a driver of a lamp": (lambda scene: bpy.data.lights["Bulb"].driver_add("energy"), "Bulb has a driver"),
    "motion blur": (lambda scene: setattr(scene.render, "use_motion_blur", True), "motion blur"),
    "another noise at each frame": (noisy, "the noise of Cycles"),
    "scene time": (lambda scene: geometry("GeometryNodeInputSceneTime"), "Group has a node Scene Time"),
    "a simulation": (lambda scene: geometry("GeometryNodeSimulationInput"), "Group has a node Simulation Input"),
    "the scene's frame": (by_the_scene, "has a node Attribute"),
    "a sequence of pictures": (from_a_sequence, "the picture Film changes"),
    "cloth": (lambda scene: cube().modifiers.new("Cloth", "CLOTH"), "Cube has a modifier Cloth"),
    "waves": (lambda scene: cube().modifiers.new("Wave", "WAVE"), "Cube has a modifier Wave"),
    "particles": (lambda scene: cube().modifiers.new("Dust", "PARTICLE_SYSTEM"), "Cube has particles"),
    "a path": (with_a_curve, "Cube has a constraint Follow Path"),
    "strips": (in_strips, "Cube has strips in the NLA editor"),
    "a drawing": (drawn, "is a GreasePencil"),
    "a volume": (lambda scene: scene.collection.objects.link(
        bpy.data.objects.new("Smoke", bpy.data.volumes.new("Smoke"))), "Smoke is a Volume"),
    "rigid bodies": (lambda scene: bpy.ops.rigidbody.world_add(), "rigid bodies are simulated"),
    "a compositor": (composited, "the compositor"),
    "the sequencer": (lambda scene: scene.sequence_editor_create().strips.new_image("strip", "/no.png", 1, 1),
                      "the sequencer"),
    "cameras by markers": (cut_to, "markers change the camera"),
    "stretched time": (lambda scene: setattr(scene.render, "frame_map_new", 200), "its time is stretched"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_not_known_well_enough_makes_every_frame_its_own(stage, what):
    put, words = UNKNOWN[what]
    put(stage)
    found = looked_at(stage)
    assert found.first == {number: number for number in NUMBERS} and words in found.reason


@pytest.mark.parametrize("name", ["frame_change_pre", "frame_change_post", "render_pre", "depsgraph_update_post"])
def test_a_script_that_listens_makes_every_frame_its_own(stage, name):
    def listen(*_):
        pass

    handlers = getattr(bpy.app.handlers, name)
    handlers.append(listen)
    try:
        assert looked_at(stage).reason == f"a script listens to {name}"
    finally:
        handlers.remove(listen)
    assert looked_at(stage).first == RESTS


def hidden_and_moved(scene):
    unseen = bpy.data.objects.new("Unseen", bpy.data.meshes.new("Unseen"))
    scene.collection.objects.link(unseen)
    unseen.hide_render = True
    unseen.driver_add("location", 0).driver.expression = "frame"


STILL = {
    "a subdivided cube": lambda scene: cube().modifiers.new("Subsurf", "SUBSURF"),
    "a target": lambda scene: setattr(scene.camera.constraints.new("TRACK_TO"), "target", cube()),
    "a key that changes nothing": lambda scene: bpy.data.lights["Bulb"].keyframe_insert("energy", frame=4),
    "what is not rendered": hidden_and_moved,
    "an empty slot": lambda scene: cube().data.materials.append(None),
    "a marker": lambda scene: scene.timeline_markers.new("here", frame=4),
}


@pytest.mark.parametrize("what", STILL)
def test_what_stands_still_beside_it_changes_nothing(stage, what):
    STILL[what](stage)
    found = looked_at(stage)
    assert found.first == RESTS and not found.reason


def test_all_that_we_build_is_known(fresh_scene):
    """A sweep that rests at its end, with lettering, in the scene that pictures are taken in."""
    viz = mm.visualize("softmax(A @ B) @ C", settings={"anim.alg": "vmprod"}, frames_per_step=2).build()
    with picture_scene.opened(viz.built) as (scene, shown):
        still.prepare(shown, RenderSettings((96, 64), 2, "cycles", "draft"), scene=scene)
        found = frames.alike(scene, gone_through(scene), range(scene.frame_start, scene.frame_end + 1))
    assert not found.reason and 1 < found.distinct <= len(found.first) - 10


# ---- what becomes of it

@pytest.fixture
def shots(monkeypatch):
    """The frames that are rendered."""
    out, shot = [], still.shot

    def counted(new, part, progress, scene):
        out.append(scene.frame_current)
        shot(new, part, progress, scene)

    monkeypatch.setattr(still, "shot", counted)
    return out


def held(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("frame_*.png"))}


def test_frames_that_show_the_same_are_rendered_once(fresh_scene, tmp_path, shots, monkeypatch, capfd):
    viz = resting()
    viz.render(tmp_path / "once", frames=(1, 8), **HOW | {"progress": True})
    assert shots == [1, 4, 5] and "3 of 8 frames are distinct, the others are copies" in capfd.readouterr().out
    monkeypatch.setattr(movie.frames, "alike", lambda scene, blocks, numbers: frames.Alike(
        {number: number for number in numbers}, "there is a reason"))
    viz.render(tmp_path / "each", frames=(1, 8), **HOW | {"progress": True})
    assert shots[3:] == list(NUMBERS)
    assert "each of 8 frames is rendered, for there is a reason" in capfd.readouterr().out
    assert held(tmp_path / "once") == held(tmp_path / "each") and len(set(held(tmp_path / "each").values())) == 3
    assert sorted(os.listdir(tmp_path / "once"))[8:] == ["movie.json"]


def test_the_next_run_copies_what_is_there(fresh_scene, tmp_path, shots):
    viz, folder = resting(), tmp_path / "a"
    going = movie.steps(viz.ready(), folder, RenderSettings((64, 48), 1, "workbench", frames=(1, 8)))
    assert [next(going) for _ in range(3)] == [(0, 8), (1, 8), (2, 8)]
    going.close()  # in the middle of the copies
    assert sorted(held(folder)) == ["frame_0001.png", "frame_0002.png"] and shots == [1]
    viz.render(folder, frames=(1, 8), **HOW)
    assert shots == [1, 4, 5] and len(held(folder)) == 8
    whole, when = held(folder), {path: path.stat().st_mtime_ns for path in folder.glob("frame_*.png")}
    for number in (1, 5, 6, 7):
        (folder / f"frame_000{number}.png").unlink()
    (folder / "frame_0004.png").write_bytes(whole["frame_0004.png"][:-9])
    viz.render(folder, frames=(1, 8), **HOW)
    assert shots == [1, 4, 5, 4] and held(folder) == whole
    assert {path.name for path, was in when.items() if path.stat().st_mtime_ns == was} == {
        "frame_0002.png", "frame_0003.png", "frame_0008.png"}


def test_workers_are_asked_for_each_picture_once(fresh_scene, tmp_path):
    settings, means = RenderSettings((64, 48), 1, "workbench", frames=(1, 8)), worker.Means("workbench", "cpu", None)
    viz = resting()
    viz.render(tmp_path / "here", frames=(1, 8), **HOW)
    expected = held(tmp_path / "here")
    (tmp_path / "blend").mkdir()
    with pictures.opened(viz.ready(), tmp_path / "there", settings, means, tmp_path / "blend") as shot:
        assert shot.missing() == [1, 4, 5] and shot.total == 3
        shot.put(5, expected["frame_0005.png"])
        assert sorted(held(tmp_path / "there")) == [f"frame_000{number}.png" for number in (5, 6, 7, 8)]
    (tmp_path / "there" / "frame_0007.png").unlink()
    with pictures.opened(viz.ready(), tmp_path / "there", settings, means, tmp_path / "blend") as shot:
        assert shot.missing() == [1, 4] and shot.total == 6 and len(held(tmp_path / "there")) == 4
        for number in shot.missing():
            shot.put(number, expected[f"frame_000{number}.png"])
    assert held(tmp_path / "there") == expected


def test_what_a_person_moves_beside_it_counts(fresh_scene, tmp_path, shots):
    viz = resting()
    bpy.ops.mesh.primitive_cube_add()
    for frame in (1, 8):
        bpy.context.object.location.z = frame
        bpy.context.object.keyframe_insert("location", frame=frame)
    viz.render(tmp_path / "a", frames=(1, 8), **HOW)
    assert shots == list(NUMBERS)
