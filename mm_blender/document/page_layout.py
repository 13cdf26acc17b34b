"""Page layout: the texts of a picture or a figure on its page, of exact sizes and beside the data they name.

Everything happens in the plane of the page: matrices are outlines there. Tokens stand along the edges of their matrix,
names around it, the title above, the caption below, and room is kept on the right for colour bars. A picture that is
asked for in pixels is such a page too (``Page.of_picture``).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import warn
from ..layout.framing import Camera
from ..lettering import fonts, key_layout, placing, polygons
from ..lettering.lines import LEADING, paragraph, turned
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from ..plain import some
from . import edge_words, flow_arrows, group_keys, name_blocks, token_arcs
from .document import Memo
from .group import Group
from .matrices_on_page import matrices, Matrix, on_page, outlines_of, outlines_of_slabs, slab
from .page_settings import PageSettings

TITLE = 1.2          # size of a title, relative to the font's
EDGE = 0.35          # em between the texts and the edge of the page
APART = 0.8          # em between the title or the caption and the picture
TRIES, QUICK = 3, 2  # cameras that ``compose`` tries for a page, and for a picture
ROW_ROOM = 0.03, 0.03, 0.03, 0.02  # shares of a picture of several that their names need around all
MOSTLY, SOME = 0.85, 0.15  # of a matrix that is to be seen for its name to be; of one that is looked at
HEART = 0.6          # of a name's width and height, that is to lie over no matrix
SAMPLES = 12         # points each way that are looked at for that
TOLD = 4             # names of what has no room that are told

Area = tuple[float, float, float, float]  # of a page: left, lower, right, upper, inches


@dataclass(frozen=True, eq=False)
class Room:
    """Where names may stand on a page: in its ``area``, ``far`` from their matrices too or not, off the boxes (4, 2)
    that are ``taken``; ``known``: what remembers the places that were found last."""

    area: Area
    far: bool = True
    taken: Sequence[np.ndarray] = ()
    known: Memo = field(default_factory=Memo)


def lay_out(group: Group, camera: Camera, settings: PageSettings) -> Sheet:
    """The texts of ``group`` as ``camera`` sees it.

    Names (with their shapes where ``deco.shape`` is set) stand beside their matrices, never over each other, over data
    only where there is no other room. Warns (MMWarning) about a name that has no room. Raises DataError for a font that
    cannot be read.
    """
    return _filled(_reserved(group, settings), group, camera, settings)


def beside(group: Group, camera: Camera, page: Page, area: Area, slabs: Sequence[np.ndarray] = ()) -> Sheet:
    """The names alone, all of them upright, of those matrices most of which ``camera`` sees in ``area``, and of that at
    which it looks; none lies out of that, or over data but the last, and nothing is said of one that has no room.
    ``slabs``: the corners (8, 3) of what is drawn besides matrices, which is data as well."""
    every = matrices(group)
    shown = outlines_of_slabs([*(each.points(slab(each.node)) for each in every), *slabs], camera, page)
    inside = [_share_inside(outline, area) > (SOME if each.holds(camera.target) else MOSTLY)
              for each, outline in zip(every, shown)]  # of which there are more
    sheet = Sheet(page, fonts.load(), upright=True)
    _fill(sheet, [each if there else None for each, there in zip(every, inside)], shown, camera, Room(area))
    x0, y0, x1, y1 = area
    sheet.texts = [text for text in sheet.texts
                   if ((text.box() >= (x0, y0)) & (text.box() <= (x1, y1))).all()]
    looked_at = {(each.owner, each.node.path) for each in every if each.holds(camera.target)}
    over = {(text.owner, text.path) for text in sheet.texts if polygons.overlap(_heart(text.box())[None], shown).any()}
    return _without(sheet, over - looked_at)


def _heart(box: np.ndarray) -> np.ndarray:
    """A box (4, 2) without its rim."""
    return box.mean(0) + HEART * (box - box.mean(0))


def _without(sheet: Sheet, left_out: set[tuple[int, str]]) -> Sheet:
    """A sheet without the texts and the leaders of some matrices, by owner and path."""
    led = [(whose, leader) for whose, leader in zip(sheet.led, sheet.leaders, strict=True) if whose not in left_out]
    return replace(sheet, texts=[text for text in sheet.texts if (text.owner, text.path) not in left_out],
                   led=[whose for whose, _ in led], leaders=[leader for _, leader in led])


def _share_inside(outline: np.ndarray, area: Area) -> float:
    """How much of an outline (n, 2) is in an area, of what is seen of it as a grid of points."""
    low, high = outline.min(0), outline.max(0)
    shares = (np.stack(np.meshgrid(*[np.arange(SAMPLES)] * 2), -1).reshape(-1, 2) + 0.5) / SAMPLES
    points = low + shares * (high - low)
    points = points[polygons.inside(points, outline[None])[:, 0]]
    return float(((points > area[:2]) & (points < area[2:])).all(1).mean()) if len(points) else 0.0


def compose(group: Group, settings: PageSettings) -> tuple[Camera, Sheet]:
    """The camera that shows ``group`` as large as the page's texts leave room for, and the sheet that belongs to it."""
    sheet = _reserved(group, settings)
    camera = _seen_with_texts(group, sheet, settings.names) if group.auto_framed else group.camera
    return camera, _filled(sheet, group, camera, settings)


def framed(group: Group, settings: PageSettings) -> Camera:
    """The camera of ``compose`` alone."""
    return _seen_with_texts(group, _reserved(group, settings), settings.names)


def _filled(sheet: Sheet, group: Group, camera: Camera, settings: PageSettings) -> Sheet:
    """``sheet``, which has what is at its edges, with all other texts too. Warns about what has no room."""
    page, every = sheet.page, matrices(group)
    shown = outlines_of(every, camera, page)
    titles = _titles(group, camera, page)
    room = Room(_area(sheet), taken=titles, known=group.first.cache.places)
    lost = _fill(sheet, every, shown, camera, room) if settings.names else []
    _say_lost(page, lost)
    if settings.keys:
        _say_lost_keys(sheet)
    if settings.names:
        sheet.arrows = flow_arrows.clear(group, camera, page)
        if sheet.arrows and not flow_arrows.explain(sheet, group, shown, _area(sheet), titles):
            sheet.arrows = {}
    return sheet


def _say_lost(page: Page, lost: Sequence[str]) -> None:
    if not lost:
        return
    smaller = "" if page.on_screen else ", or font_pt smaller"
    warn(f"{page.told} has no room for {some([*dict.fromkeys(lost)], TOLD)} at {page.told_letters}: make it "
         f"larger{smaller}")


def _say_lost_keys(sheet: Sheet) -> None:
    if sheet.keys is None:
        warn(f"{sheet.page.told} has no room for keys: make it wider, or leave them out with keys=False")
    elif sheet.keys.left:
        warn(f"{sheet.page.told} has no room for the keys of {some(sheet.keys.left, TOLD, '; ')}: make it higher, or "
             "let all matrices share one with the sensitivity global")


def _seen_with_texts(group: Group, empty: Sheet, names: bool) -> Camera:
    """The camera that shows the matrices as large as may be beside their texts; ``empty``: the sheet without them."""
    page, every, known = empty.page, matrices(group), group.first.cache.places
    em = page.font_pt * POINT
    if not names or not any(each.node.deco.legends > 0 for each in every):
        return group.bare_camera(page.aspect, empty.insets)
    if len(group.documents) > 1:  # side by side, which leaves room between them
        return group.bare_camera(page.aspect, tuple(np.array(empty.insets) + ROW_ROOM))
    points = group.outline()
    size = np.array([page.width, page.width, page.height, page.height])
    around = np.full(4, 2.0 * em)  # inches beside the matrices: left, right, bottom, top
    best: tuple[float, Camera] | None = None
    for attempt in range(QUICK if page.on_screen else TRIES):
        camera = group.bare_camera(page.aspect, tuple(np.minimum(np.array(empty.insets) + around / size, 0.4)))
        drawn = on_page(camera, page, points)
        shown = outlines_of(every, camera, page)
        lost: list[str] = []
        if page.on_screen:  # which is laid out while somebody waits: the last is taken, and not the best
            best = 0.0, camera
            if attempt == QUICK - 1:
                break
        else:
            strict = replace(empty, texts=[], leaders=[], led=[])
            lost = _fill(strict, every, shown, camera, Room(_area(empty), known=known))
            over = _over_data(strict, shown)
            worth = float(np.ptp(drawn, axis=0).prod()) / (1 + len(lost) + 0.06 * len(strict.leaders) + 0.12 * over)
            if best is None or worth > best[0]:
                best = worth, camera
        wanted = _beyond(empty, every, shown, camera, drawn, known) + EDGE * em + 0.4 * em * min(len(lost), 4)
        if abs(wanted - around).max() < 0.2 * em:
            break
        around = wanted
    assert best is not None
    return best[1]


def _beyond(empty: Sheet, every: Sequence[Matrix], shown: np.ndarray, camera: Camera, drawn: np.ndarray,
            known: Memo) -> np.ndarray:
    """How far (4,) the texts would reach beyond the matrices if the page were larger: left, right, bottom, top.
    ``drawn`` (n, 2): where the matrices are on the page; ``known``: see ``Room``."""
    em = empty.page.font_pt * POINT
    wishes = replace(empty, texts=[], leaders=[], led=[])
    left, low, right, high = _area(empty)
    larger = (left - 8 * em, low - 8 * em, right + 8 * em, high + 8 * em)
    _fill(wishes, every, shown, camera, Room(larger, far=False, known=known))
    boxes = np.concatenate([drawn, *[text.box() for text in wishes.texts]])
    beyond = np.array([drawn[:, 0].min() - boxes[:, 0].min(), boxes[:, 0].max() - drawn[:, 0].max(),
                       drawn[:, 1].min() - boxes[:, 1].min(), boxes[:, 1].max() - drawn[:, 1].max()])
    return np.maximum(beyond, 0)


def _titles(group: Group, camera: Camera, page: Page) -> list[np.ndarray]:
    """The boxes of the titles in a row."""
    seen = [on_page(camera, page, text.corners()) for text in group.title_texts()]
    return [np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
            for (x0, y0), (x1, y1) in ((points.min(0), points.max(0)) for points in seen)]


def _over_data(sheet: Sheet, shown: np.ndarray) -> int:
    """How many texts lie over matrices."""
    boxes = np.array([text.box() for text in sheet.texts if text.path]).reshape(-1, 4, 2)
    points = np.concatenate([boxes, boxes.mean(1, keepdims=True)], axis=1)
    return int(polygons.inside(points, shown).any((1, 2)).sum())


# ---- what is at the page's edges

def _reserved(group: Group, settings: PageSettings) -> Sheet:
    """A sheet with its title and caption, and what they and the keys take of it."""
    page, font = settings.page, fonts.load(settings.font)
    sheet, em = Sheet(page, font), settings.page.font_pt * POINT
    title, caption, keys = settings.title, settings.caption, settings.keys
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
    if strip := token_arcs.strip(group, page, font, max(bottom, edge), width):
        sheet.texts += strip.texts
        sheet.arcs, bottom = strip.arcs, strip.high
    bars = group_keys.bars(group) if keys else []
    width = key_layout.room(page.width, em) if bars else 0.0
    if keys and not bars:
        sheet.keys = key_layout.Keys()
    elif width:
        right = width + APART * em + edge
        rectangle = (page.width - edge - width, bottom + edge, page.width - edge, page.height - top - edge)
        sheet.keys = key_layout.lay_out(bars, rectangle, font, page.font_pt)
        sheet.texts += sheet.keys.texts
    sheet.insets = (0.0, right / page.width, bottom / page.height, top / page.height)
    return sheet


def _area(sheet: Sheet) -> Area:
    left, right, bottom, top = sheet.insets
    page, edge = sheet.page, EDGE * sheet.page.font_pt * POINT
    return (left * page.width + edge, bottom * page.height + edge, (1 - right) * page.width - edge,
            (1 - top) * page.height - edge)


# ---- what belongs to the matrices

def _fill(sheet: Sheet, every: Sequence[Matrix | None], shown: np.ndarray, camera: Camera, room: Room) -> list[str]:
    """Add names, shapes and tokens; the names that found no room, which those that may not stand ``far`` soon lack.
    ``shown``: the outlines of ``every`` matrix, None being one that has no texts."""
    page, font = sheet.page, sheet.font
    em = page.font_pt * POINT
    boxes = list(room.taken)
    for at, each in enumerate(every):
        if each and each.words:
            around = edge_words.Around(room.area, shown[at], np.delete(shown, at, axis=0),
                                       np.array(boxes).reshape(-1, 4, 2))
            found = edge_words.lay_out(each, camera, page, font, around)
            sheet.texts += [replace(text, owner=each.owner) for text in found]
            boxes += [text.box() for text in found]
    named = [(at, each) for at, each in enumerate(every) if each and each.node.name and each.node.deco.legends > 0]
    ways = [name_blocks.ways(each.node, font, page.font_pt) for _, each in named]
    items = [placing.Item(np.array([name_blocks.size(way) for way, _ in each]), np.array([price for _, price in each]),
                          at) for (at, _), each in zip(named, ways, strict=True)]
    surface = placing.Surface(room.area, shown, np.array(boxes).reshape(-1, 4, 2), em, room.far, sheet.upright)
    lost = []
    for (_, matrix), texts_of_ways, spot in zip(named, ways, _places(items, surface, room.known), strict=True):
        node = matrix.node
        if spot is None:
            lost.append(f"the name of {node.name}")
            continue
        box, angle, way, leader = spot
        texts, price = texts_of_ways[way]
        if price >= name_blocks.DROPPED:
            lost.append(f"the shape of {node.name}")
        _, below, _ = name_blocks.extent(texts)
        x, y = box[0] + turned(angle) @ (placing.AIR * em, placing.AIR * em + below)
        sheet.texts += [replace(text.moved(x, y, angle), owner=matrix.owner) for text in texts]
        if not np.isnan(leader[0, 0]):
            x0, y0, x1, y1 = (float(v) for v in leader.ravel())
            sheet.leaders.append((x0, y0, x1, y1))
            sheet.led.append((matrix.owner, node.path))
    return lost


def _places(items: list[placing.Item], page: placing.Surface, known: Memo) -> list[placing.Spot | None]:
    """See ``placing.place``, which is not asked for the same twice in a row."""
    numbers = [page.outlines, page.taken, *(each for item in items for each in (item.sizes, item.prices))]
    of = (page.area, page.em, page.upright, *(item.outline for item in items),
          *((each.shape, each.tobytes()) for each in numbers))
    return known.once("far" if page.far else "near", of, lambda: placing.place(items, page))
