"""What a story puts into the scene: keys on the camera and the playheads, lights on matrices, captions, markers.

All of it is made from a frozen ``Timeline`` and is complete by itself. The camera hangs on an Empty, its *rig*, which
stands at what is looked at and turns; keys move that, and the camera's distance from it.
"""
from __future__ import annotations

import bpy

from ..document.document import Document
from ..layout.framing import Camera
from ..lettering.page import Page
from ..story import timeline
from ..story.timeline import Timeline
from . import (
    borrowed_scene,
    needs,
    parts,
    properties,
    scenes,
    story_camera,
    story_captions,
    story_letters,
    story_light,
    story_numbers,
    sweep_frames,
    tags,
)
from .blender_types import scene_now
from .story_sight import Sight


def timeline_of(document: Document, collection: bpy.types.Collection | None, scene: bpy.types.Scene | None = None,
                aspect: float | None = None) -> Timeline | None:
    """The timeline of the story of a document, built or to be built in ``collection``, for pictures of ``aspect``, or
    else of the scene's; None where it has none, and of several side by side, which face the camera. Raises
    StoryError."""
    if document.options.story is None or collection is not None and parts.member(collection) is not None:
        return None
    scene = scene or scene_now()
    aspect = aspect or scene.render.resolution_x / scene.render.resolution_y
    return timeline.of(document, aspect, document.frame_rate(scenes.frame_rate(scene)), scene.frame_start)


def tell(document: Document, collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Tell the story of a document, if it has one; its sweeps are keyed already. The timeline of a scene that is ours
    says where each beat begins."""
    told = timeline_of(document, collection, scene)
    if told is None:
        return
    camera = needs.camera_of(collection)
    with parts.made(collection, parts.STORY):
        story_light.put(document, collection, told)
        story_numbers.put(document, collection, told)
        if camera is not None:
            story_camera.put(document, collection, told, camera)
            story_captions.put(document, collection, told, camera)
    if not document.schedule.tracks:
        sweep_frames.keep(collection, told.first, told.last, (told.first, told.last))
    if borrowed_scene.owns(collection, scene):
        _mark(collection, told, scene)


def clear(collection: bpy.types.Collection) -> None:
    """Take what a story brought away, its markers wherever a person has moved them; the camera is then to be aimed."""
    _unmark(collection, scenes.home_of(collection))
    camera = needs.camera_of(collection)
    if camera is not None:
        story_camera.take_off(camera)
    story_light.clear(collection)
    parts.clear(collection, parts.STORY)
    collection.pop(tags.BEATS, None)


def is_told(collection: bpy.types.Collection) -> bool:
    """Whether a story is in the scene."""
    return bool(parts.of(collection, parts.STORY))


def fit(document: Document, collection: bpy.types.Collection, aspect: float,
        scene: bpy.types.Scene | None = None) -> Camera | None:
    """Have a story's camera and captions suit pictures of ``aspect``, unless a person has changed the camera's keys;
    how the camera stands at first, as the letters beside the matrices are laid out for. None where no story is told."""
    camera = needs.camera_of(collection)
    told = timeline_of(document, collection, scene, aspect) if is_told(collection) else None
    if told is None or camera is None:
        return None
    if story_camera.is_ours(camera) and story_camera.aspect_of(camera) != told.aspect:
        story_camera.put(document, collection, told, camera)
        story_captions.clear(collection)
        with parts.made(collection, parts.STORY):
            story_captions.put(document, collection, told, camera)
    return story_camera.standing(told)


def letter(document: Document, collection: bpy.types.Collection, size: tuple[int, int],
           scene: bpy.types.Scene | None = None) -> None:
    """Have the names beside matrices, which are laid out for one place, stand where they have room from wherever a
    story's camera is, on pictures of ``size``, and no number lie over words."""
    camera = needs.camera_of(collection)
    told = timeline_of(document, collection, scene, size[0] / size[1]) if is_told(collection) else None
    if told is not None and camera is not None and story_camera.rig_of(camera) is not None:
        sight = Sight(document, told, camera, Page.of_picture(size))
        story_numbers.keep_off_words(document, collection, told, sight)
        if document.options.lettering != "planes":
            story_letters.follow(document, collection, told, sight)


def aspect_of(collection: bpy.types.Collection) -> float | None:
    """The shape of picture that a story's camera suits; None where none is told."""
    camera = needs.camera_of(collection)
    return story_camera.aspect_of(camera) if camera is not None and is_told(collection) else None


# ---- markers

def _mark(collection: bpy.types.Collection, told: Timeline, scene: bpy.types.Scene) -> None:
    """A marker a beat."""
    for beat in told.beats:
        scene.timeline_markers.new(beat.label, frame=beat.first)
    collection[tags.BEATS] = [beat.label for beat in told.beats]
    collection[tags.MARKERS] = [f"{beat.first} {beat.label}" for beat in told.beats]


def marked(collection: bpy.types.Collection, scene: bpy.types.Scene) -> list[int] | None:
    """The frames at which the markers of a story's beats stand now, in the order of the beats; None where they are not
    all there."""
    labels = properties.texts(collection, tags.BEATS)
    frames = {marker.name: marker.frame for marker in scene.timeline_markers}
    return [frames[label] for label in labels] if labels and all(label in frames for label in labels) else None


def _unmark(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Take the markers of a story's beats away, wherever a person has moved them."""
    labels = set(properties.texts(collection, tags.BEATS))
    for marker in [each for each in scene.timeline_markers if each.name in labels]:
        scene.timeline_markers.remove(marker)
