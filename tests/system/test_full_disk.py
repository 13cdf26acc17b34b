"""Disks that fill up while something is written: what was there stays whole, and the error names the disk."""
import os
import subprocess

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from effort import LONG  # noqa: E402
from full_disk import little_room, small_disk  # noqa: E402, F401
from mm_blender.cli.main import main  # noqa: E402
from mm_blender.scene import group_cache  # noqa: E402
from mm_blender.system import disks  # noqa: E402
from mm_blender.system.whole.check import is_whole  # noqa: E402

QUICK = dict(size=(48, 32), samples=1, engine="workbench", progress=False)
PAGE = dict(size_in=(1.0, 0.8), dpi=40, samples=1, keys=False, quality="draft", font_pt=4)
OLD = b"what was there"
KB = 1024
# for each kind of file: how far apart the twenty values of the free room are that a long run tries
STEPS = {"a.png": 0.4, "b.png": 0.25, "b.exr": 0.7, "b.pdf": 4, "b.svg": 8, "a.blend": 22, "a.gif": 2, "a.mp4": 2,
         "a.webm": 2, "a.webp": 1,
         "b.jpg": 0.25, "b.webp": 0.25, "b.tif": 0.25}
VALUES = range(0, 20, 1 if LONG else 3)


def write(viz, path):
    if path.name == "a.blend":
        viz.save(path)
    elif path.name.startswith("b"):
        viz.figure(path, **PAGE)
    else:
        viz.render(path, **QUICK, **({} if path.suffix == ".png" else {"frames": (1, 2)}))


@pytest.fixture
def viz(fresh_scene):
    return mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2, "anim.alg": "vmprod"}, look="unlit",
                        frames_per_step=1).build()


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("name", STEPS)
def test_what_was_there_stays_until_the_new_file_is_whole(viz, small_disk, name):  # noqa: F811
    path, scenes, told, done = small_disk / name, len(bpy.data.scenes), [], 0
    disk = disks.name(small_disk)
    for at in VALUES:
        path.write_bytes(OLD)
        with little_room(small_disk, int(at * STEPS[name] * KB)):
            try:
                write(viz, path)
            except mm.RenderError as error:
                assert disk in str(error) and path.read_bytes() == OLD, (at, error)
                told.append(at)
            else:
                assert is_whole(path), at
                done += 1
        assert {*os.listdir(small_disk)} <= {name, "a.frames"} and len(bpy.data.scenes) == scenes
        if done == 2:  # and so on with more room
            break
    assert told and told == [*VALUES][:len(told)], "more room never makes it fail"
    assert is_whole(path), "some of these disks had room enough"


def test_the_command_line_says_so(small_disk, capsys, fresh_scene):  # noqa: F811
    disk = disks.name(small_disk)
    for command, name, more in (("render", "a.png", ["--size", "48x32", "--engine", "workbench"]),
                                ("build", "a.blend", []), ("figure", "a.svg", ["--samples", "1"])):
        (small_disk / name).write_bytes(OLD)
        with little_room(small_disk, 2 * KB):
            assert main([command, "A @ B", "--set", "A.h=2", "-o", str(small_disk / name), "-q", *more]) == 2
        said = capsys.readouterr().err
        assert "error: " in said and disk in said and "Traceback" not in said
        assert (small_disk / name).read_bytes() == OLD


def test_a_disk_that_is_read_only(viz, small_disk):  # noqa: F811
    if not os.path.ismount(small_disk):
        pytest.skip("nothing can be mounted here")
    for name in STEPS:
        (small_disk / name).write_bytes(OLD)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True, timeout=60)
    for name in (*STEPS, "new.png", "frames"):
        with pytest.raises(mm.RenderError, match=f"{name} cannot be written: the disk at {small_disk} is read-only"):
            viz.render(small_disk / name, **QUICK, frames=(1, 2)) if name == "frames" else write(viz, small_disk / name)


def test_a_full_disk_costs_the_cache_nothing_but_its_use(small_disk, monkeypatch, fresh_scene):  # noqa: F811
    monkeypatch.setenv(group_cache.VARIABLE, str(small_disk))
    with little_room(small_disk, 8 * KB):
        mm.visualize("A @ B", settings={"A.h": 2}).build()
    assert not list((small_disk / "groups").glob("*"))


def test_a_preset_of_ones_own(small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(small_disk))
    from mm_blender.expression import sources

    params = mm.visualize("A @ B").params
    kept = sources.save_preset("mine", params).read_bytes()
    with little_room(small_disk, 1 * KB), pytest.raises(mm.DataError, match="mine"):
        sources.save_preset("mine", {**params, "folder": "closed"})
    assert os.listdir(small_disk) == ["mine.json"] and (small_disk / "mine.json").read_bytes() == kept


@pytest.mark.once
def test_frames_that_are_done_stay(viz, small_disk):  # noqa: F811
    """A folder of frames: what there was room for is whole, and the next run goes on from there."""
    disk, folder, told, kept = disks.name(small_disk), small_disk / "frames", 0, {}
    for at in VALUES:
        with little_room(small_disk, int(at * 1.2 * KB)):
            try:
                viz.render(folder, **QUICK, frames=(1, 6))
            except mm.RenderError as error:
                assert disk in str(error), (at, error)
                told += 1
        frames = {path: path.stat().st_mtime_ns for path in folder.glob("frame_*.png")}
        assert all(is_whole(path) for path in frames) and kept.items() <= frames.items(), at
        assert {*os.listdir(small_disk)} <= {"frames"} and not list(folder.glob(".*"))
        kept = frames
    assert told and viz.render(folder, **QUICK, frames=(1, 6)) and len(list(folder.glob("frame_*.png"))) == 6
    assert kept.items() <= {path: path.stat().st_mtime_ns for path in folder.glob("frame_*.png")}.items()
