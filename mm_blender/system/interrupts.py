"""Interrupts: Ctrl-C, and the signals that end a process, wherever they come.

Python raises KeyboardInterrupt between any two steps: within ``finally``, where a scene is being given back, or in a
callback of Blender's, which prints it and goes on (an interrupt while bpy is imported ends in a segmentation fault). So
what builds, changes or borrows a scene is ``deferred``: there an interrupt is remembered, and acts where all can be
given back: at the next ``check``, at once within ``allowed``, or at the end. What it then does is what it would have
done outside: it calls the handler that was there before, which in Python raises KeyboardInterrupt.

A signal that would simply end the process (SIGTERM as a rule) does so at once, but not before our temporary folders are
gone: a thread sees to it (``watching``). A process that is ours alone (``own``, the command line) ends likewise on
every one of these signals.

Where the main thread stands in a call of Blender's, a picture is stopped if Blender can be told to: in a real one in
the background. In pip's bpy nothing can, and KeyboardInterrupt comes after the picture, between frames in a movie; of a
script (not of a prompt or a notebook) a second Ctrl-C ends the process.
"""
from __future__ import annotations

import ctypes
import functools
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, ParamSpec, TypeVar

from . import strays, watching
from .watching import SIGNALS

P = ParamSpec("P")
R = TypeVar("R")
ACTION = 1024  # bytes that hold any system's struct sigaction, whose first field is the handler

# What the main thread sets; what the thread that watches reads of it is in ``watching``
_at_once = False                  # within ``allowed``
_pending: list[int] = []          # signals that wait
_former: dict[int, Any] = {}      # handlers as they were
_watched = False                  # whether the thread that watches is told of signals now
_importing = False


class deferred:
    """While it is open, in the main thread, interrupts wait; see above. May be nested. Raises what the handlers raise
    that were there before (KeyboardInterrupt), at its end."""

    def __enter__(self) -> None:
        global _at_once
        self._inside = watching.owner is None and threading.current_thread() is threading.main_thread()
        self._process = os.getpid()
        if self._inside:
            self._before = _at_once
            _at_once = False  # before it counts: from here on nothing raises
            if not watching.depth:
                _install()
            watching.depth += 1

    def __exit__(self, kind: type | None, error: BaseException | None, _trace: object) -> None:
        global _at_once
        if not self._inside or self._process != os.getpid():  # in a copy of the process nothing waits
            return
        watching.depth -= 1
        if not watching.depth:
            _at_once = self._before
            waiting = _restore()
            answered = isinstance(error, KeyboardInterrupt)
            _answer([number for number in waiting if number != signal.SIGINT or not answered])
        elif self._before and kind is None:
            _act_at_once()
        else:
            _at_once = self._before


class allowed:
    """Within ``deferred``: what may be left at any point, such as a computation. Interrupts act at once."""

    def __enter__(self) -> None:
        self._before = _at_once
        if _deferring():
            _act_at_once()

    def __exit__(self, *_error: object) -> None:
        global _at_once
        if _deferring():
            _at_once = self._before


def deferring(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, during which interrupts wait."""
    @functools.wraps(function)
    def called(*args: P.args, **more: P.kwargs) -> R:
        with deferred():
            return function(*args, **more)
    return called


def check() -> None:
    """Where all can be given back: act on an interrupt that waits. Raises KeyboardInterrupt, as a rule."""
    if _deferring() and _pending:
        _answer(_taken())


def waits() -> bool:
    """Whether an interrupt waits, so that what is done might as well be left."""
    return bool(_pending)


def own(name: str) -> None:
    """From now on a signal ends this process, which is ours alone: at once, without temporary folders left behind,
    with exit status 128 + its number, and with a line on standard error that begins with ``name``."""
    if threading.current_thread() is not threading.main_thread():
        return
    ours = [number for number in SIGNALS
            if signal.getsignal(number) is not signal.SIG_IGN]  # nohup, or a job in the background: it stays ignored
    for number in ours:
        signal.signal(number, signal.SIG_DFL)  # until somebody watches, without a traceback
    watching.start(_forget)
    watching.owner = name
    signal.set_wakeup_fd(watching.pipe[1], warn_on_full_buffer=False)
    for number in ours:
        signal.signal(number, _hold_still)
    with strays.making, suppress(OSError):
        tempfile.gettempdir()  # which writes a file into the folders that it tries


def leave(status: int) -> NoReturn:
    """End this process, which is ours alone, with ``status``. Python's way out would first take its handlers down, and
    then Blender, for a second in which a signal ends with another status and leaves Blender's temporary folder."""
    strays.remove_all()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(status)


def import_blender() -> None:
    """``import bpy``, at the end of which an interrupt acts that came within."""
    global _importing
    with watching.lock, deferred():
        _importing = True
        try:
            import bpy  # noqa: F401
        finally:
            _importing = False


# ---- handlers

def _deferring() -> bool:
    return bool(watching.depth) and threading.current_thread() is threading.main_thread()


def _install() -> None:
    """Have interrupts wait, and signals that end the process watched. What comes meanwhile does what it did before."""
    global _watched
    _give_back([number for number in _former if signal.getsignal(number) in (_remember, _leave)])
    _former.clear()  # what is there is left where something raised in the middle of giving back
    _pending.clear()
    fatal = []
    try:
        for number in SIGNALS:
            handler = _handler(number)
            if handler is signal.SIG_DFL:
                fatal.append(number)
            elif handler is not signal.SIG_IGN and (handler is not None or _is_kept(number)):
                _former[number] = handler
                signal.signal(number, _remember)
        watching.start(_forget)
        before = signal.set_wakeup_fd(watching.pipe[1], warn_on_full_buffer=False)
        if before not in (-1, watching.pipe[1]):  # an event loop's: it goes on being told, and nothing of ours watches
            signal.set_wakeup_fd(before)
            return
        _watched = True
        watching.begun.append(frozenset(fatal))
        watching.mark(watching.WAITING)
        for number in fatal:  # from here on they are seen
            _former[number] = signal.SIG_DFL
            signal.signal(number, _leave)
    except BaseException:  # such as by the handler of a person's own
        _restore()
        raise


def _restore() -> list[int]:
    """Give the handlers back; the signals that waited. No signal is lost meanwhile: those that end the process are
    watched until they do so by themselves, and of the others the one that raises comes last."""
    global _watched
    _give_back([number for number, handler in _former.items() if handler is signal.SIG_DFL])
    if _watched:
        signal.set_wakeup_fd(-1)
        _watched = False
    _give_back(sorted((number for number, handler in _former.items() if handler is not signal.SIG_DFL),
                      key=lambda number: number == signal.SIGINT))
    _former.clear()
    return _taken()


def _give_back(numbers: list[int]) -> None:
    """Give these handlers back, all of them, also where one is called at once and raises."""
    if not numbers:
        return
    try:
        handler = _former[numbers[0]]
        if handler is None:
            ctypes.CDLL(None).sigaction(int(numbers[0]), watching.blenders[numbers[0]], None)
        else:
            signal.signal(numbers[0], handler)
    finally:
        _give_back(numbers[1:])


def _taken() -> list[int]:
    """The signals that waited, which wait no longer."""
    taken = []
    while _pending:  # one by one: more may come
        taken.append(_pending.pop(0))
    return taken


def _act_at_once() -> None:
    """From now on interrupts act at once, and so do those that wait."""
    global _at_once
    _at_once = True  # first: what comes from here on does not wait
    while _pending:
        _at_once = False
        check()
        _at_once = True


def _remember(number: int, frame: object) -> None:
    """The handler meanwhile."""
    global _at_once
    if _at_once:
        _at_once = False  # while what it raises passes through what gives back
        _answer([number])
    else:
        _pending.append(number)


def _leave(_number: int, _frame: object) -> None:
    """The handler of what ends the process: the thread that watches sees to it."""


def _hold_still(_number: int, _frame: object) -> None:
    """The same in a process of ours: nothing more is begun meanwhile, but what must come to its end does."""
    if not (_importing or strays.making.depth):
        time.sleep(watching.IMPORTING)


def _answer(waiting: list[int]) -> None:
    """Do for signals that waited what would have been done."""
    if waiting and _watched:
        watching.mark(watching.ANSWERED)
    for number in sorted(dict.fromkeys(waiting), key=lambda number: number == signal.SIGINT):  # which raises
        handler = _former.get(number, _handler(number))
        if callable(handler):
            handler(number, sys._getframe())
        elif number == signal.SIGINT:  # Blender's own, which would have stopped the picture only
            raise KeyboardInterrupt


def _handler(number: int) -> object:
    """The handler of a signal; None for one that is C's. Python takes ours for it still where C's was put back."""
    found = signal.getsignal(number)
    return None if found is _remember else found


def _is_kept(number: int) -> bool:
    """Whether a handler that is C's is Blender's on Ctrl-C, and can be put back, which Python cannot."""
    if number != signal.SIGINT or sys.platform not in ("linux", "darwin"):
        return False
    held = ctypes.create_string_buffer(ACTION)
    if ctypes.CDLL(None).sigaction(int(number), None, held):
        return False
    watching.blenders[number] = held
    return True


def _forget() -> None:
    """In a process that was forked off: signals there are its own, and what waited or was held is its parent's."""
    global _at_once, _watched, _importing
    watching.forget()
    _at_once = _watched = _importing = False
    _pending.clear()
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        if signal.getsignal(number) in (_remember, _leave, _hold_still):
            former = _former.get(number)
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, usual if former is None else former)
    _former.clear()
