"""The shader group that makes an element's colour from its level, by the rule of ``appearance.srgb``."""
from __future__ import annotations

import bpy

from .builder import Socket, Tree, ensure

NAME = "mm Colour 1"


def build() -> bpy.types.NodeTree:
    return ensure(NAME, "ShaderNodeTree", _fill)


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
    straight = c / 12.92
    curved = tree.math("POWER", (c + 0.055) / 1.055, 2.4)
    return straight + (curved - straight) * (c > 0.04045)
