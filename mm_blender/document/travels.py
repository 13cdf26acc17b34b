"""Travels: from where to where the elements of one document go as it turns into another, as arrays.

What keeps all about itself moves as a body. Of what changes on the way, every element has a place, a value and a size at
the start and at the end; what has no partner shrinks where it is, or grows there.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..appearance import rules
from ..errors import ParameterError, SizeError
from ..expression.tree import Node, nodes
from ..layout.places import offsets, shift
from ..plain import said
from .document import Document
from .pairing import Pair, pairs

MOST = 2_000_000  # elements that change on their way
FLIP = np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])  # rows become columns, turned over
ALIKE = ("look", "projection", "transparent", "lettering", "reduce", "cells")  # options of both
WITHOUT = ("keys", "numbers")  # options that neither may have
SAMPLES = (0.2, 0.35, 0.5, 0.65, 0.8)  # shares of the way at which two bodies are kept apart
HEIGHTS = (0.0, 0.3, -0.3, 0.6, -0.6, 1.0, -1.0)  # of an arc, as shares of the larger side of what goes along it


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
            raise ParameterError(f"a transition has no {name}: leave {name}=True out")
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
    whole = (node, None) if at == 0 else (None, node)
    return Travel(*whole, np.array([frame] * 2), np.array([middle] * 2), np.abs(places - middle).max((0, 1)) + 0.5,
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
    close = np.allclose(*[(scale.low, scale.high) for scale in scales], rtol=1e-5)
    return close and sizes[0] == sizes[1] and first.scaling.colours[was.path] == second.scaling.colours[now.path]


# ---- arcs

def arcs(bodies: Sequence[Travel], axes: np.ndarray) -> np.ndarray:
    """By how far (n, 3) each leaves its straight way in the middle of it, in pitches, so that they do not go through
    each other: towards the eye, away from it, up or down; ``axes`` (3, 3): right, up and backward of the camera. What
    meets nothing goes straight."""
    out = np.zeros((len(bodies), 3))
    boxes: list[np.ndarray] = []
    order = sorted(range(len(bodies)), key=lambda at: (bodies[at].moves, bodies[at].half.max()))
    for at in order:
        body = bodies[at]
        straight = _boxes(body)
        ways = [np.zeros(3)] if not body.moves else [
            height * 2 * float(body.half.max()) * axis for height in HEIGHTS for axis in (axes[2], axes[1])]
        bumps = 4 * np.array(SAMPLES) * (1 - np.array(SAMPLES))
        bent = [straight + bumps[:, None, None] * way for way in ways]
        best = min(range(len(ways)), key=lambda each: (round(_overlap(bent[each], boxes), 6), float(
            np.abs(ways[each]).max())))
        out[at] = ways[best]
        boxes.append(bent[best])
    return out


def _boxes(body: Travel) -> np.ndarray:
    """The low and high corner (samples, 2, 3) of what a body fills on its straight way."""
    signs = np.array([[x, y, z, 1] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    corners = (signs * np.array([*body.half, 1.0])) @ body.frames.transpose(0, 2, 1)
    way = np.array([(1 - share) * corners[0] + share * corners[1] for share in SAMPLES])[..., :3]
    return np.stack([way.min(1), way.max(1)], 1)


def _overlap(boxes: np.ndarray, others: Iterable[np.ndarray]) -> float:
    """The volume that ``boxes`` (samples, 2, 3) have in common with ``others``."""
    shared = (np.minimum(boxes[:, 1], other[:, 1]) - np.maximum(boxes[:, 0], other[:, 0]) for other in others)
    return float(sum(np.clip(each, 0, None).prod(1).sum() for each in shared))
