"""A shot: a still or a movie whose frames are made elsewhere, by a .blend that travels."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import worker


@dataclass(frozen=True)
class Blend:
    """The .blend of a picture, in a folder of ours: its ``path``, its ``digest``, the name of the ``scene`` that is
    rendered, and the bytes of memory that a worker ``need``s for it."""

    path: Path
    digest: str
    scene: str
    need: int


class Shot(ABC):
    """A still or a movie whose frames are made elsewhere, each of ``size`` pixels, by these ``means``. ``over`` is
    called once all are in their places."""

    total = 1  # frames, without those that are copies of one that is to be rendered

    def __init__(self, blend: Blend, size: tuple[int, int], means: worker.Means):
        self.blend, self.size, self.means = blend, size, means
        self.over: Callable[[], None] = lambda: None

    @property
    def digest(self) -> str:
        """The .blend's, SHA-256."""
        return self.blend.digest

    def read(self) -> bytes:
        """The .blend."""
        return self.blend.path.read_bytes()

    @abstractmethod
    def missing(self) -> list[int]:
        """The numbers of the frames that are to be rendered: no former run has finished them."""

    @abstractmethod
    def put(self, number: int, data: bytes) -> None:
        """Put the frame ``number``, a PNG, in its place."""

    def task(self, number: int) -> worker.Task:
        """What a worker is told of a frame."""
        return worker.Task(self.digest, self.blend.scene, number, 0.0, self.size, self.blend.need, self.means)

    def finish(self) -> None:
        """All frames are in their places: nothing is kept any longer that workers needed."""
        self.blend.path.unlink(missing_ok=True)
        self.over()

    @abstractmethod
    def make(self) -> None:
        """Make of the frames what was asked for, if it is not they themselves."""
