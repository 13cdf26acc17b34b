"""Reading stories: from Python's lists and dicts, from TOML, and from the JSON text that a visualization keeps.

Whoever wrote them, everything is checked key by key: what is not understood is refused with the beat's number and name.
"""
from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..data import files
from ..data.foreign import error_words
from ..errors import MMError, StoryError
from ..limits import limits
from ..options import pace_of
from ..plain import fault_of_text, is_number, listed, plain, said
from .beats import Beat, BELOW, EASES, LONGEST, names, PLACES, Story

MOST_ITEMS = 64       # matrices, rows … that one beat names
MOST_WORDS = 1000     # characters of one beat's words
NAME_LENGTH = 60      # characters of a beat's name, which markers carry
WIDE = {"title", "seconds", "beat"}   # keys of a story
SHOWN = {"source", "settings", "data", "options"}  # keys of a lesson, which says what it is a story of


def story(given: Any, seconds: float | None = None) -> Story:
    """A story of whatever a person gave: a Story, a path to a TOML file, or beats, each a Beat or a dict of what one
    says; ``seconds``: how long it is to last, instead of what it says itself. Raises StoryError."""
    if isinstance(given, (str, os.PathLike)):
        out = from_toml(read(given), given)
    elif isinstance(given, Story):
        out = given
    elif isinstance(given, Mapping):
        out = from_mapping(given, "the story")
    else:
        out = from_beats(given)
    return out if seconds is None else out.lasting(_seconds(plain(seconds), "seconds"))


def read(path: Any) -> bytes:
    """The text of a story's file. Raises StoryError for what is no path, or none of a file."""
    if isinstance(path, (str, os.PathLike)) and os.fspath(path) and Path(path).exists():
        return files.read_whole(path, "story_bytes")
    shown = os.fspath(path) if isinstance(path, os.PathLike) else path
    raise StoryError(f"there is no story at {said(shown)}: give a TOML file, the name of a preset, or a list of beats")


def from_toml(body: bytes, name: object) -> Story:
    """The story in the text of a TOML file. Raises StoryError with its ``name``."""
    return from_mapping(parsed(body, name), str(name))


def parsed(body: bytes, name: object) -> dict[str, Any]:
    """What a TOML file says, not looked at yet. Raises StoryError with its ``name``."""
    limits.check("story_bytes", len(body), f"{name}")
    try:
        return tomllib.loads(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise StoryError(f"{name} is no TOML that can be read: {error_words(error)}") from None


def from_mapping(held: Mapping[str, Any], name: str) -> Story:
    """The story that a table says. Raises StoryError with its ``name``."""
    try:
        _check_keys(held, WIDE | SHOWN, "a story")
        beats = held.get("beat", [])
        if not isinstance(beats, (list, tuple)):
            raise StoryError("its beats must be tables [[beat]]")
        title, seconds = held.get("title", ""), held.get("seconds")
        return from_beats(beats, _words(title, "title"), None if seconds is None else _seconds(seconds, "seconds"))
    except MMError as error:
        raise StoryError(f"{name}: {error}") from None


def from_beats(given: Any, title: str = "", seconds: float | None = None) -> Story:
    """A story of beats, each a Beat or a dict. Raises StoryError."""
    try:
        found = list(given)
    except TypeError:
        raise StoryError(f"a story is a list of beats, not {said(given)}") from None
    limits.check("beats", len(found), "the story")
    return Story(tuple(_beat(each, number) for number, each in enumerate(found, 1)), title, seconds)


def as_text(story: Story) -> str:
    """A story as JSON, which ``from_text`` reads back."""
    beats = [{key: value for key, value in asdict(beat).items() if value != getattr(Beat(), key)}
             for beat in story.beats]
    held: dict[str, Any] = {"beat": beats}
    held |= {"title": story.title} if story.title else {}
    held |= {"seconds": story.seconds} if story.seconds is not None else {}
    return json.dumps(held, ensure_ascii=False)


def from_text(text: str) -> Story:
    """The story that ``as_text`` wrote, or whoever made the file. Raises StoryError."""
    try:
        held = files.parse_json(text, "the story", parameters=True)
    except MMError as error:
        raise StoryError(f"the story cannot be read: {error}") from None
    if not isinstance(held, dict):
        raise StoryError(f"a story is a table, not {said(held)}")
    return from_mapping(held, "the story")


# ---- a beat

def _beat(given: Any, number: int) -> Beat:
    held = {key: getattr(given, key) for key in names()} if isinstance(given, Beat) else given
    if not isinstance(held, Mapping):
        raise StoryError(f"beat {number} must be a Beat or a table of what it says, not {said(held)}")
    called = held.get("name")
    told = f"beat {number}" + (f" ({called[:NAME_LENGTH]})" if isinstance(called, str) and called else "")
    try:
        _check_keys(held, set(names()), "a beat")
        beat = Beat(**{key: RULES[key](plain(value), key) for key, value in held.items()
                       if value is not None or key not in OPTIONAL})
        _check_wanted(beat)
        return beat
    except MMError as error:
        raise StoryError(f"{told}: {error}") from None


def _check_keys(held: Mapping, known: set[str], what: str) -> None:
    for key in held:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"{what} says {listed(sorted(known))}"
            raise StoryError(f"{what} has no {said(key)}: {hint}")


def _check_wanted(beat: Beat) -> None:
    """Raise StoryError where a key tells of another that is not there."""
    for key, of, vain in (("pace", "sweep", beat.sweep is None and beat.pace is not None),
                          ("ease", "sweep", beat.sweep is None and beat.ease != "none"),
                          ("place", "words", not beat.words and beat.place != BELOW)):
        if vain:
            raise StoryError(f"{key} = {said(getattr(beat, key))} tells how {of} is meant, and the beat has no {of}: "
                             f"say its {of}, or leave {key} out")


def _words(value: Any, key: str, most: int = MOST_WORDS) -> str:
    if not isinstance(value, str):
        raise StoryError(f"{key} must be a text, not {said(value)}")
    value = " ".join(value.split())
    if len(value) > most:
        raise StoryError(f"{key} has {len(value):,} characters, and at most {most:,} are shown")
    if fault := fault_of_text(value):
        raise StoryError(f"{key} {said(value)} holds {fault}: leave it out")
    return value


def _name(value: Any, key: str) -> str:
    return _words(value, key, NAME_LENGTH)


def _number(low: float, high: float, above: bool = False) -> Callable[[Any, str], float]:
    def rule(value: Any, key: str) -> float:
        if not is_number(value) or not low <= value <= high or above and value == low:
            raise StoryError(f"{key} must be a number {'above' if above else 'from'} {low:g} {'and up ' * above}to "
                             f"{high:g}, not {said(value)}")
        return float(value)
    return rule


_seconds = _number(0, LONGEST, above=True)


def _meanwhile(value: Any, key: str) -> float | None:
    if isinstance(value, bool):
        return 0.0 if value else None
    return _number(0, LONGEST)(value, key)


def _items(value: Any, key: str) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, Sequence) or not all(isinstance(each, str) and each.strip() for each in found):
        raise StoryError(f"{key} must be the name of a matrix, such as \"A\", a part of one, such as \"A[2,:]\", or a "
                         f"list of such, not {said(value)}")
    if len(found) > MOST_ITEMS:
        raise StoryError(f"{key} has {len(found)} items, and at most {MOST_ITEMS} fit into a beat")
    return tuple(_name(each, key) for each in found)


def _view(value: Any, key: str) -> tuple[float, float]:
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(map(is_number, value)) \
            or not (abs(value[0]) <= 720 and abs(value[1]) <= 89):
        raise StoryError(f"{key} is [degrees to the right of the front, degrees above it (-89 to 89)], "
                         f"not {said(value)}")
    return float(value[0]), float(value[1])


def _one_of(known: Sequence[str]) -> Callable[[Any, str], str]:
    def rule(value: Any, key: str) -> str:
        if not isinstance(value, str) or value not in known:
            raise StoryError(f"{key} is {' or '.join(known)}, not {said(value)}")
        return value
    return rule


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise StoryError(f"{key} must be true or false, not {said(value)}")
    return value


RULES: dict[str, Callable[[Any, str], Any]] = {
    "name": _name, "seconds": _seconds, "hold": _number(0, LONGEST), "meanwhile": _meanwhile, "sweep": _name,
    "pace": pace_of, "ease": _one_of(EASES), "look": _items, "fill": _number(0, 1, above=True),
    "orbit": _number(-3600, 3600), "view": _view, "lit": _items, "numbers": _items, "sum": _flag, "arcs": _name,
    "words": _words, "place": _one_of(PLACES),
}
OPTIONAL = ("seconds", "meanwhile", "sweep", "pace", "fill", "view", "numbers")  # of which None says nothing
