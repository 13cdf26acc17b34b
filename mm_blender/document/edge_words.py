"""Tokens: words along the edges of a matrix on a page, one a row and one a column.

They are as large as the rows and columns are apart, up to the page's size and down to what can be read; where even
that is too large, every second, third … has its word.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..layout.framing import Camera
from ..layout.guides import MARGIN
from ..layout.places import offsets
from ..lettering import polygons, typeset
from ..lettering.fonts import Font
from ..lettering.labels import LONGEST
from ..lettering.lines import line, PageText, turned
from ..lettering.page import Page, POINT
from .matrices_on_page import Matrix, on_page

LEAST = 5.0    # points
CLOSE = 1.02   # from line to line, in em
GAP = 0.3      # em from the matrix to a word
LEANING = (0.0, 45.0, -45.0, 90.0)  # angles, beside the direction in which the rows themselves run


@dataclass(frozen=True)
class Around:
    """What is around the words of a matrix on the page: the ``area`` that they may take, ``own`` and ``others``:
    outlines of the matrix (m, 2) and of the other ones (n, m, 2), ``taken`` (k, 4, 2): boxes in use."""

    area: tuple[float, float, float, float]
    own: np.ndarray
    others: np.ndarray
    taken: np.ndarray


def lay_out(matrix: Matrix, camera: Camera, page: Page, font: Font, around: Around) -> list[PageText]:
    """The words of one matrix, as ``camera`` sees it on ``page``."""
    out: list[PageText] = []
    if not matrix.words:
        return out
    for side, axis in (("cols", 1), ("rows", 0)):
        options = []
        for far in (True, False):
            starts, steps = _starts(matrix, axis, far, camera, page)
            away = float(np.degrees(np.arctan2(*steps.mean(0)[::-1])))
            for angle in dict.fromkeys((_upright(away), *LEANING)):
                options.append(_set(matrix, side, starts, steps, angle, font, page.font_pt))
        boxes = np.array([text.box() for text in out]).reshape(-1, 4, 2)
        busy = replace(around, taken=np.concatenate([around.taken, boxes]))
        out += min(options, key=lambda each: each[1] + _price(each[0], busy))[0]
    return out


def _starts(matrix: Matrix, axis: int, far: bool, camera: Camera, page: Page) -> tuple[np.ndarray, np.ndarray]:
    """Where the words begin, on the page (n, 2), and a step away from the matrix there (n, 2)."""
    node = matrix.node
    places = offsets(node)[axis]
    ends = np.array([node.cols.shown - 1, node.rows.shown - 1])
    local = np.zeros((len(places), 3))
    local[:, axis], local[:, 1 - axis] = ends[axis] + MARGIN if far else -MARGIN, places
    further = local.copy()
    further[:, axis] += 1 if far else -1
    starts, ends = (on_page(camera, page, matrix.points(points)) for points in (local, further))
    steps = ends - starts
    return starts, steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-12)


def _upright(angle: float) -> float:
    angle = (angle + 180) % 360 - 180
    return angle - 180 if angle > 100 else angle + 180 if angle <= -80 else angle


def _set(matrix: Matrix, side: str, starts: np.ndarray, steps: np.ndarray, angle: float, font: Font,
         size_pt: float) -> tuple[list[PageText], float]:
    """The words at one angle, and what that costs: how many are left out, how small and how slanting they are."""
    assert matrix.words is not None
    words = matrix.words[side]
    along = turned(angle) @ (1.0, 0.0)
    across = np.array([-along[1], along[0]])
    apart = np.abs(np.diff(starts @ across)).min() if len(starts) > 1 else np.inf
    every = max(int(np.ceil(LEAST * POINT * CLOSE / max(apart, 1e-9))), 1)
    every = min(every, len(words))
    size = float(np.clip(apart * every / CLOSE / POINT, min(LEAST, size_pt), size_pt))
    em = size * POINT
    out = []
    for word, start, step in list(zip(words, starts, steps))[::every]:
        word = word if len(word) <= LONGEST else word[:LONGEST - 1] + "…"
        text = line(typeset.plain(word), font, size, "quiet", "label", matrix.node.path)
        # the letters begin, end or have their middle where the row ends
        facing = float(step @ along)
        shift = 0.0 if facing > 0.35 else -text.width if facing < -0.35 else -text.width / 2
        rise = -font.x / 2 - (font.cap - font.x) / 4
        drop = float(step @ across)
        if abs(facing) <= 0.35:
            rise = 0.1 if drop > 0 else -font.cap - 0.1
        at = start + step * GAP * em + along * shift + across * rise * em
        out.append(text.moved(float(at[0]), float(at[1]), angle))
    facing = abs(float(steps.mean(0) @ along))
    cost = 1.5 * (every - 1) ** 0.5 + 2.0 * (size_pt - size) / size_pt + 0.8 * abs(angle) / 90
    return out, cost + (1.5 if facing < 0.35 and max(map(len, words)) > 2 else 0.6 * (1 - facing))


def _price(texts: list[PageText], around: Around) -> float:
    """What words cost for being off the page, over data, and over each other."""
    if not texts:
        return 0.0
    boxes = np.array([text.box() for text in texts])
    outside = ((boxes < around.area[:2]) | (boxes > around.area[2:])).any((1, 2)).mean()
    points = np.concatenate([boxes, boxes.mean(1, keepdims=True)], axis=1)
    covered = polygons.inside(points, around.others).any((1, 2)).mean() if len(around.others) else 0.0
    over_own = polygons.inside(points, around.own[None]).any(2).mean()
    touching = polygons.overlap(boxes[:, None], around.taken[None]).any(1).mean() if len(around.taken) else 0.0
    order = polygons.overlap(boxes[1:], boxes[:-1]).mean() if len(boxes) > 1 else 0.0
    return float(8 * outside + 8 * covered + 6 * over_own + 30 * touching + 30 * order)
