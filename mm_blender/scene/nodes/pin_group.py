"""The group of a pin: a label that stands over one element, with a line down to it.

It reads the evaluated matrix, so that the value on the label follows a sweep and the label the element. Its object is
turned like the camera: the label stands in the object's xy plane, lifted towards the viewer.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from . import glyphs, spell
from .builder import ensure, Socket, Tree

if TYPE_CHECKING:
    from .builder import Value

NAME = "mm Pin 1"
MARGIN, LINE = 0.35, 0.04  # around the text, and half of the line's thickness, of the size of the font
BORDER = 0.05  # of the plate, of the size of the font
FORWARD = 0.4  # how far before the element the label stands, of its width


def build() -> bpy.types.NodeTree:
    """The group of a pin: its words, the plate that they stand on and the line to the element."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    tree.input("Geometry", "Geometry", description="Not used: the label is made here")
    matrix = tree.input("Matrix", "Object", description="The matrix, as it is drawn")
    row = tree.input("Row", "Int", 0, "Row of the element, from 0", low=0)
    column = tree.input("Column", "Int", 0, "Column of the element, from 0", low=0)
    text = tree.input("Text", "String", "", "What stands in front of the value")
    after = tree.input("After", "String", "", "What stands behind it")
    decimals = tree.input("Decimals", "Int", 4, "Decimals of small numbers; larger ones show fewer", 0, 4)
    size = tree.input("Size", "Float", 0.1, "Size of the font", low=0.0, subtype="DISTANCE")
    lift = tree.input("Lift", "Float", 0.2, "How far over the element, and before it, the label stands", low=0.0,
                      subtype="DISTANCE")
    ink = tree.input("Ink", "Material", description="Of the label and of the line to its element")
    ground = tree.input("Ground", "Material", description="Of the plate behind the label")

    cubes = tree.object_geometry(matrix)
    is_element = tree.both(tree.compare("EQUAL", tree.attribute("row", "INT"), row, "INT"),
                      tree.compare("EQUAL", tree.attribute("col", "INT"), column, "INT"))
    cube = tree.get("GeometryNodeSeparateGeometry", "Selection", set={"domain": "INSTANCE"},
                    into={"Geometry": cubes, "Selection": is_element})
    count = tree.get("GeometryNodeAttributeDomainSize", "Instance Count", set={"component": "INSTANCES"},
                     into={"Geometry": cube})

    def only(kind: str, field: Socket) -> Socket:
        return tree.get("GeometryNodeSampleIndex", set={"data_type": kind, "domain": "INSTANCE", "clamp": True},
                        into={"Geometry": cube, "Value": field, "Index": 0})

    info = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"}, into={"Object": matrix})
    at = tree.get("FunctionNodeTransformPoint", into={
        "Vector": only("FLOAT_VECTOR", tree.get("GeometryNodeInputPosition")),
        "Transform": Socket(tree, info.outputs["Transform"])})
    label = _joined(tree, text, _spelled(tree, only("FLOAT", tree.attribute("value")), decimals), after)
    curves = tree.get("GeometryNodeStringToCurves", "Curve Instances", into={"String": label, "Size": size})
    curves = tree.get("GeometryNodeRealizeInstances", into={"Geometry": curves})  # instances have no bounds together
    curves = tree.get("GeometryNodeSetSplineResolution", into={0: curves, "Resolution": glyphs.CURVE})
    box = tree.node("GeometryNodeBoundBox", into={"Geometry": curves})
    if "Use Radius" in box.inputs:  # a metre all around, that of curves that have none
        box.inputs["Use Radius"].default_value = False
    low, high = Socket(tree, box.outputs["Min"]), Socket(tree, box.outputs["Max"])
    margin = tree.get("ShaderNodeCombineXYZ", into={0: size * MARGIN, 1: size * MARGIN, 2: size * MARGIN / 3.0})
    extent = _vector(tree, "ADD", _vector(tree, "SUBTRACT", high, low), _vector(tree, "SCALE", margin, Scale=2.0))
    x, y, _ = _parts(tree, extent)
    # the plate stands on the end of the line by its lower left corner or, in the right half of the picture, by its
    # right one; so far before the element that the matrix, seen at an angle, does not come through
    camera = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"},
                       into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    right = _parts(tree, _vector(tree, "SUBTRACT", at, Socket(tree, camera.outputs["Location"])))[0] > 0.0
    foot = _vector(tree, "ADD", at, tree.get("ShaderNodeCombineXYZ", into={1: lift, 2: lift + x * FORWARD}))
    corner = _vector(tree, "ADD", foot, tree.get("ShaderNodeCombineXYZ", into={0: right * x * -1.0}))
    place = _vector(tree, "ADD", _vector(tree, "SUBTRACT", corner, low), margin)
    centre = _vector(tree, "ADD", corner, tree.get("ShaderNodeCombineXYZ", into={0: x * 0.5, 1: y * 0.5}))
    plate = tree.get("GeometryNodeMeshGrid", into={"Size X": x, "Size Y": y, "Vertices X": 2, "Vertices Y": 2})
    around = size * (2 * BORDER)
    border = tree.get("GeometryNodeMeshGrid", into={"Size X": x + around, "Size Y": y + around, "Vertices X": 2,
                                                    "Vertices Y": 2})
    behind = _vector(tree, "SUBTRACT", centre, tree.get("ShaderNodeCombineXYZ", into={2: size * 0.02}))
    leader = tree.get("GeometryNodeCurvePrimitiveLine", set={"mode": "POINTS"}, into={"Start": at, "End": foot})
    profile = tree.get("GeometryNodeCurvePrimitiveCircle", set={"mode": "RADIUS"},
                       into={"Resolution": 8, "Radius": size * LINE})
    line = tree.get("GeometryNodeCurveToMesh", into={"Curve": leader, "Profile Curve": profile})

    def coloured(shape: Socket, material: Socket, where: Socket | None = None) -> Socket:
        part = tree.get("GeometryNodeSetMaterial", into={"Geometry": shape, "Material": material})
        return part if where is None else tree.get("GeometryNodeTransform", into={"Geometry": part,
                                                                                  "Translation": where})

    parts = [coloured(tree.get("GeometryNodeFillCurve", into={"Curve": curves}), ink, place),
             coloured(plate, ground, centre), coloured(border, ink, behind), coloured(line, ink)]
    joined = tree.node("GeometryNodeJoinGeometry")
    for part in parts:
        tree.put(joined.inputs[0], part)
    some = tree.compare("GREATER_THAN", count, 0, "INT")
    tree.output(Geometry=tree.get("GeometryNodeSwitch", set={"input_type": "GEOMETRY"}, into={
        "Switch": some, "True": Socket(tree, joined.outputs[0])}))


def _spelled(tree: Tree, value: Socket, decimals: Socket) -> Socket:
    """A single value as text, by the rule of ``numerals.spell``."""
    of = spell.Parts(tree, value, decimals)

    def text(number: Socket, kind: str, decimals: Socket | int | None = None) -> Socket:
        return tree.get("FunctionNodeValueToString", set={"data_type": kind}, into={
            "Value": number, **({} if decimals is None else {"Decimals": decimals})})

    def choice(condition: Socket, no: Socket, yes: Socket) -> Socket:
        return tree.get("GeometryNodeSwitch", set={"input_type": "STRING"},
                        into={"Switch": condition, "False": no, "True": yes})

    def words(content: str) -> Socket:
        return tree.get("FunctionNodeInputString", set={"string": content})

    fixed = text(of.fixed / tree.math("POWER", 10.0, of.behind), "FLOAT", of.behind)
    mantissa = text(of.mantissa * 0.1, "FLOAT", 1)
    spelled = choice(of.scientific, fixed, _joined(tree, mantissa, words("e"), text(of.exponent, "INT")))
    spelled = choice(of.infinite, choice(of.nan, spelled, words("nan")), words("∞"))
    return choice(tree.compare("LESS_THAN", value, 0.0), spelled, _joined(tree, words("-"), spelled))


def _joined(tree: Tree, *strings: Socket) -> Socket:
    node = tree.node("GeometryNodeStringJoin")
    for string in reversed(strings):  # the last link made comes first
        tree.put(node.inputs["Strings"], string)
    return Socket(tree, node.outputs[0])


def _vector(tree: Tree, operation: str, *vectors: Socket, **named: Value) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": operation},
                    into={**dict(enumerate(vectors)), **named})


def _parts(tree: Tree, vector: Socket) -> list[Socket]:
    node = tree.node("ShaderNodeSeparateXYZ", into={"Vector": vector})
    return [Socket(tree, node.outputs[axis]) for axis in "XYZ"]
