"""Arrows: where the two-vaned arrow of a matmul's flow hides nothing, and what explains it.

An arrow lies in the middle of its matmul's box (``guides.flow_guides``). Seen from one side elements can be before or
behind it; it is shown, smaller if need be, only where it covers no element and none covers it.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..appearance.rules import edge
from ..expression.tree import MatMul, nodes
from ..layout.framing import Camera
from ..layout.guides import flow_guides
from ..layout.places import offsets
from ..lettering import polygons, typeset
from ..lettering.lines import LEADING, line, PageText
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from .group import Group
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
    centres, radii = _elements(group, camera, page)
    out = {}
    for owner, node in wanted:
        one, scale, offset = group.members[owner]
        frame = one.placement.boxes[node.path]
        for size in SIZES:
            shown = replace(node, deco=replace(node.deco, flow_guides=node.deco.flow_guides * size))
            points = flow_guides(shown, one.tree.count).reshape(-1, 3) @ frame[:3, :3].T + frame[:3, 3]
            vanes = on_page(camera, page, points * scale + offset).reshape(2, 3, 2)
            if np.ptp(vanes.reshape(-1, 2), axis=0).max() < LEAST * page.font_pt * POINT:
                break
            if not any(_touches(vane, centres, radii) for vane in vanes):
                out[owner, node.path] = size
                break
    if len(group.members) > 1 and len(out) < len(wanted):  # side by side a difference would seem to say something
        return {}
    return out


def _elements(group: Group, camera: Camera, page: Page) -> tuple[np.ndarray, np.ndarray]:
    """Where elements are on the page (n, 2) and how far they reach there (n,), inches; of large matrices some of them,
    which reach as far as their neighbours."""
    centres, radii = [], []
    for one, scale, offset in group.members:
        scales = one.scaling.scales
        for node in nodes(one.tree):
            down, along = (each[:: -(-len(each) // SAMPLES)] for each in offsets(node))
            x = one.values[node.path][:: -(-node.rows.size // SAMPLES), :: -(-node.cols.size // SAMPLES)]
            stride = max(-(-node.rows.size // SAMPLES), -(-node.cols.size // SAMPLES))
            frame = one.placement.matrices[node.path]
            local = np.stack([*np.broadcast_arrays(along, down[:, None]), np.zeros(x.shape)], -1)[x != 0]
            points = (local @ frame[:3, :3].T + frame[:3, 3]) * scale + offset
            reach = scale * (edge(x[x != 0], scales[node.path], node.viz) if stride == 1 else
                             np.full(len(points), float(stride))) * 0.75  # of a cube seen along its diagonal
            seen = camera.project(points)
            share = 1 / (2 * np.tan(np.radians(camera.vertical_fov(page.aspect)) / 2) * np.maximum(seen[:, 2], 1e-6))
            centres.append(on_page(camera, page, points))
            radii.append(reach * share * page.height)
    return np.concatenate(centres), np.concatenate(radii)


def _touches(vane: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> bool:
    """Whether any of the discs reaches into a triangle (3, 2)."""
    near = ((centres + radii[:, None] > vane.min(0)) & (centres - radii[:, None] < vane.max(0))).all(1)
    centres, radii = centres[near], radii[near]  # which are few
    start, along = vane, np.roll(vane, -1, 0) - vane
    away = centres[:, None] - start
    share = np.clip((away * along).sum(-1) / np.maximum((along ** 2).sum(-1), 1e-18), 0, 1)
    distance = np.linalg.norm(away - share[..., None] * along, axis=-1).min(1)
    side = along[:, 0] * away[..., 1] - along[:, 1] * away[..., 0]
    inside = (side > 0).all(1) | (side < 0).all(1)
    return bool((inside | (distance < radii)).any())


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
