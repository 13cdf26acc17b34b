"""Tallies: what is seen of a matrix whose rows come by in bands."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import reduce


@dataclass(frozen=True)
class Reading:
    """``cells`` (float32), and the least and the largest finite value and the number of others in the whole matrix."""

    cells: np.ndarray
    low: float
    high: float
    odd: int = 0


class Tally:
    """Cells of a matrix whose rows come by in bands, and its extremes."""

    def __init__(self, kind: str, rows: np.ndarray, cols: np.ndarray):
        self.kind, self.rows, self.cols = kind, rows, cols
        self.cells = np.empty((len(rows) - 1, len(cols) - 1), np.float32)
        self.low, self.high, self.odd = np.inf, -np.inf, 0

    def add(self, x: np.ndarray, first: int) -> None:
        """A band (n, w) from row ``first`` on, which begins and ends where cells do."""
        a, b = np.searchsorted(self.rows, (first, first + len(x)))
        self.cells[a:b] = reduce.tiles(x, self.kind, self.rows[a:b + 1] - first, self.cols)
        low, high = float(x.min()), float(x.max())
        if not np.isfinite(high - low):
            fine = x[np.isfinite(x)]
            self.odd += x.size - fine.size
            low, high = (float(fine.min()), float(fine.max())) if fine.size else (np.inf, -np.inf)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def reading(self) -> Reading:
        return Reading(self.cells, self.low, self.high, self.odd)


def of_means(x: np.ndarray) -> Reading:
    """Of a matrix of which only means are known: its cells are ``x``."""
    tally = Tally("mean", np.arange(x.shape[0] + 1), np.arange(x.shape[1] + 1))
    tally.add(x, 0)
    return tally.reading()
