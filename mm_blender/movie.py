"""Movies: frames into a folder first, one by one, then encoded. Needs bpy.

A kill at any moment leaves whole frames only, and the next run goes on from them: a frame is rendered under another
name and moved into place, and ``movie.json`` beside the frames says which movie they belong to.
"""
from __future__ import annotations

import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from . import __version__, encode, outputs, picture
from .errors import MMWarning, RenderError
from .kept import kept
from .objects import faces
from .tree import MatMul, nodes

if TYPE_CHECKING:
    from .visualization import Visualization

NOTE, PART = "movie.json", "part"
SETTINGS = ("seed", "look", "projection", "transparent", "keys", "representation", "animate", "frames_per_step",
            "smooth", "duration")
PNG_END = b"IEND\xaeB\x60\x82"


def render_movie(viz: "Visualization", path: str | os.PathLike, size: tuple[int, int], samples: int | None, engine: str,
                 progress: bool, frames: tuple[int, int] | None = None, quality: str = "final") -> Path:
    """Render ``viz`` as a movie to ``path``: ``.mp4`` (H.264), ``.gif``, or a folder of PNG frames.

    The frames of ``sweep.mp4`` stay in ``sweep.frames/``; those that a former run finished there are kept.
    frames: the first and the last frame to render, both included; None: all of the scene's.
    size: in pixels, each rounded up to an even number for H.264.

    The scene's settings are as before afterwards. Raises RenderError if nothing moves, if the folder holds the frames
    of another movie, or if Blender cannot render or encode.
    """
    path = Path(path).expanduser().absolute()
    going = steps(viz, path, size, samples, engine, progress, frames, quality)
    with closing(going):
        done, total = next(going)
        with _bar(path.name, progress, done, total) as bar:
            for now, _ in going:
                bar(now - done)
                done = now
    return path


def steps(viz: "Visualization", path: str | os.PathLike, size: tuple[int, int], samples: int | None, engine: str,
          progress: bool = False, frames: tuple[int, int] | None = None,
          quality: str = "final") -> Iterator[tuple[int, int]]:
    """``render_movie`` a frame at a time: yields how many frames are done and how many there are, before the first and
    after each. Closed early it gives the scene back, and the frames that are done stay."""
    kind = outputs.kind(path)
    path = Path(path).expanduser().absolute()
    if not path.parent.is_dir():
        raise RenderError(f"there is no folder {path.parent} to write {path.name} into")
    if frames is None and not moves(viz):
        raise RenderError('nothing moves, so there is no movie to render: choose a sweep with '
                          'settings={"anim.alg": "vmprod"} or turn the camera with {"anim.spin": 4}, both with '
                          'animate=True; or render a .png')
    if frames is not None and frames[0] > frames[1]:
        raise RenderError(f"the first frame, {frames[0]}, comes after the last, {frames[1]}")
    if kind == ".mp4" and (size[0] % 2 or size[1] % 2):
        size = size[0] + size[0] % 2, size[1] + size[1] % 2
        warnings.warn(f"H.264 asks for even sizes: the movie is {size[0]} x {size[1]} pixels", MMWarning, stacklevel=4)
    folder = path if kind == outputs.FOLDER else path.with_suffix(".frames")
    picture.check(size, samples, engine, quality)
    picture.built(viz)
    scene = bpy.context.scene
    first, last = frames or (scene.frame_start, scene.frame_end)
    _claim(folder, _identity(viz, scene, size, samples, engine, quality))
    wanted = {number: folder / f"frame_{number:04d}.png" for number in range(first, last + 1)}
    missing = [number for number, frame in wanted.items() if not frame.exists()]
    done = len(wanted) - len(missing)
    with kept(scene):
        scene.frame_set(scene.frame_start)
        picture.prepare(viz, size, samples, engine, quality)
        scene.render.use_persistent_data = engine == "cycles"
        yield done, len(wanted)
        with faces.apart(viz.collection.all_objects if engine == "cycles" else ()):
            for at, number in enumerate(missing, 1):
                _render(scene, number, wanted[number], folder / f"{PART}.png")
                yield done + at, len(wanted)
    if kind != outputs.FOLDER:
        part = folder / f"{PART}{kind}"
        if kind == ".gif":
            encode.as_gif(list(wanted.values()), part, scene.render,
                          lambda items, count: _encoding(items, f"{path.name}: encoding", progress, count))
        else:
            encode.mp4(list(wanted.values()), part, size, scene.render)
        os.replace(part, path)


def moves(viz: "Visualization") -> bool:
    """Whether there is anything to see over time: a sweep or a camera that turns."""
    return viz.options.animate and bool(viz.tree.anim.spin or viz.schedule.tracks)


def _render(scene: bpy.types.Scene, number: int, path: Path, part: Path) -> None:
    """Render one frame."""
    scene.frame_set(number)
    part.unlink(missing_ok=True)
    scene.render.filepath = str(part)
    try:
        with encode.silence():
            bpy.ops.render.render(write_still=True)
    except RuntimeError as error:
        raise RenderError(f"frame {number} could not be rendered: {str(error).strip()}") from None
    _move(part, path)


def _move(part: Path, path: Path) -> None:
    """Put a rendered frame into its place, once it is whole and safely on the disk."""
    if not part.is_file():
        raise RenderError(f"Blender rendered no {path.name}; run again to go on from there")
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
        file.seek(-min(len(PNG_END), part.stat().st_size), os.SEEK_END)
        if file.read() != PNG_END:
            raise RenderError(f"{path.name} was not written to its end: is the disk full?")
    os.replace(part, path)


@contextmanager
def _bar(name: str, progress: bool, done: int, total: int) -> Iterator[Callable[[int], Any]]:
    """A progress bar that knows the time left, as what to call with the number of frames that are done more."""
    if not progress:
        yield lambda more: None
        return
    from tqdm import tqdm

    with tqdm(desc=name, total=total, initial=done, unit="frame", file=sys.stderr, dynamic_ncols=True) as bar:
        yield bar.update


def _encoding(items: Iterable, name: str, progress: bool, total: int) -> Iterator:
    """``items`` with a progress bar if asked."""
    if not progress:
        return iter(items)
    from tqdm import tqdm

    return iter(tqdm(items, desc=name, total=total, unit="frame", file=sys.stderr, dynamic_ncols=True))


# ---- which movie the frames belong to

def _identity(viz: "Visualization", scene: bpy.types.Scene, size: tuple[int, int], samples: int | None, engine: str,
              quality: str) -> dict:
    """All that the frames depend on, as JSON holds it. Different Blenders do not render alike to the pixel."""
    data = hashlib.sha256()
    for node in nodes(viz.tree):
        if not isinstance(node, MatMul):
            data.update(f"{node.path} {node.h} {node.w} ".encode() + viz.values[node.path].tobytes())
    identity = {"mm_blender": __version__, "blender": "{}.{}".format(*bpy.app.version), "size": size,
                "samples": samples, "quality": quality, "engine": engine,
                "frames": (scene.frame_start, scene.frame_end),
                **{name: getattr(viz.options, name) for name in SETTINGS},
                "parameters": viz.params, "data": data.hexdigest(), "keyframes": _keyframes(viz)}
    return json.loads(json.dumps(identity, default=str))


def _keyframes(viz: "Visualization") -> str:
    """A digest of the keyframes of the visualization's objects, which may have been retimed by hand."""
    digest = hashlib.sha256()
    for obj in viz.collection.all_objects:
        action = obj.animation_data and obj.animation_data.action
        if not action:
            continue
        for curve in (curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags
                      for curve in bag.fcurves):
            keys = [(*key.co, *key.handle_left, *key.handle_right, key.interpolation) for key in curve.keyframe_points]
            digest.update(f"{curve.data_path} {curve.array_index} {keys}".encode())
    return digest.hexdigest()


def _claim(folder: Path, identity: dict) -> None:
    """Make ``folder`` the place of this movie's frames, or raise RenderError if it holds those of another one."""
    note = folder / NOTE
    advice = "render under another name, or delete that folder first"
    try:
        folder.mkdir(exist_ok=True)
        if note.exists():
            try:
                held = json.loads(note.read_text("utf-8"))
            except ValueError:
                held = {}
            if held != identity:
                what = ", ".join(_differences(held, identity))
                raise RenderError(f"{folder} holds frames of another movie ({what}): {advice}")
            return
        if any(folder.glob("frame_*.png")):
            raise RenderError(f"{folder} holds frames but no {NOTE} that would say of which movie: {advice}")
        part = folder / f"{NOTE}.{PART}"
        part.write_text(json.dumps(identity, indent=1) + "\n", "utf-8")
        os.replace(part, note)
    except OSError as error:
        raise RenderError(f"the folder {folder} cannot take the frames: {error.strerror}") from None


def _differences(held: Any, identity: dict) -> list[str]:
    """What differs, in words: short values are told, long ones only named."""
    if not isinstance(held, dict):
        return ["its parameters cannot be read"]
    out = []
    for key in identity:
        was, now = held.get(key), identity[key]
        if was != now:
            short = max(len(str(was)), len(str(now))) < 20
            out.append(f"{key.replace('_', ' ')} {was}, not {now}" if short else f"other {key.replace('_', ' ')}")
    return out or ["made by another version"]
