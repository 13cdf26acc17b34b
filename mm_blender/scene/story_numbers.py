"""What a story shows of numbers: those on the cubes of a matrix, and running sums, each for a while."""
from __future__ import annotations

import math

import bpy
import numpy as np

from ..digits import AUTO, Digits, ORDINARY, read
from ..document import cube_numbers
from ..document.document import Document
from ..document.group import Group
from ..document.number_inks import inks
from ..document.running_sums import SumLine, Teller
from ..errors import warn
from ..expression.tree import MatMul, Node
from ..layout import framing
from ..lettering import fonts, numerals
from ..lettering.page import Page
from ..story import captions, names, targets
from ..story.beats import BELOW
from ..story.timeline import SumSpan, Timeline
from . import compat, parts, properties, running_sum, story_keys, tags, upright
from .blender_types import geometry_nodes

FILL = 0.72     # of a cell's width that the widest number takes
LARGEST = 0.44  # size of letters in pitches
SIZE = "Fixed Size"  # the input of the numbers' group
APART = 0.03    # of half the picture's height, between a sum and captions or the picture's edge
HEIGHT = 0.036  # size of a sum's letters, of the picture's height


def put(document: Document, collection: bpy.types.Collection, told: Timeline) -> None:
    """The numbers and the sums of a story, with the keys that show and hide them. Warns (MMWarning) of matrices that
    have too many numbers."""
    _put_numbers(document, collection, told)
    for span in told.sums:
        _put_sum(document, collection, span, told)


def keep_legible(document: Document, collection: bpy.types.Collection, told: Timeline, page: Page) -> None:
    """Leave out the numbers of matrices that would be too small to read on ``page`` wherever the camera rests while
    they are seen, which is said (MMWarning)."""
    spans, small = _spans(told), list[str]()
    for obj in parts.of(collection, parts.STORY):
        path = properties.text(obj, tags.LABEL)
        if path not in spans or upright.MODIFIER not in obj.modifiers:
            continue
        size = compat.modifier_input(geometry_nodes(obj, 0), SIZE) / document.placement.pitch
        legible = _largest(document, path, size, spans[path], told, page) >= cube_numbers.LEAST_PX
        small += [] if legible else [document.matrix(path).name]
        story_keys.visible(obj, spans[path] if legible else [])
    for said in cube_numbers.left_out({cube_numbers.SMALL: small} if small else {}, page.told):
        warn(said)


def _largest(document: Document, path: str, size: float, spans: list[tuple[int, int]], told: Timeline,
             page: Page) -> float:
    """The most pixels that letters of ``size`` pitches on a matrix have where the camera rests and its middle is in the
    picture; infinitely many where it never is."""
    middle, found = targets.corners(document, targets.find(document, path)).mean(0), list[float]()
    for first, last, key in names.rests(told.camera):
        if not any(first <= end and begin <= last for begin, end in spans):
            continue
        camera = names.camera_at(told, key)
        there = camera.project(middle[None])
        inch = names.inch(camera, page, float(camera.axes()[2] @ (middle - camera.target)))
        if inch > 0 and np.abs(camera.shares(there, page.aspect) - 0.5).max() < 0.5:
            found.append(size / inch * page.dpi)
    return max(found, default=math.inf)


def _spans(told: Timeline) -> dict[str, list[tuple[int, int]]]:
    """By matrix, from which frame to which its numbers are seen."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for each in told.numbers:
        spans.setdefault(each.path, []).append((each.first, each.last))
    return spans


def _put_numbers(document: Document, collection: bpy.types.Collection, told: Timeline) -> None:
    spans = _spans(told)
    shown = [document.matrix(path) for path in spans]
    left = {cube_numbers.CELLS: [node for node in shown if node.note],
            cube_numbers.MANY: [node for node in shown if not node.note and node.h * node.w > cube_numbers.MOST]}
    for said in cube_numbers.left_out({why: [node.name for node in found] for why, found in left.items() if found}):
        warn(said)
    shown = [node for node in shown if node not in left[cube_numbers.CELLS] + left[cube_numbers.MANY]]
    if not shown:
        return
    digits = _digits(document, shown)
    size = min(_size(document.values[node.path], digits) for node in shown)
    pitch, light = document.placement.pitch, upright.light_of(Group.alone(document))
    for node in shown:
        matrix = parts.find(collection, node.path)
        if matrix is None:
            continue
        frame = document.placement.matrices[node.path]
        seen = document.camera.towards(frame[:3, 3])
        faces = [axis * np.sign(axis @ seen) for axis in frame[:3, :3].T]
        dark, edged = inks(document, node, faces, light, size)
        mesh = upright.points(np.ones((node.h, node.w), bool), dark, edged)
        obj = upright.make(matrix, node, mesh, document, collection, {
            **upright.spelling(digits), SIZE: size * pitch, "Parallel": document.camera.parallel,
            **_held(node, collection, told)})
        story_keys.visible(obj, spans[node.path])


def _held(node: Node, collection: bpy.types.Collection, told: Timeline) -> dict[str, bpy.types.Object]:
    """The input that says which element of ``node`` has no number, since its running sum does not come to that yet."""
    moments = sorted((moment for span in told.sums if span.path == node.path for moment in span.moments),
                     key=lambda moment: moment.frame)
    if not moments:
        return {}
    held = parts.unseen(f"mm held {node.name}"[:60], None, collection)
    keys = {told.first - 1: 0} | {
        moment.frame: 1 + moment.row * node.w + moment.col if moment.terms < moment.of else 0 for moment in moments}
    compat.key(held, "location", 0, [(float(frame), float(number)) for frame, number in keys.items()], "CONSTANT")
    return {"Held": held}


def _digits(document: Document, shown: list[Node]) -> Digits:
    """How all numbers of a story are written: as is said or, of whole numbers, without decimals."""
    asked = document.options.numbers
    digits = read(asked) if isinstance(asked, str) else Digits()
    values = np.concatenate([document.values[node.path].ravel() for node in shown])
    values = values[np.isfinite(values)]
    whole = bool((values == np.round(values)).all())
    return Digits(digits.rule, 0 if whole else ORDINARY, digits.signed) if digits.rule == AUTO else digits


def _size(x: np.ndarray, digits: Digits) -> float:
    """Of letters, in pitches, at which each number fits into its cell from wherever it is seen."""
    widest = max((numerals.width(cube_numbers.spelled(float(value), digits)) for value in x.ravel() if value != 0),
                 default=0.0)
    return min(FILL / max(widest, 1e-6), LARGEST)


def _put_sum(document: Document, collection: bpy.types.Collection, span: SumSpan, told: Timeline) -> None:
    node = document.matrix(span.path)
    if not isinstance(node, MatMul) or not span.moments:
        return
    teller = Teller(document, node, fonts.load())
    lines = [SumLine(each.row, each.col, teller.of_terms(each.row, each.col, np.arange(each.terms)), number, number + 1)
             for number, each in enumerate(span.moments)]
    head = parts.unseen(f"mm sum of {node.name}"[:60], None, collection)
    compat.key(head, "location", 0, [(float(each.frame), float(number)) for number, each in enumerate(span.moments)],
               "CONSTANT")
    obj = running_sum.make(node, lines, head, _style(document, told), collection)
    if obj is not None:
        story_keys.visible(obj, [(span.first, span.last)])


def _style(document: Document, told: Timeline) -> running_sum.SumStyle:
    """Of a sum's letters, which are as large in the picture wherever the camera is."""
    pitch = document.placement.pitch
    half = math.tan(math.radians(framing.Camera(np.zeros(3), np.zeros(3), told.fov).vertical_fov(told.aspect)) / 2)
    if told.parallel:
        half *= told.camera[0].distance * pitch
    size = HEIGHT * 2 * half
    return running_sum.SumStyle(0.0 if told.parallel else size, size if told.parallel else 0.0,
                                (half * told.aspect, half * _free(told)), told.parallel, pitch)


def _free(told: Timeline) -> float:
    """The share of half the picture's height in which no caption below stands."""
    page = captions.page_of(told.aspect)
    plates = names.plates([each for each in told.captions if each.place == BELOW], page)
    return 1 - APART - 2 * max((top / page.height for *_, top in plates), default=0.0)
