"""Sweeps of live pages at every step, of expressions at random, against the plain definition in ``sweep_oracle``, and
sizes and colours against ``appearance.rules``."""
import random

import numpy as np
import pytest

import effort
import mm_blender as mm
from live import is_missing, MISSING, write
from mm_blender.appearance import rules
from mm_blender.expression.algorithms import ALGORITHMS
from mm_blender.layout.places import nodes, to_blender
from mm_blender.layout.sweep_planes import largest_product
from sweep_oracle import Oracle

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.slow, pytest.mark.once]
TEXTS = ("A @ B", "A @ B @ C", "(A @ B) @ (C @ D)", "A @ (B @ C)", "softmax(tril(A @ B / sqrt(k))) @ C",
         "relu(A @ B + b)",
         "gelu(A @ B) @ C", "softmax(A @ B) @ C", "layernorm(A @ B) @ C", "rmsnorm(A @ B, 0.1)",
         "layernorm_rows(silu(A @ B)) * 2", "gelu_tanh(A @ B + 2) @ C", "A @ sigmoid(tanh(B @ C))",
         "softmax(A @ B * g)", "triu(A @ B) @ C", "(A @ B @ C) @ D")
INITS = ("gaussian", "uniform", "rows", "cols", "row major", "tril mask", "eye", "diff")
MAPS = ("hue", "viridis", "mm:paper", "RdBu", "tab10", "twilight")


def at_random(seed: int):
    """An expression of a few small matrices with settings of all kinds."""
    pick = random.Random(seed)
    text = TEXTS[seed % len(TEXTS)]
    found = mm.visualize(text)
    leaves = [each for each in nodes(found.tree) if each.role == "leaf"]
    every = pick.choice([[*ALGORITHMS], [*ALGORITHMS], ["vmprod"], ["mvprod"], ["vvprod", "vmprod", "mvprod"]])
    settings = {"anim.alg": pick.choice(every), "anim.fuse": pick.choice(["none", "sync", "async"]),
                "anim.hide inputs": pick.random() < 0.2, "layout.scheme": pick.choice(["blocks", "zigzag", "wheel"]),
                "layout.gap": pick.choice([1, 4]), "layout.polarity": pick.choice(["positive", "negative"]),
                "layout.result placement": pick.choice(["front", "back"]),
                "viz.sensitivity": pick.choice(["global", "local", "semilocal", "superlocal"]),
                "viz.cmap": pick.choice(MAPS), "viz.norm": pick.choice(["linear", "linear", "log", "symlog"]),
                "viz.percentile": pick.choice([100, 100, 90])}
    settings |= {f"block.{axis} blocks": pick.choice([1, 1, 2, 3]) for axis in "ijk"}
    for each in nodes(found.tree):
        if each.role == "result" and each.path != "root" and pick.random() < 0.6:
            own = each.path.removeprefix("root.") + ".anim."
            settings |= {f"{own}alg": pick.choice([*every, *every, "inherit", "none"]),
                         f"{own}fuse": pick.choice(["none", "sync", "async"]), f"{own}hide inputs": pick.random() < 0.2}
    data = {}
    sizes: dict[str, int] = {}
    _sizes(found.tree, sizes, pick)
    values = np.random.default_rng(seed)
    for leaf in leaves:
        shape = sizes[leaf.path, "h"], sizes[leaf.path, "w"]
        data[leaf.path] = np.round(values.standard_normal(shape), 3) * (values.random(shape) > 0.1)
    return mm.visualize(text, data=data, settings=settings, smooth=False)


def _sizes(tree, sizes, pick) -> None:
    """Sizes of all matrices, so that shapes meet."""
    def visit(node, h, w):
        sizes[node.path, "h"], sizes[node.path, "w"] = h, w
        if node.role == "result":
            inner = pick.choice([1, 2, 4, 5])
            visit(node.left, h, inner)
            visit(node.right, inner, w)

    visit(tree, pick.choice([1, 3, 5]), pick.choice([2, 3, 6]))


@pytest.mark.parametrize("seed", range(800 if effort.LONG else 40))
def test_every_step(seed, node, tmp_path):
    check(at_random(seed), seed, node, tmp_path)


@pytest.mark.parametrize("root", ["axpy", "vvprod", "vmprod"])
def test_what_a_sweep_under_an_epilog_leaves_goes_on(root, node, tmp_path):
    viz = mm.visualize("softmax(A @ B) @ C", smooth=False, settings={
        "A.h": 4, "A.w": 3, "B.w": 5, "C.w": 2, "A.init": "gaussian", "B.init": "gaussian", "C.init": "gaussian",
        "anim.alg": root, "left.anim.alg": "axpy"})
    check(viz, 1, node, tmp_path)


@pytest.mark.parametrize("text", ["A @ B @ C", "softmax(A @ B) @ (C @ D)"])
def test_a_way_to_sweep_that_is_chosen_is_as_one_that_was_set(text, node, tmp_path):
    settings = {"A.h": 3, "A.w": 4, "B.w": 4, "C.w": 3, "anim.fuse": "async", "block.i blocks": 2, "block.k blocks": 2,
                "left.anim.alg": "inherit", "viz.sensitivity": "superlocal"}
    values = {name: np.random.default_rng(at).standard_normal(shape) for at, (name, shape) in enumerate(
        {"A": (3, 4), "B": (4, 4), "C": (4, 3) if "D" not in text else (4, 2), "D": (2, 3)}.items()) if name in text}
    every = write(mm.visualize(text, data=values, settings=settings), tmp_path / "every.html", tuple(ALGORITHMS))
    for name in ALGORITHMS:
        one = write(mm.visualize(text, data=values, settings={**settings, "anim.alg": name}), tmp_path / "one.html")
        want, have = node.ask(one), node.ask(every, variant=name)
        assert want[:2] == have[:2]
        for of_one, of_every in zip(want[2], have[2], strict=True):
            assert {path: [array.tolist() for array in vars(each).values()] for path, each in of_one.items()} == {
                path: [array.tolist() for array in vars(each).values()] for path, each in of_every.items()}


def check(viz, seed, node, tmp_path) -> None:
    """Every step, at most 60, in some order."""
    order = [*range(viz.schedule.steps)]
    random.Random(seed).shuffle(order)
    count, pitch, steps = node.ask(write(viz, tmp_path / "page.html"), order[:60])
    assert count == len(order)
    oracle = Oracle(viz.tree, viz.values, viz.placement.boxes)
    for step, drawn in zip(order, steps):
        states, inside = oracle.states(step)
        for each in nodes(viz.tree):
            where = f"step {step} {each.path} {each.chain}"
            _matches(states[each.path], drawn[each.path], where)
            _appears(viz, each, drawn[each.path], pitch, where)
        want = np.concatenate([_drawn_inside(viz, part) for part in inside] or [np.zeros((0, 4))])
        have = np.concatenate([np.c_[part.position / pitch, part.value] for path, part in drawn.items() if
                               path.endswith(":sweep")])
        _same_points(want, have, f"step {step}")


def _matches(state, drawn, where) -> None:
    h, w = state.data.shape
    with np.errstate(invalid="ignore"):
        top = np.abs(state.data[np.isfinite(state.data)]).max(initial=1e-30)
        sure = ~(np.abs(state.data) <= 1e-5 * top)
    values = drawn.grid(h, w, np.where(np.isnan(drawn.value), 1e30, drawn.value))
    shown = ~np.isnan(values)
    np.testing.assert_array_equal(shown[sure], state.visible[sure], err_msg=where)
    both = shown & state.visible
    np.testing.assert_allclose(values[both], np.where(np.isnan(state.data), 1e30, state.data)[both], rtol=1e-6,
                               atol=2e-6 * top, err_msg=where)
    lit = drawn.grid(h, w, drawn.highlight) > 0.5
    np.testing.assert_array_equal(lit & both & sure, state.highlight & both & sure, err_msg=where)


def _drawn_inside(viz, part) -> np.ndarray:
    """What moves in a box, in pitches and Blender's axes, and its values. Under ``superlocal`` what has a map's or a
    norm's colours, which are for the result's values, is drawn from the least of these on."""
    node, = (each for each in nodes(viz.tree) if each.path == part.path)
    scale = viz.document.scaling.inside(node, 1.0)
    keep = (np.abs(part.values) >= scale.low) | (scale.low >= scale.high)
    return np.c_[to_blender(part.positions), part.values][keep]


def _appears(viz, each, drawn, pitch, where) -> None:
    scale = viz.document.scaling.scales[each.path]
    np.testing.assert_allclose(drawn.edge / pitch, rules.edge(drawn.value, scale, each.viz), atol=1e-6, err_msg=where)
    fine = np.isfinite(drawn.value)
    level = rules.level(drawn.value[fine], scale)
    want = rules.colour_at(level, each.viz, viz.document.scaling.courses[each.path])
    np.testing.assert_allclose(drawn.color[fine], want, atol=1e-5, err_msg=where)


def _same_points(want, have, where) -> None:
    some = np.abs(want[:, 3]).max(initial=1e-30)
    want, have = (each[np.abs(each[:, 3]) > 1e-6 * some] for each in (want, have))
    assert len(want) == len(have), where
    if len(want):
        away = np.abs(want[:, None, :3] - have[None, :, :3]).max(-1) + np.abs(
            want[:, None, 3] - have[None, :, 3]) / some
        assert max(away.min(0).max(), away.min(1).max()) < 1e-5, where


@pytest.mark.parametrize("seed", range(12))
def test_what_moves_is_as_large_and_coloured_as_in_blender(seed, node, tmp_path):
    viz = at_random(seed)
    _, pitch, steps = node.ask(write(viz, tmp_path / "page.html"))
    by_path = {each.path: each for each in nodes(viz.tree)}
    for drawn in steps:
        for path, part in drawn.items():
            each = by_path[path.removesuffix(":sweep")]
            if path.endswith(":sweep") and part.value.size and each.inner.count == 1:
                left, right = viz.values[each.left.path], viz.values[each.right.path]
                scale = viz.document.scaling.inside(each, largest_product(each, left, right))
                np.testing.assert_allclose(part.edge / pitch, rules.edge(part.value, scale, each.viz), atol=1e-6)
                np.testing.assert_allclose(part.color, rules.colour_at(
                    rules.level(part.value, scale), each.viz, viz.document.scaling.courses[each.path]), atol=1e-5)
