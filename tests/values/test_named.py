"""Matrices that epilogs take by name."""
import warnings

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import DataError, MMWarning, ShapeError
from mm_blender.expression import epilog_functions

rng = np.random.default_rng(0)
X, W1, W2 = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 4), (4, 7), (7, 4)))
B1, B2 = rng.normal(size=7), rng.normal(size=(1, 4))
DATA = {"x": X, "w1": W1, "w2": W2}


def result(text, data):
    viz = mm.visualize(text, data=data)
    return viz.values["root"]


def test_an_mlp_with_its_biases_and_residual():
    expected = epilog_functions.gelu(X @ W1 + B1) @ W2 + B2
    np.testing.assert_allclose(result("gelu(x @ w1 + b1) @ w2 + b2", {**DATA, "b1": B1, "b2": B2}), expected, atol=1e-5)
    np.testing.assert_allclose(result("x + gelu(x @ w1 + b1) @ w2 + b2", {**DATA, "b1": B1, "b2": B2}), expected + X,
                               atol=1e-5)


def test_rows_columns_matrices_and_transposes():
    column = rng.normal(size=(5, 1))
    for b, label in ((B1, "b"), (B1[None], "b"), (column, "b"), (X @ W1, "b"), (column.T, "b.T"), ((X @ W1).T, "b.T"),
                     (list(B1), "b")):
        given = np.atleast_2d(b).T if label == "b.T" else np.atleast_2d(b)
        for sign, expected in (("+", X @ W1 + given), ("*", (X @ W1) * given)):
            np.testing.assert_allclose(result(f"x @ w1 {sign} {label}", {"x": X, "w1": W1, "b": b}), expected,
                                       atol=1e-5)


def test_leaves_and_results_go_by_their_names_too():
    np.testing.assert_allclose(result("(y = x @ w1) @ w2 + x", DATA), X @ W1 @ W2 + X, atol=1e-5)
    np.testing.assert_allclose(result("(y = x @ w1) @ (z = w2 @ (v = v1 @ v2)) * y",
                                      {**DATA, "v1": X.T, "v2": X[:, :4] @ W1}),
                               (X @ W1 @ (W2 @ (X.T @ (X @ W1)))) * (X @ W1), rtol=1e-4)
    with pytest.raises(DataError, match="z .* used by an epilog before it is computed"):
        result("(y = x @ w1 + z) @ (z = w2 @ w1)", DATA)


def test_a_name_without_data_is_a_seeded_row():
    one, again, other = (mm.visualize("x @ w1 + b", data={"x": X, "w1": W1}, seed=seed).values["root"] - X @ W1
                         for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_allclose(one, np.broadcast_to(one[:1], one.shape), atol=1e-5)
    assert np.abs(one).max() <= 1.001 and np.abs(one - other).max() > 0.1


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="b is 1 x 5 and is added to, or multiplied with, 5 x 7; it must be 5 x 7, "
                                         "a row 1 x 7"):
        result("x @ w1 + b", {"x": X, "w1": W1, "b": np.ones(5)})
    with pytest.raises(DataError, match="there is no matrix 'c' .* are x, w1, b"):
        result("x @ w1 + b", {"x": X, "w1": W1, "c": np.ones(5)})
    with pytest.raises(DataError, match="b has shape"):
        result("x @ w1 + b", {"x": X, "w1": W1, "b": np.ones((1, 1, 7))})


def test_links_and_parameters_keep_what_is_added():
    viz = mm.visualize("gelu(x @ w1 + b1) @ w2 + b2", data={"b1": np.ones(32)})
    assert viz.params["left"]["mm_epilog"] == "gelu(x + b1)" and viz.params["mm_epilog"] == "x + b2"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MMWarning)
        links = [viz.link(compress=compress) for compress in (False, True)]
    assert any("holds no data: that of b1" in str(warning.message) for warning in caught)
    for link in links:
        assert mm.visualize(link).tree == viz.tree
        np.testing.assert_array_equal(mm.visualize(link, data={"b1": np.ones(32)}).values["root"], viz.values["root"])
