"""Appearance: from a value to the size and the colour of its cube.

The rules are the reference's (bhosmer/mm, ``viz.js``, ``sizeFromData`` and ``colorFromData``): magnitude makes the
size (``sqrt``) and the lightness, sign and magnitude the hue. The same rules stand, as nodes, in ``objects/nodes``;
this module is their definition and what the tests compare them with.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .tree import MatMul, Node, Viz, nodes
from .values import Range

EDGE = 0.8  # edge of the largest cube at elem scale 1, in pitches


@dataclass(frozen=True)
class Scale:
    """Which magnitudes a matrix draws smallest (``low``) and largest (``high``)."""

    low: float
    high: float

    @property
    def span(self) -> float:
        return max(self.high - self.low, 0.0)


def global_absmax(tree: MatMul, ranges: dict[str, Range]) -> float:
    return max(ranges[node.path].absmax for node in nodes(tree))


def scale_of(node: Node, ranges: dict[str, Range], over_all: float, interior: bool = False) -> Scale:
    """The scale of a matrix by its sensitivity: ``global`` the whole expression's largest magnitude, ``local`` its
    own, ``semilocal`` their geometric mean, ``superlocal`` its own from its smallest (an interior plane of a sweep,
    ``interior``, counts as local there)."""
    own = ranges[node.path]
    kind = node.viz.sensitivity
    if kind == "global":
        return Scale(0.0, over_all)
    if kind == "semilocal":
        return Scale(0.0, float(np.sqrt(own.absmax * over_all)))
    return Scale(own.absmin if kind == "superlocal" and not interior else 0.0, own.absmax)


def level(x: np.ndarray, scale: Scale) -> np.ndarray:
    """Signed share of the scale, -1 to 1. Infinities are +-1, NaN stays."""
    x = np.asarray(x, np.float64)
    if scale.span == 0:
        return np.where(np.isinf(x), np.sign(x), np.where(np.isnan(x), x, 0.0))
    with np.errstate(invalid="ignore"):
        return np.sign(x) * np.clip((np.abs(x) - scale.low) / scale.span, 0, 1)


def edge(x: np.ndarray, scale: Scale, viz: Viz) -> np.ndarray:
    """Edge of each cube, in pitches. Zero is not drawn; NaN and infinities are drawn largest."""
    x = np.asarray(x, np.float64)
    share = np.where(np.isfinite(x), np.abs(level(x, scale)), 1.0)
    return np.where(x == 0, 0.0, EDGE * viz.elem_scale * (viz.min_size + (1 - viz.min_size) * np.sqrt(share)))


def srgb(x: np.ndarray, scale: Scale, viz: Viz) -> np.ndarray:
    """The colour that the screen shows for each finite value: sRGB 0 to 1, shape (..., 3)."""
    signed = level(x, scale)
    hue = (viz.zero_hue + viz.hue_gap * np.sign(x) + viz.hue_spread * signed) % 1.0
    low = max(viz.min_light, 1e-5)
    light = low + (max(viz.max_light, low) - low) * np.sqrt(np.abs(signed))
    return hsl_to_rgb(hue, light)


def hsl_to_rgb(hue: np.ndarray, light: np.ndarray) -> np.ndarray:
    """HSL at full saturation to RGB, (..., 3)."""
    chroma = 1 - np.abs(2 * light - 1)
    ramp = np.abs((hue[..., None] * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    return light[..., None] + chroma[..., None] * (np.clip(ramp, 0, 1) - 0.5)


def srgb_to_linear(c: np.ndarray) -> np.ndarray:
    c = np.clip(c, 0, None)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
