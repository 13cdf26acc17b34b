"""A disk with little room: a file system in memory where this process may mount one, else a limit of the size of files.
"""
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

SIZE = 2 << 20


@contextmanager
def little_room(folder, room: int):
    """Meanwhile, at most ``room`` bytes can be written into ``folder``, which is a disk of its own or is limited."""
    if os.path.ismount(folder):
        ballast = folder / "ballast"
        ballast.unlink(missing_ok=True)
        found = os.statvfs(folder)
        ballast.write_bytes(bytes(max(0, found.f_bavail * found.f_frsize - room)))
        try:
            yield
        finally:
            ballast.unlink()
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path):
    """A folder for ``little_room``."""
    if sys.platform == "win32":
        pytest.skip("Windows has neither a disk in memory nor limits of the size of files")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True,
        timeout=60).returncode == 0
    try:
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True, timeout=60)  # who was killed may still be there
