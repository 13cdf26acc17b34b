"""A process that is ended before it takes more memory than it may.

A limit of the system's will not do: what counts there is addresses (RLIMIT_AS), of which a process that renders on a
graphics card reserves many times what it has.
"""
from __future__ import annotations

import subprocess
import threading
import time
from contextlib import suppress

LOOK = 0.25  # seconds between two looks


class MemoryWatch:
    """Ends ``process`` once it has more than ``most`` bytes in memory; ``taken``: how many it had then, else 0."""

    def __init__(self, process: subprocess.Popen[bytes], most: int):
        self.most, self.taken = most, 0
        self._process = process
        threading.Thread(target=self._watch, daemon=True, name="mm memory").start()

    def _watch(self) -> None:
        import psutil  # which distributed brings

        with suppress(psutil.Error):  # it has ended
            looked_at = psutil.Process(self._process.pid)
            while self._process.poll() is None:
                if (taken := looked_at.memory_info().rss) > self.most:
                    self.taken = taken
                    self._process.kill()
                    return
                time.sleep(LOOK)
