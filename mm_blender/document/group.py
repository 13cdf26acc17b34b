"""A group: what one picture shows, a document alone or several side by side.

Several stand in a grid that faces the camera, all seen from one direction. Everything is in the terms and the pitch of
the first one.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..expression.tree import nodes
from ..layout import framing, places
from ..layout.framing import Camera
from ..lettering.texts import Text
from ..options import Options
from . import plain_framing, plane_texts
from .document import Document, Memo

ASPECT = 1.6       # of the grid, unless the number of columns is told
GAP = 0.12         # between neighbours, of their size
FOV = 18.0         # narrow, so that those at the edges are seen as those in the middle
ROOM = 0.12, 0.08  # for names beside a visualization, of its width and height
TITLE = 0.075      # size of the titles' letters, of the height of what they stand under
STILL_IN_A_ROW = "anim.spin is read over side by side: what stands in a grid faces the camera, which does not turn"
UNTOLD_IN_A_ROW = "a story is not told side by side: its camera is its own; render that one alone"
TITLE_ROOM = 1.7   # the height of a title and of what is free around it, in sizes of its letters


class Member(NamedTuple):
    """A document of a group: its pitch relative to the first one's, and how far it is moved (3,), in that."""

    document: Document
    scale: float
    offset: np.ndarray


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Where several documents stand: in rows of ``columns``, each moved by its ``offsets`` (n, 3), above its title.
    ``boxes`` (n, 2, 3): the low and high corner of what is drawn of each, along the camera's right, up and backward;
    ``cell`` (2,): width and height that each has, without the gaps and the titles."""

    columns: int
    titles: tuple[str, ...]
    boxes: np.ndarray
    cell: np.ndarray
    offsets: np.ndarray

    @property
    def title_size(self) -> float:
        """Of the titles' letters, in pitches."""
        return TITLE * float(self.cell[1]) if self.titles else 0.0


@dataclass(frozen=True)
class Wide(places.Placement):
    """The first one's placement with the bounds of all."""

    unit: float = places.PITCH

    @property
    def pitch(self) -> float:
        """The first one's."""
        return self.unit


@dataclass(frozen=True, eq=False)
class Group:
    """``documents``, one or more; ``arrangement``: where they stand, None of one alone; ``memo``: what was made of
    them, such as their letters."""

    documents: tuple[Document, ...]
    arrangement: Arrangement | None = None
    memo: Memo = field(default_factory=Memo)

    @classmethod
    def alone(cls, document: Document) -> Group:
        """The group of one document that stands where its own camera sees it."""
        return document.cache.once("alone", id(document), lambda: cls((document,), None, document.cache))

    @classmethod
    def side_by_side(cls, documents: Sequence[Document], columns: int | None, titles: Sequence[str]) -> Group:
        """Several, in rows of ``columns`` or about a screen's shape, each above its title if there are ``titles``."""
        camera, boxes = documents[0].camera, _boxes(documents)
        cell = np.max([high - low for low, high in boxes], 0)[:2]
        step = cell * (1 + GAP) + (0, TITLE_ROOM * (TITLE * float(cell[1]) if titles else 0.0))
        columns = columns or _columns(len(documents), step)
        places_ = [np.array([at % columns * step[0], -(at // columns) * step[1], 0.0]) - (low + high) / 2 * (1, 1, 0)
                   for at, (low, high) in enumerate(boxes)]
        offsets = (np.array(places_) - places_[0]) @ camera.axes()
        return cls(tuple(documents), Arrangement(columns, tuple(titles), np.array(boxes), cell, offsets))

    def changed(self, documents: Sequence[Document]) -> Group:
        """The same with other ``documents`` in the places of its own."""
        if self.arrangement is None:
            return Group.alone(documents[0])
        return replace(self, documents=tuple(documents), memo=Memo())

    @property
    def first(self) -> Document:
        """The document whose terms, camera and options are those of all."""
        return self.documents[0]

    @property
    def options(self) -> Options:
        """The first one's."""
        return self.first.options

    @property
    def camera(self) -> Camera:
        """The first one's."""
        return self.first.camera

    @property
    def auto_framed(self) -> bool:
        """Whether a picture may have a camera of its own; several are always framed."""
        return self.arrangement is not None or self.first.auto_framed

    @property
    def members(self) -> list[Member]:
        """Each with its place."""
        if self.arrangement is None:
            return [Member(self.first, 1.0, np.zeros(3))]
        pitch = self.first.placement.pitch
        return [Member(document, document.placement.pitch / pitch, offset)
                for document, offset in zip(self.documents, self.arrangement.offsets, strict=True)]

    @property
    def columns(self) -> int:
        """How many stand beside each other."""
        return self.arrangement.columns if self.arrangement else 1

    @property
    def turns(self) -> bool:
        """Whether the camera turns around the whole; it does not around several side by side, which face it."""
        return self.arrangement is None and self.first.turns

    @property
    def moves(self) -> bool:
        """Whether there is anything to see over time."""
        alone = self.arrangement is None and self.first.options.story
        swept = any(each.options.animate and each.schedule.tracks for each in self.documents)
        return bool(self.turns or alone or swept)

    @property
    def steps(self) -> int:
        """How many steps the longest sweep has; 0 if nothing sweeps."""
        return max((each.schedule.steps for each in self.documents if each.schedule.tracks), default=0)

    @property
    def placement(self) -> places.Placement:
        """The first one's, with the bounds of all."""
        first = self.first.placement
        if self.arrangement is None:
            return first
        corners = np.concatenate([framing.corners(one.placement.low, one.placement.high) * scale + offset
                                  for one, scale, offset in self.members])
        return Wide(first.matrices, first.boxes, corners.min(0), corners.max(0), first.pitch)

    def outline(self) -> np.ndarray:
        """The corners (n, 3) of all matrices as drawn, and of the titles."""
        return np.concatenate([*(one.outline() * scale + offset for one, scale, offset in self.members),
                               *(text.corners() for text in self.title_texts())])

    def title_texts(self) -> list[Text]:
        """The titles, each facing the camera below its document."""
        if self.arrangement is None:
            return []
        axes, shear, out = self.camera.axes(), self.camera.shear(), []
        cell, size = self.arrangement.cell, self.arrangement.title_size
        for title, (low, high), offset in zip(self.arrangement.titles, self.arrangement.boxes,
                                              self.arrangement.offsets, strict=False):
            middle = (low + high) / 2
            frame = np.eye(4)
            frame[:3, :3] = axes.T
            # below the cell, not below what is drawn: the titles of a row stand on one line
            below = np.array([middle[0], middle[1] - cell[1] / 2 - 0.3 * size, middle[2]])
            below[:2] -= below[2] * shear  # a slanted scene carries it back to where it is seen
            frame[:3, 3] = below @ axes + offset
            out.append(Text("root", "title", title, frame, size, "TOP"))
        return out

    def bare_camera(self, aspect: float, insets: Sequence[float] = framing.WHOLE) -> Camera:
        """A camera that holds all matrices, and titles, in a picture of ``aspect`` = width / height, off its
        ``insets``."""
        if self.arrangement is None:
            return plain_framing.bare(self.first, aspect, insets)
        points = [points_of(one) * scale + offset for one, scale, offset in self.members]
        points += [text.corners() for text in self.title_texts()]
        direction = self.camera.position - self.camera.target
        return framing.frame(np.concatenate(points), aspect, direction, FOV, self.camera.kind, insets)


def points_of(document: Document) -> np.ndarray:
    """The corners (n, 3) of all that is drawn of one."""
    if document.options.lettering != "planes":
        return document.outline()
    return np.concatenate([document.outline(), plane_texts.corners(document, document.camera).reshape(-1, 3)])


def _boxes(documents: Sequence[Document]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each the low and high corner (3,) of what is drawn and of its names, see ``Arrangement``."""
    first, out = documents[0], []
    axes, shear = first.camera.axes(), first.camera.shear()
    for document in documents:
        local = points_of(document) * (document.placement.pitch / first.placement.pitch) @ axes.T
        local[:, :2] += local[:, 2:] * shear
        low, high = local.min(0), local.max(0)
        if document.options.lettering == "beside" and any(node.deco.legends > 0 for node in nodes(document.tree)):
            room = (high - low) * (*ROOM, 0.0)
            low, high = low - room, high + room
        out.append((low, high))
    return out


def _columns(count: int, step: np.ndarray) -> int:
    """In how many columns ``count`` of them, ``step`` (2,) apart, have about a screen's shape and leave few gaps."""
    def cost(columns: int) -> float:
        rows = math.ceil(count / columns)
        shape = columns * step[0] / (rows * step[1])
        return abs(math.log(shape / ASPECT)) + 2 * (columns * rows - count) / count
    return min(range(1, count + 1), key=cost)
