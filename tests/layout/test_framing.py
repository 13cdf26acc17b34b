"""Framing: everything is in the picture, whatever its shape, and no more room than needed is left."""
import math

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

import mm_blender as mm
from mm_blender.expression.sources import presets
from mm_blender.layout import framing, places
from mm_blender.layout.framing import Camera, frame, from_params, to_params
from random_scenes import random_settings

ASPECTS = (0.5, 1.0, 1.6, 2.4)


@pytest.mark.parametrize("seed", range(18))
@pytest.mark.parametrize("aspect", ASPECTS)
def test_matrices_and_texts_are_inside_the_picture(seed, aspect):
    text, setting = random_settings(seed)
    viz = mm.visualize(text, settings=setting, lettering="planes")
    camera = viz.framed(aspect)
    assert camera.sees(places.outline(viz.tree, viz.placement), aspect)
    for legend in viz.legends(camera):
        assert camera.sees(legend.corners(), aspect), legend.text


@pytest.mark.parametrize("name", sorted(presets()))
@pytest.mark.parametrize("aspect", ASPECTS)
def test_presets_are_inside_the_picture(name, aspect):
    viz = mm.visualize(name, lettering="planes")
    camera = viz.framed(aspect)
    assert camera.sees(places.outline(viz.tree, viz.placement), aspect)
    assert [text.text for text in viz.legends(camera) if not camera.sees(text.corners(), aspect)] == []


def cloud(seed):
    return np.random.default_rng(seed).normal(size=(12, 3)) * [9, 3, 20]


CLOUDS = st.integers(0, 2 ** 32 - 1).map(cloud)


@settings(max_examples=100)
@given(CLOUDS, st.floats(0.5, 3), st.floats(20, 60))
@example(cloud(15975697), 0.5, 57.0)  # whose nearest point the camera meets before the rest fills the picture
def test_points_fill_the_picture_with_a_small_margin(points, aspect, fov):
    camera = frame(points, aspect, fov=fov)
    assert camera.sees(points, aspect)
    x, y, z = camera.project(points).T
    half = math.tan(math.radians(camera.vertical_fov(aspect)) / 2)
    filled = max(np.ptp(x) / (2 * half * aspect), np.ptp(y) / (2 * half))
    if z.min() > 1e-5:  # else it stands as near as it may
        assert filled == pytest.approx(1 / 1.06, abs=0.005)
    assert filled < 1 / 1.06 + 0.005
    assert abs(x.min() + x.max()) < 0.2 * half * aspect and abs(y.min() + y.max()) < 0.2 * half


@given(CLOUDS)
def test_axes_are_a_right_handed_frame_and_projection_follows_them(points):
    camera = frame(points)
    axes = camera.axes()
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.cross(axes[0], axes[1]), axes[2], atol=1e-9)
    right, up, back = axes
    p = camera.position - 5 * back + 2 * right - up
    np.testing.assert_allclose(camera.project(p[None]), [[0.4, -0.2, 5]], atol=1e-9)


def test_straight_from_above_there_is_still_an_up():
    camera = Camera(np.array([0.0, 10, 0]), np.zeros(3))
    np.testing.assert_allclose(camera.axes(), [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-9)


@pytest.mark.parametrize("steep", [0.9, 8, 80, 400])
def test_from_nearly_above_up_is_still_the_vertical(steep):
    right, up, _ = Camera(np.array([1.0, steep, 0]), np.zeros(3)).axes()
    np.testing.assert_allclose(right, [0, 0, -1], atol=1e-9)
    assert up[1] > 0 and up[0] < 0


def test_what_is_behind_is_not_seen():
    camera = Camera(np.array([0.0, 0, 10]), np.zeros(3))
    assert camera.sees(np.zeros((1, 3))) and not camera.sees(np.array([[0.0, 0, 20]]))


@pytest.mark.parametrize("aspect, fov", [(2, 45), (1, 45), (0.5, 90), (0.1, 170)])
def test_a_high_picture_widens_its_field(aspect, fov):
    assert Camera(np.ones(3), np.zeros(3)).vertical_fov(aspect) == fov


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_cameras_survive_parameters(numbers):
    camera = Camera(np.array(numbers[:3]), np.array(numbers[3:]))
    again = from_params(to_params(camera))
    np.testing.assert_array_equal(again.position, camera.position)
    np.testing.assert_array_equal(again.target, camera.target)


def test_a_link_brings_its_camera_and_an_expression_is_framed():
    viz = mm.visualize("A @ B")
    assert viz.auto_framed and viz.params["cam"] == to_params(viz.camera)
    params = {**viz.params, "cam": {"x": 1, "y": 2, "z": 3}}
    given = mm.visualize(params)
    assert not given.auto_framed
    np.testing.assert_array_equal(given.camera.position, [1, 2, 3])
    np.testing.assert_array_equal(given.camera.target, [0, 0, 0])


def test_corners_of_a_box():
    assert {tuple(c) for c in framing.corners(np.zeros(3), np.ones(3))} == {
        (x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_what_turns_stays_in_the_picture(aspect):
    viz = mm.visualize("A @ B @ C", settings={"A.h": 9, "anim.spin": 4})
    camera = viz.framed(aspect)
    offset = camera.position - camera.target
    for angle in np.linspace(0, 2 * np.pi, 13):
        cos, sin = np.cos(angle), np.sin(angle)
        turned = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) @ offset
        assert Camera(camera.target + turned, camera.target).sees(places.outline(viz.tree, viz.placement), aspect)
