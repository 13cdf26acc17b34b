"""Arcs: from the token of one row of an attention matrix to all that it attends to, as thick as their weights.

Below the picture stands the sentence that labels the matrix along both sides, and above its words rise the arcs, in the
colours that the elements have; below the words stand the larger weights.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..appearance.rules import colour_at, level
from ..colour.srgb import srgb_to_linear
from ..errors import ParameterError
from ..lettering import numerals, typeset
from ..lettering.fonts import Font
from ..lettering.labels import LONGEST
from ..lettering.lines import line, PageText
from ..lettering.page import Page, POINT
from ..lettering.sheet import Arc
from ..plain import listed
from .document import Document
from .group import Group
from .matrices_on_page import matrices, Matrix

THICKEST = 1.0   # em: of an arc of weight 1
THINNEST = 0.6   # points: of the least that is drawn
LEAST = 0.005    # of the largest weight: smaller ones have no arc
TOLD = 0.03      # of all weights: smaller ones have no number
APART = 0.75     # em between words
HIGHEST = 5.5    # em: of an arc, above the words
RISE = 0.45      # of its length, that an arc rises, if that is less
LOOP = 1.1       # em: half the width of an arc from a word to itself
SMALL = 0.72     # of the numbers below the words
LEAST_PT = 5.0   # of the words


@dataclass(frozen=True)
class ArcsBelow:
    """The ``texts`` and ``arcs`` from the lower edge of a page upwards, and how ``high`` they reach, inches."""

    texts: list[PageText]
    arcs: list[Arc]
    high: float


def strip(group: Group, page: Page, font: Font, foot: float, width: float) -> ArcsBelow | None:
    """What is asked for of the arcs of ``group``, above ``foot`` and at most ``width`` inches wide; None where none is.
    Computes the values. Raises ParameterError where there is no such row, or no room for its words."""
    row = group.options.arcs
    if row is None:
        return None
    matrix, at = _found(group, row)
    words = [word if len(word) <= LONGEST else word[:LONGEST - 1] + "…" for word in _words(matrix, "cols")]
    size = page.font_pt
    parts = [line(typeset.plain(word), font, size, "quiet", "token") for word in words]
    wide = sum(part.width for part in parts) + APART * size * POINT * (len(parts) - 1)
    if wide > width:
        size *= width / wide
        if size < (LEAST_PT if not page.on_screen else LEAST_PT / 8 * page.font_pt):
            raise ParameterError(f"{page.told} has no room for a line of the {len(words)} tokens that arcs go between: "
                                 "make it wider, or show fewer tokens")
        parts = [line(typeset.plain(word), font, size, "quiet", "token") for word in words]
        wide = width
    em = size * POINT
    weights = np.asarray(group.documents[matrix.owner].values[matrix.node.path][row], np.float64)
    numbers = _numbers(weights, font, size * SMALL)
    base = foot + (0.5 + 1.15 * SMALL) * em
    lefts = (page.width - wide) / 2 + np.cumsum([0.0, *(part.width + APART * em for part in parts[:-1])])
    middles = lefts + [part.width / 2 for part in parts]
    texts = [replace(part.moved(float(x), base), role="text" if number == at else "quiet")
             for number, (part, x) in enumerate(zip(parts, lefts))]
    texts += [text.moved(float(x - text.width / 2), foot + 0.25 * em) for text, x in zip(numbers, middles) if text]
    top = base + max(font.ascent, font.cap) * em + 0.15 * em
    arcs = _arcs(group.documents[matrix.owner], matrix, weights, middles - middles[at], em)
    arcs = [replace(arc, points=arc.points + (float(middles[at]), top)) for arc in arcs]
    return ArcsBelow(texts, arcs, max([arc.high for arc in arcs], default=top) + 0.4 * em)


def _found(group: Group, row: int) -> tuple[Matrix, int]:
    """The matrix whose row it is, and which of the words of its columns that row's is. Raises ParameterError."""
    for matrix in matrices(group):
        node = matrix.node
        rows, cols = _words(matrix, "rows"), _words(matrix, "cols")
        if not rows or len(cols) < len(rows) or rows != cols[len(cols) - len(rows):]:
            continue
        if node.note:
            raise ParameterError(f"{node.name} is shown reduced, and its cells have no tokens for arcs: show a part")
        if row >= node.h:
            raise ParameterError(f"arcs are asked for of row {row} of {node.name}, which has rows 0 to {node.h - 1}: "
                                 f"{listed(rows, 8)}")
        return matrix, len(cols) - len(rows) + row
    raise ParameterError("arcs go between the tokens that label a matrix along both sides, and none has the same ones "
                         "there: see labelled, or show the attention head of a text")


def _words(matrix: Matrix, side: str) -> list[str]:
    return list((matrix.words or {}).get(side, ()))


def _numbers(weights: np.ndarray, font: Font, size: float) -> list[PageText | None]:
    """The weights that are told, in words."""
    told = np.abs(weights) >= TOLD * np.abs(weights).sum()
    return [line(typeset.plain(numerals.spell(float(x)).replace("-", "−")), font, size, "quiet", "weight") if tell
            else None for x, tell in zip(weights, told)]


def _arcs(document: Document, matrix: Matrix, weights: np.ndarray, aways: np.ndarray, em: float) -> list[Arc]:
    """From a word at the origin to those that are ``aways`` to its right, the thinnest first."""
    path = matrix.node.path
    largest = np.abs(weights[np.isfinite(weights)]).max(initial=0.0)
    colours = srgb_to_linear(colour_at(level(weights, document.scaling.scales[path]), matrix.node.viz,
                                       document.scaling.courses[path]))
    out = []
    for at in np.argsort(np.abs(weights)):
        size = abs(float(weights[at]))
        if not LEAST * largest <= size or size == 0:
            continue
        away = float(aways[at])
        out.append(Arc(_bow(away, em), max(THICKEST * em / POINT * min(size, 1.0), THINNEST),
                       tuple(float(x) for x in colours[at])))
    return out


def _bow(away: float, em: float) -> np.ndarray:
    """The four points of a cubic from the origin to ``away``, or around to the origin."""
    if away == 0:
        side, high = LOOP * em, 1.6 * em
        return np.array([(-0.12 * em, 0.0), (-side, high), (side, high), (0.12 * em, 0.0)])
    high = min(max(RISE * abs(away), 1.0 * em), HIGHEST * em) * 4 / 3  # a cubic comes up to 3/4 of its handles
    return np.array([(0.0, 0.0), (0.12 * away, high), (0.88 * away, high), (away, 0.0)])

