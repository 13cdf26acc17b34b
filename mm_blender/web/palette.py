"""The palette: the colour maps that a page needs, each once."""
from __future__ import annotations

from dataclasses import dataclass

from ..colour import colormaps


@dataclass(frozen=True)
class LiveMap:
    """A colour map by its stops."""

    name: str
    stops: list[float]
    colours: list[float]
    stepped: bool
    signed: bool


class Palette:
    """The ``maps`` so far. What is no map, the scheme of hues, has no number."""

    def __init__(self) -> None:
        self.maps: list[LiveMap] = []

    def number(self, name: str) -> int | None:
        """Which one is called ``name``; it is added if it is new. Raises ParameterError where there is none."""
        if name == colormaps.HUE:
            return None
        for at, each in enumerate(self.maps):
            if each.name == name:
                return at
        found = colormaps.find(name)
        self.maps.append(LiveMap(name, found.stops.tolist(), found.colours.ravel().tolist(), found.stepped,
                                 found.signed))
        return len(self.maps) - 1
