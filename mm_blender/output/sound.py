"""Sound: a file that is heard with a movie, read by Blender. Needs bpy."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..errors import RenderError
from ..system import file_paths, quiet, writing


def check(path: Path) -> None:
    """Raise RenderError for a file in which Blender hears nothing."""
    with readable(path) as near, quiet.silence():
        held = bpy.data.sounds.load(str(near))
        try:
            is_sound = held.channels != "INVALID" and held.samplerate > 0
        finally:
            bpy.data.sounds.remove(held)
    if not is_sound:
        raise RenderError(f"{file_paths.shown(path)} holds no sound that Blender can read: give a .wav, .flac, .ogg or "
                          ".mp3")


@contextmanager
def readable(path: Path | None) -> Iterator[Path | None]:
    """``path`` by a name under which Blender can read it; None for None. Sounds that are read meanwhile are no longer
    in the open file afterwards."""
    before = set(bpy.data.sounds)
    try:
        if path is None:
            yield None
            return
        with writing.readable([path]) as near:
            yield near[0]
    finally:
        for held in set(bpy.data.sounds) - before:
            bpy.data.sounds.remove(held)
