"""The group that writes the values of a matrix on its cubes, upright as the scene's camera sees them.

It reads the evaluated matrix, so that numbers follow a sweep. Which elements show theirs, and which ink suits which
magnitude, is in the points of its own object (see ``cube_numbers``). That object lies in the frame of the matrix.
"""
from __future__ import annotations

import bpy

from ...digits import AUTO, RULES, SIGNIFICANT
from ...document.cube_numbers import FACE
from ...document.number_inks import LEVELS
from . import glyphs, spell
from .builder import ensure, Socket, Tree

NAME = "mm Upright Numbers 3"
LIFT = 1.8  # how far numbers are before their cubes, towards the eye, in pitches: none of their neighbours is there
GROWN = 0.999  # of an element, below which its sweep is still at it: what it will be is not said yet
SHOWN, DARK, EDGED = "shown", "dark", "edged"  # attributes of the object's points


def build() -> bpy.types.NodeTree:
    """The group of the upright numbers on one matrix."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    given = tree.input("Geometry", "Geometry", description="Points: the elements with 'shown', levels with their inks")
    matrix = tree.input("Matrix", "Object", description="The matrix, as it is drawn")
    columns = tree.input("Columns", "Int", 1, "Number of columns of the matrix", low=1)
    decimals = tree.input("Decimals", "Int", 2, "Decimals of small numbers; larger ones show fewer", 0, 4)
    rule = tree.input("Rule", "Int", RULES.index(AUTO), "0: as many decimals as are comfortable, 1: always so many, 2: "
                      "so many significant figures", 0, len(RULES) - 1)
    signed = tree.input("Signed", "Bool", False, "Whether what is above zero has a sign")
    size = tree.input("Size", "Float", 0.02, "Size of the letters a metre before the camera, where it is not fixed",
                      low=0.0)
    fixed = tree.input("Fixed Size", "Float", 0.0, "Size of the letters, wherever the camera is", low=0.0,
                       subtype="DISTANCE")
    parallel = tree.input("Parallel", "Bool", False, "Whether the camera sees all along one direction")
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    low = tree.input("Low", "Float", 0.0, "Magnitude that is drawn smallest")
    high = tree.input("High", "Float", 1.0, "Magnitude that is drawn largest")
    dark = tree.input("Dark", "Material", description="Dark ink")
    light = tree.input("Light", "Material", description="Light ink")
    accented = tree.input("Accented", "Bool", False, "Whether what a sweep lights has a colour for dark ink")

    held = tree.input("Held", "Object", description="Empty whose location x is 1 + the number of an element that a "
                      "running sum has not arrived at yet; 0: none")

    camera = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"},
                       into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    place = Socket(tree, camera.outputs["Transform"])

    def way(axis: tuple[float, float, float]) -> Socket:
        direction = tree.get("FunctionNodeTransformDirection", into={"Direction": axis, "Transform": place})
        return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "NORMALIZE"}, into={0: direction})

    right, up, back = way((1.0, 0.0, 0.0)), way((0.0, 1.0, 0.0)), way((0.0, 0.0, 1.0))
    cubes = tree.object_geometry(matrix)
    scale = tree.node("ShaderNodeSeparateXYZ", into={"Vector": tree.get("GeometryNodeInputInstanceScale")})
    edge = Socket(tree, scale.outputs["X"])
    number = tree.integer("ADD", tree.integer("MULTIPLY", tree.attribute("row", "INT"), columns),
                          tree.attribute("col", "INT"))
    grown = tree.node("GeometryNodeInputNamedAttribute", set={"data_type": "FLOAT"}, into={"Name": "grown"})
    growing = tree.both(Socket(tree, grown.outputs["Exists"]),
                        tree.compare("LESS_THAN", Socket(tree, grown.outputs["Attribute"]), GROWN))
    summed = tree.node("ShaderNodeSeparateXYZ", into={
        "Vector": tree.get("GeometryNodeObjectInfo", "Location", into={"Object": held})})
    summed = tree.compare("LESS_THAN", abs(Socket(tree, summed.outputs["X"]) - 1.0 - number), 0.5)
    unsaid = tree.either(growing, summed)
    numbered = tree.both(tree.both(tree.compare("GREATER_THAN", tree.sample(given, SHOWN, number), 0.5),
                                   tree.compare("GREATER_THAN", edge, 0.0)), tree.negate(unsaid))
    points = tree.get("GeometryNodeInstancesToPoints", into={"Instances": cubes, "Selection": numbered,
                                                             "Radius": edge * 0.5})
    eye = tree.switch(parallel, Socket(tree, camera.outputs["Location"]), back, "VECTOR")
    height = Socket(tree, tree.node("ShaderNodeSeparateXYZ", into={"Vector": eye}).outputs["Z"])
    side = tree.switch(tree.compare("LESS_THAN", height, 0.0), 1.0, -1.0)
    # towards the face that is seen, and towards the eye
    at = _add(tree, tree.get("GeometryNodeInputPosition"), tree.get(
        "ShaderNodeCombineXYZ", into={2: tree.get("GeometryNodeInputRadius") * FACE * side}))
    to_eye = tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "SUBTRACT"},
                      into={0: Socket(tree, camera.outputs["Location"]), 1: at})
    distance = tree.get("ShaderNodeVectorMath", "Value", set={"operation": "LENGTH"}, into={0: to_eye})
    to_eye = tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "NORMALIZE"}, into={0: to_eye})
    # as large as they would be on their cubes: what is nearer to the eye is seen larger
    smaller = tree.math("DIVIDE", distance - pitch * LIFT, tree.math("MAXIMUM", distance, 1e-6), clamp=True)
    points = tree.store(points, "smaller", tree.switch(parallel, smaller, 1.0))
    to_eye = tree.switch(parallel, to_eye, back, "VECTOR")
    points = tree.get("GeometryNodeSetPosition", into={
        "Geometry": points, "Position": _add(tree, at, _scaled(tree, to_eye, pitch * LIFT))})
    value = tree.attribute("value")
    share = tree.math("DIVIDE", abs(value) - low, tree.math("MAXIMUM", high - low, 1e-30), clamp=True)
    level = share * tree.math("SIGN", value)
    slot = tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "ROUND"},
                    into={"Float": (level + 1.0) * ((LEVELS - 1) / 2)})
    lit = tree.both(accented, tree.compare("GREATER_THAN", tree.attribute("highlight"), 0.5))
    points = tree.store(points, DARK, tree.switch(lit, tree.sample(given, DARK, slot), 1.0))
    points = tree.store(points, EDGED, tree.switch(lit, tree.sample(given, EDGED, slot), 0.0))
    # what rounds to nothing is 0.0, as ``cube_numbers.spelled`` has it
    little = tree.both(tree.compare("LESS_THAN", abs(value) * tree.math("POWER", 10.0, decimals), 0.5),
                       tree.compare("NOT_EQUAL", rule, RULES.index(SIGNIFICANT), "INT"))
    points = tree.store(points, "value", tree.switch(little, value, 0.0))

    characters = tree.group(spell.build(), Geometry=points, Decimals=decimals, Rule=rule, Signed=signed)
    view = tree.get("FunctionNodeInvertMatrix", into={"Matrix": place})
    depth = tree.get("FunctionNodeTransformPoint", into={"Vector": tree.get("GeometryNodeInputPosition"),
                                                         "Transform": view})
    depth = Socket(tree, tree.node("ShaderNodeSeparateXYZ", into={"Vector": depth}).outputs["Z"])
    characters = tree.store(characters, "font", tree.switch(
        tree.compare("GREATER_THAN", fixed, 0.0), size * tree.math("MAXIMUM", depth * -1.0, 0.0),
        fixed * tree.attribute("smaller")))
    font = tree.attribute("font")
    characters = tree.get("GeometryNodeSetPosition", into={
        "Geometry": characters, "Offset": _scaled(tree, right, font * tree.attribute("pen"))})
    turn = tree.get("FunctionNodeAxesToRotation", set={"primary_axis": "X", "secondary_axis": "Y"},
                    into={"Primary Axis": right, "Secondary Axis": up})
    joined = tree.node("GeometryNodeJoinGeometry")
    is_dark, has_edge = tree.attribute(DARK) > 0.5, tree.attribute(EDGED) > 0.5
    behind = _scaled(tree, back, font * (-glyphs.STROKE * 1.1))
    for ink, other, chosen in ((dark, light, is_dark), (light, dark, tree.negate(is_dark))):
        shapes = tree.outputs(glyphs.build(), Ink=ink, Outline=other)

        def written(name: str, selection: Socket, points: Socket, shapes: dict[str, Socket] = shapes) -> Socket:
            return tree.get("GeometryNodeInstanceOnPoints", into={
                "Points": points, "Selection": selection, "Instance": shapes[name], "Pick Instance": True,
                "Instance Index": tree.attribute("glyph", "INT"), "Rotation": turn, "Scale": font})

        shifted = tree.get("GeometryNodeSetPosition", into={"Geometry": characters, "Offset": behind})
        tree.put(joined.inputs[0], written("Line", tree.both(chosen, has_edge), shifted))
        tree.put(joined.inputs[0], written("Fill", chosen, characters))
    tree.output(Geometry=Socket(tree, joined.outputs[0]))


def _scaled(tree: Tree, vector: Socket, by: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "SCALE"}, into={0: vector, "Scale": by})


def _add(tree: Tree, a: Socket, b: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "ADD"}, into={0: a, 1: b})
