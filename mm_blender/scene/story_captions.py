"""A story's captions: texts that hang before the camera, of one size wherever it goes."""
from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import Look, LOOKS
from ..document.document import Document
from ..layout import framing
from ..lettering import fonts
from ..lettering.fonts import Font
from ..lettering.page import Page
from ..story import captions
from ..story.captions import CaptionLines
from ..story.timeline import Timeline
from . import compat, key_objects, materials, page_objects, parts, story_camera, story_keys, tags, typefaces
from .blender_types import new_numbers

BOARD, CAPTION = "board", "caption"  # what tells the Empty that carries them, and the rest
NEAR = 0.04          # how far before the camera they hang, of its nearest distance
SPARE = 0.01         # of the page's width, by which a plate across it reaches beyond it
BEHIND = 0.004       # inches of the page that the plate is behind the letters


def put(document: Document, collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Hang the words before the camera, each seen in the frames of its beat."""
    page, font, look = captions.page_of(told.aspect), fonts.load(), LOOKS[document.options.look]
    board = board_of(camera) or _board(document, collection, told, camera, page)
    ink, plate = inks(look)
    loaded = typefaces.load(font)
    for caption in told.captions:
        block = captions.block(caption.words, caption.place, page, font)
        for obj in _lettered(block, (font, loaded), ink, plate):
            hang(obj, board, page, collection)
            story_keys.visible(obj, [(caption.first, caption.last)])


def clear(collection: bpy.types.Collection) -> None:
    """Take the words away."""
    parts.delete([obj for obj in parts.of(collection, parts.STORY) if obj.get(tags.STORY) in (BOARD, CAPTION)])


def inks(look: Look) -> tuple[bpy.types.Material, bpy.types.Material]:
    """What the letters, and the plate behind them, are made of."""
    return (materials.flat("mm caption", (*look.text, 1.0)),
            materials.veil("mm caption plate", look.ground))


def hang(obj: bpy.types.Object, board: bpy.types.Object, page: Page, collection: bpy.types.Collection) -> None:
    """Hang an object of a page, in inches on it, before the camera."""
    collection.objects.link(obj)
    obj.parent = board
    obj.matrix_basis = Matrix.Translation((-page.width / 2, -page.height / 2, 0.0)) @ obj.matrix_basis
    obj[tags.STORY] = CAPTION
    obj.hide_select = True
    page_objects.unseen(obj)


def label(text: str, document: Document, told: Timeline, camera: bpy.types.Object,
          collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """A line in the upper left corner of the picture, on a plate; the objects, linked into ``collection``."""
    page, font = captions.page_of(told.aspect), fonts.load()
    board = board_of(camera)
    if board is None:
        return []
    ink, plate = inks(LOOKS[document.options.look])
    objects = _lettered(captions.label(text, page, font), (font, typefaces.load(font)), ink, plate)
    for obj in objects:
        hang(obj, board, page, collection)
    return objects


def board_of(camera: bpy.types.Object) -> bpy.types.Object | None:
    """What carries the words before a story's camera."""
    return next((child for child in camera.children if child.get(tags.STORY) == BOARD), None)


def _board(document: Document, collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object,
           page: Page) -> bpy.types.Object:
    """The Empty on which an inch of the page is one metre: its scale follows what a parallel camera sees."""
    board = parts.unseen("mm captions", None, collection)
    board.empty_display_size = 0.01
    board[tags.STORY] = BOARD
    board.parent = camera
    pitch = document.placement.pitch
    depth = NEAR * min(key.distance for key in told.camera) * pitch
    board.location.z = -depth
    if not told.parallel:
        fov = framing.Camera(np.zeros(3), np.zeros(3), told.fov).vertical_fov(told.aspect)
        board.scale = [2 * depth * math.tan(math.radians(fov) / 2) / page.height] * 3
        return board
    keys = [(key.frame, story_camera.height(told, key) * pitch / page.height) for key in told.camera]
    for axis in range(3):
        compat.key(board, "scale", axis, list({round(frame, 2): (frame, size) for frame, size in keys}.values()),
                   story_camera.SMOOTH)
    return board


def _lettered(block: CaptionLines, font: tuple[Font, bpy.types.VectorFont], ink: bpy.types.Material,
              plate: bpy.types.Material) -> list[bpy.types.Object]:
    """The letters of a caption, and its plate, in inches on the page."""
    out = [page_objects.run_of(line, run, font[0], font[1], ink, "mm caption")
           for line in block.lines for run in line.runs if run.text.strip()]
    return [*out, behind(block.plate, plate, block.fade)]


def behind(place: tuple[float, float, float, float], plate: bpy.types.Material,
           fade: float = 0.0) -> bpy.types.Object:
    """The plate behind letters, at ``place``: x, y, width, height in inches on the page. What is behind it is not seen,
    but where it fades in, so many inches from its upper edge down. One that fades lies across the page, and reaches
    beyond, for pixels at the edge show what is beside the picture, too."""
    x, y, width, height = place
    cover = [1.0] * 4  # of each corner, in the order of ``quads``
    boxes = [place]
    if fade:
        beyond, solid = SPARE * width, height - fade
        across = x - beyond, width + 2 * beyond
        boxes = [(across[0], y - beyond, across[1], solid + beyond), (across[0], y + solid, across[1], fade)]
        cover += [1.0, 1.0, 0.0, 0.0]
    mesh = key_objects.quads("mm caption plate", boxes, plate)
    new_numbers(mesh, materials.COVER, "FLOAT", "POINT").foreach_set("value", cover)
    obj = bpy.data.objects.new(mesh.name, mesh)
    obj.matrix_basis = Matrix.Translation((0.0, 0.0, -BEHIND))
    return obj
