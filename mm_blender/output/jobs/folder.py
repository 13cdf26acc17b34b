"""The folder of a job: the .blend, what the scheduler is told, and what encodes the movie. Needs bpy.

Nothing in it says where it lies or who made it, so it can be moved and sent; its commands count from it. ``movie.json``
says which movie it is for. The same movie may be written there once more, say for another scheduler, and frames that
are there stay.
"""
from __future__ import annotations

from pathlib import Path

from ...scene.built import Built
from ...system import writing
from .. import movie_file, reel
from ..settings import RenderSettings
from . import scripts
from .chunks import BLEND, Chunked, queue_name, usual_chunk
from .kinds import Kind


def write(built: Built, folder: Path, settings: RenderSettings, kind: Kind, chunk: int | None) -> Chunked:
    """Write what is built as a job of that ``kind``, ``chunk`` frames to a command, into ``folder``, as
    ``place.target`` gives it, which is made. ``settings``: of the movie, as ``movie.fitted`` gives these. Raises
    RenderError, where ``folder`` holds another movie, too."""
    with movie_file.prepared(built, settings) as (scene, held), reel.claimed(folder, held.identity):
        movie_file.write_scene(scene, folder / BLEND)
        chunk = chunk or usual_chunk(held.last - held.first + 1)
        movie = Chunked(queue_name(folder.name), held.first, held.last, chunk, held.scene, held.fps)
        texts = {"encode.py": scripts.encoder(), "encode.sh": scripts.encode(movie), "render.sh": scripts.RENDER}
        for name, text in (texts | kind.files(movie)).items():
            writing.write(folder / name, text.encode("utf-8"))
    return movie
