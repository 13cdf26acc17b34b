"""Hidden lines: pieces of lines end where something nearer begins."""
import numpy as np
import pytest

from mm_blender.layout.framing import Camera, KINDS
from mm_blender.output import hidden_lines

LINE = np.array([[[-2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_before_nothing_is_seen_whole(kind):
    camera = Camera(np.array([-1.0, 2.0, 9.0]), np.zeros(3), kind=kind)
    (number, ends), = hidden_lines.visible(LINE, camera, np.full((60, 90), np.inf), 1.5)
    assert number == 0 and np.allclose(ends, camera.page(LINE[0], 1.5))


def test_what_is_nearer_hides_its_part():
    camera = Camera(np.array([0.0, 0.0, 10.0]), np.zeros(3))
    depth = np.full((100, 100), np.inf)
    depth[:, 45:55] = -1.0  # a wall in the middle, a pitch nearer than the line
    pieces = [ends for _, ends in hidden_lines.visible(LINE, camera, depth, 1.0)]
    whole = camera.page(LINE[0])
    assert len(pieces) == 2
    assert np.allclose([pieces[0][0], pieces[1][1]], whole)
    assert pieces[0][1][0] == pytest.approx(0.45, abs=0.02) and pieces[1][0][0] == pytest.approx(0.55, abs=0.02)
    depth[:, 45:55] = 1.0  # behind it
    assert len(hidden_lines.visible(LINE, camera, depth, 1.0)) == 1
    depth[:] = -1.0
    assert hidden_lines.visible(LINE, camera, depth, 1.0) == []


def test_lines_behind_the_eye_or_out_of_the_picture_are_left_out():
    camera = Camera(np.array([0.0, 0.0, 10.0]), np.zeros(3))
    far = np.full((50, 50), np.inf)
    assert hidden_lines.visible(LINE + (0, 0, 20), camera, far, 1.0) == []
    assert hidden_lines.visible(LINE + (0, 90, 0), camera, far, 1.0) == []
