"""Sheets: all that is written on a page, and where. Lengths are inches from the page's lower left corner."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from . import glyph_font
from .fonts import Font
from .glyph_font import GlyphFont
from .key_layout import Keys
from .lines import Letters, PageText
from .page import Page


@dataclass(frozen=True, eq=False)
class Arc:
    """A bow between two words: the four ``points`` (4, 2) of its cubic, its width, its ``colour``, linear."""

    points: np.ndarray
    width_pt: float
    colour: tuple[float, ...]

    @property
    def high(self) -> float:
        """How high it reaches: three quarters of the way to its handles."""
        return float(self.points[[0, 3], 1].mean() * 0.25 + self.points[[1, 2], 1].mean() * 0.75)


@dataclass
class Sheet:
    """All texts of a page. ``leaders``: lines (x0, y0, x1, y1) from a text to its matrix, and ``led``: the owner and
    the path of each one's matrix; ``insets``: the shares of the page (left, right, bottom, top) that the title, the
    caption and the keys need; ``keys``: where the colour bars and the like are, None without (their texts are among
    ``texts``); ``arrows``: by owner and path of a matmul, how large the arrow of its flow is where it hides nothing,
    relative to what its setting says; ``vanes``: of the arrow in the note that explains it, the side of each (0: left,
    1: right) with its corners (3, 2); ``leader_pt``: width of a leader; ``upright``: whether no name may
    slant; ``arcs``: between words, those behind first."""

    page: Page
    font: Font
    texts: list[PageText] = field(default_factory=list)
    leaders: list[tuple[float, float, float, float]] = field(default_factory=list)
    led: list[tuple[int, str]] = field(default_factory=list)
    insets: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    keys: Keys | None = None
    arrows: dict[tuple[int, str], float] = field(default_factory=dict)
    vanes: list[tuple[int, np.ndarray]] = field(default_factory=list)
    leader_pt: float = 0.5
    upright: bool = False
    arcs: list[Arc] = field(default_factory=list)

    def other_letters(self) -> GlyphFont | None:
        """A font of what is not in the page's, None where all is."""
        return glyph_font.make(glyph for text in self.texts for run in text.runs for glyph in run.glyphs)

    def missing(self) -> str:
        """The letters for which no font was found, each once."""
        return self._letters(lambda run: run.missing and not run.glyphs)

    def unruled(self) -> str:
        """Of these the ones that do not simply stand one after another, from the left to the right."""
        return self._letters(lambda run: run.missing and not run.glyphs and run.ruled)

    def _letters(self, wanted: Callable[[Letters], bool]) -> str:
        return "".join(dict.fromkeys(letter for text in self.texts for run in text.runs if wanted(run)
                                     for letter in run.text))
