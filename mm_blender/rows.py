"""Visualizations side by side in one picture, such as all heads of a layer.

They stand in a grid that faces the camera, all seen from one direction. Everything is in the terms and the pitch of
the first one.
"""
from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import framing, places
from .errors import ParameterError
from .texts import Text
from .visualization import Visualization

ASPECT = 1.6       # of the grid, unless the number of columns is told
GAP = 0.12         # between neighbours, of their size
FOV = 18.0         # narrow, so that those at the edges are seen as those in the middle
TITLE = 0.075      # size of the titles' letters, of the height of what they stand under
TITLE_ROOM = 1.7   # the height of a title and of what is free around it, in sizes of its letters


def side_by_side(visualizations: Sequence[Visualization], columns: int | None = None,
                 titles: Sequence[str] | None = None) -> "Row":
    """``visualizations`` in one picture: in rows of ``columns`` (about a screen's shape unless told), each with its
    title below it. Build, save and render it as one visualization. Raises ParameterError."""
    visualizations = list(visualizations)
    if not visualizations:
        raise ParameterError("side_by_side takes one visualization or more, not none")
    if columns is not None and not (isinstance(columns, int) and columns >= 1):
        raise ParameterError(f"columns is a whole number from 1 up, not {columns!r}")
    if titles is not None and len(titles) != len(visualizations):
        raise ParameterError(f"there are {len(titles)} titles for {len(visualizations)} visualizations")
    return Row(visualizations, columns, list(titles or []))


@dataclass(frozen=True)
class _Wide(places.Placement):
    """The first one's placement with the bounds of all."""

    unit: float = places.PITCH

    @property
    def pitch(self) -> float:
        return self.unit


class Row:
    """What ``side_by_side`` returns. ``collection``, ``camera`` and ``options`` are those of the first visualization,
    ``placement`` has the bounds of all."""

    auto_framed = True

    def __init__(self, visualizations: list[Visualization], columns: int | None, titles: list[str]):
        self.visualizations, self.titles = visualizations, titles
        self._columns = columns

    @property
    def first(self) -> Visualization:
        return self.visualizations[0]

    @property
    def collection(self):
        return self.first.collection

    @property
    def options(self):
        return self.first.options

    @property
    def camera(self) -> framing.Camera:
        return self.first.camera

    # ---- where they stand

    @cached_property
    def _seen(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Of each the low and high corner (3,) of what is drawn, along the camera's right, up and backward."""
        axes, out = self.camera.axes(), []
        for viz in self.visualizations:
            local = _points(viz) * (viz.placement.pitch / self.first.placement.pitch) @ axes.T
            local[:, :2] += local[:, 2:] * self.camera.shear()
            out.append((local.min(0), local.max(0)))
        return out

    @cached_property
    def _cell(self) -> np.ndarray:
        """Width and height (2,) that each has, without the gaps and the titles."""
        return np.max([high - low for low, high in self._seen], 0)[:2]

    @property
    def title_size(self) -> float:
        return TITLE * float(self._cell[1]) if self.titles else 0.0

    @property
    def _step(self) -> np.ndarray:
        """From one to the next, along a row and down a column (2,)."""
        return self._cell * (1 + GAP) + (0, TITLE_ROOM * self.title_size)

    @cached_property
    def columns(self) -> int:
        if self._columns:
            return self._columns
        count = len(self.visualizations)

        def cost(columns: int) -> float:
            rows = math.ceil(count / columns)
            shape = columns * self._step[0] / (rows * self._step[1])
            return abs(math.log(shape / ASPECT)) + 2 * (columns * rows - count) / count
        return min(range(1, count + 1), key=cost)

    @cached_property
    def offsets(self) -> np.ndarray:
        """How far each is moved from where it stands alone, right and up as the camera sees it, (n, 3)."""
        out = []
        for at, (low, high) in enumerate(self._seen):
            row, column = divmod(at, self.columns)
            place = np.array([column * self._step[0], -row * self._step[1], 0.0])
            out.append(place - (low + high) / 2 * (1, 1, 0))
        return (np.array(out) - out[0]) @ self.camera.axes()

    def title_texts(self) -> list[Text]:
        """The titles, each facing the camera below its visualization."""
        axes, out = self.camera.axes(), []
        for title, (low, high), offset in zip(self.titles, self._seen, self.offsets):
            middle = (low + high) / 2
            frame = np.eye(4)
            frame[:3, :3] = axes.T
            # below the cell, not below what is drawn: the titles of a row stand on one line
            below = np.array([middle[0], middle[1] - self._cell[1] / 2 - 0.3 * self.title_size, middle[2]])
            below[:2] -= below[2] * self.camera.shear()  # a slanted scene carries it back to where it is seen
            frame[:3, 3] = below @ axes + offset
            out.append(Text("root", "title", title, frame, self.title_size, "TOP"))
        return out

    @property
    def placement(self) -> places.Placement:
        first = self.first.placement
        corners = np.concatenate([framing.corners(viz.placement.low, viz.placement.high)
                                  * (viz.placement.pitch / first.pitch) + offset
                                  for viz, offset in zip(self.visualizations, self.offsets)])
        return _Wide(first.matrices, first.boxes, corners.min(0), corners.max(0), first.pitch)

    def framed(self, aspect: float = 1.0, insets: Sequence[float] = framing.WHOLE) -> framing.Camera:
        """A camera that holds all of them in a picture of ``aspect`` = width / height, off its ``insets``."""
        points = [_points(viz) * (viz.placement.pitch / self.first.placement.pitch) + offset
                  for viz, offset in zip(self.visualizations, self.offsets)]
        points += [text.corners() for text in self.title_texts()]
        direction = self.camera.position - self.camera.target
        return framing.frame(np.concatenate(points), aspect, direction, FOV, self.camera.kind, insets)

    # ---- Blender

    def info(self) -> str:
        """Each one's tree in words, under its title."""
        titles = self.titles or [f"{at + 1} of {len(self.visualizations)}" for at in range(len(self.visualizations))]
        return "\n\n".join(f"{title}\n{viz.info()}" for title, viz in zip(titles, self.visualizations))

    def build(self) -> "Row":
        """Make the objects of all of them in Blender's current scene. Needs bpy."""
        from .objects import row

        row.build(self)
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Save Blender's file to ``path`` (.blend); build first if need be."""
        from . import picture

        picture.save(self, path)

    def render(self, path: str | os.PathLike, size: tuple[int, int] = (1600, 1000), samples: int | None = None,
               engine: str = "cycles", progress: bool = True, quality: str = "final") -> None:
        """Render a still to ``path`` (.png); build first if need be. Raises RenderError."""
        from . import picture

        picture.render(self, path, size, samples, engine, progress, quality)


def _points(viz: Visualization) -> np.ndarray:
    """The corners of all that is drawn of a visualization, (n, 3)."""
    return np.concatenate([places.outline(viz.tree, viz.placement), *[text.corners() for text in viz.legends()]])
