"""Targets: parts of matrices as a story names them, ``A[2,:]``, and where they are."""
from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import numpy as np

from ..document.document import Document
from ..errors import StoryError
from ..expression.blocks import Split
from ..expression.tree import Node, nodes
from ..layout.places import offsets
from ..layout.reduction import span
from ..plain import listed, said
from .beats import ROOT

_PART = re.compile(r"(?P<name>.+?)\s*(?:\[(?P<rows>[^\[\],]*),(?P<cols>[^\[\],]*)\])?\Z", re.DOTALL)
_SLICE = re.compile(r"\s*(?P<first>-?\d{1,9})?\s*(?P<colon>:)?\s*(?P<last>-?\d{1,9})?\s*\Z")


@dataclass(frozen=True)
class Target:
    """A rectangle of the elements of the matrix at ``path``, or of the cells that they are shown as: from ``row`` and
    ``col`` on, so many ``rows`` and ``cols``."""

    path: str
    row: int
    col: int
    rows: int
    cols: int

    @property
    def is_element(self) -> bool:
        """Whether it is one element."""
        return self.rows == self.cols == 1


def find(document: Document, text: str) -> Target:
    """What ``text`` names of ``document``: a matrix by its name or path, ``result`` for the whole's, or a part of one
    by its rows and columns, counted from 0: those of the matrix, also where it is shown reduced. Raises StoryError
    that says what there is."""
    match = _PART.match(text.strip())
    if match is None:
        raise StoryError(f"{said(text)} names nothing: it is the name of a matrix, such as A, or a part of one, A[2,:]")
    node = matrix(document, match["name"], text)
    if match["rows"] is None:
        if "[" in match["name"]:
            raise StoryError(f"{said(text)} cannot be read: a row is {_called(node, document)}[0,:], a column [:,0], "
                             "an element [0,0]")
        return Target(node.path, 0, 0, node.h, node.w)
    row, rows = _range(match["rows"], node.rows, text, "rows")
    col, cols = _range(match["cols"], node.cols, text, "columns")
    return Target(node.path, row, col, rows, cols)


def matrix(document: Document, name: str, text: str | None = None) -> Node:
    """The matrix of that name or path. Raises StoryError; ``text``: what a person wrote."""
    every, name = nodes(document.tree), name.strip()
    named = [node for node in every if name in (node.name, node.path)]
    if not named and name.lower() == ROOT:
        named = [document.tree]
    if not named and "[" in name:
        return matrix(document, name.partition("[")[0], text)
    known = list(dict.fromkeys(node.name or node.path for node in every))
    if not named:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise StoryError(f"there is no matrix {said(name)}{_in(text, name)}; {hint}there are {listed(known)} and "
                         f"{ROOT!r}")
    if len(named) > 1:
        raise StoryError(f"{said(name)}{_in(text, name)} is the name of {len(named)} matrices: say which by its path, "
                         f"{listed(node.path for node in named)}")
    return named[0]


def _in(text: str | None, name: str) -> str:
    return f" ({said(text)})" if text is not None and text.strip() != name else ""


def _called(node: Node, document: Document) -> str:
    return node.name or (ROOT if node is document.tree else node.path)


def _range(text: str, split: Split, whole: str, what: str) -> tuple[int, int]:
    """The first and the number of the rows or columns, as they are shown, that a slice means."""
    size = split.full
    match = _SLICE.match(text)
    if not match or not (match["colon"] or match["first"]) or match["last"] and not match["colon"]:
        raise StoryError(f"the {what} of {said(whole)} must be one number, first:last as in numpy, or : for all")

    def place(digits: str | None, default: int) -> int:
        at = default if digits is None else int(digits)
        return at + size if at < 0 else at

    first = place(match["first"], 0)
    last = place(match["last"], size) if match["colon"] else first + 1
    if not 0 <= first < last <= size:
        raise StoryError(f"{said(whole)} is not in the matrix, whose {what} are 0 to {size - 1}")
    return _shown(first, last, split, whole, what)


def _shown(first: int, last: int, split: Split, whole: str, what: str) -> tuple[int, int]:
    """Where the elements from ``first`` to before ``last`` of an axis are shown: the first cell, and how many."""
    spans = [span(split, cell) for cell in range(split.size)] if split.whole else []
    cells = [cell for cell, (begins, ends) in enumerate(spans) if begins < last and ends > first]
    if split.elided and not ((first, last) == (0, split.full) or len(cells) == last - first):
        raise StoryError(f"{said(whole)} is not in the picture, in which of {split.full} {what} the first "
                         f"{split.step} and the last {split.size - split.step} are shown")
    return (cells[0], len(cells)) if spans else (first, last - first)


def corners(document: Document, part: Target) -> np.ndarray:
    """The corners (8, 3) of a part as drawn, outer halves of its elements included, in the reference's terms."""
    node = document.matrix(part.path)
    rows, cols = offsets(node)
    x = cols[part.col] - 0.5, cols[part.col + part.cols - 1] + 0.5
    y = rows[part.row] - 0.5, rows[part.row + part.rows - 1] + 0.5
    local = np.array([[a, b, c, 1.0] for a in x for b in y for c in (-0.5, 0.5)])
    return np.asarray((local @ document.placement.matrices[part.path].T)[:, :3])
