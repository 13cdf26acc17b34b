"""Names beside matrices in a story: seen while they are whole in the picture."""
from __future__ import annotations

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from ..story.timeline import Timeline
from . import compat, parts, properties, story_camera, story_keys, tags
from .blender_types import camera_of, floats

EVERY = 4        # frames from one look to the next
EDGE = 0.004     # of the picture, that names keep off its edge
LARGEST = 0.14   # of the picture's height, above which a name is so near that it is in the way


def trim(collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Key each name so that it is seen only in frames that show all of it."""
    rig = story_camera.rig_of(camera)
    if rig is None:
        return
    hung = [(obj, reach) for obj in parts.of(collection, parts.LETTER)
            if (reach := properties.numbers(obj, tags.REACH, 4)) is not None and obj.children]
    frames = [*range(told.first, told.last, EVERY), told.last]
    seen: dict[bpy.types.Object, list[int]] = {obj: [] for obj, _ in hung}
    for frame in frames:
        view, high = _view(rig, camera, frame)
        for obj, reach in hung:
            if _is_whole(view @ obj.matrix_basis.translation, np.reshape(reach, (2, 2)), high, told):
                seen[obj].append(frame)
    for obj, shown in seen.items():
        if len(shown) == len(frames):
            continue
        for child in obj.children:
            story_keys.visible(child, _spans(shown, told.last))


def _spans(frames: list[int], last: int) -> list[tuple[int, int]]:
    """Runs of frames that were looked at, from the first to the last of each."""
    out: list[tuple[int, int]] = []
    for frame in frames:
        if out and frame - out[-1][1] <= EVERY:
            out[-1] = out[-1][0], frame
        else:
            out.append((frame, frame))
    return out


def _view(rig: bpy.types.Object, camera: bpy.types.Object, frame: float) -> tuple[Matrix, float]:
    """From the visualization's own space to the camera's, by its keys; and the height of what it sees, at distance 1
    in perspective."""
    rig_curves = {(curve.data_path, curve.array_index): curve.evaluate(frame) for curve in compat.curves(rig)}
    place = Matrix.Translation([rig_curves.get(("location", axis), 0.0) for axis in range(3)])
    turn = Euler([rig_curves.get(("rotation_euler", axis), 0.0) for axis in range(3)]).to_matrix().to_4x4()
    away = next((curve.evaluate(frame) for curve in compat.curves(camera)
                 if (curve.data_path, curve.array_index) == ("location", 2)), 0.0)
    lens = camera_of(camera)
    scales = [curve.evaluate(frame) for curve in compat.curves(lens) if curve.data_path == "ortho_scale"]
    high = scales[0] if scales else 2 * float(np.tan(lens.angle_y / 2))
    return (place @ turn @ Matrix.Translation((0.0, 0.0, away))).inverted(), high


def _is_whole(place: Vector, reach: np.ndarray, high: float, told: Timeline) -> bool:
    """Whether the rectangle around a ``place`` before the camera is in the picture, and not very large."""
    x, y, z = floats(place)
    height = high if told.parallel else high * -z
    if height <= 0:
        return False
    page = (reach + (x, y)) / (height * told.aspect, height) + 0.5
    return bool(page.min() > EDGE and page.max() < 1 - EDGE and np.ptp(page[:, 1]) < LARGEST)
