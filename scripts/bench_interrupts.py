"""Interrupt each kind of work at random moments, and tell what was left of it.

    python scripts/bench_interrupts.py [--count 50] [--signals SIGINT SIGTERM] [--jobs movie still …] [--seed 0]
    [--first]

Every run gets a folder of its own with an earlier output in it, and a folder for temporary files; the signal goes to
its whole process group, as Ctrl-C does. Counted are the exit status, the seconds from the signal to the end, what is
left over, and earlier outputs that are neither as they were nor the new one, whole. On a machine that is busy with
other things the seconds are nearly those of an idle one with ``--first``: from the signal on, a run goes before all
else (Linux, as root).
"""
from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mm_blender.system.whole.check import check  # noqa: E402
from mm_blender.system.whole.reading import Cut  # noqa: E402

EXPRESSION = "out = softmax(tril(Q @ K.T / sqrt(k))) @ V"
SMALL = ["--set", "Q.h=6", "--set", "Q.w=4", "--set", "V.w=4"]
PICTURE = ["--size", "96x64", "--quality", "preview", "--samples", "4"]
MOVING = ["--set", "anim.alg=vmprod", "--frames-per-step", "2"]
JOBS = {  # what is written, and the command that does so
    "still": ("out.png", ["render", EXPRESSION, *SMALL, *PICTURE]),
    "movie": ("out.mp4", ["render", EXPRESSION, *SMALL, *MOVING, *PICTURE, "--engine", "workbench"]),
    "gif": ("out.gif", ["render", EXPRESSION, *SMALL, *MOVING, *PICTURE, "--engine", "workbench"]),
    "figure": ("out.pdf", ["figure", EXPRESSION, *SMALL, "--size-in", "2x1.5", "--dpi", "60", "--quality", "preview",
                           "--samples", "4"]),
    "save": ("out.blend", ["build", EXPRESSION, *SMALL]),
    "cache": ("out.blend", ["build", EXPRESSION, *SMALL, *MOVING]),  # with an empty cache of node groups
}
EARLIER = b"an earlier output"
PATIENCE = 60  # seconds after the signal, beyond which a process is killed
ALLOWED = 2.0  # seconds that it should take


def start(job: str, folder: Path, cache: Path) -> subprocess.Popen:
    name, command = JOBS[job]
    (folder / "tmp").mkdir()
    (folder / "out").mkdir()
    (folder / "out" / name).write_bytes(EARLIER)
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT),
                   "MM_BLENDER_CACHE": str(folder / "cache" if job == "cache" else cache)}
    return subprocess.Popen([sys.executable, "-m", "mm_blender.cli", *command, "-o", str(folder / "out" / name)],
                            env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=open(folder / "said", "wb"))


def whole(path: Path) -> bool:
    """Whether a file is, by its own format."""
    try:
        check(path)
    except Cut:
        return False
    return True


def faults(job: str, folder: Path) -> list[str]:
    """What is wrong with what a run left behind."""
    name = JOBS[job][0]
    out = folder / "out"
    told = [f"left in TMPDIR: {path.name}" for path in (folder / "tmp").iterdir()]
    kept = out / name
    if not kept.exists():
        told.append("the earlier output is gone")
    elif kept.read_bytes() != EARLIER and not whole(kept):
        told.append("the output is cut short")
    frames = out / "out.frames"
    for path in out.iterdir():
        if path not in (kept, frames):
            told.append(f"left beside the output: {path.name}")
    for path in frames.iterdir() if frames.exists() else ():
        if path.suffix == ".png" and not whole(path):
            told.append(f"{path.name} is cut short")
        elif path.suffix == ".json":
            json.loads(path.read_text("utf-8"))
        elif path.suffix != ".png":
            told.append(f"left among the frames: {path.name}")
    cache = folder / "cache"
    told += [f"left in the cache: {path.name}" for path in cache.rglob("*")
             if path.is_file() and path.suffix != ".blend"] if cache.exists() else []
    return told


def go_first(process: int) -> None:
    """Have all threads of a process run before those of others (niceness counts within a session only)."""
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))
        except ProcessLookupError:  # it ended
            pass


def interrupted(job: str, number: int, after: float, cache: Path, first: bool) -> tuple[int, float, list[str], str]:
    """One run that gets the signal ``after`` seconds: its exit status, the seconds until its end, what is wrong."""
    with tempfile.TemporaryDirectory(prefix="mm-interrupts-") as name:
        folder = Path(name)
        process = start(job, folder, cache)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            if first:
                go_first(process.pid)
            os.killpg(process.pid, number)
        began = time.monotonic()
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
        took = time.monotonic() - began
        said = (folder / "said").read_text("utf-8", "replace")
        told = faults(job, folder)
        if "Traceback" in said or "fault of mm_blender" in said:
            told.append(f"it said {said[-300:]!r}")
        if status not in (0, 128 + number) and (status, said) != (-number, ""):  # Python had not yet begun with ours
            told.append(f"exit status {status}: {said[-200:]!r}")
        return status, took, told, said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--signals", nargs="+", default=["SIGINT", "SIGTERM"])
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", action="store_true")
    args = parser.parse_args()
    rng, wrong = random.Random(args.seed), 0
    for kind in args.signals:  # which a shell has ignored in what it starts in the background
        signal.signal(getattr(signal, kind), signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mm-interrupts-cache-") as cache:
        for job in args.jobs:
            lasts = 0.0
            for _ in range(2):  # the first fills the cache
                with tempfile.TemporaryDirectory(prefix="mm-interrupts-") as name:
                    began = time.monotonic()
                    assert start(job, Path(name), Path(cache)).wait() == 0, (Path(name) / "said").read_text()
                    lasts = time.monotonic() - began
                    assert whole(Path(name) / "out" / JOBS[job][0]) and not faults(job, Path(name)), job
            for kind in args.signals:
                seconds, statuses, told = [], Counter(), Counter()
                for _ in range(args.count):
                    after = rng.uniform(0.1, lasts)
                    status, took, faulty, _ = interrupted(job, getattr(signal, kind), after, Path(cache),
                                                          args.first)
                    statuses[status] += 1
                    told.update(faulty)
                    if status:
                        seconds.append(took)
                late = sum(took > ALLOWED for took in seconds)
                wrong += sum(told.values()) + late
                print(f"{job:7} {kind:8} lasts {lasts:.1f} s; load {os.getloadavg()[0]:.1f}; "
                      f"statuses {dict(statuses)}; ended after {max(seconds, default=0):.2f} s "
                      f"at most, {late} later than {ALLOWED:.0f} s; wrong: {dict(told) or 'nothing'}", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
