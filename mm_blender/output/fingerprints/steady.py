"""What may make frames differ without a key that says so: drivers, simulations, scripts … What is not known here to be
the same at every frame is taken to differ, so kinds that a later Blender has make every frame its own."""
from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import bpy

from ...scene.blender_types import any_kind, cycles_of, nodes_of
from .scene import Datablocks

BLOCKS = (
    bpy.types.Armature, bpy.types.Camera, bpy.types.Collection, bpy.types.Curve, bpy.types.Curves, bpy.types.Image,
    bpy.types.Key, bpy.types.Lattice, bpy.types.Light, bpy.types.LightProbe, bpy.types.Material, bpy.types.Mesh,
    bpy.types.MetaBall, bpy.types.NodeTree, bpy.types.Object, bpy.types.PointCloud, bpy.types.Scene, bpy.types.Text,
    bpy.types.Texture, bpy.types.VectorFont, bpy.types.World)
MODIFIERS = frozenset("""ARMATURE ARRAY BEVEL BOOLEAN CAST CURVE DECIMATE DISPLACE EDGE_SPLIT HOOK LATTICE MASK MIRROR
    MULTIRES NODES NORMAL_EDIT REMESH SCREW SHRINKWRAP SIMPLE_DEFORM SKIN SMOOTH SOLIDIFY SUBSURF TRIANGULATE UV_PROJECT
    UV_WARP VERTEX_WEIGHT_EDIT VERTEX_WEIGHT_MIX VERTEX_WEIGHT_PROXIMITY WARP WEIGHTED_NORMAL WELD WIREFRAME""".split())
CONSTRAINTS = frozenset("""CHILD_OF COPY_LOCATION COPY_ROTATION COPY_SCALE COPY_TRANSFORMS DAMPED_TRACK LIMIT_DISTANCE
    LIMIT_LOCATION LIMIT_ROTATION LIMIT_SCALE LOCKED_TRACK MAINTAIN_VOLUME STRETCH_TO TRACK_TO TRANSFORM""".split())
IMAGES = ("FILE", "GENERATED", "TILED")
OWN_NODES = ("ShaderNode", "GeometryNode", "FunctionNode", "TextureNode", "Node")  # how the names of Blender's begin
# in the names of nodes that read the time, remember frames before, or play something
TIMED_NODES = ("Time", "Simulat", "Bake", "Solver", "Particle", "PointDensity", "Script", "Movie", "Sound", "Sequencer")
HANDLERS = ("frame_change_pre", "frame_change_post", "depsgraph_update_pre", "depsgraph_update_post", "render_init",
            "render_pre", "render_post")


def unsteady(scene: bpy.types.Scene, blocks: Datablocks) -> str:
    """What of ``scene``, whose datablocks are ``blocks``, may show something else at any frame whatever its keys say,
    in words; empty where nothing does."""
    owners = chain.from_iterable(each.owners for each in blocks.values())
    return next(chain(_of_scene(scene), chain.from_iterable(map(_of, owners))), "")


def _of_scene(scene: bpy.types.Scene) -> Iterator[str]:
    """What of the settings does, and of what listens to Blender."""
    any_scene = any_kind(scene)
    render = any_scene.render
    if render.use_motion_blur:
        yield "motion blur sees the frames around each"
    if render.engine == "CYCLES" and cycles_of(scene).use_animated_seed:
        yield "the noise of Cycles is another at each frame"
    if render.frame_map_old != render.frame_map_new:
        yield "its time is stretched"
    if any(marker.camera for marker in scene.timeline_markers):
        yield "markers change the camera"
    if scene.rigidbody_world is not None:
        yield "rigid bodies are simulated"
    if scene.sequence_editor is not None and len(any_scene.sequence_editor.strips):
        yield "the sequencer has a part in it"
    if hasattr(scene, "compositing_node_group"):
        composited = any_scene.compositing_node_group is not None
    else:  # before Blender 5.0
        composited = any_scene.use_nodes
    if composited:
        yield "the compositor has a part in it"
    for name in HANDLERS:
        if getattr(bpy.app.handlers, name):
            yield f"a script listens to {name}"


def _of(owner: bpy.types.ID) -> Iterator[str]:
    """What of a datablock does."""
    name = owner.name
    if not isinstance(owner, BLOCKS):
        yield f"{name} is a {type(owner).__name__}"
    data = getattr(owner, "animation_data", None)
    if data is not None:
        if len(data.drivers):
            yield f"{name} has a driver"
        if any(len(track.strips) for track in data.nla_tracks):
            yield f"{name} has strips in the NLA editor"
        if data.action is not None and any(
                strip.type != "KEYFRAME" for layer in data.action.layers for strip in layer.strips):
            yield f"{name} is moved by more than keys"
    if isinstance(owner, bpy.types.Object):
        yield from _of_object(owner)
    elif isinstance(owner, bpy.types.Image) and owner.source not in IMAGES:
        yield f"the picture {name} changes"
    elif isinstance(owner, bpy.types.Camera) and owner.type not in ("PERSP", "ORTHO", "PANO"):
        yield f"{name} sees by a script"
    elif isinstance(owner, bpy.types.NodeTree):
        yield from (f"{name} has a node {node.name}" for node in nodes_of(owner) if _is_timed(node))


def _of_object(obj: bpy.types.Object) -> Iterator[str]:
    if len(obj.particle_systems):
        yield f"{obj.name} has particles"
    for modifier in obj.modifiers:
        if modifier.type not in MODIFIERS:
            yield f"{obj.name} has a modifier {modifier.name}"
    bones: Any = obj.pose.bones if obj.pose is not None else ()
    for owner in (obj, *bones):
        for constraint in owner.constraints:
            if constraint.type not in CONSTRAINTS:
                yield f"{obj.name} has a constraint {constraint.name}"


def _is_timed(node: Any) -> bool:
    """Whether a node may give something else at each frame with the same inputs."""
    kind = node.bl_idname
    if not kind.startswith(OWN_NODES) or any(word in kind for word in TIMED_NODES):
        return True
    # an attribute of the view layer may be the scene's frame, and one that is reached over others anything
    return kind == "ShaderNodeAttribute" and (node.attribute_type == "VIEW_LAYER" or "." in node.attribute_name)
