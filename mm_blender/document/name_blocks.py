"""Blocks of names: how the name of a matrix, its shape and its note can be set together on a page."""
from __future__ import annotations

import re
from collections.abc import Sequence

from ..expression.tree import Node
from ..layout.reduction import is_elided
from ..lettering import typeset
from ..lettering.fonts import Font
from ..lettering.lines import line, PageText
from ..lettering.page import POINT

QUIET = 0.85    # size of a shape, relative to the font's
LONG = 16       # letters of a name from which on it may have two lines
DROPPED = 20.0  # what it costs to leave a shape out


def ways(node: Node, font: Font, size_pt: float) -> list[tuple[list[PageText], float]]:
    """How the name and the shape of a matrix can be set, each at the page's origin, and what that costs."""
    em = size_pt * POINT
    lines = [[line(typeset.name(part), font, size_pt, "text", "name", node.path) for part in parts]
             for parts in ([node.name], _parted(node.name)) if parts]
    note = [line(typeset.plain(node.remark), font, size_pt * QUIET, "quiet", "note", node.path)] if node.remark else []
    if not node.deco.shape:
        return [(_stacked([*each, *note], em), 0.5 * (len(each) - 1)) for each in lines]
    shape = line(typeset.plain(typeset.shape(*size_said(node))), font, size_pt * QUIET, "quiet", "shape", node.path)
    name = lines[0][0]
    level = [name, shape.moved(name.width + 0.55 * em, 0.0)]
    if note:
        under = note[0].moved(0.0, -(max(name.descent, shape.descent) + note[0].ascent + 0.25 * em))
        level = [text.moved(max(under.width - extent(level)[0], 0.0) / 2, 0.0) for text in level] + [
            under.moved(max(extent(level)[0] - under.width, 0.0) / 2, 0.0)]
    return [(level, 0.0), *((_stacked([*each, shape, *note], em), 0.25 + 0.5 * (len(each) - 1)) for each in lines),
            ([name], DROPPED)]


def size_said(node: Node) -> tuple[int, int]:
    """The size of a matrix as it is told: of one of which rows or columns are left out, with these."""
    return (node.rows.full, node.cols.full) if is_elided(node) else (node.h, node.w)


def extent(texts: Sequence[PageText]) -> tuple[float, float, float]:
    """Width, and how far below and above the first baseline a block reaches."""
    return (max(text.x + text.width for text in texts), max(text.descent - text.y for text in texts),
            max(text.ascent + text.y for text in texts))


def size(texts: Sequence[PageText]) -> tuple[float, float]:
    """Width and height of a block."""
    width, below, above = extent(texts)
    return width, below + above


def _parted(name: str) -> list[str]:
    """A long product in two lines, parted at the sign that is nearest to its middle; else nothing."""
    signs = [match.start() for match in re.finditer(r" @ ", name)]
    if len(name) < LONG or not signs:
        return []
    at = min(signs, key=lambda sign: (abs(2 * sign + 2 - len(name)), sign))
    return [name[:at], name[at + 1:]]


def _stacked(texts: list[PageText], em: float) -> list[PageText]:
    """Lines below each other, centred."""
    middle = max(text.width for text in texts) / 2
    out, y = [], 0.0
    above: PageText | None = None
    for text in texts:
        y -= above.descent + text.ascent + 0.25 * em if above else 0.0
        out.append(text.moved(middle - text.width / 2, y))
        above = text
    return out
