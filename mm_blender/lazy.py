"""Matrices that are read a block at a time, so that what is held follows what is shown and not what a file holds.

A ``Lazy`` matrix has a shape and gives rows; that of a file takes from the disk about what a block needs and decodes
no more than that.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from . import tensors
from .addresses import Address, Index
from .errors import DataError
from .store import Store, check_index

LARGE = 2 ** 23  # elements from which a tensor in a file is not read before it is needed


@dataclass(frozen=True, eq=False)
class Lazy:
    """A matrix (h, w) that is somewhere else; ``text``: its address, so that it can be found again."""

    shape: tuple[int, int]
    text: str = ""

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def T(self) -> "Lazy":
        return Crossed(self.shape[::-1], self.text, self)

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """Rows ``top`` to ``bottom`` and columns ``left`` to ``right``, both exclusive, float32. Raises DataError."""
        raise NotImplementedError

    def read(self) -> np.ndarray:
        return np.ascontiguousarray(self.block(0, self.shape[0]))


@dataclass(frozen=True, eq=False)
class Crossed(Lazy):
    """Another one, transposed."""

    of: Lazy | None = None

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        return self.of.block(left, self.shape[1] if right is None else right, top, bottom).T


@dataclass(frozen=True, eq=False)
class Stored(Lazy):
    """A tensor in a file, or the slice of one. ``steps``: an index whose two open dimensions are ``range`` objects."""

    store: Store | None = None
    name: str = ""
    steps: tuple = ()

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        spans = iter(((top, bottom), (left, self.shape[1] if right is None else right)))
        index = tuple(_part(part, *next(spans)) if isinstance(part, range) else part for part in self.steps)
        return self.store.read(self.name, index)


@dataclass(frozen=True, eq=False)
class Lost(Lazy):
    """A matrix of which only what is shown was kept."""

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        where = f" at {self.text}" if self.text else ""
        raise DataError(f"only a reduced picture of this matrix of {self.shape[0]} x {self.shape[1]} was kept, and its "
                        f"values are not{where} any more: give its data again")


Matrix = Union[np.ndarray, Lazy]


def open_address(address: Address) -> Stored | Lazy | None:
    """The matrix at an address without reading it; None if it is small, or no matrix. Raises DataError."""
    store, name = tensors.open_store(address.path), address.tensor
    if name is None:
        if len(store.shapes) != 1:
            return None  # which reading it says in words
        name, = store.shapes
    shape = store.shape(name)
    check_index(address.index, shape, f"{name} in {address.path}")
    steps = _steps(address.index, shape)
    sizes = [len(part) for part in steps if isinstance(part, range)]
    if len(sizes) != 2 or sizes[0] * sizes[1] < LARGE:
        return None
    text = str(address.path.absolute()) + address.text[address.text.find(address.path.name) + len(address.path.name):]
    found = Stored((sizes[0], sizes[1]), text, store, name, steps)
    return Crossed(found.shape[::-1], text, found) if address.transpose else found


def block(x: Matrix, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
    """A block of an array or of a lazy matrix."""
    return x.block(top, bottom, left, right) if isinstance(x, Lazy) else x[top:bottom, left:right]


def whole(x: Matrix) -> np.ndarray:
    return x.read() if isinstance(x, Lazy) else x


def _steps(index: Index, shape: tuple[int, ...]) -> tuple:
    """``index`` of an array of ``shape`` with every slice as a range, one part a dimension."""
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    missing = len(shape) - (len(index) - (Ellipsis in index))
    full = (*index[:at], *[slice(None)] * missing, *index[at + 1:])
    return tuple(range(*part.indices(size)) if isinstance(part, slice) else part for part, size in zip(full, shape))


def _part(steps: range, first: int, last: int) -> slice:
    taken = steps[first:last]
    stop = taken.stop if taken.step > 0 or taken.stop >= 0 else None
    return slice(taken.start, stop, taken.step)
