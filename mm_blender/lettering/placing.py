"""Placing: where on a page the names of the matrices stand.

Every name has candidates, each with a price (what it covers, how far it is, whether another matrix is nearer);
candidates that touch exclude each other. Names with the fewest good candidates choose first, then
all choose again while that makes it cheaper. The same input gives the same page.
"""
from __future__ import annotations

import numpy as np

from . import polygons
from .candidate_places import AIR, Item
from .candidates import Candidates, CLASH, KEEP, Search, Surface

__all__ = ["AIR", "Item", "place", "Spot", "Surface"]
MOST = 60     # names that are placed, those of the largest matrices: every two of them are held against each other
PAIRS = 6000  # candidates that are held against all of another's; beyond, what is found is left as it is
ROUNDS = 8
EASY = 2.5   # candidates that cost less are good: names with few of them choose first
WISHES = 10  # candidates for which an item may ask another to make room
ASKED = 3    # how many it may ask if it has no place at all

Spot = tuple[np.ndarray, float, int, np.ndarray]


def place(items: list[Item], page: Surface) -> list[Spot | None]:
    """For every item its box (4, 2) from the lower left of the text on, its angle, the way in which it is set, and its
    leader (2, 2), NaN without; None for one that has no room, and for those of the smallest matrices beyond
    ``MOST``."""
    areas = [float(np.ptp(page.outlines[item.outline], axis=0).prod()) for item in items]
    among = sorted(sorted(range(len(items)), key=lambda at: (-areas[at], at))[:MOST])
    out: list = [None] * len(items)
    for at, spot in zip(among, _placed([items[at] for at in among], page)):
        out[at] = spot
    return out


def _placed(items: list[Item], page: Surface) -> list[Spot | None]:
    clashes = _Clashes(items, page)
    order = sorted(range(len(items)), key=lambda at: (int((clashes.found(at).costs < EASY).sum()), at))
    chosen: dict[int, int] = {}
    for at in order:
        chosen[at] = clashes.best(at, chosen)[0]
    for _ in range(ROUNDS):
        before = dict(chosen)
        for at in order:
            if chosen[at] >= 0:
                chosen[at] = clashes.best(at, chosen)[0]
        if clashes.many:
            break
        _swap(order, clashes, chosen)
        if chosen == before:
            break
    # what still touches gives way, the dearest first
    out: list = [None] * len(items)
    kept: dict[int, int] = {}
    for at in sorted(order, key=lambda at: clashes.found(at).costs[chosen[at]] if chosen[at] >= 0 else 0.0):
        if chosen[at] < 0:
            continue
        best, cost = clashes.best(at, kept)
        if cost < CLASH:
            kept[at] = best
            mine = clashes.found(at)
            out[at] = mine.boxes[best], float(mine.angles[best]), int(mine.ways[best]), mine.leaders[best]
    return out


class _Clashes:
    """The candidates of all items, as far as they are found, and which of one touch which of another: each worked out
    once, when it is asked for."""

    def __init__(self, items: list[Item], page: Surface):
        self.searches = [Search(item, page) for item in items]
        self.known: dict[tuple[int, int, int], np.ndarray] = {}
        self.sums: dict[tuple[int, frozenset[tuple[int, int]]], np.ndarray] = {}

    def found(self, at: int, count: int = 0) -> Candidates:
        """The candidates of an item, ``count`` of them or more unless there are not so many."""
        search = self.searches[at]
        while len(search.found.costs) < count and search.found.rest < np.inf:
            search.go_on()  # which leaves those found as they are
        return search.found

    def best(self, at: int, chosen: dict[int, int]) -> tuple[int, float]:
        """The candidate of an item that costs least beside what the others have chosen, and what; -1 if it has none."""
        costs = self.costs(at, chosen)
        while costs.min(initial=np.inf) >= self.searches[at].found.rest < np.inf:
            self.searches[at].go_on()
            costs = self.costs(at, chosen)
        if not len(costs):
            return -1, np.inf
        best = int(costs.argmin())
        return best, float(costs[best])

    @property
    def many(self) -> bool:
        """Whether so much was worked out that no more should be."""
        return len(self.known) > PAIRS

    def costs(self, at: int, chosen: dict[int, int]) -> np.ndarray:
        """What each candidate of an item costs: its own price, and for touching what the others have chosen."""
        others = [(other, which) for other, which in chosen.items() if other != at and which >= 0]
        key, own = (at, frozenset(others)), self.searches[at].found.costs
        out = self.sums.get(key)
        if out is None or len(out) != len(own):  # more have been found since
            out = self.sums[key] = own + CLASH * self.hits(at, others).sum(0)
        return out

    def hits(self, at: int, others: list[tuple[int, int]]) -> np.ndarray:
        """Which of an item's candidates touch which of these candidates of others: (others, candidates)."""
        count = len(self.searches[at].found.costs)
        if not count:
            return np.zeros((len(others), 0), bool)
        new = [each for each in others if (at, *each) not in self.known or len(self.known[at, *each]) != count]
        if new:
            self.known.update(zip([(at, *each) for each in new], self._hits(at, new), strict=True))
        return np.array([self.known[at, *each] for each in others], bool).reshape(len(others), count)

    def _hits(self, at: int, others: list[tuple[int, int]]) -> np.ndarray:
        mine = self.searches[at].found
        count = len(mine.costs)
        found = [self.searches[other].found for other, _ in others]
        parts = [each.parts(which) for each, (_, which) in zip(found, others, strict=True)]
        picked = list(zip(found, parts, strict=True))
        bounds = np.concatenate([each.bounds.take(some, 1) for each, some in picked], axis=1)
        tilted = np.concatenate([each.tilted.take(some) for each, some in picked])
        gaps = np.maximum(mine.bounds[:2, None] - bounds[2:, :, None], bounds[:2, :, None] - mine.bounds[2:, None])
        gaps = np.maximum(gaps[0], gaps[1])
        hit = gaps <= -polygons.LEAST  # of what is upright; (their shapes, my shapes)
        their, my = np.nonzero((gaps < 0) & (tilted[:, None] | mine.tilted))
        if len(their):
            hit[their, my] = polygons.pairs_overlap(
                mine.shapes[my], np.concatenate([each.shapes[some] for each, some in picked])[their])
        if len(mine.led):  # which touches where its text or its leader does
            hit[:, mine.led] |= hit[:, count:]
        if len(hit) == len(others):  # none of which has a leader
            return hit[:, :count]
        starts = np.cumsum([0, *map(len, parts)])[:-1]
        return np.logical_or.reduceat(hit[:, :count], starts)


def _swap(order: list[int], clashes: _Clashes, chosen: dict[int, int]) -> None:
    """Let an item that is badly placed take what it likes, if what is in its way finds something else."""
    for at in order:
        if chosen[at] < 0 or clashes.many:
            continue
        now = clashes.costs(at, chosen)[chosen[at]]
        if now < clashes.found(at).costs[0] + 1.0:
            continue
        wishes = KEEP if now >= CLASH else WISHES  # one that has no room at all asks for anything
        wishes = min(len(clashes.found(at, wishes).costs), wishes)
        others = [other for other in order if other != at and chosen[other] >= 0]
        hits = clashes.hits(at, [(other, chosen[other]) for other in others])
        for wish in range(wishes):
            hit = [others[each] for each in np.flatnonzero(hits[:, wish])]
            if not 0 < len(hit) <= (ASKED if now >= CLASH else 1):
                continue
            trial = {**chosen, at: wish} | {other: -1 for other in hit}
            for other in hit:
                trial[other] = clashes.best(other, trial)[0]
            before = sum(clashes.costs(other, chosen)[chosen[other]] for other in [at, *hit])
            if sum(clashes.costs(other, trial)[trial[other]] for other in [at, *hit]) + 1e-6 < before:
                chosen.update(trial)
                break
