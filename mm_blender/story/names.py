"""Names of a story: where each stands, laid out anew for every place that the camera goes to.

Between two such places a name that is set alike in both glides from the one to the other.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..document import page_layout
from ..document.document import Document
from ..document.group import Group
from ..layout.framing import Camera
from ..lettering import fonts
from ..lettering.page import Page
from ..lettering.sheet import Sheet
from . import captions, interiors
from .arcs import ArcSpan
from .beats import BELOW
from .camera_path import direction
from .captions import Caption
from .timeline import CameraFrame, Timeline

EDGE = 0.012   # of the picture's shorter side, that names keep off its edge and off words
MOST = 60      # places of the camera for which names are laid out; of more, these at even distances
STILL = 1e-4   # pitches and degrees by which the camera at rest may differ


@dataclass(frozen=True)
class NamesAtRest:
    """From the frame ``first`` to ``last`` the ``camera`` rests, and names stand as ``sheet`` says."""

    first: float
    last: float
    camera: Camera
    sheet: Sheet


def views(told: Timeline, document: Document, page: Page) -> list[NamesAtRest]:
    """The names on a picture that is ``page``, in the order of time. Where all is seen they stand around it; where a
    part is, the products that are seen inside the boxes meanwhile are in their way, too."""
    stops = rests(told.camera)
    if len(stops) > MOST:
        stops = [stops[at] for at in np.unique(np.linspace(0, len(stops) - 1, MOST).round().astype(int))]
    stops[-1] = stops[-1][0], float(told.last), stops[-1][2]
    group, whole, out = Group.alone(document), document.outline(), []
    known: dict[tuple, Sheet] = {}
    for first, last, key in stops:
        camera = camera_at(told, key)
        area = _area([each for each in told.captions if each.first <= last and first <= each.last],
                     [each for each in told.arcs if each.first <= last and first <= each.last], page)
        steps = () if camera.sees(whole, page.aspect) else _steps(told, first, last)
        which = (key.target, key.turn, key.above, key.distance, area, steps)
        if which not in known:
            known[which] = page_layout.beside(group, camera, page, area, interiors.slabs(document, steps))
        out.append(NamesAtRest(first, last, camera, known[which]))
    return out


def _steps(told: Timeline, first: float, last: float) -> tuple[int, ...]:
    """The steps at which, from the frame ``first`` to ``last``, what they multiply is seen inside the boxes."""
    frames = np.arange(math.ceil(first), math.floor(last) + 1)
    for begins, ends in told.bare:
        frames = frames[(frames < begins) | (frames > ends)]
    return tuple(sorted({math.floor(told.step_at(frame)) for frame in frames}))


def camera_at(told: Timeline, key: CameraFrame) -> Camera:
    """The camera of a key."""
    target = np.array(key.target)
    return Camera(target + key.distance * direction(key.turn, key.above), target, told.fov,
                  "orthographic" if told.parallel else "perspective")


def inch(camera: Camera, page: Page, back: float) -> float:
    """How many pitches an inch of the page is, so far before the camera's target; 0 behind the camera."""
    if camera.parallel:
        return camera.height(page.aspect) / page.height
    half = math.tan(math.radians(camera.vertical_fov(page.aspect)) / 2)
    return max(2 * half * (camera.distance - back), 0.0) / page.height


def plates(shown: Sequence[Caption], page: Page) -> list[tuple[float, float, float, float]]:
    """What captions cover of a page: left, lower, right, upper, in inches on it."""
    own, font = captions.page_of(page.aspect), fonts.load()
    share = page.height / own.height
    out = []
    for each in shown:
        x, y, width, height = (value * share for value in captions.block(each.words, each.place, own, font).plate)
        out.append((x, y, x + width, y + height))
    return out


def arc_plates(shown: Sequence[ArcSpan], page: Page) -> list[tuple[float, float, float, float]]:
    """What arcs and their words cover of a page: left, lower, right, upper, in inches on it."""
    return [(x * page.width, y * page.height, (x + width) * page.width, (y + height) * page.height)
            for x, y, width, height in (each.plate for each in shown)]


def _area(shown: Sequence[Caption], arcs: Sequence[ArcSpan], page: Page) -> tuple[float, float, float, float]:
    """What is free of a page: left, lower, right, upper."""
    edge = EDGE * min(page.width, page.height)
    right, low = page.width - edge, edge
    for each, (x0, _, _, y1) in zip(shown, plates(shown, page), strict=True):
        if each.place == BELOW:
            low = max(low, y1 + edge)
        else:
            right = min(right, x0 - edge)
    high = min([page.height, *(y0 for _, y0, _, _ in arc_plates(arcs, page))]) - edge
    return edge, low, right, high


def rests(keys: Sequence[CameraFrame]) -> list[tuple[float, float, CameraFrame]]:
    """Where the camera is, and from which frame to which; it passes by where both are the same."""
    out: list[tuple[float, float, CameraFrame]] = []
    for key in keys:
        if out and np.allclose(_numbers(key), _numbers(out[-1][2]), atol=STILL, rtol=0):
            out[-1] = out[-1][0], key.frame, out[-1][2]
        else:
            out.append((key.frame, key.frame, key))
    return out


def _numbers(key: CameraFrame) -> tuple[float, ...]:
    return (*key.target, key.turn, key.above, key.distance)
