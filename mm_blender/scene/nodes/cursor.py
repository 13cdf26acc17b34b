"""The group that reads a sweep's playhead: an Empty whose location x is the sweep's cursor."""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .builder import ensure, Socket, Tree

if TYPE_CHECKING:
    from .builder import Value

NAME = "mm Cursor 1"
CLOSE = 1e-3  # keys are interpolated in single precision: a step counts as reached this much before


def build() -> bpy.types.NodeTree:
    """The group that reads a playhead: the step, how far it is on the way to the next, and its indices."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    playhead = tree.input("Playhead", "Object", description="Empty whose location x is the step: -1 before the sweep, "
                          "0 to Count - 1 in it, Count after it")
    count = tree.input("Count", "Int", 1, "Number of steps of the sweep", low=1)
    inner = tree.input("Inner Steps", "Int", 1, "Steps of the inner dimension for one of the outer", low=1)
    smooth = tree.input("Smooth", "Bool", False, "Move between steps; discrete steps otherwise")
    location = tree.get("GeometryNodeObjectInfo", "Location", into={"Object": playhead})
    x = Socket(tree, tree.node("ShaderNodeSeparateXYZ", into={"Vector": location}).outputs["X"])
    whole = tree.math("FLOOR", x + CLOSE)
    step = tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "ROUND"}, into={"Float": whole})
    fraction = tree.math("MULTIPLY", tree.math("MAXIMUM", x - whole, 0.0), smooth)
    eased = fraction * fraction * (3.0 - 2.0 * fraction)
    current = tree.integer("MAXIMUM", tree.integer("MINIMUM", step, tree.integer("SUBTRACT", count, 1)), 0)
    after = tree.integer("MINIMUM", tree.integer("ADD", current, 1), tree.integer("SUBTRACT", count, 1))
    active = tree.both(tree.compare("GREATER_EQUAL", step, 0, "INT"), tree.compare("LESS_THAN", step, count, "INT"))
    # which step lights the operands: the nearer one while it moves
    near = tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "ROUND"},
                    into={"Float": whole + (fraction > 0.5)})
    lit = tree.both(tree.compare("GREATER_EQUAL", near, 0, "INT"), tree.compare("LESS_THAN", near, count, "INT"))
    outputs = {"Step": step, "Position": whole + eased, "Fraction": eased, "Active": active, "Lit": lit,
               "Outer": tree.integer("DIVIDE_FLOOR", current, inner), "Inner": tree.integer("MODULO", current, inner),
               "Next Outer": tree.integer("DIVIDE_FLOOR", after, inner),
               "Next Inner": tree.integer("MODULO", after, inner),
               "Lit Outer": tree.integer("DIVIDE_FLOOR", near, inner),
               "Lit Inner": tree.integer("MODULO", near, inner)}
    tree.output(**outputs)


class Cursor:
    """A cursor group inside another tree; ``cursor["Step"]`` and so on are its outputs."""

    def __init__(self, tree: Tree, playhead: Socket, count: Socket, inner: Value, smooth: Socket):
        self.tree = tree
        node = tree.node("GeometryNodeGroup")
        node.node_tree = build()
        for name, value in (("Playhead", playhead), ("Count", count), ("Inner Steps", inner), ("Smooth", smooth)):
            tree.put(node.inputs[name], value)
        self.node = node

    def __getitem__(self, name: str) -> Socket:
        return Socket(self.tree, self.node.outputs[name])
