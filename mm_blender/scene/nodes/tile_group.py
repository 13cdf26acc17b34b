"""The groups that draw a matrix as one tile: a quad in the plane of its elements' centres, on which the shader finds
the cube that is seen.

A point of the tile is known by its place in the *lattice*: x along the columns and y down the rows, in pitches from the
corner of element (0, 0), z before them; gaps between blocks being slots without an element. A picture has a pixel a
slot: red the root of the size's share, green the sign (0, 1; between them what is no number), blue 1 where an element
is drawn.
What the shader needs to know beside the picture are attributes of the tile.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...appearance.rules import EDGE
from ...layout.revealing import ALWAYS, NEVER
from . import lit_group, reveal
from .builder import ensure, Socket, Tree
from .cube_group import NOTHING, SWEPT_MEANS
from .cursor import Cursor
from .reveal import IGNORE, OUTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from .builder import Value
    Finish = Callable[[Tree, Socket, Socket, dict[str, Socket]], Socket]

NAME = "mm Tiles"
MARGIN = 1.0                     # how far a tile reaches beyond its elements, in pitches: rays that graze the rim
PLACE, SIZE, LIT, LIT_BY, SHIFT = "mm_place", "mm_size", "mm_lit", "mm_lit_by", "mm_shift"
PERIOD, REACHED, OWN, TOUCH = "mm_period", "mm_reached", "mm_own", "mm_touch"
SWEEP_LIT, SWEEP_LIT_BY = "mm_sweep_lit", "mm_sweep_lit_by"
TOLD_FROM, TOLD_TO = "mm_told_from", "mm_told_to"  # what a story lights: the first slot and the last, see ``_told``
ENDLESS = 1e6  # a place or a step that nothing comes to


def build(sweep: bool = False) -> bpy.types.NodeTree:
    """The group for a matrix that stands still, or for one that a sweep reveals and lights."""
    return ensure(f"{NAME} sweep 3" if sweep else f"{NAME} 3", "GeometryNodeTree", lambda tree: fill(tree, sweep))


def fill(tree: Tree, sweep: bool, finish: Finish | None = None) -> None:
    """The tile with all that its shader reads. Inputs that the group of cubes has too mean the same in both.

    ``finish``: makes, of a tile that has a face a slot, of the matrix' points and of what is known of them by name,
    what is drawn in place of a single quad.
    """
    points = tree.input("Geometry", "Geometry", description="Points, one an element, row by row" if finish else
                        "Not drawn: the elements are in the picture of the material")
    tree.input("Element", "Object", description="What stands for an element where cubes are drawn")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    half, smallest = edges(tree)
    least = tree.input("Range Low", "Float", 0.0, "Magnitude that is drawn smallest, as in the picture", low=0.0)
    most = tree.input("Range High", "Float", 1.0, "Magnitude that is drawn largest, as in the picture", low=0.0)
    hue = tree.input("Hue Shift", "Float", 0.0, "Turns the hues of this matrix (1 is a whole turn)", -1.0, 1.0)
    light = tree.input("Light Shift", "Float", 0.0, "Lightens (up to 1) or darkens this matrix", -1.0, 1.0)
    lit_row = tree.input("Lit Row", "Int", NOTHING, "Row to highlight, from 0; -1: none, or with a column any", NOTHING)
    lit_column = tree.input("Lit Column", "Int", NOTHING, "Column to highlight, from 0; -1: none, or with a row any",
                            NOTHING)
    tree.input("Swept", "Bool", True, SWEPT_MEANS)
    material = tree.input("Material", "Material", description="What reads the picture of the elements")
    wide = tree.input("Slots Across", "Int", 1, "Slots along a row, gaps between blocks included", low=1)
    high = tree.input("Slots Down", "Int", 1, "Slots along a column, gaps between blocks included", low=1)
    row_step = tree.input("Block Rows", "Int", 0, "Rows of a block; 0: there is only one", low=0)
    column_step = tree.input("Block Columns", "Int", 0, "Columns of a block; 0: there is only one", low=0)
    row_gap = tree.input("Gap Rows", "Int", 0, "Slots between blocks along a column", low=0)
    column_gap = tree.input("Gap Columns", "Int", 0, "Slots between blocks along a row", low=0)
    light_of_story, dim = lit_group.inputs(tree)

    # in parts: what it takes to build a tree grows with the square of its nodes
    stored = quad(tree, pitch, half, wide, high, 0.0, bool(finish))
    stored = tree.store(stored, SIZE, vector(tree, half * (1.0 - smallest), 0.0, half * smallest), "FLOAT_VECTOR")
    stored = tree.store(stored, SHIFT, vector(tree, hue, light, 0.0), "FLOAT_VECTOR")

    stored = tree.group(ensure(f"{NAME} Lit 1", "GeometryNodeTree", _lit), Geometry=stored, Lit_Row=lit_row,
                        Lit_Column=lit_column, Block_Rows=row_step, Block_Columns=column_step, Gap_Rows=row_gap,
                        Gap_Columns=column_gap)
    stored = tree.group(ensure(f"{NAME} Told 1", "GeometryNodeTree", _told), Geometry=stored, Light=light_of_story,
                        Dim=dim, Block_Rows=row_step, Block_Columns=column_step, Gap_Rows=row_gap,
                        Gap_Columns=column_gap)
    reached: tuple[Value, Value] = 0.0, 0.0
    if sweep:
        stored, reached = _swept(tree, stored, row_step, column_step, row_gap, column_gap)
    if finish:
        stored = finish(tree, stored, points, {
            "Begun": tree.compare("GREATER_THAN", tree.math("MAXIMUM", *reached), 0.0),
            "Range Low": least, "Range High": most, "Block Rows": row_step, "Block Columns": column_step,
            "Gap Rows": row_gap, "Gap Columns": column_gap})
    tree.output(Geometry=tree.get("GeometryNodeSetMaterial", into={"Geometry": stored, "Material": material}))


def edges(tree: Tree) -> tuple[Socket, Socket]:
    """Inputs that say how large elements are: half the edge of the largest, in pitches, and the smallest relative to
    it."""
    scale = tree.input("Element Scale", "Float", 1.25, "Edge of the largest elements: at 1.25 they touch", low=0.0)
    smallest = tree.input("Min Size", "Float", 0.2, "Edge of the smallest elements, relative to the largest",
                          low=0.0, high=1.0)
    return scale * (EDGE / 2), smallest


def quad(tree: Tree, pitch: Socket, half: Socket, wide: Socket, high: Socket, depth: Value,
         divided: bool = False) -> Socket:
    """The quad of ``wide`` by ``high`` slots at ``depth`` pitches along z, with its place in the lattice; ``divided``:
    a face a slot."""
    return tree.group(ensure(f"{NAME} Slots 1" if divided else f"{NAME} Quad 2", "GeometryNodeTree",
                             lambda tree: _quad(tree, divided)), Pitch=pitch, Half=half, Slots_Across=wide,
                      Slots_Down=high, Depth=depth)


def _quad(tree: Tree, divided: bool) -> None:
    """The quad, before the elements as the camera sees them: lines in their plane go through them."""
    pitch = tree.input("Pitch", "Float")
    half = tree.input("Half", "Float", description="Half edge of the largest cubes, in pitches")
    size = [tree.math("ADD", tree.input(name, "Int"), 2 * MARGIN) for name in ("Slots Across", "Slots Down")]
    depth = tree.input("Depth", "Float", 0.0, "Of the elements' middles, in pitches along z")
    corners = [tree.math("ADD", side, 1.0) if divided else 2 for side in size]
    grid = tree.get("GeometryNodeMeshGrid", "Mesh", into={"Size X": size[0], "Size Y": size[1],
                                                          "Vertices X": corners[0], "Vertices Y": corners[1]})
    at = xyz(tree, tree.get("GeometryNodeInputPosition"))
    camera = tree.get("GeometryNodeObjectInfo", "Location", set={"transform_space": "RELATIVE"},
                      into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    x, y = (c + (s / 2.0 - MARGIN) for c, s in zip(at, size))
    z = half * tree.math("SIGN", xyz(tree, camera)[2] - pitch * depth + 1e-6)
    stored = tree.store(grid, PLACE, vector(tree, x, y, z), "FLOAT_VECTOR")
    tree.output(Geometry=tree.get("GeometryNodeSetPosition", into={"Geometry": stored, "Position": vector(
        tree, pitch * (x - 0.5), pitch * (y - 0.5), pitch * (z + depth))}))


def _lit(tree: Tree) -> None:
    """What is lit, as slots of the lattice."""
    stored = tree.input("Geometry", "Geometry")
    row, column, row_step, column_step, row_gap, column_gap = (tree.input(name, "Int") for name in (
        "Lit Row", "Lit Column", "Block Rows", "Block Columns", "Gap Rows", "Gap Columns"))

    any_lit = tree.compare("GREATER_EQUAL", tree.integer("MAXIMUM", row, column), 0, "INT")
    by_column, by_row = (tree.switch(tree.compare("GREATER_EQUAL", line, 0, "INT"), 0.0, 1.0) for line in (column, row))
    stored = tree.store(stored, LIT, vector(tree, _slot(tree, column, column_step, column_gap),
                                            _slot(tree, row, row_step, row_gap), 0.0), "FLOAT_VECTOR")
    tree.output(Geometry=tree.store(stored, LIT_BY, vector(tree, by_column, by_row, tree.switch(any_lit, 0.0, 1.0)),
                                    "FLOAT_VECTOR"))


def _slot(tree: Tree, index: Socket, step: Socket, gap: Socket) -> Socket:
    """The slot of the lattice in which a row or a column is."""
    blocked = tree.compare("GREATER_THAN", step, 0, "INT")
    before = tree.integer("MULTIPLY", gap, tree.integer("DIVIDE_FLOOR", index, step))
    return tree.switch(blocked, index, tree.integer("ADD", index, before), "INT")


def _told(tree: Tree) -> None:
    """What a story lights and dims (``lit_group``), as slots of the lattice: the first, with how bright what is lit is,
    and the last, with what is added to the lightness of all else."""
    geometry = tree.input("Geometry", "Geometry")
    light, dim = lit_group.inputs(tree)
    row_step, column_step, row_gap, column_gap = (tree.input(name, "Int") for name in (
        "Block Rows", "Block Columns", "Gap Rows", "Gap Columns"))
    told = lit_group.told(tree, light)

    def ends(first: Socket, count: Socket, step: Socket, gap: Socket) -> list[Socket]:
        return [_slot(tree, tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "ROUND"}, into={0: index}), step,
                      gap) for index in (first, first + count - 1.0)]

    rows = ends(told["row"], told["rows"], row_step, row_gap)
    columns = ends(told["column"], told["columns"], column_step, column_gap)
    glow = tree.switch(lit_group.glows(tree, told), 0.0, told["share"])
    stored = geometry
    for name, at, z in ((TOLD_FROM, 0, glow), (TOLD_TO, 1, told["share"] * dim)):
        stored = tree.store(stored, name, vector(tree, columns[at], rows[at], z), "FLOAT_VECTOR")
    tree.output(Geometry=tree.switch(lit_group.is_told(tree, told), geometry, stored, "GEOMETRY"))


def _swept(tree: Tree, stored: Socket, row_step: Socket, column_step: Socket, row_gap: Socket,
           column_gap: Socket) -> tuple[Socket, tuple[Value, Value]]:
    """What the group ``reveal`` says of every point, as what the shader needs to say it of every slot; and how far its
    own sweep and its parent's have shown the first element."""
    smooth = tree.input("Smooth", "Bool", False, "Elements grow in between steps")
    own_head = tree.input("Own Playhead", "Object", description="Playhead of the sweep that makes this matrix")
    own_count = tree.input("Own Count", "Int", 1, "Number of steps of that sweep", low=1)
    own = reveal.weights(tree, "Own", "that sweep shows an element")
    until = tree.input("Own Until", "Int", NEVER, "Step of that sweep from which on nothing is shown")
    parent_head = tree.input("Parent Playhead", "Object", description="Playhead of the sweep that reads this matrix")
    parent_count = tree.input("Parent Count", "Int", 1, "Number of steps of that sweep", low=1)
    parent_inner = tree.input("Parent Inner Steps", "Int", 1, "Its inner steps for one outer", low=1)
    touch = reveal.weights(tree, "Touch", "that sweep shows an element that was hidden")
    lit_row = tree.input("Sweep Lit Row", "Int", IGNORE, "Highlighted row: 0 any, 1 the outer index, 2 the inner", 0, 2)
    lit_column = tree.input("Sweep Lit Column", "Int", IGNORE,
                            "Highlighted column: 0 any, 1 the outer index, 2 the inner", 0, 2)
    by_own = Cursor(tree, own_head, own_count, 1, smooth)
    by_parent = Cursor(tree, parent_head, parent_count, parent_inner, smooth)
    in_time = tree.compare("LESS_THAN", by_own["Step"], until, "INT")

    def reached(cursor: Cursor, first: Socket) -> Socket:
        share = cursor["Position"] - first + 1.0
        share = tree.switch(tree.compare("LESS_EQUAL", first, ALWAYS, "INT"), share, ENDLESS)
        share = tree.switch(tree.compare("GREATER_EQUAL", first, NEVER, "INT"), share, -ENDLESS)
        return tree.switch(in_time, -ENDLESS, share)

    def period(step: Socket, gap: Socket) -> Socket:
        return tree.switch(tree.compare("GREATER_THAN", step, 0, "INT"), ENDLESS, tree.integer("ADD", step, gap))

    def lit_index(selector: Socket) -> tuple[Socket, Socket]:
        at = tree.switch(tree.compare("EQUAL", selector, OUTER, "INT"), by_parent["Lit Inner"], by_parent["Lit Outer"],
                         "INT")
        return at, tree.switch(tree.compare("EQUAL", selector, IGNORE, "INT"), 1.0, 0.0)

    (row, by_row), (column, by_column) = lit_index(lit_row), lit_index(lit_column)
    any_lit = tree.compare("GREATER_THAN", tree.integer("ADD", lit_row, lit_column), 0, "INT")
    lights = tree.switch(tree.both(any_lit, by_parent["Lit"]), 0.0, 1.0)
    attributes: dict[str, tuple[Value, Value, Value]] = {
        PERIOD: (period(column_step, column_gap), period(row_step, row_gap), 1.0),
        REACHED: (reached(by_own, own[0]), reached(by_parent, touch[0]), 0.0),
        OWN: (own[2], own[1], 0.0), TOUCH: (touch[2], touch[1], 0.0),
        SWEEP_LIT: (column, row, 0.0), SWEEP_LIT_BY: (by_column, by_row, lights)}
    for name, (x, y, z) in attributes.items():
        stored = tree.store(stored, name, vector(tree, x, y, z), "FLOAT_VECTOR")
    return stored, attributes[REACHED][:2]


def vec(tree: Tree, operation: str, *values: Value) -> Socket:
    """What a Vector Math node gives: a vector, or a number where the ``operation`` makes one."""
    return tree.get("ShaderNodeVectorMath", set={"operation": operation}, into=dict(enumerate(values)))


def vector(tree: Tree, x: Value, y: Value, z: Value) -> Socket:
    """A vector of three numbers."""
    return tree.get("ShaderNodeCombineXYZ", into={0: x, 1: y, 2: z})


def xyz(tree: Tree, vector: Socket) -> list[Socket]:
    """The three numbers of a vector."""
    node = tree.node("ShaderNodeSeparateXYZ", into={0: vector})
    return [Socket(tree, output) for output in node.outputs]
