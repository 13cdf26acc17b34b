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


def _fill(tree: Tree) -> None:
    geometry = tree.input("Geometry", "Geometry", description="The points of a matrix, with 'row' and 'col'")
    light = tree.input("Light", "Object", description="Empty whose location is the first row and column that are lit "
                       "and the share by which the rest is dimmed, and whose scale is the number of rows and columns")
    dim = tree.input("Dim", "Float", -0.5, "Added to the lightness of what is not lit", -1.0, 1.0)
    info = tree.node("GeometryNodeObjectInfo", into={"Object": light})
    place = tree.node("ShaderNodeSeparateXYZ", into={"Vector": Socket(tree, info.outputs["Location"])})
    size = tree.node("ShaderNodeSeparateXYZ", into={"Vector": Socket(tree, info.outputs["Scale"])})

    def within(name: str, axis: str) -> Socket:
        past = tree.attribute(name) - Socket(tree, place.outputs[axis])
        return tree.both(tree.compare("GREATER_THAN", past, -0.5),
                         tree.compare("LESS_THAN", past, Socket(tree, size.outputs[axis]) - 0.5))

    share = Socket(tree, place.outputs["Z"])
    inside = tree.both(within("row", "X"), within("col", "Y"))
    glow = tree.compare("GREATER_THAN", Socket(tree, size.outputs["Z"]), (CALM + GLOWING) / 2)
    bright = tree.switch(tree.both(inside, glow), 0.0, share)
    dark = tree.switch(inside, share * dim, 0.0)
    lit = tree.store(tree.store(geometry, "highlight", bright), "light_shift", dark)
    tree.output(Geometry=tree.switch(tree.compare("GREATER_THAN", share, 1e-3), geometry, lit, "GEOMETRY"))
