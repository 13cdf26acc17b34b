"""Single elements and blocks of matrices that are shown reduced, where to find them does not take long."""
from __future__ import annotations

import numpy as np

from ..data import lazy
from ..expression import epilogs
from ..expression.tree import Leaf, Node
from . import compute
from .approximation import sees_whole
from .banded import BandedRun

ASKED = 2 ** 28  # multiply-adds, and elements read, that a question about one cell is worth


def extreme(run: BandedRun, path: str, row: int, col: int) -> tuple[int, int, float] | None:
    """The element of largest magnitude in a cell: row, column, value. None where finding it would take long."""
    (r0, r1), (c0, c1) = (edges[at:at + 2] for edges, at in zip(run.edges[path], (row, col)))
    with np.errstate(all="ignore"):
        x = block(run, run.nodes[path], int(r0), int(r1), int(c0), int(c1))
    if x is None:
        return None
    if np.isnan(x).any():
        extremes = np.isnan(x)
    else:  # the one that the cell shows
        high, low = x.max(), x.min()
        extremes = x == (low if -low > high else high)
    i, j = divmod(int(extremes.argmax()), x.shape[1])
    return int(r0) + i, int(c0) + j, float(x[i, j])


def block(run: BandedRun, node: Node, top: int, bottom: int, left: int, right: int) -> np.ndarray | None:
    """A block of a matrix' true values, None where that would take long."""
    if node.path not in run.exact or sees_whole(node):
        return None
    pointwise = all(epilogs.is_pointwise(step) for step in node.chain)
    a, b = (left, right) if pointwise else (0, node.w)
    if (bottom - top) * (b - a) > ASKED:
        return None
    if isinstance(node, Leaf):
        if node.path not in run.data and node.h * node.w > ASKED // 16:
            return None
        x = run.finish(node, lazy.block(run.source(node), top, bottom, a, b), top)
    else:
        if (bottom - top) * node.d * (b - a) > ASKED or node.d * (b - a) > ASKED // 4:
            return None
        rows, columns = block(run, node.left, top, bottom, 0, node.d), block(run, node.right, 0, node.d, a, b)
        if rows is None or columns is None:
            return None
        product = compute.matmul(rows, columns, node.h * node.d * node.w <= compute.CAREFUL)
        x = epilogs.apply(node.chain, product, node.d, run.named(top, node), top)
    return x if pointwise else x[:, left:right]
