"""Epilogs, against their formulas."""
import math

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import ExpressionError, ShapeError
from mm_blender.expression import epilog_functions, epilogs
from mm_blender.expression.epilog_functions import FUNCTIONS
from mm_blender.expression.epilogs import apply, reference_chain, REFERENCE_NAMES, Step
from mm_blender.expression.grammar import parse_epilog

X = np.random.default_rng(0).normal(size=(7, 5)) * 3
ERF = np.vectorize(math.erf)


def softmax(x):
    """Row by row, in Python's own floats."""
    out = []
    for row in x:
        e = [math.exp(value - max(row)) if value > -math.inf else 0.0 for value in row]
        out.append([value / sum(e) for value in e])
    return np.array(out)


def masked(x, keep):
    return np.array([[value if keep(i, j) else -math.inf for j, value in enumerate(row)] for i, row in enumerate(x)])


FORMULAS = {
    "none": lambda x, k: x,
    "relu": lambda x, k: np.where(x > 0, x, 0),
    "gelu": lambda x, k: x * (1 + ERF(x / math.sqrt(2))) / 2,
    "sigmoid": lambda x, k: 1 / (1 + np.exp(-x)),
    "silu": lambda x, k: x / (1 + np.exp(-x)),
    "tanh": lambda x, k: np.vectorize(math.tanh)(x),
    "layernorm": lambda x, k: (x - x.mean()) / math.sqrt(((x - x.mean()) ** 2).mean() + 1e-5),
    "softmax": lambda x, k: softmax(x),
    "softmax(x/sqrt(k))": lambda x, k: softmax(x / math.sqrt(k)),
    "softmax(tril(x/sqrt(k)))": lambda x, k: softmax(masked(x / math.sqrt(k), lambda i, j: j <= i)),
    "softmax(tril(x/8))": lambda x, k: softmax(masked(x / 8, lambda i, j: j <= i)),
    "x/k": lambda x, k: x / k,
    "x/sqrt(k)": lambda x, k: x / math.sqrt(k),
    "x**2": lambda x, k: x * x,
}


@pytest.mark.parametrize("name", REFERENCE_NAMES)
@pytest.mark.parametrize("kind, tolerance", [(np.float64, 1e-6), (np.float32, 2e-6)])
@pytest.mark.parametrize("x", [X, X.T, X[:1], X[:, :1]], ids=["high", "wide", "row", "column"])
def test_the_references_epilogs(name, kind, tolerance, x):
    found = apply(reference_chain(name), x.astype(kind), 12)
    assert found.dtype == kind and found.shape == x.shape
    np.testing.assert_allclose(found, FORMULAS[name](x, 12), rtol=0,
                               atol=tolerance * 100 * (name == "x**2") + tolerance * 10)


def test_every_name_has_its_formula_here():
    assert tuple(FORMULAS) == REFERENCE_NAMES or set(FORMULAS) == set(REFERENCE_NAMES)


def test_layernorm_by_row_is_pytorchs():
    found = apply((Step("layernorm_rows"),), X, None)
    for row, normal in zip(X, found):
        variance = ((row - row.mean()) ** 2).mean()
        np.testing.assert_allclose(normal, (row - row.mean()) / math.sqrt(variance + 1e-5))


@pytest.mark.parametrize("chain, formula", [
    ("tril", lambda x: np.where(np.arange(5) <= np.arange(7)[:, None], x, 0)),
    ("triu", lambda x: np.where(np.arange(5) >= np.arange(7)[:, None], x, 0)),
    ("triu softmax", lambda x: np.nan_to_num(np.vstack([softmax(masked(x, lambda i, j: j >= i)[:5]),
                                                        np.zeros((2, 5))]))),
    ("tril relu softmax", lambda x: softmax(np.maximum(np.tril(x), 0))),
    ("softmax tril", lambda x: np.tril(softmax(x))),
    ("softmax tril softmax", lambda x: softmax(masked(softmax(x), lambda i, j: j <= i))),
])
def test_masks_are_minus_infinity_right_inside_a_softmax_and_zero_elsewhere(chain, formula):
    found = apply(tuple(Step(name) for name in chain.split()), X, None)
    np.testing.assert_allclose(found, formula(X), atol=1e-12)


def test_a_row_that_is_masked_throughout_becomes_zeros():
    x = X.copy()
    x[2] = -np.inf
    found = apply((Step("softmax"),), x, None)
    assert (found[2] == 0).all()
    np.testing.assert_allclose(np.delete(found, 2, 0).sum(1), 1)


def test_nan_stays_in_its_row_of_a_softmax():
    x = X.copy()
    x[2, 1] = np.nan
    found = apply((Step("softmax"),), x, None)
    assert np.isnan(found[2]).all() and np.isfinite(np.delete(found, 2, 0)).all()


def test_softmax_does_not_overflow():
    x = np.array([[1e30, 0, -1e30], [1e4, 1e4, -np.inf]], np.float32)
    np.testing.assert_array_equal(apply((Step("softmax"),), x, None), [[1, 0, 0], [0.5, 0.5, 0]])


@pytest.mark.parametrize("name", ["relu", "gelu", "sigmoid", "silu", "tanh"])
def test_large_magnitudes_have_their_limits(name):
    x = np.array([[-1e30, -200.0, 200.0, 1e30]])
    with np.errstate(all="raise", under="ignore", over="ignore"):
        found = apply((Step(name),), x, None)
    limits = {"sigmoid": [0, 0, 1, 1], "tanh": [-1, -1, 1, 1]}.get(name, [0, 0, 200, 1e30])
    np.testing.assert_allclose(found[0], limits, atol=1e-12)


@pytest.mark.parametrize("scalar, k, value", [
    (("num", 2.5), None, 2.5), (("k",), 9, 9), (("sqrt", ("k",)), 9, 3), (("mul", ("num", 2.0), ("k",)), 9, 18),
    (("div", ("num", 1.0), ("sqrt", ("mul", ("k",), ("num", 4.0)))), 9, 1 / 6)])
def test_scalars(scalar, k, value):
    assert epilogs.evaluate(scalar, k) == value
    np.testing.assert_allclose(apply((Step("mul", scalar),), X, k), X * value)
    np.testing.assert_allclose(apply((Step("div", scalar),), X, k), X / value)


def test_steps_run_from_the_inside_out():
    chain = (Step("mul", ("num", 2.0)), Step("relu"), Step("square"), Step("div", ("num", 4.0)))
    np.testing.assert_allclose(apply(chain, X, None), np.maximum(X, 0) ** 2)
    assert epilogs.chain_text(chain) == "(relu(x * 2))**2 / 4"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_epilogs_leave_their_argument_alone(name):
    x = X.copy()
    x = x[:, :4] if name == "rope" else x[:6] if name == "rope_cols" else x  # which take pairs
    before = x.copy()
    apply((Step(name), Step("square"), Step("mul", ("num", 3.0)), Step("add", ("num", 3.0))), x, None)
    np.testing.assert_array_equal(x, before)


def test_rmsnorm_and_eps():
    for row, normal in zip(X, apply((Step("rmsnorm", numbers=(0.5,)),), X, None)):
        np.testing.assert_allclose(normal, row / math.sqrt((row ** 2).mean() + 0.5))
    for row, normal in zip(X, apply((Step("layernorm_rows", numbers=(2.0,)),), X, None)):
        np.testing.assert_allclose(normal, (row - row.mean()) / math.sqrt(row.var() + 2))


def test_gelu_by_tanh():
    expected = [[v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3))) / 2 for v in row] for row in X]
    np.testing.assert_allclose(apply((Step("gelu_tanh"),), X, None), expected, rtol=1e-12, atol=1e-14)


def test_rope_turns_pairs_as_complex_numbers():
    x = np.random.default_rng(1).normal(size=(5, 6))
    pairs = x[:, :3] + 1j * x[:, 3:]
    for row in range(5):
        for i in range(3):
            pairs[row, i] *= np.exp(1j * (row + 7) / 2 * 100.0 ** (-2 * i / 6))
    expected = np.hstack([pairs.real, pairs.imag])
    np.testing.assert_allclose(apply((Step("rope", numbers=(100.0, 7.0, 2.0)),), x, None), expected)
    np.testing.assert_allclose(apply((Step("rope_cols", numbers=(100.0, 7.0, 2.0)),), x.T, None), expected.T)
    with pytest.raises(ShapeError, match="rope turns pairs of columns, and there are 5"):
        apply((Step("rope"),), X, None)


def test_sums_and_products_with_named_matrices():
    asked = []

    def named(name, h, w):
        asked.append((name, h, w))
        return {"b": np.arange(5.0)[None], "c": np.arange(7.0)[:, None], "M": X}[name]

    chain = (Step("add", matrix="b"), Step("mul", matrix="M"), Step("add", matrix="c"), Step("add", ("num", 2.0)))
    found = apply(chain, X.astype(np.float32), 3, named)
    np.testing.assert_allclose(found, (X + np.arange(5)) * X + np.arange(7)[:, None] + 2, rtol=1e-5, atol=1e-5)
    assert found.dtype == np.float32 and asked == [("b", 7, 5), ("M", 7, 5), ("c", 7, 5)]
    assert epilogs.chain_text(chain) == "(x + b) * M + c + 2" and epilogs.matrices(chain) == ("b", "M", "c")
    assert not epilogs.has_nodes(chain) and epilogs.has_nodes(chain[3:]) and not epilogs.has_nodes((Step("rope"),))


@pytest.mark.parametrize("shape", [(5, 5), (300, 200), (200, 300), (257, 257), (1, 7)])
@pytest.mark.parametrize("first", [0, 3, 190, 500])
@pytest.mark.parametrize("name", ["tril", "triu"])
def test_a_masked_softmax_is_that_of_minus_infinity(shape, first, name):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    x[0, 0], x[-1, -1], x[shape[0] // 2, 0] = np.nan, np.inf, -np.inf
    keep = np.tri(*shape, k=first if name == "tril" else first - 1, dtype=bool)
    with np.errstate(all="ignore"):
        whole = epilog_functions.softmax(np.where(keep if name == "tril" else ~keep, x, np.float32(-np.inf)))
        found = epilogs.apply((epilogs.Step(name), epilogs.Step("softmax"), epilogs.Step("mul", ("num", 2.0))), x,
                              None, None, first)
    np.testing.assert_allclose(found, 2 * whole, rtol=1e-6)


@pytest.mark.parametrize("name", ["k/A", "8/A", "k/8", "2/k", "k/k", "k", "1.5", "a/k", "k.T", "k/A.T", "K^t", "in/out",
                                  "0x", "a/sqrt", "x", "relu", "n!#$%&"])
@pytest.mark.parametrize("step", ["mul", "add"])
def test_a_factor_of_any_name_is_read_back(name, step):
    chain = (Step("relu"), Step(step, matrix=name), Step("div", ("num", 8.0)), Step("mul", ("div", ("k",), ("k",))))
    for typed in (False, True):
        assert parse_epilog(epilogs.chain_text(chain), typed) == chain


def test_an_epilogs_names_with_signs_stand_in_quotes():
    assert epilogs.chain_text((Step("mul", matrix="k/A"),)) == "x * 'k/A'"
    assert parse_epilog("x * k/A") == (Step("mul", matrix="k/A"),)  # as it was written before
    assert parse_epilog("x * k/8") == (Step("mul", ("k",)), Step("div", ("num", 8.0)))
    for wrong in ("x * 'k/A", "x * k/A'", "x * ''", "x * '(y)'", "'x' * 'a b'"):
        with pytest.raises(ExpressionError):
            parse_epilog(wrong)


@pytest.mark.parametrize("name", ["k/8", "k/A", "2/3", "a/k"])
def test_a_factor_that_is_given_is_that_matrix_all_the_way(name):
    viz = mm.visualize(f"x @ W * {name}", data={name: np.full((1, 5), 3.0), "x": np.ones((4, 2)), "W": np.ones((2, 5))})
    assert viz.tree.chain == (Step("mul", matrix=name),) and (viz.values["root"] == 6).all()
    again = viz.edited({"viz.sensitivity": "local"})
    assert again.tree.chain == viz.tree.chain and again.written == viz.written == f"x @ W * {name}"
