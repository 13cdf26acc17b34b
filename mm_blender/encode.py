"""From PNG frames to a movie file: H.264 by Blender's sequencer, GIF by ``gif``. Needs bpy."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import bpy

from . import gif
from .errors import RenderError
from .objects import imagefile


def mp4(frames: Sequence[Path], path: Path, size: tuple[int, int], render: bpy.types.RenderSettings) -> None:
    """Encode PNG ``frames`` of one folder as H.264 (yuv420p) at ``path``; ``render`` says how many a second.

    A scene made for it plays them in its sequencer. It shows sRGB pictures in the sequencer's sRGB through the
    'Standard' view, so that every pixel leaves as it came. ``size`` must be even, as H.264 asks.
    Raises RenderError if Blender cannot.
    """
    path.unlink(missing_ok=True)
    scene = bpy.data.scenes.new("mm movie")
    try:
        scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
        scene.sequencer_colorspace_settings.name = "sRGB"
        strip = scene.sequence_editor_create().strips.new_image("frames", str(frames[0]), channel=1, frame_start=1)
        for frame in frames[1:]:
            strip.elements.append(frame.name)
        scene.frame_start, scene.frame_end = 1, len(frames)
        target = scene.render
        target.resolution_x, target.resolution_y, target.resolution_percentage = *size, 100
        target.fps, target.fps_base = render.fps, render.fps_base
        target.use_sequencer = True
        if hasattr(target.image_settings, "media_type"):
            target.image_settings.media_type = "VIDEO"
        target.image_settings.file_format = "FFMPEG"
        target.image_settings.color_mode = "RGB"
        video = target.ffmpeg
        video.format, video.codec, video.audio_codec = "MPEG4", "H264", "NONE"
        video.constant_rate_factor, video.ffmpeg_preset = "PERC_LOSSLESS", "GOOD"
        target.filepath = str(path)
        with silence():
            bpy.ops.render.render(animation=True, scene=scene.name)
    except RuntimeError as error:
        raise RenderError(f"Blender could not encode the movie: {str(error).strip()}") from None
    finally:
        bpy.data.scenes.remove(scene)
    if not path.is_file() or not path.stat().st_size:
        raise RenderError("Blender encoded no movie from the frames")


def as_gif(frames: Sequence[Path], path: Path, render: bpy.types.RenderSettings,
           shown: Callable[[Iterator[int], int], Iterator[int]]) -> None:
    """Encode PNG ``frames`` as a GIF at ``path``; ``shown(iterator, count)`` may show how far it is."""
    done = gif.write(path, len(frames), lambda at: imagefile.as_bytes(frames[at])[..., :3],
                     render.fps / render.fps_base)
    for _ in shown(done, len(frames)):
        pass


@contextmanager
def silence() -> Iterator[None]:
    """Keep the lines that Blender writes for every frame and sample off standard output, where they would cut the
    progress bar to pieces."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # no standard output, as in a Blender that was started from a menu
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
