"""What the verbs that build and make files are asked for: one table of what each argument may be, by its name.

What depends on more than the value itself (which steps there are, which endings) its verb checks.
"""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

from ..errors import ParameterError
from ..layout.framing import Camera
from ..options import LOOKS, PROJECTIONS
from ..plain import choice, fault_of_text, flag, is_whole, number, numbers, path_text, plain, said, whole

P = ParamSpec("P")
R = TypeVar("R")
THINNEST = 1000       # times as wide as high, or the other way, that a picture can be
LEAST_HEIGHT, MOST_HEIGHT = 100, 10_000  # pixels of a page in a notebook
LONGEST = 10_000      # characters of a title or a caption
LAST_FRAME = 1048574   # that Blender has, and below 0 as many


def asked(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, called with plain values, each checked by the table. Raises ParameterError, which names the
    argument."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **more: P.kwargs) -> R:
        given = signature.bind(*args, **more)
        for name, value in given.arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                given.arguments[name] = {key: checked(key, each) for key, each in value.items()}
            else:
                given.arguments[name] = checked(name, value)
        return function(*given.args, **given.kwargs)
    return called


def checked(name: str, value: Any) -> Any:
    """``value`` of the argument ``name``, as a plain one. Raises ParameterError."""
    if name in AS_THEY_ARE:
        return value
    try:
        value = plain(value)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from None
    rule = RULES.get(name)
    return value if rule is None or value is None and name not in NEEDED else rule(value, name)


def _frames(value: Any, what: str) -> tuple[int, int]:
    try:
        first, last = map(plain, value)
    except Exception:  # noqa: BLE001  whatever somebody's own class does when it is asked
        first = last = None
    if not all(is_whole(each) and abs(each) <= LAST_FRAME for each in (first, last)):
        raise ParameterError(f"{what} are the first and the last, two whole numbers, not {said(value)}")
    return int(first), int(last)


def _words(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ParameterError(f"{what} must be a text, not {said(value)}")
    if len(value) > LONGEST:
        raise ParameterError(f"{what} has {len(value):,} characters, and at most {LONGEST:,} are written")
    if fault := next(filter(None, map(fault_of_text, value.expandtabs().splitlines())), None):
        raise ParameterError(f"{what} {said(value)} holds {fault}: leave it out")
    return value


def _bits(value: Any, what: str) -> int:
    if not (is_whole(value) and value in (8, 16)):
        raise ParameterError(f"a picture has 8 or 16 {what} a channel, not {said(value)}; EXR has its own 32")
    return int(value)


def _aspect(value: Any, what: str) -> float:
    if not 1 / THINNEST <= number(value, what, 0) <= THINNEST:
        raise ParameterError(f"{what} is width / height, from 1 / {THINNEST} to {THINNEST}, not {said(value)}")
    return plain(value)


def _one_of(known: Collection[str]) -> Callable[[Any, str], str]:
    return lambda value, what: choice(value, known, what)


def _camera(value: Any, what: str) -> Camera:
    if not isinstance(value, Camera):
        raise ParameterError(f"{what} must be a Camera, as framed() gives one, not {said(value)}")
    return value


RULES: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(("progress", "alone", "keys", "online", "own_scene", "transparent", "legends", "load_data",
                    "realized", "interactive"), flag),
    **dict.fromkeys(("title", "caption"), _words), "style": _one_of(("beside", "over")),
    **dict.fromkeys(("assets", "font"), path_text),
    "frames": _frames, "bits": _bits, "look": _one_of(LOOKS), "projection": _one_of(PROJECTIONS), "camera": _camera,
    "size_in": lambda value, what: numbers(value, what, 2, such="a width and a height in inches"),
    "height": lambda value, what: whole(value, what, LEAST_HEIGHT, MOST_HEIGHT),
    "aspect": _aspect, "insets": lambda value, what: numbers(value, what, 4, 0, 0.9),
}
# of which None is no value
NEEDED = ("progress", "alone", "keys", "size_in", "bits", "aspect", "insets", "legends", "load_data", "realized",
          "interactive", "height")
AS_THEY_ARE = ("self", "path")  # a path is looked at by what writes it
