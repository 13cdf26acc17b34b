"""Contact sheets: one picture of every beat of a story, in one. Needs bpy."""
from __future__ import annotations

import math
from pathlib import Path

import bpy
import numpy as np

from ..document.document import Document
from ..errors import RenderError
from ..scene import needs, parts, story_captions, story_objects
from ..scene.built import Built
from ..story.timeline import BeatSpan, Timeline
from ..system import file_paths, terminal, writing
from ..web.plain_picture import png
from . import formats, image_file, picture_scene, still
from .settings import RenderSettings

ACROSS = 1600  # pixels that a sheet is wide at most, if more than one picture stands in it
GAP = 6        # pixels between pictures
GROUND = 40    # of 255, between them


def render(built: Built, path: Path, settings: RenderSettings) -> None:
    """A picture of each beat near its end, with its number, name and time, in rows from the left, as a PNG at ``path``;
    ``settings`` are of one of them. Raises RenderError; the person's scene is as before."""
    with writing.beside(path, formats.least(settings.size)) as new:
        with picture_scene.opened(built, settings.alone) as (scene, shown):
            (document, *_, collection), *_ = shown.parts
            still.prepare(shown, settings, scene)
            told = story_objects.timeline_of(document, collection, scene, settings.aspect)
            if told is None:
                raise RenderError("no story is told where several visualizations stand side by side")
            scene.render.use_persistent_data = settings.engine == "cycles"
            pictures = []
            for beat in terminal.progress(told.beats, desc=file_paths.shown(path.name), unit="beat",
                                          disable=not settings.progress):
                pictures.append(_picture(beat, told, document, collection, (scene, new, settings)))
        new.write(png(joined(pictures) / 255))
        new.put()


def _picture(beat: BeatSpan, told: Timeline, document: Document, collection: bpy.types.Collection,
             within: tuple[bpy.types.Scene, writing.New, RenderSettings]) -> np.ndarray:
    """The picture (height, width, 3) of a beat."""
    scene, new, settings = within
    camera = needs.camera_of(collection)
    words = f"{beat.label}   {clock((beat.first - told.first) / told.fps)}"
    labels = story_captions.label(words, document, told, camera, scene.collection) if camera else []
    scene.frame_current, scene.frame_subframe = told.shown_at(beat), 0.0
    part = new.folder / f"beat_{beat.number}.png"
    try:
        still.shot(new, part, False, scene)
        return image_file.as_bytes(part)[..., :3]
    finally:
        parts.delete(labels)
        writing.drop(part)


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def joined(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one size (height, width, 3) in rows, as square as a screen is."""
    high, wide, _ = pictures[0].shape
    columns = min(max(math.ceil(math.sqrt(len(pictures))), 1), max(ACROSS // wide, 1))
    rows = math.ceil(len(pictures) / columns)
    out = np.full((rows * (high + GAP) + GAP, columns * (wide + GAP) + GAP, 3), GROUND, np.uint8)
    for at, picture in enumerate(pictures):
        y, x = GAP + at // columns * (high + GAP), GAP + at % columns * (wide + GAP)
        out[y:y + high, x:x + wide] = picture
    return out
