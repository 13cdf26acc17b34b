"""The shader groups that say what elements are made of: what is read of an element, and the surface of each finish.

A material is then a few nodes: what is read, the colour (``colour``), the surface. Groups are read from where they are
kept (``group_cache``) and cost a material nothing, which writing their nodes one by one into each would.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...appearance.rules import INFINITE, MINUS_INFINITE, NAN
from .builder import ensure, Socket, Tree
from .cube_group import CORNER, INF_LEVEL, NAN_LEVEL

if TYPE_CHECKING:
    from .builder import Value

LIT, UNLIT, DRAWN = "lit", "unlit", "drawn"  # finishes
READ = "mm Element Read 1"


def read() -> bpy.types.NodeTree:
    """What an element's instance says or, where cubes are faces of one mesh, the mesh."""
    return ensure(READ, "ShaderNodeTree", _read)


def build(finish: str) -> bpy.types.NodeTree:
    """The surface of elements that are ``lit``, ``unlit`` or ``drawn`` with edges; what is no number is told apart."""
    return ensure(f"mm Surface {finish} 2", "ShaderNodeTree", lambda tree: _fill(tree, finish))


def flat() -> bpy.types.NodeTree:
    """A colour that needs no light and gives none: lines and texts are marks on the picture."""
    return ensure("mm Flat 1", "ShaderNodeTree", _fill_flat)


def _read(tree: Tree) -> None:
    tree.output(**{name.title().replace("_", " "): attribute(tree, name)
                   for name in ("level", "highlight", "hue_shift", "light_shift")})


def attribute(tree: Tree, name: str) -> Socket:
    """An attribute as a number (output 2, called Fac before 5.0): the sum of the instance's and the mesh's, since the
    one that is absent is 0."""
    of_instance, of_mesh = (tree.get("ShaderNodeAttribute", 2, set={"attribute_type": kind, "attribute_name": name})
                            for kind in ("INSTANCER", "GEOMETRY"))
    return of_instance + of_mesh


def _fill(tree: Tree, finish: str) -> None:
    color = tree.input("Color", "Color", (0.8, 0.8, 0.8, 1.0), "Of the element")
    level = tree.input("Level", "Float", 0.0, "Signed share of the range; beyond 1 what is no number")
    highlight = tree.input("Highlight", "Float", 0.0, "1 where an element is lit")
    color = accented(tree, color, highlight)
    if finish == DRAWN:
        plain = _drawn(tree, color)
    elif finish == UNLIT:
        plain = tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    else:
        shader = lit(tree, color, highlight)
        plain = Socket(tree, shader.outputs[0])
    odd = abs(level) > (1 + INF_LEVEL) / 2
    tree.output(Surface=mix(tree, odd, plain, _no_number(tree, level)))


def accented(tree: Tree, color: Socket, highlight: Socket) -> Socket:
    """``color``, or the accent's where an element is lit and there is an accent."""
    accent = tree.input("Accent", "Color", (1.0, 1.0, 1.0, 1.0), "Colour of lit elements")
    used = tree.input("Accented", "Float", 0.0, "1 where lit elements take the accent's colour", 0.0, 1.0)
    return tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
        "Factor": highlight * used, "A": color, "B": accent})


def lit(tree: Tree, color: Socket, highlight: Socket, kept: Socket | None = None,
        added: Socket | None = None) -> bpy.types.Node:
    """The node of a surface under lights, of the light on which it keeps ``kept`` (vector) and shines ``added``."""
    roughness = tree.input("Roughness", "Float", 0.5, "Of all elements", low=0.0, high=1.0)
    specular = tree.input("Specular", "Float", 0.3, "Specular IOR level", 0.0, 1.0)
    glow = tree.input("Glow", "Float", 0.05, "Emission that keeps dark corners alive", 0.0)
    more = tree.input("Highlight Glow", "Float", 0.6, "Emission of lit elements besides", 0.0)
    strength = glow + highlight * more
    base = tree.get("ShaderNodeVectorMath", set={"operation": "SCALE"}, into={0: color, "Scale": kept}) \
        if kept else color
    return tree.node("ShaderNodeBsdfPrincipled", into={
        "Base Color": base, "Roughness": roughness, "Emission Color": color,
        "Emission Strength": strength + added if added else strength, "Specular IOR Level": specular})


def _corner(tree: Tree) -> Socket:
    """Where a point is on its cube (of edge 1, around the origin): an instance's own space or, of a face, what its mesh
    says, which is nowhere 0 on a cube."""
    said = tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "GEOMETRY", "attribute_name": CORNER})
    there = tree.get("ShaderNodeVectorMath", "Value", set={"operation": "LENGTH"}, into={0: said}) > 0.0
    return tree.get("ShaderNodeMix", "Result", set={"data_type": "VECTOR"}, into={
        "Factor": there, "A": tree.get("ShaderNodeTexCoord", "Object"), "B": said})


def _no_number(tree: Tree, level: Socket) -> Socket:
    """What NaN (magenta and black squares) and infinities (white, +, or grey, -, and black squares) look like."""
    checker = tree.node("ShaderNodeTexChecker", into={"Scale": 3.0, "Color2": (0.0, 0.0, 0.0, 1.0),
                                                      "Vector": _corner(tree)})
    tree.put(checker.inputs["Color1"], odd_colour(tree, level > (INF_LEVEL + NAN_LEVEL) / 2, level < 0.0))
    return tree.get("ShaderNodeEmission", into={"Color": Socket(tree, checker.outputs["Color"]), "Strength": 1.0})


def odd_colour(tree: Tree, nan: Socket, negative: Socket, share: float = 1.0) -> Socket:
    """A ``share`` of the colour of what is no finite number: where it is ``nan``, ``negative``, or neither."""
    channels = list(zip(INFINITE, MINUS_INFINITE, NAN))
    made: dict[tuple[float, float, float], Socket] = {}
    for plus, minus, none in dict.fromkeys(channels):
        channel = share * plus - negative * (share * (plus - minus))
        made[plus, minus, none] = channel - nan * (share * (plus - none)) if none != plus else channel
    return tree.get("ShaderNodeCombineColor", into={at: made[each] for at, each in enumerate(channels)})


def _drawn(tree: Tree, color: Socket) -> Socket:
    """Faces in a flat tint, and the element's edges in ink: a point is near an edge of the cube (of edge 1, around the
    origin) where two of its coordinates are near a half."""
    ink = tree.input("Ink", "Color", (0.0, 0.0, 0.0, 1.0), "Of edges")
    inked = tree.input("Inked", "Float", 1.0, "Share of the ink in the colour of edges", 0.0, 1.0)
    width = tree.input("Edge Width", "Float", 0.05, "Of the element's edge", 0.0, 0.5)
    face = tree.input("Face", "Float", 1.0, "Brightness of faces", 0.0)
    shade = tree.input("Shade", "Float", 0.0, "How much darker faces are that look down", 0.0, 1.0)

    def rgb(factor: Value, a: Value, b: Value) -> Socket:
        return tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={"Factor": factor, "A": a, "B": b})

    xyz = tree.node("ShaderNodeSeparateXYZ", into={0: _corner(tree)})
    x, y, z = (abs(Socket(tree, output)) for output in xyz.outputs)
    least = tree.math("MINIMUM", tree.math("MINIMUM", x, y), z)
    most = tree.math("MAXIMUM", tree.math("MAXIMUM", x, y), z)
    second = x + y + z - least - most
    edge = second > 0.5 - width
    normal = tree.node("ShaderNodeSeparateXYZ", into={0: tree.get("ShaderNodeNewGeometry", "True Normal")})
    light = 1.0 - (1.0 - Socket(tree, normal.outputs[2])) * (shade * 0.5)
    tint = tree.get("ShaderNodeVectorMath", set={"operation": "SCALE"}, into={0: color, "Scale": light * face})
    return tree.get("ShaderNodeEmission", into={"Color": rgb(edge, tint, rgb(inked, color, ink)), "Strength": 1.0})


def _fill_flat(tree: Tree) -> None:
    color = tree.input("Color", "Color", (1.0, 1.0, 1.0, 1.0), "As it is seen, whatever the light")
    opacity = tree.input("Opacity", "Float", 1.0, "0 is nothing", low=0.0, high=1.0)
    shader = tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")  # it throws no shadow and lights nothing
    tree.output(Surface=mix(tree, seen * opacity, tree.get("ShaderNodeBsdfTransparent"), shader))


def mix(tree: Tree, factor: Value, first: Socket, second: Socket) -> Socket:
    """The shader ``first``, or ``second`` where ``factor`` is 1."""
    node = tree.node("ShaderNodeMixShader", into={0: factor})
    tree.put(node.inputs[1], first)
    tree.put(node.inputs[2], second)
    return Socket(tree, node.outputs[0])
