"""The group that writes a running sum beside the element that a sweep is making, as the scene's camera sees it.

All texts of all steps lie in the points of its own object, one point a letter and one a plate, where their element is;
it shows those that belong to where the sweep's playhead is. That object lies in the frame of the matrix.
"""
from __future__ import annotations

import bpy

from .. import compat
from ..blender_types import set_default
from .builder import ensure, Socket, Tree
from .cursor import CLOSE

LIFT = 2.6      # pitches that it stands before its element, towards the eye: numbers on cubes are behind it
BESIDE = 0.78   # pitches between the middle of the element and the plate below it
HIGH = 1.6      # height of the plate, in sizes of the letters
MARGIN = 0.45   # beside the letters, in the same
BORDER = 0.06   # width of the plate's border
EDGE = 0.98     # of half the picture's height, below which no plate reaches
CURVE = 5       # points for each piece of a letter's outline
FIRST, UNTIL, GLYPH, PEN, RISE, SCALE, WIDTH = "first", "until", "glyph", "pen", "rise", "scale", "width"
PLATE = -1      # the glyph that is none


def build(font: bpy.types.VectorFont, box: float) -> bpy.types.NodeTree:
    """The group whose letters are those of ``font``, which Blender scales to a ``box`` of that height in em."""
    return ensure(f"mm Sum 2 {font.name}"[:60], "GeometryNodeTree", lambda tree: _fill(tree, font, box))


def _fill(tree: Tree, font: bpy.types.VectorFont, box: float) -> None:
    given = tree.input("Geometry", "Geometry", description="Points: the letters of all texts, at their elements")
    letters = tree.input("Letters", "String", "", "The letters that there are, which 'glyph' counts through")
    head = tree.input("Playhead", "Object", description="Empty whose location x tells which text is shown")
    size = tree.input("Size", "Float", 0.02, "Size of the letters a metre before the camera, where it is not fixed",
                      low=0.0)
    fixed = tree.input("Fixed Size", "Float", 0.0, "Size of the letters, wherever the camera is", low=0.0,
                       subtype="DISTANCE")
    parallel = tree.input("Parallel", "Bool", False, "Whether the camera sees all along one direction")
    half = tree.input("Half Width", "Float", 0.5, "Of the picture a metre before the camera, or anywhere", low=0.0)
    half_high = tree.input("Half Height", "Float", 0.3, "Of the part of the picture there that sums may be in", low=0.0)
    pitch = tree.input("Pitch", "Float", 0.1, "Distance between neighbouring elements", low=0.0, subtype="DISTANCE")
    ink = tree.input("Ink", "Material", description="Of the letters, and of the border")
    ground = tree.input("Ground", "Material", description="Of the plate behind them")

    at = tree.get("GeometryNodeObjectInfo", "Location", into={"Object": head})
    now = _axes(tree, at)[0] + CLOSE
    shown = tree.both(tree.compare("GREATER_EQUAL", now, tree.attribute(FIRST)),
                      tree.compare("LESS_THAN", now, tree.attribute(UNTIL)))
    points = tree.get("GeometryNodeDeleteGeometry", set={"mode": "ALL", "domain": "POINT"},
                      into={"Geometry": given, "Selection": tree.negate(shown)})
    right, up, back, place, location = _camera(tree)
    position = tree.get("GeometryNodeInputPosition")
    to_eye = _vector(tree, "NORMALIZE", _vector(tree, "SUBTRACT", location, position))
    to_eye = tree.switch(parallel, to_eye, back, "VECTOR")
    before = _vector(tree, "ADD", position, _scaled(tree, to_eye, pitch * LIFT))
    view = tree.get("FunctionNodeInvertMatrix", into={"Matrix": place})
    x, y, z = _axes(tree, tree.get("FunctionNodeTransformPoint", into={"Vector": before, "Transform": view}))
    depth = tree.math("MAXIMUM", z * -1.0, 1e-6)
    away = tree.switch(parallel, depth, 1.0)
    size_here = tree.switch(tree.compare("GREATER_THAN", fixed, 0.0), size * away, fixed)
    # at the left edge of the picture a text begins at its element, at the right edge it ends there
    share = tree.math("MULTIPLY_ADD", tree.math("DIVIDE", x, half * away), 0.5, 0.5, clamp=True)
    # the line stands below its element, but no lower than the picture has room for the plate
    lowest = half_high * away * -EDGE - y + size_here * (HIGH / 2)
    offset = tree.math("MAXIMUM", pitch * -BESIDE - size_here * HIGH, lowest)
    # of the element, to which all letters of a text look: kept before they are moved
    for name, value in (("font", size_here), ("share", share), ("offset", offset)):
        points = tree.store(points, name, value)
    points = tree.get("GeometryNodeSetPosition", into={"Geometry": points, "Position": before})
    font_size = tree.attribute("font")
    along = font_size * (tree.attribute(PEN) - tree.attribute(WIDTH) * tree.attribute("share"))
    moved = _vector(tree, "ADD", _scaled(tree, right, along),
                    _scaled(tree, up, tree.attribute("offset") + font_size * tree.attribute(RISE)))
    points = tree.get("GeometryNodeSetPosition", into={"Geometry": points, "Offset": moved})
    turn = tree.get("FunctionNodeAxesToRotation", set={"primary_axis": "X", "secondary_axis": "Y"},
                    into={"Primary Axis": right, "Secondary Axis": up})
    glyph = tree.attribute(GLYPH, "INT")
    joined = tree.node("GeometryNodeJoinGeometry")

    def put(shape: Socket, material: Socket, on: Socket, behind: float, scale: Socket, plates: bool) -> None:
        there = tree.compare("LESS_THAN" if plates else "GREATER_EQUAL", glyph, 0, "INT")
        moved = tree.get("GeometryNodeSetPosition", into={"Geometry": on, "Offset": _scaled(
            tree, back, font_size * -behind)})
        drawn = tree.get("GeometryNodeSetMaterial", into={"Geometry": shape, "Material": material})
        tree.put(joined.inputs[0], tree.get("GeometryNodeInstanceOnPoints", into={
            "Points": moved, "Selection": there, "Instance": drawn, "Rotation": turn, "Scale": scale,
            **({} if plates else {"Pick Instance": True, "Instance Index": glyph})}))

    quad = tree.get("GeometryNodeMeshGrid", into={"Size X": 1.0, "Size Y": 1.0, "Vertices X": 2, "Vertices Y": 2})
    for more, material, behind in ((2 * BORDER, ink, 0.04), (0.0, ground, 0.02)):
        put(quad, material, points, behind, tree.get("ShaderNodeCombineXYZ", into={
            0: font_size * (tree.attribute(WIDTH) + 2 * MARGIN + more), 1: font_size * (HIGH + more), 2: 1.0}), True)
    put(_letters(tree, letters, font, box), ink, points, 0.0, _scaled(
        tree, tree.get("ShaderNodeCombineXYZ", into={0: 1.0, 1: 1.0, 2: 1.0}), font_size * tree.attribute(SCALE)),
        False)
    tree.output(Geometry=Socket(tree, joined.outputs[0]))


def _letters(tree: Tree, letters: Socket, font: bpy.types.VectorFont, box: float) -> Socket:
    """The letters as filled shapes, one instance each, that begin on the line at their origin."""
    node = tree.node("GeometryNodeStringToCurves", into={"String": letters})
    compat.set_letters_font(node, font)
    set_default(node.inputs["Size"], box)
    curves = Socket(tree, node.outputs["Curve Instances"])
    curves = tree.get("GeometryNodeSetInstanceTransform", into={
        "Instances": curves, "Transform": tree.get("FunctionNodeCombineMatrix")})
    return tree.get("GeometryNodeFillCurve", into={"Curve": tree.get(
        "GeometryNodeSetSplineResolution", into={0: curves, "Resolution": CURVE})})


def _camera(tree: Tree) -> tuple[Socket, Socket, Socket, Socket, Socket]:
    """Of the scene's camera: to its right, upwards, backwards; its transform; where it is."""
    camera = tree.node("GeometryNodeObjectInfo", set={"transform_space": "RELATIVE"},
                       into={"Object": tree.get("GeometryNodeInputActiveCamera")})
    place = Socket(tree, camera.outputs["Transform"])
    right, up, back = (_vector(tree, "NORMALIZE", tree.get("FunctionNodeTransformDirection", into={
        "Direction": axis, "Transform": place})) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    return right, up, back, place, Socket(tree, camera.outputs["Location"])


def _axes(tree: Tree, vector: Socket) -> list[Socket]:
    node = tree.node("ShaderNodeSeparateXYZ", into={"Vector": vector})
    return [Socket(tree, node.outputs[axis]) for axis in "XYZ"]


def _vector(tree: Tree, operation: str, *vectors: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": operation}, into=dict(enumerate(vectors)))


def _scaled(tree: Tree, vector: Socket, by: Socket) -> Socket:
    return tree.get("ShaderNodeVectorMath", "Vector", set={"operation": "SCALE"}, into={0: vector, "Scale": by})
