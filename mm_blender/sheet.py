"""Sheets: the texts of a printed page, where each of their letters stands.

Lengths are inches from the page's lower left corner, angles degrees counterclockwise, sizes points. A text's own frame
has x along its baseline, y up, and its origin where the baseline begins.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import typeset
from .fonts import Font
from .page import POINT, Page

if TYPE_CHECKING:
    from .keypage import Keys


@dataclass(frozen=True)
class Letters:
    """A run of letters of one size. ``dx``, ``dy``: inches from the text's origin to the run's, in the text's frame;
    ``missing``: whether the page's font lacks them, so that another must give them."""

    text: str
    dx: float
    dy: float
    size_pt: float
    width: float
    missing: bool = False


@dataclass(frozen=True)
class PageText:
    """A line of text. ``x``, ``y``: where its baseline begins; ``runs``: its letters, sub- and superscripts included;
    ``role``: ``text``, or ``quiet`` for what stands back (shapes, labels); ``kind``: name, shape, label, title or
    caption; ``path``: of the matrix it names, if any."""

    runs: tuple[Letters, ...]
    x: float
    y: float
    angle: float
    size_pt: float
    width: float     # along the baseline, inches
    ascent: float    # how far letters may reach above and below the baseline, inches
    descent: float
    role: str
    kind: str
    path: str = ""
    anchor: str = "start"

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    def origin(self, run: Letters) -> tuple[float, float]:
        """Where the baseline of one of its runs begins, inches on the page."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return self.x + cos * run.dx - sin * run.dy, self.y + sin * run.dx + cos * run.dy

    def box(self) -> np.ndarray:
        """The corners (4, 2) of the rectangle that it covers, in order around."""
        local = np.array([(0, -self.descent), (self.width, -self.descent), (self.width, self.ascent), (0, self.ascent)])
        return local @ turned(self.angle).T + (self.x, self.y)

    def moved(self, x: float, y: float, angle: float = 0.0) -> "PageText":
        """This text in another frame: turned by ``angle`` about the page's origin, then moved by ``x``, ``y``."""
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return replace(self, x=float(cos * self.x - sin * self.y + x), y=float(sin * self.x + cos * self.y + y),
                       angle=self.angle + angle)


@dataclass
class Sheet:
    """All texts of a page. ``leaders``: lines (x0, y0, x1, y1) from a text to its matrix; ``insets``: the shares of the
    page (left, right, bottom, top) that the title, the caption and the keys need; ``keys``: where the colour bars and
    the like are, None without (their texts are among ``texts``); ``leader_pt``: width of a leader."""

    page: Page
    font: Font
    texts: list[PageText] = field(default_factory=list)
    leaders: list[tuple[float, float, float, float]] = field(default_factory=list)
    insets: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    keys: "Keys | None" = None
    leader_pt: float = 0.5

    @property
    def font_path(self) -> Path:
        return self.font.path


def turned(angle: float) -> np.ndarray:
    """The rotation (2, 2) by ``angle`` degrees counterclockwise."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([(cos, -sin), (sin, cos)])


def line(runs: tuple[typeset.Run, ...], font: Font, size_pt: float, role: str, kind: str, path: str = "") -> PageText:
    """A text at the page's origin, upright."""
    em = size_pt * POINT
    letters: list[Letters] = []
    start = end = 0.0
    low, high = 0.0, font.cap
    for run in runs:
        at = start if run.over else end
        start = at
        for text, missing in _by_font(run.text, font):
            width = font.width(text) * run.scale * em
            letters.append(Letters(text, at, run.shift * em, run.scale * size_pt, width, missing))
            at += width
        end = max(end, at)
        high = max(high, run.shift + font.cap * run.scale)
        low = min(low, run.shift - font.descent * run.scale * (run.scale < 1))
    full = "".join(run.text for run in runs if run.scale == 1)
    if any(letter in "gjpqy,;()[]{}|/@_Qµ" or ord(letter) > 0xD7 for letter in full):
        low = min(low, -font.descent)
    if any(letter in "()[]{}|/@bdfhklt'′" or ord(letter) > 0xD7 for letter in full):
        high = max(high, min(font.ascent, font.cap + 0.07))
    return PageText(tuple(letters), 0.0, 0.0, 0.0, size_pt, end, high * em, -low * em, role, kind, path)


def _by_font(text: str, font: Font) -> list[tuple[str, bool]]:
    """``text`` in stretches that the font has, or lacks."""
    out: list[tuple[str, bool]] = []
    for letter in text:
        missing = not font.has(letter)
        if out and out[-1][1] == missing:
            out[-1] = (out[-1][0] + letter, missing)
        else:
            out.append((letter, missing))
    return out


def paragraph(text: str, font: Font, size_pt: float, width: float, role: str, kind: str) -> list[PageText]:
    """``text`` in lines at most ``width`` inches long, the first at the origin, the others below it; a word that is
    longer has a line of its own. Mathematics between dollar signs is set as names are."""
    em = size_pt * POINT
    out: list[PageText] = []
    for given in text.splitlines() or [""]:
        words: list[str] = []
        for word in _words(given):
            longer = " ".join([*words, word])
            if words and line(typeset.words(longer), font, size_pt, role, kind).width > width:
                out.append(line(typeset.words(" ".join(words)), font, size_pt, role, kind))
                words = [word]
            else:
                words.append(word)
        out.append(line(typeset.words(" ".join(words)), font, size_pt, role, kind))
    return [each.moved(0.0, -LEADING * em * number) for number, each in enumerate(out)]


def _words(text: str) -> list[str]:
    """Words; what stands between dollar signs is never parted."""
    out: list[str] = []
    for word in text.split():
        if out and out[-1].count("$") % 2:
            out[-1] += " " + word
        else:
            out.append(word)
    return out


LEADING = 1.3  # from line to line, in em
