"""Fading: copies of marks and letters that come or go while one visualization turns into another."""
from __future__ import annotations

import bpy
import numpy as np

from . import authorship, keys, parts, properties, tags
from .blender_types import any_data, default_of, mesh_of, nodes_of, numbers, tree_of

FLAGS = ("hide_render", "hide_viewport")


class Fade:
    """What goes within ``frames`` or, unless ``out``, comes: copies in ``collection``, of which those of one material
    fade as one."""

    def __init__(self, collection: bpy.types.Collection, frames: tuple[float, float], out: bool):
        self.collection, self.frames, self.out = collection, frames, out
        self._faded: dict[bpy.types.Material, bpy.types.Material] = {}

    def put(self, obj: bpy.types.Object) -> bpy.types.Object:
        """A copy of ``obj``, with its parent, that fades."""
        copy = copied(obj, self.collection)
        for at, slot in enumerate(copy.material_slots):
            if slot.material is not None:
                faded = self._faded.get(slot.material) or self._fade(slot.material)
                copy.material_slots[at].link = "OBJECT"
                copy.material_slots[at].material = faded
        return copy

    def _fade(self, material: bpy.types.Material) -> bpy.types.Material:
        faded = self._faded[material] = material.copy()
        tree = tree_of(faded)
        for node in nodes_of(tree):
            at = _strength(node)
            if at is None:
                continue
            full = float(default_of(node.inputs[at]))
            ends = (full, 0.0) if self.out else (0.0, full)
            keys.smooth(tree, f'nodes["{node.name}"].inputs[{at}].default_value', list(zip(self.frames, ends)))
        if hasattr(faded, "surface_render_method"):
            faded.surface_render_method = "BLENDED"
        authorship.stamp(faded)
        return faded


def _strength(node: bpy.types.Node) -> int | None:
    """Which input of a node says how much is seen: the opacity of what is flat, the darkness of a shadow."""
    sockets = list(node.inputs)
    if node.bl_idname == "ShaderNodeGroup":
        return next((at for at, socket in enumerate(sockets) if socket.name == "Opacity"), None)
    if node.bl_idname == "ShaderNodeMath" and sockets[0].is_linked and not sockets[1].is_linked:
        return 1
    return None


def alike(obj: bpy.types.Object, other: bpy.types.Object) -> bool:
    """Whether two marks, or texts, are the same; an arrow may be elsewhere, or larger."""
    if (obj.type, *_words(obj)) != (other.type, *_words(other)):
        return False
    if obj.type == "MESH" and not np.array_equal(_corners(obj), _corners(other)):
        return False
    arrows = properties.has(obj, tags.FLOW_OF) and obj.get(tags.FLOW_OF) == other.get(tags.FLOW_OF)
    return arrows or np.allclose(np.array(obj.matrix_world), np.array(other.matrix_world), atol=1e-4)


def _words(obj: bpy.types.Object) -> tuple[str, ...]:
    return (any_data(obj).body, f"{any_data(obj).size:.6g}") if obj.type == "FONT" else ()


def _corners(obj: bpy.types.Object) -> np.ndarray:
    mesh = mesh_of(obj)
    out = np.zeros(3 * len(mesh.vertices), np.float32)
    numbers(mesh, "position").foreach_get("vector", out)
    return out.round(5)


def moved(obj: bpy.types.Object, other: bpy.types.Object, frames: tuple[float, float],
          collection: bpy.types.Collection) -> bpy.types.Object:
    """A copy of ``obj`` that goes to where ``other``, which is alike, stands."""
    copy = copied(obj, collection)
    ends = [each.matrix_basis.decompose() for each in (obj, other)]
    if not np.allclose(np.array(obj.matrix_basis), np.array(other.matrix_basis), atol=1e-5):
        copy.rotation_mode = "QUATERNION"
        for path, values in zip(("location", "rotation_quaternion", "scale"), zip(*ends)):
            keys.smooth_vector(copy, path, zip(frames, values))
    return copy


def copied(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """A copy of ``obj`` with the same data, as a part of what travels: nothing finds it for what ``obj`` is."""
    copy = obj.copy()
    if copy.animation_data:
        copy.animation_data_clear()
    for name in (tags.PATH, tags.ROWS_OF, tags.FLOW_OF, tags.HUNG, tags.LABEL):
        copy.pop(name, None)
    copy[tags.PART] = parts.TRAVEL
    copy[tags.OWN] = copy.name
    if properties.has(copy, tags.ROLE):
        copy[tags.ROLE] = parts.TRAVEL
    collection.objects.link(copy)
    return copy
