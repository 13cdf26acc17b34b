"""Fingerprints: what changes a pixel is another one, and nothing else is."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.output import picture_scene, still  # noqa: E402
from mm_blender.output.fingerprints.scene import fingerprint  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import compat, parts  # noqa: E402

X = np.arange(9.0).reshape(3, 3)


def film(b=0.0, **options):
    return mm.visualize("x @ W + b", data={"x": X, "W": X, "b": np.full((1, 3), b)},
                        settings={"anim.alg": "vmprod"}, frames_per_step=2, **options)


def seen(viz, **more):
    with picture_scene.opened(viz.built, **more) as (scene, shown):
        still.prepare(shown, RenderSettings((96, 64), 2, "cycles", "draft"), scene=scene)
        return fingerprint(scene)[0]


def image_file(path, value):
    image = bpy.data.images.new("made", 2, 2)
    image.pixels.foreach_set(np.full(16, value, np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


@pytest.fixture
def stage(fresh_scene, tmp_path):
    """A visualization and a person's own things beside it."""
    viz = film().build()
    bpy.ops.mesh.primitive_cube_add(size=0.4)
    mine = bpy.context.object
    mine.modifiers.new("Subsurf", "SUBSURF")
    mine.vertex_groups.new(name="some").add([0, 1], 0.5, "REPLACE")
    mine.modifiers.new("Move", "DISPLACE").vertex_group = "some"
    mine.shape_key_add(name="Basis")
    mine.shape_key_add(name="Big").data[0].co.x += 1
    mine["temperature"] = 3.0
    material = bpy.data.materials.new("Mine")
    if material.node_tree is None:
        material.use_nodes = True
    nodes = material.node_tree.nodes
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(image_file(tmp_path / "paint.png", 0.5)))
    principled = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(texture.outputs["Color"], principled.inputs["Base Color"])
    mine.data.materials.append(material)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
    fresh_scene.collection.objects.link(lamp)
    lamp.constraints.new("TRACK_TO").target = mine
    for name, frame in ((1.0, 1), (2.0, 9)):
        lamp.data.energy = name
        lamp.data.keyframe_insert("energy", frame=frame)
    curve = bpy.data.curves.new("Curve", "CURVE")
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(1)
    holder = bpy.data.objects.new("Curve", curve)
    fresh_scene.collection.objects.link(holder)
    fresh_scene.collection.objects.link(bpy.data.objects.new("Text", bpy.data.curves.new("Text", "FONT")))
    away = bpy.data.collections.new("Away")
    away.objects.link(bpy.data.objects.new("Copied", mine.data))
    copies = bpy.data.objects.new("Copies", None)
    copies.instance_type, copies.instance_collection = "COLLECTION", away
    fresh_scene.collection.objects.link(copies)
    driver = mine.driver_add("location", 0).driver
    driver.expression = "frame / 10"
    return viz


def mine():
    return bpy.data.objects["Cube"]


def part(viz, kind):
    return parts.of(viz.collection, kind)[0]


def key(block):
    return compat.curves(block)[0].keyframe_points[0]


def repaint(value):
    image = bpy.data.images["paint.png"]
    image_file(bpy.path.abspath(image.filepath), value)
    image.reload()


def edit_matrix(viz):
    mesh = parts.matrices(viz.collection)["root.left"].data
    mesh.attributes["value"].data[0].value += 1


def lit_only_by_few():
    mine().light_linking.receiver_collection = bpy.data.collections.new("Lit by")


SEEN = {
    "camera": lambda viz: setattr(bpy.context.scene.camera, "location", (9, 9, 9)),
    "lens": lambda viz: setattr(bpy.context.scene.camera.data, "lens", 80),
    "root turned": lambda viz: setattr(part(viz, parts.ROOT), "rotation_euler", (0, 0, 1)),
    "a light": lambda viz: setattr(part(viz, parts.LIGHT).data, "energy", 9),
    "a light's colour": lambda viz: setattr(part(viz, parts.LIGHT).data, "color", (1, 0, 0)),
    "a light turned": lambda viz: setattr(part(viz, parts.LIGHT), "rotation_euler", (0.5, 0, 1)),
    "the world": lambda viz: setattr(bpy.context.scene.world.node_tree.nodes["Background"].inputs[0], "default_value",
                                     (1, 0, 0, 1)),
    "another world": lambda viz: setattr(bpy.context.scene, "world", bpy.data.worlds.new("Mine")),
    "a value": edit_matrix,
    "a text": lambda viz: setattr(bpy.data.curves["Text"], "body", "other"),
    "a text's size": lambda viz: setattr(bpy.data.curves["Text"], "size", 2),
    "a matrix hidden": lambda viz: setattr(parts.matrices(viz.collection)["root.left"], "hide_render", True),
    "a matrix deleted": lambda viz: bpy.data.objects.remove(parts.matrices(viz.collection)["root.left"]),
    "a playhead's key": lambda viz: setattr(key(next(obj for obj in parts.of(viz.collection, parts.SWEEP)
                                                     if "mm_playhead" in obj)), "co", (3, -1)),
    "a mesh": lambda viz: setattr(mine().data.vertices[0], "co", (3, 3, 3)),
    "a modifier": lambda viz: setattr(mine().modifiers[0], "render_levels", 3),
    "a modifier off": lambda viz: setattr(mine().modifiers[0], "show_render", False),
    "weights": lambda viz: mine().vertex_groups[0].add([0], 0.9, "REPLACE"),
    "a shape key": lambda viz: setattr(mine().data.shape_keys.key_blocks[1], "value", 0.5),
    "a shape key's point": lambda viz: setattr(mine().data.shape_keys.key_blocks[1].data[1], "co", (5, 5, 5)),
    "a picture's file": lambda viz: repaint(0.9),
    "a texture's setting": lambda viz: setattr(mine().data.materials[0].node_tree.nodes["Image Texture"], "extension",
                                               "CLIP"),
    "a shader's link": lambda viz: mine().data.materials[0].node_tree.links.clear(),
    "no material": lambda viz: mine().data.materials.clear(),
    "a property of one's own": lambda viz: mine().__setitem__("temperature", 4.0),
    "colour": lambda viz: setattr(mine(), "color", (1, 0, 0, 1)),
    "visibility": lambda viz: setattr(mine(), "visible_shadow", False),
    "Cycles' own": lambda viz: setattr(bpy.data.lights["Lamp"].cycles, "max_bounces", 0),
    "light linking": lambda viz: lit_only_by_few(),
    "a driver": lambda viz: setattr(mine().animation_data.drivers[0].driver, "expression", "frame / 20"),
    "a lamp's key": lambda viz: setattr(key(bpy.data.lights["Lamp"]), "co", (1, 9)),
    "how keys join": lambda viz: setattr(key(bpy.data.lights["Lamp"]), "interpolation", "CONSTANT"),
    "a constraint": lambda viz: setattr(bpy.data.objects["Lamp"].constraints[0], "influence", 0.5),
    "another target": lambda viz: setattr(bpy.data.objects["Lamp"].constraints[0], "target", part(viz, parts.ROOT)),
    "a curve": lambda viz: setattr(bpy.data.curves["Curve"].splines[0].bezier_points[0], "co", (2, 2, 2)),
    "a curve's bevel": lambda viz: setattr(bpy.data.curves["Curve"], "bevel_depth", 0.1),
    "what is instanced": lambda viz: setattr(bpy.data.objects["Copied"], "location", (1, 1, 1)),
    "one more": lambda viz: bpy.ops.mesh.primitive_cube_add(location=(1, 2, 3)),
    "an object deleted": lambda viz: bpy.data.objects.remove(mine()),
    "an object hidden": lambda viz: setattr(mine(), "hide_render", True),
    "a parent": lambda viz: setattr(mine(), "parent", bpy.data.objects["Lamp"]),
    "the look": lambda viz: viz.change(look="paper"),
    "a setting": lambda viz: viz.change({"viz.sensitivity": "local"}),
    "data": lambda viz: viz.change(data={"b": np.full((1, 3), 7.0)}),
}


@pytest.mark.parametrize("what", SEEN)
def test_what_changes_a_pixel_is_another(stage, what):
    before = seen(stage)
    SEEN[what](stage)
    assert seen(stage) != before


def reorder(viz):
    scene = bpy.context.scene
    for obj in sorted(scene.collection.objects, key=lambda obj: obj.name):
        scene.collection.objects.unlink(obj)
        scene.collection.objects.link(obj)


def rename(viz):
    for kind in ("objects", "meshes", "materials", "node_groups", "actions", "worlds", "images", "lights", "cameras",
                 "curves", "collections"):
        for at, block in enumerate(list(getattr(bpy.data, kind))):
            if not block.get("mm_own") and kind != "node_groups":
                block.name = f"other {at}"


def set_up(viz):
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.engine, scene.render.use_border = 77, "BLENDER_WORKBENCH", True
    scene.view_settings.exposure, scene.cycles.samples, scene.render.filepath = 2.0, 3, "/nowhere/"
    scene.frame_end, scene.render.fps = 400, 60


def unused(viz):
    scene = bpy.context.scene
    scene.collection.objects.link(bpy.data.objects.new("Empty", None))
    scene.collection.objects.link(bpy.data.objects.new("Second", bpy.data.cameras.new("Second")))
    scene.timeline_markers.new("here", frame=5)
    bpy.data.scenes.new("Another")
    bpy.data.materials.new("Unused")


def look_of_nodes(viz):
    for node in mine().data.materials[0].node_tree.nodes:
        node.location, node.label, node.width, node.select = (5, 5), "mine", 300, False


def moved_picture(viz):
    image = bpy.data.images["paint.png"]
    image_file(bpy.path.abspath(image.filepath).replace("paint", "moved"), 0.5)
    image.filepath = bpy.path.abspath(image.filepath).replace("paint", "moved")


def window(viz):
    mine().select_set(False)
    mine().hide_viewport, mine().display_type, mine().show_name = True, "WIRE", True
    mine().modifiers[0].show_viewport = False
    mine().modifiers[0].levels = mine().modifiers[0].levels
    bpy.context.view_layer.objects.active = part(viz, parts.ROOT)


UNSEEN = {
    "nothing": lambda viz: None, "order": reorder, "names": rename, "the scene's settings": set_up,
    "the frame": lambda viz: bpy.context.scene.frame_set(7), "what is not seen": unused, "nodes' places": look_of_nodes,
    "a picture moved": moved_picture, "the window": window,
    "other visualizations": lambda viz: mm.visualize("A @ B", name="another").build(),
    "evaluated": lambda viz: bpy.context.evaluated_depsgraph_get().update(),
    "a picture taken": seen,
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_changes_no_pixel_is_the_same(stage, what):
    before = seen(stage)
    UNSEEN[what](stage)
    assert seen(stage) == before


def test_the_same_built_anew_is_the_same(fresh_scene, tmp_path):
    before = seen(film().build())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert seen(mm.visualizations()[0]) == before
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert seen(film(seed=4).build()) == before, "no value is random"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert seen(film(b=1.0).build()) != before


def test_names_count_where_a_shader_makes_random_numbers_of_them(stage):
    nodes, links = mine().data.materials[0].node_tree.nodes, mine().data.materials[0].node_tree.links
    info = nodes.new("ShaderNodeObjectInfo")
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    links.new(info.outputs["Random"], shader.inputs["Roughness"])
    before = seen(stage)
    mine().name = "Other"
    assert seen(stage) != before


def test_a_million_elements_take_a_moment(fresh_scene):
    import time

    viz = mm.visualize("A @ B", settings={"A.h": 600, "A.w": 600, "B.w": 600}).build()
    with picture_scene.opened(viz.built) as (scene, _):
        start = time.process_time()
        fingerprint(scene)
        assert time.process_time() - start < 1.0  # 0.1 where nothing else is done
