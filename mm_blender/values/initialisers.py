"""Initial values of leaves: the reference's initialisers, seeded.

Source: bhosmer/mm, ``viz.js`` (``INIT_FUNCS``, ``getInitFunc``).
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..expression.tree import Init

RANGED = ("rows", "cols", "row major", "col major", "uniform", "gaussian")  # those that min and max scale
DROPPED = RANGED + ("pt linear",)                                           # those that dropout thins out

WIDE = 1e37  # ranges that float32 may not hold on the way

BAND = 2 ** 20  # elements that are made at a time, most of them in more bytes than they have in the end

Fill = Callable[[int, int, int, int, np.random.Generator], np.ndarray]


def _fraction(numerator: np.ndarray, w: int, last: int) -> np.ndarray:
    return np.broadcast_to(numerator / last if last > 0 else 0.0 * numerator, (len(numerator), w))


def _i(first: int, end: int) -> np.ndarray:
    return np.arange(first, end, dtype=np.float64)[:, None]


def _j(first: int, end: int, w: int) -> np.ndarray:
    return np.broadcast_to(np.arange(w, dtype=np.float64)[None, :], (end - first, w))


def _diagonal(first: int, end: int, w: int) -> np.ndarray:
    return np.eye(end - first, w, first, dtype=np.float32)


# rows ``first`` to ``end`` of (h, w); what is random goes on where the rows before have ended
FILLS: dict[str, Fill] = {
    "rows": lambda first, end, h, w, rng: _fraction(_i(first, end), w, h - 1),
    "cols": lambda first, end, h, w, rng: _fraction(_j(first, end, w), w, w - 1),
    "row major": lambda first, end, h, w, rng: _fraction(_i(first, end) * w + _j(first, end, w), w, h * w - 1),
    "col major": lambda first, end, h, w, rng: _fraction(_j(first, end, w) * h + _i(first, end), w, h * w - 1),
    "pt linear": lambda first, end, h, w, rng: (2 * rng.random((end - first, w), np.float32) - 1) / np.float32(
        np.sqrt(w)),
    "uniform": lambda first, end, h, w, rng: rng.random((end - first, w), np.float32),
    "gaussian": lambda first, end, h, w, rng: (rng.standard_normal((end - first, w), np.float32) * np.float32(0.5)
                                               + np.float32(0.5)),
    "tril mask": lambda first, end, h, w, rng: np.tri(end - first, w, first, dtype=np.float32),
    "triu mask": lambda first, end, h, w, rng: 1 - np.tri(end - first, w, first - 1, dtype=np.float32),
    "eye": lambda first, end, h, w, rng: _diagonal(first, end, w),
    "diff": lambda first, end, h, w, rng: _diagonal(first, end, w) - _diagonal(first - 1, end - 1, w),
}


def fill(init: Init, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """Values (h, w), float32, for every initialiser but ``url``.

    ``min``/``max`` scale the ranged ones (an empty range gives ``min``), ``dropout`` is the share set to zero.
    Raises ExpressionError for an ``expr`` that cannot be read.
    """
    if init.kind == "expr":
        from ..expression import javascript  # the grammar takes a moment to load and most expressions need none

        return javascript.evaluate(init.expr, h, w, rng=rng)
    out = np.empty((h, w), np.float32)
    rows = max(1, BAND // w)
    for first in range(0, h, rows):
        end = min(first + rows, h)
        x = FILLS[init.kind](first, end, h, w, rng)
        if init.kind in RANGED and (init.min, init.max) != (0, 1):
            span = max(0.0, init.max - init.min)
            x = x.astype(np.float64, copy=False) if span > WIDE else x
            x = x * x.dtype.type(span) + x.dtype.type(init.min)
        out[first:end] = x
    if init.kind in DROPPED and init.dropout > 0:
        for first in range(0, h, rows):
            part = out[first:first + rows]
            part[rng.random(part.shape, np.float32) <= init.dropout] = 0
    return out
