"""What a scene shows of a story at a frame, without mm_blender; as a program, of the .blend that MM_BLEND names."""
import json
import os
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.modules["mm_blender"] = None  # to import it is an error
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy
import numpy as np

from drawn import Drawn

PERCENT, SAMPLES = 5, 4  # of the picture's size, and rays a pixel: a tiny picture


def at(frame: int) -> dict:
    """``camera``: its matrix (4, 4) and angle; ``words``: which captions are seen; ``playheads``: where they are;
    ``lit``: of each element of each matrix row, column, edge, highlight and shift of lightness; ``picture``
    (height, width, 3), from 0 to 1."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    camera = scene.camera
    lit = []
    for obj in sorted((obj for obj in scene.objects if obj.get("mm_part") == "matrix"), key=lambda obj: obj["mm_path"]):
        drawn = Drawn(obj, depsgraph)
        rows = np.stack([drawn.row, drawn.col, drawn.edge, drawn.highlight, drawn.light_shift], 1)
        lit.append(rows[np.lexsort((drawn.col, drawn.row))].tolist())
    return {"camera": [*np.ravel(camera.matrix_world).tolist(), camera.data.angle],
            "words": sorted(obj.data.body for obj in scene.objects
                            if obj.type == "FONT" and obj.get("mm_story") == "caption" and not obj.hide_render),
            "playheads": sorted(obj.location.x for obj in scene.objects if "mm_playhead" in obj),
            "lit": lit, "picture": picture(scene).tolist()}


def picture(scene) -> np.ndarray:
    render = scene.render
    render.engine, scene.cycles.samples, render.resolution_percentage = "CYCLES", SAMPLES, PERCENT
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format = "PNG"
    with tempfile.TemporaryDirectory() as folder:
        render.filepath = str(Path(folder) / "small.png")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(render.filepath)
        wide, high = image.size
        pixels = np.empty(wide * high * 4, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
    return pixels.reshape(high, wide, 4)[::-1, :, :3]


if __name__ == "__main__":
    bpy.ops.wm.open_mainfile(filepath=os.environ["MM_BLEND"])
    with open(os.environ["MM_OUT"], "w") as file:
        json.dump([at(frame) for frame in json.loads(os.environ["MM_FRAMES"])], file)
