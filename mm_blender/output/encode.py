"""From PNG frames to a movie file: H.264 by Blender's sequencer, GIF by ``gif``. Needs bpy."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import bpy

from ..scene.blender_types import there
from ..system import interrupts, quiet
from . import gif, image_file


def mp4(frames: Sequence[Path], path: Path, size: tuple[int, int], fps: float) -> None:
    """Encode PNG ``frames`` of one folder as H.264 (yuv420p) at ``path``, ``fps`` a second.

    A scene made for it plays them in its sequencer. It shows sRGB pictures in the sequencer's sRGB through the
    'Standard' view, so that every pixel leaves as it came. ``size`` must be even, as H.264 asks.
    What comes of it is to be checked: Blender may be silent about what it could not write. Raises RuntimeError.
    """
    scene = bpy.data.scenes.new("mm movie")
    try:
        view: Any = scene.view_settings  # its names and those of spaces depend on the OpenColorIO at hand
        view.view_transform, view.look = "Standard", "None"
        space: Any = scene.sequencer_colorspace_settings
        space.name = "sRGB"
        strip: Any = scene.sequence_editor_create().strips.new_image("frames", str(frames[0]), channel=1, frame_start=1)
        for frame in frames[1:]:
            strip.elements.append(frame.name)
        scene.frame_start, scene.frame_end = 1, len(frames)
        target = scene.render
        target.resolution_x, target.resolution_y, target.resolution_percentage = *size, 100
        target.fps = max(round(fps), 1)
        target.fps_base = target.fps / fps
        target.use_sequencer = True
        if hasattr(target.image_settings, "media_type"):
            target.image_settings.media_type = "VIDEO"
        target.image_settings.file_format = "FFMPEG"
        target.image_settings.color_mode = "RGB"
        video = there(target.ffmpeg)
        video.format, video.codec, video.audio_codec = "MPEG4", "H264", "NONE"
        video.constant_rate_factor, video.ffmpeg_preset = "PERC_LOSSLESS", "GOOD"
        target.filepath = str(path)
        with quiet.silence(), _stopped_by_interrupts(scene):
            bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.data.scenes.remove(scene)


def as_gif(frames: Sequence[Path], file: BinaryIO, fps: float,
           shown: Callable[[Iterator[int], int], Iterator[int]]) -> None:
    """Encode PNG ``frames`` as a GIF to an open file, ``fps`` a second; ``shown(iterator, count)`` may show how far it
    is."""
    done = gif.write(file, len(frames), lambda at: image_file.as_bytes(frames[at])[..., :3], fps)
    for _ in shown(done, len(frames)):
        interrupts.check()


@contextmanager
def _stopped_by_interrupts(scene: bpy.types.Scene) -> Iterator[None]:
    """While all frames of ``scene`` are rendered: where an interrupt waits, there is no next one; it acts afterwards.
    Blender goes by the scene's current frame."""
    def skip(*_: Any) -> None:
        if interrupts.waits():
            scene.frame_current = scene.frame_end

    bpy.app.handlers.render_post.append(skip)
    try:
        yield
    finally:
        bpy.app.handlers.render_post.remove(skip)
    interrupts.check()
