"""The groups that draw a matrix as one tile: a quad in the plane of its elements' centres, on which the shader finds
the cube that is seen.

A point of the tile is known by its place in the *lattice*: x along the columns and y down the rows, in pitches from the
corner of element (0, 0), z before them; gaps between blocks being slots without an element. A picture has a pixel a slot: red the root
of the size's share, green the sign (0, 1; between them what is no number), blue 1 where an element is drawn.
The ray through the tile is t pitches of depth long, t = 0 on the tile, -r at the front and r at the back of a cube of
half edge r. It is tested against the cubes of a few slots that it goes through; the first that it meets is shown.
"""
from __future__ import annotations

import bpy

from ...appearance import EDGE
from . import reveal
from .builder import Socket, Tree, ensure
from .cursor import Cursor
from .elements import NOTHING
from .reveal import ALWAYS, IGNORE, NEVER, OUTER

NAME = "mm Tiles"
MARGIN = 1.0                     # how far a tile reaches beyond its elements, in pitches: rays that graze the rim
DEPTHS = (-0.8, 0.0, 0.75)       # at which a ray's slots are tested, in half edges of the largest cubes
CLOSE = 1e-4                     # of a pitch: what is entered at the same depth
PLACE, SIZE, LIT, LIT_BY, SHIFT = "mm_place", "mm_size", "mm_lit", "mm_lit_by", "mm_shift"
PERIOD, REACHED, OWN, TOUCH = "mm_period", "mm_reached", "mm_own", "mm_touch"
SWEEP_LIT, SWEEP_LIT_BY = "mm_sweep_lit", "mm_sweep_lit_by"
ENDLESS = 1e6  # a place or a step that nothing comes to


def build(sweep: bool = False) -> bpy.types.NodeTree:
    """The group for a matrix that stands still, or for one that a sweep reveals and lights."""
    return ensure(f"{NAME} sweep 1" if sweep else f"{NAME} 1", "GeometryNodeTree", lambda tree: _fill(tree, sweep))


def _fill(tree: Tree, sweep: bool) -> None:
    """The tile with all that its shader reads. Inputs that the group of cubes has too mean the same in both."""
    tree.input("Geometry", "Geometry", description="Not drawn: the elements are in the picture of the material")
    tree.input("Element", "Object", description="What stands for an element where cubes are drawn")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    scale = tree.input("Element Scale", "Float", 1.25, "Edge of the largest elements: at 1.25 they touch", low=0.0)
    smallest = tree.input("Min Size", "Float", 0.2, "Edge of the smallest elements, relative to the largest",
                          low=0.0, high=1.0)
    tree.input("Range Low", "Float", 0.0, "Magnitude that is drawn smallest, as in the picture", low=0.0)
    tree.input("Range High", "Float", 1.0, "Magnitude that is drawn largest, as in the picture", low=0.0)
    hue = tree.input("Hue Shift", "Float", 0.0, "Turns the hues of this matrix (1 is a whole turn)", -1.0, 1.0)
    light = tree.input("Light Shift", "Float", 0.0, "Lightens (up to 1) or darkens this matrix", -1.0, 1.0)
    lit_row = tree.input("Lit Row", "Int", NOTHING, "Row to highlight, from 0; -1: none, or with a column any", NOTHING)
    lit_column = tree.input("Lit Column", "Int", NOTHING, "Column to highlight, from 0; -1: none, or with a row any",
                            NOTHING)
    material = tree.input("Material", "Material", description="What reads the picture of the elements")
    wide = tree.input("Slots Across", "Int", 1, "Slots along a row, gaps between blocks included", low=1)
    high = tree.input("Slots Down", "Int", 1, "Slots along a column, gaps between blocks included", low=1)
    row_step = tree.input("Block Rows", "Int", 0, "Rows of a block; 0: there is only one", low=0)
    column_step = tree.input("Block Columns", "Int", 0, "Columns of a block; 0: there is only one", low=0)
    row_gap = tree.input("Gap Rows", "Int", 0, "Slots between blocks along a column", low=0)
    column_gap = tree.input("Gap Columns", "Int", 0, "Slots between blocks along a row", low=0)

    size = [tree.math("ADD", count, 2 * MARGIN) for count in (wide, high)]
    grid = tree.get("GeometryNodeMeshGrid", "Mesh", into={"Size X": size[0], "Size Y": size[1], "Vertices X": 2,
                                                          "Vertices Y": 2})
    at = _xyz(tree, tree.get("GeometryNodeInputPosition"))
    half = scale * (EDGE / 2)
    # before the elements, as the camera sees them: lines in their plane go through them
    camera = tree.get("GeometryNodeObjectInfo", "Location", set={"transform_space": "RELATIVE"},
                      into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    place = [c + (s / 2.0 - MARGIN) for c, s in zip(at, size)]
    place.append(half * tree.math("SIGN", _xyz(tree, camera)[2] + 1e-6))
    stored = tree.store(grid, PLACE, _vector(tree, *place), "FLOAT_VECTOR")
    stored = tree.get("GeometryNodeSetPosition", into={"Geometry": stored, "Position": _vector(
        tree, *[pitch * (c - 0.5) for c in place[:2]], pitch * place[2])})
    stored = tree.store(stored, SIZE, _vector(tree, half * (1.0 - smallest), 0.0, half * smallest), "FLOAT_VECTOR")
    stored = tree.store(stored, SHIFT, _vector(tree, hue, light, 0.0), "FLOAT_VECTOR")

    def slot(index: Socket, step: Socket, gap: Socket) -> Socket:
        blocked = tree.compare("GREATER_THAN", step, 0, "INT")
        before = tree.integer("MULTIPLY", gap, tree.integer("DIVIDE_FLOOR", index, step))
        return tree.switch(blocked, index, tree.integer("ADD", index, before), "INT")

    any_lit = tree.compare("GREATER_EQUAL", tree.integer("MAXIMUM", lit_row, lit_column), 0, "INT")
    given = [tree.switch(tree.compare("GREATER_EQUAL", wanted, 0, "INT"), 0.0, 1.0) for wanted in (lit_column, lit_row)]
    stored = tree.store(stored, LIT, _vector(tree, slot(lit_column, column_step, column_gap),
                                             slot(lit_row, row_step, row_gap), 0.0), "FLOAT_VECTOR")
    stored = tree.store(stored, LIT_BY, _vector(tree, *given, tree.switch(any_lit, 0.0, 1.0)), "FLOAT_VECTOR")
    if sweep:
        stored = _swept(tree, stored, row_step, column_step, row_gap, column_gap)
    tree.output(Geometry=tree.get("GeometryNodeSetMaterial", into={"Geometry": stored, "Material": material}))


def _swept(tree: Tree, stored: Socket, row_step: Socket, column_step: Socket, row_gap: Socket,
           column_gap: Socket) -> Socket:
    """What the group ``reveal`` says of every point, as what the shader needs to say it of every slot."""
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

    def wanted(selector: Socket) -> tuple[Socket, Socket]:
        at = tree.switch(tree.compare("EQUAL", selector, OUTER, "INT"), by_parent["Lit Inner"], by_parent["Lit Outer"],
                         "INT")
        return at, tree.switch(tree.compare("EQUAL", selector, IGNORE, "INT"), 1.0, 0.0)

    (row, by_row), (column, by_column) = wanted(lit_row), wanted(lit_column)
    any_lit = tree.compare("GREATER_THAN", tree.integer("ADD", lit_row, lit_column), 0, "INT")
    lights = tree.switch(tree.both(any_lit, by_parent["Lit"]), 0.0, 1.0)
    for name, vector in {
            PERIOD: (period(column_step, column_gap), period(row_step, row_gap), 1.0),
            REACHED: (reached(by_own, own[0]), reached(by_parent, touch[0]), 0.0),
            OWN: (own[2], own[1], 0.0), TOUCH: (touch[2], touch[1], 0.0),
            SWEEP_LIT: (column, row, 0.0), SWEEP_LIT_BY: (by_column, by_row, lights)}.items():
        stored = tree.store(stored, name, _vector(tree, *vector), "FLOAT_VECTOR")
    return stored


# ---- the shader -----------------------------------------------------------------------------------------------------

def ray() -> bpy.types.NodeTree:
    return ensure("mm Tile Ray 1", "ShaderNodeTree", _ray)


def _ray(tree: Tree) -> None:
    """The ray in the lattice: ``Place`` on the tile, ``Way`` along it for one depth, ``Reach``: that for the half edge of
    the largest cubes, ``Inverse`` of the way and ``Offset`` so that a slot's middle is met at slot * inverse - offset."""
    place, size = (_read(tree, name) for name in (PLACE, SIZE))
    incoming = tree.get("ShaderNodeNewGeometry", "Incoming")
    towards = tree.get("ShaderNodeVectorTransform", set={"vector_type": "VECTOR", "convert_from": "WORLD",
                                                         "convert_to": "OBJECT"}, into={0: incoming})
    x, y, z = _xyz(tree, towards)
    depth = tree.math("MAXIMUM", abs(z), 1e-4)
    way = _vec(tree, "ADD", _vector(tree, (x * -1.0) / depth, (y * -1.0) / depth, 0.0), (1e-5, 1e-5, 0.0))
    side = _vec(tree, "SIGN", towards)
    # where the ray goes through the plane of the elements' centres
    before = _vec(tree, "MULTIPLY", _vec(tree, "MULTIPLY", place, side), (0.0, 0.0, 1.0))
    deep = _vec(tree, "DOT_PRODUCT", before, (1.0, 1.0, 1.0))
    place = _vec(tree, "MULTIPLY", _vec(tree, "ADD", place, _vec(tree, "SCALE", way, deep)), (1.0, 1.0, 0.0))
    wx, wy, _ = _xyz(tree, way)
    inverse = _vector(tree, 1.0 / wx, 1.0 / wy, 1.0)
    half = _vec(tree, "DOT_PRODUCT", size, (1.0, 0.0, 1.0))
    tree.output(Place=place, Way=way, Reach=_vec(tree, "SCALE", way, half), Inverse=inverse,
                Spread=_vec(tree, "ABSOLUTE", inverse), Size=size,
                Offset=_vec(tree, "MULTIPLY", _vec(tree, "SUBTRACT", place, (0.5, 0.5, 0.0)), inverse),
                Side=side)


def slot() -> bpy.types.NodeTree:
    return ensure("mm Tile Slot 1", "ShaderNodeTree", _slot)


def _slot(tree: Tree) -> None:
    """The slot that a ray goes through at a ``Depth``, in half edges of the largest cubes, and its pixel."""
    place = tree.input("Place", "Vector")
    reach = tree.input("Reach", "Vector")
    depth = tree.input("Depth", "Vector", (0.0, 0.0, 0.0))
    pixel = tree.input("Pixel", "Vector", (1.0, 1.0, 0.0), "1 / width and 1 / height of the picture")
    here = _vec(tree, "FLOOR", _vec(tree, "MULTIPLY_ADD", reach, depth, place))
    middle = _vec(tree, "MULTIPLY", _vec(tree, "ADD", here, (0.5, 0.5, 0.0)), pixel)
    tree.output(Slot=here, Middle=middle)


def cube() -> bpy.types.NodeTree:
    return ensure("mm Tile Cube 1", "ShaderNodeTree", _cube)


def _cube(tree: Tree) -> None:
    """Where a ray enters the cube of a slot: ``Near`` along each axis, ``Enter`` the last of them, and whether it
    does: a cube without an edge is entered nowhere."""
    texel = tree.input("Texel", "Vector")
    here = tree.input("Slot", "Vector")
    size = tree.input("Size", "Vector")
    inverse, spread, offset = (tree.input(name, "Vector") for name in ("Inverse", "Spread", "Offset"))
    grown = tree.input("Grown", "Float", 1.0)
    half = tree.math("MULTIPLY", _vec(tree, "DOT_PRODUCT", texel, size), grown)
    middle = _vec(tree, "SUBTRACT", _vec(tree, "MULTIPLY", here, inverse), offset)
    reach = _vec(tree, "SCALE", spread, half)
    near = _vec(tree, "SUBTRACT", middle, reach)
    far = _xyz(tree, _vec(tree, "ADD", middle, reach))
    first = _xyz(tree, near)
    enter = tree.math("MAXIMUM", first[0], tree.math("MAXIMUM", first[1], first[2]))
    leave = tree.math("MINIMUM", far[0], tree.math("MINIMUM", far[1], far[2]))
    tree.output(Near=near, Enter=enter, Hit=enter < leave)


def grown() -> bpy.types.NodeTree:
    return ensure("mm Tile Grown 1", "ShaderNodeTree", _grown)


def _grown(tree: Tree) -> None:
    """How much of its size an element has reached in a sweep, and whether the sweep lights it."""
    here = tree.input("Slot", "Vector")
    in_block = _vec(tree, "MODULO", here, _read(tree, PERIOD))
    bases = _xyz(tree, _read(tree, REACHED))
    shares = [tree.math("SUBTRACT", base, _vec(tree, "DOT_PRODUCT", in_block, _read(tree, name)), clamp=True)
              for base, name in zip(bases, (OWN, TOUCH))]
    tree.output(Grown=tree.math("MAXIMUM", *shares), Highlight=lit(tree, in_block, SWEEP_LIT, SWEEP_LIT_BY))


def face() -> bpy.types.NodeTree:
    return ensure("mm Tile Face 1", "ShaderNodeTree", _face)


def _face(tree: Tree) -> None:
    """What is seen of the cube that was met: its ``Level``, whether it is lit by hand, and the face's ``Normal``."""
    texel = tree.input("Texel", "Vector")
    near = tree.input("Near", "Vector")
    enter = tree.input("Enter", "Float")
    here = tree.input("Slot", "Vector")
    side = tree.input("Side", "Vector")
    root, sign, _ = _xyz(tree, texel)
    signed = sign - 0.5
    level = root * root * tree.math("SIGN", signed)
    # the axis that was entered last, within what mixing rounds off
    last = tree.math("SUBTRACT", enter, CLOSE)
    facing = _vec(tree, "MULTIPLY_ADD", _vec(tree, "SIGN", _vec(tree, "SUBTRACT", near, _vector(tree, last, last, last))),
                  (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    normal = tree.get("ShaderNodeVectorTransform", set={"vector_type": "NORMAL", "convert_from": "OBJECT",
                                                        "convert_to": "WORLD"},
                      into={0: _vec(tree, "MULTIPLY", facing, side)})
    shift = _xyz(tree, _read(tree, SHIFT))
    tree.output(Level=level, Number=abs(signed) > 0.4, Sign=signed, Normal=normal, Facing=facing,
                Highlight=lit(tree, here, LIT, LIT_BY), Hue=shift[0], Light=shift[1])


def lit(tree: Tree, here: Socket, name: str, by: str) -> Socket:
    """1 where a slot is what the attribute ``name`` lights, along the axes that ``by`` gives."""
    wanted, axes = _read(tree, name), _read(tree, by)
    away = _vec(tree, "DOT_PRODUCT", _vec(tree, "ABSOLUTE", _vec(tree, "SUBTRACT", here, wanted)), axes)
    return (away < 0.5) * _xyz(tree, axes)[2]


def _read(tree: Tree, name: str) -> Socket:
    return tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "GEOMETRY", "attribute_name": name})


def _vec(tree: Tree, operation: str, *values) -> Socket:
    return tree.get("ShaderNodeVectorMath", set={"operation": operation}, into=dict(enumerate(values)))


def _vector(tree: Tree, x, y, z) -> Socket:
    return tree.get("ShaderNodeCombineXYZ", into={0: x, 1: y, 2: z})


def _xyz(tree: Tree, vector: Socket) -> list[Socket]:
    node = tree.node("ShaderNodeSeparateXYZ", into={0: vector})
    return [Socket(tree, output) for output in node.outputs]
