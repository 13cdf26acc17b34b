"""The group by which a story lights a part of a matrix and dims all else of it.

What is lit is told by an Empty, which keys move: its location is the first row, the first column and by how much all
else is dimmed (0: as if there were no story), its scale how many rows and columns are lit and, beyond 0.5, that these
glow. Materials read what this stores of every element: ``highlight`` and ``light_shift``.
"""
from __future__ import annotations

import bpy

from .builder import ensure, Socket, Tree

NAME = "mm Lit 1"
CALM, GLOWING = 0.5, 1.0  # of the scale along z


def build() -> bpy.types.NodeTree:
    """The group; it stands between what sweeps a matrix' points and what draws them."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def inputs(tree: Tree) -> tuple[Socket, Socket]:
    """Inputs of a group: the Empty that tells what is lit, and by how much all else is dimmed at most."""
    light = tree.input("Light", "Object", description="Empty whose location is the first row and column that are lit "
                       "and the share by which the rest is dimmed, and whose scale is the number of rows and columns")
    return light, tree.input("Dim", "Float", -0.5, "Added to the lightness of what is not lit", -1.0, 1.0)


def told(tree: Tree, light: Socket) -> dict[str, Socket]:
    """What the Empty tells: ``row``, ``column``, ``share``, ``rows``, ``columns`` and ``calm``."""
    info = tree.node("GeometryNodeObjectInfo", into={"Object": light})
    out: dict[str, Socket] = {}
    for of, names in (("Location", ("row", "column", "share")), ("Scale", ("rows", "columns", "calm"))):
        node = tree.node("ShaderNodeSeparateXYZ", into={"Vector": Socket(tree, info.outputs[of])})
        out |= {name: Socket(tree, output) for name, output in zip(names, node.outputs)}
    return out


def glows(tree: Tree, said: dict[str, Socket]) -> Socket:
    """Whether what is lit glows, and does not only stay as it is."""
    return tree.compare("GREATER_THAN", said["calm"], (CALM + GLOWING) / 2)


def is_told(tree: Tree, said: dict[str, Socket]) -> Socket:
    """Whether anything is lit now."""
    return tree.compare("GREATER_THAN", said["share"], 1e-3)


def _fill(tree: Tree) -> None:
    geometry = tree.input("Geometry", "Geometry", description="The points of a matrix, with 'row' and 'col'")
    light, dim = inputs(tree)
    said = told(tree, light)

    def within(name: str, first: str, count: str) -> Socket:
        past = tree.attribute(name) - said[first]
        return tree.both(tree.compare("GREATER_THAN", past, -0.5),
                         tree.compare("LESS_THAN", past, said[count] - 0.5))

    share = said["share"]
    inside = tree.both(within("row", "row", "rows"), within("col", "column", "columns"))
    bright = tree.switch(tree.both(inside, glows(tree, said)), 0.0, share)
    dark = tree.switch(inside, share * dim, 0.0)
    lit = tree.store(tree.store(geometry, "highlight", bright), "light_shift", dark)
    tree.output(Geometry=tree.switch(is_told(tree, said), geometry, lit, "GEOMETRY"))
