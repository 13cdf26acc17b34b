"""From PNG frames to a movie file: MP4 and WebM by ``sequencer``, GIF by ``gif``, animated WebP by ``webp``. Needs bpy.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import RenderError
from ..system import disks, file_paths, interrupts, quiet, terminal, writing
from ..system.whole.check import is_whole
from . import delivery, formats, gif, image_file, sequencer, sound, webp
from .settings import RenderSettings

LEAST = 8  # bytes of a movie for each frame
CONTAINERS = {".mp4": ("MPEG4", "AAC"), ".webm": ("WEBM", "OPUS")}  # with the codec of their sound
CODECS = {"h264": "H264", "av1": "AV1", "vp9": "WEBM"}              # as Blender calls them
SURE = "h264"  # what every build can encode, of any size


def movie(frames: Sequence[Path], path: Path, fps: float, settings: RenderSettings) -> None:
    """Make the movie ``path`` of PNG ``frames`` of one folder, ``fps`` a second; what was there stays until then.
    Raises RenderError."""
    kind = formats.kind(path)
    with writing.beside(path, LEAST * len(frames)) as new, writing.readable(frames) as readable:
        if settings.delivery.repeats(kind) and len(readable) > 1 and sequencer.are_alike(readable[0], readable[-1]):
            readable = readable[:-1]  # what comes next is the first one
        ENCODERS[kind](readable, new, fps, settings)


def made(path: Path) -> str:
    """What was made, and how large it is."""
    return f"made {file_paths.shown(path.name)}, {disks.amount(path.stat().st_size)}"


def _gif(frames: Sequence[Path], new: writing.New, fps: float, settings: RenderSettings) -> None:
    """Put a GIF of ``frames`` in its place, in which frames that are alike may be one."""
    def read(at: int) -> np.ndarray:
        return image_file.as_bytes(frames[at])[..., :3]

    with new.opened() as file:
        _followed(gif.write(file, len(frames), read, fps, settings.delivery.repeats(".gif")), new, settings,
                  len(frames))
    new.put(size=settings.size)


def _webp(frames: Sequence[Path], new: writing.New, fps: float, settings: RenderSettings) -> None:
    """Put an animated WebP of ``frames`` in its place, in which frames that are alike may be one."""
    still = new.folder / "still.webp"

    def pack(pixels: np.ndarray, quality: int) -> bytes:
        try:
            image_file.save(pixels, still, "WEBP", quality)
        except RuntimeError as error:
            raise new.failed(f"Blender could not encode a frame: {str(error).strip()}", True) from None
        return new.check(still).read_bytes()

    with new.opened() as file:
        going = webp.write(file, len(frames), lambda at: image_file.as_clear_bytes(frames[at]), pack, fps,
                           settings.delivery.repeats(".webp"))
        _followed(going, new, settings, len(frames))
    new.put(size=settings.size)


def check(kind: str, settings: RenderSettings) -> None:
    """Raise RenderError where this Blender cannot encode a movie of ``kind`` as it is asked for, of which one frame of
    nothing is made: before any is rendered. AV1 asks for sizes that depend on the number of processor cores."""
    codec = settings.delivery.codec_of(kind)
    if codec in ("", SURE):
        return
    width, height = settings.size
    with writing.passing() as folder:
        frame, movie = folder / "frame.png", folder / f"movie{kind}"
        said = ""
        try:
            image_file.save(np.zeros((height, width, 4), np.uint8), frame, "PNG", 0)
            by_sequencer(sequencer.scene_of([frame], movie, settings.size, 24, video_of(kind, settings, True)))
        except (RuntimeError, TypeError) as error:
            said = str(error).strip().removeprefix("Error: ").rstrip(".")
        if not is_whole(movie, size=settings.size, frames=1):
            others = [f"codec={each!r}" for each in delivery.CODECS[kind] if each != codec]
            raise RenderError(f"this Blender cannot encode {codec} of {width} x {height} pixels"
                              + (f" ({said})" if said else "")
                              + f": try {' or '.join([*others, 'another size'])}")


def video_of(kind: str, settings: RenderSettings, is_clear: bool) -> sequencer.Video:
    """How a movie of ``kind`` is encoded, whose frames may be transparent if that ``is_clear`` from them."""
    container, audio = CONTAINERS[kind]
    asked = settings.delivery
    return sequencer.Video(container, CODECS[asked.codec_of(kind)], audio, is_clear and asked.is_clear(kind))


def _video(frames: Sequence[Path], new: writing.New, fps: float, settings: RenderSettings) -> None:
    """Put an MP4 or WebM of ``frames`` in its place."""
    kind, asked = formats.kind(new.path), settings.delivery
    video = video_of(kind, settings, sequencer.is_clear(frames[0]))
    with sound.readable(asked.sound) as heard:
        try:
            by_sequencer(sequencer.scene_of(frames, new.part, settings.size, fps, video, heard))
        except (RuntimeError, TypeError) as error:
            raise new.failed(f"Blender could not encode the movie as {asked.codec_of(kind)}: {str(error).strip()}",
                             True) from None
    if not new.part.is_file():
        raise new.failed(f"Blender encoded no {kind[1:]} as {asked.codec_of(kind)}: its build may lack that "
                         f"codec. {quiet.complaint()}".rstrip(". "))
    new.put(size=settings.size, frames=len(frames))


ENCODERS: dict[str, Callable[[Sequence[Path], writing.New, float, RenderSettings], None]] = {
    ".gif": _gif, ".mp4": _video, ".webm": _video, ".webp": _webp}  # of each format that moves


def by_sequencer(scene: bpy.types.Scene) -> None:
    """Render the animation of ``scene``, as ``sequencer.scene_of`` gives it, which is gone afterwards. What comes of it
    is to be checked: Blender may be silent about what it could not write. Raises RuntimeError."""
    try:
        with quiet.silence(), _stopped_by_interrupts(scene):
            bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.data.scenes.remove(scene)


def _followed(going: Iterator[int], new: writing.New, settings: RenderSettings, total: int) -> None:
    """Run through what encodes frame by frame, with a progress bar if asked."""
    if settings.progress:
        going = iter(terminal.progress(going, desc=f"{file_paths.shown(new.path.name)}: encoding", total=total,
                                       unit="frame", dynamic_ncols=True))
    for _ in going:
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
