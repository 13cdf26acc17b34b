"""A job for Flamenco 3, Blender's own manager of render farms, as its web API takes it (POST /api/v3/jobs).

It is of the type that Flamenco brings, ``simple-blender-render``, whose settings stand in the script of that type,
``simple_blender_render.js`` of Flamenco's source. Flamenco makes a video of the frames by itself.
"""
from __future__ import annotations

import json
from dataclasses import dataclass

from ...errors import ParameterError
from ...plain import fault_of_text, said, whole
from .chunks import BLEND, Chunked, FRAMES

TYPE = "simple-blender-render"
PLACE = "{mm_job}"  # where the folder lies: filled in by the script, or a variable of Flamenco's of that name
HIGHEST = 100       # priority


@dataclass(frozen=True)
class Flamenco:
    """``root``: where the folder lies for the machines that render; None: where it does as it is submitted.
    ``priority``: 0 to 100. Raises ParameterError."""

    root: str | None = None
    priority: int = 50

    next = "bash flamenco-submit.sh http://MANAGER:8080 hands it to Flamenco"

    def __post_init__(self) -> None:
        if self.root is not None and (not isinstance(self.root, str) or not self.root.strip()
                                      or fault_of_text(self.root)):
            raise ParameterError("root is the path of the job's folder as the machines that render see it, such as "
                                 f"/farm/movies/head, not {said(self.root)}")
        object.__setattr__(self, "priority", whole(self.priority, "priority", 0, HIGHEST))

    def files(self, movie: Chunked) -> dict[str, str]:
        """The texts of the job's own files, by name."""
        job = json.dumps(self.job(movie), indent=1, ensure_ascii=False)
        return {"flamenco.json": f"{job}\n", "flamenco-submit.sh": SUBMIT}

    def job(self, movie: Chunked) -> dict[str, object]:
        """What Flamenco's web API takes."""
        root = (self.root or PLACE).rstrip("/\\") or "/"
        return {"name": movie.name, "type": TYPE, "priority": self.priority, "submitter_platform": "manager",
                "settings": {
                    "blendfile": f"{root}/{BLEND}", "scene": movie.scene,
                    "frames": f"{movie.first}-{movie.last}" if movie.last > movie.first else f"{movie.first}",
                    "chunk_size": movie.chunk, "render_output_root": f"{root}/frames", "add_path_components": 0,
                    "render_output_path": f"{root}/{FRAMES}", "format": "PNG", "image_file_extension": ".png",
                    "has_previews": False, "fps": movie.fps}}


SUBMIT = """#!/usr/bin/env bash
# bash flamenco-submit.sh http://MANAGER:8080: hand the job to Flamenco's manager, for the place where this folder lies.
# The machines that render must see it there, too.
set -euo pipefail
CDPATH= cd -- "$(dirname -- "$0")"
here=$(pwd -P)
case $here in *[\\"\\\\\\|\\&]*|*[[:cntrl:]]*)
    echo "flamenco-submit.sh: move this folder to a path without quotes, \\\\, |, & and line breaks" >&2
    exit 1 ;;
esac
sed "s|{mm_job}|$here|g" flamenco.json |
    curl -fsS -H 'Content-Type: application/json' --data-binary @- "${1%/}/api/v3/jobs"
"""
