"""Matrices that epilogs take by name, looked up by themselves; ``test_named`` has them in use."""
import numpy as np
import pytest

from mm_blender.errors import DataError, ShapeError
from mm_blender.expression import sources, tree as trees
from mm_blender.expression.named import holder, names
from mm_blender.values.named_matrices import as_named, Lookup


def resolved(text):
    return trees.resolve(sources.from_expression(text))


def lookup(text="relu(A @ B + b) @ C", given=None, values=None, seed=0):
    return Lookup(resolved(text), given or {}, values or {}, seed)


def test_names_are_those_of_all_epilogs_once_and_without_their_transposes():
    params = sources.from_expression("gelu(x @ w1 + b1) @ (w2 * g.T) + b1")
    assert sorted(names(params)) == ["b1", "g"]
    assert names(sources.from_expression("relu(A @ B * 2)")) == ()


@pytest.mark.parametrize("x, shape", [
    (3, (1, 1)), ([1, 2, 3], (1, 3)), ([[1], [2]], (2, 1)), (np.ones((2, 5)), (2, 5))])
def test_numbers_and_vectors_become_rows(x, shape):
    found = as_named(x, "b")
    assert found.shape == shape and found.dtype == np.float32


def test_more_dimensions_are_refused_by_name():
    with pytest.raises(DataError, match="gain"):
        as_named(np.ones((2, 2, 2)), "gain")


def test_a_leaf_or_a_result_holds_a_name():
    tree = resolved("(X = A @ B.T) @ C")
    assert holder(tree, "X").path == "root.left" and holder(tree, "A").path == "root.left.left"
    assert holder(tree, "B").path == "root.left.right", "a transposed leaf, by the name of what it transposes"
    assert holder(tree, "B.T") is None and holder(tree, "nobody") is None


def test_what_is_given_goes_before_what_a_matrix_holds_and_that_before_a_random_row():
    given, held = np.ones((1, 4), np.float32), np.full((1, 4), 2, np.float32)
    text = "(b = A @ B) @ C"
    assert lookup(text, {"b": given}, {"root.left": held})("b", 3, 4) is given
    assert lookup(text, {}, {"root.left": held})("b", 3, 4) is held
    row = lookup()("b", 3, 4)
    assert row.shape == (1, 4) and row.dtype == np.float32 and np.abs(row).max() <= 1 and row.std() > 0.1


def test_of_a_transposed_leaf_the_matrix_before_it_was_turned_is_taken():
    held = np.arange(6, dtype=np.float32).reshape(2, 3)
    find = lookup("A @ B.T", {}, {"root.right": held})
    np.testing.assert_array_equal(find("B", 3, 2), held.T)
    np.testing.assert_array_equal(find("B.T", 2, 3), held)


def test_random_rows_are_drawn_by_seed_and_name():
    same, again = lookup(seed=3)("b", 2, 9), lookup(seed=3)("b", 7, 9)
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, lookup(seed=4)("b", 2, 9)) and not np.array_equal(same, lookup(seed=3)("c", 2, 9))
    np.testing.assert_array_equal(lookup(seed=3)("b.T", 9, 2), same.T)


@pytest.mark.parametrize("shape", [(3, 4), (1, 4), (3, 1), (1, 1)])
def test_what_can_be_repeated_fits(shape):
    assert lookup(given={"b": np.ones(shape, np.float32)})("b", 3, 4).shape == shape
    assert lookup(given={"b": np.ones(shape[::-1], np.float32)})("b.T", 3, 4).shape == shape


@pytest.mark.parametrize("label, shape, words", [
    ("b", (4, 3), "b is 4 x 3 .* 3 x 4; it must be 3 x 4, a row 1 x 4 or a column 3 x 1; b.T fits"),
    ("b.T", (3, 4), "b.T is 4 x 3 .*; b fits"), ("b", (2, 4), "b is 2 x 4 .* a column 3 x 1$"),
    ("b", (1, 3), "b.T fits$")])
def test_what_does_not_fit_is_told_with_what_would(label, shape, words):
    with pytest.raises(ShapeError, match=words):
        lookup(given={"b": np.ones(shape, np.float32)})(label, 3, 4)


def test_what_is_not_computed_yet_is_told():
    with pytest.raises(DataError, match=r"X \(root.left\) is used by an epilog before it is computed"):
        lookup("(X = A @ B) @ C")("X", 3, 4)
