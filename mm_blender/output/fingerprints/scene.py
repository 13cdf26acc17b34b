"""The fingerprint of a scene: what its frames show.

All that is rendered is gone through: the objects of a scene, whatever they refer to (meshes, materials, node groups,
pictures, fonts, other objects …), their keys and drivers, and the scene's settings. Each datablock is digested by what
is in it; then, some rounds long, together with the digests of what it refers to. So what things are called, in which
order they were made, what is selected, at which frame the scene is and where the file lies makes no difference: names
are read only where a shader makes random numbers of them.
"""
from __future__ import annotations

import warnings
from collections.abc import Mapping

import bpy

from ...scene.blender_types import floats
from .animation import all_curves
from .contents import digest
from .datablocks import Datablock

ROUNDS = 8  # how far from a datablock what it refers to may differ
UNSEEN = ("CAMERA", "ARMATURE", "LATTICE", "SPEAKER")  # what is seen only through what refers to it
PHYSICS = ("CLOTH", "SOFT_BODY", "PARTICLE_SYSTEM", "FLUID", "DYNAMIC_PAINT")

Datablocks = Mapping[bpy.types.ID, Datablock]


def fingerprint(scene: bpy.types.Scene, blocks: Datablocks | None = None) -> tuple[str, dict[str, str]]:
    """The fingerprint of what ``scene`` renders; and of its parts, by kind, each without what it refers to, to tell
    what differs. ``blocks``: as ``gone_through`` gives them, if that was asked before."""
    blocks = gone_through(scene) if blocks is None else blocks
    seen = [obj for obj in scene.objects if _is_seen(obj)]
    named = any(each.is_random for each in blocks.values())
    digests = {block: digest(each.plain, each.keys, block.name if named and each.kind == "objects" else "")
               for block, each in blocks.items()}
    for _ in range(ROUNDS):
        digests = {block: digest(digests[block], *each.ordered(digests)) for block, each in blocks.items()}
    extra = ""
    if any(each.tells_time for each in blocks.values()):
        extra += f"{scene.render.fps} {scene.render.fps_base}"
    if any(modifier.type in PHYSICS for obj in seen for modifier in obj.modifiers):
        extra += f"{scene.use_gravity} {floats(scene.gravity)}"
    kinds: dict[str, list[str]] = {}
    for each in blocks.values():
        kinds.setdefault(each.kind, []).append(each.plain)
        if each.keys:
            kinds.setdefault("keyframes", []).append(each.keys)
    parts = {kind: digest(*sorted(each)) for kind, each in sorted(kinds.items())}
    return digest(*sorted(digests.values()), *sorted(digests[obj] for obj in seen), extra), parts


def gone_through(scene: bpy.types.Scene) -> Datablocks:
    """All datablocks that have a part in what ``scene`` renders, each gone through."""
    weighted = {obj.data for obj in scene.objects if obj.vertex_groups and obj.data}
    blocks: dict[bpy.types.ID, Datablock] = {}
    waiting: list[bpy.types.ID] = [*(obj for obj in scene.objects if _is_seen(obj)), scene]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of properties that a later Blender will not have
        while waiting:
            block = waiting.pop()
            if block not in blocks:
                blocks[block] = Datablock(block, block in weighted)
                waiting += blocks[block].refers
    return blocks


def _is_seen(obj: bpy.types.Object) -> bool:
    """Whether an object of a scene has a part in its pictures by itself."""
    if obj.hide_render and not any(curve.data_path == "hide_render" for curve in all_curves(obj)):
        return False
    if obj.type == "EMPTY":
        return obj.instance_type != "NONE" or bool(obj.field and obj.field.type != "NONE")
    return obj.type not in UNSEEN
