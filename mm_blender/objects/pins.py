"""Pins: labels that stay on elements."""
from __future__ import annotations

import bpy
from mathutils import Matrix, Quaternion, Vector

from ..legends import GLYPH_WIDTH
from . import drawn, materials, parts
from .inspect import Hit

LIFT, SIZE = 2.5, 1.3  # in pitches: above the element towards the viewer, and of the letters


def pin(collection: bpy.types.Collection, hit: Hit, turn: Quaternion) -> bpy.types.Object:
    """A text with what ``hit`` says, above its element, read by somebody whose view is turned by ``turn``."""
    matrix = bpy.data.objects[hit.matrix]
    pitch = drawn.pitch_of(matrix)
    curve = bpy.data.curves.new(f"mm pin {hit.name}", "FONT")
    curve.body, curve.size = "\n".join(hit.lines()), SIZE * pitch
    curve.align_x, curve.align_y, curve.fill_mode = "LEFT", "BOTTOM", "FRONT"
    world = bpy.context.scene.world
    light = world is not None and sum(world.color) > 1.5
    ink, ground = ((0.01, 0.012, 0.02, 1.0), (1.0, 1.0, 1.0, 1.0)) if light else (
        (1.0, 0.9, 0.55, 1.0), (0.012, 0.014, 0.02, 1.0))
    curve.materials.append(materials.flat("mm pin", ink))
    obj = bpy.data.objects.new(curve.name, curve)
    obj["mm_part"], obj["mm_label"], obj["mm_row"], obj["mm_col"] = parts.PIN, hit.path, hit.row, hit.col
    place = Vector(hit.location) + turn @ Vector((0.4 * pitch, 0.4 * pitch, LIFT * pitch))
    collection.objects.link(obj)
    obj.parent = matrix
    obj.matrix_world = Matrix.LocRotScale(place, turn, None)
    _plate(obj, hit, ground, collection)
    return obj


def _plate(label: bpy.types.Object, hit: Hit, rgba: tuple[float, float, float, float],
           collection: bpy.types.Collection) -> None:
    """A plate behind a label, so that it can be read over any elements."""
    size, lines = label.data.size, hit.lines()
    width = GLYPH_WIDTH * size * max(map(len, lines))
    low, high, edge = -0.35 * size, 0.95 * size + (len(lines) - 1) * size, 0.3 * size
    mesh = bpy.data.meshes.new("mm plate")
    behind = -0.1 * size
    mesh.from_pydata([(-edge, low, behind), (width + edge, low, behind), (width + edge, high, behind),
                      (-edge, high, behind)], [], [(0, 1, 2, 3)])
    mesh.materials.append(materials.flat("mm plate", rgba))
    plate = bpy.data.objects.new("mm plate", mesh)
    plate["mm_part"], plate.hide_select = parts.PIN, True
    plate["mm_label"], plate["mm_row"], plate["mm_col"] = hit.path, hit.row, hit.col
    collection.objects.link(plate)
    plate.parent = label


def unpin(collection: bpy.types.Collection, hit: Hit) -> bool:
    """Take the label of an element away; whether it had one."""
    held = [obj for obj in parts.of(collection, parts.PIN)
            if (obj["mm_label"], obj["mm_row"], obj["mm_col"]) == (hit.path, hit.row, hit.col)]
    parts.delete(held)
    return bool(held)
