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
from . import compat, matrices, story_keys, tags, tile_material, tiles
from .blender_types import find_geometry_nodes, floats, geometry_nodes, group_of, mesh_of, new_geometry_nodes
from .nodes import tile_plane_group

SEEN = 384  # rows and columns of the step in the middle from which its light is told


@dataclass(frozen=True)
class TilePlane:
    """What is to be drawn as a tile: the ``plane`` of ``node``, whose ``operands`` (left, right) are tiles of
    ``values`` and ``scales``. ``scale``: of its own elements; ``frame`` (4, 4): of the plane, as of ``places``. All
    scales count magnitudes from 0."""

    node: MatMul
    plane: sweep_planes.Plane
    operands: tuple[bpy.types.Object, bpy.types.Object]
    values: tuple[np.ndarray, np.ndarray]
    scales: tuple[Scale, Scale]
    scale: Scale
    colours: Colours
    frame: np.ndarray


def put(interior: bpy.types.Object, tile: TilePlane, pitch: float, look: Look, axes: np.ndarray,
        made_before: tile_material.Made, collection: bpy.types.Collection) -> None:
    """Draw as a tile what ``interior`` draws as cubes, which it does no more. ``axes``: right, up and backward of the
    camera in the world; ``made_before``: materials of other tiles, to copy."""
    take_away(interior, collection)
    node, plane = tile.node, tile.plane
    points = geometry_nodes(interior, matrices.INTERIOR)
    points.show_viewport = points.show_render = False
    obj = matrices.new_object(f"mm plane {node.name}", bpy.data.meshes.new(f"mm plane {node.name}"),
                              tile.frame, pitch, collection)
    obj[tags.PATH], obj[tags.ROLE], obj[tags.NAME] = node.path, "sweep", ""
    story_keys.as_other(obj, interior)
    material = tile_material.new(tile.colours, look, False, made_before, node.anim.alg)
    images = [tiles.picture_of(operand) or tiles.picture(f"mm {side.name}", tiles.lattice(side, values, scale))
              for operand, side, values, scale in zip(tile.operands, (node.left, node.right), tile.values, tile.scales)]
    tile_material.show(material, dict(zip(("Left", "Right"), images)))
    track = compat.modifier_inputs(points)
    middle = track["Count"] // 2
    texels = tiles.texels(sweep_planes.products(node, *tile.values, middle, SEEN).astype(np.float32), tile.scale)
    means = tile_material.means_of(texels)
    frame = np.array(matrices.world_frame(tile.frame, pitch))[:3, :3]
    shade, = shades([tile_material.cubes_of(texels, means, node.viz, tile.colours.course, look, frame, axes)])
    (wide, high), (right_wide, right_high) = (floats(image.size) for image in images)
    tile_material.tell(obj, (high, wide), means, shade)
    obj[tile_plane_group.RIGHT_PIXEL] = (1.0 / right_wide, 1.0 / right_high, 0.0)
    highest = tile.scales[0].high * tile.scales[1].high
    obj[tile_plane_group.FACTOR] = ((highest / tile.scale.high) ** 0.5 if tile.scale.high else 0.0, 0.0, 0.0)
    mesh_of(obj).materials.append(material)
    down, across = tiles.slots(plane)
    modifier = new_geometry_nodes(obj, matrices.MODIFIER)
    modifier.node_group = tile_plane_group.build()
    compat.set_modifier_inputs(modifier, {
        "Pitch": pitch, "Element Scale": node.viz.elem_scale, "Min Size": node.viz.min_size, "Material": material,
        "Slots Across": across, "Slots Down": down, "Direction": plane.direction,
        **{name: track[name] for name in ("Playhead", "Count", "Smooth")}})


def take_away(interior: bpy.types.Object, collection: bpy.types.Collection) -> None:
    """Draw as cubes what ``interior`` draws, and not as a tile."""
    for obj in [obj for obj in collection.all_objects if is_plane(obj) and obj[tags.PATH] == interior[tags.PATH]]:
        material = compat.modifier_input(geometry_nodes(obj, matrices.MODIFIER), "Material")
        mesh = mesh_of(obj)
        bpy.data.objects.remove(obj)
        bpy.data.meshes.remove(mesh)
        tiles.discard(material)
    points = find_geometry_nodes(interior, matrices.INTERIOR)  # none, where it has none
    if points and not points.show_render:
        points.show_viewport = points.show_render = True


def is_plane(obj: bpy.types.Object) -> bool:
    """Whether an object is the plane of a sweep that is drawn as a tile."""
    modifier = matrices.drawing(obj)
    return modifier is not None and group_of(modifier).name.startswith(tile_plane_group.NAME)
