"""Materials: what elements, lines and texts are made of, for a look."""
from __future__ import annotations

import bpy

from ..changes import Colours
from . import compat
from .looks import Look
from .nodes import colour
from .nodes.builder import Socket, Tree
from .nodes.elements import INF_LEVEL, NAN_LEVEL


def elements(colours: Colours, look: Look) -> bpy.types.Material:
    """The elements' material: the instance's ``level`` to a colour. The settings are the inputs of its colour group."""
    tree = _new("mm elements")
    shared = {name: _attribute(tree, name) for name in ("level", "highlight", "hue_shift", "light_shift")}
    group = tree.node("ShaderNodeGroup")
    group.node_tree = colour.build()
    for name, value in {"Level": shared["level"], "Highlight": shared["highlight"], "Hue Shift": shared["hue_shift"],
                        "Light Shift": shared["light_shift"], "Saturation": look.saturation,
                        **_settings(colours)}.items():
        tree.put(group.inputs[name], value)
    color = Socket(tree, group.outputs[0])
    if look.accent:
        color = tree.get("ShaderNodeMix", "Result", set={"data_type": "RGBA"}, into={
            "Factor": shared["highlight"], "A": color, "B": (*look.accent, 1.0)})
    plain = _surface(tree, color, look, look.glow + shared["highlight"] * look.highlight_glow)
    _output(tree, _mix(tree, abs(shared["level"]) > (1 + INF_LEVEL) / 2, plain, _no_number(tree, shared["level"])))
    return tree.material


def recolour(material: bpy.types.Material, colours: Colours) -> None:
    """Change the settings of a material of ``elements``. One that a person has made otherwise is left alone."""
    for node in material.node_tree.nodes if material.node_tree else ():
        if node.bl_idname == "ShaderNodeGroup" and node.node_tree and node.node_tree.name == colour.NAME:
            for name, value in _settings(colours).items():
                node.inputs[name].default_value = value


def _settings(colours: Colours) -> dict[str, float]:
    return {"Zero Hue": colours.zero_hue, "Hue Gap": colours.hue_gap, "Hue Spread": colours.hue_spread,
            "Min Light": colours.min_light, "Max Light": colours.max_light}


def _no_number(tree: Tree, level: Socket) -> Socket:
    """What NaN (magenta and black squares) and infinities (white, +, or grey, -, and black squares) look like."""
    checker = tree.node("ShaderNodeTexChecker", into={"Scale": 3.0, "Color2": (0.0, 0.0, 0.0, 1.0),
                                                      "Vector": tree.get("ShaderNodeTexCoord", "Object")})
    nan = level > (INF_LEVEL + NAN_LEVEL) / 2
    negative = level < 0.0
    rgb = tree.get("ShaderNodeCombineColor", into={0: 1.0 - 0.75 * negative, 1: (1.0 - nan) * (1.0 - 0.75 * negative),
                                                   2: 1.0 - 0.75 * negative})
    tree.put(checker.inputs["Color1"], rgb)
    return tree.get("ShaderNodeEmission", into={"Color": Socket(tree, checker.outputs["Color"]), "Strength": 1.0})


def flat(name: str, rgba: tuple[float, float, float, float]) -> bpy.types.Material:
    """A material of one colour (linear) that needs no light: lines, texts, arrows."""
    tree = _new(name)
    shader = tree.get("ShaderNodeEmission", into={"Color": (*rgba[:3], 1.0), "Strength": 1.0})
    if rgba[3] < 1:
        shader = _mix(tree, rgba[3], tree.get("ShaderNodeBsdfTransparent"), shader)
        if hasattr(tree.material, "surface_render_method"):
            tree.material.surface_render_method = "BLENDED"
    # lines and texts are marks on the picture: they throw no shadow and light nothing
    seen = tree.get("ShaderNodeLightPath", "Is Camera Ray")
    _output(tree, _mix(tree, seen, tree.get("ShaderNodeBsdfTransparent"), shader))
    tree.material.diffuse_color = rgba
    return tree.material


def _new(name: str) -> Tree:
    material = bpy.data.materials.new(name)
    tree = Tree(compat.node_tree(material))
    tree.material = material
    return tree


def _attribute(tree: Tree, name: str) -> Socket:
    """An attribute of the instance as a number (output 2, called Fac before 5.0); 0 where it is absent."""
    return tree.get("ShaderNodeAttribute", 2, set={"attribute_type": "INSTANCER", "attribute_name": name})


def _surface(tree: Tree, color: Socket, look: Look, glow: Socket) -> Socket:
    if not look.lit:
        return tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0})
    return tree.get("ShaderNodeBsdfPrincipled", into={
        "Base Color": color, "Roughness": look.roughness, "Emission Color": color, "Emission Strength": glow,
        "Specular IOR Level": look.specular})


def _mix(tree: Tree, factor, first: Socket, second: Socket) -> Socket:
    node = tree.node("ShaderNodeMixShader", into={0: factor})
    tree.put(node.inputs[1], first)
    tree.put(node.inputs[2], second)
    return Socket(tree, node.outputs[0])


def _output(tree: Tree, shader: Socket) -> None:
    tree.node("ShaderNodeOutputMaterial", into={"Surface": shader})
    tree.arrange()


# ---- what is written over elements, of all visualizations alike -----------------------------------------------------

def shared(name: str, rgb: tuple[float, float, float]) -> bpy.types.Material:
    """The file's material ``name``, which a person may have changed, or a new one of that colour."""
    return bpy.data.materials.get(name) or flat(name, (*rgb, 1.0))


def on_light() -> bool:
    """Whether the scene's ground is light."""
    world = bpy.context.scene.world
    return world is not None and sum(world.color) > 1.5


def put(obj: bpy.types.Object, inputs: dict[str, bpy.types.Material]) -> None:
    """Set materials of an object's first modifier, which is evaluated again only if one is another."""
    changed = {name: material for name, material in inputs.items()
               if compat.modifier_input(obj.modifiers[0], name) != material}
    for name, material in changed.items():
        compat.set_modifier_input(obj.modifiers[0], name, material)
    if changed:
        obj.update_tag()
