"""``scripts/bench_gpu.py``, as far as it needs no graphics card."""
import sys
from argparse import Namespace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "scripts"))

import bench_gpu  # noqa: E402

pytestmark = pytest.mark.once


def test_pictures_of_card_and_processor_are_compared_by_what_is_seen(tmp_path, monkeypatch):
    pytest.importorskip("PIL")
    from PIL import Image

    monkeypatch.setattr(bench_gpu, "PICTURES", {"one": (), "two": ()})
    for which, colour in (("card", (10, 20, 30)), ("processor", (10, 20, 30)), ("card, other", (14, 24, 34))):
        (tmp_path / which).mkdir()
        Image.new("RGB", (4, 4), colour).save(tmp_path / which / "one.png")
    found = bench_gpu.differences(tmp_path)
    assert found["one"]["card and processor"] == 0 and 3 < found["one"]["two of the card"] < 4  # of an alpha alike, too
    assert found["two"] == "not all are there"
    Image.new("RGBA", (4, 4), (200, 20, 30, 0)).save(tmp_path / "card" / "one.png")
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "processor" / "one.png")
    assert bench_gpu.differences(tmp_path)["one"]["card and processor"] == 0  # nothing is seen of either


@pytest.mark.parametrize("lines, told", [
    ("print('well')", {"said": "well\n"}), ("raise SystemExit('a fault')", {"failed": "a fault\n"})])
@pytest.mark.outside
def test_a_case_that_fails_says_why(lines, told):
    assert bench_gpu.run([sys.executable, "-c", lines], 300, {}) == told


@pytest.mark.outside
def test_a_case_that_takes_too_long_is_ended():
    assert bench_gpu.run([sys.executable, "-c", "import time; time.sleep(600)"], 0.1, {}) == {
        "failed": "not done after 0.1 s"}


def asked(monkeypatch, tmp_path, quick):
    """By part and name, what a process of its own would be given: its task and its environment."""
    monkeypatch.setattr(bench_gpu, "apart", lambda act, task, seconds, **environ: (act, task, environ))
    monkeypatch.setattr(bench_gpu, "scale", lambda count, seconds: count)
    monkeypatch.setattr(bench_gpu, "differences", lambda out: out)
    args = Namespace(seconds=1, out=tmp_path, samples=None, size=[8, 5], kinds=("OPTIX", "CUDA"), quick=quick)
    return {(part, name): act() for part, name, act in bench_gpu.parts(args)}


def test_what_is_measured(monkeypatch, tmp_path):
    cases = asked(monkeypatch, tmp_path, False)
    assert {part for part, _ in cases} == {"devices", "pictures", "times", "sizes", "films", "eevee"}
    assert cases["devices", "all hidden"][2] == {"CUDA_VISIBLE_DEVICES": ""}
    assert cases["pictures", "processor"][2] == {"MM_BLENDER_DEVICE": "cpu"}
    assert cases["pictures", "card"][1]["seed"] != cases["pictures", "card, other"][1]["seed"]
    assert cases["times", "head, CPU"][2] == {"MM_BLENDER_DEVICE": "cpu"}
    assert cases["times", "L @ R, OPTIX, denoised there"][1]["denoiser"]
    assert not cases["times", "L @ R, CUDA"][1]["denoiser"]
    assert cases["sizes", "1e+08"] == 1e8
    assert all(case[0] in bench_gpu.ACTS for case in cases.values() if isinstance(case, tuple))
    few = asked(monkeypatch, tmp_path, True)
    assert ("sizes", "1e+08") not in few and few["times", "head, CUDA"][1]["rounds"] == 1


@pytest.mark.outside
def test_what_cycles_finds_here_is_told():
    pytest.importorskip("bpy")
    found = bench_gpu.apart("devices", {}, 600)
    assert found["without"] == "CPU" and found["devices"]["CPU"]
    assert found["a worker's facts"]["device"] == found["kind"]
    assert found["cards"] == 0 if found["kind"] == "CPU" else found["cards"] > 0
