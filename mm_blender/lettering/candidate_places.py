"""Candidate places: the centres and angles at which the name of a matrix may stand, and what each costs by itself.

They lie around the outline of the matrix, upright or along an edge, and all over the page with a line that leads to it.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from .polygons import nearest

NEAR = np.array([0.35, 0.8, 1.5])    # distances from an outline, in em
ALONG = (0.5, 0.15, 0.85, 0.0, 1.0)  # where along an edge
GRID = (22, 16)                      # places with a leader, across the page
STEEPEST = 105.0                     # an edge's text reads upwards rather than downwards
INTO = 0.12                          # how far a leader goes into its matrix, towards the middle
AIR = 0.18                           # em that texts keep from each other
LED, EM_LED = 2.6, 0.22              # what a leader costs, and each em of it …
SHORTEST = 1.0                       # … of which it has more than this
LONGEST = 0.3                        # what it is worth to stand at the longest edge


@dataclass
class Item:
    """A name to be placed: ``sizes`` (n, 2) its width and height in inches in each of the ways in which it can be set,
    and what those cost; ``outline``: which of the outlines is its own."""

    sizes: np.ndarray
    prices: np.ndarray
    outline: int


@dataclass(frozen=True)
class Places:
    """``centres`` (n, 2), ``angles`` (n,) in degrees, ``ways`` (n,) of setting, ``costs`` (n,), ``leaders`` (n, 2, 2)
    from the text to its matrix, NaN where there is none."""

    centres: np.ndarray
    angles: np.ndarray
    ways: np.ndarray
    costs: np.ndarray
    leaders: np.ndarray

    def only(self, which: np.ndarray) -> Places:
        """Those of them that ``which``, a mask or numbers, picks."""
        return Places(self.centres[which], self.angles[which], self.ways[which], self.costs[which],
                      self.leaders[which])

    def boxes(self, sizes: np.ndarray) -> np.ndarray:
        """Rectangles (n, 4, 2) of the ``sizes`` (ways, 2), counterclockwise from the lower left of their text on."""
        local = _CORNERS * sizes[self.ways][:, None]
        cos, sin = np.cos(np.radians(self.angles))[:, None], np.sin(np.radians(self.angles))[:, None]
        x, y = local[..., 0], local[..., 1]
        out = np.empty(local.shape)
        np.subtract(cos * x, sin * y, out=out[..., 0])
        np.add(sin * x, cos * y, out=out[..., 1])
        out += self.centres[:, None]
        return out


_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])


def joined(parts: Sequence[Places]) -> Places:
    """All places of the parts, one at least, in their order."""
    return Places(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Places)))


def around(item: Item, own: np.ndarray, em: float) -> Places:
    """Along the edges of the outline ``own`` (m, 2): upright and along the edge, in each way, at all of ``ALONG`` and
    ``NEAR``."""
    edges = np.roll(own, -1, 0) - own
    longest = float(max(np.linalg.norm(edges, axis=1)))
    lengths = np.array([math.sqrt(edge.dot(edge)) for edge in edges])
    fit = (lengths >= 0.12 * longest) & (lengths >= 0.3 * em)
    starts, edges, lengths = own[fit], edges[fit], lengths[fit, None]
    along, out = edges / lengths, np.stack([edges[:, 1], -edges[:, 0]], axis=1) / lengths
    slopes = np.array([_readable(angle) for angle in np.degrees(np.arctan2(edges[:, 1], edges[:, 0])).tolist()])
    angles = np.stack([np.zeros(len(edges)), np.where(abs(abs(slopes) - 90) < 3, 90.0, slopes)], axis=1)
    reach, extent = _reach(out, angles, item.sizes), 2 * _reach(along, angles, item.sizes)  # (edges, ways, angles)
    lengths = lengths[..., None]
    ends = np.minimum(extent, lengths)  # from an end on, not beyond it
    at = np.stack([np.full(ends.shape, share) if 0 < share < 1 else share + (0.5 - share) * ends / lengths
                   for share in ALONG], axis=-1)
    starts, edges, out = (each[:, None, None, None] for each in (starts, edges, out))
    points = starts + edges * at[..., None]              # (edges, ways, angles, shares, 2)
    away = out * (reach[..., None] + NEAR * em)[..., None]  # (edges, ways, angles, distances, 2)
    upright = np.array([0.06 * abs(math.sin(2 * math.radians(slope))) for slope in slopes.tolist()])
    tilted = np.array([0.25 + 1.3 * (abs(slope) / 90) ** 2 for slope in angles[:, 1].tolist()])
    shape = np.where(abs(angles)[:, None] > 2, tilted[:, None, None],
                     upright[:, None, None] * item.sizes[:, :1] / em)  # (edges, ways, angles)
    costs = _SPOTS + shape[..., None, None] - (LONGEST * lengths / longest)[..., None, None]
    ways = np.arange(len(item.sizes))[:, None, None, None]
    new = np.broadcast_to((angles != 0) | [True, False], angles.shape)[:, None, :, None, None]  # not upright twice
    every = np.broadcast_to(new, costs.shape).ravel()
    centres = (points[..., None, :] + away[:, :, :, None]).reshape(-1, 2)[every]
    turned, setting = (np.broadcast_to(each, costs.shape).ravel()[every]
                       for each in (angles[:, None, :, None, None], ways))
    return Places(centres, turned, setting, costs.ravel()[every], np.full((len(centres), 2, 2), np.nan))


_SPOTS = np.array([[0.8 * (distance - NEAR[0]) + 0.5 * abs(share - 0.5) for distance in NEAR] for share in ALONG])


def anywhere(item: Item, own: np.ndarray, area: tuple[float, float, float, float], em: float) -> Places:
    """All over the ``area`` of a page, upright, with lines that lead to the outline ``own``."""
    x0, y0, x1, y1 = area
    xs, ys = (np.linspace(low, high, count) for low, high, count in ((x0, x1, GRID[0]), (y0, y1, GRID[1])))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    ways = np.repeat(np.arange(len(item.sizes)), len(grid))
    centres = np.tile(grid, (len(item.sizes), 1))
    half = item.sizes[ways] / 2 + AIR * em
    heart = own.mean(0)
    target = nearest(np.clip(heart, centres - half, centres + half), own)
    source = np.clip(target, centres - half, centres + half)
    target = target + INTO * (heart - target)
    length = np.linalg.norm(target - source, axis=1)
    keep = length > SHORTEST * em
    return Places(centres[keep], np.zeros(keep.sum()), ways[keep], LED + EM_LED * length[keep] / em,
                  np.stack([source, target], axis=1)[keep])


def _readable(angle: float) -> float:
    """The angle, or its opposite, at which a text is not upside down: (-75, 105]."""
    angle = (angle + 180) % 360 - 180
    if angle > STEEPEST:
        return angle - 180
    return angle + 180 if angle <= STEEPEST - 180 else angle


def _reach(directions: np.ndarray, angles: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """How far boxes of ``sizes`` (ways, 2), turned by ``angles`` (n, m), reach from their centre in directions (n, 2):
    (n, ways, m)."""
    turns = np.array([(math.cos(angle), math.sin(angle)) for angle in map(math.radians, angles.ravel().tolist())])
    cos, sin = turns.T.reshape(2, *angles.shape)
    x, y = directions[:, :1], directions[:, 1:]
    width, height = sizes[:, 0, None], sizes[:, 1, None]
    return (abs(x * cos + y * sin)[:, None] * width + abs(y * cos - x * sin)[:, None] * height) / 2
