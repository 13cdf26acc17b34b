"""Matrices on a page: where a camera sees each of a group, in inches from the page's lower left corner."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..expression.tree import Node, nodes
from ..layout import framing
from ..layout.framing import Camera
from ..lettering import labels, polygons
from ..lettering.page import Page
from .group import Group

RIM = 0.6   # from the centres of the outermost elements to a matrix' outline, in pitches
HALF = 0.4  # half the thickness of a matrix
SPECK = np.array([(-1e4, -1e4), (-1e4 + 1, -1e4), (-1e4, -1e4 + 1)])  # inches
NEAREST = 0.02  # of the distance of what is furthest, at which a matrix that goes by the camera is cut


@dataclass(frozen=True)
class Matrix:
    """A matrix on the page: the ``frame`` (4, 4) in which it lies, its ``words`` if its rows and columns have labels,
    and the number of its ``owner`` where several stand side by side."""

    node: Node
    frame: np.ndarray
    words: Mapping[str, Sequence[str]] | None
    owner: int

    def points(self, local: np.ndarray) -> np.ndarray:
        """Points (n, 3) of its own frame, in that of the whole."""
        return local @ self.frame[:3, :3].T + self.frame[:3, 3]

    def holds(self, point: np.ndarray) -> bool:
        """Whether a point (3,) of the whole is in it."""
        local = np.linalg.solve(self.frame[:3, :3], point - self.frame[:3, 3])
        corners = slab(self.node)
        return bool(((local > corners.min(0) - HALF) & (local < corners.max(0) + HALF)).all())


def matrices(group: Group) -> list[Matrix]:
    """All that are shown, in the frame and the pitch of the first document."""
    out = []
    for owner, (one, scale, offset) in enumerate(group.members):
        move = np.diag([scale, scale, scale, 1.0])
        move[:3, 3] = offset
        held = one.labels
        for node in nodes(one.tree):
            words = held.get(node.path)
            words = words if words and labels.is_shown(node, words) else None
            out.append(Matrix(node, move @ one.placement.matrices[node.path], words, owner))
    return out


def on_page(camera: Camera, page: Page, points: np.ndarray) -> np.ndarray:
    """Where the camera sees ``points`` (n, 3), in inches from the page's lower left corner (n, 2)."""
    return camera.page(points, page.aspect) * (page.width, page.height)


def outlines_of(every: Sequence[Matrix], camera: Camera, page: Page) -> np.ndarray:
    """The outlines (n, m, 2) of the matrices on the page, counterclockwise, the shorter ones with a corner repeated;
    of one that goes by the camera what is before it, of one behind it a speck off the page."""
    return outlines_of_slabs([each.points(slab(each.node)) for each in every], camera, page)


def outlines_of_slabs(slabs: Sequence[np.ndarray], camera: Camera, page: Page) -> np.ndarray:
    """``outlines_of`` slabs by their corners, each (8, 3), in the frame of the whole."""
    points = [_before(camera, each) for each in slabs]
    out = [polygons.hull(on_page(camera, page, each)) if len(each) else SPECK for each in points]
    longest = max(map(len, out))
    return np.array([np.concatenate([hull, np.repeat(hull[-1:], longest - len(hull), axis=0)]) for hull in out])


def _before(camera: Camera, corners: np.ndarray) -> np.ndarray:
    """Of a slab with these ``corners`` (8, 3), what is before the camera: the corners, and where its edges come before
    it."""
    depths = camera.project(corners)[:, 2] if not camera.parallel else np.ones(len(corners))
    near = NEAREST * max(float(abs(depths).max()), 1e-6)
    there = depths > near
    if there.all() or not there.any():
        return corners[there]
    shares = (near - depths[~there, None]) / (depths[there] - depths[~there, None])
    crossed = corners[~there, None] + shares[..., None] * (corners[there] - corners[~there, None])
    return np.concatenate([corners[there], crossed.reshape(-1, 3)])


def slab(node: Node) -> np.ndarray:
    """The corners (8, 3) of what a matrix fills, in its own frame."""
    return framing.corners(np.array([-RIM, -RIM, -HALF]),
                           np.array([node.cols.shown - 1 + RIM, node.rows.shown - 1 + RIM, HALF]))
