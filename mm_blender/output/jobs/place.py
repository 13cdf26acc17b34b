"""Where a job is written: a folder that is new, empty, or one that a job was written into before."""
from __future__ import annotations

import os
from pathlib import Path

from ...errors import RenderError
from ...system import disks, file_paths
from .. import formats, reel


def target(path: str | os.PathLike) -> Path:
    """The folder that ``path`` names. Raises RenderError for what is called like a file, for a folder that cannot be
    made, and for one that holds something else than a job."""
    try:
        kind = formats.kind(path)
    except RenderError:
        kind = ""
    folder = file_paths.resolve(path)
    if kind != formats.FOLDER:
        raise RenderError(f"a job is a folder, and {folder.name!r} is called like a file: leave its ending out")
    file_paths.check_parent(folder)
    with disks.refusing(folder):
        held = os.listdir(folder) if folder.is_dir() else []
    if held and (reel.NOTE not in held or any(name.startswith("frame_") for name in held)):
        raise RenderError(f"{folder} holds other things than a job ({min(held)} …): name an empty folder, or one that "
                          "is not there yet")
    return folder
