"""Colormaps: from a share of the way, 0 to 1, to a colour.

Ours go by ``mm:…``; all others are those of the package ``cmap`` (Crameri's, ColorBrewer's, matplotlib's …), which is
imported when one is asked for. ``hue`` is no map: it is the reference's scheme (``appearance.rules``). Colours are
sRGB. """
from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from .srgb import linear_to_srgb, srgb_to_linear

if TYPE_CHECKING:
    import cmap

AUTO, HUE = "auto", "hue"
# of looks; the rest have the reference's scheme
DEFAULTS = {"paper": "mm:paper", "studio": "mm:paper", "blueprint": "mm:blueprint"}
SIGNED = ("diverging", "cyclic")  # kinds that are centred at zero
RAMP = 32          # stops that a colour ramp of Blender holds
TOLERANCE = 0.35   # of colours between stops, in steps of L*a*b*, of which about 1 is visible
SEGMENTS = (1, 2, 3, 4, 6, 8)

Ramp = tuple[tuple[float, tuple[float, float, float]], ...]  # positions and linear colours


@dataclass(frozen=True)
class Map:
    """``stops``: positions (n,) from 0 to 1; ``colours`` (n, 3). Between stops straight in sRGB, or each up to the next
    if it is ``stepped``."""

    name: str
    kind: str
    stops: np.ndarray
    colours: np.ndarray
    stepped: bool = False

    @property
    def signed(self) -> bool:
        """Whether its middle stands for zero."""
        return self.kind in SIGNED

    def at(self, t: np.ndarray) -> np.ndarray:
        """Colours (…, 3) at shares ``t``."""
        t = np.clip(np.asarray(t, np.float64), 0, 1)
        if self.stepped:
            return self.colours[np.clip(np.searchsorted(self.stops, t, "right") - 1, 0, len(self.stops) - 1)]
        return np.stack([np.interp(t, self.stops, channel) for channel in self.colours.T], -1)


def default(look: str) -> str:
    """What ``auto`` stands for in a look."""
    return DEFAULTS.get(look, HUE)


def is_signed(name: str) -> bool:
    """Whether a map, or the reference's scheme, is centred at zero."""
    return name == HUE or find(name).signed


def check(name: str) -> None:
    """Raise ParameterError if there is no such map."""
    if name not in (AUTO, HUE):
        find(name)


def names() -> list[str]:
    """Of all maps, short ones where they are clear."""
    return [AUTO, HUE, *OURS, *sorted(_catalog().unique_keys(normalized_names=False), key=str.lower)]


def kinds() -> dict[str, str]:
    """By name, the kind of every map (``sequential``, ``diverging`` …)."""
    catalog = _catalog()
    return {name: "diverging" if name in (HUE, *OURS) else "" if name == AUTO else
            catalog[name].category or "sequential" for name in names()}


@lru_cache(maxsize=256)
def find(name: str) -> Map:
    """The map ``name``, reversed if it ends in ``_r``. Raises ParameterError."""
    base, turned = (name[:-2], True) if name.endswith("_r") else (name, False)
    if base in OURS:
        found = Map(name, "diverging", *OURS[base]())
    elif base.startswith("mm:"):
        raise ParameterError(f"there is no colormap {name!r}; ours are {', '.join(OURS)}")
    else:
        found = _from_catalog(name, base)
    if not turned:
        return found
    if found.stepped:
        return Map(name, found.kind, found.stops, found.colours[::-1], True)
    return Map(name, found.kind, 1 - found.stops[::-1], found.colours[::-1])


def _from_catalog(name: str, base: str) -> Map:
    catalog = _catalog(name)
    import cmap

    try:
        item = cmap.Colormap(catalog.resolve(base))
    except (KeyError, ValueError):
        known = [*catalog.short_keys(), *catalog.namespaced_keys(), HUE, *OURS]
        lower = {key.lower(): key for key in known}
        near = [lower[key] for key in difflib.get_close_matches(base.lower(), lower, 3)]
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see cmap-docs.readthedocs.io for all"
        raise ParameterError(f"there is no colormap {name!r}; {hint}") from None
    colours = np.asarray(item.color_stops.color_array, np.float64)[:, :3]
    if item.interpolation == "nearest":
        return Map(name, item.category or "qualitative", np.arange(len(colours)) / len(colours), colours, True)
    return Map(name, item.category or "sequential", np.asarray(item.color_stops.stops, np.float64), colours)


def _catalog(name: str = "") -> cmap.Catalog:
    try:
        import cmap
    except ImportError:
        raise ParameterError(f"the colormap {name!r} needs the package cmap (pip install cmap); without it there are "
                             f"{', '.join([HUE, *OURS])}") from None
    return cmap.Catalog()


# ---- ours: lightness is magnitude, hue is sign, in Oklab, in which steps look even; blue is positive, as in the
# reference's scheme, so that no look turns the signs round

def _two_sided(middle: float, ends: float, negative: float, positive: float, chroma: float,
               power: float) -> tuple[np.ndarray, np.ndarray]:
    """A diverging map from its lightness in the ``middle`` to that at its ``ends``; hues in degrees. ``power`` below 1
    sets small values off from none."""
    t = np.linspace(0, 1, 65)
    signed = 2 * t - 1
    size = np.abs(signed)
    light = middle + (ends - middle) * size ** power
    strength = chroma * np.sin(np.pi * np.clip(0.1 + 0.6 * size ** power, 0, 1)) * np.minimum(size * 20, 1)
    hue = np.radians(np.where(signed < 0, negative, positive))
    return t, oklab_to_srgb(np.stack([light, strength * np.cos(hue), strength * np.sin(hue)], -1))


OURS = {
    "mm:paper": lambda: _two_sided(0.86, 0.45, 45.0, 255.0, 0.160, 0.55),
    "mm:dark": lambda: _two_sided(0.36, 0.88, 60.0, 235.0, 0.135, 0.55),
    "mm:blueprint": lambda: _two_sided(0.52, 0.93, 70.0, 220.0, 0.115, 0.55),
}


def oklab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """Oklab (…, 3) to sRGB; what the screen cannot show is made paler until it can."""
    lab = np.array(lab, np.float64)
    to_lms = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
                       [1, -0.0894841775, -1.2914855480]])
    to_rgb = np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
                       [-0.0041960863, -0.7034186147, 1.7076147010]])
    for _ in range(60):
        linear = (lab @ to_lms.T) ** 3 @ to_rgb.T
        outside = ((linear < -1e-6) | (linear > 1 + 1e-6)).any(-1)
        if not outside.any():
            break
        lab[outside, 1:] *= 0.97
    return linear_to_srgb(np.minimum(linear, 1))


# ---- as Blender's colour ramps

@lru_cache(maxsize=64)
def ramps(name: str) -> tuple[Ramp, ...]:
    """The map as colour ramps, each over an equal part of it: stops of position (0 to 1 in it) and linear colour.

    Ramps are straight in linear light; stops are where that differs from the map by less than is visible.
    """
    found = find(name)
    if found.stepped:
        count = math.ceil(len(found.stops) / (RAMP - 1))
        return tuple(_steps(found, part / count, (part + 1) / count) for part in range(count))
    for count in SEGMENTS:
        fits = [_stops(found, part / count, (part + 1) / count) for part in range(count)]
        if all(good for _, good in fits):
            break
    return tuple(stops for stops, _ in fits)


def _steps(found: Map, low: float, high: float) -> Ramp:
    inside = [low, *(s for s in found.stops if low + 1e-9 < s < high - 1e-9)]
    return tuple((float((s - low) / (high - low)), _three(srgb_to_linear(found.at(s + 1e-9)))) for s in inside)


def _stops(found: Map, low: float, high: float) -> tuple[Ramp, bool]:
    """Stops for the map from ``low`` to ``high``, and whether they are enough."""
    t = np.linspace(0, 1, 1025)
    want = srgb_to_linear(found.at(low + t * (high - low)))
    target = _lab(want)
    chosen = [0, len(t) - 1]
    while True:
        got = np.stack([np.interp(t, t[chosen], channel[chosen]) for channel in want.T], -1)
        error = np.linalg.norm(_lab(got) - target, axis=-1)
        worst = int(error.argmax())
        if error[worst] <= TOLERANCE or len(chosen) == RAMP:
            break
        chosen = sorted({*chosen, worst})
    return tuple((float(t[at]), _three(want[at])) for at in chosen), bool(error[worst] <= TOLERANCE)


def _three(c: np.ndarray) -> tuple[float, float, float]:
    return float(c[0]), float(c[1]), float(c[2])


def _lab(linear: np.ndarray) -> np.ndarray:
    """Linear sRGB (…, 3) to CIE L*a*b* under D65."""
    xyz = linear @ np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                             [0.0193339, 0.1191920, 0.9503041]]).T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)
