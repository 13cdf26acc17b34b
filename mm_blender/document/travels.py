"""Travels: from where to where the elements of one document go as it turns into another, as arrays.

What keeps all about itself moves as a body. Of what changes on the way, every element has a place, a value and a size
at the start and at the end; what has no partner shrinks where it is, or grows there.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..appearance import rules
from ..errors import ParameterError, SizeError
from ..expression.tree import Node, nodes
from ..layout.framing import Camera
from ..layout.places import offsets, shift
from ..plain import said
from .document import Document
from .pairing import Pair, pairs

MOST = 2_000_000  # elements that change on their way
FLIP = np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])  # rows become columns, turned over
ALIKE = ("look", "projection", "transparent", "lettering", "reduce", "cells", "fps")  # options of both
WITHOUT = ("keys", "numbers", "sums", "arcs", "story")  # options that neither may have
ROOM = 0.85  # of the half of a picture, that what travels may fill: beside it is written what it is
SAMPLES = (0.2, 0.35, 0.5, 0.65, 0.8)  # shares of the way at which two bodies are kept apart
HEIGHTS = (0.25, -0.25, 0.5, -0.5)  # of an arc, as shares of the larger side of what goes along it
DETOUR = 0.3  # how much of its way such a side of arc is worth that something else is in


@dataclass(frozen=True, eq=False)
class Changing:
    """n elements that do not stay as they are about the middle of what they belong to, each at the start and at the end
    (2, …): ``places`` (2, n, 3) from there, in pitches; ``values`` (2, n); ``edges`` (2, n) in pitches."""

    places: np.ndarray
    values: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True, eq=False)
class Travel:
    """What goes together: all of a ``first`` matrix, or a part of it, that becomes ``second`` or a part of that; where
    one of them is None, it vanishes or appears. ``frames`` (2, 4, 4): of its middle, ``middle`` (2, 3) in the matrix'
    own frame. ``half`` (3,): from its middle to its corners, in pitches. ``changing`` is None of a body. ``stiff``: a
    whole matrix becomes a whole one, and no element leaves its place about the middle."""

    first: Node | None
    second: Node | None
    frames: np.ndarray
    middle: np.ndarray
    half: np.ndarray
    changing: Changing | None = None
    stiff: bool = False

    @property
    def node(self) -> Node:
        """What it was or, of what appears, will be."""
        node = self.first or self.second
        assert node is not None  # nothing travels
        return node

    @property
    def moves(self) -> bool:
        """Whether it is elsewhere at the end."""
        return not np.allclose(self.frames[0], self.frames[1])


def travels(first: Document, second: Document) -> list[Travel]:
    """All that ``first`` and ``second`` show, from the one to the other. Raises a ParameterError for documents of which
    one cannot turn into the other, and a SizeError where too many elements change."""
    check(first, second)
    found = pairs(first, second)
    out = [_paired(first, second, pair) for pair in found]
    for at, document in enumerate((first, second)):
        for node in nodes(document.tree):
            left = np.ones((node.h, node.w), bool)
            for pair in found:
                if (pair.first, pair.second)[at] is node:
                    left[slice(*pair.rows[at]), slice(*pair.cols[at])] = False
            if left.any():
                out.append(_alone(document, node, left, at))
    total = sum(each.changing.values.shape[1] for each in out if each.changing)
    if total > MOST:
        raise SizeError(f"{total:,} elements would change on their way, and a transition has at most {MOST:,}: show "
                        "fewer (cells=), or a part")
    return out


def check(first: Document, second: Document) -> None:
    """Raise a ParameterError, which says what differs, where ``first`` cannot turn into ``second``."""
    for name in WITHOUT:
        if getattr(first.options, name) or getattr(second.options, name):
            raise ParameterError(f"a transition has no {name}: make both without")
    for name in ALIKE:
        was, now = getattr(first.options, name), getattr(second.options, name)
        if was != now:
            raise ParameterError(f"one thing turns into another under one {name}, and these have {said(was)} and "
                                 f"{said(now)}")
    if "cabinet" in (first.camera.kind, second.camera.kind):
        raise ParameterError("a cabinet projection slants the scene for one picture, and a transition has two: choose "
                             "another projection")
    if first.placement.pitch != second.placement.pitch:
        raise ParameterError("one of these is so large that its elements are drawn closer together than the other's: "
                             "show fewer (cells=), or a part")


def _paired(first: Document, second: Document, pair: Pair) -> Travel:
    """What has a partner."""
    was, now = pair.first, pair.second
    places = [_places(node, *lines) for node, lines in zip((was, now), zip(pair.rows, pair.cols))]
    values = [document.values[node.path][slice(*rows), slice(*cols)] for document, node, rows, cols in zip(
        (first, second), (was, now), pair.rows, pair.cols)]
    turn = np.eye(4)
    if pair.flipped:
        turn, values[1] = FLIP, values[1].T
        places[1] = places[1].swapaxes(0, 1)[..., [1, 0, 2]]
    middle = np.array([(place[0, 0] + place[-1, -1]) / 2 for place in places])
    about = np.array([place - at for place, at in zip(places, middle)])
    frames = np.array([first.placement.matrices[was.path] @ shift(*middle[0]),
                       second.placement.matrices[now.path] @ turn @ shift(*middle[1])])
    half = np.abs(about).max((0, 1, 2)) + 0.5
    stiff = pair.whole and np.allclose(about[0], about[1])
    if stiff and pair.same and _drawn_alike(first, was, second, now):
        return Travel(was, now, frames, middle, half, stiff=True)
    held = np.array(values).reshape(2, -1)
    edges = np.array([rules.edge(x, document.scaling.scales[node.path], node.viz)
                      for x, document, node in zip(held, (first, second), (was, now))])
    return Travel(was, now, frames, middle, half, Changing(about.reshape(2, -1, 3), held, edges), stiff)


def _alone(document: Document, node: Node, left: np.ndarray, at: int) -> Travel:
    """Those elements of a matrix that are ``left`` (h, w) without a partner: of the first document (``at`` 0) they
    vanish, of the second (1) they appear."""
    places, x = _places(node, (0, node.h), (0, node.w)), document.values[node.path]
    middle = (places[0, 0] + places[-1, -1]) / 2
    frame = document.placement.matrices[node.path] @ shift(*middle)
    edges = np.zeros((2, int(left.sum())))
    edges[at] = rules.edge(x[left], document.scaling.scales[node.path], node.viz)
    changing = Changing(np.array([places[left] - middle] * 2), np.array([x[left]] * 2), edges)
    was, now = (node, None) if at == 0 else (None, node)
    return Travel(was, now, np.array([frame] * 2), np.array([middle] * 2), np.abs(places - middle).max((0, 1)) + 0.5,
                  changing)


def _places(node: Node, rows: tuple[int, int], cols: tuple[int, int]) -> np.ndarray:
    """Where elements (h, w, 3) lie in the frame of their matrix, in pitches."""
    down, along = offsets(node)
    down, along = down[slice(*rows)], along[slice(*cols)]
    return np.stack([*np.broadcast_arrays(along[None, :], down[:, None]), np.zeros((down.size, along.size))], -1)


def _drawn_alike(first: Document, was: Node, second: Document, now: Node) -> bool:
    """Whether equal values of two matrices have equal sizes and colours."""
    scales = [document.scaling.scales[node.path] for document, node in ((first, was), (second, now))]
    sizes = [(node.viz.elem_scale, node.viz.min_size) for node in (was, now)]
    ends = [(scale.low, scale.high) for scale in scales]
    same = first.scaling.colours[was.path] == second.scaling.colours[now.path]
    return np.allclose(ends[0], ends[1], rtol=1e-5) and sizes[0] == sizes[1] and same


# ---- ways

@dataclass(frozen=True, eq=False)
class Way:
    """How something travels: straight from the start to the end, evenly turning, and in the middle ``arc`` (3,) off
    that, in pitches."""

    travel: Travel
    arc: np.ndarray

    def frame(self, share: float) -> np.ndarray:
        """Of its middle (4, 4), at a share of its way."""
        start, end = self.travel.frames
        out = np.eye(4)
        out[:3, :3] = start[:3, :3] @ _turned(start[:3, :3].T @ end[:3, :3], share)
        out[:3, 3] = (1 - share) * start[:3, 3] + share * end[:3, 3] + 4 * share * (1 - share) * self.arc
        return out

    def corners(self, share: float) -> np.ndarray:
        """Of what it fills (8, 3), at a share of its way."""
        signs = np.array([[x, y, z, 1] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
        return ((signs * np.array([*self.travel.half, 1.0])) @ self.frame(share).T)[:, :3]


def ways(found: Sequence[Travel], axes: np.ndarray) -> list[Way]:
    """How each travels so that they do not go through each other: what meets nothing goes straight, the others towards
    the eye, away from it, up or down; ``axes`` (3, 3): right, up and backward of the camera. In the order of
    ``found``."""
    out: dict[int, Way] = {}
    taken: list[np.ndarray] = []
    for at in sorted(range(len(found)), key=lambda at: (found[at].moves, found[at].half.max())):
        body = found[at]
        tried = [(0.0, Way(body, np.zeros(3)))]
        if body.moves:
            tried += [(abs(height), Way(body, height * 2 * float(body.half.max()) * axis)) for height in HEIGHTS
                      for axis in (axes[2], axes[1])]
        boxes = [np.array([[each.min(0), each.max(0)] for each in map(way.corners, SAMPLES)]) for _, way in tried]
        costs = [_overlap(each, taken) + DETOUR * height for each, (height, _) in zip(boxes, tried)]
        best = int(np.argmin(costs))
        out[at] = tried[best][1]
        taken.append(boxes[best])
    return [out[at] for at in range(len(found))]


def _turned(whole: np.ndarray, share: float) -> np.ndarray:
    """A share of a rotation (3, 3), about the same axis."""
    cosine = float(np.clip((np.trace(whole) - 1) / 2, -1, 1))
    if cosine > 1 - 1e-9:
        return np.eye(3)
    square = ((whole + whole.T) / 2 - cosine * np.eye(3)) / (1 - cosine)  # of the axis, times itself
    largest = int(np.argmax(np.diag(square)))
    axis = square[largest] / np.sqrt(square[largest, largest])
    if np.array([whole[2, 1] - whole[1, 2], whole[0, 2] - whole[2, 0], whole[1, 0] - whole[0, 1]]) @ axis < 0:
        axis = -axis
    angle, (x, y, z) = share * np.arccos(cosine), axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _overlap(boxes: np.ndarray, others: Iterable[np.ndarray]) -> float:
    """The share of the volume of ``boxes`` (samples, 2, 3) that they have in common with ``others``."""
    shared = (np.minimum(boxes[:, 1], other[:, 1]) - np.maximum(boxes[:, 0], other[:, 0]) for other in others)
    whole = (boxes[:, 1] - boxes[:, 0]).prod(1).sum()
    return float(sum(np.clip(each, 0, None).prod(1).sum() for each in shared) / whole)


def retreat(found: Sequence[Way], cameras: tuple[Camera, Camera], aspect: float) -> float:
    """How far the camera, which goes from the one to the other of ``cameras``, stands back in the middle of its way, in
    pitches, so that in a picture of ``aspect`` nothing comes nearer to its edges than at both ends."""
    most, first, second = 0.0, *cameras
    free = max(ROOM, *(_reach(found, camera, end, aspect)[0].max() for end, camera in enumerate(cameras)))
    for share in SAMPLES:
        position, target = ((1 - share) * was + share * now for was, now in (
            (first.position, second.position), (first.target, second.target)))
        between = Camera(position, target, (1 - share) * first.fov + share * second.fov, first.kind)
        reach, depth = _reach(found, between, share, aspect)
        most = max(most, float((depth * (reach / free - 1)).max()) / (4 * share * (1 - share)))
    return most


def _reach(found: Sequence[Way], camera: Camera, share: float, aspect: float) -> tuple[np.ndarray, np.ndarray]:
    """Of what travels at a share of its way, how far from the middle of a picture each point (n,) is, whose edges are
    at 1, and its distance (n,) before the camera."""
    there = [way for way in found if share <= 0.5 or way.travel.second is not None]
    seen = camera.project(np.concatenate([way.corners(share) for way in there if share >= 0.5 or way.travel.first]))
    half = math.tan(math.radians(camera.vertical_fov(aspect)) / 2)
    return np.abs(seen[:, :2] / (half * aspect, half)).max(1), seen[:, 2]
