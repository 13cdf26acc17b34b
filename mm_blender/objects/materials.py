"""Materials: what elements, lines and texts are made of, for a look."""
from __future__ import annotations

import bpy

from ..changes import Colours
from ..colormaps import HUE
from . import compat
from .looks import Drawn, Look
from .nodes import colour
from .nodes.builder import Socket, Tree
from .nodes.elements import CORNER, INF_LEVEL, NAN_LEVEL


def elements(colours: Colours, look: Look) -> bpy.types.Material:
    """The elements' material: the ``level`` of the instance, or of the face, to a colour. The settings are the inputs
    of its colour group."""
    tree = new("mm elements")
    shared = {name: _attribute(tree, name) for name in ("level", "highlight", "hue_shift", "light_shift")}
    color = colour_of(tree, colours, look, Level=shared["level"], Highlight=shared["highlight"],
                      Hue_Shift=shared["hue_shift"], Light_Shift=shared["light_shift"])
    if look.accent:
        color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
            "Factor": shared["highlight"], "A": color, "B": (*look.accent, 1.0)})
    if look.drawn:
        plain = _drawn(tree, color, look.drawn)
    else:
        plain = surface(tree, color, look, look.glow + shared["highlight"] * look.highlight_glow)
    output(tree, mix(tree, abs(shared["level"]) > (1 + INF_LEVEL) / 2, plain, _no_number(tree, shared["level"])))
    if hasattr(tree.material, "cycles"):  # else every face is a lamp: of a million cubes, half a minute and 6 GB
        tree.material.cycles.emission_sampling = "NONE"
    return tree.material


def strip(colours: Colours, look: Look) -> bpy.types.Material:
    """The material of a colour bar: the mesh's attribute ``level`` to the colour of elements, unlit."""
    tree = new("mm key")
    level = tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "GEOMETRY", "attribute_name": "level"})
    shader = tree.get("ShaderNodeEmission", into={"Color": colour_of(tree, colours, look, Level=level),
                                                  "Strength": 1.0})
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    output(tree, mix(tree, seen, tree.get("ShaderNodeBsdfTransparent"), shader))
    return tree.material


def colour_of(tree: Tree, colours: Colours, look: Look, **into) -> Socket:
    """The colour of a level: a node whose group is that of the map and whose inputs are the settings."""
    node = tree.node("ShaderNodeGroup")
    node.node_tree = colour.build(colours.cmap)
    for name, value in {**{name.replace("_", " "): value for name, value in into.items()},
                        **_settings(colours, look)}.items():
        tree.put(node.inputs[name], value)
    return Socket(tree, node.outputs[0])


def recolour(material: bpy.types.Material, colours: Colours, look: Look) -> None:
    """Change the settings, and the map, of a material of ``elements``. One that a person has made otherwise is left
    alone."""
    tree = material.node_tree
    for node in list(tree.nodes) if tree else ():
        if node.bl_idname != "ShaderNodeGroup" or not colour.is_ours(node.node_tree):
            continue
        group = colour.build(colours.cmap)
        if node.node_tree != group:
            node = _regroup(tree, node, group)
        for name, value in _settings(colours, look).items():
            node.inputs[name].default_value = value


def _regroup(tree: bpy.types.NodeTree, old: bpy.types.Node, group: bpy.types.NodeTree) -> bpy.types.Node:
    """A node of ``group`` in the place of ``old``, with its links."""
    new = tree.nodes.new("ShaderNodeGroup")
    new.node_tree, new.location = group, old.location
    for socket in old.inputs:
        for link in list(socket.links):
            if socket.name in new.inputs:
                tree.links.new(link.from_socket, new.inputs[socket.name])
    for link in [link for socket in old.outputs for link in socket.links]:
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


def _no_number(tree: Tree, level: Socket) -> Socket:
    """What NaN (magenta and black squares) and infinities (white, +, or grey, -, and black squares) look like."""
    checker = tree.node("ShaderNodeTexChecker", into={"Scale": 3.0, "Color2": (0.0, 0.0, 0.0, 1.0),
                                                      "Vector": _corner(tree)})
    nan = level > (INF_LEVEL + NAN_LEVEL) / 2
    negative = level < 0.0
    rgb = tree.get("ShaderNodeCombineColor", into={0: 1.0 - 0.75 * negative, 1: (1.0 - nan) * (1.0 - 0.75 * negative),
                                                   2: 1.0 - 0.75 * negative})
    tree.put(checker.inputs["Color1"], rgb)
    return tree.get("ShaderNodeEmission", into={"Color": Socket(tree, checker.outputs["Color"]), "Strength": 1.0})


def flat(name: str, rgba: tuple[float, float, float, float]) -> bpy.types.Material:
    """A material of one colour (linear) that needs no light: lines, texts, arrows."""
    tree = new(name)
    shader = tree.get("ShaderNodeEmission", into={"Color": (*rgba[:3], 1.0), "Strength": 1.0})
    if rgba[3] < 1:
        shader = mix(tree, rgba[3], tree.get("ShaderNodeBsdfTransparent"), shader)
        if hasattr(tree.material, "surface_render_method"):
            tree.material.surface_render_method = "BLENDED"
    # lines and texts are marks on the picture: they throw no shadow and light nothing
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    output(tree, mix(tree, seen, tree.get("ShaderNodeBsdfTransparent"), shader))
    tree.material.diffuse_color = rgba
    return tree.material


def shade(name: str, darkness: float) -> bpy.types.Material:
    """What darkens the ground behind it by the mesh's attribute ``shadow`` times ``darkness``, for the camera only."""
    tree = new(name)
    density = tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "GEOMETRY", "attribute_name": "shadow"})
    black = tree.get("ShaderNodeEmission", into={"Color": (0.0, 0.0, 0.0, 1.0), "Strength": 0.0})
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    output(tree, mix(tree, density * darkness * seen, tree.get("ShaderNodeBsdfTransparent"), black))
    if hasattr(tree.material, "surface_render_method"):
        tree.material.surface_render_method = "BLENDED"
    return tree.material


def new(name: str) -> Tree:
    """A new material's tree, which knows it as ``material``; ``output`` ends it."""
    material = bpy.data.materials.new(name)
    tree = Tree(compat.node_tree(material))
    tree.material = material
    return tree


def _attribute(tree: Tree, name: str) -> Socket:
    """An attribute of the instance, or of the mesh where cubes are faces of one, as a number (output 2, called Fac
    before 5.0): the sum of both, since the one that is absent is 0."""
    of_instance, of_mesh = (tree.get("ShaderNodeAttribute", 2, set={"attribute_type": kind, "attribute_name": name})
                            for kind in ("INSTANCER", "GEOMETRY"))
    return of_instance + of_mesh


def _corner(tree: Tree) -> Socket:
    """Where a point is on its cube (of edge 1, around the origin): an instance's own space or, of a face, what its mesh
    says, which is nowhere 0 on a cube."""
    said = tree.get("ShaderNodeAttribute", "Vector", set={"attribute_type": "GEOMETRY", "attribute_name": CORNER})
    there = tree.get("ShaderNodeVectorMath", "Value", set={"operation": "LENGTH"}, into={0: said}) > 0.0
    return tree.get("ShaderNodeMix", "Result", set={"data_type": "VECTOR"}, into={
        "Factor": there, "A": tree.get("ShaderNodeTexCoord", "Object"), "B": said})


def surface(tree: Tree, color: Socket, look: Look, glow: Socket) -> Socket:
    """The surface of elements in a look; ``glow``: strength of what it shines by itself, where it is lit."""
    if not look.lit:
        return tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    return tree.get("ShaderNodeBsdfPrincipled", into={
        "Base Color": color, "Roughness": look.roughness, "Emission Color": color, "Emission Strength": glow,
        "Specular IOR Level": look.specular})


def _drawn(tree: Tree, color: Socket, drawn: Drawn) -> Socket:
    """Faces in a flat tint, and the element's edges in ink: a point is near an edge of the cube (of edge 1, around the
    origin) where two of its coordinates are near a half."""
    def rgb(kind: str, factor, a, b) -> Socket:
        return tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA", "blend_type": kind},
                        into={"Factor": factor, "A": a, "B": b})

    xyz = tree.node("ShaderNodeSeparateXYZ", into={0: _corner(tree)})
    x, y, z = (abs(Socket(tree, output)) for output in xyz.outputs)
    least = tree.math("MINIMUM", tree.math("MINIMUM", x, y), z)
    most = tree.math("MAXIMUM", tree.math("MAXIMUM", x, y), z)
    second = x + y + z - least - most
    edge = second > 0.5 - drawn.width
    normal = tree.node("ShaderNodeSeparateXYZ", into={0: tree.get("ShaderNodeNewGeometry", "True Normal")})
    lit = 1.0 - (1.0 - Socket(tree, normal.outputs[2])) * (drawn.shade / 2)
    tint = tree.get("ShaderNodeVectorMath", set={"operation": "SCALE"}, into={0: color, "Scale": lit * drawn.face})
    line = rgb("MIX", drawn.inked, color, (*drawn.ink, 1.0))
    return tree.get("ShaderNodeEmission", into={"Color": rgb("MIX", edge, tint, line), "Strength": 1.0})


def mix(tree: Tree, factor, first: Socket, second: Socket) -> Socket:
    """The shader ``first``, or ``second`` where ``factor`` is 1."""
    node = tree.node("ShaderNodeMixShader", into={0: factor})
    tree.put(node.inputs[1], first)
    tree.put(node.inputs[2], second)
    return Socket(tree, node.outputs[0])


def output(tree: Tree, shader: Socket) -> None:
    """Have the material look like ``shader``, and lay its nodes out."""
    tree.node("ShaderNodeOutputMaterial", into={"Surface": shader})
    tree.arrange()


# ---- what is written over elements, of all visualizations alike -----------------------------------------------------

def shared(name: str, rgb: tuple[float, float, float]) -> bpy.types.Material:
    """The file's material ``name``, which a person may have changed, or a new one of that colour."""
    return bpy.data.materials.get(name) or flat(name, (*rgb, 1.0))


def on_light() -> bool:
    """Whether the scene's ground is light."""
    world = bpy.context.scene.world
    return world is not None and sum(world.color) > 1.0


def put(obj: bpy.types.Object, inputs: dict[str, bpy.types.Material]) -> None:
    """Set materials of an object's first modifier, which is evaluated again only if one is another."""
    changed = {name: material for name, material in inputs.items()
               if compat.modifier_input(obj.modifiers[0], name) != material}
    for name, material in changed.items():
        compat.set_modifier_input(obj.modifiers[0], name, material)
    if changed:
        obj.update_tag()
