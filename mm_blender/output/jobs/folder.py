"""The folder of a job: the .blend, what the scheduler is told, and what encodes the movie. Needs bpy.

Nothing in it says where it lies or who made it, so it can be moved and sent; its commands count from it. ``movie.json``
says which movie it is for. The same movie may be written there once more, say for another scheduler, and frames that
are there stay.
"""
from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from ...data import files
from ...scene.built import Built
from ...system import file_formats, writing
from .. import delivery, encode, movie_file, poster, reel, sequencer
from ..delivery import Delivery
from ..settings import RenderSettings
from . import scripts
from .chunks import BLEND, Chunked, queue_name, usual_chunk
from .kinds import Kind

SOUND = "sound.audio"


def write(built: Built, folder: Path, settings: RenderSettings, kind: Kind, chunk: int | None) -> Chunked:
    """Write what is built as a job of that ``kind``, ``chunk`` frames to a command, into ``folder``, as
    ``place.target`` gives it, which is made. ``settings``: of the movie, as ``movie.fitted`` gives these. Raises
    RenderError, where ``folder`` holds another movie, too."""
    with ExitStack() as stack:
        scene, held = stack.enter_context(movie_file.prepared(built, settings))
        order = handed_over(held, settings)
        stack.enter_context(reel.claimed(folder, held.identity))
        movie_file.write_scene(scene, folder / BLEND)
        chunk = chunk or usual_chunk(held.last - held.first + 1)
        movie = Chunked(queue_name(folder.name), held.first, held.last, chunk, held.scene, held.fps)
        texts = {"encode.py": scripts.encoder(), "encode.sh": scripts.ENCODE, "render.sh": scripts.RENDER,
                 sequencer.ORDER: sequencer.written(order)}
        for name, text in (texts | kind.files(movie)).items():
            writing.write(folder / name, text.encode("utf-8"))
        if settings.delivery.sound is not None and order.sound is not None:
            writing.write(folder / order.sound, files.read_whole(settings.delivery.sound))
    return movie


def kind_of(asked: Delivery) -> str:
    """The ending of a job's movie: that of the codec that is ``asked`` for, else the one that plays everywhere."""
    return next(kind for kind, codecs in delivery.CODECS.items() if asked.codec is None or asked.codec in codecs)


def handed_over(held: movie_file.MovieFile, settings: RenderSettings) -> sequencer.Order:
    """How the frames of a job become its movie. Raises RenderError where there is no frame for a poster."""
    asked = settings.delivery
    kind, image = kind_of(asked), None
    number = delivery.poster_frame(asked, held.fps, held.last - held.first + 1)
    if asked.poster is not None:
        form = file_formats.of(asked.poster).blender
        image = sequencer.Poster(asked.poster.name, number, form, poster.QUALITY[form])
    heard = SOUND if asked.sound else None
    return sequencer.Order(held.first, held.last, held.fps, f"movie{kind}", encode.video_of(kind, settings, True),
                           asked.repeats(kind), heard, image)
