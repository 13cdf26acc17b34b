"""Shapes: what is given is kept, the rest meets it, and what cannot meet is named."""
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.errors import ShapeError
from mm_blender.expression.parameters import find, walk
from mm_blender.expression.shapes import fit
from mm_blender.expression.sources import from_expression

E = pytest.param


def leaves(params: dict) -> dict[str, tuple[int, int]]:
    return {node["name"]: (node["h"], node["w"]) for _, node, matmul in walk(params) if not matmul}


@pytest.mark.parametrize("text, given, sizes", [
    E("A @ B", {}, {"A": (32, 32), "B": (32, 32)}, id="defaults"),
    E("A @ B", {("root.left", "w"): 5}, {"A": (32, 5), "B": (5, 32)}, id="inner from the left"),
    E("A @ B", {("root.right", "h"): 5}, {"A": (32, 5), "B": (5, 32)}, id="inner from the right"),
    E("A @ B @ C", {("root.left.right", "w"): 7}, {"A": (32, 32), "B": (32, 7), "C": (7, 32)}, id="through a result"),
    E("A @ (B @ C)", {("root.left", "w"): 7}, {"A": (32, 7), "B": (7, 32), "C": (32, 32)}, id="into a result"),
    E("(A @ B) @ (C @ D)", {("root.left.right", "w"): 3}, {"A": (32, 32), "B": (32, 3), "C": (3, 32), "D": (32, 32)},
      id="from result to result"),
    E("X @ X.T", {("root.left", "h"): 4, ("root.left", "w"): 9}, {"X": (4, 9), "X.T": (9, 4)}, id="its own transpose"),
    E("X @ X.T", {("root.right", "h"): 9}, {"X": (32, 9), "X.T": (9, 32)}, id="from the transpose"),
    E("W @ (W @ x)", {("root.left", "h"): 6}, {"W": (6, 6), "x": (6, 32)}, id="one name is one matrix"),
])
def test_sizes_follow_what_is_given(text, given, sizes):
    assert leaves(fit(from_expression(text), given, sizes_are_defaults=True)) == sizes


def test_matrices_of_one_name_may_differ_where_sizes_are_meant():
    params = from_expression("W @ (W @ x)")
    fit(params, {("root.left", "h"): 6}, sizes_are_defaults=False)
    assert find(params, "left")["h"] == 6 and find(params, "right.left")["h"] == 32


@pytest.mark.parametrize("given, words", [
    ({("root.left", "w"): 3, ("root.right", "h"): 4}, ["B (root.right) has 4 rows", "A (root.left) has 3 columns"]),
    ({("root.right", "h"): 4, ("root.left", "w"): 3}, ["A (root.left) has 3 columns", "B (root.right) has 4 rows"]),
])
def test_sizes_that_cannot_meet_are_both_named(given, words):
    with pytest.raises(ShapeError) as caught:
        fit(from_expression("A @ B"), given, sizes_are_defaults=True)
    assert all(word in str(caught.value) for word in words)


def test_a_matrix_and_its_transpose_must_agree():
    with pytest.raises(ShapeError, match=r"X.T \(root.right\) has 5 rows, but X \(root.left\) has 4 columns"):
        mm.visualize("X @ X.T", data={"root.left": np.ones((3, 4)), "root.right": np.ones((5, 3))})


def test_data_and_settings_meet():
    viz = mm.visualize("A @ B @ C", data={"B": np.ones((3, 4))}, settings={"A.h": 2, "C.w": "5"})
    assert leaves(viz.params) == {"A": (2, 3), "B": (3, 4), "C": (4, 5)}
    with pytest.raises(ShapeError, match=r"A \(root.left\) has 6 columns"):
        mm.visualize("A @ B", data={"B": np.ones((3, 4))}, settings={"A.w": 6})


def test_the_data_that_are_crossed_are_crossed_back():
    k = np.arange(12.0).reshape(3, 4)
    viz = mm.visualize("Q @ K.T", data={"K": k})
    np.testing.assert_array_equal(viz.values["root.right"], k.T)
    np.testing.assert_array_equal(mm.visualize("Q @ K.T", data={"K.T": k.T}).values["root.right"], k.T)
    assert leaves(viz.params) == {"Q": (32, 4), "K.T": (4, 3)}


@settings(max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=3, max_size=6), st.data())
def test_a_chain_takes_the_shapes_of_its_data(sizes, data):
    names = [f"M{i}" for i in range(len(sizes) - 1)]
    text = names[0]
    for name in names[1:]:
        text = f"{text} @ {name}" if data.draw(st.booleans()) else f"({text}) @ {name}"
    shapes = list(zip(sizes, sizes[1:]))
    shown = data.draw(st.sets(st.sampled_from(range(len(names))), min_size=1))
    viz = mm.visualize(text, data={names[i]: np.ones(shapes[i]) for i in shown})
    known = {at for i in shown for at in (i, i + 1)}
    expected = [tuple(sizes[at] if at in known else 32 for at in (i, i + 1)) for i in range(len(names))]
    assert list(leaves(viz.params).values()) == expected
