"""Edits: how a setting is addressed, and what follows it through the tree."""
import copy
import random
import time
from collections import Counter

import pytest

import mm_blender as mm
from mm_blender.errors import ParameterError
from mm_blender.expression import grammar, parameters
from mm_blender.expression.edits import address, apply, child_layout
from mm_blender.expression.parameter_checks import CHOICES
from mm_blender.expression.parameters import complete, default_placement, find, is_matmul, walk
from mm_blender.expression.sources import from_expression
from mm_blender.limits import limits

TEXT = "out = (P = A @ B) @ (S = C @ (T = D @ E))"


def edited(settings: dict, text: str = TEXT) -> dict:
    return apply(from_expression(text), settings)


@pytest.mark.parametrize("key, path, group, setting, value, stored", [
    ("anim.alg", "root", "anim", "alg", "vmprod", "vmprod"),
    ("alg", "root", "anim", "alg", "vmprod", "vmprod"),
    ("root.anim.alg", "root", "anim", "alg", "vmprod", "vmprod"),
    ("block.i blocks", "root", "block", "i blocks", "4", 4),
    ("min size", "root", "viz", "min size", "0.5", 0.5),
    ("viz.min size", "root", "viz", "min size", "1", 1),
    ("deco.shape", "root", "deco", "shape", "False", False),
    ("legends", "root", "deco", "legends", 0, 0),
    ("left.anim.alg", "root.left", "anim", "alg", "mvprod", "mvprod"),
    ("P.anim.alg", "root.left", "anim", "alg", "mvprod", "mvprod"),
    ("P.viz.min size", "root.left", "viz", "min size", "0.25", 0.25),
    ("right.right.epilog", "root.right.right", None, "epilog", "relu", "relu"),
    ("S.epilog", "root.right", None, "epilog", "softmax(tril(x/sqrt(k)))", "softmax(tril(x/sqrt(k)))"),
    ("epilog", "root", None, "epilog", "gelu(x)", "gelu"),
    ("left.left.init", "root.left.left", None, "init", "gaussian", "gaussian"),
    ("A.h", "root.left.left", None, "h", "8", 8),
    ("A.min", "root.left.left", None, "min", "-1e3", -1000),
    ("A.expr", "root.left.left", None, "expr", "i == j", "i == j"),
    ("A.url", "root.left.left", None, "url", "5", "5"),
    ("A.mm_scale", "root.left.left", None, "mm_scale", "0.5", 0.5),
    ("A.mm_transpose", "root.left.left", None, "mm_transpose", "true", True),
])
def test_a_setting_by_path_or_name(key, path, group, setting, value, stored):
    node = find(edited({key: value}), path)
    found = (node[group] if group else node)[setting]
    assert found == stored and type(found) is type(stored)


def test_a_name_stands_for_all_matrices_that_have_it():
    params = edited({"W.init": "eye"}, "(x @ W) @ (W @ y)")
    assert [node["init"] for _, node, matmul in walk(params) if not matmul] == ["row major", "eye", "eye", "col major"]


def test_a_transposed_matrix_goes_by_both_names():
    params = from_expression("Q @ K.T")
    assert address(params, "K.h") == [("root.right", "w")]
    assert address(params, "K.T.h") == [("root.right", "h")]
    assert address(params, "K.init") == [("root.right", "init")]


def test_a_name_that_holds_dots_or_looks_like_a_path():
    params = from_expression("h.attn @ (left = A @ B)")
    assert address(params, "h.attn.init") == [("root.left", "init")]
    assert address(params, "left.epilog") == [("root.right", "epilog")]


def test_composed_epilogs_go_into_a_key_of_ours():
    params = edited({"P.epilog": "relu(tril(x)) * 2"})
    assert find(params, "left")["mm_epilog"] == "relu(tril(x)) * 2" and find(params, "left")["epilog"] == "none"
    assert "mm_epilog" not in find(apply(params, {"P.epilog": "relu"}), "left")


def test_results_named_after_their_operands_follow_a_new_name():
    params = edited({"A.name": "Z"}, "A @ B @ (C @ A)")
    assert params["name"] == "Z @ B @ (C @ Z)" == params["expr"]
    params = edited({"left.name": "P"}, "A @ B @ C")
    assert params["name"] == "P @ C" and params["expr"] == "(P = A @ B) @ C"
    assert edited({"A.name": "Z"}, "out = A @ B")["expr"] == "out = Z @ B"


def test_apply_leaves_its_argument_alone():
    params = from_expression(TEXT)
    before = copy.deepcopy(params)
    apply(params, {"block.k blocks": 3, "layout.scheme": "wheel", "A.h": 3})
    assert params == before


@pytest.mark.parametrize("settings, words", [
    ({"nope": 1}, ["out (root), a matmul", "setting 'nope'", "'epilog'", "'anim.…'"]),
    ({"nope.x": 1}, ["setting 'nope.x'"]),
    ({"anim.algo": "axpy"}, ["setting in anim 'algo'", "did you mean 'alg'"]),
    ({"anim": {}}, ["setting 'anim'"]),
    ({"": 1}, ["setting ''"]), ({5: 1}, ["by its name", "5"]),
    ({"A.nope": 1}, ["A (root.left.left), a matrix", "'nope'", "'init'"]),
    ({"A.anim.alg": "axpy"}, ["A (root.left.left), a matrix"]),
    ({"A.matmul": True}, ["there is no setting 'matmul'"]),
    ({"out.h": 1}, ["out (root), a matmul", "'h'"]),
    ({"left.left.left.h": 1}, ["no matrix at 'root.left.left.left'"]),
    ({"A.h": "x"}, ["h must be a number, not 'x'"]), ({"A.h": "0"}, ["at least 1"]), ({"A.h": "inf"}, ["inf"]),
    ({"A.init": "gausian"}, ["A (root.left.left)", "did you mean 'gaussian'"]),
    ({"anim.alg": "vmprd"}, ["did you mean 'vmprod'"]), ({"anim.speed": None}, ["anim.speed", "None"]),
    ({"deco.shape": "yes"}, ["deco.shape", "true or false", "'yes'"]),
    ({"epilog": "softmx"}, ["out (root)", "did you mean 'softmax'"]),
    ({"epilog": "foo(x)"}, ["out (root)", "no epilog 'foo'", "column 1"]), ({"epilog": 3}, ["an epilog is text"]),
    ({"A.mm_epilog": "bad"}, ["A (root.left.left)", "cannot be read"]),
    ({"block.i blocks": "0"}, ["block.i blocks", "at least 1"]),
])
def test_settings_that_do_not_exist_or_fit_are_named(settings, words):
    with pytest.raises(ParameterError) as caught:
        edited(settings)
    assert all(word in str(caught.value) for word in words), str(caught.value)


# ---- blocks

def set_as_the_reference(params: dict, path: str, key: str, value: int) -> None:
    """The reference's rule, in its own words: where an axis starts, and how it is set all the way down."""
    find(params, path)["block"][key] = value
    at = path.split(".")[1:]

    def spread(node, axis, count):
        if "left" not in node:
            return
        node["block"][f"{axis} blocks"] = count
        if axis == "i":
            spread(node["left"], "i", count)
        elif axis == "j":
            spread(node["right"], "j", count)
        else:
            spread(node["left"], "j", count)
            spread(node["right"], "i", count)

    def start(at, along):
        """Up while the node is its parent's ``along`` operand; from the other side the parent's k begins here."""
        while at and at[-1] == along:
            at = at[:-1]
        return (at[:-1], "k") if at else (at, "i" if along == "left" else "j")

    here = find(params, path)["block"]
    counts = {axis: here[f"{axis} blocks"] for axis in "ijk"}
    for axis, along in (("i", "left"), ("j", "right")):
        top, its_axis = start(at, along)
        spread(find(params, ".".join(["root", *top])), its_axis, counts[axis])
    spread(find(params, path), "k", counts["k"])


@pytest.mark.parametrize("seed", range(12))
def test_blocks_spread_as_in_the_reference(seed):
    pick = random.Random(seed)
    text = pick.choice([TEXT, "A @ B @ C @ D", "A @ (B @ (C @ D))", "(A @ B) @ (C @ D)", "A @ (B @ C) @ (D @ E @ F)"])
    ours = from_expression(text)
    paths = [path for path, _, matmul in walk(ours) if matmul]
    theirs = copy.deepcopy(ours)
    for _ in range(4):
        path, axis, count = pick.choice(paths), pick.choice("ikj"), pick.randint(1, 6)
        ours = apply(ours, {f"{path}.block.{axis} blocks": count})
        set_as_the_reference(theirs, path, f"{axis} blocks", count)
        for at in paths:
            assert find(ours, at)["block"] == find(theirs, at)["block"], (text, path, axis)


# ---- layout schemes

def placements(params: dict) -> dict[str, str]:
    """By path, the orientation of every matmul in four letters: polarity, left, right, result."""
    letter = lambda layout: "".join("01"[layout[key] == CHOICES[key][1]] for key in default_placement())  # noqa: E731
    return {path: letter(node["layout"]) for path, node, matmul in walk(params) if matmul}


@pytest.mark.parametrize("scheme, expected", [
    # polarity (1: positive), left placement (1: right), right placement (1: bottom), result placement (1: back)
    ("blocks", {"root.left": "1011", "root.right": "1101", "root.right.right": "0000", "root": "0000"}),
    ("zigzag", {"root.left": "1001", "root.right": "1001", "root.right.right": "0000", "root": "0000"}),
    ("wheel", {"root.left": "0000", "root.right": "0000", "root.right.right": "0000", "root": "0000"}),
    ("custom", {"root.left": "0000", "root.right": "0000", "root.right.right": "0000", "root": "0000"}),
])
def test_layout_schemes(scheme, expected):
    params = from_expression(TEXT)
    for _path, node, matmul in walk(params):
        if matmul:
            node["layout"].update(default_placement())
    assert placements(apply(params, {"layout.scheme": scheme})) == expected


def test_schemes_follow_the_roots_orientation_and_keep_other_settings():
    params = edited({"P.layout.gap": 9, "layout.result placement": "back"})
    assert placements(params)["root"] == "0001"
    assert placements(params) != placements(edited({}))
    assert find(params, "left")["layout"]["gap"] == 9


def test_custom_leaves_every_orientation_as_it_is():
    settings = {"layout.scheme": "custom", "P.layout.left placement": "right", "layout.polarity": "positive"}
    params = edited(settings)
    assert placements(params)["root"] == "1000" and placements(params)["root.left"][1] == "1"


@pytest.mark.parametrize("scheme", ["blocks", "zigzag", "wheel"])
@pytest.mark.parametrize("bits", range(16))
def test_an_operands_orientation_never_depends_on_anything_but_its_parents(scheme, bits):
    layout = {key: CHOICES[key][bits >> at & 1] for at, key in enumerate(default_placement())}
    for left in (True, False):
        child = child_layout({**layout, "gap": 3}, scheme, left)
        assert set(child) == set(default_placement())
        assert (child["polarity"] != layout["polarity"]) is (scheme != "wheel")


def test_every_matmul_has_an_orientation_after_a_scheme():
    params = complete({"left": {"left": {}, "right": {}}, "right": {}})
    params = apply(params, {"scheme": "zigzag"})
    assert all(set(default_placement()) <= set(node["layout"]) for _, node, m in walk(params) if m and is_matmul(node))


@pytest.mark.parametrize("settings", [{"A.h": 5, "A.name": "x"}, {"A.name": "x", "x.h": 5}])
def test_a_matrix_may_be_given_another_name(settings):
    viz = mm.visualize("A @ B", settings=settings)
    assert viz.tree.left.name == "x" and viz.tree.left.h == 5 and viz.tree.name == "x @ B"


@pytest.mark.parametrize("how", [
    {"settings": {"viz.sensitivity": "local", "A.init": "gaussian", "block.i blocks": 2, "layout.scheme": "wheel"}},
    {"settings": {"P.epilog": "relu(x) * 'k/A'"}}, {"expression": f"{TEXT} * 2"},
    {"expression": f"relu({TEXT.partition('= ')[2]})", "settings": {"A.h": 3}}, {"look": "paper"}])
def test_one_edit_copies_the_parameters_once_and_checks_every_node_once(how, monkeypatch):
    viz = mm.visualize(TEXT, settings={"S.epilog": "x + b + 3"})
    copied, checked, whole = Counter(), Counter(), parameters.copied
    for module in (parameters, "mm_blender.expression.edits", "mm_blender.expression.retype",
                   "mm_blender.document.make", "mm_blender.document.document"):
        counting = lambda node: copied.update(part for part in ("left", "viz") if part in node) or whole(node)  # noqa
        monkeypatch.setattr(*((module, "copied") if module is parameters else (f"{module}.copied",)), counting)
    check = parameters.check_node
    monkeypatch.setattr(parameters, "check_node", lambda node, path, matmul: checked.update([path])
                        or check(node, path, matmul))
    for name in ("owned", "complete"):
        monkeypatch.setattr(parameters, name, lambda params: pytest.fail("copied once more"))
    monkeypatch.setattr(copy, "deepcopy", lambda x: pytest.fail("copied once more"))
    made = viz.edited(**how)
    monkeypatch.undo()
    assert copied["viz"] <= 1 and max(checked.values(), default=0) == ("look" not in how)
    assert len(checked) in (0, len([*walk(made.params)]))
    assert made.params == complete(made.params) and made.params["viz"] is not viz.document.params["viz"]


def test_an_edit_of_very_many_steps_reads_none_of_them_again(monkeypatch):
    with limits(steps=9000):
        viz = mm.visualize("x @ W" + " + b" * 9000)
        read = []
        monkeypatch.setattr(grammar, "_read", lambda text, *more, **how: read.append(text))
        started = time.process_time()
        assert len(viz.edited({"viz.sensitivity": "local"}).tree.chain) == 9000 and not read
        assert time.process_time() - started < 1.5


def test_an_edit_that_is_refused_leaves_all_as_it_was():
    viz = mm.visualize(TEXT)
    before = viz.params
    for wrong in ({"A.init": "gaussian", "block.i blocks": "x"}, {"block.i blocks": 0}, {"P.name": "p", "A.h": -1},
                  {"A.init": "expr", "A.expr": "i +"}):
        with pytest.raises(mm.MMError) as raised:
            viz.edited(wrong)
        assert viz.params == before
    assert "A (root.left.left)" in str(raised.value)
    with pytest.raises(ParameterError, match=r"out \(root\)"):
        viz.edited({"block.i blocks": 0})
