"""A file of PyTorch's, of which nothing is run."""
from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..errors import DataError
from ..limits import limits
from ..system.memory import check_room
from . import foreign_arrays, torch_pickle
from .addresses import Index
from .archives import check_unfolded, open_member, open_zip
from .container import Store
from .files import open_regular, size_of
from .foreign import foreign, package
from .slices import check_holes


class Torch(Store):
    """A file of torch.save, never unpickled into anything but tensors, and mapped rather than read if it is a zip."""

    def __init__(self, path: Path):
        self.path = path
        torch = package("torch", path, "pip install torch, or save the tensors as safetensors")
        with open_regular(path) as file:
            self._size, zipped = size_of(file), file.read(4) == b"PK\3\4"
        with foreign(path, "file of PyTorch's"):
            try:
                _check_zip(path) if zipped else _check_pickles(path)
            except torch_pickle.Refused as what:
                raise DataError(f"{path} holds more than tensors, and what else it holds could be any program; nothing "
                                "of it was run. Save its state_dict() alone, or as safetensors (it has: "
                                f"{what})") from None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the pickle protocol of a file that is refused anyway
                loaded = torch.load(path, mmap=zipped, map_location="cpu", weights_only=True)
            pairs = list(_tensors(loaded, torch))
            self._tensors = dict(pairs)
            self.shapes = {name: () if x.is_nested else tuple(x.shape) for name, x in self._tensors.items()}
        if len(self._tensors) < len(pairs):
            raise DataError(f"{path} holds two tensors of one name, as 'a.b' and the 'b' of 'a' are")

    def kind(self, name: str) -> str:
        """See ``Store.kind``."""
        return str(self._tensors[name].dtype).removeprefix("torch.")

    def check_written(self, name: str, index: Index) -> None:
        """The file as a whole, since PyTorch does not tell what of it a tensor is."""
        if self._tensors[name].numel() * self._tensors[name].element_size() > limits.unfolded_bytes:
            with open_regular(self.path) as file:
                check_holes(file, 0, size_of(file), str(self.path))

    def _take(self, name: str, index: Index) -> np.ndarray:
        x, label = self._tensors[name], self.label(name)
        if self.path.stat().st_size != self._size:  # what is mapped and not there any more ends the process
            raise DataError(f"{self.path} has changed since it was opened; open it again")
        with foreign(label):
            strided = not x.is_nested and str(x.layout) == "torch.strided"
            backwards = any(isinstance(part, slice) and (part.step or 1) < 0 for part in index)
            taken = x if x.is_quantized or not strided or backwards else x[index]
            if strided:
                stored = x.untyped_storage().nbytes()
            else:
                stored = 0 if x.is_nested else x._nnz() * x.element_size()
            if not x.is_nested and not x.is_meta:
                check_unfolded(taken.numel() * max(4, x.element_size()), stored, label)
            out = foreign_arrays.of_torch(taken, label)
            return out if taken is not x else out[index]


def _check_zip(path: Path) -> None:
    """Raise DataError, SizeError or Refused unless PyTorch can be given an archive."""
    with open_zip(path, "file of PyTorch's") as archive:
        names = archive.namelist()
        if any(name.endswith("constants.pkl") for name in names):
            raise DataError(f"{path} is a program (TorchScript), which is not run: save its state_dict() alone, or as "
                            "safetensors")
        packed = next((info for info in archive.infolist() if info.compress_type != zipfile.ZIP_STORED), None)
        if packed or len({*names}) < len(names):
            raise DataError(f"{path} is no file of PyTorch's, or damaged: "
                            + (f"{packed.filename} is packed" if packed else "a name comes twice in it"))
        pickles = [info for info in archive.infolist() if PurePosixPath(info.filename).name == "data.pkl"]
        if len(pickles) != 1:
            raise DataError(f"{path} is no file of PyTorch's: it holds {len(pickles)} times data.pkl")
        limits.check("header_bytes", pickles[0].file_size, f"the list of tensors in {path}")
        with open_member(archive, pickles[0], str(path)) as file:
            storages = torch_pickle.check(io.BytesIO(file.read(limits.header_bytes)), path)
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        folder = pickles[0].filename.removesuffix("data.pkl")
        for storage in storages:
            there = sizes.get(f"{folder}data/{storage.key}")
            if there is None or there < storage.size:
                raise DataError(f"{path} is no file of PyTorch's, or damaged: its part {storage.key[:40]} needs "
                                f"{storage.size:,} bytes and has {there or 0:,}")


def _check_pickles(path: Path) -> None:
    """The same for the form that PyTorch wrote before version 1.6: five pickles, and then numbers."""
    with open_regular(path) as file:
        storages = []
        for _ in range(5):
            storages += torch_pickle.check(file, path)
            limits.check("header_bytes", file.tell(), f"the list of tensors in {path}")
        need, size = sum(storage.size for storage in storages), size_of(file)
        if need > size:
            raise DataError(f"{path} is cut short, or damaged: its tensors need {need:,} bytes and it has {size:,}")
        check_room(size, f"the tensors of {path}")


def _tensors(group: Any, torch: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """The tensors in what torch.load gave, by names joined with dots."""
    if isinstance(group, torch.Tensor):
        yield above, group
    elif isinstance(group, (dict, list, tuple)):
        for key, value in group.items() if isinstance(group, dict) else enumerate(group):
            yield from _tensors(value, torch, f"{above}.{key}" if above else str(key))
