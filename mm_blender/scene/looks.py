"""Looks: light, ground and finish of a picture."""
from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from . import authorship, compat, properties, tags


@dataclass(frozen=True)
class Sun:
    """A light from infinitely far, so that it suits every size. ``direction``: where it comes from, in the camera's
    right, up, backward; ``strength`` in W/m2; ``angle``: its apparent size in degrees (soft edges of shadows)."""

    name: str
    direction: tuple[float, float, float]
    strength: float
    angle: float
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Drawn:
    """Elements drawn as on a plan: edges of ``width`` (of the element's edge), as bright as the element's colour mixed
    with ``ink`` by ``inked``; the faces of the element's colour times ``face``, by their direction ``shade`` less."""

    ink: tuple[float, float, float]
    inked: float
    width: float
    face: float
    shade: float


@dataclass(frozen=True)
class Look:
    lit: bool
    ground: tuple[float, float, float]      # colour behind everything, linear
    ambient: float                          # strength of the light that comes from everywhere
    suns: tuple[Sun, ...]
    line: float                             # brightness of guides at full setting
    text: tuple[float, float, float]
    left_vane: tuple[float, float, float, float]
    right_vane: tuple[float, float, float, float]
    saturation: float = 1.0                 # of the elements' colours; full ones glare under lights
    roughness: float = 0.5
    specular: float = 0.3
    glow: float = 0.05                      # a trace of emission keeps dark corners alive
    highlight_glow: float = 0.6
    accent: tuple[float, float, float] | None = None  # colour of highlighted elements, where brighter is not louder
    shadow: float = 0.0                     # darkness of the soft shadow on the ground that says where the whole stands
    drawn: Drawn | None = None              # elements with drawn edges
    guide: tuple[float, float, float] = (1.0, 1.0, 1.0)  # hue of guides, which ``line`` makes darker


_BLUE, _RED = (0.30, 0.58, 1.0), (1.0, 0.30, 0.30)  # the reference's arrow, linear
LOOKS = {
    "dark": Look(
        lit=True, ground=(0.0055, 0.0068, 0.0105), ambient=0.30,
        suns=(Sun("key", (0.25, 0.9, 0.55), 2.9, 6.0, (1.0, 0.97, 0.92)),
              Sun("fill", (-0.9, 0.1, 0.6), 0.7, 30.0, (0.75, 0.86, 1.0)),
              Sun("rim", (0.6, 0.3, -0.9), 1.2, 8.0, (0.85, 0.92, 1.0))),
        saturation=0.78, line=0.30, text=(0.82, 0.82, 0.92), left_vane=(*_BLUE, 0.75), right_vane=(*_RED, 0.75)),
    "paper": Look(
        lit=True, ground=(1.0, 1.0, 1.0), ambient=0.75,
        suns=(Sun("key", (0.25, 0.9, 0.55), 2.3, 8.0, (1.0, 0.98, 0.95)),
              Sun("fill", (-0.9, 0.1, 0.6), 0.5, 30.0, (0.85, 0.92, 1.0))),
        saturation=0.80, line=0.30, text=(0.012, 0.014, 0.022), left_vane=(0.10, 0.28, 0.75, 0.70),
        right_vane=(0.80, 0.10, 0.10, 0.70), glow=0.0, highlight_glow=0.25, accent=(1.0, 0.45, 0.0), shadow=0.55),
    "studio": Look(
        lit=True, ground=(0.42, 0.42, 0.43), ambient=0.62,
        suns=(Sun("key", (0.35, 0.85, 0.6), 2.1, 35.0, (1.0, 0.985, 0.96)),
              Sun("fill", (-0.9, 0.25, 0.5), 0.55, 60.0, (0.88, 0.94, 1.0)),
              Sun("rim", (-0.4, 0.5, -0.9), 0.8, 25.0)),
        saturation=0.78, line=0.30, text=(0.016, 0.017, 0.020), left_vane=(0.08, 0.22, 0.60, 0.75),
        right_vane=(0.62, 0.08, 0.08, 0.75), glow=0.0, highlight_glow=0.3, accent=(1.0, 0.42, 0.0), roughness=0.42,
        shadow=0.60),
    "blueprint": Look(
        lit=False, ground=(0.004, 0.032, 0.135), ambient=0.0, suns=(), line=0.75, text=(0.72, 0.84, 1.0),
        left_vane=(0.45, 0.75, 1.0, 0.45), right_vane=(1.0, 0.62, 0.45, 0.45), saturation=0.6,
        guide=(0.55, 0.78, 1.0), drawn=Drawn(ink=(0.80, 0.90, 1.0), inked=0.62, width=0.13, face=0.55, shade=0.45)),
    "flat": Look(
        lit=False, ground=(1.0, 1.0, 1.0), ambient=0.0, suns=(), line=0.35, text=(0.012, 0.014, 0.022),
        left_vane=(0.10, 0.28, 0.75, 0.70), right_vane=(0.80, 0.10, 0.10, 0.70)),
    "unlit": Look(
        lit=False, ground=(0.0, 0.0, 0.0), ambient=0.0, suns=(), line=1.0, text=(0.60, 0.60, 1.0),
        left_vane=(*_BLUE, 0.75), right_vane=(*_RED, 0.75)),
}


def light(look: Look, axes: np.ndarray, collection: bpy.types.Collection) -> None:
    """Add the look's lights; ``axes``: rows right, up and backward of the camera, in Blender's coordinates."""
    for sun in look.suns:
        data = bpy.data.lights.new(f"mm {sun.name}", "SUN")
        data.energy, data.angle, data.color = sun.strength, math.radians(sun.angle), sun.color
        lamp = bpy.data.objects.new(data.name, data)
        z = np.array(sun.direction) @ axes
        z /= np.linalg.norm(z)
        x = np.cross((0.0, 0.0, 1.0) if abs(z[2]) < 0.99 else (0.0, 1.0, 0.0), z)
        x /= np.linalg.norm(x)
        frame = np.eye(4)
        frame[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
        lamp.matrix_basis = lamp.matrix_world = Matrix(frame.tolist())
        collection.objects.link(lamp)


def drop(world: bpy.types.World | None) -> None:
    """Delete the world of a look, which its visualization needs no more, unless a person uses it elsewhere; one that a
    person has edited is kept."""
    if world is None:
        return
    shown = [scene for scene in bpy.data.scenes if scene.world == world]
    if world.users == len(shown) and is_ours(world):
        bpy.data.worlds.remove(world)
    elif world.users == 0:
        world.use_fake_user = True


def is_ours(world: bpy.types.World) -> bool:
    """Whether ``world`` is one of a look, as we made it."""
    return properties.has(world, tags.LOOK) and authorship.is_ours(world)


def world(look: Look) -> bpy.types.World:
    """A world whose ground is seen and whose ambient light, of the same hue but brighter, is not."""
    made = bpy.data.worlds.new("mm world")
    tree = compat.node_tree(made)
    output = tree.nodes.new("ShaderNodeOutputWorld")
    mix = tree.nodes.new("ShaderNodeMixShader")
    path = tree.nodes.new("ShaderNodeLightPath")
    ambient, ground = (tree.nodes.new("ShaderNodeBackground") for _ in range(2))
    ground.inputs["Color"].default_value = (*look.ground, 1.0)
    ambient.inputs["Color"].default_value = (0.80, 0.88, 1.0, 1.0)
    ambient.inputs["Strength"].default_value = look.ambient
    tree.links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
    tree.links.new(ambient.outputs[0], mix.inputs[1])
    tree.links.new(ground.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    made.color = look.ground
    made[tags.LOOK] = True
    authorship.stamp(made)
    return made
