"""Shelf: node groups that were built before, kept in files of the user's cache (the extension's own, inside Blender).

Blender goes through a whole tree for each node, link or value that is written to it; to read a finished one takes a
fifth of that time. The code that builds groups stays what they are: a file counts only for the very code and the
Blender that wrote it, and where there is none, or it cannot be read, the groups are built. ``MM_BLENDER_CACHE`` names
another folder; if it is empty, or there is no home folder, nothing is kept.
"""
from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import bpy

from ..errors import RenderError
from ..system import folders, writing
from ..system.whole.check import is_whole
from ..version import __version__
from .blender_types import library, nodes_of

VARIABLE = "MM_BLENDER_CACHE"
MOST = 24  # files, of about a megabyte each; the ones that were not used for longest go
NAME = re.compile(r"[0-9a-f]{24}\.blend")
OURS = "mm "  # what names of groups begin with


@contextmanager
def groups(what: object) -> Iterator[None]:
    """While something is built: groups that were built for the same ``what`` (told by its ``repr``) in another file are
    there at the start, else what is built now is kept for the next. In a file that has groups of ours nothing is done,
    since they are what will be used."""
    file = None if any(group.name.startswith(OURS) for group in bpy.data.node_groups) else _file(what)
    taken = file is not None and _take(file)
    yield
    if file is not None and not taken:
        _keep(file)


def _take(file: Path) -> bool:
    """Bring the groups in ``file`` into this .blend, as its own; whether there were any."""
    if not is_whole(file):  # there is none, or one at which Blender may crash
        return False
    libraries, others = set(bpy.data.libraries), set(bpy.data.node_groups)
    try:
        with library(str(file), link=True) as (read, taken):
            taken.node_groups = read.node_groups
        _make_local([group for group in taken.node_groups if group])
        os.utime(file)
        done = True
    except (OSError, RuntimeError):  # a damaged file
        bpy.data.batch_remove(set(bpy.data.node_groups) - others)
        done = False
    for new in set(bpy.data.libraries) - libraries:
        bpy.data.libraries.remove(new)
    return done


def _make_local(linked: list[bpy.types.NodeTree]) -> None:
    """Make linked groups this file's own. They were not appended, since what is remembers this user's folder for good.
    Those that use others go first: one that linked and local ones use would stay linked, beside a copy of it."""
    for group in sorted(linked, key=_height, reverse=True):
        group.make_local()
        if group.library:
            raise RuntimeError(f"{group.name} stays linked")


def _height(group: bpy.types.NodeTree) -> int:
    """How many groups lie in each other, this one outermost."""
    return 1 + max((_height(inner) for inner in _inside(group)), default=0)


def _inside(group: bpy.types.NodeTree) -> set[bpy.types.NodeTree]:
    return {node.node_tree for node in nodes_of(group) if getattr(node, "node_tree", None)}


def _keep(file: Path) -> None:
    """Write the groups of this .blend, as far as they stand by themselves, beside ``file`` and move them into place."""
    kept: set[bpy.types.ID] = {
        group for group in bpy.data.node_groups if group.name.startswith(OURS) and group.users and not group.library
        and _stands_alone(group)}
    if not kept:
        return
    with suppress(OSError, RuntimeError, RenderError):  # a full or a read-only disk: they are built next time, too
        writing.make_folder(file.parent, parents=True)
        with writing.beside(file) as new:
            bpy.data.libraries.write(str(new.part), kept)
            new.put()
        ours = [other for other in file.parent.iterdir() if NAME.fullmatch(other.name)]
        for other in sorted(ours, key=lambda other: (other == file, other.stat().st_mtime))[:-MOST]:  # a clock may jump
            writing.drop(other)


def _stands_alone(group: bpy.types.NodeTree) -> bool:
    """Whether a group holds nothing of the file but other groups."""
    for node in group.nodes:
        values = [getattr(socket, "default_value", None) for socket in node.inputs]
        values += [getattr(node, name, None) for name in ("image", "object", "font", "material", "collection")]
        if any(isinstance(each, bpy.types.ID) for each in values):
            return False
    return all(map(_stands_alone, _inside(group)))


def _file(what: object) -> Path | None:
    folder = folders.cache(VARIABLE)
    return folder and folder / "groups" / f"{hashlib.sha256(f'{_code()} {what!r}'.encode()).hexdigest()[:24]}.blend"


@cache
def _code() -> str:
    """What tells this code, and this Blender, from any other."""
    root = Path(__file__).resolve().parents[1]
    files = [(str(file.relative_to(root)), status.st_size, status.st_mtime_ns)
             for file in sorted(root.rglob("*.py")) for status in [file.stat()]]
    return repr((__version__, bpy.app.version_string, bpy.app.build_hash, files))
