"""A guard that sees what a piece of code makes the process do: network, other programs, code out of files, files read.

``with guard.watched() as seen:`` then ``seen.network``, ``seen.programs``, ``seen.code``, ``seen.opened`` list what
happened meanwhile, in every thread; ``seen.check()`` fails if there was any of the first three. It stands on Python's
audit events, which no library goes round by importing ``socket`` or ``subprocess`` under another name.
"""
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy.testing  # noqa: F401 (asks lscpu as it is imported)

NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto",
           "socket.getnameinfo", "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
            "os.forkpty", "pty.spawn", "webbrowser.open")
CODE = ("pickle.find_class", "builtins.input")  # and code that is compiled or run, see ``_is_foreign``
PICKLED = ("torch", "collections", "numpy", "_codecs")  # what harmless pickles name, which are read without running any


@dataclass
class Seen:
    network: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail if anything was asked of the network, started, or run."""
        assert not self.network, self.network
        assert not self.programs, self.programs
        assert not self.code, self.code


_watching: list[Seen] = []
_installed = False


def _hook(event: str, arguments: tuple) -> None:
    if not _watching:
        return
    for seen in _watching:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            seen.opened.append(os.fsdecode(arguments[0]))
        elif event in NETWORK:
            if event == "socket.connect" and isinstance(arguments[1], (str, bytes)):
                continue  # a socket of this machine's file system
            seen.network.append(f"{event} {arguments[1:]!r}"[:300])
        elif event in PROGRAMS:
            seen.programs.append(f"{event} {arguments!r}"[:300])
        elif event == "pickle.find_class" and arguments[0].partition(".")[0] in PICKLED:
            continue
        elif event in CODE:
            seen.code.append(f"{event} {arguments!r}"[:300])
        elif event in ("exec", "compile") and _is_foreign(event, arguments):
            seen.code.append(f"{event} {arguments!r}"[:300])


def _is_foreign(event: str, arguments: tuple) -> bool:
    """Whether code comes from neither the installed packages, this checkout, nor Python itself."""
    name = arguments[1] if event == "compile" else getattr(arguments[0], "co_filename", None)
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if not isinstance(name, str) or name.startswith("<"):  # dataclasses, namedtuples, numpy's own
        return False
    folders = [sys.prefix, sys.base_prefix, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")),
               *(path for path in sys.path if path)]
    return not any(os.path.abspath(name).startswith(os.path.abspath(folder)) for folder in folders)


@contextmanager
def watched() -> Iterator[Seen]:
    """Meanwhile all that happens is seen."""
    global _installed
    if not _installed:  # for good: Python knows no way to take one off
        sys.addaudithook(_hook)
        _installed = True
    seen = Seen()
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)
