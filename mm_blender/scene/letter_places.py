"""Letters in space: what hangs together beside a matrix, and where in space that is which a page shows there."""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..appearance.looks import LOOKS
from ..appearance.shadow import FLOAT
from ..document import matrices_on_page
from ..document.group import Group
from ..layout.framing import Camera
from ..lettering import polygons
from ..lettering.lines import PageText
from ..lettering.page import Page
from ..lettering.sheet import Sheet

BEFORE = 0.5         # pitches that letters stand before what they cover
NEAREST = 0.05       # of the way from the camera to its target, that they are before it at least
LABELS = " labels"   # behind the path of a matrix: the labels of its rows and columns


@dataclass(frozen=True)
class LetterBlock:
    """Texts that hang together, and the leaders among them."""

    texts: tuple[PageText, ...]
    leaders: tuple[tuple[float, float, float, float], ...]

    @property
    def box(self) -> np.ndarray:
        """The corners (2, 2) of what it covers, inches."""
        points = np.concatenate([*(text.box() for text in self.texts), *(np.reshape(each, (2, 2))
                                                                         for each in self.leaders)])
        return np.array([points.min(0), points.max(0)])


def blocks_of(sheet: Sheet) -> dict[tuple[int, str], LetterBlock]:
    """What belongs to each matrix, by its owner and its path; labels apart, with a mark behind the path."""
    texts: dict[tuple[int, str], list[PageText]] = {}
    for text in sheet.texts:
        if text.path:
            texts.setdefault((text.owner, text.path + (LABELS if text.kind == "label" else "")), []).append(text)
    leaders: dict[tuple[int, str], list] = {}
    for whose, leader in zip(sheet.led, sheet.leaders):
        leaders.setdefault(whose, []).append(leader)
    return {key: LetterBlock(tuple(own), tuple(leaders.get(key, ()))) for key, own in texts.items()}


class LetterPlaces:
    """How far letters are behind the plane through the camera's target that faces it, in pitches."""

    def __init__(self, group: Group, camera: Camera, page: Page):
        self.camera, self.page = camera, page
        self.inches = np.array([page.width, page.height])
        self.every = every = matrices_on_page.matrices(group)
        self.corners = [each.points(matrices_on_page.slab(each.node)) for each in every]
        self.seen = [matrices_on_page.on_page(camera, self.page, points) for points in self.corners]
        self.shown = matrices_on_page.outlines_of(every, camera, self.page)
        self.behinds = [-(points - camera.target) @ camera.axes()[2] for points in self.corners]
        low, high = group.placement.low, group.placement.high
        self.ground = low[1] - FLOAT * float((high - low).max()) if LOOKS[group.options.look].shadow else None

    def behind(self, owner: int, path: str, block: LetterBlock) -> float:
        """As far as the nearest corner of its matrix on the page, but before all that the block covers and above the
        ground."""
        path = path.removesuffix(LABELS)
        own = next(at for at, each in enumerate(self.every) if (each.owner, each.node.path) == (owner, path))
        middle = block.box.mean(0)
        out = float(self.behinds[own][np.linalg.norm(self.seen[own] - middle, axis=1).argmin()])
        (x0, y0), (x1, y1) = block.box
        box = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        for at in np.flatnonzero(polygons.overlap(box[None], self.shown)):
            out = min(out, float(self.behinds[at].min()) - BEFORE)
        if self.ground is not None:
            foot = np.array([middle[0], y0])
            here, further = self.point(foot, out)[1], self.point(foot, out + 1)[1]
            if here < self.ground and further < here:
                out -= (self.ground - here) / (here - further)
        return max(out, (NEAREST - 1) * depth(self.camera, 0.0))

    def point(self, at: np.ndarray, behind: float) -> np.ndarray:
        """The point (3,) that is seen ``at`` a place of the page in inches."""
        camera, aspect = self.camera, self.page.aspect
        right, up, back = camera.axes()
        half = np.array([aspect, 1.0]) * height(camera, aspect, behind) / 2
        across = (2 * at / self.inches - 1) * half
        start = camera.target if camera.parallel else camera.position - depth(camera, 0.0) * back
        return start + (across + behind * camera.shear()) @ np.array([right, up]) - behind * back


def depth(camera: Camera, behind: float) -> float:
    """Distance before the camera of what is ``behind`` its target, in pitches."""
    return float((camera.position - camera.target) @ camera.axes()[2]) + behind


def height(camera: Camera, aspect: float, behind: float) -> float:
    """Of what the camera sees there, in pitches."""
    if camera.parallel:
        return camera.height(aspect)
    return 2 * math.tan(math.radians(camera.vertical_fov(aspect)) / 2) * depth(camera, behind)


def inch(camera: Camera, page: Page, behind: float) -> float:
    """How many pitches an inch of the page is there."""
    return height(camera, page.aspect, behind) / page.height
