"""What is asked for of a picture or a movie: its size, how it is rendered, and which moment it shows."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..errors import RenderError
from ..options import ENGINES, QUALITIES
from ..plain import said
from .delivery import Delivery

SMALLEST, LARGEST = 4, 65536  # pixels each way that Blender renders
MOST_SAMPLES = 1 << 24        # that it takes


@dataclass(frozen=True)
class Moment:
    """What a still shows: ``at`` a step of the sweep, ``start``, ``end`` or ``now``, or a ``frame`` of the scene's;
    neither: the end of the sweep. Whether there is that step, ``moment.check`` says."""

    at: int | str | None = None
    frame: int | None = None


@dataclass(frozen=True)
class RenderSettings:
    """``size``: in pixels. ``samples``: the most that a pixel gets, None as ``quality`` has it. ``progress``: whether a
    bar or a line says how far it is. ``frames``: of a movie, the first and the last; None: all. ``alone``: without
    other visualizations of the scene. ``delivery``: of a movie. Raises RenderError for a picture that cannot be."""

    size: tuple[int, int] = (1600, 1000)
    samples: int | None = None
    engine: str = "cycles"
    quality: str = "final"
    progress: bool = False
    frames: tuple[int, int] | None = None
    moment: Moment = Moment()
    alone: bool = True
    delivery: Delivery = Delivery()

    def __post_init__(self) -> None:
        if not (isinstance(self.engine, str) and self.engine in ENGINES):
            raise RenderError(f"there is no engine {said(self.engine)}; known are {', '.join(ENGINES)}")
        if not (isinstance(self.quality, str) and self.quality in QUALITIES):
            raise RenderError(f"there is no quality {said(self.quality)}; known are {', '.join(QUALITIES)}")
        size, counts = self.size, [] if self.samples is None else [self.samples]
        if not (isinstance(size, (tuple, list)) and len(size) == 2
                and all(isinstance(n, int) and not isinstance(n, bool) for n in (*size, *counts))):
            raise RenderError(f"size must be two whole numbers of pixels and samples one, not {said(size)} and "
                              f"{said(self.samples)}")
        if not all(SMALLEST <= side <= LARGEST for side in size):
            raise RenderError(f"a picture has {SMALLEST} to {LARGEST} pixels each way, not {said(size[0])} x "
                              f"{said(size[1])}")
        if not all(1 <= count <= MOST_SAMPLES for count in counts):
            raise RenderError(f"a picture has 1 to {MOST_SAMPLES} samples a pixel, not {said(self.samples)}")
        object.__setattr__(self, "size", tuple(size))

    @property
    def aspect(self) -> float:
        """Width / height."""
        return self.size[0] / self.size[1]

    @property
    def told(self) -> dict[str, Any]:
        """What is remembered of it for files that are saved later."""
        return {"size": self.size, "samples": self.samples, "engine": self.engine, "quality": self.quality}

    def even(self) -> RenderSettings:
        """The same with an even width and height, each rounded up."""
        width, height = self.size
        return replace(self, size=(width + width % 2, height + height % 2))
