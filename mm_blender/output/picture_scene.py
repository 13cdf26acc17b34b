"""The scene that pictures are taken in: one of their own, which is gone afterwards.

What a person's scene is set to, how it is rendered, composited, cut, stamped and seen, is neither read nor written: a
new scene has Blender's own settings, on which ours are put, so there is none that could be forgotten. What is lent to
it are the objects of the visualization and those that a person put beside it; what a picture changes of ours (where the
camera stands, as what matrices are drawn, which collections are rendered) is put back.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, ExitStack
from typing import Any

import bpy
from mathutils import Matrix

from ..appearance.looks import LOOKS
from ..document.group import Group
from ..errors import warn
from ..scene import (
    borrowed_scene,
    build,
    camera,
    held,
    letters,
    linked,
    lone_member,
    looks,
    needs,
    parts,
    poses,
    properties,
    redraw,
    row_of_scenes,
    saved_state,
    solid,
    startup,
    story_objects,
    tags,
)
from ..scene.blender_types import camera_of, scene_now
from ..scene.built import Built
from ..scene.scenes import home_of, in_window, within
from ..system import interrupts

NAME = "mm picture"
LENS = ("type", "sensor_fit", "lens", "ortho_scale", "shift_x", "shift_y", "clip_start", "clip_end")


@contextmanager
def opened(built: Built, alone: bool = True, framed: bool = False) -> Iterator[tuple[bpy.types.Scene, Built]]:
    """A scene that shows what is built, and what a person put beside it; unless ``alone`` the other visualizations that
    are built there, too. Its frame is that of the scene where that is built. ``framed``: it is seen through the camera
    of what is built, even where a person has chosen another. Yields it with what is to be prepared for the picture:
    ``built``, or a copy of what another file holds, or of one of several side by side without the others whose camera
    turns, which that of all does not."""
    if alone and (_is_copied(built) or lone_member.is_lone(built) and built.group.turns):
        with built_apart(built.group, built) as copied:
            yield copied
        return
    scene = home_of(built.collection)
    own = _new(scene)
    collections = list(built.collections)
    others = [each for each in saved_state.visualizations(scene) if each not in collections]
    shown = list(dict.fromkeys(collections if alone else collections + others))
    try:
        for collection in shown:
            own.collection.children.link(collection)
        for obj in _beside(scene, [*collections, *others]):
            own.collection.objects.link(obj)
        held.refuse_painted(own, built.collection)
        if scene.rigidbody_world and any(obj.rigid_body for obj in own.collection.objects):
            warn("rigid bodies stand in our pictures where they start, for their simulation belongs to the "
                 "scene: bake it to keyframes (Object > Rigid Body) to see it")
        with poses.kept(), _shown(shown), lone_member.completed(built), as_found(built), _lit(collections, others), \
                _dressed(built, scene, own, framed):
            yield own, built
    finally:
        _drop(own)


@contextmanager
def built_apart(group: Group, beside: Built | None = None) -> Iterator[tuple[bpy.types.Scene, Built]]:
    """A scene in which nothing but ``group`` is built; both are gone afterwards. ``beside``: what is built, where it is
    to stand and among what a person put there."""
    place = home_of(beside.collection) if beside is not None else scene_now()
    own = _new(place)
    made: Built | None = None
    try:
        with within(own):
            base = parts.base_of(beside.collection) if beside is not None else Matrix()
            made = Built(group, tuple(row_of_scenes.build_group(group, None, base)))
        needs.put(own, needs.of(made.collection, own))
        if beside is not None:
            for obj in _beside(place, [*beside.collections, *saved_state.visualizations(place)]):
                own.collection.objects.link(obj)
            held.refuse_painted(own, beside.collection)
        with poses.kept():
            yield own, made
    finally:
        with within(own):
            for collection in made.collections if made else ():
                build.remove(collection)
        _drop(own)


def _drop(own: bpy.types.Scene) -> None:
    """Remove a scene of ours with what Cycles keeps of it from frame to frame, which would outlive it and have Blender
    look at what is gone."""
    own.render.use_persistent_data = False
    bpy.data.scenes.remove(own)


def _is_copied(built: Built) -> bool:
    """Whether what is built is another file's, which can be changed for no picture, and as we made it."""
    collection, by_hand = built.collection, (parts.PIN, parts.SPOTLIGHT)
    seen_from = needs.camera_of(collection)
    return linked.library_of(collection) is not None and seen_from is not None \
        and not camera.moved_by_hand(seen_from) and not any(parts.of(collection, part) for part in by_hand)


def shoot(scene: bpy.types.Scene, still: bool = True) -> None:
    """Render the frame of ``scene`` to its ``render.filepath``. Blender renders another scene than the context's at the
    context's frame, so it is made the context's. An interrupt acts before or after."""
    interrupts.check()
    with in_window(scene):
        bpy.ops.render.render(write_still=still, scene=scene.name)
    interrupts.check()


def _new(scene: bpy.types.Scene) -> bpy.types.Scene:
    """A scene with Blender's settings. Time is that of ``scene``: its frames and how many there are to a second."""
    own = bpy.data.scenes.new(NAME)
    own.render.fps, own.render.fps_base = scene.render.fps, scene.render.fps_base
    own.frame_start, own.frame_end = scene.frame_start, scene.frame_end
    own.frame_current, own.frame_subframe = scene.frame_current, scene.frame_subframe
    own.use_gravity, own.gravity = scene.use_gravity, scene.gravity
    for name in [name for name in own.render.bl_rna.properties.keys() if name.startswith("use_stamp_")]:
        setattr(own.render, name, False)  # the day, the time it took and the file are no part of a picture
    return own


# ---- what is lent

def _beside(scene: bpy.types.Scene, visualizations: Iterable[bpy.types.Collection]) -> list[bpy.types.Object]:
    """The objects that a person put beside ``visualizations``: what their own pictures show, but for what Blender's
    start-up file brought and nobody has touched. A view layer that was never looked at has no collections yet."""
    out: dict[bpy.types.Object, None] = {}
    ours = {obj for collection in visualizations for obj in collection.all_objects}
    for each in _and_behind(scene):
        layers = [layer for layer in each.view_layers if layer.use] or list(each.view_layers)
        seen = {obj: None for layer in layers for obj in (
            _rendered(layer.layer_collection, False) if layer.layer_collection else each.collection.all_objects)}
        untouched = set(startup.untouched(each))
        out |= {obj: None for obj in seen if obj not in ours and obj not in untouched}
    return list(out)


def _and_behind(scene: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """A scene, and those that are its background, and that one's."""
    behind: bpy.types.Scene | None = scene
    while behind is not None:
        yield behind
        behind = behind.background_set


def _rendered(layer: bpy.types.LayerCollection, hidden: bool) -> Iterator[bpy.types.Object]:
    """The objects of collections that a view layer has and that no collection above keeps out of renders."""
    hidden = hidden or layer.collection.hide_render
    if not (hidden or layer.exclude):
        yield from layer.collection.objects
    for child in layer.children:
        yield from _rendered(child, hidden)


@contextmanager
def _dressed(built: Built, scene: bpy.types.Scene, own: bpy.types.Scene, framed: bool) -> Iterator[None]:
    """What a picture of what is built needs of a scene: its camera, the world of its look, colours as they are. Where a
    person has deleted the camera or the world, another."""
    wanted = borrowed_scene.pictured(built.collection, scene)
    if framed:
        wanted[needs.CAMERA] = needs.camera_of(built.collection)
    needs.put(own, {path: value for path, value in wanted.items() if value is not None and path != needs.NOW})
    made: list[bpy.types.ID] = []
    if own.camera and own.camera != needs.camera_of(built.collection):  # a person's, who may cut to others
        for marker in scene.timeline_markers:
            if marker.camera:
                own.timeline_markers.new(marker.name, frame=marker.frame).camera = marker.camera
    if own.camera is None:
        base = parts.base_of(built.collection)
        own.camera = camera.put(built.group.camera, built.group.placement, base, own.collection)
        made += [own.camera, camera_of(own.camera)]
    if own.world is None:
        own.world = looks.world(LOOKS[built.group.options.look])
        made.append(own.world)
    try:
        yield
    finally:
        bpy.data.batch_remove(made)


@contextmanager
def _lit(collections: list[bpy.types.Collection], others: list[bpy.types.Collection]) -> Iterator[None]:
    """The lights of the look shine, and none of other visualizations, which would light all once more."""
    with ExitStack() as stack:
        for collection in collections:
            stack.enter_context(needs.lit(collection))
        shining = [obj for collection in others for obj in parts.of(collection, parts.LIGHT) if not obj.hide_render]
        try:
            for obj in shining:
                obj.hide_render = True
            yield
        finally:
            for obj in shining:
                obj.hide_render = False


@contextmanager
def _shown(collections: list[bpy.types.Collection]) -> Iterator[None]:
    """The collections are rendered, even if a person keeps them out of their own pictures."""
    hidden = [collection for collection in collections if collection.hide_render]
    try:
        for collection in hidden:
            collection.hide_render = False
        yield
    finally:
        for collection in hidden:
            collection.hide_render = True


@contextmanager
def as_found(built: Built) -> Iterator[None]:
    """Put back what a picture changes of what is built: where its camera stands, its slant, as what it is drawn, its
    letters."""
    cameras = {obj: _stance(obj) for collection in built.collections for obj in parts.of(collection, parts.CAMERA)
               if obj.type == "CAMERA"}
    roots = {root: (root.parent, root.matrix_parent_inverse.copy())
             for root in map(parts.root_of, built.collections) if root}
    kinds = [redraw.drawn_as(document, collection) for document, _, _, collection in built.parts]
    aspects = [story_objects.aspect_of(collection) for collection in built.collections]
    windows = [collection for collection in built.collections if solid.in_window(collection)]
    try:
        with ExitStack() as stack:
            for collection in built.collections:
                stack.enter_context(letters.set_aside(collection))
            yield
    finally:
        for (document, _, _, collection), aspect in zip(built.parts, aspects, strict=True):
            if aspect is not None:
                story_objects.fit(document, collection, aspect)
        for obj, stance in cameras.items():
            _take_back(obj, stance)
        for root, (parent, inverse) in roots.items():
            if root.parent != parent:
                _unslant(root, parent)
            if root.matrix_parent_inverse != inverse:
                root.matrix_parent_inverse = inverse
        for (document, _, _, collection), before in zip(built.parts, kinds, strict=True):
            solid.give_back(collection, collection in windows)
            redraw.draw_as(document, collection, before)


def _stance(obj: bpy.types.Object) -> tuple[dict[str, Any], dict[str, Any], list[float]]:
    return (parts.stance(obj), {name: getattr(obj.data, name) for name in LENS},
            properties.numbers(obj, tags.AIMED, 17) or [])


def _take_back(obj: bpy.types.Object, stance: tuple[dict[str, Any], dict[str, Any], list[float]]) -> None:
    place, lens, aimed = stance
    parts.stand(obj, place)
    for name, value in lens.items():
        if getattr(obj.data, name) != value:
            setattr(obj.data, name, value)
    if aimed and properties.numbers(obj, tags.AIMED, 17) != aimed:
        obj[tags.AIMED] = aimed


def _unslant(root: bpy.types.Object, parent: bpy.types.Object | None) -> None:
    slant, root.parent = root.parent, parent
    root.matrix_parent_inverse = Matrix()
    if slant and slant.get(tags.SLANT):
        parts.delete([slant])
