"""Letters of a scene: names and shapes beside the matrices, upright as the camera sees them, all of one size.

They are laid out as on a page (``lettering``) for the size of a picture and stand in space where their matrix is, so
that a person who looks around sees them beside it. Each name with its shape hangs on an Empty that turns with the
camera, by a constraint; moving the Empty moves the name. The keys hang before the camera.
"""
from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass, replace
from functools import cached_property

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import LOOKS
from ..appearance.shadow import FLOAT
from ..document import cube_numbers, matrices_on_page, page_layout
from ..document.composition import Composed
from ..document.group import Group
from ..errors import warn
from ..expression.tree import MatMul, nodes
from ..layout.framing import Camera
from ..layout.places import extent, shift, to_blender
from ..lettering import fonts, polygons
from ..lettering.lines import PageText
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from ..plain import some
from . import compat, linked, materials, page_objects, parts, properties, running_sum, tags, typefaces, upright
from .blender_types import entries, new_constraint, translation
from .built import Built
from .matrices import world_frame

HUNG = tags.HUNG     # on the Empty of a name: where it was hung
ASIDE = "letter aside"  # in place of its part, of a letter that is not rendered now
FLOW = tags.FLOW_OF  # on the object of an arrow: the path of its matmul
BEFORE = 0.5         # pitches that letters stand before what they cover
LABELS = " labels"   # behind the path of a matrix: the labels of its rows and columns
DOT = 0.1            # size of an Empty in the viewport, of the letters'


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


def put(built: Built, composed: Composed, obj: bpy.types.Object) -> None:
    """Letter what is built as ``composed`` says; the camera object ``obj`` stands where that has its camera.
    What letters it had before go."""
    with ExitStack() as stack:
        for collection in built.collections:
            stack.enter_context(parts.dressed(collection, parts.LETTER))
            clear(collection)
        _put(built, composed, obj)


def _put(built: Built, composed: Composed, obj: bpy.types.Object) -> None:
    group, page, camera = built.group, composed.sheet.page, composed.camera
    put_arrows(built, composed.sheet)
    if group.options.numbers:
        upright.put(built, plan_numbers(group, camera, page, composed.sheet), camera, page)
    running_sum.put(built, camera, page)
    hanger = _Hanger(built, composed, obj)
    for each in composed.standing:
        hanger.hang(0, LetterBlock(each.texts, ()), np.zeros(2), each.anchor, 0.0)
    blocks = _blocks(composed.sheet)
    if blocks:
        _hang(blocks, _Places(group, camera, page), hanger)
    rest = replace(composed.sheet, texts=[text for text in composed.sheet.texts if not text.path], leaders=[], led=[])
    if rest.texts or rest.arcs or rest.keys and rest.keys.strips:
        page_objects.hang(rest, page_objects.Before(camera, group.placement.pitch, _depth(camera, 0.0)), obj,
                          LOOKS[group.options.look], built.collection, part=parts.LETTER)


def _hang(blocks: dict[tuple[int, str], LetterBlock], places: _Places, hanger: _Hanger) -> None:
    """Hang what belongs to each matrix there."""
    for (owner, path), block in blocks.items():
        middle, behind = block.box.mean(0), places.behind(owner, path, block)
        hanger.hang(owner, block, middle, places.point(middle, behind), behind)


def plan_numbers(group: Group, camera: Camera, page: Page, sheet: Sheet) -> cube_numbers.NumberPlan:
    """How the cubes of ``group`` have their numbers as ``camera`` sees them. Warns (MMWarning) of those that have none,
    and why."""
    plan = cube_numbers.plan(group, camera, page, sheet, upright.light_of(group))
    words = {
        cube_numbers.SMALL: f"would be too small to read in {page.told}: make it larger, or show fewer elements",
        cube_numbers.MANY: f"are left out: a matrix of more than {cube_numbers.MOST:,} elements has none in a picture "
                           "of any size; show a part of it",
        cube_numbers.CELLS: "are left out: a cell that stands for several elements has none; show a part of it",
    }
    for why, names in plan.left.items():
        warn(f"numbers on the cubes of {some([*dict.fromkeys(names)], page_layout.TOLD)} {words[why]}")
    return plan


def clear(collection: bpy.types.Collection) -> None:
    """Take the letters away."""
    if parts.of(collection, parts.LETTER):  # removing nothing would have Blender look at everything anew
        parts.clear(collection, parts.LETTER)


@contextmanager
def set_aside(collection: bpy.types.Collection) -> Iterator[None]:
    """While a picture with letters of its own is taken, or a file is written, which has such: those of the scene are
    not seen, and none of it, unless a person has moved one. What a picture puts instead goes with it; arrows are as
    they were."""
    kept = touched(collection)
    letters = [] if kept else [(obj, (obj.hide_render, obj.hide_viewport))
                                 for obj in parts.of(collection, parts.LETTER)]
    flows = [(obj, (obj.hide_render, obj.hide_viewport), parts.stance(obj))
             for obj in parts.of(collection, parts.MARK) if properties.has(obj, FLOW)]
    keyed = [curve for obj, _ in letters for curve in compat.curves(obj)]  # a story hides names that would be cut
    try:
        for curve in keyed:
            curve.mute = True
        for obj, _ in letters:
            obj[tags.PART], obj.hide_render, obj.hide_viewport = ASIDE, True, True
        yield
    finally:
        if not kept:
            clear(collection)
        for obj, hidden in letters:
            obj[tags.PART] = parts.LETTER
            obj.hide_render, obj.hide_viewport = hidden
        for curve in keyed:
            curve.mute = False
        for obj, unseen, stance in flows:
            obj.hide_render, obj.hide_viewport = unseen
            parts.stand(obj, stance)


def touched(collection: bpy.types.Collection) -> bool:
    """Whether a person has moved a name or given it a material, or another file has them all: then pictures show them
    as they are."""
    if linked.library_of(collection) is not None or parts.is_dressed(collection, parts.LETTER):
        return True
    hung = [(obj, properties.numbers(obj, HUNG, 16)) for obj in parts.of(collection, parts.LETTER)
            if properties.has(obj, HUNG)]
    return any(place is None or not np.allclose(place, entries(obj.matrix_basis), atol=1e-5) for obj, place in hung)


def put_arrows(built: Built, sheet: Sheet | None) -> None:
    """Show the arrows of the flow where ``sheet`` has them, as large as it says; all as they are set without one."""
    for owner, (one, _, _, collection) in enumerate(built.parts):
        products = {node.path: node for node in nodes(one.tree) if isinstance(node, MatMul)}
        for obj in [obj for obj in parts.of(collection, parts.MARK) if obj.get(FLOW) in products]:
            size = 1.0 if sheet is None else sheet.arrows.get((owner, obj[FLOW]), 0.0)
            obj.hide_render = obj.hide_viewport = size == 0
            obj[tags.FLOW_SIZE] = size
            centre = extent(products[obj[FLOW]]) / 2
            about = shift(*centre) @ np.diag([size or 1.0] * 3 + [1.0]) @ shift(*-centre)
            obj.matrix_basis = world_frame(one.placement.boxes[obj[FLOW]] @ about, one.placement.pitch)


def arrows_differ(built: Built, wanted: dict[tuple[int, str], float]) -> bool:
    """Whether other arrows than those that are ``wanted`` are shown, by owner and path; for want of room for what
    explains them, too."""
    return any(obj.get(tags.FLOW_SIZE) != wanted.get((owner, obj[FLOW]), 0.0) for owner, part in enumerate(built.parts)
               for obj in parts.of(part[-1], parts.MARK) if properties.has(obj, FLOW))


# ---- what hangs together, and where

def _blocks(sheet: Sheet) -> dict[tuple[int, str], LetterBlock]:
    """What belongs to each matrix, by its owner and its path; labels apart, with a mark behind the path."""
    texts: dict[tuple[int, str], list[PageText]] = {}
    for text in sheet.texts:
        if text.path:
            texts.setdefault((text.owner, text.path + (LABELS if text.kind == "label" else "")), []).append(text)
    leaders: dict[tuple[int, str], list] = {}
    for whose, leader in zip(sheet.led, sheet.leaders):
        leaders.setdefault(whose, []).append(leader)
    return {key: LetterBlock(tuple(own), tuple(leaders.get(key, ()))) for key, own in texts.items()}


class _Places:
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
        return out

    def point(self, at: np.ndarray, behind: float) -> np.ndarray:
        """The point (3,) that is seen ``at`` a place of the page in inches."""
        camera, aspect = self.camera, self.page.aspect
        right, up, back = camera.axes()
        half = np.array([aspect, 1.0]) * _height(camera, aspect, behind) / 2
        across = (2 * at / self.inches - 1) * half
        start = camera.target if camera.parallel else camera.position - _depth(camera, 0.0) * back
        return start + (across + behind * camera.shear()) @ np.array([right, up]) - behind * back


def _depth(camera: Camera, behind: float) -> float:
    """Distance before the camera of what is ``behind`` its target, in pitches."""
    return float((camera.position - camera.target) @ camera.axes()[2]) + behind


def _height(camera: Camera, aspect: float, behind: float) -> float:
    """Of what the camera sees there, in pitches."""
    if camera.parallel:
        return camera.height(aspect)
    return 2 * math.tan(math.radians(camera.vertical_fov(aspect)) / 2) * _depth(camera, behind)


def _inch(camera: Camera, page: Page, behind: float) -> float:
    """How many pitches an inch of the page is there."""
    return _height(camera, page.aspect, behind) / page.height


# ---- the objects

class _Hanger:
    """What hangs the letters of one picture of what is built."""

    def __init__(self, built: Built, composed: Composed, obj: bpy.types.Object):
        self.composed, self.obj, self.parts = composed, obj, built.parts
        self.font, self.pitch = fonts.load(), built.group.placement.pitch
        self.turn = composed.camera.axes().T
        self.inks = page_objects.inks(LOOKS[built.group.options.look])
        self.moves = [translation(to_blender(-part.offset) * self.pitch) for part in self.parts]
        self.used: dict[str, bpy.types.Material] = {}

    @cached_property
    def typeface(self) -> bpy.types.VectorFont:
        return typefaces.load(self.font)

    def ink(self, role: str) -> bpy.types.Material:
        if role not in self.used:
            name = "mm text" if role == "text" else f"mm text {role}"
            self.used[role] = materials.flat(name, (*self.inks[role], 1.0))
        return self.used[role]

    def hang(self, owner: int, block: LetterBlock, middle: np.ndarray, anchor: np.ndarray, behind: float) -> None:
        """An Empty at ``anchor`` that turns with the camera, and on it what is about the ``middle`` of the page; both
        of the document with that number."""
        collection = self.parts[owner].collection
        scale = _inch(self.composed.camera, self.composed.sheet.page, behind) * self.pitch
        empty = bpy.data.objects.new(f"mm letters {block.texts[0].text}"[:60], None)
        frame = np.eye(4)
        frame[:3, :3], frame[:3, 3] = self.turn, anchor
        empty.matrix_basis = self.moves[owner] @ world_frame(frame, self.pitch)
        empty[HUNG] = entries(empty.matrix_basis)
        empty[tags.REACH] = ((block.box - middle) * scale).ravel().tolist()
        empty.empty_display_size = DOT * block.texts[0].size_pt * POINT * scale
        new_constraint(empty, "COPY_ROTATION").target = self.obj
        objects = [page_objects.run_of(text, run, self.font, self.typeface, self.ink(text.role), "mm")
                for text in block.texts for run in text.runs if run.text.strip()]
        if block.leaders:
            objects.append(page_objects.leaders(block.leaders, self.composed.sheet.leader_pt, self.ink("quiet")))
        about = Matrix.Scale(scale, 4) @ Matrix.Translation((-middle[0], -middle[1], 0.0))
        collection.objects.link(empty)
        for each in objects:
            collection.objects.link(each)
            each.parent, each.matrix_basis = empty, about @ each.matrix_basis
            page_objects.unseen(each)
        parts.adopt(collection, parts.LETTER, [empty, *objects])
