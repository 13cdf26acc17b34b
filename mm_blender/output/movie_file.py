"""The file of a movie: a .blend whose frames are those that ``render`` would make, by Blender alone. Needs bpy.

Nothing of ours is needed to render it: ``blender -b FILE -o //frames/frame_#### -a``. It holds one scene, that which
pictures are taken in (``picture_scene``), with all that is set there, so that whosever scene a visualization is built
in, and whatever that is set to, its frames are the same.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..scene import faces, paths, saved_state, scenes
from ..scene.blender_types import library
from ..scene.built import Built
from ..system import quiet, writing
from . import movie, picture_scene, still, travelling
from .settings import RenderSettings

LEAST = 1 << 15  # bytes of the smallest file


@dataclass(frozen=True)
class MovieFile:
    """The frames from ``first`` to ``last``, both of them included, are pictures of ``size`` pixels,
    played ``fps`` a second; ``scene`` is the name of the one scene. ``identity``: all that the frames depend on, as
    ``movie.identity_of`` has it."""

    first: int
    last: int
    size: tuple[int, int]
    fps: float
    scene: str
    identity: dict[str, Any]


@contextmanager
def prepared(built: Built, settings: RenderSettings) -> Iterator[tuple[bpy.types.Scene, MovieFile]]:
    """Meanwhile there is a scene that renders what is built as a movie of ``settings``, as ``movie.fitted`` gives
    these; and what its file will hold, see ``write_scene``. The open file stays as it is."""
    with picture_scene.opened(built, settings.alone) as (scene, shown):
        first, last = settings.frames or (scene.frame_start, scene.frame_end)
        scene.frame_start, scene.frame_end = first, last
        scene.frame_current, scene.frame_subframe = first, 0.0
        still.prepare(shown, settings, scene)
        held = MovieFile(first, last, settings.size, scenes.frame_rate(scene), scene.name,
                         movie.identity_of(built.group, scene, settings))
        scene.render.use_persistent_data = settings.engine == "cycles"
        with faces.apart(scene.objects if settings.engine == "cycles" else ()):
            yield scene, held


def write_scene(scene: bpy.types.Scene, path: Path) -> None:
    """Write a ``scene`` for pictures, as it is prepared, to ``path``, with the pictures that its materials use. Raises
    RenderError if it cannot be written."""
    with travelling.packed(), quiet.silence(), saved_state.going_to(path.parent, bpy.data.collections), \
            paths.for_a_copy(path.parent), writing.beside(path, LEAST) as new:
        _write(new, scene)


def _write(new: writing.New, scene: bpy.types.Scene) -> None:
    """Put ``scene``, with all that it needs, in its place."""
    scene.view_layers[0].update()  # Blender 5.2 crashes over a view layer that was never looked at
    try:
        bpy.data.libraries.write(str(new.part), {scene}, path_remap="NONE", compress=True)
    except (RuntimeError, OSError) as error:
        raise new.failed(f"Blender could not save {new.path.name}: {quiet.complaint(error)}", True) from None
    new.check(new.part)
    try:
        with library(str(new.part), link=False) as (held, _):
            found = scene.name in held.scenes
    except OSError as error:
        raise new.failed(f"Blender cannot read what it wrote: {error}", True) from None
    if not found:
        raise new.failed(f"Blender wrote a file without {scene.name}", True)
    new.put()
