"""The one door for numbers: whatever a person or a file brings becomes float32 here, or is refused by what it is.

Taken are real numbers: floats, whole numbers and truth values (0 and 1) of any width, byte order and strides, and
objects that are such numbers. Each becomes the float32 that is nearest to it, rounded once, whatever carries it. NaN,
infinities and minus zero that were given stay what they are. Refused are complex numbers, dates and durations, text,
records, elements that are missing (a mask, None, pandas' NA) and numbers beyond float32's range: none of them has a
place in a picture, and the number that would be drawn for it means something else. Whole numbers that float32 rounds
(beyond 2**24) are drawn rounded, with a warning. Numbers near zero lose digits below 1.18e-38 and are zero below
7e-46: nobody sees that beside larger ones, so that only a matrix all of whose numbers are so small is refused, unless
float32 has them as they are.
"""
from __future__ import annotations

import decimal
import math
import numbers
from typing import Any

import numpy as np

from ..errors import DataError, MMError, MMWarning
from ..plain import said
from ..system.memory import check_room
from .foreign import error_words
from .foreign_arrays import as_numpy
from .precision import EXACT, LARGEST, nearest, say_rounded, SMALLEST

LARGE = 2 ** 22  # elements from which room is looked for before it is taken
MISSING = ("NoneType", "NAType", "NaTType", "MaskedConstant")  # what stands in an array where nothing stands


def as_matrix(x: Any, name: str = "data") -> np.ndarray:
    """``x`` as a float32 matrix (h, w), contiguous and read-only: see ``as_array``.

    Raises DataError for anything that is not two-dimensional, real and non-empty.
    """
    a = as_array(x, name)
    check_shape(a.shape, name)
    return frozen(a)


def check_shape(shape: tuple[int, ...], name: str) -> None:
    """Raise DataError unless ``shape`` is a matrix', saying how one can be had."""
    if len(shape) != 2:
        raise DataError(f"{name} has shape {shape}; a matrix has two dimensions{_advice(shape, name)}")
    if 0 in shape:
        raise DataError(f"{name} is empty: its shape is {shape[0]} x {shape[1]}")


def as_array(x: Any, name: str = "data") -> np.ndarray:
    """``x`` as a float32 array of any shape, which is not the caller's: what happens to ``x`` later does not matter.

    ``x``: an array or tensor of any library, device and dtype (numpy, PyTorch with grad or without, sparse, quantised,
    JAX, CuPy, a table of pandas or polars; anything with ``__array__`` or DLPack), or numbers in lists. ``name`` says
    in messages what it is. Raises DataError for what this module refuses, SizeError for what the memory cannot hold.
    """
    try:
        a = as_numpy(x, name)
        out = float32(a, name)
    except (MMError, MMWarning):
        raise
    except MemoryError:
        raise DataError(f"{name} is too large for the memory; give a slice of it") from None
    except Exception as error:  # noqa: BLE001  whatever another library's array, or somebody's own, does when asked
        raise DataError(f"{name} is no matrix of numbers: {error_words(error)}") from None
    if not _is_fixed(x) and np.may_share_memory(out, a):
        if out.size > LARGE:
            check_room(out.nbytes, f"a copy of {name}, {' x '.join(map(str, out.shape))}")
        out = out.copy()
    out.flags.writeable = False
    return out


def _is_fixed(x: Any) -> bool:
    """Whether nobody can change an array of numpy's: it is read-only, and so is what it is a view of."""
    if not isinstance(x, np.ndarray) or x.flags.writeable:
        return False
    return x.flags.owndata or isinstance(x, np.memmap) or isinstance(x.base, np.ndarray) and _is_fixed(x.base)


def frozen(a: np.ndarray) -> np.ndarray:
    """``a`` contiguous and read-only, so that it is known to be nobody else's and need not be copied again."""
    a = np.asarray(a, order="C")
    a.flags.writeable = False
    return a


def float32(a: np.ndarray, name: str, part: bool = False) -> np.ndarray:
    """A plain array of any type as float32, itself if it is that; ``part``: whether there is more of the matrix.

    Raises DataError for what this module refuses.
    """
    kind = a.dtype.kind
    if kind == "O":
        a, kind = _of_objects(a, name, part), "f"
    if kind not in "fiub" and not _is_small_float(a.dtype):
        raise DataError(_refusal(a, name))
    if a.size > LARGE and a.dtype != np.float32:
        check_room(4 * a.size, f"the numbers of {name}, {' x '.join(map(str, a.shape))}")
    with np.errstate(all="ignore"):
        out = a.astype(np.float32, order="C", copy=False)
    if kind == "f" and a.itemsize > 4:
        _check_range(a, out, name)
        if not part:
            _check_small(a, out, name)
    elif kind in "iu" and a.itemsize > 3:
        _check_whole(a, out, name, part)
    return out


def _is_small_float(dtype: np.dtype) -> bool:
    """Whether it is a type that another package has made for numpy, such as bfloat16 or an eight-bit float."""
    return dtype.kind == "V" and not issubclass(dtype.type, np.void) and "complex" not in dtype.name


def _refusal(a: np.ndarray, name: str) -> str:
    dtype = a.dtype
    if dtype.kind == "c" or "complex" in dtype.name:
        return f"{name} holds complex numbers ({dtype}); take its real part or its magnitude"
    why = {"M": "dates; make numbers of them, such as days: (x - x.min()) / np.timedelta64(1, 'D')",
           "m": "durations; make numbers of them by dividing by one: x / np.timedelta64(1, 's')"}.get(dtype.kind)
    if dtype.kind in "SUT":
        why = f"text{f', such as {said(a.flat[0].item())}' if a.size else ''}; make numbers of it with x.astype(float)"
    elif dtype.names:
        why = f"records of the fields {', '.join(dtype.names)}; take one of them: x[{dtype.names[0]!r}]"
    elif dtype.kind == "V":
        why = "raw bytes, as numpy saves types that are not its own (bfloat16, eight-bit floats); save it as float32"
    return f"{name} is no matrix of numbers: its type is {dtype}, {why or 'which is not known here'}"


def _check_range(a: np.ndarray, out: np.ndarray, name: str) -> None:
    """Raise DataError if a finite number of ``a`` became an infinity in ``out``."""
    if np.isinf(out).any():
        beyond = np.isinf(out) & np.isfinite(a)
        if beyond.any():
            at = tuple(int(n) for n in np.argwhere(beyond)[0])
            place = f"its element {list(at)} is {a[at]!s}" if at else f"it is {a[()]!s}"
            raise DataError(f"{name} is too large for float32, whose range ends at {LARGEST:.3g}: {place}; scale it "
                            "down")


def _check_small(a: np.ndarray, out: np.ndarray, name: str) -> None:
    """Raise DataError if all of ``a`` is so small that ``out`` is nothing, or next to it."""
    if not out.size or not max(out.max(), -out.min()) < SMALLEST:  # nor where there is a NaN
        return
    top = np.abs(a).max()
    if 0 < top < SMALLEST and (out != a).any():
        raise DataError(f"{name} is too small for float32, whose range begins at {SMALLEST:.3g}: its largest magnitude "
                        f"is {top!s}; scale it up")


def _check_whole(a: np.ndarray, out: np.ndarray, name: str, part: bool) -> None:
    """Warn of whole numbers that float32 rounds: those of more than 24 binary digits up to the last that is not 0."""
    if not a.size or -EXACT <= int(a.min()) and int(a.max()) <= EXACT:
        return
    wide = a.astype(np.int64) if a.dtype.kind == "i" else a  # the smallest number of a type has no positive one in it
    magnitude = np.abs(wide).astype(np.uint64)
    lowest = magnitude & (~magnitude + np.uint64(1))
    rounded = magnitude // np.maximum(lowest, np.uint64(1)) >= EXACT
    if rounded.any():
        at = tuple(int(n) for n in np.argwhere(rounded)[0])
        say_rounded(name, None if part else int(a[at]), out[at])  # the same words for every part


def _of_objects(a: np.ndarray, name: str, part: bool = False) -> np.ndarray:
    """An array of Python's objects, all of which are real numbers, as float64 that rounds to float32 as they do."""
    out = np.empty(a.shape, np.float64)
    rounded: int | None = None
    for at, value in np.ndenumerate(a):
        place = f"{name} is no matrix of numbers: " + (f"its element {list(at)} is" if at else "it is")
        if type(value).__name__ in MISSING:
            raise DataError(f"{place} {value}, a missing value; give it a number, or nan")
        if isinstance(value, (complex, np.complexfloating)):
            raise DataError(f"{name} holds complex numbers, such as {value}; take its real part or its magnitude")
        is_number = isinstance(value, (numbers.Real, decimal.Decimal, np.bool_)) \
            and not isinstance(value, np.timedelta64)
        if not is_number and (not hasattr(value, "__array__") or getattr(value, "ndim", 1) != 0
                              or isinstance(value, np.generic)):
            raise DataError(f"{place} {said(value)}, of the type {type(value).__name__}")
        try:
            number = nearest(value) if is_number else float(as_array(value, f"{name}{list(at)}"))
        except OverflowError:
            number = math.inf
        if math.isinf(number) and value != number:
            raise DataError(f"{place} {said(value)}, too large for float32, whose range ends at {LARGEST:.3g}")
        out[at] = number
        if rounded is None and isinstance(value, numbers.Integral) and not -EXACT <= int(value) <= EXACT \
                and abs(number) <= LARGEST and int(np.float32(number)) != value:
            rounded = int(value)
    if rounded is not None:
        say_rounded(name, None if part else rounded, np.float32(nearest(rounded)))
    return out


def _advice(shape: tuple[int, ...], name: str) -> str:
    if not shape:
        return ", and this is a single number"
    if len(shape) == 1:
        return f": reshape it to a row, (1, {shape[0]}), or to a column, ({shape[0]}, 1)"
    index = f"[{', '.join('0' * (len(shape) - 2))}]"
    such = f"{name}{index}" if not name.endswith(("]", ".T")) else f"{index} of it"
    many = " x ".join(map(str, shape[:-2]))
    many += " matrix" if many == "1" else " matrices"
    return f": it holds {many} (of a batch, or of heads?); take one, such as {such}"
