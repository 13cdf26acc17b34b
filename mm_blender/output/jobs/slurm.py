"""An array of tasks for Slurm, a chunk each, and the job that encodes the movie once all of them have ended well."""
from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import ParameterError, warn
from ...plain import said, whole
from .chunks import Chunked, CHUNKS

PARTITIONS = re.compile(r"[A-Za-z0-9_][\w.+-]*(,[A-Za-z0-9_][\w.+-]*)*", re.ASCII)
# As sbatch reads --time: minutes, minutes:seconds, hours:minutes:seconds, and days before hours
TIME = re.compile(r"[0-9]{1,6}(:[0-9]{1,2}){0,2}|[0-9]{1,4}-[0-9]{1,2}(:[0-9]{1,2}){0,2}", re.ASCII)
ASKED = (("partition", PARTITIONS, "the name of a partition, or several between commas (sinfo lists them)"),
         ("time", TIME, "how long a chunk may take, as sbatch reads it: 90 (minutes), 01:30:00, 1-12 (days-hours)"))
MOST = 1 << 16  # cores or GPUs


@dataclass(frozen=True)
class Slurm:
    """What a chunk is given: a ``partition``, a ``time`` as sbatch reads it, ``cpus`` cores, ``gpus``. None: what the
    cluster gives who asks for nothing. Raises ParameterError."""

    partition: str | None = None
    time: str | None = None
    cpus: int | None = None
    gpus: int | None = None

    next = "bash slurm-submit.sh hands it to Slurm, and once more renders what is missing"

    def __post_init__(self) -> None:
        for name, form, what in ASKED:
            value = getattr(self, name)
            if value is not None and not (isinstance(value, str) and form.fullmatch(value)):
                raise ParameterError(f"{name} is {what}, not {said(value)}")
        for name in ("cpus", "gpus"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, whole(getattr(self, name), name, 1, MOST))

    def files(self, movie: Chunked) -> dict[str, str]:
        """The texts of the job's own files, by name. Warns (MMWarning) of more tasks than Slurm takes by itself."""
        if len(movie.chunks) > CHUNKS:
            warn(f"these are {len(movie.chunks):,} chunks, and Slurm takes {CHUNKS:,} tasks of an array unless it is "
                 f"set up for more (MaxArraySize): chunks of {-(-(movie.last - movie.first + 1) // CHUNKS)} frames are "
                 "few enough")
        return {"slurm-render.sh": self._render(movie), "slurm-encode.sh": self._encode(movie),
                "slurm-submit.sh": SUBMIT}

    def _render(self, movie: Chunked) -> str:
        asked = [f"#SBATCH --array=0-{len(movie.chunks) - 1}", *self._asked(movie, "render", "%A_%a")]
        if self.gpus:
            asked.append(f"#SBATCH --gres=gpu:{self.gpus}")
        device = "export CYCLES_DEVICE=${CYCLES_DEVICE:-CUDA}\n" if self.gpus else ""
        return f"""#!/usr/bin/env bash
# A task of the array renders a chunk of frames, and leaves out those that are there whole.
{chr(10).join(asked)}
set -euo pipefail
cd -- "$SLURM_SUBMIT_DIR"
{device}first=$(({movie.first} + SLURM_ARRAY_TASK_ID * {movie.chunk}))
last=$((first + {movie.chunk - 1}))
exec bash render.sh "$first" "$((last < {movie.last} ? last : {movie.last}))"
"""

    def _encode(self, movie: Chunked) -> str:
        return f"""#!/usr/bin/env bash
# Runs once all chunks are rendered.
{chr(10).join(self._asked(movie, "encode", "%j"))}
set -euo pipefail
cd -- "$SLURM_SUBMIT_DIR"
exec bash encode.sh
"""

    def _asked(self, movie: Chunked, what: str, number: str) -> list[str]:
        """What both jobs ask of Slurm."""
        asked = {"job-name": f"{movie.name}-{what}", "output": f"slurm-{what}-{number}.log",
                 "partition": self.partition, "time": self.time, "cpus-per-task": self.cpus}
        return [f"#SBATCH --{name}={value}" for name, value in asked.items() if value is not None]


SUBMIT = """#!/usr/bin/env bash
# bash slurm-submit.sh [OPTIONS of sbatch]: hand the movie to Slurm. What is there whole is not rendered again, so do
# the same once more where something was lost.
set -euo pipefail
CDPATH= cd -- "$(dirname -- "$0")"
render=$(sbatch --parsable "$@" slurm-render.sh)
encode=$(sbatch --parsable "$@" --dependency="afterok:${render%%;*}" --kill-on-invalid-dep=yes slurm-encode.sh)
echo "rendering is job ${render%%;*}, encoding job ${encode%%;*}"
"""
