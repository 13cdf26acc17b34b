"""One visualization turning into the next: all of them built in one place, each seen while it stands, and what travels
between. Keys alone move and show it, so that the file needs nothing of ours."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import bpy
from mathutils import Matrix

from ..document import composition
from ..document.document import Document
from ..document.group import Group
from ..document.succession import Succession
from ..document.travels import Travel
from ..layout import framing
from . import borrowed_scene, build, camera, fading, keys, letters, name_travels, needs, parts, scenes, sweep_frames, tags
from . import travellers
from .blender_types import camera_of, scene_now, there, view_layer_now
from .built import Built
from .fading import Fade
from .rollback import Undo
from .travellers import Leg

LEAVE, COME, ALL = (0.0, 0.25), (0.75, 1.0), (0.0, 1.0)  # of a transition's frames, as shares: marks and letters


def build_succession(succession: Succession, own_scene: bool | None, base: Matrix) -> list[bpy.types.Collection]:
    """Make all of ``succession`` at ``base``, for pictures of the scene's size; the collections. If anything fails,
    nothing of it remains."""
    scene = scene_now()
    borrowed_scene.settle(scene)
    collections, undo = list[bpy.types.Collection](), Undo(scene)
    try:
        for at, document in enumerate(succession.documents):
            collections.append(build.build(document, own_scene, base, at or None))
        _turn(Built(succession, tuple(collections)), succession)
        view_layer_now().update()
    except BaseException:
        build.remove(*collections)
        undo.restore()
        raise
    return collections


def _turn(built: Built, succession: Succession) -> None:
    """Key what is built, all of it seen at once, to follow each other."""
    scene, collections = scene_now(), built.collections
    frames, last = succession.frames(scene.frame_start, scenes.frame_rate(scene))
    size = scene.render.resolution_x, scene.render.resolution_y
    eye = there(needs.camera_of(built.collection))
    stances = [_letter(document, collection, eye, size) for document, _, _, collection in built.parts]
    _key_camera(eye, stances, frames)
    documents = built.group.documents
    for at, span in enumerate(frames):
        leg = Leg((documents[at], documents[at + 1]), (collections[at], collections[at + 1]), span)
        _mark(leg, travellers.put(leg))
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


def _letters(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [obj for obj in parts.of(collection, parts.LETTER) if obj.type != "EMPTY"]


# ---- the camera, and what is written

@dataclass(frozen=True)
class Stance:
    """Where the camera stands for one of them, and how much it sees."""

    place: tuple[float, ...]
    turn: tuple[float, ...]
    lens: float
    ortho_scale: float
    clip_end: float


def _letter(document: Document, collection: bpy.types.Collection, eye: bpy.types.Object,
            size: tuple[int, int]) -> Stance:
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
    return Stance(tuple(stood.to_translation()), tuple(stood.to_quaternion()), data.lens, data.ortho_scale,
                  data.clip_end)


def _key_camera(eye: bpy.types.Object, stances: Sequence[Stance], frames: Sequence[tuple[int, int]]) -> None:
    """Have the camera stand where each is seen whole while that stands, and go from the one to the next."""
    eye.rotation_mode = "QUATERNION"
    data = camera_of(eye)
    data.clip_end = max(stance.clip_end for stance in stances)
    data.clip_start = data.clip_end / 1e5
    kept = [(frame, stance) for span, pair in zip(frames, pairwise(stances)) for frame, stance in zip(span, pair)]
    keys.smooth_vector(eye, "location", [(frame, each.place) for frame, each in kept])
    keys.smooth_vector(eye, "rotation_quaternion", [(frame, each.turn) for frame, each in kept])
    for name in ("lens", "ortho_scale"):
        keys.smooth(data, name, [(frame, getattr(each, name)) for frame, each in kept])


def _mark(leg: Leg, found: Sequence[Travel]) -> None:
    """What is drawn and written beside the matrices of ``leg``: it goes with them, or fades."""
    guides = [{obj[tags.ROWS_OF]: obj for obj in parts.of(collection, parts.MARK) if obj.get(tags.ROWS_OF)}
              for collection in leg.collections]
    kept = [{node.path for travel in found if travellers.has_guides(travel, guides)
             if (node := (travel.first, travel.second)[at])} for at in (0, 1)]
    named = name_travels.put(leg, found, ALL)
    for at, (collection, shares) in enumerate(zip(leg.collections, (LEAVE, COME))):
        own, slow = (Fade(leg.own, leg.window(each), at == 0) for each in (shares, ALL))
        for obj in parts.of(collection, parts.MARK) + _letters(collection):
            if obj.get(tags.ROWS_OF) in kept[at] or obj in named or all(getattr(obj, flag) for flag in fading.FLAGS):
                continue
            shadow = not obj.get(tags.ROWS_OF) and not obj.get(tags.FLOW_OF) and obj.hide_viewport
            leg.show((slow if shadow else own).put(obj))
