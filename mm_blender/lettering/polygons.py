"""Outlines: plane geometry on the page. Polygons are convex, (n, 2), in order around; boxes are rectangles (4, 2)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

LEAST = 1e-9  # inches: polygons that share less than this touch


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether polygons share more than their rims. ``a`` (..., n, 2), ``b`` (..., m, 2), of which the leading axes are
    matched as numpy does; (...)."""
    out = np.asarray(((a.min(-2) < b.max(-2)) & (a.max(-2) > b.min(-2))).all(-1))
    if out.any():  # few are so near as a rule
        near, other = (np.broadcast_to(each, out.shape + each.shape[-2:])[out] for each in (a, b))
        out[out] = pairs_overlap(near, other)
    return out


def pairs_overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``overlap`` of pairs of polygons (pairs, n, 2), (pairs, m, 2), by their separating axes: (pairs,)."""
    # the pairs last: numpy is quick at the least and largest of a few long rows
    both = [np.ascontiguousarray(each.transpose(2, 1, 0)) for each in (a, b)]
    apart = np.zeros(len(a), bool)
    for polygon in both:
        x, y = np.concatenate([polygon[:, 1:], polygon[:, :1]], axis=1) - polygon
        length = np.maximum(np.sqrt(y * y + x * x), 1e-12)
        x, y = y / length, -x / length  # its normals (n, pairs)
        s, t = (each[0][:, None] * x + each[1][:, None] * y for each in both)
        gap = np.maximum(s.min(0) - t.max(0), t.min(0) - s.max(0))
        apart |= (gap > -LEAST).any(0)
    return ~apart


def inside(points: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """Which ``points`` (..., 2) lie in which ``polygons`` (n, m, 2), counterclockwise: (..., n)."""
    start, end = polygons, np.roll(polygons, -1, axis=1)
    edge = end - start
    away = points[..., None, None, :] - start
    return (edge[..., 0] * away[..., 1] - edge[..., 1] * away[..., 0] >= 0).all(-1)


def counterclockwise(polygons: np.ndarray) -> np.ndarray:
    """Each of ``polygons`` (n, m, 2), turned around where it goes the other way."""
    x, y = polygons[..., 0], polygons[..., 1]
    area = (x * np.roll(y, -1, 1) - np.roll(x, -1, 1) * y).sum(1)
    return np.where((area < 0)[:, None, None], polygons[:, ::-1], polygons)


def hull(points: np.ndarray) -> np.ndarray:
    """The convex hull of ``points`` (n, 2), counterclockwise (Andrew's monotone chain)."""
    order = sorted(map(tuple, points))

    def chain(points: Iterable[Any]) -> list[tuple[float, float]]:
        out: list[tuple[float, float]] = []
        for x, y in points:
            while len(out) > 1 and ((out[-1][0] - out[-2][0]) * (y - out[-2][1])
                                    <= (out[-1][1] - out[-2][1]) * (x - out[-2][0])):
                out.pop()
            out.append((x, y))
        return out[:-1]

    return np.array((chain(order) + chain(order[::-1])) or order[:1])


def nearest(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """The points of a polygon's rim that are nearest to ``points`` (n, 2)."""
    start, edge = polygon, np.roll(polygon, -1, axis=0) - polygon
    away = points[:, None] - start
    share = np.clip((away * edge).sum(-1) / np.maximum((edge ** 2).sum(-1), 1e-18), 0, 1)
    near = start + share[..., None] * edge
    best = ((near - points[:, None]) ** 2).sum(-1).argmin(1)
    return near[np.arange(len(points)), best]
