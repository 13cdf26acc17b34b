"""Timing: when each beat begins and ends, and within it the camera's way and the sweep's run, in seconds.

The camera goes first, then the sweep runs, then the beat rests; where the camera follows a path, or goes around, both
go at once. A story that is to last so many seconds is stretched or pressed in what moves: rests stay, and words stand
as long as they take to be read.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..document.document import Document
from ..errors import StoryError
from . import sweeping
from .beats import Beat, CAMERA_S, LONGEST, Story
from .sweeping import SweepRun

ORBIT_DEGREES = 30.0   # a second that the camera goes around, unless it is told otherwise
STOP_S = 1.2           # that the camera stays at each stop of a path
NEAR = 1e-3            # seconds by which two beats may differ and meet all the same


@dataclass(frozen=True)
class Timed:
    """A beat and when it happens, in seconds from the story's beginning: from ``start`` to ``end``; the camera is under
    way until ``arrived``; the sweep does its ``run`` (None: nothing) from ``started`` to ``done``."""

    beat: Beat
    number: int
    start: float
    end: float
    arrived: float
    run: SweepRun | None
    started: float
    done: float

    @property
    def told(self) -> str:
        """How a message calls it."""
        return self.beat.told(self.number)


@dataclass(frozen=True)
class _Natural:
    """What a beat takes by itself: its way, its run, all of it, and the least."""

    beat: Beat
    number: int
    run: SweepRun | None
    travel: float
    length: float
    least: float

    @property
    def together(self) -> bool:
        """Whether camera and sweep go at once."""
        return len(self.beat.look) > 1 or bool(self.beat.orbit)

    @property
    def running(self) -> float:
        return self.run.seconds if self.run else 0.0


def timed(story: Story, document: Document) -> list[Timed]:
    """When all happens. Raises StoryError for a beat that is too short, and for two that want one thing at once."""
    beats = _naturals(story, document)
    scale = 1.0 if story.seconds is None else _fitting(beats, story.seconds)
    out = _at(beats, scale, story.seconds is not None)
    length = max(each.end for each in out)
    if length > LONGEST:
        raise StoryError(f"the story would last {length / 60:,.0f} minutes, and {LONGEST / 60:g} is the most: say how "
                         "many seconds, or give its sweep a faster pace")
    _check_alone(out)
    return out


def _naturals(story: Story, document: Document) -> list[_Natural]:
    out, at = [], 0
    for number, beat in enumerate(story.beats, 1):
        try:
            at = sweeping.stands(story.beats, document) if number == 1 else at
            run = sweeping.run_of(beat, at, document)
            at = run.last if run else at
            out.append(_natural(beat, number, run))
        except StoryError as error:
            error.belongs_to(beat.told(number))
            raise
    return out


def _natural(beat: Beat, number: int, run: SweepRun | None) -> _Natural:
    travel = 0.0
    if beat.moves_camera and number > 1 or len(beat.look) > 1 or beat.orbit:
        stops = max(len(beat.look), 1)
        travel = max(stops * CAMERA_S + (stops - 1) * STOP_S, abs(beat.orbit) / ORBIT_DEGREES)
    running = run.seconds if run else 0.0
    together = len(beat.look) > 1 or bool(beat.orbit)
    motion = max(travel, running) if together else travel + running
    if beat.seconds is None:
        return _Natural(beat, number, run, travel, max(motion + beat.hold, beat.reading),
                        max(beat.hold, beat.reading))
    if beat.seconds < beat.reading - NEAR:
        raise StoryError(f"seconds = {beat.seconds:g} is too short for its words: who reads 15 characters a second "
                         f"needs {beat.reading:.1f}; give it that long, or say it in fewer words")
    if beat.seconds < beat.hold:
        raise StoryError(f"it rests {beat.hold:g} seconds (hold) and lasts {beat.seconds:g} (seconds)")
    return _Natural(beat, number, run, travel, beat.seconds, max(beat.hold, beat.reading))


def _fitting(beats: list[_Natural], seconds: float) -> float:
    """By how much all that moves is stretched so that the story lasts so long. Raises StoryError where it cannot."""
    low, high = 0.0, 1.0
    if _length(beats, low) > seconds + NEAR:
        raise StoryError(f"the story cannot be told in {seconds:g} seconds: its rests and the time that its words take "
                         f"to be read are {_length(beats, low):.1f} alone")
    while _length(beats, high) < seconds and high < 1e6:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _length(beats, middle) < seconds else (low, middle)
    return high


def _length(beats: list[_Natural], scale: float) -> float:
    return max(each.end for each in _at(beats, scale, True))


def _at(beats: list[_Natural], scale: float, fitted: bool) -> list[Timed]:
    out: list[Timed] = []
    for each in beats:
        beat = each.beat
        if not out:
            start = 0.0
        elif beat.meanwhile is None:
            start = max(other.end for other in out)
        else:
            start = out[-1].start + beat.meanwhile * (scale if fitted else 1.0)
        length = max(each.least, beat.hold + scale * (each.length - beat.hold)) if fitted else each.length
        out.append(_placed(each, start, length, scale if fitted else 1.0))
    return out


def _placed(each: _Natural, start: float, length: float, scale: float) -> Timed:
    """A beat at its place: its way and its run within what it does not rest."""
    room = max(length - each.beat.hold, 0.0)
    told = each.beat.seconds is not None
    if each.together:
        travel = room
        running = room if told else min(each.running * scale, room)
        started = start
    else:
        whole = each.travel + each.running
        travel = min(each.travel, room * each.travel / whole) if whole else 0.0
        running = room - travel if told else min(each.running * scale, room - travel)
        started = start + travel
    return Timed(each.beat, each.number, start, start + length, start + travel, each.run, started, started + running)


def _check_alone(beats: list[Timed]) -> None:
    """Raise StoryError where two beats that overlap in time want the same thing."""
    for at, one in enumerate(beats):
        for other in beats[at + 1:]:
            if other.start > one.end - NEAR or one.start > other.end - NEAR:
                continue
            shared = [word for what, word in one.beat.claims.items() if what in other.beat.claims]
            if shared:
                raise StoryError(f"{one.told} and {other.told} go on at once, and both say something of {shared[0]}: "
                                 "leave that out of one of them, or tell them one after the other")
