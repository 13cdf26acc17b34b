"""Scaling: from the values of a visualization to the scales of its sizes and the courses of its colours."""
from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

from . import colormaps, values
from .appearance import Course, Scale, Span, course_of, global_absmax, scale_of, span_of
from .tree import MatMul, Node, nodes

if TYPE_CHECKING:
    from .visualization import Visualization


def scales(viz: "Visualization") -> dict[str, Scale]:
    """By path."""
    ranges = _clipped(viz)
    over_all = global_absmax(viz.tree, ranges)
    return {node.path: scale_of(node, ranges, over_all) for node in nodes(viz.tree)}


def inside(viz: "Visualization", node: MatMul, largest: float) -> Scale:
    """Of a matmul's interior, whose largest magnitude is ``largest``; the result's own where colours are for values
    and not for shares of the largest."""
    if not _plain(node):
        return scales(viz)[node.path]
    ranges = _clipped(viz)
    return scale_of(node, {**ranges, node.path: values.Range(largest, 0.0)}, global_absmax(viz.tree, ranges),
                    interior=True)


def span(viz: "Visualization", path: str) -> Span:
    """The values that the colours of a matrix are for: its own, or all if its sensitivity is global."""
    every = {node.path: node for node in nodes(viz.tree)}
    together = every.values() if every[path].viz.sensitivity == "global" else [every[path]]
    for node in together:
        if node.path not in viz.spans:
            viz.spans[node.path] = span_of(viz.values[node.path], node.viz.percentile)
    return functools.reduce(operator.or_, (viz.spans[node.path] for node in together))


def courses(viz: "Visualization") -> dict[str, Course]:
    """By path."""
    held = scales(viz)
    return {node.path: course_of(node.viz, held[node.path], None if _plain(node) else span(viz, node.path))
            for node in nodes(viz.tree)}


def _clipped(viz: "Visualization") -> dict[str, values.Range]:
    """The ranges up to each matrix' percentile."""
    held = viz.values
    return {node.path: viz.ranges[node.path] if node.viz.percentile == 100 else
            values.percentile(held[node.path], node.viz.percentile, viz.ranges[node.path]) for node in nodes(viz.tree)}


def _plain(node: Node) -> bool:
    """Whether colours depend on the share of the largest magnitude only."""
    return node.viz.norm == "linear" and colormaps.is_signed(node.viz.cmap)
