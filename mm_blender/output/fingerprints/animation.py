"""What moves a datablock: its keys, strips and drivers."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from ...scene import compat
from ...scene.blender_types import any_kind
from .contents import digest
from .properties import PLAIN, properties

Moved = tuple[int, str, int]  # a property by its owner's address, its name, and the number in it, -1 for all of it
Refer = Callable[[bpy.types.ID | None], None]


def animation(block: bpy.types.ID, refer: Refer) -> tuple[str, set[Moved]]:
    """The digest of what moves a datablock, empty if nothing does, and its moved properties. ``refer`` is called with
    what its drivers read."""
    data, moved = getattr(block, "animation_data", None), set[Moved]()
    if data is None:
        return "", moved
    said: list[str] = []
    curves = compat.curves(block)
    strips = [strip for track in data.nla_tracks if not track.mute for strip in track.strips if strip.action]
    for strip in strips:
        values = [getattr(strip, name, None) for name in (
            "frame_start", "frame_end", "action_frame_start", "action_frame_end", "scale", "repeat", "blend_type",
            "extrapolation", "blend_in", "blend_out", "influence", "mute", "use_reverse", "use_auto_blend")]
        within = compat.curves_of(strip.action, getattr(strip, "action_slot", None))
        said += [repr(values), *sorted(map(_curve, within))]
        moved |= _moved(block, within)
    if curves or strips:
        said.append(repr((data.action_blend_type, data.action_extrapolation, data.action_influence, data.use_nla)))
    said += sorted(map(_curve, curves))
    moved |= _moved(block, curves)
    for curve in sorted(data.drivers, key=lambda curve: (curve.data_path, curve.array_index)):
        said += [_curve(curve), _driver(curve.driver, refer)]
    moved |= _moved(block, data.drivers)
    return digest(*said) if said else "", moved


def _driver(driver: bpy.types.Driver, refer: Refer) -> str:
    said: list[Any] = [driver.type, driver.expression, driver.use_self]
    for variable in driver.variables:
        said += [variable.name, variable.type]
        for target in variable.targets:
            said += [target.data_path, target.transform_type, target.transform_space, target.rotation_mode,
                     target.bone_target]
            if isinstance(target.id, bpy.types.Scene):
                said.append(_of_scene(target.id, target.data_path))
            else:
                refer(target.id)
    return repr(said)


def _moved(block: bpy.types.ID, curves: Iterable[bpy.types.FCurve]) -> set[Moved]:
    """What is given by these curves."""
    moved = set[Moved]()
    for curve in curves:
        path = curve.data_path
        holder, name = (path[:path.rfind("[")], path[path.rfind("["):]) if path.endswith("]") else \
            path.rpartition(".")[::2]
        try:
            owner: Any = block.path_resolve(holder) if holder else block
            pointer = owner.as_pointer()
        except (ValueError, AttributeError):
            continue
        moved.add((pointer, name, curve.array_index))
        if not isinstance(getattr(owner, name, ()), (bpy.types.bpy_prop_array, tuple)) and not hasattr(
                getattr(owner, name, None), "__len__"):
            moved.add((pointer, name, -1))
    return moved


def _of_scene(scene: bpy.types.Scene, path: str) -> str:
    """What a driver reads of a scene, unless that is its time."""
    if path.startswith("frame_"):
        return ""
    try:
        return repr(scene.path_resolve(path))
    except ValueError:
        return ""


def _curve(curve: bpy.types.FCurve) -> str:
    points = curve.keyframe_points
    said = [curve.data_path, curve.array_index, curve.extrapolation, curve.mute, len(points)]
    numbers = []
    for name, size in (("co", 2), ("handle_left", 2), ("handle_right", 2), ("back", 1), ("amplitude", 1),
                       ("period", 1)):
        values = np.empty(len(points) * size, np.float32)
        points.foreach_get(name, values)
        numbers.append(values.tobytes())
    said += [hashlib.blake2b(b"".join(numbers), digest_size=16).hexdigest(),
             [(point.interpolation, point.easing) for point in points]]
    for modifier in curve.modifiers:
        said.append(modifier.type)
        said += [(name, _listed(getattr(modifier, name))) for name, kind, _ in
                 properties(modifier) if kind in PLAIN]
    return repr(said)


def _listed(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else np.array(value).ravel().tolist()


def all_curves(block: bpy.types.ID) -> Iterator[bpy.types.FCurve]:
    """The curves of a datablock's keys and drivers."""
    data = any_kind(block).animation_data
    if data is not None:
        yield from compat.curves(block)
        yield from data.drivers
