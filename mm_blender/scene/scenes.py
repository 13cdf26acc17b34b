"""Scenes: which one a visualization is built in, and working there."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .blender_types import overridden, scene_now


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
