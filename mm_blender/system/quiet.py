"""Quiet: what Blender and its libraries write to the outputs of the process is kept back, so that a progress line
stays whole and a script's output its own.

They write to the file descriptors 1 and 2 past Python, so these lead elsewhere meanwhile; what Python prints, in this
thread or another, still goes where it went. ``MM_BLENDER_VERBOSE=1`` or the command line's ``-v`` lets all through.
"""
from __future__ import annotations

import ctypes
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, ExitStack, suppress
from typing import Any, BinaryIO, cast

from . import strays

VARIABLE = "MM_BLENDER_VERBOSE"
OUTPUTS = {1: "stdout", 2: "stderr"}  # file descriptors, and Python's streams that write to them
OWN = f"{__package__.rpartition('.')[0]}."
TAIL = 65536  # bytes of what was kept back that are looked through for errors

verbose = False  # of the command line
_lock = threading.Lock()
_users = 0  # how many silence the outputs now: the first diverts them, the last gives them back
_diverted: ExitStack | None = None
_sink: BinaryIO | None = None
_led: dict[int, int] = {}  # of a file descriptor that is diverted, a copy of what it led to


@contextmanager
def silence() -> Iterator[None]:
    """Keep back what is written past Python, by all threads; may be nested. An output that is not there is left."""
    if is_off():
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def is_off() -> bool:
    """Whether all is let through."""
    return verbose or os.environ.get(VARIABLE, "") not in ("", "0")


def complaint(error: object = "") -> str:
    """What there is to say of a failure: ``error``, as Blender reports it, else the last line kept back that speaks of
    an error. Within ``silence`` only; may be empty."""
    text = " ".join(str(error).removeprefix("Error: ").split())
    if text or _sink is None:
        return text
    _flush()
    _sink.seek(max(0, os.fstat(_sink.fileno()).st_size - TAIL))
    lines = _sink.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if "error" in line.lower()), "")


def descriptor(number: int) -> int:
    """The file descriptor that leads to what ``number`` leads to outside ``silence``."""
    return _led.get(number, number)


def _enter() -> None:
    global _users, _diverted, _sink
    with _lock:
        if not _users:
            _flush()
            with ExitStack() as stack:
                _sink = stack.enter_context(_kept_back())
                for number, name in OUTPUTS.items():
                    _divert(number, name, stack)
                _diverted = stack.pop_all()
        _users += 1


def _leave() -> None:
    global _users, _diverted, _sink
    with _lock:
        _users -= 1
        if _users == 0:
            _flush()
            held, _diverted, _sink = _diverted, None, None
            if held is not None:
                held.close()


def _divert(number: int, name: str, stack: ExitStack) -> None:
    """Have a file descriptor lead to the sink, and Python's stream of it to where it led."""
    stream, target = getattr(sys, name), None
    try:
        copy = os.dup(number)
    except OSError:  # no such output, as in a Blender that was started from a menu
        copy = None
    if copy is not None:
        stack.callback(os.close, copy)
        _led[number] = copy
        stack.callback(_led.pop, number)
        if _writes_to(stream, number):
            target = io.TextIOWrapper(io.FileIO(copy, "w", closefd=False), stream.encoding, stream.errors,
                                      write_through=True)
    if stream is not None:
        through = _Through(target or stream, incidental=name == "stderr")
        setattr(sys, name, through)
        stack.callback(_put_back, name, through, stream)
    if copy is not None:
        if _sink is not None:
            os.dup2(_sink.fileno(), number)
        stack.callback(os.dup2, copy, number)


class _Through:
    """Python's stream meanwhile; whoever keeps it writes to the former one later. What Blender reports of an operator
    it writes to this one, too, in the name of who called it: that is kept back."""

    def __init__(self, target: io.TextIOBase, incidental: bool):
        self._target, self._former, self._incidental = target, False, incidental

    def write(self, text: str) -> int:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if self._former or not (caller == "bpy.ops" or caller.startswith(OWN)):
            try:
                return self._target.write(text)
            except OSError:  # full, or broken off: a progress bar is no reason to fail
                if not self._incidental:
                    raise
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def _kept_back() -> BinaryIO:
    """A file for what is kept back; where no folder takes a temporary one, it is not kept."""
    try:
        with strays.making:  # on some systems it has a name for a moment
            return cast(BinaryIO, tempfile.TemporaryFile())
    except OSError:
        return open(os.devnull, "w+b")


def _put_back(name: str, through: _Through, stream: io.TextIOBase) -> None:
    through._target, through._former = stream, True
    if getattr(sys, name) is through:  # who put another there meanwhile has it stay
        setattr(sys, name, stream)


def _writes_to(stream: Any, number: int) -> bool:
    """Whether a stream of Python's writes to the file descriptor: not so in notebooks, or where a test listens."""
    try:
        return bool(stream.fileno() == number)
    except (AttributeError, OSError, ValueError):  # none, no file behind it, or closed
        return False


def _flush() -> None:
    """Write out what Python and C still hold, so that it goes where it was meant to."""
    for name in OUTPUTS.values():
        with suppress(AttributeError, OSError, ValueError):
            getattr(sys, name).flush()
    with suppress(AttributeError, OSError):
        (ctypes.CDLL("ucrtbase") if sys.platform == "win32" else ctypes.CDLL(None)).fflush(None)
