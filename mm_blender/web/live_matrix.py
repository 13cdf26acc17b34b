"""What a page holds of a matrix: see ``manifest``."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..colour.colormaps import AUTO
from ..document.document import Document
from ..expression import epilogs
from ..expression.blocks import Split
from ..expression.tree import Leaf, MatMul, Node
from ..layout import guides
from ..layout.reduction import WORDS
from ..lettering import labels
from .manifest import (
    LiveEdge,
    LiveGuides,
    LiveLayout,
    LiveMatrix,
    LiveRange,
    LiveSplit,
    LiveStep,
    LiveViz,
)
from .numbers import Data
from .palette import Palette


@dataclass(frozen=True)
class Making:
    """What matrices are put into while a page is made. ``arrows``: by path, how large those are that have room; None
    where all are shown as they are."""

    document: Document
    data: Data
    palette: Palette
    arrows: dict[str, float] | None


def live_matrix(node: Node, making: Making) -> LiveMatrix:
    """The matrix ``node`` of a document. Computes the values."""
    document = making.document
    scaling = document.scaling
    words = document.labels.get(node.path)
    words = words if words and labels.is_shown(node, words) else {}
    reduced = node.rows.factor > 1 or node.cols.factor > 1
    return LiveMatrix(
        path=node.path, role=node.role, name=node.name, remark=node.remark, h=node.h, w=node.w,
        full_h=node.rows.full, full_w=node.cols.full, rows=live_split(node.rows), cols=live_split(node.cols),
        frame=flat(document.placement.matrices[node.path]), layout=_layout(node), viz=_viz(node, making),
        scale=scaling.scales[node.path], course=scaling.courses[node.path],
        values=making.data.add(document.values[node.path]), guides=_guides(node, document),
        row_labels=words.get("rows"), col_labels=words.get("cols"),
        edges=[LiveEdge(edge.letter, edge.far) for edge in node.edges] if node.edges else None,
        legends=node.deco.legends, shape=node.deco.shape, reduce=WORDS[document.plan.kind] if reduced else None,
        exact=_exact(node, document), **(_of_result(node, making) if isinstance(node, MatMul) else _OF_LEAF))


def _of_result(node: MatMul, making: Making) -> dict[str, Any]:
    """What a page holds of results only."""
    return {"d": node.d, "full_d": node.inner.full, "left": node.left.path, "right": node.right.path,
            "inner": live_split(node.inner), "box": flat(making.document.placement.boxes[node.path]),
            "chain": [_step(step, node) for step in node.chain], "arrow": _arrow(node, making)}


_OF_LEAF: dict[str, Any] = {**dict.fromkeys(("d", "full_d", "left", "right", "inner", "box", "arrow")), "chain": []}


def flat(frame: np.ndarray) -> list[float]:
    """A matrix row by row."""
    return [round(each, 9) for each in frame.ravel().tolist()]


def live_split(split: Split) -> LiveSplit:
    """A dimension in blocks."""
    return LiveSplit(split.size, split.step, split.gap, split.parts, split.full, split.full_step, split.factor)


def _layout(node: Node) -> LiveLayout:
    layout = node.layout
    return LiveLayout(layout.gap, layout.positive, layout.left, layout.top, layout.front)


def _viz(node: Node, making: Making) -> LiveViz:
    viz = node.viz
    auto = making.document.setting(node.path, "viz", "cmap") in (AUTO, None)
    return LiveViz(viz.sensitivity, viz.min_size, viz.min_light, viz.max_light, viz.elem_scale, viz.zero_hue,
                   viz.hue_gap, viz.hue_spread, making.palette.number(viz.cmap), auto, viz.percentile)


def _step(step: epilogs.Step, node: MatMul) -> LiveStep:
    scalar = None if step.scalar is None else epilogs.evaluate(step.scalar, node.inner.full)
    return LiveStep(step.name, scalar, step.matrix, list(step.numbers))


def _guides(node: Node, document: Document) -> LiveGuides | None:
    if node.deco.row_guides <= 0:
        return None
    size = float((document.placement.high - document.placement.low).max())
    segments, radii = guides.row_guides(node, guides.line_radius(size))
    return LiveGuides(segments.ravel().tolist(), radii.tolist(), node.deco.row_guides ** 2)


def _arrow(node: MatMul, making: Making) -> list[float] | None:
    size = 1.0 if making.arrows is None else making.arrows.get(node.path, 0.0)
    if size * node.deco.flow_guides <= 0:
        return None
    frame = making.document.placement.boxes[node.path]
    shown = replace(node, deco=replace(node.deco, flow_guides=node.deco.flow_guides * size))
    points = guides.flow_guides(shown, making.document.tree.count).reshape(-1, 3)
    return [round(each, 6) for each in (points @ frame[:3, :3].T + frame[:3, 3]).ravel().tolist()]


def _exact(node: Leaf | MatMul, document: Document) -> LiveRange | None:
    reading = document.readings.get(node.path)
    if reading is not None:
        found = reading.low, reading.high, reading.odd
    else:
        values = document.values[node.path]
        fine = values[np.isfinite(values)]
        found = (float(fine.min()), float(fine.max()), values.size - fine.size) if fine.size else (1.0, 0.0, 0)
    return LiveRange(*found) if found[0] <= found[1] else None
