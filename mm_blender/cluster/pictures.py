"""The stills and movies of a job, and what becomes of the frames that come back. Needs bpy."""
from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import replace
from pathlib import Path

import bpy

from ..output import formats, moment, movie, movie_file, picture_scene, png_text, reel, still
from ..output.settings import RenderSettings
from ..scene.built import Built
from ..system import file_paths, writing
from . import need, worker
from .shot import Blend, Shot

AT_THE_MOMENT = 0  # the number of a still's only frame


class Movie(Shot):
    """A movie, whose folder of frames is ours meanwhile."""

    def __init__(self, going: movie.Opened, path: Path, settings: RenderSettings, blend: Blend,
                 means: worker.Means):
        super().__init__(blend, settings.size, means)
        self._going, self._path, self._settings = going, path, settings
        self.total = len(going.wanted) - sum(map(len, going.missing.values()))

    def missing(self) -> list[int]:
        """The numbers of the frames that are to be rendered."""
        return list(self._going.missing)

    def put(self, number: int, data: bytes) -> None:
        """Put the frame ``number``, a PNG, in its place, and copies of it in those of the frames that show the same."""
        with writing.into(self._going.folder, len(data)) as new:
            _put(new(self._going.wanted[number].name), data, self.size)
        for _ in reel.copied(self._going.wanted, number, self._going.missing[number], self.size):
            pass

    def make(self) -> None:
        """Encode the movie."""
        movie.finish(self._going, self._path, self._settings)


class Still(Shot):
    """A still at ``path``."""

    def __init__(self, path: Path, at: tuple[int, float], settings: RenderSettings, blend: Blend, means: worker.Means):
        super().__init__(blend, settings.size, means)
        self._path, self._at = path, at

    def missing(self) -> list[int]:
        """The number of its only frame."""
        return [AT_THE_MOMENT]

    def task(self, number: int) -> worker.Task:
        """What a worker is told of it."""
        frame, subframe = self._at
        return replace(super().task(number), frame=frame, subframe=subframe)

    def put(self, number: int, data: bytes) -> None:
        """Put the still, a PNG, in its place."""
        with writing.beside(self._path, len(data), blender=False) as new:
            _put(new, data, self.size)

    def make(self) -> None:
        """Its frame is what was asked for."""


def _put(new: writing.New, data: bytes, size: tuple[int, int]) -> None:
    new.write(png_text.without_times(data))
    new.put(size=size)


@contextmanager
def opened(built: Built, path: str | os.PathLike, settings: RenderSettings, means: worker.Means,
           folder: Path) -> Iterator[Movie | Still]:
    """What is to be rendered of what is built, whose .blend is kept in ``folder``. Raises RenderError, see
    ``Visualization.render``."""
    target = file_paths.resolve(path)
    with ExitStack() as claim:  # the folder of frames is ours until the movie is made of them
        if formats.moves(formats.kind(path)):
            with movie.opened(built, path, settings, claim) as going:
                blend = _saved(going.scene, folder, settings)
            yield Movie(going, target, settings, blend, means)
            return
        with picture_scene.opened(built, settings.alone) as (scene, shown):
            moment.put(shown, scene, settings.moment)
            still.prepare(shown, settings, scene)
            at = scene.frame_current, scene.frame_subframe
            blend = _saved(scene, folder, settings)
        yield Still(target, at, settings, blend, means)


def _saved(scene: bpy.types.Scene, folder: Path, settings: RenderSettings) -> Blend:
    """The .blend of a scene, a file in ``folder``."""
    path = folder / f"{secrets.token_hex(8)}.blend"
    movie_file.write_scene(scene, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Blend(path, digest, scene.name, need.of(path, settings.size))
