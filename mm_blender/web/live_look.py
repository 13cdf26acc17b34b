"""What a page holds of a look: see ``manifest``."""
from __future__ import annotations

from dataclasses import dataclass


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
