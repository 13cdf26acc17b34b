"""Guides: thin lines and arrows that say how a matrix is to be read.

All in pitches, in a matrix's own frame (row guides) or its matmul's box (flow guides). What they show follows the
reference (bhosmer/mm, ``util.js``, ``rowGuide`` and ``flowGuide``): lines along some of the rows, a mark at element
(0, 0), and an arrow of two vanes from the operands to the result. Here the lines run between the rows and frame each
block, so that they do not cross the data.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..expression.tree import MatMul, Node
from .places import extent, offsets, scatter

ROWS_SHOWN = 8      # a block shows about this many row lines
MARGIN = 0.8        # from the centres of the outermost elements to the frame
THIN = 1 / 30       # half the width of a line, in pitches …
BROADEST = 1 / 900  # … but no more than this share of the whole expression, or a small one would have slabs …
FINEST = 1 / 2400   # … and no less than this one, or it would vanish in the picture
CORNER = 1 / 6      # of the shorter side of a block that the mark at (0, 0) reaches along
STEP = 0.55         # between the dots for what is left out
BOLD = 2.5          # the mark at (0, 0), relative to a line
SECTION = np.array([(-1.0, -1), (1, -1), (1, 1), (-1, 1)])  # the corners of a bar's end, in its half widths
SIDES = np.array([(3, 2, 1, 0), (4, 5, 6, 7), (1, 5, 4, 0), (2, 6, 5, 1), (3, 7, 6, 2), (0, 4, 7, 3)])


def line_radius(size: float) -> float:
    """Half the width of guide lines for an expression ``size`` pitches large."""
    return float(np.clip(THIN, size * FINEST, size * BROADEST))


def row_guides(node: Node, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Segments (n, 2, 3) and their half widths (n,): a frame, row lines and the (0, 0) mark for every block."""
    lines, widths = [], []

    def line(x0: float, y0: float, x1: float, y1: float, width: float = radius) -> None:
        lines.append((x0, y0, x1, y1))
        widths.append(width)

    for bi, top, bottom in node.rows.blocks():
        for bj, left, right in node.cols.blocks():
            y, x = top + bi * node.rows.gap, left + bj * node.cols.gap
            h, w = bottom - top, right - left
            x0, y0, x1, y1 = x - MARGIN, y - MARGIN, x + w - 1 + MARGIN, y + h - 1 + MARGIN
            for ends in ((x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)):
                line(*ends)
            stride = max(1, round(h / ROWS_SHOWN))
            for row in range(stride, h, stride):
                line(x0, y + row - 0.5, x1, y + row - 0.5)
            if bi == bj == 0:
                reach = CORNER * (min(h, w) - 1 + 2 * MARGIN)
                line(x0, y0, x0 + reach, y0, BOLD * radius)
                line(x0, y0, x0, y0 + reach, BOLD * radius)
    segments = np.zeros((len(lines), 2, 3))
    segments[..., :2] = np.array(lines, float).reshape(-1, 2, 2)
    return segments, np.array(widths, float)


def row_bars(matrices: Sequence[Node], radius: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """The ``boxes`` of the row guides of each matrix, made together since each has few."""
    lines = [row_guides(node, radius) for node in matrices]
    if not lines:
        return []
    vertices, quads = boxes(*map(np.concatenate, zip(*lines)))
    ends = np.cumsum([len(widths) for _, widths in lines])
    return [(part, quads[:len(part) // 8 * 6]) for part in np.split(vertices, 8 * ends[:-1])]


def boxes(segments: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Segments as square bars: vertices (8n, 3) and quads (6n, 4). Bars reach past their ends, so corners close."""
    start, end = segments[:, 0], segments[:, 1]
    along = end - start
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = along / np.where(length == 0, 1, length)
    x, y, z = along.T
    flat = np.stack([y, -x, 0 * z], axis=1)  # across the line and level
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    up = np.stack([-z * flat[:, 1], z * flat[:, 0], x * flat[:, 1] - y * flat[:, 0]], axis=1)  # along x flat
    r = widths[:, None]
    ends = np.stack([start - r * along, end + r * along], axis=1)
    sections = SECTION @ (r[:, None] * np.stack([flat, up], axis=1))
    vertices = ends[:, :, None] + sections[:, None]  # (bars, ends, corners, 3)
    return vertices.reshape(-1, 3), (SIDES + 8 * np.arange(len(segments))[:, None, None]).reshape(-1, 4)


def dots(node: Node) -> np.ndarray:
    """Where dots stand for the rows and columns of a matrix that are left out, (n, 3) in its frame: three for each row
    and column that is shown, and where both are left out three that go down."""
    rows, cols = offsets(node)
    along: list[list[np.ndarray]] = []
    for split in (node.rows, node.cols):
        middle = split.step - 1 + (split.gap + 1) / 2
        along.append([middle + STEP * np.array([-1.0, 0.0, 1.0])] if split.elided else [])
    out = [np.stack(np.broadcast_arrays(dots[None], rows[:, None]), -1) for dots in along[1]]
    out += [np.stack(np.broadcast_arrays(cols[:, None], dots[None]), -1) for dots in along[0]]
    out += [np.stack([across, down], -1)[None] for down in along[0] for across in along[1]]
    flat = np.concatenate([each.reshape(-1, 2) for each in out]) if out else np.zeros((0, 2))
    return np.pad(flat, ((0, 0), (0, 1)))


def flow_guides(node: MatMul, total: int) -> np.ndarray:
    """The two vanes of a matmul's arrow as triangles (2, 3, 3): from the left operand, and from the right one.

    ``deco.flow_guides`` (0 to 1) is their length; ``total`` the number of matmuls in the whole expression.
    """
    w, h, d = extent(node)
    scale, gap, side = node.deco.flow_guides, node.layout.gap, node.layout

    def toward(size: float, near: bool, value: float) -> float:
        return value if near else size - value

    def reach(size: float, away: float) -> float:
        return size / 2 - (size / 2 - gap + away) * scale

    centre = np.array([w, h, d]) / 2
    tip = centre.copy()
    tip[2] = toward(d, side.front, reach(d, 0))
    from_left, from_right = centre.copy(), centre.copy()
    from_left[0] = toward(w, side.left, reach(w, scatter(node, node.left.count, total)))
    from_right[1] = toward(h, side.top, reach(h, scatter(node, node.right.count, total)))
    return np.array([[from_left, centre, tip], [from_right, centre, tip]])
