"""Revealing: from which step of a sweep on an element of a matrix is shown.

A matrix is shown by its own sweep, as it makes its elements, or by its parent's, as that reads them. Either rule is
linear in an element's place inside its block: it is shown from the cursor ``first + row weight * row' + column weight *
column'`` on. What is shown stays (but for partial results, which go when their sweep is done), so that one number an
element, a step, says all of a sweep.
"""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..expression.algorithms import LEFT, RESULT, RIGHT
from ..expression.tree import MatMul, Node, nodes
from .schedule import algorithm_of, Schedule, steps_of, Track
from .sweep_planes import has_partials

ALWAYS, NEVER = -10 ** 9, 10 ** 9   # cursors
FOREVER = np.iinfo(np.int64).max    # the step from which on something is shown that never is
Weights = tuple[int, int, int]


def own_weights(node: MatMul) -> Weights:
    """From which cursor on an element is revealed: ``first + row weight * row' + column weight * column'``."""
    algorithm = algorithm_of(node)
    strides = None if algorithm.accumulates else algorithm.strides(RESULT, steps_of(node))
    return 0, *(strides or (0, 0))


def result_weights(node: MatMul, count: int) -> Weights:
    """The same of a result whose sweep has ``count`` steps: beside partial results it is shown when that is done, and
    then only with blocks along j, as in the reference."""
    if has_partials(node):
        return (count if node.cols.count > 1 else NEVER), 0, 0
    return own_weights(node)


def touch_weights(parent: MatMul, left: bool) -> Weights:
    """From which cursor of its parent's sweep on an operand's element has been highlighted."""
    strides = algorithm_of(parent).strides(LEFT if left else RIGHT, steps_of(parent))
    return (0, *strides) if strides else (NEVER, 0, 0)


def parents_of(tree: MatMul) -> dict[str, MatMul]:
    """By path, the matmul that an operand is of."""
    return {child.path: node for node in nodes(tree) if isinstance(node, MatMul) for child in (node.left, node.right)}


def under_hidden(node: Node, parents: Mapping[str, MatMul], swept: Mapping[str, object]) -> bool:
    """Whether a sweep above (of those ``swept``, by path) hides its inputs: that hides everything below it."""
    parent = parents.get(node.path)
    while parent:
        if parent.path in swept and parent.anim.hide_inputs:
            return True
        parent = parents.get(parent.path)
    return False


def shown_from(tree: MatMul, schedule: Schedule) -> dict[str, np.ndarray]:
    """By path, the step (h, w) from which on each element is shown, ``FOREVER`` where it never is. Matrices that are
    shown throughout are left out."""
    parents, tracks, out = parents_of(tree), schedule.tracks, {}
    for node in nodes(tree):
        parent = parents.get(node.path)
        if node.path in tracks and isinstance(node, MatMul):
            track = tracks[node.path]
            own = _when(node, track, result_weights(node, track.count))
        elif under_hidden(node, parents, tracks):
            own = np.full((node.h, node.w), FOREVER)
        else:
            continue
        if parent and parent.path in tracks and not parent.anim.hide_inputs:
            touched = _when(node, tracks[parent.path], touch_weights(parent, node is parent.left))
            own = np.minimum(own, touched)
        out[node.path] = own
    return out


def partials_from(node: MatMul, track: Track) -> np.ndarray:
    """The step (h, w) from which on the elements of ``node``'s partial results are shown, until its sweep is done."""
    return _when(node, track, own_weights(node))


def _when(node: Node, track: Track, weights: Weights) -> np.ndarray:
    """The step at which a cursor comes to what ``weights`` say of each element."""
    first, per_row, per_col = weights
    if first >= NEVER:
        return np.full((node.h, node.w), FOREVER)
    row, col = np.arange(node.h) % node.rows.step, np.arange(node.w) % node.cols.step
    return track.when(first + per_row * row[:, None] + per_col * col)
