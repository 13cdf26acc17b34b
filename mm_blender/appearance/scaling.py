"""Scaling: from the values of all matrices to the scales of their sizes and the courses of their colours."""
from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from ..colour import colormaps
from ..expression.tree import MatMul, Node, nodes
from ..values import compute
from ..values.compute import Range
from .colours import Colours, colours_of
from .rules import Course, course_of, global_absmax, Scale, scale_of, Span, span_of


class Scaling:
    """How the matrices of ``tree`` are sized and coloured, by their ``values`` (h, w), and the ``ranges`` of these
    magnitudes, by path. Each of its answers is computed once, when it is first asked for."""

    def __init__(self, tree: MatMul, values: Mapping[str, np.ndarray], ranges: Mapping[str, Range]):
        self.tree, self.values, self.ranges = tree, values, ranges
        self._nodes = {node.path: node for node in nodes(tree)}
        self._spans: dict[str, Span] = {}

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """By path, the magnitudes that each matrix draws smallest and largest."""
        return {path: scale_of(node, self._clipped, self._over_all) for path, node in self._nodes.items()}

    @cached_property
    def courses(self) -> dict[str, Course]:
        """By path, how each matrix' colours run through its map."""
        return {path: course_of(node.viz, self.scales[path], None if _plain(node) else self.span(path))
                for path, node in self._nodes.items()}

    @cached_property
    def colours(self) -> dict[str, Colours]:
        """By path, the settings of the material of each matrix."""
        return {path: colours_of(node.viz, self.courses[path]) for path, node in self._nodes.items()}

    def span(self, path: str) -> Span:
        """The values that the colours of a matrix are for: its own, or all if its sensitivity is global."""
        together = self._nodes.values() if self._nodes[path].viz.sensitivity == "global" else [self._nodes[path]]
        return self.span_of(together)

    def span_of(self, some: Iterable[Node]) -> Span:
        """The values of ``some`` matrices, one or more."""
        return functools.reduce(operator.or_, map(self._span, some))

    def inside(self, node: MatMul, largest: float) -> Scale:
        """Of a matmul's interior, whose largest magnitude is ``largest``; the result's own where colours are for
        values and not for shares of the largest."""
        if not _plain(node):
            return self.scales[node.path]
        return scale_of(node, {**self._clipped, node.path: Range(largest, 0.0)}, self._over_all, interior=True)

    @cached_property
    def _clipped(self) -> dict[str, Range]:
        """The ranges up to each matrix' percentile."""
        return {path: self.ranges[path] if node.viz.percentile == 100 else
                compute.percentile(self.values[path], node.viz.percentile, self.ranges[path])
                for path, node in self._nodes.items()}

    @cached_property
    def _over_all(self) -> float:
        return global_absmax(self.tree, self._clipped)

    def _span(self, node: Node) -> Span:
        if node.path not in self._spans:
            self._spans[node.path] = span_of(self.values[node.path], node.viz.percentile)
        return self._spans[node.path]


def _plain(node: Node) -> bool:
    """Whether colours depend on the share of the largest magnitude only."""
    return node.viz.norm == "linear" and colormaps.is_signed(node.viz.cmap)
