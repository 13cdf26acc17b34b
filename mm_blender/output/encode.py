"""From PNG frames to a movie file: H.264 by ``sequencer``, GIF by ``gif``. Needs bpy."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import bpy

from ..system import interrupts, quiet
from . import gif, image_file, sequencer


def mp4(frames: Sequence[Path], path: Path, size: tuple[int, int], fps: float) -> None:
    """Encode PNG ``frames`` of one folder as H.264 at ``path``, ``fps`` a second, in a scene made for it, see
    ``sequencer.scene_of``. What comes of it is to be checked: Blender may be silent about what it could not write.
    Raises RuntimeError."""
    scene = sequencer.scene_of(frames, path, size, fps)
    try:
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
