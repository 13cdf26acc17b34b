"""Picking: which element of a matrix a ray meets first.

Everything is in the matrix' own frame (``places``): x along its columns, y down its rows, elements in the plane z = 0,
lengths in any one unit. An element is a cube of its own edge around its place; one without an edge is not drawn, and a
ray goes through it as through the gaps between cubes and blocks.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

TINY = 1e-300  # stands for a direction of 0, so that nothing is divided by it


@dataclass(frozen=True)
class Grid:
    """Where the elements of a matrix lie. ``rows`` (h,) and ``cols`` (w,): place of every row along y and of every
    column along x, increasing; ``largest``: an edge that no element exceeds (cubes may be wider than their cells)."""

    rows: np.ndarray
    cols: np.ndarray
    largest: float


@dataclass(frozen=True)
class Pick:
    """What a ray meets: the element, and how many ``direction``s from its origin."""

    row: int
    col: int
    distance: float


def reaches(origin: Iterable[float], direction: Iterable[float], low: Iterable[float],
            high: Iterable[float]) -> bool:
    """Whether the ray meets the box with corners ``low`` and ``high`` (3,): a cheap look before anything is read."""
    enter, leave = 0.0, float("inf")
    for o, d, a, b in zip(origin, direction, low, high):
        d = d if abs(d) > TINY else TINY
        near, far = sorted(((a - o) / d, (b - o) / d))
        enter, leave = max(enter, near), min(leave, far)
    return enter <= leave


def nearest(origin: np.ndarray, direction: np.ndarray, grid: Grid,
            edges: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Pick | None:
    """The first element that the ray from ``origin`` along ``direction`` (3,) meets, or None.

    ``edges(rows, cols)``: the edges of the cubes (n,) at these elements, 0 where none is drawn. It is asked only for
    the elements near the ray.
    """
    origin, direction = np.asarray(origin, float), np.asarray(direction, float)
    direction = np.where(np.abs(direction) < TINY, TINY, direction)
    rows, cols = candidates(origin, direction, grid)
    if not rows.size:
        return None
    half = np.asarray(edges(rows, cols), float) / 2
    centre = np.stack([grid.cols[cols], grid.rows[rows], np.zeros(rows.size)])
    enter, leave = _through(origin, direction, centre - half, centre + half)
    hit = np.flatnonzero((half > 0) & (enter <= leave) & (leave >= 0))
    if not hit.size:
        return None
    first = hit[np.argmin(enter[hit])]
    return Pick(int(rows[first]), int(cols[first]), max(float(enter[first]), 0.0))


def candidates(origin: np.ndarray, direction: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """``(rows, cols)`` of the elements whose largest possible cubes the ray may meet."""
    none = np.zeros(0, int), np.zeros(0, int)
    half = grid.largest / 2
    if not (grid.rows.size and grid.cols.size and half > 0):
        return none
    low = np.array([grid.cols[0], grid.rows[0], 0.0]) - half
    high = np.array([grid.cols[-1], grid.rows[-1], 0.0]) + half
    enter, leave = _through(origin, direction, low[:, None], high[:, None])
    start, end = max(float(enter[0]), 0.0), float(leave[0])
    if not start <= end:
        return none
    reach = half * (1 + 1e-9) + 1e-9 * float(np.abs([low, high]).max())  # rounding must not lose a cube
    # walk along the axis on which the ray goes further, and see how far it gets on the other beside every line
    along = 0 if abs(direction[0]) >= abs(direction[1]) else 1
    lines, others = (grid.cols, grid.rows) if along == 0 else (grid.rows, grid.cols)
    index = np.arange(*_between(lines, *_span(origin[along], direction[along], start, end), reach))
    at = lines[index]
    ends = np.sort(np.stack([at - reach, at + reach]) - origin[along], axis=0) / direction[along]
    times = np.clip(np.sort(ends, axis=0), start, end)
    a, b = origin[1 - along] + direction[1 - along] * times
    first, last = _between(others, np.minimum(a, b), np.maximum(a, b), reach)
    count = np.maximum(last - first, 0)
    line = np.repeat(index, count)
    other = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return (other, line) if along == 0 else (line, other)


def _span(origin: float, direction: float, start: float, end: float) -> tuple[float, float]:
    a, b = origin + direction * start, origin + direction * end
    return min(a, b), max(a, b)


def _between(places: np.ndarray, low: Any, high: Any, reach: float) -> tuple[Any, Any]:
    """Indices from a first up to a last, exclusive, of the ``places`` within ``reach`` of the interval."""
    return np.searchsorted(places, low - reach, "left"), np.searchsorted(places, high + reach, "right")


def _through(origin: np.ndarray, direction: np.ndarray, low: np.ndarray,
             high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When a ray enters and leaves boxes with corners ``low`` and ``high`` (3, n); it misses if it leaves first."""
    a, b = (low - origin[:, None]) / direction[:, None], (high - origin[:, None]) / direction[:, None]
    return np.minimum(a, b).max(0), np.maximum(a, b).min(0)
