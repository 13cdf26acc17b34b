"""Files of numpy's: npz, and npy."""
from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import cast, IO

import numpy as np

from ..errors import DataError
from ..system.memory import check_room
from . import npy
from .addresses import Index
from .archives import check_unfolded, member_start, open_member, open_zip
from .container import Store
from .files import open_regular, size_of
from .foreign import foreign
from .slices import Place, read_slice

KEPT = 2 ** 24  # bytes of an unpacked array from which it is kept for the next look at it


class Npz(Store):
    """An archive of npy files, packed or not."""

    def __init__(self, path: Path):
        self.path = path
        self._members: dict[str, tuple[npy.NpyHeader, int]] = {}
        self._unpacked: tuple[str, np.ndarray] | None = None
        with open_zip(path, "npz file") as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name == info.filename:
                    continue
                if name in self._members:
                    raise DataError(f"{path} is no npz file, or damaged: {name} comes twice")
                with open_member(archive, info, f"{name} in {path}") as file:
                    header = npy.read_header(cast(IO[bytes], file), path)
                    self._members[name] = header, file.tell()
                if header.size > info.file_size:
                    raise DataError(f"{path} is damaged: {info.filename} is shorter than its header says")
            names = archive.namelist()
        if not self._members:
            kind = "an Excel workbook: export the sheet as CSV" if any(name.startswith("xl/") for name in names) else \
                "a LibreOffice document: export the sheet as CSV" if "content.xml" in names else \
                "an archive, and holds no array: unpack it, and give a file that was in it"
            raise DataError(f"{path} is {kind}")
        self.shapes = {name: header.shape for name, (header, _) in self._members.items()}

    def _place(self, name: str) -> Place | None:
        header, start = self._members[name]
        with open_zip(self.path, "npz file") as archive:
            info = archive.getinfo(f"{name}.npy")
            if not _as_it_is(info):
                return None
            return Place(member_start(_raw(archive), info) + start, header.dtype, header.shape, header.order)

    def _take(self, name: str, index: Index) -> np.ndarray:
        (header, start), label = self._members[name], self.label(name)
        if self._unpacked is not None and self._unpacked[0] == name:
            return self._unpacked[1][index]
        with open_zip(self.path, "npz file") as archive, foreign(label):
            info = archive.getinfo(f"{name}.npy")
            if _as_it_is(info):
                raw = _raw(archive)
                return read_slice(raw, member_start(raw, info) + start, header.dtype, header.shape, index, label,
                                  header.order)
            stored = min(info.compress_size, size_of(_raw(archive)))
            size = max(header.size, 4 * math.prod(header.shape))
            check_unfolded(size, stored, label)
            check_room(size, f"the numbers of {label}, {' x '.join(map(str, header.shape))}")
            with open_member(archive, info, label) as file:
                body = bytearray(start + header.size)
                got, view = 0, memoryview(body)
                while got < len(body) and (count := file.readinto(view[got:])):
                    got += count
                file.read(1)  # at its end its sum is checked
            if got < len(body):
                raise DataError(f"{label} is damaged: it is shorter than its header says")
            x = np.frombuffer(body, header.dtype, math.prod(header.shape), start if header.size else 0)
            x = x.reshape(header.shape, order=header.order)
        if x.nbytes > KEPT:
            self._unpacked = name, x  # which is read in bands, and unpacked once
        return x[index]


def _raw(archive: zipfile.ZipFile) -> io.BufferedReader:
    """The file that an archive is read from, as ``open_zip`` has opened it."""
    return cast(io.BufferedReader, archive.fp)


def _as_it_is(info: zipfile.ZipInfo) -> bool:
    """Whether a member lies in its archive neither packed nor encrypted."""
    return info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1


class Npy(Store):
    """A file of one array, whose name is empty."""

    def __init__(self, path: Path):
        self.path = path
        with open_regular(path) as file:
            self._header = npy.read_header(file, path)
            self._offset = file.tell()
            npy.check_size(self._header, size_of(file) - self._offset, path)
        self.shapes = {"": self._header.shape}

    def _place(self, name: str) -> Place:
        return Place(self._offset, self._header.dtype, self._header.shape, self._header.order)

    def _take(self, name: str, index: Index) -> np.ndarray:
        with open_regular(self.path) as file:
            return read_slice(file, self._offset, self._header.dtype, self._header.shape, index, self.label(name),
                              self._header.order)
