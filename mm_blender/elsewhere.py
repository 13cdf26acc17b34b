"""What is made of visualizations for other programs, without Blender."""
from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path

from .document import moments
from .document.asked import asked
from .document.group import Group
from .errors import RenderError
from .explaining import on_what_is_built
from .system import file_paths
from .system.interrupts import deferring


class Elsewhere(ABC):
    """What can be done with the documents of a ``group`` where there is no Blender."""

    @property
    @abstractmethod
    def group(self) -> Group:
        """What is pictured: the documents, and where they stand."""

    @abstractmethod
    def follow(self, strictly: bool = True) -> None:
        """Become what is built, where that has changed since it was last looked at."""

    @deferring
    @asked
    @on_what_is_built
    def export(self, path: str | os.PathLike, *, realized: bool = False, at: int | str | None = None) -> Path:
        """Write a scene for other programs, and return its path. Needs no Blender.

        By the ending of ``path``: ``.glb`` (glTF 2.0, for browsers and viewers), ``.usda``, ``.usdc`` or ``.usd``
        (OpenUSD; all but the first need the package usd-core), ``.ply`` (points with colour, size and value). All have
        every element that is drawn, where and as large as it is, in its exact colour; GLB and USD the guides, the
        arrows and the camera, too. Names, keys and lights are not in them.

        realized: elements as real cubes, for programs that know no instances (of glTF, the extension
            EXT_mesh_gpu_instancing; of PLY, points): some eight times as large.
        at: which step of a sweep is shown, as for ``render``. None: GLB and USD have the sweep as an animation, which
            rests on its end, PLY that end. Of a sweep that would be too large some steps, or the products inside the
            boxes, are left out, which is said (MMWarning).

        Raises RenderError, and SizeError where it would not fit into memory or into the format.
        """
        from .export.formats import FORMATS

        target = file_paths.target(path, tuple(FORMATS))
        self.follow()
        if at == moments.NOW:
            raise RenderError("at='now' is for pictures of Blender's scene: name a step, 'start' or 'end'")
        FORMATS[target.suffix.lower()](self.group, target, moments.step_of(self.group, at), realized)
        return target
