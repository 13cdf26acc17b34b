"""Tensors in files, read one at a time: safetensors, PyTorch, GGUF, npz, npy, CSV.

``open_store`` gives a ``Store``: the names and shapes of what a file or a checkpoint's folder holds, and ``read``, which
takes from the disk about what a slice needs. Nothing in a file is ever run. safetensors, npy, npz and CSV need numpy
only; PyTorch's files need torch, GGUF's the package gguf.

Source of the safetensors format: huggingface/safetensors, README ("Format").
"""
from __future__ import annotations

import difflib
import importlib.util
import json
import math
import os
import pickle
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from .addresses import Address, Index
from .errors import DataError

MAX_HEADER = 100 * 2 ** 20  # bytes; the format's own limit
PIECE = 64 * 2 ** 20        # bytes that are mapped at a time
DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
          "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "<u1"}
FOLDER_FILES = ("model.safetensors.index.json", "model.safetensors", "adapter_model.safetensors",
                "pytorch_model.bin.index.json", "pytorch_model.bin", "adapter_model.bin")


def read(address: Address) -> np.ndarray:
    """What ``address`` names, in any number of dimensions, float32. Raises DataError."""
    store = open_store(address.path)
    name = address.tensor
    if name is None:
        if len(store.shapes) != 1:
            example = f"{address.path}:{next(iter(store.shapes), 'name')}"
            raise DataError(f"{address.path} holds {len(store.shapes)} tensors; say which, as in {example}")
        name, = store.shapes
    x = store.read(name, address.index)
    return x.T if address.transpose else x


def open_store(path: str | os.PathLike) -> "Store":
    """The store in a file, or in a folder that holds a checkpoint. Raises DataError."""
    path = _in_folder(Path(path)) if Path(path).is_dir() else Path(path)
    try:
        kind, about = _kind(path), path.stat()
        # what is quick to open is not kept: a file may change within the resolution of its time
        return kind(path) if kind in (Text, Npy, Npz) else _opened(kind, path, about.st_mtime_ns, about.st_size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


@lru_cache(8)
def _opened(kind: type["Store"], path: Path, time: int, size: int) -> "Store":
    return kind(path)


def _kind(path: Path) -> type["Store"]:
    with open(path, "rb") as file:
        head = file.read(16)
    suffix = path.suffix.lower()
    if path.name.endswith(".index.json"):
        return Sharded
    if suffix == ".safetensors":
        return SafeTensors
    if head.startswith(b"GGUF") or suffix == ".gguf":
        return Gguf
    if head.startswith(b"PK\x03\x04"):
        return Torch if suffix != ".npz" and _is_torch(path) else Npz
    if suffix in (".pt", ".pth", ".bin", ".ckpt"):
        return Torch
    return Npy if head.startswith(b"\x93NUMPY") else Text


def _in_folder(folder: Path) -> Path:
    """The file that holds a folder's checkpoint."""
    for name in FOLDER_FILES:
        if (folder / name).is_file():
            return folder / name
    for pattern in ("*.safetensors", "*.gguf"):
        found = sorted(folder.glob(pattern))
        if len(found) == 1:
            return found[0]
    raise DataError(f"the folder {folder} holds no checkpoint: none of {', '.join(FOLDER_FILES)}, and no single "
                    "safetensors or gguf file")


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
            raise DataError(f"{name} in {self.path}, {' x '.join(map(str, shape))}, is too large for the memory; take a "
                            "slice of it") from None
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


class SafeTensors(Store):
    def __init__(self, path: Path):
        self.path, size = path, path.stat().st_size
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > size - 8:
                raise DataError(f"{path} is damaged or cut short: it has {size:,} bytes, and its header alone would take "
                                f"{length:,}")
            if length > MAX_HEADER:
                raise DataError(f"{path} has a header of {length:,} bytes; at most {MAX_HEADER:,} are read")
            try:
                header = json.loads(file.read(length))
                header.pop("__metadata__", None)
                self._parts = {name: self._part(**entry) for name, entry in header.items()}
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                raise DataError(f"{path} is no safetensors file: its header cannot be read ({error})") from None
        self._start = 8 + length
        for name, (dtype, shape, begin, end) in self._parts.items():
            need = math.prod(shape) * np.dtype(DTYPES.get(dtype, "u1")).itemsize
            if end > size - self._start:
                raise DataError(f"{path} is cut short: {name} ends at byte {self._start + end:,} and the file at {size:,}")
            if begin > end or dtype in DTYPES and need != end - begin:
                raise DataError(f"{path} is damaged: {name} ({dtype}, {' x '.join(map(str, shape))}) needs {need:,} bytes "
                                f"and has {end - begin:,}")
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
            raise DataError(f"{name} in {self.path} is of type {kind}, which is not read; known are {', '.join(DTYPES)}")
        return _mapped(self.path, np.dtype(DTYPES[kind]), self._start + begin, shape, index, kind == "BF16")


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


class Sharded(Store):
    """A checkpoint in several files, with a JSON index that says which tensor is where."""

    def __init__(self, path: Path):
        self.path = path
        try:
            files = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
            self._files = {str(name): str(file) for name, file in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(f"{path} is no index of a checkpoint: {error!r}") from None
        outside = next((file for file in self._files.values() if Path(file).name != file), None)
        if outside:
            raise DataError(f"{path} names the file {outside!r}, which is not in its own folder")
        self.shapes = dict.fromkeys(self._files, ())

    def shape(self, name: str) -> tuple[int, ...]:
        self.require(name)
        return open_store(self.path.parent / self._files[name]).shapes[name]

    def read(self, name: str, index: Index = ()) -> np.ndarray:
        self.require(name)
        return open_store(self.path.parent / self._files[name]).read(name, index)


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
            raise DataError(f"{path} holds more than tensors, and what else it holds could be any program; nothing of it "
                            "was run. Save its state_dict() alone, or as safetensors") from None
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


def _is_torch(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _package(name: str, path: Path, advice: str):
    if importlib.util.find_spec(name) is None:
        raise DataError(f"{path} needs the package {name}, which is not installed: {advice}")
    return importlib.import_module(name)
