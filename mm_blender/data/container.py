"""What every file of tensors offers: names, shapes, and one tensor or a slice of it at a time."""
from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from ..errors import DataError
from . import arrays
from .addresses import Index
from .files import open_regular
from .foreign import foreign
from .slices import check_written, parts, Place


class Store:
    """``shapes``: of every tensor, by name."""

    path: Path
    shapes: dict[str, tuple[int, ...]]

    def read(self, name: str, index: Index = (), part: bool = False) -> np.ndarray:
        """The tensor ``name``, or what ``index`` takes of it, float32, by the rules of ``arrays``; ``part``: whether
        more of the same matrix is read at other times. Raises DataError."""
        self.require(name)
        shape, label = self.shapes[name], self.label(name)
        check_index(index, shape, label)
        with foreign(label):
            try:
                taken = np.asarray(self._take(name, index))
                out = np.asarray(arrays.float32(taken, label, part), order="C")
                return out.copy() if np.may_share_memory(out, taken) and not taken.flags.owndata else out
            except MemoryError:
                size = " x ".join(map(str, shape))
                raise DataError(f"{label}, {size}, is too large for the memory; take a slice of it") from None

    def check_written(self, name: str, index: Index) -> None:
        """Raise SizeError if what ``index`` takes of a tensor, which is read in bands, lies in holes of its file."""
        self.require(name)
        with foreign(self.label(name)):
            place = self._place(name)
            if place is not None:
                with open_regular(self.path) as file:
                    check_written(file, place, parts(index, self.shapes[name]), self.label(name))

    def label(self, name: str) -> str:
        """What messages call a tensor."""
        return f"{name} in {self.path}" if name else str(self.path)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the tensor ``name``. Raises DataError if there is none."""
        self.require(name)
        return self.shapes[name]

    def require(self, name: str) -> None:
        """Raise DataError if there is no tensor ``name``."""
        if name not in self.shapes:
            near = [own for own in self.shapes if name and (name.endswith("." + own) or f".{name}." in f".{own}.")]
            near += [own for own in difflib.get_close_matches(name, self.shapes, 3, 0.5) if own not in near]
            hint = f"near it are {some(near)}" if near else f"its names are {some(self.shapes)}"
            raise DataError(f"there is no tensor {name!r} among the {len(self.shapes)} of {self.path}; {hint}")

    def kind(self, name: str) -> str:
        """As what the elements of a tensor lie in the file, in the file's own word, such as F16 or int8."""
        return ""

    def _place(self, name: str) -> Place | None:
        """Where a tensor lies in the file; None if it does not lie there as it is."""
        return None

    def _take(self, name: str, index: Index) -> np.ndarray:
        """What ``index`` takes of a tensor, of whatever type it has in the file."""
        raise NotImplementedError


def some(names: Iterable[str], most: int = 4) -> str:
    """The first few of ``names``, for a message."""
    first = [*islice(names, most + 1)]
    return ", ".join(first[:most]) + (" …" if len(first) > most else "")


def refuse_shared(path: Path, places: Iterable[tuple[int, int, str]]) -> None:
    """Raise DataError unless every tensor has its bytes in a file to itself. ``places``: the first byte, the one behind
    the last, and the tensor's name."""
    taken = sorted(place for place in places if place[1] > place[0])
    for (_, end, one), (begin, _, two) in zip(taken, taken[1:]):
        if begin < end:
            raise DataError(f"{path} is damaged: {one} and {two} lie one over the other")


def check_index(index: Index, shape: tuple[int, ...], what: str) -> None:
    """Raise DataError if ``index`` does not fit an array of ``shape``."""
    dims = " x ".join(map(str, shape)) or "a single number"
    given = [part for part in index if part is not Ellipsis]
    if len(given) > len(shape):
        raise DataError(f"{what} is {dims}, and its slice has {len(given)} parts")
    if len(index) - len(given) > 1:
        raise DataError(f"{what}: a slice has ... once at most")
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    placed = list(enumerate(index[:at])) + [(len(shape) - len(given) + at + n, part)
                                            for n, part in enumerate(index[at + 1:])]
    for axis, part in placed:
        if isinstance(part, int) and not -shape[axis] <= part < shape[axis]:
            raise DataError(f"{what} is {dims}: there is no {part} in a dimension of {shape[axis]}")
