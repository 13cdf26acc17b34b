"""Poster: the picture that stands for a movie before it is played. Needs bpy."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..system import file_formats, writing
from . import delivery, image_file
from .delivery import Delivery

QUALITY = {"PNG": 15, "WEBP": 90, "JPEG": 92}  # of the file, as Blender counts it; of PNG how much it packs


def write(frames: Sequence[Path], fps: float, asked: Delivery) -> None:
    """Write the poster of a movie of PNG ``frames``, ``fps`` a second, if one is ``asked`` for. Raises RenderError."""
    if asked.poster is None:
        return
    frame = frames[delivery.poster_frame(asked, fps, len(frames))]
    with writing.beside(asked.poster) as new:
        kind = file_formats.of(asked.poster).blender
        if kind == "PNG":
            new.write(frame.read_bytes())
        else:
            try:
                image_file.save(image_file.as_clear_bytes(frame), new.part, kind, QUALITY[kind])
            except RuntimeError as error:
                raise new.failed(f"Blender could not write the poster: {str(error).strip()}", True) from None
        new.put()
