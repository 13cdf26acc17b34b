"""The processors that a worker's Blender keeps to, so that two workers of one machine take none from each other.

A Blender that is told how many threads to render with still denoises on all processors that it may use. So it may use
as many as its worker has threads. Which ones, workers of one machine settle by names that only one process can have at
a time, whoever started it and whichever scheduler it belongs to: sockets of Linux' abstract namespace (unix(7)), which
are no files and go with the process. Elsewhere processes cannot be held to processors, and all is left as it is.
"""
from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NAME = "\0mm_blender processor {}"


class Cores:
    """``count`` of the processors that this process may use and no other worker of the machine has, until this is
    closed. ``numbers``: theirs; empty where there is no need (it may use no more), not enough are left, or the system
    knows nothing of the kind."""

    def __init__(self, count: int):
        self._held: dict[int, socket.socket] = {}
        allowed = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
        if not 0 < count < len(allowed):
            return
        for number in allowed:
            if (name := _taken(number)) is not None:
                self._held[number] = name
            if len(self._held) == count:
                return
        self.close()

    @property
    def numbers(self) -> frozenset[int]:
        """Of the processors."""
        return frozenset(self._held)

    @contextmanager
    def kept_to(self) -> Iterator[None]:
        """Processes that this thread starts meanwhile use these processors alone, if there are any."""
        if sys.platform != "linux" or not self._held:
            yield
            return
        former = os.sched_getaffinity(0)  # of this thread, which what it starts has from it
        with suppress(OSError):  # they may have been taken from us meanwhile
            os.sched_setaffinity(0, self._held)
        try:
            yield
        finally:
            os.sched_setaffinity(0, former)

    def close(self) -> None:
        """Leave them to others."""
        for name in self._held.values():
            name.close()
        self._held.clear()


def _taken(number: int) -> socket.socket | None:
    """The name of a processor, which is ours from now on; None where another worker has it."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(NAME.format(number))
    except OSError:
        name.close()
        return None
    return name
