"""Appearance: sizes and colours by the reference's rules."""
import colorsys

import numpy as np
import pytest

import mm_blender as mm
from measured import ALL_LINKS, floats
from mm_blender.appearance import rules
from mm_blender.appearance.rules import edge, level, Scale, scale_of, srgb
from mm_blender.colour.srgb import hsl_to_rgb, srgb_to_linear
from mm_blender.expression.tree import nodes, Viz
from mm_blender.values.compute import Range

VIZ = Viz("global", 0.2, 0.4, 0.7, 1.25, 0.77, 0.74, 0.04)


def test_the_reference_measured():
    """Sizes and colours of measured values, on the scales that the reference's own ranges make."""
    seen = set()
    for case in ALL_LINKS:
        viz = mm.visualize(case["url"])
        by_path = {node.path: node for node in nodes(viz.tree)}
        ranges = {m["path"]: Range(m["absmax"], m["absmin"]) for m in case["matrices"]}
        over_all = max(r.absmax for r in ranges.values())
        for m in case["matrices"]:
            node = by_path[m["path"]]
            seen.add(node.viz.sensitivity)
            x, scale = floats(m["data"]), scale_of(node, ranges, over_all)
            size = floats(m["size"]) / 1000 * rules.EDGE
            np.testing.assert_allclose(edge(x, scale, node.viz), size, atol=2e-3)
            drawn = x != 0
            wrong = np.abs(srgb(x, scale, node.viz) - floats(m["color"], 3))[drawn]
            assert wrong.size == 0 or wrong.max() < 0.01, (case["id"], m["path"])
    assert len(seen) > 1


@pytest.mark.parametrize("sensitivity, low, high", [
    ("global", 0, 9), ("local", 0, 4), ("semilocal", 0, 6), ("superlocal", 1, 4)])
def test_sensitivities(sensitivity, low, high):
    viz = mm.visualize("A @ B", settings={"sensitivity": sensitivity})
    ranges = {"root": Range(9, 0), "root.left": Range(4, 1), "root.right": Range(2, 0)}
    assert scale_of(viz.tree.left, ranges, 9) == Scale(low, high)
    if sensitivity == "superlocal":
        assert scale_of(viz.tree.left, ranges, 9, interior=True) == Scale(0, 4)


def test_levels():
    x = np.array([-4, -2, 0, 1, 3, 8, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(level(x, Scale(0, 4)), [-1, -0.5, 0, 0.25, 0.75, 1, 1, -1, np.nan])
    np.testing.assert_array_equal(level(x, Scale(2, 4)), [-1, 0, 0, 0, 0.5, 1, 1, -1, np.nan])
    np.testing.assert_array_equal(level(x, Scale(3, 3)), [0, 0, 0, 0, 0, 0, 1, -1, np.nan])


def test_edges():
    x = np.array([0, -0.0, 1e-9, 1, -4, 9, np.inf, -np.inf, np.nan])
    full = 0.8 * 1.25
    expected = [0, 0, 0.2, 0.2 + 0.8 * 0.5, 1, 1, 1, 1, 1]
    np.testing.assert_allclose(edge(x, Scale(0, 4), VIZ), np.array(expected) * full, atol=1e-4)
    assert full == pytest.approx(1)  # the largest touch at the default scale


def test_zero_and_negative_zero_are_not_drawn_whatever_the_scale():
    for scale in (Scale(0, 0), Scale(0, 1), Scale(1, 1)):
        assert (edge(np.array([0.0, -0.0]), scale, VIZ) == 0).all()


def test_colours_of_signs_and_magnitudes():
    def hls(x):
        return colorsys.rgb_to_hls(*srgb(np.array([x]), Scale(0, 1), VIZ)[0])

    for sign in (1, -1):
        hue, light, saturation = hls(sign * 1.0)
        assert hue == pytest.approx((0.77 + sign * 0.78) % 1) and saturation == pytest.approx(1)
        assert light == pytest.approx(0.7)
    assert hls(0.25)[1] == pytest.approx(0.4 + 0.3 * 0.5)
    assert hls(1e-12)[1] == pytest.approx(0.4, abs=1e-5)


def test_hsl_is_that_of_the_standard_library():
    hue, light = (g.ravel() for g in np.meshgrid(np.linspace(0, 1, 25), np.linspace(0, 1, 11)))
    expected = [colorsys.hls_to_rgb(h, v, 1) for h, v in zip(hue, light)]
    np.testing.assert_allclose(hsl_to_rgb(hue, light), expected, atol=1e-12)


@pytest.mark.parametrize("c, linear", [(0, 0), (0.04045, 0.0031308), (0.5, 0.2140411), (1, 1)])
def test_the_srgb_curve(c, linear):
    assert srgb_to_linear(np.array(c)) == pytest.approx(linear, abs=1e-6)


def test_a_dark_minimum_never_turns_black():
    assert srgb(np.array([1e-12]), Scale(0, 1), Viz("global", 0.2, 0.0, 0.0, 1.25, 0.77, 0.74, 0.04)).max() > 0
