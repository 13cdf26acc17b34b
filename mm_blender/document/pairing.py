"""Pairing: which elements of one document are which of another, when the first turns into the second.

What holds the same values is the same, whatever it is called and whether it lies turned over; what is found within
another is a part of it. What has other values, but the name or the place of a matrix of its size, is that matrix,
changed. Whatever is left has no partner.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..expression.tree import Node, nodes
from .document import Document

CLOSE = 1e-5  # of the largest magnitude: sums in another order are the same


@dataclass(frozen=True)
class Pair:
    """Elements of ``first`` that are as many of ``second``: ``rows`` and ``cols`` of each, as (start, end).
    ``flipped``: the rows of one are the columns of the other; ``same``: their values are equal."""

    first: Node
    second: Node
    rows: tuple[tuple[int, int], tuple[int, int]]
    cols: tuple[tuple[int, int], tuple[int, int]]
    flipped: bool = False
    same: bool = True

    @property
    def whole(self) -> bool:
        """Whether it is all of both."""
        sides = zip((self.first, self.second), self.rows, self.cols)
        return all((rows, cols) == ((0, node.h), (0, node.w)) for node, rows, cols in sides)


def pairs(first: Document, second: Document) -> list[Pair]:
    """What of ``first`` is what of ``second``. Every element of either belongs to one pair at least, or has no partner;
    one that is found in several places is in as many pairs. Computes the values of both."""
    return list(_Pairing(first, second).found())


class _Pairing:
    """Two documents, and what of them has found a partner."""

    def __init__(self, first: Document, second: Document):
        self.was, self.now = nodes(first.tree), nodes(second.tree)
        self.values = first.values, second.values
        self.paired: tuple[set[str], set[str]] = set(), set()

    def found(self) -> Iterator[Pair]:
        """The pairs, those that are surest first."""
        yield from self._matched(lambda a, b: _named(a) == _named(b) and self._equal(a, b))
        yield from self._matched(self._equal)
        yield from self._matched(self._turned, flipped=True)
        yield from self._within()
        yield from self._matched(lambda a, b: a.name == b.name and _alike(a, b), same=False)
        yield from self._matched(lambda a, b: a.path == b.path and _alike(a, b), same=False)

    def _matched(self, fits: Callable[[Node, Node], bool], flipped: bool = False, same: bool = True) -> Iterator[Pair]:
        """Whole matrices without a partner that fit each other; of several the one in the same place of the tree."""
        for b in self.now:
            if b.path in self.paired[1]:
                continue
            free = [a for a in self.was if a.path not in self.paired[0] and fits(a, b)]
            if free:
                a = min(free, key=lambda each: each.path != b.path)
                yield self._known(Pair(a, b, ((0, a.h), (0, b.h)), ((0, a.w), (0, b.w)), flipped, same))

    def _known(self, pair: Pair) -> Pair:
        self.paired[0].add(pair.first.path)
        self.paired[1].add(pair.second.path)
        return pair

    def _equal(self, a: Node, b: Node) -> bool:
        return _alike(a, b) and _close(self.values[0][a.path], self.values[1][b.path])

    def _turned(self, a: Node, b: Node) -> bool:
        return (a.h, a.w, a.note) == (b.w, b.h, b.note) and _close(self.values[0][a.path].T, self.values[1][b.path])

    def _within(self) -> Iterator[Pair]:
        """Parts of matrices: rows or columns that are another whole, and wholes that are in two places."""
        lonely = [a for a in self.was if a.path not in self.paired[0]]
        for b in [b for b in self.now if b.path not in self.paired[1]]:
            for a in self.was:
                at = _place(self.values[1][b.path], self.values[0][a.path]) if a.note == b.note == "" else None
                if at is not None:
                    row, col = at
                    yield self._known(Pair(a, b, ((row, row + b.h), (0, b.h)), ((col, col + b.w), (0, b.w))))
                    break
        for a in [a for a in lonely if a.path not in self.paired[0]]:
            for b in self.now:
                at = _place(self.values[0][a.path], self.values[1][b.path]) if a.note == b.note == "" else None
                if at is not None:
                    row, col = at
                    yield self._known(Pair(a, b, ((0, a.h), (row, row + a.h)), ((0, a.w), (col, col + a.w))))
                    break


def _named(node: Node) -> str:
    return node.name.removesuffix(".T")


def _alike(a: Node, b: Node) -> bool:
    """Whether two matrices are of one size, and a cell of one is as many elements as of the other."""
    return (a.h, a.w, a.note) == (b.h, b.w, b.note)


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether values (h, w) are equal but for the order of their sums; a NaN equals another."""
    if a is b:
        return True
    if not bool(np.isclose(a.flat[0], b.flat[0], CLOSE, np.inf, equal_nan=True)):
        return False
    finite = np.abs(a[np.isfinite(a)])
    return np.allclose(a, b, CLOSE, CLOSE * float(finite.max()) if finite.size else 0.0, equal_nan=True)


def _place(part: np.ndarray, whole: np.ndarray) -> tuple[int, int] | None:
    """The first row and column of ``whole`` (h, w) where ``part`` lies in it as whole rows, or as whole columns; None
    where it does not."""
    (h, w), (high, wide) = part.shape, whole.shape
    if w == wide and h <= high:
        rows = np.flatnonzero((whole[:high - h + 1] == part[0]).all(1))
        return next(((int(row), 0) for row in rows if np.array_equal(whole[row:row + h], part)), None)
    if h == high and w < wide:
        at = _place(part.T, whole.T)
        return None if at is None else (at[1], at[0])
    return None
