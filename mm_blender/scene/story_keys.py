"""Keys of what is seen for a while."""
from __future__ import annotations

from collections.abc import Iterable

import bpy

from . import compat


def visible(obj: bpy.types.Object, spans: Iterable[tuple[int, int]]) -> None:
    """Key an object so that it is seen from the first to the last frame of each span, both included, and else not."""
    keys: dict[float, float] = {}
    for first, last in sorted(spans):
        keys[float(first)] = 0.0
        keys[float(last + 1)] = 1.0
    before = min(keys, default=1.0) - 1
    told = [(before, 1.0), *sorted(keys.items())]
    for path in ("hide_render", "hide_viewport"):
        compat.key(obj, path, 0, told, "CONSTANT")
    obj.hide_render = obj.hide_viewport = True
