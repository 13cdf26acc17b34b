"""USD as text: prims, their properties and arrays, in the order in which they are told.

Source: OpenUSD, the format .usda, version 1.0.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

BAND = 65536  # rows of an array that are written at a time
DIGITS = 7    # of a number that float32 holds


class UsdText:
    """What writes a stage to ``file``; ``settings``: its own, such as ``upAxis``, as they are written."""

    def __init__(self, file: BinaryIO, settings: dict[str, str]):
        self.file, self.depth = file, 0
        self._names: list[set[str]] = [set()]
        lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
        self.file.write(f"#usda 1.0\n(\n{lines})\n\n".encode())

    @contextmanager
    def prim(self, kind: str, name: str, **about: str) -> Iterator[None]:
        """A prim within that which is open, of a ``kind``, called as near to ``name`` as the format lets; what it is
        ``about`` are texts that it carries."""
        carried = "".join(f"    string {key} = {quoted(value)}\n" for key, value in about.items())
        data = f" (\n    customData = {{\n{carried}    }}\n)" if carried else ""
        self._lines(f"def {kind} {quoted(self.called(name))}{data}\n{{")
        self.depth += 1
        self._names.append(set())
        yield
        self._names.pop()
        self.depth -= 1
        self._lines("}")

    def called(self, name: str) -> str:
        """A name in ASCII letters, digits and underscores that nothing beside it has."""
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "matrix"
        plain = f"_{plain}"[:60] if plain[0].isdigit() else plain[:60]
        taken, at, found = self._names[-1], 1, plain
        while found in taken:
            at += 1
            found = f"{plain}_{at}"
        taken.add(found)
        return found

    def say(self, name: str, value: str, **about: str) -> None:
        """A property, as ``point3f[] points``, and what is said ``about`` it, such as its ``interpolation``."""
        self._lines(f"{name} = {value}{_told(about)}")

    def array(self, name: str, x: np.ndarray, **about: str) -> None:
        """A property that is an array (n,) or (n, k)."""
        self.file.write(f"{'    ' * self.depth}{name} = [".encode())
        for start in range(0, len(x), BAND):
            self.file.write(f"{', ' if start else ''}{_rows(x[start:start + BAND])}".encode())
        self.file.write(f"]{_told(about)}\n".encode())

    def _lines(self, text: str) -> None:
        indent = "    " * self.depth
        self.file.write(("".join(f"{indent}{line}\n" for line in text.split("\n"))).encode())


def quoted(text: str) -> str:
    """``text`` as a string of the format, on one line."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    escaped = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def one(x: np.ndarray) -> str:
    """A tuple (k,), or one in tuples (k, k)."""
    if x.ndim > 1:
        return f"( {', '.join(map(one, x))} )"
    return f"({', '.join(f'{number:.17g}' for number in x.tolist())})"


def _told(about: dict[str, str]) -> str:
    return f" ({', '.join(f'{key} = {quoted(value)}' for key, value in about.items())})" if about else ""


def _rows(x: np.ndarray) -> str:
    form = "%d" if x.dtype.kind in "iu" else f"%.{DIGITS}g"
    if x.ndim == 1:
        return ", ".join(map(form.__mod__, x.tolist()))
    return ", ".join(map(f"({', '.join([form] * x.shape[1])})".__mod__, map(tuple, x.tolist())))
