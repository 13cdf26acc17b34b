"""What an accumulating axpy holds under an epilog that sees the whole matrix.

Each of its steps applies the epilog to everything that is there, finished columns included, as the reference does
(bhosmer/mm, ``getVvprodBump``), so what it shows depends on all steps before. It is kept as one checkpoint a column
(for the node groups to start from) and as what is left in the end (for sweeps that use the result). An epilog that
has no nodes (``epilogs.has_nodes``) has no history: what is being
summed is shown bare, what is finished (columns of an axpy, and everything at the last step) with its final values.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import epilogs, schedule as sched
from .interior import split_chain
from .schedule import AXPY, Schedule
from .tree import MatMul, nodes

LARGEST = 2 ** 26  # elements of checkpoints, and of work, that are worth it; beyond, the final values are shown


@dataclass(frozen=True)
class History:
    """``before``: (columns of a block, h, w), what the result holds before each column; ``after``: (h, w)."""

    before: np.ndarray
    after: np.ndarray


def history(tree: MatMul, values: dict[str, np.ndarray], schedule: Schedule) -> dict[str, History]:
    """The histories by path, of those matmuls that have one."""
    out: dict[str, History] = {}
    for node in nodes(tree):
        if (node.path in schedule.tracks and node.anim.alg == AXPY and split_chain(node.chain)[1]
                and epilogs.has_nodes(node.chain)):
            if node.h * node.w * node.cols.step * node.inner.step <= LARGEST:
                operands = [out[side.path].after if side.path in out else values[side.path]
                            for side in (node.left, node.right)]
                out[node.path] = _follow(node, *operands, values[node.path])
    return out


def _follow(node: MatMul, left: np.ndarray, right: np.ndarray, final: np.ndarray) -> History:
    _, step_k, step_j = sched.steps_of(node)
    pointwise, rest = split_chain(node.chain)
    left, right = left.astype(np.float64), right.astype(np.float64)
    k, column = np.arange(node.d) % step_k, np.arange(node.w) % step_j
    data, before = final.astype(np.float64), []
    with np.errstate(all="ignore"):
        for at in range(step_j):
            before.append(data)
            partial = np.zeros_like(data)
            # a ragged block that has ended is left alone
            open_block = np.arange(node.w) // step_j * step_j + at < node.w
            for ck in range(step_k):
                partial = partial + left[:, k == ck] @ right[k == ck]
                data = np.where(column == at, epilogs.apply(pointwise, partial, node.d), data)
                data = np.where((column > at) & open_block, 0, epilogs.apply(rest, data, node.d))
    return History(np.array(before, np.float32), data.astype(np.float32))
