"""The groups that make the interior of a sweep: the products that a step shows, one group an algorithm.

Points are made, not stored: a point's number gives its (i, k, j), the operands' points their values.
"""
from __future__ import annotations

import bpy

from ...expression.algorithms import ALGORITHMS, AXES
from .builder import ensure, Socket, Tree
from .cursor import Cursor


def name(algorithm: str) -> str:
    """What the group of an algorithm is called."""
    return f"mm Interior {algorithm} 1"


def build(algorithm: str) -> bpy.types.NodeTree:
    """The group whose points are the products that a step of an algorithm shows."""
    return ensure(name(algorithm), "GeometryNodeTree", lambda tree: _fill(tree, algorithm))


def _fill(tree: Tree, algorithm: str) -> None:
    tree.input("Geometry", "Geometry", description="Not used: the points are made here")
    left = tree.input("Left", "Object", description="Points of the left operand, row by row")
    right = tree.input("Right", "Object", description="Points of the right operand, row by row")
    left_values = tree.input("Left Values", "String", "value", "Attribute that holds the left operand's values")
    right_values = tree.input("Right Values", "String", "value", "Attribute that holds the right operand's values")
    playhead = tree.input("Playhead", "Object", description="Playhead of this sweep")
    count = tree.input("Count", "Int", 1, "Number of steps of the sweep", low=1)
    smooth = tree.input("Smooth", "Bool", False, "Glide between steps")
    size = {a: tree.input(f"Size {a}", "Int", 1, f"Number of elements along {a}", low=1) for a in AXES}
    step = {a: tree.input(f"Block {a}", "Int", 1, f"Elements of a block along {a}", low=1) for a in AXES}
    gap = tree.input("Gap", "Float", 4.0, "Gap around the matrices and between blocks, in pitches")
    origin = tree.input("Depth Origin", "Float", 0.0, "Depth of the first product along k, in pitches")
    sign = tree.input("Depth Sign", "Float", 1.0, "1 if k runs along the box's z, -1 if against it")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")

    rule, spans = ALGORITHMS[algorithm], ALGORITHMS[algorithm].spans
    cursor = Cursor(tree, playhead, count, step[rule.inner] if rule.inner else 1, smooth)
    blocks = {a: _ceil_div(tree, size[a], step[a]) for a in AXES}
    radix = {a: size[a] if a in spans else blocks[a] for a in AXES}

    # a point's number as (i, k, j), j fastest: an element where the piece spans the axis, else a block
    rest: Socket = tree.get("GeometryNodeInputIndex")
    digit = {}
    for a in reversed(AXES):
        digit[a] = tree.integer("MODULO", rest, radix[a])
        rest = tree.integer("DIVIDE_FLOOR", rest, radix[a])
    total = tree.integer("MULTIPLY", tree.integer("MULTIPLY", radix["i"], radix["k"]), radix["j"])

    def at(outer: Socket, inner: Socket) -> dict[str, Socket]:
        """(i, k, j) of every point, with the piece of each block held inside it (``interior.held``)."""
        out = {a: digit[a] for a in spans}
        extent = {a: tree.integer("MINIMUM", step[a], tree.integer(
            "SUBTRACT", size[a], tree.integer("MULTIPLY", digit[a], step[a]))) for a in (rule.outer, rule.inner) if a}
        last = {a: tree.integer("SUBTRACT", extent[a], 1) for a in extent}
        start = {a: tree.integer("MULTIPLY", digit[a], step[a]) for a in extent}
        out[rule.outer] = tree.integer("ADD", start[rule.outer], tree.integer("MINIMUM", outer, last[rule.outer]))
        if rule.inner:
            gone = tree.compare("GREATER_EQUAL", outer, extent[rule.outer], "INT")
            here = tree.switch(gone, tree.integer("MINIMUM", inner, last[rule.inner]), last[rule.inner], "INT")
            out[rule.inner] = tree.integer("ADD", start[rule.inner], here)
        for a in AXES:  # an axis that is neither spanned nor walked along has one place a block
            out.setdefault(a, tree.integer("MULTIPLY", digit[a], step[a]))
        return out

    left_points, right_points = tree.object_geometry(left), tree.object_geometry(right)

    def product(p: dict[str, Socket]) -> Socket:
        l_index = tree.integer("ADD", tree.integer("MULTIPLY", p["i"], size["k"]), p["k"])
        r_index = tree.integer("ADD", tree.integer("MULTIPLY", p["k"], size["j"]), p["j"])
        return tree.sample(left_points, left_values, l_index) * tree.sample(right_points, right_values, r_index)

    def place(p: dict[str, Socket]) -> Socket:
        along = {a: gap + p[a] + gap * tree.integer("DIVIDE_FLOOR", p[a], step[a]) for a in AXES}
        return tree.get("ShaderNodeCombineXYZ", into={0: pitch * along["j"], 1: pitch * along["i"],
                                                      2: pitch * (origin + sign * along["k"])})

    def points(mix: bool) -> Socket:
        now = at(cursor["Outer"], cursor["Inner"])
        value, where = product(now), place(now)
        if mix:
            then = at(cursor["Next Outer"], cursor["Next Inner"])
            value = value + (product(then) - value) * cursor["Fraction"]
            where = tree.get("ShaderNodeMix", "Result", set={"data_type": "VECTOR"},
                             into={"Factor": cursor["Fraction"], "A": where, "B": place(then)})
        points = tree.get("GeometryNodePoints", "Points", into={"Count": total, "Position": where})
        number = tree.get("GeometryNodeInputIndex")  # in a block's piece, rows of as many columns as it is wide
        wide = radix[[a for a in AXES if a in spans][-1]]
        points = tree.store(points, "row", tree.integer("DIVIDE_FLOOR", number, wide), "INT")
        points = tree.store(points, "col", tree.integer("MODULO", number, wide), "INT")
        return tree.store(points, "value", value)

    moving = tree.compare("GREATER_THAN", cursor["Fraction"], 0.0)
    nothing = tree.get("GeometryNodePoints", "Points", into={"Count": 0})
    drawn = tree.switch(moving, points(mix=False), points(mix=True), "GEOMETRY")
    tree.output(Geometry=tree.switch(cursor["Active"], nothing, drawn, "GEOMETRY"))


def _ceil_div(tree: Tree, a: Socket, b: Socket) -> Socket:
    return tree.integer("DIVIDE_FLOOR", tree.integer("SUBTRACT", tree.integer("ADD", a, b), 1), b)
