"""Options: what a visualization depends on besides its parameters and data."""
from __future__ import annotations

import os
from dataclasses import dataclass, fields

from .errors import ParameterError

KINDS = ("absmax", "mean", "rms", "none")  # of reduction

AUTO, INSTANCES, TILES, FACES = REPRESENTATIONS = ("auto", "instances", "tiles", "faces")
LOOKS = ("dark", "paper", "studio", "blueprint", "flat", "unlit")
PROJECTIONS = ("auto", "perspective", "orthographic", "isometric", "cabinet")
ORTHOGRAPHIC_LOOKS = ("flat",)
QUALITIES = ("draft", "final")
ENGINES = ("cycles", "eevee", "workbench")


@dataclass(frozen=True)
class Options:
    """See ``visualize`` for what each is. Raises ParameterError for one that cannot be."""

    assets: str | None = None
    seed: int = 0
    animate: bool = True
    frames_per_step: float = 4
    duration: float | None = None
    smooth: bool = True
    representation: str = "auto"
    look: str = "dark"
    online: bool = False
    projection: str = "auto"
    transparent: bool = False
    keys: bool = False
    reduce: str = "absmax"
    cells: int | None = None

    def __post_init__(self):
        if self.assets is not None:
            object.__setattr__(self, "assets", os.fspath(self.assets))
        for value, known, what in ((self.look, LOOKS, "look"),
                                   (self.representation, REPRESENTATIONS, "representation"),
                                   (self.reduce, KINDS, "reduction"),
                                   (self.projection, PROJECTIONS, "projection")):
            if value not in known:
                raise ParameterError(f"there is no {what} {value!r}; known are {', '.join(known)}")
        for value, what in ((self.frames_per_step, "frames_per_step"), (self.duration, "duration")):
            if value is not None and not (isinstance(value, (int, float)) and 0 < value < 1e6):
                raise ParameterError(f"{what} must be a number above 0, not {value!r}")
        if self.cells is not None and (isinstance(self.cells, bool) or not isinstance(self.cells, int)
                                       or self.cells < 1):
            raise ParameterError(f"cells must be a whole number above 0, not {self.cells!r}")

    @property
    def camera_kind(self) -> str:
        """``projection``, or what suits the look."""
        if self.projection != "auto":
            return self.projection
        return "orthographic" if self.look in ORTHOGRAPHIC_LOOKS else "perspective"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))
