"""Keys that move and show things: smooth from one to the next, or stepped."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import bpy

from .blender_types import any_kind, floats

NAME = "mm transition"  # of actions

Keys = Sequence[tuple[float, float]]  # frame and value


def smooth(block: bpy.types.ID, path: str, keys: Keys, index: int = 0) -> None:
    """Key a channel of ``block`` so that it eases from key to key and rests outside."""
    _put(block, path, keys, index, "BEZIER")


def smooth_vector(block: bpy.types.ID, path: str, keys: Iterable[tuple[float, Any]]) -> None:
    """The same of all channels of a property: of each frame its values, a vector of any kind."""
    frames, values = zip(*keys)
    for index, channel in enumerate(zip(*map(floats, values))):
        smooth(block, path, list(zip(frames, channel)), index)


def shown(obj: bpy.types.Object, spans: Sequence[tuple[float | None, float | None]], flags: Iterable[str]) -> None:
    """Show ``obj`` in ``spans`` of frames alone, from each first one to before the last, where None is for ever, by its
    ``flags`` (``hide_render`` …)."""
    keys: list[tuple[float, float]] = []
    for first, last in spans:
        keys += [(first, 0.0)] if first is not None else []
        keys += [(last, 1.0)] if last is not None else []
    if keys and keys[0][1] == 0.0:
        keys.insert(0, (keys[0][0] - 1, 1.0))
    elif keys:
        keys.insert(0, (keys[0][0] - 1, 0.0))
    for flag in flags:
        _put(obj, flag, keys, 0, "CONSTANT")


def _put(block: bpy.types.ID, path: str, keys: Keys, index: int, kind: str) -> None:
    holder = any_kind(block)
    animation = holder.animation_data or holder.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(NAME)
    curve = animation.action.fcurve_ensure_for_datablock(block, path, index=index)
    points = curve.keyframe_points
    before = len(points)
    points.add(len(keys))
    for point, (frame, value) in zip(list(points)[before:], keys):
        point.co, point.interpolation = (frame, value), kind
        point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()
