"""Presets: the stories that come with the package, TOML files in ``presets/stories``."""
from __future__ import annotations

import importlib.resources
import os
from pathlib import Path
from typing import Any

from ..errors import StoryError
from ..plain import listed, said

FOLDER = "stories"


def stories() -> dict[str, Path]:
    """The presets by name: in the package, or in a checkout beside it."""
    package = Path(str(importlib.resources.files(__package__))).parent
    places = [package / "presets" / FOLDER, package.parent / "presets" / FOLDER]
    return {path.stem: path for place in places if place.is_dir() for path in sorted(place.glob("*.toml"))}


def found(given: Any) -> Any:
    """``given``, or the path of the preset of that name. Raises StoryError for a name that there is not."""
    if not isinstance(given, (str, os.PathLike)) or Path(given).suffix or Path(given).exists():
        return given
    known = stories()
    if str(given) not in known:
        raise StoryError(f"there is no story {said(os.fspath(given))}: give a TOML file, a list of beats, or one of "
                         f"the presets {listed(known)}")
    return known[str(given)]
