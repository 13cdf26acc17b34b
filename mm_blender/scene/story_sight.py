"""Which of a story's names may be seen when: those that are whole in the picture and lie over nothing."""
from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import bpy
import numpy as np

from ..document import matrices_on_page
from ..document.document import Document
from ..document.group import Group
from ..layout.framing import Camera
from ..lettering import polygons
from ..lettering.page import Page
from ..story import names
from ..story.names import NamesAtRest
from ..story.timeline import Timeline
from . import compat, story_camera
from .hung_names import HungName

EVERY = 2        # frames from one look to the next, while the camera is under way
BRIEF = 8        # frames: what is seen for fewer is not seen at all
TOUCH = 0.08     # of a name's width and height, that it may lie over data on its way
LARGEST = 1.6    # times as large as it is laid out, above which a name is in the way

Spans = list[tuple[int, int]]  # from the first to the last frame


class Sight:
    """What a story's camera sees of ``document`` on a picture that is ``page``, by its keys."""

    def __init__(self, document: Document, told: Timeline, camera: bpy.types.Object, page: Page):
        self.document, self.told, self.page, self.pitch = document, told, page, document.placement.pitch
        self.camera = camera
        self.keyed = story_camera.KeyedCamera(told, camera, self.pitch)
        self.every = matrices_on_page.matrices(Group.alone(document))

    @cached_property
    def moving(self) -> list[int]:
        """Frames that are looked at: some on the way; where the camera rests, those at which it comes or goes, and
        those at which words do."""
        told = self.told
        rests = [(math.ceil(first), max(math.floor(last), math.ceil(first)))
                 for first, last, _ in names.rests(told.camera)]
        shown = [(each.first, each.last) for each in told.captions] + [(each.first, each.last) for each in told.arcs]
        frames = {frame for first, last in shown for frame in (first - 1, first, last, last + 1)}
        frames |= {frame for rest in rests for frame in rest}
        ways = zip([(told.first, told.first), *rests], [*rests, (told.last, told.last)])
        frames |= {frame for (_, last), (first, _) in ways for frame in (*range(last, first, EVERY), first - 1)}
        return sorted(frame for frame in frames | {told.first, told.last} if told.first <= frame <= told.last)

    def plates(self, frame: float) -> np.ndarray:
        """What words cover of the page: (n, 2, 2), the lower left and the upper right corner of each, in inches."""
        shown = [each for each in self.told.captions if each.first <= frame <= each.last]
        arcs = [each for each in self.told.arcs if each.first <= frame <= each.last]
        return np.array(names.plates(shown, self.page) + names.arc_plates(arcs, self.page)).reshape(-1, 2, 2)

    def outlines(self, camera: Camera) -> np.ndarray:
        """Of the matrices on the page, as a camera sees them."""
        return matrices_on_page.outlines_of(self.every, camera, self.page)

    def boxes(self, found: Sequence[HungName], camera: Camera, frame: float) -> np.ndarray:
        """The rectangles (n, 2, 2) that names cover of the page; of one that is far too near, or not before the camera,
        NaN."""
        out = np.full((len(found), 2, 2), np.nan)
        half = np.array([self.page.width, self.page.height]) / 2
        for at, each in enumerate(found):
            stop = _stop(each.carrier, frame) / self.pitch
            base = camera.axes() @ (each.anchor - camera.target) + stop[:3]
            inches = names.inch(camera, self.page, float(base[2]))
            if inches > 0 and stop[3] < LARGEST * inches:
                out[at] = base[:2] / inches + half + each.covers * (stop[3] / inches)
        return out


def of_names(found: Sequence[HungName], views: Sequence[NamesAtRest], sight: Sight) -> dict[HungName, Spans]:
    """When each name is seen."""
    allowed = {each: [*each.spans(views)] for each in found}
    rests = [(view.first, view.last) for view in views if view.last > view.first]
    seen: dict[HungName, list[int]] = {each: [] for each in found}
    for frame in sight.moving:
        here = [each for each in found if any(first <= frame <= last for first, last in allowed[each])]
        if not here:
            continue
        camera = sight.keyed.at(frame)
        data = None if any(first <= frame <= last for first, last in rests) else sight.outlines(camera)
        free = _free(sight.boxes(here, camera, frame), sight.plates(frame), data, sight.page)
        for at in free:
            seen[here[at]].append(frame)
    return {each: _runs(frames, sight.moving) for each, frames in seen.items()}


def _free(boxes: np.ndarray, plates: np.ndarray, data: np.ndarray | None, page: Page) -> list[int]:
    """Which of the ``boxes`` (n, 2, 2) are whole on the page and lie over no words and, where names are under way
    over ``data`` (outlines), over none of that and of those before: at rest (None) they are laid out so."""
    edge = names.EDGE / 3 * min(page.width, page.height)
    out: list[int] = []
    for at, (low, high) in enumerate(boxes):
        if not (low > edge).all() or not (high < (page.width - edge, page.height - edge)).all():  # NaN is not, either
            continue
        taken = plates if data is None else np.concatenate([plates, boxes[out]])
        if ((low < taken[:, 1]) & (high > taken[:, 0])).all(1).any():
            continue
        if data is not None:
            (x0, y0), (x1, y1) = low + TOUCH * (high - low), high - TOUCH * (high - low)
            if polygons.overlap(np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)]]), data).any():
                continue
        out.append(at)
    return out


def _runs(frames: Sequence[int], looks: Sequence[int]) -> Spans:
    """Runs of ``frames`` between which there is none of the ``looks``, that are not too short to be noticed."""
    number, out = {frame: at for at, frame in enumerate(looks)}, list[tuple[int, int]]()
    for frame in frames:
        if out and number[frame] == number[out[-1][1]] + 1:
            out[-1] = out[-1][0], frame
        else:
            out.append((frame, frame))
    return [(first, last) for first, last in out if last - first >= BRIEF]


def _stop(carrier: bpy.types.Object, frame: float) -> np.ndarray:
    """x, y, z and the scale of a carrier."""
    curves = {(curve.data_path, curve.array_index): curve for curve in compat.curves(carrier)}
    return np.array([curves[key].evaluate(frame) for key in (("location", 0), ("location", 1), ("location", 2),
                                                             ("scale", 0))])
