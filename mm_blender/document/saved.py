"""Saved: what a .blend says of a visualization, from text to values, each of its own type or refused by name.

A file may have been made by another version, or by somebody's program: nothing in it is taken on trust.
"""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..data.files import parse_json
from ..data.foreign import foreign
from ..errors import DataError, MMError, ParameterError
from ..expression.parameters import complete
from ..options import Options
from ..plain import said

VERSION = 1
CONSENT = ("online", "assets")  # options that a person alone gives, and no file holds
LARGEST = 2 ** 40  # rows or columns


@dataclass(frozen=True)
class Saved:
    """``params``: complete; ``options``: by name, as ``Options`` takes them; ``data``: the paths and names that data
    were given for. Where matrices are reduced, ``sources``: of each of these its shape and address; ``readings``: by
    path the least and the largest finite value, and how many are none. ``consent``: what tells a person's part, which
    is not in the file."""

    params: dict
    options: dict[str, Any]
    data: tuple[str, ...]
    sources: dict[str, tuple[int, int, str]]
    readings: dict[str, tuple[float, float, int]]
    consent: int | None


def read(text: object, name: str) -> Saved:
    """What ``text``, of the collection ``name``, says. Raises an MMError that names the collection."""
    try:
        with foreign("what it says of itself"):
            if not isinstance(text, str):
                raise DataError("it says nothing of itself" if text is None else "what it says of itself is no text")
            return _read(_group(parse_json(text, "what it says of itself", parameters=True), "what it says of itself"))
    except MMError as error:
        raise ParameterError(f"the collection {name} holds no visualization that can be read: {error}") from None


def option(text: str | None, name: str) -> Any:
    """One option alone, quickly; None where none can be read."""
    try:
        held = parse_json(text or "null", name, parameters=True)
    except MMError:
        return None
    options = held.get("options") if isinstance(held, dict) else None
    return options.get(name) if isinstance(options, dict) else None


def _read(held: dict) -> Saved:
    version = _whole(held.get("version"), "version")
    if version > VERSION:
        raise DataError(f"it was made by a newer version of mm_blender, which writes version {version} of what it says "
                        f"(this one reads up to {VERSION}): update mm_blender")
    strange = sorted(held.keys() - {"version", "params", "options", "data", "sources", "readings", "consent"})
    if strange or version < 1:
        raise DataError(f"it says {strange[0]!r}, which is nothing that is known" if strange else
                        f"there is no version {version}")
    options = _group(held.get("options"), "options")
    strange = sorted(options.keys() - {*Options.names()})
    if strange:
        raise DataError(f"there is no option {strange[0]!r}")
    consent = held.get("consent")
    return Saved(complete(_group(held.get("params"), "params")),
                 {key: value for key, value in options.items() if key not in CONSENT},
                 tuple(_group(held.get("data"), "data")),
                 {path: _source(each) for path, each in _group(held.get("sources", {}), "sources").items()},
                 {path: _reading(each) for path, each in _group(held.get("readings", {}), "readings").items()},
                 None if consent is None else _whole(consent, "consent"))


def _group(value: object, what: str) -> dict:
    if not isinstance(value, Mapping):
        raise DataError(f"{what} must be a group, not {said(value)}")
    return dict(value)


def _whole(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"{what} must be a whole number, not {said(value)}")
    return value


def _source(value: object) -> tuple[int, int, str]:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[2], str) \
            or not all(0 < _whole(size, "a size") <= LARGEST for size in value[:2]):
        raise DataError(f"a source must be two sizes and an address, not {said(value)}")
    return value[0], value[1], value[2]


def _reading(value: object) -> tuple[float, float, int]:
    if not isinstance(value, list) or len(value) != 3 or _whole(value[2], "a count") < 0 or not all(
            isinstance(end, (int, float)) and not isinstance(end, bool) and not math.isnan(end) for end in value[:2]):
        raise DataError(f"a reading must be two ends and a count, not {said(value)}")
    return float(value[0]), float(value[1]), value[2]
