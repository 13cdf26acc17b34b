"""The camera."""
from __future__ import annotations

import math
from dataclasses import replace

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..layout import framing
from ..layout.places import from_blender, Placement, to_blender
from . import compat, parts, properties, tags
from .blender_types import camera_of, entries, new_constraint, scene_now, translation, vector

LEVEL = 1e-3        # degrees of roll that come from float32
STILL = "mm still"  # the constraint that keeps what is sheared from turning


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
    camera_of(obj).clip_end = 2 * float(reach) * placement.pitch + 1
    camera_of(obj).clip_start = camera_of(obj).clip_end / 1e5
    camera_of(obj).sensor_fit = "VERTICAL"
    camera_of(obj).type = "ORTHO" if camera.parallel else "PERSP"
    camera_of(obj).angle_y = math.radians(camera.vertical_fov(aspect))
    camera_of(obj).ortho_scale = camera.height(aspect) * placement.pitch
    camera_of(obj).shift_x = camera_of(obj).shift_y = 0.0
    obj[tags.AIMED] = _stance(obj)


def standing(obj: bpy.types.Object, placement: Placement, base: Matrix, aspect: float,
             scene: bpy.types.Scene) -> framing.Camera:
    """How a camera object sees a visualization from where it stands in ``scene``, which is evaluated, in a picture of
    ``aspect``, its roll and its lens' shift included. What ``aim`` undoes."""
    evaluated = obj.evaluated_get(scene.view_layers[0].depsgraph) if scene.view_layers[0].depsgraph else obj
    frame = np.array(base.inverted() @ evaluated.matrix_world)
    eye, right, back = from_blender(frame[:3, 3]) / placement.pitch, *map(from_blender, frame[:3, [0, 2]].T)
    back /= np.linalg.norm(back)
    roll = _roll(right, back)
    edges = np.array(camera_of(obj).view_frame(scene=scene))  # in its own space, at some distance before it
    high = float(np.ptp(edges[:, 1]))
    middle = (edges.min(0) + edges.max(0))[:2] / 2            # off its line of sight by the shift of its lens
    if camera_of(obj).type == "ORTHO":
        size = placement.pitch * base.median_scale
        away = high / size / 2 / math.tan(math.radians(framing.Camera(eye, eye).vertical_fov(aspect)) / 2)
        seen = framing.Camera(eye + back * away, eye, kind="orthographic", roll=roll)
        aside = middle / size @ seen.axes()[:2]               # where it might as well stand
        return replace(seen, position=seen.position + aside, target=eye + aside)
    fov = math.degrees(2 * math.atan(high / 2 / -edges[0, 2])) * min(1.0, aspect)
    away = max(float((eye - (placement.low + placement.high) / 2) @ back), 1e-3)
    across, up = (middle / -edges[0, 2]).tolist()
    return framing.Camera(eye, eye - away * back, fov, roll=roll, shift=(across, up))


def _roll(right: np.ndarray, back: np.ndarray) -> float:
    """The degrees by which a camera with these axes (3,) is turned about its line of sight; 0 for what is rounded."""
    along, up, _ = framing.Camera(back, np.zeros(3)).axes()
    roll = math.degrees(math.atan2(float(right @ up), float(right @ along)))
    return roll if abs(roll) > LEVEL else 0.0


def slant(root: bpy.types.Object | None, camera: framing.Camera, placement: Placement) -> None:
    """Shear what ``root`` carries as a cabinet projection needs it, since Blender's cameras cannot; for the others,
    undo that. An Empty that does nothing else is given to the root as its parent, for the shear to lie between them.
    Where the camera turns, the shear turns with it, and what is sheared does not."""
    if root is None:  # a person has deleted it, and all that it carried
        return
    empty = root.parent if root.parent and root.parent.get(tags.SLANT) else None
    if not camera.shear().any():
        if empty:
            root.parent = None
            root.matrix_parent_inverse = Matrix()
            parts.delete([empty])
        return
    if empty is None:
        empty = parts.unseen("mm slant", None, *root.users_collection)
        empty[tags.SLANT] = True
        root.parent = empty
    right, up, back = axes(camera)
    shear = np.eye(4)
    shear[:3, :3] += np.outer(camera.shear() @ np.array([right, up]), back)
    table = next((table for collection in root.users_collection for table in _turntables(collection)), None)
    empty.parent = table
    for constraint in [each for each in empty.constraints if each.name == STILL]:
        empty.constraints.remove(constraint)
    if table is not None:  # whose axis goes through the target
        empty.matrix_parent_inverse = Matrix(shear.tolist())
        still = new_constraint(empty, "COPY_ROTATION")
        still.name, still.target, still.owner_space, still.target_space = STILL, table, "LOCAL", "WORLD"
        still.invert_x = still.invert_y = still.invert_z = True
        root.matrix_parent_inverse = translation(table.location).inverted()
        return
    target = root.matrix_basis @ vector(to_blender(camera.target) * placement.pitch)  # which stays where it is
    about = translation(target)
    root.matrix_parent_inverse = about @ Matrix(shear.tolist()) @ about.inverted()


def is_animated(obj: bpy.types.Object) -> bool:
    """Whether keys or constraints move the camera."""
    return bool(obj.animation_data and obj.animation_data.action) or bool(obj.constraints)


def moved_by_hand(obj: bpy.types.Object) -> bool:
    """Whether a person has moved, keyed, zoomed or shifted the camera since it was aimed."""
    aimed, shifted = properties.numbers(obj, tags.AIMED, 17), camera_of(obj).shift_x or camera_of(obj).shift_y
    return bool(is_animated(obj) or shifted or aimed is None
                or not np.allclose(aimed, _stance(obj), rtol=1e-5, atol=1e-6))


def _stance(obj: bpy.types.Object) -> list[float]:
    field = camera_of(obj).angle_y if camera_of(obj).type == "PERSP" else -camera_of(obj).ortho_scale
    return [*entries(obj.matrix_basis), field]


def spin(obj: bpy.types.Object, speed: float, target: Vector, sweep: tuple[int, int] | None,
         collection: bpy.types.Collection) -> tuple[int, int]:
    """Turn the camera around the vertical through ``target`` (in the world, metres) at constant speed: while the frames
    of a ``sweep`` run, or else, from the scene's first frame on, once round. The first and the last frame.

    ``speed``: the reference's, twentieths of a radian, a frame.
    """
    scene = scene_now()
    per_frame = -speed / 20
    first, last = sweep or (scene.frame_start,
                            scene.frame_start + max(round(2 * math.pi / abs(per_frame)), 1) - 1)
    frames = last - first + 1
    table = parts.unseen("mm turntable", None, collection)
    table[tags.TURNTABLE] = True
    obj.parent = table
    centre(collection, target)
    turn = per_frame * frames if sweep else math.copysign(2 * math.pi, per_frame)
    compat.key_linear(table, "rotation_euler", 2, [(first, 0.0), (last + 1, turn)], "mm spin")
    return first, last


def centre(collection: bpy.types.Collection, target: Vector) -> None:
    """Have the camera, if it turns, turn around the vertical through ``target`` (in the world, metres)."""
    for table in _turntables(collection):
        table.location = target
        for child in [child for child in table.children if child.type == "CAMERA"]:
            child.matrix_parent_inverse = translation(table.location).inverted()


def _turntables(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    return [obj for obj in collection.all_objects if obj.get(tags.TURNTABLE)]


def unspin(collection: bpy.types.Collection) -> None:
    """Take the turntable away; the camera stays where it stands."""
    for table in _turntables(collection):
        for child in table.children:
            child.parent = None
        parts.delete([table])


def as_aimed(obj: bpy.types.Object) -> None:
    """Take where the camera object stands for where we have put it, so that it is aimed anew."""
    obj[tags.AIMED] = _stance(obj)
