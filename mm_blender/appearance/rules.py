"""Appearance: from a value to the size and the colour of its cube.

The rules are the reference's (bhosmer/mm, ``viz.js``, ``sizeFromData`` and ``colorFromData``): magnitude makes the
size (``sqrt``) and the lightness, sign and magnitude the hue. The same rules stand, as nodes, in ``scene/nodes``;
this module is their definition and what the tests compare them with. Beside the reference's hue scheme there are
colormaps (``colormaps``): diverging ones with zero in their middle and the scale's largest magnitude at both ends,
sequential ones from the least to the greatest value; a range may be fixed (``vmin``, ``vmax``) and run by decades
(``norm``), which changes colours and not sizes.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..colour import colormaps
from ..colour.srgb import hsl_to_rgb, linear_to_srgb
from ..expression.tree import MatMul, Node, nodes, Viz
from ..values.compute import Range

EDGE = 0.8  # edge of the largest cube at elem scale 1, in pitches
# Linear RGB of what is no finite number, whatever the map; where there is room it is chequered with black
NAN, INFINITE, MINUS_INFINITE = (1.0, 0.0, 1.0), (1.0, 1.0, 1.0), (0.25, 0.25, 0.25)


class Sizes(Protocol):
    """What sizes depend on beside a scale: ``Viz`` has it."""

    @property
    def elem_scale(self) -> float:
        """Edge of the largest cube, where ``EDGE`` is 1."""

    @property
    def min_size(self) -> float:
        """Edge of the smallest cube, where that of the largest is 1."""


class Hues(Protocol):
    """What colours depend on beside a course: ``Viz`` has it, and ``Colours``."""

    @property
    def cmap(self) -> str:
        """The map; the hues, 0 to 1, and lights are those of the scheme without one."""

    @property
    def zero_hue(self) -> float:
        """Hue in the middle between negative and positive."""

    @property
    def hue_gap(self) -> float:
        """From there to the least of either sign."""

    @property
    def hue_spread(self) -> float:
        """From the least to the largest of either sign."""

    @property
    def min_light(self) -> float:
        """Light of the least."""

    @property
    def max_light(self) -> float:
        """Light of the largest."""


@dataclass(frozen=True)
class Scale:
    """Which magnitudes a matrix draws smallest (``low``) and largest (``high``)."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """How far the magnitudes of the scale lie apart, 0 at least."""
        return max(self.high - self.low, 0.0)


def global_absmax(tree: MatMul, ranges: dict[str, Range]) -> float:
    """The largest magnitude of all matrices of an expression."""
    return max(ranges[node.path].absmax for node in nodes(tree))


def scale_of(node: Node, ranges: dict[str, Range], over_all: float, interior: bool = False) -> Scale:
    """The scale of a matrix by its sensitivity: ``global`` the whole expression's largest magnitude, ``local`` its
    own, ``semilocal`` their geometric mean, ``superlocal`` its own from its smallest (an interior plane of a sweep,
    ``interior``, counts as local there). ``vmin`` and ``vmax`` fix the largest magnitude."""
    own = ranges[node.path]
    kind = node.viz.sensitivity
    if kind == "global":
        scale = Scale(0.0, over_all)
    elif kind == "semilocal":
        scale = Scale(0.0, float(np.sqrt(own.absmax * over_all)))
    else:
        scale = Scale(own.absmin if kind == "superlocal" and not interior else 0.0, own.absmax)
    fixed = _fixed(node.viz, scale.high)
    return scale if fixed is None else Scale(min(scale.low, fixed), fixed)


def _fixed(viz: Viz, high: float) -> float | None:
    """The largest magnitude that is drawn apart where ``vmin`` or ``vmax`` says so. Where zero is in the middle either
    one does; else both ends must be given to be less than ``high``. Under ``log`` vmin is the least magnitude."""
    given = [abs(end) for end in (None if viz.norm == "log" else viz.vmin, viz.vmax) if end is not None]
    if not given:
        return None
    whole = len(given) == 2 or viz.norm == "log" or colormaps.is_signed(viz.cmap)
    return max(given) if whole else max(*given, high)


@dataclass(frozen=True)
class Span:
    """The finite values of a matrix: least and greatest, and the least magnitude above zero."""

    least: float
    greatest: float
    small: float

    def __or__(self, other: Span) -> Span:
        smalls = [small for small in (self.small, other.small) if small > 0]
        return Span(min(self.least, other.least), max(self.greatest, other.greatest), min(smalls, default=0.0))


def span_of(x: np.ndarray, percentile: float = 100.0) -> Span:
    """Of values; all but the outermost if ``percentile`` is below 100."""
    x = np.asarray(x)
    x = x[np.isfinite(x)]
    if not x.size:
        return Span(0.0, 0.0, 0.0)
    some = np.abs(x[x != 0])
    ends = (x.min(), x.max()) if percentile == 100 else np.percentile(x.astype(np.float64), (
        100 - percentile, percentile))
    return Span(float(ends[0]), float(ends[1]), float(some.min()) if some.size else 0.0)


@dataclass(frozen=True)
class Course:
    """How a level runs through its map. A level is first made a signed share u of the largest magnitude
    (``low``: the share that is drawn smallest), then, if ``decades`` is not 0, sign(u) * log(|u| / knee), from 0 (1) or
    with 1 added to |u| / knee (2); ``start`` and ``end`` of that are the ends of the map."""

    decades: int = 0
    low: float = 0.0
    knee: float = 1.0
    start: float = -1.0
    end: float = 1.0

    def bend(self, u: np.ndarray | float) -> np.ndarray:
        """Signed shares of the largest magnitude as ``start`` and ``end`` count them."""
        u = np.asarray(u, np.float64)
        if not self.decades:
            return u
        size = np.abs(u) / self.knee + (self.decades == 2)
        return np.sign(u) * np.log(np.maximum(size, 1.0))

    def position(self, signed: np.ndarray) -> np.ndarray:
        """Share of the map's way, 0 to 1, of a level."""
        u = np.sign(signed) * (self.low + np.abs(signed) * (1 - self.low))
        return np.clip((self.bend(u) - self.start) / (self.end - self.start), 0, 1)


SYMLOG_KNEE = 1e-3  # share of the largest magnitude below which symlog is straight
DECADES = 1e-6      # the least share of the largest magnitude that log tells apart


def course_of(viz: Viz, scale: Scale, span: Span | None = None) -> Course:
    """The course of a matrix' colours. ``span``: of the values that its colours are for, which signed maps need only
    under ``log``."""
    signed, high = colormaps.is_signed(viz.cmap), scale.high or 1.0
    decades = ("linear", "log", "symlog").index(viz.norm)
    if signed and not decades:
        return Course()
    span = span or Span(-high, high, 0.0)
    least, greatest = (end if given is None else given for end, given in
                       ((span.least, viz.vmin), (span.greatest, viz.vmax)))
    knee = SYMLOG_KNEE
    if decades == 1:
        knee = viz.vmin if viz.vmin is not None else span.small if signed or least <= 0 else least
        knee = float(np.clip(knee / high, DECADES, 0.999))
    free = Course(decades, scale.low / high, knee)
    if signed:
        end = float(free.bend(1.0))
        start = -end
    else:
        start, end = (float(free.bend(share / high)) for share in (least, greatest))
        if decades == 1:
            start = max(start, 0.0)
        if end <= start:
            end = start + 1e-6
    return Course(decades, *(float(f"{x:.9g}") for x in (free.low, knee, start, end)))


def level(x: np.ndarray, scale: Scale) -> np.ndarray:
    """Signed share of the scale, -1 to 1. Infinities are +-1, NaN stays."""
    x = np.asarray(x, np.float64)
    if scale.span == 0:
        return np.where(np.isinf(x), np.sign(x), np.where(np.isnan(x), x, 0.0))
    with np.errstate(invalid="ignore"):
        return np.sign(x) * np.clip((np.abs(x) - scale.low) / scale.span, 0, 1)


def edge(x: np.ndarray, scale: Scale, viz: Sizes) -> np.ndarray:
    """Edge of each cube, in pitches. Zero is not drawn; NaN and infinities are drawn largest."""
    x = np.asarray(x, np.float64)
    share = np.where(np.isfinite(x), np.abs(level(x, scale)), 1.0)
    return np.where(x == 0, 0.0, EDGE * viz.elem_scale * (viz.min_size + (1 - viz.min_size) * np.sqrt(share)))


def srgb(x: np.ndarray, scale: Scale, viz: Viz, span: Span | None = None) -> np.ndarray:
    """The colour that the screen shows for each value: sRGB 0 to 1, shape (..., 3). ``span``: see ``course_of``."""
    return painted(x, scale, viz, course_of(viz, scale, span))


def painted(x: np.ndarray, scale: Scale, viz: Hues, course: Course) -> np.ndarray:
    """The same, by its course."""
    finite = np.isfinite(x)
    colours = colour_at(np.where(finite, level(x, scale), 0.0), viz, course)
    if not finite.all():
        for which, colour in ((np.isnan(x), NAN), (np.isposinf(x), INFINITE), (np.isneginf(x), MINUS_INFINITE)):
            colours[which] = linear_to_srgb(np.array(colour))
    return colours


def colour_at(signed: np.ndarray, viz: Hues, course: Course = Course()) -> np.ndarray:
    """Colours (..., 3), sRGB, of levels."""
    if viz.cmap != colormaps.HUE:
        return colormaps.find(viz.cmap).at(course.position(signed))
    if course.decades:
        signed = 2 * course.position(signed) - 1
    hue = (viz.zero_hue + viz.hue_gap * np.sign(signed) + viz.hue_spread * signed) % 1.0
    low = max(viz.min_light, 1e-5)
    light = low + (max(viz.max_light, low) - low) * np.sqrt(np.abs(signed))
    return hsl_to_rgb(hue, light)
