"""The memory that this process may still take, so that sizes are known to fit before they are taken.

It is the least of what the system has free (Linux, macOS, Windows), what the process's own limits leave (``ulimit``),
and what the control groups leave that it is in, as containers have them, of version 1 and 2. Sources: proc(5),
cgroups(7), Linux' admin-guide/cgroup-v2 and cgroup-v1/memory, XNU's mach/vm_statistics.h, Windows'
GlobalMemoryStatusEx.
"""
from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import SizeError
from ..limits import limits

if sys.platform != "win32":
    import resource

# files of a control group: its limits, what it uses, and what of that the system can take back
GROUPS = {"cgroup2": (("memory.max", "memory.high"), "memory.current", "inactive_file"),
          "cgroup": (("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file")}


def free_memory(root: str | os.PathLike = "/") -> int | None:
    """Bytes that this process may still take; None where nothing tells. ``root``: where /proc and /sys lie."""
    root = Path(root)
    found = [_system(root), *_own(root), *_groups(root)]
    return min((max(0, size) for size in found if size is not None), default=None)


def check_room(need: int, what: str, free: int | None = None, advice: str = "") -> None:
    """Raise SizeError if ``what``, ``need`` bytes, would take more than the limit's share of the free memory.

    ``free``: what was free before the first of it was taken, where that is not now. ``advice``: the sentence's end."""
    free = free_memory() if free is None else free
    if free is not None and need * 100 > free * limits.memory_percent:
        share = "" if need > free else f", of which {limits.memory_percent} % are taken at most (the limit " \
                                       "memory_percent: --limit memory_percent=N)"
        raise SizeError(f"{what}, need about {need / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are "
                        f"free{share}{advice}")


def _system(root: Path) -> int | None:
    """What the whole machine has free."""
    try:
        if sys.platform == "win32":
            return _windows()
        if sys.platform == "darwin":
            return _mac()
    except (OSError, AttributeError, ValueError):
        return None
    found = re.search(r"^MemAvailable:\s*(\d+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _own(root: Path) -> Iterator[int]:
    """What the process's own limits leave, of addresses and of data."""
    if sys.platform == "win32" or resource is None:
        return
    pages = _text(root / "proc/self/statm").split()
    page = resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    for which, column in (("RLIMIT_AS", 0), ("RLIMIT_DATA", 5)):
        limit = resource.getrlimit(getattr(resource, which))[0] if hasattr(resource, which) else resource.RLIM_INFINITY
        if limit != resource.RLIM_INFINITY:
            yield limit - (int(pages[column]) * page if len(pages) > column else peak)


def _groups(root: Path) -> Iterator[int]:
    """What every control group leaves that the process is in, and every one above that."""
    paths = {}
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kinds, path = (line.split(":", 2) + ["", ""])[:3]
        if not kinds or "memory" in kinds.split(","):
            paths["cgroup" if kinds else "cgroup2"] = path
    for line in _text(root / "proc/self/mountinfo").splitlines():
        place, about = (part.split() for part in f"{line} - ".split(" - ")[:2])
        kind = about[0] if about else ""
        if len(place) < 5 or kind not in paths or kind == "cgroup" and "memory" not in about[-1].split(","):
            continue
        # a group is named by its path from the top, and what is mounted may begin below that
        top, folder = PurePosixPath(place[3]), root / place[4].lstrip("/")
        own = PurePosixPath(paths[kind])
        below = own.relative_to(top) if own.is_relative_to(top) else PurePosixPath(str(own).lstrip("/"))
        for at in (below, *below.parents):
            if ".." not in at.parts:
                yield from _left(folder / at, *GROUPS[kind])


def _left(group: Path, ceilings: tuple[str, ...], used: str, again: str) -> Iterator[int]:
    use = _text(group / used).strip()
    found = re.search(rf"^{again} (\d+)$", _text(group / "memory.stat"), re.MULTILINE)
    for name in ceilings:
        ceiling = _text(group / name).strip()
        if ceiling.isdecimal() and use.isdecimal():  # not where it is "max"
            yield int(ceiling) - int(use) + (int(found[1]) if found else 0)


def _text(path: Path) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
        (name, ctypes.c_uint64) for name in ("physical", "physical_free", "pages", "pages_free", "virtual",
                                             "virtual_free", "extended")]


def _windows() -> int:
    status = _Status(length=ctypes.sizeof(_Status))
    system: Any = ctypes  # which has what is asked for in Windows
    if not system.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise OSError("GlobalMemoryStatusEx")
    return min(status.physical_free, status.pages_free, status.virtual_free)


class _Statistics(ctypes.Structure):
    """vm_statistics64."""

    _fields_ = ([(name, ctypes.c_uint32) for name in ("free", "active", "inactive", "wired")]
                + [(f"counter_{n}", ctypes.c_uint64) for n in range(9)]
                + [("purgeable", ctypes.c_uint32), ("speculative", ctypes.c_uint32)]
                + [(f"packed_{n}", ctypes.c_uint64) for n in range(4)]
                + [(f"kind_{n}", ctypes.c_uint32) for n in range(4)] + [("unpacked", ctypes.c_uint64)])


def _mac() -> int:
    """Free and inactive pages, which the system gives away first."""
    library, found = ctypes.CDLL(None), _Statistics()
    count = ctypes.c_uint32(ctypes.sizeof(found) // 4)
    library.mach_host_self.restype = ctypes.c_uint32
    if library.host_statistics64(ctypes.c_uint32(library.mach_host_self()), 4, ctypes.byref(found),
                                 ctypes.byref(count)):
        raise OSError("host_statistics64")
    return (found.free + found.inactive) * os.sysconf("SC_PAGE_SIZE")
