"""Legends: the names of the matrices and their shapes, as text lying in the plane of each matrix (see ``texts``).

Names stand beside the data (``style="beside"``), or over its middle as in the reference (``style="over"``). Which edges
carry the shape (``I = 64``, with the number of blocks behind a slash) follows the reference (bhosmer/mm,
``setLegends``, ``shape_info``).

First all places where a name may stand are laid out and looked at together; then each matrix takes the best of its own.
"""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..expression.blocks import Split
from ..expression.tree import Node
from ..layout.framing import Camera
from ..layout.guides import MARGIN
from ..layout.places import Placement
from . import polygons
from .texts import beside, corners, Edge, over, quads, Text

NAME_WIDTH = 8        # names longer than this are set smaller, as in the reference
BESIDE = 0.75         # a name beside the data can be smaller than one that has to be read against it
SHAPE_SIZE = 1 / 2.5  # size of a shape legend relative to a name's, as in the reference
NOTE_SIZE = 1 / 3     # size of the note of a reduced matrix, the same
ROOM = 0.85           # share of the gap between faces that a name may fill
LEGIBLE = 0.014       # a name lower than this share of the picture goes over the data where there is more room

Option = tuple[Text, ...]  # a name where it may stand, and behind it the note that then stands by it, if there is one


@dataclass(frozen=True)
class NameView:
    """How a name looks: the texts (their ``id``s) that it would run into; whether it is in the picture; about the
    ``area`` it has there, coarse so that ties stay; its ``height`` seen face on, as a share of a square picture's."""

    clashes: set[int]
    whole: bool
    area: float
    height: float


def legends(every: Sequence[Node], placement: Placement, camera: Camera, style: str = "beside",
            edges: Mapping[str, Mapping[int, bool]] | None = None,
            labels: Mapping[str, Sequence[Text]] | None = None) -> list[Text]:
    """The texts of the matrices; of one whose ``deco.legends`` is 0 there are none.

    A name does not run into those of the matrices before its own, if it can stand elsewhere. ``labels``: those of the
    rows and columns, by path; ``edges``: where these stand, by the axis along which they run, the far one or not: an
    inner matrix' name keeps off them.
    """
    edges, labels = edges or {}, labels or {}
    named = [node for node in every if node.deco.legends > 0]
    shapes = _shapes(named, placement, camera)
    named = [node for node in named if node.name]
    if style == "over":
        names = over(named, [_name_size(node) for node in named], placement, camera)
        chosen: dict[str, tuple[Text, ...]] = {text.path: (text,) for text in names}
    else:
        options = _options(named, shapes, edges, placement, camera)
        chosen = _chosen(every, options, shapes, labels, camera)
    return [text for node in every for text in (*shapes.get(node.path, {}).values(), *chosen.get(node.path, ()),
                                                *labels.get(node.path, ()))]


def _size(node: Node) -> float:
    """Of the letters of a matrix, before a name or a note has to fit anywhere."""
    return node.deco.legends * float(np.cbrt(node.h * node.w)) / 10


def _name_size(node: Node) -> float:
    return _size(node) * min(1.0, NAME_WIDTH / len(node.name))


# ---- where they may stand

def _shapes(nodes: Sequence[Node], placement: Placement, camera: Camera) -> dict[str, dict[int, Text]]:
    """The shapes of the outer matrices, by path and by the axis along which they run."""
    wanted = [Edge(node, axis, edge.far, "shape", _shape_text(edge.letter, split), _size(node) * SHAPE_SIZE)
              for node in nodes if node.deco.shape and node.edges
              for axis, edge, split in ((1, node.edges[0], node.rows), (0, node.edges[1], node.cols))]
    out: dict[str, dict[int, Text]] = {}
    for edge, text in zip(wanted, beside(wanted, placement, camera)):
        out.setdefault(text.path, {})[edge.axis] = text
    return out


def _shape_text(letter: str, axis: Split) -> str:
    return f"{letter} = {axis.full}" + (f" / {axis.count}" if axis.count > 1 and not axis.elided else "")


def _options(nodes: Sequence[Node], shapes: Mapping[str, Mapping[int, Text]],
             taken: Mapping[str, Mapping[int, bool]], placement: Placement, camera: Camera) -> dict[str, list[Option]]:
    """Where the names may stand, by path; of an inner matrix the last is over its middle."""
    out: dict[str, list[Option]] = {node.path: [] for node in nodes}
    for option in (*_outer([node for node in nodes if node.edges], shapes, placement, camera),
                   *_inner([node for node in nodes if not node.edges], taken, placement, camera)):
        out[option[0].path].append(option)
    return out


def _outer(nodes: Sequence[Node], shapes: Mapping[str, Mapping[int, Text]], placement: Placement,
           camera: Camera) -> list[Option]:
    """The names of outer matrices, beyond the shape on either outer edge, and what is noted beyond the name."""
    wanted = [Edge(node, axis, edge.far, "name", node.name, _name_size(node) * BESIDE,
                   shapes[node.path][axis].reach * 1.5 if node.path in shapes else 0.0)
              for node in nodes if node.edges for axis, edge in ((0, node.edges[1]), (1, node.edges[0]))]
    names = beside(wanted, placement, camera)
    notes = iter(beside([replace(edge, kind="note", text=edge.node.remark, size=_size(edge.node) * NOTE_SIZE,
                                 beyond=edge.beyond + name.reach * 1.3)
                         for edge, name in zip(wanted, names) if edge.node.remark], placement, camera))
    return [(name, next(notes)) if edge.node.remark else (name,) for edge, name in zip(wanted, names)]


def _inner(nodes: Sequence[Node], taken: Mapping[str, Mapping[int, bool]], placement: Placement,
           camera: Camera) -> list[Option]:
    """The names of inner matrices in the gaps beside them, where no labels stand, and over them; and what is noted."""
    notes = {node.path: node.remark for node in nodes}
    sizes = [_name_size(node) for node in nodes]
    wanted = [Edge(node, axis, far, "name", node.name, min(size, max((node.layout.gap - MARGIN) * ROOM, 1.0)), room=1.0)
              for node, size in zip(nodes, sizes) for axis in (0, 1) for far in (True, False)
              if taken.get(node.path, {}).get(axis) is not far]
    names = [*beside(wanted, placement, camera), *over(nodes, sizes, placement, camera)]
    largest = {node.path: size * NOTE_SIZE for node, size in zip(nodes, sizes)}
    return [(name, _under(name, notes[name.path], largest[name.path])) if notes[name.path] else (name,)
            for name in names]


def _under(text: Text, note: str, size: float) -> Text:
    """A note below a text, in its plane, level and no wider than twice the text."""
    size = min(size, 2 * text.size * max(len(text.text), 4) / len(note))
    down = {"BOTTOM": -0.2, "TOP": -1.2, "CENTER": -0.7}[text.align] * text.size
    frame = text.frame.copy()
    frame[:3, 3] = text.frame[:3, 3] + down * text.frame[:3, 1]
    return Text(text.path, "note", note, frame, size, "TOP")


# ---- which of these they take

def _chosen(every: Sequence[Node], options: Mapping[str, Sequence[Option]],
            shapes: Mapping[str, Mapping[int, Text]], labels: Mapping[str, Sequence[Text]],
            camera: Camera) -> dict[str, Option]:
    """The best option of each matrix, by path, as far as those before it and its own labels leave it room."""
    fixed = [text for texts in (*(each.values() for each in shapes.values()), *labels.values()) for text in texts]
    views = _views([option for each in options.values() for option in each], fixed, camera)
    stand: set[int] = set()
    out: dict[str, Option] = {}
    for node in every:
        stand.update(map(id, labels.get(node.path, ())))
        if options.get(node.path):
            out[node.path] = _best(node, options[node.path], views, stand)
            stand.update(map(id, out[node.path]))
        stand.update(map(id, shapes.get(node.path, {}).values()))
    return out


def _best(node: Node, options: Sequence[Option], views: Mapping[int, NameView], stand: set[int]) -> Option:
    """The option that runs into nothing that does ``stand``, is in the picture, and is largest there."""
    def view(option: Option) -> NameView:
        return views[id(option[0])]

    def free(option: Option) -> bool:
        return view(option).clashes.isdisjoint(stand)

    def worth(option: Option) -> tuple[bool, bool, float]:
        return free(option), view(option).whole, view(option).area

    if node.edges:
        return max(options, key=worth)
    *besides, middle = options
    best = max(besides, key=worth)
    if not free(best) and free(middle):
        return middle
    return max(best, middle, key=lambda option: view(option).height) if view(best).height < LEGIBLE else best


def _views(options: Sequence[Option], fixed: Sequence[Text], camera: Camera) -> dict[int, NameView]:
    """How the names of ``options`` look, by their ``id``, and whether they run into each other, into their notes or
    into what is ``fixed``."""
    if not options:
        return {}
    names = [name for name, *_ in options]
    texts = [*names, *(note for _, *notes in options for note in notes), *fixed]
    covered = corners(texts)
    seen = quads(covered, camera)
    covered, own = covered[:len(names)], seen[:len(names)]
    clashes: list[set[int]] = [set() for _ in names]
    for name, other in np.argwhere(polygons.overlap(own[:, None], seen[None])).tolist():
        clashes[name].add(id(texts[other]))
    whole = camera.holds(camera.project(covered)).all(1)
    far = np.maximum(camera.project(np.array([name.frame[:3, 3] for name in names]))[:, 2], 1e-6)
    heights = np.array([name.size for name in names]) / far / (2 * math.tan(math.radians(camera.fov) / 2))
    return {id(name): NameView(*each)
            for name, *each in zip(names, clashes, whole.tolist(), _areas(own), heights.tolist())}


def _areas(quads: np.ndarray) -> list[float]:
    """The areas of quadrilaterals (n, 4, 2), coarse."""
    (ax, ay), (bx, by) = (quads[:, 2] - quads[:, 0]).T, (quads[:, 1] - quads[:, 3]).T
    return [round(area * 1e4, 1) for area in abs(ax * by - ay * bx).tolist()]
