"""How a block lies in what it was cut out of: along whole rows, along one matrix of a batch, as a triangle."""
from __future__ import annotations

import math

import numpy as np

from .graph import Block, Value


def product_blocks(block: Block) -> tuple[Block, Block, bool] | None:
    """The operands' blocks of a block of a matmul's result; whether it is ``B.T @ A.T`` for the run's ``A @ B``.

    None where the block is not cut along rows and columns of one matrix of a batch.
    """
    value, made = block.value, block.value.maker
    a, b = made.inputs
    split = block.coordinates()
    if split is None:
        return None
    rows, cols = list(split[0]), list(split[1])
    inner = a.shape[-1]
    zero_r, zero_c = block.rows * 0, block.cols * 0
    for alone in (len(a.shape) == 1, len(b.shape) == 1):  # a dot; a vector on the right is one column
        if alone:
            rows.append(zero_r)
            cols.append(zero_c)
    *lead, (r, c), (s, d) = list(zip(rows, cols))
    index = []
    for x, y in lead:
        if (x != x[0]).any() or (y != y[0]).any():
            return None
        index.append(int(x[0] + y[0]))
    # rows of the result along the block's rows, or along its columns (transposed)
    if not varies(c) and not varies(s):
        along, across, crossed = r + c[0], d + s[0], False
    elif not varies(r) and not varies(d):
        along, across, crossed = c + r[0], s + d[0], True
    else:
        return None
    k = np.arange(inner)
    left = Block.of(a, _start(a, index, value.shape) + along * inner, k)
    width = b.shape[-1] if len(b.shape) > 1 else 1
    right = Block.of(b, _start(b, index, value.shape) + k * width, across)
    return (right.turned, left.turned, True) if crossed else (left, right, False)


def _start(operand: Value, index: list[int], out: tuple[int, ...]) -> int:
    """Where the matrix ``index`` of a batch begins; an operand with fewer heads is shared among them."""
    if len(operand.shape) <= 2 or not index:
        return 0
    place = [at * have // of for at, have, of in zip(index, operand.shape[:-2], out)]
    return int(np.ravel_multi_index(place, operand.shape[:-2])) * operand.shape[-2] * operand.shape[-1]


def varies(x: np.ndarray) -> bool:
    """Whether not all numbers are the same."""
    return bool((x != x[0]).any())


def spans(block: Block, dims: tuple[int, ...]) -> str | None:
    """``row`` if every row of the block goes once through all of ``dims``, ``all`` if the whole block does."""
    split = block.coordinates()
    if split is None:
        return None
    shape = block.value.shape
    size = math.prod(shape[d] for d in dims)
    rows, cols = (np.ravel_multi_index([side[d] for d in dims], [shape[d] for d in dims]) for side in split)
    rows_leave, cols_leave = (any(varies(x) for d, x in enumerate(side) if d not in dims) for side in split)
    if cols_leave:
        return None
    if not varies(rows):
        return "row" if len(set(cols + rows[0])) == size == block.shape[1] else None
    both = (rows[:, None] + cols).reshape(-1)
    return "all" if not rows_leave and len(set(both)) == size == both.size else None


def triangle(block: Block, name: str, diagonal: int) -> np.ndarray | None:
    """Which elements tril or triu take away."""
    split = block.coordinates()
    if split is None:
        return None
    (r, s), (c, d) = split[0][-2:], split[1][-2:]
    across = (s[:, None] + d) - (r[:, None] + c)
    return across > diagonal if name == "tril" else across < diagonal


def mixes(block: Block) -> bool:
    """Whether rows and columns run along the same dimension, as after a reshape that is no view of one matrix."""
    split = block.coordinates()
    return split is None or any(varies(r) and varies(c) for r, c in zip(*split))


def base_of(block: Block) -> Block:
    """A block followed back through movements alone, for as long as it is one."""
    while block.value.made is not None and block.value.made.kind == "move" and not block.value.named:
        below = block.pull(block.value.made)
        if below is None or mixes(below) or varies(block.rows) > varies(below.rows) or (
                varies(block.cols) > varies(below.cols)):
            break
        block = below
    return block


def thin(block: Block) -> Block:
    """A block that repeats one row or column, as that row or column."""
    rows, cols = block.rows, block.cols
    rows = rows[:1] if not varies(rows) else rows
    cols = cols[:1] if not varies(cols) else cols
    return Block(block.value, rows, cols)
