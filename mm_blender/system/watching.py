"""The thread that watches for signals: it ends the process on those that would, without temporary folders left behind.

Python's handlers run between the steps of the main thread only, and a picture may be a step of hours. So signals come
through a pipe, too, on which this thread waits. Where the main thread stands in a call of Blender's, a picture is
stopped if Blender can be told to.
"""
from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from . import strays, terminal

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last is Windows'
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
AGAIN = 0.5      # seconds after which a second Ctrl-C is another one, not the same passed on by who started us
IMPORTING = 10   # seconds that the import of Blender may take before a process is ended nonetheless
# No signals' numbers, in the pipe: what is behind them came after
WAITING = b"\0"     # interrupts began to wait once more
ANSWERED = b"\xff"  # those that waited were answered

# What the main thread sets
lock = threading.RLock()          # held while Blender is imported, and while the process is being ended
pipe = NO_PIPE = -1, -1           # its two ends
owner: str | None = None          # the name that the process tells itself by, if it is ours alone
depth = 0                         # of ``interrupts.deferred``
blenders: dict[int, ctypes.Array] = {}  # handlers that are C's, as the system describes them
begun: deque[frozenset[int]] = deque()  # of every WAITING not read yet, the signals that would end the process
# and this thread
fatal: frozenset[int] = frozenset()     # those of the last one read
first: float | None = None        # when the Ctrl-C came that nothing has answered yet
advice = ""                       # what there is to say once a process of ours is interrupted
ending: float | None = None       # when the signal came that ends a process of ours


def start(forget_all: Callable[[], None]) -> None:
    """Have the thread run, if it does not; ``forget_all`` is called in processes that are forked off."""
    global pipe
    if pipe == NO_PIPE:
        pipe = os.pipe()
        if os.name == "posix":
            os.set_blocking(pipe[1], False)
            os.register_at_fork(after_in_child=forget_all)
        threading.Thread(target=_listen, args=(pipe[0],), name="mm interrupts", daemon=True).start()


@contextmanager
def advising(words: str) -> Iterator[None]:
    """Meanwhile a process that is ours alone says ``words`` where a signal ends it."""
    global advice
    former, advice = advice, words
    try:
        yield
    finally:
        advice = former


def mark(byte: bytes) -> None:
    """Have this thread read ``byte``, WAITING or ANSWERED, after all that came before."""
    os.write(pipe[1], byte)


def _listen(end: int) -> None:
    global fatal, first
    while True:
        for number in os.read(end, 64):
            if number in SIGNALS:
                _seen(number)
            elif number == WAITING[0]:
                fatal, first = begun.popleft(), None
            elif number == ANSWERED[0]:
                first = None


def _seen(number: int) -> None:
    """A signal came, perhaps a while ago."""
    global first, ending
    if ending is not None:
        if time.monotonic() - ending > AGAIN:  # whatever the first waits for
            os._exit(128 + number)
    elif owner is not None:
        ending = time.monotonic()
        threading.Thread(target=_end, args=(number,), daemon=True).start()
    elif number in fatal:
        _die(number)
    elif number == signal.SIGINT and depth and not begun:  # else what it waited for is over
        now = time.monotonic()
        if first is None:
            first = now
            _stop_picture()
        elif now - first > AGAIN and not _is_interactive():
            _die(number)


def _stop_picture() -> None:
    """Have a real Blender in the background stop what it renders: by its own handler, which marks a break on any
    signal, and on SIGINT prints and counts besides."""
    if signal.SIGINT in blenders:
        handler = ctypes.cast(blenders[signal.SIGINT], ctypes.POINTER(ctypes.c_void_p))[0]
        if handler and handler > 1:  # not the system's default, nor ignored
            ctypes.CFUNCTYPE(None, ctypes.c_int)(handler)(int(signal.SIGTERM))


def _is_interactive() -> bool:
    """Whether a person has more in this process than a script's run: a prompt or a notebook."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "IPython" in sys.modules


def _end(number: int) -> None:
    """End a process of ours."""
    lock.acquire(timeout=IMPORTING)
    name = signal.Signals(number).name
    ended = "interrupted" if number == signal.SIGINT else f"ended by {name}"
    terminal.say(f"\n{owner}: {ended}{'; ' * bool(advice)}{advice}\n")
    strays.remove_all()
    os._exit(128 + number)


def _die(number: int) -> None:
    """End a process by the signal that came, as it would have ended without us."""
    lock.acquire(timeout=IMPORTING)
    strays.remove_all()
    if os.name == "posix":  # Python changes handlers in its main thread only
        libc = ctypes.CDLL(None)
        libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
        libc.signal(int(number), None)
        os.kill(os.getpid(), number)
        time.sleep(1)
    os._exit(128 + number)


def forget() -> None:
    """In a process that was forked off: nobody watches, and what was held is its parent's."""
    global lock, pipe, owner, depth, fatal, first, ending
    lock = threading.RLock()
    pipe, owner, depth = NO_PIPE, None, 0
    fatal, first, ending = frozenset(), None, None
    begun.clear()
