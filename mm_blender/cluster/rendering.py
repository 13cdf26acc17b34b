"""The process of Blender that a worker has, and what is asked of it (``renderer``)."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RenderError
from ..system import disks
from . import renderer
from .cores import Cores
from .memory_watch import MemoryWatch

TAIL = 1 << 14  # bytes of what Blender printed that are looked through for what it complains of


class Unfit(RenderError):
    """What a worker cannot do, for no other frame either."""


@dataclass(frozen=True)
class Share:
    """What of a machine a Blender may take: so many ``processors``, 0: all; bytes of ``memory``, 0: all."""

    processors: int = 0
    memory: int = 0


class BlenderProcess:
    """A process that renders in ``folder``, whose files Blender may write there alone, with a ``share`` of the machine.
    ``blender``: the program; None: pip's bpy. Raises RenderError where it cannot be started."""

    def __init__(self, blender: str | None, folder: Path, share: Share = Share()):
        script = renderer.__file__
        command = [sys.executable, "-P", script] if blender is None else \
            [blender, "-b", "--disable-autoexec", "--python-exit-code", "1", "--python", script]
        self.blender, self.opened = blender, ""
        self._printed = tempfile.TemporaryFile(dir=folder)
        self.cores = Cores(share.processors)
        try:
            with self.cores.kept_to():
                # in a session of its own: a Ctrl-C is for who asked, and this process ends with its input
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder,
                                                 stderr=self._printed, start_new_session=True,
                                                 env=_environment(folder))
        except OSError as error:
            self.cores.close()
            raise RenderError(f"the Blender {blender} cannot be started: {error.strerror or error}") from None
        self._watch = MemoryWatch(self._process, share.memory) if share.memory else None

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """What the process answers. Raises RenderError where it fails, or ends; Unfit where it was ended, as it took
        more memory than it may."""
        assert self._process.stdin and self._process.stdout
        with suppress(OSError):  # it has ended, which its output tells
            self._process.stdin.write(f"{json.dumps({'do': do, **request})}\n".encode())
            self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith(renderer.MARK.encode()):
                answer: dict[str, Any] = json.loads(line[len(renderer.MARK):])
                self._printed.truncate(0)  # of the last request only
                if "error" in answer:
                    raise RenderError(_without_bpy() if answer.get("missing") == "bpy" else answer["error"])
                return answer
        status = self._process.wait()
        if self._watch and self._watch.taken:
            taken, most = disks.amount(self._watch.taken), disks.amount(self._watch.most)
            raise Unfit(f"Blender took {taken} of memory, and {most} are what it may take there")
        ended = f"by signal {-status}" if status < 0 else f"with status {status}"
        raise RenderError(f"Blender ended {ended}. {self._complaint()}".rstrip(". "))

    @property
    def runs(self) -> bool:
        """Whether the process is there still."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self.cores.close()
        for each in (self._process.stdin, self._process.stdout, self._printed):
            with suppress(OSError):
                if each:
                    each.close()

    def _complaint(self) -> str:
        """The last line that speaks of an error."""
        with suppress(OSError):
            self._printed.seek(max(0, os.fstat(self._printed.fileno()).st_size - TAIL))
            lines = self._printed.read().decode("utf-8", "replace").splitlines()
            return next((line.strip() for line in reversed(lines) if "error" in line.lower()), "")
        return ""


def _environment(folder: Path) -> dict[str, str]:
    """That of the worker, but for where temporary files go, and without Mesa's files of shaders: a Blender crashes that
    shares them with another, or whose disk is full."""
    return {**os.environ, **{name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")},
            "MESA_SHADER_CACHE_DISABLE": "true"}


def _without_bpy() -> str:
    return "Blender as a Python module, bpy, is not installed there: pip install 'mm-blender[bpy]', or name a " \
           "Blender that is (blender=, --blender PATH)"
