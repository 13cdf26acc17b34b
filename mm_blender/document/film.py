"""A film: what a document shows at any step of its sweep, as arrays.

This is what the node groups of ``scene`` work out at every frame, once more and without Blender: the elements of every
matrix that are shown, partial results, and the products inside the boxes.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..appearance.representation import accumulating
from ..appearance.rules import Course, Scale
from ..expression.tree import MatMul, Node, nodes
from ..layout import revealing, sweep_planes
from ..layout.places import offsets
from ..layout.schedule import Track
from ..values.accumulation import held_at, History, history
from .document import Document
from .insides import Insides

MATRIX, PARTIAL, INTERIOR = "matrix", "partial", "interior"
BELOW = 1 - 1e-5  # of the scale's low end, below which a sum that is not finished draws nothing


@dataclass(frozen=True, eq=False)
class Visible:
    """Elements that are seen together, n of them: those of a ``kind`` of a node (of partial results the ``number``-th).
    ``place`` (n, 3): in ``frame`` (4 x 4), in pitches. ``row``, ``col`` (n,): of the matrix, or of the result that a
    product is added to. ``scale`` and ``course`` say how a ``value`` (n,) is drawn."""

    node: Node
    kind: str
    number: int
    frame: np.ndarray
    place: np.ndarray
    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    scale: Scale
    course: Course


class Film:
    """All steps of ``document``'s sweep, each by itself and in any order. Computes the values."""

    def __init__(self, document: Document):
        self.document, self.tracks = document, document.schedule.tracks
        self.nodes = nodes(document.tree)
        self.first = revealing.shown_from(document.tree, document.schedule)
        self.sums = accumulating(document.tree, self.tracks)
        self._insides = Insides(document)

    @cached_property
    def _pasts(self) -> dict[str, History]:
        return history(self.document.tree, self.document.values, self.document.schedule)

    def at(self, step: int) -> Iterator[Visible]:
        """All that is shown at a step, from 0, where it starts, to their number, where it is done."""
        for node in self.nodes:
            yield self.matrix(node, step)
        for node in self.nodes:
            if isinstance(node, MatMul) and node.path in self.tracks:
                yield from self.partials(node, step)
                if (inside := self.interior(node, step)) is not None:
                    yield inside

    def visible(self, node: Node, step: int) -> np.ndarray | bool:
        """Which elements (h, w) of a matrix its sweep and its parent's let be seen."""
        return self.first[node.path] <= step if node.path in self.first else True

    def values(self, node: Node, step: int) -> np.ndarray:
        """What a matrix (h, w) holds at a step."""
        if not (isinstance(node, MatMul) and node.path in self.sums):
            return self.document.values[node.path]
        return held_at(node, self.after(node.left), self.after(node.right), self.document.values[node.path],
                       self._pasts.get(node.path), self.tracks[node.path].cursor(step))

    def matrix(self, node: Node, step: int) -> Visible:
        """What is seen of a matrix."""
        scaling, x = self.document.scaling, self.values(node, step)
        scale, course = scaling.scales[node.path], scaling.courses[node.path]
        seen = self.visible(node, step) & _drawn(x, scale, node.path in self.tracks)
        return _grid(node, MATRIX, 0, self.document.placement.matrices[node.path], x, seen, offsets(node), scale,
                     course)

    def partials(self, node: MatMul, step: int) -> Iterator[Visible]:
        """What is seen of the partial results of ``node``, which sweeps."""
        track = self.tracks[node.path]
        if not sweep_planes.has_partials(node) or step >= track.done:
            return
        seen = revealing.partials_from(node, track) <= step
        if not seen.any():
            return
        box, course = self.document.placement.boxes[node.path], self.document.scaling.courses[node.path]
        lines, parts = (np.arange(node.h), np.arange(node.w)), self._insides.partials(node)
        for number, (frame, (x, scale)) in enumerate(zip(sweep_planes.partial_frames(node), parts)):
            yield _grid(node, PARTIAL, number, box @ frame, x, seen & _drawn(x, scale, True), lines, scale, course)

    def interior(self, node: MatMul, step: int) -> Visible | None:
        """The products that a step of ``node``, which sweeps, shows inside its box, if it shows any."""
        track = self.tracks[node.path]
        cursor = track.cursor(step)
        if not 0 <= cursor < track.count:
            return None
        i, k, j = (np.concatenate(axis) for axis in zip(*(
            sweep_planes.indices(node, piece, cursor) for piece in sweep_planes.pieces(node))))
        with np.errstate(all="ignore"):
            x = self.after(node.left)[i, k] * self.after(node.right)[k, j]
        scale = self._insides.products(node)
        seen = _drawn(x, scale, True)
        return Visible(node, INTERIOR, 0, self.document.placement.boxes[node.path],
                     sweep_planes.lattice(node, i, k, j)[seen], i[seen], j[seen], x[seen], scale,
                     self.document.scaling.courses[node.path])

    def after(self, node: Node) -> np.ndarray:
        """What a matrix holds when its own sweep is done, for the sweep that reads it."""
        past = self._pasts.get(node.path) if self.tracks else None
        return self.document.values[node.path] if past is None else past.after


def under_way(track: Track, steps: int) -> range:
    """The steps, of so many, at which a sweep shows the inside of its box."""
    return range(min(track.start, steps), min(track.done, steps))


def _drawn(x: np.ndarray, scale: Scale, swept: bool) -> np.ndarray:
    """Which values have a size: all but zero (NaN equals nothing, and has one) and, where a sweep makes them, those
    that are smaller than anything finished, as in the reference."""
    there = x != 0
    return there & ~(np.abs(x) < scale.low * BELOW) if swept and 0 < scale.low < scale.high else there


def _grid(node: Node, kind: str, number: int, frame: np.ndarray, x: np.ndarray, seen: np.ndarray,
          lines: tuple[np.ndarray, np.ndarray], *drawn_by: Any) -> Visible:
    """What is ``seen`` (h, w) of values ``x`` in rows and columns whose places are the ``lines``."""
    row, col = np.nonzero(seen)
    place = np.zeros((row.size, 3))
    place[:, 0], place[:, 1] = lines[1][col], lines[0][row]
    return Visible(node, kind, number, frame, place, row, col, x[row, col], *drawn_by)
