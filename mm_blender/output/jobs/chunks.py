"""Which frames of a movie are rendered together, and what all that are told of it have in common."""
from __future__ import annotations

import re
from dataclasses import dataclass

BLEND, FRAMES = "movie.blend", "frames/frame_####"
FEWEST = 10       # frames a chunk unless another number is asked for: starting Blender takes as long as some frames do
CHUNKS = 1000     # and no more chunks than this: of an array Slurm takes 1,000 unless it is told otherwise
LONGEST_NAME = 60


@dataclass(frozen=True)
class Chunked:
    """A movie that is rendered in chunks of ``chunk`` frames, from ``first`` to ``last``, which is included. ``name``:
    what it is called in a queue. ``scene``: the name of the .blend's. ``fps``: frames a second that it is played at."""

    name: str
    first: int
    last: int
    chunk: int
    scene: str
    fps: float

    @property
    def chunks(self) -> list[tuple[int, int]]:
        """The first and the last frame of each chunk."""
        return [(at, min(at + self.chunk - 1, self.last)) for at in range(self.first, self.last + 1, self.chunk)]


def usual_chunk(count: int) -> int:
    """How many of ``count`` frames are rendered together unless another number is asked for."""
    return max(min(FEWEST, count), -(-count // CHUNKS))


def queue_name(folder: str) -> str:
    """What a movie that is made in a folder of this name is called in a queue: letters, digits and a few signs."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", folder).strip("-.")[:LONGEST_NAME] or "movie"
