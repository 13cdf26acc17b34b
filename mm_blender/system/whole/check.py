"""A file is checked by the rules of the format that its ending says."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .. import file_formats
from .reading import Cut, Reader


def check(path: Path, size: tuple[int, int] | None = None, frames: int | None = None) -> None:
    """Raise Cut, which says why, unless ``path`` is a whole file of the format that its ending says, with as many
    pixels each way as ``size`` and as many ``frames``, as far as they are given. Raises OSError if it cannot be read,
    KeyError for an ending whose format is not known here."""
    whole = file_formats.of(path).whole
    with open(path, "rb") as file:
        found = whole(Reader(file, os.fstat(file.fileno()).st_size))
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
