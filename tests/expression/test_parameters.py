"""The reference's parameters: what is filled in, what is refused."""
import copy

import pytest

from mm_blender.errors import ParameterError, ShapeError, SizeError
from mm_blender.expression.parameters import complete, default_leaf, default_params, expression_of, find, walk
from mm_blender.expression.tree import nodes, resolve


def tree(**changes) -> dict:
    """``out = (P = A @ B) @ C`` with the least that a dict must say; ``changes``: ``left__right={...}``."""
    params = {"name": "out", "left": {"name": "P", "left": {"name": "A"}, "right": {"name": "B"}},
              "right": {"name": "C"}}
    for key, value in changes.items():
        *path, last = key.split("__")
        node = params
        for side in path:
            node = node[side]
        node[last] = value
    return params


def test_the_references_defaults_stand_for_what_is_left_out():
    params = complete({"left": {}, "right": {}})
    expected = default_params()
    del expected["cam"]  # framed automatically
    assert params == expected


def test_groups_are_filled_at_the_root_and_stay_open_below():
    params = complete(tree(viz={"min size": 0.5}, left__layout={"gap": 7}))
    assert params["viz"] == {**default_params()["viz"], "min size": 0.5}
    assert params["left"]["layout"] == {"gap": 7} and params["left"]["block"] == {}
    assert params["left"]["anim"] == {"alg": "inherit"} and params["left"]["matmul"] is True
    assert params["left"]["left"] == {**default_leaf(), "name": "A"}
    assert params["right"] == {**default_leaf(right=True), "name": "C"}
    assert params["expr"] == "out = (P = A @ B) @ C"


def test_complete_leaves_its_argument_alone_and_changes_nothing_twice():
    given = tree()
    before = copy.deepcopy(given)
    once = complete(given)
    assert given == before
    assert complete(once) == once


@pytest.mark.parametrize("changes, expr", [
    ({}, "out = (P = A @ B) @ C"), ({"name": "P @ C"}, "(P = A @ B) @ C"), ({"left__name": "A @ B"}, "out = A @ B @ C"),
    ({"name": "A @ B @ C", "left__name": "A @ B"}, "A @ B @ C"),
    ({"right": {"name": "A @ B", "left": {"name": "A"}, "right": {"name": "B"}}}, "out = (P = A @ B) @ (A @ B)"),
])
def test_expression_of_a_tree(changes, expr):
    assert expression_of(complete(tree(**changes))) == expr


def test_walk_meets_operands_before_their_matmul():
    assert [(path, matmul) for path, _, matmul in walk(tree())] == [
        ("root.left.left", False), ("root.left.right", False), ("root.left", True), ("root.right", False),
        ("root", True)]
    assert find(tree(), "root.left.right") == find(tree(), "left.right") == {"name": "B"}


def test_children_inherit_what_they_do_not_set():
    params = complete(tree(viz={"min size": 0.5, "elem scale": 2.0}, left__viz={"elem scale": 0.5},
                           anim={"alg": "axpy"}, layout={"gap": 3}, block={"k blocks": 2, "i blocks": 4}))
    by_path = {node.path: node for node in nodes(resolve(params))}
    assert {node.viz.min_size for node in by_path.values()} == {0.5}
    assert by_path["root.left"].viz.elem_scale == by_path["root.left.left"].viz.elem_scale == 0.5
    assert by_path["root.left"].anim.alg == "axpy"
    assert by_path["root.left"].layout.gap == 3
    left = by_path["root.left"]
    assert (left.rows.count, left.inner.count, left.cols.count) == (4, 2, 2)
    # as in the reference, the scale that was set last is that of whatever is drawn after it
    assert by_path["root"].viz.elem_scale == 2.0 and by_path["root.right"].viz.elem_scale == 0.5


def test_an_element_scale_of_zero_is_none_at_all():
    by_path = {n.path: n for n in nodes(resolve(complete(tree(viz={"elem scale": 0}, left__viz={"elem scale": 0}))))}
    assert {node.viz.elem_scale for node in by_path.values()} == {default_params()["viz"]["elem scale"]}


@pytest.mark.parametrize("size, blocks, step, count, shown", [
    (10, 1, 10, 1, 10), (10, 2, 5, 2, 13), (10, 3, 4, 3, 16), (10, 4, 3, 4, 19), (10, 7, 2, 5, 22), (3, 9, 1, 3, 9)])
def test_blocks_may_be_ragged(size, blocks, step, count, shown):
    params = complete(tree(left__left={"name": "A", "h": size}, block={"i blocks": blocks}, layout={"gap": 3}))
    rows = resolve(params).rows
    assert (rows.step, rows.count, rows.shown) == (step, count, shown)
    assert [end for *_, end in rows.blocks()][-1] == size and len(list(rows.blocks())) == count


@pytest.mark.parametrize("changes, words", [
    ({"left__left": {"name": "A", "init": "gausian"}}, ["A (root.left.left)", "'gausian'", "did you mean 'gaussian'"]),
    ({"epilog": "softmaxx"}, ["out (root)", "epilog 'softmaxx'", "did you mean 'softmax'"]),
    ({"left__epilog": None}, ["P (root.left)", "epilog None"]),
    ({"left__mm_epilog": "softmax(tril(x"}, ["P (root.left)", "cannot be read", "column 15"]),
    ({"left__left": {"name": "A", "mm_epilog": 5}}, ["A (root.left.left)", "cannot be read"]),
    ({"left__left": {"name": "A", "mm_scale": "abc"}}, ["A (root.left.left)", "mm_scale", "'abc'"]),
    ({"left__left": {"name": "A", "mm_transpose": 1}}, ["A (root.left.left)", "mm_transpose", "true or false"]),
    ({"left__left": {"name": 5}}, ["name must be text", "5"]),
    ({"left__left": {"name": "A", "url": None}}, ["A (root.left.left)", "url must be text"]),
    ({"left__left": {"name": "A", "h": 0}}, ["A (root.left.left)", "h", "at least 1", "0"]),
    ({"left__left": {"name": "A", "w": 2.5}}, ["w must be a whole number", "2.5"]),
    ({"left__left": {"name": "A", "h": True}}, ["whole number", "True"]),
    ({"left__left": {"name": "A", "h": "8"}}, ["whole number", "'8'"]),
    ({"left__left": {"name": "A", "min": float("inf")}}, ["min must be a finite number", "inf"]),
    ({"left__left": {"name": "A", "max": "1"}}, ["max must be a finite number", "'1'"]),
    ({"left": 5}, ["root is a matmul without a left operand"]),
    ({"left": {"matmul": True}}, ["root.left is a matmul without a right operand"]),
    ({"anim": {"alg": "vmprd"}}, ["out (root)", "alg 'vmprd'", "did you mean 'vmprod'"]),
    ({"left__anim": {"fuse": "no"}}, ["P (root.left)", "fuse 'no'"]),
    ({"layout": {"scheme": "spiral"}}, ["scheme 'spiral'", "'zigzag'"]),
    ({"layout": {"gap": "wide"}}, ["layout.gap", "'wide'"]),
    ({"layout": {"scatter": 2, "blast": 500}}, ["layout.blast", "20", "500"]),
    ({"layout": 5}, ["root", "layout must be a group", "5"]),
    ({"left__viz": "abc"}, ["root.left", "viz must be a group", "'abc'"]),
    ({"viz": {"sensitivity": "loud"}}, ["sensitivity 'loud'", "'superlocal'"]),
    ({"viz": {"zero hue": 1e300}}, ["viz.zero hue", "1e+300"]),
    ({"block": {"i blocks": 0}}, ["block.i blocks", "at least 1"]),
    ({"block": {"i blocks": 1.5}}, ["block.i blocks", "whole number"]),
    ({"deco": {"shape": "yes"}}, ["deco.shape", "true or false"]),
    ({"deco": {"legends": "big"}}, ["deco.legends", "'big'"]),
    ({"cam": 5}, ["cam must be a group"]),
    ({"cam": {"x": 1}}, ["cam", "x, y and z"]),
    ({"cam": {"x": "a", "y": 1, "z": 1}}, ["cam", "x", "'a'"]),
    ({"cam": {"x": 1, "y": 1, "z": 1, "target": 3}}, ["cam.target", "x, y and z"]),
    ({"cam": {"x": 0, "y": 0, "z": 0}}, ["camera", "its own target"]),
])
def test_what_does_not_fit_the_schema_is_named(changes, words):
    with pytest.raises(ParameterError) as caught:
        complete(tree(**changes))
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("params", [None, [], "L @ R", {}, {"left": {}}])
def test_what_is_no_tree_is_refused(params):
    with pytest.raises(ParameterError, match="a 'left' and a 'right' operand"):
        complete(params)


def test_unknown_keys_pass():
    assert complete(tree(future=1, layout={"new": 2}))["future"] == 1


def test_shapes_that_do_not_meet_are_both_named():
    params = complete(tree(left__right={"name": "B", "h": 5, "w": 7}))
    with pytest.raises(ShapeError, match=r"P \(root.left\): A is 32 x 32 and B is 5 x 7, so 32 columns meet 5 rows"):
        resolve(params)


def test_more_elements_than_blender_counts():
    params = complete(tree(left__left={"name": "A", "h": 10 ** 12, "w": 32}))
    with pytest.raises(SizeError, match=r"96,000,000,002,048 elements; Blender holds at most 2,147,483,647"):
        resolve(params)
