"""Lettering: the texts of a figure on its page, of exact sizes and beside the data they name.

Everything happens in the plane of the page: matrices are outlines there. Tokens stand along the edges of their matrix,
names around it, the title above, the caption below, and room is kept on the right for colour bars.
"""
from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from . import fonts, framing, keypage, keys as colour_keys, labels, outlines, placing, tokens, typeset
from .errors import MMWarning
from .fonts import Font
from .framing import Camera
from .page import POINT, Page
from .places import outline
from .sheet import LEADING, PageText, Sheet, line, paragraph, turned
from .tree import Node, nodes

if TYPE_CHECKING:
    from .visualization import Visualization

TITLE = 1.2          # size of a title, relative to the font's
QUIET = 0.85         # and of a shape
EDGE = 0.35          # em between the texts and the edge of the page
APART = 0.8          # em between the title or the caption and the picture
RIM = 0.6            # from the centres of the outermost elements to a matrix' outline, in pitches
HALF = 0.4           # half the thickness of a matrix
TRIES = 3            # cameras that ``compose`` tries
LONG = 16            # letters of a name from which on it may have two lines
DROPPED = 20.0       # what it costs to leave a shape out


def lay_out(viz: "Visualization", camera: Camera, page: Page, title: str | None = None, caption: str | None = None,
            keys: bool = True, font: str | os.PathLike | None = None) -> Sheet:
    """The texts of ``viz`` as ``camera`` sees it on ``page``; ``font``: a .ttf or .otf file.

    Names (with their shapes where ``deco.shape`` is set) stand beside their matrices, never over each other, over data
    only where there is no other room. ``title`` and ``caption`` may have mathematics between dollar signs. Warns
    (MMWarning) about a name that has no room. Raises DataError for a font that cannot be read.
    """
    return _filled(_reserved(viz, page, title, caption, keys, fonts.load(font)), viz, camera, keys)


def compose(viz: "Visualization", page: Page, title: str | None = None, caption: str | None = None, keys: bool = True,
            font: str | os.PathLike | None = None) -> tuple[Camera, Sheet]:
    """The camera that shows ``viz`` as large as the page's texts leave room for, and the sheet that belongs to it."""
    sheet = _reserved(viz, page, title, caption, keys, fonts.load(font))
    camera = _seen_with_texts(viz, sheet) if viz.auto_framed else viz.camera
    return camera, _filled(sheet, viz, camera, keys)


def _filled(sheet: Sheet, viz: "Visualization", camera: Camera, keys: bool) -> Sheet:
    """``sheet``, which has what is at its edges, with all other texts too. Warns about what has no room."""
    page = sheet.page
    lost = _fill(sheet, viz, camera, _area(sheet))
    if lost:
        warnings.warn(f"a page of {page.width:g} x {page.height:g} in has no room for {', '.join(lost)} at "
                      f"{page.font_pt:g} pt: make it larger, or font_pt smaller", MMWarning, stacklevel=3)
    if keys and sheet.keys is None:
        warnings.warn(f"a page {page.width:g} in wide has no room for keys: make it wider, or leave them out with "
                      "keys=False", MMWarning, stacklevel=3)
    elif keys and sheet.keys.left:
        warnings.warn(f"the page has no room for the keys of {'; '.join(sheet.keys.left)}: make it higher, or let all "
                      "matrices share one with the sensitivity global", MMWarning, stacklevel=3)
    return sheet


def _seen_with_texts(viz: "Visualization", empty: Sheet) -> Camera:
    """The camera that shows the matrices as large as may be beside their texts; ``empty``: the sheet without them."""
    page = empty.page
    em = page.font_pt * POINT
    points = outline(viz.tree, viz.placement)
    size = np.array([page.width, page.width, page.height, page.height])
    around = np.full(4, 2.0 * em)  # inches beside the matrices: left, right, bottom, top
    best: tuple[float, Camera] | None = None
    for _ in range(TRIES):
        share = np.minimum(np.array(empty.insets) + around / size, 0.4)
        camera = viz.framed(page.aspect, tuple(share), legends=False)
        drawn = on_page(camera, page, points)
        strict = replace(empty, texts=[], leaders=[])
        lost = _fill(strict, viz, camera, _area(empty))
        over = _over_data(strict, _outlines(nodes(viz.tree), viz, camera, page))
        worth = float(np.ptp(drawn, axis=0).prod()) / (1 + len(lost) + 0.06 * len(strict.leaders) + 0.12 * over)
        if best is None or worth > best[0]:
            best = worth, camera
        # how far the texts would reach beyond the matrices if the page were larger
        wishes = replace(empty, texts=[], leaders=[])
        _fill(wishes, viz, camera, tuple(np.array(_area(empty)) + np.array([-8, -8, 8, 8]) * em), far=False)
        boxes = np.concatenate([drawn, *[text.box() for text in wishes.texts]])
        beyond = np.array([drawn[:, 0].min() - boxes[:, 0].min(), boxes[:, 0].max() - drawn[:, 0].max(),
                           drawn[:, 1].min() - boxes[:, 1].min(), boxes[:, 1].max() - drawn[:, 1].max()])
        wanted = np.maximum(beyond, 0) + EDGE * em + 0.4 * em * min(len(lost), 4)
        if abs(wanted - around).max() < 0.2 * em:
            break
        around = wanted
    return best[1]


def _over_data(sheet: Sheet, shown: np.ndarray) -> int:
    """How many texts lie over matrices."""
    boxes = np.array([text.box() for text in sheet.texts if text.path]).reshape(-1, 4, 2)
    points = np.concatenate([boxes, boxes.mean(1, keepdims=True)], axis=1)
    return int(outlines.inside(points, shown).any((1, 2)).sum())


def on_page(camera: Camera, page: Page, points: np.ndarray) -> np.ndarray:
    """Where the camera sees ``points`` (n, 3), in inches from the page's lower left corner (n, 2)."""
    return camera.page(points, page.aspect) * (page.width, page.height)


# ---- what is at the page's edges

def _reserved(viz: "Visualization", page: Page, title: str | None, caption: str | None, keys: bool,
              font: Font) -> Sheet:
    """A sheet with its title and caption, and what they and the keys take of it."""
    sheet = Sheet(page, font)
    em = page.font_pt * POINT
    width, edge = page.width - 2 * EDGE * em, EDGE * em
    top = bottom = right = 0.0
    if title:
        lines = paragraph(title, font, page.font_pt * TITLE, width, "text", "title")
        first = page.height - edge - max(font.cap, 0.8) * em * TITLE
        sheet.texts += [each.moved((page.width - each.width) / 2, first) for each in lines]
        top = page.height - (first - (len(lines) - 1) * LEADING * em * TITLE - font.descent * em * TITLE) + APART * em
    if caption:
        lines = paragraph(caption, font, page.font_pt, width, "text", "caption")
        last = edge + font.descent * em
        first = last + (len(lines) - 1) * LEADING * em
        left = (page.width - lines[0].width) / 2 if len(lines) == 1 else edge
        sheet.texts += [each.moved(left, first) for each in lines]
        bottom = first + font.cap * em + APART * em
    bars = colour_keys.bars(viz) if keys else []
    width = keypage.room(page.width, em) if bars else 0.0
    if keys and not bars:
        sheet.keys = keypage.Keys()
    elif width:
        right = width + APART * em + edge
        rectangle = (page.width - edge - width, bottom + edge, page.width - edge, page.height - top - edge)
        sheet.keys = keypage.lay_out(bars, rectangle, font, page.font_pt)
        sheet.texts += sheet.keys.texts
    sheet.insets = (0.0, right / page.width, bottom / page.height, top / page.height)
    return sheet


def _area(sheet: Sheet) -> tuple[float, float, float, float]:
    left, right, bottom, top = sheet.insets
    page, edge = sheet.page, EDGE * sheet.page.font_pt * POINT
    return (left * page.width + edge, bottom * page.height + edge, (1 - right) * page.width - edge,
            (1 - top) * page.height - edge)


# ---- what belongs to the matrices

def _fill(sheet: Sheet, viz: "Visualization", camera: Camera, area: tuple[float, float, float, float],
          far: bool = True) -> list[str]:
    """Add names, shapes and tokens; the names that found no room, which those that may not stand ``far`` soon lack."""
    page, font = sheet.page, sheet.font
    em = page.font_pt * POINT
    every = nodes(viz.tree)
    shown = _outlines(every, viz, camera, page)
    held = viz.labels
    boxes = []
    for at, node in enumerate(every):
        if node.path in held and labels.is_shown(node, held[node.path]):
            others = np.delete(shown, at, axis=0)
            found = tokens.lay_out(node, held[node.path], viz.placement.matrices[node.path],
                                   lambda points: on_page(camera, page, points), font, page.font_pt, area, shown[at],
                                   others, np.array(boxes).reshape(-1, 4, 2))
            sheet.texts += found
            boxes += [text.box() for text in found]
    named = [(at, node) for at, node in enumerate(every) if node.name and node.deco.legends > 0]
    ways = [_ways(node, font, page.font_pt) for _, node in named]
    items = [placing.Item(np.array([_size(way) for way, _ in each]), np.array([price for _, price in each]), at)
             for (at, _), each in zip(named, ways)]
    surface = placing.Page(area, shown, np.array(boxes).reshape(-1, 4, 2), em, far)
    lost = []
    for (_, node), each, spot in zip(named, ways, placing.place(items, surface)):
        if spot is None:
            lost.append(f"the name of {node.name}")
            continue
        box, angle, way, leader = spot
        texts, price = each[way]
        if price >= DROPPED:
            lost.append(f"the shape of {node.name}")
        _, below, _ = _extent(texts)
        x, y = box[0] + turned(angle) @ (placing.AIR * em, placing.AIR * em + below)
        sheet.texts += [text.moved(x, y, angle) for text in texts]
        if not np.isnan(leader[0, 0]):
            sheet.leaders.append(tuple(float(v) for v in leader.ravel()))
    return lost


def _outlines(every: Sequence[Node], viz: "Visualization", camera: Camera, page: Page) -> np.ndarray:
    """The outlines (n, m, 2) of the matrices on the page, counterclockwise, the shorter ones with a corner repeated."""
    out = []
    for node in every:
        local = framing.corners(np.array([-RIM, -RIM, -HALF]),
                                np.array([node.cols.shown - 1 + RIM, node.rows.shown - 1 + RIM, HALF]))
        frame = viz.placement.matrices[node.path]
        out.append(outlines.hull(on_page(camera, page, local @ frame[:3, :3].T + frame[:3, 3])))
    longest = max(map(len, out))
    return np.array([np.concatenate([hull, np.repeat(hull[-1:], longest - len(hull), axis=0)]) for hull in out])


def _ways(node: Node, font: Font, size_pt: float) -> list[tuple[list[PageText], float]]:
    """How the name and the shape of a matrix can be set, each at the page's origin, and what that costs."""
    em = size_pt * POINT
    lines = [[line(typeset.name(part), font, size_pt, "text", "name", node.path) for part in parts]
             for parts in ([node.name], _parted(node.name)) if parts]
    if not node.deco.shape:
        return [(_stacked(each, em), 0.5 * (len(each) - 1)) for each in lines]
    shape = line(typeset.plain(typeset.shape(node.h, node.w)), font, size_pt * QUIET, "quiet", "shape", node.path)
    name = lines[0][0]
    return [([name, shape.moved(name.width + 0.55 * em, 0.0)], 0.0),
            *((_stacked([*each, shape], em), 0.25 + 0.5 * (len(each) - 1)) for each in lines), ([name], DROPPED)]


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
    for above, text in zip([None, *texts], texts):
        y -= above.descent + text.ascent + 0.25 * em if above else 0.0
        out.append(text.moved(middle - text.width / 2, y))
    return out


def _extent(texts: list[PageText]) -> tuple[float, float, float]:
    """Width, and how far below and above the first baseline a block reaches."""
    return (max(text.x + text.width for text in texts), max(text.descent - text.y for text in texts),
            max(text.ascent + text.y for text in texts))


def _size(texts: list[PageText]) -> tuple[float, float]:
    width, below, above = _extent(texts)
    return width, below + above
