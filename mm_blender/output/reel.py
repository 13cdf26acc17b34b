"""Reel: the folder that the frames of a movie lie in, which may be a person's own and hold more than frames.

``movie.json`` in it says which movie they belong to; a process that renders into it holds a lock on that file. Frames
are made elsewhere and moved into place when they are whole, so that a kill at any moment leaves whole ones only, and
the next run goes on from them. Nothing else in the folder is touched.
"""
from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..data.files import parse_json
from ..errors import DataError, RenderError, SizeError
from ..system import disks, file_paths, interrupts, locks, writing
from ..system.whole.check import is_whole

NOTE = "movie.json"
MOST = 1 << 26  # bytes of it
ADVICE = "render under another name, or delete that folder first"


@contextmanager
def claimed(folder: Path, identity: dict) -> Iterator[None]:
    """Meanwhile ``folder`` is the place of the frames of the movie ``identity``, and no other process's. Raises
    RenderError if it is another's, or holds frames of another movie or such as nobody says of which."""
    writing.make_folder(folder)
    note = folder / NOTE
    if not os.path.lexists(note):
        with disks.refusing(note):
            if any(folder.glob("frame_*.png")) and not os.path.lexists(note):
                raise RenderError(f"{folder} holds frames but no {NOTE} that would say of which movie: {ADVICE}")
        writing.write(note, (json.dumps(identity, indent=1) + "\n").encode(), replace=False)
    with disks.refusing(note):
        file_paths.check_kind(note, follow=False)
        number = os.open(note, locks.OPEN)
    try:
        if locks.hold(number) is False:
            raise RenderError(f"frames are being rendered into {folder} by another process, or another part of this "
                              "one: wait until that is done, or render under another name")
        _check_same(folder, number, identity)
        yield
    finally:
        os.close(number)


def missing(frames: Mapping[int, Path], size: tuple[int, int]) -> list[int]:
    """The numbers of those ``frames`` that are not there, whole and of ``size`` pixels. Raises RenderError where
    something else, which is not ours, has the name of one."""
    out = []
    for number, path in frames.items():
        with disks.refusing(path), suppress(FileNotFoundError):
            try:
                file_paths.check_kind(path, follow=False)
            except RenderError as error:
                raise RenderError(f"{str(error).partition(':')[0].partition(',')[0]}, and no frame of the movie: move "
                                  "it away, or render under another name") from None
        if not is_whole(path, size=size):
            out.append(number)
    return out


def check(frames: Mapping[int, Path], size: tuple[int, int]) -> None:
    """Raise RenderError unless all frames are there and whole."""
    if changed := missing(frames, size):
        raise RenderError(f"{frames[changed[0]]} was deleted or changed while the movie was made: run again to go on "
                          "from there")


def copied(frames: Mapping[int, Path], number: int, others: Sequence[int], size: tuple[int, int]) -> Iterator[int]:
    """Put copies of the frame ``number``, which is there, in the places of the ``others``, which show the same; yields
    each once it is there. An interrupt acts between two. Raises RenderError."""
    if not others:
        return
    with disks.refusing(frames[number]):
        data = frames[number].read_bytes()
    with writing.into(frames[number].parent, len(data) * len(others)) as new:
        for other in others:
            interrupts.check()
            copy = new(frames[other].name)
            copy.write(data)
            copy.put(size=size)
            yield other


# ---- which movie they belong to

def _check_same(folder: Path, number: int, identity: dict) -> None:
    """Raise RenderError unless the open note says that the frames are those of ``identity``."""
    try:
        with open(number, "rb", closefd=False) as file:
            held = parse_json(file.read(MOST), NOTE, parameters=True)
    except (DataError, SizeError):
        held = {}
    except OSError as error:
        raise RenderError(f"{folder / NOTE} cannot be read: {error.strerror}") from None
    if not (isinstance(held, dict) and all(held.get(key) == identity[key] for key in ("blender", "scene"))):
        what = ", ".join(_differences(held, identity))
        raise RenderError(f"{folder} holds frames of another movie ({what}): {ADVICE}")


def _differences(held: Any, identity: dict) -> list[str]:
    """What differs, in words: short values are told, long ones only named."""
    if not isinstance(held, dict):
        return ["its parameters cannot be read"]
    if not all(isinstance(held.get(key), dict) for key in ("about", "parts")):
        return ["made by another version"]
    out = [f"Blender {held.get('blender')}, not {identity['blender']}"] * (held.get("blender") != identity["blender"])
    for key, now in identity["about"].items():
        was = held["about"].get(key)
        if was != now:
            short = max(len(str(was)), len(str(now))) < 20
            out.append(f"{key.replace('_', ' ')} {was}, not {now}" if short else f"other {key.replace('_', ' ')}")
    names = sorted({*identity["parts"], *held["parts"]} - ({"settings"} if out else set()))  # these were told of
    out += [f"other {name}" for name in names if identity["parts"].get(name) != held["parts"].get(name)]
    return out or ["put together in another way"]
