"""Stories as a visualization keeps them: the text of one that was given, checked against what it is about."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..document.document import Document
from ..errors import StoryError
from ..options import FPS
from . import presets, reading, timeline, timing
from .beats import Story

CHECKED = 1.6  # width / height of the picture that a story is tried for


def text(document: Document, marked: tuple[list[int], float] | None, given: Any = None,
         seconds: float | None = None) -> str | None:
    """What a document keeps of a story that is ``given`` (see ``Visualization.story``); None of none. ``marked``: the
    frames of the markers of its present one, and how many there are to a second. Raises StoryError."""
    if isinstance(given, (list, tuple)) and not given:
        return None
    if given is None:
        told = retimed(document, marked)
        told = told if seconds is None else reading.story(told, seconds)
    else:
        told = reading.story(presets.found(given), seconds)
    timeline.compiled(told, document, CHECKED, FPS)
    return reading.as_text(told)


def retimed(document: Document, marked: tuple[list[int], float] | None) -> Story:
    """The story of a document with each beat as long as the markers say; where there are none, as it is. Raises
    StoryError."""
    if document.options.story is None:
        raise StoryError("there is no story yet: give a list of beats, the path of a TOML file or the name of a preset")
    told = reading.from_text(document.options.story)
    if marked is None:
        return told
    frames, fps = marked
    now = [beat.first for beat in timeline.compiled(told, document, CHECKED, fps).beats]
    if len(frames) != len(now) or [frame - frames[0] for frame in frames] == [frame - now[0] for frame in now]:
        return told
    if sorted(frames) != frames:
        raise StoryError("the markers of its beats stand in another order than the beats: move them so that each comes "
                         "after the one before it")
    beats = list(told.beats)
    # of a story that was given a length each beat keeps what it has of that
    fitted = told.seconds is not None
    lasting = [each.end - each.start for each in timing.timed(told, document)]
    beats = [replace(beat, seconds=long) if fitted else beat for beat, long in zip(beats, lasting)]
    for at, (begins, ends) in enumerate(zip(frames, frames[1:])):
        parallel = beats[at + 1].meanwhile is not None
        if parallel:
            beats[at + 1] = replace(beats[at + 1], meanwhile=(ends - begins) / fps)
        elif begins == ends:
            raise StoryError(f"the markers of {beats[at].told(at + 1)} and {beats[at + 1].told(at + 2)} stand at one "
                             f"frame, {begins}: move them apart")
        elif ends - begins != now[at + 1] - now[at]:
            beats[at] = replace(beats[at], seconds=(ends - begins) / fps)
    return replace(told, beats=tuple(beats), seconds=None)
