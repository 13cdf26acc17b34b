"""Labels: a word beside every row and column of a matrix, such as the tokens along an attention's edges.

They lie in the matrix' plane and run away from it, on the side that has most room. Only a matrix whose rows and columns
both have labels shows them: the tokens are the same all along an expression.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..expression.tree import Node
from ..layout.framing import Camera
from ..layout.guides import MARGIN
from ..layout.places import offsets, Placement
from ..plain import mapping, said, shortened
from .texts import GLYPH_WIDTH, inside, reading_axes, Text, text_frames

SIZE = 0.9      # of the letters, in pitches: rows lie one apart
AWAY = 0.6      # from the frame to the first letter, in pitches
LONGEST = 14    # characters that are shown
SUCH = "{'attn': {'rows': ['the', 'cat'], 'cols': ['the', 'cat']}}"
MOST = 12       # matrices that an error names
NEAREST = 3.0   # pitches; sides with at least so much room are equal but for the camera


def checked_labels(labels: Any, nodes: Sequence[Node]) -> Iterator[tuple[str, str, list[str]]]:
    """``labels`` as ``Visualization.labelled`` takes them, one by one: path, ``rows`` or ``cols``, and its lines, as
    many as there are rows or columns in that one of ``nodes``. Raises ParameterError."""
    for key, sides in mapping(labels, "labels", SUCH).items():
        node = _labelled(key, nodes)
        sizes = {"rows": node.h, "cols": node.w}
        for side, lines in mapping(sides, f"the labels of {said(key)}", SUCH).items():
            if not isinstance(lines, (list, tuple)) or not all(isinstance(line, str) for line in lines):
                raise ParameterError(f"labels are a list of texts, not {said(lines)}")
            if side not in sizes:
                raise ParameterError(f"labels are those of 'rows' or 'cols', not of {said(side)}, as in {SUCH}")
            if sizes[side] != len(lines):
                raise ParameterError(f"there are {len(lines)} labels for the {side} of {shortened(key)}, "
                                     f"which has {sizes[side]}")
            yield node.path, side, [line.replace("\n", " ") for line in lines]


def _labelled(key: str, nodes: Sequence[Node]) -> Node:
    """The one of ``nodes`` that has a path, or alone has a name."""
    found = [node for node in nodes if node.path == key] or [node for node in nodes if node.name == key]
    if len(found) == 1:
        return found[0]
    why = f"{len(found)} matrices are called {said(key)}" if found else f"there is no matrix {said(key)} to label"
    these = ", ".join(f"{shortened(node.name)} ({node.path})" for node in (found or nodes)[:MOST])
    raise ParameterError(f"{why}; by name and path there are {these}")


def is_shown(node: Node, labels: Mapping[str, Sequence[str]]) -> bool:
    """Whether a matrix shows its ``labels``: it has names, and labels along both its sides."""
    return node.deco.legends > 0 and "rows" in labels and "cols" in labels


def edges(node: Node, others: Sequence[Node], labels: Mapping[str, Sequence[str]], placement: Placement,
          camera: Camera) -> dict[int, bool]:
    """On which edges the labels of a matrix stand: by the axis along which it runs (0: a row), the far one or not.

    ``others``: all matrices.
    """
    rest = [other for other in others if other is not node]
    return {1 - axis: _farther(placement.matrices[node.path], axis, _ends(node), _length(labels[side]), rest, placement,
                               camera) for side, axis in (("rows", 0), ("cols", 1))}


def texts(node: Node, labels: Mapping[str, Sequence[str]], at: Mapping[int, bool], placement: Placement,
          camera: Camera) -> list[Text]:
    """The labels of one matrix, ``rows`` and ``cols``, on the edges ``at``."""
    out: list[Text] = []
    frame = placement.matrices[node.path]
    for side, axis in (("rows", 0), ("cols", 1)):  # a row's label runs along x, out of a side where x ends
        far = at[1 - axis]
        start = _ends(node)[axis] + MARGIN + AWAY if far else -MARGIN - AWAY
        place = offsets(node)[axis]  # of the rows, of the columns
        points = np.zeros((len(place), 3))
        points[:, axis], points[:, 1 - axis] = start, place
        frames = np.broadcast_to(frame, (len(place), 4, 4))
        points = inside(frames, points)
        along, up, outward = reading_axes(frames, np.full(len(place), axis), points, camera)
        leaves = along @ frame[:3, axis] * (1 if far else -1) > 0  # it runs away from the matrix
        out += [Text(node.path, "label", _cut(word), made, SIZE, "CENTER", "LEFT" if away else "RIGHT")
                for word, made, away in zip(labels[side], text_frames(along, up, outward, points), leaves.tolist())]
    return out


def room(words: Sequence[str]) -> float:
    """The gap between matrices, in pitches, that the labels ``words`` fit into."""
    return _length(words) + MARGIN + 2 * AWAY


def _cut(word: str) -> str:
    return word if len(word) <= LONGEST else word[:LONGEST - 1] + "…"


def _length(words: Sequence[str]) -> float:
    return max(len(_cut(word)) for word in words) * GLYPH_WIDTH * SIZE


def _ends(node: Node) -> np.ndarray:
    return np.array([node.cols.shown - 1, node.rows.shown - 1])


def _farther(frame: np.ndarray, axis: int, ends: np.ndarray, length: float, others: Sequence[Node],
             placement: Placement, camera: Camera) -> bool:
    """Whether labels have more room where ``axis`` ends than where it begins."""
    choices = []
    for far in (False, True):
        # along the middle and the corners of what the labels would cover
        reach = MARGIN + AWAY + np.linspace(0, length, 4)
        local = np.zeros((12, 4))
        local[:, axis] = np.tile(ends[axis] + reach if far else -reach, 3)
        local[:, 1 - axis] = np.repeat([0.0, ends[1 - axis] / 2, ends[1 - axis]], 4)
        local[:, 3] = 1
        points = (local @ frame.T)[:, :3]
        room = min((_distance(points, other, placement.matrices[other.path]) for other in others), default=NEAREST)
        choices.append((min(room, NEAREST), -float(np.linalg.norm(points - camera.position, axis=1).mean())))
    return choices[1] > choices[0]


def _distance(points: np.ndarray, node: Node, frame: np.ndarray) -> float:
    """The least distance of ``points`` (n, 3) from the rectangle of a matrix."""
    local = (points - frame[:3, 3]) @ frame[:3, :3]
    nearest = np.clip(local, 0, [node.cols.shown - 1, node.rows.shown - 1, 0])
    return float(np.linalg.norm(local - nearest, axis=1).min())
