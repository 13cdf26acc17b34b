"""The timeline: a story compiled for a document, as frozen tracks in frames.

Everything that is seen is here: what Blender gets are these keys and nothing else.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..document import running_sums
from ..document.document import Document
from ..errors import StoryError
from ..expression.tree import MatMul
from ..layout.pace import thin, through
from ..layout.schedule import Track
from ..plain import said
from . import arcs, camera_path, captions, interiors, lighting, reading, sweeping, timing
from .arcs import ArcSpan
from .beats import Story
from .captions import Caption
from .lighting import Lit
from .targets import find
from .timing import Timed

KEPT_S = 0.35  # seconds of the picture that is left of a beat's end where it is shown by one


@dataclass(frozen=True)
class BeatSpan:
    """A beat and its frames. ``label``: what its marker is called; ``number`` counts from 1."""

    number: int
    name: str
    first: int
    last: int

    @property
    def label(self) -> str:
        """What its marker and its picture in a contact sheet are called."""
        return f"{self.number} {self.name}".strip()


@dataclass(frozen=True)
class CameraFrame:
    """Where the camera is at a frame: see ``camera_path.CameraKey``."""

    frame: float
    target: tuple[float, float, float]
    turn: float
    above: float
    distance: float


@dataclass(frozen=True)
class LitFrame:
    """What is lit from a frame on, by path."""

    frame: float
    parts: Lit


@dataclass(frozen=True)
class NumberSpan:
    """The numbers of the matrix at ``path`` are seen from frame ``first`` to ``last``."""

    path: str
    first: int
    last: int


@dataclass(frozen=True)
class SumMoment:
    """From a frame on, ``terms`` terms of the element at ``row``, ``col`` are added up, ``of`` so many that the sweep
    has put into it."""

    frame: int
    row: int
    col: int
    terms: int
    of: int


@dataclass(frozen=True)
class SumSpan:
    """The running sum of an element of the matmul at ``path`` is seen from frame ``first`` to ``last``."""

    path: str
    first: int
    last: int
    moments: tuple[SumMoment, ...]


@dataclass(frozen=True)
class Timeline:
    """All tracks, from the frame ``first`` to ``last`` of a film of ``fps`` and ``aspect`` = width / height. ``sweep``:
    (frame, step), straight between; ``dimmed``: (frame, share), straight between; ``parallel``: whether the camera sees
    without perspective; ``bare``: from which frame to which what a step multiplies is not seen inside its box."""

    fps: float
    aspect: float
    first: int
    last: int
    beats: tuple[BeatSpan, ...]
    sweep: tuple[tuple[float, float], ...]
    camera: tuple[CameraFrame, ...]
    parallel: bool
    fov: float
    lit: tuple[LitFrame, ...]
    dimmed: tuple[tuple[float, float], ...]
    captions: tuple[Caption, ...]
    numbers: tuple[NumberSpan, ...]
    sums: tuple[SumSpan, ...]
    arcs: tuple[ArcSpan, ...]
    bare: tuple[tuple[int, int], ...]

    def playhead(self, track: Track) -> list[tuple[float, float]]:
        """``(frame, cursor)`` of the keys of a sweep, straight between: the story's way through the steps, by the
        sweep's own through its cursors."""
        return through(self.sweep, track.keys())

    def frame_of(self, step: float) -> float:
        """The first frame at which a step is shown; the last one of all for a step that never is."""
        for (frame, one), (later, other) in zip(self.sweep, self.sweep[1:]):
            if min(one, other) <= step <= max(one, other):
                return frame if one == step else frame + (later - frame) * (step - one) / (other - one)
        return float(self.last)

    def step_at(self, frame: float) -> float:
        """The step that is shown at a frame."""
        frames, steps = zip(*self.sweep)
        return float(np.interp(frame, frames, steps))

    def shown_at(self, beat: BeatSpan) -> int:
        """The frame that shows best what a beat is about: near its end, where it has arrived and is lit."""
        return max(beat.first, beat.last - round(KEPT_S * self.fps))


def of(document: Document, aspect: float, fps: float, first: int = 1) -> Timeline | None:
    """The timeline of the story that a document has; None where it has none. It is compiled once for a shape of
    picture. Raises StoryError."""
    text = document.options.story
    if text is None:
        return None
    return document.cache.once("timeline", (id(document), aspect, fps, first), lambda: compiled(
        reading.from_text(text), document, aspect, fps, first))


def compiled(story: Story, document: Document, aspect: float, fps: float, first: int = 1) -> Timeline:
    """A story of ``document`` as tracks, for pictures of ``aspect``. Raises StoryError, which names the beat."""
    if document.turns:
        raise StoryError("anim.spin turns the camera, and so does a story: set anim.spin to 0, or let a beat orbit")
    if not document.options.animate:
        raise StoryError("animate=False leaves out all that moves, and a story is nothing else")
    beats, clock = timing.timed(story, document), _Clock(first, fps)
    frame, span = clock.at, clock.span
    arched, words = arcs.spans(beats, document, aspect, span, frame), captions.band(story, aspect)
    framer = camera_path.Framer(document, aspect, lambda start, end: max(
        words, arcs.band(arched, frame(start), frame(end))))
    lit, dimmed = lighting.keys(beats, document)
    last = max(span(each)[1] for each in beats)
    return Timeline(
        fps, aspect, first, last, tuple(BeatSpan(each.number, each.beat.name, *span(each)) for each in beats),
        tuple((frame(seconds), step) for seconds, step in _sweep(beats, story, document)),
        tuple(CameraFrame(frame(key.seconds), key.target, key.turn, key.above, key.distance)
              for key in camera_path.keys(beats, framer)),
        document.camera.parallel, document.camera.fov,
        tuple(LitFrame(frame(key.seconds), key.parts) for key in lit),
        tuple((frame(seconds), share) for seconds, share in dimmed),
        tuple(Caption(each.beat.words, each.beat.place, *span(each)) for each in beats if each.beat.words),
        _numbers(beats, clock, last, document), _sums(beats, clock, document), arched,
        tuple(clock.within(*spell) for spell in interiors.hidden(beats)))


@dataclass(frozen=True)
class _Clock:
    """From seconds to frames."""

    first: int
    fps: float

    def at(self, seconds: float) -> float:
        return self.first + seconds * self.fps

    def span(self, each: Timed) -> tuple[int, int]:
        """The first and the last frame of a beat."""
        begins, ends = round(self.at(each.start)), round(self.at(each.end))
        return begins, max(ends - 1, begins)

    def within(self, since: float, until: float) -> tuple[int, int]:
        """The first frame from then on, and the last one before ``until``."""
        return math.ceil(self.at(since)), math.ceil(self.at(until)) - 1


def _sweep(beats: list[Timed], story: Story, document: Document) -> list[tuple[float, float]]:
    """The way through the steps, straight between."""
    out = [(0.0, float(sweeping.stands(story.beats, document)))]
    for each in sorted(beats, key=lambda each: each.start):
        if each.run is not None and len(each.run.lengths):
            out.append((each.started, float(each.run.first)))
            out += each.run.keys(each.started, each.done - each.started)
    return thin(out)


def _numbers(beats: list[Timed], clock: _Clock, last: int, document: Document) -> tuple[NumberSpan, ...]:
    """Which numbers are seen when: those that a beat names, until another one names others."""
    out, saying = [], sorted((each for each in beats if each.beat.numbers is not None), key=lambda each: each.start)
    for at, each in enumerate(saying):
        until = clock.span(saying[at + 1])[0] - 1 if at + 1 < len(saying) else last
        for name in each.beat.numbers or ():
            try:
                part = find(document, name)
            except StoryError as error:
                error.belongs_to(each.told)
                raise
            node = document.matrix(part.path)
            if (part.rows, part.cols) != (node.h, node.w):
                raise _of(each, f"numbers are those of whole matrices, not of {said(name)}: name the matrix alone")
            out.append(NumberSpan(part.path, clock.span(each)[0], until))
    return tuple(out)


def _sums(beats: list[Timed], clock: _Clock, document: Document) -> tuple[SumSpan, ...]:
    """The running sums, element by element."""
    out: list[SumSpan] = []
    for each in beats:
        if not each.beat.sum:
            continue
        if each.run is None or each.run.last <= each.run.first:
            raise _of(each, "sum = true adds up what the sweep makes, which this beat does not move on: give it one, "
                            "such as sweep = \"1 step\"")
        if each.run.last - each.run.first > running_sums.MOST:
            raise _of(each, f"sum = true follows {running_sums.MOST:,} steps of a sweep at most, not "
                            f"{each.run.last - each.run.first:,}: leave it out, or go fewer steps")
        by_path: dict[str, list[SumMoment]] = {}
        steps = lighting.moments(each.run, each.started, each.done)
        ends = [seconds for seconds, _ in steps[1:]] + [each.end]
        for (seconds, step), end in zip(steps, ends):
            for made in sweeping.making(document, step)[-1:]:
                node = document.matrix(made.result.path)
                assert isinstance(node, MatMul)
                if node.note or node.inner.factor > 1:
                    raise _of(each, f"{node.name} is shown reduced, and its cells have no sums: leave sum out, or show "
                                    "a part of the matrices")
                whole = made.terms == node.d
                for terms in range(1, made.terms + 1) if whole else [made.terms]:
                    # the terms come one after another within the first two thirds of the step
                    at = seconds + (end - seconds) * (2 / 3) * ((terms - 1) / made.terms if whole else 0.0)
                    by_path.setdefault(node.path, []).append(
                        SumMoment(math.ceil(clock.at(at)), made.result.row, made.result.col, terms, made.terms))
        out += [SumSpan(path, max(clock.span(each)[0], moments[0].frame), clock.span(each)[1], tuple(_last_of(moments)))
                for path, moments in by_path.items()]
    return tuple(out)


def _of(each: Timed, words: str) -> StoryError:
    """What is wrong with a beat."""
    error = StoryError(words)
    error.belongs_to(each.told)
    return error


def _last_of(moments: list[SumMoment]) -> list[SumMoment]:
    """Of moments at one frame the last."""
    return list({moment.frame: moment for moment in moments}.values())
