"""Initial values of leaves: the reference's initialisers, seeded.

Source: bhosmer/mm, ``viz.js`` (``INIT_FUNCS``, ``getInitFunc``).
"""
from __future__ import annotations

from typing import Callable

import numpy as np

from .tree import Init

RANGED = ("rows", "cols", "row major", "col major", "uniform", "gaussian")  # those that min and max scale
DROPPED = RANGED + ("pt linear",)                                           # those that dropout thins out

Fill = Callable[[int, int, np.random.Generator], np.ndarray]


def _fraction(numerator: np.ndarray, h: int, w: int, last: int) -> np.ndarray:
    return np.broadcast_to(numerator / last if last > 0 else 0.0 * numerator, (h, w))


def _i(h: int) -> np.ndarray:
    return np.arange(h, dtype=np.float64)[:, None]


def _j(w: int) -> np.ndarray:
    return np.arange(w, dtype=np.float64)[None, :]


FILLS: dict[str, Fill] = {
    "rows": lambda h, w, rng: _fraction(_i(h), h, w, h - 1),
    "cols": lambda h, w, rng: _fraction(_j(w), h, w, w - 1),
    "row major": lambda h, w, rng: _fraction(_i(h) * w + _j(w), h, w, h * w - 1),
    "col major": lambda h, w, rng: _fraction(_j(w) * h + _i(h), h, w, h * w - 1),
    "pt linear": lambda h, w, rng: (2 * rng.random((h, w), np.float32) - 1) / np.float32(np.sqrt(w)),
    "uniform": lambda h, w, rng: rng.random((h, w), np.float32),
    "gaussian": lambda h, w, rng: rng.standard_normal((h, w), np.float32) * np.float32(0.5) + np.float32(0.5),
    "tril mask": lambda h, w, rng: np.tri(h, w, dtype=np.float32),
    "triu mask": lambda h, w, rng: np.tri(w, h, dtype=np.float32).T,
    "eye": lambda h, w, rng: np.eye(h, w, dtype=np.float32),
    "diff": lambda h, w, rng: np.eye(h, w, dtype=np.float32) - np.eye(h, w, -1, dtype=np.float32),
}


def fill(init: Init, h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    """Values (h, w), float32, for every initialiser but ``url``.

    ``min``/``max`` scale the ranged ones (an empty range gives ``min``), ``dropout`` is the share set to zero.
    Raises ExpressionError for an ``expr`` that cannot be read.
    """
    if init.kind == "expr":
        from . import jsexpr  # the grammar takes a moment to load and most expressions need none

        return jsexpr.evaluate(init.expr, h, w, rng=rng)
    x = FILLS[init.kind](h, w, rng)
    if init.kind in RANGED and (init.min, init.max) != (0, 1):
        span = max(0.0, init.max - init.min)
        x = x * x.dtype.type(span) + x.dtype.type(init.min)
    x = np.ascontiguousarray(x, np.float32)
    if init.kind in DROPPED and init.dropout > 0:
        x[rng.random((h, w), np.float32) <= init.dropout] = 0
    return x
