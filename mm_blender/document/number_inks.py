"""Inks: whether a number on a cube is dark or light, by the level of its value."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..appearance.rules import colour_at, edge
from ..colour.srgb import srgb_to_linear
from ..expression.tree import Node
from .document import Document
from .light import contrast, Light, luminance

LEVELS = 65           # magnitudes, from the largest below zero to the largest above, that have an ink of their own
CLEAR = 3.0           # contrast that numbers need, as large letters do (WCAG 2)
PALE = 2.5            # by this much WCAG's contrast flatters dark letters on strong colours; and shadows fall on cubes


def inks(document: Document, node: Node, faces: Sequence[np.ndarray], light: Light,
         size: float) -> tuple[np.ndarray, np.ndarray]:
    """By the level of a value (LEVELS,) whether its number is dark, and whether it needs an edge of the other ink:
    against the ``faces`` of its cube that are seen (their normals) and, where that is smaller than the number, against
    the ground. ``size``: of the letters, in pitches."""
    scale, signed = document.scaling.scales[node.path], np.linspace(-1, 1, LEVELS)
    linear = srgb_to_linear(colour_at(signed, node.viz, document.scaling.courses[node.path]))
    seen = [light.on(linear, normal) for normal in faces]
    ground = float(luminance(light.ground))
    size_of = np.abs(signed) * scale.span + scale.low
    wide = edge(np.where(signed == 0, scale.low + 1e-9, size_of), scale, node.viz)
    inside = wide >= 1.6 * size  # of about three digits
    worst = []
    for ink in (0.0, 1.0):
        on_cube = np.min([contrast(ink, face) for face in seen], 0)
        worst.append(np.where(inside, on_cube, np.minimum(on_cube, contrast(ink, ground))))
    dark = worst[0] >= PALE * worst[1]
    return dark, np.where(dark, worst[0], worst[1]) < CLEAR
