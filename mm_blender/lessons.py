"""Lessons: stories that say themselves what they are about, as the presets do."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .errors import StoryError
from .plain import said
from .story import presets, reading
from .visualization import Visualization, visualize

OPTIONS = ("look", "projection", "lettering", "keys", "representation", "smooth", "seed", "transparent", "numbers")


def lesson(story: str | os.PathLike, *, seconds: float | None = None, **options: Any) -> Visualization:
    """The visualization that a story is about, telling it: ``mm.lesson("what-a-matmul-is").render("lesson.mp4")``.

    story: the name of a preset (``mm-blender list stories``), or the path of a TOML file that has, beside its beats,
        ``source`` (an expression, or the name of a preset), and where it wants them ``settings``, ``data`` (rows of
        numbers by name) and ``options`` (of those of ``visualize``: look, projection …).
    seconds: how long it is to last, see ``Visualization.story``. options: instead of its own, as for ``visualize``.

    Raises an MMError: a StoryError for a story that is about nothing, or that cannot be read.
    """
    path, held = _read(story)
    told = reading.story(reading.from_mapping(held, path.name), seconds)
    source, settings, data = held.get("source"), held.get("settings", {}), held.get("data", {})
    own = held.get("options", {})
    if not isinstance(source, str):
        raise StoryError(f"{path.name} says beats and not what they are about: visualize something and tell it to "
                         "that, viz.story(…), or add source = \"A @ B\"")
    if not all(isinstance(each, dict) for each in (settings, data, own)):
        raise StoryError(f"{path.name}: settings, data and options are tables")
    for name in own:
        if name not in OPTIONS:
            raise StoryError(f"{path.name} has no option {said(name)}; known are {', '.join(OPTIONS)}")
    if not all(isinstance(rows, list) for rows in data.values()):
        raise StoryError(f"{path.name}: its data are rows of numbers, such as A = [[1, 2], [3, 4]]")
    viz = visualize(source, data or None, settings=settings, **{**own, **options})
    return viz.story(told)


def _read(story: str | os.PathLike) -> tuple[Path, dict[str, Any]]:
    """The path of a story, and what its file says."""
    found = presets.found(story)
    body, path = reading.read(found), Path(found)
    return path, reading.parsed(body, path.name)


def is_about(story: str | os.PathLike) -> bool:
    """Whether the story of a name or in a TOML file says what it is about. Raises a StoryError for one that cannot be
    read."""
    return "source" in _read(story)[1]


def is_lesson(source: str) -> bool:
    """Whether a source names a story that says what it is about: a TOML file, or a preset that has one."""
    return source.lower().endswith(".toml") or source in presets.stories()
