"""The groups that draw a result as a tile while a sweep adds it up: no picture holds what it shows at a step, so the
tile has a face a slot, which carries the elements there and beside it, and the shader finds the cube among these.

An element is one number, its *mark*: the root of its size's share with its sign, 0 where nothing is drawn, and beyond
1 what is no number (``cube_group``).
"""
from __future__ import annotations

import bpy

from . import cube_group, tile_group, tile_shader
from .builder import ensure, Socket, Tree
from .tile_group import PLACE, vec, vector, xyz

NAME = f"{tile_group.NAME} sum"
HERE, VALUE = "mm_here", "value"  # attributes of a face: its slot, and what its element holds
# attributes of a face: the marks of the elements above, beside and below, each from left to right
ROWS = ("mm_marks_above", "mm_marks_here", "mm_marks_below")
MARK = "mark"              # attribute of a point
LEAST = 1.0 / 255.0        # of a mark: what is tiny has a sign
INF_SIGN = 32.0 / 255.0    # what infinities have in place of a sign, from the middle on; NaN is the middle
NOWHERE = -1               # a row or a column that there is not


def build() -> bpy.types.NodeTree:
    """The group for a result that a sweep adds up, reveals and lights."""
    return ensure(f"{NAME} 2", "GeometryNodeTree", lambda tree: tile_group.fill(tree, True, _marked))


def _marked(tree: Tree, faces: Socket, points: Socket, given: dict[str, Socket]) -> Socket:
    """``faces`` with what the ``points`` say of the element in each slot and those around it."""
    rows = tree.input("Rows", "Int", 1, "Number of rows", low=1)
    columns = tree.input("Columns", "Int", 1, "Number of columns", low=1)
    mark = tree.group(ensure(f"{NAME} Mark 1", "GeometryNodeTree", _mark), **{
        name.replace(" ", "_"): given[name] for name in ("Range Low", "Range High")})
    points = tree.store(points, MARK, mark)
    here = vec(tree, "FLOOR", tree.attribute(PLACE, "FLOAT_VECTOR"))
    faces = _store(tree, faces, HERE, here, "FLOAT_VECTOR")
    x, y, _ = xyz(tree, tree.attribute(HERE, "FLOAT_VECTOR"))
    index = ensure(f"{NAME} Index 1", "GeometryNodeTree", _index)
    across = [tree.group(index, Slot=x + away, Count=columns, Block=given["Block Columns"], Gap=given["Gap Columns"])
              for away in (-1.0, 0.0, 1.0)]
    for name, away in zip(ROWS, (-1.0, 0.0, 1.0)):
        row = tree.group(index, Slot=y + away, Count=rows, Block=given["Block Rows"], Gap=given["Gap Rows"])
        marks = [_of(tree, points, MARK, row, column, columns) for column in across]
        if not away:
            faces = _store(tree, faces, VALUE, _of(tree, points, VALUE, row, across[1], columns), "FLOAT")
        faces = _store(tree, faces, name, vector(tree, *marks), "FLOAT_VECTOR")
    # of what has not begun there is nothing: other results wait for it at every frame
    return tree.get("GeometryNodeSwitch", set={"input_type": "GEOMETRY"}, into={
        "Switch": given["Begun"], "True": faces})


def _store(tree: Tree, faces: Socket, name: str, value: Socket, kind: str) -> Socket:
    return tree.get("GeometryNodeStoreNamedAttribute", set={"data_type": kind, "domain": "FACE"},
                    into={"Geometry": faces, "Name": name, "Value": value})


def _of(tree: Tree, points: Socket, name: str, row: Socket, column: Socket, columns: Socket) -> Socket:
    """An attribute of the element in a row and a column, 0 where there is none."""
    there = tree.compare("GREATER_EQUAL", tree.integer("MINIMUM", row, column), 0, "INT")
    at = tree.integer("ADD", tree.integer("MULTIPLY", row, columns), column)
    return tree.switch(there, 0.0, tree.sample(points, name, at))


def _index(tree: Tree) -> None:
    """The row or column in a slot of the lattice; NOWHERE in a gap, and beyond the matrix."""
    slot = tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "ROUND"}, into={0: tree.input("Slot", "Float")})
    count, block, gap = (tree.input(name, "Int") for name in ("Count", "Block", "Gap"))
    step = tree.integer("ADD", block, gap)
    at, within = tree.integer("DIVIDE_FLOOR", slot, step), tree.integer("MODULO", slot, step)
    blocked = tree.compare("GREATER_THAN", block, 0, "INT")
    in_gap = tree.both(blocked, tree.compare("GREATER_EQUAL", within, block, "INT"))
    index = tree.switch(blocked, slot, tree.integer("ADD", tree.integer("MULTIPLY", at, block), within), "INT")
    outside = tree.either(tree.compare("LESS_THAN", slot, 0, "INT"), tree.compare("GREATER_EQUAL", index, count, "INT"))
    tree.output(Index=tree.switch(tree.either(in_gap, outside), index, NOWHERE, "INT"))


def _mark(tree: Tree) -> None:
    """The mark of a point."""
    low = tree.input("Range Low", "Float", 0.0, "Magnitude that is drawn smallest")
    high = tree.input("Range High", "Float", 1.0, "Magnitude that is drawn largest")
    value = tree.attribute(VALUE)
    level = tree.group(ensure(cube_group.LEVEL, "GeometryNodeTree", cube_group.fill_level), Value=value, Range_Low=low,
                       Range_High=high)
    drawn = tree.group(ensure(cube_group.DRAWN, "GeometryNodeTree", cube_group.fill_drawn), Value=value, Grown=1.0,
                       Range_Low=low, Range_High=high, Swept=True)
    root = tree.math("MAXIMUM", tree.math("SQRT", abs(level)), LEAST) * tree.math("SIGN", value)
    odd = tree.compare("GREATER_THAN", abs(level), (1 + cube_group.INF_LEVEL) / 2)
    tree.output(Mark=tree.switch(drawn, 0.0, tree.switch(odd, root, level)))


def look() -> bpy.types.NodeTree:
    """The texel at each depth that ``tile_shader`` looks at, and the mean levels of what is positive and negative."""
    return ensure("mm Tile Sum Look 1", "ShaderNodeTree", _look)


def _look(tree: Tree) -> None:
    ray_met = tree.outputs(tile_shader.ray())
    texels = {name: tree.group(ensure("mm Tile Sum Texel 1", "ShaderNodeTree", _texel),
                               **tile_shader.slot_at(tree, ray_met, depth))
              for name, depth in tile_shader.LOOKED.items()}
    positive, negative, _ = xyz(tree, tile_shader.own(tree, tile_shader.MEAN))
    tree.output(**texels, Positive=positive, Negative=negative)


def _texel(tree: Tree) -> None:
    """What a picture would hold of a ``Slot``, whose pixel has its ``Middle`` there: that of the face that was met or
    of one beside it, the nearest where it is further away."""
    slot, middle = tree.input("Slot", "Vector"), tree.input("Middle", "Vector")
    x, y, _ = xyz(tree, vec(tree, "SUBTRACT", slot, tile_shader.read(tree, HERE)))
    across, down = (vector(tree, away < -0.5, abs(away) < 0.5, away > 0.5) for away in (x, y))
    rows = [vec(tree, "DOT_PRODUCT", tile_shader.read(tree, name), across) for name in ROWS]
    mark = vec(tree, "DOT_PRODUCT", vector(tree, *rows), down)
    inside = [(at > 0.0) * (at < 1.0) for at in xyz(tree, middle)[:2]]
    there = (abs(mark) > 0.0) * inside[0] * inside[1]
    size, positive = abs(mark), mark > 0.0
    infinite = 0.5 + INF_SIGN * (2.0 * positive - 1.0)
    number, nan = size < (1 + cube_group.INF_LEVEL) / 2, size > (cube_group.INF_LEVEL + cube_group.NAN_LEVEL) / 2
    odd = nan * 0.5 + (1.0 - nan) * infinite
    tree.output(Texel=vector(tree, tree.math("MINIMUM", size, 1.0) * there,
                             number * positive + (1.0 - number) * odd, there))
