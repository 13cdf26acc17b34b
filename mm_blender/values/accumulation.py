"""What an accumulating sweep that goes line by line (axpy) holds under an epilog that sees the whole matrix.

Each of its steps applies the epilog to everything that is there, finished lines included, as the reference does
(bhosmer/mm, ``getVvprodBump``), so what it shows depends on all steps before. It is kept as one checkpoint a line
(for the node groups to start from) and as what is left in the end (for sweeps that use the result). An epilog that
has no nodes (``epilogs.has_nodes``) has no history: what is being summed is shown bare, what is finished (lines that
are done, and everything at the last step) with its final values.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..expression import epilogs
from ..expression.tree import MatMul, nodes
from ..layout.schedule import algorithm_of, Schedule
from ..layout.sweep_planes import split_chain

LARGEST = 2 ** 26  # elements of checkpoints, and of work, that are worth it; beyond, the final values are shown


@dataclass(frozen=True)
class History:
    """``before``: (lines of a block, h, w), what the result holds before each line; ``after``: (h, w). A line is a row
    or a column of the result, one of every block."""

    before: np.ndarray
    after: np.ndarray


def with_history(tree: MatMul, schedule: Schedule) -> set[str]:
    """The paths of the matmuls that have a history."""
    return {node.path for node in nodes(tree) if isinstance(node, MatMul) and node.path in schedule.tracks
            and algorithm_of(node).line and split_chain(node.chain)[1] and epilogs.has_nodes(node.chain)
            and node.h * node.w * schedule.tracks[node.path].count <= LARGEST}


def history(tree: MatMul, values: dict[str, np.ndarray], schedule: Schedule) -> dict[str, History]:
    """The histories by path, of those matmuls that have one."""
    out: dict[str, History] = {}
    having = with_history(tree, schedule)
    for node in nodes(tree):
        if isinstance(node, MatMul) and node.path in having:
            left, right = (out[side.path].after if side.path in out else values[side.path]
                           for side in (node.left, node.right))
            out[node.path] = _follow(node, left, right, values[node.path])
    return out


def _follow(node: MatMul, left: np.ndarray, right: np.ndarray, final: np.ndarray) -> History:
    axis, step_k = node.rows if algorithm_of(node).line == "i" else node.cols, node.inner.step
    pointwise, rest = split_chain(node.chain)
    left, right = left.astype(np.float64), right.astype(np.float64)
    k = np.arange(node.d) % step_k
    whole, line = _lines(node)
    data, before = final.astype(np.float64), []
    with np.errstate(all="ignore"):
        for at in range(axis.step):
            before.append(data)
            partial = np.zeros_like(data)
            open_block = whole - line + at < axis.size  # a ragged block that has ended is left alone
            for ck in range(step_k):
                partial = partial + left[:, k == ck] @ right[k == ck]
                data = np.where(line == at, epilogs.apply(pointwise, partial, node.d), data)
                data = np.where((line > at) & open_block, 0, epilogs.apply(rest, data, node.d))
        return History(np.array(before, np.float32), data.astype(np.float32))


def held_at(node: MatMul, left: np.ndarray, right: np.ndarray, final: np.ndarray, past: History | None,
            cursor: int) -> np.ndarray:
    """What the result (h, w) of an accumulating sweep holds at ``cursor``, of operands as their own sweeps leave them;
    ``final``: its value, ``past``: its history, if it has one."""
    algorithm, named = algorithm_of(node), not epilogs.has_nodes(node.chain)
    sizes = node.rows.step, node.inner.step, node.cols.step
    rest = final if past is None else past.after
    if not 0 <= cursor < algorithm.count(sizes) - named:
        return rest
    i, upto, j = algorithm.at(cursor, sizes)
    chain: epilogs.Chain = () if named else node.chain
    if algorithm.line is None:
        return _applied(chain, _sum(node, left, right, upto), node.d)
    at = i if algorithm.line == "i" else j
    _, line = _lines(node)
    if past is not None:
        return _through_line(node, left, right, past.before[at], at, upto)
    now = _applied(chain, np.where(line == at, _sum(node, left, right, upto), 0), node.d)
    return np.where(line == at, now, np.where(line < at, rest, np.float32(0)))


def _lines(node: MatMul) -> tuple[np.ndarray, np.ndarray]:
    """Of a sweep line by line, the number of each element's line, and where that is in its block; as a row or a
    column."""
    rows = algorithm_of(node).line == "i"
    axis = node.rows if rows else node.cols
    whole = np.arange(axis.size)[:, None] if rows else np.arange(axis.size)
    return whole, whole % axis.step


def _sum(node: MatMul, left: np.ndarray, right: np.ndarray, upto: int) -> np.ndarray:
    """The products of every block up to its element ``upto`` along k, added up in float64."""
    taken = np.arange(node.d) % node.inner.step <= upto
    return left[:, taken].astype(np.float64) @ right[taken]


def _applied(chain: epilogs.Chain, x: np.ndarray, d: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        return epilogs.apply(chain, x, d).astype(np.float32)


def _through_line(node: MatMul, left: np.ndarray, right: np.ndarray, before: np.ndarray, at: int,
                  upto: int) -> np.ndarray:
    """What is held after the steps of line ``at`` up to ``upto`` along k, of what was ``before`` them."""
    pointwise, rest = split_chain(node.chain)
    whole, line = _lines(node)
    axis = node.rows if algorithm_of(node).line == "i" else node.cols
    open_block = whole - line + at < axis.size  # a ragged block that has ended is left alone
    data = before.astype(np.float64)
    with np.errstate(all="ignore"):
        for ck in range(upto + 1):
            partial = epilogs.apply(pointwise, _sum(node, left, right, ck), node.d)
            data = epilogs.apply(rest, np.where(line == at, partial, data), node.d)
            data = np.where((line > at) & open_block, 0, data)
    return data.astype(np.float32)
