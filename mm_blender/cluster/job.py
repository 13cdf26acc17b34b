"""A job: pictures that are made by many workers. Needs bpy, in which they are built."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import bpy

from ..errors import warn
from ..output import device
from ..output.settings import RenderSettings
from ..scene.built import Built
from ..system import file_paths, terminal, writing
from . import pictures, worker
from .crew import Crew
from .dispatch import Dispatch
from .rendering import BlenderProcess
from .roster import Roster, Terms
from .shot import Shot

TIMEOUT = 600.0  # seconds that a job waits for a worker


@dataclass(frozen=True)
class Asked:
    """A picture that is asked for: what gives what is ``built``, once it is its turn; where it goes, and how."""

    built: Callable[[], Built]
    path: str | os.PathLike
    settings: RenderSettings


@dataclass(frozen=True)
class Rules:
    """How a job is done: with a Blender that workers have at the path ``blender`` (None: pip's bpy), by ``mixed``
    Blenders that may not give the same pictures, waiting ``seconds`` for a worker, with ``progress`` or without."""

    blender: str | None = None
    mixed: bool = False
    seconds: float = TIMEOUT
    progress: bool = True


def run(asked: Sequence[Asked], connecting: Callable[[int], AbstractContextManager[Any]], rules: Rules) -> None:
    """Make all that is ``asked`` by the workers of the Client that ``connecting`` gives, which is told how many bytes a
    worker needs. Raises RenderError, and what an interrupt raises; what is done by then stays."""
    means = worker.Means(asked[0].settings.engine, os.environ.get(device.VARIABLE) or "auto", rules.blender)
    with writing.passing() as folder, _Made() as made:
        with _Progress(asked, rules.progress) as progress:
            opened = _opened(asked, means, folder, made, progress)
            for first in opened:  # what former runs have finished needs no workers
                if first.missing():
                    _render(first, opened, connecting, rules, progress)
                    break
                first.finish()
        for each in made.shots:  # Blender renders here only once there is nobody left to talk to
            each.make()


def _render(first: Shot, more: Iterator[Shot], connecting: Callable[[int], AbstractContextManager[Any]],
            rules: Rules, progress: _Progress) -> None:
    """Have the frames of the ``first`` shot and of all ``more`` made."""
    terms = Terms(first.means, here(first.means, first.blend.path.parent), rules.mixed, rules.seconds)
    with connecting(first.blend.need) as client, closing(Crew(client)) as crew:
        roster = Roster(crew, terms, warn)
        roster.gather()
        progress.begin()
        Dispatch(roster, chain([first], more), progress.tell, warn).run()


def here(means: worker.Means, folder: Path) -> dict[str, Any]:
    """What this machine's Blender is, as workers report it: asked in a process of its own, for beside the threads of
    Dask pip's bpy crashes now and then when it draws."""
    import platform

    import distributed

    with closing(BlenderProcess(None if bpy.app.module else bpy.app.binary_path, folder)) as process:
        found = process.ask("report", engine=means.engine, device=means.device)
    return found | {"distributed": distributed.__version__, "python": platform.python_version()}


def _opened(asked: Sequence[Asked], means: worker.Means, folder: Path, made: _Made,
            progress: _Progress) -> Iterator[Shot]:
    """The shots, each once it is its turn; as it is finished it goes to what is ``made``."""
    for each in asked:
        shot = made.enter_context(pictures.opened(each.built(), each.path, each.settings, means, folder))
        shot.over = partial(made.shots.append, shot)
        progress.found(shot)
        yield shot


class _Made(ExitStack):
    """The ``shots`` whose frames are all there. What they hold, they hold until this is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.shots: list[Shot] = []


class _Progress:
    """A bar that knows the time left, as far as it is wanted: of pictures that are not opened yet it counts one
    frame."""

    def __init__(self, asked: Sequence[Asked], wanted: bool):
        self._wanted, self._total, self._done, self._bar = wanted, len(asked), 0, None
        self._name = file_paths.shown(Path(asked[0].path).name) if len(asked) == 1 else f"{len(asked)} pictures"
        self._held = ExitStack()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_error: object) -> None:
        self._held.close()

    def found(self, shot: Shot) -> None:
        """A picture was opened, whose frames count from now on."""
        done = shot.total - len(shot.missing())
        self._total, self._done = self._total + shot.total - 1, self._done + done
        if self._bar is not None:  # what was done already says nothing of how long the rest takes
            self._bar.total = self._total
            self._bar.initial += done
            self._bar.update(done)

    def begin(self) -> None:
        """The first frames are handed out."""
        if self._wanted:
            self._bar = self._held.enter_context(terminal.progress(
                desc=self._name, total=self._total, initial=self._done, unit="frame", dynamic_ncols=True))

    def tell(self) -> None:
        """A frame is in its place."""
        if self._bar is not None:
            self._bar.update(1)
