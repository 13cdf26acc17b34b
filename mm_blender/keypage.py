"""Keys on a page: where the bars of ``keys.bars`` stand in the room that a sheet keeps for them. Lengths are inches."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import typeset
from .fonts import Font
from .keys import Bar
from .page import POINT
from .sheet import PageText, line

WIDTH, LEAST = 13.0, 9.0     # of the room for keys, in em: wanted, and least
MOST_SHARE = 0.42            # of the page that they may take
SMALL = 0.85                 # size of the ticks' texts, relative to the font's
# in em: of a bar with its texts, from one to the next, of the strip, its ticks
BLOCK, STRIP, TICK, LINE = 4.4, 0.9, 0.3, 0.05
SQUARES = 3.0                # em from a bar to the squares of the sizes, with their texts


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
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    texts: tuple[PageText, ...] = ()
    left: tuple[str, ...] = ()


def room(page_width: float, em: float) -> float:
    """How much of a page's width the keys take; 0 where it is too narrow for them."""
    wanted = min(WIDTH * em, max(0.28 * page_width, LEAST * em))
    return wanted if wanted <= MOST_SHARE * page_width else 0.0


def lay_out(bars: Sequence[Bar], rectangle: tuple[float, float, float, float], font: Font, font_pt: float) -> Keys:
    """``bars`` below each other in ``rectangle`` (x0, y0, x1, y1), as many as it holds, about its middle."""
    x0, y0, x1, y1 = rectangle
    em, width = font_pt * POINT, x1 - x0
    fits = max(int((y1 - y0) / (BLOCK * em)), 0)
    shown = list(bars)[:fits]
    if not shown:
        return Keys(left=tuple(bar.title for bar in bars))
    sizes = shown[0].sizes if len({bar.sizes and bar.scale for bar in shown}) == 1 else ()
    height = BLOCK * em * len(shown) + (SQUARES * em if sizes else 0.0)
    sizes = sizes if height <= y1 - y0 else ()
    top = (y0 + y1 + (height if sizes else BLOCK * em * len(shown))) / 2
    strips, boxes, texts = [], [], []
    for number, bar in enumerate(shown):
        y = top - (number + 1) * BLOCK * em + 2.0 * em
        title = _fitted(bar.title, font, font_pt, width)
        texts.append(title.moved(x0, y + STRIP * em + 0.5 * em))
        strips.append(Strip(bar, x0, y, width, STRIP * em))
        _ticks(bar, x0, y, width, em, font, font_pt, boxes, texts)
    if sizes:
        _squares(sizes, x0, top - len(shown) * BLOCK * em - SQUARES * em, width, em, font, font_pt, boxes, texts)
    return Keys(tuple(strips), tuple(boxes), tuple(texts), tuple(bar.title for bar in bars[len(shown):]))


def _ticks(bar: Bar, x0: float, y: float, width: float, em: float, font: Font, font_pt: float, boxes, texts) -> None:
    """The ticks of a strip whose lower edge is ``y``, with the texts that keep off each other, zero's first."""
    taken: list[tuple[float, float]] = []
    found = sorted(bar.ticks, key=lambda tick: (tick.text.strip("−-") not in ("0", "0.0"),
                                                abs(tick.share - 0.5) < 0.49))
    for tick in found:
        x = x0 + tick.share * width
        boxes.append((x - LINE * em / 2, y - TICK * em, LINE * em, TICK * em))
        text = line(typeset.plain(tick.text), font, font_pt * SMALL, "quiet", "key")
        start = min(max(x - text.width / 2, x0), x0 + width - text.width)
        if all(start > high + 0.4 * em or start + text.width < low - 0.4 * em for low, high in taken):
            taken.append((start, start + text.width))
            texts.append(text.moved(start, y - (TICK + 0.25) * em - font.cap * SMALL * em))


def _squares(sizes, x0: float, y: float, width: float, em: float, font: Font, font_pt: float, boxes, texts) -> None:
    """The sizes of a few magnitudes, the largest first, above their values."""
    largest = max(size.edge for size in sizes)
    if not largest > 0:
        return
    slot = width / len(sizes)
    for number, size in enumerate(sizes):
        middle, side = x0 + (number + 0.5) * slot, 1.3 * em * size.edge / largest
        text = line(typeset.plain(size.text), font, font_pt * SMALL, "quiet", "key")
        if text.width > 0.95 * slot:
            continue
        boxes.append((middle - side / 2, y + 1.9 * em - side / 2, side, side))
        texts.append(text.moved(middle - text.width / 2, y + 0.2 * em))


def _fitted(title: str, font: Font, font_pt: float, width: float) -> PageText:
    """The names of a bar, cut where they are longer than it."""
    names = title.split(", ")
    for count in range(len(names), 0, -1):
        runs = typeset.name(", ".join(names[:count])) + (typeset.plain(" …") if count < len(names) else ())
        made = line(runs, font, font_pt, "text", "key")
        if made.width <= width:
            break
    return made
