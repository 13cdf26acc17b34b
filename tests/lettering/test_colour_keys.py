"""Keys: which bars there are, and their ticks."""
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

import mm_blender as mm
from mm_blender.appearance import scaling
from mm_blender.appearance.rules import EDGE, srgb
from mm_blender.document import make, plane_texts
from mm_blender.lettering import colour_keys
from mm_blender.values import compute

DATA = {"A": np.array([[1.0, -2.0], [0.5, 4.0]]), "B": np.array([[10.0, 1.0], [0.0, 3.0]])}


def bars(viz):
    return colour_keys.bars(viz.tree, viz.scaling)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_steps_are_round_and_inside(low, width, size, most):
    low, width = low * size, width * size
    ticks = colour_keys.steps(low, low + width, most)
    assert len(ticks) <= most and all(low - 1e-6 * width <= t <= low + width * (1 + 1e-6) for t in ticks)
    if len(ticks) > 2:
        step = min(np.diff(ticks))
        np.testing.assert_allclose(np.diff(ticks), step, rtol=1e-4)
        assert round(step / 10 ** np.floor(np.log10(step * (1 + 1e-9))), 3) in (1, 2, 5)


def test_steps_and_how_they_are_written():
    assert colour_keys.steps(-6.2, 6.2) == [-6, -4, -2, 0, 2, 4, 6] and colour_keys.steps(0, 1) == [0, 0.2, 0.4, 0.6,
                                                                                                    0.8, 1]
    assert list(colour_keys.spelled([-0.5, 0, 2e-5, 123456.0]).values()) == ["\u22120.5", "0", "2e\u22125", "1.235e5"]


def test_one_bar_for_all_that_look_alike():
    (only,) = bars(mm.visualize("A @ B", data=DATA))
    assert only.names == ("A", "B", "A @ B") and only.title == "A, B, A @ B" and only.whole
    local = bars(mm.visualize("A @ B", data=DATA, settings={"sensitivity": "local"}))
    assert [bar.title for bar in local] == ["A", "B", "A @ B"]
    assert [bar.scale.high for bar in local] == [4, 10, 12.5]
    own = bars(mm.visualize("A @ B", data=DATA, settings={"B.cmap": "mm:dark"}))
    assert [bar.title for bar in own] == ["A, A @ B", "B"]


def test_many_names_are_cut_short():
    viz = mm.visualize("A @ B @ C @ D")
    assert bars(viz)[0].title == "all matrices"
    first, second = bars(viz.edited({"D.cmap": "mm:dark"}))
    assert first.title.endswith("and 3 more") and second.title == "D"


def test_nothing_to_explain():
    assert bars(mm.visualize("A @ B", data={"A": np.zeros((2, 2)), "B": np.zeros((2, 2))})) == []


@pytest.mark.parametrize("settings", [
    {}, {"cmap": "mm:paper"}, {"cmap": "mm:dark", "norm": "log"}, {"norm": "symlog"}, {"sensitivity": "superlocal"},
    {"cmap": "viridis"}, {"cmap": "viridis", "norm": "log", "vmin": 0.5}, {"cmap": "viridis", "vmin": 0, "vmax": 20},
    {"cmap": "viridis", "norm": "symlog"}])
def test_ticks_stand_where_their_values_colours_are(settings):
    if settings.get("cmap") == "viridis":
        pytest.importorskip("cmap")
    viz = mm.visualize("A @ B", data=DATA, settings=settings)
    for bar in bars(viz):
        assert len(bar.ticks) >= 2
        path = next(node.path for node in (viz.tree.left, viz.tree.right, viz.tree) if node.name == bar.names[0])
        values = np.array([float(tick.text.replace("\u2212", "-")) for tick in bar.ticks])
        shares = np.array([tick.share for tick in bar.ticks])
        assert (np.diff(shares) > 0).all() and 0 <= shares[0] and shares[-1] <= 1
        some = (values != 0) & (np.abs(values) > bar.scale.low)  # the hue scheme has a step at zero
        np.testing.assert_allclose(bar.srgb(shares)[some], srgb(values, bar.scale, bar.viz, viz.span(path))[some],
                                   atol=2e-3)


def test_sizes_are_those_of_elements():
    (bar,) = bars(mm.visualize("A @ B", data={"A": np.eye(2), "B": np.eye(2)}))
    assert [size.value for size in bar.sizes] == [1, 0.2, 0.05, 0.01]
    assert bar.sizes[0].edge == pytest.approx(EDGE * bar.viz.elem_scale)
    assert bar.sizes[1].edge / bar.sizes[0].edge == pytest.approx(0.2 + 0.8 * np.sqrt(0.2))


def test_the_picture_has_room_for_keys():
    for settings in ({}, {"sensitivity": "local"}):
        viz = mm.visualize("A @ B", data=DATA, keys=True, settings=settings, lettering="planes")
        for aspect in (1.0, 1.6, 0.7):
            camera = viz.framed(aspect)
            assert camera.sees(plane_texts.key_corners(viz.document, camera), aspect)
    assert len(plane_texts.key_corners(mm.visualize("A @ B").document, viz.camera)) == 0


@pytest.mark.parametrize("settings", [{}, {"cmap": "mm:paper"}, {"norm": "symlog"}])
def test_a_bar_shows_the_side_of_zero_on_which_there_are_values(settings):
    usual = {"sensitivity": "local", **settings}
    for text, low, high in (("p = softmax(A @ B)", 0, 1), ("p = relu(A @ B)", 0, None), ("p = sigmoid(A @ B)", 0, 1)):
        viz = mm.visualize(text, settings=usual)
        bar = next(bar for bar in bars(viz) if bar.title == "p")
        values = [float(tick.text.replace("\u2212", "-")) for tick in bar.ticks]
        assert bar.part == (0.5, 1.0) and min(values) == low and bar.ticks[0].share == pytest.approx(0, abs=1e-6)
        assert high is None or max(values) <= high
        some = np.array([tick.share for tick in bar.ticks[1:]])
        np.testing.assert_allclose(bar.srgb(some), srgb(np.array(values[1:]), bar.scale, bar.viz, viz.span("root")),
                                   atol=2e-3)
        assert all(other.part == (0.0, 1.0) for other in bars(viz) if other is not bar and other.title != "p")
    (minus,) = [bar for bar in bars(mm.visualize("p = A @ B", settings=usual, data={
        "A": np.ones((2, 2)), "B": -np.ones((2, 2))})) if bar.title == "p"]
    assert minus.part == (0.0, 0.5) and minus.ticks[-1].text == "0"


def test_an_end_that_is_set_is_shown():
    viz = mm.visualize("p = softmax(A @ B)", settings={"sensitivity": "local", "p.vmin": -2})
    assert [bar.part for bar in bars(viz) if "p" in bar.names] == [(0.0, 1.0)]


def test_percentiles_scales_and_courses_are_worked_out_once(monkeypatch):
    """For the keys, the colours, what is inside boxes, and the numbers on cubes together."""
    counts = Counter()
    for module, name in ((compute, "percentile"), (scaling, "span_of"), (scaling, "scale_of"), (scaling, "course_of")):
        plain = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *what, plain=plain, name=name, **how: counts.update([name])
                            or plain(*what, **how))
    viz = mm.visualize("A @ B @ C", settings={"viz.percentile": 99, "viz.norm": "symlog", "viz.cmap": "viridis"})
    for _ in range(3):
        bars(viz), viz.scales(), viz.courses(), viz.colours(), viz.span("root"), viz.span("root.left")
        viz.scaling.inside(viz.tree, 2.0)
    assert counts == {"percentile": 5, "span_of": 5, "scale_of": 5, "course_of": 5}
    assert make.edited(viz.document, anew=True).scaling.scales
    assert counts["percentile"] == 10  # of what may be other values


def test_scales_that_are_handed_out_are_nobody_elses():
    viz = mm.visualize("A @ B")
    viz.scales().clear(), viz.courses().clear(), viz.colours().clear()
    assert len(viz.scales()) == len(viz.courses()) == len(viz.colours()) == 3


@pytest.mark.parametrize("count, across, down", [(1, 1, 1), (2, 1, 2), (3, 2, 2), (6, 2, 3), (7, 3, 3), (9, 3, 3)])
def test_keys_stand_in_a_grid_that_grows_to_three_abreast(count, across, down):
    assert colour_keys.grid(count) == (across, down)
