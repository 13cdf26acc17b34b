"""The frames of what moves: which they are, as a collection remembers them, and what the timeline says of them."""
from __future__ import annotations

import math

import bpy

from . import properties, tags
from .blender_types import floats

ROUNDED = 1e-2  # of a frame
LAST = 1048574  # frame that Blender has, either way


def keep(collection: bpy.types.Collection, first: int, last: int, keyed: tuple[float, float]) -> None:
    """Remember which frames show all that moves, and the first and last that are ``keyed`` for that."""
    collection[tags.FIRST_FRAME], collection[tags.LAST_FRAME], collection[tags.KEYED] = first, last, keyed


def forget(collection: bpy.types.Collection) -> None:
    """Forget the frames of what moves no more."""
    for name in (tags.FIRST_FRAME, tags.LAST_FRAME, tags.KEYED):
        collection.pop(name, None)


def of(collection: bpy.types.Collection) -> tuple[int, int] | None:
    """The first and the last frame of what moves in a visualization, with its rest at the end; None if nothing does. A
    person who retimes the sweeps moves both."""
    first, last = (properties.whole(collection, name) for name in (tags.FIRST_FRAME, tags.LAST_FRAME))
    keyed = properties.numbers(collection, tags.KEYED, 2)
    if last is None or abs(last) > LAST or abs(first or 1) > LAST:
        return None
    first = 1 if first is None else first
    ranges = _keyed(collection, tags.PLAYHEAD) or _keyed(collection, tags.TURNTABLE)
    if ranges and keyed:  # not so in older files
        # Blender keeps the places of keys in single precision
        first = math.floor(first + min(low for low, _ in ranges) - keyed[0] + ROUNDED)
        last = math.ceil(last + max(high for _, high in ranges) - keyed[1] - ROUNDED)
    return first, max(last, first)


def _keyed(collection: bpy.types.Collection, kind: str) -> list[tuple[float, float]]:
    """From and to which frame each object of a kind has keys."""
    moved = [obj.animation_data.action for obj in collection.all_objects
             if properties.has(obj, kind) and obj.animation_data and obj.animation_data.action]
    ranges = (floats(action.curve_frame_range) for action in moved)
    return [(first, last) for first, last in ranges]


def clear_markers(collection: bpy.types.Collection) -> None:
    """Take what we wrote into timelines away."""
    ours = {*properties.texts(collection, tags.MARKERS)}
    collection.pop(tags.MARKERS, None)
    claims = {each: {*properties.texts(each, tags.MARKERS)} for each in bpy.data.collections}
    homes = {scene: {*scene.collection.children_recursive} for scene in bpy.data.scenes} if ours else {}
    for scene in homes:
        # a copy's are the original's, too; one that stands in other scenes only has its own there
        others = {marker for each, claimed in claims.items() for marker in claimed
                  if each in homes[scene] or not any(each in home for home in homes.values())}
        for marker in [each for each in scene.timeline_markers if f"{each.frame} {each.name}" in ours - others]:
            scene.timeline_markers.remove(marker)
