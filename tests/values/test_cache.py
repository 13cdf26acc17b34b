"""Results: computed when asked for, once, and taken over where nothing that they depend on has changed."""
import warnings

import numpy as np
import pytest

from mm_blender.errors import MMWarning, SizeError
from mm_blender.expression import sources, tree as trees
from mm_blender.expression.parameters import walk
from mm_blender.layout import reduction
from mm_blender.options import Options
from mm_blender.values import approximation, compute, cost
from mm_blender.values.cache import Results

rng = np.random.default_rng(0)
A, B, C = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (3, 5), (5, 2)))
DATA = {"root.left.left": A, "root.left.right": B, "root.right": C}


def results(text="(X = A @ B) @ C", data=DATA, init="row major", **options):
    params = sources.from_expression(text)
    for path, node, matmul in walk(params):
        if not matmul:
            node["init"] = init
            node["h"], node["w"] = data.get(path, DATA[path]).shape
    true = trees.resolve(params)
    chosen = Options(**options)
    plan = reduction.plan(true, chosen)
    tree = reduction.shown(true, plan, approximation.approximate(true, plan, data) if plan.reduces else ())
    return Results(true, tree, plan, data, chosen)


@pytest.fixture
def computed(monkeypatch):
    """The paths that each computation does not know beforehand."""
    out, original = [], compute.compute

    def noted(tree, data=None, **more):
        held = compute.recipes(tree, data, seed=more["seed"], assets=more["assets"])
        out.append({path for path, recipe in held.items() if recipe not in (more.get("known") or {})})
        return original(tree, data, **more)

    monkeypatch.setattr(compute, "compute", noted)
    return out


def test_nothing_is_computed_before_it_is_asked_for_and_then_once(computed):
    made = results()
    made.check()
    assert not computed and not made.known
    np.testing.assert_allclose(made.values["root"], A @ B @ C, rtol=1e-5)
    assert made.values is made.values and made.ranges is made.ranges
    assert computed == [{"root", "root.left", "root.right", "root.left.left", "root.left.right"}]


def test_ranges_are_those_of_the_values():
    made = results()
    for path, x in made.values.items():
        assert (made.ranges[path].absmax, made.ranges[path].absmin) == (np.abs(x).max(), np.abs(x).min())


def test_only_what_has_changed_is_computed_again(computed):
    before = results()
    before.values
    other = results(data={**DATA, "root.right": C + 1})
    other.take_over(before)
    np.testing.assert_allclose(other.values["root"], A @ B @ (C + 1), rtol=1e-5)
    assert computed[1:] == [{"root", "root.right"}]
    assert other.values["root.left"] is before.values["root.left"]
    assert other.ranges["root.left"] is before.ranges["root.left"]


def test_all_is_taken_over_where_nothing_has_changed_and_nothing_where_the_epilog_has(computed):
    before = results()
    before.values
    same = results()
    same.take_over(before)
    same.values
    assert computed[1:] == [set()]
    other = results("relu(X = A @ B) @ C")
    other.take_over(same)
    np.testing.assert_allclose(other.values["root"], np.maximum(A @ B, 0) @ C, rtol=1e-5)
    assert computed[2:] == [{"root.left", "root"}]


def test_equal_numbers_in_another_array_are_not_the_same_data(computed):
    before = results()
    before.values
    other = results(data={**DATA, "root.right": C.copy()})
    other.take_over(before)
    other.values
    assert computed[1:] == [{"root", "root.right"}]


def test_another_seed_draws_what_is_random_anew(computed):
    first, second = (results(data={}, init="gaussian", seed=seed) for seed in (1, 2))
    first.values
    second.take_over(first)
    assert computed[0] and second.values and computed[1] == computed[0]
    assert np.abs(first.values["root.right"] - second.values["root.right"]).max() > 0.1


def test_what_was_never_asked_for_is_handed_on_through_those_between(computed):
    first = results()
    first.values
    between, last = results(), results()
    between.take_over(first)
    last.take_over(between)
    last.values
    assert computed[1:] == [set()]


def test_values_that_are_assumed_are_not_computed(computed):
    made = results()
    made.assume({"root.left": np.full((4, 5), 2, np.float32)})
    np.testing.assert_allclose(made.values["root"], np.full((4, 5), 2) @ C, rtol=1e-5)
    assert computed == [{"root", "root.right", "root.left.left", "root.left.right"}]
    assert made.ranges["root.left"].absmin == 2


def test_of_reduced_matrices_the_readings_are_known():
    big = {"root.left.left": rng.normal(size=(64, 32)).astype(np.float32), "root.left.right": B.repeat(11, 0)[:32],
           "root.right": C}
    before = results(data=big, cells=500)
    assert before.plan.reduces and max(before.values["root.left.left"].shape) < 64
    reading = before.readings["root.left.left"]
    assert (reading.low, reading.high) == (big["root.left.left"].min(), big["root.left.left"].max())
    other = results(data=big, cells=500)
    other.take_over(before)
    assert other.values["root"] is before.values["root"] and other.readings["root"] is before.readings["root"]


def test_an_element_that_a_cell_stands_for():
    made = results()
    assert made.element("root.left", 1, 2) == (1, 2, pytest.approx(float((A @ B)[1, 2]), rel=1e-5))


def test_too_much_is_refused_before_anything_is_computed(computed, monkeypatch):
    monkeypatch.setattr(cost, "check", lambda *_: (_ for _ in ()).throw(SizeError("too much")))
    with pytest.raises(SizeError):
        results().values
    assert not computed


def test_what_is_rough_is_said():
    big = {"root.left": rng.normal(size=(40, 30)).astype(np.float32), "root.right": B.repeat(10, 0)}
    params = sources.from_expression("A @ B")
    params["anim"]["alg"] = "vvprod"
    for side in ("left", "right"):
        params[side]["h"], params[side]["w"] = big[f"root.{side}"].shape
    true, options = trees.resolve(params), Options(cells=100)
    plan = reduction.plan(true, options)
    with pytest.warns(MMWarning, match="the sweep of A @ B would add up elements that are not shown"):
        Results(true, reduction.shown(true, plan), plan, big, options).values
    quiet = Options(cells=100, animate=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Results(true, reduction.shown(true, plan), plan, big, quiet).values
