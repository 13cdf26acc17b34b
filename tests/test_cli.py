"""The command line: what it hands to the library, what it refuses, how it ends."""
import sys
import warnings
from types import SimpleNamespace

import mm_blender
import numpy as np
import pytest
from mm_blender import MMWarning, ShapeError
from mm_blender.cli import main


class FakeVisualization:
    """Stands for the library: records what the command line asks of it."""

    def __init__(self, source, **options):
        self.source, self.options, self.calls = source, options, []

    def info(self):
        return "the tree"

    def link(self, compress=None):
        self.calls.append(("link", compress))
        return "https://example.org/?the-link"

    def build(self):
        self.calls.append(("build",))
        return self

    def save(self, path):
        self.calls.append(("save", path))

    def render(self, path, **options):
        self.calls.append(("render", path, options))


@pytest.fixture
def made(monkeypatch):
    """The visualizations that a command made, newest last."""
    made = []

    def visualize(source, **options):
        made.append(FakeVisualization(source, **options))
        return made[-1]

    monkeypatch.setitem(vars(mm_blender), "visualize", visualize)
    return made


def refused(capsys, *argv: str) -> str:
    """What the command says on standard error when it refuses ``argv``."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_info_prints_the_tree_with_the_defaults(made, capsys):
    assert main(["info", "L @ R"]) == 0
    assert capsys.readouterr().out == "the tree\n"
    assert made[0].source == "L @ R"
    assert made[0].options == {"data": None, "assets": None, "seed": 0, "animate": True, "look": "dark", "settings": {},
                               "online": False, "projection": "auto", "reduce": "absmax", "cells": None}


def test_how_elements_are_drawn(made):
    assert main(["info", "L @ R", "--representation", "tiles"]) == 0
    assert made[0].options["representation"] == "tiles"


@pytest.mark.parametrize("flags, compress", [([], None), (["--compress"], True), (["--json"], False)])
def test_link_forms(made, capsys, flags, compress):
    assert main(["link", "L @ R", *flags]) == 0
    assert capsys.readouterr().out == "https://example.org/?the-link\n"
    assert made[0].calls == [("link", compress)]


def test_link_takes_one_form_only(made, capsys):
    assert "not allowed with" in refused(capsys, "link", "L @ R", "--json", "--compress")
    assert not made


def test_options_reach_the_library(made, tmp_path):
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "q.npy", matrix)
    assert main(["info", "Q @ K", "--data", f"Q={tmp_path / 'q.npy'}", "--assets", str(tmp_path), "--seed", "3",
                 "--set", "anim.alg=vmprod", "--set", "block.i blocks=4", "--look", "unlit",
                 "--no-animate"]) == 0
    options = made[0].options
    assert options["settings"] == {"anim.alg": "vmprod", "block.i blocks": "4"}
    np.testing.assert_array_equal(options["data"]["Q"], matrix)
    assert (options["assets"], options["seed"], options["look"]) == (str(tmp_path), 3, "unlit")
    assert options["animate"] is False


@pytest.mark.parametrize("module, online_access, status", [(True, False, 0), (False, True, 0), (False, False, 2)])
def test_online_asks_blender_too(made, monkeypatch, capsys, module, online_access, status):
    """A person's preference in Blender is obeyed; pip's bpy has none."""
    app = SimpleNamespace(module=module, online_access=online_access)
    monkeypatch.setitem(sys.modules, "bpy", SimpleNamespace(app=app))
    assert main(["info", "L @ R", "--online"]) == status
    if status:
        assert "--online-mode" in capsys.readouterr().err
    else:
        assert made[0].options["online"] is True


def test_values_may_hold_an_equals_sign(made):
    assert main(["info", "L @ R", "--set", "left.expr=i==j"]) == 0
    assert made[0].options["settings"] == {"left.expr": "i==j"}


@pytest.mark.parametrize("argv, words", [
    ([], "COMMAND"),
    (["paint", "L @ R"], "invalid choice: 'paint'"),
    (["render", "L @ R"], "-o/--output"),
    (["info"], "SOURCE"),
    (["info", "L @ R", "--set", "anim.alg"], "expected NAME=VALUE, not 'anim.alg'"),
    (["info", "L @ R", "--set", "=4"], "expected NAME=VALUE, not '=4'"),
    (["info", "L @ R", "--data", "Q"], "expected NAME=VALUE, not 'Q'"),
    (["info", "L @ R", "--seed", "x"], "invalid int value: 'x'"),
    (["info", "L @ R", "--look", "neon"], "invalid choice: 'neon'"),
    (["info", "L @ R", "--assets", "no/such/folder"], "the assets folder 'no/such/folder' does not exist"),
    (["render", "L @ R", "-o", "x.png", "--size", "big"], "expected WIDTHxHEIGHT in pixels, such as 1600x1000, not"),
    (["render", "L @ R", "-o", "x.png", "--size", "0x9"], "not '0x9'"),
    (["render", "L @ R", "-o", "x.png", "--samples", "0"], "expected a whole number from 1 up, not '0'"),
    (["render", "L @ R", "-o", "x.png", "--engine", "pov"], "invalid choice: 'pov'"),
    (["render", "L @ R", "-o", "x.mp4", "--duration", "0"], "expected a number of seconds above 0, not '0'"),
    (["render", "L @ R", "-o", "x.mp4", "--duration", "long"], "not 'long'"),
    (["render", "L @ R", "-o", "x.mp4", "--frames-per-step", "0"], "expected a whole number from 1 up, not '0'"),
    (["build", "L @ R", "-o", "x.blend", "--duration", "3", "--frames-per-step", "2"], "not allowed with"),
    (["info", "L @ R", "--spin", "1"], "unrecognized arguments"),
])
def test_refused_arguments(made, capsys, argv, words):
    assert words in refused(capsys, *argv)
    assert not made


def test_output_is_refused_before_any_work(made, capsys, tmp_path):
    (tmp_path / "folder.png").mkdir()
    for command, output, words in [
        ("render", "x.jpg", "the output 'x.jpg' must end in .png, .mp4, .gif, or in nothing"),
        ("build", "x", "must end in .blend"),
        ("build", "x.png", "must end in .blend"),
        ("render", str(tmp_path / "none" / "x.png"), "none' does not exist"),
        ("render", str(tmp_path / "none" / "frames"), "none' does not exist"),
        ("build", str(tmp_path / "none" / "x.blend"), "none' does not exist"),
        ("render", str(tmp_path / "folder.png"), "is a folder"),
    ]:
        assert words in refused(capsys, command, "L @ R", "-o", output)
    assert not made


def test_data_given_twice(made, capsys, tmp_path):
    np.save(tmp_path / "q.npy", np.zeros((2, 2)))
    twice = ["--data", f"Q={tmp_path / 'q.npy'}"] * 2
    assert "--data gives 'Q' twice" in refused(capsys, "info", "Q @ K", *twice)


def test_missing_data_file_is_named(made, capsys):
    assert "nowhere.npy" in refused(capsys, "info", "Q @ K", "--data", "Q=nowhere.npy")


def test_library_errors_end_with_status_2(monkeypatch, capsys):
    def visualize(*_args, **_options):
        raise ShapeError("L is 2 x 3 but R is 4 x 5: L must have as many columns as R has rows")

    monkeypatch.setitem(vars(mm_blender), "visualize", visualize)
    assert refused(capsys, "info", "L @ R") == (
        "mm-blender: error: L is 2 x 3 but R is 4 x 5: L must have as many columns as R has rows\n")


def test_library_warnings_become_notes(monkeypatch, capsys):
    def visualize(source, **options):
        warnings.warn("the data is tiled", MMWarning, stacklevel=2)
        return FakeVisualization(source, **options)

    monkeypatch.setitem(vars(mm_blender), "visualize", visualize)
    assert main(["info", "L @ R"]) == 0
    assert capsys.readouterr().err == "mm-blender: note: the data is tiled\n"
    assert main(["info", "L @ R", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_interrupted(monkeypatch, capsys):
    def visualize(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setitem(vars(mm_blender), "visualize", visualize)
    assert main(["info", "L @ R"]) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("command, output", [("render", "x.png"), ("build", "x.blend")])
def test_without_bpy_says_how_to_get_it(made, without_bpy, capsys, command, output):
    message = refused(capsys, command, "L @ R", "-o", output)
    assert "bpy==" in message and "blender --command mm" in message
    assert not made


def test_info_and_link_need_no_bpy(made, without_bpy):
    assert main(["info", "L @ R"]) == main(["link", "L @ R"]) == 0


def test_render_starts_from_an_empty_file(made, fresh_scene, tmp_path, capsys):
    import bpy

    bpy.data.objects.new("left over", None)
    output = str(tmp_path / "x.png")
    options = ["--size", "320x200", "--samples", "4", "--engine", "workbench", "-q"]
    assert main(["render", "L @ R", "-o", output, *options]) == 0
    assert made[0].calls == [("build",), ("render", output, {"size": (320, 200), "samples": 4, "engine": "workbench",
                                                             "quality": "final", "progress": False})]
    assert not bpy.data.objects
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("flags, options, settings", [
    ([], {}, {}),
    (["--frames-per-step", "6", "--no-smooth"], {"frames_per_step": 6, "smooth": False}, {}),
    (["--duration", "12.5", "--spin", "-2"], {"duration": 12.5}, {"anim.spin": -2.0}),
])
@pytest.mark.parametrize("command, name", [("render", "x.mp4"), ("render", "x.gif"), ("render", "frames/"),
                                           ("build", "x.blend")])
def test_motion(made, fresh_scene, tmp_path, command, name, flags, options, settings):
    """What is not said is left to the library's defaults; the output is handed on as it was written."""
    assert main([command, "L @ R", "-o", f"{tmp_path}/{name}", "-q", *flags]) == 0
    motion = {key: made[0].options[key] for key in ("frames_per_step", "duration", "smooth") if key in made[0].options}
    assert (motion, made[0].options["settings"]) == (options, settings)
    assert made[0].calls[1][1] == f"{tmp_path}/{name}"


def test_build_saves(made, fresh_scene, tmp_path, capsys):
    output = str(tmp_path / "x.blend")
    assert main(["build", "L @ R", "-o", output]) == 0
    assert made[0].calls == [("build",), ("save", output)]
    assert capsys.readouterr().out.endswith(f"wrote {output}\n")


def test_help_ends_well(capsys):
    assert main(["--help"]) == 0
    assert "render" in capsys.readouterr().out


@pytest.fixture
def gpt2(tmp_path):
    """The smallest checkpoint with an attention head in it."""
    from checkpoints import write_safetensors

    rng = np.random.default_rng(0)
    write_safetensors(tmp_path / "model.safetensors", {f"h.0.{name}": rng.normal(size=shape) for name, shape in {
        "ln_1.weight": (8,), "attn.c_attn.weight": (8, 24), "attn.c_proj.weight": (8, 8)}.items()})
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_head": 2}')
    np.save(tmp_path / "x.npy", rng.normal(size=(5, 8)))
    return tmp_path


def test_head_describes_a_head(gpt2, capsys):
    assert main(["head", str(gpt2), "--head", "1", "--activations", f"{gpt2}/x.npy", "--tokens", *"abcde"]) == 0
    said = capsys.readouterr().out
    assert "attn" in said and "5 x 5" in said and "softmax(tril(x/sqrt(k)))" in said
    assert main(["head", str(gpt2), "--form", "attention", "--kv-cache", "--activations", f"{gpt2}/x.npy[:3]"]) == 0
    assert "1 x 3" in capsys.readouterr().out


@pytest.mark.parametrize("options, words", [
    (["--head", "2"], "there is no head 2"), (["--layer", "1"], "there is no layer 1"),
    (["--activations", "nothing.npy"], "there is no file nothing.npy"), (["--tokens", "a"], "1 tokens for 5 rows"),
    (["-o", "none/out.png"], "the output's folder 'none' does not exist"), (["-o", "out.jpg"], "out.jpg"),
])
def test_head_says_what_is_wrong(gpt2, options, words, capsys):
    given = [] if "--activations" in options else ["--activations", f"{gpt2}/x.npy"]
    assert main(["head", str(gpt2), *given, *options]) == 2
    assert words in capsys.readouterr().err
