"""The saved file: a copy of the open one that holds a visualization and renders what ``render`` shows. Needs bpy.

The open file stays as it is. Where its scene is ours (``borrowed_scene``), it is set to what ``render`` would be told,
the copy is written, and it is set back; where it is a person's, their own settings go into the copy.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, ExitStack
from pathlib import Path
from typing import Any

import bpy

from ..data.files import parse_json
from ..errors import MMError, warn
from ..scene import borrowed_scene, build, lone_member, needs, paths, poses, saved_state, startup, typefaces
from ..scene.blender_types import library
from ..scene.built import Built
from ..scene.scenes import home_of
from ..system import quiet, writing
from . import moment, picture_scene, sampling, still
from .settings import RenderSettings

LEAST = 1 << 15  # bytes of the smallest file
FIRST = ("media_type", "file_format")  # settings that decide which values others may have


def save(built: Built, path: Path, wanted: Mapping[str, Any], alone: bool = True) -> None:
    """Write a copy of the open file to ``path`` (.blend, compressed; as ``file_paths.target`` gives it). ``wanted``:
    size, samples, engine and quality of the picture that it renders, as far as they are told; see
    ``Visualization.save``. Raises RenderError if it cannot be written."""
    settings = RenderSettings(**{**_last(built.collection), **wanted})
    collection, scene = built.collection, home_of(built.collection)
    if borrowed_scene.owns(collection, scene) and scene.camera is None and not collection.library:
        warn(f"the camera of {collection.name} was deleted: another one is made, which the file is seen through")
        build.frame_camera(built, settings.aspect)
    with ExitStack() as stack:
        stack.enter_context(quiet.silence())  # Cycles, asked for its settings, has libraries to say it misses
        stack.enter_context(_in_a_scene(built.collections, scene))
        if alone:
            stack.enter_context(lone_member.completed(built))
            if lone_member.is_lone(built) and built.group.turns:
                warn("anim.spin turns no camera in a file of one of several side by side: its movie has it, and so has "
                     "a file of one that is built alone")
        absent = _others(built.collections, scene) if alone else []
        stack.enter_context(_unwritten([*absent, *typefaces.unused()]))
        if borrowed_scene.owns(collection, scene):
            stack.enter_context(_set_for(built, scene, settings))
        elif scene.camera in absent:
            stack.enter_context(_seen_through(needs.camera_of(collection), scene))
        stack.enter_context(saved_state.going_to(path.parent, bpy.data.collections))
        stack.enter_context(paths.for_a_copy(path.parent))
        new = stack.enter_context(writing.beside(path, LEAST))
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(new.part), compress=True, copy=True, check_existing=False,
                                        relative_remap=False)
        except RuntimeError as error:
            raise new.failed(f"Blender could not save {path.name}: {quiet.complaint(error)}", True) from None
        new.check(new.part)
        _check_readable(new, [each.name for each in built.collections])
        new.put()


def _check_readable(new: writing.New, names: list[str]) -> None:
    """Raise RenderError unless Blender reads what it wrote, and finds the collections of these ``names`` there."""
    try:
        with library(str(new.part), link=False) as (held, _):
            missing = sorted(set(names) - set(held.collections))
    except OSError as error:
        raise new.failed(f"Blender cannot read what it wrote: {error}", True) from None
    if missing:
        raise new.failed(f"Blender wrote a file without {', '.join(missing)}", True)


def _last(collection: bpy.types.Collection) -> dict[str, Any]:
    """How what is built in ``collection`` was rendered last, else how it is when nothing is said."""
    usual = RenderSettings(quality=sampling.default()).told
    try:
        held = parse_json(collection.get(still.LAST, "{}"), still.LAST)
        held = {name: tuple(value) if name == "size" else value for name, value in held.items() if name in usual}
        return RenderSettings(**usual | held).told
    except (MMError, AttributeError, TypeError, ValueError):  # what another program wrote there
        return usual


# ---- what is not written

def _others(collections: Sequence[bpy.types.Collection], scene: bpy.types.Scene) -> list[bpy.types.ID]:
    """What is no part of a file of ``collections``: untouched objects of the start-up file, unless something of the
    person's needs them, other visualizations, and what only these use."""
    users = bpy.data.user_map()
    places = (bpy.types.Scene, bpy.types.Collection)
    absent: set[bpy.types.ID] = {obj for obj in startup.untouched(scene)
                                 if all(isinstance(user, places) for user in users.get(obj, ()))}
    for collection in bpy.data.collections:
        if saved_state.is_saved(collection) and collection not in collections and not collection.library:
            absent |= {collection, *(obj for obj in collection.all_objects if borrowed_scene.is_ours(obj)
                                     and not set(obj.users_collection) & set(collections))}
        elif startup.is_collection(collection) and absent.issuperset(collection.objects):
            absent.add(collection)
    while True:  # what only these use, and what only that uses
        more = {block for block, by in users.items() if by and block not in absent and not block.use_fake_user
                and absent.issuperset(by) and not isinstance(block, (*places, bpy.types.Library))}
        if not more:
            return [block for block in absent if not block.library]
        absent |= more


@contextmanager
def _in_a_scene(collections: Iterable[bpy.types.Collection], scene: bpy.types.Scene) -> Iterator[None]:
    """Meanwhile those of ``collections`` that a person has taken out of all scenes are in ``scene``: Blender writes
    nothing that is not used, and nobody would see them in the file."""
    there = {held for each in bpy.data.scenes for held in each.collection.children_recursive}
    loose = [collection for collection in collections if collection not in there]
    for collection in loose:
        scene.collection.children.link(collection)
    try:
        yield
    finally:
        for collection in loose:
            scene.collection.children.unlink(collection)


@contextmanager
def _unwritten(blocks: Iterable[bpy.types.ID]) -> Iterator[None]:
    """Meanwhile ``blocks`` do not go into files."""
    blocks = [block for block in blocks if not block.is_runtime_data]
    try:
        for block in blocks:
            block.is_runtime_data = True
        yield
    finally:
        for block in blocks:
            block.is_runtime_data = False


# ---- what is set

@contextmanager
def _set_for(built: Built, scene: bpy.types.Scene, wanted: RenderSettings) -> Iterator[None]:
    """Meanwhile ``scene`` renders what is built as ``wanted``, at the end of its sweep."""
    owners = [scene.render, scene.render.image_settings, scene.eevee, getattr(scene, "cycles", None)]
    former = [(owner, _settings(owner)) for owner in owners if owner]
    frame = scene.frame_current, scene.frame_subframe
    with poses.kept(), picture_scene.as_found(built), borrowed_scene.lent(built.collection, scene):
        try:
            moment.put(built, scene, wanted.moment)
            still.prepare(built, wanted, scene)
            yield
        finally:
            for owner, settings in former:
                for name, value in settings.items():
                    if getattr(owner, name) != value:
                        setattr(owner, name, value)
            scene.frame_set(frame[0], subframe=frame[1])


def _settings(owner: bpy.types.bpy_struct) -> dict[str, Any]:
    """The plain settings of ``owner`` by name, in an order in which they can be set."""
    names = [prop.identifier for prop in owner.bl_rna.properties
             if not prop.is_readonly and prop.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
             and not getattr(prop, "is_array", False) and not getattr(prop, "is_enum_flag", False)]
    names.sort(key=lambda name: name not in FIRST)
    return {name: getattr(owner, name) for name in names}


@contextmanager
def _seen_through(camera: bpy.types.Object | None, scene: bpy.types.Scene) -> Iterator[None]:
    """Meanwhile ``camera`` is the scene's."""
    former, scene.camera = scene.camera, camera
    try:
        yield
    finally:
        scene.camera = former
