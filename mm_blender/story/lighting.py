"""Lighting: which part of each matrix is lit when, and how much all else is dimmed."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..document.document import Document
from ..errors import StoryError
from ..expression.tree import nodes
from .beats import CURRENT
from .sweeping import BEFORE, making, SweepRun
from .targets import find, Target
from .timing import NEAR, Timed

FADE_S = 0.25        # that light takes to come and to go
MOST_CURRENT = 4096  # steps whose rows and columns are lit one after another, of a beat

Lit = Mapping[str, Target]  # by path


@dataclass(frozen=True)
class LitKey:
    """From ``seconds`` on ``parts``, by path, are lit."""

    seconds: float
    parts: Lit


def keys(beats: list[Timed], document: Document) -> tuple[list[LitKey], list[tuple[float, float]]]:
    """What is lit, and ``(seconds, share)`` by how much all else is dimmed, straight between. Raises StoryError."""
    lit: list[LitKey] = []
    shares: list[tuple[float, float]] = []
    at = BEFORE
    for each in sorted(beats, key=lambda each: each.start):
        if each.beat.lit:
            try:
                lit += _of(each, at, document)
            except StoryError as error:
                error.belongs_to(each.told)
                raise
            fade = min(FADE_S, (each.end - each.start) / 3)
            if shares and shares[-1][0] > each.start - NEAR:  # it stays lit from the beat before
                shares.pop()
                shares.pop()
            else:
                shares += [(each.start, 0.0), (each.start + fade, 1.0)]
            shares += [(each.end - fade, 1.0), (each.end, 0.0)]
        at = each.run.last if each.run else at
    return lit, shares


def _of(each: Timed, at: int, document: Document) -> Iterator[LitKey]:
    if CURRENT not in each.beat.lit:
        yield LitKey(each.start, _parts(each.beat.lit, document))
        return
    if len(each.beat.lit) > 1:
        raise StoryError(f"lit = \"{CURRENT}\" is what the step multiplies, and stands alone")
    steps = moments(each.run, each.started, each.done) if each.run else []
    if len(steps) > MOST_CURRENT:
        raise StoryError(f"lit = \"{CURRENT}\" follows {MOST_CURRENT:,} steps of a sweep at most, not {len(steps):,}")
    made = [(seconds, _made(step, document)) for seconds, step in [
        (each.start, at if each.run is None else each.run.first), *steps]]
    some = [(seconds, parts) for seconds, parts in made if parts]  # before the first step the first is lit, and so on
    if not some:
        raise StoryError(f"lit = \"{CURRENT}\" is what the step multiplies, and nothing is under way in this beat")
    yield LitKey(each.start, some[0][1])
    for seconds, parts in some[made[0] == some[0]:]:
        yield LitKey(seconds, parts)


def _made(step: int, document: Document) -> dict[str, Target]:
    """What a step multiplies, and what it makes, by path."""
    made: dict[str, Target] = {}
    for each in making(document, step):
        made |= {part.path: part for part in (each.left, each.right, each.result)}
    return made


def moments(run: SweepRun, started: float, done: float) -> list[tuple[float, int]]:
    """``(seconds, step)``: when each step of a run counts as the one that is shown: halfway there."""
    keys = run.keys(started, done - started)
    if run.last <= run.first:
        return [(keys[-1][0], run.last)]
    steps = np.arange(run.first + 1, run.last + 1)
    seconds, there = zip(*keys)
    # where it rests at a step, that has two moments: the search finds the way there
    times = np.interp(steps - 0.5, there, seconds)
    return list(zip(times.tolist(), steps.tolist()))


def _parts(items: tuple[str, ...], document: Document) -> dict[str, Target]:
    out: dict[str, Target] = {}
    names = {node.path: node.name for node in nodes(document.tree)}
    for text in items:
        part = find(document, text)
        if part.path in out:
            raise StoryError(f"two parts of {names[part.path]} are to be lit at once: one part of a matrix is, a row, "
                             "a column, an element, or several that stand together, such as [0:2,:]")
        out[part.path] = part
    return out
