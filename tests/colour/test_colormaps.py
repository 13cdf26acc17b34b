"""Colormaps: names, shares, ranges, norms, and the ramps that Blender gets."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.appearance.rules import course_of, level, Scale, scale_of, Span, span_of, srgb
from mm_blender.colour import colormaps
from mm_blender.colour.srgb import srgb_to_linear
from mm_blender.expression.links import decode
from mm_blender.expression.tree import Viz
from mm_blender.values.compute import Range

SOME = {"A": np.array([[1.0, -2.0], [0.5, 4.0]]), "B": np.eye(2)}


def viz_of(**settings) -> Viz:
    return Viz("global", 0.2, 0.4, 0.7, 1.25, 0.77, 0.74, 0.04, **settings)


@pytest.fixture
def maps():
    return pytest.importorskip("cmap")


def lab(linear):
    return colormaps._lab(np.asarray(linear))


@pytest.mark.parametrize("name", [*colormaps.OURS, "vik", "RdBu", "viridis", "jet", "hsv", "cubehelix", "tab10"])
def test_ramps_are_the_map(name):
    """Straight in linear light between the stops of each ramp, as Blender does it, is the map to less than is seen."""
    if name not in colormaps.OURS:
        pytest.importorskip("cmap")
    found, ramps = colormaps.find(name), colormaps.ramps(name)
    t = (np.arange(5000) + 0.5) / 5000
    part = np.minimum((t * len(ramps)).astype(int), len(ramps) - 1)
    got = np.zeros((len(t), 3))
    for index, stops in enumerate(ramps):
        assert 2 <= len(stops) <= 32
        positions, colours = np.array([p for p, _ in stops]), np.array([c for _, c in stops])
        assert positions[0] == 0 and (np.diff(positions) > 0).all() and positions[-1] <= 1
        here = part == index
        at = t[here] * len(ramps) - index
        got[here] = colours[np.searchsorted(positions, at, "right") - 1] if found.stepped else \
            np.stack([np.interp(at, positions, channel) for channel in colours.T], -1)
    assert np.linalg.norm(lab(got) - lab(srgb_to_linear(found.at(t))), axis=-1).max() < 0.5


def test_ours_recede_towards_the_ground_and_tell_signs_apart():
    for name, towards in (("mm:paper", 1), ("mm:dark", -1), ("mm:blueprint", -1)):
        light = lab(srgb_to_linear(colormaps.find(name).at(np.linspace(0, 1, 201))))[:, 0]
        assert (np.diff(light[:100]) * towards > 0).all() and (np.diff(light[101:]) * towards < 0).all()
        negative, positive = lab(srgb_to_linear(colormaps.find(name).at(np.array([0.3, 0.7]))))
        assert negative[2] > 10 and positive[2] < -10  # yellow and blue, which all but a few eyes tell apart
    assert lab(srgb_to_linear(colormaps.find("mm:paper").at(0.5)))[0] < 88  # not white


def test_reversed(maps):
    t = np.linspace(0, 1, 9)
    for name in ("vik", "mm:paper", "RdBu"):
        np.testing.assert_allclose(colormaps.find(name + "_r").at(t), colormaps.find(name).at(1 - t), atol=1e-12)
    assert (colormaps.find("tab10_r").at(0.01) == colormaps.find("tab10").at(0.99)).all()


def test_names_are_found_as_people_write_them(maps):
    assert colormaps.find("crameri:berlin").signed and colormaps.find("RdBu").signed
    assert not colormaps.find("viridis").signed and colormaps.is_signed("hue")
    np.testing.assert_array_equal(colormaps.find("VIK").colours, colormaps.find("crameri:vik").colours)
    assert {"auto", "hue", "mm:paper", "vik", "viridis"} <= set(colormaps.names())
    assert colormaps.find("viridis").at(0.0) == pytest.approx([0.267004, 0.004874, 0.329415], abs=1e-3)


@pytest.mark.parametrize("settings, said", [
    ({"viz.cmap": "virdis"}, "did you mean 'viridis'"), ({"viz.cmap": "mm:papper"}, "ours are mm:paper"),
    ({"viz.cmap": 3}, "name of a colormap"), ({"viz.norm": "lin"}, "did you mean 'linear'"),
    ({"viz.vmin": 2, "viz.vmax": 1}, "must be below"), ({"viz.vmin": "much"}, "must be a number"),
    ({"viz.norm": "log", "viz.vmin": -1}, "above 0"), ({"viz.percentile": 0}, "above 50"),
    ({"viz.vmax": float("nan")}, "finite"), ({"A.cmap": "virdis"}, "did you mean 'viridis'")])
def test_what_cannot_be_is_said(maps, settings, said):
    with pytest.raises(mm.ParameterError, match=said):
        mm.visualize("A @ B", settings=settings)


def test_without_the_package(monkeypatch):
    import sys

    colormaps.find.cache_clear()
    monkeypatch.setitem(sys.modules, "cmap", None)
    with pytest.raises(mm.ParameterError, match="pip install cmap"):
        mm.visualize("A @ B", settings={"cmap": "plasma"})
    assert mm.visualize("A @ B", settings={"cmap": "mm:paper"}).tree.viz.cmap == "mm:paper"


def test_auto_is_what_suits_the_look():
    assert [mm.visualize("A @ B", look=look).tree.viz.cmap for look in ("dark", "paper", "flat", "unlit")] == \
        ["hue", "mm:paper", "hue", "hue"]
    assert mm.visualize("A @ B", look="paper", settings={"cmap": "hue"}).tree.left.viz.cmap == "hue"


def test_settings_are_inherited_and_go_into_links():
    viz = mm.visualize("(A @ B) @ C", settings={"cmap": "mm:dark", "left.viz.vmax": 3, "C.cmap": "hue", "B.vmax": "5"})
    tree = viz.tree
    assert (tree.viz.cmap, tree.left.viz.cmap, tree.right.viz.cmap) == ("mm:dark", "mm:dark", "hue")
    assert (tree.viz.vmax, tree.left.viz.vmax, tree.left.left.viz.vmax, tree.left.right.viz.vmax) == (None, 3, 3, 5)
    for compress in (True, False):
        again = mm.visualize(viz.edited({"C.vmin": "auto"}).link(compress)).tree
        assert (again.right.viz, again.left.right.viz) == (tree.right.viz, tree.left.right.viz)
    assert viz.edited({"C.cmap": "auto", "B.vmax": "auto"}).tree.left.right.viz.vmax is None
    assert "cmap" not in decode(mm.visualize("A @ B").link())["viz"]  # links of what has none stay as they were


def test_a_fixed_range_is_the_same_for_all_data():
    for data in (SOME, {"A": SOME["A"] * 3, "B": SOME["B"]}):
        viz = mm.visualize("A @ B", data=data, settings={"vmax": 8})
        assert set(viz.scales().values()) == {Scale(0, 8)}
    viz = mm.visualize("A @ B", data=SOME, settings={"vmin": -8, "vmax": 2})
    assert viz.scales()["root"] == Scale(0, 8)  # zero in the middle


def test_scales_of_fixed_ranges(maps):
    node = mm.visualize("A @ B", settings={"sensitivity": "superlocal"}).tree.left
    from dataclasses import replace

    def scale(**settings):
        return scale_of(replace(node, viz=replace(node.viz, **settings)), {"root.left": Range(4, 1)}, 9)
    assert scale() == Scale(1, 4) and scale(vmax=6.0) == Scale(1, 6) and scale(vmax=0.5) == Scale(0.5, 0.5)
    assert scale(cmap="viridis", vmax=2.0) == Scale(1, 4)          # the least value may be -4
    assert scale(cmap="viridis", vmin=0.0, vmax=2.0) == Scale(1, 2)
    assert scale(norm="log", vmin=0.1) == Scale(1, 4) and scale(norm="log", vmin=0.1, vmax=10.0) == Scale(1, 10)


def test_sequential_maps_run_from_the_least_to_the_greatest(maps):
    viz, span = viz_of(cmap="viridis"), Span(-2.0, 4.0, 0.5)
    ends = colormaps.find("viridis").colours[[0, -1]]
    np.testing.assert_allclose(srgb(np.array([-2.0, 4.0]), Scale(0, 4), viz, span), ends, atol=1e-9)
    np.testing.assert_allclose(srgb(np.array(1.0), Scale(0, 4), viz, span), colormaps.find("viridis").at(0.5),
                               atol=1e-9)
    fixed = viz_of(cmap="viridis", vmin=0.0, vmax=2.0)
    np.testing.assert_allclose(srgb(np.array([-1.0, 0.0, 2.0, 9.0]), Scale(0, 2), fixed, span), ends[[0, 0, 1, 1]],
                               atol=1e-9)


def test_diverging_maps_have_zero_in_the_middle(maps):
    x = np.array([-4.0, -1.0, 0.0, 1.0, 4.0])
    np.testing.assert_allclose(srgb(x, Scale(0, 4), viz_of(cmap="vik")),
                               colormaps.find("vik").at(np.array([0, 0.375, 0.5, 0.625, 1])), atol=1e-9)


def test_norms():
    x, scale = np.array([-100.0, -1.0, 0.01, 0.1, 1.0, 10.0, 100.0]), Scale(0, 100)
    log = course_of(viz_of(norm="log", vmin=0.1), scale)
    np.testing.assert_allclose(log.position(level(x, scale)), np.array([-3, -1, 0, 0, 1, 2, 3]) / 6 + 0.5, atol=1e-9)
    own = course_of(viz_of(norm="log"), scale, Span(-100, 100, 0.01))
    np.testing.assert_allclose(own.position(level(x, scale))[2:], np.array([0, 1, 2, 3, 4]) / 8 + 0.5, atol=1e-9)
    symmetric = course_of(viz_of(norm="symlog"), scale)
    at = symmetric.position(level(np.linspace(-100, 100, 401), scale))
    assert (np.diff(at) > 0).all() and at[200] == 0.5
    np.testing.assert_allclose(at + at[::-1], 1, atol=1e-9)


def test_percentiles_leave_out_the_largest():
    x = np.ones((10, 10))
    x[3, 4] = 1000
    given = {"A": x, "B": np.eye(10)}
    assert mm.visualize("A @ B", data=given).scales()["root.left"].high == 1000
    assert mm.visualize("A @ B", data=given, settings={"percentile": 98}).scales()["root.left"].high == 1
    assert span_of(x, 98).greatest == 1 and span_of(np.array([np.nan, 3, 0]), 100) == Span(0, 3, 3)
