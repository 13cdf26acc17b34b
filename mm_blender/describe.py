"""A visualization in words, for ``mm-blender info`` and ``Visualization.info``."""
from __future__ import annotations

import numpy as np

from . import epilogs
from .tree import Leaf, Node, elements


def describe(viz) -> str:
    """The expression, then a line a matrix (name, shape, range, how it comes about), then totals."""
    lines = [viz.expression, ""]
    rows: list[tuple[str, str, str, str]] = []
    _walk(viz.tree, "", "", viz, rows)
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines += ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]]).rstrip() for row in rows]
    total, cells = elements(viz.true), elements(viz.tree)
    steps = viz.schedule.steps
    lines += ["", f"{total:,} elements in {len(rows)} matrices"
              + (f", shown as {cells:,} cells" if viz.plan.reduces else "")
              + (f", {steps:,} steps" if steps > 1 else "")]
    return "\n".join(lines)


def _walk(node: Node, lead: str, branch: str, viz, rows: list) -> None:
    x = viz.values[node.path]
    if node.path in viz.readings:
        reading = viz.readings[node.path]
        low, high, odd = reading.low, reading.high, reading.odd
    else:
        finite = x[np.isfinite(x)]
        low, high = (finite.min(), finite.max()) if finite.size else (1, 0)
        odd = x.size - finite.size
    span = f"{low:.4g} to {high:.4g}" if low <= high else "no finite value"
    if odd:
        span += f", {odd:,} not finite"
    shape = f"{node.rows.full} x {node.cols.full}"
    rows.append((lead + branch + node.name, shape, span, _origin(node, viz) + (f", {node.note}" if node.note else "")))
    if isinstance(node, Leaf):
        return
    lead += {"": "", "├ ": "│ ", "└ ": "  "}[branch]
    _walk(node.left, lead, "├ ", viz, rows)
    _walk(node.right, lead, "└ ", viz, rows)


def _origin(node: Node, viz) -> str:
    chain = epilogs.reference_name(node.chain) or epilogs.chain_text(node.chain)
    if isinstance(node, Leaf):
        kind = "data" if node.path in viz.data else node.init.url if node.init.kind == "url" else \
            f"{node.init.kind} {node.init.expr}" if node.init.kind == "expr" else node.init.kind
        return kind if chain == "none" else f"{kind}, {chain}"
    alg = node.anim.alg
    parts = [f"k = {node.inner.full}", *([chain] if chain != "none" else []),
             *([f"sweep {alg}"] if alg != "none" else [])]
    blocks = [f"{letter} / {axis.count}" for letter, axis in zip("ikj", (node.rows, node.inner, node.cols))
              if axis.count > 1]
    return ", ".join(parts + blocks)
