"""Lines: the texts of a printed page, where each of their letters stands.

Lengths are inches from the page's lower left corner, angles degrees counterclockwise, sizes points. A text's own frame
has x along its baseline, y up, and its origin where the baseline begins.
"""
from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import shaping, typeset
from .fallback import Face
from .fonts import Font
from .page import POINT
from .shaping import Glyph


@dataclass(frozen=True)
class Letters:
    """A run of letters of one size and font. ``dx``, ``dy``: inches from the text's origin to the run's, in the text's
    frame; ``missing``: whether the page's font lacks them, so that another must give them; ``glyphs``: what another
    font gives, from the left to the right (see ``shaping``), from the font's file ``family``; ``ruled``: whether they
    do not simply stand one after another, from the left to the right."""

    text: str
    dx: float
    dy: float
    size_pt: float
    width: float
    missing: bool = False
    glyphs: tuple[Glyph, ...] = ()
    ruled: bool = False
    family: Face | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PageText:
    """A line of text. ``x``, ``y``: where its baseline begins; ``runs``: its letters, sub- and superscripts included;
    ``role``: ``text``, or ``quiet`` for what stands back (shapes, labels); ``kind``: name, shape, label, title or
    caption; ``path``: of the matrix it names, if any, and ``owner``: of which of the visualizations side by side."""

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
    owner: int = 0
    anchor: str = "start"

    @property
    def text(self) -> str:
        """The letters alone, in their order."""
        return "".join(run.text for run in self.runs)

    def origin(self, run: Letters) -> tuple[float, float]:
        """Where the baseline of one of its runs begins, inches on the page."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        return self.x + cos * run.dx - sin * run.dy, self.y + sin * run.dx + cos * run.dy

    def box(self) -> np.ndarray:
        """The corners (4, 2) of the rectangle that it covers, in order around."""
        local = np.array([(0, -self.descent), (self.width, -self.descent), (self.width, self.ascent), (0, self.ascent)])
        return local @ turned(self.angle).T + (self.x, self.y)

    def moved(self, x: float, y: float, angle: float = 0.0) -> PageText:
        """This text in another frame: turned by ``angle`` about the page's origin, then moved by ``x``, ``y``."""
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return replace(self, x=float(cos * self.x - sin * self.y + x), y=float(sin * self.x + cos * self.y + y),
                       angle=self.angle + angle)


def turned(angle: float) -> np.ndarray:
    """The rotation (2, 2) by ``angle`` degrees counterclockwise."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([(cos, -sin), (sin, cos)])


def line(runs: tuple[typeset.Run, ...], font: Font, size_pt: float, role: str, kind: str, path: str = "") -> PageText:
    """A text at the page's origin, upright."""
    em = size_pt * POINT
    parts = [(run, stretch) for run, found in zip(runs, shaping.stretches([run.text for run in runs], font))
             for stretch in found]
    starts = _starts(parts)
    end = max((start + stretch.width * run.scale for start, (run, stretch) in zip(starts, parts)), default=0.0)
    letters = [Letters(stretch.text, start * em, run.shift * em, run.scale * size_pt, stretch.width * run.scale * em,
                       stretch.missing or bool(stretch.glyphs), stretch.glyphs, stretch.ruled, stretch.face)
               for start, (run, stretch) in zip(starts, parts)]
    low, high = 0.0, font.cap
    for run, stretch in parts:
        above, below = stretch.reach or (font.cap, font.descent * (run.scale < 1))
        high = max(high, run.shift + above * run.scale)
        low = min(low, run.shift - below * run.scale)
    full = "".join(run.text for run in runs if run.scale == 1)
    if any(letter in "gjpqy,;()[]{}|/@_Qµ" or ord(letter) > 0xD7 for letter in full):
        low = min(low, -font.descent)
    if any(letter in "()[]{}|/@bdfhklt'′" or ord(letter) > 0xD7 for letter in full):
        high = max(high, min(font.ascent, font.cap + 0.07))
    return PageText(tuple(letters), 0.0, 0.0, 0.0, size_pt, end * em, high * em, -low * em, role, kind, path)


def _starts(parts: Sequence[tuple[typeset.Run, shaping.Stretch]]) -> list[float]:
    """Where each stretch begins, in em of the line, as they stand from the left to the right."""
    out, start, end, reached, last = [0.0] * len(parts), 0.0, 0.0, 0.0, None
    for at in shaping.order([stretch for _, stretch in parts]):
        run, stretch = parts[at]
        if run is not last:
            begin = start if run.over else end
            start, last = begin, run
        else:
            begin = reached
        out[at] = begin
        reached = begin + stretch.width * run.scale
        end = max(end, reached)
    return out


def paragraph(text: str, font: Font, size_pt: float, width: float, role: str, kind: str,
              longest: float | None = None) -> list[PageText]:
    """``text`` in lines at most ``width`` inches long, the first at the origin, the others below it; a word that is
    longer has a line of its own, and one longer than ``longest`` (usually ``width``) is broken between letters.
    Mathematics between dollar signs is set as names are, and never broken."""
    em = size_pt * POINT
    out: list[PageText] = []

    def wide(words: str) -> float:
        return line(typeset.words(words), font, size_pt, role, kind).width

    for given in text.splitlines() or [""]:
        held = ""
        for joint, word in [piece for each in _words(given)
                            for piece in _pieces(*each, wide, width if longest is None else longest)]:
            longer = held + joint * bool(held) + word
            if held and wide(longer) > width:
                out.append(line(typeset.words(held), font, size_pt, role, kind))
                held = word
            else:
                held = longer
        out.append(line(typeset.words(held), font, size_pt, role, kind))
    return [each.moved(0.0, -LEADING * em * number) for number, each in enumerate(out)]


def _pieces(joint: str, word: str, wide: Callable[[str], float], longest: float) -> list[tuple[str, str]]:
    """A word with its joint, in pieces at most ``longest`` inches long, if it is longer and no mathematics."""
    if "$" in word or wide(word) <= longest:
        return [(joint, word)]
    out = [""]
    for letter in word:
        joins = unicodedata.category(letter)[0] in "MC" or out[-1].endswith("\u200d")  # to the letter before it
        if out[-1] and not joins and wide(out[-1] + letter) > longest:
            out.append("")
        out[-1] += letter
    return [(joint, out[0]), *(("", piece) for piece in out[1:])]


def _words(text: str) -> list[tuple[str, str]]:
    """What a line may be broken before, with what joins it to what stands before it: words, and the letters of Chinese,
    Japanese and Korean but for such as end a phrase. What stands between dollar signs is never parted."""
    out: list[tuple[str, str]] = []
    left = text.count("$")
    for word in text.split():
        closes, left = left > 0, left - word.count("$")
        if out and out[-1][1].count("$") % 2 and closes:  # a sign that none follows is a dollar
            out[-1] = out[-1][0], out[-1][1] + " " + word
            continue
        joint, held = " ", ""
        for letter in word:
            wide = unicodedata.east_asian_width(letter) in "WF" and unicodedata.category(letter)[0] in "LP"
            opens = unicodedata.category(letter) in ("Lo", "Lm", "Ps") and letter not in UNBROKEN
            if held and wide and opens and "$" not in word and unicodedata.category(held[-1]) != "Ps":
                out.append((joint, held))
                joint, held = "", ""
            held += letter
        out.append((joint, held))
    return out


UNBROKEN = "ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々"  # before which no line is broken
LEADING = 1.3  # from line to line, in em
