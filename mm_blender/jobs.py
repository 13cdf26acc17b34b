"""What is done with visualizations for machines that have Blender and nothing of ours: jobs for a scheduler."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .buildable import Buildable
from .document.asked import asked
from .errors import RenderError
from .explaining import on_what_is_built
from .plain import whole
from .system.interrupts import deferring

LARGEST_CHUNK = 1_000_000  # frames


class Jobs(Buildable):
    """What can be handed to a scheduler of a ``group``."""

    @deferring
    @asked
    @on_what_is_built
    def job(self, path: str | os.PathLike, scheduler: str = "plain", *, chunk: int | None = None,
            size: tuple[int, int] = (1600, 1000), samples: int | None = None, engine: str = "cycles",
            quality: str = "final", frames: tuple[int, int] | None = None, alone: bool = True, codec: str | None = None,
            loop: bool | None = None, sound: str | os.PathLike | None = None,
            poster: str | tuple[str, float] | None = None, **options: Any) -> Path:
        """Write the folder ``path``, from which machines that have Blender, and nothing of ours, render the movie; and
        return its path. Builds first if need be; needs bpy.

        scheduler: ``plain``, a list of commands of Blender's; ``slurm``, an array of tasks; ``flamenco``, a job as
            Flamenco 3 takes it.
        chunk: how many frames a command renders; None: ten, or as many as keep a long movie to 1,000 commands.
        size, samples, engine, quality, frames, alone: of the movie, as for ``render``. An odd size is made even, as
            H.264 asks.
        codec, loop, sound, poster: of the movie, as for ``render``. It is ``movie.mp4``, of ``vp9`` ``movie.webm``. The
            sound is copied into the folder; the poster is the name of a file that is made there.
        options: for ``slurm`` ``partition``, ``time`` (as sbatch reads it), ``cpus`` and ``gpus`` of a chunk; for
            ``flamenco`` ``root``, where the folder lies for the machines that render, and ``priority`` (0 to 100).

        In the folder are ``movie.blend``, which is complete by itself; what the scheduler is told; ``render.sh``, which
        renders what is missing of some frames; and ``encode.sh``, which makes the movie of all by Blender alone.
        Frames go to ``frames/``. Nothing says where the folder lies or who made it: it may be moved and sent. The same
        movie can be written there again, with other chunks or for another scheduler, and keeps its frames; a folder
        that holds anything else is refused. Raises RenderError, and ParameterError for an argument of another kind.
        """
        from .output import delivery, movie
        from .output.jobs import folder, kinds, place
        from .output.settings import RenderSettings

        target = place.target(path)
        kind = kinds.named(scheduler, options)
        frames_a_chunk = None if chunk is None else whole(chunk, "chunk", 1, LARGEST_CHUNK)
        if frames is not None and frames[0] < 0:
            raise RenderError(f"the frames of a job are from 0 up, not from {frames[0]}")
        settings = RenderSettings(size, samples, engine, quality, False, frames, alone=alone,
                                  delivery=delivery.asked(codec, loop, sound, poster, in_folder=True))
        self.follow()
        movie.check_moves(self.group, settings)
        fitted = movie.fitted(self.group, folder.kind_of(settings.delivery), settings)
        folder.write(self.ready(), target, fitted, kind, frames_a_chunk)
        return target
