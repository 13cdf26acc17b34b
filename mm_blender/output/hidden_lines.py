"""Hidden lines: what of guide lines is seen, for files in which they are drawn over the picture."""
from __future__ import annotations

import numpy as np

from ..layout.framing import Camera

SLACK = 0.05         # pitches that a line may lie behind what is seen there
GAP, SHORTEST = 1.5, 2.0  # pixels: shorter gaps are closed, shorter pieces left out


def visible(segments: np.ndarray, camera: Camera, depth: np.ndarray, aspect: float) -> list[tuple[int, np.ndarray]]:
    """The pieces of ``segments`` (n, 2, 3) that nothing hides: the number of each one's segment, and its ends (2, 2) as
    shares of the picture from the lower left corner. ``depth`` (h, w): of what is seen, in pitches behind the plane
    through the camera's target that faces it, infinite where nothing is; the first row on top."""
    h, w = depth.shape
    padded = np.pad(depth, 1, mode="edge")
    around = np.max([padded[y:y + h, x:x + w] for y in range(3) for x in range(3)], axis=0)  # lines are not pixels
    out = []
    for number, ends in enumerate(segments):
        size = (camera.page(ends, aspect) * (w, h))
        length = float(np.hypot(*(size[1] - size[0])))
        if not np.isfinite(length) or length < SHORTEST or (camera.project(ends)[:, 2] <= 0).any():
            continue
        points = ends[0] + np.linspace(0, 1, int(np.ceil(length)) + 1)[:, None] * (ends[1] - ends[0])
        shares = camera.page(points, aspect)
        col, row = (shares * (w, h)).astype(int).T
        inside = (col >= 0) & (col < w) & (row >= 0) & (row < h)
        behind = -(points - camera.target) @ camera.axes()[2]
        seen = np.zeros(len(points), bool)
        seen[inside] = behind[inside] <= around[h - 1 - row[inside], col[inside]] + SLACK
        step = length / (len(points) - 1)
        out += [(number, shares[[first, last]]) for first, last in _runs(seen, GAP / step)
                if (last - first) * step >= SHORTEST]
    return out


def _runs(seen: np.ndarray, gap: float) -> list[tuple[int, int]]:
    """The first and the last index of each run of true ones, over gaps of at most ``gap``."""
    where = np.flatnonzero(seen)
    if not len(where):
        return []
    breaks = np.flatnonzero(np.diff(where) > gap + 1)
    return list(zip(where[np.r_[0, breaks + 1]], where[np.r_[breaks, len(where) - 1]]))
