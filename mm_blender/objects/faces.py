"""Faces: a matrix whose cubes are realized into one mesh (``nodes.elements``)."""
from __future__ import annotations

import bpy

from . import compat, tiles
from .looks import Look
from .matrices import MODIFIER, element_of
from .nodes import elements


def is_faces(obj: bpy.types.Object) -> bool:
    modifier = obj.modifiers.get(MODIFIER)
    return bool(modifier and modifier.node_group and modifier.node_group.name.startswith(elements.FACES))


def put(obj: bpy.types.Object, realized: bool, look: Look) -> None:
    """Draw what is drawn as cubes, and not as a tile, as one mesh of them or, not ``realized``, as instances; these it
    stays under a material that reads instances alone. What is as it should be is not evaluated anew."""
    realized = realized and _reads_meshes(element_of(obj))
    if is_faces(obj) != realized:
        tiles.use(obj, elements.build(realized), {})
    if realized and bool(compat.modifier_input(obj.modifiers[MODIFIER], "Corners")) != bool(look.drawn):
        compat.set_modifier_input(obj.modifiers[MODIFIER], "Corners", bool(look.drawn))
        obj.update_tag()


def _reads_meshes(element: bpy.types.Object | None) -> bool:
    """Whether an element's material reads of meshes all that it reads of instances: one of an older file does not."""
    tree = element and element.active_material and element.active_material.node_tree
    read = {(node.attribute_type, node.attribute_name) for node in (tree.nodes if tree else ())
            if node.bl_idname == "ShaderNodeAttribute"}
    return all(("GEOMETRY", name) in read for kind, name in read if kind == "INSTANCER")


def cubes(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """What has the elements of a matrix as instances for others to read: ``tiles.cubes``, and for faces too a hidden
    object that shares its points."""
    if not is_faces(obj):
        return tiles.cubes(obj, collection)
    held = next((child for child in obj.children if child.get("mm_part") == tiles.CUBES), None)
    if held is None:
        held = bpy.data.objects.new(f"mm cubes {obj.name}", obj.data)
        held.parent, held["mm_part"] = obj, tiles.CUBES
        held.hide_viewport = held.hide_render = held.hide_select = True
        collection.objects.link(held)
    held.data = obj.data
    held.modifiers.clear()
    for modifier in (each for each in obj.modifiers if getattr(each, "node_group", None)):
        copy = held.modifiers.new(modifier.name, "NODES")
        copy.node_group = modifier.node_group
        for item in modifier.node_group.interface.items_tree:
            if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name != "Geometry":
                compat.set_modifier_input(copy, item.name, compat.modifier_input(modifier, item.name))
    tiles.use(held, elements.build(), {})
    return held
