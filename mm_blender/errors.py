"""The errors that mm_blender raises for input that it cannot use."""
from __future__ import annotations

import contextlib
import functools
import re
import sys
import warnings
from pathlib import Path

LONGEST = 3000  # letters of a message, of which the middle is left out beyond
WINDOW = 200    # letters of a text around the place that a message points at
_UNSEEN = re.compile("[^\\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\U0010ffff]")


def fit(message: object) -> str:
    """A message as it can be shown, whatever of the input it holds: no longer than a page, and without characters that
    steer a terminal or turn the direction of writing."""
    text = message if isinstance(message, str) else str(message)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST // 2]} … {text[-LONGEST // 2:]}"
    return _UNSEEN.sub(lambda letter: escaped(letter[0]), text)


def escaped(letter: str) -> str:
    """A character that does not show, as Python writes it."""
    return letter.encode("unicode_escape").decode("ascii")


class MMError(Exception):
    """Base of every error about what the caller gave. ``str(error)`` is one sentence fit to be shown to a person."""

    def __init__(self, message: object = "", *more: object):
        super().__init__(fit(message), *more)

    def belongs_to(self, what: str) -> None:
        """Have the message begin with ``what`` the error is about."""
        self.args = (fit(f"{what}: {self}"), *self.args[1:])


class ExpressionError(MMError):
    """An expression that cannot be read.

    ``text`` is what was given, ``column`` the 1-based place of the problem in it.
    """

    def __init__(self, message: str, text: str = "", column: int | None = None):
        self.text, self.column = text, column
        if column is not None:
            # fitted on its own, since what is escaped is longer
            line, at = _around(text, column)
            message = f"{fit(message)} (column {column})\n  {line}\n  {' ' * at}^"
        super().__init__(message)


def _around(text: str, column: int) -> tuple[str, int]:
    """The part of a long text around a 1-based column, and where in it the place is."""
    first = max(0, min(column - 1 - WINDOW // 2, len(text) - WINDOW)) if len(text) > 2 * WINDOW else 0
    last = first + WINDOW if len(text) > 2 * WINDOW else len(text)
    lead, before = "…" * bool(first), fit(text[first:column - 1])
    return f"{lead}{before}{fit(text[column - 1:last])}{'…' * (last < len(text))}", len(lead) + len(before)


class LinkError(MMError):
    """A share link that is cut short or does not hold parameters."""


class ParameterError(MMError):
    """A parameter with a name or a value that does not exist."""


class ShapeError(MMError):
    """Shapes that do not meet."""


class DataError(MMError):
    """Data that is missing or is no matrix of numbers."""


class SizeError(MMError):
    """More elements than can be held or drawn."""


class LinkedError(MMError):
    """A visualization that is linked from another .blend, where it is to be edited."""


class GoneError(MMError):
    """A visualization that Blender's open file holds no longer: deleted, undone, or of another file."""


class BusyError(MMError):
    """A visualization whose objects cannot be changed now: a person is editing them, or another one shares them."""


class RenderError(MMError):
    """A picture that could not be made."""


class StoryError(MMError):
    """A story that cannot be told: a beat that says what cannot be understood, or wants what another one has."""


class MMWarning(UserWarning):
    """Something that the caller should know but that stops nothing."""


def warn(message: str) -> None:
    """An MMWarning at the line of the caller's own code that led here, through whatever of Python's stood between."""
    here, level, frame = (str(Path(__file__).parent), contextlib.__file__, functools.__file__), 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(here):
        frame, level = frame.f_back, level + 1
    warnings.warn(fit(message), MMWarning, stacklevel=level)
