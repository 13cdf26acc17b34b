"""The interior of a sweep: which products a matmul shows inside its box, and where.

In the frame of the box (``places.Placement.boxes``) the product of L[i, k] and R[k, j] has one place, whatever the
algorithm: a lattice of h x d x w points with gaps between the blocks. A step shows some of them: in every block a
plane or a vector that moves with the cursor. Matmuls with blocks along k show a partial result for each, on planes
of their own, as long as they reveal finished elements (the accumulating algorithms add everything into the result).

Rules: bhosmer/mm, ``viz.js``, ``getVmprodBump``, ``getMvprodBump``, ``getVvprodBump``, ``getAnimResultMats``.
"""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.precision import LARGEST
from ..errors import warn
from ..expression import epilogs
from ..expression.algorithms import AXES
from ..expression.blocks import Split
from ..expression.tree import MatMul
from .places import extent, shift
from .schedule import algorithm_of, steps_of

Indices = int | np.ndarray


@dataclass(frozen=True)
class Piece:
    """The plane or vector of products in one block. ``block``, ``start``, ``extent``: index, first element and number
    of elements along (i, k, j)."""

    block: tuple[int, int, int]
    start: tuple[int, int, int]
    extent: tuple[int, int, int]


def pieces(node: MatMul) -> list[Piece]:
    """The pieces of ``node``'s sweep, one a block."""
    return [Piece((bi, bk, bj), (i, k, j), (ie - i, ke - k, je - j)) for bi, i, ie in node.rows.blocks()
            for bk, k, ke in node.inner.blocks() for bj, j, je in node.cols.blocks()]


def held(node: MatMul, piece: Piece, local: int) -> tuple[int, int, int]:
    """Where in its block ``piece`` stands at cursor ``local`` (0 or more), as (i, k, j), 0 along what it spans.

    In a ragged block it stands where it stood when the cursor was last inside, while the others move on.
    """
    algorithm, steps = algorithm_of(node), steps_of(node)
    size, sizes = dict(zip(AXES, piece.extent)), dict(zip(AXES, steps))
    at = dict(zip(AXES, algorithm.at(local, steps)))
    if at[algorithm.outer] >= size[algorithm.outer]:  # outside for good: at the end of its last row
        at[algorithm.outer] = size[algorithm.outer] - 1
        if algorithm.inner:
            at[algorithm.inner] = sizes[algorithm.inner] - 1
    if algorithm.inner:
        at[algorithm.inner] = min(at[algorithm.inner], size[algorithm.inner] - 1)
    return at["i"], at["k"], at["j"]


def indices(node: MatMul, piece: Piece, local: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(i, k, j)`` of every product that ``piece`` holds at cursor ``local``, each (n,), row by row."""
    spans = algorithm_of(node).spans
    axes = [start + (np.arange(size) if name in spans else np.array([at]))
            for name, start, size, at in zip(AXES, piece.start, piece.extent, held(node, piece, local))]
    i, k, j = (a.ravel() for a in np.meshgrid(*axes, indexing="ij"))
    return i, k, j


def lattice(node: MatMul, i: Indices, k: Indices, j: Indices) -> np.ndarray:
    """Where the products of L[i, k] and R[k, j] lie in the frame of ``node``'s box, (..., 3)."""
    gap = node.layout.gap

    def along(axis: Split, index: Indices) -> Any:
        return gap + index + index // axis.step * axis.gap

    depth = along(node.inner, k)
    return np.stack(np.broadcast_arrays(
        along(node.cols, j), along(node.rows, i),
        depth if node.layout.positive else extent(node)[2] - depth), -1).astype(float)


def ends(node: MatMul, cursors: np.ndarray) -> np.ndarray:
    """Between which two corners (2, 3), in the frame of ``node``'s box, all products lie that any of the ``cursors``
    (n,), one or more of them, shows in any block."""
    algorithm, splits = algorithm_of(node), dict(zip(AXES, (node.rows, node.inner, node.cols)))
    at = dict(zip(AXES, algorithm.at(cursors, steps_of(node))))
    whole, outer = algorithm.spans, splits[algorithm.outer]
    if algorithm.inner and 0 < outer.size % outer.step <= at[algorithm.outer].max():
        whole += algorithm.inner  # a ragged block has come to its end, and the others have not
    ways = []
    for name, axis in splits.items():
        low, high = (0, axis.step - 1) if name in whole else (int(at[name].min()), int(at[name].max()))
        ways.append(np.array([low, max(start + min(high, end - start - 1) for _, start, end in axis.blocks())]))
    return lattice(node, *ways)


@dataclass(frozen=True)
class Plane:
    """What a sweep moves, where that is one plane, as a matrix of its own. ``frame`` (4 x 4): in the frame of the box,
    at the first step; ``rows``, ``cols``: its axes; ``direction``: 1 if it moves along its z, -1 if against it."""

    frame: np.ndarray
    rows: Split
    cols: Split
    direction: float


def plane(node: MatMul) -> Plane | None:
    """The plane that ``node``'s sweep moves; None where it moves vectors, or several planes."""
    if not (axes := algorithm_of(node).plane):
        return None
    across, down, walked = axes
    splits = {"i": node.rows, "k": node.inner, "j": node.cols}
    if splits[walked].count > 1:
        return None
    way = {"i": np.array([0.0, 1, 0]), "k": np.array([0.0, 0, 1 if node.layout.positive else -1]),
           "j": np.array([1.0, 0, 0])}
    frame = np.eye(4)
    frame[:3, 0], frame[:3, 1], frame[:3, 2] = way[across], way[down], np.cross(way[across], way[down])
    frame[:3, 3] = lattice(node, 0, 0, 0)
    return Plane(frame, splits[down], splits[across], float(frame[:3, 2] @ way[walked]))


def products(node: MatMul, left: np.ndarray, right: np.ndarray, step: int, most: int) -> np.ndarray:
    """The first ``most`` rows and columns of what ``plane(node)`` holds at a step."""
    walked = algorithm_of(node).walks
    i, k, j = (slice(step, step + 1) if axis in walked else slice(most) for axis in AXES)
    return (left[i, k, None] * right[None, k, j]).squeeze(AXES.index(walked))


def largest_product(node: MatMul, left: np.ndarray, right: np.ndarray) -> float:
    """The largest magnitude of a finite product of ``node``'s elements, at most float32's largest number; what is
    beyond that is drawn as infinite, and said (MMWarning)."""
    wide, high = (np.where(np.isfinite(x), np.abs(x), 0).max(axis).astype(np.float64)
                  for x, axis in ((left, 0), (right, 1)))
    most = float((wide * high).max())
    if most > LARGEST:
        warn(f"{node.name} ({node.path}): products that its sweep shows go to {most:.3g} and are too large for "
             f"float32, whose range ends at {LARGEST:.3g}: they are drawn as infinite; scale it down")
    return min(most, LARGEST)


def largest(x: np.ndarray) -> float:
    """The largest magnitude of finite values, 0 where there are none."""
    return float(np.abs(x[np.isfinite(x)]).max(initial=0.0))


def say_overflow(node: MatMul, partial: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
    """Warn (MMWarning) where a partial result is beyond float32's range and nothing that it is made of is."""
    if np.isinf(partial).any() and not any(np.isinf(values[side.path]).any() for side in (node.left, node.right)):
        warn(f"{node.name} ({node.path}): a partial result is too large for float32, whose range ends at "
             f"{LARGEST:.3g}, and drawn as infinite; scale it down")


# ---- partial results ----------------------------------------------------------------------------------------------

def has_partials(node: MatMul) -> bool:
    """Whether ``node`` shows partial results instead of its result while it sweeps."""
    return node.inner.count > 1 and not algorithm_of(node).accumulates


def partial_frames(node: MatMul) -> list[np.ndarray]:
    """Frames (4 x 4) of the partial results of ``node``'s k blocks, in the frame of its box: element (0, 0) at the
    origin, element (row, col) at (col, row, 0), without gaps between blocks along i and j.

    The partial nearest to the result lies on the result's plane, the others just before the edge of their block that
    faces the result.
    """
    side, gap, step = node.layout, node.layout.gap, node.inner.step
    deep = float(extent(node)[2])
    result = 0.0 if side.front else deep
    out = []
    for index, start, end in node.inner.blocks():
        # the reference takes the last block asked for, which may be one that holds nothing
        if index == (0 if side.positive == side.front else node.inner.parts - 1):
            z = result
        elif side.positive:
            z = (gap + start + math.floor(gap * start / step - gap / 4) if side.front
                 else gap + end + math.floor(gap * start / step + (gap - 1) / 4))
        else:
            z = (deep - end - math.floor(gap * end / step + (gap - 1) / 4) if side.front
                 else deep - start - math.floor(gap * end / step - gap / 4))
        out.append(shift(gap, gap, z))
    return out


def partial_values(node: MatMul, left: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """What the partial results hold, each (h, w) float32: pointwise epilogs applied, the others not."""
    chain, _ = split_chain(node.chain)
    left, right = left.astype(np.float64), right.astype(np.float64)
    with np.errstate(all="ignore"):
        return [epilogs.apply(chain, left[:, start:end] @ right[start:end], node.d).astype(np.float32)
                for _, start, end in node.inner.blocks()]


def split_chain(chain: epilogs.Chain) -> tuple[epilogs.Chain, epilogs.Chain]:
    """``chain`` as the part that is applied to every element by itself, and the rest, which sees the whole matrix."""
    at = next((at for at, step in enumerate(chain) if not epilogs.is_pointwise(step)), len(chain))
    return chain[:at], chain[at:]
