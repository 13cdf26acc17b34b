"""Tiles: a matrix as one quad, its elements in a picture that the shader reads (``nodes.tile_group``); or, of a result
that a sweep adds up, in the faces of a grid (``nodes.tile_sum_group``)."""
from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..appearance.colours import Colours
from ..appearance.looks import Look
from ..appearance.rules import Scale
from ..appearance.shading import shades
from ..data.precision import LARGEST
from ..expression.tree import Node
from ..layout.sweep_planes import Plane
from . import authorship, compat, tile_material
from .blender_types import (
    find_geometry_nodes,
    geometry_nodes,
    group_of,
    mesh_of,
    new_geometry_nodes,
    nodes_of,
    there,
    tree_of,
)
from .matrices import drawing, MODIFIER
from .nodes import cube_group, tile_group, tile_sum_group
from .tile_material import SIGN, SIZE, THERE

TARGA = struct.Struct("<BBBHHBHHHHBB")  # the header of a file
POSITIVE, NEGATIVE_INF, POSITIVE_INF, DRAWN = 255, 96, 160, 255
ALPHA = 255 << 24
BAND = 256  # rows that are worked on at a time: they stay in the processor's cache


def slots(matrix: Node | Plane) -> tuple[int, int]:
    """How many slots the lattice of a matrix has, down and across, gaps between blocks included."""
    down, across = (axis.size + round(axis.gap) * (axis.count - 1) for axis in (matrix.rows, matrix.cols))
    return down, across


def is_tile(obj: bpy.types.Object) -> bool:
    """Whether an object is a matrix that is drawn as a tile."""
    modifier = drawing(obj)
    return modifier is not None and group_of(modifier).name.startswith(tile_group.NAME)


@dataclass(frozen=True)
class Tile:
    """A matrix that is to be drawn as a tile and shows ``values``. ``frame`` (3, 3): of the matrix in the world;
    ``swept``, ``told``: the modifiers by which a sweep reveals its points and a story lights them, whose parts the
    shader takes; ``summed``: a sweep adds them up, too, which no picture holds."""

    obj: bpy.types.Object
    node: Node
    values: np.ndarray
    scale: Scale
    colours: Colours
    frame: np.ndarray
    swept: bpy.types.NodesModifier | None
    told: bpy.types.NodesModifier | None
    summed: bool = False


def put(tiles: list[Tile], look: Look, axes: np.ndarray, made_before: tile_material.Made) -> None:
    """Draw matrices, which are drawn as cubes or as tiles, as tiles. ``axes``: right, up and backward of the camera in
    the world; ``made_before``: materials of other tiles, to copy."""
    pictures = [lattice(tile.node, tile.values, tile.scale) for tile in tiles]
    means = [tile_material.means_of(each) for each in pictures]
    shaded = shades([tile_material.cubes_of(each, mean, tile.node.viz, tile.colours.course, look, tile.frame, axes)
                     for tile, each, mean in zip(tiles, pictures, means)])
    for tile, each, mean, shade in zip(tiles, pictures, means, shaded):
        theirs = persons_material(tile.obj)
        clear(tile.obj)
        elements = tile_material.SUMMED if tile.summed else tile_material.PICTURE
        material = theirs or tile_material.new(tile.colours, look, tile.swept is not None, made_before, elements)
        down, across = each.shape[:2]
        if not tile.summed:
            tile_material.show(material, {"": picture(f"mm {tile.node.name}", each)})
        tile_material.tell(tile.obj, (down, across), mean, shade)
        mesh_of(tile.obj).materials.append(material)
        blocks = {f"{name} {side}": number for side, axis in (("Rows", tile.node.rows), ("Columns", tile.node.cols))
                  if axis.count > 1 for name, number in (("Block", axis.step), ("Gap", round(axis.gap)))}
        group = tile_sum_group.build() if tile.summed else tile_group.build(tile.swept is not None)
        shape = {"Rows": tile.node.h, "Columns": tile.node.w} if tile.summed else {}
        use(tile.obj, group, {**_of_sweep(tile.swept), **_of_story(tile.told), **blocks, **shape, "Material": material,
                              "Slots Across": across, "Slots Down": down})


def _of_sweep(swept: bpy.types.NodesModifier | None) -> dict:
    """The inputs of a modifier that reveals points, under the names that they have for tiles. It rests from now on."""
    if swept is None:
        return {}
    swept.show_viewport = swept.show_render = False
    return {f"Sweep {name}" if name.startswith("Lit") else name: value
            for name, value in compat.modifier_inputs(swept).items() if name not in ("Block Rows", "Block Columns")}


def _of_story(told: bpy.types.NodesModifier | None) -> dict:
    """The inputs of a modifier that lights points for a story; it rests from now on."""
    if told is None:
        return {"Light": None}
    told.show_viewport = told.show_render = False
    return compat.modifier_inputs(told)


def take_away(obj: bpy.types.Object, *resting: bpy.types.NodesModifier | None) -> None:
    """Draw a tile as cubes, whose points the ``resting`` modifiers change."""
    clear(obj)
    for modifier in resting:
        if modifier is not None:
            modifier.show_viewport = modifier.show_render = True
    use(obj, cube_group.build(), {})


def clear(obj: bpy.types.Object) -> None:
    """Forget the material and the picture of a tile."""
    material = material_of(obj)
    if material is None or not authorship.is_ours(material):
        return
    index = mesh_of(obj).materials.find(material.name)
    if index >= 0:
        mesh_of(obj).materials.pop(index=index)
    discard(material)
    for name in tile_material.OWN:
        obj.pop(name, None)


def discard(material: bpy.types.Material) -> None:
    """Delete the material of a tile and the pictures that nothing else reads."""
    pictures = {node.image for node in nodes_of(tree_of(material)) if node.bl_idname == "ShaderNodeTexImage"}
    bpy.data.materials.remove(material)
    bpy.data.batch_remove([image for image in pictures if image and image.users == 0])


def picture_of(tile: bpy.types.Object) -> bpy.types.Image | None:
    """The picture of a tile's elements; None of what a sweep sums up, which has none."""
    tree = tree_of(there(material_of(tile)))
    return next((node.image for node in nodes_of(tree) if tile_material.reads_elements(node)), None)


def persons_material(obj: bpy.types.Object) -> bpy.types.Material | None:
    """The material that a person has given to a tile, or made of ours; None if it is ours."""
    material = material_of(obj)
    return None if material is None or authorship.is_ours(material) else material


def material_of(obj: bpy.types.Object) -> bpy.types.Material | None:
    """The material of a tile; None of what is none."""
    return compat.modifier_input(geometry_nodes(obj, MODIFIER), "Material") if is_tile(obj) else None


def use(obj: bpy.types.Object, group: bpy.types.NodeTree, inputs: dict) -> None:
    """Draw with another group; inputs of the same name stay what they are."""
    modifier = drawing(obj)
    former = compat.modifier_inputs(modifier) if modifier else {}
    modifier = modifier or find_geometry_nodes(obj, MODIFIER) or new_geometry_nodes(obj, MODIFIER)
    modifier.node_group = group
    names = compat.input_identifiers(group)
    compat.set_modifier_inputs(modifier, {**{name: value for name, value in former.items() if name in names}, **inputs})
    obj.update_tag()


def lattice(node: Node, values: np.ndarray, scale: Scale) -> np.ndarray:
    """The picture of a matrix, uint8 (slots down, slots across, 4): the ``texels`` of its elements, gaps between."""
    words = np.full(slots(node), ALPHA, np.uint32)
    rows, cols = (np.arange(axis.size) + np.arange(axis.size) // axis.step * round(axis.gap)
                  for axis in (node.rows, node.cols))
    whole = words.shape == values.shape
    for start in range(0, node.h, BAND):
        some = _words(values[start:start + BAND], scale)
        if whole:
            words[start:start + BAND] = some
        else:
            words[rows[start:start + BAND, None], cols[None, :]] = some
    return _bytes(words)


def texels(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Elements (h, w) as ``nodes.tile_group`` reads them, uint8 (h, w, 4) in the order of the bytes of a Targa file:
    DRAWN, sign, size (blue, green, red) and 255."""
    return _bytes(_words(values, scale))


def _bytes(words: np.ndarray) -> np.ndarray:
    return words.astype("<u4", copy=False).view(np.uint8).reshape(*words.shape, 4)


def _words(x: np.ndarray, scale: Scale) -> np.ndarray:
    most = np.float32(255 * 255)
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(x)
        size -= np.float32(scale.low)
        if scale.span * LARGEST > most:
            size *= most / np.float32(scale.span)
        elif scale.span:  # which is too small to divide by
            size = size / np.float32(scale.span) * most
        else:
            size *= np.float32(0)
        np.clip(size, 1, most, out=size)  # what is tiny has a sign, which 0 would not have
        np.sqrt(size, out=size)
        size += np.float32(0.5)
        words = size.astype(np.uint32)
    words <<= np.uint32(8 * SIZE)
    words *= x != 0
    words |= (x > 0) * np.uint32(POSITIVE << 8 * SIGN)
    words |= (x != 0) * np.uint32(DRAWN << 8 * THERE)
    words |= np.uint32(ALPHA)
    odd = ~np.isfinite(x)
    if odd.any():
        sign = np.where(np.isnan(x[odd]), tile_material.NAN, np.where(x[odd] > 0, POSITIVE_INF, NEGATIVE_INF))
        words[odd] = (255 << 8 * SIZE | DRAWN << 8 * THERE | ALPHA) | sign.astype(np.uint32) << np.uint32(8 * SIGN)
    return words


def picture(name: str, texels: np.ndarray, image: bpy.types.Image | None = None) -> bpy.types.Image:
    """A packed image of ``texels`` (h, w, 4), the first row at the bottom: a new one, or ``image`` changed. As a Targa
    file, which needs no compression: the .blend is compressed as a whole."""
    h, w = texels.shape[:2]
    data = b"".join((TARGA.pack(0, 0, 2, 0, 0, 0, 0, 0, w, h, 32, 8), texels.data))
    if image is None:
        image = bpy.data.images.new(name, 1, 1, alpha=True)
    space: Any = image.colorspace_settings
    space.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    return image
