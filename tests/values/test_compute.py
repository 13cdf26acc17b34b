"""Values: products, ranges, and sizes refused before memory is taken."""
import time
import tracemalloc

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.values import compute
from mm_blender.values.compute import matmul, Range, ranges

RNG = np.random.default_rng(0)


def test_a_whole_expression():
    q, k, v = RNG.normal(size=(6, 4)), RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3))
    viz = mm.visualize("out = (attn = softmax(Q @ K.T / sqrt(k))) @ (V * 2)", data={"Q": q, "K": k, "V": v})
    e = np.exp(q @ k.T / 2)
    attn = e / e.sum(1, keepdims=True)
    expected = {"root.left.left": q, "root.left.right": k.T, "root.left": attn, "root.right": 2 * v,
                "root": attn @ (2 * v)}
    assert set(viz.values) == set(expected)
    for path, x in viz.values.items():
        assert x.dtype == np.float32 and x.flags.c_contiguous
        np.testing.assert_allclose(x, expected[path], atol=1e-6)


def test_scales_come_before_a_leafs_epilogs():
    viz = mm.visualize("relu(A) @ B", data={"A": [[1.0, -2.0]]}, settings={"A.mm_scale": -3})
    np.testing.assert_array_equal(viz.values["root.left"], [[0, 6]])


def test_small_products_cancel_exactly():
    a = np.array([[1e8, 1, -1e8]], np.float32)
    assert matmul(a, np.ones((3, 1), np.float32)) == 1


def test_large_products_are_numpys_own(monkeypatch):
    monkeypatch.setattr(compute, "WIDE_SUMS", 0)
    a = RNG.random((30, 40), np.float32)
    found = matmul(a, a.T)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, a @ a.T)


def test_data_is_not_changed_and_not_shared():
    a = np.ones((3, 3), np.float32)
    viz = mm.visualize("A @ B", data={"A": a}, settings={"A.mm_scale": 2})
    assert viz.values["root.left"].max() == 2 and a.max() == 1


@pytest.mark.parametrize("text, data, settings", [
    ("A @ B", {"A": np.full((2, 2), 1e25), "B": np.full((2, 2), 1e25)}, {}),
    ("A @ B * 1e30", {"A": np.full((2, 2), 1e25), "B": np.ones((2, 2))}, {}),
    ("A ** 2 @ B", {"A": np.full((2, 2), 1e25), "B": np.ones((2, 2))}, {}),
    ("A @ B + b", {"A": np.full((2, 2), 1e38), "B": np.ones((2, 2)), "b": np.full(2, 2e38)}, {}),
    ("A @ B", {}, {"A.init": "uniform", "A.max": 100, "A.mm_scale": 3e38}),
])
def test_infinities_that_nobody_has_given_are_said(text, data, settings):
    with pytest.warns(mm.MMWarning, match="too large for float32"):
        mm.visualize(text, data=data, settings=settings).values


def test_infinities_that_were_given_are_data(recwarn):
    mm.visualize("softmax(A @ B + m) @ C", data={"A": np.ones((2, 2)), "B": np.ones((2, 2)), "C": np.ones((2, 2)),
                                                 "m": [[0, -np.inf], [0, 0]]}).values
    mm.visualize("A @ B + m", data={"A": np.ones((2, 2)), "B": np.ones((2, 2)), "m": [[0, -np.inf], [0, 0]]}).values
    assert not recwarn.list


def test_overflow_and_nan_are_data(recwarn):
    viz = mm.visualize("A @ B", data={"A": [[1e30, np.nan], [np.inf, 1]], "B": [[1e30, 0], [1, 1]]})
    assert np.isnan(viz.values["root"][0]).all() and np.isinf(viz.values["root"][1, 0])
    viz.scales(), viz.info()
    assert not recwarn.list


@pytest.mark.parametrize("x, expected", [
    ([[1, -3], [2, 0.5]], (3, 0.5)), ([[0, -3]], (3, 0)), ([[0, 0]], (0, 0)), ([[-0.0, 2]], (2, 0)),
    ([[np.nan, 2, -5]], (5, 2)), ([[np.inf, -2, 1]], (2, 1)), ([[-np.inf, np.inf, np.nan]], (0, 0)),
    ([[np.nan, 0, 4]], (4, 0)), ([[3.4e38, -3.4e38]], (3.4e38, 3.4e38))])
def test_ranges_are_of_what_is_finite(x, expected):
    found = ranges({"m": np.array(x, np.float32)})["m"]
    assert found == Range(*(float(np.float32(value)) for value in expected))


@pytest.mark.parametrize("settings, words", [
    ({"A.h": 10 ** 6, "B.w": 10 ** 6}, "1,000,064,000,000 elements; Blender holds at most 2,147,483,647"),
    ({"A.h": 10 ** 12}, "elements; Blender holds at most"),
    ({"A.w": "1e15"}, "elements; Blender holds at most"),
])
def test_too_many_elements_are_refused_at_once(settings, words):
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(mm.SizeError, match=words):
        mm.visualize("A @ B", settings=settings, reduce="none").values
    assert time.perf_counter() - start < 5
    assert tracemalloc.get_traced_memory()[1] < 2e7
    tracemalloc.stop()


def test_more_than_the_machine_has_free_is_refused_before_it_is_taken(monkeypatch):
    viz = mm.visualize("A @ B", settings={"A.h": 300})
    monkeypatch.setattr("mm_blender.system.memory.free_memory", lambda: 1_000_000)
    with pytest.raises(mm.SizeError, match=r"20,224 elements, .* A \(root.left\), 300 x 32, need about 0.0 GB"):
        viz.values
    monkeypatch.setattr("mm_blender.system.memory.free_memory", lambda: None)
    assert viz.values["root"].shape == (300, 32)
