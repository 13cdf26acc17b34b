"""Movies: frames into a folder first (``reel``), one by one, then encoded. Needs bpy.

A kill at any moment leaves whole frames only, and the next run goes on from them. Of frames that show exactly the same
(``fingerprints.frames``) one is rendered, and the others are copies of it.
"""
from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..document.group import Group, STILL_IN_A_ROW
from ..errors import RenderError, warn
from ..expression.portable import portable_params
from ..scene import faces, scenes
from ..scene.built import Built
from ..system import file_paths, terminal, writing
from ..version import __version__
from . import delivery, encode, formats, picture_scene, poster, reel, sound, still
from .fingerprints import frames
from .fingerprints.frames import Alike
from .fingerprints.scene import Datablocks, fingerprint, gone_through
from .settings import RenderSettings

SETTINGS = ("seed", "look", "projection", "transparent", "keys", "lettering", "numbers", "representation", "animate",
            "frames_per_step", "smooth", "duration", "pace", "fps")


def checked(group: Group, path: str | os.PathLike, settings: RenderSettings) -> RenderSettings:
    """``settings`` as the movie of ``group`` at ``path`` has them: of MP4 and WebM an even size. Raises RenderError if
    nothing moves, if nothing can be written there, and for what such a file cannot have."""
    kind = formats.kind(path)
    (file_paths.check_parent if kind == formats.FOLDER else file_paths.check_target)(file_paths.resolve(path))
    check_moves(group, settings)
    return fitted(group, kind, settings)


def check_moves(group: Group, settings: RenderSettings) -> None:
    """Raise RenderError where nothing of ``group`` moves, and no frames are named."""
    if settings.frames is None and not group.moves and any(each.turns for each in group.documents):
        raise RenderError(f"nothing moves, so there is no movie to render: {STILL_IN_A_ROW}; choose a sweep with "
                          'settings={"anim.alg": "vmprod"}, or render each by itself')
    if settings.frames is None and not group.moves:
        raise RenderError('nothing moves, so there is no movie to render: choose a sweep with '
                          'settings={"anim.alg": "vmprod"} (--set anim.alg=vmprod) or turn the camera with '
                          '{"anim.spin": 4} (--spin 4), both with animate=True; or render a .png')
    if settings.frames is not None and settings.frames[0] > settings.frames[1]:
        raise RenderError(f"the first frame, {settings.frames[0]}, comes after the last, {settings.frames[1]}")


def fitted(group: Group, kind: str, settings: RenderSettings) -> RenderSettings:
    """``settings`` of a movie of ``group`` as its ``kind``, the ending of its file or a folder, can have them; what
    that changes of it, or cannot show, is said (MMWarning)."""
    asked = settings.delivery
    if kind != formats.FOLDER and group.options.transparent and not asked.is_clear(kind):
        warn(f"{asked.codec_of(kind) if asked.codec else kind} holds no transparency: the ground of the movie is black "
             f"({', '.join(delivery.CLEAR)} and a folder of frames keep it)")
    if delivery.is_even(kind) and settings.even() != settings:
        settings = settings.even()
        warn(f"{kind[1:].upper()} asks for even sizes: the movie is {settings.size[0]} x {settings.size[1]} pixels")
    delivery.check(kind, asked, settings.size)
    if asked.sound is not None:
        sound.check(asked.sound)
    encode.check(kind, settings)
    return settings


def render_movie(built: Built, path: str | os.PathLike, settings: RenderSettings) -> Path:
    """Render what is built as a movie to ``path``: ``.mp4``, ``.webm``, ``.gif``, ``.webp``, or a folder of PNG frames;
    ``settings`` as ``checked``.

    The frames of ``sweep.mp4`` stay in ``sweep.frames/``; those that a former run finished there are kept. The person's
    scene is as before afterwards. Raises RenderError if the folder holds the frames of another movie, or if Blender
    cannot render or encode.
    """
    going = steps(built, path, settings)
    path = file_paths.resolve(path)
    with closing(going):
        done, total = next(going)
        with _bar(file_paths.shown(path.name), settings.progress, done, total) as bar:
            while done < total:
                now, _ = next(going)
                bar(now - done)
                done = now
        for _ in going:  # made of its frames
            pass
    return path


def steps(built: Built, path: str | os.PathLike, settings: RenderSettings) -> Generator[tuple[int, int], None, None]:
    """``render_movie`` a frame at a time: yields how many frames are done and how many there are, before the first and
    after each. Closed early, the frames that are done stay."""
    with ExitStack() as claim:  # the folder is ours until the movie is made of its frames
        with opened(built, path, settings, claim) as going:
            wanted, size = going.wanted, settings.size
            done = len(wanted) - len(going.missing) - sum(map(len, going.missing.values()))
            yield done, len(wanted)
            with writing.into(going.folder, formats.least(size, len(going.missing))) as new:
                for number, others in going.missing.items():
                    _render(going.scene, number, new(wanted[number].name), size)
                    yield (done := done + 1), len(wanted)
                    for _ in reel.copied(wanted, number, others, size):
                        yield (done := done + 1), len(wanted)
        finish(going, path, settings)


@dataclass(frozen=True)
class Opened:
    """A movie that is being made, in ``folder``: ``scene`` renders its frames, which go to the files ``wanted``, by
    number. Those are to be rendered that are ``missing``, each with the others that are not there either and show the
    same, of which it is to be copied. ``alike``: which show the same. ``fps``: frames a second that it is played at."""

    scene: bpy.types.Scene
    folder: Path
    wanted: dict[int, Path]
    missing: dict[int, list[int]]
    alike: Alike
    fps: float


@contextmanager
def opened(built: Built, path: str | os.PathLike, settings: RenderSettings, claim: ExitStack) -> Iterator[Opened]:
    """Meanwhile the scene is there that renders the frames of a movie; their folder is no other process's until
    ``claim`` is closed. Raises RenderError, see ``render_movie``."""
    path = file_paths.resolve(path)
    folder = path if formats.kind(path) == formats.FOLDER else file_paths.beside_named(path, ".frames")
    with picture_scene.opened(built, settings.alone) as (scene, shown):
        first, last = settings.frames or (scene.frame_start, scene.frame_end)
        wanted = {number: folder / f"frame_{number:04d}.png" for number in range(first, last + 1)}
        delivery.poster_frame(settings.delivery, scenes.frame_rate(scene), len(wanted))
        scene.frame_current, scene.frame_subframe = first, 0.0
        still.prepare(shown, settings, scene)
        blocks = gone_through(scene)
        claim.enter_context(reel.claimed(folder, identity_of(built.group, scene, settings, blocks)))
        alike = frames.alike(scene, blocks, list(wanted))
        missing = _to_render(wanted, alike, settings.size)
        scene.render.use_persistent_data = settings.engine == "cycles"
        with faces.apart(scene.objects if settings.engine == "cycles" else ()):
            yield Opened(scene, folder, wanted, missing, alike, scenes.frame_rate(scene))


def _to_render(wanted: Mapping[int, Path], alike: Alike, size: tuple[int, int]) -> dict[int, list[int]]:
    """The frames that are to be rendered, see ``Opened``. Of those that a former run has finished, the others that show
    the same are copied now."""
    absent = reel.missing(wanted, size)
    waiting: dict[int, list[int]] = {}
    for number in absent:
        waiting.setdefault(alike.first[number], []).append(number)
    for number in wanted.keys() - set(absent):
        for _ in reel.copied(wanted, number, waiting.pop(alike.first[number], ()), size):
            pass
    return {numbers[0]: numbers[1:] for numbers in waiting.values()}


def finish(going: Opened, path: str | os.PathLike, settings: RenderSettings) -> None:
    """Make the movie of its frames, unless these are what was asked for. Raises RenderError where one is missing."""
    if formats.kind(path) != formats.FOLDER:
        reel.check(going.wanted, settings.size)
        encode.movie(list(going.wanted.values()), file_paths.resolve(path), going.fps, settings)
        if settings.progress:
            terminal.mention(encode.made(file_paths.resolve(path)))
    if settings.progress:
        terminal.mention(_shared(going.alike))
    poster.write(list(going.wanted.values()), going.fps, settings.delivery)


def _shared(alike: Alike) -> str:
    """How many frames show something of their own, in words."""
    total, distinct = len(alike.first), alike.distinct
    if alike.reason and total > 1:
        return f"each of {total} frames is rendered, for {alike.reason}"
    return f"{distinct} of {total} frames are distinct" + (", the others are copies" if distinct < total else "")


def _render(scene: bpy.types.Scene, number: int, new: writing.New, size: tuple[int, int]) -> None:
    """Render one frame, and put it in its place once it is whole and safely on the disk."""
    scene.frame_current = number
    still.shot(new, new.part, False, scene)
    new.put(size=size)


@contextmanager
def _bar(name: str, progress: bool, done: int, total: int) -> Iterator[Callable[[int], Any]]:
    """A progress bar that knows the time left, as what to call with the number of frames that are done more."""
    if not progress:
        yield lambda more: None
        return
    with terminal.progress(desc=name, total=total, initial=done, unit="frame", dynamic_ncols=True) as bar:
        yield bar.update


# ---- which movie the frames belong to

def identity_of(group: Group, scene: bpy.types.Scene, settings: RenderSettings,
                blocks: Datablocks | None = None) -> dict[str, Any]:
    """All that the frames depend on, as JSON holds it: Blender, since different ones do not render alike to the pixel,
    and the fingerprint of what the prepared ``scene`` renders. ``about`` and ``parts`` tell what differs, and what was
    rendered, to a reader; what makes no difference to the picture may be another there. ``blocks``: the scene's
    datablocks, if they were gone through before."""
    whole, parts = fingerprint(scene, blocks)
    each = [portable_params(document.complete_params, origin=document.origin) for document in group.documents]
    about = {"mm_blender": __version__, **settings.told,
             **{name: getattr(group.options, name) for name in SETTINGS},
             "parameters": each[0] if len(each) == 1 else each}
    identity = {"blender": "{}.{}".format(*bpy.app.version), "scene": whole, "parts": parts, "about": about}
    return json.loads(json.dumps(identity, default=str))
