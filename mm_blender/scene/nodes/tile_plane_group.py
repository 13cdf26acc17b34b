"""The groups of a sweep's plane as a tile: its quad, which moves with the playhead, and the shader groups by which its
elements are products of what the pictures of the operands hold."""
from __future__ import annotations

import bpy

from ...expression.algorithms import ALGORITHMS, LEFT, RIGHT
from . import tile_group
from .builder import ensure, Socket, Tree
from .cursor import Cursor
from .tile_group import SHIFT, SIZE, vec, vector, xyz
from .tile_shader import LOOKED, MEAN, own, PIXEL, ray, slot_at

NAME = "mm Plane"
LINE = "mm_line"  # attribute of the quad: the line of the operands' pictures that is walked along
# properties of a plane: 1 / width and 1 / height of the right operand's picture (the left's is ``PIXEL``); how large a
# product of two largest elements is, as a root
RIGHT_PIXEL, FACTOR = "mm_right_pixel", "mm_factor"


def build() -> bpy.types.NodeTree:
    """The group that draws the plane of a sweep as one quad, where the playhead is."""
    return ensure(f"{NAME} 1", "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    tree.input("Geometry", "Geometry", description="Not drawn: the elements are products of those in pictures")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    half, smallest = tile_group.edges(tree)
    hue = tree.input("Hue Shift", "Float", 0.0, "Turns the hues (1 is a whole turn)", -1.0, 1.0)
    light = tree.input("Light Shift", "Float", 0.0, "Lightens (up to 1) or darkens", -1.0, 1.0)
    material = tree.input("Material", "Material", description="What reads the pictures of the operands")
    wide = tree.input("Slots Across", "Int", 1, "Slots along x, gaps between blocks included", low=1)
    high = tree.input("Slots Down", "Int", 1, "Slots along y, gaps between blocks included", low=1)
    playhead = tree.input("Playhead", "Object", description="Playhead of this sweep")
    count = tree.input("Count", "Int", 1, "Number of steps of the sweep", low=1)
    smooth = tree.input("Smooth", "Bool", False, "Glide between steps")
    start = tree.input("Start", "Float", 0.0, "Where the plane stands at the first step, in pitches along z")
    direction = tree.input("Direction", "Float", 1.0, "1 if it moves along z, -1 if against it")

    cursor = Cursor(tree, playhead, count, 1, smooth)
    last = tree.integer("SUBTRACT", count, 1)
    depth = start + direction * tree.math("MINIMUM", cursor["Position"], last)
    quad = tile_group.quad(tree, pitch, half, wide, high, depth)
    quad = tree.store(quad, SIZE, vector(tree, half * (1.0 - smallest), 0.0, half * smallest), "FLOAT_VECTOR")
    quad = tree.store(quad, SHIFT, vector(tree, hue, light, 0.0), "FLOAT_VECTOR")
    quad = tree.store(quad, LINE, vector(tree, cursor["Outer"], 0.0, 0.0), "FLOAT_VECTOR")
    quad = tree.get("GeometryNodeSetMaterial", into={"Geometry": quad, "Material": material})
    shown = tree.get("GeometryNodeSwitch", set={"input_type": "GEOMETRY"}, into={
        "Switch": cursor["Active"], "True": quad})
    tree.output(Geometry=shown)


def look(algorithm: str) -> bpy.types.NodeTree:
    """Where to look in both pictures at each depth, as ``Left Front`` and so on, and mean levels as of any tile."""
    return ensure(f"mm Tile Look {algorithm} 1", "ShaderNodeTree", lambda tree: _look(tree, algorithm))


def _look(tree: Tree, algorithm: str) -> None:
    plane = ALGORITHMS[algorithm].plane
    assert plane is not None  # lines are no tiles
    ray_met = tree.outputs(ray())
    line = tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "GEOMETRY", "attribute_name": LINE})
    out: dict[str, Socket] = {}
    for name, depth in LOOKED.items():
        x, y, _ = xyz(tree, slot_at(tree, ray_met, depth)["Slot"])
        at = {plane.across: x, plane.down: y, plane.walked: xyz(tree, line)[0]}
        for side, axes, pixel in zip(("Left", "Right"), (LEFT, RIGHT), (PIXEL, RIGHT_PIXEL)):
            down, across = tuple(axes)
            middle = vec(tree, "ADD", vector(tree, at[across], at[down], 0.0), (0.5, 0.5, 0.0))
            out[f"{side} {name}"] = vec(tree, "MULTIPLY", middle, own(tree, pixel))
    positive, negative, _ = xyz(tree, own(tree, MEAN))
    tree.output(**out, Positive=positive, Negative=negative)


def product() -> bpy.types.NodeTree:
    """The group that makes, of the texels of two operands, that of their product."""
    return ensure("mm Tile Product 1", "ShaderNodeTree", _product)


def _product(tree: Tree) -> None:
    """The texel of a product of what two texels stand for: roots are multiplied and signs, and both must be there."""
    left, right = (xyz(tree, tree.input(name, "Vector", description=f"Texel of the {name.lower()} operand"))
                   for name in ("Left", "Right"))
    root = tree.math("MINIMUM", left[0] * right[0] * xyz(tree, own(tree, FACTOR))[0], 1.0)
    sign = (left[1] - 0.5) * (right[1] - 0.5) * 2.0 + 0.5
    tree.output(Texel=vector(tree, root, sign, left[2] * right[2]))
