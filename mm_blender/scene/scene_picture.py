"""What a picture of the scene's own size shows of what is built, by what is known before it is rendered."""
from __future__ import annotations

import bpy

from ..document import composition
from ..layout.framing import Camera
from . import camera, letters, needs, parts
from .blender_types import scene_now
from .built import Built


def composed(built: Built, obj: bpy.types.Object | None = None) -> composition.Composed:
    """What is seen of what is built: by the camera object ``obj``, if a person has moved it."""
    seen_from = _seen_by(built, obj) if obj is not None and _is_put(obj) else None
    return composition.composed(built.group, size(), seen_from)


def by_hand(built: Built) -> Camera | None:
    """How a person's picture sees what is built, who has moved its camera. None where it stands as we have put it,
    where keys move it, and where it is gone."""
    obj = needs.camera_of(built.collection)
    if obj is None or not _is_put(obj):
        return None
    scene_now().view_layers[0].update()  # where a script has put it
    return _seen_by(built, obj)


def _is_put(obj: bpy.types.Object) -> bool:
    return camera.moved_by_hand(obj) and not camera.is_animated(obj)


def arrows_differ(built: Built) -> bool:
    """Whether an arrow of the flow would hide an element now, or need no longer be left out."""
    obj = needs.camera_of(built.collection)
    return obj is not None and letters.arrows_differ(built, composition.arrows(built.group, size(),
                                                                               _seen_by(built, obj)))


def size() -> tuple[int, int]:
    """Of the scene's pictures, in pixels."""
    render = scene_now().render
    return render.resolution_x, render.resolution_y


def _seen_by(built: Built, obj: bpy.types.Object) -> Camera:
    width, height = size()
    return camera.standing(obj, built.group.placement, parts.base_of(built.collection), width / height, scene_now())
