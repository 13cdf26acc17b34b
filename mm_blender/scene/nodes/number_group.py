"""The group that writes the values of a matrix' elements on them, around an Empty: the spotlight.

It reads the evaluated matrix, so that numbers follow a sweep, the Empty and the scene's camera. Its object lies in the
frame of the matrix.
"""
from __future__ import annotations

import bpy

from ...lettering.numerals import DIGIT, POINT
from . import glyphs, spell
from .builder import ensure, Socket, Tree

NAME = "mm Numbers 1"
FILL = 0.90       # share of a cell's width that a number takes
LIFT = 0.03       # how far a number lies off the front of its cube, in pitches
FADE = 0.08       # share of the spotlight's radius over which numbers grow in from its border


def build() -> bpy.types.NodeTree:
    """The group of the numbers on one matrix."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    tree.input("Geometry", "Geometry", description="Not used: the numbers are made here")
    matrix = tree.input("Matrix", "Object", description="The matrix, as it is drawn")
    spotlight = tree.input("Spotlight", "Object", description="Empty whose sphere of radius 1, moved and scaled, holds "
                           "the elements that show their numbers")
    decimals = tree.input("Decimals", "Int", 2, "Decimals of small numbers; larger ones show fewer", 0, 4)
    size = tree.input("Size", "Float", 1.0, "Size of the numbers: at 1 they fill their cells", low=0.0)
    most = tree.input("Most", "Int", 4000, "How many numbers are shown at most: of more, those in the middle",
                      low=1)
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    ink = tree.input("Ink", "Material", description="Of the numbers")
    outline = tree.input("Outline", "Material", description="Of the line around them")

    light = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"}, into={"Object": spotlight})
    inverse = tree.node("FunctionNodeInvertMatrix", into={"Matrix": Socket(tree, light.outputs["Transform"])})
    # an Empty that was deleted has no scale; one scaled to nothing holds nothing
    there = tree.both(Socket(tree, inverse.outputs["Invertible"]),
                      tree.compare("GREATER_THAN", _length(tree, Socket(tree, light.outputs["Scale"])), 0.0))
    cubes = tree.switch(there, tree.get("GeometryNodePoints", "Points", into={"Count": 0}),
                        tree.object_geometry(matrix), "GEOMETRY")
    inside = tree.get("FunctionNodeTransformPoint", into={
        "Vector": tree.get("GeometryNodeInputPosition"), "Transform": Socket(tree, inverse.outputs["Matrix"])})
    away = _length(tree, inside)
    edge = _parts(tree, tree.get("GeometryNodeInputInstanceScale"))[0]
    points = tree.get("GeometryNodeInstancesToPoints", into={
        "Instances": cubes, "Selection": tree.compare("LESS_EQUAL", away, 1.0), "Radius": edge * 0.5})
    points = tree.store(points, "away", away)
    count = tree.get("GeometryNodeAttributeDomainSize", "Point Count", set={"component": "POINTCLOUD"},
                     into={"Geometry": points})
    # of too many those nearest to the middle; a switch on a single value sorts only then
    crowded = tree.compare("GREATER_THAN", count, most, "INT")
    ordered = tree.get("GeometryNodeSortElements", set={"domain": "POINT"},
                       into={"Geometry": points, "Sort Weight": tree.attribute("away")})
    beyond = tree.compare("GREATER_EQUAL", tree.get("GeometryNodeInputIndex"), most, "INT")
    nearest = tree.get("GeometryNodeDeleteGeometry", set={"mode": "ALL", "domain": "POINT"},
                       into={"Geometry": ordered, "Selection": beyond})
    furthest = tree.get("GeometryNodeAttributeStatistic", "Max", set={"data_type": "FLOAT", "domain": "POINT"},
                        into={"Geometry": nearest, "Attribute": tree.attribute("away")})
    points = tree.switch(crowded, points, nearest, "GEOMETRY")
    reach = tree.switch(crowded, 1.0, furthest)

    along, out = _reading_axes(tree, Socket(tree, light.outputs["Location"]))
    characters = tree.group(spell.build(), Geometry=points, Decimals=decimals)
    grown = tree.math("DIVIDE", reach - tree.attribute("away"), FADE * reach, clamp=True)
    base = FILL / (DIGIT * (decimals + 2.0) + POINT)  # a sign and a digit in front of the decimals
    fitted = tree.math("MINIMUM", base, FILL / tree.attribute("width"))
    font = fitted * size * pitch * grown
    moved = _add(tree, _scaled(tree, along, font * tree.attribute("pen")),
                 _scaled(tree, out, tree.get("GeometryNodeInputRadius") + LIFT * pitch))
    characters = tree.get("GeometryNodeSetPosition", into={"Geometry": characters, "Offset": moved})
    turn = tree.get("FunctionNodeAxesToRotation", set={"primary_axis": "Z", "secondary_axis": "X"},
                    into={"Primary Axis": out, "Secondary Axis": along})
    shapes = tree.node("GeometryNodeGroup")
    shapes.node_tree = glyphs.build()
    tree.put(shapes.inputs["Ink"], ink)
    tree.put(shapes.inputs["Outline"], outline)

    def written(glyph: Socket, points: Socket) -> Socket:
        return tree.get("GeometryNodeInstanceOnPoints", into={
            "Points": points, "Instance": glyph, "Pick Instance": True,
            "Instance Index": tree.attribute("glyph", "INT"), "Rotation": turn, "Scale": font})

    behind = tree.get("GeometryNodeSetPosition", into={
        "Geometry": characters, "Offset": _scaled(tree, out, font * (-glyphs.STROKE * 1.1))})
    joined = tree.node("GeometryNodeJoinGeometry")
    tree.put(joined.inputs[0], written(Socket(tree, shapes.outputs["Line"]), behind))
    tree.put(joined.inputs[0], written(Socket(tree, shapes.outputs["Fill"]), characters))
    some = tree.compare("GREATER_THAN", count, 0, "INT")
    tree.output(Geometry=tree.get("GeometryNodeSwitch", set={"input_type": "GEOMETRY"}, into={
        "Switch": some, "True": Socket(tree, joined.outputs[0])}))


def _reading_axes(tree: Tree, at: Socket) -> tuple[Socket, Socket]:
    """``(along, out)``: which of the matrix' axes a line runs along to be read from left to right in the camera, and
    the normal on the camera's side. What counts is the direction on the screen, as seen at the point ``at``."""
    camera = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"},
                       into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    view = tree.get("FunctionNodeInvertMatrix", into={"Matrix": Socket(tree, camera.outputs["Transform"])})
    px, _, pz = _parts(tree, tree.get("FunctionNodeTransformPoint", into={"Vector": at, "Transform": view}))

    def to_right(axis: tuple[float, float, float]) -> Socket:
        x, _, z = _parts(tree, tree.get("FunctionNodeTransformDirection", into={"Direction": axis, "Transform": view}))
        return px * z - x * pz  # of the derivative of x / -z

    first, second = to_right((1.0, 0.0, 0.0)), to_right((0.0, 1.0, 0.0))
    wide = tree.compare("GREATER_EQUAL", abs(first), abs(second))

    def sign(x: Socket) -> Socket:
        return tree.switch(tree.compare("LESS_THAN", x, 0.0), 1.0, -1.0)

    along = tree.get("ShaderNodeCombineXYZ", into={0: tree.switch(wide, 0.0, sign(first)),
                                                   1: tree.switch(wide, sign(second), 0.0)})
    height = _parts(tree, Socket(tree, camera.outputs["Location"]))[2]
    return along, tree.get("ShaderNodeCombineXYZ", into={2: sign(height)})


def _parts(tree: Tree, vector: Socket) -> list[Socket]:
    node = tree.node("ShaderNodeSeparateXYZ", into={"Vector": vector})
    return [Socket(tree, node.outputs[axis]) for axis in "XYZ"]


def _length(tree: Tree, vector: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Value", set={"operation": "LENGTH"}, into={0: vector})


def _scaled(tree: Tree, vector: Socket, by: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "SCALE"}, into={0: vector, "Scale": by})


def _add(tree: Tree, a: Socket, b: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "ADD"}, into={0: a, 1: b})
