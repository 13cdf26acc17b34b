"""Keys: which bars there are, and their ticks."""
import numpy as np
import pytest
from hypothesis import given, strategies as st

import mm_blender as mm
from mm_blender import keys
from mm_blender.appearance import EDGE, srgb

DATA = {"A": np.array([[1.0, -2.0], [0.5, 4.0]]), "B": np.array([[10.0, 1.0], [0.0, 3.0]])}


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-6, 1e6), st.integers(2, 12))
def test_steps_are_round_and_inside(low, width, size, most):
    low, width = low * size, width * size
    ticks = keys.steps(low, low + width, most)
    assert len(ticks) <= most and all(low - 1e-6 * width <= t <= low + width * (1 + 1e-6) for t in ticks)
    if len(ticks) > 2:
        step = min(np.diff(ticks))
        np.testing.assert_allclose(np.diff(ticks), step, rtol=1e-4)
        assert round(step / 10 ** np.floor(np.log10(step * (1 + 1e-9))), 3) in (1, 2, 5)


def test_steps_and_how_they_are_written():
    assert keys.steps(-6.2, 6.2) == [-6, -4, -2, 0, 2, 4, 6] and keys.steps(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert list(keys.spelled([-0.5, 0, 2e-5, 123456.0]).values()) == ["\u22120.5", "0", "2e\u22125", "1.235e5"]


def test_one_bar_for_all_that_look_alike():
    (only,) = keys.bars(mm.visualize("A @ B", data=DATA))
    assert only.names == ("A", "B", "A @ B") and only.title == "A, B, A @ B" and only.whole
    local = keys.bars(mm.visualize("A @ B", data=DATA, settings={"sensitivity": "local"}))
    assert [bar.title for bar in local] == ["A", "B", "A @ B"]
    assert [bar.scale.high for bar in local] == [4, 10, 12.5]
    own = keys.bars(mm.visualize("A @ B", data=DATA, settings={"B.cmap": "mm:dark"}))
    assert [bar.title for bar in own] == ["A, A @ B", "B"]


def test_many_names_are_cut_short():
    viz = mm.visualize("A @ B @ C @ D")
    assert keys.bars(viz)[0].title == "all matrices"
    first, second = keys.bars(viz.edited({"D.cmap": "mm:dark"}))
    assert first.title.endswith("and 3 more") and second.title == "D"


def test_nothing_to_explain():
    assert keys.bars(mm.visualize("A @ B", data={"A": np.zeros((2, 2)), "B": np.zeros((2, 2))})) == []


@pytest.mark.parametrize("settings", [
    {}, {"cmap": "mm:paper"}, {"cmap": "mm:dark", "norm": "log"}, {"norm": "symlog"}, {"sensitivity": "superlocal"},
    {"cmap": "viridis"}, {"cmap": "viridis", "norm": "log", "vmin": 0.5}, {"cmap": "viridis", "vmin": 0, "vmax": 20},
    {"cmap": "viridis", "norm": "symlog"}])
def test_ticks_stand_where_their_values_colours_are(settings):
    if settings.get("cmap") == "viridis":
        pytest.importorskip("cmap")
    viz = mm.visualize("A @ B", data=DATA, settings=settings)
    for bar in keys.bars(viz):
        assert len(bar.ticks) >= 2
        path = next(node.path for node in (viz.tree.left, viz.tree.right, viz.tree) if node.name == bar.names[0])
        values = np.array([float(tick.text.replace("\u2212", "-")) for tick in bar.ticks])
        shares = np.array([tick.share for tick in bar.ticks])
        assert (np.diff(shares) > 0).all() and 0 <= shares[0] and shares[-1] <= 1
        some = (values != 0) & (np.abs(values) > bar.scale.low)  # the hue scheme has a step at zero
        np.testing.assert_allclose(bar.srgb(shares)[some], srgb(values, bar.scale, bar.viz, viz.span(path))[some],
                                   atol=2e-3)


def test_sizes_are_those_of_elements():
    (bar,) = keys.bars(mm.visualize("A @ B", data={"A": np.eye(2), "B": np.eye(2)}))
    assert [size.value for size in bar.sizes] == [1, 0.2, 0.05, 0.01]
    assert bar.sizes[0].edge == pytest.approx(EDGE * bar.viz.elem_scale)
    assert bar.sizes[1].edge / bar.sizes[0].edge == pytest.approx(0.2 + 0.8 * np.sqrt(0.2))


def test_the_picture_has_room_for_keys():
    for settings in ({}, {"sensitivity": "local"}):
        viz = mm.visualize("A @ B", data=DATA, keys=True, settings=settings)
        for aspect in (1.0, 1.6, 0.7):
            camera = viz.framed(aspect)
            assert camera.sees(viz.key_corners(camera), aspect)
    assert len(mm.visualize("A @ B").key_corners(viz.camera)) == 0
