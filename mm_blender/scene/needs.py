"""Needs: what the picture of a visualization asks of a scene besides its objects.

Where the scene is ours, a build sets these there (``borrowed_scene``) and gives the former ones back when it goes;
where it is an artist's, only a rendering of ours does, for as long as it takes. A need is a property of the scene, by
its path from there, with the value that it is to have.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

from ..document import saved
from ..options import LEAST_FPS, MOST_FPS
from ..plain import is_number
from . import parts, properties, sweep_frames, tags, tiles

WORLD = tags.WORLD  # on a collection: the world of its look
CAMERA, GROUND, START, END, NOW = "camera", "world", "frame_start", "frame_end", "frame_current"
FILM, LIGHT_TREE = "render.film_transparent", "cycles.use_light_tree"
FPS, FPS_BASE = "render.fps", "render.fps_base"
# how colours are shown: those of a colour bar are the picture's own
COLOURS = {"display_settings.display_device": "sRGB", "view_settings.view_transform": "Standard",
           "view_settings.look": "None", "view_settings.exposure": 0.0, "view_settings.gamma": 1.0,
           "view_settings.use_curve_mapping": False, "view_settings.use_white_balance": False}
PATHS = (CAMERA, GROUND, *COLOURS, FILM, LIGHT_TREE, START, END, NOW, FPS, FPS_BASE)


def of(collection: bpy.types.Collection, scene: bpy.types.Scene) -> dict[str, Any]:
    """What a picture of the visualization in ``collection`` needs of ``scene``, by path, in an order in which it can be
    set: camera, world, colours, film, no light tree where there are tiles, the frames a second that were asked for, and
    where something moves its frames."""
    ground = properties.pointed(collection, WORLD, bpy.types.World)
    needs = {CAMERA: camera_of(collection), GROUND: ground, **COLOURS, FILM: is_transparent(collection)}
    needs = {path: value for path, value in needs.items() if value is not None and has(scene, path)}
    if has(scene, LIGHT_TREE) and any(map(tiles.is_tile, parts.of(collection, parts.MATRIX))):
        needs[LIGHT_TREE] = False  # it takes no account of the faces that tiles show
    fps = saved.option(properties.text(collection, tags.STATE), "fps")
    if is_number(fps) and LEAST_FPS <= fps <= MOST_FPS:
        needs |= {FPS: max(round(fps), 1), FPS_BASE: max(round(fps), 1) / fps}
    frames = sweep_frames.of(collection)
    if frames:
        needs |= {START: frames[0], END: frames[1]}
    return needs


def put(scene: bpy.types.Scene, needs: dict[str, Any]) -> None:
    """Set what ``of`` gave."""
    for path, value in needs.items():
        write(scene, path, value)


def camera_of(collection: bpy.types.Collection) -> bpy.types.Object | None:
    """The camera that a visualization brought; None if a person has deleted it."""
    return parts.original(obj for obj in parts.of(collection, parts.CAMERA) if obj.type == "CAMERA")


def is_transparent(collection: bpy.types.Collection) -> bool:
    """Whether the visualization leaves the ground out of its pictures."""
    return saved.option(properties.text(collection, tags.STATE), "transparent") is True


@contextmanager
def lit(collection: bpy.types.Collection) -> Iterator[None]:
    """While a picture of ours is made: the lights of the look shine, which an artist's scene has switched off."""
    off = [obj for obj in parts.of(collection, parts.LIGHT) if obj.hide_render]
    for obj in off:
        obj.hide_render = False
    try:
        yield
    finally:
        for obj in off:
            obj.hide_render = True


def switch_lights(collection: bpy.types.Collection, on: bool) -> None:
    """Have the lights of the look shine in the scene's own views and renders, or not."""
    for obj in parts.of(collection, parts.LIGHT):
        obj.hide_render = obj.hide_viewport = not on


# ---- a property by its path from the scene

def has(scene: bpy.types.Scene, path: str) -> bool:
    """Whether there is such a property, in this Blender and as it is set up."""
    owner, name = _owner(scene, path)
    return owner is not None and hasattr(owner, name)


def read(scene: bpy.types.Scene, path: str) -> Any:
    """The value of a property."""
    owner, name = _owner(scene, path)
    return getattr(owner, name)


def write(scene: bpy.types.Scene, path: str, value: Any) -> None:
    """Set a property, unless it is as it should be already: writing would have Blender look at everything anew."""
    owner, name = _owner(scene, path)
    if getattr(owner, name) == value:
        return
    if path == NOW:
        scene.frame_set(value)
    else:
        setattr(owner, name, value)


def _owner(scene: bpy.types.Scene, path: str) -> tuple[Any, str]:
    holder, _, name = path.rpartition(".")
    return (getattr(scene, holder, None) if holder else scene), name
