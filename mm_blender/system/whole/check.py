"""A file is checked by the rules of the format that its ending says."""
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import blend, exr, movies, pages, pictures, scenes
from .reading import Cut, Found, Reader

FORMATS: dict[str, Callable[[Reader], Found]] = {
    ".png": pictures.png, ".jpg": pictures.jpeg, ".jpeg": pictures.jpeg, ".webp": pictures.webp,
    ".tif": pictures.tiff, ".tiff": pictures.tiff, ".exr": exr.exr, ".gif": movies.gif, ".mp4": movies.mp4,
    ".pdf": pages.pdf, ".svg": pages.svg, ".json": pages.json, ".md": pages.text, ".blend": blend.blend,
    ".glb": scenes.glb, ".usda": scenes.usda, ".usdc": scenes.usdc, ".usd": scenes.usd, ".ply": scenes.ply}


def check(path: Path, size: tuple[int, int] | None = None, frames: int | None = None) -> None:
    """Raise Cut, which says why, unless ``path`` is a whole file of the format that its ending says, with as many
    pixels each way as ``size`` and as many ``frames``, as far as they are given. Raises OSError if it cannot be read,
    KeyError for an ending whose format is not known here."""
    form = FORMATS[path.suffix.lower()]
    with open(path, "rb") as file:
        found = form(Reader(file, os.fstat(file.fileno()).st_size))
    if size is not None and found.size != tuple(size):
        raise Cut(f"it has {found.size[0]} x {found.size[1]} pixels instead of {size[0]} x {size[1]}")
    if frames is not None and found.frames != frames:
        raise Cut(f"it has {found.frames} frames instead of {frames}")


def is_whole(path: Path, **expected: Any) -> bool:
    """Whether ``check`` finds nothing; what is not there, is no file or cannot be read is not whole."""
    try:
        if not path.is_file():
            return False
        check(path, **expected)
    except (Cut, OSError):
        return False
    return True
