"""What a story puts into the scene: keys on the camera and the playheads, lights on matrices, captions, markers.

All of it is made from a frozen ``Timeline`` and is complete by itself. The camera hangs on an Empty, its *rig*, which
stands at what is looked at and turns; keys move that, and the camera's distance from it.
"""
from __future__ import annotations

import itertools

import bpy
from mathutils import Matrix

from ..document.difference import Changes
from ..document.document import Document
from ..layout.framing import Camera
from ..lettering.page import Page
from ..story import timeline
from ..story.timeline import Timeline
from . import (
    borrowed_scene,
    camera as cameras,
    linked,
    needs,
    parts,
    properties,
    saved_state,
    scenes,
    story_arcs,
    story_camera,
    story_captions,
    story_interiors,
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
    first, fps = told_at(collection) or (scene.frame_start, document.frame_rate(scenes.frame_rate(scene)))
    return timeline.of(document, aspect, fps, first)


def told_at(collection: bpy.types.Collection | None) -> tuple[int, float] | None:
    """The frame at which the story in ``collection`` was begun, and how many there were to a second, whatever the scene
    says since; None where none is told."""
    kept = properties.numbers(collection, tags.TOLD, 2) if collection is not None else None
    return (round(kept[0]), kept[1]) if kept and 1 <= kept[1] <= 240 and abs(kept[0]) <= sweep_frames.LAST else None


def forget(collection: bpy.types.Collection) -> None:
    """Have the story be told anew from the scene's first frame, at its rate: when the sweeps are, too."""
    collection.pop(tags.TOLD, None)


def tell(document: Document, collection: bpy.types.Collection, scene: bpy.types.Scene, changes: Changes) -> None:
    """Tell the story of a document, if it has one, as far as ``changes`` concern it; its sweeps are keyed already. The
    timeline of a scene that is ours says where each beat begins."""
    if not changes.story:
        if changes.colours or changes.sizes or changes.marks:
            _draw_arcs(document, collection, scene)
        return
    told = timeline_of(document, collection, scene)
    if told is None:
        return
    collection[tags.TOLD] = [float(told.first), float(told.fps)]
    camera = needs.camera_of(collection)
    with parts.made(collection, parts.STORY):
        story_light.put(document, collection, told)
        story_numbers.put(document, collection, told)
        if camera is not None:
            story_camera.put(document, collection, told, camera)
            story_captions.put(document, collection, told, camera)
            story_arcs.put(document, collection, told, camera)
    story_interiors.put(collection, told)
    if not document.schedule.tracks:
        sweep_frames.keep(collection, told.first, told.last, (told.first, told.last))
    if borrowed_scene.owns(collection, scene):
        _mark(collection, told, scene)


def _draw_arcs(document: Document, collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Draw a story's arcs anew, if it has any, where their colours or their words may have changed."""
    told = timeline_of(document, collection, scene, aspect_of(collection)) if is_told(collection) else None
    camera = needs.camera_of(collection)
    if told is not None and told.arcs and camera is not None:
        with parts.made(collection, parts.STORY):
            story_arcs.put(document, collection, told, camera)


def clear(collection: bpy.types.Collection) -> None:
    """Take what a story brought away, its markers wherever a person has moved them; the camera is then to be aimed."""
    unmark(collection, scenes.home_of(collection))
    camera = needs.camera_of(collection)
    if camera is not None:
        story_camera.take_off(camera)
    story_light.clear(collection)
    story_interiors.clear(collection)
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
    if linked.library_of(collection):  # it is as its own file has it
        return story_camera.standing(told)
    if story_camera.has_lost_rig(camera, collection) or (
            story_camera.is_ours(camera) and story_camera.aspect_of(camera) != told.aspect):
        _film(document, collection, told, camera)
    return story_camera.standing(told)


def frame(document: Document, collection: bpy.types.Collection, aspect: float) -> None:
    """Have a story's camera go its way as the story says, for pictures of ``aspect``, whatever a person did to it."""
    camera = needs.camera_of(collection)
    told = timeline_of(document, collection, None, aspect)
    if told is None:
        return
    with parts.made(collection, parts.CAMERA):
        camera = camera or cameras.put(document.camera, document.placement, parts.base_of(collection), collection)
    camera.matrix_basis = Matrix()
    _film(document, collection, told, camera)


def _film(document: Document, collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Key the camera, and hang the captions before it."""
    story_captions.clear(collection)
    with parts.made(collection, parts.STORY):
        story_camera.put(document, collection, told, camera)
        story_captions.put(document, collection, told, camera)
        story_arcs.put(document, collection, told, camera)


def letter(document: Document, collection: bpy.types.Collection, size: tuple[int, int],
           scene: bpy.types.Scene | None = None) -> None:
    """Have the names beside matrices, which are laid out for one place, stand where they have room from wherever a
    story's camera is, on pictures of ``size``, and leave out numbers that none could read there (MMWarning)."""
    camera = needs.camera_of(collection)
    told = timeline_of(document, collection, scene, size[0] / size[1]) if is_told(collection) else None
    if told is None or camera is None or linked.library_of(collection):
        return
    if story_camera.rig_of(camera) is not None:
        page = Page.of_picture(size)
        story_numbers.keep_legible(document, collection, told, page)
        if document.options.lettering != "planes":
            story_letters.follow(document, collection, told, Sight(document, told, camera, page))


def aspect_of(collection: bpy.types.Collection) -> float | None:
    """The shape of picture that a story's camera suits; None where none is told."""
    camera = needs.camera_of(collection)
    return story_camera.aspect_of(camera) if camera is not None and is_told(collection) else None


# ---- markers

def _mark(collection: bpy.types.Collection, told: Timeline, scene: bpy.types.Scene) -> None:
    """A marker a beat."""
    labels = [_free(beat.label, scene) for beat in told.beats]
    for beat, label in zip(told.beats, labels):
        scene.timeline_markers.new(label, frame=beat.first)
    collection[tags.BEATS] = labels
    collection[tags.MARKERS] = [f"{beat.first} {label}" for beat, label in zip(told.beats, labels)]


def _free(label: str, scene: bpy.types.Scene) -> str:
    """A name that no marker of a person's or of another story has: by it alone ours is found again."""
    there = {marker.name for marker in scene.timeline_markers}
    names = itertools.chain([label], (f"{label} ({number})" for number in itertools.count(2)))
    return next(name for name in names if name not in there)


def marked(collection: bpy.types.Collection, scene: bpy.types.Scene) -> list[int] | None:
    """The frames at which the markers of a story's beats stand now, in the order of the beats; None where they are not
    all there."""
    labels, markers = properties.texts(collection, tags.BEATS), _beats_of(collection, scene)
    return [markers[label].frame for label in labels] if labels and len(markers) == len(labels) else None


def unmark(collection: bpy.types.Collection, scene: bpy.types.Scene) -> None:
    """Take the markers of a story's beats away, wherever a person has moved them."""
    copies = {label for other in saved_state.visualizations(scene) if other != collection
              for label in properties.texts(other, tags.BEATS)}  # a copy's are the original's, too
    for label, marker in _beats_of(collection, scene).items():
        if label not in copies:
            scene.timeline_markers.remove(marker)


def _beats_of(collection: bpy.types.Collection, scene: bpy.types.Scene) -> dict[str, bpy.types.TimelineMarker]:
    """The markers of a story's beats that are there, by name; of several of one name the first, which is the oldest:
    the others are a person's."""
    out: dict[str, bpy.types.TimelineMarker] = {}
    labels = set(properties.texts(collection, tags.BEATS))
    for marker in scene.timeline_markers:
        if marker.name in labels:
            out.setdefault(marker.name, marker)
    return out
