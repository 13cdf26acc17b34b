"""Strays: what is only passing through, our temporary files and folders and Blender's, for a process that ends at once.

Whoever makes one does so within ``making`` and adds it; what is gone is discarded.
"""
from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

PATIENCE = 1.0  # seconds that one that is being made may take
TRIES = 3       # times that a folder is emptied: meanwhile Blender may write into it


class _Making:
    """While it is open, one is being made that is not added yet; ``depth``: how often it is open."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """As if nothing were being made: whatever thread did so is not in this process."""
        self.lock, self.depth = threading.RLock(), 0

    def __enter__(self) -> None:
        self.lock.acquire()
        self.depth += 1

    def __exit__(self, *_error: object) -> None:
        self.depth -= 1
        self.lock.release()


making = _Making()
_removers: dict[str, Callable[[], None]] = {}  # by path
_parents: list[str] = []  # folders of Blender's that are the parent's, of which this process is a copy


def add(path: str | os.PathLike, remove: Callable[[], None] | None = None) -> None:
    """``path`` is ours, and goes with the process: by ``remove``, or else with all that is in it."""
    path = os.path.abspath(path)
    _removers[path] = remove or partial(_remove, path)


def discard(path: str | os.PathLike) -> None:
    """``path`` is gone, or has become what it was made for."""
    _removers.pop(os.path.abspath(path), None)


def remove_all() -> None:
    """Remove what is there, right before the process ends: nothing new is made from here on."""
    making.lock.acquire(timeout=PATIENCE)
    removers: dict[str, Callable[[], None]] = {**_removers, **{path: partial(_remove, path) for path in _blenders()}}
    for path, remove in removers.items():
        for _ in range(TRIES):
            with suppress(OSError):
                remove()
            if not os.path.lexists(path):
                break


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)


def _blenders() -> list[str]:
    """The temporary folder that Blender makes for itself, if it was imported."""
    app = getattr(sys.modules.get("bpy"), "app", None)
    folder = str(getattr(app, "tempdir", "") or "").rstrip("/\\")
    # only a folder of its own: where it could make none, this is the one for everybody's temporary files
    return [folder] if os.path.basename(folder).startswith("blender_") and folder not in _parents else []


def _forget() -> None:
    """In a process that was forked off: what is there is its parent's."""
    _parents.extend(_blenders())
    making.renew()
    _removers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
