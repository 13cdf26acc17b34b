"""Looks in Blender: their lights and their worlds."""
from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import Look
from . import authorship, compat, properties, tags
from .blender_types import new_sun, set_default


def light(look: Look, axes: np.ndarray, collection: bpy.types.Collection) -> None:
    """Add the look's lights; ``axes``: rows right, up and backward of the camera, in Blender's coordinates."""
    for sun in look.suns:
        data = new_sun(f"mm {sun.name}")
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
    block = bpy.data.worlds.new("mm world")
    tree = compat.node_tree(block)
    output = tree.nodes.new("ShaderNodeOutputWorld")
    mix = tree.nodes.new("ShaderNodeMixShader")
    path = tree.nodes.new("ShaderNodeLightPath")
    ambient, ground = (tree.nodes.new("ShaderNodeBackground") for _ in range(2))
    set_default(ground.inputs["Color"], (*look.ground, 1.0))
    set_default(ambient.inputs["Color"], (0.80, 0.88, 1.0, 1.0))
    set_default(ambient.inputs["Strength"], look.ambient)
    tree.links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
    tree.links.new(ambient.outputs[0], mix.inputs[1])
    tree.links.new(ground.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    block.color = look.ground
    block[tags.LOOK] = True
    authorship.stamp(block)
    return block
