"""Jobs as they run: a real Blender, with nothing of ours in it, and a real Slurm, all of it on this machine."""
import os
import shlex
import subprocess
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
import slurm_here  # noqa: E402
from beeping import beep  # noqa: E402
from blender_at_hand import inside_blender  # noqa: E402
from mm_blender.output.image_file import as_bytes  # noqa: E402
from mm_blender.system.whole.check import is_whole  # noqa: E402

SIZE = (64, 40)
SETTINGS = {"anim.alg": "vmprod", "anim.spin": 4, "A.h": 3, "A.w": 2, "B.w": 4}
QUICK = {"size": SIZE, "samples": 1, "quality": "preview", "frames": (1, 4)}
BLENDER = bpy.app.binary_path if inside_blender() else os.environ.get("BLENDER")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not BLENDER, reason="no Blender: BLENDER is not set"),
              pytest.mark.skipif(os.name != "posix", reason="scripts for bash")]


@pytest.fixture
def viz(fresh_scene):
    return mm.visualize("A @ B", settings=SETTINGS, look="paper")


def written(viz, folder, scheduler="plain", **options) -> Path:
    """A job of four frames, two to a command, in a folder whose name no shell likes."""
    return viz.job(folder / "a 'movie' {x} #1 $HOME", scheduler, chunk=2, **QUICK, **options)


def alone(folder) -> dict[str, str]:
    """An environment in which ``blender`` is a real one that has nothing of ours and nobody's preferences."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "blender"
    path = os.environ["PATH"]  # without this program, which BLENDER may look for by the same name
    program.write_text(f'#!/bin/sh\nPATH={shlex.quote(path)} exec {shlex.quote(BLENDER)} "$@"\n')
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "BLENDER")}
    return kept | {"BLENDER_USER_RESOURCES": str(folder / "nothing"), "PATH": f"{folder / 'bin'}:{path}"}


def run(command, folder, env):
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert "mm_blender" not in done.stdout + done.stderr
    return done


def frames(folder):
    return [as_bytes(folder / f"frame_{number:04d}.png") for number in range(1, 5)]


@pytest.mark.every
def test_the_commands_run_as_they_stand_and_give_the_frames_of_render(viz, tmp_path):
    given = {"sound": beep(tmp_path / "beep.wav", 0.1), "poster": ("first.webp", 0)}
    folder, own = written(viz, tmp_path, **given), alone(tmp_path)
    early = run(["bash", "encode.sh"], folder, own)
    assert early.returncode == 1
    assert "encode: 4 of 4 frames are not there, or not whole (frame_0001.png, frame_0002.png" in early.stderr
    for line in (folder / "commands.txt").read_text().splitlines():
        done = run(["sh", "-c", line], folder, own)
        assert done.returncode == 0, done.stderr
    done = run(["bash", folder / "encode.sh"], "/", own)
    assert done.returncode == 0, done.stderr
    assert is_whole(folder / "movie.mp4", size=SIZE, frames=4) and is_whole(folder / "first.webp", size=SIZE)
    assert b"mp4a" in (folder / "movie.mp4").read_bytes(), "a track of sound (ISO/IEC 14496-14)"
    assert sorted(path.name for path in (folder / "frames").iterdir()) == [f"frame_000{at}.png" for at in range(1, 5)]
    rendered = frames(folder / "frames")
    assert any((frame != rendered[0]).any() for frame in rendered), "nothing moved"
    if inside_blender():  # the Blender that rendered them
        viz.render(tmp_path / "rendered", progress=False, **QUICK)
        for found, expected in zip(rendered, frames(tmp_path / "rendered"), strict=True):
            assert (found == expected).all()


@pytest.mark.outside
@pytest.mark.once
def test_slurm_renders_what_is_missing_and_then_encodes(viz, tmp_path):
    folder, own = written(viz, tmp_path, "slurm", time="5", cpus=1), alone(tmp_path)
    (folder / "frames").mkdir()
    with slurm_here.running(own) as cluster:
        done = run(["bash", folder / "slurm-submit.sh"], "/", cluster.environment)
        assert done.returncode == 0, done.stderr
        cluster.wait()
        assert is_whole(folder / "movie.mp4", size=SIZE, frames=4), cluster.said(folder)
        first, movie = times(folder), (folder / "movie.mp4").stat().st_mtime_ns
        cut = folder / "frames" / "frame_0003.png"
        cut.write_bytes(cut.read_bytes()[:-5])
        done = run(["bash", folder / "slurm-submit.sh"], "/", cluster.environment)
        assert done.returncode == 0, done.stderr
        cluster.wait()
    assert is_whole(cut, size=SIZE) and (folder / "movie.mp4").stat().st_mtime_ns > movie, cluster.said(folder)
    second = times(folder)
    assert {name for name in first if first[name] != second[name]} == {"frame_0003.png"}


def times(folder) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "frames").glob("*.png")}
