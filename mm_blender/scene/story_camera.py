"""A story's camera: the visualization's own, on a rig that keys move."""
from __future__ import annotations

import math
import zlib

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..document.document import Document
from ..layout import framing
from ..layout.framing import Camera
from ..layout.places import from_blender, to_blender
from ..story import names
from ..story.timeline import CameraFrame, Timeline
from . import camera as cameras, compat, parts, properties, tags
from .blender_types import camera_of, floats

RIG = "rig"          # what tells the Empty that carries the camera
SMOOTH = "BEZIER"
SPARE = 1.2          # how much further than anything a parallel camera stands, and than that it sees


def put(document: Document, collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Hang the camera on its rig, and key both."""
    rig = rig_of(camera) or _rig(collection, camera)
    pitch, lens = document.placement.pitch, camera_of(camera)
    keys = _each_frame_once(told.camera)
    places = [to_blender(np.array(key.target)) * pitch for key in keys]
    for axis in range(3):
        compat.key(rig, "location", axis, [(key.frame, at[axis]) for key, at in zip(keys, places)], SMOOTH)
    compat.key(rig, "rotation_euler", 0, [(key.frame, math.radians(90 - key.above)) for key in keys], SMOOTH)
    compat.key(rig, "rotation_euler", 2, [(key.frame, math.radians(key.turn)) for key in keys], SMOOTH)
    whole = float(np.linalg.norm(document.placement.high - document.placement.low))
    furthest = max(key.distance for key in keys) + whole
    away = [furthest * SPARE if told.parallel else key.distance for key in keys]
    compat.key(camera, "location", 2, [(key.frame, far * pitch) for key, far in zip(keys, away)], SMOOTH)
    lens.sensor_fit, lens.type = "VERTICAL", "ORTHO" if told.parallel else "PERSP"
    lens.angle_y = math.radians(framing.Camera(np.zeros(3), np.zeros(3), told.fov).vertical_fov(told.aspect))
    if told.parallel:
        compat.key(lens, "ortho_scale", 0, [(key.frame, height(told, key) * pitch) for key in keys], SMOOTH)
    lens.clip_end = (max(away) + whole) * SPARE * pitch + 1
    lens.clip_start = lens.clip_end / 1e5
    camera[tags.STORY_ASPECT] = told.aspect
    rig[tags.STORY_KEYS] = _checksum(camera)


def height(told: Timeline, key: CameraFrame) -> float:
    """Of what the camera sees at what it looks at, in pitches."""
    fov = framing.Camera(np.zeros(3), np.zeros(3), told.fov).vertical_fov(told.aspect)
    return 2 * key.distance * math.tan(math.radians(fov) / 2)


def standing(told: Timeline) -> Camera:
    """How the camera stands at the first frame."""
    return names.camera_at(told, told.camera[0])


class KeyedCamera:
    """Where a story's camera is at any frame, by the keys of its objects."""

    def __init__(self, told: Timeline, camera: bpy.types.Object, pitch: float):
        self.told, self.pitch = told, pitch
        blocks = [block for block in (rig_of(camera), camera, camera.data) if block is not None]
        self.curves = [{(curve.data_path, curve.array_index): curve for curve in compat.curves(block)}
                       for block in blocks]

    def at(self, frame: float) -> Camera:
        """As it is at a frame."""
        rig, camera, lens = self.curves
        place = np.array([rig["location", axis].evaluate(frame) for axis in range(3)])
        above, turn = (math.degrees(rig["rotation_euler", axis].evaluate(frame)) for axis in (0, 2))
        target = from_blender(place) / self.pitch
        if self.told.parallel:
            seen = lens["ortho_scale", 0].evaluate(frame) / self.pitch
            away = seen / height(self.told, CameraFrame(frame, (0.0, 0.0, 0.0), turn, above, 1.0))
        else:
            away = camera["location", 2].evaluate(frame) / self.pitch
        return names.camera_at(self.told, CameraFrame(frame, tuple(target.tolist()), turn, 90 - above, away))


def whence(collection: bpy.types.Collection, towards: Vector) -> tuple[float, float]:
    """Degrees to the right of the front of what is built, and above, of a direction of the world that leads ``towards``
    who looks at it: the ``view`` of a beat that shows it so."""
    root = parts.root_of(collection)
    local = root.matrix_world.to_3x3().inverted_safe() @ towards if root else towards
    x, y, z = from_blender(np.array(floats(local.normalized()))).tolist()
    return math.degrees(math.atan2(x, z)), math.degrees(math.asin(max(-1.0, min(1.0, y))))


def rig_of(camera: bpy.types.Object) -> bpy.types.Object | None:
    """The Empty that carries a story's camera."""
    rig = camera.parent
    return rig if rig is not None and rig.get(tags.STORY) == RIG else None


def is_ours(camera: bpy.types.Object) -> bool:
    """Whether all keys of a story's camera are as we made them."""
    rig = rig_of(camera)
    return rig is not None and properties.text(rig, tags.STORY_KEYS) == _checksum(camera)


def has_lost_rig(camera: bpy.types.Object, collection: bpy.types.Collection) -> bool:
    """Whether a person has deleted what a story's camera hangs on, without which its keys lead nowhere."""
    return aspect_of(camera) is not None and rig_of(camera) is None and not any(
        obj.get(tags.STORY) == RIG for obj in parts.of(collection, parts.STORY))


def aspect_of(camera: bpy.types.Object) -> float | None:
    """The shape of picture that a story's camera was framed for."""
    return properties.number(camera, tags.STORY_ASPECT)


def take_off(camera: bpy.types.Object) -> None:
    """Take the camera off its rig, and its keys away; it is then to be aimed."""
    rig = rig_of(camera)
    if rig is None:
        return
    for block in (camera, camera.data):
        action = block.animation_data.action if block is not None and block.animation_data else None
        if block is not None:
            block.animation_data_clear()
        if action is not None and action.users == 0:
            bpy.data.actions.remove(action)
    camera.parent = None
    camera.pop(tags.STORY_ASPECT, None)
    cameras.as_aimed(camera)


def _rig(collection: bpy.types.Collection, camera: bpy.types.Object) -> bpy.types.Object:
    rig = bpy.data.objects.new("mm camera rig", None)
    rig.empty_display_type, rig.empty_display_size = "PLAIN_AXES", 0.1
    rig.hide_render = True
    rig[tags.STORY] = RIG
    collection.objects.link(rig)
    rig.parent = parts.root_of(collection)  # so that it goes where a person moves the whole
    camera.animation_data_clear()
    camera.parent = rig
    camera.matrix_parent_inverse = Matrix()
    camera.matrix_basis = Matrix()
    return rig


def _each_frame_once(keys: tuple[CameraFrame, ...]) -> list[CameraFrame]:
    """Of keys at one frame the last."""
    return list({round(key.frame, 2): key for key in keys}.values())


def _checksum(camera: bpy.types.Object) -> str:
    """Of the keys of a story's camera, of its rig and of its lens."""
    blocks = [block for block in (rig_of(camera), camera, camera.data) if block is not None]
    told = [[(curve.data_path, curve.array_index, [floats(point.co) for point in curve.keyframe_points])
             for curve in compat.curves(block)] for block in blocks]
    return str(zlib.crc32(repr(told).encode()))
