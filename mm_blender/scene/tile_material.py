"""The material of a tile: the picture of its elements (of a sweep's plane, those of the operands), and the groups of
``nodes.tile_shader``, ``tile_plane_group`` and ``tile_surface`` that read and show them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from ..appearance.colours import Colours
from ..appearance.looks import Look
from ..appearance.rules import colour_at, Course, EDGE
from ..appearance.shading import Cubes, Shade
from ..colour.srgb import srgb_to_linear
from ..expression.tree import Viz
from . import materials
from .blender_types import nodes_of
from .nodes import surface, tile_plane_group, tile_shader, tile_sum_group, tile_surface
from .nodes.builder import Socket
from .nodes.tile_shader import ADDED, KEPT, MEAN, PIXEL

PICTURE, SUMMED = "picture", "summed"
THERE, SIGN, SIZE = 0, 1, 2  # bytes of a texel: blue, green, red
NAN = 128  # green of what is no number; what is positive has more
LOOKED_AT = 128  # rows and columns of a matrix from which its mean colours are taken
OWN = (PIXEL, MEAN, *KEPT, *ADDED)
Made = dict[tuple, bpy.types.Material]  # one of each kind that was made, by what the kind has in common


def new(colours: Colours, look: Look, sweep: bool, before: Made, elements: str = PICTURE) -> bpy.types.Material:
    """The material of a tile, to be filled; with ``sweep`` one that a sweep reveals and lights. ``elements``: where
    they are: in a ``PICTURE``, in faces that carry sums (``SUMMED``), or, of a plane, the algorithm that moves it. A
    copy of one of ``before`` where there is one: to build it takes longer."""
    kind = (colours, look, sweep, elements)
    if kind in before:
        return before[kind].copy()
    before[kind] = _build(colours, look, sweep, elements)
    return before[kind]


def show(material: bpy.types.Material, images: Mapping[str, bpy.types.Image]) -> None:
    """Have a material read ``images``: of the tile (""), or of the operands of a plane (``Left``, ``Right``)."""
    for node in nodes_of(material.node_tree):
        if reads_elements(node) and node.label in images:
            node.image = images[node.label]


def reads_elements(node: Any) -> bool:
    """Whether a node of a tile's material reads the picture of its elements, and not one of a person's."""
    return node.bl_idname == "ShaderNodeTexImage" and (node.image is None or node.image.name.startswith("mm "))


def tell(obj: bpy.types.Object, size: tuple[float, float], means: Means, shade: Shade) -> None:
    """Tell a tile's material what is its own: that its picture has ``size`` (h, w) texels with these ``means``, and its
    faces are shaded by ``shade``. These are properties of the object: writing to a material takes much longer."""
    obj[PIXEL], obj[MEAN] = (1.0 / size[1], 1.0 / size[0], 0.0), means
    for names, table in ((KEPT, shade.kept), (ADDED, shade.added)):
        obj[names[0]], obj[names[1]] = table.mean(0).tolist(), ((table[1] - table[0]) / 2).tolist()


Means = tuple[float, float, float]  # level of what is positive, of what is negative, share of the first of what is seen


def cubes_of(texels: np.ndarray, means: Means, viz: Viz, course: Course, look: Look, frame: np.ndarray,
             axes: np.ndarray) -> Cubes:
    """The cubes in ``texels`` under a look's light. ``frame`` (3, 3): of the matrix in the world; ``axes``: right, up
    and backward of the camera there."""
    most = 384  # slots each way: a patch tells of the whole
    h, w = texels.shape[:2]
    patches = []
    for y in sorted({0, max(0, h // 2 - most // 2)}):
        patches.append(texels[y:y + most // 2, max(0, w // 2 - most // 2):][:, :most])
    patch = np.concatenate(patches)
    half = np.float32(EDGE * viz.elem_scale / 2)
    size = np.float32(viz.min_size) + patch[..., SIZE] * np.float32((1 - viz.min_size) / 255)
    halves = size * half * (patch[..., THERE] > 0)
    suns = []
    for sun in look.suns:
        towards = np.array(sun.direction) @ axes
        suns.append((frame.T @ (towards / np.linalg.norm(towards)), sun.strength * float(np.mean(sun.color))))
    positive, negative, share = means
    both = srgb_to_linear(colour_at(np.array([positive, negative]), viz, course)).mean(1)
    return Cubes(halves, frame.T @ axes[2], suns, 0.9 * look.ambient, float(both @ (share, 1 - share)))


def _build(colours: Colours, look: Look, sweep: bool, elements: str) -> bpy.types.Material:
    tree = materials.new("mm tile")
    groups = {PICTURE: tile_shader.look, SUMMED: tile_sum_group.look}
    plane = elements not in groups
    looked = tree.outputs(tile_plane_group.look(elements) if plane else groups[elements]())

    def texel(name: str, side: str = "") -> Socket:
        # images are the only nodes that a group cannot hold, since tiles share it
        texture = tree.node("ShaderNodeTexImage", set={"interpolation": "Closest", "extension": "CLIP", "label": side},
                            into={"Vector": looked[f"{side} {name}".strip()]})
        return Socket(tree, texture.outputs["Color"])

    texels = {name: tree.outputs(tile_plane_group.product(), Left=texel(name, "Left"), Right=texel(name, "Right"))[
        "Texel"] if plane else looked[name] if elements == SUMMED else texel(name) for name in tile_shader.LOOKED}
    met = tree.outputs(tile_shader.met(sweep), **texels)
    color = materials.colour_of(tree, colours, look, **{name: met[name] for name in (
        "Level", "Highlight", "Hue Shift", "Light Shift")})
    far = {name: materials.colour_of(tree, colours, look, Level=looked[name]) for name in ("Positive", "Negative")}
    finish = surface.LIT if look.lit else surface.UNLIT  # edges are not drawn where elements are a few pixels
    shown = tree.outputs(tile_surface.build(finish), Color=color, **far, **materials.finish_settings(look, finish), **{
        name: met[name] for name in tile_surface.MET})
    materials.output(tree, shown["Surface"])
    cycles = materials.cycles_of(tree.material)
    if cycles:
        # the faces of cubes are no bumps, which Cycles would shade at most as the plane that they are on
        cycles.use_bump_map_correction = False
        cycles.emission_sampling = "NONE"  # a glow, no lamp
    return tree.material


def means_of(texels: np.ndarray) -> Means:
    """The mean levels of the elements in ``texels``, as seen from afar."""
    some = texels[:: max(1, texels.shape[0] // LOOKED_AT), :: max(1, texels.shape[1] // LOOKED_AT)].reshape(-1, 4)
    root = some[:, SIZE] / 255.0
    area = (some[:, THERE] > 0) * (0.2 + 0.8 * root) ** 2
    weights, means = [], []
    for of in (some[:, SIGN] > NAN, some[:, SIGN] <= NAN):
        weights.append(float((area * of).sum()))
        means.append(float((root ** 2 * area * of).sum() / weights[-1]) if weights[-1] else 0.0)
    share = weights[0] / sum(weights) if sum(weights) else 0.5
    return max(means[0], 1e-6), -max(means[1], 1e-6), share
