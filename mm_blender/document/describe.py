"""A visualization in words, for ``mm-blender info`` and ``Visualization.info``."""
from __future__ import annotations

import numpy as np

from ..data import lazy, origins
from ..expression import epilogs, named
from ..expression.tree import elements, Leaf, Node
from .document import Document

Row = tuple[str, str, str, str]


class Description(str):
    """A text that a notebook or a Python prompt shows as it prints, without quotes."""

    def __repr__(self) -> str:
        return str(self)


def describe(document: Document) -> Description:
    """The expression with its epilogs, then a line a matrix (name, shape, range, how it comes about), those that
    epilogs take by name too, then totals."""
    lines = [document.written, ""]
    rows: list[Row] = []
    _walk(document.tree, "", "", document, rows)
    count = len(rows)
    rows += _named(document)
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines += ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]]).rstrip() for row in rows]
    total, cells = elements(document.true), elements(document.tree)
    steps = document.schedule.steps
    lines += ["", f"{total:,} elements in {count} matrices"
              + (f", shown as {cells:,} cells" if document.plan.reduces else "")
              + (f", {steps:,} steps" if steps > 1 else "")]
    if document.made_up:
        lines.append(f"made up beside the given data: {', '.join(name for name, _ in document.made_up.values())}")
    return Description("\n".join(lines))


def _walk(node: Node, lead: str, branch: str, document: Document, rows: list[Row]) -> None:
    x = document.values[node.path]  # with which readings come
    if node.path in document.readings:
        reading = document.readings[node.path]
        span = _span(reading.low, reading.high, reading.odd)
    else:
        span = _span_of(x)
    shape = f"{node.rows.full} x {node.cols.full}"
    note = f", {node.note}" if node.note else ""
    rows.append((lead + branch + node.name, shape, span, _origin(node, document) + note))
    if isinstance(node, Leaf):
        return
    lead += {"": "", "├ ": "│ ", "└ ": "  "}[branch]
    _walk(node.left, lead, "├ ", document, rows)
    _walk(node.right, lead, "└ ", document, rows)


def _span_of(x: np.ndarray) -> str:
    finite = x[np.isfinite(x)]
    return _span(finite.min(), finite.max(), x.size - finite.size) if finite.size else _span(1, 0, x.size)


def _span(low: float, high: float, odd: int) -> str:
    digits = next((n for n in range(4, 9) if f"{low:.{n}g}" != f"{high:.{n}g}"), 4)  # as many as tell them apart
    text = f"{low:.{digits}g} to {high:.{digits}g}" if low <= high else "no finite value"
    return f"{text}, {odd:,} not finite" if odd else text


def _named(document: Document) -> list[Row]:
    """The matrices that are in the epilogs only."""
    rows = []
    for name in named.names(document.params):
        if name in document.data:
            x = document.data[name]
            rows.append((f"  {name}", f"{x.shape[0]} x {x.shape[1]}", _span_of(lazy.whole(x)), "data, in an epilog"))
        elif named.holder(document.true, name) is None:
            made = "made up: " if document.made_up else ""
            rows.append((f"  {name}", "a row", "-1 to 1", f"{made}a random row, in an epilog"))
    return rows


def _origin(node: Node, document: Document) -> str:
    chain = epilogs.reference_name(node.chain) or epilogs.chain_text(node.chain)
    if isinstance(node, Leaf):
        kind = "data" if node.path in document.data else origins.shown(node.init.url) if node.init.kind == "url" \
            else f"{node.init.kind} {node.init.expr}" if node.init.kind == "expr" else node.init.kind
        kind = f"made up: {kind}" if node.made_up else kind
        return kind if chain == "none" else f"{kind}, {chain}"
    alg = node.anim.alg
    parts = [f"k = {node.inner.full}", *([chain] if chain != "none" else []),
             *([f"sweep {alg}"] if alg != "none" else [])]
    blocks = [f"{letter} / {axis.count}" for letter, axis in zip("ikj", (node.rows, node.inner, node.cols))
              if axis.count > 1 and not axis.elided]
    return ", ".join(parts + blocks)
