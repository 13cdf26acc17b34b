"""Keys of what is seen for a while."""
from __future__ import annotations

from collections.abc import Iterable

import bpy

from . import compat

HIDING = ("hide_render", "hide_viewport")


def visible(obj: bpy.types.Object, spans: Iterable[tuple[int, int]]) -> None:
    """Key an object so that it is seen from the first to the last frame of each span, both included, and else not."""
    keys: dict[float, float] = {}
    for first, last in sorted(spans):
        keys[float(first)] = 0.0
        keys[float(last + 1)] = 1.0
    before = min(keys, default=1.0) - 1
    told = [(before, 1.0), *sorted(keys.items())]
    for path in HIDING:
        compat.key(obj, path, 0, told, "CONSTANT")
    obj.hide_render = obj.hide_viewport = True


def hidden(obj: bpy.types.Object, spans: Iterable[tuple[int, int]]) -> None:
    """Key an object so that it is not seen from the first to the last frame of each span, both included, none of which
    overlap; where there is none, its keys go and it is seen."""
    keys = [(float(frame), flag) for first, last in spans if first <= last for frame, flag in (
        (first, 1.0), (last + 1, 0.0))]
    if not keys:
        seen(obj)
        return
    told = dict([(min(frame for frame, _ in keys) - 1, 0.0), *sorted(keys)])  # of two at one frame the later span's
    for path in HIDING:
        compat.key(obj, path, 0, list(told.items()), "CONSTANT")


def seen(obj: bpy.types.Object) -> None:
    """Take an object's keys away, and have it be seen, unless none of them hides it."""
    if any(curve.data_path in HIDING for curve in compat.curves(obj)):
        animation = obj.animation_data
        action = animation.action if animation else None
        obj.animation_data_clear()
        if action is not None and action.users == 0:
            bpy.data.actions.remove(action)
        obj.hide_render = obj.hide_viewport = False


def as_other(obj: bpy.types.Object, other: bpy.types.Object) -> None:
    """Have an object be seen when another is, by keys of its own."""
    for curve in compat.curves(other):
        if curve.data_path in HIDING:
            compat.key(obj, curve.data_path, 0, [(point.co[0], point.co[1]) for point in curve.keyframe_points],
                       "CONSTANT")
