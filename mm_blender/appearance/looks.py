"""Looks: light, ground and finish of a picture, in numbers."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sun:
    """A light from infinitely far, so that it suits every size. ``direction``: where it comes from, in the camera's
    right, up, backward; ``strength`` in W/m2; ``angle``: its apparent size in degrees (soft edges of shadows)."""

    name: str
    direction: tuple[float, float, float]
    strength: float
    angle: float
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Drawn:
    """Elements drawn as on a plan: edges of ``width`` (of the element's edge), as bright as the element's colour mixed
    with ``ink`` by ``inked``; the faces of the element's colour times ``face``, by their direction ``shade`` less."""

    ink: tuple[float, float, float]
    inked: float
    width: float
    face: float
    shade: float


@dataclass(frozen=True)
class Look:
    """What a look is made of: its light and ground, the colours of texts and lines (linear), the finish of elements."""

    lit: bool
    ground: tuple[float, float, float]      # colour behind everything, linear
    ambient: float                          # strength of the light that comes from everywhere
    suns: tuple[Sun, ...]
    line: float                             # brightness of guides at full setting
    text: tuple[float, float, float]
    left_vane: tuple[float, float, float, float]
    right_vane: tuple[float, float, float, float]
    saturation: float = 1.0                 # of the elements' colours; full ones glare under lights
    roughness: float = 0.5
    specular: float = 0.3
    glow: float = 0.05                      # a trace of emission keeps dark corners alive
    highlight_glow: float = 0.6
    accent: tuple[float, float, float] | None = None  # colour of highlighted elements, where brighter is not louder
    shadow: float = 0.0                     # darkness of the soft shadow on the ground that says where the whole stands
    drawn: Drawn | None = None              # elements with drawn edges
    guide: tuple[float, float, float] = (1.0, 1.0, 1.0)  # hue of guides, which ``line`` makes darker


_BLUE, _RED = (0.30, 0.58, 1.0), (1.0, 0.30, 0.30)  # the reference's arrow, linear
LOOKS = {
    "dark": Look(
        lit=True, ground=(0.0055, 0.0068, 0.0105), ambient=0.30,
        suns=(Sun("key", (0.25, 0.9, 0.55), 2.9, 6.0, (1.0, 0.97, 0.92)),
              Sun("fill", (-0.9, 0.1, 0.6), 0.7, 30.0, (0.75, 0.86, 1.0)),
              Sun("rim", (0.6, 0.3, -0.9), 1.2, 8.0, (0.85, 0.92, 1.0))),
        saturation=0.78, line=0.30, text=(0.82, 0.82, 0.92), left_vane=(*_BLUE, 0.75), right_vane=(*_RED, 0.75)),
    "paper": Look(
        lit=True, ground=(1.0, 1.0, 1.0), ambient=0.75,
        suns=(Sun("key", (0.25, 0.9, 0.55), 2.3, 8.0, (1.0, 0.98, 0.95)),
              Sun("fill", (-0.9, 0.1, 0.6), 0.5, 30.0, (0.85, 0.92, 1.0))),
        saturation=0.80, line=0.30, text=(0.012, 0.014, 0.022), left_vane=(0.10, 0.28, 0.75, 0.70),
        right_vane=(0.80, 0.10, 0.10, 0.70), glow=0.0, highlight_glow=0.25, accent=(1.0, 0.45, 0.0), shadow=0.55),
    "studio": Look(
        lit=True, ground=(0.42, 0.42, 0.43), ambient=0.62,
        suns=(Sun("key", (0.35, 0.85, 0.6), 2.1, 35.0, (1.0, 0.985, 0.96)),
              Sun("fill", (-0.9, 0.25, 0.5), 0.55, 60.0, (0.88, 0.94, 1.0)),
              Sun("rim", (-0.4, 0.5, -0.9), 0.8, 25.0)),
        saturation=0.78, line=0.30, text=(0.016, 0.017, 0.020), left_vane=(0.08, 0.22, 0.60, 0.75),
        right_vane=(0.62, 0.08, 0.08, 0.75), glow=0.0, highlight_glow=0.3, accent=(1.0, 0.42, 0.0), roughness=0.42,
        shadow=0.60),
    "blueprint": Look(
        lit=False, ground=(0.004, 0.032, 0.135), ambient=0.0, suns=(), line=0.75, text=(0.72, 0.84, 1.0),
        left_vane=(0.45, 0.75, 1.0, 0.45), right_vane=(1.0, 0.62, 0.45, 0.45), saturation=0.6,
        guide=(0.55, 0.78, 1.0), drawn=Drawn(ink=(0.80, 0.90, 1.0), inked=0.62, width=0.13, face=0.55, shade=0.45)),
    "flat": Look(
        lit=False, ground=(1.0, 1.0, 1.0), ambient=0.0, suns=(), line=0.35, text=(0.012, 0.014, 0.022),
        left_vane=(0.10, 0.28, 0.75, 0.70), right_vane=(0.80, 0.10, 0.10, 0.70)),
    "unlit": Look(
        lit=False, ground=(0.0, 0.0, 0.0), ambient=0.0, suns=(), line=1.0, text=(0.60, 0.60, 1.0),
        left_vane=(*_BLUE, 0.75), right_vane=(*_RED, 0.75)),
}
