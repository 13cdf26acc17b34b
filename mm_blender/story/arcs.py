"""Arcs of a story: the tokens of a matrix as one line at the top of the picture, while arcs from a row's are seen.

The line stands where it does in all beats about one matrix, below the highest that any of its arcs could rise.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from ..document import token_arcs
from ..document.document import Document
from ..document.group import Group
from ..document.token_arcs import ArcStrip, Sentence
from ..errors import ParameterError, StoryError
from ..lettering import fonts
from ..lettering.page import Page
from ..plain import said
from . import captions
from .targets import find
from .timing import Timed

LETTERS = 0.85       # size of the words, of that of captions
WIDTH = 0.9          # of the line at most, of the picture's width
HIGHEST = 2.6        # em that an arc rises
PAD = 0.5            # em of the plate around all
GROW_S = 0.8         # seconds in which the arcs go from their token to the others


@dataclass(frozen=True)
class ArcSpan:
    """The arcs of a ``row`` of the matrix at ``path`` are seen from frame ``first`` to ``last``, all of them from
    ``grown`` on. ``plate``: what they and the words cover: x, y, width, height, as shares of the picture's."""

    path: str
    row: int
    first: int
    last: int
    grown: float
    plate: tuple[float, float, float, float]


@dataclass(frozen=True)
class _Line:
    """Where the words of a matrix stand on ``page``: above ``foot``, up to whose ``top`` arcs may rise."""

    page: Page
    sentence: Sentence

    @cached_property
    def foot(self) -> float:
        """The lower edge, inches from the page's."""
        return self.page.height * (1 - captions.EDGE) - PAD * self.sentence.em - self._high

    @cached_property
    def _high(self) -> float:
        middles = self.sentence.middles
        em = self.sentence.em
        rise = max(min(token_arcs.RISE * (middles[-1] - middles[0]), HIGHEST * em), token_arcs.LOOPED * em)
        return self.sentence.top(0.0, fonts.load()) + rise + em * token_arcs.THICKEST / 2

    @property
    def plate(self) -> tuple[float, float, float, float]:
        """What all of it covers: x, y, width, height, inches."""
        em, lefts = self.sentence.em, self.sentence.lefts
        left = max(min(float(lefts[0]), float(self.sentence.middles[0]) - token_arcs.LOOP * em) - PAD * em, 0.0)
        return left, self.foot - PAD * em / 2, self.page.width - 2 * left, self._high + 1.5 * PAD * em


def spans(beats: list[Timed], document: Document, aspect: float, span: Callable[[Timed], tuple[int, int]],
          at: Callable[[float], float]) -> tuple[ArcSpan, ...]:
    """The arcs of all ``beats`` on pictures of ``aspect``; ``span``: the frames of a beat, ``at``: that of a second.
    Raises StoryError, which names the beat."""
    out = []
    for each in beats:
        if not each.beat.arcs:
            continue
        try:
            out.append(_of(each, document, aspect, span(each), at))
        except StoryError as error:
            error.belongs_to(each.told)
            raise
    return tuple(out)


def band(found: tuple[ArcSpan, ...], first: float, last: float) -> float:
    """The share of the picture's height that arcs need at its top between two frames, 0 where there are none."""
    return max((1 - each.plate[1] for each in found if each.first < last and each.last > first), default=0.0)


def strip(span: ArcSpan, document: Document, aspect: float) -> tuple[ArcStrip, tuple[float, float, float, float]]:
    """The words and the arcs of a span on ``captions.page_of(aspect)``, and the plate behind them, inches. Computes
    the values."""
    group, line = Group.alone(document), _line(document, span.path, aspect)
    return token_arcs.of_row(group, line.sentence, span.row, fonts.load(), line.foot, HIGHEST), line.plate


def _of(each: Timed, document: Document, aspect: float, frames: tuple[int, int],
        at: Callable[[float], float]) -> ArcSpan:
    text = each.beat.arcs
    part = find(document, text)
    node = document.matrix(part.path)
    if part.rows != 1 or part.cols != node.w:
        raise StoryError(f"arcs = {said(text)}: they are those of one row, such as {node.name or node.path}[0,:]")
    line = _line(document, part.path, aspect)
    x, y, width, height = line.plate
    wide, high = line.page.width, line.page.height
    grown = at(each.start + min(GROW_S, (each.end - each.start) / 3))
    return ArcSpan(part.path, part.row, *frames, grown, (x / wide, y / high, width / wide, height / high))


def _line(document: Document, path: str, aspect: float) -> _Line:
    page = captions.page_of(aspect)
    page = replace(page, font_pt=page.font_pt * LETTERS)
    matrix = token_arcs.of_path(Group.alone(document), path)
    try:
        return _Line(page, token_arcs.sentence(matrix, page, fonts.load(), WIDTH * page.width))
    except ParameterError as error:
        raise StoryError(str(error)) from None
