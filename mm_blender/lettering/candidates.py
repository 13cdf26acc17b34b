"""Candidates: where the name of one matrix may stand on a page, and what each place costs.

What a place costs grows as it is looked at more closely. So the cheap ones are looked for first, which are enough for
most names, and the others only when they are asked for.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from . import candidate_places
from .candidate_places import AIR, Item, joined, Places
from .coverage import Outlines
from .polygons import overlap

THICK = 0.006   # inches on both sides of a leader that stay free
UNIQUE = 1.2    # em by which a name is to be nearer to its own matrix than to another
COVERS = 14.0   # what it costs to lie over matrices altogether …
CONFUSES = 2.5  # … to be nearer to another matrix …
CROSSES = 6.0   # … and to have a leader that lies over other matrices all along
KEEP = 160      # candidates of a name
CLOSE = 3 * KEEP  # of these, as many are asked how near they are to other matrices
CLASH = 1000.0
BOUNDS = (2.8, 6.0, 9.0, 14.0, np.inf)  # what the candidates cost that are found at first, next …
BESIDE = 1      # how many of these bounds are below what any place with a leader costs
UNSEEN, ROUGHLY, EXACTLY = range(3)  # how it is known what a place covers


@dataclass(frozen=True)
class Surface:
    """What the names stand on. ``area``: (x0, y0, x1, y1) inches that they must keep to; ``outlines`` (n, m, 2) of the
    matrices, counterclockwise; ``taken`` (k, 4, 2): boxes that are not free; ``em`` in inches; ``far``: whether names
    may stand anywhere, with leaders; ``upright``: whether none may stand along an edge that slants."""

    area: tuple[float, float, float, float]
    outlines: np.ndarray
    taken: np.ndarray
    em: float
    far: bool = True
    upright: bool = False

    @cached_property
    def drawn(self) -> Outlines:
        """The ``outlines``, with what is asked about them."""
        return Outlines(self.outlines)


@dataclass(frozen=True)
class Candidates:
    """The cheapest first: ``boxes`` (n, 4, 2), with the air around them; ``angles`` (n,); ``ways`` (n,) of setting;
    ``leaders`` (n, 2, 2), NaN where there is none; ``costs`` (n,). ``rest``: what any other costs at least, infinite
    where there are no others."""

    boxes: np.ndarray
    angles: np.ndarray
    ways: np.ndarray
    leaders: np.ndarray
    costs: np.ndarray
    rest: float

    @cached_property
    def led(self) -> np.ndarray:
        """Which of them have a leader (k,)."""
        return np.flatnonzero(~np.isnan(self.leaders[:, 0, 0]))

    @cached_property
    def shapes(self) -> np.ndarray:
        """All that they consist of: the boxes, then the leaders that there are, as thin boxes (n + k, 4, 2)."""
        return np.concatenate([self.boxes, _bars(self.leaders[self.led])])

    @cached_property
    def tilted(self) -> np.ndarray:
        """Which of the ``shapes`` are not upright."""
        return np.concatenate([self.angles != 0, np.ones(len(self.led), bool)])

    def parts(self, which: int) -> list[int]:
        """The ``shapes`` that one of them consists of."""
        if not len(self.led):  # as a rule
            return [which]
        bar = int(np.searchsorted(self.led, which))
        return [which, len(self.boxes) + bar] if bar < len(self.led) and self.led[bar] == which else [which]

    @cached_property
    def bounds(self) -> np.ndarray:
        """The low x and y and the high x and y (4, n + k) of the ``shapes``."""
        return np.concatenate([self.shapes.min(1).T, self.shapes.max(1).T])


class Search:
    """The search for the candidates of one name: all places on the page that are off what is taken, the cheapest
    ``KEEP`` of them. ``found`` are the first of these; ``go_on`` finds more."""

    def __init__(self, item: Item, page: Surface):
        self._item, self._page, self._level = item, page, 0
        places, self._boxes = self._free(candidate_places.around(item, page.outlines[item.outline], page.em))
        self._places = places
        self._least = places.costs.copy()               # what each costs at least, as far as it is known
        self._seen = np.full(len(self._least), UNSEEN)  # how what it covers is known
        self._costs = np.full(len(self._least), np.nan)
        self.found = self._first()

    def go_on(self) -> None:
        """Find more of them, unless there are none."""
        self._level += 1
        if self._level == BESIDE and self._page.far:
            more, boxes = self._free(candidate_places.anywhere(self._item, self._page.outlines[self._item.outline],
                                                               self._page.area, self._page.em))
            self._places, self._boxes = joined([self._places, more]), np.concatenate([self._boxes, boxes])
            self._least = np.concatenate([self._least, more.costs])
            self._seen = np.concatenate([self._seen, np.full(len(boxes), UNSEEN)])
            self._costs = np.concatenate([self._costs, np.full(len(boxes), np.nan)])
        self.found = self._first()

    def _free(self, places: Places) -> tuple[Places, np.ndarray]:
        """Those that are on the page and off what is taken, with what they cost in their ways of setting the name, and
        their boxes (n, 4, 2)."""
        item, page = self._item, self._page
        boxes = places.boxes(item.sizes)
        keep = ((boxes >= page.area[:2]) & (boxes <= page.area[2:])).all((1, 2))
        keep &= (places.angles == 0) | (not page.upright)
        if len(page.taken) and keep.any():
            at = np.flatnonzero(keep)
            keep[at[overlap(self._roomy(places.only(at))[:, None], page.taken[None]).any(1)]] = False
        places = replace(places, costs=places.costs + item.prices[places.ways])
        return places.only(keep), boxes[keep]

    def _roomy(self, places: Places) -> np.ndarray:
        """Boxes with the air around them."""
        return places.boxes(self._item.sizes + 2 * AIR * self._page.em)

    def _first(self) -> Candidates:
        """Those that cost less than the bound of this level."""
        bound = BOUNDS[self._level] + float(self._item.prices.min())
        self._look_what_is_covered(bound)
        near = np.flatnonzero((self._seen == EXACTLY) & (self._least < bound))
        near = near[np.argsort(self._least[near], kind="stable")[:CLOSE]]
        self._look_what_is_near(near[np.isnan(self._costs[near])])
        best = near[np.argsort(self._costs[near], kind="stable")[:KEEP]]
        best = best[self._costs[best] < bound]
        places = self._places.only(best)
        return Candidates(self._roomy(places), places.angles, places.ways, places.leaders, self._costs[best],
                          bound if len(best) < KEEP else np.inf)

    def _look_what_is_covered(self, bound: float) -> None:
        """Add what it costs to lie over matrices, to all that may cost less than ``bound``."""
        drawn, seen, costs = self._page.drawn, self._seen, self._places.costs
        new = np.flatnonzero((seen == UNSEEN) & (self._least < bound))
        over = drawn.least(self._boxes[new])
        self._least[new] += COVERS * over
        seen[new] = np.where(over > 0, ROUGHLY, EXACTLY)
        new = np.flatnonzero((seen == ROUGHLY) & (self._least < bound))
        if not len(new):  # as a rule at first, since what covers anything costs more
            return
        own, others = drawn.covered(self._boxes[new], self._item.outline)
        self._least[new] = costs[new] + COVERS * own + COVERS * others
        seen[new] = EXACTLY

    def _look_what_is_near(self, which: np.ndarray) -> None:
        """Add what it costs to be nearer to other matrices than to its own, or to have a leader that crosses them."""
        if not len(which):
            return
        page, own = self._page, self._item.outline
        costs, leaders = self._least[which], self._places.leaders[which]
        if len(page.outlines) > 1:
            led = ~np.isnan(leaders[:, 0, 0])
            wide = UNIQUE * page.em
            away, other = page.drawn.distances(self._boxes[which[~led]], own, 4 * wide)
            costs[~led] += CONFUSES * np.clip((away - other) / wide + 1, 0, 1)
            if led.any():
                costs[led] += CROSSES * page.drawn.crossed(leaders[led], own)
                if len(page.taken):
                    costs[led] += CLASH * overlap(_bars(leaders[led])[:, None], page.taken[None]).any(1)
        self._costs[which] = costs


def _bars(leaders: np.ndarray) -> np.ndarray:
    """Leaders (n, 2, 2) as thin boxes (n, 4, 2)."""
    start, end = leaders[:, 0], leaders[:, 1]
    along = end - start
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across = THICK * across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    return np.stack([start - across, end - across, end + across, start + across], axis=1)
