"""Initial values: the reference's initialisers, seeded."""
import math

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.expression.parameter_checks import INITS
from mm_blender.expression.tree import Init
from mm_blender.values.initialisers import DROPPED, fill, FILLS, RANGED


def values(kind: str, h: int, w: int, low=0.0, high=1.0, dropout=0.0, seed=0, expr="") -> np.ndarray:
    return fill(Init(kind, "", expr, low, high, dropout), h, w, np.random.default_rng(seed))


def test_all_of_the_references_are_there():
    assert set(FILLS) | {"url", "expr"} == set(INITS)


@pytest.mark.parametrize("kind, rule", [
    ("rows", lambda i, j, h, w: i / max(h - 1, 1)),
    ("cols", lambda i, j, h, w: j / max(w - 1, 1)),
    ("row major", lambda i, j, h, w: (i * w + j) / max(h * w - 1, 1)),
    ("col major", lambda i, j, h, w: (j * h + i) / max(h * w - 1, 1)),
    ("tril mask", lambda i, j, h, w: float(j <= i)),
    ("triu mask", lambda i, j, h, w: float(j >= i)),
    ("eye", lambda i, j, h, w: float(i == j)),
    ("diff", lambda i, j, h, w: 1.0 if i == j else -1.0 if i == j + 1 else 0.0),
])
@pytest.mark.parametrize("h, w", [(1, 1), (1, 5), (5, 1), (4, 7), (7, 4)])
def test_what_has_a_rule_follows_it(kind, rule, h, w):
    expected = [[rule(i, j, h, w) for j in range(w)] for i in range(h)]
    x = values(kind, h, w)
    np.testing.assert_allclose(x, expected, atol=1e-7)
    assert x.dtype == np.float32 and x.flags.c_contiguous and x.flags.writeable


@pytest.mark.parametrize("kind", RANGED)
def test_the_range_scales_and_an_empty_one_is_its_lower_end(kind):
    unit = values(kind, 6, 5)
    np.testing.assert_allclose(values(kind, 6, 5, -2, 3), unit * 5 - 2, atol=1e-6)
    np.testing.assert_array_equal(values(kind, 6, 5, 3, -2), np.full((6, 5), 3))


@pytest.mark.parametrize("kind", sorted(set(FILLS) - set(RANGED)))
def test_the_others_have_no_range(kind):
    np.testing.assert_array_equal(values(kind, 6, 5, -7, 7), values(kind, 6, 5))


def test_random_values_have_the_references_distributions():
    n = 200
    uniform, gaussian, linear = (values(kind, n, n) for kind in ("uniform", "gaussian", "pt linear"))
    assert 0 <= uniform.min() < 0.01 and 0.99 < uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.01
    assert abs(gaussian.mean() - 0.5) < 0.01 and abs(gaussian.std() - 0.5) < 0.01
    bound = 1 / math.sqrt(n)
    assert bound * 0.98 < linear.max() <= bound and -bound <= linear.min() < -bound * 0.98


@pytest.mark.parametrize("kind", ["uniform", "gaussian", "pt linear"])
def test_one_seed_one_matrix(kind):
    np.testing.assert_array_equal(values(kind, 9, 9, seed=3), values(kind, 9, 9, seed=3))
    assert (values(kind, 9, 9, seed=3) != values(kind, 9, 9, seed=4)).any()


@pytest.mark.parametrize("kind", [kind for kind in sorted(FILLS)])
@pytest.mark.parametrize("dropout", [0, 0.25, 1])
def test_dropout_thins_out_what_it_should(kind, dropout):
    zero = (values(kind, 100, 100, 1, 2, dropout) == 0).mean() - (values(kind, 100, 100, 1, 2) == 0).mean()
    assert abs(zero - (dropout if kind in DROPPED else 0)) < 0.03


def test_expressions_are_javascript():
    np.testing.assert_array_equal(values("expr", 3, 4, expr="i == j ? 1 : -(i*4 + j) % 3"),
                                  [[1, -1, -2, 0], [-1, 1, 0, -1], [-2, 0, 1, -2]])
    assert values("expr", 3, 4, expr="1").shape == (3, 4)


def test_the_seed_is_the_visualizations_and_leaves_of_one_name_are_alike():
    settings = {"A.init": "gaussian", "B.init": "gaussian"}
    text = "A @ (A @ B)"
    first, again, other = (mm.visualize(text, seed=seed, settings=settings).values for seed in (0, 0, 1))
    for path in first:
        np.testing.assert_array_equal(first[path], again[path])
        assert (first[path] != other[path]).any()
    np.testing.assert_array_equal(first["root.left"], first["root.right.left"])
    assert (first["root.left"] != first["root.right.right"]).any()


def test_a_transposed_leaf_is_the_transpose_of_its_matrix():
    viz = mm.visualize("X @ X.T", settings={"X.h": 5, "X.w": 3, "X.init": "gaussian"})
    assert viz.values["root.left"].shape == (5, 3)
    np.testing.assert_array_equal(viz.values["root.right"], viz.values["root.left"].T)
    np.testing.assert_array_equal(viz.values["root.right"].ravel(), viz.values["root.left"].T.ravel())


@pytest.mark.parametrize("settings, words", [
    ({"A.init": "expr"}, ["A (root.left)", "empty"]),
    ({"A.init": "expr", "A.expr": "i +"}, ["A (root.left)", "column 4"]),
    ({"A.init": "url"}, ["A (root.left)", "its url is empty"]),
])
def test_errors_name_the_leaf(settings, words):
    with pytest.raises(mm.MMError) as caught:
        mm.visualize("A @ B", settings=settings).values
    assert all(word in str(caught.value) for word in words), str(caught.value)
