"""Legends: the names of the matrices and their shapes, as text lying in the plane of each matrix.

Each text is turned so that it faces the camera and reads from left to right, or upwards. Names stand beside the data
(``style="beside"``), or over its middle as in the reference (``style="over"``). Which edges carry the shape (``I = 64``,
with the number of blocks behind a slash) follows the reference (bhosmer/mm, ``setLegends``, ``shape_info``).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .framing import Camera
from .guides import MARGIN
from .places import Placement
from .tree import Node, Split

NAME_WIDTH = 8        # names longer than this are set smaller, as in the reference
GLYPH_WIDTH = 0.55    # width of a character of the font, relative to its size; measured over names
SHAPE_SIZE = 1 / 2.5  # size of a shape legend relative to a name's, as in the reference
ROOM = 0.8            # share of the gap between faces that a name may fill


@dataclass(frozen=True)
class Text:
    """A line of text, centred on ``frame``'s origin along its x, standing on it (``above``) or hanging from it.

    ``frame``: 4 x 4, reference world from the text's own (x along the line, y up, z to the reader). ``size``: of the
    font, in pitches.
    """

    path: str
    kind: str  # "name" or "shape"
    text: str
    frame: np.ndarray
    size: float
    align: str  # "BOTTOM", "TOP" or "CENTER"

    def corners(self) -> np.ndarray:
        """The corners (4, 3) of about what the text covers."""
        half = GLYPH_WIDTH * self.size * len(self.text) / 2
        low = {"BOTTOM": 0.0, "TOP": -self.size, "CENTER": -self.size / 2}[self.align]
        local = np.array([[x, y, 0, 1] for x in (-half, half) for y in (low, low + self.size)])
        return (local @ self.frame.T)[:, :3]


def legends(node: Node, placement: Placement, camera: Camera, style: str = "beside") -> list[Text]:
    """The texts of one matrix; none if its ``deco.legends`` is 0."""
    size = node.deco.legends * np.cbrt(node.h * node.w) / 10
    if size <= 0:
        return []
    out = []
    rows = node.rows.shown - 1, node.cols.shown - 1
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
            # along the longer outer edge, beyond its shape legend
            axis = 0 if rows[1] >= rows[0] else 1
            edge = node.edges[1 - axis]
            beyond = by_edge[axis].size * 1.5 if axis in by_edge else 0.0
            out.append(_beside(node, placement, camera, axis, edge.far, node.name, fitted, beyond, "name"))
        else:
            axis, far = _open_edge(node, placement, camera)
            fitted = min(fitted, max(node.layout.gap * 2 * ROOM, 1.0))
            out.append(_beside(node, placement, camera, axis, far, node.name, fitted, 0.0, "name"))
    return out


def _shape_text(letter: str, axis: Split) -> str:
    return f"{letter} = {axis.size}" + (f" / {axis.count}" if axis.count > 1 else "")


def _edge_point(node: Node, axis: int, far: bool, distance: float) -> np.ndarray:
    """A point ``distance`` outside the middle of an edge that runs along ``axis`` (0: a row, 1: a column)."""
    ends = np.array([node.cols.shown - 1, node.rows.shown - 1, 0.0])
    point = ends / 2
    across = 1 - axis
    point[across] = ends[across] + MARGIN + distance if far else -MARGIN - distance
    return point


def _beside(node: Node, placement: Placement, camera: Camera, axis: int, far: bool, text: str, size: float,
            beyond: float, kind: str) -> Text:
    frame = placement.matrices[node.path]
    point = frame[:3, :3] @ _edge_point(node, axis, far, 0.25 * size + beyond) + frame[:3, 3]
    along, up, out = _reading_axes(frame, axis, point, camera)
    outward = frame[:3, 1 - axis] * (1 if far else -1)
    return Text(node.path, kind, text, _frame(along, up, out, point), size,
                "BOTTOM" if up @ outward > 0 else "TOP")


def _over(node: Node, placement: Placement, camera: Camera, size: float) -> Text:
    frame = placement.matrices[node.path]
    middle = np.array([(node.cols.shown - 1) / 2, (node.rows.shown - 1) / 2, 0])
    point = frame[:3, :3] @ middle + frame[:3, 3]
    along, up, out = _reading_axes(frame, 0, point, camera)
    return Text(node.path, "name", node.name, _frame(along, up, out, point + out), size, "CENTER")


def _reading_axes(frame: np.ndarray, axis: int, point: np.ndarray, camera: Camera):
    """Text axes in the plane of ``frame`` along ``axis``: towards the camera, left to right, or else upwards."""
    right, cam_up, _ = camera.axes()
    out = frame[:3, 2] * (1 if frame[:3, 2] @ (camera.position - point) > 0 else -1)
    along = frame[:3, axis].copy()
    # what counts is the direction on the screen, so perspective: project the ends of a short step
    view = point - camera.position
    depth = max(-(view @ camera.axes()[2]), 1e-6)
    sx = along @ right + (view @ right) / depth * (along @ camera.axes()[2])
    sy = along @ cam_up + (view @ cam_up) / depth * (along @ camera.axes()[2])
    if sx < 0 if abs(sx) > 0.2 * abs(sy) else sy < 0:
        along = -along
    return along, np.cross(out, along), out


def _open_edge(node: Node, placement: Placement, camera: Camera) -> tuple[int, bool]:
    """The edge of an inner result on which a name is best read: the one that is longest on the screen, lower first."""
    frame = placement.matrices[node.path]
    right, up, back = camera.axes()
    best = []
    for axis, far in ((0, True), (0, False), (1, True), (1, False)):
        point = frame[:3, :3] @ _edge_point(node, axis, far, 1.0) + frame[:3, 3]
        along = frame[:3, axis] * (node.cols.shown if axis == 0 else node.rows.shown)
        view = point - camera.position
        depth = max(-(view @ back), 1e-6)
        length = np.hypot(along @ right + view @ right / depth * (along @ back),
                          along @ up + view @ up / depth * (along @ back)) / depth
        height = (view @ up) / depth
        best.append((round(length, 3), -height, axis, far))
    _, _, axis, far = max(best)
    return axis, far


def _frame(along: np.ndarray, up: np.ndarray, out: np.ndarray, point: np.ndarray) -> np.ndarray:
    m = np.eye(4)
    m[:3, 0], m[:3, 1], m[:3, 2], m[:3, 3] = along, up, out, point
    return m
