"""Poses: what animated properties are, as a person left them, which may be other than their keys say."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from . import compat
from .blender_types import any_kind

KINDS = ("objects", "meshes", "curves", "cameras", "lights", "worlds", "materials", "node_groups", "armatures",
         "shape_keys", "lattices", "metaballs", "speakers", "volumes", "scenes")
Place = tuple[bpy.types.ID, str, int]  # a datablock, a path in it, an index there


@contextmanager
def kept() -> Iterator[None]:
    """Put every animated property back as it was. Blender writes what a frame that it evaluates shows into the
    properties themselves, in whatever scene that is."""
    former = {place: _read(*place) for place in _animated()}
    try:
        yield
    finally:
        for place, value in former.items():
            if value is not None and _read(*place) not in (None, value):  # None: it is there no longer
                _write(*place, value)


def _animated() -> Iterator[Place]:
    for kind in KINDS:
        for block in getattr(bpy.data, kind, ()):
            for each in (block, getattr(block, "node_tree", None)):
                if each is not None and each.animation_data is not None:
                    yield from ((each, curve.data_path, curve.array_index) for curve in _curves(each))


def _curves(block: bpy.types.ID) -> list[bpy.types.FCurve]:
    animation = any_kind(block).animation_data
    curves = [*compat.curves(block), *animation.drivers]
    for track in animation.nla_tracks:
        for strip in track.strips:
            if strip.action:
                bags = [bag for layer in strip.action.layers for part in layer.strips for bag in part.channelbags]
                curves += [curve for bag in bags for curve in bag.fcurves]
    return curves


def _read(block: bpy.types.ID, path: str, index: int) -> Any:
    """The value; None where nothing has that path."""
    try:
        value: Any = block.path_resolve(path)
        return value[index] if hasattr(value, "__len__") and not isinstance(value, str) else value
    except (ReferenceError, ValueError, IndexError, TypeError, KeyError):
        return None


def _write(block: bpy.types.ID, path: str, index: int, value: Any) -> None:
    holder: Any = block
    now: Any = block.path_resolve(path)
    if hasattr(now, "__len__") and not isinstance(now, str):
        now[index] = value
        return
    if path.endswith("]"):  # a property of the person's own
        start = path.rindex("[")
        holder = block.path_resolve(path[:start]) if start else block
        holder[path[start + 2:-2]] = value
        return
    before, _, name = path.rpartition(".")
    if before:
        holder = block.path_resolve(before)
    setattr(holder, name, value)
