"""Cubes: the elements of a matrix as instances for others to read, however it is drawn."""
from __future__ import annotations

import bpy

from . import compat, faces, parts, tags, tiles
from .blender_types import as_geometry_nodes, group_of, mesh_of, new_geometry_nodes
from .matrices import MODIFIER
from .nodes import cube_group

CUBES = "cubes"  # the part of a hidden object with the elements of a matrix as instances


def of(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """What has the elements of a matrix as instances: itself or, of a tile or of faces, a hidden object that shares its
    points."""
    cubes = next((child for child in obj.children if child.get(tags.PART) == CUBES), None)
    if not (tiles.is_tile(obj) or faces.is_faces(obj)):
        if cubes:
            bpy.data.objects.remove(cubes)
        return obj
    if cubes is None:
        cubes = parts.unseen(f"mm cubes {obj.name}", mesh_of(obj), collection)
        cubes.parent, cubes[tags.PART] = obj, CUBES
    cubes.data = obj.data
    cubes.modifiers.clear()
    for modifier in map(as_geometry_nodes, obj.modifiers):
        if modifier is None or modifier.node_group is None:
            continue
        copy = new_geometry_nodes(cubes, modifier.name)
        copy.node_group = cube_group.build() if modifier.name == MODIFIER else modifier.node_group
        names = compat.input_identifiers(group_of(copy))
        compat.set_modifier_inputs(copy, {name: value for name, value in compat.modifier_inputs(modifier).items()
                                          if name in names})
    cubes.update_tag()
    return cubes
