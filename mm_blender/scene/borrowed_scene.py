"""Taken: whose a scene is, what a build takes of it, and how that is given back.

A scene in which there is anything that a person made is theirs: nothing of it is taken, unless that is asked. An
empty one, or Blender's start-up file as it comes, becomes ours: its camera, world, colour management, frames … are set
so that F12 renders what ``render`` does. A setting that a person has changed before or after stays theirs even then.

``scene["mm_taken"]`` remembers, in the .blend, every property that was taken, by its path: what it was and what we
made it. Worlds and cameras are pointed to, so that nothing of a person's is left without a user. It names those who
took by a number, which their collections have as ``mm_took``; when the last of them goes, all is given back.
"""
from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import bpy
from idprop.types import IDPropertyGroup

from ..data.files import parse_json
from ..errors import MMError
from . import linked, looks, needs, properties, saved_state, startup, sweep_frames, tags

RECORD, TOOK = tags.TAKEN, tags.TOOK
POINTERS = {needs.CAMERA: bpy.types.Object, needs.GROUND: bpy.types.World}
OWN = (tags.PITCH, tags.STEPS)  # what of a visualization a scene that is ours says, too
# What a new file is set to: the settings that go together, and values that are no person's choice
UNSET = (
    {path: (value,) for path, value in needs.COLOURS.items() if "transform" not in path}
    | {"view_settings.view_transform": ("AgX", "Standard")},
    {needs.START: (1,), needs.END: (250,)},
    {needs.NOW: (1,)},
    {needs.FILM: (False,)},
    {needs.LIGHT_TREE: (True,)},
    {needs.FPS: (24,), needs.FPS_BASE: (1.0,)},
)
RATE = (needs.FPS, needs.FPS_BASE)
NOT_ALWAYS = (needs.START, needs.END, needs.LIGHT_TREE, *RATE)  # needed for what moves, and for tiles


def is_persons(scene: bpy.types.Scene) -> bool:
    """Whether there is anything in ``scene`` that a person made: an object, a world, a strip, a compositor, a marker, a
    second view layer …; objects of visualizations and untouched ones of the start-up file are not."""
    if not all(is_ours(obj) or startup.is_untouched(obj) for obj in scene.objects):
        return True
    if scene.world and not is_ours(scene.world) and not startup.is_world(scene.world):
        return True
    strips = scene.sequence_editor and getattr(scene.sequence_editor, "strips", None)
    ours = {marker for collection in saved_state.visualizations(scene)
            for marker in properties.texts(collection, tags.MARKERS)}
    return bool(strips or _composites(scene) or len(scene.view_layers) > 1 or scene.animation_data
                or scene.background_set or scene.rigidbody_world or scene.active_clip
                or getattr(scene, "annotation", None) or getattr(scene, "grease_pencil", None)
                or any(f"{marker.frame} {marker.name}" not in ours for marker in scene.timeline_markers))


def _composites(scene: bpy.types.Scene) -> bool:
    if hasattr(scene, "compositing_node_group"):  # since 5.0, where use_nodes says nothing any more
        return scene.compositing_node_group is not None
    return scene.use_nodes


def is_ours(block: bpy.types.Object | bpy.types.World) -> bool:
    """Whether an object or a world is of a visualization, as we made it."""
    return looks.is_ours(block) if isinstance(block, bpy.types.World) else properties.has(block, tags.PART)


# ---- who took

def settle(scene: bpy.types.Scene) -> None:
    """Give back what was taken for visualizations that are gone without our knowledge: deleted in the outliner."""
    if _mark(scene) and not _takers(scene):
        give_back(scene)


def may_take(scene: bpy.types.Scene, asked: bool | None) -> bool:
    """Whether a build takes the scene; ``asked``: what the person said, None if nothing."""
    if asked is not None:
        return asked
    return _mark(scene) is not None or not is_persons(scene)


def owns(collection: bpy.types.Collection, scene: bpy.types.Scene) -> bool:
    """Whether the visualization in ``collection`` may set the scene's camera, world and frames."""
    took = properties.text(collection, TOOK)
    return took is not None and took == _mark(scene)


def _mark(scene: bpy.types.Scene) -> str | None:
    """What tells the record of what was taken of ``scene`` from any other; None where nothing was."""
    record = scene.get(RECORD)
    mark = record.get("id") if isinstance(record, IDPropertyGroup) else None
    return mark if isinstance(mark, str) else None


def is_taken(scene: bpy.types.Scene) -> bool:
    """Whether ``scene`` is ours."""
    return _mark(scene) is not None


def sign(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Make ``collection`` one of those that the scene is for."""
    if _mark(scene) is None:
        scene[RECORD] = {"id": uuid.uuid4().hex, "settings": "{}"}
        startup.hide(scene)
    collection[TOOK] = _mark(scene)


def _takers(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    return [collection for collection in saved_state.visualizations(scene) if owns(collection, scene)]


# ---- take and give back

def take(collection: bpy.types.Collection, scene: bpy.types.Scene, whole: bool = True, asked: bool = False) -> None:
    """Set what ``collection`` needs of ``scene``, where it owns that: all of it, or, not ``whole``, only what goes with
    what moves and with how it is drawn; what was taken for that and is needed no longer is given back. ``asked``: what
    a person has set, too."""
    if not owns(collection, scene):
        return
    values = needs.of(collection, scene)
    if not whole:
        values = {path: value for path, value in values.items() if path in (needs.END, needs.LIGHT_TREE, *RATE)}
    if needs.END in values:  # of all that moves
        values[needs.END] = max(frames[1] for frames in map(sweep_frames.of, {collection, *_takers(scene)}) if frames)
    former = _settings(scene)
    needed = values.keys() | {path for each in _takers(scene) for path in needs.of(each, scene)}
    values |= {path: former[path][0] for path in NOT_ALWAYS if path in former and path not in needed}
    free = [path for path in values if asked or _is_free(scene, path, former)]  # before the first is set
    for path in free:
        _take(scene, path, values[path], former)
    scene[RECORD]["settings"] = json.dumps(former)
    for name in OWN:
        if properties.has(collection, name):
            scene[name] = collection[name]


def pictured(collection: bpy.types.Collection, scene: bpy.types.Scene) -> dict[str, Any]:
    """What a picture of the visualization in ``collection``, which is built in ``scene``, needs (``needs.of``). Where
    that scene is ours, a camera or a world that a person has put there since takes the place of our own, and so do the
    frames that they set: it shows what F12 does."""
    values = needs.of(collection, scene)
    if owns(collection, scene):
        set_since = {path: needs.read(scene, path) for path in (*POINTERS, needs.START, needs.END, *RATE)}
        others = [each for each in saved_state.visualizations(scene) if each != collection]
        theirs = {needs.camera_of(other) for other in others} | {
            properties.pointed(other, needs.WORLD, bpy.types.World) for other in others}
        values |= {path: value for path, value in set_since.items() if value is not None and value not in theirs}
    return values


@contextmanager
def lent(collection: bpy.types.Collection, scene: bpy.types.Scene) -> Iterator[None]:
    """While a copy is saved: the scene is set to what a picture needs, and put back afterwards."""
    former = {path: needs.read(scene, path) for path in needs.PATHS if needs.has(scene, path)}
    try:
        with needs.lit(collection):
            needs.put(scene, pictured(collection, scene))
            yield
    finally:
        needs.put(scene, former)


def show_start(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Go to the first frame of what moves, where that is ours to do."""
    if not owns(collection, scene):
        return
    former = _settings(scene)
    if _is_free(scene, needs.NOW, former):
        _take(scene, needs.NOW, scene.frame_start, former)
        scene[RECORD]["settings"] = json.dumps(former)


def _settings(scene: bpy.types.Scene) -> dict[str, list]:
    """By path, what a property was and what we made it; of those that are pointed to, nothing but that we took them."""
    try:
        settings = parse_json(scene[RECORD]["settings"], RECORD)
    except (MMError, KeyError, TypeError):
        return {}
    return {path: value for path, value in settings.items() if path in needs.PATHS and isinstance(value, list)
            and len(value) == (0 if path in POINTERS else 2)} if isinstance(settings, dict) else {}


def _is_free(scene: bpy.types.Scene, path: str, former: dict[str, list]) -> bool:
    """Whether a property may be set: it is as we left it, or as a new file has it, and no person's choice."""
    value = needs.read(scene, path)
    if path in POINTERS:
        return value is None or is_ours(value) or _is_unset(value)
    if path in former:
        return _same(value, former[path][1])
    group = next(group for group in UNSET if path in group)
    return all(any(_same(needs.read(scene, other), unset) for unset in values)
               for other, values in group.items() if other not in former and needs.has(scene, other))


def _is_unset(block: bpy.types.Object | bpy.types.World) -> bool:
    return startup.is_world(block) if isinstance(block, bpy.types.World) else startup.is_untouched(block)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float):
        return isinstance(b, (int, float)) and math.isclose(a, b, rel_tol=1e-6)
    return a == b


def _take(scene: bpy.types.Scene, path: str, value: Any, former: dict[str, list]) -> None:
    """Set a property and remember what it was."""
    was = needs.read(scene, path)
    needs.write(scene, path, value)
    if path in POINTERS:
        if was is not None and not is_ours(was):
            scene[RECORD][path] = was
        former[path] = []
    else:
        still_ours = path in former and _same(was, former[path][1])
        former[path] = [former[path][0] if still_ours else was, needs.read(scene, path)]


def release(scene: bpy.types.Scene) -> None:
    """After a visualization has gone: give all back if it was the last that took, else have the scene show the last one
    that is left."""
    if _mark(scene) is None:
        return
    left = _takers(scene)
    if left:
        take(left[-1], scene)
    else:
        give_back(scene)


def give_back(scene: bpy.types.Scene) -> None:
    """Put everything that was taken of ``scene`` back as it was, but for what a person has changed since."""
    if _mark(scene) is None:
        return
    record = scene[RECORD]
    former = _settings(scene)
    for path in reversed(former):
        if not needs.has(scene, path):
            continue
        now = needs.read(scene, path)
        if path in POINTERS:
            was = properties.pointed(record, path, POINTERS[path])
            gone = path == needs.CAMERA and was is not None and was.name not in scene.objects
            if now is None or is_ours(now):
                needs.write(scene, path, None if gone else was)
        elif _same(now, former[path][1]):
            with suppress(TypeError, ValueError, OverflowError):  # a value that nobody can have set
                needs.write(scene, path, former[path][0])
    for name in (RECORD, *OWN):
        scene.pop(name, None)
    startup.show(scene)


def take_over(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Make the scene that of a visualization which is built there, whatever a person has set; all of it is remembered.
    Raises a LinkedError."""
    linked.refuse(collection, "given the scene")
    sign(collection, scene)
    needs.switch_lights(collection, True)
    take(collection, scene, asked=True)


def give_up(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Have a visualization that stays leave the scene to the person: its lights no longer shine there."""
    if owns(collection, scene):
        collection.pop(TOOK)
        needs.switch_lights(collection, False)
        release(scene)
