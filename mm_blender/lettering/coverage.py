"""Coverage: which boxes on a page lie over the outlines of matrices, by how much, and how far from them they are.

Boxes are (n, 4, 2); whatever is far from an outline is told by its bounds, and few are looked at more closely.
"""
from __future__ import annotations

from functools import cached_property

import numpy as np

ROUNDING = 1e-6  # square inches, see ``sides``: less than this may be the other side


class Outlines:
    """Outlines (n, m, 2) of matrices, counterclockwise, with what is asked about them again and again."""

    def __init__(self, polygons: np.ndarray):
        self.polygons = polygons

    @cached_property
    def low(self) -> np.ndarray:
        """Their low corners (n, 2)."""
        return self.polygons.min(1)

    @cached_property
    def high(self) -> np.ndarray:
        """Their high corners (n, 2)."""
        return self.polygons.max(1)

    @cached_property
    def edges(self) -> np.ndarray:
        """From each corner to the next (n, m, 2)."""
        return np.roll(self.polygons, -1, axis=1) - self.polygons

    def near(self, boxes: np.ndarray, within: np.ndarray | float = 0.0) -> np.ndarray:
        """The pairs (2, k) of a box and an outline whose bounds are less than ``within`` (n,) apart."""
        reach = np.broadcast_to(within, len(boxes))[:, None]
        low, high = boxes.min(1), boxes.max(1)
        met = None
        for axis in (0, 1):
            here = ((low[:, axis, None] < self.high[:, axis] + reach)
                    & (high[:, axis, None] > self.low[:, axis] - reach))
            met = here if met is None else met & here
        return np.array(np.nonzero(met))

    def sides(self, points: np.ndarray, of: np.ndarray) -> np.ndarray:
        """On which side of the edges of outlines ``of`` (k,) their ``points`` (k, p, 2) lie: positive inside;
        (k, p, m)."""
        start, edge = self.polygons[of, None], self.edges[of, None]
        x, y = points[..., 0, None] - start[..., 0], points[..., 1, None] - start[..., 1]
        return np.asarray(edge[..., 0] * y - edge[..., 1] * x)

    def least(self, boxes: np.ndarray) -> np.ndarray:
        """What ``covered`` says of each box at least (n,), as far as that is told by its corners; 0 only where it lies
        over nothing."""
        which, of = self.near(boxes)
        sides = self.sides(boxes[which], of)
        out = np.zeros(len(boxes))
        over = (sides > ROUNDING).all(2)  # which corners (k, 4)
        _reduce(np.maximum, out, which, _AT_LEAST[over @ (1, 2, 4, 8)])
        met = (out[which] == 0) & ~(sides < -ROUNDING).all(1).any(1)
        which, of = which[met], of[met]
        out[which[self._over(boxes[which], of, sides[met]).any(1)]] = _AT_LEAST[1]
        return out

    def covered(self, boxes: np.ndarray, own: int) -> tuple[np.ndarray, np.ndarray]:
        """About which share (n,) of each box lies over outline ``own``, and over the others, from 0 to 1; anything at
        all costs a little more."""
        hit = np.zeros((2, len(boxes), len(_SHARES)), bool)  # over its own, over others
        which, of = self.near(boxes)
        sides = self.sides(boxes[which], of)
        met = ~(sides < -ROUNDING).all(1).any(1)
        which, of = which[met], of[met]
        over = self._over(boxes[which], of, sides[met])
        for part, some in zip(hit, (of == own, of != own), strict=True):
            _reduce(np.logical_or, part, which[some], over[some])
        mine, theirs = hit.mean(2) + ANY * hit.any(2)
        return mine, theirs

    def _over(self, boxes: np.ndarray, of: np.ndarray, sides: np.ndarray) -> np.ndarray:
        """Which samples (k, p) of boxes lie over outlines ``of`` (k,), on these ``sides`` (k, 4, m) of whose edges the
        corners lie. Only edges that have a corner outside have samples there."""
        out = np.ones((len(boxes), len(_SHARES)), bool)
        which, edge = np.nonzero(sides.min(1) < ROUNDING)
        points = (_SHARES @ boxes)[which]
        start, along = self.polygons[of[which], edge, None], self.edges[of[which], edge, None]
        x, y = points[..., 0] - start[..., 0], points[..., 1] - start[..., 1]
        _reduce(np.logical_and, out, which, along[..., 0] * y - along[..., 1] * x >= 0)
        return out

    def distances(self, boxes: np.ndarray, own: int, most: float) -> tuple[np.ndarray, np.ndarray]:
        """How far each box, by corners, middles of sides and centre, is from the rim of outline ``own`` (n,), ``most`` at
        most; and of those that are less than ``most`` / 4 further from another, how far that is (n,), else inf."""
        points = np.concatenate([boxes, boxes.mean(1, keepdims=True), (boxes + np.roll(boxes, -1, 1)) / 2], axis=1)
        mine = np.minimum(self._rims(points, np.full(len(boxes), own)), most ** 2)
        mine = np.sqrt(mine)
        which, of = self.near(boxes, mine + (most / 4) * (1 + 1e-9))
        which, of = which[of != own], of[of != own]
        theirs = np.full(len(boxes), np.inf)
        _reduce(np.minimum, theirs, which, self._rims(points[which], of))
        return mine, np.sqrt(theirs)

    def crossed(self, lines: np.ndarray, own: int) -> np.ndarray:
        """About which share (n,) of each of ``lines`` (n, 2, 2) lies over outlines that are not ``own``."""
        points = lines[:, None, 0] + _STEPS * (lines[:, None, 1] - lines[:, None, 0])
        hit = np.zeros(points.shape[:2], bool)
        which, of = self.near(lines, 1e-9)
        which, of = which[of != own], of[of != own]
        _reduce(np.logical_or, hit, which, (self.sides(points[which], of) >= 0).all(2))
        return np.asarray(hit.mean(1))

    def _rims(self, points: np.ndarray, of: np.ndarray) -> np.ndarray:
        """The least of the squared distances of points (k, p, 2) from the rims of outlines ``of`` (k,): (k,)."""
        u, v = self.edges[of, None, :, 0], self.edges[of, None, :, 1]
        x = points[..., 0, None] - self.polygons[of, None, :, 0]
        y = points[..., 1, None] - self.polygons[of, None, :, 1]
        share = np.clip((x * u + y * v) / np.maximum(u * u + v * v, 1e-18), 0, 1)
        return np.asarray(((x - share * u) ** 2 + (y - share * v) ** 2).min((1, 2)))


def _reduce(function: np.ufunc, out: np.ndarray, which: np.ndarray, values: np.ndarray) -> None:
    """Set ``out`` (n, ...), where there are any, to what ``function`` makes of the ``values`` (k, ...) that belong to
    its rows ``which`` (k,), in rising order."""
    if len(which):
        starts = np.flatnonzero(np.diff(which, prepend=-1))
        out[which[starts]] = function.reduceat(values, starts)


_U, _V = (x.ravel() for x in np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 3)))
_SHARES = np.stack([(1 - _U) * (1 - _V), _U * (1 - _V), _U * _V, (1 - _U) * _V], axis=1)  # (points, corners)
_STEPS = np.linspace(0, 1, 12)[:, None]
ANY = 0.2  # what a box that lies over anything at all counts besides


def _at_least() -> np.ndarray:
    """What a box counts by those of its corners that lie over one outline, which are the bits of a number (16,): between
    them all samples do, too."""
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
