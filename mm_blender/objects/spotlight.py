"""Spotlights: an Empty that shows the numbers of the elements around it.

Its sphere, moved, scaled and keyed like any object, is all there is to set: every matrix has an object of numbers whose
node group reads it. The saved file needs nothing else.
"""
from __future__ import annotations

import bpy

from ..errors import DataError
from . import compat, materials, tiles
from .drawn import matrices, middle, pitch_of
from .nodes import numbers

RADIUS = 4.0  # in pitches, unless told
PART = "mm_part"


def add(collection: bpy.types.Collection, location=None, radius: float | None = None,
        decimals: int = 2) -> bpy.types.Object:
    """A spotlight at ``location`` (world, metres; the middle of the last matrix unless given) for all matrices of
    ``collection``; ``radius`` in metres. Move it to see others' numbers, scale it to see more."""
    found = matrices(collection)
    if not found:
        raise DataError(f"{collection.name} has no matrix whose numbers a spotlight could show")
    pitch = pitch_of(found[-1])
    empty = bpy.data.objects.new("mm spotlight", None)
    empty.empty_display_type, empty.empty_display_size = "SPHERE", 1.0
    empty.location = middle(found[-1]) if location is None else location
    empty.scale = [radius or RADIUS * pitch] * 3
    empty[PART] = "spotlight"
    collection.objects.link(empty)
    attach(empty, collection, decimals)
    return empty


def attach(empty: bpy.types.Object, collection: bpy.types.Collection, decimals: int = 2) -> None:
    """Give every matrix of ``collection`` its numbers around ``empty``, where it has none: after a rebuild, again."""
    shown = set()
    for obj in numbers_of(empty):
        if obj.parent is None or compat.modifier_input(obj.modifiers[0], "Matrix") is None:
            bpy.data.objects.remove(obj)
            continue
        shown.add(obj.parent)
        compat.set_modifier_input(obj.modifiers[0], "Matrix", tiles.cubes(obj.parent, collection))
        obj.update_tag()
    for obj in matrices(collection):
        if obj not in shown:
            _add_numbers(empty, obj, collection, decimals)
    dress(empty)


def dress(empty: bpy.types.Object) -> None:
    """White numbers with a black outline or, where the scene's ground is light, the other way round."""
    world = bpy.context.scene.world
    light = world is not None and sum(world.color) > 1.5
    black, white = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)
    ink = _material("mm number black", black) if light else _material("mm number white", white)
    outline = _material("mm number white", white) if light else _material("mm number black", black)
    for obj in numbers_of(empty):
        compat.set_modifier_input(obj.modifiers[0], "Ink", ink)
        compat.set_modifier_input(obj.modifiers[0], "Outline", outline)
        obj.update_tag()


def numbers_of(empty: bpy.types.Object) -> list[bpy.types.Object]:
    """The objects that show the numbers around a spotlight."""
    return [obj for obj in bpy.data.objects if obj.get(PART) == "number" and obj.modifiers
            and compat.modifier_input(obj.modifiers[0], "Spotlight") == empty]


def remove(empty: bpy.types.Object) -> None:
    """Delete a spotlight and its numbers."""
    for obj in numbers_of(empty):
        mesh = obj.data
        bpy.data.objects.remove(obj)
        bpy.data.meshes.remove(mesh)
    bpy.data.objects.remove(empty)


def _add_numbers(empty, matrix, collection, decimals) -> None:
    obj = bpy.data.objects.new(f"mm numbers {matrix.name}", bpy.data.meshes.new("mm numbers"))
    obj.parent, obj.hide_select = matrix, True
    obj[PART], obj["mm_label"] = "number", matrix["mm_path"]
    collection.objects.link(obj)
    modifier = obj.modifiers.new("mm Numbers", "NODES")
    modifier.node_group = numbers.build()
    for name, value in {"Matrix": tiles.cubes(matrix, collection), "Spotlight": empty, "Decimals": decimals,
                        "Pitch": pitch_of(matrix)}.items():
        compat.set_modifier_input(modifier, name, value)


def _material(name: str, rgba: tuple[float, float, float, float]) -> bpy.types.Material:
    """The file's material ``name``, which a person may have changed, or a new one."""
    return bpy.data.materials.get(name) or materials.flat(name, rgba)
