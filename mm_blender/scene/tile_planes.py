"""The plane that a sweep moves as a tile: none of its elements is stored, its shader multiplies those of the operands'
pictures (``nodes.tile_plane_group``)."""
from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ..appearance.colours import Colours
from ..appearance.looks import Look
from ..appearance.rules import Scale
from ..appearance.shading import shades
from ..expression.tree import MatMul
from ..layout import sweep_planes
from . import compat, matrices, tags, tile_material, tiles
from .blender_types import mesh_of
from .nodes import tile_plane_group

SEEN = 384  # rows and columns of the step in the middle from which its light is told


@dataclass(frozen=True)
class Wanted:
    """The ``plane`` of ``node``, whose ``operands`` (left, right) are tiles of ``values`` and ``scales``. ``scale``: of
    its own elements; ``frame`` (4, 4): of the plane, as of ``places``. All scales count magnitudes from 0."""

    node: MatMul
    plane: sweep_planes.Plane
    operands: tuple[bpy.types.Object, bpy.types.Object]
    values: tuple[np.ndarray, np.ndarray]
    scales: tuple[Scale, Scale]
    scale: Scale
    colours: Colours
    frame: np.ndarray


def put(held: bpy.types.Object, wanted: Wanted, pitch: float, look: Look, axes: np.ndarray,
        made_before: tile_material.Made, collection: bpy.types.Collection) -> None:
    """Draw as a tile what ``held`` draws as cubes, which it does no more. ``axes``: right, up and backward of the
    camera in the world; ``made_before``: materials of other tiles, to copy."""
    take_away(held, collection)
    node, plane = wanted.node, wanted.plane
    points = _points(held)
    points.show_viewport = points.show_render = False
    obj = matrices.new_object(f"mm plane {node.name}", bpy.data.meshes.new(f"mm plane {node.name}"),
                              wanted.frame, pitch, collection)
    obj[tags.PATH], obj[tags.ROLE], obj[tags.NAME] = node.path, "sweep", ""
    material = tile_material.new(wanted.colours, look, False, made_before, node.anim.alg)
    images = [tiles.picture_of(operand) for operand in wanted.operands]
    tile_material.show(material, dict(zip(("Left", "Right"), images)))
    track = compat.modifier_inputs(points)
    middle = track["Count"] // 2
    texels = tiles.texels(sweep_planes.products(node, *wanted.values, middle, SEEN).astype(np.float32), wanted.scale)
    means = tile_material.means_of(texels)
    frame = np.array(matrices.world_frame(wanted.frame, pitch))[:3, :3]
    shade, = shades([tile_material.cubes_of(texels, means, node.viz, wanted.colours.course, look, frame, axes)])
    tile_material.tell(obj, tuple(images[0].size)[::-1], means, shade)
    obj[tile_plane_group.RIGHT_PIXEL] = (1.0 / images[1].size[0], 1.0 / images[1].size[1], 0.0)
    highest = wanted.scales[0].high * wanted.scales[1].high
    obj[tile_plane_group.FACTOR] = ((highest / wanted.scale.high) ** 0.5 if wanted.scale.high else 0.0, 0.0, 0.0)
    mesh_of(obj).materials.append(material)
    down, across = tiles.slots(plane)
    modifier = obj.modifiers.new(matrices.MODIFIER, "NODES")
    modifier.node_group = tile_plane_group.build()
    compat.set_modifier_inputs(modifier, {
        "Pitch": pitch, "Element Scale": node.viz.elem_scale, "Min Size": node.viz.min_size, "Material": material,
        "Slots Across": across, "Slots Down": down, "Direction": plane.direction,
        **{name: track[name] for name in ("Playhead", "Count", "Smooth")}})


def take_away(held: bpy.types.Object, collection: bpy.types.Collection) -> None:
    """Draw as cubes what ``held`` draws, and not as a tile."""
    for obj in [obj for obj in collection.all_objects if is_plane(obj) and obj[tags.PATH] == held[tags.PATH]]:
        material = compat.modifier_input(obj.modifiers[matrices.MODIFIER], "Material")
        mesh = obj.data
        bpy.data.objects.remove(obj)
        bpy.data.meshes.remove(mesh)
        tiles.discard(material)
    points = _points(held)
    if points and not points.show_render:
        points.show_viewport = points.show_render = True


def is_plane(obj: bpy.types.Object) -> bool:
    modifier = matrices.drawing(obj)
    return modifier is not None and modifier.node_group.name.startswith(tile_plane_group.NAME)


def _points(held: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """What makes the points of an interior; None of what is none."""
    return held.modifiers.get(matrices.INTERIOR)
