"""Arcs: from the token of one row of an attention matrix to all that it attends to, as thick as their weights.

A *strip* of the page, below a picture or in a story above it, has the sentence that labels the matrix along both sides;
above its words rise the arcs, in the colours that the elements have, and below the words stand the larger weights.
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
LOOPED = 1.2     # em: that it rises
SMALL = 0.72     # of the numbers below the words
LEAST_PT = 5.0   # of the words


@dataclass(frozen=True)
class ArcStrip:
    """The ``texts`` and ``arcs`` of a strip of the page, from its lower edge upwards, and how ``high`` they reach,
    inches."""

    texts: list[PageText]
    arcs: list[Arc]
    high: float


@dataclass(frozen=True)
class Sentence:
    """The tokens that label a ``matrix`` along both sides, set as one line. ``parts``: each word at the origin;
    ``size``: of their letters in points; ``lefts``: where they begin on the page, inches; ``rows``: how many of the
    words are before that of the first row."""

    matrix: Matrix
    parts: list[PageText]
    size: float
    lefts: np.ndarray
    rows: int

    @property
    def middles(self) -> np.ndarray:
        """Of the words along the page, inches."""
        return self.lefts + [part.width / 2 for part in self.parts]

    @property
    def em(self) -> float:
        """The size of the letters in inches."""
        return self.size * POINT

    def base(self, foot: float) -> float:
        """The line that the words stand on, above the ``foot`` of the strip."""
        return foot + (0.5 + 1.15 * SMALL) * self.em

    def top(self, foot: float, font: Font) -> float:
        """From where the arcs rise."""
        return self.base(foot) + max(font.ascent, font.cap) * self.em + 0.15 * self.em


def strip(group: Group, page: Page, font: Font, foot: float, width: float) -> ArcStrip | None:
    """What is asked for of the arcs of ``group``, above ``foot`` and at most ``width`` inches wide; None where none is.
    Computes the values. Raises ParameterError where there is no such row, or no room for its words."""
    row = group.options.arcs
    if row is None:
        return None
    said = sentence(_found(group), page, font, width)
    node = said.matrix.node
    if row >= node.h:
        raise ParameterError(f"arcs are asked for of row {row} of {node.name}, which has rows 0 to {node.h - 1}: "
                             f"{listed(_words(said.matrix, 'rows'), 8)}")
    return of_row(group, said, row, font, foot)


def sentence(matrix: Matrix, page: Page, font: Font, width: float) -> Sentence:
    """The tokens of a matrix in the middle of a page, at most ``width`` inches wide. Raises ParameterError where there
    is no room for them, or where the matrix has none along both sides."""
    before = _before(matrix)
    if before is None:
        raise ParameterError(f"arcs go between the tokens that label a matrix along both sides, and {matrix.node.name} "
                             "has not the same ones there: see labelled, or show the attention head of a text")
    if matrix.node.note:
        raise ParameterError(f"{matrix.node.name} is shown reduced, and its cells have no tokens for arcs: show a part")
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
    lefts = (page.width - wide) / 2 + np.cumsum([0.0, *(part.width + APART * size * POINT for part in parts[:-1])])
    return Sentence(matrix, parts, size, lefts, before)


def of_row(group: Group, said: Sentence, row: int, font: Font, foot: float, highest: float = HIGHEST) -> ArcStrip:
    """The strip of a row, above ``foot``, whose arcs rise ``highest`` em at most. Computes the values."""
    matrix, at, em, middles = said.matrix, said.rows + row, said.em, said.middles
    document = group.documents[matrix.owner]
    weights = np.asarray(document.values[matrix.node.path][row], np.float64)
    texts = [replace(part.moved(float(x), said.base(foot)), role="text" if number == at else "quiet")
             for number, (part, x) in enumerate(zip(said.parts, said.lefts))]
    texts += [text.moved(float(x - text.width / 2), foot + 0.25 * em)
              for text, x in zip(_numbers(weights, font, said.size * SMALL), middles) if text]
    top = said.top(foot, font)
    arcs = [replace(arc, points=arc.points + (float(middles[at]), top))
            for arc in _arcs(document, matrix, weights, middles - middles[at], em, highest)]
    return ArcStrip(texts, arcs, max([arc.high for arc in arcs], default=top) + 0.4 * em)


def of_path(group: Group, path: str) -> Matrix:
    """The matrix of the first of ``group`` at a path, with its words."""
    return next(matrix for matrix in matrices(group) if matrix.node.path == path and not matrix.owner)


def _found(group: Group) -> Matrix:
    """The matrix that has tokens along both sides. Raises ParameterError."""
    for matrix in matrices(group):
        if _before(matrix) is not None:
            return matrix
    raise ParameterError("arcs go between the tokens that label a matrix along both sides, and none has the same ones "
                         "there: see labelled, or show the attention head of a text")


def _before(matrix: Matrix) -> int | None:
    """How many of the words of a matrix' columns come before those of its rows, which are the last ones; None where
    they are others."""
    rows, cols = _words(matrix, "rows"), _words(matrix, "cols")
    before = len(cols) - len(rows)
    return before if rows and before >= 0 and rows == cols[before:] else None


def _words(matrix: Matrix, side: str) -> list[str]:
    return list((matrix.words or {}).get(side, ()))


def _numbers(weights: np.ndarray, font: Font, size: float) -> list[PageText | None]:
    """The weights that are told, in words."""
    told = np.abs(weights) >= TOLD * np.abs(weights).sum()
    return [line(typeset.plain(numerals.spell(float(x)).replace("-", "−")), font, size, "quiet", "weight") if tell
            else None for x, tell in zip(weights, told)]


def _arcs(document: Document, matrix: Matrix, weights: np.ndarray, aways: np.ndarray, em: float,
          highest: float) -> list[Arc]:
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
        out.append(Arc(_bow(away, em, highest), max(THICKEST * em / POINT * min(size, 1.0), THINNEST),
                       tuple(float(x) for x in colours[at])))
    return out


def _bow(away: float, em: float, highest: float) -> np.ndarray:
    """The four points of a cubic from the origin to ``away``, or around to the origin."""
    if away == 0:
        side, high = LOOP * em, LOOPED * em * 4 / 3
        return np.array([(-0.12 * em, 0.0), (-side, high), (side, high), (0.12 * em, 0.0)])
    high = min(max(RISE * abs(away), 1.0 * em), highest * em) * 4 / 3  # a cubic comes up to 3/4 of its handles
    return np.array([(0.0, 0.0), (0.12 * away, high), (0.88 * away, high), (away, 0.0)])

