"""Tallies: what is seen of a matrix whose rows come by in bands."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..layout import reduction


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
        self.infinite: list[int] | None = None  # row and column of the first infinity

    def add(self, x: np.ndarray, first: int) -> None:
        """A band (n, w) from row ``first`` on, which begins and ends where cells do."""
        a, b = np.searchsorted(self.rows, (first, first + len(x)))
        self.cells[a:b] = reduction.tiles(x, self.kind, self.rows[a:b + 1] - first, self.cols)
        low, high = float(x.min()), float(x.max())
        if not np.isfinite(high - low):
            fine = x[np.isfinite(x)]
            self.odd += x.size - fine.size
            if self.infinite is None and (infinite := np.isinf(x)).any():
                row, column = np.argwhere(infinite)[0]
                self.infinite = [first + int(row), int(column)]
            low, high = (float(fine.min()), float(fine.max())) if fine.size else (np.inf, -np.inf)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def reading(self) -> Reading:
        """What was seen of the rows that were added."""
        return Reading(self.cells, self.low, self.high, self.odd)


def of_means(x: np.ndarray) -> Reading:
    """Of a matrix of which only means are known: its cells are ``x``."""
    tally = Tally("mean", np.arange(x.shape[0] + 1), np.arange(x.shape[1] + 1))
    tally.add(x, 0)
    return tally.reading()
