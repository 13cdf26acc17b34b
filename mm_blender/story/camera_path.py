"""The camera's path: where it looks, from where and how near, at the moments between which it goes smoothly.

It always looks at a *target*, a point which is in the middle of the picture all the time, from a direction and a
distance; those four are keyed, so that whatever is looked at stays in the middle on the way, too.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..document.document import Document
from ..errors import StoryError
from ..layout import framing
from ..layout.framing import Camera
from .beats import ALL, BESIDE, CURRENT
from .sweeping import making
from .targets import corners, find, Target
from .timing import Timed

WHOLE_FILL, MATRIX_FILL, LINE_FILL, ELEMENT_FILL = 0.9, 0.8, 0.62, 0.26
LEAN = 0.35          # how far the camera leans from its direction to the front of a matrix that it looks at
BESIDE_FREE = 0.34   # share of the width that words beside keep free, on either side
TURN = 30.0          # degrees of an orbit from key to key
STOP = 0.35          # of the way to a stop of a path that the camera then stays there
MOST_FOLLOWED = 400  # steps that the camera follows in one beat


@dataclass(frozen=True)
class CameraKey:
    """Where the camera is at ``seconds``: it looks at ``target`` (3, in pitches) from ``turn`` degrees to the right of
    the front and ``above`` degrees above, at ``distance`` pitches."""

    seconds: float
    target: tuple[float, float, float]
    turn: float
    above: float
    distance: float


@dataclass(frozen=True)
class _Aim:
    """What the camera is to do, as the beats leave it. ``points``: corners (n, 3) of what it looks at; ``usual``: the
    share of the picture that this takes, unless ``fill`` says; ``front``: where the front of a matrix faces, to which
    the camera leans so that it is read with ease; ``band``: the share of the height that is for words, below, and as
    much above, so that the middle is the picture's."""

    points: np.ndarray
    usual: float
    turn: float
    above: float
    band: float
    fill: float | None = None
    beside: bool = False
    front: tuple[float, float, float] | None = None


class Framer:
    """Frames what is looked at in a picture of ``aspect``; ``band``: of two times in seconds, which share of its height
    words and arcs need at an edge meanwhile."""

    def __init__(self, document: Document, aspect: float, band: Callable[[float, float], float]):
        self.document, self.aspect, self.band = document, aspect, band
        self.kind = "orthographic" if document.camera.parallel else "perspective"
        if document.camera.kind == "cabinet":
            raise StoryError("a story's camera turns, and cabinet projection is for one that stands: choose "
                             "projection=\"orthographic\" or \"perspective\"")

    def key(self, seconds: float, aim: _Aim) -> CameraKey:
        """The key of an aim."""
        aim = leaning(aim)
        camera = self.framed(aim)
        x, y, z = camera.target.tolist()
        return CameraKey(seconds, (x, y, z), aim.turn, aim.above, camera.distance)

    def framed(self, aim: _Aim) -> Camera:
        """The camera from which what is looked at takes its share of the picture, in the middle."""
        fill = aim.usual if aim.fill is None else aim.fill
        wide = min(fill, 1 - 2 * BESIDE_FREE) if aim.beside else fill
        high = min(fill, 1 - 2 * aim.band)
        across, down = ((1 - min(share * framing.MARGIN, 1.0)) / 2 for share in (wide, high))
        return framing.frame(aim.points, self.aspect, direction(aim.turn, aim.above), self.document.camera.fov,
                             self.kind, (across, across, down, down))


def leaning(aim: _Aim) -> _Aim:
    """An aim from nearer to the front of what is looked at."""
    if aim.front is None:
        return aim
    there = direction(aim.turn, aim.above)
    front = np.array(aim.front) * (1.0 if there @ np.array(aim.front) >= 0 else -1.0)
    x, y, z = ((1 - LEAN) * there + LEAN * front).tolist()
    return replace(aim, turn=_nearest(math.degrees(math.atan2(x, z)), aim.turn),
                   above=math.degrees(math.atan2(y, math.hypot(x, z))))


def direction(turn: float, above: float) -> np.ndarray:
    """From the target to the camera, of length 1, in the reference's terms."""
    a, b = math.radians(turn), math.radians(above)
    return np.array([math.sin(a) * math.cos(b), math.sin(b), math.cos(a) * math.cos(b)])


def angles(camera: Camera) -> tuple[float, float]:
    """Degrees to the right of the front, and above, that a camera stands."""
    x, y, z = camera.axes()[2].tolist()
    return math.degrees(math.atan2(x, z)), math.degrees(math.asin(max(-1.0, min(1.0, y))))


def keys(beats: list[Timed], framer: Framer) -> list[CameraKey]:
    """The keys of all, in the order of time. Raises StoryError."""
    document = framer.document
    turn, above = angles(document.camera)
    moving = sorted((each for each in beats if each.beat.moves_camera), key=lambda each: each.start)
    starts = [*(each.start for each in moving), math.inf]
    aim = _Aim(document.outline(), WHOLE_FILL, turn, above, framer.band(0.0, starts[0]))
    out: list[CameraKey] = []
    for each, until in zip(moving, starts[1:]):
        try:
            if not out and each.start > 0:  # all is seen until then
                out.append(framer.key(0.0, aim))
            aim = _add(out, each, replace(aim, band=framer.band(each.start, until)), framer)
        except StoryError as error:
            error.belongs_to(each.told)
            raise
    return out or [framer.key(0.0, aim)]


def _add(out: list[CameraKey], each: Timed, aim: _Aim, framer: Framer) -> _Aim:
    """The keys of one beat, and what the camera does after it."""
    beat = each.beat
    begin = replace(aim, beside=beat.place == BESIDE and bool(beat.words),
                    fill=beat.fill if beat.look or beat.fill is not None else aim.fill)
    if beat.view:
        begin = replace(begin, turn=_nearest(beat.view[0], aim.turn), above=beat.view[1], front=None)
    stops = _followed(each, begin, framer) if CURRENT in beat.look else _visited(each, begin, framer, bool(out))
    if each.arrived <= each.start or not out:  # it is there at once, or begins there
        first = stops[-1][1] if each.arrived <= each.start else stops[0][1]
        out.append(framer.key(each.start, first))
        if each.arrived <= each.start:
            return first
    else:
        out.append(replace(out[-1], seconds=each.start))
    turn, length, last = aim.turn, each.arrived - each.start, stops[-1][1]
    for seconds, stop in stops:
        before = out[-1].seconds
        around = begin.turn + beat.orbit * (seconds - each.start) / length
        parts = max(int(abs(around - turn) // TURN), 1) if beat.orbit else 1
        for part in range(1, parts + 1):
            share = part / parts
            last = replace(stop, turn=turn + (around - turn) * share)
            out.append(framer.key(before + (seconds - before) * share, last))
        turn = around
    return last


def _visited(each: Timed, aim: _Aim, framer: Framer, under_way: bool) -> list[tuple[float, _Aim]]:
    """The stops of a camera that goes from one thing to the next: when it gets there, and when it leaves. One that was
    not under way before begins at the first."""
    aims = [_at(framer.document, text, aim) for text in each.beat.look] or [aim]
    aims = [replace(stop, front=None) for stop in aims] if each.beat.view else aims  # seen as a person said
    legs = aims if under_way or len(aims) == 1 else aims[1:]
    share, out = (each.arrived - each.start) / len(legs), []
    if legs is not aims:
        out.append((each.start + share * STOP / 2, aims[0]))
    for at, stop in enumerate(legs):
        until = each.start + share * (at + 1)
        if at < len(legs) - 1:
            out.append((until - share * STOP, stop))
        out.append((until, stop))
    return out


def _nearest(turn: float, now: float) -> float:
    """The same direction by the shorter way round."""
    return turn - 360 * round((turn - now) / 360)


def _at(document: Document, text: str, aim: _Aim) -> _Aim:
    """``aim`` at what a person named."""
    if text == ALL:
        return replace(aim, points=document.outline(), usual=WHOLE_FILL, front=None)
    return _of(document, find(document, text), aim)


def _of(document: Document, part: Target, aim: _Aim) -> _Aim:
    x, y, z = document.placement.matrices[part.path][:3, 2].tolist()
    return replace(aim, points=corners(document, part), usual=_usual(document, part), front=(x, y, z))


def _usual(document: Document, part: Target) -> float:
    node = document.matrix(part.path)
    if part.is_element and node.h * node.w > 1:
        return ELEMENT_FILL
    return MATRIX_FILL if (part.rows, part.cols) == (node.h, node.w) else LINE_FILL


def _followed(each: Timed, aim: _Aim, framer: Framer) -> list[tuple[float, _Aim]]:
    """The stops of a camera that follows what is being made."""
    if len(each.beat.look) > 1:
        raise StoryError(f"look = \"{CURRENT}\" follows the sweep and stands alone")
    run = each.run
    if run is None or run.last <= run.first:
        raise StoryError(f"look = \"{CURRENT}\" follows the sweep, which this beat does not move on: give it one, such "
                         "as sweep = \"3 steps\"")
    if run.last - run.first > MOST_FOLLOWED:
        raise StoryError(f"the camera follows {MOST_FOLLOWED} steps of a sweep at most, not {run.last - run.first:,}")
    out = []
    for seconds, step in run.keys(each.started, each.done - each.started):
        made = making(framer.document, round(step))
        if made and step >= 0:
            out.append((seconds, _of(framer.document, made[-1].result, aim)))
    return out or [(each.arrived, aim)]
