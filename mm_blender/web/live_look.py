"""What a page holds of a look: see ``manifest``."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..appearance.looks import LOOKS
from ..colour import colormaps
from ..colour.srgb import linear_to_srgb
from .palette import Palette

ALWAYS = ("dark", "paper")  # looks that every page has, beside its own


@dataclass(frozen=True)
class LiveDrawn:
    """Elements with drawn edges: ``appearance.looks.Drawn``."""

    ink: list[float]
    inked: float
    width: float
    face: float
    shade: float


@dataclass(frozen=True)
class LiveLook:
    """A look; colours are sRGB, light is linear, as in the render."""

    name: str
    dark: bool
    lit: bool
    ground: list[float]
    text: list[float]
    line: list[float]
    left_vane: list[float]
    right_vane: list[float]
    accent: list[float] | None
    saturation: float
    map: int | None
    ambient: float
    suns: list[list[float]]
    glow: float
    highlight_glow: float
    shadow: float
    drawn: LiveDrawn | None


def live_looks(own: str, palette: Palette) -> list[LiveLook]:
    """The look ``own`` of what is shown, and those that every page has besides."""
    return [live_look(name, palette) for name in dict.fromkeys((own, *ALWAYS))]


def live_look(name: str, palette: Palette) -> LiveLook:
    """What a page holds of the look ``name``."""
    look = LOOKS[name]
    vanes = [[*_screen(vane[:3]), vane[3]] for vane in (look.left_vane, look.right_vane)]
    return LiveLook(
        name=name, dark=sum(look.ground) < 1.0, lit=look.lit, ground=_screen(look.ground), text=_screen(look.text),
        line=_screen([look.line * hue for hue in look.guide]), left_vane=vanes[0], right_vane=vanes[1],
        accent=None if look.accent is None else _screen(look.accent), saturation=look.saturation,
        map=palette.number(colormaps.default(name)), ambient=look.ambient,
        suns=[[*sun.direction, sun.strength, *sun.color] for sun in look.suns], glow=look.glow,
        highlight_glow=look.highlight_glow, shadow=look.shadow,
        drawn=None if look.drawn is None else LiveDrawn(**{**asdict(look.drawn), "ink": list(look.drawn.ink)}))


def _screen(linear: Sequence[float]) -> list[float]:
    """A linear colour as a screen is sent it."""
    return [round(each, 6) for each in np.minimum(linear_to_srgb(np.array(linear)), 1.0).tolist()]
