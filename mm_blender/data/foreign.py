"""The boundary around parsers of foreign formats: what they give comes through, what they raise becomes a DataError.

A parser that somebody else wrote, ours or a library's, answers damaged and hostile input with whatever it stumbles
over. Inside ``foreign`` that is always our error with the file's name and what is wrong in words, by construction. It
bounds neither time nor memory: sizes are checked before anything is parsed (``limits``, ``memory``).
"""
from __future__ import annotations

import contextlib
import importlib
import importlib.util
import struct
from collections.abc import Iterator
from typing import Any

from ..errors import DataError, MMError, MMWarning

LONGEST = 200  # letters of a parser's own words


@contextlib.contextmanager
def foreign(name: object, kind: str = "") -> Iterator[None]:
    """Turn any Exception that is not ours into a DataError about the file ``name``; ``kind``: what it should be, such
    as "npz file". KeyboardInterrupt and SystemExit pass, and so do MMError and MMWarning."""
    try:
        yield
    except (MMError, MMWarning):
        raise
    except BaseException as error:  # noqa: BLE001  the purpose
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # of a library in Rust
            raise
        said = f"is no {kind}, or damaged" if kind else "cannot be read"
        raise DataError(f"{name} {said}: {error_words(error)}") from None


def error_words(error: BaseException) -> str:
    """What an exception says about the input, in words and on one line."""
    if isinstance(error, RecursionError):
        return "its parts lie too deeply within one another"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeError):
        return "its text is in no encoding that is known"
    said = _line(error)
    if isinstance(error, KeyError):
        return f"it lacks {said}"
    if isinstance(error, (EOFError, struct.error)):
        return f"it is cut short ({said})"
    return said


def _line(error: BaseException) -> str:
    """The first line of an exception's own text, printable and not long, or else its type."""
    try:
        lines = str(error).split("\n", 1)[0][:LONGEST]
    except Exception:  # noqa: BLE001  an exception that cannot even be told
        lines = ""
    return "".join(letter if letter.isprintable() else "?" for letter in lines).strip() or type(error).__name__


def package(name: str, file: object, advice: str) -> Any:
    """The package ``name``, which reads ``file``. Raises DataError with ``advice`` where it is not installed."""
    if importlib.util.find_spec(name) is None:
        raise DataError(f"{file} needs the package {name}, which is not installed: {advice}")
    return importlib.import_module(name)
