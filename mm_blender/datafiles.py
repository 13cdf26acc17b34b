"""Matrices from what the caller gives: arrays and tensors of any library, addresses (``addresses``) of tensors in
files, CSV and npy files in an assets folder, or on the network when the caller says so."""
from __future__ import annotations

import io
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np

from . import addresses, lazy, tensors
from .errors import DataError

MAX_BYTES = 2 ** 31
TIMEOUT_S = 30


def as_matrix(x, name: str = "data") -> np.ndarray:
    """``x`` as a contiguous float32 array (h, w). Takes arrays, tensors of any device and dtype, nested lists.

    Raises DataError for anything that is not two-dimensional, real and non-empty.
    """
    a = as_array(x, name)
    if a.ndim != 2:
        raise DataError(f"{name} has shape {a.shape}; a matrix has two dimensions (use reshape, or take a slice)")
    if 0 in a.shape:
        raise DataError(f"{name} is empty: its shape is {a.shape[0]} x {a.shape[1]}")
    return np.ascontiguousarray(a)


def as_array(x, name: str = "data") -> np.ndarray:
    """``x`` as a float32 array of any shape: of numpy, torch (any device and dtype, with grad or not), JAX, or anything
    that has ``__array__`` or DLPack. Raises DataError for what holds no real numbers."""
    try:
        if hasattr(x, "detach"):
            a = _from_torch(x, name)
        elif hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
            a = np.from_dlpack(x)
        else:
            a = np.asarray(x)
        if a.dtype.kind == "c":
            raise DataError(f"{name} holds complex numbers; take its real part or its magnitude")
        return a.astype(np.float32, order="C", copy=False)
    except (TypeError, ValueError, OverflowError, RuntimeError, BufferError) as error:
        raise DataError(f"{name} is no matrix of numbers: {error}") from None


def _from_torch(x, name: str) -> np.ndarray:
    """A tensor that numpy may not be able to read: with grad, on a GPU, in bfloat16, sparse, quantised."""
    if getattr(x, "is_meta", False):
        raise DataError(f"{name} is a tensor on the device 'meta', which holds no numbers")
    if callable(getattr(x, "is_complex", None)) and x.is_complex():
        raise DataError(f"{name} holds complex numbers; take its real part or its magnitude")
    x = x.detach()
    for wrong, right in (("is_sparse", "to_dense"), ("is_sparse_csr", "to_dense"), ("is_quantized", "dequantize")):
        if getattr(x, wrong, False):
            x = getattr(x, right)()
    x = x.cpu().float()
    return (x.resolve_neg() if hasattr(x, "resolve_neg") else x).numpy()


def read_matrix(source: str | os.PathLike, assets: str | os.PathLike | None = None, online: bool = False) -> np.ndarray:
    """The matrix that ``source`` names, float32 (h, w): ``read_array``, in two dimensions."""
    return as_matrix(read_array(source, assets, online), os.fspath(source))


def read_array(source: str | os.PathLike, assets: str | os.PathLike | None = None, online: bool = False) -> np.ndarray:
    """What is at an address (``FILE:tensor.name[slice].T``) or a URL (of a CSV or npy file), float32.

    A file's name is looked for in ``assets`` first. A URL is fetched only if ``online``. Raises DataError if it is not
    there or holds no numbers.
    """
    text = os.fspath(source)
    if not text:
        raise DataError("the initialiser 'url' needs the address or path of a CSV file, and its url is empty")
    remote = urlsplit(text).scheme in ("http", "https")
    if urlsplit(text).scheme == "file":
        text = unquote(urlsplit(text).path)
    if not remote:
        return tensors.read(addresses.parse(text, None if assets is None else Path(assets)))
    name = unquote(urlsplit(text).path).rsplit("/", 1)[-1]
    if assets is not None and name and (Path(assets) / name).is_file():
        return tensors.read(addresses.Address(Path(assets) / name))
    if not online:
        looked = f" (nor {name} in {assets})" if assets is not None else ""
        raise DataError(f"{text} is on the network, which is used only when you ask: pass online=True (--online), or "
                        f"put {name} into a folder and name it as assets (--assets){looked}")
    return parse(_fetch(text), text)


def open_matrix(source: str | os.PathLike) -> np.ndarray | lazy.Lazy:
    """What is at an address: an array, or if that is a large tensor a matrix that is read when it is needed."""
    text = os.fspath(source)
    if urlsplit(text).scheme in ("http", "https", "file") or not text:
        return read_array(source)
    found = lazy.open_address(addresses.parse(text))
    return read_array(source) if found is None else found


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
            body = reply.read(MAX_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DataError(f"{url} could not be fetched: {getattr(error, 'reason', error)}") from None
    if len(body) > MAX_BYTES:
        raise DataError(f"{url} is larger than {MAX_BYTES / 2 ** 30:.0f} GiB")
    return body


def parse(body: bytes, name: str) -> np.ndarray:
    """``body`` (an npy file, or rows of comma-separated numbers) as float32 (h, w). Raises DataError."""
    if body.startswith(b"\x93NUMPY"):
        try:
            return as_matrix(np.load(io.BytesIO(body), allow_pickle=False), name)
        except ValueError as error:
            raise DataError(f"{name} is no npy file of numbers: {error}") from None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{name} is no text, so no CSV file, and no npy file either") from None
    if not text.strip():
        raise DataError(f"{name} is empty")
    try:
        return as_matrix(np.loadtxt(io.StringIO(text), np.float32, delimiter=",", ndmin=2, comments=None), name)
    except ValueError:
        raise DataError(f"{name}: {_first_fault(text)}") from None


def _first_fault(text: str) -> str:
    """What is wrong with a CSV text that could not be read, with its line."""
    width = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        cells = line.split(",")
        for column, cell in enumerate(cells, 1):
            try:
                float(cell)
            except ValueError:
                return f"line {number}, column {column} holds {cell.strip()[:40]!r}, which is no number"
        width = width or len(cells)
        if len(cells) != width:
            return (f"line {number} has {len(cells)} numbers where the lines before have {width}; "
                    "rows must be equally long")
    return "it is no matrix of numbers"


def tile(a: np.ndarray, h: int, w: int) -> np.ndarray:
    """``a`` repeated (or cut) to (h, w)."""
    if a.shape == (h, w):
        return a
    return np.ascontiguousarray(a[np.arange(h) % a.shape[0]][:, np.arange(w) % a.shape[1]])
