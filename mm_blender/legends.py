"""Legends: the names of the matrices and their shapes, as text lying in the plane of each matrix.

Each text is turned so that it faces the camera and reads from left to right, or upwards. Names stand beside the data
(``style="beside"``), or over its middle as in the reference (``style="over"``). Which edges carry the shape
(``I = 64``, with the number of blocks behind a slash) follows the reference (bhosmer/mm, ``setLegends``,
``shape_info``).
"""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from . import fonts, outlines, typeset
from .framing import Camera, cross
from .guides import MARGIN
from .page import POINT
from .places import Placement
from .sheet import PageText, line
from .tree import Node, Split

NAME_WIDTH = 8        # names longer than this are set smaller, as in the reference
GLYPH_WIDTH = 0.55    # width of a character of the font, relative to its size; measured over names
SIZE_OF_EM = 1.07     # of Blender's own font, whose size is not quite the em that other programs count
FOOT, HEAD = 0.24, -0.82  # em from an edge to the baseline of a text that stands on it or hangs from it
BESIDE = 0.75         # a name beside the data can be smaller than one that has to be read against it
SHAPE_SIZE = 1 / 2.5  # size of a shape legend relative to a name's, as in the reference
NOTE_SIZE = 1 / 3     # size of the note of a reduced matrix, the same
ROOM = 0.85           # share of the gap between faces that a name may fill
LEGIBLE = 0.014       # a name lower than this share of the picture goes over the data where there is more room
TALLEST, WIDEST = 2.2, 1.4  # how much letters are stretched against perspective
AROUND = [0, 2, 3, 1]  # a text's corners in order around
LIFT = 0.6            # how far a text stands off the plane, in pitches, so that cubes do not hide it at grazing angles


@dataclass(frozen=True)
class Text:
    """A line of text, centred on ``frame``'s origin along its x (or with its left or right end there), standing on it,
    hanging from it or centred on it.

    ``frame``: 4 x 4, reference world from the text's own (x along the line, y up, z to the reader; x or y is longer
    than 1 where perspective would flatten the letters). ``size``: of the font, in pitches.
    """

    path: str
    kind: str  # "name", "shape", "label" or "note"
    text: str
    frame: np.ndarray
    size: float
    align: str  # "BOTTOM", "TOP" or "CENTER"
    anchor: str = "CENTER"  # or "LEFT" or "RIGHT": which end is at the origin

    @property
    def em(self) -> float:
        """The size of its letters as fonts count it."""
        return self.size / SIZE_OF_EM

    @cached_property
    def letters(self) -> PageText:
        """Its runs from where the line begins on, in pitches along the line and up."""
        found = _line(self.text, self.kind, self.em, fonts.load().path)
        start = {"CENTER": -found.width / 2, "LEFT": 0.0, "RIGHT": -found.width}[self.anchor]
        return found.moved(start, {"BOTTOM": FOOT, "TOP": HEAD, "CENTER": -fonts.load().cap / 2}[self.align] * self.em)

    @property
    def reach(self) -> float:
        """How far it reaches from its edge, in pitches."""
        return self.size * float(np.linalg.norm(self.frame[:3, 1]))

    def corners(self) -> np.ndarray:
        """The corners (4, 3) of about what the text covers."""
        return self._corners

    @cached_property
    def _corners(self) -> np.ndarray:
        letters = self.letters
        low = {"BOTTOM": 0.0, "TOP": -self.size, "CENTER": -self.size / 2}[self.align]
        local = np.array([[x, y, 0, 1] for x in (letters.x, letters.x + letters.width) for y in (low, low + self.size)])
        return (local @ self.frame.T)[:, :3]


@lru_cache(maxsize=1024)
def _line(text: str, kind: str, em: float, font: Path) -> PageText:
    """A text by itself, its name as mathematics writes it."""
    runs = typeset.name(text) if kind == "name" else typeset.plain(text)
    return line(runs, fonts.load(font), em / POINT, "text", kind)


def legends(node: Node, placement: Placement, camera: Camera, style: str = "beside",
            taken: Mapping[int, bool] | None = None, busy: Sequence[Text] = ()) -> list[Text]:
    """The texts of one matrix; none if its ``deco.legends`` is 0. ``taken``: edges where labels stand, by the axis
    along which they run: the far one or not; an inner matrix' name keeps off them. ``busy``: texts that its name does
    not run into if it can stand elsewhere."""
    shown = [] if node.deco.legends <= 0 else _quads(busy, camera)

    def worth(options: Sequence[Text]) -> list[tuple[bool, bool, float]]:
        """Of each, whether it runs into nothing, whether it is in the picture, how large it is there."""
        quads = _quads(options, camera)
        hit = outlines.overlap(quads[:, None], shown[None]).any(1) if len(shown) else [False] * len(options)
        return [(not each, camera.holds(camera.project(text.corners())), _area(quad))
                for each, text, quad in zip(hit, options, quads)]

    def best_of(options: Sequence[Text]) -> Text:
        found = worth(options)
        return options[found.index(max(found))]

    size = node.deco.legends * np.cbrt(node.h * node.w) / 10
    if size <= 0:
        return []
    out = []
    by_edge = {}
    if node.deco.shape and node.edges:
        for axis, edge, split in ((1, node.edges[0], node.rows), (0, node.edges[1], node.cols)):
            text = _beside(node, placement, camera, axis, edge.far, _shape_text(edge.letter, split),
                           size * SHAPE_SIZE, 0.0, "shape")
            by_edge[axis] = text
            out.append(text)
    if node.name:
        fitted = size * min(1.0, NAME_WIDTH / len(node.name))
        if style == "over":
            out.append(_over(node, placement, camera, fitted))
        elif node.edges:
            fitted *= BESIDE
            # beyond the shape legend of the outer edge on which it is in the picture, and largest there
            options = []
            for axis, edge in ((0, node.edges[1]), (1, node.edges[0])):
                beyond = by_edge[axis].reach * 1.5 if axis in by_edge else 0.0
                options.append(_beside(node, placement, camera, axis, edge.far, node.name, fitted, beyond, "name"))
            best = best_of(options)
            out.append(best)
            if node.note:  # beyond the name
                axis = next(axis for axis, text in enumerate(options) if text is best)
                beyond = (by_edge[axis].reach * 1.5 if axis in by_edge else 0.0) + best.reach * 1.3
                out.append(_beside(node, placement, camera, axis, node.edges[1 - axis].far, node.note,
                                   size * NOTE_SIZE, beyond, "note"))
        else:
            wanted, fitted = fitted, min(fitted, max((node.layout.gap - MARGIN) * ROOM, 1.0))
            options = [_beside(node, placement, camera, axis, far, node.name, fitted, 0.0, "name", 1.0)
                       for axis in (0, 1) for far in (True, False) if (taken or {}).get(axis) is not far]
            best, over = best_of(options), _over(node, placement, camera, wanted)
            free, over_is_free = (found[0] for found in worth([best, over]))
            if not free and over_is_free:
                best = over
            elif _shown_height(best, camera) < LEGIBLE:
                best = max(best, over, key=lambda text: _shown_height(text, camera))
            out.append(best)
            if node.note:
                out.append(_under(best, node.note, NOTE_SIZE * wanted))
    return out


def _shape_text(letter: str, axis: Split) -> str:
    return f"{letter} = {axis.full}" + (f" / {axis.count}" if axis.count > 1 else "")


def _edge_point(node: Node, axis: int, far: bool, distance: float) -> np.ndarray:
    """A point ``distance`` outside the middle of an edge that runs along ``axis`` (0: a row, 1: a column)."""
    ends = np.array([node.cols.shown - 1, node.rows.shown - 1, 0.0])
    point = ends / 2
    across = 1 - axis
    point[across] = ends[across] + MARGIN + distance if far else -MARGIN - distance
    return point


def _beside(node: Node, placement: Placement, camera: Camera, axis: int, far: bool, text: str, size: float,
            beyond: float, kind: str, room: float = np.inf) -> Text:
    frame = placement.matrices[node.path]
    point = frame[:3, :3] @ _edge_point(node, axis, far, 0.3 * size + beyond) + frame[:3, 3]
    along, up, out = reading_axes(frame, axis, point, camera)
    point = point + LIFT * out
    outward = frame[:3, 1 - axis] * (1 if far else -1)
    return Text(node.path, kind, text, text_frame(*_stretched(along, up, point, camera, room), out, point), size,
                "BOTTOM" if up @ outward > 0 else "TOP")


def _over(node: Node, placement: Placement, camera: Camera, size: float) -> Text:
    frame = placement.matrices[node.path]
    middle = np.array([(node.cols.shown - 1) / 2, (node.rows.shown - 1) / 2, 0])
    point = frame[:3, :3] @ middle + frame[:3, 3]
    along, up, out = reading_axes(frame, 0, point, camera)
    return Text(node.path, "name", node.name, text_frame(along, up, out, point + out), size, "CENTER")


def _under(text: Text, note: str, size: float) -> Text:
    """A note below a text, in its plane, level and no wider than twice the text."""
    size = min(size, 2 * text.size * max(len(text.text), 4) / len(note))
    down = {"BOTTOM": -0.2, "TOP": -1.2, "CENTER": -0.7}[text.align] * text.size
    frame = text.frame.copy()
    frame[:3, 3] = text.frame[:3, 3] + down * text.frame[:3, 1]
    return Text(text.path, "note", note, frame, size, "TOP")


def reading_axes(frame: np.ndarray, axis: int, point: np.ndarray, camera: Camera):
    """Text axes in the plane of ``frame`` along ``axis``: towards the camera, left to right, or else upwards."""
    out = frame[:3, 2] * (1 if frame[:3, 2] @ camera.towards(point) > 0 else -1)
    along = frame[:3, axis].copy()
    # what counts is the direction on the screen, so perspective: project the ends of a short step
    (ax, ay, _), (bx, by, _) = camera.project(np.array([point - along, point + along])).tolist()
    sx, sy = bx - ax, by - ay
    if sx < 0 if abs(sx) > 0.6 * abs(sy) else sy < 0:
        along = -along
    return along, cross(out, along), out


def _stretched(along: np.ndarray, up: np.ndarray, point: np.ndarray, camera: Camera, most: float):
    """The axes of a text with the one that perspective shortens more made longer, as letters on a road are."""
    ends = camera.project(point + np.array([-along, along, -up, up]) / 2)[:, :2].tolist()
    wide, high = (max(math.dist(a, b), 1e-9) for a, b in (ends[:2], ends[2:]))
    ratio = wide / high
    return along * min(max(1 / ratio, 1), WIDEST, most), up * min(max(ratio, 1), TALLEST, most)


def _quads(texts: Sequence[Text], camera: Camera) -> np.ndarray:
    """What texts cover as seen, in order around (n, 4, 2)."""
    corners = np.array([text.corners() for text in texts]).reshape(-1, 3)
    return camera.project(corners)[:, :2].reshape(-1, 4, 2)[:, AROUND]


def _area(quad: np.ndarray) -> float:
    """About how large a text is in the picture: the area of its quadrilateral (4, 2), coarse so that ties stay."""
    (ax, ay), (bx, by) = quad[2] - quad[0], quad[1] - quad[3]
    return round(float(abs(ax * by - ay * bx)) * 1e4, 1)


def _shown_height(text: Text, camera: Camera) -> float:
    """Height of a text as it would be seen face on, as a share of the height of a square picture."""
    distance = max(camera.project(text.frame[None, :3, 3])[0, 2], 1e-6)
    return text.size / distance / (2 * np.tan(np.radians(camera.fov) / 2))


def text_frame(along: np.ndarray, up: np.ndarray, out: np.ndarray, point: np.ndarray) -> np.ndarray:
    m = np.eye(4)
    m[:3, 0], m[:3, 1], m[:3, 2], m[:3, 3] = along, up, out, point
    return m
