"""Plain values: Python's own numbers, truth values and texts for what numpy and its kin have in their place; what they
may be; and how an error shows one, whatever it is."""
from __future__ import annotations

import functools
import os
import reprlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast, ParamSpec, TypeVar

from .errors import escaped, MMError, ParameterError

P = ParamSpec("P")
R = TypeVar("R")
DEEPEST = 100       # levels of groups and lists within one another, of a single value
LARGEST = 1.7e308   # of numbers that are told from infinite ones
LONGEST_INT = 4000  # digits that Python writes without being asked
SHOWN = 60          # characters of a value in an error


def plain(value: Any) -> Any:
    """``value``, or what it is in Python where it is a scalar of numpy (a tensor's or an array's with a single element
    and no axes, too). Groups (dicts), tuples and lists are gone through; all else stays as it is. Raises ParameterError
    for what holds itself, or cannot even be asked what it is."""
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    if type(value) in (bool, int, float, str) or value is None:
        return value
    if depth > DEEPEST:
        raise ParameterError(f"groups and lists within one another, more than {DEEPEST} deep (or holding themselves), "
                             "are no value")
    if isinstance(value, Mapping):
        return {_plain(key, depth + 1): _plain(item, depth + 1) for key, item in items_of(value, said(value))}
    if type(value) in (tuple, list):
        return type(value)([_plain(item, depth + 1) for item in value])
    with asking(value, "the value"):
        if getattr(value, "shape", None) == () and hasattr(value, "item"):
            return value.item()
    for kind in (int, float, str):  # subclasses, of which numpy's float64 and str_ are some
        if isinstance(value, kind) and not isinstance(value, bool):
            return kind(value)
    return value


def plainly(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, called with plain values for all that it is given."""
    @functools.wraps(function)
    def called(*args: Any, **more: Any) -> R:
        return function(*map(plain, args), **{name: plain(value) for name, value in more.items()})
    return cast(Callable[P, R], called)


class _Said(reprlib.Repr):
    """Of large things the beginning, and of every thing something."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = SHOWN
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() > 3 * LONGEST_INT:
            return f"a whole number of about {int(x.bit_length() * 0.30103):,} digits"
        return super().repr_int(x, level)

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(x[:2 * SHOWN], level) if len(x) > 2 * SHOWN else super().repr_str(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        shown = super().repr_instance(x, level)  # which is something, even if x has no repr
        return " ".join(shown.split())


_SAID = _Said()


def said(value: Any) -> str:
    """How an error shows ``value``: its repr, in one line that is never long, whatever it is: an enormous number, a
    text of a million letters, an array, an object whose own repr fails. What is not printable is escaped."""
    try:
        shown = _SAID.repr(value)
    except Exception:  # noqa: BLE001  a class may fail in any way
        shown = f"<{type(value).__name__}>"
    shown = "".join(letter if letter.isprintable() else escaped(letter) for letter in shown)
    return shown if len(shown) <= 2 * SHOWN else f"{shown[:2 * SHOWN - 3]}..."


@contextmanager
def asking(value: Any, what: str) -> Iterator[None]:
    """Meanwhile ``value``, an object of whatever class, is asked what it is. What its class raises then is a
    ParameterError, which calls it ``what``."""
    try:
        yield
    except MMError:
        raise
    except Exception as error:  # noqa: BLE001  a class may fail in any way
        raise ParameterError(f"{what} {said(value)} cannot be read: {type(error).__name__}") from None


def is_number(value: Any) -> bool:
    """Whether a plain value is a finite number (of those that a float can hold)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def is_whole(value: Any) -> bool:
    """Whether a plain value is a whole number, be it as 4.0."""
    return is_number(value) and (isinstance(value, int) or value.is_integer())


def whole(value: Any, what: str, low: int = 0, high: int | None = None) -> int:
    """``value``, a whole number of any kind, as int. Raises ParameterError."""
    value = plain(value)
    if not is_whole(value) or value < low or high is not None and value > high:
        most = "" if high is None else f" and at most {high:,}"
        raise ParameterError(f"{what} must be a whole number of at least {low}{most}, not {said(value)}")
    return int(value)


def number(value: Any, what: str, above: float | None = None) -> float:
    """``value``, a finite number of any kind, as int or float. Raises ParameterError."""
    value = plain(value)
    if not is_number(value) or above is not None and value <= above:
        over = "" if above is None else f" above {above:g}"
        raise ParameterError(f"{what} must be a finite number{over}, not {said(value)}")
    return value


def flag(value: Any, what: str) -> bool:
    """``value``, a truth value of any kind (0 and 1 are some), as bool. Raises ParameterError."""
    value = plain(value)
    if not (isinstance(value, (bool, int, float)) and value in (0, 1)):
        raise ParameterError(f"{what} must be True or False, not {said(value)}")
    return bool(value)


def choice(value: Any, known: Iterable[str], what: str) -> str:
    """``value``, one of the texts that are ``known``. Raises ParameterError."""
    if not (isinstance(value, str) and value in known):
        raise ParameterError(f"there is no {what} {said(value)}; known are {', '.join(known)}")
    return value


def path_text(value: Any, what: str) -> str:
    """``value``, a path of any kind, as text. Raises ParameterError for what no file or folder can be called."""
    try:
        text = os.fspath(value)
        text = os.fsdecode(text)
    except Exception:  # noqa: BLE001  whatever somebody's own class does when it is asked
        raise ParameterError(f"{what} must be a path, not {said(value)}") from None
    if "\0" in text:
        raise ParameterError(f"{what} is no path: {said(text)} holds a null character")
    return text


def mapping(value: Any, what: str, such: str) -> dict:
    """``value`` as a dict whose keys are texts; None: an empty one. ``such``: an example. Raises ParameterError."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ParameterError(f"{what} must be a dict such as {such}, not {said(value)}")
    found = items_of(value, what)
    for key, _ in found:
        if not isinstance(key, str):
            raise ParameterError(f"{what}: each goes by its name, a text, as in {such}, not by {said(key)}")
    return {str(key): item for key, item in found}


def items_of(value: Mapping, what: str) -> list[tuple[Any, Any]]:
    """What a mapping holds. Raises ParameterError where it cannot be asked."""
    try:
        return list(value.items())
    except Exception as error:  # noqa: BLE001  whatever somebody's own class does when it is asked
        raise ParameterError(f"{what} cannot be read: {type(error).__name__}") from None


def text(value: Any, what: str) -> str:
    """``value``, a text of any kind, as str. Raises ParameterError."""
    value = plain(value)
    if not isinstance(value, str):
        raise ParameterError(f"{what} must be a text, not {said(value)}")
    return value


def texts(value: Any, what: str) -> tuple[str, ...]:
    """``value``, one text or several; ``what`` says what of. Raises ParameterError."""
    try:
        found = (value,) if isinstance(value, str) else tuple(value)
    except Exception:  # noqa: BLE001  whatever somebody's own class does when it is asked
        found = (None,)
    if not all(isinstance(each, str) for each in found):
        raise ParameterError(f"{what}, not {said(value)}")
    return found


def numbers(value: Any, what: str, count: int, low: float = -LARGEST, high: float = LARGEST,
            such: str = "") -> tuple[float, ...]:
    """``value``, ``count`` numbers from ``low`` to ``high``; ``such``: what they are. Raises ParameterError."""
    try:
        found = [plain(each) for each in value]
    except ParameterError:
        raise
    except Exception:  # noqa: BLE001  whatever somebody's own class does when it is asked
        found = []
    if isinstance(value, (str, bytes, Mapping)) or len(found) != count \
            or not all(is_number(each) and low <= each <= high for each in found):
        such = such or f"{count} numbers from {low:g} to {high:g}"
        raise ParameterError(f"{what} must be {such}, not {said(value)}")
    return tuple(found)


# ---- names and other texts that are shown

MOST_MARKS = 8  # on one letter; Vietnamese has two, Hebrew and Tibetan a few more
HIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # turn what follows them around, unseen


def fault_of_text(text: str) -> str | None:
    """What of ``text`` no picture, file or terminal can show as it is, in words, or None: control characters, halves of
    surrogate pairs, line separators, piles of accents and signs that turn the direction of writing."""
    if text.isascii() and text.isprintable():  # nothing of the kind, and quickly told
        return None
    piled = 0
    for letter in text:
        piled = piled + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if piled > MOST_MARKS:
            return f"more than {MOST_MARKS} accents on one letter"
        if letter in HIDDEN:
            return f"{escaped(letter)}, which turns the direction of writing"
        if letter in "\u2028\u2029" or unicodedata.category(letter) in ("Cc", "Cs"):
            kind = "half of a surrogate pair" if unicodedata.category(letter) == "Cs" else "a control character"
            return f"{escaped(letter)}, {kind}"
    return None


def composed(text: str) -> str:
    """``text`` in the one form (NFC) of those that look alike: an accent of its own becomes part of its letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names as errors list them: not all of very many, and each as ``shortened``."""
    names = list(names)
    return ", ".join([*map(shortened, names[:most]), *[f"… ({len(names)} of them)"] * (len(names) > most)])


def some(names: Sequence[str], most: int, between: str = ", ") -> str:
    """The first ``most`` of ``names`` and how many more there are; all of them where only one more is left."""
    if len(names) <= most + 1:
        return between.join(names)
    return f"{between.join(names[:most])} and {len(names) - most} more"


def shortened(name: Any) -> str:
    """A name as errors say it: in one line that is not long."""
    text = name if isinstance(name, str) else said(name)
    text = text if text.isprintable() else said(text)[1:-1]
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
