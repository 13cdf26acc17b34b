"""Another expression for parameters that are there: what keeps its name keeps its settings."""
import pytest

import mm_blender as mm
from mm_blender.errors import ExpressionError
from mm_blender.expression.parameters import walk
from mm_blender.expression.retype import retype, written
from mm_blender.expression.sources import from_expression


def params(text, **changes):
    """Of an expression; ``changes`` of leaves or matmuls by name."""
    out = from_expression(text)
    for _, node, _ in walk(out):
        for key, value in changes.get(node["name"], {}).items():
            node[key] = {**node[key], **value} if isinstance(value, dict) else value
    return out


def named(out):
    return {node["name"]: (path, node) for path, node, _ in walk(out)}


def test_what_keeps_its_name_keeps_its_settings_wherever_it_goes():
    out, moved = retype(params("A @ B", A={"h": 5, "init": "eye"}, B={"w": 7, "max": 3}), "B @ (C @ A)")
    found = named(out)
    assert found["A"][0] == "root.right.right" and (found["A"][1]["h"], found["A"][1]["init"]) == (5, "eye")
    assert found["B"][0] == "root.left" and (found["B"][1]["w"], found["B"][1]["max"]) == (7, 3)
    assert moved == {"root.left": "root.right", "root.right.right": "root.left"}
    fresh = named(from_expression("B @ (C @ A)"))
    assert found["C"][1] == fresh["C"][1], "what is new has the defaults"


def test_settings_of_the_whole_stay():
    before = params("A @ B")
    before["viz"]["min size"], before["layout"]["scatter"], before["anim"]["alg"] = 0.33, 4, "vmprod"
    out, _ = retype(before, "X @ Y @ Z")
    assert (out["viz"]["min size"], out["layout"]["scatter"], out["anim"]["alg"]) == (0.33, 4, "vmprod")
    assert out["name"] == "X @ Y @ Z"


def test_a_matmul_that_stays_keeps_its_sweep_but_not_its_structure():
    before = params("out = (attn = Q @ K) @ V", attn={"anim": {"alg": "mvprod"}, "block": {"k blocks": 2}})
    out, _ = retype(before, "out = (attn = relu(P @ Q)) @ V")
    _, attn = named(out)["attn"]
    assert attn["anim"]["alg"] == "mvprod" and attn["block"]["k blocks"] == 2
    assert attn["left"]["name"] == "P" and attn["epilog"] == "relu", "what is typed is what is meant"


def test_epilogs_that_are_not_typed_go():
    out, _ = retype(params("softmax(A @ B)"), "A @ B")
    assert out["epilog"] == "none" and not out.get("mm_epilog")
    out, _ = retype(params("gelu(A) @ B.T"), "A @ B")
    found = named(out)
    assert not found["A"][1].get("mm_epilog") and "mm_transpose" not in found["B"][1]


def test_a_matmul_that_becomes_a_leaf_keeps_its_shape():
    out, moved = retype(params("(X = A @ B) @ C", A={"h": 5, "w": 3}, B={"h": 3, "w": 6}, C={"h": 6}), "X @ C")
    x = named(out)["X"][1]
    assert (x["h"], x["w"]) == (5, 6) and not x.get("matmul")
    assert moved == {"root.right": "root.right"}, "it was no leaf"


def test_of_equal_names_the_one_furthest_up_counts():
    before = from_expression("A @ (B @ A)")
    before["left"]["h"], before["right"]["right"]["h"] = 11, 22
    out, moved = retype(before, "A @ B")
    assert out["left"]["h"] == 11 and moved["root.left"] == "root.left"


def test_nothing_that_is_there_is_changed():
    import copy

    before = params("A @ B", A={"h": 5})
    kept = copy.deepcopy(before)
    out, _ = retype(before, "A @ (B @ C)")
    out["viz"]["min size"], out["left"]["h"] = 0.9, 99
    assert before == kept


def test_a_camera_does_not_outlive_its_expression():
    before = {**params("A @ B"), "cam": {"x": 1, "y": 2, "z": 3}}
    assert "cam" not in retype(before, "A @ B @ C")[0]


def test_what_cannot_be_read_is_refused():
    with pytest.raises(ExpressionError):
        retype(params("A @ B"), "A @")


def test_names_with_signs_are_known_if_they_were_there_before():
    before = params("A @ B")
    before["left"]["name"] = "layer-0/q"
    out, moved = retype(before, "layer-0/q @ B")
    assert out["left"]["name"] == "layer-0/q" and moved["root.left"] == "root.left"
    assert retype(params("A @ B"), "x-y @ B", {"x-y"})[0]["left"]["name"] == "x-y"
    with pytest.raises(ExpressionError):
        retype(params("A @ B"), "x-y @ B")


@pytest.mark.parametrize("text", [
    "A @ B", "A @ B @ C", "A @ (B @ C)", "out = (attn = softmax(Q @ K.T / sqrt(k))) @ V", "(A @ B) @ (C @ D)",
    "relu(A @ B + b) @ C", "gelu(A) @ B", "softmax(tril(Q @ K))", "A.T @ B.T", "x = A @ (y = B @ C)", "A @ B * 2",
    "layernorm(A @ (B @ C))"])
def test_what_is_written_is_read_as_the_same(text):
    before = from_expression(text)
    assert from_expression(written(before)) == before
    assert written(from_expression(written(before))) == written(before)


@pytest.mark.parametrize("text, expected", [
    ("A @ (B @ C)", "A @ (B @ C)"), ("(A @ B) @ C", "A @ B @ C"),
    ("out = (attn = softmax(Q @ K)) @ V", "out = (attn = softmax(Q @ K)) @ V"), ("A.T@B", "A.T @ B")])
def test_parentheses_are_where_they_are_needed(text, expected):
    assert written(from_expression(text)) == expected


def test_names_that_cannot_be_read_back_are_written_as_the_reference_does():
    before = from_expression("relu(A @ B)")
    before["left"]["name"] = "("
    assert "relu" not in written(before) and "B" in written(before)


@pytest.mark.parametrize("rest", [{"left": {"name": "X"}}, {"left": {}, "right": {}}, {"right": {"h": 2}}])
def test_what_a_matrix_holds_of_a_matmul_is_read_over(rest):
    held = mm.visualize("A @ B").params
    held["right"].update(rest)
    viz = mm.visualize(held)
    assert viz.written == viz.expression == "A @ B" and viz.values["root"].shape == (32, 32)


def test_a_matrix_has_no_epilog_of_a_matmul():
    held = mm.visualize("A @ B").params
    held["right"]["epilog"] = "softmax(tril(x/sqrt(k)))"
    assert mm.visualize(held).written == "A @ B" and not mm.visualize(held).tree.right.chain
    held["right"]["mm_epilog"] = "x / sqrt(k)"
    with pytest.raises(mm.ParameterError, match="mm_epilog holds k"):
        mm.visualize(held)
