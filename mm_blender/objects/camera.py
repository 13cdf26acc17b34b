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
    """The camera object. Its clipping holds the whole expression from wherever it stands."""
    pitch = placement.pitch
    data = bpy.data.cameras.new("mm camera")
    obj = bpy.data.objects.new("mm camera", data)
    frame = np.eye(4)
    frame[:3, :3] = axes(camera).T
    frame[:3, 3] = to_blender(camera.position) * pitch
    obj.matrix_world = Matrix(frame.tolist())
    reach = np.linalg.norm(framing.corners(placement.low, placement.high) - camera.position, axis=1).max() * pitch
    data.clip_end = 2 * float(reach) + 1
    data.clip_start = data.clip_end / 1e5
    data.sensor_fit = "VERTICAL"
    data.angle_y = math.radians(camera.fov)
    obj["mm_fov"] = camera.fov
    collection.objects.link(obj)
    return obj


def fit(obj: bpy.types.Object, aspect: float) -> None:
    """Set the camera's field of view for a picture of ``aspect`` = width / height."""
    camera = framing.Camera(np.zeros(3), np.zeros(3), obj.get("mm_fov", framing.FOV))
    obj.data.sensor_fit = "VERTICAL"
    obj.data.angle_y = math.radians(camera.vertical_fov(aspect))
