"""Placing: where on a page the names of the matrices stand.

Every name has candidates, each with a price (what it covers, how far it is, whether another matrix is nearer);
candidates that touch exclude each other. Names with the fewest good candidates choose first, then
all choose again while that makes it cheaper. The same input gives the same page.
"""
from __future__ import annotations

import numpy as np

from . import candidates, polygons
from .candidates import AIR, Candidates, CLASH, Item, Surface

__all__ = ["AIR", "Item", "Surface", "place"]
MOST = 60     # names that are placed, those of the largest matrices: every two of them are held against each other
PAIRS = 6000  # candidates that are held against all of another's; beyond, what is found is left as it is
ROUNDS = 8
WISHES = 10  # candidates for which an item may ask another to make room
ASKED = 3    # how many it may ask if it has no place at all


def place(items: list[Item], page: Surface) -> list[tuple[np.ndarray, float, int, np.ndarray] | None]:
    """For every item its box (4, 2) from the lower left of the text on, its angle, the way in which it is set, and its
    leader (2, 2), NaN without; None for one that has no room, and for those of the smallest matrices beyond
    ``MOST``."""
    areas = [float(np.ptp(page.outlines[item.outline], axis=0).prod()) for item in items]
    among = sorted(sorted(range(len(items)), key=lambda at: (-areas[at], at))[:MOST])
    out: list = [None] * len(items)
    for at, spot in zip(among, _placed([items[at] for at in among], page)):
        out[at] = spot
    return out


def _placed(items: list[Item], page: Surface) -> list[tuple[np.ndarray, float, int, np.ndarray] | None]:
    every = [candidates.of(item, page) for item in items]
    clashes = _Clashes(every)
    order = sorted(range(len(items)), key=lambda at: (int((every[at].costs < 2.5).sum()), at))
    chosen: dict[int, int] = {}
    for at in order:
        chosen[at] = int(clashes.costs(at, chosen).argmin()) if len(every[at].costs) else -1
    for _ in range(ROUNDS):
        before = dict(chosen)
        for at in order:
            if chosen[at] >= 0:
                chosen[at] = int(clashes.costs(at, chosen).argmin())
        if clashes.many:
            break
        _swap(order, clashes, chosen)
        if chosen == before:
            break
    # what still touches gives way, the dearest first
    out: list = [None] * len(items)
    kept: dict[int, int] = {}
    for at in sorted(order, key=lambda at: every[at].costs[chosen[at]] if chosen[at] >= 0 else 0.0):
        if chosen[at] < 0:
            continue
        costs = clashes.costs(at, kept)
        best = int(costs.argmin())
        if costs[best] < CLASH:
            kept[at] = best
            mine = every[at]
            out[at] = mine.boxes[best], float(mine.angles[best]), int(mine.ways[best]), mine.leaders[best]
    return out


class _Clashes:
    """Which candidates of one item touch a candidate of another: worked out once, when it is asked for."""

    def __init__(self, every: list[Candidates]):
        self.every = every
        self.known: dict[tuple[int, int, int], np.ndarray] = {}

    def pair(self, at: int, other: int, which: int) -> np.ndarray:
        key = at, other, which
        if key not in self.known:
            mine, theirs = self.every[at], self.every[other]
            hit = _touch(mine.boxes, mine.low, mine.high, theirs.boxes[which])
            hit |= _touch(mine.bars, mine.bar_low, mine.bar_high, theirs.boxes[which])
            if not np.isnan(theirs.bars[which, 0, 0]):
                hit |= _touch(mine.boxes, mine.low, mine.high, theirs.bars[which])
                hit |= _touch(mine.bars, mine.bar_low, mine.bar_high, theirs.bars[which])
            self.known[key] = hit
        return self.known[key]

    @property
    def many(self) -> bool:
        """Whether so much was worked out that no more should be."""
        return len(self.known) > PAIRS

    def costs(self, at: int, chosen: dict[int, int]) -> np.ndarray:
        """What each candidate of an item costs: its own price, and for touching what the others have chosen."""
        out = self.every[at].costs.copy()
        for other, which in chosen.items():
            if other != at and which >= 0:
                out += CLASH * self.pair(at, other, which)
        return out


def _touch(boxes: np.ndarray, low: np.ndarray, high: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Which of ``boxes`` (n, 4, 2), of corners ``low`` and ``high`` (n, 2), touch ``box`` (4, 2)."""
    near = ((low < box.max(0)) & (high > box.min(0))).all(1)
    at = np.flatnonzero(near)
    near[at] = polygons.overlap(boxes[at], box) if len(at) else False
    return near


def _swap(order: list[int], clashes: _Clashes, chosen: dict[int, int]) -> None:
    """Let an item that is badly placed take what it likes, if what is in its way finds something else."""
    for at in order:
        if chosen[at] < 0 or clashes.many:
            continue
        mine = clashes.every[at]
        now = clashes.costs(at, chosen)[chosen[at]]
        if now < mine.costs.min() + 1.0:
            continue
        wishes = np.argsort(mine.costs, kind="stable")
        for wish in wishes if now >= CLASH else wishes[:WISHES]:  # one that has no room at all asks for anything
            hit = [other for other in order if other != at and chosen[other] >= 0
                   and clashes.pair(at, other, chosen[other])[wish]]
            if not 0 < len(hit) <= (ASKED if now >= CLASH else 1):
                continue
            trial = {**chosen, at: int(wish)} | {other: -1 for other in hit}
            for other in hit:
                trial[other] = int(clashes.costs(other, trial).argmin())
            before = sum(clashes.costs(other, chosen)[chosen[other]] for other in [at, *hit])
            if sum(clashes.costs(other, trial)[trial[other]] for other in [at, *hit]) + 1e-6 < before:
                chosen.update(trial)
                break
