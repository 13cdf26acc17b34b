"""Disks: how much room they have, whether what was written has reached them, and what the system says, in words."""
from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import RenderError

UNITS = ("bytes", "kB", "MB", "GB", "TB")
NO_FLUSH = {errno.EINVAL, errno.EBADF, getattr(errno, "ENOTSUP", errno.EINVAL), errno.EOPNOTSUPP, errno.ENOSYS}


def name(path: Path) -> str:
    """The disk that ``path`` is on, or will be: the folder that it is mounted at, a drive in Windows."""
    path = Path(os.path.realpath(path))
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return str(path)


def free(path: Path) -> int | None:
    """The bytes that may still be written to the disk of the folder ``path``; None where the system does not say."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None


def is_read_only(folder: Path) -> bool:
    """Whether nothing on the disk of ``folder`` can be written, where the system tells."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def amount(count: float) -> str:
    """A number of bytes as a person reads it."""
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            return f"{count:.3g} {unit}" if unit != "bytes" else f"{count:.0f} {unit}"
        count /= 1000
    raise AssertionError


def check_room(path: Path | str, need: int, folder: Path) -> None:
    """Raise RenderError where the disk of ``folder`` has no room for ``need`` bytes, the least that the file ``path``
    can have."""
    room = free(folder)
    if room is not None and room < need:
        raise RenderError(f"{path} cannot be written: the disk at {name(folder)} has {amount(room)} free, and at least "
                          f"{amount(need)} are needed; make room there, or write to another disk")


def refused(error: OSError, path: Path | str, folder: Path | None = None) -> RenderError:
    """What the system refused when ``path`` was to be written, in its own or another ``folder``, as an error in words
    that name the disk."""
    return RenderError(f"{path} cannot be written: {_reason(error, folder or Path(os.path.realpath(path)).parent)}")


@contextmanager
def refusing(path: Path | str, folder: Path | None = None) -> Iterator[None]:
    """What the system refuses meanwhile, while ``path`` is being written, in its own or another ``folder``, is a
    RenderError."""
    try:
        yield
    except BrokenPipeError:  # who listens has gone: that is no matter of files
        raise
    except OSError as error:
        raise refused(error, path, folder) from None


def unwritable(path: Path, folder: Path) -> RenderError:
    """What there is to say where ``path`` cannot be written since nothing can be in its ``folder``."""
    return refused(OSError(errno.EROFS if is_read_only(folder) else errno.EACCES, ""), path, folder)


def _reason(error: OSError, folder: Path) -> str:
    number = error.errno
    disk = f"the disk at {name(folder)}"
    if number == errno.ENOSPC:
        return f"{disk} is full ({_left(folder)}); make room there, or write to another disk"
    if number == getattr(errno, "EDQUOT", None):
        return f"your quota on {disk} is used up; make room there, or write to another disk"
    if number == errno.EFBIG:
        return f"it is larger than a file may be, on {disk} or by a limit of this process (ulimit -f)"
    if number == errno.EROFS:
        return f"{disk} is read-only"
    if number in (errno.EACCES, errno.EPERM):
        held = " (is it open in another program?)" if sys.platform == "win32" else ""
        return f"you may not write into the folder {folder}, on {disk}{held}"
    if number == errno.EIO:
        return f"{disk} reports an error of input or output: it may be failing, or gone"
    if number == errno.ENOENT:
        return f"the folder {folder} is no longer there"
    if number in (errno.EMFILE, errno.ENFILE):
        return "too many files are open"
    return f"{error.strerror or error}"  # such as "File name too long"


def _left(folder: Path) -> str:
    """What is left of a disk that is full: perhaps bytes, but no entries for further files."""
    room = free(folder)
    try:
        if hasattr(os, "statvfs") and (found := os.statvfs(folder)).f_files and not found.f_favail:
            return "it has no entries left for further files"
    except OSError:
        pass
    return "it does not say how much is left" if room is None else f"{amount(room)} free"


def cut(path: Path, why: str, folder: Path) -> RenderError:
    """What there is to say where ``path`` was not written to its end in ``folder``, which Blender often does not
    tell."""
    room = free(folder)
    left = "" if room is None else f", which has {amount(room)} free now,"
    return RenderError(f"{path} cannot be written: {why}; is the disk at {name(folder)}{left} full? Make room there, "
                       "or write to another disk")


# ---- flushing

def flush(path: Path) -> None:
    """Have the content of a file reach the disk. Raises OSError where that fails: some systems say so late."""
    with open(path, "rb+") as file:
        flush_open(file.fileno())


def flush_open(number: int) -> None:
    """The same for an open file descriptor."""
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in NO_FLUSH:
            raise


def flush_folder(path: Path) -> None:
    """Have the names in a folder reach the disk, on systems where folders can be flushed."""
    if os.name != "posix":
        return
    try:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # a folder that may be written into but not read
        return
    try:
        flush_open(number)
    finally:
        os.close(number)
