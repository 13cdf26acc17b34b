"""A file of safetensors.

Source of the format: huggingface/safetensors, README ("Format").
"""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..limits import limits
from . import npy, small_floats
from .addresses import Index
from .container import refuse_shared, Store
from .files import open_regular, parse_json, size_of
from .slices import Place, read_slice

MAX_HEADER = 100 * 2 ** 20  # bytes; the safetensors format's own limit
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
          "I8": "<i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?", "C64": "<c8",
          **dict.fromkeys(small_floats.TABLES, "u1")}


class SafeTensors(Store):
    """A file of safetensors: a header that says where each tensor lies, and then their bytes."""

    def __init__(self, path: Path):
        self.path = path
        with open_regular(path) as file:
            size = size_of(file)
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise DataError(f"{path} is damaged or cut short: it has {size:,} bytes, and its header alone would "
                                f"take {length:,}")
            limits.check("header_bytes", length, f"the header of {path}")
            body = file.read(length)
        try:
            header = parse_json(body, f"the header of {path}", "header_bytes")
            if not isinstance(header, dict):
                raise DataError(f"it is a {type(header).__name__} and no object")
            header.pop("__metadata__", None)
            limits.check("tensors", len(header), str(path))
            self._parts = {name: self._part(name, entry) for name, entry in header.items()}
        except DataError as error:
            raise DataError(f"{path} is no safetensors file: its header cannot be read ({error})") from None
        self._start = 8 + length
        self._check_places(size)
        self.shapes = {name: part[1] for name, part in self._parts.items()}

    def _check_places(self, size: int) -> None:
        """Raise DataError unless every tensor has its bytes to itself in a file of ``size`` bytes."""
        for name, (dtype, shape, begin, end) in self._parts.items():
            need = math.prod(shape) * np.dtype(DTYPES.get(dtype, "u1")).itemsize
            if end > size - self._start:
                raise DataError(f"{self.path} is cut short: {name} ends at byte {self._start + end:,} and the file at "
                                f"{size:,}")
            if begin > end or dtype in DTYPES and need != end - begin:
                raise DataError(f"{self.path} is damaged: {name} ({dtype}, {' x '.join(map(str, shape))}) needs "
                                f"{need:,} bytes and has {end - begin:,}")
        refuse_shared(self.path, ((begin, end, name) for name, (*_, begin, end) in self._parts.items()))

    @staticmethod
    def _part(name: str, entry: object) -> tuple[str, tuple[int, ...], int, int]:
        """Type, shape, and the first byte of a tensor and the one behind it, as the header has them."""
        if not isinstance(entry, dict) or {*entry} != {"dtype", "shape", "data_offsets"}:
            raise DataError(f"{name[:80]} has not the entries dtype, shape and data_offsets")
        kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(kind, str) or len(kind) > 40:
            raise DataError(f"the type of {name[:80]} is no word")
        if not (isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
                and all(type(number) is int and 0 <= number < 2 ** 63 for number in (*shape, *offsets))):
            raise DataError(f"{name[:80]}: shapes and offsets are whole numbers")
        if len(shape) > npy.DIMENSIONS:
            raise DataError(f"{name[:80]} has {len(shape):,} dimensions")
        return kind, tuple(shape), *offsets

    def kind(self, name: str) -> str:
        """See ``Store.kind``."""
        return self._parts[name][0]

    def _place(self, name: str) -> Place:
        kind, shape, begin, _ = self._parts[name]
        return Place(self._start + begin, np.dtype(DTYPES.get(kind, "u1")), shape)

    def _take(self, name: str, index: Index) -> np.ndarray:
        kind, shape, begin, _ = self._parts[name]
        if kind not in DTYPES:
            raise DataError(f"{name} in {self.path} is of type {kind}, which is not read; known are "
                            f"{', '.join(dtype for dtype in DTYPES if dtype != 'C64')}")
        with open_regular(self.path) as file:
            return read_slice(file, self._start + begin, np.dtype(DTYPES[kind]), shape, index, self.label(name),
                              decode=small_floats.decoder(kind))
