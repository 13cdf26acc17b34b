"""Placing: where on a page the names of the matrices stand.

Every name has candidates around the outline of its matrix, upright or along an edge, and others anywhere on the page
with a line that leads to it. Each candidate has a price of its own (what it covers, how far it is, whether another
matrix is nearer); candidates that touch exclude each other. Names with the fewest good candidates choose first, then
all choose again while that makes it cheaper. The same input gives the same page.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import outlines

NEAR = (0.35, 0.8, 1.5)            # distances from an outline, in em
ALONG = (0.5, 0.15, 0.85, 0.0, 1.0)  # where along an edge
GRID = (26, 20)                    # candidates with a leader, across the page
AIR = 0.18                         # em that texts keep from each other
STEEPEST = 105.0                   # an edge's text reads upwards rather than downwards
ROUNDS = 8
CLASH = 1000.0
KEEP = 220                         # candidates of a name


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
    bars: np.ndarray = field(init=False)  # the leaders as thin boxes

    def __post_init__(self):
        start, end = self.leaders[:, 0], self.leaders[:, 1]
        along = end - start
        across = np.stack([-along[:, 1], along[:, 0]], 1)
        across = 0.004 * across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        self.bars = np.stack([start - across, end - across, end + across, start + across], axis=1)

    def only(self, which: np.ndarray) -> "Candidates":
        return Candidates(self.boxes[which], self.angles[which], self.ways[which], self.leaders[which],
                          self.costs[which])


@dataclass(frozen=True)
class Page:
    """What the names stand on. ``area``: (x0, y0, x1, y1) inches that they must keep to; ``outlines`` (n, m, 2) of the
    matrices, counterclockwise; ``taken`` (k, 4, 2): boxes that are not free; ``em`` in inches."""

    area: tuple[float, float, float, float]
    outlines: np.ndarray
    taken: np.ndarray
    em: float


def place(items: list[Item], page: Page) -> list[tuple[np.ndarray, float, int, np.ndarray] | None]:
    """For every item its box (4, 2) from the lower left of the text on, its angle, the way in which it is set, and its
    leader (2, 2), NaN without; None for one that has no room."""
    every = [_candidates(item, page) for item in items]
    order = sorted(range(len(items)), key=lambda at: (int((every[at].costs < 2.5).sum()), at))
    chosen: dict[int, int] = {}
    for at in order:
        chosen[at] = int((every[at].costs + _clashes(at, every, chosen)).argmin()) if len(every[at].costs) else -1
    for _ in range(ROUNDS):
        before = dict(chosen)
        for at in order:
            if chosen[at] >= 0:
                chosen[at] = int((every[at].costs + _clashes(at, every, chosen)).argmin())
        _swap(order, every, chosen)
        if chosen == before:
            break
    # what still touches gives way, the dearest first
    out: list = [None] * len(items)
    kept: dict[int, int] = {}
    for at in sorted(order, key=lambda at: every[at].costs[chosen[at]] if chosen[at] >= 0 else 0.0):
        if chosen[at] < 0:
            continue
        costs = every[at].costs + _clashes(at, every, kept)
        best = int(costs.argmin())
        if costs[best] >= CLASH:
            continue
        kept[at] = best
        mine = every[at]
        out[at] = mine.boxes[best], float(mine.angles[best]), int(mine.ways[best]), mine.leaders[best]
    return out


def _clashes(at: int, every: list[Candidates], chosen: dict[int, int]) -> np.ndarray:
    """What each candidate of an item costs for touching what the others have chosen."""
    mine, cost = every[at], np.zeros(len(every[at].costs))
    for other, which in chosen.items():
        if other == at or which < 0:
            continue
        box, leader = every[other].boxes[which], every[other].bars[which]
        near = (mine.boxes.min(1) < box.max(0)).all(1) & (mine.boxes.max(1) > box.min(0)).all(1)
        if near.any():
            cost[near] += CLASH * outlines.overlap(mine.boxes[near], box)
        lead = ~np.isnan(mine.bars[:, 0, 0])
        if lead.any():
            cost[lead] += CLASH * outlines.overlap(mine.bars[lead], box)
        if not np.isnan(leader[0, 0]):
            cost += CLASH * outlines.overlap(mine.boxes, leader)
            if lead.any():
                cost[lead] += CLASH * outlines.overlap(mine.bars[lead], leader)
    return cost


def _swap(order: list[int], every: list[Candidates], chosen: dict[int, int]) -> None:
    """Let an item that is badly placed take what it likes, if the one in its way finds something else."""
    for at in order:
        if chosen[at] < 0:
            continue
        mine = every[at]
        now = mine.costs[chosen[at]] + _clashes(at, every, chosen)[chosen[at]]
        if now < mine.costs.min() + 1.0:
            continue
        for wish in np.argsort(mine.costs, kind="stable")[:12]:
            trial = {**chosen, at: int(wish)}
            hit = [other for other in order if other != at and chosen[other] >= 0
                   and _clashes(other, every, {at: int(wish)})[chosen[other]] > 0]
            if len(hit) != 1:
                continue
            other = hit[0]
            was = every[other].costs[chosen[other]]
            options = every[other].costs + _clashes(other, every, trial)
            best = int(options.argmin())
            after = mine.costs[wish] + _clashes(at, every, {**trial, other: best})[wish] + options[best]
            if after + 1e-6 < now + was:
                chosen[at], chosen[other] = int(wish), best
                break


def _candidates(item: Item, page: Page) -> Candidates:
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
        keep[at[outlines.overlap(roomy[at, None], page.taken[None]).any(1)]] = False
    boxes, roomy, angles, ways, extra, leaders = (x[keep] for x in (boxes, roomy, angles, ways, extra, leaders))
    if not len(boxes):
        return Candidates(roomy, angles, ways, leaders, extra)
    costs = extra + item.prices[ways] + 14 * _covered(boxes, own[None]) + 14 * _covered(boxes, rest)
    best = np.argsort(costs, kind="stable")[:3 * KEEP]
    boxes, found = boxes[best], Candidates(roomy[best], angles[best], ways[best], leaders[best], costs[best])
    if len(rest):
        away, elsewhere = _distance(boxes, own[None])[:, 0], _distance(boxes, rest)
        alone = np.isnan(found.leaders[:, 0, 0])
        found.costs += alone * 2.5 * np.clip((away + 0.3 * page.em - elsewhere.min(1)) / page.em + 0.2, 0, 1)
        lead = np.flatnonzero(~alone)
        if len(lead):
            steps = np.linspace(0, 1, 12)[:, None]
            path = found.leaders[lead, None, 0] + steps * (found.leaders[lead, None, 1] - found.leaders[lead, None, 0])
            found.costs[lead] += 6 * outlines.inside(path, rest).any(2).mean(1)
            if len(page.taken):
                found.costs[lead] += CLASH * outlines.overlap(found.bars[lead, None], page.taken[None]).any(1)
    return found.only(np.argsort(found.costs, kind="stable")[:KEEP])


def _around(item: Item, own: np.ndarray, em: float):
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
                for share in ALONG:
                    along = edge / length * (share * length if 0 < share < 1 else share * length
                                             + (0.5 - share) * min(_reach(edge / length, angle, w, h) * 2, length))
                    for distance in NEAR:
                        centres.append(start + along + out * (reach + distance * em))
                        angles.append(angle)
                        ways.append(way)
                        tilt = abs(angle)
                        costs.append(0.8 * (distance - NEAR[0]) + 0.5 * abs(share - 0.5)
                                     + (0.25 + 0.9 * (tilt / 90) ** 2 if tilt > 2 else 0.12 * (reach - h / 2) / em)
                                     - 0.3 * length / longest)
    return (np.array(centres, float).reshape(-1, 2), np.array(angles, float), np.array(ways, int),
            np.array(costs, float))


def _anywhere(item: Item, own: np.ndarray, page: Page):
    """As ``_around`` for candidates all over the page, with their leaders (n, 2, 2)."""
    x0, y0, x1, y1 = page.area
    xs, ys = (np.linspace(low, high, count) for low, high, count in ((x0, x1, GRID[0]), (y0, y1, GRID[1])))
    centres, ways, costs, leaders = [], [], [], []
    heart = own.mean(0)
    for way, (w, h) in enumerate(item.sizes):
        for x in xs:
            for y in ys:
                centre = np.array([x, y])
                half = np.array([w, h]) / 2 + AIR * page.em
                target, _ = outlines.nearest(np.clip(heart, centre - half, centre + half), own)
                source = np.clip(target, centre - half, centre + half)
                target = target + 0.12 * (heart - target)
                length = float(np.linalg.norm(target - source))
                if length < 1.0 * page.em:
                    continue
                centres.append(centre)
                ways.append(way)
                leaders.append((source, target))
                costs.append(2.6 + 0.22 * length / page.em)
    count = len(centres)
    return (np.array(centres, float).reshape(-1, 2), np.zeros(count), np.array(ways, int), np.array(costs, float),
            np.array(leaders, float).reshape(-1, 2, 2))


def _readable(angle: float) -> float:
    """The angle, or its opposite, at which a text is not upside down: (-75, 105]."""
    angle = (angle + 180) % 360 - 180
    if angle > STEEPEST:
        return angle - 180
    return angle + 180 if angle <= STEEPEST - 180 else angle


def _reach(direction: np.ndarray, angle: float, w: float, h: float) -> float:
    """How far a box reaches from its centre in a direction."""
    turn = np.radians(angle)
    along = abs(direction[0] * np.cos(turn) + direction[1] * np.sin(turn))
    across = abs(-direction[0] * np.sin(turn) + direction[1] * np.cos(turn))
    return float(along * w + across * h) / 2


def _boxes(centres: np.ndarray, angles: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Rectangles (n, 4, 2), counterclockwise from the lower left of their text on."""
    local = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * sizes[:, None]
    cos, sin = np.cos(np.radians(angles))[:, None], np.sin(np.radians(angles))[:, None]
    x, y = local[..., 0], local[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], -1) + centres[:, None]


def _covered(boxes: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """About which share of each box lies over polygons, from 0 to 1; anything at all costs a little more."""
    if not len(polygons):
        return np.zeros(len(boxes))
    u, v = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 3))
    u, v = u.ravel()[:, None], v.ravel()[:, None]
    points = (boxes[:, None, 0] * (1 - u) * (1 - v) + boxes[:, None, 1] * u * (1 - v)
              + boxes[:, None, 2] * u * v + boxes[:, None, 3] * (1 - u) * v)
    hit = outlines.inside(points, polygons).any(2)
    return hit.mean(1) + 0.15 * hit.any(1)


def _distance(boxes: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """The distance (n, m) of boxes' corners and centres, whichever is nearer, from the rims of polygons."""
    points = np.concatenate([boxes, boxes.mean(1, keepdims=True),
                             (boxes + np.roll(boxes, -1, 1)) / 2], axis=1)[:, :, None, None]
    start, edge = polygons, np.roll(polygons, -1, axis=1) - polygons
    share = ((points - start) * edge).sum(-1) / np.maximum((edge ** 2).sum(-1), 1e-18)
    away = points - start - np.clip(share, 0, 1)[..., None] * edge
    return np.linalg.norm(away, axis=-1).min((1, 3))
