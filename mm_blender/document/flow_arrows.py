"""Arrows: where the two-vaned arrow of a matmul's flow hides nothing, and what explains it.

An arrow lies in the middle of its matmul's box (``guides.flow_guides``). Seen from one side elements can be before or
behind it; it is shown, smaller if need be, only where it covers no element and none covers it.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..appearance.rules import edge
from ..expression.tree import MatMul, Node, nodes
from ..layout.framing import Camera
from ..layout.guides import flow_guides
from ..layout.places import offsets
from ..lettering import polygons, typeset
from ..lettering.lines import LEADING, line, PageText
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from .document import Document
from .group import Group, Member
from .matrices_on_page import on_page
from .name_blocks import QUIET

SIZES = (1.0, 0.75, 0.55)  # that are tried, relative to what the setting says
LEAST = 1.5      # em: an arrow that is not as long as this is none
SAMPLES = 64     # rows and columns of a matrix that are looked at
LONG = 12        # letters of a name that the explanation has room for
VANE = 1.1       # em that a vane takes in the note that explains it
AIR = 0.8        # em between that note and the page's edge besides, where there is room


def clear(group: Group, camera: Camera, page: Page) -> dict[tuple[int, str], float]:
    """By owner and path of a matmul, how large its arrow may be; those that have no room are left out. Computes the
    values, since elements that are zero hide nothing. Where a sweep goes through the box there is no room either."""
    wanted = [(owner, node) for owner, (one, _, _) in enumerate(group.members) for node in nodes(one.tree)
              if isinstance(node, MatMul) and node.deco.flow_guides > 0 and node.path not in one.schedule.tracks]
    if not wanted:
        return {}
    vanes_of = {(owner, node.path, size): _vanes(group.members[owner], node, size, camera, page)
                for owner, node in wanted for size in SIZES}
    drawn = [_Drawn(node, member, camera, page) for member in group.members for node in nodes(member.document.tree)]
    out = {}
    for owner, node in wanted:
        for size in SIZES:
            vanes = vanes_of[owner, node.path, size]
            if np.ptp(vanes.reshape(-1, 2), axis=0).max() < LEAST * page.font_pt * POINT:
                break
            if not any(each.touches(vane) for vane in vanes for each in drawn):
                out[owner, node.path] = size
                break
    if len(group.members) > 1 and len(out) < len(wanted):  # side by side a difference would seem to say something
        return {}
    return out


def depend_on_sizes(document: Document) -> bool:
    """Whether how large elements are, and not only which are zero, may decide where arrows have room."""
    return any(max(node.h, node.w) <= SAMPLES for node in nodes(document.tree))


def _vanes(member: Member, node: MatMul, size: float, camera: Camera, page: Page) -> np.ndarray:
    """The two triangles (2, 3, 2) on the page of an arrow of that relative size."""
    one, scale, offset = member
    frame = one.placement.boxes[node.path]
    shown = replace(node, deco=replace(node.deco, flow_guides=node.deco.flow_guides * size))
    points = flow_guides(shown, one.tree.count).reshape(-1, 3) @ frame[:3, :3].T + frame[:3, 3]
    return on_page(camera, page, points * scale + offset).reshape(2, 3, 2)


class _Drawn:
    """The elements of a matrix on the page, of a large one some of them; found once a vane may reach them."""

    def __init__(self, node: Node, member: Member, camera: Camera, page: Page):
        self._node, self._member, self._camera, self._page = node, member, camera, page
        self._around = _around(node, member, camera, page)

    def touches(self, vane: np.ndarray) -> bool:
        """Whether any of them reaches into a triangle (3, 2)."""
        meets = self._around is None or bool((self._around[1] > vane.min(0)).all()
                                             and (self._around[0] < vane.max(0)).all())
        return meets and _touches(vane, *self._discs)

    @cached_property
    def _discs(self) -> tuple[np.ndarray, np.ndarray]:
        """Where they are on the page (n, 2) and how far they reach there (n,), inches; those of large matrices reach as
        far as their neighbours."""
        (one, scale, offset), node, camera, page = self._member, self._node, self._camera, self._page
        steps = -(-node.rows.size // SAMPLES), -(-node.cols.size // SAMPLES)
        down, along = (each[::step] for each, step in zip(offsets(node), steps))
        x = one.values[node.path][::steps[0], ::steps[1]]
        frame, drawn = one.placement.matrices[node.path], x != 0
        local = np.stack([*np.broadcast_arrays(along, down[:, None]), np.zeros(x.shape)], -1)[drawn]
        seen = camera.project((local @ frame[:3, :3].T + frame[:3, 3]) * scale + offset)
        reach = scale * (edge(x[drawn], one.scaling.scales[node.path], node.viz) if max(steps) == 1 else
                         float(max(steps))) * 0.75  # of a cube seen along its diagonal
        share = 1 / (2 * np.tan(np.radians(camera.vertical_fov(page.aspect)) / 2) * np.maximum(seen[:, 2], 1e-6))
        return camera.shares(seen, page.aspect) * (page.width, page.height), reach * share * page.height


def _around(node: Node, member: Member, camera: Camera, page: Page) -> np.ndarray | None:
    """The low and the high corner (2, 2) of what the elements of a matrix may reach on the page, told at once, as
    elements by the thousand are not; None where it goes by the camera, and may be anywhere."""
    one, scale, offset = member
    more = 1 + max(-(-node.rows.size // SAMPLES), -(-node.cols.size // SAMPLES))  # pitches that an element may reach
    x, y = (-more, node.cols.shown - 1 + more), (-more, node.rows.shown - 1 + more)
    local = np.array([(a, b, c, 1.0) for a in x for b in y for c in (-more, more)])
    points = (local @ one.placement.matrices[node.path].T)[:, :3] * scale + offset
    if (camera.project(points)[:, 2] <= 1e-3).any():
        return None
    around = on_page(camera, page, points)
    return np.stack([around.min(0), around.max(0)])


def _touches(vane: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> bool:
    """Whether any of the discs reaches into a triangle (3, 2)."""
    (low_x, low_y), (high_x, high_y) = vane.min(0), vane.max(0)
    x, y = centres.T
    near = (x + radii > low_x) & (x - radii < high_x) & (y + radii > low_y) & (y - radii < high_y)
    x, y, radii = x[near, None], y[near, None], radii[near]  # which are few
    (start_x, start_y), (along_x, along_y) = vane.T, (np.roll(vane, -1, 0) - vane).T
    away_x, away_y = x - start_x, y - start_y
    side = along_x * away_y - along_y * away_x
    if ((side > 0).all(1) | (side < 0).all(1)).any():  # told soonest, and so in most
        return True
    share = np.clip((away_x * along_x + away_y * along_y) / np.maximum(along_x ** 2 + along_y ** 2, 1e-18), 0, 1)
    distance = (away_x - share * along_x) ** 2 + (away_y - share * along_y) ** 2
    return bool((distance.min(1, initial=np.inf) < radii ** 2).any())


def explained(group: Group) -> tuple[tuple[typeset.Run, ...], tuple[typeset.Run, ...]]:
    """What is said of the left vane and of the right one."""
    products = {(node.left.name, node.right.name) for one, _, _ in group.members for node in nodes(one.tree)
                if isinstance(node, MatMul)}
    left, right = next(iter(products))
    if len(products) > 1 or not (0 < len(left) <= LONG and 0 < len(right) <= LONG):
        return typeset.plain("rows of the left factor meet"), typeset.plain("columns of the right one")
    return (typeset.plain("rows of ") + typeset.name(left) + typeset.plain(" meet"),
            typeset.plain("columns of ") + typeset.name(right))


def explain(sheet: Sheet, group: Group, shown: np.ndarray, area: tuple[float, float, float, float],
            titles: Sequence[np.ndarray]) -> bool:
    """Add the note that says what an arrow's two vanes are, in a corner of the ``area`` of the page that is free;
    whether one is. ``shown``: the outlines of the matrices; ``titles``: boxes (4, 2) of what is written in space."""
    size = sheet.page.font_pt * QUIET
    em = size * POINT
    texts = [line(runs, sheet.font, size, "quiet", "arrow") for runs in explained(group)]
    x0, y0, x1, y1 = area
    taken = np.array([*(text.box() for text in sheet.texts), *titles]).reshape(-1, 4, 2)
    below, above = max(text.descent for text in texts), max(text.ascent for text in texts)
    parts = [VANE * em + text.width for text in texts]
    for level, air in ((True, AIR * em), (True, 0.0), (False, 0.0)):  # beside each other, or one below the other
        width = parts[0] + 0.7 * em + parts[1] if level else max(parts)
        height = below + above if level else below + above + LEADING * em
        left, right, low, high = x0 + air, x1 - air - width, y0 + air, y1 - air - height
        for x, y in ((left, low), (right, low), (left, high), (right, high)):
            box = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
            if x < x0 or y < y0 or len(taken) and polygons.overlap(box[None], taken).any() \
                    or polygons.overlap(box[None], shown).any() or any(_crosses(each, box) for each in sheet.leaders):
                continue
            starts = ((x, y + below), (x + parts[0] + 0.7 * em, y + below)) if level else \
                ((x, y + below + LEADING * em), (x, y + below))
            _write(sheet, texts, starts, em)
            return True
    return False


def _write(sheet: Sheet, texts: Sequence[PageText], starts: Sequence[tuple[float, float]], em: float) -> None:
    for side, (text, (left, foot)) in enumerate(zip(texts, starts, strict=True)):
        sheet.texts.append(text.moved(left + VANE * em, foot))
        corners = np.array([(0.0, 0.0), (0.75, 0.33), (0.0, 0.66)]) if side == 0 else \
            np.array([(0.0, 0.66), (0.33, 0.0), (0.66, 0.66)])  # one points on, the other down
        sheet.vanes.append((side, np.array([left, foot]) + em * corners))


def _crosses(leader: tuple[float, float, float, float], box: np.ndarray) -> bool:
    ends = np.array(leader).reshape(2, 2)
    return bool(polygons.inside(ends[0] + np.linspace(0, 1, 20)[:, None] * (ends[1] - ends[0]), box[None]).any())
