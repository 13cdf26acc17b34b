"""A screen in memory (Xvfb) with a mouse and a keyboard (xdotool), and pictures of it."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from PIL import Image, ImageGrab

PROGRAMS = ("Xvfb", "xdotool")


def missing() -> list[str]:
    """The programs that are needed and not there; Debian's packages are xvfb and xdotool."""
    return [program for program in PROGRAMS if not shutil.which(program)]


class Display:
    """An X server of its own on a free number; ``environment`` is what programs need to show themselves on it."""

    def __init__(self, size: tuple[int, int]):
        self.size = size
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
        self._server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()  # comes when the server is ready; empty when it has ended
        if not number:
            raise RuntimeError(f"Xvfb did not start: {self._server.communicate(timeout=20)[1].decode()}")
        self.name = f":{number}"
        # A cache of its own: Mesa maps a file of its cache into memory, and another version of Mesa, as pip's bpy uses
        # beside a Blender in a sandbox, cuts that file to another length, which ends the former with SIGBUS.
        self._cache = tempfile.TemporaryDirectory(prefix="mm-window-cache-")
        self.environment = {"DISPLAY": self.name, "LIBGL_ALWAYS_SOFTWARE": "1", "XDG_CACHE_HOME": self._cache.name}

    def close(self) -> None:
        self._server.terminate()
        self._server.communicate(timeout=20)
        self._cache.cleanup()

    def send(self, *events: object) -> None:
        """Events as in xdotool's own language, such as ``"mousemove", 10, 20, "click", 1``."""
        environment = {**os.environ, **self.environment}
        subprocess.run(["xdotool", *map(str, events)], env=environment, check=True, timeout=60)

    def picture(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self.name)
