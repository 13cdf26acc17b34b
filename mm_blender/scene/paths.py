"""The paths in a .blend that is saved: relative to it where they can be, and none that it does not need.

Blender keeps a path in a buffer of a fixed length and writes all of that, with what stood there before behind the end
of a shorter one. So a path is written over before another is put in its place.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..data import origins
from ..errors import warn
from ..system import folders
from .blender_types import as_file_browser
from .rollback import KINDS

FILLING = " " * 1020  # the longest buffer holds 1024 bytes
USUAL = ("/tmp/", "/tmp\\", "//", "")  # a scene's output while nobody has set it


@contextmanager
def for_a_copy(folder: Path) -> Iterator[None]:
    """Meanwhile the open file holds paths as a copy in ``folder`` is to have them, which Blender must not remap then.
    Warns (MMWarning) of what it needs and can name from the home folder on only."""
    former = [(owner, name, getattr(owner, name)) for owner, name in _fields()]
    used, kept = list[tuple[bpy.types.ID, str]](), set[str]()
    try:
        for owner, name, value in former:
            if isinstance(value, bytes) or "filename" in name:  # where a person last looked for a file
                _put(owner, name, type(value)())
            elif value not in USUAL:
                _put(owner, name, _relative(value, folder) or f"//{_name(value)}")
        used = _used()
        if used:
            _use([FILLING if isinstance(block, _SAFE) else None for block, _ in used])
            _use([_needed(block, path, folder, kept) for block, path in used])
        yield
    finally:
        if used:
            _use([path for _, path in used])
        for owner, name, value in former:
            setattr(owner, name, value)
    if kept:
        warn(f"the file says where {', '.join(sorted(kept))} {'lies' if len(kept) == 1 else 'lie'} on this machine, "
             "for it needs that and not all may know it: pack what it uses (File > External Data), or keep it beside "
             "the .blend")


def _fields() -> Iterator[tuple[bpy.types.bpy_struct, str]]:
    """What holds a path that no data-block needs: where scenes are rendered to, where file browsers look, and out of
    which file a block was appended, as materials of Blender's start-up file were out of that of its brushes."""
    for scene in bpy.data.scenes:
        if not scene.library:
            yield scene.render, "filepath"
            if hasattr(scene, "mm"):
                yield scene.mm, "output"
    for kind in KINDS:
        for block in getattr(bpy.data, kind):
            if block.library_weak_reference:
                yield block.library_weak_reference, "filepath"
    for screen in bpy.data.screens:
        for area in screen.areas:
            for browser in [as_file_browser(space) for space in area.spaces]:
                if browser and browser.params:
                    yield browser.params, "directory"
                    yield browser.params, "filename"


def _put(owner: bpy.types.bpy_struct, name: str, value: str | bytes) -> None:
    if owner.bl_rna.properties[name].is_runtime is False:
        setattr(owner, name, FILLING.encode() if isinstance(value, bytes) else FILLING)
    setattr(owner, name, value)


# ---- what data-blocks need

_SAFE = (bpy.types.Image, bpy.types.Library, bpy.types.MovieClip, bpy.types.Sound, bpy.types.VectorFont,
         bpy.types.CacheFile, bpy.types.Volume)  # whose paths are one buffer


def _used() -> list[tuple[bpy.types.ID, str]]:
    """The data-blocks that name a file, with its path, in the order in which ``_use`` takes them."""
    if hasattr(bpy.data, "file_path_foreach"):
        named: list[tuple[bpy.types.ID, str]] = []
        bpy.data.file_path_foreach(lambda block, path, _: named.append((block, path)), flags=set())
        return named
    # Blender 4.5 knows no way to set other paths without reading what they lead to
    return [(block, getattr(block, _attribute(block))) for block in _reachable()]


def _use(paths: list[str | None]) -> None:
    """Put ``paths`` in the places of those of ``_used``; None: as it is."""
    if hasattr(bpy.data, "file_path_foreach"):
        left = iter(paths)
        bpy.data.file_path_foreach(lambda block, path, _: next(left), flags=set())
        return
    for block, path in zip(_reachable(), paths):
        if path is not None:
            setattr(block, _attribute(block), path)


def _reachable() -> list[bpy.types.ID]:
    packed = [font for font in bpy.data.fonts if font.packed_file]  # others would be read from there
    return [*bpy.data.images, *bpy.data.libraries, *packed, *(text for text in bpy.data.texts if text.filepath)]


def _attribute(block: bpy.types.ID) -> str:
    return "filepath_raw" if isinstance(block, bpy.types.Image) else "filepath"


def _needed(block: bpy.types.ID, path: str, folder: Path, kept: set[str]) -> str | None:
    """What a data-block is to hold of the ``path`` of its file. ``kept``: takes on what has to stay."""
    origin = block.library_weak_reference
    if not path or path.startswith("<") or origin and origin.filepath == path:
        return path  # what Blender brings, and what is put already
    library = block.library
    real = os.path.abspath(bpy.path.abspath(path, library=library))
    if (relative := _relative(real, folder)) is not None:
        return relative
    if getattr(block, "packed_file", None) or isinstance(block, bpy.types.Text) or not os.path.exists(real):
        return f"//{_name(real)}"
    if real.startswith(os.path.join(folders.home(), "")) and not library and not real.startswith(_own_folders()):
        kept.add(block.name)
    return real


def _own_folders() -> tuple[str, ...]:
    """Where Blender's own files are."""
    folders_of_blender = (bpy.utils.resource_path(kind) for kind in ("LOCAL", "SYSTEM"))
    return tuple(os.path.join(os.path.abspath(path), "") for path in folders_of_blender if path)


def _relative(path: str, folder: Path) -> str | None:
    """``path`` relative to ``folder``, as Blender writes that; None where that would tell too much."""
    relative = origins.relative(bpy.path.abspath(path), folder)
    return None if relative is None else "//" if relative == "." else f"//{relative}"


def _name(path: str) -> str:
    return Path(path.replace("\\", "/")).name
