"""The camera."""
from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix

from .. import framing
from ..places import Placement, to_blender


def axes(camera: framing.Camera) -> np.ndarray:
    """Rows: right, up and backward of the camera in Blender's coordinates."""
    return to_blender(camera.axes())


def add(camera: framing.Camera, placement: Placement, collection: bpy.types.Collection) -> bpy.types.Object:
    """The camera object."""
    obj = bpy.data.objects.new("mm camera", bpy.data.cameras.new("mm camera"))
    aim(obj, camera, placement)
    collection.objects.link(obj)
    return obj


def aim(obj: bpy.types.Object, camera: framing.Camera, placement: Placement, aspect: float = 1.0) -> None:
    """Put the camera object where ``camera`` stands, for a picture of ``aspect`` = width / height.

    Its clipping holds the whole expression.
    """
    frame = np.eye(4)
    frame[:3, :3] = axes(camera).T
    frame[:3, 3] = to_blender(camera.position) * placement.pitch
    obj.matrix_world = Matrix(frame.tolist())
    reach = np.linalg.norm(framing.corners(placement.low, placement.high) - camera.position, axis=1).max()
    obj.data.clip_end = 2 * float(reach) * placement.pitch + 1
    obj.data.clip_start = obj.data.clip_end / 1e5
    obj.data.sensor_fit = "VERTICAL"
    obj.data.angle_y = math.radians(camera.vertical_fov(aspect))
