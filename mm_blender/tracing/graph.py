"""What a run did, as a graph: tensors as they were at one moment (``Value``), how each was made (``Operation``), and
blocks (matrices cut out of them, ``Block``), which are followed back through views, transposes and reshapes."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..data.arrays import as_array
from ..data.precision import LARGEST

REPLAY_LIMIT = 2 ** 22  # elements up to which a movement without a formula is followed by moving their numbers


@dataclass(eq=False)
class Operation:
    """How a value was made: ``kind`` is ``matmul``, ``move``, ``cast``, ``step``, ``scale``, ``add``, ``mul``,
    ``softmax``, ``norm``, ``mask`` or ``opaque`` (not understood, or not looked into); ``info`` belongs to the kind."""

    kind: str
    inputs: tuple[Value, ...] = ()
    info: dict[str, Any] = field(default_factory=dict)
    op: str = ""            # ATen's name
    module: str = ""        # the qualified name of the module that ran it
    backward: bool = False
    number: int = 0         # of the matmul, in order of execution, from 1
    heads: int | None = None


@dataclass(eq=False)
class Value:
    """A tensor as it was at one moment. ``data`` is kept only where an expression may need it."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    made: Operation | None = None             # None: it came from outside
    data: Any = None                     # a torch tensor
    compute: Callable[[], Any] | None = None  # gives the data of a value that no tensor of the run held
    label: str = ""                      # what a person calls it: an input's name, or a parameter's own
    parameter: str = ""                  # the qualified name of a parameter or buffer
    output_of: str = ""                  # the innermost module that returned it
    last: int = 0                        # number of the last matmul that it comes from through known operations
    settled: bool = False                # whether ``last`` is known
    users: list[tuple[Operation, Value]] = field(default_factory=list)

    @property
    def maker(self) -> Operation:
        """``made``, of a value that is known not to come from outside."""
        assert self.made is not None
        return self.made

    @property
    def opaque(self) -> bool:
        """Whether nothing is known of how it was made."""
        return self.made is None or self.made.kind == "opaque"

    @property
    def named(self) -> bool:
        """Whether anything gives it a name."""
        return bool(self.label or self.parameter or self.output_of)

    def tensor(self):
        """The data, computed if need be; None where there are none."""
        if self.data is None and self.compute is not None:
            self.data = self.compute()
        return self.data


@dataclass(frozen=True, eq=False)
class Block:
    """A matrix in a value: element (i, j) is number ``rows[i] + cols[j]`` of its elements in row-major order."""

    value: Value
    rows: np.ndarray
    cols: np.ndarray

    @staticmethod
    def of(value: Value, rows: np.ndarray, cols: np.ndarray) -> Block:
        """The block of these places, neither part of which is negative."""
        low = cols.min()  # what is common to all goes to the rows, so that neither is negative
        return Block(value, rows + low, cols - low)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.cols)

    @property
    def turned(self) -> Block:
        """It, transposed."""
        return Block.of(self.value, self.cols, self.rows)

    @property
    def key(self) -> tuple:
        """Equal for blocks of the same elements in the same places."""
        return id(self.value), self.rows.tobytes(), self.cols.tobytes()

    def on(self, value: Value) -> Block:
        """The same places in another value of the same shape."""
        return Block(value, self.rows, self.cols)

    def coordinates(self) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]] | None:
        """Per dimension, what row and column add to an element's index; None where it is more than a sum."""
        shape = self.value.shape
        if not shape:
            return (), ()
        r, c = np.unravel_index(self.rows, shape), np.unravel_index(self.cols, shape)
        if any(a.max() + b.max() >= size for a, b, size in zip(r, c, shape)):
            return None
        return r, c

    def pull(self, made: Operation) -> Block | None:
        """The block of the input from which a ``move`` took this one; None where that is no one block."""
        move, source = made.info.get("move"), made.inputs[0]
        if move is None:  # a view of the same elements in the same order
            return self.on(source)
        if made.info.get("replay"):
            return self._replay(move, source)
        split = self.coordinates()
        if split is None:
            return None
        if made.info.get("pieces"):
            return self._piece(made, split)
        new = [np.ravel_multi_index(move(side, first), source.shape) if source.shape else side_zero
               for side, first, side_zero in ((split[0], True, self.rows * 0), (split[1], False, self.cols * 0))]
        return Block.of(source, *new)

    def _piece(self, made: Operation, split) -> Block | None:
        """Through ``cat``: the block must lie in one of the pieces."""
        dim, (r, c), start = made.info["pieces"], split, 0
        low, high = int(r[dim].min() + c[dim].min()), int(r[dim].max() + c[dim].max())
        for piece in made.inputs:
            size = piece.shape[dim] if len(piece.shape) == len(self.value.shape) else 0
            if size and start <= low and high < start + size:
                # the row part holds what is common, unless the columns are what starts beyond the piece
                shift = min(start, int(r[dim].min()))
                r2 = tuple(x - shift if d == dim else x for d, x in enumerate(r))
                c2 = tuple(x - (start - shift) if d == dim else x for d, x in enumerate(c))
                return Block.of(piece, np.ravel_multi_index(r2, piece.shape), np.ravel_multi_index(c2, piece.shape))
            start += size
        return None

    def _replay(self, move, source: Value) -> Block | None:
        if math.prod(source.shape) > REPLAY_LIMIT or math.prod(self.value.shape) > REPLAY_LIMIT:
            return None
        numbers = move(source.shape)
        if numbers is None:
            return None
        taken = numbers.reshape(-1)[self.rows[:, None] + self.cols[None, :]]
        rows, cols = taken[:, 0], taken[0] - taken[0, 0]
        if not np.array_equal(taken, rows[:, None] + cols[None, :]):
            return None
        return Block.of(source, rows, cols)

    def broadcast(self, source: Value) -> Block | None:
        """The block of ``source`` that meets this one when ``source`` is broadcast to this value's shape."""
        if source.shape == self.value.shape:
            return self.on(source)
        split = self.coordinates()
        if split is None:
            return None
        skip = len(self.value.shape) - len(source.shape)
        sides = [tuple(x * (size != 1) for x, size in zip(side[skip:], source.shape)) for side in split]
        if not source.shape:
            return Block(source, self.rows * 0, self.cols * 0)
        return Block.of(source, *(np.ravel_multi_index(side, source.shape) for side in sides))

    def known(self) -> bool:
        """Whether ``array`` can give the elements."""
        v = self.value
        if v.dtype.startswith("complex"):  # which has no place in a matrix of real numbers
            return False
        if v.data is not None or v.compute is not None:
            return True
        below = self.pull(v.made) if v.made and v.made.kind in ("move", "cast") else None
        return below is not None and below.known()

    def array(self, clipped: bool = False) -> np.ndarray | None:
        """The elements, float32 (h, w), by the rules of ``arrays``; None if nothing kept them. ``clipped``: numbers
        beyond float32 count as the largest that it has. Raises DataError."""
        v = self.value
        data = v.tensor()
        if data is None:
            below = self.pull(v.made) if v.made and v.made.kind in ("move", "cast") else None
            return None if below is None else below.array(clipped)
        rows, cols = self.rows, self.cols
        split = self.coordinates()
        if split is None or not data.ndim:
            data = data.reshape(-1).contiguous()
        else:  # places in the storage, so that a transposed tensor is not copied whole
            rows, cols = (sum(x * step for x, step in zip(side, data.stride())) for side in split)
        start = data.storage_offset() + int(rows[0] + cols[0])
        steps = _even(rows), _even(cols)
        if steps[0] is not None and steps[1] is not None and min(steps[0], steps[1]) >= 0:
            taken = data.as_strided(self.shape, steps, start)
        else:
            places = data.storage_offset() + rows[:, None] + cols[None, :]
            taken = data.as_strided((int(places.max()) + 1,), (1,), 0)[data.new_tensor(places, dtype=_int64())]
        if clipped and v.dtype == "float64":
            taken = taken.clamp(-LARGEST, LARGEST)
        return as_array(taken, v.label or v.parameter or "a traced tensor")


def _int64():
    import torch

    return torch.int64


def _even(x: np.ndarray) -> int | None:
    """The step of an arithmetic progression, or None."""
    if len(x) == 1:
        return 0
    step = int(x[1] - x[0])
    return step if (np.diff(x) == step).all() else None


def whole(value: Value, lead: tuple[int, ...]) -> Block:
    """The matrix of the last two dimensions of ``value`` at index ``lead`` of the others; a vector is a row."""
    h, w = ((1,) * 2 + value.shape)[-2:]
    start = (int(np.ravel_multi_index(lead, value.shape[:-2])) if lead else 0) * h * w
    return Block(value, start + np.arange(h) * w, np.arange(w))


def between(value: Value, at: int) -> Block:
    """The matrix of the first and the last dimension of ``value`` at index ``at`` of the second."""
    h, n, w = value.shape
    return Block(value, at * w + np.arange(h) * n * w, np.arange(w))


def link(value: Value) -> None:
    """Say of a new value, and of those that it is made of, what uses them, and which matmul was the last before, down
    to those that are linked already."""
    todo = [value]
    while todo:
        v = todo.pop()
        if v.made is None or v.made.info.get("linked"):
            continue
        v.made.info["linked"] = True
        v.made.info["out"] = v
        for source in v.made.inputs:
            if source.made is not None and not source.made.info.get("linked"):
                todo.append(source)
            if not v.made.op.endswith("_like") and not v.made.op.startswith("new_"):  # these ask for the shape only
                source.users.append((v.made, v))
    value.settled = False
    _settle(value)


def _settle(value: Value) -> None:
    """Say of a value, and of those that it is made of, which matmul was the last before. Each is looked at once,
    since it may go into the next one in many ways, and one after the other, since there may be very many."""
    todo = [value]
    while todo:
        v = todo[-1]
        if v.settled or v.opaque:
            todo.pop()
            continue
        below = [x for x in v.maker.inputs if x.made is not v.made] if v.maker.kind != "matmul" else []
        waiting = [x for x in below if not x.settled and not x.opaque]
        if waiting:
            todo += waiting
            continue
        v.last = v.maker.number if v.maker.kind == "matmul" else max((x.last for x in below), default=0)
        v.settled = True
