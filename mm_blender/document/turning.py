"""Turning: where names stand when the camera goes around the whole.

A page would have to be laid out anew for every frame, and letters would jump. Here each name has one place in space,
above, below or beside its matrix, and only faces the camera: so it moves as its matrix does. Where it stands is chosen
so that names hide each other, and data names, as seldom as can be while the camera goes around. Labels stand at the
ends of their rows and columns.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..layout import framing
from ..layout.framing import Camera
from ..layout.guides import MARGIN
from ..layout.places import offsets
from ..lettering import fonts, polygons
from ..lettering.labels import LONGEST
from ..lettering.lines import line, PageText
from ..lettering.page import Page, POINT
from ..lettering.typeset import plain
from . import matrices_on_page, name_blocks
from .group import Group
from .matrices_on_page import Matrix

ANGLES = 16      # at which names are looked at
HIDDEN, COVERING = 1.0, 0.4  # what it costs to be behind a matrix, and before one
APART = 1.5      # em between a matrix and its name
FRAMINGS = 3     # names are as large as the camera is far, which steps back for them
LABEL = 0.8      # size of a label's letters, of the distance between rows


@dataclass(frozen=True)
class Standing:
    """Texts that face the camera about ``anchor`` (3,), in the reference's world: in inches of a page that is as far as
    the camera's target, from the anchor on."""

    anchor: np.ndarray
    texts: tuple[PageText, ...]

    @property
    def size(self) -> np.ndarray:
        """How far it reaches from its anchor, to the side and up (2,), inches."""
        return np.abs(np.concatenate([text.box() for text in self.texts])).max(0)


@dataclass(frozen=True)
class View:
    """What ``camera`` sees when it has gone around its target by the rotation (3, 3) whose inverse is ``turn``: the
    same as if all had turned the other way, so that it may be of any kind."""

    camera: Camera
    turn: np.ndarray

    def turned(self, points: np.ndarray) -> np.ndarray:
        """Where ``points`` (..., 3) are before the camera at rest."""
        return (points - self.camera.target) @ self.turn.T + self.camera.target

    def page(self, points: np.ndarray, aspect: float) -> np.ndarray:
        """See ``Camera.page``."""
        return self.camera.page(self.turned(points), aspect)

    def away(self, point: np.ndarray) -> float:
        """How far a ``point`` (3,) is from the eye, or behind the target of a parallel camera."""
        point = self.turned(point)
        if self.camera.parallel:
            return float((self.camera.target - point) @ self.camera.axes()[2])
        return float(np.linalg.norm(self.camera.position - point))


def compose(group: Group, page: Page, insets: Sequence[float] = framing.WHOLE,
            names: bool = True) -> tuple[Camera, list[Standing]]:
    """The camera from which all of ``group`` stays in the picture, off its ``insets``, while it turns, and the
    texts."""
    every = [each for each in matrices_on_page.matrices(group) if names and each.node.deco.legends > 0]
    points, standing = group.outline(), []
    camera = group.bare_camera(page.aspect, insets) if group.auto_framed else group.camera
    for _ in range(FRAMINGS if group.auto_framed else 1):
        inch = camera.height(page.aspect) / page.height  # in pitches, at the target
        standing = _stand(every, camera, page, inch)
        if not group.auto_framed or not standing:
            break
        added = [each.anchor + inch * np.array([side * x, up * y, side * x]) for each in standing
                 for x, y in [each.size] for side in (-1, 1) for up in (-1, 1)]
        camera = framing.frame_turning(np.concatenate([points, np.reshape(added, (-1, 3))]), page.aspect,
                                       kind=group.options.camera_kind, insets=insets)
    return camera, standing


def _stand(every: Sequence[Matrix], camera: Camera, page: Page, inch: float) -> list[Standing]:
    font, em = fonts.load(), page.font_pt * POINT
    out: list[Standing] = []
    views = _views(camera)
    slabs = [each.points(matrices_on_page.slab(each.node)) for each in every]
    for each, slab in zip(every, slabs):
        if each.node.name:
            texts = _centred(name_blocks.ways(each.node, font, page.font_pt)[1 if each.node.deco.shape else 0][0])
            middle, reach = (slab.min(0) + slab.max(0)) / 2, np.ptp(slab, axis=0) / 2
            wide, high = np.abs(np.concatenate([text.box() for text in texts])).max(0)
            away = reach + (APART * em + np.array([wide, high, wide])) * inch
            options = [Standing(middle + side * away * axis, texts)
                       for axis in np.eye(3)[[1, 0, 2]] for side in (1, -1)]
            out.append(min(options, key=lambda option: _price(option, out, slabs, views, page)))
        if each.words:
            out += _labels(each, page, inch)
    return out


def _views(camera: Camera) -> list[View]:
    """The camera while it goes around."""
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    return [View(camera, np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]]))
            for cos, sin in zip(np.cos(angles), np.sin(angles))]


def _centred(texts: Sequence[PageText]) -> tuple[PageText, ...]:
    boxes = np.concatenate([text.box() for text in texts])
    x, y = (boxes.min(0) + boxes.max(0)) / 2
    return tuple(text.moved(-x, -y) for text in texts)


def _price(option: Standing, stand: Sequence[Standing], slabs: Sequence[np.ndarray], views: Sequence[View],
           page: Page) -> float:
    """How often it gets in the way of what does ``stand``, and behind matrices or in front of them."""
    size = np.array([page.width, page.height])
    cost = 0.0
    for view in views:
        box = _box(option, view, page)
        away = view.away(option.anchor)
        if stand:
            boxes = np.array([_box(each, view, page) for each in stand])
            cost += float(polygons.overlap(box[None], boxes).sum())
        for slab in slabs:
            if polygons.overlap(box, polygons.hull(view.page(slab, page.aspect) * size)):
                cost += HIDDEN if view.away(slab.mean(0)) < away else COVERING
    return cost


def _box(each: Standing, view: View, page: Page) -> np.ndarray:
    """The rectangle (4, 2) that it covers on the page from a camera."""
    x, y = view.page(each.anchor[None], page.aspect)[0] * (page.width, page.height)
    w, h = each.size
    return np.array([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)])


def _labels(matrix: Matrix, page: Page, inch: float) -> list[Standing]:
    """The words of a matrix, each beyond the end of its row or column."""
    pitch_pt = float(np.linalg.norm(matrix.frame[:3, 0])) / inch / POINT
    size = min(page.font_pt, LABEL * pitch_pt)
    out: list[Standing] = []
    for axis, side in ((1, "cols"), (0, "rows")):
        places = offsets(matrix.node)[axis]
        for word, place in zip(matrix.words[side] if matrix.words else (), places):
            word = word if len(word) <= LONGEST else word[:LONGEST - 1] + "…"
            if not word.strip():
                continue
            text = line(plain(word), fonts.load(), size, "quiet", "label", matrix.node.path)
            local = np.zeros((1, 3))
            local[0, axis], local[0, 1 - axis] = -MARGIN - (text.width / 2 + 0.4 * size * POINT) * inch, place
            out.append(Standing(matrix.points(local)[0], _centred([text])))
    return out
