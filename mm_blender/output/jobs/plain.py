"""A list of commands, for whatever runs commands on many machines: GNU parallel, a Makefile, a studio's own queue."""
from __future__ import annotations

from dataclasses import dataclass

from .chunks import BLEND, Chunked, FRAMES


@dataclass(frozen=True)
class Plain:
    """Commands of Blender's, a chunk each."""

    next = "run the lines of commands.txt, on any machines that share it, then bash encode.sh"

    def files(self, movie: Chunked) -> dict[str, str]:
        """The texts of the job's own files, by name."""
        lines = [f"blender -b {BLEND} -o //{FRAMES} -s {first} -e {last} -a" for first, last in movie.chunks]
        return {"commands.txt": "".join(f"{line}\n" for line in lines)}
