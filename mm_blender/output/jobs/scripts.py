"""The scripts that all kinds of jobs have: one renders what is missing of some frames, one encodes the movie.

They are for bash and run in the folder that they lie in, whatever that is called. The environment may say ``BLENDER``,
the program, and ``CYCLES_DEVICE``, such as CUDA or OPTIX, in place of what the .blend says.
"""
from __future__ import annotations

from pathlib import Path

from .chunks import BLEND, FRAMES

HERE = """set -euo pipefail
CDPATH= cd -- "$(dirname -- "$0")"
"""

RENDER = f"""#!/usr/bin/env bash
# bash render.sh FIRST LAST: render those of these frames that are not there whole; the others stay.
{HERE}first=$1 last=$2
frame() {{ printf 'frames/frame_%04d.png' "$1"; }}
whole() {{ # FILE: whether it is there to the end that every PNG has
    [ -s "$1" ] && [ "$(tail -c 12 "$1" | od -An -tx1 | tr -d ' \\n')" = 0000000049454e44ae426082 ]
}}
missing() {{ # the numbers of frames that are not there, between commas
    local number list=
    for ((number = first; number <= last; number++)); do
        whole "$(frame "$number")" || list+=,$number
    done
    printf '%s' "${{list#,}}"
}}
wanted=$(missing)
if [ -z "$wanted" ]; then
    echo "render.sh: frames $first to $last are there"
    exit
fi
"${{BLENDER:-blender}}" -t "${{SLURM_CPUS_PER_TASK:-0}}" -b {BLEND} -o //{FRAMES} -f "$wanted" \\
    ${{CYCLES_DEVICE:+-- --cycles-device "$CYCLES_DEVICE"}}
wanted=$(missing)
if [ -n "$wanted" ]; then
    echo "render.sh: Blender did not write frame $wanted" >&2
    exit 1
fi
"""


# What makes the movie of the frames, once all are there
ENCODE = f"""#!/usr/bin/env bash
# bash encode.sh: make the movie of the frames, as encode.json says; where some are missing, say which.
{HERE}exec "${{BLENDER:-blender}}" -b --factory-startup --python-exit-code 1 -P encode.py
"""


def encoder() -> str:
    """What Blender runs for that: a copy of ``sequencer``, which needs nothing but Blender."""
    return (Path(__file__).parents[1] / "sequencer.py").read_text("utf-8")
