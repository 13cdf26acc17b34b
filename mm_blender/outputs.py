"""What a path to render to asks for: a picture, a movie, or a folder of frames."""
from __future__ import annotations

import os
from pathlib import Path

from .errors import RenderError

FOLDER = "folder"
ENDINGS = (".png", ".mp4", ".gif")


def kind(path: str | os.PathLike) -> str:
    """``.png``, ``.mp4``, ``.gif`` or ``folder``: a path that has no ending, ends in a slash or is a folder already.

    Raises RenderError for any other ending, and for a folder whose name ends like a file of ours.
    """
    text = os.fspath(path)
    slashed = text.endswith(("/", os.sep))
    ending = Path(text).suffix.lower()
    if ending in ENDINGS and not slashed:
        if Path(text).is_dir():
            raise RenderError(f"the output {text!r} is a folder: name a file in it, "
                              f"such as {Path(text) / 'out'}{ending}")
        return ending
    if slashed or not ending or Path(text).is_dir():
        return FOLDER
    raise RenderError(f"the output {text!r} must end in {', '.join(ENDINGS)}, or in nothing, for a folder of frames")
