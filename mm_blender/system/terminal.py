"""The terminal: standard streams as they come: closed, full, broken off, or of an alphabet that lacks our letters."""
from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import DataError
from . import notebook, quiet

STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}


def settle() -> None:
    """For a process that is ours alone: have every standard stream lead somewhere. Of one that was closed the number
    would go to the next file that is opened, and what Blender prints into that."""
    for number, name in STREAMS.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        if getattr(sys, name) is None and number:
            setattr(sys, name, _Nowhere())


@contextmanager
def speaking() -> Iterator[None]:
    """Meanwhile what is printed never fails for its letters: those that a stream lacks are printed as escapes. What
    goes to standard error is incidental, and fails for nothing."""
    former, error = [], sys.stderr
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)  # of whatever class, if somebody has put others there
    for stream in streams:
        with suppress(AttributeError, ValueError, OSError):
            former.append((stream, stream.errors))
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = through = steady(error)
    try:
        yield
    finally:
        if sys.stderr is through:
            sys.stderr = error
        for stream, errors in former:
            with suppress(AttributeError, ValueError, OSError):
                stream.reconfigure(errors=errors)


def put(text: str) -> None:
    """Print what a command is for. Who reads it may stop before its end. Raises DataError if it cannot be written."""
    if isinstance(sys.stdout, _Nowhere):
        raise DataError("standard output is closed: there is nothing to print to")
    finish(f"{text}\n")


def finish(text: str = "") -> None:
    """Have ``text``, and what was printed by others, such as a help, reach standard output. Raises DataError."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up(sys.stdout)
    except OSError as error:
        _give_up(sys.stdout)
        raise DataError(f"standard output cannot be written: {error.strerror or error}") from None


def mention(text: str) -> None:
    """Print what a command does not stand or fall by."""
    with suppress(DataError):
        put(text)


def say(text: str) -> None:
    """Write to standard error from wherever, another thread or while that is kept back, and wait for nobody."""
    number = quiet.descriptor(2)
    with suppress(OSError, ValueError):
        if os.name != "posix" or select.select([], [number], [], 0)[1]:
            os.write(number, text.encode(getattr(sys.stderr, "encoding", None) or "utf-8", "backslashreplace"))


def steady(stream: Any) -> Any:
    """``stream``, for what is incidental, such as a progress bar: one that cannot be written is not written."""
    return stream if isinstance(stream, (_Steady, _Nowhere)) else _Nowhere() if stream is None else _Steady(stream)


def progress(items: Iterable | None = None, **how: Any) -> Any:
    """A progress bar, as ``tqdm`` makes it of ``items`` and ``how``: in the output of a notebook's cell, else on
    standard error. Nothing stands or falls by it: where that is closed, full or broken off there is none."""
    from .progress_bars import CellBar, LineBar

    how = {"miniters": 1, **how}  # whether to show itself it decides by the clock, not by how fast it went before
    return CellBar(items, **how) if notebook.running() else LineBar(items, file=steady(sys.stderr), **how)


class _Steady:
    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # full, broken off, or closed meanwhile
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Nowhere(io.TextIOBase):
    """In place of a stream that was closed."""

    encoding, errors = "utf-8", "backslashreplace"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def _give_up(stream: Any) -> None:
    """Have what is left in a stream that cannot be written go nowhere, or Python would complain of it at its end."""
    with suppress(AttributeError, OSError, ValueError):
        number = stream.fileno()
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), number)
