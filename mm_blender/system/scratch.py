"""Folders of ours for what is on its way: random names that nobody gives a file, and gone afterwards.

Where a process is killed, its folder stays; the next run that makes one beside it removes it. That it is ours its name
says, whose end is a checksum of the rest; that its process is gone, its lock, which the system drops with the process.
"""
from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from . import locks, strays

PREFIX = ".mm-blender-"
NAME = re.compile(rf"{re.escape(PREFIX)}([0-9a-f]{{16}})([0-9a-f]{{8}})")
LOCK = "lock"
TRIES = 20


@contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """A new folder in ``parent``, which goes with all that is in it. Raises OSError."""
    clear(parent)
    with strays.making:
        made, lock = _make(parent)
        place = _opened(parent)
        strays.add(made, partial(_remove, made, None, place))
    try:
        yield made
    finally:
        _remove(made, lock, place)
        strays.discard(made)
        if place is not None:
            os.close(place)


def is_ours(name: str) -> bool:
    """Whether a folder has a name that only we give."""
    found = NAME.fullmatch(name)
    return found is not None and _checksum(found[1]) == found[2]


def clear(parent: Path) -> None:
    """Remove the folders of ours in ``parent`` whose processes are gone."""
    with suppress(OSError):
        with os.scandir(parent) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(PREFIX)]
        for name in filter(is_ours, names):
            with suppress(OSError):
                _clear(parent / name)


def _clear(made: Path) -> None:
    found = os.lstat(made)
    if not stat.S_ISDIR(found.st_mode) or hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        return
    try:
        lock = locks.take(made / LOCK)
    except FileNotFoundError:  # killed before there was one, or by now
        os.rmdir(made)
        return
    if lock is not None:
        _remove(made, lock)


def _make(parent: Path) -> tuple[Path, int]:
    for _ in range(TRIES):
        token = secrets.token_hex(8)
        made = parent / f"{PREFIX}{token}{_checksum(token)}"
        os.mkdir(made, 0o700)
        try:
            lock = locks.create(made / LOCK)
        except FileNotFoundError:  # another run took it for one that was left
            continue
        except BaseException:
            _remove(made, None)
            raise
        if lock is not None:
            return made, lock
    raise OSError(f"no folder can be made in {parent}")


def _checksum(token: str) -> str:
    return hashlib.sha256(f"a folder of mm_blender {token}".encode()).hexdigest()[:8]


def _opened(parent: Path) -> int | None:
    """A descriptor of the folder ``parent``, by which it is found wherever a person moves it; None where the system has
    none."""
    with suppress(OSError):
        if shutil.rmtree.avoids_symlink_attacks:  # and so goes by descriptors
            return os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return None


def _remove(made: Path, lock: int | None, place: int | None = None) -> None:
    """Remove a folder of ours, the lock last: a kill in the middle leaves what the next run removes. ``place``: see
    ``_opened``."""
    try:
        _empty(made)
        if place is not None and not os.path.lexists(made):
            shutil.rmtree(made.name, ignore_errors=True, dir_fd=place)
    finally:
        if lock is not None and os.name != "posix":  # Windows keeps what is open
            os.close(lock)
        _unlink(made / LOCK)
        with suppress(OSError):
            os.rmdir(made)
        if lock is not None and os.name == "posix":
            os.close(lock)


def _empty(made: Path) -> None:
    """Remove what is in a folder but its lock. Links are removed, not followed."""
    with suppress(OSError):
        with os.scandir(made) as entries:
            found = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries
                     if entry.name != LOCK]
        for path, is_folder in found:
            if is_folder:
                _empty(path)
                with suppress(OSError):
                    os.rmdir(path)
            else:
                _unlink(path)


def _unlink(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)
