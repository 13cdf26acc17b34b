"""Transitions: visualizations that turn into each other, in one scene and its movie."""
from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from .display import Picture
from .document.asked import asked
from .document.succession import Succession
from .errors import ParameterError, RenderError
from .explaining import on_what_is_built
from .plain import is_number, number, plainly, said
from .system import file_formats, file_paths
from .system.interrupts import deferring
from .visualization import Visualization

if TYPE_CHECKING:
    import bpy

    from .scene.built import Built
    from .scene.held import Handle

SHORTEST, LONGEST = 0.05, 3600.0  # seconds
EDGE = 0.01  # by which the shapes of two pictures may differ, relative to them, for one composition


@plainly
def transition(first: Visualization, second: Visualization, *more: Visualization, seconds: float = 2.0,
               hold: float = 0.5) -> Transition:
    """``first`` turns into ``second``, and that into the next if there are ``more``, each within ``seconds``; all is
    ``hold`` seconds still before, between and after.

    What is the same in both travels: matrices of equal values, whatever they are called and even if they lie turned
    over, and rows or columns of one that are a matrix of the other. A matrix of the same name, or in the same place of
    the expression, whose values are others stays, and its elements change their sizes and colours. What has no partner
    shrinks where it is, or grows there. Both ends are what each is alone, with its camera and its names; what sweeps is
    shown as it ends.

    Raises ParameterError for what cannot turn into each other, which says why: another look, colour keys, numbers on
    cubes, rows of visualizations.
    """
    documents = []
    for each in (first, second, *more):
        if not isinstance(each, Visualization):
            raise ParameterError(f"transition takes visualizations, as visualize() returns them, not {said(each)}; of "
                                 "several side by side each has its own")
        each.follow(strictly=False)
        documents.append(each.document)
    for name, value, least in (("seconds", seconds, SHORTEST), ("hold", hold, 0.0)):
        if not (is_number(value) and least <= value <= LONGEST):
            raise ParameterError(f"{name} is a number from {least:g} to {LONGEST:g}, not {said(value)}")
    return Transition(Succession.of(documents, number(seconds, "seconds"), number(hold, "hold")))


class Transition:
    """What ``transition`` returns: visualizations that are built in one scene and turn into each other there, as keys
    that an artist can move; rendered to movies and stills, and saved as one."""

    def __init__(self, group: Succession):
        self.group = group
        self._handles: list[Handle] = []
        self._aspect: float | None = None  # of the pictures that it is built for

    @property
    def handles(self) -> list[Handle]:
        """What each that was built is found by."""
        return self._handles

    @property
    def is_built(self) -> bool:
        """Whether the objects of all are in the open file."""
        return bool(self._handles) and all(handle.find() is not None for handle in self._handles)

    @property
    def built(self) -> Built:
        """What is built, as scene and output take it. Raises a GoneError where it is there no longer."""
        from .scene.built import Built

        return Built(self.group, tuple(handle.collection for handle in self._handles))

    @property
    def collection(self) -> bpy.types.Collection | None:
        """Blender's collection of the first, which has the camera and all that travels at first; None before ``build``
        and after ``remove``. Raises a GoneError."""
        return next((handle.collection for handle in self._handles), None)

    @property
    def frames(self) -> tuple[int, int]:
        """The frame at which all of the first is seen last, and that at which all of the last is seen first, as it was
        built."""
        from .scene import scenes
        from .scene.blender_types import scene_now

        scene = scenes.home_of(self.built.collection) if self.is_built else scene_now()
        fps = self.group.first.frame_rate(scenes.frame_rate(scene))
        spans, _ = self.group.frames(scene.frame_start, fps)
        return spans[0][0], spans[-1][1]

    @deferring
    @asked
    def build(self, *, own_scene: bool | None = None) -> Transition:
        """Make the objects in Blender's current scene, for pictures of its size; see ``Visualization.build``. Built
        again, it replaces itself. Needs bpy. Raises an MMError, and then nothing is built."""
        from .scene import held, replacing
        from .scene.blender_types import scene_now

        own = [found for handle in self._handles if (found := handle.find()) is not None]
        self._handles = [held.Handle.to(each) for each in replacing.build(self.group, own, own_scene)]
        render = scene_now().render
        self._aspect = render.resolution_x / render.resolution_y
        return self

    @deferring
    def remove(self) -> None:
        """Delete what was built, if it is there, and give back what it took of the scene."""
        if self._handles:
            from .scene import build

            build.remove(*(found for handle in self._handles if (found := handle.find()) is not None))
        self._handles = []

    @deferring
    @asked
    @on_what_is_built
    def render(self, path: str | os.PathLike, size: tuple[int, int] = (1600, 1000), samples: int | None = None,
               engine: str = "cycles", progress: bool = True, quality: str | None = None,
               at: float | str | None = None, **handed: Any) -> Picture:
        """Render to ``path``: a movie (``.mp4``, ``.webm``, ``.gif``, ``.webp``, a folder of frames) or, to ``.png``, a
        still ``at`` a share of the way, from 0 (the first) to 1 (the last), which is what it shows if nothing is said.
        It is built for pictures of the shape of ``size`` if it was not yet. All else as for ``Visualization.render``,
        ``handed`` (``codec``, ``loop``, ``sound``, ``poster``) too, which says what is raised."""
        from .output import delivery, formats, movie, sampling, still
        from .output.settings import Moment, RenderSettings

        moves = formats.moves(formats.kind(path))
        if moves and at is not None:
            raise RenderError("a movie shows the whole way: at is for stills")
        if engine == "workbench":
            raise RenderError("Workbench does not know the colours of elements on their way: choose cycles or eevee")
        share, handing = _share(at), delivery.asked(**handed)
        if not moves:
            formats.refuse_of_movies({name: True for name in handing.told})
        target = None if moves else file_paths.target(path, (formats.kind(path),))
        settings = RenderSettings(size, samples, engine, sampling.default() if quality is None else quality, progress,
                                  delivery=handing)
        built = self._ready(settings.size)
        if target is None:
            return Picture(movie.render_movie(built, path, movie.checked(self.group, path, settings)))
        first, last = self.frames
        moment = Moment(frame=round(first + share * (last - first)))
        still.render(built, target, replace(settings, moment=moment))
        return Picture(target)

    @deferring
    @asked
    @on_what_is_built
    def save(self, path: str | os.PathLike, *, alone: bool = True, size: tuple[int, int] | None = None,
             samples: int | None = None, engine: str | None = None, quality: str | None = None) -> None:
        """Save a copy of Blender's file, complete without this package, to ``path`` (.blend), at its first frame; see
        ``Visualization.save``."""
        from .output import saving
        from .output.settings import RenderSettings

        target = file_paths.target(path, file_formats.endings("save"))
        told: dict[str, Any] = {"size": size, "samples": samples, "engine": engine, "quality": quality}
        wanted = {key: value for key, value in told.items() if value is not None}
        saving.save(self._ready(RenderSettings(**wanted).size if size else None), target, wanted, alone)

    def _ready(self, size: tuple[int, int] | None) -> Built:
        """What is built, for pictures of the shape of ``size``."""
        from .scene.blender_types import scene_now

        aspect = size[0] / size[1] if size else self._aspect
        if self.is_built and aspect and self._aspect and abs(aspect / self._aspect - 1) < EDGE:
            return self.built
        render = scene_now().render
        former = render.resolution_x, render.resolution_y
        try:
            if size:
                render.resolution_x, render.resolution_y = size
            return self.build().built
        finally:
            render.resolution_x, render.resolution_y = former

    def __repr__(self) -> str:
        return f"<Transition of {' into '.join(document.written for document in self.group.documents)}>"


def _share(at: float | str | None) -> float:
    """The share of the way that a still shows. Raises RenderError."""
    named: dict[Any, float] = {None: 1.0, "start": 0.0, "end": 1.0}
    if at is None or isinstance(at, str) and at in named:
        return named[at]
    if not (is_number(at) and 0 <= float(at) <= 1):
        raise RenderError(f"at is a share of the way, from 0 to 1, 'start' or 'end', not {said(at)}")
    return float(at)
