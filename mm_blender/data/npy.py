"""The header of an npy file, by a strict grammar of our own: numpy reads it as Python's text, which a damaged or
hostile header leads anywhere.

Source of the format: numpy, ``numpy.lib.format``.
"""
from __future__ import annotations

import ast
import io
import math
import re
from dataclasses import dataclass
from typing import Any, IO, Literal

import numpy as np

from ..errors import DataError
from ..limits import limits
from .foreign import foreign

MAGIC = b"\x93NUMPY"
DIMENSIONS = 32      # as many as every numpy has
WIDEST = 2 ** 20     # bytes of an element
RECORDS = 4096       # letters of the description of records, which are refused by the names of their fields

_ENTRY = re.compile(r"""\s*(?:'(\w{1,20})'|"(\w{1,20})")\s*:\s*("""
                    r"""'[^'"\\]{1,40}'|"[^'"\\]{1,40}"|True|False|\([\d\sL,]*\)|"""
                    r"""\[[^\[\]{}]*(?:\[[^\[\]{}]*\][^\[\]{}]*)*\])"""
                    r"""\s*(?:,|(?=\}))""", re.ASCII)
_TYPE = re.compile(r"[<>=|]?(?:[?bBhHiIlLqQfdgFDGOcSUVaMm]|[biufcSUVaMmO]\d{1,9})(?:\[\w{1,10}\])?", re.ASCII)
_DIMENSION = re.compile(r"\s*(\d{1,19})L?\s*", re.ASCII)


@dataclass(frozen=True)
class NpyHeader:
    """``order``: numpy's, "C" or "F"."""

    shape: tuple[int, ...]
    dtype: np.dtype
    order: Literal["C", "F"]

    @property
    def size(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], name: object) -> NpyHeader:
    """The header at the place where ``file`` is, behind which its elements begin. Raises DataError."""
    with foreign(name, "npy file of numbers"):
        start = file.read(8)
        if not start.startswith(MAGIC) or len(start) < 8:
            raise ValueError("it does not begin as one")
        if start[6] not in (1, 2, 3):
            raise ValueError(f"it is of the version {start[6]}.{start[7]}, and known are 1.0, 2.0 and 3.0")
        width = 2 if start[6] == 1 else 4
        length = int.from_bytes(file.read(width), "little")
        limits.check("header_bytes", length, f"the header of {name}")
        raw = file.read(length)
        if len(raw) != length:
            raise EOFError(f"its header has {length:,} bytes, and {len(raw):,} are there")
        entries = _entries(raw.decode("utf-8" if start[6] == 3 else "latin-1"))
        if {*entries} != {"descr", "fortran_order", "shape"}:
            raise ValueError(f"its header has {', '.join(entries) or 'no entries'} in place of descr, fortran_order, "
                             "shape")
        orders: dict[str, Literal["C", "F"]] = {"True": "F", "False": "C"}
        order = orders.get(entries["fortran_order"])
        if order is None:
            raise ValueError("its order is neither True nor False")
        header = NpyHeader(_shape(entries["shape"]), _dtype(entries["descr"]), order)
    if header.dtype.hasobject:
        raise DataError(f"{name} holds Python objects, which are not loaded")
    return header


def from_bytes(body: bytes, name: object) -> np.ndarray:
    """The array in a whole npy file. Raises DataError."""
    file = io.BytesIO(body)
    header = read_header(file, name)
    check_size(header, len(body) - file.tell(), name)
    with foreign(name, "npy file of numbers"):
        flat = np.frombuffer(body, header.dtype, math.prod(header.shape), file.tell() if header.size else 0)
        return flat.reshape(header.shape, order=header.order)


def check_size(header: NpyHeader, there: int, name: object) -> None:
    """Raise DataError if the elements are more than the bytes that are ``there``."""
    if header.size > there:
        raise DataError(f"{name} is no npy file of numbers: it is shorter than its header says, by "
                        f"{header.size - there:,} bytes")


def _entries(text: str) -> dict[str, str]:
    """The entries of a header as they are written, by name."""
    text = text.strip()
    if not text.startswith("{"):
        raise ValueError("its header is no dictionary")
    found, at = {}, 1
    while match := _ENTRY.match(text, at):
        key = match[1] or match[2]
        if key in found:
            raise ValueError(f"its header has {key} twice")
        found[key], at = match[3], match.end()
    if text[at:].strip() != "}":
        raise ValueError(f"its header goes wrong at {text[at:at + 30]!r}")
    return found


def _shape(text: str) -> tuple[int, ...]:
    parts = text[1:-1].split(",") if text.startswith("(") else [""]
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    if parts == [""]:
        parts = []
    dims = [dim for part in parts[:DIMENSIONS + 1] if (dim := _DIMENSION.fullmatch(part))]
    if not text.startswith("(") or len(dims) < len(parts[:DIMENSIONS + 1]) or len(dims) == 1 and "," not in text:
        raise ValueError(f"its shape is {text[:60]}, which is none")
    shape = tuple(int(dim[1]) for dim in dims)
    if len(shape) > DIMENSIONS or math.prod(n for n in shape if n) >= 2 ** 63:
        raise ValueError(f"its shape, {text[:60]}, is larger than any")
    return shape


def _dtype(text: str) -> np.dtype:
    if text.startswith("["):
        if len(text) > RECORDS or text.count("[") + text.count("(") > 200:
            raise ValueError("its records are described at too great length")
        read: Any = np.lib.format.descr_to_dtype  # which has no annotations
        return read(ast.literal_eval(text))
    word = text[1:-1]
    if text[0] not in "'\"" or not _TYPE.fullmatch(word):
        raise ValueError(f"its type is {text[:60]}, which is not known")
    dtype = np.dtype(word)
    if not 0 < dtype.itemsize <= WIDEST:  # below 0 where numpy counts too far
        raise ValueError(f"its type, {text}, has elements of no bytes, or of very many")
    return dtype
