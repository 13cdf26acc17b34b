"""A dimension of a matrix in blocks, which are computed side by side and drawn apart."""
from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """A dimension of ``size`` in blocks of ``step``, drawn ``gap`` apart. The last block may be ragged.

    Where it is shown reduced, these count cells of ``factor`` elements, and ``whole`` and ``whole_step`` elements.
    Where only its first and last elements are shown, these are the two blocks, and ``whole_step`` elements lie between
    their first ones.
    """

    size: int
    step: int
    gap: float
    parts: int  # number of blocks asked for; the last ones hold nothing where step * parts reaches too far
    whole: int = 0
    factor: int = 1
    whole_step: int = 0

    @property
    def full(self) -> int:
        """Number of elements."""
        return self.whole or self.size

    @property
    def full_step(self) -> int:
        """Number of elements of a block."""
        return self.whole_step or self.step

    @property
    def elided(self) -> bool:
        """Whether only its first and last elements are shown."""
        return self.whole > 0 and self.factor == 1

    @property
    def count(self) -> int:
        """Number of blocks that hold anything."""
        return math.ceil(self.size / self.step)

    @property
    def shown(self) -> float:
        """Length of the dimension as drawn, in pitches, gaps between blocks included."""
        return self.size + self.gap * (self.count - 1)

    def blocks(self) -> Iterator[tuple[int, int, int]]:
        """``(index, start, end)`` of every block."""
        for index in range(self.count):
            yield index, index * self.step, min((index + 1) * self.step, self.size)


def split(size: int, blocks: int, gap: float) -> Split:
    """A dimension in so many blocks."""
    parts = int(min(blocks, size))
    return Split(size, math.ceil(size / parts), gap, parts)
