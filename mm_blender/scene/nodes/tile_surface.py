"""The shader groups of what a tile looks like: the surface of the cube that was met, and of all of them from afar."""
from __future__ import annotations

import bpy

from . import surface
from .builder import ensure, Socket, Tree
from .tile_group import vec, xyz
from .tile_shader import ADDED, KEPT, MEAN, own

MET = {  # inputs, outputs of ``met``
    "Highlight": "1 where the element is lit", "Number": "1 where its value is a number",
    "Sign": "Of its value; between the two signs what is no number", "Normal": "Of the face, in the world",
    "Facing": "Axis that the face lies across", "Side": "Side of each axis that is seen",
    "Hit": "1 where an element was met", "Density": "Share of what comes from afar that elements cover"}


def build(finish: str) -> bpy.types.NodeTree:
    """The surface of a tile that is ``lit`` or ``unlit`` (``surface``)."""
    return ensure(f"mm Tile Surface {finish} 2", "ShaderNodeTree", lambda tree: _fill(tree, finish == surface.LIT))


def _fill(tree: Tree, under_lights: bool) -> None:
    color, positive, negative = (tree.input(name, "Color", (0.8, 0.8, 0.8, 1.0), said) for name, said in (
        ("Color", "Of the element that was met"), ("Positive", "Mean colour of positive elements"),
        ("Negative", "Mean colour of negative elements")))
    given = {name: tree.input(name, "Vector" if name in ("Normal", "Facing", "Side") else "Float", description=said)
             for name, said in MET.items()}
    color = surface.accented(tree, color, given["Highlight"])
    if under_lights:
        table = {name: _of_face(tree, of, given) for name, of in (("kept", KEPT), ("added", ADDED))}
        shader = surface.lit(tree, color, given["Highlight"], **table)
        tree.put(shader.inputs["Normal"], given["Normal"])
        number = Socket(tree, shader.outputs[0])
    else:
        number = tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    odd = tree.get("ShaderNodeEmission", into={"Color": _no_number(tree, given["Sign"]), "Strength": 1.0})
    transparent = tree.get("ShaderNodeBsdfTransparent")
    seen = surface.mix(tree, given["Hit"], transparent, surface.mix(tree, given["Number"], odd, number))
    # what light meets that does not come to the camera at once: the colours and the density on average
    far = surface.mix(tree, given["Density"], transparent, _far(tree, positive, negative, under_lights))
    camera = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    tree.output(Surface=surface.mix(tree, camera, far, seen))


def _of_face(tree: Tree, table: tuple[str, str], given: dict[str, Socket]) -> Socket:
    """Of a table by side and axis (``shading.Shade``), the number of the face that is seen: ``kept``, the share of the
    renderer's light, or ``added``, light that the renderer leaves out."""
    middle, half = (own(tree, name) for name in table)
    return vec(tree, "DOT_PRODUCT", given["Facing"], vec(tree, "MULTIPLY_ADD", given["Side"], half, middle))


def _far(tree: Tree, positive: Socket, negative: Socket, under_lights: bool) -> Socket:
    """A surface of the mean colours of both signs, by how much there is of them."""
    share = xyz(tree, own(tree, MEAN))[2]
    color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
        "Factor": share, "A": negative, "B": positive})
    if under_lights:
        return tree.get("ShaderNodeBsdfDiffuse", into={"Color": color})
    return tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})


def _no_number(tree: Tree, sign: Socket) -> Socket:
    """The colour of what is no number: as the chequers of cubes, from afar."""
    return surface.odd_colour(tree, abs(sign) < 0.05, sign < -0.05, 0.5)
