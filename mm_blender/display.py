"""Display: what a notebook shows of pictures, movies and visualizations.

IPython asks an object on a cell's last line for its ``_repr_…_`` methods; each answers None for what it is not.
"""
from __future__ import annotations

import base64
import importlib.util
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from .errors import MMWarning, warn
from .options import Options
from .system import file_formats, writing

LARGEST = 50e6             # bytes of a file that goes into a notebook
PAGE = (6.4, 4.0)          # inches of a preview
DPI, FONT_PT = 125, 9
HEIGHT = 560               # pixels of a live page
IN_HTML = ("image/gif", "image/webp", "video/mp4", "video/webm")  # what notebooks show by their HTML alone

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # a subclass of Path itself cannot be made before Python 3.12


class Picture(_Path):
    """The path of a picture, a movie or a page that was written. A notebook shows it; else it is a path as any."""

    def _repr_png_(self) -> bytes | None:
        return self._held("image/png")

    def _repr_jpeg_(self) -> bytes | None:
        return self._held("image/jpeg")

    def _repr_svg_(self) -> str | None:
        held = self._held("image/svg+xml")
        return None if held is None else held.decode("utf-8")

    def _repr_pdf_(self) -> bytes | None:
        return self._held("application/pdf")

    def _repr_html_(self) -> str | None:
        if (page := self._held("text/html")) is not None:
            return frame(page.decode("utf-8"))
        held = self._held(*IN_HTML)
        if held is None:
            return None
        media = file_formats.of(self).media
        source = quoteattr(f"data:{media};base64,{base64.b64encode(held).decode('ascii')}")
        return f"<video src={source} controls loop></video>" if media.startswith("video") else \
            f"<img src={source} alt={quoteattr(self.name)}>"

    def _held(self, *media: str) -> bytes | None:
        """The file's content if it is of such a type, and it is there and no larger than a notebook should hold."""
        try:
            if file_formats.is_known(self) and file_formats.of(self).media in media and self.stat().st_size <= LARGEST:
                return self.read_bytes()
        except OSError:
            pass
        return None


def frame(page: str, height: int = HEIGHT) -> str:
    """A whole ``page`` as an element of another one, which needs no server; ``height`` in pixels."""
    return (f'<iframe srcdoc={quoteattr(page)} sandbox="allow-scripts allow-downloads" '
            f'allow="fullscreen; clipboard-write" width="100%" height="{height}" '
            'style="border: 0"></iframe>')


@dataclass(frozen=True)
class Display:
    """What a notebook shows of something: a live ``page``, if there is one, and a ``picture`` (PNG) for places that run
    no script, such as GitHub and what is printed. In places that show neither there are its ``words``."""

    words: str
    page: str | None
    picture: bytes | None
    height: int = HEIGHT

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """All forms that there are, of which the place that shows it takes one."""
        forms = {"text/plain": self.words}
        if self.picture is not None:
            forms["image/png"] = base64.b64encode(self.picture).decode("ascii")
        if (html := self._repr_html_()) is not None:
            forms["text/html"] = html
        return forms

    def _repr_png_(self) -> bytes | None:
        return self.picture

    def _repr_html_(self) -> str | None:
        """The page before the picture, which is seen where no frame is, as in a notebook that nobody trusts."""
        if self.page is None:
            return None
        below = "" if self.picture is None else (
            f'<img src="data:image/png;base64,{base64.b64encode(self.picture).decode("ascii")}" '
            f'alt={quoteattr(self.words)} style="position: absolute; width: 100%; height: 100%; object-fit: contain">')
        return (f'<div style="position: relative; height: {self.height}px">{below}'
                f'<div style="position: absolute; inset: 0">{frame(self.page, self.height)}</div></div>')

    def _mime_(self) -> tuple[str, str]:
        """The richest form alone, as marimo asks."""
        if (html := self._repr_html_()) is not None:
            return "text/html", html
        if self.picture is not None:
            return "image/png", f"data:image/png;base64,{base64.b64encode(self.picture).decode('ascii')}"
        return "text/plain", self.words

    def __repr__(self) -> str:
        return self.words


class Previewed(Protocol):
    """What has a preview."""

    @property
    def options(self) -> Options:
        """Those of ``visualize``."""

    @property
    def is_built(self) -> bool:
        """Whether its objects are in the open file."""

    @property
    def figure(self) -> Callable[..., Picture]:
        """What writes a figure of it."""

    def _apart(self) -> Self:
        """The same, of which nothing is built."""


def can_render() -> bool:
    """Whether Blender is at hand, here and now."""
    return threading.current_thread() is threading.main_thread() and bool(
        "bpy" in sys.modules or importlib.util.find_spec("bpy"))


def preview(shown: Previewed, quality: str = "preview") -> bytes | None:
    """A small picture (PNG), rendered in ``quality`` and beside what is open in Blender, which stays as it is. None
    where bpy is missing, or nothing can be rendered, which is warned of (MMWarning)."""
    if not can_render():
        return None
    try:
        with writing.passing() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", MMWarning)  # what has no room here has on a page
            path = folder / "preview.png"
            if not shown.is_built:  # what is gone is shown, too
                shown = shown._apart()
            shown.figure(path, PAGE, DPI, FONT_PT, keys=shown.options.keys, quality=quality)
            return path.read_bytes()
    except Exception as error:  # whatever it is, the cell has its result
        warn(f"no picture of {shown!r} could be made: {error}")
        return None
