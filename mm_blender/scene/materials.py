"""Materials: what elements, lines and texts are made of, for a look."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..appearance.colours import Colours
from ..appearance.looks import Look
from ..colour.colormaps import HUE
from . import authorship, compat, properties, tags
from .blender_types import floats, geometry_nodes, links_of, nodes_of, scene_now, set_default, tree_of
from .nodes import colour, surface
from .nodes.builder import Socket, Tree

COVER = "cover"  # a mesh's attribute: by how much what is behind it is not seen


class MaterialTree(Tree):
    """The node tree of a ``material``, emptied."""

    def __init__(self, material: bpy.types.Material):
        super().__init__(compat.node_tree(material))
        self.material = material


def elements(colours: Colours, look: Look) -> bpy.types.Material:
    """The elements' material: the ``level`` of the instance, or of the face, to a colour. The settings are the inputs
    of its colour group and, of what elements are made of, of its surface."""
    tree = new("mm elements")
    read = tree.outputs(surface.read())
    color = colour_of(tree, colours, look, **read)
    finish = finish_of(look)
    shown = tree.outputs(surface.build(finish), Color=color, Level=read["Level"], Highlight=read["Highlight"],
                         **finish_settings(look, finish))
    output(tree, shown["Surface"])
    return _no_lamp(tree.material)


def _no_lamp(material: bpy.types.Material) -> bpy.types.Material:
    """A material of elements of which no face is a lamp: of a million cubes, that takes half a minute and 6 GB."""
    cycles = cycles_of(material)
    if cycles:
        cycles.emission_sampling = "NONE"
    return material


def turning(first: Colours, second: Colours, look: Look) -> bpy.types.Material:
    """The material of elements that turn from one matrix' colours into another's: those of their ``level_from``, and as
    far as they have ``passed`` those of their ``level_to``."""
    tree = new("mm turning")
    read = tree.outputs(surface.read())
    ends = [colour_of(tree, colours, look, **{**read, "Level": surface.attribute(tree, name)})
            for colours, name in ((first, "level_from"), (second, "level_to"))]
    color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
        "Factor": surface.attribute(tree, "passed"), "A": ends[0], "B": ends[1]})
    finish = finish_of(look)
    shown = tree.outputs(surface.build(finish), Color=color, Level=read["Level"], Highlight=read["Highlight"],
                         **finish_settings(look, finish))
    output(tree, shown["Surface"])
    return _no_lamp(tree.material)


def cycles_of(material: bpy.types.Material) -> Any:
    """What Cycles adds to a material; None where Blender has been built, or set, to do without it."""
    return getattr(material, "cycles", None)


def finish_of(look: Look) -> str:
    """The finish of elements in a look."""
    return surface.DRAWN if look.drawn else surface.LIT if look.lit else surface.UNLIT


def finish_settings(look: Look, finish: str) -> dict:
    """The inputs of the surface of a ``finish`` that make it this look's."""
    accent = {"Accent": (*look.accent, 1.0), "Accented": 1.0} if look.accent else {}
    drawn = look.drawn
    if finish == surface.DRAWN and drawn:
        return {**accent, "Ink": (*drawn.ink, 1.0), "Inked": drawn.inked, "Edge Width": drawn.width,
                "Face": drawn.face, "Shade": drawn.shade}
    if finish == surface.UNLIT:
        return accent
    return {**accent, "Roughness": look.roughness, "Specular": look.specular, "Glow": look.glow,
            "Highlight Glow": look.highlight_glow}


def strip(colours: Colours, look: Look) -> bpy.types.Material:
    """The material of a colour bar: the mesh's attribute ``level`` to the colour of elements, unlit."""
    tree = new("mm key")
    level = tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "GEOMETRY", "attribute_name": "level"})
    shader = tree.get("ShaderNodeEmission", into={"Color": colour_of(tree, colours, look, Level=level),
                                                  "Strength": 1.0})
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    output(tree, surface.mix(tree, seen, tree.get("ShaderNodeBsdfTransparent"), shader))
    return tree.material


def colour_of(tree: Tree, colours: Colours, look: Look, **into: Socket) -> Socket:
    """The colour of a level: a node whose group is that of the map and whose inputs are the settings."""
    return tree.outputs(colour.build(colours.cmap), **into, **_settings(colours, look))["Color"]


def recolour(material: bpy.types.Material, colours: Colours, look: Look) -> None:
    """Change the settings, and the map, of a material of ``elements``. One that a person has made otherwise is left
    alone."""
    tree, ours = material.node_tree, authorship.is_ours(material)
    for node in list(nodes_of(tree)):
        if node.bl_idname != "ShaderNodeGroup" or not colour.is_ours(node.node_tree):
            continue
        group = colour.build(colours.cmap)
        if node.node_tree != group:
            node = _regroup(tree_of(material), node, group)
        for name, value in _settings(colours, look).items():
            set_default(node.inputs[name], value)
    if ours:
        authorship.stamp(material)


def _regroup(tree: bpy.types.NodeTree, old: bpy.types.Node, group: bpy.types.NodeTree) -> bpy.types.Node:
    """A node of ``group`` in the place of ``old``, with its links."""
    new: Any = tree.nodes.new("ShaderNodeGroup")
    new.node_tree, new.location = group, old.location
    for socket in old.inputs:
        for link in list(links_of(socket)):
            if socket.name in new.inputs:
                tree.links.new(link.from_socket, new.inputs[socket.name])
    for link in [link for socket in old.outputs for link in links_of(socket)]:
        tree.links.new(new.outputs[0], link.to_socket)
    tree.nodes.remove(old)
    return new


def _settings(colours: Colours, look: Look) -> dict[str, float]:
    course = colours.course
    shared = {"Decades": float(course.decades), "Low": course.low, "Knee": course.knee, "Start": course.start,
              "End": course.end}
    if colours.cmap != HUE:
        return {**shared, "Saturation": 1.0}  # a map's colours are what it was chosen for
    return {**shared, "Saturation": look.saturation, "Zero Hue": colours.zero_hue, "Hue Gap": colours.hue_gap,
            "Hue Spread": colours.hue_spread, "Min Light": colours.min_light, "Max Light": colours.max_light}


def flat(name: str, rgba: Sequence[float]) -> bpy.types.Material:
    """A material of one colour (linear, 4) that needs no light: lines, texts, arrows."""
    tree = new(name)
    opacity = {"Opacity": rgba[3]} if rgba[3] < 1 else {}
    output(tree, tree.outputs(surface.flat(), Color=(*rgba[:3], 1.0), **opacity)["Surface"])
    material: Any = tree.material
    if opacity and hasattr(material, "surface_render_method"):
        material.surface_render_method = "BLENDED"
    material.diffuse_color = rgba
    return tree.material


def veil(name: str, rgb: Sequence[float]) -> bpy.types.Material:
    """A material of one colour (linear, 3) that covers what is behind it by the mesh's attribute ``COVER``, 0 to 1."""
    tree = new(name)
    cover = tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "GEOMETRY", "attribute_name": COVER})
    output(tree, tree.outputs(surface.flat(), Color=(*rgb, 1.0), Opacity=cover)["Surface"])
    material: Any = tree.material
    if hasattr(material, "surface_render_method"):
        material.surface_render_method = "BLENDED"
    material.diffuse_color = (*rgb, 1.0)
    return tree.material


def shade(name: str, darkness: float) -> bpy.types.Material:
    """What darkens the ground behind it by the mesh's attribute ``shadow`` times ``darkness``, for the camera only."""
    tree = new(name)
    density = tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "GEOMETRY", "attribute_name": "shadow"})
    black = tree.get("ShaderNodeEmission", into={"Color": (0.0, 0.0, 0.0, 1.0), "Strength": 0.0})
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    output(tree, surface.mix(tree, density * darkness * seen, tree.get("ShaderNodeBsdfTransparent"), black))
    if hasattr(tree.material, "surface_render_method"):
        tree.material.surface_render_method = "BLENDED"
    return tree.material


def new(name: str) -> MaterialTree:
    """A new material's tree, which knows it as ``material``; ``output`` ends it."""
    return MaterialTree(bpy.data.materials.new(name))


def output(tree: MaterialTree, shader: Socket) -> None:
    """Have the material look like ``shader``, and lay its nodes out."""
    tree.node("ShaderNodeOutputMaterial", into={"Surface": shader})
    tree.arrange()
    authorship.stamp(tree.material)


# ---- what is written over elements, of all visualizations alike -----------------------------------------------------

def shared(name: str, rgb: tuple[float, float, float]) -> bpy.types.Material:
    """The file's material ``name``, which a person may have changed, or a new one of that colour."""
    return bpy.data.materials.get(name) or flat(name, (*rgb, 1.0))


def on_light(collection: bpy.types.Collection) -> bool:
    """Whether the ground of a visualization's look is light."""
    world = properties.pointed(collection, tags.WORLD, bpy.types.World) or scene_now().world
    return world is not None and sum(floats(world.color)) > 1.0


def put(obj: bpy.types.Object, inputs: dict[str, bpy.types.Material]) -> None:
    """Set materials of an object's first modifier, which is evaluated again only if one is another."""
    modifier = geometry_nodes(obj, 0)
    changed = {name: material for name, material in inputs.items()
               if compat.modifier_input(modifier, name) != material}
    compat.set_modifier_inputs(modifier, changed)
    if changed:
        obj.update_tag()
