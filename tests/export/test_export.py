"""The verb and the command: what is refused, that files are whole, and that no Blender is needed."""
import subprocess
import sys

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.cli.main import main
from mm_blender.system.whole.check import check
from mm_blender.system.whole.reading import Cut

pytestmark = pytest.mark.once
SMALL = {"A.h": 4, "A.w": 3, "B.w": 5}


@pytest.mark.parametrize("name, more, words", [
    ("a.obj", {}, "a.obj must end in .glb or .usda or .usdc or .usd or .ply"),
    (".glb", {}, "no name before its ending"),
    ("a.glb", {"at": 1}, "nothing sweeps here"),
    ("a.glb", {"at": "now"}, "at='now' is for pictures of Blender's scene"),
    ("a.glb", {"at": 1.5}, "at is a step of the sweep"),
    ("a.glb", {"realized": "yes"}, "realized"),
    ("no/a.glb", {}, "there is no folder")])
def test_what_is_refused(tmp_path, name, more, words):
    viz = mm.visualize("A @ B", settings=SMALL)
    with pytest.raises(mm.MMError, match=words):
        viz.export(tmp_path / name, **more)
    assert not list(tmp_path.iterdir())


def test_a_step_that_there_is_not(tmp_path):
    viz = mm.visualize("A @ B", settings={**SMALL, "anim.alg": "vmprod"})
    with pytest.raises(mm.RenderError, match="the sweep has steps 0 to 4"):
        viz.export(tmp_path / "a.glb", at=5)


@pytest.mark.parametrize("ending", [".glb", ".usda", ".ply", ".usdc"])
@pytest.mark.parametrize("realized", [False, True])
def test_a_file_that_is_cut_anywhere_is_not_whole(tmp_path, ending, realized):
    if ending == ".usdc":
        pytest.importorskip("pxr")
    path = mm.visualize("A @ B", settings=SMALL).export(tmp_path / f"a{ending}", realized=realized)
    check(path)
    data = path.read_bytes()
    for length in {0, 3, *range(10, len(data), max(len(data) // 60, 1)), len(data) - 1}:
        path.write_bytes(data[:length])
        with pytest.raises(Cut):
            check(path)
    if ending in (".glb", ".ply"):
        path.write_bytes(data + b"\0" * 4)
        with pytest.raises(Cut):
            check(path)


def test_a_file_that_is_there_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    from mm_blender.export import glb

    path = tmp_path / "a.glb"
    path.write_bytes(b"before")
    monkeypatch.setattr(glb, "_write_instances", lambda file, cloud: None)
    with pytest.raises(mm.RenderError, match="it was not written whole"):
        mm.visualize("A @ B", settings=SMALL).export(path)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_sizes_are_looked_at_before_memory_is_taken(tmp_path, monkeypatch):
    from mm_blender.system import memory

    viz = mm.visualize("A @ B", settings=SMALL)
    viz.values  # noqa: B018
    monkeypatch.setattr(memory, "free_memory", lambda: 1000)
    with pytest.raises(mm.SizeError, match="20 elements of one matrix"):
        viz.export(tmp_path / "a.glb")


@pytest.mark.outside
def test_no_blender_is_needed(tmp_path):
    code = ("import sys, mm_blender as mm; viz = mm.visualize('A @ B'); "
            f"[viz.export({str(tmp_path)!r} + '/a' + ending) for ending in ('.glb', '.usda', '.ply')]; "
            "assert 'bpy' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_command(tmp_path, capsys):
    out = tmp_path / "scene.glb"
    sweep = ["--set", "anim.alg=vmprod", "--duration", "2"]
    assert main(["export", "A @ B", "-o", str(out), "--look", "paper", *sweep]) == 0
    assert f"wrote {out}" in capsys.readouterr().out
    check(out)
    assert main(["export", "A @ B", "-o", str(tmp_path / "s.ply"), "--realized", "-q"]) == 0
    for options, words in ((["-o", "x.obj"], "must end in .glb"), (["-o", "x.ply", "--duration=2"], "changes nothing"),
                           (["-o", "x.glb", "--step=1", "--frames-per-step=3"], "changes nothing")):
        assert main(["export", "A @ B", "--set", "anim.alg=vmprod", *options]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.slow
def test_a_million_elements(tmp_path):
    """Those of a head of GPT-2 over a long text: seconds, and no more memory than a matrix takes."""
    rng = np.random.default_rng(0)
    viz = mm.visualize("A @ B", {"A": rng.normal(size=(640, 512)), "B": rng.normal(size=(512, 640))})
    path = viz.export(tmp_path / "a.glb")
    assert abs(path.stat().st_size - 36 * (2 * 640 * 512 + 640 * 640)) < 200_000
