"""The header of a GGUF file: its metadata, decoded when they are asked for, and where its tensors lie.

The reader of the package gguf believes what a header says: counts, lengths and shapes. Here none is followed beyond the
file or a limit. Source of the format: ggml-org/ggml, docs/gguf.md.
"""
from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import DataError
from ..limits import limits
from .files import size_of

# struct's letter of a value, by its type
LETTERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
VERSIONS = (2, 3)
DIMENSIONS = 8
PIECE = 2 ** 18    # bytes of a header that are read at a time, at first


@dataclass(frozen=True)
class Tensor:
    """``shape``: as numpy has it; ``kind``: the number of its type; ``offset``: bytes behind the header's end."""

    shape: tuple[int, ...]
    kind: int
    offset: int


class GgufHeader:
    """``fields``: where the value of every key is; ``start``: the byte at which the tensors begin; ``order``: of bytes,
    as numpy writes it; ``size``: of the file."""

    def __init__(self, file: io.BufferedReader, name: object):
        """Raises DataError, SizeError, and for what is damaged anything: see ``foreign``."""
        self.name, self.file, self.size = name, file, size_of(file)
        self.data, self.at, self.members = b"", 0, 0
        self.order: Literal["<", ">"] = "<"
        if self._raw(4) != b"GGUF" or self.size < 24:
            raise ValueError("it does not begin as one")
        raw = self._raw(4)
        if raw[:2] == b"\0\0":  # a small number, of which the last bytes come first
            self.order = ">"
        version = int.from_bytes(raw, "little" if self.order == "<" else "big")
        if version not in VERSIONS:
            raise ValueError(f"it is of the version {version}, and known are {VERSIONS[0]} and {VERSIONS[1]}")
        count, entries = self._number("Q"), self._number("Q")
        self._check_there(24 * count + 13 * entries)
        limits.check("tensors", count, str(name))
        self.fields: dict[str, int] = {}
        for _ in range(entries):
            key = self._text()
            if key in self.fields:
                raise ValueError(f"the key {key[:80]} comes twice")
            self.fields[key] = self.at
            self._skip_value(self._number("I"))
        self.tensors: dict[str, Tensor] = {}
        for _ in range(count):
            tensor = self._text()
            dims = self._number("I")
            if tensor in self.tensors or dims > DIMENSIONS:
                raise ValueError(f"the tensor {tensor[:80]} " + ("comes twice" if tensor in self.tensors else
                                                                  f"has {dims:,} dimensions"))
            shape = tuple(self._number("Q") for _ in range(dims))
            self.tensors[tensor] = Tensor(shape[::-1], self._number("I"), self._number("Q"))
        align = self.value("general.alignment") if "general.alignment" in self.fields else 32
        if type(align) is not int or not 0 < align <= 2 ** 20 or align & (align - 1):
            raise ValueError("its alignment is no power of two")
        if askew := next((tensor for tensor, place in self.tensors.items() if place.offset % align), None):
            raise ValueError(f"the tensor {askew[:80]} begins at no multiple of its alignment, {align}")
        self.start = -(-self.at // align) * align
        del self.file

    def value(self, key: str) -> Any:
        """A number, a truth value, a string, or a list of them."""
        end, self.at = self.at, self.fields[key]
        try:
            return self._value(self._number("I"))
        finally:
            self.at = end

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._text()
        if kind != ARRAY:
            return self._number(_letter(kind))
        inner, count = self._number("I"), self._number("Q")
        if inner == STRING:
            return [self._text() for _ in range(count)]
        letter = _letter(inner)
        return [*struct.unpack(f"{self.order}{count}{letter}", self._raw(count * struct.calcsize(letter)))]

    def _skip_value(self, kind: int) -> None:
        if kind == STRING:
            self._skip(self._number("Q"))
        elif kind == ARRAY:
            inner, count = self._number("I"), self._number("Q")
            size = 8 if inner == STRING else struct.calcsize(_letter(inner))
            self._check_there(count * size)
            self.members += count
            limits.check("json_members", self.members, f"the metadata of {self.name}")
            if inner == STRING:
                for _ in range(count):
                    self._skip(self._number("Q"))
            else:
                self._skip(count * size)
        else:
            self._skip(struct.calcsize(_letter(kind)))

    def _text(self) -> str:
        return self._raw(self._number("Q")).decode("utf-8")

    def _number(self, letter: str) -> Any:
        return struct.unpack(self.order + letter, self._raw(struct.calcsize(letter)))[0]

    def _raw(self, size: int) -> bytes:
        start = self.at
        self._skip(size)
        return self.data[start:self.at]

    def _skip(self, size: int) -> None:
        self._check_there(size)
        end = self.at + size
        if end > len(self.data):
            limits.check("header_bytes", end, f"the header of {self.name}")
            self.data += self.file.read(max(end - len(self.data), PIECE, len(self.data)))
            if end > len(self.data):
                raise EOFError("the file became shorter")
        self.at = end

    def _check_there(self, size: int) -> None:
        """Raise DataError if there are not so many bytes up to the file's end."""
        if size > self.size - self.at:
            raise DataError(f"{self.name} is no GGUF file, or damaged: at byte {self.at:,} its header goes on for "
                            f"{size:,} bytes, and the file has {self.size:,}")


def _letter(kind: int) -> str:
    if kind not in LETTERS:
        raise ValueError(f"it has a value of the unknown type {kind}")
    return LETTERS[kind]
