"""Keys as objects: a strip of colours with its ticks, and squares of the sizes, for every bar of ``keys.bars``.

All of it lies in a rectangle, flat, each text a text object that a person can edit.
"""
from __future__ import annotations

import math
from typing import TYPE_CHECKING

import bpy
import numpy as np
from mathutils import Matrix

from .. import keypage, keys
from ..places import to_blender
from . import materials
from .looks import Look

if TYPE_CHECKING:
    from ..visualization import Visualization

PIECES = 256        # of a strip, each of one colour
# of a row, from its bottom, relative to its height
TEXT, TITLE, TICK, BOTTOM, TOP, NAME = 0.25, 0.27, 0.06, 0.36, 0.60, 0.68
SIZES_FROM = 0.68   # of the width: where the squares start, after the strip
LINE = 0.012        # thickness of ticks, relative to the height of a row


def add(viz: "Visualization", look: Look, collection: bpy.types.Collection) -> None:
    """The keys beside the expression, if ``viz`` wants them."""
    corners = viz.key_corners(viz.camera)
    if not len(corners):
        return
    pitch = viz.placement.pitch
    left, right, _, top = to_blender(corners) * pitch
    shown = keys.bars(viz)[:keys.MOST]
    across, down = keys.grid(len(shown))
    share = down / keys.grid(keys.count(viz.tree))[1]  # fewer rows than there might have been stay below the whole
    put(shown, top + (left - top) * share, right - left, top - left,
        (float(np.linalg.norm(right - left)), float(np.linalg.norm(top - left)) * share), look, collection, unit=pitch,
        columns=across)


def put(bars: list[keys.Bar], origin, right, up, size: tuple[float, float], look: Look,
        collection: bpy.types.Collection, unit: float | None = None, text: float | None = None,
        font: bpy.types.VectorFont | None = None, columns: int = 1) -> list[bpy.types.Object]:
    """Draw ``bars`` row by row, ``columns`` in each, into a rectangle: from ``origin`` (its lower left corner, 3) along
    ``right`` and ``up`` (any length), ``size`` wide and high. In metres and Blender's axes. Returns the objects.

    unit: what a pitch measures there, so that the squares are as large as the elements; they shrink alike where they
    would not fit. text: height of texts (by default a fifth of a row). font: of the texts.
    """
    if not bars:
        return []
    axes = [np.asarray(v, np.float64) / np.linalg.norm(v) for v in (right, up)]
    frame = np.eye(4)
    frame[:3, :3] = np.stack([*axes, np.cross(*axes)], 1)
    frame[:3, 3] = origin
    sheet = _Sheet(Matrix(frame.tolist()), materials.flat("mm key text", (*look.text, 1.0)), collection, font)
    rows = math.ceil(len(bars) / columns)
    row, gutter = size[1] / rows, 0.06 * size[0] if columns > 1 else 0.0
    width = (size[0] - gutter * (columns - 1)) / columns
    lettering = min(text or TEXT * row, 0.3 * row)
    for index, bar in enumerate(bars):
        down, across = divmod(index, columns)
        sheet.bar(bar, look, across * (width + gutter), size[1] - (down + 1) * row, width, row, lettering, unit)
    sheet.lines()
    return sheet.made


def strip(where: keypage.Strip, look: Look) -> bpy.types.Object:
    """A strip of a page, in inches on it."""
    piece = where.width / PIECES
    mesh = quads(f"mm key {where.bar.title}"[:60], [(where.x + n * piece, where.y, piece, where.height)
                                                    for n in range(PIECES)], materials.strip(where.bar.colours, look))
    _give_levels(mesh, where.bar)
    return bpy.data.objects.new(mesh.name, mesh)


def boxes(places, material: bpy.types.Material) -> bpy.types.Object:
    """The ticks and squares of a page, (x, y, width, height) in inches on it, one mesh."""
    mesh = quads("mm key lines", places, material)
    return bpy.data.objects.new(mesh.name, mesh)


def quads(name: str, boxes, material: bpy.types.Material) -> bpy.types.Mesh:
    """Rectangles (x, y, width, height) in the plane z = 0."""
    mesh = bpy.data.meshes.new(name)
    corners = [(x + u * w, y + v * h, 0.0) for x, y, w, h in boxes for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
    mesh.from_pydata(corners, [], [tuple(range(4 * n, 4 * n + 4)) for n in range(len(boxes))])
    mesh.materials.append(material)
    return mesh


def _give_levels(mesh: bpy.types.Mesh, bar: keys.Bar) -> None:
    """What the pieces of a strip are coloured by."""
    levels = bar.levels((np.arange(PIECES) + 0.5) / PIECES).astype(np.float32)
    mesh.attributes.new("level", "FLOAT", "FACE").data.foreach_set("value", levels)


def _apart(ticks: tuple[keys.Tick, ...], long: float, lettering: float) -> list[keys.Tick]:
    """The ticks whose texts keep off each other on a strip ``long`` metres."""
    kept, end = [], -np.inf
    for tick in ticks:
        half = 0.3 * lettering * len(tick.text)
        if tick.share * long - half >= end:
            kept.append(tick)
            end = tick.share * long + half + 0.4 * lettering
    return kept


class _Sheet:
    """What is drawn on a rectangle, in metres from its lower left corner."""

    def __init__(self, frame: Matrix, ink: bpy.types.Material, collection: bpy.types.Collection, font):
        self.frame, self.ink, self.collection, self.font = frame, ink, collection, font
        self.made: list[bpy.types.Object] = []
        self.boxes: list[tuple[float, float, float, float]] = []

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self.boxes.append((x, y, width, height))

    def bar(self, bar: keys.Bar, look: Look, x: float, y: float, width: float, row: float, lettering: float,
            unit: float | None) -> None:
        """A bar with its name, ticks and squares, from its lower left corner."""
        long, under = SIZES_FROM * width - 0.5 * row, y + (BOTTOM - TICK - 0.02) * row - lettering * 0.75
        self.strip(bar, look, (x, y + BOTTOM * row, long, (TOP - BOTTOM) * row))
        self.text(bar.title, (x, y + NAME * row), lettering * TITLE / TEXT, "LEFT")
        for tick in _apart(bar.ticks, long, lettering):
            at = x + tick.share * long
            self.box(at - LINE * row / 2, y + (BOTTOM - TICK) * row, LINE * row, TICK * row)
            self.text(tick.text, (at, under), lettering, "CENTER")
        self.squares(bar, (x + SIZES_FROM * width, y, (1 - SIZES_FROM) * width, row), unit, lettering)

    def lines(self) -> None:
        """All boxes, one mesh."""
        self._quads("mm key lines", self.boxes, self.ink)

    def strip(self, bar: keys.Bar, look: Look, place: tuple[float, float, float, float]) -> None:
        x, y, width, height = place
        piece = width / PIECES
        mesh = self._quads(f"mm key {bar.title}"[:60], [(x + n * piece, y, piece, height) for n in range(PIECES)],
                           materials.strip(bar.colours, look))
        _give_levels(mesh, bar)

    def squares(self, bar: keys.Bar, place: tuple[float, float, float, float], unit: float | None,
                lettering: float) -> None:
        """The sizes of a few magnitudes, the largest first, above their values."""
        x, y, width, height = place
        edges = np.array([size.edge for size in bar.sizes])
        if not edges.size or edges.max() <= 0:
            return
        fit = min(0.5 * width / edges.sum(), (TOP - BOTTOM + 0.26) * height / edges.max())
        scale = min(unit, fit) if unit else fit
        slots = np.maximum(edges * scale, [0.6 * lettering * len(size.text) for size in bar.sizes]) + 0.5 * lettering
        slots *= min(1.0, width / slots.sum())
        middle = y + (BOTTOM + TOP) / 2 * height
        centre = x + np.cumsum(slots) - slots / 2
        for at, side, size in zip(centre, edges * scale, bar.sizes):
            self.box(at - side / 2, middle - side / 2, side, side)
            self.text(size.text, (at, y + (BOTTOM - TICK - 0.02) * height - lettering * 0.75), lettering, "CENTER")

    def text(self, body: str, at: tuple[float, float], height: float, anchor: str) -> None:
        curve = bpy.data.curves.new(f"mm key {body}"[:60], "FONT")
        curve.body, curve.size, curve.align_x, curve.fill_mode = body, height, anchor, "FRONT"
        if self.font:
            curve.font = self.font
        curve.materials.append(self.ink)
        self._object(curve.name, curve, self.frame @ Matrix.Translation((*at, 0.0)))

    def _quads(self, name: str, boxes, material: bpy.types.Material) -> bpy.types.Mesh:
        mesh = quads(name, boxes, material)
        self._object(name, mesh, self.frame)
        return mesh

    def _object(self, name: str, data, frame: Matrix) -> None:
        obj = bpy.data.objects.new(name, data)
        obj.matrix_basis = obj.matrix_world = frame
        obj["mm_key"] = True
        self.collection.objects.link(obj)
        self.made.append(obj)
