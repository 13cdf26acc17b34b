"""When a story shows what its sweeps multiply inside the boxes: not while that would be in the way."""
from __future__ import annotations

import bpy

from ..story.timeline import Timeline
from . import matrices, parts, story_keys, tile_planes


def put(collection: bpy.types.Collection, told: Timeline) -> None:
    """Key the interiors of the sweeps in ``collection``, drawn as cubes or as a plane, as the story says."""
    for obj in _interiors(collection):
        story_keys.hidden(obj, told.bare)


def clear(collection: bpy.types.Collection) -> None:
    """Have them be seen again."""
    for obj in _interiors(collection):
        story_keys.seen(obj)


def _interiors(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [obj for obj in parts.of(collection, parts.SWEEP)
            if matrices.INTERIOR in obj.modifiers or tile_planes.is_plane(obj)]
