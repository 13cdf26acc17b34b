"""Arrays, tensors, tables and lists of other libraries and of Python's own, as numpy has them, of whatever type."""
from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from ..system.memory import check_room
from .foreign import error_words
from .precision import EXACT


def as_numpy(x: Any, name: str) -> np.ndarray:
    """``x``, an array or tensor of any library or numbers in lists, as numpy has it, of whatever type and any shape.

    ``name`` says in messages what it is. Raises DataError for what holds no numbers, or not all of them, SizeError for
    what the memory cannot hold once its zeros are written out.
    """
    if isinstance(x, np.ndarray):
        mask = getattr(x, "mask", False)
        if not callable(mask):
            _check_mask(np.asarray(mask), name)
        return np.asarray(x)
    if hasattr(x, "detach"):
        return of_torch(x, name)
    if isinstance(x, (list, tuple)):
        return _of_list(x, name)
    if hasattr(x, "toarray") and hasattr(x, "nnz"):  # scipy's sparse ones
        _check_dense(x.shape, 8, name)
        try:
            getattr(x, "check_format", lambda full_check: None)(full_check=True)
        except ValueError as error:
            raise DataError(f"{name} is a sparse matrix with wrong indices: {error_words(error)}") from None
        return np.asarray(x.toarray())
    if isinstance(x, Mapping) or callable(getattr(x, "state_dict", None)) or x is None:
        raise DataError(f"{name} is {_no_array(x)}")
    if hasattr(x, "__cuda_array_interface__") and hasattr(x, "get"):  # CuPy's, which numpy may not read
        return x.get()
    _check_table(x, name)
    if hasattr(x, "to_numpy"):
        return np.asarray(x.to_numpy())
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
        return np.from_dlpack(x)
    return np.asarray(x)


def _check_dense(shape: tuple[int, ...], size: int, name: str) -> None:
    """Raise SizeError if a sparse matrix of elements of ``size`` bytes would not fit into the memory with its zeros."""
    check_room(size * math.prod(shape), f"the numbers of {name}, {' x '.join(map(str, shape))}, made dense")


def _check_mask(mask: np.ndarray, name: str, advice: str = "x.filled(0)") -> None:
    """Raise DataError if an element is masked."""
    if mask.dtype.names:  # of records, which are refused as such
        return
    if mask.any():
        at = [int(n) for n in np.argwhere(mask)[0]]
        raise DataError(f"{name} is masked: {int(mask.sum())} of its {mask.size} elements are missing, the first at "
                        f"{at}; give them a value, 0 or nan, as {advice} does")


def of_torch(x: Any, name: str) -> np.ndarray:
    """A tensor of PyTorch's as numpy has it, in the type it has if numpy knows that, else in float32: one with grad, on
    a GPU, sparse or quantised, too. Raises DataError for what holds no real numbers, or not all of them."""
    if getattr(x, "is_meta", False):
        raise DataError(f"{name} is a tensor on the device 'meta', which holds no numbers")
    if callable(getattr(x, "get_mask", None)):  # torch.masked: True is what counts
        _check_mask(~x.get_mask().cpu().numpy(), name, "x.to_tensor(0.0)")
        x = x.get_data()
    if getattr(x, "is_nested", False):
        raise DataError(f"{name} is a nested tensor, whose rows may differ in length; make a plain one of it, as "
                        "torch.nested.to_padded_tensor(x, 0.0) does")
    if callable(getattr(x, "is_complex", None)) and x.is_complex():
        raise DataError(f"{name} holds complex numbers ({x.dtype}); take its real part or its magnitude")
    x = x.detach()
    if getattr(x, "is_quantized", False):
        x = x.dequantize()
    if str(getattr(x, "layout", "torch.strided")) != "torch.strided":
        _check_dense(x.shape, x.element_size(), name)
        _check_sparse(x, name)
        x = x.to_dense()
    if "float4" in str(getattr(x, "dtype", "")):  # which PyTorch holds, and makes no numbers of
        raise DataError(f"{name} is of the type {x.dtype}, which PyTorch makes no numbers of; give the tensor as it "
                        "was before it was quantised")
    x = x.cpu()
    x = x.resolve_neg() if hasattr(x, "resolve_neg") else x
    try:
        return x.numpy()
    except TypeError:  # a type that numpy lacks; all of them are narrower than float32
        return x.float().numpy()


def _check_sparse(x: Any, name: str) -> None:
    """Raise DataError for a sparse tensor of PyTorch's whose indices lead outside: it would write there."""
    torch = sys.modules["torch"]
    try:
        if x.layout == torch.sparse_coo:
            torch.sparse_coo_tensor(x._indices(), x._values(), x.shape, check_invariants=True)
        else:
            rows = x.layout in (torch.sparse_csr, torch.sparse_bsr)
            along, across = (x.crow_indices(), x.col_indices()) if rows else (x.ccol_indices(), x.row_indices())
            torch.sparse_compressed_tensor(along, across, x.values(), x.shape, layout=x.layout, check_invariants=True)
    except (RuntimeError, ValueError) as error:
        raise DataError(f"{name} is a sparse tensor with wrong indices: {error_words(error)}") from None


def _of_list(x: list | tuple, name: str) -> np.ndarray:
    if _holds_arrays(x):
        parts = [as_numpy(part, f"{name}[{at}]") for at, part in enumerate(x)]
        shapes = list(dict.fromkeys(part.shape for part in parts))
        if len(shapes) > 1:
            raise DataError(f"{name} is no matrix of numbers: its parts have the shapes {shapes[0]} and {shapes[1]}")
        return np.stack(parts)
    rows = [(f"row {at}", row) for at, row in enumerate(x) if isinstance(row, (list, tuple))]
    for where, members in (("it", x), *rows):
        if len({isinstance(part, (list, tuple)) for part in members}) > 1:
            raise DataError(f"{name} is no matrix of numbers: {where} holds lists beside single elements")
    lengths = {len(row): at for at, row in reversed([*enumerate(x)]) if isinstance(row, (list, tuple))}
    if len(lengths) > 1:
        (one, first), (two, second), *_ = sorted(lengths.items(), key=lambda pair: pair[1])
        raise DataError(f"{name} is no matrix of numbers: row {first} has {one} and row {second} has {two} of them; "
                        "rows must be equally long")
    x = _without_tensors(x, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # numpy's word for an element that is masked
        try:
            a = np.asarray(x)
        except UserWarning:
            raise DataError(f"{name} has elements that are masked; give them a value, such as 0 or nan") from None
    # text and dates are told by their place; and whole numbers beside others, which numpy makes float64, are rounded
    if a.dtype.kind in "SUMm" or a.dtype == np.float64 and a.size and (np.abs(a) > EXACT).any():
        return np.asarray(x, object)
    return a


def _without_tensors(x: list | tuple, name: str) -> list | tuple:
    """``x`` with numpy's numbers in place of single numbers that are tensors, of which numpy knows fewer types."""
    return [_without_tensors(part, name) if isinstance(part, (list, tuple)) else
            of_torch(part, name)[()] if hasattr(part, "detach") else part for part in x] \
        if any(isinstance(part, (list, tuple)) or hasattr(part, "detach") for part in x) else x


def _holds_arrays(x: list | tuple) -> bool:
    return any(_holds_arrays(part) if isinstance(part, (list, tuple)) else
               (hasattr(part, "__array__") or hasattr(part, "detach")) and not isinstance(part, np.generic)
               and getattr(part, "ndim", 1) != 0 for part in x)


def _check_table(x: Any, name: str) -> None:
    """Raise DataError where a table of pandas, polars or Arrow has a value that is missing. pandas keeps NaN where it
    has no type of its own for that: these are numbers here."""
    parts = [x, *x.itercolumns()] if callable(getattr(x, "itercolumns", None)) else [x]  # Arrow counts by columns
    counts = [getattr(part, "null_count", 0) for part in parts]
    count = sum(int(np.asarray(some() if callable(some) else some).sum()) for some in counts)
    if callable(getattr(x, "isna", None)):
        kinds = np.atleast_1d(np.asarray(getattr(x, "dtypes", None), object))
        own = np.array([not isinstance(kind, np.dtype) for kind in kinds])
        gone = np.asarray(x.isna())
        count = int((gone & own if gone.ndim == 2 else gone & own.any()).sum())
    if count:
        raise DataError(f"{name} has {count} missing values; give them one, as x.fillna(0) or x.fill_null(0) does, or "
                        "NaN")


def _no_array(x: Any) -> str:
    if x is None:
        return "None, and no matrix of numbers"
    names = list(x if isinstance(x, Mapping) else x.state_dict())
    if isinstance(x, Mapping):
        what, such = f"a dictionary ({type(x).__name__})", f"entries, such as x[{names[0]!r}]" if names else ""
    else:
        what, such = f"a module ({type(x).__name__})", f"tensors, such as x.{names[0]}" if names else ""
    return f"{what}, and no matrix" + (f": give one of its {len(names)} {such}" if names else "")
