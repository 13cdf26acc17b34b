"""From a document to the objects of Blender's current scene, and from what is built to another document."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import bpy
from mathutils import Matrix

from ..document import composition, difference, loading
from ..document.difference import EVERYTHING, VALUES
from ..document.document import Document
from ..document.group import STILL_IN_A_ROW, UNTOLD_IN_A_ROW
from ..errors import DataError, warn
from ..layout import framing
from ..layout.places import Placement
from ..system import interrupts
from . import (
    borrowed_scene,
    camera,
    copies,
    group_cache,
    held,
    letters,
    linked,
    looks,
    needs,
    parts,
    properties,
    saved_state,
    story_objects,
    sweep,
    sweep_frames,
    tags,
)
from .blender_types import scene_now, view_layer_now
from .built import Built
from .job import Job
from .rollback import Undo


def build(document: Document, own_scene: bool | None = None, base: Matrix | None = None,
          member: int | None = None) -> bpy.types.Collection:
    """Make every object of ``document`` in a collection of its own, which stands at ``base``. ``own_scene``: whether
    the scene's camera, world … become its own (see ``Visualization.build``); ``member``: which one it is of several
    side by side. If anything fails, nothing of it remains."""
    with interrupts.allowed():
        document.values  # noqa: B018  whatever can go wrong with the input goes wrong before the scene is touched
    scene = scene_now()
    if member is None:
        story_objects.timeline_of(document, None, scene)
    borrowed_scene.settle(scene)
    undo = Undo(scene)
    collection = bpy.data.collections.new("mm")
    if member is not None:
        collection[tags.MEMBER] = member
    try:
        scene.collection.children.link(collection)
        if borrowed_scene.may_take(scene, own_scene):
            borrowed_scene.sign(collection, scene)
        job = Job(document, collection)
        with group_cache.groups(job.groups):
            job.make(EVERYTHING, base)
        if own_scene:
            borrowed_scene.take_over(collection, scene)
    except BaseException:
        _remove(collection, [scene])
        undo.restore()
        raise
    return collection


def together(documents: Sequence[tuple[Document, int | None]], own_scene: bool | None, base: Matrix,
             arrange: Callable[[tuple[bpy.types.Collection, ...]], None]) -> list[bpy.types.Collection]:
    """Make each of ``documents``, which come with the member that each is (see ``build``), at ``base``, and have
    ``arrange`` make one picture of what was built; the collections. If anything fails, nothing of it remains."""
    borrowed_scene.settle(scene_now())
    collections, undo = list[bpy.types.Collection](), Undo(scene_now())
    try:
        for document, member in documents:
            collections.append(build(document, own_scene, base, member))
        arrange(tuple(collections))
        view_layer_now().update()
    except BaseException:
        remove(*collections)
        undo.restore()
        raise
    return collections


def update(old: Document, new: Document, collection: bpy.types.Collection) -> None:
    """Make what is built of ``old`` show ``new``; only what differs is touched. What a person moved stays moved. Raises
    a LinkedError or a BusyError (``held.changing``)."""
    with held.changing(collection, "changed"):
        new.values  # noqa: B018  see ``build``
        story_objects.timeline_of(new, collection)
        if parts.member(collection) is not None and new.turns:
            warn(STILL_IN_A_ROW)
        if parts.member(collection) is not None and new.options.story not in (None, old.options.story):
            warn(UNTOLD_IN_A_ROW)
        Job(new, collection).make(difference.compare(old, new))


def rebuild(document: Document, collection: bpy.types.Collection) -> None:
    """Make everything of ``document``, which is built in ``collection``, anew: what a person deleted or changed too,
    but for where the whole stands. Raises a LinkedError or a BusyError (``held.changing``)."""
    with held.changing(collection, "built again"):
        document.values  # noqa: B018  see ``build``
        story_objects.clear(collection)
        sweep.clear(collection)
        parts.clear(collection, parts.SWEEP, parts.MATRIX, parts.MARK, parts.KEY, parts.LIGHT)
        if parts.member(collection) is None:  # else all are seen by it
            parts.clear(collection, parts.CAMERA)
        Job(document, collection).make(EVERYTHING)


def retell(document: Document, collection: bpy.types.Collection) -> None:
    """Put all that the story of ``document`` brings into the scene anew: what a person deleted or changed of it too.
    Raises a LinkedError or a BusyError (``held.changing``)."""
    with held.changing(collection, "told"):
        Job(document, collection).make(difference.TOLD)


def load_data(collection: bpy.types.Collection, assets: str | os.PathLike | None, online: bool) -> Document:
    """The document that is built in ``collection`` with what the file names read, once, as a person asked: see
    ``Visualization.load_data``. What is built follows, and from then on the file holds the values, if it did not.
    Raises an MMError."""
    try:
        document = saved_state.load(collection)
    except DataError:  # its values are not in the file
        document = saved_state.load(collection, reading=True, assets=assets, online=online)
        with held.changing(collection, "loaded"):
            Job(document, collection).make(VALUES)
        return document
    loaded = loading.loaded(document, assets, online)
    update(document, loaded, collection)
    return loaded


def frame_camera(built: Built, aspect: float) -> None:
    """Put the camera of what is built where it holds all of it in a picture of ``aspect`` = width / height; what a
    person did to it is given up. The scene sees through it if that is ours. Raises a LinkedError or a BusyError
    (``held.changing``). A story's camera goes its way again."""
    group, collection = built.group, built.collection
    if story_objects.is_told(collection):
        with held.changing(collection, "framed"):
            story_objects.frame(group.first, collection, aspect)
        return
    seen_from = composition.framed(group, aspect, framing.WHOLE, True)
    with held.changing(collection, "framed"):
        obj = needs.camera_of(collection)
        if obj is None:
            with parts.made(collection, parts.CAMERA):
                obj = camera.put(group.camera, group.placement, parts.base_of(collection), collection)
        obj.animation_data_clear()
        aim(group.placement, collection, obj, seen_from, aspect)
        if group.options.lettering != "planes":
            render = scene_now().render
            size = render.resolution_x, render.resolution_y
            letters.put(built, composition.composed(group, size, seen_from), obj)
        borrowed_scene.take(collection, scene_now())


def aim(placement: Placement, collection: bpy.types.Collection, obj: bpy.types.Object, seen_from: framing.Camera,
        aspect: float) -> None:
    """Put the camera ``obj`` where ``seen_from`` stands, for a picture of ``aspect`` of what is built in ``collection``
    and has ``placement``."""
    camera.aim(obj, seen_from, placement, parts.base_of(collection), aspect)
    with parts.made(collection, parts.CAMERA):
        camera.slant(parts.root_of(collection), seen_from, placement)


def remove(*collections: bpy.types.Collection) -> None:
    """Delete collections of visualizations, their objects and what only they used, and give back what they took of the
    scene. What a person put into a collection stays in the scene; of one that is linked from another file only the
    link goes. Raises a LinkedError where another link holds one, and a BusyError where a person is editing one, and
    then nothing is removed."""
    for collection in collections:
        if any(holder.library for holder in _holders(collection)) or not collection.library:
            linked.refuse(collection, "removed")
        held.refuse_edited(collection, "removed")
    for collection in collections:
        owned = [scene for scene in _scenes(collection) if borrowed_scene.owns(collection, scene)]
        if collection.library:
            for holder in _holders(collection):
                holder.children.unlink(collection)
            saved_state.forget(collection)
        else:
            _remove(collection, _scenes(collection))
        for scene in owned:
            borrowed_scene.release(scene)


def _scenes(collection: bpy.types.Collection) -> list[bpy.types.Scene]:
    return [scene for scene in bpy.data.scenes if collection in scene.collection.children_recursive]


def _holders(collection: bpy.types.Collection) -> list[bpy.types.Collection]:
    """The collections of scenes that it is in."""
    return [holder for scene in _scenes(collection) for holder in (scene.collection,
                                                                   *scene.collection.children_recursive)
            if collection in holder.children.values()]


def _remove(collection: bpy.types.Collection, scenes: list[bpy.types.Scene]) -> None:
    sweep_frames.clear_markers(collection)
    for scene in scenes or [scene_now()]:
        story_objects.unmark(collection, scene)
        parts.spare(collection, scene)
    ground = properties.pointed(collection, needs.WORLD, bpy.types.World)
    parts.delete(copies.own_objects(collection))
    saved_state.forget(collection)
    bpy.data.collections.remove(collection)
    looks.drop(ground)
