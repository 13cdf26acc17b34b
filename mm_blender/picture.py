"""Pictures: stills, and the .blend they come from. Needs bpy."""
from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from . import device, sampling
from .errors import RenderError
from .objects import build, camera, compat, represent
from .objects.looks import LOOKS

if TYPE_CHECKING:
    from .framing import Camera
    from .visualization import Visualization

LARGEST = 65536  # pixels each way that Blender renders


def save(viz: "Visualization", path: str | os.PathLike) -> Path:
    """Save the current file with ``viz`` in it as a compressed .blend. Raises RenderError if it cannot be written."""
    path = target(path, (".blend",))
    built(viz)
    with beside(path) as folder:
        part = folder / path.name
        bpy.ops.wm.save_as_mainfile(filepath=str(part), compress=True, copy=True, check_existing=False)
        os.replace(part, path)
    return path


def render(viz: "Visualization", path: str | os.PathLike, size: tuple[int, int], samples: int | None, engine: str,
           progress: bool, quality: str = "final") -> Path:
    """Render a still of ``viz`` to ``path`` (PNG). Raises RenderError; a picture that was there stays until then."""
    path = target(path, (".png",))
    check(size, samples, engine, quality)
    built(viz)
    prepare(viz, size, samples, engine, quality)
    with beside(path) as folder:
        os.replace(shot(folder / "picture.png", progress, path.name), path)
    bpy.context.scene.render.filepath = str(path)
    return path


def shot(part: Path, progress: bool, name: str) -> Path:
    """Render the current scene, which is prepared, to ``part``; ``name`` is told of the progress."""
    bpy.context.scene.render.filepath = str(part)
    _render(progress, name)
    if not part.is_file():
        raise RenderError(f"Blender rendered no picture for {name}")
    return part


def check(size: tuple[int, int], samples: int | None, engine: str, quality: str = "final") -> None:
    """Raise RenderError for a picture that cannot be."""
    from .options import ENGINES, QUALITIES

    if engine not in ENGINES:
        raise RenderError(f"there is no engine {engine!r}; known are {', '.join(ENGINES)}")
    if quality not in QUALITIES:
        raise RenderError(f"there is no quality {quality!r}; known are {', '.join(QUALITIES)}")
    counts = [] if samples is None else [samples]
    if not (isinstance(size, (tuple, list)) and len(size) == 2 and all(isinstance(n, int) for n in (*size, *counts))):
        raise RenderError(f"size must be two whole numbers of pixels and samples one, not {size!r} and {samples!r}")
    if min(*size, *counts) < 1 or max(size) > LARGEST:
        raise RenderError(f"a picture has 1 to {LARGEST} pixels each way and at least 1 sample, "
                          f"not {size[0]} x {size[1]} and {samples}")


def prepare(viz: "Visualization", size: tuple[int, int], samples: int | None, engine: str,
            quality: str = "final", seen_from: Camera | None = None) -> None:
    """Set the scene up to render ``viz``, which is built, to PNG files: engine, size, sampling, and the camera: where
    ``seen_from`` stands or, unless a person has moved it, where everything is seen."""
    scene = bpy.context.scene
    render = scene.render
    render.engine = compat.engine(engine)
    render.resolution_x, render.resolution_y, render.resolution_percentage = *size, 100
    compat.image_format(render.image_settings, "PNG")
    render.image_settings.color_mode = "RGBA" if viz.options.transparent else "RGB"
    sampling.prepare(scene, engine, LOOKS[viz.options.look].lit, quality, samples)
    if engine == "cycles":
        device.choose(scene)
    aspect = size[0] / size[1]
    if seen_from is None and not camera.moved_by_hand(scene.camera):
        seen_from = viz.framed(aspect) if viz.auto_framed else viz.camera
    if seen_from is not None:
        build.aim(viz, scene.camera, seen_from, aspect)
    elif not camera.is_animated(scene.camera):
        bpy.context.view_layer.update()  # where a script has put it
        seen_from = camera.standing(scene.camera, viz.placement, build.base_of(viz.collection), aspect)
    if seen_from is not None:
        for each in getattr(viz, "visualizations", [viz]):  # a row has several
            represent.represent(each, size, seen_from)


def _render(progress: bool, name: str) -> None:
    """Render with a progress line if asked: seconds, and samples as Cycles reports them."""
    if not progress:
        bpy.ops.render.render(write_still=True)
        return
    from tqdm import tqdm

    with tqdm(total=1, desc=name, bar_format="{desc}: {elapsed}{postfix}") as bar:
        last = time.monotonic()

        def report(text, *_):
            nonlocal last
            if time.monotonic() - last > 0.5:
                last = time.monotonic()
                bar.set_postfix_str(str(text).split("|")[-1].strip() if isinstance(text, str) else "")

        bpy.app.handlers.render_stats.append(report)
        try:
            bpy.ops.render.render(write_still=True)
        finally:
            bpy.app.handlers.render_stats.remove(report)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` to write in first; gone afterwards. What the system refuses is a RenderError."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise RenderError(f"{path} cannot be written: {error.strerror or error}") from None


def target(path: str | os.PathLike, endings: tuple[str, ...]) -> Path:
    """The path to write to. Raises RenderError for one that cannot be."""
    path = Path(path).expanduser().absolute()
    if path.suffix.lower() not in endings:
        raise RenderError(f"{path.name} must end in {' or '.join(endings)}")
    if path.is_dir():
        raise RenderError(f"{path} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise RenderError(f"there is no folder {path.parent} to write {path.name} into")
    return path


def built(viz: "Visualization") -> None:
    """Build ``viz`` unless that was done and is still there."""
    if viz.collection is None or viz.collection not in bpy.data.collections.values():
        viz.build()
