"""Tensors in files, by address or one at a time.

``open_store`` gives a ``Store``: the names and shapes of what a file or a checkpoint's folder holds, and ``read``,
which takes from the disk about what a slice needs. Nothing in a file is ever run, and what it says of itself is not
believed where it could cost memory or time: sizes are compared with the file's and with the limits before anything is
read or unpacked. safetensors, npy, npz and CSV need numpy only; PyTorch's files need torch, GGUF's the package gguf.
"""
from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..limits import limits
from ..plain import said
from . import archives, tensor_names
from .addresses import Address, Index
from .container import Store
from .files import check_head, head_of, no_file, read_json
from .foreign import foreign
from .gguf_store import Gguf
from .numpy_stores import Npy, Npz
from .safetensors_store import MAX_HEADER, SafeTensors
from .text_store import TextTable
from .torch_store import Torch

PICKLES = (".pt", ".pth", ".bin", ".ckpt")  # of PyTorch
FOLDER_FILES = ("model.safetensors.index.json", "model.safetensors", "adapter_model.safetensors",
                "pytorch_model.bin.index.json", "pytorch_model.bin", "adapter_model.bin")


def read(address: Address, store: Store | None = None) -> np.ndarray:
    """What ``address`` names, in any number of dimensions, float32; ``store``: its file, if that is open. Raises
    DataError."""
    store = store or open_store(address.path)
    name = address.tensor
    if not store.shapes:
        raise DataError(f"{address.path} holds no tensors")
    if name is None:
        if len(store.shapes) != 1:
            if {"format", "shape", "data"} <= {*store.shapes}:
                raise DataError(f"{address.path} holds a sparse matrix of scipy's: save it as numpy.save(name, "
                                "scipy.sparse.load_npz(path).toarray())")
            example = f"{address.path}:{next(iter(store.shapes), 'name')}"
            raise DataError(f"{address.path} holds {len(store.shapes)} tensors; say which, as in {example}")
        name, = store.shapes
    name = tensor_names.resolve(store, name)
    tensor_names.check_plain(store, name)
    x = store.read(name, address.index)
    return x.T if address.transpose else x


def open_store(path: str | os.PathLike) -> Store:
    """The store in a file, or in a folder that holds a checkpoint. Raises DataError."""
    path = _in_folder(Path(path)) if Path(path).is_dir() else Path(path)
    try:
        kind, about = _kind(path), path.stat()
        # what is quick to open is not kept: a file may change within the resolution of its time
        with foreign(path):
            fresh = kind in (TextTable, Npy, Npz)
            return kind(path) if fresh else _opened(kind, path, about.st_mtime_ns, about.st_size)
    except FileNotFoundError:
        if path.is_symlink():
            raise DataError(f"{path} is a link to {os.readlink(path)}, which is not there: download it again") from None
        raise DataError(no_file(str(path))) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


@lru_cache(8)
def _opened(kind: Callable[[Path], Store], path: Path, time: int, size: int) -> Store:
    return kind(path)


def _kind(path: Path) -> Callable[[Path], Store]:
    """By what a file begins with and its name's end. Raises DataError for what is no data."""
    suffix, head = path.suffix.lower(), head_of(path)
    index = path.name.endswith(".index.json")
    text = index or suffix not in (".safetensors", ".gguf", ".npy", ".npz", *PICKLES)
    # which begins with a number, whatever bytes that has; text in its place would be far too large a one
    safetensors = head[8:].lstrip().startswith(b"{") and int.from_bytes(head[:8], "little") <= MAX_HEADER
    if not safetensors:
        check_head(head, path, text)
    if index:
        return Sharded
    if safetensors or suffix == ".safetensors":
        return SafeTensors
    if head.startswith(b"GGUF") or suffix == ".gguf":
        return Gguf
    if head.startswith(b"PK\x03\x04"):
        if not archives.holds(path):
            raise DataError(f"{path} is cut short or damaged: it is an archive whose end cannot be read; download it "
                            "or save it again")
        return Torch if suffix != ".npz" and (suffix in PICKLES or archives.holds(path, "data.pkl")) else Npz
    if suffix in PICKLES:
        return Torch
    return Npy if head.startswith(b"\x93NUMPY") or suffix == ".npy" else Npz if suffix == ".npz" else TextTable


def _in_folder(folder: Path) -> Path:
    """The file that holds a folder's checkpoint."""
    for name in FOLDER_FILES:
        if (folder / name).is_file() or (folder / name).is_symlink():
            return folder / name
    for pattern in ("*.safetensors", "*.gguf"):
        candidates = sorted(folder.glob(pattern))
        if len(candidates) == 1:
            return candidates[0]
        if any("-of-" in file.name for file in candidates) and pattern == "*.safetensors":
            raise DataError(f"the folder {folder} holds {len(candidates)} parts of a checkpoint and not their index, "
                            "model.safetensors.index.json, which says what is where: download it, too")
        if candidates:
            raise DataError(f"the folder {folder} holds {len(candidates)} files of tensors: name one of them, such as "
                            f"{candidates[0]}")
    if snapshots := sorted((folder / "snapshots").glob("*/")):  # the hub's cache of a model
        raise DataError(f"the folder {folder} holds no checkpoint, but folders of them: name one, such as "
                        f"{snapshots[-1]}")
    raise DataError(f"the folder {folder} holds no checkpoint: none of {', '.join(FOLDER_FILES)}, and no single "
                    "safetensors or gguf file")


class Sharded(Store):
    """A checkpoint in several files, with a JSON index that says which tensor is where."""

    def __init__(self, path: Path):
        self.path = path
        files = read_json(path).get("weight_map")
        if not isinstance(files, dict) or not files:
            raise DataError(f"{path} is no index of a checkpoint: it has no weight_map, which says what is where")
        self._files = {str(name): str(file) for name, file in files.items()}
        limits.check("tensors", len(files), str(path))
        outside = next((file for file in self._files.values() if re.search(r"[/\\\0]|\A\.*\Z|\A\w:", file)
                        or len(file) > 255), None)
        if outside is not None:
            raise DataError(f"{path} names the file {said(outside)}, which is not in its own folder")
        # not an index again, nor a folder, which a link may lead back to here, nor notes that lie beside
        other = next((file for file in self._files.values() if not file.lower().endswith((".safetensors", *PICKLES))),
                     None)
        if other is not None:
            raise DataError(f"{path} names {said(other)} as a file that holds tensors, and such end in .safetensors, "
                            f"{', '.join(PICKLES)}")
        self.shapes = dict.fromkeys(self._files, ())

    def shape(self, name: str) -> tuple[int, ...]:
        """See ``Store.shape``."""
        return self._shard(name).shapes[name]

    def kind(self, name: str) -> str:
        """See ``Store.kind``."""
        return self._shard(name).kind(name)

    def read(self, name: str, index: Index = (), part: bool = False) -> np.ndarray:
        """See ``Store.read``."""
        return self._shard(name).read(name, index, part)

    def check_written(self, name: str, index: Index) -> None:
        """See ``Store.check_written``."""
        self._shard(name).check_written(name, index)

    def _shard(self, name: str) -> Store:
        """The file that has a tensor. Raises DataError if there is no such tensor or file, or it is not in that."""
        self.require(name)
        file = self.path.parent / self._files[name]
        if not file.exists():
            parts = dict.fromkeys(self._files.values())
            gone = [part for part in parts if not (self.path.parent / part).exists()]
            raise DataError(f"{file} is not there, where {name} should be as {self.path.name} says: {len(gone)} of the "
                            f"{len(parts)} parts of the checkpoint are missing, so its download is not complete")
        shard = open_store(file)
        if name not in shard.shapes:
            raise DataError(f"{self.path} says that {name} is in {file.name}, which has no such tensor: the index and "
                            "the files are not of one checkpoint; download them again")
        return shard
