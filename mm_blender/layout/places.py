"""Places: where every matrix lies.

Everything here is in the reference's terms: its world (x right, y up, z towards the viewer, the whole expression
centred on the origin) and its unit, the pitch between neighbouring elements. A matrix's own frame has x along its
columns, y down its rows. ``to_blender`` maps to Blender's axes. Rules: bhosmer/mm, ``viz.js`` (``initLeftViz``,
``initRightViz``, ``initResultViz``, ``center``, ``LAYOUT_RULES``).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..expression.blocks import Split
from ..expression.tree import Leaf, MatMul, Node, nodes

TO_BLENDER = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
PITCH = 0.1          # metres between neighbouring elements …
LARGEST = 400.0      # … unless the expression would be larger than this, in metres (viewports clip at 1,000)


@dataclass(frozen=True)
class Placement:
    """Where the matrices of an expression lie. Frames are 4 x 4, reference world from the matrix's own frame."""

    matrices: dict[str, np.ndarray]  # by path: frame whose origin is element (0, 0)
    boxes: dict[str, np.ndarray]     # by path of a matmul: frame whose origin is the corner of its box
    low: np.ndarray                  # corners of the whole expression's bounding box (3,)
    high: np.ndarray

    @property
    def pitch(self) -> float:
        """Metres between neighbouring elements: 0.1, less (by powers of ten) for very large expressions."""
        size = float((self.high - self.low).max())
        pitch = PITCH
        while size * pitch > LARGEST:
            pitch /= 10
        return pitch


def place(tree: MatMul) -> Placement:
    """Frames of all matrices, the whole expression centred on the origin."""
    matrices: dict[str, np.ndarray] = {}
    boxes: dict[str, np.ndarray] = {}
    _place(tree, turn("x", 2), tree.count, matrices, boxes)  # rows run down: half a turn about x
    corners = []
    for node in nodes(tree):
        if isinstance(node, MatMul):
            frame = boxes[node.path]
            corners += [frame[:3, 3], frame[:3, :3] @ extent(node) + frame[:3, 3]]
    low, high = np.min(corners, 0), np.max(corners, 0)
    centre = (low + high) / 2
    for frame in [*matrices.values(), *boxes.values()]:
        frame[:3, 3] -= centre
    return Placement(matrices, boxes, low - centre, high - centre)


def _place(node: Node, frame: np.ndarray, total: int, matrices: dict, boxes: dict) -> None:
    gap = node.layout.gap
    if isinstance(node, Leaf):
        matrices[node.path] = frame @ shift(gap, gap, 0)
        return
    boxes[node.path] = frame
    size = extent(node)
    matrices[node.path] = frame @ shift(gap, gap, 0 if node.layout.front else size[2])
    _place(node.left, frame @ operand_frame(node, total, left=True), total, matrices, boxes)
    _place(node.right, frame @ operand_frame(node, total, left=False), total, matrices, boxes)


def operand_frame(node: MatMul, total: int, left: bool) -> np.ndarray:
    """Frame of an operand's corner in the frame of its matmul's box."""
    side = node.layout
    child = node.left if left else node.right
    size, depth, away = extent(node), extent(child)[2], scatter(node, child.count, total)
    near, far = (side.left, size[0]) if left else (side.top, size[1])
    if side.positive:
        offset = -away if near else far + depth + away
    else:
        offset = -(depth + away) if near else far + away
    z = 0.0 if side.positive else size[2]
    at = shift(offset, 0, z) if left else shift(0, offset, z)
    return at @ (turn("y", -1 if side.positive else 1) if left else turn("x", 1 if side.positive else -1))


def extent(node: Node) -> np.ndarray:
    """Size of a node's box along its own x, y, z in pitches, gaps included; a leaf is flat."""
    around = 2 * node.layout.gap - 1
    return np.array([node.cols.shown + around, node.rows.shown + around,
                     node.inner.shown + around if isinstance(node, MatMul) else 0.0])


def scatter(node: MatMul, count: int, total: int) -> float:
    """How far an operand made of ``count`` matmuls stands off, where the whole expression has ``total``."""
    side = node.layout
    if count < side.molecule or side.scatter == 0:
        return 0.0
    base, power = (count, side.blast) if side.blast >= 0 else (total - count, -side.blast)
    return side.scatter * float(base) ** power


def outline(tree: MatMul, placement: Placement) -> np.ndarray:
    """The corners (n, 3) of all matrices as drawn, outer halves of their elements included."""
    points = []
    for node in nodes(tree):
        x, y = node.cols.shown - 0.5, node.rows.shown - 0.5
        local = np.array([[a, b, c, 1] for a in (-0.5, x) for b in (-0.5, y) for c in (-0.5, 0.5)])
        points.append((local @ placement.matrices[node.path].T)[:, :3])
    return np.concatenate(points)


def offsets(node: Node) -> tuple[np.ndarray, np.ndarray]:
    """Distance of every row (h,) and column (w,) from the first, in pitches, gaps between blocks included."""
    def along(axis: Split) -> np.ndarray:
        index = np.arange(axis.size)
        return index + (index // axis.step) * axis.gap

    return along(node.rows), along(node.cols)


def to_blender(points: np.ndarray) -> np.ndarray:
    """Reference world to Blender's axes: (x, y, z) -> (x, -z, y); shape (..., 3)."""
    return np.asarray(points) @ TO_BLENDER[:3, :3].T


def from_blender(points: np.ndarray) -> np.ndarray:
    """The reverse."""
    return np.asarray(points) @ TO_BLENDER[:3, :3]


def turn(axis: str, quarters: int) -> np.ndarray:
    """A rotation by ``quarters`` of a turn about ``axis``, exact."""
    cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters % 4]
    m = np.eye(4)
    a, b = {"x": (1, 2), "y": (2, 0)}[axis]
    m[a, a] = m[b, b] = cos
    m[b, a], m[a, b] = sin, -sin
    return m


def shift(x: float, y: float, z: float) -> np.ndarray:
    """The matrix (4, 4) that moves by that much."""
    m = np.eye(4)
    m[:3, 3] = x, y, z
    return m
