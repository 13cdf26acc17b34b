"""Sweeping: where a beat takes the sweep, and what is multiplied at a step.

Steps are those of ``render(at=…)``: 0 is the first, as many as there are the end; before the first, at -1, nothing of a
result is there yet.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..document.document import Document
from ..errors import StoryError
from ..expression.tree import MatMul, nodes
from ..layout import reduction
from ..layout.schedule import algorithm_of, steps_of
from ..plain import listed, said
from . import pace
from .beats import Beat, REWIND_S
from .targets import Target

START, END = "start", "end"
BEFORE = -1  # the step before the first
_STEP = re.compile(r"step (?P<to>\d{1,9})\Z")
_MORE = re.compile(r"(?P<more>\d{1,9}) steps?\Z")
MOST_RUN = 1_000_000  # steps of one beat


@dataclass(frozen=True)
class SweepRun:
    """What a beat does to the sweep: from one step to another; ``lengths``: of each step in seconds, or of the way back
    as one."""

    first: int
    last: int
    lengths: np.ndarray

    @property
    def seconds(self) -> float:
        """As long as its pace says."""
        return float(self.lengths.sum())

    def keys(self, start: float, seconds: float) -> list[tuple[float, float]]:
        """``(seconds, step)`` where it starts then and takes so long."""
        if not len(self.lengths):
            return [(start, float(self.last))]
        lengths = self.lengths * (seconds / max(self.seconds, 1e-9))
        if self.last < self.first:
            return [(start, float(self.first)), (start + float(lengths.sum()), float(self.last))]
        return [(start + at, step) for at, step in pace.keys(self.first, lengths)]


def run_of(beat: Beat, at: int, document: Document) -> SweepRun | None:
    """What ``beat`` does to a sweep that stands at a step; None where it says nothing of it. Raises StoryError."""
    if beat.sweep is None:
        return None
    to = goal(beat.sweep, at, document)
    if to < at:
        return SweepRun(at, to, np.array([REWIND_S]))
    if to - at > MOST_RUN:
        raise StoryError(f"sweep = {said(beat.sweep)} goes {to - at:,} steps, and a beat at most {MOST_RUN:,}")
    if isinstance(beat.pace, tuple) and len(beat.pace) > max(to - at, 1):
        raise StoryError(f"pace is a list of {len(beat.pace)} numbers, one a step, and sweep = {said(beat.sweep)} goes "
                         f"{to - at} {'step' if to - at == 1 else 'steps'}: leave out the rest")
    return SweepRun(at, to, pace.seconds(beat, to - at) if to > at else np.zeros(0))


def goal(sweep: str, at: int, document: Document) -> int:
    """The step that ``sweep`` means where it stands at a step. Raises StoryError."""
    steps = document.schedule.steps
    if not document.schedule.tracks:
        lost = reduction.stilled(document.true, document.tree)
        if lost:
            raise StoryError(f"sweep = {said(sweep)}, and {listed(lost)} {'is' if len(lost) == 1 else 'are'} shown "
                             f"{'in part (show=)' if document.plan.elides else 'reduced'}, where no sweep is seen: "
                             "show fewer elements whole, or leave sweep out")
        raise StoryError(f"sweep = {said(sweep)}, and nothing sweeps here: choose an algorithm, "
                         'settings={"anim.alg": "vmprod"} (--set anim.alg=vmprod)')
    if sweep in (START, END):
        return BEFORE if sweep == START else steps
    to, more = _STEP.match(sweep), _MORE.match(sweep)
    if not (to or more):
        raise StoryError(f"sweep = {said(sweep)} cannot be read: it is \"start\", \"end\", \"step 4\" or \"3 steps\"")
    wanted = int(to["to"]) if to else at + int(more["more"])  # type: ignore[index]  # one of the two there is
    if wanted > steps:
        begin = "; begin with a beat whose sweep is \"start\"" if at == steps else ""
        raise StoryError(f"sweep = {said(sweep)} leads to step {wanted}, and there are {steps}{begin}")
    return wanted


def stands(beats: tuple[Beat, ...], document: Document) -> int:
    """The step that the sweep stands at when the story begins: where the first beat says, if it says no pace; before
    the first step if it runs; the end where it says nothing of the sweep."""
    first = beats[0]
    if first.sweep is None or not document.schedule.tracks:
        return document.schedule.steps
    if first.pace is None and not _MORE.match(first.sweep):
        return goal(first.sweep, BEFORE, document)
    return BEFORE


# ---- what is multiplied at a step

@dataclass(frozen=True)
class Multiplied:
    """What a step of a matmul's sweep makes: the parts of its operands that are multiplied, and that of the result."""

    left: Target
    right: Target
    result: Target
    terms: int  # of each element's sum that are added up after it


def making(document: Document, step: int) -> list[Multiplied]:
    """What is multiplied at a step, of every matmul that is under way, operands first. Raises StoryError where blocks
    make several rows or columns at once."""
    out = []
    for node in nodes(document.tree):
        track = document.schedule.tracks.get(node.path)
        if track is None or not isinstance(node, MatMul):
            continue
        cursor = track.cursor(step)
        if 0 <= cursor < track.count:
            out.append(_multiplied(node, cursor))
    return out


def _multiplied(node: MatMul, cursor: int) -> Multiplied:
    if (node.rows.count, node.inner.count, node.cols.count) != (1, 1, 1):
        raise StoryError(f"{node.name} is computed in blocks, so that several rows or columns are current at once: say "
                         "which are lit")
    algorithm = algorithm_of(node)
    index = dict(zip("ikj", algorithm.at(cursor, steps_of(node))))
    size = dict(zip("ikj", (node.h, node.d, node.w)))

    def part(path: str, rows: str, cols: str) -> Target:
        places = [(index[axis], 1) if axis in algorithm.walks else (0, size[axis]) for axis in (rows, cols)]
        return Target(path, places[0][0], places[1][0], places[0][1], places[1][1])

    terms = index["k"] + 1 if "k" in algorithm.walks else node.d
    return Multiplied(part(node.left.path, "i", "k"), part(node.right.path, "k", "j"), part(node.path, "i", "j"), terms)
