"""Zip archives from outside, npz and PyTorch's: what they hold is known before anything is unpacked, and what they say
of their sizes is not believed. Source of the format: PKWARE, APPNOTE.TXT."""
from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import DataError
from ..limits import limits
from .files import open_regular, size_of
from .foreign import foreign

END, END_64, WHERE_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"  # the end of the list of members, and of a large one
ENTRY = 46               # bytes of a member in that list, at least
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@contextlib.contextmanager
def open_zip(path: Path, kind: str) -> Iterator[zipfile.ZipFile]:
    """An archive, open. ``kind``: what the file should be, in messages. Raises DataError, SizeError."""
    with open_regular(path) as file, foreign(path, kind):
        _check_count(file, path)
        with zipfile.ZipFile(file) as archive:
            limits.check("archive_members", len(archive.filelist), str(path))
            yield archive


def _check_count(file: io.BufferedReader, path: Path) -> None:
    """Raise SizeError if the list of members, which is read at once, is longer than one of the limit's would be."""
    size = size_of(file)
    start = max(0, size - 66_000)
    file.seek(start)
    tail = file.read(size - start)
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise DataError(f"{path} is cut short, or no archive: the list of what it holds, at its end, is missing; "
                        "download it again")
    length, = struct.unpack_from("<I", tail, at + 12)
    if (large := tail.rfind(END_64, 0, at)) >= 0 and len(tail) >= large + 56:
        length = max(length if length != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, large + 40)[0])
    limits.check("archive_members", min(length, size) // (2 * ENTRY), str(path))
    file.seek(0)


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> zipfile.ZipExtFile:
    """A member that is as it is or deflated, as numpy and PyTorch write them. Raises DataError for other ways, one of
    which takes memory as the file says."""
    if info.compress_type not in METHODS:
        raise DataError(f"{name} is packed in a way that is not read (zip's method {info.compress_type}): unpack it")
    if info.flag_bits & 1:
        raise DataError(f"{name} is encrypted")
    member = archive.open(info)
    assert isinstance(member, zipfile.ZipExtFile)  # as what is opened for reading
    return member


def check_unfolded(size: int, stored: int, name: str) -> None:
    """Raise SizeError if ``size`` bytes in memory are more than may be made of ``stored`` bytes in a file."""
    if size - stored > limits.unfolded_bytes:
        raise limits.error("unfolded_bytes", f"{name} has {stored:,} bytes in its file and takes {size:,} in memory")


def member_start(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """The byte of the archive at which the bytes of a member begin."""
    file.seek(info.header_offset)
    head = file.read(30)
    if len(head) != 30 or not head.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile(f"{info.filename} is not where the list of members says")
    return info.header_offset + 30 + sum(struct.unpack_from("<HH", head, 26))


def holds(path: Path, ending: str = "") -> bool:
    """Whether a file is an archive with a member whose name ends in ``ending``."""
    try:
        with open_zip(path, "archive") as archive:
            return any(name.endswith(ending) for name in archive.namelist())
    except DataError:
        return False
