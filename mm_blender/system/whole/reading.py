"""What the checks of formats share: a file of which nothing is missing unnoticed."""
from __future__ import annotations

import struct
from typing import Any, BinaryIO, NamedTuple


class Cut(Exception):
    """A file that is not whole; ``str(error)`` says why, as the end of a sentence."""


class Found(NamedTuple):
    """What a whole file holds, as far as its format says: pixels each way, frames."""

    size: tuple[int, int] = (0, 0)
    frames: int = 1


class Reader:
    """An open file of ``length`` bytes, read from its start. What lies beyond its end raises Cut."""

    def __init__(self, file: BinaryIO, length: int):
        self.file, self.length, self.at = file, length, 0
        if not length:
            raise Cut("it is empty")

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        self._within(count)
        data = self.file.read(count)
        if len(data) != count:
            raise Cut("it is cut short")
        self.at += count
        return data

    def numbers(self, form: str) -> tuple[Any, ...]:
        """The next bytes, as ``struct`` reads them."""
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def skip(self, count: int) -> None:
        """Read over the next ``count`` bytes."""
        self._within(count)
        self.go(self.at + count)

    def go(self, at: int) -> None:
        """Read on from ``at``."""
        if not 0 <= at <= self.length:
            raise Cut("it is cut short")
        self.file.seek(at)
        self.at = at

    def expect(self, data: bytes, what: str) -> None:
        """Raise Cut unless the next bytes are ``data``, by which ``what`` begins or ends."""
        if self.length - self.at < len(data) or self.take(len(data)) != data:
            raise Cut(f"it has no {what}")

    def until_zero(self, most: int = 1024) -> bytes:
        """The bytes up to the next zero, which is read over."""
        out = bytearray()
        while (letter := self.take(1)) != b"\0":
            out += letter
            if len(out) > most:
                raise Cut("its header cannot be read")
        return bytes(out)

    def tail(self, count: int) -> bytes:
        """At most the last ``count`` bytes."""
        self.go(max(0, self.length - count))
        return self.take(self.length - self.at)

    @property
    def ended(self) -> bool:
        """Whether all of it has been read."""
        return self.at == self.length

    def _within(self, count: int) -> None:
        if count < 0 or count > self.length - self.at:
            raise Cut("it is cut short")
