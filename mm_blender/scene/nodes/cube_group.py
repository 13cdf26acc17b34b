"""The geometry-nodes groups that draw a matrix: one cube an element, as instances or as faces of one mesh."""
from __future__ import annotations

from functools import partial

import bpy

from ...appearance.rules import EDGE
from ...data.precision import LARGEST
from .builder import ensure, Socket, Tree

NAME, FACES = "mm Elements", "mm Faces"  # what the names of their groups, of any version, begin with
CORNER = "mm_corner"  # of faces: where a point is on its cube, which for instances is their own space
LIT, LEVEL, DRAWN = "mm Element Lit 1", "mm Element Level 2", "mm Element Drawn 2"
APART = "Kept Apart"  # input of faces
SWEPT_MEANS = "A sweep reveals or sums up the elements; one that is not swept costs less"
NOTHING = -1  # of the inputs that light a row or a column
NAN_LEVEL, INF_LEVEL = 4.0, 2.0  # a level is -1 to 1; beyond it stands for what is no number
LARGEST_FLOAT = LARGEST  # beyond it is infinite


def build(realized: bool = False) -> bpy.types.NodeTree:
    """The group that makes an instance an element or, ``realized``, one mesh of them all. Inputs of one name mean the
    same in both; what instances carry as attributes (``level``, ``value``, ``row`` …) every point of the mesh does."""
    return ensure(f"{FACES} 3" if realized else f"{NAME} 4", "GeometryNodeTree", partial(_fill, realized=realized))


def _fill(tree: Tree, realized: bool) -> None:
    points = tree.input("Geometry", "Geometry", description="Points, one an element, row by row, with attributes "
                        "'value' (float), 'row' and 'col' (int) and, in a sweep, 'grown' (0 to 1) and 'highlight' "
                        "(0 or 1)")
    element = tree.input("Element", "Object", description="What stands for an element: a cube of edge 1 m")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    scale = tree.input("Element Scale", "Float", 1.25, "Edge of the largest elements: at 1.25 they touch", low=0.0)
    smallest = tree.input("Min Size", "Float", 0.2, "Edge of the smallest elements, relative to the largest",
                          low=0.0, high=1.0)
    low = tree.input("Range Low", "Float", 0.0, "Magnitude that is drawn smallest", low=0.0)
    high = tree.input("Range High", "Float", 1.0, "Magnitude that is drawn largest", low=0.0)
    hue = tree.input("Hue Shift", "Float", 0.0, "Turns the hues of this matrix (1 is a whole turn)", -1.0, 1.0)
    light = tree.input("Light Shift", "Float", 0.0, "Lightens (up to 1) or darkens this matrix", -1.0, 1.0)
    lit_row = tree.input("Lit Row", "Int", NOTHING, "Row to highlight, from 0; -1: none, or with a column any", NOTHING)
    lit_column = tree.input("Lit Column", "Int", NOTHING, "Column to highlight, from 0; -1: none, or with a row any",
                            NOTHING)

    swept = tree.input("Swept", "Bool", True, SWEPT_MEANS)

    # what a sweep says of every element, if there is one: a share of its size, and its highlight. A switch on a single
    # value follows one side only: what stands still costs nothing of this
    grown_node = tree.node("GeometryNodeInputNamedAttribute", set={"data_type": "FLOAT"}, into={"Name": "grown"})
    grown = tree.switch(Socket(tree, grown_node.outputs["Exists"]), 1.0, Socket(tree, grown_node.outputs[0]))
    grown = tree.switch(swept, 1.0, grown)
    # in parts: what it takes to build a tree grows with the square of its nodes
    lit = tree.group(ensure(LIT, "GeometryNodeTree", _fill_lit), Lit_Row=lit_row, Lit_Column=lit_column)
    highlight = tree.switch(swept, lit, tree.math("MAXIMUM", tree.attribute("highlight"), lit))
    value = tree.attribute("value")
    level = tree.group(ensure(LEVEL, "GeometryNodeTree", fill_level), Value=value, Range_Low=low, Range_High=high)
    share = tree.math("MINIMUM", abs(level), 1.0)
    edge = grown * (pitch * EDGE * scale) * (smallest + (1.0 - smallest) * tree.math("SQRT", share))

    stored = tree.store(points, "level", level)
    lit_by_hand = tree.compare("GREATER_EQUAL", tree.integer("MAXIMUM", lit_row, lit_column), 0, "INT")
    shifted = tree.either(tree.compare("NOT_EQUAL", hue, 0.0), tree.compare("NOT_EQUAL", light, 0.0))
    marked = tree.store(stored, "highlight", highlight)
    shifts = tree.store(tree.store(marked, "hue_shift", hue), "light_shift", light)
    # no memory while unused
    marks = tree.switch(shifted, tree.switch(tree.either(swept, lit_by_hand), 0, 1, "INT"), 2, "INT")
    stored = tree.choose(marks, stored, marked, shifts, kind="GEOMETRY")

    drawn = tree.group(ensure(DRAWN, "GeometryNodeTree", fill_drawn), Value=value, Grown=grown, Range_Low=low,
                       Range_High=high, Swept=swept)
    cube = tree.object_geometry(element)
    if realized:  # a tenth of the memory that a picture takes: left out where no material asks
        corners = tree.input("Corners", "Bool", True, "Keep where each point is on its cube, for a material that draws "
                             "its edges; kept anyway where there are values that are no numbers")
        most = tree.get("GeometryNodeAttributeStatistic", "Max", set={"data_type": "FLOAT", "domain": "POINT"},
                        into={"Geometry": stored, "Attribute": abs(tree.attribute("level"))})
        asked = tree.either(corners, tree.compare("GREATER_THAN", most, (1 + INF_LEVEL) / 2))
        kept = tree.store(cube, CORNER, tree.get("GeometryNodeInputPosition"), "FLOAT_VECTOR")
        cube = tree.switch(asked, cube, kept, "GEOMETRY")
    cubes = tree.get("GeometryNodeInstanceOnPoints", into={"Points": stored, "Selection": drawn, "Instance": cube,
                                                           "Scale": edge})
    some = some_of(tree, cubes)
    if realized:
        some = _faces(tree, tree.get("GeometryNodeRealizeInstances", into={"Geometry": some}))
    tree.output(Geometry=some)


def some_of(tree: Tree, cubes: Socket) -> Socket:
    """Instances, or nothing at all rather than an empty set of them, which Blender 4.5 hands out without transforms."""
    count = tree.get("GeometryNodeAttributeDomainSize", "Instance Count", set={"component": "INSTANCES"},
                     into={"Geometry": cubes})
    return tree.get("GeometryNodeSwitch", set={"input_type": "GEOMETRY"},
                    into={"Switch": tree.compare("GREATER_THAN", count, 0, "INT"), "True": cubes})


def _faces(tree: Tree, mesh: Socket) -> Socket:
    """The mesh itself or, kept apart, an instance of it and another of no size: Cycles then builds it once for as long
    as it stays what it is, and not anew with all else whenever anything moves."""
    apart = tree.input(APART, "Bool", False, "For movies: what stands still is kept from frame to frame")
    one = tree.get("GeometryNodeGeometryToInstance", into={"Geometry": mesh})
    none = tree.get("GeometryNodeScaleInstances", into={"Instances": one, "Scale": (0.0, 0.0, 0.0)})
    both = tree.node("GeometryNodeJoinGeometry")
    for instance in (none, one):
        tree.put(both.inputs[0], instance)
    return tree.switch(apart, mesh, Socket(tree, both.outputs[0]), "GEOMETRY")


def _fill_lit(tree: Tree) -> None:
    """1 where an element is in the row, in the column, or where they cross if both are given."""
    row = tree.input("Lit Row", "Int", NOTHING, "From 0; -1: none, or with a column any", NOTHING)
    column = tree.input("Lit Column", "Int", NOTHING, "From 0; -1: none, or with a row any", NOTHING)

    def matches(name: str, index: Socket) -> Socket:
        # as above: what is not lit costs nothing
        given = tree.compare("GREATER_EQUAL", index, 0, "INT")
        return tree.switch(given, True, tree.compare("EQUAL", tree.attribute(name, "INT"), index, "INT"), "BOOLEAN")

    any_given = tree.compare("GREATER_EQUAL", tree.integer("MAXIMUM", row, column), 0, "INT")
    tree.output(Highlight=tree.switch(any_given, 0.0, tree.both(matches("row", row), matches("col", column))))


def _range(tree: Tree) -> tuple[Socket, Socket]:
    return (tree.input("Range Low", "Float", 0.0, "Magnitude that is drawn smallest"),
            tree.input("Range High", "Float", 1.0, "Magnitude that is drawn largest"))


def fill_drawn(tree: Tree) -> None:
    """Whether there is anything to draw of an element."""
    value = tree.input("Value", "Float", description="Of the element")
    grown = tree.input("Grown", "Float", 1.0, "Share of its size that it has reached")
    low, high = _range(tree)
    swept = tree.input("Swept", "Bool", True, SWEPT_MEANS)
    shown = tree.compare("GREATER_THAN", grown, 0.0)
    # under ``superlocal`` a partial sum can be smaller than anything finished: like the reference, that draws nothing
    below = tree.both(tree.compare("LESS_THAN", abs(value), low * (1 - 1e-5)), tree.compare("LESS_THAN", low, high))
    shown = tree.both(shown, tree.negate(below))
    there = tree.negate(tree.compare("EQUAL", value, 0.0))  # NaN equals nothing, and is drawn
    tree.output(Drawn=tree.switch(swept, there, tree.both(shown, there), "BOOLEAN"))


def fill_level(tree: Tree) -> None:
    """``appearance.level``, with infinities at +-INF_LEVEL and NaN at NAN_LEVEL."""
    value = tree.input("Value", "Float", description="Of the element")
    low, high = _range(tree)
    size = abs(value)
    share = tree.math("DIVIDE", size - low, high - low, clamp=True)  # a division by zero is 0 here
    finite = tree.math("SIGN", value) * share
    infinite = tree.compare("GREATER_THAN", size, LARGEST_FLOAT)
    number = tree.compare("EQUAL", value, value)  # false for NaN, and for infinities
    tree.output(Level=tree.switch(infinite, tree.switch(number, NAN_LEVEL, finite),
                                  tree.math("SIGN", value) * INF_LEVEL))
