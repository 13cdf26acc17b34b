"""Figures: pictures that go onto a page as they are, at its size and with its letters. Needs bpy.

A figure shows what is built, where it is built as it is asked for, else one made for it that is gone afterwards. In PDF
and SVG the elements are a picture, over which texts lie as text and frames and row lines, where nothing hides them, as
lines.
"""
from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..appearance.looks import Look, LOOKS
from ..colour.srgb import linear_to_srgb
from ..document import cube_numbers, page_layout
from ..document.group import Group
from ..document.page_settings import PageSettings
from ..errors import ParameterError, RenderError
from ..expression.tree import nodes
from ..layout import guides
from ..layout.framing import Camera
from ..lettering.page import Page, POINT
from ..lettering.sheet import Sheet
from ..plain import listed
from ..scene import (
    compat,
    letters,
    linked,
    mending,
    page_objects,
    parts,
    properties,
    running_sum,
    tags,
    typefaces,
    upright,
)
from ..scene.blender_types import seen_through, there
from ..scene.built import Built
from ..scene.scenes import within
from ..system import file_formats, interrupts, writing
from ..system.file_formats import Format
from . import depth, formats, hidden_lines, image_file, moment, pdf, picture_scene, still, svg
from .settings import RenderSettings

Line = tuple[tuple[float, ...], float, tuple[float, ...]]  # ends in inches, width in points, colour
Where = tuple[int, str]         # a matrix: the number of its owner, and its path
INCH = 0.0254
FINEST = 0.15                   # points: the thinnest line that is drawn


@dataclass(frozen=True)
class FigureSettings:
    """``sheet``: what is asked for of the page; ``picture``: of what is on it, whose size is the page's; ``bits`` a
    channel. Raises ParameterError for what a file that ends as ``path`` cannot hold."""

    path: Path
    sheet: PageSettings
    picture: RenderSettings
    bits: int = 8
    transparent: bool = False

    def __post_init__(self) -> None:
        figures = file_formats.written_by("figure")
        if self.bits == 16 and not self.format.deep:
            raise ParameterError(f"{self.path.suffix} holds no 16 bits a channel; what does: "
                                 f"{listed(each.title for each in figures if each.deep)}, and OpenEXR has 32")
        if self.transparent and not self.format.transparent:
            raise ParameterError(f"{self.path.suffix} holds no transparency; what does: "
                                 f"{listed(each.title for each in figures if each.transparent)}")

    @property
    def format(self) -> Format:
        """Of the file."""
        return file_formats.of(self.path)


def figure(group: Group, built: Built | None, settings: FigureSettings) -> None:
    """Write a figure of ``group``; see ``Visualization.figure``. ``built``: that, or what it was made of, if it is
    built; what is built and is what is asked for is shown itself, else the group is built apart."""
    page, path = settings.sheet.page, settings.path
    with interrupts.allowed():
        camera, sheet = page_layout.compose(group, settings.sheet)
    typefaces.say_missing(sheet, path.suffix.lower())
    form = settings.format
    need = 0 if form.blender == "WEBP" else formats.least(page.pixels)
    with writing.beside(path, need) as new, typefaces.passing(), \
            _stage(group, built, settings.picture.alone) as (scene, shown):
        moment.put(shown, scene, settings.picture.moment)
        with _dressed(shown, scene, camera, sheet, texts=not form.vector) as over_the_picture:
            still.prepare(shown, settings.picture, scene, camera, lettered=False)
            _format(scene, form, page, settings.bits)
            if form.vector:
                elements = new.folder / "elements.png"
                still.shot(new, elements, settings.picture.progress, scene)
                lines = _guides(shown, over_the_picture, scene, camera, page, new)
                look, title = LOOKS[group.options.look], settings.sheet.title or ""
                new.write(_vector(elements, path, sheet, look, lines, title))
                new.put()
            else:
                still.shot(new, new.part, settings.picture.progress, scene)
                if form.blender == "JPEG":
                    new.write(_with_density(new.part, page.dpi))
                new.put(size=None if form.blender == "WEBP" else page.pixels)


@contextmanager
def _stage(group: Group, built: Built | None, alone: bool) -> Iterator[tuple[bpy.types.Scene, Built]]:
    """A scene to render, and what is built in it: what is ``built`` where that is ``group``, else that, made for it."""
    for collection in built.collections if built else ():
        mending.mend(collection)
    if built and built.group is group and linked.library_of(built.collection) is None:
        with picture_scene.opened(built, alone, framed=True) as opened:
            yield opened
        return
    with picture_scene.built_apart(group, built) as apart:
        yield apart


@contextmanager
def _dressed(built: Built, scene: bpy.types.Scene, camera: Camera, sheet: Sheet, texts: bool) -> Iterator[set[Where]]:
    """What is on the page instead of the legends and keys in the scene, its ``texts`` unless they are put over the
    picture later, with the frames and row lines of the matrices whose owners and paths it gives; all back as it was
    afterwards."""
    every = [obj for collection in built.collections for obj in (
        *[obj for obj in parts.of(collection, parts.MARK) if obj.type == "FONT"], *parts.of(collection, parts.KEY),
        *parts.of(collection, parts.LETTER))]
    lines = [] if texts else [(owner, obj) for owner, collection in enumerate(built.collections)
                              for obj in parts.of(collection, parts.MARK) if properties.has(obj, tags.ROWS_OF)]
    hidden = [obj for obj in (*every, *(obj for _, obj in lines)) if not obj.hide_render]
    eye = seen_through(scene)
    look = LOOKS[built.group.options.look]
    try:
        for legend in hidden:
            legend.hide_render = True
        letters.put_arrows(built, sheet)
        before = page_objects.before_all(built.group, camera)
        page_objects.hang(sheet, before, eye, look, built.collection, letters=texts)
        if built.group.options.numbers:
            _number(built, scene, camera, sheet, texts)
        running_sum.put(built, camera, sheet.page)
        yield {(owner, guide[tags.ROWS_OF]) for owner, guide in lines if guide in hidden}
    finally:
        page_objects.remove_page(built.collection)
        for legend in hidden:
            legend.hide_render = False


def _number(built: Built, scene: bpy.types.Scene, camera: Camera, sheet: Sheet, objects: bool) -> None:
    """The numbers on cubes: as ``objects`` in the scene, or else as texts of the sheet, of what the frame shows."""
    with within(scene):
        plan = letters.plan_numbers(built.group, camera, sheet.page, sheet)
        if objects:
            upright.put(built, plan, camera, sheet.page)
        else:
            layer = scene.view_layers[0]
            layer.update()
            drawn = upright.values_drawn(built, plan, there(layer.depsgraph))
            sheet.texts += cube_numbers.texts(plan, drawn, sheet.font)


def _format(scene: bpy.types.Scene, form: Format, page: Page, bits: int) -> None:
    """Set up what kind of file the scene renders, and its layers."""
    render, settings = scene.render, scene.render.image_settings
    compat.image_format(settings, form.blender)
    settings.color_mode = "RGBA" if render.film_transparent and form.transparent else "RGB"
    if form.blender == "OPEN_EXR_MULTILAYER":
        settings.color_depth, settings.exr_codec = "32", "ZIP"
        for layer in scene.view_layers:
            layer.use_pass_z = layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
    else:
        settings.color_depth = "16" if bits == 16 else "8"
    settings.quality, settings.compression = 95, 90
    render.ppm_base, render.ppm_factor = INCH, page.dpi


def _guides(built: Built, shown: set[Where], scene: bpy.types.Scene, camera: Camera, page: Page,
            new: writing.New) -> list[Line]:
    """The frames and row lines of the matrices that are ``shown`` (owners and paths) as they are seen; see
    ``pdf.write``."""
    if not shown:
        return []
    depths, out = depth.picture(built, camera, scene, new), []
    look, inches = LOOKS[built.group.options.look], np.array([page.width, page.height])
    for owner, (document, scale, offset, _) in enumerate(built.parts):
        placement = document.placement
        radius = guides.line_radius(float((placement.high - placement.low).max()))
        for node in nodes(document.tree):
            if (owner, node.path) not in shown:
                continue
            segments, halves = guides.row_guides(node, radius)
            frame = placement.matrices[node.path]
            segments = (segments @ frame[:3, :3].T + frame[:3, 3]) * scale + offset
            colour = linear_to_srgb(look.line * node.deco.row_guides ** 2 * np.array(look.guide)).tolist()
            for number, ends in hidden_lines.visible(segments, camera, depths, page.aspect):
                far = camera.project(segments[number].mean(0)[None])[0, 2]
                share = scale * halves[number] / far / math.tan(math.radians(camera.vertical_fov(page.aspect)) / 2)
                out.append((tuple((ends * inches).ravel()), max(share * page.height / POINT, FINEST), tuple(colour)))
    return out


def _vector(elements: Path, path: Path, sheet: Sheet, look: Look, lines: list[Line], title: str) -> bytes:
    """The PDF or SVG ``path`` whose ``elements`` are a picture, with ``lines`` over it."""
    inks = {**page_objects.inks(look), "dark": upright.DARK, "light": upright.LIGHT}
    colours = {role: tuple(linear_to_srgb(np.array(rgb)).tolist()) for role, rgb in inks.items()}
    if file_formats.of(path).title == "SVG":
        return svg.write(sheet, elements.read_bytes(), colours, lines, title)
    return pdf.write(sheet, _opaque(image_file.as_bytes(elements)), colours, lines, title)


def _opaque(pixels: np.ndarray) -> np.ndarray:
    """Without the alpha of pixels (h, w, 3 or 4) that have none."""
    return pixels if (pixels[..., 3:] < 255).any() else pixels[..., :3]


def _with_density(path: Path, dpi: float) -> bytes:
    """The content of a JPEG, which says how many dots an inch it has (JFIF 1.02: units, X and Y density)."""
    data = bytearray(path.read_bytes())
    if data[6:11] != b"JFIF\0":
        raise RenderError(f"{path.name} was not written as a JPEG that can say its dpi")
    data[13:18] = bytes([1]) + round(dpi).to_bytes(2, "big") * 2
    return bytes(data)

