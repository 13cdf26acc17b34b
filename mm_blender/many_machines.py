"""Rendering on many machines: pictures and movies by the workers of Dask, as ``render`` makes them on one."""
from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TYPE_CHECKING

from .display import Picture
from .document.asked import asked
from .errors import ParameterError, warn
from .plain import flag, number, path_text, said
from .system import file_paths
from .system.interrupts import deferring
from .verbs import Verbs

if TYPE_CHECKING:
    from .cluster.job import Asked, Rules
    from .output.settings import RenderSettings

Several = Sequence[tuple[Verbs, str | os.PathLike]]
UNFINISHED = "the frames that are done are kept: the same call goes on from them"


@deferring
@asked
def render_distributed(what: Verbs | Several, path: str | os.PathLike | None = None, *, client: Any,
                       size: tuple[int, int] = (1600, 1000), samples: int | None = None, engine: str = "cycles",
                       progress: bool = True, frames: tuple[int, int] | None = None, quality: str | None = None,
                       at: int | str | None = None, frame: int | None = None, alone: bool = True,
                       codec: str | None = None, loop: bool | None = None, sound: str | os.PathLike | None = None,
                       poster: str | os.PathLike | tuple[str | os.PathLike, float] | None = None,
                       blender: str | os.PathLike | None = None, allow_mixed: bool = False,
                       timeout: float = 600) -> Picture | list[Picture]:
    """Render a visualization to ``path``, or a list of ``(visualization, path)`` as one job, by the workers of a
    Dask cluster. The pictures and the movies are those that ``render`` makes, to the byte, and the arguments from
    ``size`` to ``poster`` are its. Returns the path, or the paths.

    Every worker opens the .blend that is sent to it once, renders the frames that it is asked for, one at a time with
    as many threads as it has, and sends them back. A movie goes on from the frames that a former run has finished,
    whether that was one process or many. What a slow or dead worker, or one whose disk is full, was to do is done by
    others.

    client: a ``distributed.Client`` (``pip install 'mm-blender[distributed]'``). The workers need mm_blender and bpy,
        or mm_blender and a Blender; the scheduler needs Dask alone.
    blender: the path of a Blender on the workers, instead of pip's bpy.
    allow_mixed: take workers whose pictures may not be the same to the pixel: of another Blender, with or without a
        denoiser, on another kind of device. Else they have no part in it, which is said (MMWarning).
    timeout: how many seconds to wait for a worker, at first and when all are gone.

    Raises RenderError, and ParameterError for an argument of another kind. What is done by then stays, after Ctrl-C
    too. Whoever can reach a scheduler can run programs on its workers and on the machine of its clients: see
    docs/machines.md for what that asks of a network.
    """
    if getattr(client, "asynchronous", None) is not False or not hasattr(client, "scheduler_info"):
        raise ParameterError(f"client is a distributed.Client that is not asynchronous, not {said(client)}")
    from .cluster.job import Rules

    several = _pairs(what, path)
    settings = settings_of(size=size, samples=samples, engine=engine, progress=progress, frames=frames, at=at,
                           quality=quality, frame=frame, alone=alone, codec=codec, loop=loop, sound=sound,
                           poster=poster)
    rules = Rules(None if blender is None else path_text(blender, "blender"), flag(allow_mixed, "allow_mixed"),
                  float(number(timeout, "timeout", 0)), progress)
    made = distribute(several, settings, rules, lambda need: nullcontext(client))
    return made[0] if isinstance(what, Verbs) else made


def settings_of(*, at: int | str | None = None, frame: int | None = None, quality: str | None = None,
                codec: str | None = None, loop: bool | None = None, sound: Any = None, poster: Any = None,
                **more: Any) -> RenderSettings:
    """What is asked for by the arguments of ``render``."""
    from .output import delivery, sampling
    from .output.settings import Moment, RenderSettings

    return RenderSettings(quality=sampling.default() if quality is None else quality, moment=Moment(at, frame),
                          delivery=delivery.asked(codec, loop, sound, poster), **more)


def distribute(several: Several, settings: RenderSettings, rules: Rules,
               connecting: Callable[[int], AbstractContextManager[Any]]) -> list[Picture]:
    """``render_distributed`` of ``several``, by the Client that ``connecting`` gives, which is told how many bytes of
    memory a worker needs."""
    from .cluster import job

    todo = [_asked(viz, path, settings) for viz, path in several]
    try:
        job.run(todo, connecting, rules)
    except KeyboardInterrupt:
        warn(f"interrupted: {UNFINISHED}")
        raise
    return [Picture(file_paths.resolve(path)) for _, path in several]


def _pairs(what: Any, path: Any) -> Several:
    """What is asked for, as a list. Raises ParameterError."""
    if isinstance(what, Verbs):
        if path is None:
            raise ParameterError("name the path that is rendered to: render_distributed(viz, path, client=client)")
        return [(what, path)]
    pairs = list(what) if isinstance(what, Iterable) and not isinstance(what, (str, bytes)) else []
    if not pairs or path is not None or not all(isinstance(each, (tuple, list)) and len(each) == 2
                                                and isinstance(each[0], Verbs) for each in pairs):
        raise ParameterError("render_distributed takes a visualization and a path, or a list of (visualization, path), "
                             f"not {said(what)}")
    counts = Counter(file_paths.resolve(path) for _, path in pairs)
    if (most := counts.most_common(1)[0])[1] > 1:
        raise ParameterError(f"{most[0]} is asked for {most[1]} times")
    return [(viz, path) for viz, path in pairs]


def _asked(viz: Verbs, path: str | os.PathLike, settings: RenderSettings) -> Asked:
    """A picture, checked before the work of making it."""
    from .cluster.job import Asked
    from .output import formats, moment, movie

    kind = formats.kind(path)
    viz.follow()
    if formats.moves(kind):
        formats.refuse_moment(settings.moment.at, settings.moment.frame)
        return Asked(viz.ready, path, movie.checked(viz.group, path, settings))
    formats.refuse_of_movies({"frames": settings.frames is not None,
                              **{name: True for name in settings.delivery.told}})
    file_paths.target(path, (kind,))
    moment.check(viz.group, settings.moment)
    return Asked(viz.ready, Path(path), settings)
