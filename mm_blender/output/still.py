"""Pictures: stills. Needs bpy."""
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import bpy

from ..appearance.looks import LOOKS
from ..document import composition
from ..document.group import Group
from ..layout.framing import Camera, WHOLE
from ..scene import (
    build,
    camera,
    compat,
    letters,
    needs,
    parts,
    redraw,
    solid,
    story_objects,
    tags,
    tiles,
    typefaces,
)
from ..scene.blender_types import cycles_of, scene_now, seen_through, there
from ..scene.built import Built
from ..scene.scenes import within
from ..system import file_paths, quiet, terminal, writing
from . import device, formats, moment, picture_scene, png_text, sampling
from .settings import RenderSettings

LAST = tags.PICTURE  # on a collection: how it was rendered last


def render(built: Built, path: Path, settings: RenderSettings) -> None:
    """Render a still of what is built to ``path`` (PNG, as ``file_paths.target`` gives it).

    See ``Visualization.render`` for what it shows. The person's scene is as before afterwards. Raises RenderError; a
    picture that was there stays until then."""
    with writing.beside(path, formats.least(settings.size)) as new, \
            picture_scene.opened(built, settings.alone) as (scene, shown):
        moment.put(shown, scene, settings.moment)
        prepare(shown, settings, scene)
        shot(new, new.part, settings.progress, scene)
        new.put(size=settings.size)
    if not built.collection.library:
        built.collection[LAST] = json.dumps(settings.told)


def shot(new: writing.New, part: Path, progress: bool, scene: bpy.types.Scene) -> None:
    """Render ``scene``, which is prepared, to ``part``, a file for ``new``, which may be the one that is made. Raises
    RenderError where none is whole: Blender may be silent about what it could not write."""
    scene.render.filepath = str(part)
    name = file_paths.shown(new.path.name)
    with quiet.silence():
        try:
            _render(progress, name, scene)
        except RuntimeError as error:
            raise new.failed(f"Blender could not render {name}: {quiet.complaint(error)}") from None
        if not part.is_file():
            raise new.failed(f"Blender rendered no picture for {name}. {quiet.complaint()}".rstrip(". "))
    new.check(part)
    if part.suffix == ".png":
        timeless = png_text.without_times(data := part.read_bytes())
        if len(timeless) < len(data):
            new.write(timeless, part)


def prepare(built: Built, settings: RenderSettings, scene: bpy.types.Scene | None = None,
            seen_from: Camera | None = None, lettered: bool = True) -> None:
    """Set ``scene`` (None: the context's) up to render what is built to PNG files: engine, size, sampling, and the
    camera: where ``seen_from`` stands or, unless a person has moved it, where everything is seen. What is written
    beside the matrices is laid out for that picture, unless it has letters of its own (not ``lettered``)."""
    scene, group = scene or scene_now(), built.group
    eye = seen_through(scene)
    _set_up(scene, group, settings)
    beside = lettered and group.options.lettering != "planes"
    made, told = None, None if seen_from else _told(built, settings.aspect, scene, eye)
    if told is not None:  # keys move the camera: it is not aimed, and letters are as for one that stands and sees all
        made = composition.composed(group, settings.size) if beside else None
        seen_from = made.camera if made else told
    elif seen_from is None and not camera.moved_by_hand(eye):
        made = composition.composed(group, settings.size) if beside else None
        seen_from = made.camera if made else \
            composition.framed(group, settings.aspect, WHOLE, True) if group.auto_framed else group.camera
    if seen_from is not None and told is None:
        build.aim(group.placement, built.collection, eye, seen_from, settings.aspect)
    elif seen_from is None and not camera.is_animated(eye):
        scene.view_layers[0].update()  # where a script has put it
        seen_from = camera.standing(eye, group.placement, parts.base_of(built.collection), settings.aspect,
                                    scene)
    if seen_from is not None or settings.engine == "workbench":
        with within(scene):
            for document, _, _, collection in built.parts:
                redraw.represent(document, collection, settings.size, seen_from, settings.engine)
            if seen_from is not None and beside and not any(map(letters.touched, built.collections)):
                made = made or composition.composed(group, settings.size, seen_from)
                typefaces.say_missing(made.sheet)
                letters.put(built, made, eye)
                if told is not None:
                    story_objects.letter(*built.parts[0][::3], settings.size, scene)
    if settings.engine == "cycles":  # a light tree takes no account of the faces that tiles show
        cycles_of(scene).use_light_tree = not any(tiles.is_tile(obj) for obj in scene.objects)
    elif settings.engine == "workbench":
        solid.set_up(there(there(scene.display).shading), LOOKS[group.options.look])
        for document, _, _, collection in built.parts:
            solid.put(document, collection)


def _told(built: Built, aspect: float, scene: bpy.types.Scene, eye: bpy.types.Object) -> Camera | None:
    """Where the camera ``eye`` stands at first, where a story moves it, which then suits pictures of ``aspect``."""
    (document, *_, collection), *others = built.parts
    if others or needs.camera_of(collection) != eye:
        return None
    return story_objects.fit(document, collection, aspect, scene)


def _set_up(scene: bpy.types.Scene, group: Group, settings: RenderSettings) -> None:
    """Engine, size, kind of file, film and sampling."""
    render, engine = scene.render, settings.engine
    render.engine = compat.engine(engine)
    render.resolution_x, render.resolution_y = settings.size
    render.resolution_percentage = 100
    compat.image_format(render.image_settings, "PNG")
    render.image_settings.color_mode = "RGBA" if group.options.transparent else "RGB"
    render.film_transparent = group.options.transparent
    sampling.prepare(scene, engine, LOOKS[group.options.look].lit, settings.quality, settings.samples)
    if engine == "cycles":
        device.choose(scene)
    elif engine == "eevee":
        device.warn_of_eevee(settings.size, there(scene.eevee).taa_render_samples)


def _render(progress: bool, name: str, scene: bpy.types.Scene) -> None:
    """Render with a progress line if asked: seconds, and samples as Cycles reports them."""
    if not progress:
        picture_scene.shoot(scene)
        return
    with terminal.progress(total=1, desc=name, bar_format="{desc}: {elapsed}{postfix}") as bar:
        last = time.monotonic()

        def report(text: object, *_: Any) -> None:
            nonlocal last
            if time.monotonic() - last > 0.5:
                last = time.monotonic()
                bar.set_postfix_str(str(text).split("|")[-1].strip() if isinstance(text, str) else "")

        bpy.app.handlers.render_stats.append(report)
        try:
            picture_scene.shoot(scene)
        finally:
            bpy.app.handlers.render_stats.remove(report)
