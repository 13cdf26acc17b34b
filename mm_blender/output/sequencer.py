"""PNG frames to MP4 and WebM by Blender's sequencer, with nothing but Blender. Needs bpy.

This file stands alone: it imports nothing of ours, and a copy of it lies in the folder of every job, whose frames it
encodes as ``encode.json`` says: ``blender -b --factory-startup --python-exit-code 1 -P encode.py``.
"""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import bpy
import numpy as np

ORDER = "encode.json"
END = bytes.fromhex("0000000049454e44ae426082")  # of every PNG (ISO/IEC 15948, 11.2.5)
MOST_NAMED = 12  # frames that a message names


class Video(NamedTuple):
    """How a movie is encoded: Blender's words for the container and the codecs of picture and sound; ``clear``: with
    what is transparent in the frames."""

    container: str = "MPEG4"
    codec: str = "H264"
    audio: str = "AAC"
    clear: bool = False


USUAL = Video()


class Poster(NamedTuple):
    """A picture of the frame ``number`` of a movie, as ``kind`` of Blender's, of a ``quality`` up to 100."""

    name: str
    number: int
    kind: str
    quality: int


class Order(NamedTuple):
    """What is made of the frames of a job from ``first`` to ``last``, which are shown ``fps`` a second, by the names of
    files in its folder: the ``movie`` as a ``video``, clear if the frames are and that can be; where it ``repeats``,
    without the last frame if that is the first one again; with a ``sound`` and a ``poster``."""

    first: int
    last: int
    fps: float
    movie: str = "movie.mp4"
    video: Video = USUAL
    repeats: bool = False
    sound: str | None = None
    poster: Poster | None = None


def scene_of(frames: Sequence[Path], path: Path, size: tuple[int, int], fps: float, video: Video = USUAL,
             sound: Path | None = None) -> bpy.types.Scene:
    """A new scene that plays PNG ``frames`` of one folder, and whose animation is rendered to ``path`` as ``video``
    (H.264 of yuv420p), ``fps`` a second, with what is heard of ``sound`` meanwhile.

    It shows sRGB pictures in the sequencer's sRGB through the 'Standard' view, so that every pixel leaves as it came.
    ``size``: of the frames, in pixels; even, as H.264 asks.
    """
    scene = bpy.data.scenes.new("mm movie")
    try:
        _play(scene, frames, sound)
        _set_up(scene.render, size, fps, video, sound is not None)
        scene.render.filepath = str(path)
    except BaseException:
        bpy.data.scenes.remove(scene)
        raise
    return scene


def _play(scene: bpy.types.Scene, frames: Sequence[Path], sound: Path | None) -> None:
    """Have ``scene`` show ``frames``, in their own colours and with what is transparent in them, and play a sound."""
    view: Any = scene.view_settings  # its names and those of spaces depend on the OpenColorIO at hand
    view.view_transform, view.look = "Standard", "None"
    space: Any = scene.sequencer_colorspace_settings
    space.name = "sRGB"
    strips: Any = scene.sequence_editor_create().strips
    strip: Any = strips.new_image("frames", str(frames[0]), channel=1, frame_start=1)
    for frame in frames[1:]:
        strip.elements.append(frame.name)
    strip.blend_type, strip.alpha_mode = "ALPHA_OVER", "STRAIGHT"
    if sound is not None:
        strips.new_sound("sound", str(sound), channel=2, frame_start=1)
    scene.frame_start, scene.frame_end = 1, len(frames)


def _set_up(target: Any, size: tuple[int, int], fps: float, video: Video, heard: bool) -> None:
    """Have the render settings of a scene, ``target``, encode its frames as ``video``."""
    target.resolution_x, target.resolution_y, target.resolution_percentage = *size, 100
    target.fps = max(round(fps), 1)
    target.fps_base = target.fps / fps
    target.use_sequencer, target.film_transparent = True, video.clear
    if hasattr(target.image_settings, "media_type"):
        target.image_settings.media_type = "VIDEO"
    target.image_settings.file_format = "FFMPEG"
    files = target.ffmpeg
    files.format, files.codec = video.container, video.codec
    files.audio_codec = video.audio if heard else "NONE"
    files.constant_rate_factor, files.ffmpeg_preset = "PERC_LOSSLESS", "GOOD"
    target.image_settings.color_mode = "RGBA" if video.clear else "RGB"  # which not every codec can have


def are_alike(one: Path, other: Path) -> bool:
    """Whether two pictures are the same, pixel by pixel."""
    return np.array_equal(_pixels(one), _pixels(other))


def _pixels(path: Path) -> np.ndarray:
    image: Any = bpy.data.images.load(str(path))
    try:
        flat = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(flat)
        return flat
    finally:
        bpy.data.images.remove(image)


def is_clear(frame: Path) -> bool:
    """Whether a PNG has a channel for what is transparent (ISO/IEC 15948, 11.2.2)."""
    with open(frame, "rb") as file:
        return file.read(26)[25] in (4, 6)


# ---- in the folder of a job

def main(order: Order) -> None:
    """Encode the frames of the current folder's ``frames/``; what is made takes its place when it is done. Ends the
    process with a message where a frame is not there, or not whole."""
    frames = [Path("frames", f"frame_{number:04d}.png") for number in range(order.first, order.last + 1)]
    faulty = [frame.name for frame in frames if not is_whole(frame)]
    if faulty:
        named = ", ".join(faulty[:MOST_NAMED]) + (" …" if len(faulty) > MOST_NAMED else "")
        sys.exit(f"encode: {len(faulty)} of {len(frames)} frames are not there, or not whole ({named}): "
                 "render these first, then encode again")
    if order.poster is not None:
        _put_poster(frames[order.poster.number], order.poster)
    if order.repeats and len(frames) > 1 and are_alike(frames[0], frames[-1]):
        del frames[-1]  # what comes next is the first one
    part = Path("frames", f"part-{order.movie}")  # Blender writes into folders that it can name
    video = order.video._replace(clear=order.video.clear and is_clear(frames[0]))
    scene = scene_of(frames, part, size_of(frames[0]), order.fps, video, Path(order.sound) if order.sound else None)
    bpy.ops.render.render(animation=True, scene=scene.name)
    if not part.is_file():
        sys.exit(f"encode: Blender wrote no movie: is this a Blender with FFmpeg and {order.video.codec}, and is there "
                 "room on the disk?")
    os.replace(part, order.movie)
    print(f"encode: wrote {order.movie}")


def _put_poster(frame: Path, poster: Poster) -> None:
    """Write the poster, which is the ``frame``."""
    part = Path("frames", f"part-{poster.name}")
    if poster.kind == "PNG":
        part.write_bytes(frame.read_bytes())
    else:
        width, height = size_of(frame)
        image: Any = bpy.data.images.new("mm poster", width, height, alpha=True)  # one that is read is saved as it was
        pixels = np.ones((width * height, 4), np.float32)
        held = _pixels(frame).reshape(width * height, -1)
        pixels[:, :held.shape[1]] = held
        image.alpha_mode = "CHANNEL_PACKED"
        image.pixels.foreach_set(pixels.ravel())
        image.file_format = poster.kind
        image.save(filepath=str(part), quality=poster.quality)
        bpy.data.images.remove(image)
    os.replace(part, poster.name)
    print(f"encode: wrote {poster.name}")


def read(text: str) -> Order:
    """The order that a JSON text holds, as ``written`` writes it."""
    held: dict[str, Any] = json.loads(text)
    poster = held["poster"]
    return Order(**held | {"video": Video(**held["video"]), "poster": None if poster is None else Poster(**poster)})


def written(order: Order) -> str:
    """``order`` as JSON."""
    poster = order.poster and order.poster._asdict()
    return json.dumps(order._asdict() | {"video": order.video._asdict(), "poster": poster}, indent=1) + "\n"


def is_whole(frame: Path) -> bool:
    """Whether a PNG is there to its end."""
    try:
        with open(frame, "rb") as file:
            file.seek(-len(END), os.SEEK_END)
            return file.read() == END
    except OSError:  # not there, or shorter than that
        return False


def size_of(frame: Path) -> tuple[int, int]:
    """The pixels of a PNG (ISO/IEC 15948, 11.2.2)."""
    with open(frame, "rb") as file:
        head = file.read(24)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent)  # paths that are relative hold nothing that Blender takes for a template
    main(read(Path(ORDER).read_text("utf-8")))
