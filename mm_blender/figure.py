"""Figures: pictures that go onto a page as they are, at its size and with its letters. Needs bpy.

A figure is rendered in a scene of its own, or in the current one where the visualization is built there as it is asked
for; that scene is afterwards as it was. In PDF and SVG the elements are a picture, over which texts lie as text
and frames and row lines, where nothing hides them, as lines.
"""
from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
import numpy as np

from . import guides, hidden, lettering, pdf, picture, svg
from .appearance import linear_to_srgb
from .errors import ParameterError, RenderError
from .kept import kept
from .objects import build, camera as place, compat, depth, imagefile, parts, represent, sheets
from .objects.looks import LOOKS
from .page import POINT, Page
from .sheet import Sheet
from .tree import nodes

if TYPE_CHECKING:
    from .framing import Camera
    from .visualization import Visualization

VECTOR = (".pdf", ".svg")
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF",
           ".exr": "OPEN_EXR_MULTILAYER", **dict.fromkeys(VECTOR, "PNG")}
DEEP = ("PNG", "TIFF")          # formats that hold 16 bits a channel
OPAQUE = ("JPEG",)              # formats without transparency
INCH = 0.0254
FINEST = 0.15                   # points: the thinnest line that is drawn


def figure(viz: "Visualization", path: str | os.PathLike, size_in: Sequence[float] = (6.75, 4.5), dpi: float = 300,
           font_pt: float = 8, *, title: str | None = None, caption: str | None = None, keys: bool = True,
           look: str | None = None, projection: str | None = None, transparent: bool | None = None, bits: int = 8,
           quality: str = "final", samples: int | None = None, font: str | os.PathLike | None = None,
           engine: str = "cycles", progress: bool = False) -> Path:
    """See ``Visualization.figure``."""
    path = picture.target(path, tuple(FORMATS))
    if not (isinstance(size_in, Sequence) and len(size_in) == 2):
        raise ParameterError(f"size_in must be a width and a height in inches, not {size_in!r}")
    page = Page(float(size_in[0]), float(size_in[1]), dpi, font_pt)
    kind = FORMATS[path.suffix.lower()]
    _check(kind, path, bits, transparent)
    picture.check(page.pixels, samples, engine, quality)
    wanted = {name: value for name, value in (("look", look), ("projection", projection), ("transparent", transparent))
              if value is not None and value != getattr(viz.options, name)}
    asked = viz.edited(**wanted) if wanted else viz
    camera, sheet = lettering.compose(asked, page, title, caption, keys, font)
    with _stage(asked) as (scene, shown):
        with kept(scene), _dressed(shown, scene, camera, sheet,
                                   texts=path.suffix.lower() not in VECTOR) as over_the_picture:
            picture.prepare(shown, page.pixels, samples, engine, quality, camera)
            _format(scene, kind, page, bits, path)
            with picture.beside(path) as folder:
                part = folder / f"picture{'.png' if kind == 'PNG' else path.suffix.lower()}"
                picture.shot(part, progress, path.name)
                if path.suffix.lower() in VECTOR:
                    lines = _guides(shown, over_the_picture, scene, camera, page, Path(folder))
                    part = _vector(part, path, sheet, LOOKS[shown.options.look], lines, title or "")
                elif kind == "JPEG":
                    _say_density(part, dpi)
                os.replace(part, path)
    return path


def _check(kind: str, path: Path, bits: int, transparent: bool | None) -> None:
    if bits not in (8, 16):
        raise ParameterError(f"a picture has 8 or 16 bits a channel, not {bits!r}; EXR has its own 32")
    if bits == 16 and (kind not in DEEP or path.suffix.lower() in VECTOR):
        raise ParameterError(f"{path.suffix} holds no 16 bits a channel: PNG and TIFF do, and EXR has 32")
    if transparent and kind in OPAQUE:
        raise ParameterError(f"{path.suffix} holds no transparency: PNG, TIFF, WebP, EXR, PDF and SVG do")


@contextmanager
def _stage(viz: "Visualization") -> Iterator[tuple[bpy.types.Scene, "Visualization"]]:
    """The scene to render and what is built in it: the current one if ``viz`` is built there, else one of its own that
    is gone afterwards."""
    scene = bpy.context.scene
    if viz.collection is not None and viz.collection in scene.collection.children_recursive:
        size = scene.render.resolution_x, scene.render.resolution_y
        try:
            yield scene, viz
        finally:
            represent.represent(viz, size)  # as what suits the scene and not the page
        return
    made = viz.edited()
    own = bpy.data.scenes.new("mm figure")
    own.render.fps, own.render.fps_base = scene.render.fps, scene.render.fps_base
    try:
        with bpy.context.temp_override(scene=own, view_layer=own.view_layers[0]):
            made.build()
            own.frame_set(own.frame_end if made.schedule.tracks else own.frame_start)
            yield own, made
    finally:
        if made.collection is not None:
            build.remove(made.collection)
        world = own.world
        bpy.data.scenes.remove(own)
        if world and world.users == 0:
            bpy.data.worlds.remove(world)


@contextmanager
def _dressed(viz: "Visualization", scene: bpy.types.Scene, camera: "Camera", sheet: Sheet,
             texts: bool) -> Iterator[set[str]]:
    """What is on the page instead of the legends and keys in the scene, its ``texts`` unless they are put over the
    picture later, with the frames and row lines of the matrices whose paths it gives; all back as it was afterwards."""
    legends = [obj for obj in parts.of(viz.collection, parts.MARK) if obj.type == "FONT"]
    lines = [] if texts else _row_guides(viz)
    hidden = [obj for obj in (*legends, *lines, *parts.of(viz.collection, parts.KEY)) if not obj.hide_render]
    obj, stance = scene.camera, _stance(scene.camera)
    try:
        for legend in hidden:
            legend.hide_render = True
        sheets.hang(viz, sheet, camera, obj, LOOKS[viz.options.look], viz.collection, letters=texts)
        yield {guide["mm_rows_of"] for guide in lines if guide in hidden}
    finally:
        sheets.take_down(viz.collection)
        for legend in hidden:
            legend.hide_render = False
        _take_back(obj, stance)
        place.slant(parts.root_of(viz.collection), viz.camera, viz.placement)


def _stance(obj: bpy.types.Object) -> tuple:
    data = obj.data
    return obj.matrix_basis.copy(), data.type, data.sensor_fit, data.angle_y, data.ortho_scale, data.clip_start, \
        data.clip_end, list(obj.get("mm_aimed", ()))


def _take_back(obj: bpy.types.Object, stance: tuple) -> None:
    data = obj.data
    obj.matrix_basis, data.type, data.sensor_fit, data.angle_y, data.ortho_scale, data.clip_start, data.clip_end, \
        aimed = stance
    if aimed:
        obj["mm_aimed"] = aimed


def _format(scene: bpy.types.Scene, kind: str, page: Page, bits: int, path: Path) -> None:
    """Set up what kind of file the scene renders, and its layers."""
    render, settings = scene.render, scene.render.image_settings
    compat.image_format(settings, kind)
    settings.color_mode = "RGBA" if render.film_transparent and kind not in OPAQUE else "RGB"
    if kind in DEEP:
        settings.color_depth = str(bits)
    elif kind == "OPEN_EXR_MULTILAYER":
        settings.color_depth, settings.exr_codec = "32", "ZIP"
        for layer in scene.view_layers:
            layer.use_pass_z = layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
    settings.quality, settings.compression = 95, 90
    render.ppm_base, render.ppm_factor = INCH, page.dpi
    for name in [name for name in dir(render) if name.startswith("use_stamp_")]:
        setattr(render, name, False)  # the day and the time it took are no part of a figure


def _row_guides(viz: "Visualization") -> list[bpy.types.Object]:
    return [obj for obj in parts.of(viz.collection, parts.MARK) if "mm_rows_of" in obj]


def _guides(viz: "Visualization", paths: set[str], scene: bpy.types.Scene, camera: "Camera", page: Page,
            folder: Path) -> list[tuple]:
    """The frames and row lines of the matrices ``paths`` as they are seen: ends in inches, width in points, colour; see
    ``pdf.write``."""
    shown = [node for node in nodes(viz.tree) if node.path in paths]
    if not shown:
        return []
    depths = depth.picture(viz, camera, scene, folder)
    look = LOOKS[viz.options.look]
    radius = guides.line_radius(float((viz.placement.high - viz.placement.low).max()))
    inches = np.array([page.width, page.height])
    out = []
    for node in shown:
        segments, halves = guides.row_guides(node, radius)
        frame = viz.placement.matrices[node.path]
        segments = segments @ frame[:3, :3].T + frame[:3, 3]
        rgb = tuple(linear_to_srgb(look.line * node.deco.row_guides ** 2 * np.array(look.guide)).tolist())
        for number, ends in hidden.visible(segments, camera, depths, page.aspect):
            far = camera.project(segments[number].mean(0)[None])[0, 2]
            share = halves[number] / far / math.tan(math.radians(camera.vertical_fov(page.aspect)) / 2)
            out.append((tuple((ends * inches).ravel()), max(share * page.height / POINT, FINEST), rgb))
    return out


def _vector(part: Path, path: Path, sheet: Sheet, look, lines: list[tuple], title: str) -> Path:
    """The PDF or SVG whose elements are the picture ``part``, with ``lines`` over it."""
    colours = {role: tuple(linear_to_srgb(np.array(rgb)).tolist()) for role, rgb in sheets.inks(look).items()}
    data = svg.write(sheet, part.read_bytes(), colours, lines, title) if path.suffix.lower() == ".svg" else \
        pdf.write(sheet, _opaque(imagefile.as_bytes(part)), colours, lines, title)
    made = part.with_suffix(path.suffix.lower())
    made.write_bytes(data)
    return made


def _opaque(pixels: np.ndarray) -> np.ndarray:
    """Without the alpha of pixels (h, w, 3 or 4) that have none."""
    return pixels if (pixels[..., 3:] < 255).any() else pixels[..., :3]


def _say_density(path: Path, dpi: float) -> None:
    """Write into a JPEG how many dots an inch it has (JFIF 1.02: units, X and Y density)."""
    data = bytearray(path.read_bytes())
    if data[6:11] != b"JFIF\0":
        raise RenderError(f"{path.name} was not written as a JPEG that can say its dpi")
    data[13:18] = bytes([1]) + round(dpi).to_bytes(2, "big") * 2
    path.write_bytes(data)

