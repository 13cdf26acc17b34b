"""The start-up file's objects: what Blender's new file holds before a person has touched it.

They are nobody's work: a scene that holds only them counts as empty, and they are in none of our pictures and files.
One that was moved, edited, renamed, given a modifier, a parent, keys or another material is the person's own, and so is
one that we had hidden and that a person shows again.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy

from . import properties, tags
from .blender_types import any_data, camera_of, default_of, floats, mesh_of, nodes_of, there

HIDDEN = tags.HIDDEN  # on an object: that we have hidden it
# Location, rotation as Euler angles and scale, in factory files from 2.80 on
PLACES = {
    "Cube": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "Light": ((4.076245, 1.005454, 5.903862), (0.650328, 0.055217, 1.866391), (1.0, 1.0, 1.0)),
    "Camera": ((7.358891, -6.925791, 4.958309), (1.109319, 0.0, 0.814928), (1.0, 1.0, 1.0)),
}
KINDS = {"Cube": "MESH", "Light": "LIGHT", "Camera": "CAMERA"}
COLLECTION, WORLD, MATERIAL = "Collection", "World", "Material"
WORLD_COLOUR = 0.05087609


def untouched(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The objects of the start-up file that are in ``scene`` and that nobody has touched."""
    objects = [scene.objects[name] for name in PLACES if name in scene.objects]
    return [obj for obj in objects if is_untouched(obj)]


def is_untouched(obj: bpy.types.Object) -> bool:
    """Whether ``obj`` is Blender's start-up cube, light or camera, as it came."""
    if KINDS.get(obj.name) != obj.type or obj.library or obj.override_library or obj.parent or obj.children:
        return False
    data = any_data(obj)
    if obj.modifiers or obj.constraints or obj.animation_data or data.animation_data or data.users > 1:
        return False
    if not all(_alike(now, as_it_came) for now, as_it_came in zip(
            (obj.location, obj.rotation_euler, obj.scale), PLACES[obj.name])) or obj.rotation_mode != "XYZ":
        return False
    if obj.instance_type != "NONE" or _has_own(data) or properties.has(obj, HIDDEN) and not obj.hide_render:
        return False
    return _has_its_data[obj.type](obj)


def _alike(values: Any, as_it_came: Sequence[float], tolerance: float = 1e-5) -> bool:
    return all(math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) for a, b in zip(values, as_it_came))


def _has_own(block: bpy.types.ID) -> bool:
    """Whether a person has given properties of their own to a datablock; add-ons' (``cycles``) are no person's."""
    return any(isinstance(value, (int, float, str)) for value in (block[key] for key in block.keys()))


def _is_cube(obj: bpy.types.Object) -> bool:
    mesh = mesh_of(obj)
    corners = len(mesh.vertices) == 8 and all(math.isclose(abs(x), 1.0) for vertex in mesh.vertices
                                              for x in floats(vertex.co))
    materials = [slot.material for slot in obj.material_slots]
    plain = len(materials) <= 1 and all(each is None or _is_its_material(each) for each in materials)
    return corners and len(mesh.polygons) == 6 and plain and not mesh.shape_keys and not obj.vertex_groups


def _is_its_material(material: bpy.types.Material) -> bool:
    """Whether it is the start-up cube's grey, which its nodes still say."""
    if material.name != MATERIAL or material.animation_data:
        return False
    shaders = [node for node in nodes_of(material.node_tree) if node.bl_idname.startswith("ShaderNodeBsdf")]
    return all(not node.inputs[0].is_linked and _alike(default_of(node.inputs[0]), (0.8, 0.8, 0.8, 1.0))
               for node in shaders)


def _is_light(obj: bpy.types.Object) -> bool:
    light: bpy.types.PointLight = any_data(obj)
    nodes = {node.bl_idname for node in nodes_of(light.node_tree)}
    return light.type == "POINT" and _alike((light.energy, *floats(light.color)), (1000.0, 1.0, 1.0, 1.0)) \
        and nodes <= {"ShaderNodeEmission", "ShaderNodeOutputLight"}


def _is_camera(obj: bpy.types.Object) -> bool:
    camera = camera_of(obj)
    return camera.type == "PERSP" and _alike((camera.lens, camera.shift_x, camera.shift_y), (50.0, 0.0, 0.0)) \
        and not there(camera.dof).use_dof and not camera.background_images


_has_its_data = {"MESH": _is_cube, "LIGHT": _is_light, "CAMERA": _is_camera}


def is_world(world: bpy.types.World) -> bool:
    """Whether ``world`` is the start-up file's grey, as it came."""
    if world.name != WORLD or world.library or world.animation_data or not _alike(world.color, [WORLD_COLOUR] * 3):
        return False
    nodes = list(nodes_of(world.node_tree))
    backgrounds = [node for node in nodes if node.bl_idname == "ShaderNodeBackground"]
    if {node.bl_idname for node in nodes} - {"ShaderNodeBackground", "ShaderNodeOutputWorld"} or len(backgrounds) > 1:
        return False
    return all(_alike(default_of(node.inputs["Color"]), [WORLD_COLOUR] * 3 + [1.0])
               and math.isclose(default_of(node.inputs["Strength"]), 1.0) for node in backgrounds)


def is_collection(collection: bpy.types.Collection) -> bool:
    """Whether ``collection`` is the start-up file's, with nothing in it but what came in it."""
    return collection.name == COLLECTION and not collection.library and not collection.children \
        and all(map(is_untouched, collection.objects))


# ---- out of the way

def hide(scene: bpy.types.Scene) -> list[str]:
    """Hide the start-up cube and light of ``scene`` from its views and renders, to be shown again when what was built
    goes; the names of those that were seen."""
    names = []
    for obj in untouched(scene):
        if obj.type == "CAMERA" or obj.hide_render:
            continue
        obj[HIDDEN] = True
        obj.hide_render = True
        _hide_from_views(obj, scene, True)
        names.append(obj.name)
    return names


def show(scene: bpy.types.Scene) -> None:
    """Undo ``hide``."""
    for obj in scene.objects:
        if properties.has(obj, HIDDEN):
            del obj[HIDDEN]
            obj.hide_render = False
            _hide_from_views(obj, scene, False)


def _hide_from_views(obj: bpy.types.Object, scene: bpy.types.Scene, hidden: bool) -> None:
    for layer in scene.view_layers:
        if obj.name in layer.objects:
            obj.hide_set(hidden, view_layer=layer)
