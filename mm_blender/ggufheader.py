"""A look at the header of a GGUF file, before a reader that believes it: counts that the file cannot hold.

Source of the format: ggml-org/ggml, docs/gguf.md.
"""
from __future__ import annotations

import mmap
from pathlib import Path

from .errors import DataError

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # bytes of a value, by its type
STRING, ARRAY = 8, 9


def check_gguf(path: Path) -> None:
    """Raise DataError if the header's strings, arrays and lists of tensors go beyond the end of the file."""
    with open(path, "rb") as file:
        if not file.read(4) == b"GGUF" or path.stat().st_size < 24:
            raise DataError(f"{path} is no GGUF file, or damaged: it does not begin as one")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _Header(path, data).walk()


class _Header:
    def __init__(self, path: Path, data: mmap.mmap):
        self.path, self.data, self.at = path, data, 4
        self.order = "little" if int.from_bytes(data[4:6], "little") else "big"  # by the version, a small number

    def walk(self) -> None:
        self._skip(4)
        tensors, fields = self._number(8), self._number(8)
        for _ in range(fields):
            self._string()
            self._value(self._number(4))
        for _ in range(tensors):
            self._string()
            self._skip(8 * self._number(4) + 12)  # sizes, type, place

    def _value(self, kind: int) -> None:
        if kind == STRING:
            self._string()
        elif kind == ARRAY:
            inner, count = self._number(4), self._number(8)
            if inner == STRING:
                for _ in range(count):  # which ends where the file does
                    self._string()
            else:
                self._skip(count * self._size(inner))
        else:
            self._skip(self._size(kind))

    def _size(self, kind: int) -> int:
        if kind not in SIZES:
            raise self._damaged(f"it has a value of the type {kind}, which there is not")
        return SIZES[kind]

    def _string(self) -> None:
        self._skip(self._number(8))

    def _number(self, size: int) -> int:
        start = self.at
        self._skip(size)
        return int.from_bytes(self.data[start:self.at], self.order)

    def _skip(self, size: int) -> None:
        if size > len(self.data) - self.at:
            raise self._damaged(f"at byte {self.at:,} its header goes on for {size:,} bytes, and the file has "
                                f"{len(self.data):,}")
        self.at += size

    def _damaged(self, why: str) -> DataError:
        return DataError(f"{self.path} is no GGUF file, or damaged: {why}")
