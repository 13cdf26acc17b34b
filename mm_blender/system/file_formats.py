"""The formats of files that are written: a record each, from which all that asks of one takes what it needs.

Which endings a verb takes, what Blender renders for it, what a notebook shows, what the sidebar offers and how a whole
file is told from a cut one: it stands here and nowhere else.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from .whole import blend, exr, movies, pages, pictures, scenes
from .whole.reading import Found, Reader


@dataclass(frozen=True)
class Format:
    """A format of files that are written, by the names that people and the sidebar give it.

    ``endings``: of its files, the usual one first. ``whole``: what raises Cut unless an open file is a whole one.
    ``verbs``: the verbs of a visualization that write it; none where only the library does.
    ``blender``: what Blender calls the picture that it renders for a figure. ``media``: its type on the web (RFC 6838).
    ``about``: what is in a figure of it. ``vector``: texts and lines lie over that picture. ``deep``: 16 bits a channel
    can be had. ``transparent``: what is empty stays so. ``moves``: it is a movie, or can hold a sweep."""

    title: str
    endings: tuple[str, ...]
    whole: Callable[[Reader], Found]
    verbs: tuple[str, ...] = ()
    blender: str = ""
    media: str = ""
    about: str = ""
    vector: bool = False
    deep: bool = False
    transparent: bool = True
    moves: bool = False


# In the order in which they are offered
FORMATS = (
    Format("PNG", (".png",), pictures.png, ("render", "figure"), "PNG", "image/png",
           "Pixels, with their number to an inch", deep=True),
    Format("PDF", (".pdf",), pages.pdf, ("figure",), "PNG", "application/pdf",
           "Elements as pixels, every label as text over them", vector=True),
    Format("SVG", (".svg",), pages.svg, ("figure",), "PNG", "image/svg+xml",
           "Elements as pixels, every label as text over them, to be edited further", vector=True),
    Format("JPEG", (".jpg", ".jpeg"), pictures.jpeg, ("figure",), "JPEG", "image/jpeg",
           "Pixels, smaller than PNG and not exact", transparent=False),
    Format("WebP", (".webp",), pictures.webp, ("render", "figure"), "WEBP", "image/webp", "Pixels, for the web",
           moves=True),  # a movie where it is rendered, a still as a figure
    Format("TIFF", (".tif", ".tiff"), pictures.tiff, ("figure",), "TIFF", "image/tiff", "Pixels, for print", deep=True),
    Format("OpenEXR", (".exr",), exr.exr, ("figure",), "OPEN_EXR_MULTILAYER", "image/x-exr",
           "Layers with depth and cryptomatte, for compositing"),
    Format("MP4", (".mp4",), movies.mp4, ("render",), media="video/mp4", transparent=False, moves=True),
    Format("WebM", (".webm",), movies.webm, ("render",), media="video/webm", moves=True),
    Format("GIF", (".gif",), movies.gif, ("render",), media="image/gif", transparent=False, moves=True),
    Format("Blender", (".blend",), blend.blend, ("save",)),
    Format("Web page", (".html", ".htm"), pages.html, ("page",), media="text/html"),
    Format("GLB", (".glb",), scenes.glb, ("export",), media="model/gltf-binary", moves=True),
    Format("USD", (".usda", ".usdc", ".usd"), scenes.usd, ("export",), moves=True),
    Format("PLY", (".ply",), scenes.ply, ("export",)),
    Format("JSON", (".json",), pages.json),  # parameters, and the note beside a movie's frames
    Format("SubRip", (".srt",), pages.text, ("subtitles",)),  # the words of a story
    Format("TOML", (".toml",), pages.text, ("save_story",)),  # a story
    Format("Markdown", (".md",), pages.text),
    Format("Sound", (".audio",), pages.given),  # of a job's movie, whatever kind of sound it is
    Format("Script", (".sh", ".py", ".txt"), pages.text),  # what a job is run by
)
_BY_ENDING = {ending: each for each in FORMATS for ending in each.endings}


def written_by(verb: str) -> tuple[Format, ...]:
    """The formats that a verb of a visualization writes."""
    return tuple(each for each in FORMATS if verb in each.verbs)


def endings(verb: str) -> tuple[str, ...]:
    """All endings of the files that a verb of a visualization writes."""
    return tuple(ending for each in written_by(verb) for ending in each.endings)


def of(path: PurePath) -> Format:
    """The format that the ending of ``path`` says. Raises KeyError for one that is not written."""
    return _BY_ENDING[path.suffix.lower()]


def is_known(path: PurePath) -> bool:
    """Whether the ending of ``path`` is one of a format that is written."""
    return path.suffix.lower() in _BY_ENDING
