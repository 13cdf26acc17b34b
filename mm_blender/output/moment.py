"""The moment that a picture shows: of a sweep its end, unless a step or a frame is asked for. Needs bpy to be put."""
from __future__ import annotations

import math
import operator
from typing import cast, TYPE_CHECKING

import numpy as np

from ..document import moments
from ..document.document import Document
from ..document.group import Group
from ..document.moments import END, NOW, START
from ..errors import RenderError
from ..layout import pace
from ..layout.schedule import Track
from ..options import FPS
from ..plain import said
from ..scene import tags
from .settings import Moment

if TYPE_CHECKING:
    import bpy

    from ..scene.built import Built

FIRST_FRAME, LAST_FRAME = -1048574, 1048574  # that Blender has


def check(group: Group, moment: Moment) -> None:
    """Raise RenderError for a moment of ``group`` that there is not: ``at`` is a step of the sweep, from 0 (its start)
    to their number (the finished picture, which is what None and ``end`` are), ``start``, ``end`` or ``now``;
    ``frame``, one of Blender's, takes its place."""
    at, frame = moment.at, moment.frame
    if frame is not None:
        if at is not None:
            raise RenderError(f"a picture shows one moment: give at={said(at)} or frame={said(frame)}, not both")
        if not FIRST_FRAME <= moments.whole(frame, "frame") <= LAST_FRAME:
            raise RenderError(f"Blender has frames {FIRST_FRAME} to {LAST_FRAME}, not {said(frame)}")
        return
    moments.step_of(group, at)


def put(built: Built, scene: bpy.types.Scene, moment: Moment) -> None:
    """Have ``scene`` show the moment of what is built that ``check`` allowed. Without a sweep that is the frame where
    it is. Raises RenderError for a frame outside of the sweep and of the scene's own."""
    steps = built.group.steps
    if moment.frame is not None:
        _go(scene, float(_within(built, scene, operator.index(moment.frame), steps)))
    elif steps and moment.at != NOW:
        named: dict[int | str | None, int] = {START: 0, END: steps, None: steps}
        wanted = named[moment.at] if moment.at in named else operator.index(cast(int, moment.at))
        found = frame_of(built, wanted)
        if found is not None:
            _go(scene, math.ceil(found - 1e-3) if wanted == steps else found)


def _within(built: Built, scene: bpy.types.Scene, frame: int, steps: int) -> int:
    ends = [at for at in (frame_of(built, 0), frame_of(built, steps)) if at is not None] if steps else []
    if not ends:
        return frame
    first, last = (math.floor(min(ends)), math.ceil(max(ends)))
    if not (first <= frame <= last or scene.frame_start <= frame <= scene.frame_end):
        raise RenderError(f"the sweep has frames {first} to {last}, not {frame}")
    return frame


def _go(scene: bpy.types.Scene, frame: float) -> None:
    whole = math.floor(frame + 1e-4)
    scene.frame_current, scene.frame_subframe = whole, max(round(frame - whole, 4), 0.0)


def frame_of(built: Built, step: int) -> float | None:
    """The frame at which a step of the sweep is shown, after the keys as a person may have retimed them; None if they
    have been deleted."""
    told = _told_frame(built, step)
    if told is not None:
        return told
    known = _keyed(built)
    steps = sorted(known)
    return float(np.interp(step, steps, [known[at] for at in steps])) if known else None


def step_at(built: Built, frame: float) -> float | None:
    """The step that one visualization alone shows at a frame, the reverse of ``frame_of``: between two steps a part of
    one, before the first as its keys have it; None where nothing sweeps."""
    from ..scene import story_objects

    (document, *_, collection), *_ = built.parts
    if not document.schedule.tracks:
        return None
    told = story_objects.timeline_of(document, collection) if story_objects.is_told(collection) else None
    if told is not None:
        return told.step_at(frame)
    known = _keyed(built)
    steps = sorted(known, key=lambda step: known[step])
    return float(np.interp(frame, [known[at] for at in steps], steps)) if known else None


def _keyed(built: Built) -> dict[float, float]:
    """By step of the sweeps, the frame of the key that stands for it."""
    from ..scene import compat, parts

    known: dict[float, float] = {}
    for document, _, _, collection in built.parts:
        heads = parts.of(collection, parts.SWEEP)
        for path, track in document.schedule.tracks.items():
            head = parts.original(obj for obj in heads if obj.get(tags.PLAYHEAD) == path)
            curves = compat.curves(head) if head else []
            frames = [point.co[0] for curve in curves for point in curve.keyframe_points]
            steps = _steps_of(document, track)
            if len(frames) != len(steps):  # a person has made keys of their own: of these the first and the last
                frames, steps = ([frames[0], frames[-1]], [steps[0], steps[-1]]) if len(frames) > 1 else ([], [])
            for at, frame in zip(steps, frames):
                known.setdefault(at, frame)
    return known


def _steps_of(document: Document, track: Track) -> list[float]:
    """The step that each key of a sweep stands for."""
    paced = document.paced(FPS)
    if paced is None:
        return [float(at) for at, _ in track.keys()]
    points = pace.way(paced, 0.0, FPS)
    frames, steps = zip(*points)
    return [float(np.interp(frame, frames, steps)) for frame, _ in pace.through(points, track.keys())]


def _told_frame(built: Built, step: int) -> float | None:
    """The same where a story is told: the first frame that shows the step; of the finished picture the film's last."""
    from ..scene import story_objects

    (document, *_, collection), *others = built.parts
    told = story_objects.timeline_of(document, collection) if not others and story_objects.is_told(collection) else None
    if told is None:
        return None
    return float(told.last) if step == document.schedule.steps else told.frame_of(step)
