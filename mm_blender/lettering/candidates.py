"""Candidates: where the name of one matrix may stand on a page, and what each place costs.

They lie around the outline of the matrix, upright or along an edge, and all over the page with a line that leads to it.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .polygons import inside, nearest, overlap

NEAR = (0.35, 0.8, 1.5)            # distances from an outline, in em
ALONG = (0.5, 0.15, 0.85, 0.0, 1.0)  # where along an edge
GRID = (22, 16)                    # candidates with a leader, across the page
THICK = 0.006                      # inches on both sides of a leader that stay free
AIR = 0.18                         # em that texts keep from each other
STEEPEST = 105.0                   # an edge's text reads upwards rather than downwards
UNIQUE = 1.2                       # em by which a name is to be nearer to its own matrix than to another
INTO = 0.12                        # how far a leader goes into its matrix, towards the middle
KEEP = 160                         # candidates of a name
CLASH = 1000.0


@dataclass
class Item:
    """A name to be placed: ``sizes`` (n, 2) its width and height in inches in each of the ways in which it can be set,
    and what those cost; ``outline``: which of the outlines is its own."""

    sizes: np.ndarray
    prices: np.ndarray
    outline: int


@dataclass
class Candidates:
    """``boxes`` (n, 4, 2); ``angles`` (n,); ``ways`` (n,) of setting; ``leaders`` (n, 2, 2), NaN where there is none;
    ``costs`` (n,)."""

    boxes: np.ndarray
    angles: np.ndarray
    ways: np.ndarray
    leaders: np.ndarray
    costs: np.ndarray
    bars: np.ndarray = field(init=False)  # the leaders as thin boxes; then the corners of all
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)
    bar_low: np.ndarray = field(init=False)
    bar_high: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        start, end = self.leaders[:, 0], self.leaders[:, 1]
        along = end - start
        across = np.stack([-along[:, 1], along[:, 0]], 1)
        across = THICK * across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        self.bars = np.stack([start - across, end - across, end + across, start + across], axis=1)
        self.low, self.high = self.boxes.min(1), self.boxes.max(1)
        self.bar_low, self.bar_high = self.bars.min(1), self.bars.max(1)

    def only(self, which: np.ndarray) -> Candidates:
        """Those of them that ``which``, a mask or numbers, picks."""
        return Candidates(self.boxes[which], self.angles[which], self.ways[which], self.leaders[which],
                          self.costs[which])


@dataclass(frozen=True)
class Surface:
    """What the names stand on. ``area``: (x0, y0, x1, y1) inches that they must keep to; ``outlines`` (n, m, 2) of the
    matrices, counterclockwise; ``taken`` (k, 4, 2): boxes that are not free; ``em`` in inches; ``far``: whether names
    may stand anywhere, with leaders."""

    area: tuple[float, float, float, float]
    outlines: np.ndarray
    taken: np.ndarray
    em: float
    far: bool = True


def of(item: Item, page: Surface) -> Candidates:
    """Where a name may stand on the page, off what is taken, and what each place costs: the cheapest ``KEEP``."""
    own = page.outlines[item.outline]
    rest = np.delete(page.outlines, item.outline, axis=0)
    near, far = _around(item, own, page.em), _anywhere(item, own, page)
    centres, angles, ways, extra = (np.concatenate([a, b]) for a, b in zip(near[:4], far[:4]))
    leaders = np.concatenate([np.full((len(near[0]), 2, 2), np.nan), far[4]])
    boxes = _boxes(centres, angles, item.sizes[ways])
    keep = ((boxes >= page.area[:2]) & (boxes <= page.area[2:])).all((1, 2))
    roomy = _boxes(centres, angles, item.sizes[ways] + 2 * AIR * page.em)
    if len(page.taken) and keep.any():
        at = np.flatnonzero(keep)
        keep[at[overlap(roomy[at, None], page.taken[None]).any(1)]] = False
    boxes, roomy, angles, ways, extra, leaders = (x[keep] for x in (boxes, roomy, angles, ways, extra, leaders))
    if not len(boxes):
        return Candidates(roomy, angles, ways, leaders, extra)
    costs = extra + item.prices[ways] + 14 * _covered(boxes, own[None]) + 14 * _covered(boxes, rest)
    best = np.argsort(costs, kind="stable")[:3 * KEEP]
    boxes, found = boxes[best], Candidates(roomy[best], angles[best], ways[best], leaders[best], costs[best])
    if len(rest):
        alone = np.isnan(found.leaders[:, 0, 0])
        wide = UNIQUE * page.em
        away = _distance(boxes[alone], own[None], 4 * wide)
        found.costs[alone] += 2.5 * np.clip((away - _distance(boxes[alone], rest, 5 * wide)) / wide + 1, 0, 1)
        lead = np.flatnonzero(~alone)
        if len(lead):
            steps = np.linspace(0, 1, 12)[:, None]
            path = found.leaders[lead, None, 0] + steps * (found.leaders[lead, None, 1] - found.leaders[lead, None, 0])
            found.costs[lead] += 6 * inside(path, rest).any(2).mean(1)
            if len(page.taken):
                found.costs[lead] += CLASH * overlap(found.bars[lead, None], page.taken[None]).any(1)
    return found.only(np.argsort(found.costs, kind="stable")[:KEEP])


def _around(item: Item, own: np.ndarray, em: float) -> tuple[np.ndarray, ...]:
    """Centres, angles, ways and costs of candidates along the edges of an outline."""
    centres, angles, ways, costs = [], [], [], []
    longest = max(np.linalg.norm(np.roll(own, -1, 0) - own, axis=1))
    for start, end in zip(own, np.roll(own, -1, 0)):
        edge = end - start
        length = float(np.linalg.norm(edge))
        if length < 0.12 * longest or length < 0.3 * em:
            continue
        out = np.array([edge[1], -edge[0]]) / length
        slope = _readable(float(np.degrees(np.arctan2(edge[1], edge[0]))))
        for way, (w, h) in enumerate(item.sizes):
            for angle in {0.0, 90.0 if abs(abs(slope) - 90) < 3 else slope}:
                reach = _reach(out, angle, w, h)
                flush = min(2 * _reach(edge / length, angle, w, h), length)  # from an end on, not beyond it
                for share in ALONG:
                    at = share if 0 < share < 1 else share + (0.5 - share) * flush / length
                    point = start + edge * at
                    for distance in NEAR:
                        centres.append(point + out * (reach + distance * em))
                        angles.append(angle)
                        ways.append(way)
                        tilt = abs(angle)
                        shape = (0.25 + 1.3 * (tilt / 90) ** 2 if tilt > 2 else
                                 0.06 * abs(math.sin(2 * math.radians(slope))) * w / em)
                        costs.append(0.8 * (distance - NEAR[0]) + 0.5 * abs(share - 0.5) + shape
                                     - 0.3 * length / longest)
    return (np.array(centres, float).reshape(-1, 2), np.array(angles, float), np.array(ways, int),
            np.array(costs, float))


def _anywhere(item: Item, own: np.ndarray, page: Surface) -> tuple[np.ndarray, ...]:
    """As ``_around`` for candidates all over the page, with their leaders (n, 2, 2)."""
    x0, y0, x1, y1 = page.area
    xs, ys = (np.linspace(low, high, count) for low, high, count in ((x0, x1, GRID[0]), (y0, y1, GRID[1])))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    ways = np.repeat(np.arange(len(item.sizes)), len(grid))
    centres = np.tile(grid, (len(item.sizes), 1))
    half = item.sizes[ways] / 2 + AIR * page.em
    heart = own.mean(0)
    target = nearest(np.clip(heart, centres - half, centres + half), own)
    source = np.clip(target, centres - half, centres + half)
    target = target + INTO * (heart - target)
    length = np.linalg.norm(target - source, axis=1)
    keep = (length > 1.0 * page.em) & page.far
    leaders = np.stack([source, target], axis=1)[keep]
    return centres[keep], np.zeros(keep.sum()), ways[keep], 2.6 + 0.22 * length[keep] / page.em, leaders


def _readable(angle: float) -> float:
    """The angle, or its opposite, at which a text is not upside down: (-75, 105]."""
    angle = (angle + 180) % 360 - 180
    if angle > STEEPEST:
        return angle - 180
    return angle + 180 if angle <= STEEPEST - 180 else angle


def _reach(direction: np.ndarray, angle: float, w: float, h: float) -> float:
    """How far a box reaches from its centre in a direction."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = float(direction[0]), float(direction[1])
    return (abs(x * cos + y * sin) * w + abs(y * cos - x * sin) * h) / 2


def _boxes(centres: np.ndarray, angles: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Rectangles (n, 4, 2), counterclockwise from the lower left of their text on."""
    local = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * sizes[:, None]
    cos, sin = np.cos(np.radians(angles))[:, None], np.sin(np.radians(angles))[:, None]
    x, y = local[..., 0], local[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], -1) + centres[:, None]


def _covered(boxes: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """About which share of each box lies over polygons, from 0 to 1; anything at all costs a little more."""
    hit = np.zeros((len(boxes), len(_U)), bool)
    low, high = boxes.min(1), boxes.max(1)
    for polygon in polygons:
        at = np.flatnonzero(((low < polygon.max(0)) & (high > polygon.min(0))).all(1))
        if len(at):
            hit[at] |= inside(_SHARES @ boxes[at], polygon[None])[..., 0]
    return hit.mean(1) + 0.2 * hit.any(1)


_U, _V = (x.ravel() for x in np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 3)))
_SHARES = np.stack([(1 - _U) * (1 - _V), _U * (1 - _V), _U * _V, (1 - _U) * _V], axis=1)  # (points, corners)


def _distance(boxes: np.ndarray, polygons: np.ndarray, most: float) -> np.ndarray:
    """How far each of ``boxes`` (n, 4, 2), by corners, middles of sides and centre, is from the nearest rim of
    ``polygons``; no more than ``most``."""
    best = np.full(len(boxes), most ** 2)
    if not len(boxes):
        return best
    points = np.concatenate([boxes, boxes.mean(1, keepdims=True), (boxes + np.roll(boxes, -1, 1)) / 2], axis=1)
    low, high = boxes.min(1), boxes.max(1)
    for polygon in polygons:
        at = np.flatnonzero(((low < polygon.max(0) + most) & (high > polygon.min(0) - most)).all(1))
        for start, end in zip(polygon, np.roll(polygon, -1, 0)) if len(at) else ():
            (x, y), (u, v) = (points[at] - start).transpose(2, 0, 1), end - start
            share = np.clip((x * u + y * v) / max(u * u + v * v, 1e-18), 0, 1)
            best[at] = np.minimum(best[at], ((x - share * u) ** 2 + (y - share * v) ** 2).min(1))
    return np.sqrt(best)
