"""Pins: labels that stay on elements. What they say follows the matrix: they are a node group's, not text."""
from __future__ import annotations

import math
from typing import Any

import bpy
from mathutils import Matrix, Quaternion, Vector

from ..lettering.texts import GLYPH_WIDTH
from . import borrowed_scene, compat, evaluated, instances, linked, materials, needs, parts, tags
from .blender_types import camera_of, floats, geometry_nodes, new_constraint, new_geometry_nodes, scene_now
from .nodes import pin_group
from .probe import DECIMALS, Hit, title, true_line

HEIGHT = 0.024  # of the letters, as a share of the height of the camera's picture
SIZE = 1.3      # of the letters in pitches, where there is no camera to read them
HIGHER = 12     # how many times as high a label stands, at most, to keep off the others
LIFT = 1.2      # how far above the element and before it the label stands, in sizes of the letters and largest cubes


def pin(collection: bpy.types.Collection, hit: Hit, turn: Quaternion | None = None) -> bpy.types.Object:
    """A label with what ``hit`` says above its element, and of a cell where its largest element is; value and place are
    those of the frame that is shown.

    It faces a view turned by ``turn``, or else the camera of our pictures, and then also when that moves. Raises a
    LinkedError.
    """
    linked.refuse(collection, "pinned")
    matrix = bpy.data.objects[hit.matrix]
    camera = borrowed_scene.pictured(collection, scene_now()).get(needs.CAMERA)
    obj = bpy.data.objects.new(f"mm pin {title(hit.name, hit.row, hit.col)}"[:-3], bpy.data.meshes.new("mm pin"))
    obj[tags.PART], obj[tags.LABEL], obj[tags.ROW], obj[tags.COL] = parts.PIN, hit.path, hit.row, hit.col
    collection.objects.link(obj)
    obj.matrix_world = Matrix.LocRotScale(hit.location, turn, None)
    if turn is None and camera:
        new_constraint(obj, "COPY_ROTATION").target = camera
    size = _size(Vector(hit.location), camera) or SIZE * evaluated.pitch_of(matrix)
    step = LIFT * max(size, evaluated.largest_edge(matrix))
    others = [_plate(other) for other in parts.of(collection, parts.PIN) if other != obj and drawing(other)]
    modifier = new_geometry_nodes(obj, "mm Pin")
    modifier.node_group = pin_group.build()
    lines = [*hit.lines()[1:], true_line(hit)]
    after = "".join(f"\n{line}" for line in lines if line)
    compat.set_modifier_inputs(modifier, {
        "Matrix": instances.of(matrix, collection), "Row": hit.row, "Column": hit.col, "After": after,
        "Decimals": DECIMALS, "Text": hit.head, "Size": size, "Lift": step})
    for times in range(1, HIGHER):
        mine = _plate(obj)
        if not any(_overlap(mine, other) for other in others):
            break
        compat.set_modifier_input(modifier, "Lift", step * (times + 1))
    _dress(obj, collection)
    return obj


def _plate(obj: bpy.types.Object) -> tuple[float, float, float, float]:
    """About what the label of a pin covers as it is seen: left, right, bottom and top, in the picture's plane at
    distance 1 of the camera that it turns to, or in metres."""
    modifier = geometry_nodes(obj, 0)
    text, after, size, lift = (compat.modifier_input(modifier, key) for key in ("Text", "After", "Size", "Lift"))
    lines = (text + "0" * (DECIMALS + 3) + after).split("\n")
    width = (max(map(len, lines)) * GLYPH_WIDTH + 2 * pin_group.MARGIN) * size
    height = (len(lines) + 2 * pin_group.MARGIN) * size
    constraints: list[Any] = list(obj.constraints)
    camera = next((each.target for each in constraints if each.type == "COPY_ROTATION"), None)
    if camera is None:
        x, y, _ = floats(obj.matrix_world.to_3x3().inverted() @ obj.matrix_world.translation)
        scale = 1.0
    else:
        x, y, z = camera.matrix_world.inverted_safe() @ obj.matrix_world.translation
        scale = 1.0 if camera_of(camera).type == "ORTHO" else 1 / max(-z - lift - width * pin_group.FORWARD, 1e-6)
    left = x - width if camera and x > 0 else x
    return left * scale, (left + width) * scale, (y + lift) * scale, (y + lift + height) * scale


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def attach(collection: bpy.types.Collection) -> None:
    """Give the pins of ``collection`` their matrices, after these were made anew, and the look's colours."""
    for obj in parts.of(collection, parts.PIN):
        if not drawing(obj):
            continue
        matrix = parts.find(collection, obj[tags.LABEL])
        source = matrix and instances.of(matrix, collection)
        if source and compat.modifier_input(geometry_nodes(obj, 0), "Matrix") != source:
            compat.set_modifier_input(geometry_nodes(obj, 0), "Matrix", source)
            obj.update_tag()
        _dress(obj, collection)


def drawing(obj: bpy.types.Object) -> bool:
    """Whether a pin still has the modifier that draws it."""
    return bool(obj.modifiers) and getattr(obj.modifiers[0], "node_group", None) == pin_group.build()


def _dress(obj: bpy.types.Object, collection: bpy.types.Collection) -> None:
    light = materials.on_light(collection)
    ink = materials.shared("mm pin on light", (0.01, 0.012, 0.02)) if light else materials.shared(
        "mm pin on dark", (1.0, 0.9, 0.55))
    ground = materials.shared("mm plate light", (1.0, 1.0, 1.0)) if light else materials.shared(
        "mm plate dark", (0.012, 0.014, 0.02))
    materials.put(obj, {"Ink": ink, "Ground": ground})


def _size(location: Vector, camera: bpy.types.Object | None) -> float:
    """Size of a font that is ``HEIGHT`` high in the camera's picture; 0 where the camera does not see it."""
    if camera is None or camera.type != "CAMERA":
        return 0.0
    if camera_of(camera).type == "ORTHO":
        return HEIGHT * camera_of(camera).ortho_scale
    depth = -(camera.matrix_world.inverted_safe() @ location).z
    return HEIGHT * 2 * max(depth, 0.0) * math.tan(camera_of(camera).angle_y / 2)


def unpin(collection: bpy.types.Collection, hit: Hit) -> bool:
    """Take the label of an element away; whether it had one. Raises a LinkedError."""
    linked.refuse(collection, "unpinned")
    labels = [obj for obj in parts.of(collection, parts.PIN)
              if (obj[tags.LABEL], obj[tags.ROW], obj[tags.COL]) == (hit.path, hit.row, hit.col)]
    parts.delete(labels)
    return bool(labels)
