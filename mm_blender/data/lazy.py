"""Matrices that are read a block at a time, so that what is held follows what is shown and not what a file holds.

A ``Lazy`` matrix has a shape and gives rows; that of a file takes from the disk about what a block needs and decodes
no more than that.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from . import arrays, slices, tensor_names, tensors
from .addresses import Address
from .container import check_index, Store

LARGE = 2 ** 23  # elements from which a tensor in a file is not read before it is needed


@dataclass(frozen=True, eq=False)
class Lazy:
    """A matrix (h, w) that is somewhere else; ``text``: its address, so that it can be found again."""

    shape: tuple[int, int]
    text: str = ""

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.shape[0] * self.shape[1]

    @property
    def T(self) -> Lazy:
        """It, transposed."""
        turned = self.text.removesuffix(".T") if self.text.endswith(".T") else self.text and f"{self.text}.T"
        return Crossed(self.shape[::-1], turned, self)

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """Rows ``top`` to ``bottom`` and columns ``left`` to ``right``, both exclusive, float32. Raises DataError."""
        raise NotImplementedError

    def read(self) -> np.ndarray:
        """All of it, float32 (h, w). Raises DataError."""
        return np.ascontiguousarray(self.block(0, self.shape[0]))


@dataclass(frozen=True, eq=False)
class Crossed(Lazy):
    """Another one, transposed."""

    of: Lazy | None = None

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """See ``Lazy.block``."""
        assert self.of is not None
        return self.of.block(left, self.shape[1] if right is None else right, top, bottom).T


@dataclass(frozen=True, eq=False)
class Stored(Lazy):
    """A tensor in a file, or the slice of one. ``steps``: an index whose two open dimensions are ``range`` objects."""

    store: Store | None = None
    name: str = ""
    steps: tuple = ()

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """See ``Lazy.block``."""
        spans = iter(((top, bottom), (left, self.shape[1] if right is None else right)))
        index = tuple(slices.as_slice(part[slice(*next(spans))]) if isinstance(part, range) else part
                      for part in self.steps)
        assert self.store is not None
        return self.store.read(self.name, index, part=True)


@dataclass(frozen=True, eq=False)
class Lost(Lazy):
    """A matrix of which only what is shown was kept."""

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """See ``Lazy.block``."""
        where = f" at {self.text}" if self.text else ""
        raise DataError(f"only a reduced picture of this matrix of {self.shape[0]} x {self.shape[1]} was kept, and its "
                        f"values are not{where} any more: give its data again")


Matrix = np.ndarray | Lazy


def open_address(address: Address, store: Store | None = None) -> Stored | Lazy | None:
    """The matrix at an address without reading it; None if it is small, or no matrix. ``store``: its file, if that is
    open. Raises DataError."""
    store, name = store or tensors.open_store(address.path), address.tensor
    if name is None:
        if len(store.shapes) != 1:
            return None  # which reading it says in words
        name, = store.shapes
    name = tensor_names.resolve(store, name)
    tensor_names.check_plain(store, name)
    shape = store.shape(name)
    check_index(address.index, shape, f"{name} in {address.path}")
    steps = slices.parts(address.index, shape)
    sizes = [len(part) for part in steps if isinstance(part, range)]
    if math.prod(sizes) < LARGE:
        return None
    arrays.check_shape(tuple(sizes), address.text)
    store.check_written(name, address.index)
    text = str(address.path.absolute()) + address.text[address.text.find(address.path.name) + len(address.path.name):]
    stored = Stored((sizes[0], sizes[1]), text, store, name, steps)
    return Crossed(stored.shape[::-1], text, stored) if address.transpose else stored


def block(x: Matrix, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
    """A block of an array or of a lazy matrix."""
    return x.block(top, bottom, left, right) if isinstance(x, Lazy) else x[top:bottom, left:right]


def whole(x: Matrix) -> np.ndarray:
    """An array as it is, a lazy matrix read."""
    return x.read() if isinstance(x, Lazy) else x
