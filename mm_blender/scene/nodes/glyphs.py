"""The group of glyphs that spelled values are made of: instances, one a character, each centred on its cell."""
from __future__ import annotations

import bpy

from .builder import ensure, Socket, Tree
from .spell import GLYPHS

NAME = "mm Glyphs 2"
MIDDLE = 0.341   # height of the middle of a digit above the line
STROKE = 0.055   # how far the outline stands out, of the size of the font
CURVE = 4        # points for each piece of a letter's outline: a number is seldom larger than some dozen pixels


def build() -> bpy.types.NodeTree:
    """The group that gives every character as a filled shape and as a line around it."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    ink = tree.input("Ink", "Material", description="Of the characters")
    edge = tree.input("Outline", "Material", description="Of the line around them")
    # the mark at the end tells where the last character's cell ends
    text = tree.get("GeometryNodeStringToCurves", "Curve Instances", into={"String": GLYPHS + "|", "Size": 1.0})
    index = tree.get("GeometryNodeInputIndex")
    place = tree.get("GeometryNodeInputPosition")
    next_place = tree.get("GeometryNodeSampleIndex", set={"data_type": "FLOAT_VECTOR", "domain": "INSTANCE",
                                                          "clamp": True},
                          into={"Geometry": text, "Value": place, "Index": tree.integer("ADD", index, 1)})
    starts, ends = (Socket(tree, tree.node("ShaderNodeSeparateXYZ", into={"Vector": v}).outputs["X"])
                    for v in (place, next_place))
    centred = tree.get("FunctionNodeCombineMatrix", into={
        "Column 4 Row 1": (starts - ends) * 0.5, "Column 4 Row 2": -MIDDLE})
    text = tree.get("GeometryNodeSetInstanceTransform", into={"Instances": text, "Transform": centred})
    text = tree.get("GeometryNodeSetSplineResolution", into={0: text, "Resolution": CURVE})
    filled = tree.get("GeometryNodeFillCurve", into={"Curve": text})
    profile = tree.get("GeometryNodeCurvePrimitiveCircle", set={"mode": "RADIUS"},
                       into={"Resolution": 6, "Radius": STROKE})
    outline = tree.get("GeometryNodeCurveToMesh", into={"Curve": text, "Profile Curve": profile})
    tree.output(Fill=tree.get("GeometryNodeSetMaterial", into={"Geometry": filled, "Material": ink}),
                Line=tree.get("GeometryNodeSetMaterial", into={"Geometry": outline, "Material": edge}))
