"""Reduction: matrices that no screen can show element by element, a cell standing for a tile of elements.

How many elements a cell stands for is decided for an axis (the i, j or k of a matmul), and so for all matrices that
meet along it: faces that are joined stay joined. It is the same for all axes, so that a matrix keeps its proportions,
but for short ones, of which something would hardly be left. Blocks keep their bounds; the last cell of a block may be
ragged.
Everything after the tree (places, sweeps, objects) works on a tree of cells, ``shown``; what is true of the matrices
stays in their ``Split``s (``full``) and in their ``note``.

Kinds: ``absmax``, the element of largest magnitude with its sign; ``mean``; ``rms``, the root of the mean square. A
tile that holds a NaN is a NaN.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import ParameterError, SizeError
from ..expression.algorithms import NONE
from ..expression.blocks import Split
from ..expression.tree import elements, Leaf, MatMul, MAX_ELEMENTS, Node, nodes
from ..options import ends_of, Options
from . import schedule

WORDS = {"absmax": "max |x|", "mean": "mean", "rms": "rms"}
ABOUT = "about"         # how the note of what is approximate begins
MOST = 2 ** 40          # elements; reading them takes an hour
# elements in all up to which nothing is reduced: beyond, Blender takes a minute and 8 GB for instances, 9 GB for faces
WHOLE = {"auto": 2 ** 24, "tiles": 2 ** 24, "instances": 2 ** 22, "faces": 2 ** 21}
FEW = 2 ** 21           # elements, below which an axis may be longer than LONGEST
LONGEST = 4096          # cells along an axis that anybody can ask for: a screen has no more pixels
SHOWN, SIDE = 2 ** 21, 1024  # cells in all and along an axis, where nobody has asked: those of a pixel at least, since
#                              smaller ones would come to a grey in which the largest are lost
ELIDE, APART = "show", 2.0  # the kind of a plan that leaves out; how wide that gap is, in pitches
SHORT = 64              # cells to which no axis is reduced, if it can be helped


@dataclass(frozen=True)
class Plan:
    """``factors``: by path and side (``h`` or ``w``), how many rows or columns a cell stands for. ``kind``: one of
    ``options.KINDS``. ``ends``: how many elements are shown at the beginning and at the end of axes that are longer."""

    kind: str
    factors: dict[tuple[str, str], int] = field(default_factory=dict)
    ends: tuple[int, int] | None = None

    @property
    def elides(self) -> bool:
        """Whether of long axes only the ends are shown."""
        return self.ends is not None

    @property
    def reduces(self) -> bool:
        """Whether any cell stands for more than one element, or some are left out."""
        return self.elides or any(factor > 1 for factor in self.factors.values())


def plan(tree: MatMul, options: Options) -> Plan:
    """How to show ``tree``: whole, or in ``options.cells`` cells in all at most, if that is given. Raises SizeError
    where these are too few for the matrices.
    """
    every, kind, count = nodes(tree), options.reduce, elements(tree)
    if options.show is not None:
        return _elided(tree, options.show)
    if count > MOST:
        raise SizeError(f"the expression has {count:,} elements; Blender holds at most {MAX_ELEMENTS:,}, and at most "
                        f"{MOST:,} are shown reduced (make the matrices smaller, or show a slice of them)")
    axis = axes(tree)
    splits: dict[tuple[str, str], Split] = {}
    for node in every:
        for key, split in (((node.path, "h"), node.rows), ((node.path, "w"), node.cols)):
            splits.setdefault(axis[key], split)
    whole = options.cells or WHOLE[options.representation]
    longest = max(split.size for split in splits.values())
    if kind == "none" or count <= whole and (longest <= LONGEST or count <= FEW):
        return Plan(kind)
    cells, side = (options.cells, LONGEST) if options.cells else (min(SHOWN, whole), SIDE)
    for factor in _factors(splits, longest):
        long = {name: cells_of(splits[name], factor[name]).size for name in splits}
        if max(long.values()) <= side and cells >= sum(
                long[axis[node.path, "h"]] * long[axis[node.path, "w"]] for node in every):
            return Plan(kind, {key: factor[name] for key, name in axis.items()})
    raise SizeError(f"{count:,} elements in {len(every)} matrices cannot be shown with {cells:,} cells; allow more "
                    "(cells=)")


def _elided(tree: MatMul, show: str) -> Plan:
    """What ``show`` says; see ``options.ends_of``. Raises SizeError, ParameterError."""
    every, ends = nodes(tree), ends_of(show)
    if elements(tree) > WHOLE["auto"]:
        raise SizeError(f"show={show!r} computes all {elements(tree):,} elements to show some, and more than "
                        f"{WHOLE['auto']:,} are too many: show a slice of the matrices, or let them be reduced")
    blocks = [node.name for node in every for split in (node.rows, node.cols, *(
        (node.inner,) if isinstance(node, MatMul) else ())) if split.count > 1]
    if blocks:
        raise ParameterError(f"show={show!r} leaves out rows and columns, and {blocks[0]} is in blocks: have only "
                             "one of the two")
    return Plan(ELIDE, {}, ends)


def elide(split: Split, ends: tuple[int, int]) -> Split:
    """An axis of which only the ``ends`` are shown, if it is longer than they are by two at least."""
    first, last = ends
    if split.size < first + last + 2:
        return split
    return Split(first + last, first, APART, 2, split.size, 1, split.size - last)


def is_elided(node: Node) -> bool:
    """Whether rows or columns of a matrix are left out."""
    return node.rows.elided or node.cols.elided


def _factors(splits: dict, longest: int) -> Iterator[dict]:
    """The factors of all axes, finest first, and first those that leave ``SHORT`` cells of each."""
    left = SHORT
    while left:
        common = 2
        while common <= 2 * longest:
            yield {name: min(common, 2 ** max(0, (split.size // left).bit_length() - 1))
                   for name, split in splits.items()}
            common *= 2
        left //= 2


def axes(tree: Node) -> dict[tuple[str, str], tuple[str, str]]:
    """By path and side, the axis: one of the sides that meet in it stands for all of them."""
    of: dict[tuple[str, str], tuple[str, str]] = {}

    def visit(node: Node, h: tuple[str, str], w: tuple[str, str]) -> None:
        stack = [(node, h, w)]
        while stack:
            node, h, w = stack.pop()
            of[node.path, "h"], of[node.path, "w"] = h, w
            if isinstance(node, MatMul):
                inner = (node.left.path, "w")
                stack += [(node.left, h, inner), (node.right, inner, w)]

    visit(tree, (tree.path, "h"), (tree.path, "w"))
    return of


def cells_of(split: Split, factor: int) -> Split:
    """An axis in cells of ``factor`` elements."""
    if factor == 1:
        return split
    step = math.ceil(split.step / factor)
    last = split.size - (split.count - 1) * split.step
    return Split((split.count - 1) * step + math.ceil(last / factor), step, split.gap, split.parts, split.size, factor,
                 split.step)


def edges(split: Split) -> np.ndarray:
    """Where the cells of an axis begin among its elements, and where the last one ends: (cells + 1,)."""
    index = np.arange(split.size)
    if not split.whole:
        starts = index
    else:
        starts = index // split.step * split.full_step + index % split.step * split.factor
    return np.append(starts, split.full)


def span(split: Split, cell: int) -> tuple[int, int]:
    """The first element of a cell, and the first after it."""
    first, end = edges(split)[cell:cell + 2]
    return int(first), int(first) + 1 if split.elided else int(end)


def shown(tree: MatMul, plan: Plan, approximate: Iterable[str] = ()) -> MatMul:
    """The tree of cells. ``approximate``: paths of results that are made of reduced operands.

    A sweep runs over cells. One that adds up or has blocks along k would show sums of the few cells that are left and
    not of the products, so such matmuls show what they end with.
    """
    if not plan.reduces:
        return tree
    approximate = set(approximate)

    def small(node: Node, side: str, split: Split) -> Split:
        return elide(split, plan.ends) if plan.ends else cells_of(split, plan.factors[node.path, side])

    made: dict[str, Node] = {}
    for node in nodes(tree):
        rows, cols = small(node, "h", node.rows), small(node, "w", node.cols)
        words = _left_out(rows, cols, plan.ends) if plan.ends else note(
            plan.kind, rows.factor, cols.factor, node.path in approximate)
        if isinstance(node, Leaf):
            made[node.path] = replace(node, h=rows.size, w=cols.size, rows=rows, cols=cols, note=words)
            continue
        inner = small(node.left, "w", node.inner)
        anim = node.anim
        if schedule.sweeps(node) and (words or inner.factor > 1) and (
                plan.elides or schedule.algorithm_of(node).accumulates or inner.count > 1):
            anim = replace(anim, alg=NONE)
        made[node.path] = replace(node, h=rows.size, d=inner.size, w=cols.size, rows=rows, inner=inner, cols=cols,
                                  left=made[node.left.path], right=made[node.right.path], anim=anim, note=words)
    top = made[tree.path]
    assert isinstance(top, MatMul)  # as the tree is
    return top


def apart(tree: MatMul, gap: float) -> MatMul:
    """``tree`` with the faces of all its boxes so many pitches apart."""
    made: dict[str, Node] = {}
    for node in nodes(tree):
        layout = replace(node.layout, gap=gap)
        made[node.path] = replace(node, layout=layout) if isinstance(node, Leaf) else replace(
            node, layout=layout, left=made[node.left.path], right=made[node.right.path])
    top = made[tree.path]
    assert isinstance(top, MatMul)  # as the tree is
    return top


def _left_out(rows: Split, cols: Split, ends: tuple[int, int]) -> str:
    """What is said of a matrix of which rows or columns are left out: ``shown 4…4``."""
    words = f"{ends[0]}…{ends[1]}"
    if rows.elided and cols.elided:
        return f"shown {words}"
    return f"{'rows' if rows.elided else 'columns'} {words}" if rows.elided or cols.elided else ""


def stilled(tree: MatMul, cells: MatMul) -> list[str]:
    """The names of the matmuls whose sweep is not shown because they are reduced."""
    return [node.name for node, cell in zip(nodes(tree), nodes(cells))
            if isinstance(node, MatMul) and isinstance(cell, MatMul) and node.anim.alg != cell.anim.alg]


def note(kind: str, rows: int, cols: int, approximate: bool) -> str:
    """What a legend says of a reduced matrix: ``max |x| over 4 × 4``."""
    if rows == cols == 1 and not approximate:
        return ""
    words = f"{'mean' if approximate else WORDS[kind]} over {rows} × {cols}"
    return f"{ABOUT} {words}" if approximate else words


# ---- arithmetic

def tiles(x: np.ndarray, kind: str, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """``x`` (h, w) by tiles: ``rows`` and ``cols`` are where tiles begin, and their end (n + 1,). float32."""
    if len(rows) - 1 == x.shape[0] and len(cols) - 1 == x.shape[1]:
        return np.abs(x) if kind == "rms" else x
    if kind == "absmax":
        high, low = (_fold(_fold(x, fold, rows, 0), fold, cols, 1) for fold in (np.maximum, np.minimum))
        return np.where(-low > high, low, high).astype(np.float32, copy=False)
    wide = x.astype(np.float64)
    total = _fold(_fold(wide * wide if kind == "rms" else wide, np.add, rows, 0), np.add, cols, 1)
    total /= np.diff(rows)[:, None] * np.diff(cols)[None, :]
    return (np.sqrt(total) if kind == "rms" else total).astype(np.float32)


def _fold(x: np.ndarray, fold: np.ufunc, starts: np.ndarray, axis: int) -> np.ndarray:
    """``fold`` over the tiles along an axis; even ones go by strided halves, which numpy does fastest."""
    sizes = np.diff(starts)
    if (sizes == 1).all():
        return x
    if not (sizes == sizes[0]).all():
        return fold.reduceat(x, starts[:-1], axis)
    if axis == 0:
        return fold.reduce(x.reshape(len(sizes), sizes[0], x.shape[1]), 1)
    size = int(sizes[0])
    while size > 1 and size % 2 == 0:
        x = fold(x[:, ::2], x[:, 1::2])
        size //= 2
    return x if size == 1 else fold.reduceat(x, np.arange(0, x.shape[1], size), axis)
