"""Depth: how far away what the camera sees is, in a quick picture of its own."""
from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ..layout.framing import Camera
from ..layout.places import to_blender
from ..scene import compat, materials, parts, tags
from ..scene.blender_types import cycles_of, seen_through
from ..scene.built import Built
from ..system import quiet, writing
from . import image_file, picture_scene


def picture(built: Built, camera: Camera, scene: bpy.types.Scene, new: writing.New) -> np.ndarray:
    """``hidden.visible``'s depth (h, w) of the matrices of what is built, and of what a person put beside it, which the
    camera of ``scene``, one for pictures, sees as ``camera``. It passes through the folder of ``new``. Raises
    RenderError."""
    render, settings, layer = scene.render, cycles_of(scene), scene.view_layers[0]
    shown = [obj for obj in scene.objects if not obj.hide_render and obj.type in ("MESH", "FONT", "CURVE")
             and obj.get(tags.PART, parts.MATRIX) not in (parts.MATRIX, parts.SWEEP)]
    override, former = _material(), layer.material_override
    render.engine, render.film_transparent = compat.engine("cycles"), True
    settings.samples, settings.use_denoising, settings.max_bounces = 1, False, 0
    settings.pixel_filter_type, settings.filter_width = "BLACKMAN_HARRIS", 0.01
    compat.image_format(render.image_settings, "OPEN_EXR")
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    path = new.folder / "depth.exr"
    render.filepath = str(path)
    try:
        for obj in shown:
            obj.hide_render = True
        layer.material_override = override
        with quiet.silence():
            picture_scene.shoot(scene)
    except RuntimeError as error:
        raise new.failed(f"Blender could not render what hides what: {str(error).strip()}") from None
    finally:
        layer.material_override = former
        for obj in shown:
            obj.hide_render = False
        bpy.data.materials.remove(override)
    seen = image_file.read(new.check(path))
    base, eye = parts.base_of(built.collection), seen_through(scene).matrix_world
    pitch = built.group.placement.pitch
    unit = pitch * base.median_scale
    target = base @ Vector((to_blender(camera.target) * pitch).tolist())
    away = (eye.translation - target).dot((eye.to_3x3() @ Vector((0, 0, 1))).normalized())
    return np.where(seen[..., 3] > 0.5, (seen[..., 0] - away) / unit, np.inf)


def _material() -> bpy.types.Material:
    """One that shines as brightly as it is far away, in metres along the line of sight."""
    tree = materials.new("mm depth")
    depth = tree.get("ShaderNodeCameraData", "View Z Depth")
    color = tree.get("ShaderNodeCombineXYZ", into={0: depth, 1: depth, 2: depth})
    materials.output(tree, tree.get("ShaderNodeEmission", into={"Color": color, "Strength": 1.0}))
    return tree.material
