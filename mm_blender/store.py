"""What every file of tensors offers: names, shapes, and one tensor or a slice of it at a time."""
from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from .addresses import Index
from .errors import DataError


class Store:
    """``shapes``: of every tensor, by name."""

    path: Path
    shapes: dict[str, tuple[int, ...]]

    def read(self, name: str, index: Index = ()) -> np.ndarray:
        """The tensor ``name``, or what ``index`` takes of it, float32. Raises DataError."""
        self.require(name)
        shape = self.shapes[name]
        check_index(index, shape, f"{name} in {self.path}" if name else str(self.path))
        try:
            return np.ascontiguousarray(self._take(name, index), np.float32)
        except MemoryError:
            raise DataError(f"{name} in {self.path}, {' x '.join(map(str, shape))}, is too large for the memory; take "
                            "a slice of it") from None
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error}") from None

    def shape(self, name: str) -> tuple[int, ...]:
        self.require(name)
        return self.shapes[name]

    def require(self, name: str) -> None:
        """Raise DataError, with the names that are near, if there is no tensor ``name``."""
        if name in self.shapes:
            return
        near = [other for other in self.shapes if name and (other.endswith("." + name) or name.endswith("." + other))]
        near += [other for other in difflib.get_close_matches(name, self.shapes, 3, 0.5) if other not in near]
        many = len(self.shapes)
        hint = f"near it are {', '.join(near[:4])}" if near else f"its names are {', '.join([*self.shapes][:4])}" \
            + (" …" if many > 4 else "")
        raise DataError(f"there is no tensor {name!r} among the {many} of {self.path}; {hint}")

    def _take(self, name: str, index: Index) -> np.ndarray:
        raise NotImplementedError


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
