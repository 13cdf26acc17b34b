"""Scenes: which one a visualization is built in, and working there."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import bpy

from . import compat
from .blender_types import overridden, scene_now, view_layer_now


def home_of(collection: bpy.types.Collection) -> bpy.types.Scene:
    """The scene that ``collection`` is in: the context's, if it is there, too, or in none."""
    current = scene_now()
    scenes = [current, *(scene for scene in bpy.data.scenes if scene != current)]
    return next((scene for scene in scenes if collection in scene.collection.children_recursive), current)


@contextmanager
def within(scene: bpy.types.Scene) -> Iterator[None]:
    """``scene`` as the context's. Never across a ``yield`` to Blender's window, which would draw that scene."""
    with overridden(scene=scene, view_layer=scene.view_layers[0]):
        yield


@contextmanager
def in_window(scene: bpy.types.Scene) -> Iterator[None]:
    """``scene`` as the context's while Blender renders it, whatever other threads do meanwhile. In the background the
    window shows it, where an override is no match for them, and then again what it showed; in a Blender that people
    see, where few threads run beside it, the context is overridden: its views would follow the scene."""
    window = bpy.context.window
    if compat.OVERRIDES_BESIDE_THREADS or not bpy.app.background or window is None:
        with within(scene):
            yield
        return
    former, layer, views = window.scene, window.view_layer, _views(window)
    window.scene = scene
    try:
        is_seen = (scene_now(), view_layer_now()) == (scene, window.view_layer)
        with nullcontext() if is_seen else within(scene):  # a person has overridden something
            yield
    finally:
        window.scene, window.view_layer = former, layer
        for view, seen_through, perspective in views:
            view.camera, view.region_3d.view_perspective = seen_through, perspective


def _views(window: bpy.types.Window) -> list[tuple[Any, bpy.types.Object | None, str]]:
    """The 3D views of a window, and through what each of them looks."""
    spaces: list[Any] = [space for area in window.screen.areas for space in area.spaces if space.type == "VIEW_3D"]
    return [(space, space.camera, space.region_3d.view_perspective) for space in spaces]


@contextmanager
def at_home(collection: bpy.types.Collection) -> Iterator[bpy.types.Scene]:
    """The scene that ``collection`` is in as the context's."""
    scene = home_of(collection)
    if scene == scene_now():
        yield scene
        return
    with within(scene):
        yield scene


def frame_rate(scene: bpy.types.Scene) -> float:
    """Frames a second that the scene is played at: 29.97 is 30 of Blender's, by a base of 1.001."""
    return scene.render.fps / scene.render.fps_base
