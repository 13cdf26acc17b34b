"""Movies of the sidebar: each format that is offered, what is written beside, and what is refused."""
import pytest

import mm_blender as mm
from extension_module import registered  # noqa: F401

bpy = pytest.importorskip("bpy")

from mm_blender.output import delivery  # noqa: E402
from mm_blender.system import file_formats  # noqa: E402


@pytest.fixture
def own(fresh_scene, tmp_path):
    mm.visualize("C = A @ B", {"A": [[1, 2]], "B": [[3], [4]]}, frames_per_step=1,
                 settings={"anim.alg": "dotprod (row major)"}).build()
    render, own = fresh_scene.render, fresh_scene.mm
    render.resolution_x, render.resolution_y = 32, 20
    own.samples, own.engine, own.output = 1, "workbench", str(tmp_path)
    return own


def test_what_is_offered_is_all_that_there_is(own):
    offered = own.bl_rna.properties["movie"].enum_items.keys()
    known = [ending for each in file_formats.written_by("render") if each.moves for ending in each.endings]
    expected = {f"{ending[1:]} {codec}" for ending, codecs in delivery.CODECS.items() for codec in codecs}
    assert set(offered) == expected | {ending[1:] for ending in known if ending not in delivery.CODECS} | {"frames"}


@pytest.mark.parametrize("movie, ending", [("gif", ".gif"), ("webp", ".webp"), ("webm vp9", ".webm"), ("frames", "")])
def test_a_movie_of_each_kind(own, tmp_path, movie, ending):
    own.movie, own.poster = movie, "last"
    bpy.ops.mm.render_movie()
    assert (tmp_path / f"C_A_B{ending}").exists()
    assert (tmp_path / "C_A_B.png").read_bytes().startswith(b"\x89PNG")


def test_words_and_rate(own, tmp_path):
    viz, = mm.visualizations()
    own.movie, own.captions = "gif", True
    with pytest.raises(RuntimeError, match="tells no story"):
        bpy.ops.mm.render_movie()
    viz.story([{"words": "So.", "sweep": "end", "pace": 1, "seconds": 1}])
    viz.collection.mm.fps = 6
    assert mm.visualizations()[0].options.fps == 6
    bpy.ops.mm.render_movie()
    assert "So." in (tmp_path / "C_A_B.srt").read_text("utf-8")
    viz.collection.mm.fps = 0
    assert mm.visualizations()[0].options.fps is None


@pytest.mark.parametrize("said, words", [
    ({"movie": "gif", "sound": "/nowhere/hum.wav"}, "is not there"),
    ({"movie": "frames", "loop": "yes"}, "do not repeat"),
    ({"movie": "gif", "poster": "at", "poster_at": 99.0}, "seconds long")])
def test_what_a_movie_cannot_have_is_refused(own, said, words):
    for name, value in said.items():
        setattr(own, name, value)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.mm.render_movie()


def test_a_named_file_is_of_its_own_kind(own, tmp_path):
    own.movie, own.loop = "mp4 av1", "no"
    bpy.ops.mm.render_movie(filepath=str(tmp_path / "own.gif"))
    assert b"NETSCAPE" not in (tmp_path / "own.gif").read_bytes()


def test_the_pace_of_a_sweep(own):
    viz, = mm.visualizations()
    viz.change(frames_per_step=4)
    live = viz.collection.mm
    for written, meant in (("48, 12", (48, 12)), ("8", 8), ("at once", "at once"), ("", None)):
        live.pace = written
        assert (live.pace, mm.visualizations()[0].options.pace) == (written, meant)
    live.pace = "brisk"
    assert mm.visualizations()[0].options.pace is None
