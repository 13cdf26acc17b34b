"""What a notebook shows: pictures, movies, visualizations; and what a prompt prints of them."""
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import mm_blender as mm
from mm_blender import display
from mm_blender.display import Picture

SMALL = {"left.h": 3, "left.w": 2, "right.w": 3}


def test_a_picture_is_a_path(tmp_path):
    path = Picture(tmp_path / "a.png")
    path.write_bytes(b"\x89PNG")
    assert path == tmp_path / "a.png" and os.fspath(path) == str(tmp_path / "a.png") and path.suffix == ".png"
    assert pickle.loads(pickle.dumps(path)) == path and {path: 1}[Path(path)] == 1
    assert repr(path) == f"Picture('{tmp_path}/a.png')"


@pytest.mark.parametrize("name, shown", [
    ("a.png", "_repr_png_"), ("a.jpg", "_repr_jpeg_"), ("a.JPEG", "_repr_jpeg_"), ("a.svg", "_repr_svg_"),
    ("a.pdf", "_repr_pdf_"), ("a.gif", "_repr_html_"), ("a.mp4", "_repr_html_"), ("a.webm", "_repr_html_"),
    ("a.webp", "_repr_html_"),
    ("a.exr", ""), ("a.tif", ""), ("frames", "")])
def test_a_picture_shows_itself_as_what_it_is(tmp_path, name, shown):
    path = Picture(tmp_path / name)
    path.write_bytes(b"<data>")
    ways = [way for way in dir(path) if way.startswith("_repr_")]
    said = {way: getattr(path, way)() for way in ways}
    assert {way for way, data in said.items() if data is not None} == ({shown} if shown else set())
    if shown == "_repr_html_":
        assert said[shown].startswith("<video" if name in ("a.mp4", "a.webm") else "<img")
        assert "PGRhdGE+" in said[shown]
    elif shown:
        assert said[shown] == ("<data>" if name == "a.svg" else b"<data>")


def test_a_picture_that_is_gone_or_large_shows_nothing(tmp_path, monkeypatch):
    path = Picture(tmp_path / "a.png")
    assert path._repr_png_() is None
    path.write_bytes(bytes(100))
    monkeypatch.setattr(display, "LARGEST", 99)
    assert path._repr_png_() is None


def test_the_prompt_prints_a_line():
    viz = mm.visualize("out = softmax(Q @ K.T) @ V", look="paper")
    assert repr(viz) == "<Visualization out = softmax(Q @ K.T) @ V: 5 matrices, 5,120 elements, look paper>"
    row = mm.side_by_side([viz, viz], titles=["a", "b"])
    assert repr(row) == "<Row of 2 visualizations: a, b>"
    assert repr(mm.side_by_side([viz])).startswith("<Row of 1 visualizations of <Visualization out")


@pytest.mark.outside
def test_printing_starts_no_blender():
    code = ("import sys, mm_blender as mm; viz = mm.visualize('L @ R'); repr(viz); str(viz); "
            "repr(mm.side_by_side([viz])); assert 'bpy' not in sys.modules and 'tqdm' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_what_cannot_be_rendered_breaks_no_cell(monkeypatch):
    viz = mm.visualize("L @ R", settings=SMALL)
    pytest.importorskip("bpy")
    monkeypatch.setattr(type(viz), "figure", lambda *_, **__: 1 / 0)
    with pytest.warns(mm.MMWarning, match="no picture of <Visualization L @ R.*division by zero"):
        assert viz._repr_png_() is None
    monkeypatch.setitem(sys.modules, "bpy", None)
    monkeypatch.delitem(sys.modules, "bpy")
    monkeypatch.setattr(display.importlib.util, "find_spec", lambda name: None)
    assert viz._repr_png_() is None


def names(bpy) -> dict:
    kinds = ("scenes", "objects", "meshes", "worlds", "cameras", "lights", "collections", "curves")
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}


@pytest.mark.slow
@pytest.mark.parametrize("built", [False, True])
def test_a_cell_shows_what_is_on_its_last_line(fresh_scene, built):
    """The picture is of all of it, and nothing of the session changes."""
    bpy = pytest.importorskip("bpy")
    viz = mm.visualize("L @ R", settings=SMALL)
    if built:
        viz.build()
    before = names(bpy), bpy.context.scene.render.resolution_x, bpy.context.scene.frame_current
    data = viz._repr_png_()
    assert data.startswith(b"\x89PNG") and int.from_bytes(data[16:20], "big") == 800
    assert (names(bpy), bpy.context.scene.render.resolution_x, bpy.context.scene.frame_current) == before


@pytest.mark.slow
def test_a_row_shows_itself(fresh_scene):
    bpy = pytest.importorskip("bpy")
    viz = mm.visualize("L @ R", settings=SMALL)
    before = names(bpy)
    data = mm.side_by_side([viz, viz.edited()], 2, ["one", "two"])._repr_png_()
    assert data.startswith(b"\x89PNG") and names(bpy) == before and not viz.is_built


def test_render_and_figure_return_what_displays(fresh_scene, tmp_path):
    pytest.importorskip("bpy")
    viz = mm.visualize("L @ R", settings=SMALL)
    still = viz.render(tmp_path / "a.png", (60, 40), 1, progress=False)
    page = viz.figure(tmp_path / "a.svg", (1, 1), 40, samples=1, keys=False)
    assert still._repr_png_() == (tmp_path / "a.png").read_bytes() and page._repr_svg_().startswith("<?xml")
