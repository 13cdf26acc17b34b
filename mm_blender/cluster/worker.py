"""What workers do: tell what they are, and render a frame. Dask calls these functions by their names.

A worker writes into a folder of its own below the one that Dask gives it: the .blend, once, by its digest; a picture,
which is read and deleted; and what its Blender passes through. It has one process of Blender, whatever threads Dask
has there: frames of one worker are rendered one at a time, each with as many threads, and on as many processors, as the
worker has. That process takes no more memory than Dask's limit for the worker.
"""
from __future__ import annotations

import errno
import hashlib
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import MMError, RenderError
from ..system import disks
from ..system.memory import free_memory
from ..system.whole.check import is_whole
from ..version import __version__
from .rendering import BlenderProcess, Share, Unfit

FOLDER = "mm_blender"
FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
PROBE = 1 << 16  # bytes that a disk takes unless it is full
KEPT = 4         # .blend files that a worker keeps


@dataclass(frozen=True)
class Means:
    """How pictures are made: the ``engine``, the ``device`` that is wished for, the program ``blender``; None: pip's
    bpy."""

    engine: str
    device: str
    blender: str | None


@dataclass(frozen=True)
class Task:
    """A frame to render: its number and the share of the way to the next one, of the ``scene`` of the .blend with this
    ``digest`` (SHA-256), a picture of ``size`` pixels. ``need``: the bytes of memory that this takes."""

    digest: str
    scene: str
    frame: int
    subframe: float
    size: tuple[int, int]
    need: int
    means: Means


_lock = threading.Lock()
_rendering: BlenderProcess | None = None


def report(means: Means) -> dict[str, Any]:
    """What this worker is: ``renderer.facts``, versions, its host; or, under ``failed``, why it can render nothing."""
    import distributed

    out = {"mm_blender": __version__, "distributed": distributed.__version__, "python": platform.python_version(),
           "host": platform.node()}
    return out | _answered(lambda folder: _at_hand(means, folder).ask("report", engine=means.engine,
                                                                      device=means.device))


def render(task: Task, blend: bytes) -> dict[str, Any]:
    """The picture of a frame as ``png``, with its ``digest``, the ``seconds`` that it took and the ``peak`` of memory;
    or, under ``failed``, why there is none, ``unfit`` where this worker should not be asked again."""
    return _answered(lambda folder: _rendered(task, blend, folder))


def _answered(work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` gives in this worker's folder, or why it fails, as what the client is told."""
    from distributed import get_worker

    own = Path(get_worker().local_directory)
    with _lock:
        if _is_cancelled():
            return {"failed": "it is no longer wanted"}
        try:
            try:
                (own / FOLDER).mkdir(exist_ok=True)
                return work(own / FOLDER)
            except RenderError:
                _check_disk(own / FOLDER)  # Blender does not always tell that it is full
                raise
        except OSError as error:
            unfit = error.errno in FULL
            return {"failed": str(disks.refused(error, "a frame", own)) if unfit else f"{error}", "unfit": unfit}
        except MMError as error:
            return {"failed": f"{error}", "unfit": isinstance(error, Unfit)}


def _is_cancelled() -> bool:
    """Whether the task that this thread is at has been given to another worker while it waited for its turn."""
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    return task is not None and task.state == "cancelled"


def _at_hand(means: Means, folder: Path) -> BlenderProcess:
    """The process of Blender by these ``means``, which runs."""
    global _rendering
    if _rendering is None or not _rendering.runs or _rendering.blender != means.blender:
        if _rendering is not None:
            _rendering.close()
        _rendering = None
        _rendering = BlenderProcess(means.blender, folder, Share(_threads(), _memory_limit() or 0))
        _rendering.ask("report", engine=means.engine, device=means.device)
    return _rendering


def _threads() -> int:
    """Those that a frame is rendered with: as many as Dask has here."""
    from distributed import get_worker

    return max(1, get_worker().state.nthreads)


def _memory_limit() -> int | None:
    """The bytes that the worker may take, by Dask; None: as many as there are."""
    from distributed import get_worker

    limit: int | None = getattr(get_worker().memory_manager, "memory_limit", None)
    return limit


def _rendered(task: Task, blend: bytes, folder: Path) -> dict[str, Any]:
    rendering = _at_hand(task.means, folder)
    if rendering.opened != task.digest:
        path = _kept(task.digest, blend, folder)
        _check_memory(task.need)
        rendering.opened = ""
        rendering.ask("open", path=str(path), scene=task.scene, threads=_threads())
        rendering.opened = task.digest
    picture = folder / "picture.png"
    picture.unlink(missing_ok=True)
    begun = time.monotonic()
    try:
        answer = rendering.ask("render", frame=task.frame, subframe=task.subframe, path=str(picture))
        if not is_whole(picture, size=task.size):
            raise RenderError("Blender wrote no whole picture")
        data = picture.read_bytes()
    finally:
        picture.unlink(missing_ok=True)
    return {"png": data, "digest": hashlib.sha256(data).hexdigest(), "seconds": time.monotonic() - begun, **answer}


def _kept(digest: str, blend: bytes, folder: Path) -> Path:
    """The file with this ``digest`` in the folder, written unless it is there; of older ones a few stay."""
    path = folder / f"{digest}.blend"
    if path.is_file() and path.stat().st_size == len(blend):
        return path
    if hashlib.sha256(blend).hexdigest() != digest:
        raise RenderError("the .blend that came is not the one that was sent")
    older = sorted(folder.glob("*.blend"), key=lambda each: each.stat().st_mtime)
    for each in older[:max(0, len(older) - KEPT + 1)]:
        each.unlink(missing_ok=True)
    part = folder / f"{digest}.part"
    try:
        part.write_bytes(blend)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _check_memory(need: int) -> None:
    """Raise Unfit where the worker may not take ``need`` bytes."""
    for may, what in ((free_memory(), "are free there"), (_memory_limit(), "are what it may take")):
        if may is not None and may < need:
            raise Unfit(f"the scene needs about {disks.amount(need)} of memory, and {disks.amount(may)} {what}")


def _check_disk(folder: Path) -> None:
    """Raise OSError where the disk of ``folder`` is full."""
    path = folder / "probe"
    try:
        with open(path, "wb") as file:
            file.write(bytes(PROBE))
            disks.flush_open(file.fileno())
    finally:
        path.unlink(missing_ok=True)
