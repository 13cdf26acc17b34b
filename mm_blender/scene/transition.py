"""One visualization turning into the next: all of them built in one place, each seen while it stands, and what travels
between. Keys alone move and show it, so that the file needs nothing of ours."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import bpy
from mathutils import Matrix, Quaternion, Vector

from ..document import composition
from ..document.document import Document
from ..document.group import Group
from ..document.succession import Succession
from ..document.travels import retreat, Way
from ..layout import framing
from . import (
    borrowed_scene,
    build,
    camera,
    fading,
    keys,
    letters,
    name_travels,
    needs,
    parts,
    scenes,
    sweep_frames,
    tags,
    travellers,
)
from .blender_types import camera_of, floats, scene_now, there, view_layer_now
from .built import Built
from .fading import Fade
from .travellers import Leg

LEAVE, COME, ALL = (0.0, 0.25), (0.75, 1.0), (0.0, 1.0)  # of a transition's frames, as shares: marks and letters


def build_succession(succession: Succession, own_scene: bool | None, base: Matrix) -> list[bpy.types.Collection]:
    """Make all of ``succession`` at ``base``, for pictures of the scene's size; the collections. If anything fails,
    nothing of it remains."""
    return build.together([(document, at or None) for at, document in enumerate(succession.documents)], own_scene, base,
                          lambda collections: _turn(Built(succession, collections), succession))


def _turn(built: Built, succession: Succession) -> None:
    """Key what is built, all of it seen at once, to follow each other."""
    scene, collections = scene_now(), built.collections
    frames, last = succession.frames(scene.frame_start, succession.first.frame_rate(scenes.frame_rate(scene)))
    size = scene.render.resolution_x, scene.render.resolution_y
    eye = there(needs.camera_of(built.collection))
    stances = [_letter(document, collection, eye, size) for document, _, _, collection in built.parts]
    legs = [Leg(documents, own, span) for documents, own, span in zip(
        pairwise(built.group.documents), pairwise(collections), frames)]
    goes = [travellers.way_of(leg.documents) for leg in legs]
    backs = [retreat(way, (first.camera, second.camera), size[0] / size[1])
             for way, (first, second) in zip(goes, pairwise(stances))]
    _key_camera(eye, stances, frames, backs, built.group.placement.pitch)
    view_layer_now().update()  # where marks and letters are is compared
    for leg, way in zip(legs, goes):
        travel(leg, way)
    for at, collection in enumerate(collections):
        span = frames[at - 1][1] if at else None, frames[at][0] + 1 if at < len(frames) else None
        for obj in parts.of(collection, parts.MATRIX) + parts.of(collection, parts.MARK) + _letters(collection):
            flags = [flag for flag in fading.FLAGS if not getattr(obj, flag)]
            keys.shown(obj, [span], flags)
    for collection in collections:
        for obj in _letters(collection):
            obj[tags.PART] = parts.TRAVEL  # so that no picture letters it anew
    sweep_frames.keep(built.collection, scene.frame_start, last, (frames[0][0], frames[-1][1]))
    borrowed_scene.take(built.collection, scene)
    borrowed_scene.show_start(built.collection, scene)


def travel(leg: Leg, found: Sequence[Way]) -> None:
    """Make all that is seen between the ends of ``leg``, whose documents are built in one place, lettered and
    evaluated; ``found``: how it goes, as ``travellers.way_of`` tells. Whoever calls it shows both at the ends alone,
    and moves the camera."""
    travellers.put(leg, found)
    _mark(leg, found)


def _letters(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [obj for obj in parts.of(collection, parts.LETTER) if obj.type != "EMPTY"]


# ---- the camera, and what is written

@dataclass(frozen=True)
class Viewpoint:
    """Where the camera stands for one of them, and how much it sees; ``camera`` in pitches, all else in Blender's
    terms."""

    camera: framing.Camera
    place: tuple[float, ...]
    turn: tuple[float, ...]
    lens: float
    ortho_scale: float
    clip_end: float


def _letter(document: Document, collection: bpy.types.Collection, eye: bpy.types.Object,
            size: tuple[int, int]) -> Viewpoint:
    """Letter one of them as its own picture of ``size`` is, seen through ``eye``, which then stands there."""
    group, aspect = Group.alone(document), size[0] / size[1]
    beside = document.options.lettering != "planes"
    composed = composition.composed(group, size) if beside else None
    seen_from = composed.camera if composed else composition.framed(group, aspect, framing.WHOLE, True) \
        if group.auto_framed else group.camera
    camera.aim(eye, seen_from, document.placement, parts.base_of(collection), aspect)
    if composed:
        letters.put(Built.one(document, collection), composed, eye)
    data, stood = camera_of(eye), eye.matrix_basis
    return Viewpoint(seen_from, floats(stood.to_translation()), floats(stood.to_quaternion()), data.lens,
                     data.ortho_scale, data.clip_end)


def _key_camera(eye: bpy.types.Object, stances: Sequence[Viewpoint], frames: Sequence[tuple[int, int]],
                backs: Sequence[float], pitch: float) -> None:
    """Have the camera stand where each is seen whole while that stands, and go from the one to the next, in the middle
    by one of ``backs`` further off."""
    eye.rotation_mode = "QUATERNION"
    data = camera_of(eye)
    data.clip_end = max(stance.clip_end for stance in stances)
    data.clip_start = data.clip_end / 1e5
    kept = [(frame, stance) for span, pair in zip(frames, pairwise(stances)) for frame, stance in zip(span, pair)]
    keys.smooth_vector(eye, "location", [(frame, each.place) for frame, each in kept])
    keys.smooth_vector(eye, "rotation_quaternion", [(frame, each.turn) for frame, each in kept])
    keys.smooth(data, "lens", [(frame, each.lens) for frame, each in kept])
    scales: list[tuple[float, float]] = [(frame, each.ortho_scale) for frame, each in kept]
    for span, (first, second), back in zip(frames, pairwise(stances), backs):
        if back:
            middle = sum(span) / 2
            away = (first.camera.distance + second.camera.distance) / 2
            scales.append((middle, (first.ortho_scale + second.ortho_scale) / 2 * (away + back) / away))
            step = Quaternion(first.turn) @ Vector((0.0, 0.0, back * pitch))
            keys.smooth_vector(eye, "delta_location", [(span[0], (0.0,) * 3), (middle, step), (span[1], (0.0,) * 3)])
    keys.smooth(data, "ortho_scale", sorted(scales))


def _mark(leg: Leg, found: Sequence[Way]) -> None:
    """What is drawn and written beside the matrices of ``leg``: it goes with them, stays where it is the same at both
    ends, or fades."""
    guides = [travellers.guides_of(collection) for collection in leg.collections]
    carried = [guides[at][node.path] for way in found if travellers.has_guides(way.travel, guides)
               for at, node in enumerate((way.travel.first, way.travel.second)) if node]
    done = {*carried, *name_travels.put(leg, found)}
    beside = [[obj for obj in parts.of(collection, parts.MARK) + _letters(collection)
               if obj not in done and not all(getattr(obj, flag) for flag in fading.FLAGS)]
              for collection in leg.collections]
    kept = {obj: same for obj in beside[0] if (same := next(filter(partial(fading.alike, obj), beside[1]), None))}
    for obj, other in kept.items():
        leg.show(fading.moved(obj, other, leg.window(travellers.MOVE), leg.own))
    for at, (objects, shares) in enumerate(zip(beside, (LEAVE, COME))):
        soon, slowly = (Fade(leg.own, leg.window(each), at == 0) for each in (shares, ALL))
        for obj in objects:
            if obj not in (kept.keys(), kept.values())[at]:
                is_shadow = obj.hide_viewport and obj.type == "MESH"
                leg.show((slowly if is_shadow else soon).put(obj))
