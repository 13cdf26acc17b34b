"""The pace of a sweep: how long each step takes, in its keys, its stills, its exports and its file."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.layout import pace
from mm_blender.options import PACES

bpy = pytest.importorskip("bpy")

from mm_blender.output import moment  # noqa: E402
from mm_blender.scene import compat, parts, sweep_frames, tags  # noqa: E402

SWEEP = {"anim.alg": "dotprod (row major)"}


def made(**options):
    return mm.visualize("C = A @ B", {"A": [[1, 2], [3, 4]], "B": [[5, 6], [7, 8]]}, settings=SWEEP, **options)


def cursor(viz, frame):
    head, = [obj for obj in parts.of(viz.collection, parts.SWEEP) if tags.PLAYHEAD in obj]
    curve, = compat.curves(head)
    return curve.evaluate(frame)


@pytest.mark.parametrize("asked, words", [
    ("brisk", "there is no pace 'brisk'; known are slow, then faster"), ([], "a list of 1 to 64"), (0, "above 0"),
    ([4, "x"], "not 'x'"), (True, "not True"), (float("nan"), "not nan"), ({"a": 1}, "pace must be")])
def test_what_is_no_pace_is_refused(asked, words):
    with pytest.raises(mm.ParameterError, match=words):
        made(pace=asked)


def test_one_of_the_two_says_how_long_a_step_takes():
    with pytest.raises(mm.ParameterError, match="leave one out"):
        made(pace="slow", frames_per_step=8)


def test_the_terminal_reads_a_pace():
    import argparse

    from mm_blender.cli.argument_types import paced

    assert [paced(text) for text in ("4", "48, 24,6", "slow, then faster")] == [4, (48, 24, 6), "slow, then faster"]
    for wrong in ("brisk", "0", "1,x"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"there is no pace '{wrong}'"):
            paced(wrong)


def test_every_word_has_a_curve():
    assert tuple(pace.CURVES) == PACES


def test_each_step_is_as_long_as_it_is_said_to_be(fresh_scene):
    viz = made(pace=[48, 12]).build()
    built, first = viz.built, fresh_scene.frame_start
    begins = [first + at for at in (0, 48, 60, 72, 84)]
    assert [cursor(viz, frame) for frame in begins] == pytest.approx([0, 1, 2, 3, 4], abs=1e-3)
    assert cursor(viz, first + 30) == pytest.approx(0, abs=1e-3)  # a slow step is seen at rest
    assert [moment.frame_of(built, step) for step in range(5)] == pytest.approx(begins, abs=1e-2)
    assert moment.step_at(built, first + 54) == pytest.approx(1.5, abs=1e-2)
    assert fresh_scene.frame_end == first + 84 - 1 + 12
    assert sweep_frames.of(viz.collection) == (first, fresh_scene.frame_end)


def test_frames_of_a_pace_are_of_a_film_of_24_and_a_duration_is_all_of_it(fresh_scene):
    viz = made(pace=[24, 6], fps=48).build()
    assert moment.frame_of(viz.built, 1) == pytest.approx(fresh_scene.frame_start + 48, abs=1e-2)
    viz.change(duration=3.5)
    assert moment.frame_of(viz.built, 4) == pytest.approx(fresh_scene.frame_start + 3.5 * 48, abs=1e-2)
    assert viz.document.paced(48)[0] == pytest.approx(4 * viz.document.paced(48)[1])
    viz.change(pace=None, duration=None)
    assert moment.frame_of(viz.built, 4) == pytest.approx(fresh_scene.frame_start + 16, abs=1e-2)


def test_a_pace_is_in_the_file(fresh_scene):
    viz = made(pace="slow, then faster").build()
    again, = mm.visualizations()
    assert again.options.pace == viz.options.pace == "slow, then faster"
    viz.change(pace=(12, 4))
    assert mm.visualizations()[0].options.pace == (12.0, 4.0)


def test_exports_go_by_it():
    from mm_blender.export import clouds, motion

    sweep = motion.of(clouds.Clouds(made(pace=[48, 12]).group))
    assert np.diff(sweep.times) == pytest.approx([2, 0.5, 0.5, 0.5])
