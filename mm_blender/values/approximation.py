"""Which results are made of means, since there are too many elements to compute.

A mean over rows and columns of a product is the product of the means as long as k is left alone, but an epilog of means
is no mean of epilogs, and no largest magnitude.
"""
from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..data import lazy
from ..expression import epilogs
from ..expression.tree import Leaf, MatMul, Node, nodes
from ..layout.reduction import Plan

HELD = 2 ** 27        # elements of what may be held whole, 512 MB
SEEN = 2 ** 25        # elements of a matrix that an epilog sees whole; some count in float64
WORK = 2 ** 40        # multiply-adds that are worth it, about half a minute on two cores
LINEAR = ("mul", "div", "add")

Data = Mapping[str, lazy.Matrix]  # the given leaves, by path


def approximate(tree: MatMul, plan: Plan, data: Data) -> frozenset[str]:
    """The paths of the results that are made of means."""
    out: set[str] = set()
    means: set[str] = set()  # of linear products of what is read, which are exact as means
    spent = 0
    for node in nodes(tree):
        if isinstance(node, Leaf):
            continue
        work = node.h * node.d * node.w
        free = isinstance(data.get(node.right.path), (np.ndarray, lazy.Lost))
        inexact = {node.left.path, node.right.path} & (out | means)
        if inexact or spent + work > WORK or not (free or node.right.h * node.right.w <= HELD) \
                or sees_whole(node) and node.h * node.w > SEEN:
            linear = plan.kind == "mean" and not {node.left.path, node.right.path} & out and _is_linear(node.chain) \
                and _k_is_left_alone(node, plan)
            (means if linear else out).add(node.path)
        else:
            spent += work
    return frozenset(out)


def _is_linear(chain: epilogs.Chain) -> bool:
    return all(step.name in LINEAR and not step.matrix for step in chain)


def _k_is_left_alone(node: MatMul, plan: Plan) -> bool:
    """Whether the operands can be held with their rows, or columns, reduced and every k."""
    return max(node.h // plan.factors[node.path, "h"], node.w // plan.factors[node.path, "w"]) * node.d <= HELD


def sees_whole(node: Node) -> bool:
    """Whether an epilog of a matrix needs all of its elements at once."""
    return any(step.name in epilogs.WHOLE for step in node.chain)
