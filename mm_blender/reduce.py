"""Reduction: matrices that no screen can show element by element, a cell standing for a tile of elements.

How many elements a cell stands for is decided for an axis (the i, j or k of a matmul), and so for all matrices that
meet along it: faces that are joined stay joined. Blocks keep their bounds; the last cell of a block may be ragged.
Everything after the tree (places, sweeps, objects) works on a tree of cells, ``shown``; what is true of the matrices
stays in their ``Split``s (``full``) and in their ``note``.

Kinds: ``absmax``, the element of largest magnitude with its sign; ``mean``; ``rms``, the root of the mean square. A
tile that holds a NaN is a NaN.
"""
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from . import schedule
from .errors import SizeError
from .options import Options
from .tree import MAX_ELEMENTS, Leaf, MatMul, Node, Split, elements, nodes

WORDS = {"absmax": "max |x|", "mean": "mean", "rms": "rms"}
ABOUT = "about"         # how the note of what is approximate begins
MOST = 2 ** 40          # elements; reading them takes an hour
SIDE = 4096             # cells along an axis: a screen has no more pixels
CELLS = 2 ** 24         # cells in all, where a matrix is one quad
INSTANCES = 2 ** 22     # cells in all, where every one is a cube: beyond, Blender takes a minute and 8 GB
FACES = 2 ** 21         # cells in all, where the cubes are one mesh: 9 GB
FEW = 2 ** 21           # elements, below which an axis may be longer than SIDE


@dataclass(frozen=True)
class Plan:
    """``factors``: by path and side (``h`` or ``w``), how many rows or columns a cell stands for. ``kind``: one of
    ``options.KINDS``."""

    kind: str
    factors: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def reduces(self) -> bool:
        return any(factor > 1 for factor in self.factors.values())


def budget(options: Options) -> int:
    """How many cells there may be."""
    if options.cells is not None:
        return options.cells
    return {"instances": INSTANCES, "faces": FACES}.get(options.representation, CELLS)


def plan(tree: MatMul, kind: str, cells: int, side: int = SIDE) -> Plan:
    """How to show ``tree`` with at most ``cells`` cells in all and, if that is not all elements, ``side`` along an
    axis. The longest axes are halved until it fits. Raises SizeError where ``cells`` are too few for the matrices.
    """
    every = nodes(tree)
    if elements(tree) > MOST:
        raise SizeError(f"the expression has {elements(tree):,} elements; Blender holds at most {MAX_ELEMENTS:,}, and "
                        f"at most {MOST:,} are shown reduced (make the matrices smaller, or show a slice of them)")
    if kind == "none" or elements(tree) <= min(cells, FEW):
        return Plan(kind)
    axis = axes(tree)
    splits: dict = {}
    for node in every:
        for key, split in (((node.path, "h"), node.rows), ((node.path, "w"), node.cols)):
            splits.setdefault(axis[key], split)
    factor = dict.fromkeys(splits, 1)
    long = {name: split.size for name, split in splits.items()}

    def total() -> int:
        return sum(long[axis[node.path, "h"]] * long[axis[node.path, "w"]] for node in every)

    while max(long.values()) > side or total() > cells:
        widest = max(long, key=long.get)
        if long[widest] <= splits[widest].count:
            raise SizeError(f"{elements(tree):,} elements in {len(every)} matrices cannot be shown with {cells:,} "
                            "cells; allow more (cells=)")
        for name in [name for name in long if long[name] == long[widest]]:  # what is square stays so
            factor[name] *= 2
            long[name] = cells_of(splits[name], factor[name]).size
    return Plan(kind, {key: factor[name] for key, name in axis.items()})


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
    if split.factor == 1:
        starts = index
    else:
        starts = index // split.step * split.full_step + index % split.step * split.factor
    return np.append(starts, split.full)


def span(split: Split, cell: int) -> tuple[int, int]:
    """The first element of a cell, and the first after it."""
    return tuple(int(end) for end in edges(split)[cell:cell + 2])


def shown(tree: MatMul, plan: Plan, approximate: Iterable[str] = ()) -> MatMul:
    """The tree of cells. ``approximate``: paths of results that are made of reduced operands.

    A sweep runs over cells. One that adds up (axpy, vvprod) or has blocks along k would show sums of the few cells
    that are left and not of the products, so such matmuls show what they end with.
    """
    if not plan.reduces:
        return tree
    approximate = set(approximate)

    def small(node: Node, side: str, split: Split) -> Split:
        return cells_of(split, plan.factors[node.path, side])

    made: dict[str, Node] = {}
    for node in nodes(tree):
        rows, cols = small(node, "h", node.rows), small(node, "w", node.cols)
        words = note(plan.kind, rows.factor, cols.factor, node.path in approximate)
        if isinstance(node, Leaf):
            made[node.path] = replace(node, h=rows.size, w=cols.size, rows=rows, cols=cols, note=words)
            continue
        inner = cells_of(node.inner, plan.factors[node.left.path, "w"])
        anim = node.anim
        if (words or inner.factor > 1) and (anim.alg in schedule.ACCUMULATING or inner.count > 1):
            anim = replace(anim, alg="none")
        made[node.path] = replace(node, h=rows.size, d=inner.size, w=cols.size, rows=rows, inner=inner, cols=cols,
                                  left=made[node.left.path], right=made[node.right.path], anim=anim, note=words)
    return made[tree.path]


def stilled(tree: MatMul, cells: MatMul) -> list[str]:
    """The names of the matmuls whose sweep is not shown because they are reduced."""
    return [node.name for node, cell in zip(nodes(tree), nodes(cells))
            if isinstance(node, MatMul) and node.anim.alg != cell.anim.alg]


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
