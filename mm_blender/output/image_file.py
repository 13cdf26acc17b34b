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


def save(pixels: np.ndarray, path: Path, kind: str, quality: int = 90) -> None:
    """Write ``pixels``, uint8 (height, width, 4), to ``path`` as ``kind`` of Blender's (``WEBP``, ``JPEG``, ``PNG``),
    of ``quality`` up to 100. Raises RuntimeError where Blender cannot."""
    height, width, _ = pixels.shape
    image = bpy.data.images.new("mm picture", width, height, alpha=True)
    try:
        image.alpha_mode = "CHANNEL_PACKED"
        any_image: Any = image  # whose pixels take any buffer
        any_image.pixels.foreach_set((pixels[::-1].astype(np.float32) / 255).ravel())
        any_image.file_format = kind
        image.save(filepath=str(path), quality=quality)
    finally:
        bpy.data.images.remove(image)


def as_clear_bytes(path: Path) -> np.ndarray:
    """The same as uint8 (height, width, 4), opaque where the file tells nothing of that."""
    pixels = as_bytes(path)
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)
