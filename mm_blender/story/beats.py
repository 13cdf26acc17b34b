"""Beats: what a story says, one frozen record a beat, in the order in which it is told.

What the camera looks at, where the sweep stands and which numbers are seen stays as it is until a beat says otherwise;
words, light, arcs and the running sum are of their beat alone.
"""
from __future__ import annotations

from dataclasses import dataclass, fields, replace

from ..errors import StoryError
from ..lettering import typeset

READING = 15.0   # characters a second that are read with ease
SETTLE = 0.8     # seconds besides, until the eye has found the words
LONGEST = 3600.0  # seconds of a story
CAMERA_S = 1.6   # how long the camera takes to go somewhere
REWIND_S = 0.8   # how long a sweep takes back to where it was
REST_S = 0.5     # what a beat rests at its end, unless it says how long
EASES = ("none", "in", "out", "both")
BELOW, BESIDE = PLACES = ("below", "beside")
ALL, CURRENT, ROOT = "all", "current", "result"  # words for what is looked at or lit


@dataclass(frozen=True)
class Beat:
    """One beat. ``name``: what its marker and the contact sheet call it.

    seconds: how long it takes; None: as long as its motion, its words and its rest need.
    hold: seconds of rest at its end, when nothing moves any more.
    meanwhile: None: it begins when what was told before has ended; else so many seconds after the beginning of the beat
        before it, beside which it goes on.
    sweep: where the sweep goes: ``start`` (nothing of the result is there yet), ``end``, ``step 4`` (the step that
        ``at=4`` shows) or ``3 steps`` further.
    pace: how fast: frames a step of a film of 24 a second; a list of such, one a step, the last for the rest; or a
        curve's name (``pace.CURVES``). ease: ``in``, ``out`` or ``both``: it starts, or stops, gently.
    look: what the camera looks at: ``all``, the name or the path of a matrix, ``A[2,:]``, ``B[:,1]``, ``C[2,1]``
        (counted from 0, as in numpy), or several, one after another.
    fill: the share of the picture's width or height, whichever is reached first, that it takes; ``orbit``: degrees by
        which the camera goes around it meanwhile, to the right if positive; ``view``: whence it is seen: degrees to the
        right of the front, and above.
    lit: what stays bright while all else is dimmed: ``A[2,:]`` …, or ``current``: what is multiplied at the step.
    numbers: the matrices whose numbers are seen. sum: whether the sum is seen, with its terms, at the element that is
        being made.
    arcs: the row of a matrix, such as ``attn[2,:]``, whose arcs are seen above the picture: between the tokens that
        label the matrix along both sides, from that row's to all others, as thick as their weights.
    words: what is said, and ``place``, where it stands: ``below`` or ``beside``."""

    name: str = ""
    seconds: float | None = None
    hold: float = REST_S
    meanwhile: float | None = None
    sweep: str | None = None
    pace: float | tuple[float, ...] | str | None = None
    ease: str = "none"
    look: tuple[str, ...] = ()
    fill: float | None = None
    orbit: float = 0.0
    view: tuple[float, float] | None = None
    lit: tuple[str, ...] = ()
    numbers: tuple[str, ...] | None = None
    sum: bool = False
    arcs: str = ""
    words: str = ""
    place: str = BELOW

    @property
    def moves_camera(self) -> bool:
        """Whether it says anything of the camera."""
        return bool(self.look or self.orbit or self.view or self.fill is not None)

    @property
    def reading(self) -> float:
        """Seconds that its words need to be read."""
        letters = len(typeset.flat(typeset.words(self.words)))
        return letters / READING + SETTLE if letters else 0.0

    @property
    def claims(self) -> dict[str, str]:
        """What it wants for itself while it lasts, and how a person calls that."""
        wanted = {"sweep": self.sweep is not None, "camera": self.moves_camera, "light": bool(self.lit),
                  "numbers": self.numbers is not None, "sum": self.sum, "arcs": bool(self.arcs),
                  f"words {self.place}": bool(self.words)}
        named = {"sweep": "the sweep (sweep)", "camera": "the camera (look, fill, orbit, view)",
                 "light": "the light (lit)", "numbers": "the numbers (numbers)", "sum": "the running sum (sum)",
                 "arcs": "the arcs (arcs)"}
        return {what: named.get(what, f"the words {self.place}") for what, is_wanted in wanted.items() if is_wanted}

    def told(self, number: int) -> str:
        """How a message calls it; ``number`` counts from 1."""
        return f"beat {number}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True)
class Story:
    """Beats in their order. ``title``: what it is called; ``seconds``: how long it is to last, None: as long as its
    beats do. Raises StoryError for one that has no beats, or two that want one thing at once."""

    beats: tuple[Beat, ...]
    title: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not self.beats:
            raise StoryError("a story has a beat at least")
        if self.beats[0].meanwhile is not None:
            raise StoryError(f"{self.beats[0].told(1)} is the first, so there is none beside which it could go on: "
                             "leave its meanwhile out")

    def lasting(self, seconds: float | None) -> Story:
        """The same story, so many seconds long."""
        return replace(self, seconds=seconds)


def names() -> tuple[str, ...]:
    """Of all that a beat can say."""
    return tuple(field.name for field in fields(Beat))
