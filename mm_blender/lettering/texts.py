"""Texts that lie in the planes of matrices: what they cover, and how they are turned to the camera.

Each faces the camera and reads from left to right, or upwards. Whatever is placed here is placed all at once: arrays
have a row a text.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from ..expression.tree import Node
from ..layout.framing import Camera
from ..layout.guides import MARGIN
from ..layout.places import Placement
from . import fonts, typeset
from .lines import line, PageText
from .page import POINT

GLYPH_WIDTH = 0.55    # width of a character of the font, relative to its size; measured over names
SIZE_OF_EM = 1.07     # of Blender's own font, whose size is not quite the em that other programs count
FOOT, HEAD = 0.24, -0.82  # em from an edge to the baseline of a text that stands on it or hangs from it
LOW = {"BOTTOM": 0.0, "TOP": -1.0, "CENTER": -0.5}   # where a text begins from its origin up, in its size …
LEFT = {"LEFT": 0.0, "RIGHT": -1.0, "CENTER": -0.5}  # … and along its line, in its width
AWAY = 0.3            # from a matrix' frame to a text beside it, in the text's size
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
    kind: str  # "name", "shape", "label", "note" or "title"
    text: str
    frame: np.ndarray
    size: float
    align: str  # "BOTTOM", "TOP" or "CENTER"
    anchor: str = "CENTER"  # or "LEFT" or "RIGHT": which end is at the origin

    @property
    def em(self) -> float:
        """The size of its letters as fonts count it."""
        return self.size / SIZE_OF_EM

    @property
    def line(self) -> PageText:
        """Its runs, from the beginning of its baseline on."""
        return _line(self.text, self.kind, self.em, fonts.path())

    @cached_property
    def letters(self) -> PageText:
        """Its runs from where the line begins on, in pitches along the line and up."""
        up = -fonts.load().cap / 2 if self.align == "CENTER" else {"BOTTOM": FOOT, "TOP": HEAD}[self.align]
        return self.line.moved(LEFT[self.anchor] * self.line.width, up * self.em)

    @property
    def reach(self) -> float:
        """How far it reaches from its edge, in pitches."""
        return self.size * float(np.linalg.norm(self.frame[:3, 1]))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """About what it covers in its own frame: from its left to its right, from its foot to its head."""
        width = self.line.width
        left, low = LEFT[self.anchor] * width, LOW[self.align] * self.size
        return left, left + width, low, low + self.size

    def corners(self) -> np.ndarray:
        """The corners (4, 3) of about what the text covers."""
        return corners([self])[0]


@lru_cache(maxsize=1024)
def _line(text: str, kind: str, em: float, font: Path) -> PageText:
    """A text by itself, a name, and what is between a title's dollar signs, as mathematics writes it."""
    runs = {"name": typeset.name, "title": typeset.words}.get(kind, typeset.plain)(text)
    return line(runs, fonts.load(font), em / POINT, "text", kind)


# ---- what they cover

def corners(texts: Sequence[Text]) -> np.ndarray:
    """The corners (n, 4, 3) of about what texts cover."""
    if not texts:
        return np.zeros((0, 4, 3))
    frames = np.array([text.frame for text in texts])[:, None, :3]
    extents = np.array([text.extent for text in texts])
    along, up = extents[:, [0, 0, 1, 1], None], extents[:, [2, 3, 2, 3], None]
    return along * frames[..., 0] + up * frames[..., 1] + frames[..., 3]


def quads(corners: np.ndarray, camera: Camera) -> np.ndarray:
    """Corners of texts (n, 4, 3) as seen, in order around (n, 4, 2)."""
    return camera.project(corners[:, AROUND])[..., :2]


# ---- where they stand

@dataclass(frozen=True)
class Edge:
    """An edge of a matrix and what is to stand there. ``axis``: along which it runs (0: a row, 1: a column); ``far``:
    at the larger index; ``beyond``: pitches that stay free before it; ``room``: how much longer its letters may be
    made."""

    node: Node
    axis: int
    far: bool
    kind: str
    text: str
    size: float
    beyond: float = 0.0
    room: float = math.inf


def beside(edges: Sequence[Edge], placement: Placement, camera: Camera) -> list[Text]:
    """The texts of ``edges``, each outside the middle of its edge."""
    if not edges:
        return []
    frames = np.array([placement.matrices[edge.node.path] for edge in edges])
    axis, far = np.array([(edge.axis, edge.far) for edge in edges]).T
    away = MARGIN + np.array([AWAY * edge.size + edge.beyond for edge in edges])
    ends, each = _ends([edge.node for edge in edges]), np.arange(len(edges))
    at = ends / 2
    at[each, 1 - axis] = np.where(far, ends[each, 1 - axis] + away, -away)
    points = inside(frames, at)
    along, up, out = reading_axes(frames, axis, points, camera)
    outward = frames[each, :3, 1 - axis] * np.where(far, 1, -1)[:, None]
    stands = (up * outward).sum(1) > 0
    points += LIFT * out
    along, up = _stretched(along, up, points, camera, np.array([edge.room for edge in edges]))
    return [Text(edge.node.path, edge.kind, edge.text, frame, edge.size, "BOTTOM" if on_its_feet else "TOP")
            for edge, frame, on_its_feet in zip(edges, text_frames(along, up, out, points), stands.tolist())]


def over(nodes: Sequence[Node], sizes: Sequence[float], placement: Placement, camera: Camera) -> list[Text]:
    """The names of matrices over their middles."""
    if not nodes:
        return []
    frames = np.array([placement.matrices[node.path] for node in nodes])
    points = inside(frames, _ends(nodes) / 2)
    along, up, out = reading_axes(frames, np.zeros(len(nodes), int), points, camera)
    return [Text(node.path, "name", node.name, frame, size, "CENTER")
            for node, frame, size in zip(nodes, text_frames(along, up, out, points + out), sizes)]


def inside(frames: np.ndarray, points: np.ndarray) -> np.ndarray:
    """``points`` (n, 3) of the frames (n, 4, 4), in the world."""
    return (frames[:, :3, :3] @ points[:, :, None])[..., 0] + frames[:, :3, 3]


def reading_axes(frames: np.ndarray, axis: np.ndarray, points: np.ndarray,
                 camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes of texts at ``points`` (n, 3), in the planes of ``frames`` (n, 4, 4) along ``axis`` (n,): along the line
    from left to right, or else upwards; up; towards the camera. Each (n, 3)."""
    out = frames[:, :3, 2]
    out = np.where((out * camera.towards(points)).sum(1, keepdims=True) > 0, out, -out)
    along = frames[np.arange(len(frames)), :3, axis]
    # what counts is the direction on the screen, so perspective: project the ends of a short step
    start, end = camera.project(np.array([points - along, points + along]))[..., :2]
    x, y = (end - start).T
    backwards = np.where(abs(x) > 0.6 * abs(y), x, y) < 0
    along = np.where(backwards[:, None], -along, along)
    return along, np.cross(out, along), out


def _stretched(along: np.ndarray, up: np.ndarray, points: np.ndarray, camera: Camera,
               most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The axes of texts with the one that perspective shortens more made longer, as letters on a road are."""
    left, right, foot, head = camera.project(points + np.array([-along, along, -up, up]) / 2)[..., :2]
    wide, high = (np.maximum(np.linalg.norm(ends, axis=1), 1e-9) for ends in (right - left, head - foot))
    longer, higher = (np.minimum(np.maximum(ratio, 1), np.minimum(limit, most))[:, None]
                      for ratio, limit in ((high / wide, WIDEST), (wide / high, TALLEST)))
    return along * longer, up * higher


def text_frames(along: np.ndarray, up: np.ndarray, out: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The frames (n, 4, 4) of texts at ``points``."""
    frames = np.zeros((len(points), 4, 4))
    frames[:, :3] = np.stack([along, up, out, points], axis=2)
    frames[:, 3, 3] = 1
    return frames


def _ends(nodes: Sequence[Node]) -> np.ndarray:
    """The last elements of matrices in their own frames (n, 3)."""
    return np.array([(node.cols.shown - 1, node.rows.shown - 1, 0.0) for node in nodes])
