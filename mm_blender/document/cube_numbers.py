"""Numbers on cubes: how large they can be, and which are shown, so that each can be read and none lies over another.

A number stands upright on its cube, between the middle of that and of the face that looks along the matrix' normal,
which no neighbour hides. All are of one size and are written as ``digits`` say; unless these tell how many there are,
they have the same number of decimals: the most, up to two, with which they are comfortable to read. Whole numbers have
none, what rounds to nothing is 0.0, and zero has no cube and no number. Left out are numbers of elements that another
matrix hides, of such as a name stands over, and whole matrices whose numbers would be too small to read.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..appearance.rules import edge, level, Scale
from ..digits import AUTO, Digits, ORDINARY, read, SIGNIFICANT
from ..expression.tree import Node, nodes
from ..layout.framing import Camera
from ..layout.places import offsets
from ..layout.reduction import is_elided
from ..lettering import numerals, typeset
from ..lettering.fonts import Font
from ..lettering.lines import line, PageText
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from ..plain import some
from .group import Group, Member
from .light import Light
from .matrices_on_page import on_page
from .number_inks import inks, LEVELS

LARGEST = 2.2         # of the size of names: numbers need be no larger
COMFORT = 0.6         # of the size of names: from here on decimals are worth more than size
LEAST_PX, LEAST_PT = 8.5, 4.5  # of their letters, in a picture and on a page: smaller ones are not shown
HIGH, AIR = 0.70, 0.14  # height of a digit, and what is free around numbers, relative to the size
FACE = 0.5            # how far out of the middle of its cube a number stands, of the way to that face
CELL = 1.0            # of the width that a cell has on the page
MOST = 4096           # numbers of a matrix
REACH = 0.55          # pitches from an element of another matrix in which it hides what is behind it
SMALL, MANY, CELLS = "small", "many", "cells"  # why a matrix has no numbers
TOLD = 4              # names of matrices that have none that are told
NEAR = 3              # rows and columns from an element on whose numbers may touch its own


@dataclass(frozen=True)
class Shown:
    """The numbers of one matrix, whose ``values`` (h, w) are those after a sweep. ``mask`` (h, w): which are shown;
    ``at`` (h, w, 2): their middles on the page, inches; ``side``: of the matrix on which they are; ``dark``, ``edged``
    (LEVELS,): by the level of a value, whether its ink is dark, and whether it needs an edge of the other one."""

    node: Node
    values: np.ndarray
    mask: np.ndarray
    at: np.ndarray
    side: int
    dark: np.ndarray
    edged: np.ndarray
    scale: Scale

    def role(self, value: float) -> str:
        """``dark`` or ``light``, the ink of the number of a value."""
        slot = round((float(level(np.array(value), self.scale)) + 1) / 2 * (LEVELS - 1))
        return "dark" if self.dark[slot] else "light"


@dataclass(frozen=True)
class NumberPlan:
    """``size_pt``: of the letters; ``digits``: how they are written; ``shown``: by owner and path; ``left``: names of
    the matrices that have none, by the reason: they could not be read (``SMALL``), are more than are written
    (``MANY``), or what is shown are ``CELLS``."""

    size_pt: float = 0.0
    digits: Digits = Digits()
    shown: dict[tuple[int, str], Shown] = field(default_factory=dict)
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)


def plan(group: Group, camera: Camera, page: Page, sheet: Sheet, light: Light) -> NumberPlan:
    """The numbers of all matrices as ``camera`` sees them on ``page``, among the texts of ``sheet``. Computes the
    values."""
    asked = read(group.options.numbers)
    every = [_Seen(member, node, owner, camera, page) for owner, member in enumerate(group.members)
             for node in nodes(member.document.tree) if chooses(asked, node)]
    least = LEAST_PX / page.dpi / POINT if page.on_screen else LEAST_PT
    why = {each: CELLS if each.node.note and not is_elided(each.node) else MANY if each.x.size > MOST else SMALL
           for each in every}
    few = [each for each in every if why[each] == SMALL]
    chosen: tuple[float, Digits, list[_Seen]] = 0.0, asked, []
    for digits in _ways(asked, all(each.whole for each in few)):
        sizes = [each.largest(digits) / POINT for each in few]
        fit = [(size, each) for size, each in zip(sizes, few) if size >= least]
        size = min((size for size, _ in fit), default=0.0)
        if len(fit) > len(chosen[2]) or \
                len(fit) == len(chosen[2]) and chosen[0] < COMFORT * page.font_pt:
            chosen = size, digits, [each for _, each in fit]
        if chosen[0] >= COMFORT * page.font_pt and len(chosen[2]) == len(few):
            break
    left: dict[str, tuple[str, ...]] = {}
    for each in every:
        if each not in chosen[2]:
            left[why[each]] = *left.get(why[each], ()), each.node.name
    size = min(chosen[0], LARGEST * page.font_pt)
    shown: dict[tuple[int, str], Shown] = {}
    boxes: list[np.ndarray] = [np.concatenate([text.box().min(0), text.box().max(0)])[None] for text in sheet.texts]
    for each in sorted(chosen[2], key=lambda each: each.away):  # the nearest first: others give way to it
        own = each.boxes(size * POINT, chosen[1])
        mask = (each.x != 0) & ~each.hidden_by([other for other in every if other is not each], own)
        mask &= ~_touching(own, np.concatenate(boxes)) if boxes else True
        boxes.append(own[mask])
        inch = float(np.median(np.linalg.norm(each.steps[0], axis=-1)))
        dark, edged = inks(each.one, each.node, each.faces, light, size * POINT / inch)
        shown[each.owner, each.node.path] = Shown(each.node, each.x, mask, each.at, each.side, dark, edged, each.scale)
    return NumberPlan(size, chosen[1], shown, left)


def left_out(left: Mapping[str, Sequence[str]], picture: str = "") -> Iterator[str]:
    """What is said of matrices that have no numbers, by the reason; ``picture``: in which they could not be read."""
    words = {
        SMALL: f"would be too small to read in {picture}: make it larger, or show fewer elements",
        MANY: f"are left out: a matrix of more than {MOST:,} elements has none in a picture of any size; show a part "
              "of it",
        CELLS: "are left out: a cell that stands for several elements has none; show a part of it",
    }
    for why, names in left.items():
        yield f"numbers on the cubes of {some([*dict.fromkeys(names)], TOLD)} {words[why]}"


def chooses(digits: Digits, node: Node) -> bool:
    """Whether numbers are asked for on a matrix."""
    return not digits.of or node.name in digits.of or node.path in digits.of


def _ways(asked: Digits, whole: bool) -> list[Digits]:
    """How numbers may be written, the best first; ``whole``: whether all have no decimals."""
    if asked.rule != AUTO:
        return [asked]
    return [replace(asked, count=count) for count in ((0,) if whole else (ORDINARY, 1))]


def spelled(value: float, digits: Digits) -> str:
    """As ``numerals.write``, but what rounds to nothing is ``0.0``: the power of ten of a small value takes more room
    than all others. Significant figures never do."""
    little = digits.rule != SIGNIFICANT and abs(value) * 10 ** digits.count < 0.5
    return numerals.write(0.0 if little else value, digits)


class _Seen:
    """A matrix as it is seen on the page."""

    def __init__(self, member: Member, node: Node, owner: int, camera: Camera, page: Page):
        one, scale, offset = member
        self.one, self.node, self.owner = one, node, owner
        self.x = np.asarray(one.values[node.path], np.float64)
        self.scale, self.camera, self.page = one.scaling.scales[node.path], camera, page
        self.rows, self.cols = offsets(node)
        frame = one.placement.matrices[node.path]
        self.axes, self.origin, self.unit = frame[:3, :3], frame[:3, 3] * scale + offset, scale
        middle = self._world(np.array([[self.cols[-1] / 2, self.rows[-1] / 2, 0.0]]))[0]
        self.side = 1 if self.axes[:, 2] @ camera.towards(middle) > 0 else -1
        seen = camera.towards(middle)
        self.faces = [axis * np.sign(axis @ seen) for axis in self.axes.T]  # the normals of those that are seen
        self.away = float(camera.project(middle[None])[0, 2]) if not camera.parallel else \
            -float((middle - camera.target) @ camera.axes()[2])
        if self.x.size > MOST:
            return
        self.edges = edge(self.x, self.scale, node.viz)
        flat = np.stack([*np.broadcast_arrays(self.cols[None], self.rows[:, None]),
                         self.side * FACE * self.edges / 2], -1)
        self.points = self._world(flat.reshape(-1, 3)).reshape(*self.x.shape, 3)
        self.at = self._on_page(self.points)
        self.steps = [self._on_page(self._world((flat + step).reshape(-1, 3)).reshape(*self.x.shape, 3)) - self.at
                      for step in np.eye(3)[:2]]

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers that are written without decimals."""
        x = self.x[np.isfinite(self.x)]
        return bool((x == np.round(x)).all() and (np.abs(x) < numerals.LARGEST_FIXED).all())

    def _world(self, local: np.ndarray) -> np.ndarray:
        return local @ self.axes.T * self.unit + self.origin

    def _on_page(self, points: np.ndarray) -> np.ndarray:
        seen = on_page(self.camera, self.page, points.reshape(-1, 3))
        return seen.reshape(*points.shape[:-1], 2)

    def widths(self, digits: Digits) -> np.ndarray:
        """Of the numbers, relative to their size; 0 where there is none."""
        return np.reshape([numerals.width(spelled(v, digits)) if v != 0 else 0.0 for v in self.x.ravel()],
                          self.x.shape)

    def largest(self, digits: Digits) -> float:
        """The largest size in inches at which each number fits into its cell and none touches a neighbour's."""
        width = self.widths(digits)
        there = width > 0
        if not there.any():
            return np.inf
        (ax, ay), (bx, by) = (np.moveaxis(step, -1, 0) for step in self.steps)
        chord = np.abs(ax * by - ay * bx) / np.maximum(np.maximum(np.abs(ay), np.abs(by)), 1e-12)
        chord = np.minimum(chord, np.hypot(ax, ay) + np.hypot(bx, by))  # of a cell that is seen level
        best = float((CELL * chord / np.maximum(width + AIR, 1e-9))[there].min())
        h, w = self.x.shape
        for down in range(0, min(NEAR, h - 1) + 1):
            for along in range(-min(NEAR, w - 1), min(NEAR, w - 1) + 1):
                if down == 0 and along <= 0:
                    continue
                here = slice(0, h - down), slice(max(-along, 0), w - max(along, 0))
                there_ = slice(down, h), slice(max(along, 0), w - max(-along, 0))
                apart = np.abs(self.at[there_] - self.at[here])
                both = there[here] & there[there_]
                room = np.maximum(apart[..., 0] / np.maximum((width[here] + width[there_]) / 2 + AIR, 1e-9),
                                  apart[..., 1] / (HIGH + AIR))
                if both.any():
                    best = min(best, float(room[both].min()))
        return best

    def boxes(self, size: float, digits: Digits) -> np.ndarray:
        """What numbers of ``size`` inches cover (h, w, 4): left, bottom, right, top."""
        half = np.stack([self.widths(digits), np.full(self.x.shape, HIGH)], -1) * size / 2
        return np.concatenate([self.at - half, self.at + half], -1)

    def hidden_by(self, others: list[_Seen], boxes: np.ndarray) -> np.ndarray:
        """Which numbers (h, w) elements of other matrices hide, wholly or in part."""
        out = np.zeros(self.x.shape, bool)
        inch = np.linalg.norm(self.steps[0], axis=-1) + np.linalg.norm(self.steps[1], axis=-1)
        reach = (boxes[..., 2] - boxes[..., 0]) / np.maximum(inch, 1e-9)  # half a number's width in pitches, about
        right = self.camera.axes()[0]
        for other in others:
            for share in (-1.0, 0.0, 1.0):
                start = self.points + (share * reach * self.unit)[..., None] * right
                way = self.camera.towards(start)
                way = np.broadcast_to(way, start.shape)
                from_ = (start - other.origin) @ other.axes / other.unit
                along = way @ other.axes / other.unit
                with np.errstate(divide="ignore", invalid="ignore"):
                    t = -from_[..., 2] / along[..., 2]
                    hit = from_ + t[..., None] * along
                before = (t > 1e-6) & ((t < 1) | self.camera.parallel) & np.isfinite(hit).all(-1)
                hit = np.where(before[..., None], hit, -9.0)
                column, row = _nearest(other.cols, hit[..., 0]), _nearest(other.rows, hit[..., 1])
                away = np.maximum(np.abs(hit[..., 0] - other.cols[column]), np.abs(hit[..., 1] - other.rows[row]))
                out |= before & (away < REACH) & (other.x[row, column] != 0)
        return out


def _nearest(places: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The numbers of the ``places``, which rise, that are nearest to ``at``."""
    above = np.clip(np.searchsorted(places, at), 0, len(places) - 1)
    below = np.maximum(above - 1, 0)
    return np.where(np.abs(places[below] - at) <= np.abs(places[above] - at), below, above)


def _touching(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of ``boxes`` (h, w, 4) touch any of ``others`` (n, 4)."""
    out = np.zeros(boxes.shape[:2], bool)
    for start in range(0, len(others), 512):
        part = others[start:start + 512]
        out |= ((boxes[..., None, 0] < part[:, 2]) & (boxes[..., None, 2] > part[:, 0])
                & (boxes[..., None, 1] < part[:, 3]) & (boxes[..., None, 3] > part[:, 1])).any(-1)
    return out


def texts(plan: NumberPlan, values: dict[tuple[int, str], np.ndarray], font: Font) -> list[PageText]:
    """The numbers as texts of a page, all of one size, in the roles ``dark`` and ``light``. ``values``: by owner and
    path, of what is shown (h, w), NaN where nothing is."""
    wanted = []
    for key, shown in plan.shown.items():
        x = values[key]
        for row, column in np.argwhere(shown.mask & np.isfinite(x) & (x != 0)):
            wanted.append((key, shown, row, column, spelled(x[row, column], plan.digits)))
    lines = {text: line(typeset.plain(text.replace("-", "\u2212")), font, 1.0, "dark", "number")
             for text in {each[-1] for each in wanted}}
    size = plan.size_pt * min((numerals.width(text) * POINT / made.width for text, made in lines.items()), default=1.0)
    out = []
    for (owner, path), shown, row, column, text in wanted:
        role = shown.role(values[owner, path][row, column])
        made = line(typeset.plain(text.replace("-", "\u2212")), font, size, role, "number", path)
        x, y = shown.at[row, column]
        out.append(replace(made.moved(x - made.width / 2, y - font.cap * size * POINT / 2), owner=owner))
    return out
