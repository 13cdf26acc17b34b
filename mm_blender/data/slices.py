"""Slices of arrays that lie in files, read and not mapped: a mapped file that somebody cuts short ends the process.

What is read is about what a slice needs; of many bytes a piece at a time, so that beside the result little is held.
"""
from __future__ import annotations

import errno
import io
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import DataError
from ..limits import limits
from ..system.memory import check_room
from . import arrays
from .addresses import Index
from .files import size_of

PIECE = 64 * 2 ** 20  # bytes that are read at a time
SPARSE = 16           # of so many bytes one is needed at least, or each row is looked for by itself
NEAR = 2 ** 18        # bytes that are read in one go, however few of them are needed
EXTENTS = 10_000      # places without holes that are counted in a file


@dataclass(frozen=True)
class Place:
    """Where an array lies as it is in a file: from the byte ``start``, in numpy's ``order`` "C" or "F".
    ``rows``: whether rows are read whole, in bytes, of which its ``shape`` then tells."""

    start: int
    dtype: np.dtype
    shape: tuple[int, ...]
    order: Literal["C", "F"] = "C"
    rows: bool = False


def parts(index: Index, shape: tuple[int, ...]) -> tuple[int | range, ...]:
    """``index`` of an array of ``shape`` with every slice as a range and every number from 0 up, one a dimension."""
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    missing = len(shape) - (len(index) - (Ellipsis in index))
    full = (*index[:at], *[slice(None)] * missing, *index[at + 1:])
    return tuple(range(*part.indices(size)) if isinstance(part, slice) else part % size
                 for part, size in zip(full, shape))


def read_slice(file: io.BufferedReader, offset: int, dtype: np.dtype, shape: tuple[int, ...], index: Index, name: str,
               order: Literal["C", "F"] = "C", decode: Callable[[np.ndarray], np.ndarray] | None = None,
               as_it_is: bool = False) -> np.ndarray:
    """What ``index`` takes of an array of ``shape`` that begins at byte ``offset``, in numpy's order "C" or "F".

    It is of the type that ``decode`` makes of ``dtype`` if it is small or ``as_it_is``, and else float32, by the rules
    of ``arrays``.
    Raises DataError if the file ends before the array, SizeError if it lies in holes of the file, or for the memory.
    """
    steps = parts(index, shape)
    if order == "F":
        return read_slice(file, offset, dtype, shape[::-1], as_slices(steps[::-1]), name, "C", decode, as_it_is).T
    size = math.prod(shape) * dtype.itemsize
    if offset + size > size_of(file):
        raise DataError(f"{name} is cut short: it ends at byte {offset + size:,} and the file at {size_of(file):,}")
    taken = tuple(len(step) for step in steps if isinstance(step, range))
    if 0 in taken:
        return np.zeros(taken, np.float32)
    decode = decode or (lambda x: x)
    whole = decode(np.zeros(0, dtype)).dtype
    check_written(file, Place(offset, dtype, shape), steps, name)
    if math.prod(taken) * dtype.itemsize > PIECE and not as_it_is:
        plain, whole = decode, np.dtype(np.float32)
        decode = lambda x: arrays.float32(plain(x), name, part=True)  # noqa: E731
    check_room(math.prod(taken) * whole.itemsize, f"the numbers of {name}, {' x '.join(map(str, taken))}")
    out = np.empty(taken, whole)
    _Reader(file, dtype, shape, steps, name, decode).fill(out, offset, 0)
    return out


def as_slices(steps: tuple[int | range, ...]) -> Index:
    """What ``parts`` gives, as an index again."""
    return tuple(as_slice(step) if isinstance(step, range) else step for step in steps)


def as_slice(step: range) -> slice:
    """The slice that takes what ``step`` names."""
    if not len(step):
        return slice(0, 0)
    stop = step.stop if step.step > 0 or step.stop >= 0 else None
    return slice(step.start, stop, step.step)


class _Reader:
    def __init__(self, file: io.BufferedReader, dtype: np.dtype, shape: tuple[int, ...], steps: tuple[int | range, ...],
                 name: str, decode: Callable[[np.ndarray], np.ndarray]):
        self.file, self.dtype, self.shape, self.steps, self.name, self.decode = file, dtype, shape, steps, name, decode
        sizes = [dtype.itemsize]
        for size in reversed(shape[1:]):
            sizes.insert(0, sizes[0] * size)
        self.sizes = sizes if shape else []  # bytes of one step along each dimension

    def fill(self, out: np.ndarray, offset: int, axis: int) -> None:
        """``out``: the elements of the dimensions from ``axis`` on, which begin at byte ``offset``."""
        if axis == len(self.shape):
            out[...] = self._read(offset, ())
            return
        step, size = self.steps[axis], self.sizes[axis]
        if isinstance(step, int):
            self.fill(out, offset + step * size, axis + 1)
            return
        low, high = min(step[0], step[-1]), max(step[0], step[-1]) + 1
        span, needed = (high - low) * size, out.size * self.dtype.itemsize
        if size > PIECE or span > NEAR and needed * SPARSE < span:
            for at, place in enumerate(step):
                self.fill(out[at:at + 1].reshape(out.shape[1:]), offset + place * size, axis + 1)
            return
        many = max(1, PIECE // (size * abs(step.step)))  # steps at a time
        for at in range(0, len(step), many):
            piece = step[at:at + many]
            low, high = min(piece[0], piece[-1]), max(piece[0], piece[-1]) + 1
            x = self._read(offset + low * size, (high - low, *self.shape[axis + 1:]))
            inner = range(piece.start - low, piece.stop - low, piece.step)
            x = x[(as_slice(inner), *as_slices(self.steps[axis + 1:]))]
            out[at:at + many] = self.decode(x)

    def _read(self, offset: int, shape: tuple[int, ...]) -> np.ndarray:
        x = np.empty(shape, self.dtype)
        self.file.seek(offset)
        view = memoryview(x.reshape(-1).view(np.uint8).data)
        got = 0
        while got < len(view):
            count = self.file.readinto(view[got:])
            if not count:
                raise DataError(f"{self.name} cannot be read: its file became shorter meanwhile")
            got += count
        return x if shape else self.decode(x.reshape(1))[0]


def check_written(file: io.BufferedReader, place: Place, steps: tuple[int | range, ...], name: str) -> None:
    """Raise SizeError if what ``steps`` take of an array, at once or in bands, lies in holes of the file."""
    shape, itemsize = place.shape, place.dtype.itemsize
    if place.rows:
        steps = (*steps[:-1], range(shape[-1]))
    if math.prod(len(step) for step in steps if isinstance(step, range)) * itemsize <= PIECE:
        return
    if place.order == "F":
        shape, steps = shape[::-1], steps[::-1]
    begin = end = 0  # the bytes at which the first and the last element lie that are taken
    stride = itemsize
    for step, many in zip(reversed(steps), reversed(shape)):
        ends = (step, step) if isinstance(step, int) else (step[0], step[-1])
        begin, end, stride = begin + min(ends) * stride, end + max(ends) * stride, stride * many
    check_holes(file, place.start + begin, end + itemsize - begin, name)


def check_holes(file: io.BufferedReader, offset: int, size: int, name: str) -> None:
    """Raise SizeError if of ``size`` bytes from ``offset`` on more are holes of the file than may be unfolded.

    They take no room on the disk, and memory and time as if they did."""
    if not hasattr(os, "SEEK_HOLE"):
        return
    at, end, filled = offset, offset + size, 0
    place = os.lseek(file.fileno(), 0, os.SEEK_CUR)
    try:
        for _ in range(EXTENTS):
            start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            at = min(os.lseek(file.fileno(), start, os.SEEK_HOLE), end)
            filled += max(0, at - start)
            if at >= end or at - offset - filled > limits.unfolded_bytes:
                break
    except OSError as error:
        if error.errno != errno.ENXIO:  # which says that the rest is a hole; else the file system does not tell
            return
        at = end
    finally:
        os.lseek(file.fileno(), place, os.SEEK_SET)
    holes = at - offset - filled
    if holes > limits.unfolded_bytes:
        raise limits.error("unfolded_bytes", f"{name} has {size:,} bytes of which {holes:,} {'or more ' * (at < end)}"
                                             "are holes, which nobody has written (did its download break off?)")
