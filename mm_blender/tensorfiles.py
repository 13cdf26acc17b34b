"""The kinds of files that hold tensors: safetensors, PyTorch's, GGUF, npz, npy, CSV.

Nothing in a file is ever run, and what it says of itself is not believed where it could cost memory. Source of the
safetensors format: huggingface/safetensors, README ("Format").
"""
from __future__ import annotations

import importlib
import importlib.util
import json
import math
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np

from .addresses import Index
from .errors import DataError
from .ggufheader import check_gguf
from .store import Store

MAX_HEADER = 100 * 2 ** 20  # bytes; the format's own limit
PIECE = 64 * 2 ** 20        # bytes that are mapped at a time
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
          "I8": "<i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "<u1"}


class SafeTensors(Store):
    def __init__(self, path: Path):
        self.path, size = path, path.stat().st_size
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise DataError(f"{path} is damaged or cut short: it has {size:,} bytes, and its header alone would "
                                f"take {length:,}")
            if length > MAX_HEADER:
                raise DataError(f"{path} has a header of {length:,} bytes; at most {MAX_HEADER:,} are read")
            try:
                header = json.loads(file.read(length), object_pairs_hook=_once)
                header.pop("__metadata__", None)
                self._parts = {name: self._part(**entry) for name, entry in header.items()}
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                raise DataError(f"{path} is no safetensors file: its header cannot be read ({error})") from None
        self._start = 8 + length
        for name, (dtype, shape, begin, end) in self._parts.items():
            need = math.prod(shape) * np.dtype(DTYPES.get(dtype, "u1")).itemsize
            if end > size - self._start:
                raise DataError(f"{path} is cut short: {name} ends at byte {self._start + end:,} and the file at "
                                f"{size:,}")
            if begin > end or dtype in DTYPES and need != end - begin:
                raise DataError(f"{path} is damaged: {name} ({dtype}, {' x '.join(map(str, shape))}) needs {need:,} "
                                f"bytes and has {end - begin:,}")
        taken = sorted((begin, end, name) for name, (*_, begin, end) in self._parts.items() if end > begin)
        for (_, end, one), (begin, _, two) in zip(taken, taken[1:]):
            if begin < end:
                raise DataError(f"{path} is damaged: {one} and {two} lie one over the other")
        self.shapes = {name: part[1] for name, part in self._parts.items()}

    @staticmethod
    def _part(dtype: str, shape: list[int], data_offsets: list[int]) -> tuple[str, tuple[int, ...], int, int]:
        begin, end = data_offsets
        if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
            raise ValueError("shapes and offsets are whole numbers")
        return str(dtype), tuple(shape), begin, end

    def _take(self, name: str, index: Index) -> np.ndarray:
        kind, shape, begin, _ = self._parts[name]
        if kind not in DTYPES:
            raise DataError(f"{name} in {self.path} is of type {kind}, which is not read; known are "
                            f"{', '.join(DTYPES)}")
        return _mapped(self.path, np.dtype(DTYPES[kind]), self._start + begin, shape, index, kind == "BF16")


def _once(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object none of whose names comes twice: which one holds would depend on the reader."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _mapped(path: Path, dtype: np.dtype, offset: int, shape: tuple[int, ...], index: Index, bfloat16: bool = False,
            order: str = "C") -> np.ndarray:
    """A slice of an array that lies in a file, float32.

    Mapped memory counts as ours once it is touched, so where columns of many rows are wanted the rows go by in pieces.
    """
    def part(at: int, shape: tuple[int, ...], index: Index) -> np.ndarray:
        if 0 in shape:
            return np.zeros(shape, np.float32)[index]
        x = np.memmap(path, dtype, "r", at, shape or (1,), order)
        x = (x if shape else x.reshape(()))[index]
        return (x.astype(np.uint32) << 16).view(np.float32) if bfloat16 else x.astype(np.float32)

    whole = slice(None)
    first, *rest = index or (whole,)
    row = math.prod(shape[1:]) * dtype.itemsize
    if not (isinstance(first, slice) and any(other != whole for other in rest) and order == "C"
            and Ellipsis not in index and math.prod(shape) * dtype.itemsize > PIECE and row):
        return part(offset, shape, index)
    start, stop, step = first.indices(shape[0])
    if step != 1 or stop <= start:
        return part(offset, shape, index)
    many = max(1, PIECE // row)
    return np.concatenate([part(offset + at * row, (min(many, stop - at), *shape[1:]), (whole, *rest))
                           for at in range(start, stop, many)])


class Torch(Store):
    """A file of torch.save, mapped rather than read, and never unpickled into anything but tensors."""

    def __init__(self, path: Path):
        self.path = path
        torch = _package("torch", path, "pip install torch, or save the tensors as safetensors")
        options = {"map_location": "cpu", "weights_only": True}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the pickle protocol of a file that is refused anyway
                found = torch.load(path, mmap=zipfile.is_zipfile(path), **options)
        except pickle.UnpicklingError:
            raise DataError(f"{path} holds more than tensors, and what else it holds could be any program; nothing of "
                            "it was run. Save its state_dict() alone, or as safetensors") from None
        except Exception as error:  # noqa: BLE001  torch names no error for a damaged file: many kinds come
            first = (str(error) or type(error).__name__).splitlines()[0]
            raise DataError(f"{path} is no file of PyTorch's, or damaged: {first}") from None
        self._tensors = dict(_tensors(found, torch))
        self.shapes = {name: tuple(x.shape) for name, x in self._tensors.items()}

    def _take(self, name: str, index: Index) -> np.ndarray:
        x = self._tensors[name].detach()
        x = x.to_dense() if x.is_sparse else x.dequantize() if x.is_quantized else x
        if any(isinstance(part, slice) and (part.step or 1) < 0 for part in index):
            return x.float().numpy()[index]
        return x[index].float().numpy()


def _tensors(found, torch, above: str = ""):
    """The tensors in what torch.load gave, by names joined with dots."""
    if isinstance(found, torch.Tensor):
        yield above, found
    elif isinstance(found, (dict, list, tuple)):
        for key, value in found.items() if isinstance(found, dict) else enumerate(found):
            yield from _tensors(value, torch, f"{above}.{key}" if above else str(key))


class Gguf(Store):
    """A file of llama.cpp's. Its dimensions are given the other way round than in the file, as numpy has them."""

    def __init__(self, path: Path):
        self.path = path
        gguf = _package("gguf", path, "pip install gguf")
        check_gguf(path)
        try:
            self.reader = gguf.GGUFReader(path)
        except Exception as error:  # noqa: BLE001  whatever a damaged file leads the reader to
            raise DataError(f"{path} is no GGUF file, or damaged: {error}") from None
        self._tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        self.shapes = {name: tuple(int(n) for n in reversed(tensor.shape)) for name, tensor in self._tensors.items()}

    def field(self, key: str):
        """The value of a piece of metadata, or None."""
        field = self.reader.get_field(key)
        return None if field is None else field.contents()

    def _take(self, name: str, index: Index) -> np.ndarray:
        from gguf import quants

        tensor, shape = self._tensors[name], self.shapes[name]
        data = tensor.data.reshape(*shape[:-1], -1)
        if len(shape) > 1 and index and isinstance(index[0], slice):  # rows are quantised one by one
            data, index = data[index[0]], (slice(None), *index[1:])
        return quants.dequantize(data, tensor.tensor_type)[index]


class Npz(Store):
    def __init__(self, path: Path):
        self.path, self._members = path, {}
        try:
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if info.filename.endswith(".npy"):
                        with archive.open(info) as file:
                            shape, dtype, _ = _npy_header(file, path)
                        if math.prod(shape) * dtype.itemsize > info.file_size:
                            raise DataError(f"{path} is damaged: {info.filename} is shorter than its header says")
                        self._members[info.filename.removesuffix(".npy")] = shape
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            raise DataError(f"{path} is no npz file, or damaged: {error}") from None
        self.shapes = self._members

    def _take(self, name: str, index: Index) -> np.ndarray:
        try:
            with np.load(self.path, allow_pickle=False) as archive:
                return archive[name][index]
        except (ValueError, zipfile.BadZipFile, zipfile.error) as error:
            raise DataError(f"{name} in {self.path} cannot be read: {error}") from None


class Npy(Store):
    def __init__(self, path: Path):
        self.path = path
        with open(path, "rb") as file:
            shape, self._dtype, self._fortran = _npy_header(file, path)
            self._offset = file.tell()
        if math.prod(shape) * self._dtype.itemsize > path.stat().st_size - self._offset:
            raise DataError(f"{path} is no npy file of numbers: it is shorter than its header says")
        self.shapes = {"": shape}

    def _take(self, name: str, index: Index) -> np.ndarray:
        if self._dtype.kind not in "fiub":
            raise DataError(f"{self.path} is no matrix of real numbers: its type is {self._dtype}")
        return _mapped(self.path, self._dtype, self._offset, self.shapes[""], index, order="CF"[self._fortran])


def _npy_header(file, path: Path) -> tuple[tuple[int, ...], np.dtype, bool]:
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
    except (ValueError, OSError) as error:
        raise DataError(f"{path} is no npy file of numbers: {error}") from None
    if dtype.hasobject:
        raise DataError(f"{path} holds Python objects, which are not loaded")
    return shape, dtype, fortran


class Text(Store):
    """A CSV file."""

    def __init__(self, path: Path):
        from . import datafiles  # which reads addresses by this module

        self.path = path
        self._matrix = datafiles.parse(path.read_bytes(), str(path))
        self.shapes = {"": self._matrix.shape}

    def _take(self, name: str, index: Index) -> np.ndarray:
        return self._matrix[index]


def is_torch(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _package(name: str, path: Path, advice: str):
    if importlib.util.find_spec(name) is None:
        raise DataError(f"{path} needs the package {name}, which is not installed: {advice}")
    return importlib.import_module(name)
