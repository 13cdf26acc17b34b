"""Folders of a person's own: those of the Blender extension while it is on (``keep_in``), else as the system has them,
and then none where it knows no home (a user without an entry, and no HOME)."""
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

NAME = "mm_blender"
Own = Callable[[str], str]  # by a name, the path of a folder to write into; empty if there is none

_own: Own | None = None


def keep_in(own: Own | None) -> None:
    """Write into the folders that ``own`` gives from now on; None: into those that the system has for ``NAME``.

    The extension's ``register`` calls this: there an extension writes into nothing but what Blender gives it.
    """
    global _own
    _own = own


def cache(variable: str) -> Path | None:
    """Where what can be made again is kept: the folder that the environment's ``variable`` names; None if that is
    empty, or if there is no home."""
    said = os.environ.get(variable)
    if said is not None:
        return Path(said) if said else None
    return _given(_own, "cache") if _own else _of_system(platformdirs.user_cache_dir)


def configuration(variable: str, inside: str) -> Path | None:
    """Where settings are kept: the folder that the environment's ``variable`` names, or else the one called ``inside``
    in ours; None if there is no home."""
    said = os.environ.get(variable)
    if said:
        return Path(said)
    return _given(_own, inside) if _own else _configuration_of_system(inside)


def former_configuration(variable: str, inside: str) -> Path | None:
    """Where settings were kept before they went into the extension's folder, and are still found: None if they are
    kept there now, or if ``variable`` names where."""
    return _configuration_of_system(inside) if _own and not os.environ.get(variable) else None


def expanded(path: str | os.PathLike) -> Path:
    """``path``, where ``~`` is a home folder; it stays as it is where there is no such one."""
    return Path(os.path.expanduser(os.fsdecode(path)))


def home() -> str:
    """The absolute path of the home folder; where there is none, of a folder that is called ``~``."""
    return os.path.abspath(os.path.expanduser("~"))


def _given(own: Own, inside: str) -> Path | None:
    found = own(inside)
    return Path(found) if found else None


def _configuration_of_system(inside: str) -> Path | None:
    found = _of_system(platformdirs.user_config_dir)
    return found and found / inside


def _of_system(folder: Callable[..., str]) -> Path | None:
    try:
        found = Path(folder(NAME, appauthor=False))
    except RuntimeError:  # no home, in platformdirs that says so
        return None
    return found if found.is_absolute() else None  # else it is one called ~
