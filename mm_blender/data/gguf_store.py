"""A file of llama.cpp's: its tensors, plain or dequantised, and its metadata."""
from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..system.memory import check_room
from . import small_floats
from .addresses import Index
from .container import refuse_shared, Store
from .files import open_regular
from .foreign import foreign, package
from .gguf import GgufHeader
from .slices import as_slices, parts, Place, read_slice

# GGUF's types that are not quantised
PLAIN = {"F32": "f4", "F16": "f2", "F64": "f8", "I8": "i1", "I16": "i2", "I32": "i4", "I64": "i8", "BF16": "u2"}


class Gguf(Store):
    """A file of llama.cpp's. Its dimensions are given the other way round than in the file, as numpy has them."""

    def __init__(self, path: Path):
        self.path = path
        self._gguf = package("gguf", path, "pip install gguf")  # which knows the quantised types
        with open_regular(path) as file, foreign(path, "GGUF file"):
            self._header = GgufHeader(file, path)
        taken = []
        for name, tensor in self._header.tensors.items():
            end = self._header.start + tensor.offset + self._bytes(tensor.kind, tensor.shape, name)
            if end > self._header.size:
                raise DataError(f"{path} is cut short or damaged: tensors end beyond it ({name} at byte {end:,}, the "
                                f"file at {self._header.size:,}); download it again")
            taken.append((self._header.start + tensor.offset, end, name))
        refuse_shared(path, taken)
        self.shapes = {name: tensor.shape for name, tensor in self._header.tensors.items()}

    def field(self, key: str) -> Any:
        """The value of a piece of metadata, or None."""
        with foreign(f"{key} in {self.path}"):
            return self._header.value(key) if key in self._header.fields else None

    def fields(self, *prefixes: str) -> dict:
        """The metadata whose keys begin so, by their keys."""
        return {key: self.field(key) for key in self._header.fields if key.startswith(prefixes)}

    def kind(self, name: str) -> str:
        """See ``Store.kind``."""
        number = self._header.tensors[name].kind
        try:
            return self._gguf.GGMLQuantizationType(number).name
        except ValueError:
            return f"type {number}"

    def _bytes(self, kind: int, shape: tuple[int, ...], name: str) -> int:
        """Bytes of a tensor; 0 for a type that the package does not know, which cannot be read."""
        sizes = {int(known): size for known, size in self._gguf.GGML_QUANT_SIZES.items()}
        if kind not in sizes:
            return 0
        block, size = sizes[kind]
        if shape and shape[-1] % block or not shape and block > 1:
            raise DataError(f"{self.path} is no GGUF file, or damaged: rows of {name} have {shape[-1:]} elements, and "
                            f"a block has {block}")
        return math.prod(shape) // block * size

    def _place(self, name: str) -> Place:
        tensor, kind = self._header.tensors[name], self.kind(name)
        start, dtype = self._header.start + tensor.offset, PLAIN.get(kind)
        if dtype:
            return Place(start, np.dtype(dtype), tensor.shape)
        size, rows = self._bytes(tensor.kind, tensor.shape, name), math.prod(tensor.shape[:-1])
        return Place(start, np.dtype(np.uint8), (*tensor.shape[:-1], size // max(rows, 1)), rows=True)

    def _take(self, name: str, index: Index) -> np.ndarray:
        tensor, kind, label = self._header.tensors[name], self.kind(name), self.label(name)
        shape, offset = tensor.shape, self._header.start + tensor.offset
        plain = PLAIN.get(kind)
        with open_regular(self.path) as file:
            if plain:
                dtype = np.dtype(plain).newbyteorder(self._header.order)
                return read_slice(file, offset, dtype, shape, index, label,
                                  decode=small_floats.decoder(kind))
            if not self._bytes(tensor.kind, shape, name) or self._header.order == ">":
                raise self._unknown(name)
            return self._dequantized(file, name, index)

    def _unknown(self, name: str) -> DataError:
        return DataError(f"{self.label(name)} is quantised as {self.kind(name)}, which the package gguf cannot read: "
                         "quantise the model in another way, such as Q8_0")

    def _dequantized(self, file: io.BufferedReader, name: str, index: Index) -> np.ndarray:
        """What ``index`` takes of a tensor whose rows are quantised one by one, in blocks, float32."""
        tensor, label = self._header.tensors[name], self.label(name)
        shape, kind = tensor.shape, self._gguf.GGMLQuantizationType(tensor.kind)
        block, size = self._gguf.GGML_QUANT_SIZES[kind]
        *rows, last = parts(index, shape)
        data = read_slice(file, self._header.start + tensor.offset, np.dtype(np.uint8),
                          (*shape[:-1], shape[-1] // block * size), (*as_slices(tuple(rows)), slice(None)), label,
                          as_it_is=True)
        flat = data.reshape(-1, data.shape[-1])
        wide = (len(last),) if isinstance(last, range) else ()
        check_room(4 * len(flat) * math.prod(wide), f"the numbers of {label}")
        out = np.empty((len(flat), *wide), np.float32)
        many = max(1, 2 ** 22 // shape[-1])
        for at in range(0, len(flat), many):
            with foreign(label):
                try:
                    x = self._gguf.quants.dequantize(flat[at:at + many], kind)
                except NotImplementedError:
                    raise self._unknown(name) from None
            out[at:at + many] = x[(slice(None), *as_slices((last,)))]
        return out.reshape(*data.shape[:-1], *wide)
