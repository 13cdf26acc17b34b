"""Options: what a visualization depends on besides its parameters and data."""
from __future__ import annotations

import re
from dataclasses import dataclass, fields

from . import digits
from .errors import ParameterError
from .limits import limits
from .plain import choice, fault_of_text, flag, is_number, path_text, plain, said, whole

KINDS = ("absmax", "mean", "rms", "none")  # of reduction

AUTO, INSTANCES, TILES, FACES = REPRESENTATIONS = ("auto", "instances", "tiles", "faces")
LOOKS = {
    "dark": "lit elements on a dark ground",
    "paper": "lit elements on white, as for print",
    "studio": "soft light on a neutral grey ground",
    "blueprint": "drawn edges on deep blue",
    "flat": "exactly the colours that the values stand for, seen without perspective",
    "unlit": "exactly the colours that the values stand for, without light or shade",
}
PROJECTIONS = ("auto", "perspective", "orthographic", "isometric", "cabinet")
ORTHOGRAPHIC_LOOKS = ("flat",)
LETTERINGS = ("beside", "planes", "none")
QUALITIES = ("preview", "draft", "final")
ENGINES = ("cycles", "eevee", "workbench")
LARGEST_SEED = 2 ** 64 - 1
PACES = ("slow, then faster", "fast, then slower", "slow", "steady", "fast", "at once")
MOST_PACES = 64  # numbers of a list of them
LONGEST_STEP = 86_400.0  # frames
FPS = 24  # frames a second of movies, where no scene says another number
LEAST_FPS, MOST_FPS = 1, 240


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
    strict: bool = False
    name: str | None = None
    lettering: str = "beside"
    numbers: bool | str = False
    sums: bool | str = False
    story: str | None = None
    arcs: int | None = None
    show: str | None = None
    fps: float | None = None
    pace: float | tuple[float, ...] | str | None = None

    def __post_init__(self) -> None:
        for name in self.names():
            object.__setattr__(self, name, plain(getattr(self, name)))
        if self.assets is not None:
            object.__setattr__(self, "assets", path_text(self.assets, "assets"))
        for value, known, what in ((self.look, LOOKS, "look"),
                                   (self.representation, REPRESENTATIONS, "representation"),
                                   (self.reduce, KINDS, "reduction"),
                                   (self.projection, PROJECTIONS, "projection"),
                                   (self.lettering, LETTERINGS, "lettering")):
            choice(value, known, what)
        for name in ("animate", "smooth", "online", "transparent", "keys", "strict"):
            object.__setattr__(self, name, flag(getattr(self, name), name))
        object.__setattr__(self, "numbers", digits.asked(self.numbers))
        if not isinstance(self.sums, str) or not self.sums.strip():
            object.__setattr__(self, "sums", flag(self.sums, "sums"))
        object.__setattr__(self, "seed", whole(self.seed, "seed", 0, LARGEST_SEED))
        for pace, what in ((self.frames_per_step, "frames_per_step"), (self.duration, "duration")):
            if pace is None and what == "duration":
                continue
            if pace is None or not is_number(pace) or not 0 < pace < 1e6:
                raise ParameterError(f"{what} must be a number above 0 and below 1e6, not {said(pace)}")
        if self.pace is not None:
            object.__setattr__(self, "pace", pace_of(self.pace, "pace"))
            if self.frames_per_step != Options.frames_per_step:
                raise ParameterError("pace says how long each step takes, and so does frames_per_step: leave one out")
        if self.fps is not None and not (is_number(self.fps) and LEAST_FPS <= self.fps <= MOST_FPS):
            raise ParameterError(f"fps is frames a second, {LEAST_FPS} to {MOST_FPS}, or None, as the scene has it, "
                                 f"not {said(self.fps)}")
        if self.story is not None:
            if not isinstance(self.story, str):
                raise ParameterError(f"story must be a text, as viz.story writes it, not {said(self.story)}")
            limits.check("story_bytes", len(self.story), "the story")
        if self.arcs is not None:
            object.__setattr__(self, "arcs", whole(self.arcs, "arcs", 0))
        if self.show is not None:
            object.__setattr__(self, "show", "{}…{}".format(*ends_of(self.show)))
        if self.cells is not None:
            object.__setattr__(self, "cells", whole(self.cells, "cells", 1))
        if self.name is not None:
            if not (isinstance(self.name, str) and self.name.strip()):
                raise ParameterError(f"name must be a text, not {said(self.name)}")
            if fault := fault_of_text(self.name):
                raise ParameterError(f"name {said(self.name)} holds {fault}: give it another one")
            limits.check("name_length", len(self.name), f"the name {said(self.name[:30])}…")

    @property
    def camera_kind(self) -> str:
        """``projection``, or what suits the look."""
        if self.projection != "auto":
            return self.projection
        return "orthographic" if self.look in ORTHOGRAPHIC_LOOKS else "perspective"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Of all options."""
        return tuple(field.name for field in fields(cls))


def pace_of(value: object, key: str) -> float | tuple[float, ...] | str:
    """A pace as a person gives it: frames a step, a list of such, or one of ``PACES``. Raises ParameterError with its
    ``key``."""
    if isinstance(value, str):
        if value not in PACES:
            raise ParameterError(f"there is no pace {said(value)}; known are {', '.join(PACES)}, a number of frames a "
                                 "step, or a list of them")
        return value
    each = value if isinstance(value, (list, tuple)) else (value,)
    if not 1 <= len(each) <= MOST_PACES:
        raise ParameterError(f"{key} is a list of 1 to {MOST_PACES} numbers of frames a step")
    for number in each:
        if not is_number(number) or not 0 < number <= LONGEST_STEP:
            raise ParameterError(f"{key} must be a number above 0 to {LONGEST_STEP:g} of frames a step, a list of "
                                 f"such, or one of {', '.join(PACES)}, not {said(number)}")
    return tuple(map(float, each)) if isinstance(value, (list, tuple)) else float(each[0])


def ends_of(show: object) -> tuple[int, int]:
    """How many rows and columns are shown at the beginning and at the end by ``show``, ``4…4`` or ``4...4``. Raises
    ParameterError."""
    found = re.fullmatch(r"\s*(\d{1,4})\s*(?:…|\.\.\.)\s*(\d{1,4})\s*", show) if isinstance(show, str) else None
    if found is None:
        raise ParameterError(f"show says how many rows and columns are shown at the beginning and at the end, as "
                             f"'4…4' or '4...4', not {said(show)}")
    first, last = int(found[1]), int(found[2])
    if not 1 <= last <= first:
        raise ParameterError(f"show={said(show)}: at least one is shown at the end, and at the beginning no fewer than "
                             "there")
    return first, last
