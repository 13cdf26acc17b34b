"""Image files as arrays, read by Blender."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import RenderError
from ..scene.blender_types import floats
from ..system.whole.check import check
from ..system.whole.reading import Cut


def read(path: Path) -> np.ndarray:
    """The numbers in a file, float32 (height, width, channels), the top row first; 8 bits as 0 to 1. Raises RenderError
    for one that is not whole, at which Blender may crash."""
    try:
        check(path)
    except (Cut, OSError) as error:
        raise RenderError(f"{path} cannot be read: {error}") from None
    image = bpy.data.images.load(str(path))
    try:
        if not image.is_float:
            space: Any = image.colorspace_settings
            space.name = "Non-Color"
        image.alpha_mode = "CHANNEL_PACKED"
        width, height = map(int, floats(image.size))
        flat = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
        return flat.reshape(height, width, image.channels)[::-1]
    finally:
        bpy.data.images.remove(image)


def as_bytes(path: Path) -> np.ndarray:
    """The same as uint8, 0 to 255."""
    return np.rint(read(path) * 255).astype(np.uint8)
