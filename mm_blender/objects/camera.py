"""The camera."""
from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix

from .. import framing
from ..places import Placement, to_blender
from . import compat


def axes(camera: framing.Camera) -> np.ndarray:
    """Rows: right, up and backward of the camera in Blender's coordinates."""
    return to_blender(camera.axes())


def add(camera: framing.Camera, placement: Placement, collection: bpy.types.Collection) -> bpy.types.Object:
    """The camera object."""
    obj = bpy.data.objects.new("mm camera", bpy.data.cameras.new("mm camera"))
    aim(obj, camera, placement)
    obj.matrix_world = obj.matrix_basis
    collection.objects.link(obj)
    return obj


def aim(obj: bpy.types.Object, camera: framing.Camera, placement: Placement, aspect: float = 1.0) -> None:
    """Put the camera object where ``camera`` stands, for a picture of ``aspect`` = width / height.

    Its clipping holds the whole expression.
    """
    frame = np.eye(4)
    frame[:3, :3] = axes(camera).T
    frame[:3, 3] = to_blender(camera.position) * placement.pitch
    obj.matrix_basis = Matrix(frame.tolist())  # in the world, or before the turn of a turntable
    reach = np.linalg.norm(framing.corners(placement.low, placement.high) - camera.position, axis=1).max()
    obj.data.clip_end = 2 * float(reach) * placement.pitch + 1
    obj.data.clip_start = obj.data.clip_end / 1e5
    obj.data.sensor_fit = "VERTICAL"
    obj.data.angle_y = math.radians(camera.vertical_fov(aspect))


def spin(obj: bpy.types.Object, speed: float, target: np.ndarray, pitch: float, sweeping: bool,
         collection: bpy.types.Collection) -> None:
    """Turn the camera around the vertical through ``target`` while the scene's frames run, at constant speed.

    ``speed`` is the reference's: twentieths of a radian a second. Where nothing sweeps, the frames become one turn.
    """
    scene = bpy.context.scene
    per_frame = -speed / 20 / scene.render.fps
    if not sweeping:
        scene.frame_end = scene.frame_start + max(round(2 * math.pi / abs(per_frame)), 1) - 1
    frames = scene.frame_end - scene.frame_start + 1
    table = bpy.data.objects.new("mm turntable", None)
    table.hide_viewport = table.hide_render = table.hide_select = True
    table.location = to_blender(target) * pitch
    collection.objects.link(table)
    obj.parent = table
    obj.matrix_parent_inverse = Matrix.Translation(table.location).inverted()
    turn = per_frame * frames if sweeping else math.copysign(2 * math.pi, per_frame)
    compat.key_linear(table, "rotation_euler", 2, [(scene.frame_start, 0.0), (scene.frame_end + 1, turn)], "mm spin")
