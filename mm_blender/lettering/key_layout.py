"""Keys on a page: where the bars of ``colour_keys.bars`` stand in the room that a sheet keeps for them.

Lengths are inches.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from . import typeset
from .colour_keys import Bar, Size
from .fonts import Font
from .lines import line, PageText
from .page import POINT

WIDTH, LEAST = 13.0, 9.0     # of the room for keys, in em: wanted, and least
MOST_SHARE = 0.42            # of the page that they may take
SMALL = 0.85                 # size of the ticks' texts, relative to the font's
# in em: of a bar with its texts, from one to the next, of the strip, its ticks
BLOCK, STRIP, TICK, LINE = 4.4, 0.9, 0.3, 0.05
SQUARES = 3.0                # em from a bar to the squares of the sizes, with their texts

Box = tuple[float, float, float, float]  # of a page, inches


@dataclass(frozen=True)
class Strip:
    """A strip of the colours of ``bar``, from its lower left corner, inches."""

    bar: Bar
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Keys:
    """``boxes``: ticks and squares, (x, y, width, height) each; ``left``: names of bars that had no room."""

    strips: tuple[Strip, ...] = ()
    boxes: tuple[Box, ...] = ()
    texts: tuple[PageText, ...] = ()
    left: tuple[str, ...] = ()


def room(page_width: float, em: float) -> float:
    """How much of a page's width the keys take; 0 where it is too narrow for them."""
    wanted = min(WIDTH * em, max(0.28 * page_width, LEAST * em))
    return wanted if wanted <= MOST_SHARE * page_width else 0.0


@dataclass
class _Column:
    """What is drawn below each other from ``x`` on, ``width`` wide: ``boxes`` and ``texts`` so far."""

    x: float
    width: float
    font: Font
    font_pt: float
    boxes: list[Box] = field(default_factory=list)
    texts: list[PageText] = field(default_factory=list)

    @property
    def em(self) -> float:
        return self.font_pt * POINT

    def small(self, text: str) -> PageText:
        """A text beside ticks and squares."""
        return line(typeset.plain(text), self.font, self.font_pt * SMALL, "quiet", "key")

    def ticks(self, bar: Bar, y: float) -> None:
        """The ticks of a strip whose lower edge is ``y``, with texts that keep off each other: all of them, or every so
        many from zero on, so that those left out can be told."""
        placed, em = [], self.em
        for tick in bar.ticks:
            x = self.x + tick.share * self.width
            self.boxes.append((x - LINE * em / 2, y - TICK * em, LINE * em, TICK * em))
            text = self.small(tick.text)
            placed.append((min(max(x - text.width / 2, self.x), self.x + self.width - text.width), text))
        for start, text in _apart(placed, [tick.text for tick in bar.ticks], 0.4 * em):
            self.texts.append(text.moved(start, y - (TICK + 0.25) * em - self.font.cap * SMALL * em))

    def squares(self, sizes: Sequence[Size], y: float) -> None:
        """The sizes of a few magnitudes, the largest first, above their values."""
        largest, em = max(size.edge for size in sizes), self.em
        if not largest > 0:
            return
        slot = self.width / len(sizes)
        for number, size in enumerate(sizes):
            middle, side = self.x + (number + 0.5) * slot, 1.3 * em * size.edge / largest
            text = self.small(size.text)
            if text.width > 0.95 * slot:
                continue
            self.boxes.append((middle - side / 2, y + 1.9 * em - side / 2, side, side))
            self.texts.append(text.moved(middle - text.width / 2, y + 0.2 * em))


def lay_out(bars: Sequence[Bar], rectangle: Box, font: Font, font_pt: float) -> Keys:
    """``bars`` below each other in ``rectangle`` (x0, y0, x1, y1), as many as it holds, about its middle."""
    x0, y0, x1, y1 = rectangle
    column = _Column(x0, x1 - x0, font, font_pt)
    em = column.em
    fits = max(int((y1 - y0) / (BLOCK * em)), 0)
    shown = list(bars)[:fits]
    if not shown:
        return Keys(left=tuple(bar.title for bar in bars))
    sizes = shown[0].sizes if len({bar.sizes and bar.scale for bar in shown}) == 1 else ()
    height = BLOCK * em * len(shown) + (SQUARES * em if sizes else 0.0)
    sizes = sizes if height <= y1 - y0 else ()
    top = (y0 + y1 + (height if sizes else BLOCK * em * len(shown))) / 2
    strips = []
    for number, bar in enumerate(shown):
        y = top - (number + 1) * BLOCK * em + 2.0 * em
        title = _fitted(bar.title, font, font_pt, column.width)
        column.texts.append(title.moved(x0, y + STRIP * em + 0.5 * em))
        strips.append(Strip(bar, x0, y, column.width, STRIP * em))
        column.ticks(bar, y)
    if sizes:
        column.squares(sizes, top - len(shown) * BLOCK * em - SQUARES * em)
    return Keys(tuple(strips), tuple(column.boxes), tuple(column.texts), tuple(bar.title for bar in bars[len(shown):]))


def _apart(placed: Sequence[tuple[float, PageText]], values: Sequence[str],
           air: float) -> list[tuple[float, PageText]]:
    """The most of ``placed`` texts, which begin at rising places, that have ``air`` between them when every so many is
    taken, from that of the first of ``values`` that is not negative; where that leaves one alone, the ends."""
    anchor = next((at for at, value in enumerate(values) if not value.startswith(("-", "\u2212"))), 0)
    for stride in range(1, len(placed)):
        some = list(placed[anchor % stride::stride])
        if len(some) > 1 and all(after[0] > before[0] + before[1].width + air for before, after in pairwise(some)):
            return some
    ends = [*placed[:1], *placed[-1:]] if len(placed) > 1 else list(placed)
    return ends if len(ends) < 2 or ends[1][0] > ends[0][0] + ends[0][1].width + air else ends[:1]


def _fitted(title: str, font: Font, font_pt: float, width: float) -> PageText:
    """The names of a bar, cut where they are longer than it."""
    names = title.split(", ")
    for count in range(len(names), 0, -1):
        runs = typeset.name(", ".join(names[:count])) + (typeset.plain(" …") if count < len(names) else ())
        made = line(runs, font, font_pt, "text", "key")
        if made.width <= width:
            break
    return made
