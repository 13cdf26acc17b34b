"""What is done with visualizations, one or several side by side, without Blender: the live page, and scenes for other
programs."""
from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .buildable import Buildable
from .display import Display, HEIGHT, Picture
from .document import make, moments
from .document.asked import asked
from .errors import RenderError, warn
from .explaining import on_what_is_built
from .options import QUALITIES
from .plain import choice
from .system import file_formats, file_paths, writing
from .system.interrupts import deferring

if TYPE_CHECKING:
    from .layout.framing import Camera


class Pages(Buildable):
    """What can be shown of a ``group`` where there is no Blender."""

    @abstractmethod
    def _rendered(self, quality: str) -> bytes | None:
        """A picture (PNG) by Blender; None where there is none."""

    def _seen_from(self) -> Camera | None:
        """How the camera of what is built sees it, where a person has moved that; else None."""
        if not self.is_built:
            return None
        from .scene import scene_picture

        return scene_picture.by_hand(self.built)

    @asked
    def show(self, height: int = HEIGHT, *, interactive: bool = True, quality: str | None = None) -> Display:
        """What a notebook shows of it where it is the last line of a cell, or given to IPython's ``display``: the live
        page, ``height`` pixels high, which needs no server; and beside it a picture for places that run no script. The
        visualization itself, on the last line, is ``show()``.

        interactive: whether the page is shown; else the picture alone.
        quality: of the picture: ``preview``, ``draft`` or ``final`` as Blender renders it, see ``render``. None: a
            plain one beside a page, without Blender, which is there at once, and a preview where it stands alone.

        A page of more than 50 MB is left out, which is said (MMWarning). Raises an MMError.
        """
        from .web import showing

        if quality is not None:
            choice(quality, QUALITIES, "quality")
        self.follow(strictly=False)
        page = showing.page(self.group, self._seen_from()) if interactive else None
        picture = None
        if quality is not None or page is None:
            picture = self._rendered(quality or "preview")
        if picture is None:
            picture = showing.plain(self.group, self._seen_from())
        return Display(repr(self), page, picture, height)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows of it, see ``show``. Whatever goes wrong, the cell has its result."""
        try:
            return self.show()._repr_mimebundle_()
        except Exception as error:
            warn(f"{self!r} could not be shown: {error}")
            return {"text/plain": repr(self)}

    def _repr_html_(self) -> str | None:
        """The same for places that ask for HTML."""
        return self._repr_mimebundle_().get("text/html")

    def _mime_(self) -> tuple[str, str]:
        """The same for marimo."""
        return self.show()._mime_()

    @asked
    def page(self, path: str | os.PathLike, *, algorithms: str | Sequence[str] | None = None, title: str | None = None,
             caption: str | None = None, look: str | None = None) -> Picture:
        """Write a live page, and return its path, which a notebook shows: one HTML file that opens in any browser of
        today by a double click, without network, server or Blender. It shows what the Blender scene does, from the same
        camera, also where a person has moved that; can be turned and played, and tells the values.

        path: ends in ``.html``.
        algorithms: the sweeps that can be played, beside what the visualization shows by itself: names as ``anim.alg``
            has them, ``"all"`` (the same as None, so that a page of ``Q @ K.T`` can be played though nothing moves in
            it at first), or ``"none"``. Those that would show the same as another are left out, and those that a
            reduced matrix cannot show.
        title: in the window's bar and above; None: the visualization's name, else its expression. caption: below.
        look: other than the visualization's, to begin with; ``dark`` and ``paper`` can be chosen in every page.

        All values are in the file, so who is sent it can read them. They are exact where the matrices have at most
        262,144 elements, else to 11 bits, which the page says; more than 4 million elements are reduced, unless
        ``reduce="none"``. Needs no bpy. Raises an MMError.
        """
        from .web import making, variants

        target = file_paths.target(path, file_formats.endings("page"))
        request = making.Request(variants.wanted(algorithms), title, caption)
        self.follow(strictly=False)
        request = replace(request, camera=self._seen_from())
        text = making.text(make.edited_group(self.group, {"look": look}), request)
        writing.write(target, text.encode("utf-8"))
        return Picture(target)

    @deferring
    @asked
    @on_what_is_built
    def export(self, path: str | os.PathLike, *, realized: bool = False, at: int | str | None = None) -> Path:
        """Write a scene for other programs, and return its path. Needs no bpy.

        By the ending of ``path``: ``.glb`` (glTF 2.0, for browsers and viewers), ``.usda``, ``.usdc`` or ``.usd``
        (OpenUSD; all but the first need the package usd-core), ``.ply`` (points with colour, size and value). All have
        every element that is drawn, where and as large as it is, in its exact colour; GLB and USD the guides, the
        arrows and the camera, too, from where a person has moved it. Names, keys and lights are not in them.

        realized: elements as real cubes, for programs that know no instances (of glTF, the extension
            EXT_mesh_gpu_instancing; of PLY, points): some eight times as large.
        at: which step of a sweep is shown, as for ``render``. None: GLB and USD have the sweep as an animation, which
            rests on its end, PLY that end. Of a sweep that would be too large some steps, or the products inside the
            boxes, are left out, which is said (MMWarning).

        Raises RenderError, and SizeError where it would not fit into memory or into the format.
        """
        from .export.formats import WRITERS
        from .export.request import ExportRequest

        target = file_paths.target(path, file_formats.endings("export"))
        self.follow()
        if at == moments.NOW:
            raise RenderError("at='now' is for pictures of Blender's scene: name a step, 'start' or 'end'")
        write = WRITERS[file_formats.of(target).title]
        write(self.group, target, ExportRequest(moments.step_of(self.group, at), realized, self._seen_from()))
        return target
