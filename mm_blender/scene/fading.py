"""Fading: copies of marks and letters that come or go while one visualization turns into another."""
from __future__ import annotations

import bpy

from . import authorship, keys, parts, tags
from .blender_types import default_of, nodes_of, tree_of

FLAGS = ("hide_render", "hide_viewport")


class Fade:
    """What goes from ``first`` to ``last`` (frames), or comes (``out`` false), beside what else is a ``part``. Copies of
    one material fade as one."""

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


def copied(obj: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    """A copy of ``obj`` with the same data, as a part of what travels: nothing finds it for what ``obj`` is."""
    copy = obj.copy()
    if copy.animation_data:
        copy.animation_data_clear()
    for name in (tags.PATH, tags.ROWS_OF, tags.FLOW_OF, tags.HUNG, tags.LABEL):
        copy.pop(name, None)
    copy[tags.PART] = parts.TRAVEL
    copy[tags.OWN] = copy.name
    if tags.ROLE in copy:
        copy[tags.ROLE] = parts.TRAVEL
    collection.objects.link(copy)
    return copy
