"""The arguments of rendering on many machines."""
import pytest

from mm_blender.cli.main import main

RENDER = ["render", "L @ R", "-o", "x.png"]


@pytest.mark.parametrize("options, words", [
    (["--blender", "/x"], "--blender is for many machines: name a --scheduler, --workers or --slurm, too"),
    (["--allow-mixed", "--timeout", "3"], "--allow-mixed, --timeout are for many machines"),
    (["--scheduler", "tcp://a:1", "--workers", "2"], "a scheduler has its own workers: leave out --workers"),
    (["--scheduler", "tcp://a:1", "--slurm", "partition=x"], "leave out --slurm"),
    (["--workers", "2", "--tls-key", "x"], "--tls-… is for a --scheduler"),
    (["--workers", "0"], "expected a whole number from 1 up, not '0'"),
    (["--slurm", "partition"], "expected NAME=VALUE, not 'partition'"),
])
def test_what_does_not_go_together(options, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*RENDER, *options]) == 2
    assert words in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("output", ["x.pdf", "x.html", "x.blend", "x.glb"])
def test_what_is_no_picture_takes_no_workers(output, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["head", "none", "-o", output, "--workers", "2"]) == 2
    assert "--workers changes nothing of" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there(capsys, tmp_path, monkeypatch):
    pytest.importorskip("bpy")
    pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)
    options = ["--scheduler", "nowhere", "--size", "32x24", "--samples", "1", "-q"]
    assert main([*RENDER, *options]) == 2
    assert "the scheduler nowhere cannot be reached: missing port number" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
