"""Tensors in files, by address or one at a time.

``open_store`` gives a ``Store``: the names and shapes of what a file or a checkpoint's folder holds, and ``read``,
which takes from the disk about what a slice needs. safetensors, npy, npz and CSV need numpy only; PyTorch's files need
torch, GGUF's the package gguf.
"""
from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from .addresses import Address, Index
from .errors import DataError
from .store import Store
from .tensorfiles import Gguf, Npy, Npz, SafeTensors, Text, Torch, is_torch

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
        return Torch if suffix != ".npz" and is_torch(path) else Npz
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
        again = next((file for file in self._files.values() if file.endswith(".index.json")), None)
        if again:
            raise DataError(f"{path} names {again!r}, an index, as a file that holds tensors")
        self.shapes = dict.fromkeys(self._files, ())

    def shape(self, name: str) -> tuple[int, ...]:
        self.require(name)
        return open_store(self.path.parent / self._files[name]).shapes[name]

    def read(self, name: str, index: Index = ()) -> np.ndarray:
        self.require(name)
        return open_store(self.path.parent / self._files[name]).read(name, index)
