"""Locks on files: the system's own, which go with the process that holds them, however it ends."""
from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

FAR = 1 << 30  # the byte that is locked in Windows, where a locked one cannot be read: one that no such file has
HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
OPEN = os.O_RDWR | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def create(path: Path) -> int | None:
    """Make the file ``path``, which must not be there, and lock it, where the system has locks, until the descriptor
    that is returned is closed; None where another took it meanwhile. Raises OSError."""
    return _settled(os.open(path, OPEN | os.O_CREAT | os.O_EXCL, 0o666), path, (True, None))


def take(path: Path) -> int | None:
    """Lock the file ``path`` likewise; None where another holds it or the system has no locks. Raises OSError."""
    return _settled(os.open(path, OPEN), path, (True,))


def hold(number: int) -> bool | None:
    """Lock an open file as long as it is open. False where another holds it, None where the system cannot."""
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            os.lseek(number, FAR, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return False if error.errno in HELD else None
    return True


def _settled(number: int, path: Path, enough: tuple) -> int | None:
    """The descriptor ``number`` of what is, still, at ``path``, locked as is ``enough``; else it is closed."""
    kept = False
    try:
        kept = hold(number) in enough and os.path.samestat(os.fstat(number), os.lstat(path))
    except FileNotFoundError:  # removed in between
        pass
    finally:
        if not kept:
            os.close(number)
    return number if kept else None
