"""Letters of a scene: names and shapes beside the matrices, upright as the camera sees them, all of one size.

They are laid out as on a page (``lettering``) for the size of a picture and stand in space where their matrix is, so
that a person who looks around sees them beside it. Each name with its shape hangs on an Empty that turns with the
camera, by a constraint; moving the Empty moves the name. The keys hang before the camera.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import replace
from functools import cached_property

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import LOOKS
from ..document import cube_numbers
from ..document.composition import Composed
from ..document.group import Group
from ..errors import warn
from ..expression.tree import MatMul, nodes
from ..layout.framing import Camera
from ..layout.places import extent, shift, to_blender
from ..lettering import fonts
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from . import compat, linked, materials, page_objects, parts, properties, running_sum, tags, typefaces, upright
from .blender_types import entries, new_constraint, translation
from .built import Built
from .letter_places import blocks_of, depth, inch, LetterBlock, LetterPlaces
from .matrices import world_frame

HUNG = tags.HUNG     # on the Empty of a name: where it was hung
ASIDE = "letter aside"  # in place of its part, of a letter that is not rendered now
FLOW = tags.FLOW_OF  # on the object of an arrow: the path of its matmul
DOT = 0.1            # size of an Empty in the viewport, of the letters'


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
    hanger = Hanger(built, composed, obj)
    for each in composed.standing:
        hanger.hang(0, LetterBlock(each.texts, ()), np.zeros(2), each.anchor, 0.0)
    blocks = blocks_of(composed.sheet)
    if blocks:
        _hang(blocks, LetterPlaces(group, camera, page), hanger)
    rest = replace(composed.sheet, texts=[text for text in composed.sheet.texts if not text.path], leaders=[], led=[])
    if rest.texts or rest.arcs or rest.keys and rest.keys.strips:
        page_objects.hang(rest, page_objects.Before(camera, group.placement.pitch, depth(camera, 0.0)), obj,
                          LOOKS[group.options.look], built.collection, part=parts.LETTER)


def _hang(blocks: dict[tuple[int, str], LetterBlock], places: LetterPlaces, hanger: Hanger) -> None:
    """Hang what belongs to each matrix there."""
    for (owner, path), block in blocks.items():
        middle, behind = block.box.mean(0), places.behind(owner, path, block)
        hanger.hang(owner, block, middle, places.point(middle, behind), behind)


def plan_numbers(group: Group, camera: Camera, page: Page, sheet: Sheet) -> cube_numbers.NumberPlan:
    """How the cubes of ``group`` have their numbers as ``camera`` sees them. Warns (MMWarning) of those that have none,
    and why."""
    plan = cube_numbers.plan(group, camera, page, sheet, upright.light_of(group))
    for said in cube_numbers.left_out(plan.left, page.told):
        warn(said)
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


# ---- the objects

class Hanger:
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
        """What the letters are set in."""
        return typefaces.load(self.font)

    def ink(self, role: str) -> bpy.types.Material:
        """What texts of a role are made of."""
        if role not in self.used:
            name = "mm text" if role == "text" else f"mm text {role}"
            self.used[role] = materials.flat(name, (*self.inks[role], 1.0))
        return self.used[role]

    def hang(self, owner: int, block: LetterBlock, middle: np.ndarray, anchor: np.ndarray, behind: float) -> None:
        """An Empty at ``anchor`` that turns with the camera, and on it what is about the ``middle`` of the page; both
        of the document with that number."""
        collection = self.parts[owner].collection
        scale = inch(self.composed.camera, self.composed.sheet.page, behind) * self.pitch
        empty = self.empty(owner, block.texts[0].text, anchor)
        empty.empty_display_size = DOT * block.texts[0].size_pt * POINT * scale
        objects = self.objects(block)
        about = Matrix.Scale(scale, 4) @ Matrix.Translation((-middle[0], -middle[1], 0.0))
        for each in objects:
            collection.objects.link(each)
            each.parent, each.matrix_basis = empty, about @ each.matrix_basis
        parts.adopt(collection, parts.LETTER, [empty, *objects])

    def empty(self, owner: int, name: str, anchor: np.ndarray) -> bpy.types.Object:
        """An Empty at ``anchor`` that turns with the camera, linked to where the document with that number is."""
        empty = bpy.data.objects.new(f"mm letters {name}"[:60], None)
        frame = np.eye(4)
        frame[:3, :3], frame[:3, 3] = self.turn, anchor
        empty.matrix_basis = self.moves[owner] @ world_frame(frame, self.pitch)
        empty[HUNG] = entries(empty.matrix_basis)
        new_constraint(empty, "COPY_ROTATION").target = self.obj
        self.parts[owner].collection.objects.link(empty)
        return empty

    def objects(self, block: LetterBlock) -> list[bpy.types.Object]:
        """The texts and the leaders of a block, in inches on the page, linked nowhere yet."""
        out = [page_objects.run_of(text, run, self.font, self.typeface, self.ink(text.role), "mm")
               for text in block.texts for run in text.runs if run.text.strip()]
        if block.leaders:
            out.append(page_objects.leaders(block.leaders, self.composed.sheet.leader_pt, self.ink("quiet")))
        for each in out:
            page_objects.unseen(each)
        return out
