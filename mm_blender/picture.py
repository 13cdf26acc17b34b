"""Pictures: stills, and the .blend they come from. Needs bpy."""
from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .errors import RenderError
from .objects import build, camera, compat
from .objects.looks import LOOKS

if TYPE_CHECKING:
    from .visualization import Visualization

LARGEST = 65536  # pixels each way that Blender renders


def save(viz: "Visualization", path: str | os.PathLike) -> Path:
    """Save the current file with ``viz`` in it as a compressed .blend. Raises RenderError if it cannot be written."""
    path = target(path, (".blend",))
    built(viz)
    with _beside(path) as folder:
        part = folder / path.name
        bpy.ops.wm.save_as_mainfile(filepath=str(part), compress=True, copy=True, check_existing=False)
        os.replace(part, path)
    return path


def render(viz: "Visualization", path: str | os.PathLike, size: tuple[int, int], samples: int, engine: str,
           progress: bool) -> Path:
    """Render a still of ``viz`` to ``path`` (PNG). Raises RenderError; a picture that was there stays until then."""
    path = target(path, (".png",))
    check(size, samples, engine)
    built(viz)
    prepare(viz, size, samples, engine)
    render = bpy.context.scene.render
    with _beside(path) as folder:
        part = folder / "picture.png"
        render.filepath = str(part)
        _render(progress, path.name)
        if not part.is_file():
            raise RenderError(f"Blender rendered no picture for {path}")
        shutil.move(part, path)
    render.filepath = str(path)
    return path


def check(size: tuple[int, int], samples: int, engine: str) -> None:
    """Raise RenderError for a picture that cannot be."""
    from .options import ENGINES

    if engine not in ENGINES:
        raise RenderError(f"there is no engine {engine!r}; known are {', '.join(ENGINES)}")
    if not (isinstance(size, (tuple, list)) and len(size) == 2 and all(isinstance(n, int) for n in (*size, samples))):
        raise RenderError(f"size must be two whole numbers of pixels and samples one, not {size!r} and {samples!r}")
    if min(*size, samples) < 1 or max(size) > LARGEST:
        raise RenderError(f"a picture has 1 to {LARGEST} pixels each way and at least 1 sample, "
                          f"not {size[0]} x {size[1]} and {samples}")


def prepare(viz: "Visualization", size: tuple[int, int], samples: int, engine: str) -> None:
    """Set the scene up to render ``viz``, which is built, to PNG files: engine, size, samples, and the camera."""
    scene = bpy.context.scene
    render = scene.render
    render.engine = compat.engine(engine)
    render.resolution_x, render.resolution_y, render.resolution_percentage = *size, 100
    if hasattr(render.image_settings, "media_type"):
        render.image_settings.media_type = "IMAGE"
    render.image_settings.file_format = "PNG"
    render.image_settings.color_mode = "RGB"
    if engine == "cycles":
        cycles(scene, samples, lit=LOOKS[viz.options.look].lit)
    elif engine == "eevee":
        scene.eevee.taa_render_samples = samples
    aspect = size[0] / size[1]
    if not camera.moved_by_hand(scene.camera):
        seen_from = viz.framed(aspect) if viz.auto_framed else viz.camera
        build.aim(viz, scene.camera, seen_from, aspect)
        build.represent(viz, size, seen_from)


def cycles(scene: bpy.types.Scene, samples: int, lit: bool) -> None:
    """Settings that suit cubes: few bounces, no caustics; a lit picture denoised where the build can.

    An unlit one has no noise to take away, and denoising would change its colours.
    """
    settings = scene.cycles
    settings.samples = samples
    settings.use_adaptive_sampling = True
    settings.adaptive_threshold = 0.01
    settings.max_bounces, settings.diffuse_bounces, settings.glossy_bounces = 4, 2, 2
    settings.transparent_max_bounces = 16
    settings.caustics_reflective = settings.caustics_refractive = False
    settings.sample_clamp_indirect = 4.0
    settings.seed = 0
    denoisers = type(settings).bl_rna.properties["denoiser"].enum_items.keys()
    settings.use_denoising = lit and "OPENIMAGEDENOISE" in denoisers and _has_denoiser()
    if settings.use_denoising:
        settings.denoiser = "OPENIMAGEDENOISE"
        settings.denoising_input_passes = "RGB_ALBEDO_NORMAL"


def _has_denoiser() -> bool:
    """Whether this build has OpenImageDenoise (Debian's has not)."""
    import _cycles

    return bool(getattr(_cycles, "with_openimagedenoise", False))


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
def _beside(path: Path) -> Iterator[Path]:
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
