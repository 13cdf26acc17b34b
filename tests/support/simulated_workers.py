"""Workers of Dask, all in this process, that sleep where others render: what handing out frames costs by itself.

Everything else is as it is with real ones: the roster asks each what it is, ``Dispatch`` hands out the frames, answers
come back through the scheduler with their checksums. So the seconds that this process computes, over the frames, are
what scheduler, client and workers take together for one, and more than the scheduler's own share.
"""
from __future__ import annotations

import hashlib
import os
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mm_blender.cluster import worker
from mm_blender.cluster.crew import Crew
from mm_blender.cluster.dispatch import Dispatch
from mm_blender.cluster.roster import Roster, Terms
from mm_blender.cluster.shot import Blend, Shot
from mm_blender.version import __version__

MEANS = worker.Means("cycles", "cpu", None)
# What every worker does for itself, some of it fifty times a second, and would do in a process of its own; and the
# patience that a thousand of them in one process need
ALONE = {"distributed.admin.tick.interval": "60s", "distributed.admin.tick.cycle": "60s",
         "distributed.admin.tick.limit": "600s", "distributed.admin.system-monitor.interval": "60s",
         "distributed.worker.profile.enabled": False, "distributed.comm.timeouts.connect": "600s",
         "distributed.comm.timeouts.tcp": "600s"}
SAME = {"mm_blender": __version__, "blender": "simulated", "hash": "", "denoiser": True, "device": "CPU"}


@dataclass(frozen=True)
class Simulated:
    """What was measured: seconds ``computed`` by this process and seconds that it took (``wall``), for so many
    ``frames`` of ``seconds`` each by so many ``workers``."""

    workers: int
    frames: int
    seconds: float
    wall: float
    computed: float

    @property
    def a_frame(self) -> float:
        """Seconds that handing out a frame takes."""
        return self.computed / self.frames

    @property
    def share(self) -> float:
        """Of the frames a second that the workers could render, how many they did."""
        return self.frames * self.seconds / self.workers / self.wall


class Sleep(Shot):
    """A movie whose frames are counted. The frame's number tells how long it takes, in milliseconds."""

    def __init__(self, frames: int, milliseconds: int, blend: Path):
        super().__init__(Blend(blend, "0" * 64, "scene", 0), (1920, 1080), MEANS)
        self.total, self.milliseconds, self.taken = frames, milliseconds, dict[int, int]()

    def missing(self) -> list[int]:
        return list(range(self.total))

    def put(self, number: int, data: bytes) -> None:
        self.taken[number] = self.taken.get(number, 0) + 1

    def make(self) -> None:
        pass

    def task(self, number: int) -> worker.Task:
        return worker.Task(self.digest, f"{self.milliseconds}", number, 0.0, self.size, 0, MEANS)


def report(_means: worker.Means) -> dict:
    return dict(SAME)


def render(task: worker.Task, blend: bytes) -> dict:
    """Sleep as long as the frame says; its picture is as large as the .blend."""
    seconds = int(task.scene) / 1000
    time.sleep(seconds)
    return {"png": blend, "digest": hashlib.sha256(blend).hexdigest(), "seconds": seconds, "peak": 0}


@contextmanager
def sleeping():
    """Meanwhile workers sleep and do not render."""
    former = worker.report, worker.render
    worker.report, worker.render = report, render
    try:
        yield
    finally:
        worker.report, worker.render = former


def simulate(workers: int, frames: int, seconds: float, size: int, folder: Path) -> Simulated:
    """Hand ``frames`` of so many ``seconds``, pictures of ``size`` bytes, to so many ``workers``."""
    import dask
    from distributed import Client, LocalCluster

    blend = folder / "scene.blend"
    blend.write_bytes(os.urandom(size))
    shot = Sleep(frames, round(seconds * 1000), blend)
    with dask.config.set({**ALONE, "temporary-directory": str(folder)}), sleeping(), \
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=":0",
                         memory_limit=0, protocol="inproc://", silence_logs=50) as cluster, Client(cluster) as client, \
            closing(Crew(client)) as crew:
        client.wait_for_workers(workers)
        roster = Roster(crew, Terms(MEANS, SAME, True, 60), lambda _: None)
        while len(roster.fit) < workers:
            roster.gather()
            for name, answer in crew.answers(0.1):
                roster.answered(name, answer)
            roster.look()
        wall, computed = time.monotonic(), time.process_time()
        Dispatch(roster, iter([shot]), lambda: None, lambda _: None).run()
        found = Simulated(workers, frames, seconds, time.monotonic() - wall, time.process_time() - computed)
    assert set(shot.taken) == set(range(frames)) and max(shot.taken.values()) == 1, "frames were lost or doubled"
    return found
