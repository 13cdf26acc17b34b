"""Captions: the words of a story, laid out on the picture, and as an SRT file."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..lettering import fonts, typeset
from ..lettering.fonts import Font
from ..lettering.lines import LEADING, PageText, paragraph
from ..lettering.page import DPI, Page, POINT
from .beats import Beat, BELOW, Story

LETTERS = 0.043      # size of the letters, of the picture's shorter side
WIDTH, COLUMN = 0.86, 0.28  # of the lines below and beside, of the picture's width
EDGE = 0.024         # that is free below the last line, of the picture's height; beside, of its width
PAD = 0.42           # of the plate around the letters, in their size
FADE = 0.3           # of that below, from its upper edge down, over which it fades in, in their size
HIGH = 1000          # pixels: letters are shares of the picture, so that any size does


@dataclass(frozen=True)
class Caption:
    """Words that are seen from the frame ``first`` to ``last``, ``place``: below or beside."""

    words: str
    place: str
    first: int
    last: int


@dataclass(frozen=True)
class CaptionLines:
    """Lines of a caption on a page, in inches, and the ``plate`` (x, y, width, height) behind them, which covers what
    is there; over ``fade`` inches down from its upper edge it fades in, and then it is across the page."""

    lines: tuple[PageText, ...]
    plate: tuple[float, float, float, float]
    fade: float = 0.0


def page_of(aspect: float) -> Page:
    """The page that a picture of ``aspect`` is."""
    width, height = HIGH * max(aspect, 1.0), HIGH * max(1 / aspect, 1.0)
    return Page(width / DPI, height / DPI, DPI, LETTERS * min(width, height) / DPI / POINT, True)


def block(words: str, place: str, page: Page, font: Font | None = None) -> CaptionLines:
    """The words on a page: centred below, on a band across the page where nothing else is seen, or beside at the right
    edge, halfway up."""
    font, size, em = font or fonts.load(), page.font_pt, page.font_pt * POINT
    wide = (WIDTH if place == BELOW else COLUMN) * page.width
    lines = _balanced(words, font, size, wide)
    longest, high = max(line.width for line in lines), (len(lines) - 1) * LEADING * em
    if place == BELOW:
        last = EDGE * page.height + (PAD + 0.25) * em
        placed = [line.moved((page.width - line.width) / 2, last + high) for line in lines]
        top = last + high + (0.75 + PAD) * em
        return CaptionLines(tuple(placed), (0.0, 0.0, page.width, top), FADE * em)
    left = page.width * (1 - EDGE) - longest - PAD * em
    last = page.height / 2 - high / 2
    placed = [line.moved(left, last + high) for line in lines]
    bottom, top = last - (PAD + 0.25) * em, last + high + (0.75 + PAD) * em
    return CaptionLines(tuple(placed), (left - PAD * em, bottom, longest + 2 * PAD * em, top - bottom))


def _balanced(words: str, font: Font, size: float, wide: float) -> list[PageText]:
    """Lines at most ``wide`` inches, as few as can be, and about as long as each other."""
    lines = paragraph(words, font, size, wide, "text", "caption")
    for share in np.linspace(1 / len(lines), 1.0, 12) if len(lines) > 1 else ():
        narrower = paragraph(words, font, size, wide * float(share), "text", "caption", wide)
        if len(narrower) == len(lines) and max(line.width for line in narrower) <= wide * share:
            return narrower
    return lines


def label(text: str, page: Page, font: Font | None = None) -> CaptionLines:
    """A line in the upper left corner of a page."""
    line, = paragraph(text, font or fonts.load(), page.font_pt, 1e6, "text", "caption")[:1]
    em = page.font_pt * POINT
    left, base = EDGE * page.height + PAD * em, page.height * (1 - EDGE) - (0.75 + PAD) * em
    plate = left - PAD * em, base - (PAD + 0.25) * em, line.width + 2 * PAD * em, (1 + 2 * PAD) * em
    return CaptionLines((line.moved(left, base),), plate)


def band(story: Story, aspect: float) -> float:
    """The share of the picture's height that the words below need, 0 where there are none."""
    page, font = page_of(aspect), fonts.load()
    tops = [block(beat.words, BELOW, page, font).plate for beat in story.beats if _below(beat)]
    return max(((y + height) / page.height for _, y, _, height in tops), default=0.0)


def _below(beat: Beat) -> bool:
    return bool(beat.words) and beat.place == BELOW


def srt(captions: Sequence[Caption], first: int, fps: float) -> str:
    """The captions as SubRip has them: numbered, in hours:minutes:seconds,milliseconds from the film's first frame."""
    ordered = sorted(captions, key=lambda caption: caption.first)
    return "\n".join(f"{number}\n{_time((caption.first - first) / fps)} --> {_time((caption.last + 1 - first) / fps)}\n"
                     f"{typeset.flat(typeset.words(caption.words))}\n" for number, caption in enumerate(ordered, 1))


def _time(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3600000:02}:{whole // 60000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
