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
    total = elements(viz.tree)
    steps = viz.schedule.steps
    lines += ["", f"{total:,} elements in {len(rows)} matrices" + (f", {steps:,} steps" if steps > 1 else "")]
    return "\n".join(lines)


def _walk(node: Node, lead: str, branch: str, viz, rows: list) -> None:
    x = viz.values[node.path]
    finite = x[np.isfinite(x)]
    span = f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else "no finite value"
    if finite.size < x.size:
        span += f", {x.size - finite.size:,} not finite"
    rows.append((lead + branch + node.name, f"{node.h} x {node.w}", span, _origin(node, viz)))
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
    parts = [f"k = {node.d}", *([chain] if chain != "none" else []), *([f"sweep {alg}"] if alg != "none" else [])]
    blocks = [f"{letter} / {axis.count}" for letter, axis in zip("ikj", (node.rows, node.inner, node.cols))
              if axis.count > 1]
    return ", ".join(parts + blocks)
