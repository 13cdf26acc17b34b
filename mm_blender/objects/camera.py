"""The camera."""
from __future__ import annotations

import math
from dataclasses import replace

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .. import framing
from ..places import Placement, from_blender, to_blender
from . import compat, parts


def axes(camera: framing.Camera) -> np.ndarray:
    """Rows: right, up and backward of the camera in Blender's coordinates."""
    return to_blender(camera.axes())


def put(camera: framing.Camera, placement: Placement, base: Matrix, collection: bpy.types.Collection,
        obj: bpy.types.Object | None = None, aspect: float = 1.0) -> bpy.types.Object:
    """The camera object: a new one, or ``obj`` aimed anew unless a person has moved it. ``base``: what carries the
    visualization."""
    if obj is None:
        obj = bpy.data.objects.new("mm camera", bpy.data.cameras.new("mm camera"))
        collection.objects.link(obj)
    elif moved_by_hand(obj):
        return obj
    aim(obj, camera, placement, base, aspect)
    if obj.parent is None:
        obj.matrix_world = obj.matrix_basis  # known before the scene is evaluated
    return obj


def aim(obj: bpy.types.Object, camera: framing.Camera, placement: Placement, base: Matrix,
        aspect: float = 1.0) -> None:
    """Put the camera object where ``camera`` stands, for a picture of ``aspect`` = width / height.

    Its clipping holds the whole expression.
    """
    frame, corners = np.eye(4), framing.corners(placement.low, placement.high)
    frame[:3, :3] = axes(camera).T
    eye = camera.position
    if camera.parallel:  # it sees the same from anywhere along its line of sight: from far enough to be before it all
        back = camera.axes()[2]
        eye = camera.target + back * max(camera.distance, 2 * float(((corners - camera.target) @ back).max()))
    frame[:3, 3] = to_blender(eye) * placement.pitch
    obj.matrix_basis = base @ Matrix(frame.tolist())  # in the world, or before the turn of a turntable
    reach = np.linalg.norm(corners - eye, axis=1).max()
    obj.data.clip_end = 2 * float(reach) * placement.pitch + 1
    obj.data.clip_start = obj.data.clip_end / 1e5
    obj.data.sensor_fit = "VERTICAL"
    obj.data.type = "ORTHO" if camera.parallel else "PERSP"
    obj.data.angle_y = math.radians(camera.vertical_fov(aspect))
    obj.data.ortho_scale = camera.height(aspect) * placement.pitch
    obj["mm_aimed"] = _stance(obj)


def standing(obj: bpy.types.Object, placement: Placement, base: Matrix, aspect: float) -> framing.Camera:
    """How a camera object sees a visualization from where it stands, in a picture of ``aspect``; without its roll and
    its lens' shift. What ``aim`` undoes."""
    frame = np.array(base.inverted() @ obj.matrix_world)
    eye, back = from_blender(frame[:3, 3]) / placement.pitch, from_blender(frame[:3, 2])
    back /= np.linalg.norm(back)
    edges = np.array(obj.data.view_frame(scene=bpy.context.scene))  # in its own space, at some distance before it
    if obj.data.type == "ORTHO":
        seen = framing.Camera(eye, eye, kind="orthographic")
        high = float(np.ptp(edges[:, 1])) / placement.pitch / base.median_scale
        return replace(seen, position=eye + back * high / 2 / math.tan(math.radians(seen.vertical_fov(aspect)) / 2))
    fov = math.degrees(2 * math.atan(float(np.ptp(edges[:, 1])) / 2 / -edges[0, 2])) * min(1.0, aspect)
    away = max(float((eye - (placement.low + placement.high) / 2) @ back), 1e-3)
    return framing.Camera(eye, eye - away * back, fov)


def slant(root: bpy.types.Object, camera: framing.Camera, placement: Placement) -> None:
    """Shear what ``root`` carries as a cabinet projection needs it, since Blender's cameras cannot; for the others,
    undo that. An Empty that does nothing else is given to the root as its parent, for the shear to lie between them."""
    held = root.parent if root.parent and root.parent.get("mm_slant") else None
    if not camera.shear().any():
        if held:
            root.parent = None
            root.matrix_parent_inverse = Matrix()
            parts.delete([held])
        return
    if held is None:
        held = bpy.data.objects.new("mm slant", None)
        held.hide_viewport = held.hide_render = held.hide_select = True
        held["mm_slant"] = True
        for collection in root.users_collection:
            collection.objects.link(held)
        root.parent = held
    right, up, back = axes(camera)
    shear = np.eye(4)
    shear[:3, :3] += np.outer(camera.shear() @ np.array([right, up]), back)
    target = root.matrix_basis @ Vector(to_blender(camera.target) * placement.pitch)  # which stays where it is
    about = Matrix.Translation(target)
    root.matrix_parent_inverse = about @ Matrix(shear.tolist()) @ about.inverted()


def is_animated(obj: bpy.types.Object) -> bool:
    """Whether keys or constraints move the camera."""
    return bool(obj.animation_data and obj.animation_data.action) or bool(obj.constraints)


def moved_by_hand(obj: bpy.types.Object) -> bool:
    """Whether a person has moved, keyed or zoomed the camera since it was aimed."""
    aimed = obj.get("mm_aimed")
    return is_animated(obj) or aimed is None or not np.allclose(aimed, _stance(obj), rtol=1e-5, atol=1e-6)


def _stance(obj: bpy.types.Object) -> list[float]:
    field = obj.data.angle_y if obj.data.type == "PERSP" else -obj.data.ortho_scale
    return [x for row in obj.matrix_basis for x in row] + [field]


def spin(obj: bpy.types.Object, speed: float, target: Vector, sweeping: bool,
         collection: bpy.types.Collection) -> None:
    """Turn the camera around the vertical through ``target`` (in the world, metres) while the scene's frames run, at
    constant speed.

    ``speed`` is the reference's: twentieths of a radian a second. Where nothing sweeps, the frames become one turn.
    """
    scene = bpy.context.scene
    per_frame = -speed / 20 / scene.render.fps
    if not sweeping:
        scene.frame_end = scene.frame_start + max(round(2 * math.pi / abs(per_frame)), 1) - 1
    frames = scene.frame_end - scene.frame_start + 1
    table = bpy.data.objects.new("mm turntable", None)
    table.hide_viewport = table.hide_render = table.hide_select = True
    table["mm_turntable"] = True
    table.location = target
    collection.objects.link(table)
    obj.parent = table
    obj.matrix_parent_inverse = Matrix.Translation(table.location).inverted()
    turn = per_frame * frames if sweeping else math.copysign(2 * math.pi, per_frame)
    compat.key_linear(table, "rotation_euler", 2, [(scene.frame_start, 0.0), (scene.frame_end + 1, turn)], "mm spin")


def unspin(collection: bpy.types.Collection) -> None:
    """Take the turntable away; the camera stays where it stands."""
    for table in [obj for obj in collection.all_objects if obj.get("mm_turntable")]:
        for child in table.children:
            child.parent = None
        parts.delete([table])
