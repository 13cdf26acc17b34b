"""One of several side by side, pictured or saved by itself: what the first of them has for all, and it lacks."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ..appearance.looks import LOOKS
from . import borrowed_scene, camera, linked, looks, needs, parts
from .built import Built
from .scenes import home_of


def is_lone(built: Built) -> bool:
    """Whether what is built is one of several side by side, without the others."""
    return built.group.arrangement is None and parts.member(built.collection) is not None


@contextmanager
def completed(built: Built) -> Iterator[None]:
    """Meanwhile what is built has a camera and suns, if it is one of several without the others, and shows no title,
    which belongs to its place among them."""
    collection = built.collection
    if not is_lone(built) or linked.library_of(collection):
        yield
        return
    former = {obj.session_uid for obj in collection.objects}
    titles = [obj for obj in parts.of(collection, parts.TITLE) if not obj.hide_render]
    try:
        for obj in titles:
            obj.hide_render = True
        seen_from = built.group.camera
        if parts.member(collection) and not parts.of(collection, parts.LIGHT):  # else deleted
            with parts.made(collection, parts.LIGHT):
                looks.light(LOOKS[built.group.options.look], camera.axes(seen_from), collection)
            needs.switch_lights(collection, borrowed_scene.owns(collection, home_of(collection)))
        if needs.camera_of(collection) is None:
            with parts.made(collection, parts.CAMERA):
                camera.put(seen_from, built.group.placement, parts.base_of(collection), collection)
        yield
    finally:
        parts.delete([obj for obj in _brought(collection) if obj.session_uid not in former])
        for obj in titles:
            obj.hide_render = False


def _brought(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [*parts.of(collection, parts.LIGHT), *parts.of(collection, parts.CAMERA)]
