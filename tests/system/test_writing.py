"""Paths are a person's, not Blender's: whatever a file system takes is written, under that name and no other."""
import os
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from mm_blender.cli.main import main  # noqa: E402
from mm_blender.output import formats  # noqa: E402
from mm_blender.output.image_file import as_bytes  # noqa: E402
from mm_blender.system import file_paths, writing  # noqa: E402

QUICK = dict(size=(32, 24), samples=1, engine="workbench", progress=False)
NAMES = ["run {a}", "{{x}}", "{", "a#b ####", "50%d %s", "back\\slash", "ünï 日本語 🙂", "-dash", " space", ".dot",
         "a\nb", "<UDIM>", "$HOME ~ *?", "quote'\"", "two..dots.", "x" * 200, "a & b;|"]


@pytest.fixture
def viz(fresh_scene):
    return mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2, "anim.alg": "vmprod"}, look="unlit",
                        frames_per_step=1)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


@pytest.mark.slow
def test_every_name_is_taken_as_it_stands(viz, here):
    """As a folder and as a file: stills, figures, .blend files, movies and their frames."""
    viz.build()
    for name in NAMES:
        folder = here / name
        folder.mkdir()
        base = f"{name}/{name[:120]}"
        viz.render(f"{base}.png", **QUICK)
        viz.save(f"{base}.blend")
        viz.render(f"{base}.gif", frames=(1, 2), **QUICK)
        own = name[:120]
        assert set(files(folder)) == {f"{own}.png", f"{own}.blend", f"{own}.gif", f"{own}.frames/frame_0001.png",
                                      f"{own}.frames/frame_0002.png", f"{own}.frames/movie.json"}, name
        assert (folder / f"{own}.gif").read_bytes()[:6] == b"GIF89a"
        with writing.readable([folder / f"{own}.png"]) as (path,):
            assert as_bytes(path).shape[:2] == (24, 32)
    assert sorted(os.listdir(here)) == sorted(NAMES)


def test_a_figure_and_an_mp4_in_braces(viz, here):
    (here / "{fps}").mkdir()
    viz.build()
    viz.figure("{fps}/a.pdf", (1.0, 0.8), 40, samples=1, keys=False, quality="draft", font_pt=4)
    viz.figure("{fps}/a.exr", (1.0, 0.8), 40, samples=1, keys=False, quality="draft", font_pt=4)
    viz.render("{fps}/a.mp4", frames=(1, 2), **QUICK)
    assert files("{fps}") == ["a.exr", "a.frames/frame_0001.png", "a.frames/frame_0002.png", "a.frames/movie.json",
                              "a.mp4", "a.pdf"]
    assert bpy.data.movieclips.load(str(here / "{fps}" / "a.mp4")).frame_duration == 2


def test_the_longest_names(viz, here):
    for ending in (".png", ".blend", ".gif"):
        name = "é" * ((255 - len(ending)) // 2) + ending
        assert len(name.encode()) in (254, 255)
        (viz.save(name) if ending == ".blend" else viz.render(name, **QUICK))
        assert (here / name).is_file()
    found = [path for path in here.iterdir() if path.is_dir()]
    assert len(found) == 1 and len(os.fsencode(found[0].name)) <= 255
    with pytest.raises(mm.RenderError, match="cannot be written: File name too long"):
        viz.render("x" * 252 + ".png", **QUICK)
    with pytest.raises(mm.RenderError, match="cannot be written: File name too long"):
        viz.render("x" * 252 + ".mp4", **QUICK)


def test_slashes_are_the_blends_folder(viz, here):
    with pytest.raises(mm.RenderError, match=r"//a.png is relative to the .blend file, and none is open"):
        viz.render("//a.png", **QUICK)
    (here / "project").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(here / "project" / "scene.blend"))
    viz.render("//a.png", **QUICK)
    viz.render("//../b.png", **QUICK)
    viz.save("//copy.blend")
    viz.render("//c.gif", frames=(1, 1), **QUICK)
    viz.figure("//d.svg", (1.0, 0.8), 40, samples=1, keys=False, quality="draft", font_pt=4)
    assert {"b.png", "project/a.png", "project/copy.blend", "project/c.gif", "project/d.svg"} <= {*files(here)}


@pytest.mark.parametrize("path, words", [
    ("", "no path"), ("a\0.png", r"not .a\\x00.png"), (None, "not None"), (3.5, "not 3.5"),
    (".png", "no name before its ending"),
    (".mp4", "no name before its ending"), ("nowhere/a.png", "there is no folder")])
def test_what_is_no_path_is_refused(viz, here, path, words):
    with pytest.raises(mm.RenderError, match=words):
        viz.render(path, **QUICK)
    for write in (viz.save, viz.figure):
        with pytest.raises(mm.RenderError):
            write(path)
    assert not os.listdir(here)


def test_paths_of_all_types(here):
    home = os.path.expanduser("~")
    assert file_paths.resolve(b"a.png") == file_paths.resolve(Path("a.png")) == here / "a.png"
    assert file_paths.resolve("~/a.png") == Path(home) / "a.png"
    assert file_paths.resolve("~nobody-here.png") == here / "~nobody-here.png"
    assert formats.kind(b"a.mp4") == ".mp4" and formats.kind("sweep.") == formats.FOLDER


def test_a_temporary_folder_with_braces(viz, here, monkeypatch):
    (here / "{tmp}").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(here / "{tmp}"))
    (here / "{a}").mkdir()
    viz.render("{a}/still.png", **QUICK)
    assert files(here / "{a}") == ["still.png"]


def test_what_a_blend_uses_is_found_from_where_it_goes(viz, here):
    image = bpy.data.images.new("made", 2, 2)
    image.filepath_raw, image.file_format = str(here / "paint.png"), "PNG"
    image.save()
    image.source, image.use_fake_user = "FILE", True
    (here / "below").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(here / "scene.blend"))
    image.filepath = "//paint.png"
    viz.save("below/copy.blend")
    assert image.filepath == "//paint.png"
    (here / "{x}").mkdir()
    viz.save("{x}/copy.blend")
    (here / "{x}").rename(here / "plain")  # Blender reads braces in paths in its own way
    for folder in ("below", "plain"):
        bpy.ops.wm.open_mainfile(filepath=str(here / folder / "copy.blend"))
        assert bpy.data.images["made"].filepath == "//../paint.png"
        assert os.path.samefile(bpy.path.abspath(bpy.data.images["made"].filepath), here / "paint.png")
        assert sorted(os.listdir(here / folder)) == ["copy.blend"]


def test_the_command_line_takes_them_too(here, capsys, monkeypatch):
    (here / "run {a}").mkdir()
    common = ["render", "A @ B", "--set", "A.h=2", "--size", "32x24", "--engine", "workbench", "--samples", "1"]
    assert main([*common, "--output=-a\n.png"]) == 0
    assert "wrote -a\\n.png" in capsys.readouterr().out
    assert main([*common, "-o", "run {a}/b.png", "-q"]) == 0
    assert main(["build", "A @ B", "-o", "run {a}/c.blend", "-q"]) == 0
    assert main([*common, "-o", "//d.png", "-q"]) == 2
    assert "relative to the .blend" in capsys.readouterr().err
    assert files(here) == ["-a\n.png", "run {a}/b.png", "run {a}/c.blend"]


def test_what_cannot_be_printed_is_told_as_escapes():
    assert file_paths.shown("a\n.png") == "a\\n.png" and file_paths.shown("日本.png") == "日本.png"
    assert file_paths.shown(os.fsdecode(b"\xff.png")).encode() == b"\\udcff.png"
