"""Differences between Blender 4.5, 5.0, 5.1 and 5.2 that we touch. Features are detected; Blender's versions are never
compared."""
from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from .blender_types import any_kind, any_modifier, group_of, tree_of

# Blender looks a context that is overridden up in a Python dictionary, also while it renders, when another thread may
# run Python. Whether it must wait for that one it can tell since Python 3.13; before, it does not, and both may crash.
OVERRIDES_BESIDE_THREADS = sys.version_info >= (3, 13)


def input_identifiers(group: bpy.types.NodeTree) -> dict[str, str]:
    """The identifiers of a group's input sockets by their names, but for geometry, which modifiers do not set."""
    interface: Any = group.interface
    return {item.name: item.identifier for item in interface.items_tree
            if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry"}


def input_identifier(group: bpy.types.NodeTree, name: str) -> str:
    """Identifier of the group's input socket ``name`` (KeyError if there is none)."""
    return _found(group, input_identifiers(group), name)


def _found(group: bpy.types.NodeTree, identifiers: dict[str, str], name: str) -> str:
    if name not in identifiers:
        raise KeyError(f"node group {group.name!r} has no input {name!r}")
    return identifiers[name]


def set_modifier_inputs(modifier: bpy.types.NodesModifier, values: Mapping[str, object]) -> None:
    """Set inputs of a geometry-nodes modifier by name. The object must be tagged for update afterwards."""
    group = group_of(modifier)
    identifiers = input_identifiers(group)
    inputs = _inputs(modifier)
    for name, value in values.items():
        identifier = _found(group, identifiers, name)
        if inputs is None:
            modifier[identifier] = value
        else:
            getattr(inputs, identifier).value = value


def set_modifier_input(modifier: bpy.types.NodesModifier, name: str, value: object) -> None:
    """Set one input, as ``set_modifier_inputs`` does."""
    set_modifier_inputs(modifier, {name: value})


def modifier_inputs(modifier: bpy.types.NodesModifier) -> dict[str, Any]:
    """The values of a geometry-nodes modifier's inputs by name."""
    identifiers = input_identifiers(group_of(modifier))
    inputs = _inputs(modifier)
    if inputs is not None:
        return {name: getattr(inputs, identifier).value for name, identifier in identifiers.items()}
    return {name: modifier[identifier] for name, identifier in identifiers.items()}


def modifier_input(modifier: bpy.types.NodesModifier, name: str) -> Any:
    """The value of a geometry-nodes modifier's input by name."""
    identifier, inputs = input_identifier(group_of(modifier), name), _inputs(modifier)
    return modifier[identifier] if inputs is None else getattr(inputs, identifier).value


def _inputs(modifier: bpy.types.NodesModifier) -> Any:
    """What holds a modifier's inputs; None in Blenders where the modifier itself does."""
    return any_modifier(modifier).properties.inputs if hasattr(modifier, "properties") else None


def node_tree(owner: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """The node tree of a material or world, emptied. Before 5.0 there is none until ``use_nodes`` is set."""
    if owner.node_tree is None:
        owner.use_nodes = True
    tree = tree_of(owner)
    tree.nodes.clear()
    return tree


def engine(name: str) -> Any:
    """Blender's identifier for ``cycles``, ``eevee`` or ``workbench``, a text; its type knows the one that is always
    there."""
    if name == "eevee":
        engines: Any = bpy.types.RenderSettings.bl_rna.properties["engine"]
        known = engines.enum_items.keys()
        return "BLENDER_EEVEE_NEXT" if "BLENDER_EEVEE_NEXT" in known else "BLENDER_EEVEE"
    return {"cycles": "CYCLES", "workbench": "BLENDER_WORKBENCH"}[name]


def image_format(settings: bpy.types.ImageFormatSettings, name: str) -> None:
    """Choose the format of what is rendered; since 5.0 the kind of medium comes first."""
    any_settings: Any = settings  # in which names of formats are a closed list
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE" if "MULTILAYER" in name else "IMAGE"
    any_settings.file_format = name


def key_linear(obj: bpy.types.Object, path: str, index: int, keys: Sequence[tuple[float, float]], name: str) -> None:
    """Key one channel of ``obj`` at ``(frame, value)``, straight lines between, constant outside; ``name``: the
    action's."""
    action = bpy.data.actions.new(name)
    obj.animation_data_create().action = action
    curve = action.fcurve_ensure_for_datablock(obj, path, index=index)
    curve.keyframe_points.add(len(keys))
    curve.keyframe_points.foreach_set("co", [float(x) for key in keys for x in key])
    for point in curve.keyframe_points:
        point.interpolation = "LINEAR"
    curve.update()


def key(block: bpy.types.ID, path: str, index: int, keys: Sequence[tuple[float, float]], interpolation: str) -> None:
    """Key one channel of a datablock at ``(frame, value)``: ``CONSTANT``, ``LINEAR`` or ``BEZIER``, which goes smoothly
    through the keys, and never beyond them. Keys that it has there go; constant outside."""
    animation = any_kind(block).animation_data or any_kind(block).animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(f"mm story {block.name}"[:60])
    curve = animation.action.fcurve_ensure_for_datablock(block, path, index=index)
    curve.keyframe_points.clear()
    curve.keyframe_points.add(len(keys))
    curve.keyframe_points.foreach_set("co", [float(x) for pair in keys for x in pair])
    for point in curve.keyframe_points:
        point.interpolation = interpolation
        point.handle_left_type = point.handle_right_type = "AUTO_CLAMPED"
    curve.update()


def set_letters_font(node: bpy.types.Node, font: bpy.types.VectorFont) -> None:
    """Choose the font of a node that makes curves of a text: a property of it or, since 5.2, one of its inputs."""
    holder: Any = node
    if "font" in node.bl_rna.properties:
        holder.font = font
    else:
        holder.inputs["Font"].default_value = font


def curves(block: bpy.types.ID) -> list[bpy.types.FCurve]:
    """The F-curves of a datablock's action, of the slot that it uses; none of a kind that cannot be animated."""
    animation = getattr(block, "animation_data", None)
    if animation is None or animation.action is None:
        return []
    return curves_of(animation.action, animation.action_slot)


def curves_of(action: bpy.types.Action, slot: bpy.types.ActionSlot | None) -> list[bpy.types.FCurve]:
    """The F-curves of a slot of an action."""
    if slot is None:
        return []
    strips: list[Any] = [strip for layer in action.layers for strip in layer.strips]  # of keys, the only kind there is
    bags = (strip.channelbag(slot) for strip in strips)
    return [curve for bag in bags if bag for curve in bag.fcurves]
