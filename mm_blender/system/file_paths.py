"""The paths of files to write: what a person's path means, and whether a file may go there.

Blender reads paths in ways of its own: braces and ``#`` are templates, ``//`` is the folder of the .blend, a
backslash parts folders on every system, and what is longer than its buffers is cut off.
"""
from __future__ import annotations

import hashlib
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import ParameterError, RenderError
from ..plain import path_text, said
from . import disks
from .file_kinds import other_kind

PLAIN = re.compile(r"(?:[\w .:+=,@~()/-])+")  # what Blender takes as it stands
LONGEST_FOLDER = 600                          # bytes; Blender's own limit is 768, with the name of a file 1024
LONGEST_NAME = 255                            # bytes, on all common file systems


def resolve(path: str | os.PathLike) -> Path:
    """The absolute path that is meant: ``~`` is the home folder, ``//`` the folder of the open .blend, as everywhere
    in Blender; all else is taken as it stands. Raises RenderError for what is no path, and for ``//`` without a .blend.
    """
    try:
        text = path_text(path, "path")
        os.fsencode(text)  # which has no half of a surrogate pair
    except ParameterError:
        raise RenderError(f"the output is the path of a file or a folder, not {said(path)}") from None
    except UnicodeEncodeError:
        text = ""
    if not text:
        raise RenderError(f"the output {said(path)} is no path: name a file or a folder")
    if text.startswith("//"):
        return _beside_blend(text)
    try:
        return Path(os.path.abspath(os.path.expanduser(text)))
    except FileNotFoundError:
        raise RenderError(f"{text} is relative to the current folder, which is gone: give the whole path") from None


def _beside_blend(text: str) -> Path:
    """What ``//…`` stands for."""
    bpy = sys.modules.get("bpy")
    opened = bpy.data.filepath if bpy else ""
    if not opened:
        raise RenderError(f"{text} is relative to the .blend file, and none is open that was saved: give the whole "
                          "path, or one that starts with neither // nor /")
    return Path(os.path.abspath(os.path.join(os.path.dirname(opened), text.lstrip("/"))))


def target(path: str | os.PathLike, endings: tuple[str, ...]) -> Path:
    """The path of a file to write. Raises RenderError for one that cannot be."""
    path = resolve(path)
    check_ending(path, endings)
    check_target(path)
    return path


def check_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Raise RenderError for a file whose name has none of these ``endings``."""
    if path.suffix.lower() not in endings:
        bare = path.name.lower() in endings  # ".png" is all name to Python
        raise RenderError(f"{path.name!r} has no name before its ending" if bare
                          else f"{path.name} must end in {' or '.join(endings)}")


def check_parent(path: Path) -> None:
    """Raise RenderError unless ``path`` can be in a folder that exists: it may be too long."""
    if not os.path.isdir(path.parent):
        raise RenderError(f"there is no folder {path.parent} to write {path.name} into")
    with disks.refusing(path), suppress(FileNotFoundError):
        os.lstat(path)


def check_target(path: Path) -> Path:
    """Where a file goes that is to be ``path``: where links lead to. Raises RenderError unless there is nothing yet, or
    a file that may be replaced, and the folder may be written into."""
    check_parent(path)
    final = Path(os.path.realpath(path))
    if not os.path.isdir(final.parent):
        raise RenderError(f"{path} is a link to {final}, and there is no folder {final.parent}")
    with disks.refusing(path), suppress(FileNotFoundError):
        check_kind(path)
        if not (os.stat(final).st_mode & 0o222 and os.access(final, os.W_OK)):
            if disks.is_read_only(final.parent):
                raise disks.unwritable(path, final.parent)
            raise RenderError(f"{path} is read-only: allow writing to it, delete it, or write to another file")
    if not os.access(final.parent, os.W_OK | os.X_OK):
        raise disks.unwritable(path, final.parent)
    return final


def check_kind(path: Path, follow: bool = True) -> None:
    """Raise RenderError where there is, at ``path`` or, if ``follow``, where links lead to, what is no file. Raises
    OSError."""
    if what := other_kind(os.stat(path, follow_symlinks=follow).st_mode):
        raise RenderError(f"{path} is {what}" + (": name a file in it" if what == "a folder" else
                                                 ", and only files are written: name another one"))


def is_plain(path: Path) -> bool:
    """Whether Blender takes ``path`` as it stands."""
    text = path.as_posix()
    return bool(PLAIN.fullmatch(text)) and "//" not in text and len(os.fsencode(path)) <= LONGEST_FOLDER


def beside_named(path: Path, ending: str) -> Path:
    """``path`` with another ending; where that is too long for a name, a shorter one that is its alone."""
    near = path.with_suffix(ending)
    if len(os.fsencode(near.name)) <= LONGEST_NAME:
        return near
    mark = "~" + hashlib.sha256(os.fsencode(path.name)).hexdigest()[:10] + ending
    stem = os.fsencode(path.stem)[:LONGEST_NAME - len(mark)].decode("utf-8", "ignore")
    return path.with_name(stem + mark)


def shown(path: str | os.PathLike) -> str:
    """``path`` as it can be printed anywhere: what is no text, and line breaks, as escapes."""
    text = os.fsdecode(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
