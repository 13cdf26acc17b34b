"""Keys as objects: a strip of colours with its ticks, and squares of the sizes, for every bar of ``colour_keys.bars``.

All of it lies in a rectangle, flat, each text a text object that a person can edit.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import Look
from ..document import plane_texts
from ..document.document import Document
from ..layout.places import to_blender
from ..lettering import colour_keys, key_layout
from ..lettering.key_layout import Box
from . import materials, solid, tags
from .blender_types import new_numbers, new_text_curve

PIECES = 256        # of a strip, each of one colour
# of a row, from its bottom, relative to its height
TEXT, TITLE, TICK, BOTTOM, TOP, NAME = 0.25, 0.27, 0.06, 0.36, 0.60, 0.68
SIZES_FROM = 0.68   # of the width: where the squares start, after the strip
LINE = 0.012        # thickness of ticks, relative to the height of a row


def add(document: Document, look: Look, collection: bpy.types.Collection) -> None:
    """The keys beside the expression, if ``document`` wants them."""
    corners = plane_texts.key_corners(document, document.camera)
    if not len(corners):
        return
    pitch = document.placement.pitch
    left, right, _, top = to_blender(corners) * pitch
    shown = colour_keys.bars(document.tree, document.scaling)[:colour_keys.MOST]
    across, down = colour_keys.grid(len(shown))
    # fewer rows than there might have been stay below the whole
    share = down / colour_keys.grid(colour_keys.count(document.tree))[1]
    size = float(np.linalg.norm(right - left)), float(np.linalg.norm(top - left)) * share
    put(shown, Rectangle(top + (left - top) * share, right - left, top - left, size), look, collection, pitch, across)


class Rectangle(NamedTuple):
    """From ``origin`` (its lower left corner, 3) along ``right`` and ``up`` (3, any length), ``size`` wide and high. In
    metres and Blender's axes."""

    origin: np.ndarray
    right: np.ndarray
    up: np.ndarray
    size: tuple[float, float]

    @property
    def frame(self) -> Matrix:
        """Its own: x along its right, y up."""
        right, up = (np.asarray(v, np.float64) / np.linalg.norm(v) for v in (self.right, self.up))
        frame = np.eye(4)
        frame[:3, :3] = np.stack([right, up, np.cross(right, up)], 1)
        frame[:3, 3] = self.origin
        return Matrix(frame.tolist())


def put(bars: Sequence[colour_keys.Bar], rectangle: Rectangle, look: Look, collection: bpy.types.Collection,
        unit: float | None = None, columns: int = 1) -> list[bpy.types.Object]:
    """Draw ``bars`` row by row, ``columns`` in each, into a rectangle. Returns the objects. ``unit``: what a pitch
    measures there, so that the squares are as large as the elements; they shrink alike where they would not fit."""
    if not bars:
        return []
    sheet, size = _KeySheet(rectangle.frame, look, collection, unit), rectangle.size
    rows = math.ceil(len(bars) / columns)
    row, gutter = size[1] / rows, 0.06 * size[0] if columns > 1 else 0.0
    width = (size[0] - gutter * (columns - 1)) / columns
    for index, bar in enumerate(bars):
        down, across = divmod(index, columns)
        sheet.bar(bar, (across * (width + gutter), size[1] - (down + 1) * row, width, row))
    sheet.lines()
    return sheet.objects


def strip(where: key_layout.Strip, look: Look) -> bpy.types.Object:
    """A strip of a page, in inches on it."""
    piece = where.width / PIECES
    mesh = quads(f"mm key {where.bar.title}"[:60], [(where.x + n * piece, where.y, piece, where.height)
                                                    for n in range(PIECES)], materials.strip(where.bar.colours, look))
    _give_levels(mesh, where.bar, look)
    return bpy.data.objects.new(mesh.name, mesh)


def boxes(places: Sequence[Box], material: bpy.types.Material) -> bpy.types.Object:
    """The ticks and squares of a page, (x, y, width, height) in inches on it, one mesh."""
    mesh = quads("mm key lines", places, material)
    return bpy.data.objects.new(mesh.name, mesh)


def quads(name: str, boxes: Sequence[Box], material: bpy.types.Material) -> bpy.types.Mesh:
    """Rectangles (x, y, width, height) in the plane z = 0."""
    mesh = bpy.data.meshes.new(name)
    corners = [(x + u * w, y + v * h, 0.0) for x, y, w, h in boxes for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
    mesh.from_pydata(corners, [], [tuple(range(4 * n, 4 * n + 4)) for n in range(len(boxes))])
    mesh.materials.append(material)
    return mesh


def _give_levels(mesh: bpy.types.Mesh, bar: colour_keys.Bar, look: Look) -> None:
    """What the pieces of a strip are coloured by, and for Workbench, which knows no shaders, their colours."""
    levels = bar.levels((np.arange(PIECES) + 0.5) / PIECES).astype(np.float32)
    new_numbers(mesh, "level", "FLOAT", "FACE").foreach_set("value", levels)
    solid.give_colours(mesh, solid.linear(levels, bar.colours, look))


def _apart(ticks: tuple[colour_keys.Tick, ...], long: float, lettering: float) -> list[colour_keys.Tick]:
    """The ticks whose texts keep off each other on a strip ``long`` metres."""
    kept: list[colour_keys.Tick] = []
    end = -np.inf
    for tick in ticks:
        half = 0.3 * lettering * len(tick.text)
        if tick.share * long - half >= end:
            kept.append(tick)
            end = tick.share * long + half + 0.4 * lettering
    return kept


class _KeySheet:
    """What is drawn on a rectangle, in metres from its lower left corner; ``unit``: see ``put``."""

    def __init__(self, frame: Matrix, look: Look, collection: bpy.types.Collection, unit: float | None):
        self.frame, self.look, self.collection, self.unit = frame, look, collection, unit
        self.ink = materials.flat("mm key text", (*look.text, 1.0))
        self.objects: list[bpy.types.Object] = []
        self.boxes: list[Box] = []

    def box(self, x: float, y: float, width: float, height: float) -> None:
        self.boxes.append((x, y, width, height))

    def bar(self, bar: colour_keys.Bar, place: Box) -> None:
        """A bar with its name, ticks and squares, in a rectangle on this one."""
        x, y, width, row = place
        lettering = min(TEXT, 0.3) * row
        long, under = SIZES_FROM * width - 0.5 * row, y + (BOTTOM - TICK - 0.02) * row - lettering * 0.75
        self.strip(bar, (x, y + BOTTOM * row, long, (TOP - BOTTOM) * row))
        self.text(bar.title, (x, y + NAME * row), lettering * TITLE / TEXT, "LEFT")
        for tick in _apart(bar.ticks, long, lettering):
            at = x + tick.share * long
            self.box(at - LINE * row / 2, y + (BOTTOM - TICK) * row, LINE * row, TICK * row)
            self.text(tick.text, (at, under), lettering, "CENTER")
        self.squares(bar, (x + SIZES_FROM * width, y, (1 - SIZES_FROM) * width, row), lettering)

    def lines(self) -> None:
        """All boxes, one mesh."""
        self._quads("mm key lines", self.boxes, self.ink)

    def strip(self, bar: colour_keys.Bar, place: Box) -> None:
        x, y, width, height = place
        piece = width / PIECES
        mesh = self._quads(f"mm key {bar.title}"[:60], [(x + n * piece, y, piece, height) for n in range(PIECES)],
                           materials.strip(bar.colours, self.look))
        _give_levels(mesh, bar, self.look)

    def squares(self, bar: colour_keys.Bar, place: Box, lettering: float) -> None:
        """The sizes of a few magnitudes, the largest first, above their values."""
        x, y, width, height = place
        edges = np.array([size.edge for size in bar.sizes])
        if not edges.size or edges.max() <= 0:
            return
        fit = min(0.5 * width / edges.sum(), (TOP - BOTTOM + 0.26) * height / edges.max())
        scale = min(self.unit, fit) if self.unit else fit
        slots = np.maximum(edges * scale, [0.6 * lettering * len(size.text) for size in bar.sizes]) + 0.5 * lettering
        slots *= min(1.0, width / slots.sum())
        middle = y + (BOTTOM + TOP) / 2 * height
        centre = x + np.cumsum(slots) - slots / 2
        for at, side, size in zip(centre, edges * scale, bar.sizes):
            self.box(at - side / 2, middle - side / 2, side, side)
            self.text(size.text, (at, y + (BOTTOM - TICK - 0.02) * height - lettering * 0.75), lettering, "CENTER")

    def text(self, body: str, at: tuple[float, float], height: float, anchor: Literal["LEFT", "CENTER"]) -> None:
        curve = new_text_curve(f"mm key {body}"[:60])
        curve.body, curve.size, curve.align_x, curve.fill_mode = body, height, anchor, "FRONT"
        curve.materials.append(self.ink)
        self._object(curve.name, curve, self.frame @ Matrix.Translation((*at, 0.0)))

    def _quads(self, name: str, boxes: Sequence[Box], material: bpy.types.Material) -> bpy.types.Mesh:
        mesh = quads(name, boxes, material)
        self._object(name, mesh, self.frame)
        return mesh

    def _object(self, name: str, data: bpy.types.ID, frame: Matrix) -> None:
        obj = bpy.data.objects.new(name, data)
        obj.matrix_basis = obj.matrix_world = frame
        obj[tags.KEY] = True
        self.collection.objects.link(obj)
        self.objects.append(obj)
