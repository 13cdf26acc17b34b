"""Depth: how far away what the camera sees is, in a quick picture of its own."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
import numpy as np
from mathutils import Vector

from ..framing import Camera
from ..places import to_blender
from . import compat, imagefile, materials, parts
from .build import base_of

if TYPE_CHECKING:
    from ..visualization import Visualization


def picture(viz: "Visualization", camera: Camera, scene: bpy.types.Scene, folder: Path) -> np.ndarray:
    """``hidden.visible``'s depth (h, w) of the matrices of ``viz``, which the scene's camera sees as ``camera``. The
    settings for rendering that it changes are the caller's to give back."""
    render, settings, layer = scene.render, scene.cycles, scene.view_layers[0]
    shown = [obj for obj in scene.objects if not obj.hide_render and obj.type in ("MESH", "FONT", "CURVE")
             and obj.get("mm_part") not in (parts.MATRIX, parts.SWEEP)]
    override, former = _material(), layer.material_override
    render.engine, render.film_transparent = compat.engine("cycles"), True
    settings.samples, settings.use_denoising, settings.max_bounces = 1, False, 0
    settings.pixel_filter_type, settings.filter_width = "BLACKMAN_HARRIS", 0.01
    compat.image_format(render.image_settings, "OPEN_EXR")
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    render.filepath = str(folder / "depth.exr")
    try:
        for obj in shown:
            obj.hide_render = True
        layer.material_override = override
        bpy.ops.render.render(write_still=True)
    finally:
        layer.material_override = former
        for obj in shown:
            obj.hide_render = False
        bpy.data.materials.remove(override)
    seen = imagefile.read(render.filepath)
    base, eye = base_of(viz.collection), scene.camera.matrix_world
    unit = viz.placement.pitch * base.median_scale
    target = base @ Vector(to_blender(camera.target) * viz.placement.pitch)
    away = (eye.translation - target).dot(eye.col[2].to_3d().normalized())
    return np.where(seen[..., 3] > 0.5, (seen[..., 0] - away) / unit, np.inf)


def _material() -> bpy.types.Material:
    """One that shines as brightly as it is far away, in metres along the line of sight."""
    tree = materials.new("mm depth")
    depth = tree.get("ShaderNodeCameraData", "View Z Depth")
    color = tree.get("ShaderNodeCombineXYZ", into={0: depth, 1: depth, 2: depth})
    materials.output(tree, tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0}))
    return tree.material
