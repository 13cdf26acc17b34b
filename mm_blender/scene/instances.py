"""Cubes: the elements of a matrix as instances for others to read, however it is drawn."""
from __future__ import annotations

import bpy

from . import compat, faces, tags, tiles
from .matrices import MODIFIER
from .nodes import cube_group

CUBES = "cubes"  # the part of a hidden object with the elements of a matrix as instances


def of(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """What has the elements of a matrix as instances: itself or, of a tile or of faces, a hidden object that shares its
    points."""
    held = next((child for child in obj.children if child.get(tags.PART) == CUBES), None)
    if not (tiles.is_tile(obj) or faces.is_faces(obj)):
        if held:
            bpy.data.objects.remove(held)
        return obj
    if held is None:
        held = bpy.data.objects.new(f"mm cubes {obj.name}", obj.data)
        held.parent, held[tags.PART] = obj, CUBES
        held.hide_viewport = held.hide_render = held.hide_select = True
        collection.objects.link(held)
    held.data = obj.data
    held.modifiers.clear()
    for modifier in (each for each in obj.modifiers if getattr(each, "node_group", None)):
        copy = held.modifiers.new(modifier.name, "NODES")
        copy.node_group = cube_group.build() if modifier.name == MODIFIER else modifier.node_group
        names = compat.input_identifiers(copy.node_group)
        compat.set_modifier_inputs(copy, {name: value for name, value in compat.modifier_inputs(modifier).items()
                                          if name in names})
    held.update_tag()
    return held
