"""The command line: what it hands to the library, what it refuses, how it ends."""
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import mm_blender
from mm_blender import MMWarning, ShapeError
from mm_blender.cli.main import main


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

    def job(self, path, scheduler, **options):
        self.calls.append(("job", path, scheduler, options))


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
    assert made[0].options == {"data": None, "assets": None, "seed": 0, "animate": True, "settings": {},
                               "reduce": "absmax"}


def test_how_elements_are_drawn(made, fresh_scene, tmp_path):
    options = ["--representation", "tiles", "--look", "unlit", "--transparent"]
    assert main(["build", "L @ R", "-o", str(tmp_path / "x.blend"), "-q", *options]) == 0
    assert {name: made[0].options[name] for name in ("representation", "look", "transparent")} == {
        "representation": "tiles", "look": "unlit", "transparent": True}


def test_every_command_offers_only_what_changes_what_it_does(made, capsys):
    picture = ["--look=paper", "--transparent", "--representation=tiles", "--projection=isometric", "--keys",
               "--digits=3 significant"]
    for command, options in [("info", picture), ("link", [*picture, "--seed=1", "--cells=5", "--online"]),
                             ("build", ["--size=9x9", "--samples=1", "--quality=final", "--engine=cycles"]),
                             ("figure", ["--keys", "--spin=1", "--duration=2", "--size=9x9"])]:
        for option in options:
            output = ["-o", "x.blend"] if command in ("build", "figure") else []
            said = refused(capsys, command, "L @ R", *output, option)
            assert f"unrecognized arguments: {option}" in said
    assert not made


def test_the_pace_of_a_sweep_is_none_of_a_still(made, capsys, tmp_path):
    still = str(tmp_path / "x.png")
    for option, value in (("--duration", "3"), ("--frames-per-step", "2")):
        said = refused(capsys, "render", "L @ R", "-o", still, option, value)
        assert f"{option} changes nothing of a still that no --frame is named for" in said
    assert not made


def test_what_was_meant_is_named(capsys):
    for argv, words in [(["render", "L @ R", "-o", "x.png", "--qualty", "draft"], "did you mean --quality?"),
                        (["info", "L @ R", "--look", "paper"],
                         "--look is an option of render, movie, figure, build, job, page, export, head"),
                        (["render", "L @ R", "-o", "x.png", "--qual", "draft"], "unrecognized arguments: --qual"),
                        (["rendr", "L @ R"], "did you mean render?"), (["list", "colours"], "did you mean colormaps?"),
                        (["render", "L @ R", "-o", "x.png", "--look", "papr"], "did you mean paper?")]:
        assert words in refused(capsys, *argv)


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mm-blender {mm_blender.__version__}\n"
    assert main([]) == 0
    assert "COMMAND" in capsys.readouterr().out


def test_data_that_are_missing_are_said_or_refused(tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    given = ["info", "A @ B", "--data", f"A={tmp_path / 'a.npy'}"]
    assert main(given) == 0
    assert "note: no data are given for B" in capsys.readouterr().err
    assert "strict" in refused(capsys, *given, "--strict")


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
                 "--set", "anim.alg=vmprod", "--set", "block.i blocks=4", "--cells", "99",
                 "--no-animate"]) == 0
    options = made[0].options
    assert options["settings"] == {"anim.alg": "vmprod", "block.i blocks": "4"}
    np.testing.assert_array_equal(options["data"]["Q"], matrix)
    assert (options["assets"], options["seed"], options["cells"]) == (str(tmp_path), 3, 99)
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
    (["paint", "L @ R"], "invalid choice: 'paint'"),
    (["render", "L @ R"], "-o/--output"),
    (["info"], "SOURCE"),
    (["info", "L @ R", "--set", "anim.alg"], "expected NAME=VALUE, not 'anim.alg'"),
    (["info", "L @ R", "--set", "=4"], "expected NAME=VALUE, not '=4'"),
    (["info", "L @ R", "--data", "Q"], "expected NAME=VALUE, not 'Q'"),
    (["info", "L @ R", "--seed", "x"], "expected a whole number from 0 to 18446744073709551615, not 'x'"),
    (["render", "L @ R", "-o", "x.png", "--look", "neon"], "invalid choice: 'neon'"),
    (["info", "L @ R", "--assets", "no/such/folder"], "the assets folder 'no/such/folder' does not exist"),
    (["render", "L @ R", "-o", "x.png", "--size", "big"],
     "expected WIDTHxHEIGHT in pixels, such as 1600x1000, each from 4 to 65536"),
    (["render", "L @ R", "-o", "x.png", "--size", "0x9"], "not '0x9'"),
    (["job", "L @ R", "-o", "x", "--for", "deadline"], "invalid choice: 'deadline'"),
    (["job", "L @ R", "-o", "x"], "--for"),
    (["job", "L @ R", "-o", "x", "--for", "plain", "--chunk", "0"], "expected a whole number from 1 up, not '0'"),
    (["job", "L @ R", "-o", "x", "--for", "plain", "--frames", "all"], "expected FIRST-LAST, the numbers of two"),
    (["job", "L @ R", "-o", "x", "--for", "plain", "--frames", "1-"], "expected FIRST-LAST"),
    (["job", "L @ R", "-o", "x.mp4", "--for", "plain"], "'x.mp4' is called like a file: leave its ending out"),
    (["job", "L @ R", "-o", "none/x", "--for", "plain"], "there is no folder"),
    (["job", "L @ R", "-o", "x", "--for", "plain", "--time", "5"], "no option of a job for plain, but of slurm"),
    (["job", "L @ R", "-o", "x", "--for", "slurm", "--time", "soon"], "time is how long a chunk may take"),
    (["render", "L @ R", "-o", "x.png", "--samples", "0"], "expected a whole number from 1 up, not '0'"),
    (["render", "L @ R", "-o", "x.png", "--engine", "pov"], "invalid choice: 'pov'"),
    (["render", "L @ R", "-o", "x.mp4", "--duration", "0"], "expected a number of seconds above 0, not '0'"),
    (["render", "L @ R", "-o", "x.mp4", "--duration", "long"], "not 'long'"),
    (["render", "L @ R", "-o", "x.mp4", "--frames-per-step", "0"], "expected a whole number from 1 up, not '0'"),
    (["render", "L @ R", "-o", "x.mp4", "--fps", "0"], "--fps"),
    (["render", "L @ R", "-o", "x.mp4", "--codec", "h265"], "invalid choice: 'h265'"),
    (["render", "L @ R", "-o", "x.mp4", "--loop", "--no-loop"], "not allowed with"),
    (["render", "L @ R", "-o", "x.png", "--no-loop", "--sound", "a.wav"], "--loop, --sound change nothing of a still"),
    (["head", ".", "-o", "x.pdf", "--poster", "p.png@2"], "--poster changes nothing of a figure"),
    (["build", "L @ R", "-o", "x.blend", "--duration", "3", "--frames-per-step", "2"], "not allowed with"),
    (["info", "L @ R", "--spin", "1"], "unrecognized arguments"),
])
def test_refused_arguments(made, capsys, argv, words):
    assert words in refused(capsys, *argv)
    assert not made


def test_output_is_refused_before_any_work(made, capsys, tmp_path):
    (tmp_path / "folder.png").mkdir()
    for command, output, words in [
        ("render", "x.jpg", "the output 'x.jpg' must end in .png, .webp, .mp4, .webm, .gif, or in nothing"),
        ("build", "x", "must end in .blend"),
        ("build", "x.png", "must end in .blend"),
        ("render", str(tmp_path / "none" / "x.png"), "none' does not exist"),
        ("render", str(tmp_path / "none" / "frames"), "none' does not exist"),
        ("build", str(tmp_path / "none" / "x.blend"), "none' does not exist"),
        ("render", str(tmp_path / "folder.png"), "is a folder"),
    ]:
        assert words in refused(capsys, command, "L @ R", "-o", output)
    assert not made


def test_data_and_settings_given_twice(made, capsys, tmp_path):
    np.save(tmp_path / "q.npy", np.zeros((2, 2)))
    twice = ["--data", f"Q={tmp_path / 'q.npy'}"] * 2
    assert "--data gives 'Q' twice" in refused(capsys, "info", "Q @ K", *twice)
    said = refused(capsys, "info", "Q @ K", "--set", "anim.alg=axpy", "--set", "anim.alg=vmprod")
    assert "--set gives 'anim.alg' twice, 'axpy' and 'vmprod'" in said


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


def test_a_job_is_what_its_scheduler_is_told(made, fresh_scene, tmp_path, capsys):
    output = str(tmp_path / "job")
    assert main(["job", "L @ R", "-o", output, "--for", "slurm", "--chunk", "5", "--frames", "3-9", "--cpus", "8",
                 "--quality", "draft", "--codec", "av1", "--poster", "first.png@0"]) == 0
    assert made[0].calls == [("build",), ("job", output, "slurm", {
        "chunk": 5, "size": (1600, 1000), "samples": None, "engine": "cycles", "quality": "draft", "frames": (3, 9),
        "codec": "av1", "poster": ("first.png", 0.0), "cpus": 8})]
    assert "bash slurm-submit.sh hands it to Slurm" in capsys.readouterr().out


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


@pytest.mark.parametrize("options, page", [
    (["-o", "out.pdf"], {"size_in": (6.75, 4.5), "dpi": 300, "font_pt": 8, "keys": True, "bits": 8}),
    (["-o", "out.png", "--size-in", "4x3", "--no-keys", "--font-pt", "9", "--step", "0"],
     {"size_in": (4.0, 3.0), "font_pt": 9.0, "keys": False, "at": 0})])
def test_head_makes_a_figure(gpt2, options, page, fresh_scene, monkeypatch):
    from mm_blender.visualization import Visualization

    asked = {}
    monkeypatch.setattr(Visualization, "figure", lambda self, path, **more: asked.update(path=path, **more))
    assert main(["head", str(gpt2), "--activations", f"{gpt2}/x.npy", "-q", *options]) == 0
    assert asked["path"] == options[1] and page.items() <= asked.items()


@pytest.mark.parametrize("head", ["1", "all"])
def test_head_makes_a_scene_for_other_programs(gpt2, head, without_bpy, capsys):
    given = ["head", str(gpt2), "--activations", f"{gpt2}/x.npy", "--head", head, "-o", f"{gpt2}/head.glb"]
    assert main(given) == 0 and (gpt2 / "head.glb").read_bytes()[:4] == b"glTF"
    assert main([*given, "--keys", "--samples", "3"]) == 2
    assert "--samples, --keys change nothing of a scene for other programs" in capsys.readouterr().err


@pytest.mark.parametrize("options, words", [
    (["--head", "2"], "there is no head 2"), (["--layer", "1"], "there is no layer 1"),
    (["--activations", "nothing.npy"], "there is no file nothing.npy"), (["--tokens", "a"], "1 tokens for 5 rows"),
    (["-o", "none/out.png"], "the output's folder 'none' does not exist"), (["-o", "out.bmp"], "out.bmp"),
])
def test_head_says_what_is_wrong(gpt2, options, words, capsys):
    given = [] if "--activations" in options else ["--activations", f"{gpt2}/x.npy"]
    assert main(["head", str(gpt2), *given, *options]) == 2
    assert words in capsys.readouterr().err


def test_blender_is_heard_only_where_that_is_asked(made, fresh_scene, tmp_path, monkeypatch):
    from mm_blender.system import quiet

    monkeypatch.setattr(quiet, "verbose", False)
    monkeypatch.delenv(quiet.VARIABLE, raising=False)
    for flags, heard in (["-v"], True), ([], False):
        assert main(["render", "L @ R", "-o", str(tmp_path / "x.png"), *flags]) == 0
        assert quiet.verbose == heard


@pytest.mark.parametrize("options, words", [
    (["--size", "99x99"], "--size changes nothing of what is printed"),
    (["--look", "paper", "--spin", "1"], "--look, --spin change nothing of what is printed"),
    (["-o", "x.blend", "--samples", "3", "--engine", "eevee"], "--samples, --engine change nothing of a .blend file"),
    (["-o", "x.blend", "--no-keys"], "--no-keys changes nothing of a .blend file"),
    (["-o", "x.pdf", "--size", "99x99"], "--size changes nothing of a figure"),
    (["-o", "x.png", "--columns", "2"], "--columns changes nothing of one head"),
    (["-o", "x.png", "--head", "all", "--spin", "2"], "--spin changes nothing of all heads of a layer"),
])
def test_head_refuses_options_that_change_nothing(gpt2, options, words, capsys):
    assert main(["head", str(gpt2), "--activations", f"{gpt2}/x.npy", *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("given, meant", [
    ("--at", "--step?"), ("--settings", "--set?"), ("--cmap", "--set viz.cmap=…?"), ("--gap", "--set layout.gap=…?"),
    ("--row-guides", "--set 'deco.row guides'=…?"), ("--qualty", "--quality?")])
def test_an_option_by_another_name_is_told_without_all_others(given, meant, capsys):
    assert main(["render", "A @ B", "-o", "a.png", given, "7"]) == 2
    told = capsys.readouterr().err
    assert f"did you mean {meant}" in told and len(told.splitlines()) == 2


def test_a_source_turns_into_others(made, monkeypatch, capsys, tmp_path):
    turned = []

    def transition(*each, **more):
        turned.append((each, more))
        return each[0]

    monkeypatch.setitem(vars(mm_blender), "transition", transition)
    monkeypatch.setattr("mm_blender.cli.commands._empty_file", lambda size=None: None)
    monkeypatch.setattr("mm_blender.cli.at_hand.check_bpy", lambda: None)
    np.save(tmp_path / "w.npy", np.eye(3))
    argv = ["movie", "x @ W", "--into", "x @ (a @ b + W)", "--into", "x @ z", "--seconds", "3",
            "--data", f"W={tmp_path / 'w.npy'}", "-q", "-o", str(tmp_path / "x.mp4")]
    assert main(argv) == 0
    (each, more), = turned
    assert [one.source for one in each] == ["x @ W", "x @ (a @ b + W)", "x @ z"] and more == {"seconds": 3.0}
    assert [list(one.options["data"] or ()) for one in each] == [["W"], ["W"], []]
    assert "makes a movie" in refused(capsys, "movie", "x @ W", "--into", "x @ z", "-o", str(tmp_path / "x.png"))
    assert "--spin changes nothing" in refused(capsys, *argv, "--spin", "2")
