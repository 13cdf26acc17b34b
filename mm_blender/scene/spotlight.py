"""Spotlights: an Empty that shows the numbers of the elements around it.

Its sphere, moved, scaled and keyed like any object, is all there is to set: every matrix has an object of numbers whose
node group reads it. The saved file needs nothing else.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Vector

from ..errors import DataError
from . import compat, instances, linked, materials, parts, tags
from .blender_types import floats, geometry_nodes, new_geometry_nodes
from .evaluated import matrices, middle, pitch_of
from .nodes import number_group

RADIUS, DECIMALS = 4.0, 2  # unless told; the radius in pitches
PART = tags.PART


def add(collection: bpy.types.Collection, location: Sequence[float] | Vector | None = None,
        radius: float | None = None, decimals: int = DECIMALS) -> bpy.types.Object:
    """A spotlight at ``location`` (world, metres; the middle of the last matrix unless given) for all matrices of
    ``collection``; ``radius`` in metres. Move it to see others' numbers, scale it to see more. Raises a LinkedError."""
    linked.refuse(collection, "given a spotlight")
    every = matrices(collection)
    if not every:
        raise DataError(f"{collection.name} has no matrix whose numbers a spotlight could show")
    pitch = pitch_of(every[-1])
    empty = bpy.data.objects.new("mm spotlight", None)
    empty.empty_display_type, empty.empty_display_size = "SPHERE", 1.0
    empty.location = Vector(floats(middle(every[-1]) if location is None else location))
    empty.scale = Vector([radius or RADIUS * pitch] * 3)
    empty[PART] = parts.SPOTLIGHT
    collection.objects.link(empty)
    attach(empty, collection, decimals)
    return empty


def attach(empty: bpy.types.Object, collection: bpy.types.Collection, decimals: int | None = None) -> None:
    """Give every matrix of ``collection`` its numbers around ``empty``, where it has none, and the look's colours:
    after a change of what is built, again. What is as it should be is not evaluated anew."""
    former = numbers_of(empty)
    if decimals is None:
        decimals = _input(former[0], "Decimals") if former else DECIMALS
    lost = [obj for obj in former if obj.parent is None or _input(obj, "Matrix") is None]
    shown = {obj.parent: obj for obj in former if obj not in lost}
    parts.delete(lost)
    black, white = materials.shared("mm number black", (0.0,) * 3), materials.shared("mm number white", (1.0,) * 3)
    ink, outline = (black, white) if materials.on_light(collection) else (white, black)
    for matrix in matrices(collection):
        obj = shown.get(matrix) or _add_numbers(empty, matrix, collection, decimals)
        inputs = {"Pitch": pitch_of(matrix), "Matrix": instances.of(matrix, collection)}
        changed = {name: value for name, value in inputs.items() if _input(obj, name) != value}
        compat.set_modifier_inputs(geometry_nodes(obj, 0), changed)
        if changed:
            obj.update_tag()
        materials.put(obj, {"Ink": ink, "Outline": outline})


def numbers_of(empty: bpy.types.Object) -> list[bpy.types.Object]:
    """The objects that show the numbers around a spotlight."""
    return [obj for obj in bpy.data.objects if obj.get(PART) == parts.NUMBER and obj.modifiers
            and getattr(obj.modifiers[0], "node_group", None) == number_group.build()
            and _input(obj, "Spotlight") == empty]


def _input(obj: bpy.types.Object, name: str) -> Any:
    return compat.modifier_input(geometry_nodes(obj, 0), name)


def remove(empty: bpy.types.Object) -> None:
    """Delete a spotlight and its numbers."""
    parts.delete([*numbers_of(empty), empty])


def _add_numbers(empty: bpy.types.Object, matrix: bpy.types.Object, collection: bpy.types.Collection,
                 decimals: int) -> bpy.types.Object:
    obj = bpy.data.objects.new(f"mm numbers {matrix.name}", bpy.data.meshes.new("mm numbers"))
    obj.parent, obj.hide_select = matrix, True
    obj[PART], obj[tags.LABEL] = parts.NUMBER, matrix[tags.PATH]
    collection.objects.link(obj)
    modifier = new_geometry_nodes(obj, "mm Numbers")
    modifier.node_group = number_group.build()
    compat.set_modifier_inputs(modifier, {"Matrix": instances.of(matrix, collection), "Spotlight": empty,
                                          "Decimals": decimals, "Pitch": pitch_of(matrix)})
    return obj
