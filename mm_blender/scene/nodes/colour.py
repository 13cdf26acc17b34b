"""The shader groups that make an element's colour from its level, by the rules of ``appearance.colour_at``: the
reference's hue scheme, and one for each colormap, which a person can edit as colour ramps. All have
the inputs of a course (``appearance.Course``), and Level, Highlight, Saturation, Hue Shift and Light Shift."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TYPE_CHECKING

import bpy

from ...colour import colormaps
from .builder import ensure, Socket, Tree

if TYPE_CHECKING:
    from .builder import Value

NAME = "mm Colour 2"
MAP = "mm Map 1 "  # and the map's name
POSITION, LINEAR = "mm Colour Position 1", "mm Colour Linear 1"  # parts: what a tree costs grows with its square


def build(cmap: str = colormaps.HUE) -> bpy.types.NodeTree:
    """The group of a colour map, or of the hue scheme."""
    if cmap == colormaps.HUE:
        return ensure(NAME, "ShaderNodeTree", _fill)
    return ensure((MAP + cmap)[:63], "ShaderNodeTree", lambda tree: _map(tree, cmap))


def is_ours(group: bpy.types.NodeTree | None) -> bool:
    """Whether a node group makes colours from levels; a copy that a person has edited under another name is theirs."""
    return group is not None and (group.name == NAME or group.name.startswith(MAP))


def _course(tree: Tree) -> tuple:
    decades = tree.input("Decades", "Float", 0.0, "0: in proportion; 1: by decades; 2: by decades, straight at zero")
    low = tree.input("Low", "Float", 0.0, "Share of the largest magnitude that is drawn smallest")
    knee = tree.input("Knee", "Float", 1.0, "Share of the largest magnitude from which decades are counted")
    start = tree.input("Start", "Float", -1.0,
                       "Where the colours start, as a share of the largest or in decades' units")
    end = tree.input("End", "Float", 1.0, "Where the colours end")
    return decades, low, knee, start, end


def _position(tree: Tree, level: Socket, course: tuple) -> Socket:
    """``appearance.Course.position``."""
    return tree.group(ensure(POSITION, "ShaderNodeTree", _fill_position), Level=level, **dict(zip(
        ("Decades", "Low", "Knee", "Start", "End"), course)))


def _fill_position(tree: Tree) -> None:
    level = tree.input("Level", "Float", 0.0, "Signed share of the range, -1 to 1")
    decades, low, knee, start, end = _course(tree)
    size = low + tree.math("MINIMUM", abs(level), 1.0) * (1.0 - low)
    counted = tree.math("LOGARITHM", tree.math("MAXIMUM", size / knee + (decades > 1.5), 1.0), 2.718281828459045)
    by = decades > 0.5
    bent = tree.math("SIGN", level) * (size * (1.0 - by) + counted * by)
    tree.output(Position=tree.math("DIVIDE", bent - start, end - start, clamp=True))


def _map(tree: Tree, cmap: str) -> None:
    level = tree.input("Level", "Float", 0.0, "Signed share of the range, -1 to 1")
    highlight = tree.input("Highlight", "Float", 0.0, "1 doubles the colour, as the reference does")
    saturation = tree.input("Saturation", "Float", 1.0, "1 is the map's own", 0.0, 1.0)
    shift = tree.input("Hue Shift", "Float", 0.0, "Added to every hue", -1.0, 1.0)
    lift = tree.input("Light Shift", "Float", 0.0, "Towards white (up to 1) or black", -1.0, 1.0)
    position = _position(tree, level, _course(tree))
    ramps = colormaps.ramps(cmap)
    along = position * float(len(ramps))
    color = None
    for part, stops in enumerate(ramps):
        here = along - float(part)
        ramp = tree.node("ShaderNodeValToRGB", into={0: here})
        _fill_ramp(ramp.color_ramp, stops, colormaps.find(cmap).stepped)
        ramped = Socket(tree, ramp.outputs[0])
        color = ramped if color is None else _mix(tree, here > 0.0, color, ramped)
    color = tree.get("ShaderNodeHueSaturation", into={
        "Color": color, "Hue": tree.math("FRACT", shift + 0.5), "Saturation": saturation})
    color = _mix(tree, tree.math("MAXIMUM", lift, 0.0), color, (1.0, 1.0, 1.0, 1.0))
    color = _mix(tree, tree.math("MAXIMUM", 0.0 - lift, 0.0), color, (0.0, 0.0, 0.0, 1.0))
    # twice the value on the screen is 2^2.2 times the light
    channels = tree.node("ShaderNodeSeparateColor", into={"Color": color})
    lit = [tree.math("MULTIPLY", Socket(tree, channel), 1.0 + highlight * 3.6, clamp=True)
           for channel in channels.outputs]
    tree.output(Color=tree.get("ShaderNodeCombineColor", into=dict(enumerate(lit))))


def _mix(tree: Tree, factor: Value, a: Value, b: Value) -> Socket:
    return tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={"Factor": factor, "A": a, "B": b})


def _fill_ramp(ramp: Any, stops: Sequence, stepped: bool) -> None:
    ramp.interpolation = "CONSTANT" if stepped else "LINEAR"
    for _ in range(len(stops) - len(ramp.elements)):
        ramp.elements.new(0.5)
    while len(ramp.elements) > len(stops):
        ramp.elements.remove(ramp.elements[-1])
    for element, (_, rgb) in zip(ramp.elements, stops):
        element.position, element.color = 0.0, (*rgb, 1.0)
    for index in reversed(range(len(stops))):  # from the last on, so that they stay in order
        ramp.elements[index].position = stops[index][0]


def _fill(tree: Tree) -> None:
    level = tree.input("Level", "Float", 0.0, "Signed share of the range, -1 to 1")
    highlight = tree.input("Highlight", "Float", 0.0, "1 doubles the colour, as the reference does")
    zero = tree.input("Zero Hue", "Float", 0.77, "Hue of zero, in turns", -10.0, 10.0)
    gap = tree.input("Hue Gap", "Float", 0.74, "Distance in hue of the two signs from zero", -10.0, 10.0)
    spread = tree.input("Hue Spread", "Float", 0.04, "Further distance of the largest magnitudes", -10.0, 10.0)
    dark = tree.input("Min Light", "Float", 0.4, "Lightness of the smallest magnitudes", 0.0, 1.0)
    bright = tree.input("Max Light", "Float", 0.7, "Lightness of the largest magnitudes", 0.0, 1.0)
    saturation = tree.input("Saturation", "Float", 1.0, "1 is the reference's; lower is calmer under lights", 0.0, 1.0)
    shift = tree.input("Hue Shift", "Float", 0.0, "Added to every hue", -1.0, 1.0)
    lift = tree.input("Light Shift", "Float", 0.0, "Added to every lightness", -1.0, 1.0)
    course = _course(tree)

    position = _position(tree, level, course) * 2.0 - 1.0
    level = level + (position - level) * (course[0] > 0.5)
    signed = tree.math("MAXIMUM", tree.math("MINIMUM", level, 1.0), -1.0)
    hue = tree.math("FRACT", zero + gap * tree.math("SIGN", level) + spread * signed + shift)
    low = tree.math("MAXIMUM", dark, 1e-5)
    span = tree.math("MAXIMUM", bright - low, 0.0)
    light = tree.math("ADD", low + span * tree.math("SQRT", abs(signed)), lift, clamp=True)

    hsl = tree.get("ShaderNodeCombineColor", set={"mode": "HSL"}, into={0: hue, 1: saturation, 2: light})
    channels = tree.node("ShaderNodeSeparateColor", into={"Color": hsl})
    linear = [_linear(tree, tree.math("MULTIPLY", Socket(tree, channel), 1.0 + highlight, clamp=True))
              for channel in channels.outputs]
    tree.output(Color=tree.get("ShaderNodeCombineColor", into=dict(enumerate(linear))))


def _linear(tree: Tree, c: Socket) -> Socket:
    """The sRGB curve undone: what the screen is to show becomes what the renderer needs."""
    return tree.group(ensure(LINEAR, "ShaderNodeTree", _fill_linear), Shown=c)


def _fill_linear(tree: Tree) -> None:
    c = tree.input("Shown", "Float", 0.0, "Of a channel, 0 to 1, by the curve of sRGB", 0.0, 1.0)
    straight = c / 12.92
    curved = tree.math("POWER", (c + 0.055) / 1.055, 2.4)
    tree.output(Linear=straight + (curved - straight) * (c > 0.04045))
