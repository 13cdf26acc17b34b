"""What a path to render to asks for: a picture, a movie, or a folder of frames."""
from __future__ import annotations

import os
from collections.abc import Mapping

from ..errors import RenderError
from ..system import file_formats
from ..system.file_paths import resolve

FOLDER = "folder"
ENDINGS = file_formats.endings("render")


def least(size: tuple[int, int], count: int = 1) -> int:
    """The bytes that ``count`` pictures of ``size`` pixels have at least, however little there is to see: PNG
    packs them to a thousandth at best."""
    return count * (size[0] * size[1] * 3 // 1032 + 60)


def kind(path: str | os.PathLike) -> str:
    """Its ending, one of ``ENDINGS``, or ``folder``: a path that has none, ends in a slash or is a folder already.

    Raises RenderError for any other ending, for a folder whose name ends like a file of ours, and for what is no path.
    """
    found = resolve(path)
    text = os.fsdecode(path)
    slashed = text.endswith(("/", os.sep))
    ending = found.suffix.lower().rstrip(".")  # of "sweep." it is "." from Python 3.14 on, and nothing before
    if found.name.lower() in ENDINGS:
        raise RenderError(f"the output {text!r} has no name before its ending")
    if ending in ENDINGS and not slashed:
        if os.path.isdir(found):
            raise RenderError(f"the output {text!r} is a folder: name a file in it, such as {found / 'out'}{ending}")
        return ending
    if slashed or not ending or os.path.isdir(found):
        return FOLDER
    raise RenderError(f"the output {text!r} must end in {', '.join(ENDINGS)}, or in nothing, for a folder of frames")


def moves(kind: str) -> bool:
    """Whether what is rendered to a path of that ``kind`` is a movie."""
    return kind == FOLDER or kind in [ending for each in file_formats.written_by("render") if each.moves
                                      for ending in each.endings]


def refuse_of_movies(asked: Mapping[str, bool]) -> None:
    """Raise RenderError for what is ``asked`` of a still and only a movie has, by name."""
    names = [name for name, is_asked in asked.items() if is_asked]
    if names == ["frames"]:
        raise RenderError("frames are for movies: a still shows one moment, at= a step or frame= one of the scene's")
    if names:
        raise RenderError(f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} for movies, and a .png is none: "
                          f"name one that ends in {', '.join(ending for ending in ENDINGS if moves(ending))}")


def refuse_moment(at: int | str | None, frame: int | None) -> None:
    """Raise RenderError for a moment that is asked of a movie."""
    if at is not None or frame is not None:
        raise RenderError("a movie shows the whole sweep: at and frame are for stills, frames=(first, last) for a part")
