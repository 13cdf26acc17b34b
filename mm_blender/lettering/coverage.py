"""Coverage: which boxes on a page lie over the outlines of matrices, by how much, and how far from them they are.

Boxes are (n, 4, 2). Most that are far from an outline are told by their bounds, and few are looked at more closely.
Inside, arrays have their long axis last, along which numpy is quick: points are (2, p, n), their x and their y.
"""
from __future__ import annotations

import numpy as np

ROUNDING = 1e-6  # square inches, see ``_sides``: what is less may be on the other side


class Outlines:
    """Outlines (n, m, 2) of matrices, counterclockwise, with what is asked about them again and again."""

    def __init__(self, polygons: np.ndarray):
        self._starts = _rows(polygons)
        self._edges = _rows(np.roll(polygons, -1, axis=1) - polygons)
        self._low, self._high = self._starts.min(1), self._starts.max(1)
        self._lengths = np.maximum(np.sqrt((self._edges ** 2).sum(0)), 1e-9)
        self._squares = np.maximum(self._edges[0] * self._edges[0] + self._edges[1] * self._edges[1], 1e-18)
        self._real = self._edges.any(0)  # shorter ones have a corner repeated

    def least(self, boxes: np.ndarray) -> np.ndarray:
        """What ``covered`` says of each box at least (n,), as far as that is told by its corners; 0 only where it lies
        over nothing."""
        corners = _rows(boxes)
        which, of = self._near(corners)
        sides = self._sides(corners[..., which], of)
        out = np.zeros(len(boxes))
        over = (sides > ROUNDING).all(1)  # which corners (4, k)
        _reduce(np.maximum, out, which, _AT_LEAST[_BITS @ over])
        met = (out[which] == 0) & ~(sides < -ROUNDING).all(0).any(0)
        which, of = which[met], of[met]
        out[which[self._over(boxes[which], of, sides[..., met]).any(0)]] = _AT_LEAST[1]
        return out

    def covered(self, boxes: np.ndarray, own: int) -> tuple[np.ndarray, np.ndarray]:
        """About which share (n,) of each box lies over outline ``own``, and over the others, from 0 to 1; anything at
        all costs a little more."""
        hit = np.zeros((2, len(_SHARES), len(boxes)), bool)  # over its own, over others
        corners = _rows(boxes)
        which, of = self._near(corners)
        sides = self._sides(corners[..., which], of)
        met = ~(sides < -ROUNDING).all(0).any(0)
        which, of = which[met], of[met]
        over = self._over(boxes[which], of, sides[..., met])
        for part, some in zip(hit, (of == own, of != own), strict=True):
            _reduce(np.logical_or, part, which[some], over[:, some])
        mine, others = hit.mean(1) + ANY * hit.any(1)
        return mine, others

    def distances(self, boxes: np.ndarray, own: int, most: float) -> tuple[np.ndarray, np.ndarray]:
        """How far each box, by corners, middles of sides and centre, is from the rim of outline ``own`` (n,), ``most``
        at most; and of those that are less than ``most`` / 4 further from another, how far that is (n,), else inf."""
        points = _rows(np.concatenate([boxes, boxes.mean(1, keepdims=True), (boxes + boxes[:, _NEXT]) / 2], 1))
        mine = np.sqrt(np.minimum(self._rims(points, np.full(len(boxes), own)), most ** 2))
        which, of = self._near(points[:, :4], mine + (most / 4) * (1 + 1e-9))
        which, of = which[of != own], of[of != own]
        near = self._apart(points[:, :4][..., which], of) < mine[which] + (most / 4) * (1 + 1e-9)
        which, of = which[near], of[near]
        others = np.full(len(boxes), np.inf)
        _reduce(np.minimum, others, which, self._rims(points[..., which], of))
        return mine, np.sqrt(others)

    def crossed(self, lines: np.ndarray, own: int) -> np.ndarray:
        """About which share (n,) of each of ``lines`` (n, 2, 2) lies over outlines that are not ``own``."""
        ends = _rows(lines)
        points = ends[:, :1] + _STEPS * (ends[:, 1:] - ends[:, :1])
        hit = np.zeros(points.shape[1:], bool)
        which, of = self._near(ends, np.full(len(lines), 1e-9))
        which, of = which[of != own], of[of != own]
        _reduce(np.logical_or, hit, which, (self._sides(points[..., which], of) >= 0).all(1))
        return np.asarray(hit.mean(0))

    def _near(self, points: np.ndarray, within: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """The pairs (k,), (k,) of a box, of whose ``points`` (2, p, n) these are all that matter, and an outline whose
        bounds are less than ``within`` (n,) apart, in the order of the boxes."""
        low, high = points.min(1)[..., None] - np.asarray(within)[..., None], points.max(1)[..., None]
        met = (low < self._high[:, None]) & (high > self._low[:, None] - np.asarray(within)[..., None])
        which, of = np.nonzero(met[0] & met[1])
        return which, of

    def _sides(self, points: np.ndarray, of: np.ndarray) -> np.ndarray:
        """On which side of the edges of outlines ``of`` (k,) ``points`` (2, p, k) lie: positive inside; (p, m, k)."""
        x, y = self._from_starts(points, of)
        along, up = self._edges.take(of, -1)
        y *= along
        x *= up
        y -= x
        return y

    def _from_starts(self, points: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far ``points`` (2, p, k) are from the corners of outlines ``of`` (k,) along x and y, (p, m, k) each: new
        arrays, in which one may go on, since making others takes as long as the arithmetic."""
        x, y = self._starts.take(of, -1)
        return points[0][:, None] - x, points[1][:, None] - y

    def _over(self, boxes: np.ndarray, of: np.ndarray, sides: np.ndarray) -> np.ndarray:
        """Which samples (p, k) of boxes (k, 4, 2) lie over outlines ``of`` (k,), on these ``sides`` (4, m, k) of whose
        edges the corners lie: between them for what lies between, so only edges that have a corner outside have samples
        there."""
        out = np.ones((len(_SHARES), len(boxes)), bool)
        which, edge = np.nonzero(((sides.min(0) < ROUNDING) & self._real[:, of]).T)
        between = _SHARES @ sides[:, edge, which]
        inside = between >= 0
        near = np.flatnonzero((np.abs(between) < ROUNDING).any(0))  # which are few
        if len(near):
            exact = self._sides(_rows(_SHARES @ boxes[which[near]]), of[which[near]])
            inside[:, near] = exact[:, edge[near], np.arange(len(near))] >= 0
        _reduce(np.logical_and, out, which, inside)
        return out

    def _apart(self, corners: np.ndarray, of: np.ndarray) -> np.ndarray:
        """How far boxes of these ``corners`` (2, 4, k) and outlines ``of`` (k,) are from each other at least (k,): by
        that edge of the outline on whose far side the box lies furthest off."""
        return np.asarray((-self._sides(corners, of).max(0) / self._lengths.take(of, -1)).max(0, initial=0.0))

    def _rims(self, points: np.ndarray, of: np.ndarray) -> np.ndarray:
        """The least of the squared distances of ``points`` (2, p, k) from the rims of outlines ``of`` (k,): (k,)."""
        x, y = self._from_starts(points, of)
        u, v = self._edges.take(of, -1)
        share, other = x * u, y * v
        share += other
        share /= self._squares.take(of, -1)
        np.minimum(np.maximum(share, 0, out=share), 1, out=share)
        x -= np.multiply(share, u, out=other)
        y -= np.multiply(share, v, out=other)
        x *= x
        y *= y
        x += y
        return np.asarray(x.min((0, 1)))


def _rows(points: np.ndarray) -> np.ndarray:
    """Points (n, p, 2) as (2, p, n)."""
    return np.ascontiguousarray(points.transpose(2, 1, 0))


def _reduce(function: np.ufunc, out: np.ndarray, which: np.ndarray, values: np.ndarray) -> None:
    """Set ``out`` (..., n), where there are any, to what ``function`` makes of the ``values`` (..., k) that belong to
    its columns ``which`` (k,), in rising order."""
    if len(which):
        starts = np.concatenate([[0], np.flatnonzero(which[1:] != which[:-1]) + 1])
        out[..., which[starts]] = function.reduceat(values, starts, axis=-1)


_U, _V = (x.ravel() for x in np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 3)))
_SHARES = np.stack([(1 - _U) * (1 - _V), _U * (1 - _V), _U * _V, (1 - _U) * _V], axis=1)  # (points, corners)
_STEPS = np.linspace(0, 1, 12)[:, None]
_NEXT = [1, 2, 3, 0]  # of the corners of a box
_BITS = np.array([1, 2, 4, 8])
ANY = 0.2  # what a box that lies over anything at all counts besides


def _at_least() -> np.ndarray:
    """What a box counts by those of its corners that lie over one outline, which are the bits of a number (16,):
    between them all samples do, too."""
    sides = {(0, 1): _V == 0, (1, 2): _U == 1, (2, 3): _V == 1, (3, 0): _U == 0}
    out = np.zeros(16)
    for number in range(1, 16):
        over = [corner for corner in range(4) if number >> corner & 1]
        hit = _SHARES[:, over].max(1) == 1
        for pair, along in sides.items():
            if set(pair) <= set(over):
                hit |= along
        out[number] = ANY + (1.0 if len(over) == 4 else hit.mean())
    return out


_AT_LEAST = _at_least()
