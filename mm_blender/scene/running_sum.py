"""Running sums as objects: one a matmul, whose points hold all texts of its sweep (``nodes/sum_group.py``)."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..document import running_sums
from ..document.running_sums import SumLine, Teller
from ..expression.tree import MatMul
from ..layout.framing import Camera
from ..layout.places import offsets
from ..lettering import fonts
from ..lettering.fonts import Font
from ..lettering.lines import line
from ..lettering.page import Page, POINT
from . import compat, materials, parts, tags, typefaces
from .blender_types import new_geometry_nodes, new_numbers
from .built import Built
from .nodes import sum_group

LARGER = 1.25   # than names
WIDEST = 0.94   # of the picture, that a text may be
MODIFIER = "mm Sum"


@dataclass(frozen=True)
class SumStyle:
    """``size``, ``fixed``: of the letters, see the node group; ``half``: half the picture's width and height a metre
    before the camera or, of a ``parallel`` one, anywhere in metres; ``pitch`` in metres."""

    size: float
    fixed: float
    half: tuple[float, float]
    parallel: bool
    pitch: float


def put(built: Built, camera: Camera, page: Page) -> None:
    """Write the running sums that are asked for on what is built, as ``camera`` sees it on ``page``."""
    font = fonts.load()
    for document, _, _, collection in built.parts:
        node = running_sums.asked_for(document)
        if node is None:
            continue
        heads = [obj for obj in parts.of(collection, parts.SWEEP) if obj.get(tags.PLAYHEAD) == node.path]
        head = parts.original(heads)
        if head is None:
            continue
        lines = list(Teller(document, node, font).lines(document.schedule.tracks[node.path].count,
                                                        document.options.smooth))
        widest = max(_width(each, font) for each in lines)
        size = min(LARGER * page.font_pt * POINT, WIDEST * page.width / (widest + 2 * sum_group.MARGIN))
        style = _style(camera, page, size, built.group.placement.pitch)
        obj = make(node, lines, head, style, collection)
        if obj is not None:
            parts.adopt(collection, parts.LETTER, [obj])


def make(node: MatMul, lines: Sequence[SumLine], head: bpy.types.Object, style: SumStyle,
         collection: bpy.types.Collection) -> bpy.types.Object | None:
    """The object that shows of ``lines`` the one that the place of ``head`` says, on the matrix of ``node``; None if a
    person has deleted that. It is linked into ``collection``, and no part of anything yet."""
    matrix = parts.find(collection, node.path)
    if matrix is None:
        return None
    font = fonts.load()
    mesh, letters = _points(node, lines, font, style.pitch)
    obj = bpy.data.objects.new(f"mm sum {matrix.name}"[:60], mesh)
    obj.parent, obj.hide_select = matrix, True
    obj[tags.LABEL] = node.path
    collection.objects.link(obj)
    modifier = new_geometry_nodes(obj, MODIFIER)
    modifier.node_group = sum_group.build(typefaces.load(font), font.box)
    light = materials.on_light(collection)
    ink = materials.shared("mm pin on light", (0.01, 0.012, 0.02)) if light else materials.shared(
        "mm pin on dark", (1.0, 0.9, 0.55))
    ground = materials.shared("mm plate light", (1.0, 1.0, 1.0)) if light else materials.shared(
        "mm plate dark", (0.012, 0.014, 0.02))
    compat.set_modifier_inputs(modifier, {
        "Letters": letters, "Playhead": head, "Size": style.size, "Fixed Size": style.fixed,
        "Parallel": style.parallel, "Half Width": style.half[0], "Half Height": style.half[1], "Pitch": style.pitch,
        "Ink": ink, "Ground": ground})
    obj.update_tag()
    for kind in ("diffuse", "glossy", "transmission", "volume_scatter", "shadow"):
        setattr(obj, f"visible_{kind}", False)
    return obj


def _style(camera: Camera, page: Page, inches: float, pitch: float) -> SumStyle:
    """Of letters so many inches large on ``page``."""
    share = inches / page.height
    if camera.parallel:
        high = camera.height(page.aspect) * pitch
        return SumStyle(0.0, share * high, (high * page.aspect / 2, high / 2), True, pitch)
    half = math.tan(math.radians(camera.vertical_fov(page.aspect)) / 2)
    return SumStyle(share * 2 * half, 0.0, (half * page.aspect, half), False, pitch)


def _width(each: SumLine, font: Font) -> float:
    """Of a text, in em."""
    return line(each.runs, font, 1.0, "text", "sum").width / POINT


def _points(node: MatMul, lines: Sequence[SumLine], font: Font, pitch: float) -> tuple[bpy.types.Mesh, str]:
    """A mesh whose points are letters and plates, and the letters that there are."""
    letters: dict[str, int] = {}
    rows, cols = offsets(node)
    held: list[tuple[float, ...]] = []  # x, y, first, until, glyph, pen, rise, scale, width
    for each in lines:
        text = line(each.runs, font, 1.0, "text", "sum")
        width, at = text.width / POINT, (float(cols[each.col]), float(rows[each.row]), each.first, each.until)
        held.append((*at, sum_group.PLATE, width / 2, font.cap / 2, 1.0, width))
        for run in text.runs:
            pen = run.dx / POINT
            for letter in run.text:
                if not letter.isspace():
                    glyph = letters.setdefault(letter, len(letters))
                    held.append((*at, glyph, pen, run.dy / POINT, run.size_pt, width))
                pen += font.width(letter) * run.size_pt
    table = np.array(held)
    mesh = bpy.data.meshes.new("mm sum")
    mesh.vertices.add(len(table))
    places = np.zeros((len(table), 3), np.float32)
    places[:, :2] = table[:, :2] * pitch
    mesh.vertices.foreach_set("co", places.ravel())
    for column, name in enumerate((sum_group.FIRST, sum_group.UNTIL, sum_group.GLYPH, sum_group.PEN, sum_group.RISE,
                                   sum_group.SCALE, sum_group.WIDTH), 2):
        kind = "INT" if name == sum_group.GLYPH else "FLOAT"
        new_numbers(mesh, name, kind, "POINT").foreach_set(
            "value", table[:, column].astype(np.int32 if kind == "INT" else np.float32))
    return mesh, "".join(letters)
