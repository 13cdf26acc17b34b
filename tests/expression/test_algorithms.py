"""The records of the algorithms: what follows from each, and that one more record is one more algorithm everywhere."""
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from made_up import made_up, ROWS_AGAIN, SCALED_ROWS  # noqa: F401
from mm_blender.appearance import representation
from mm_blender.cli.listing import listing, page
from mm_blender.expression import parameters, schema, tree
from mm_blender.expression.algorithms import Algorithm, ALGORITHMS, LEFT, RESULT, RIGHT
from mm_blender.layout import reduction, schedule, sweep_planes
from mm_blender.values.accumulation import history
from sweep_oracle import Oracle, transform

ROOT = Path(__file__).parents[2]
SI, SK, SJ = 5, 7, 11  # sizes of a block
# what it spans; whether it adds up, and by lines along what; its plane; its strides over the left operand, the right
# one and the result; what it joins on the left and on the right
FOLLOWS = {
    "dotprod (row major)": ("k", False, None, None, (SJ, 0), (0, 1), (SJ, 1), (None, None)),
    "dotprod (col major)": ("k", False, None, None, (1, 0), (0, SI), (1, SI), (None, None)),
    "axpy": ("i", True, "j", None, (0, 1), (1, SK), (0, SK), (None, None)),
    "vmprod": ("kj", False, None, ("j", "k", "i"), (1, 0), None, (1, 0), ("i", None)),
    "mvprod": ("ik", False, None, ("k", "i", "j"), None, (0, 1), (0, 1), (None, "j")),
    "vvprod": ("ij", True, None, ("j", "i", "k"), (0, 1), (1, 0), None, ("j", "i")),
}
SIZES = {"A.h": 5, "A.w": 4, "B.w": 3, "A.init": "gaussian", "B.init": "gaussian"}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_follows_from_what_is_walked_along(name):
    it, steps = ALGORITHMS[name], (SI, SK, SJ)
    strides = tuple(it.strides(matrix, steps) for matrix in (LEFT, RIGHT, RESULT))
    joins = it.joins(LEFT), it.joins(RIGHT)
    assert (it.spans, it.accumulates, it.line, it.plane, *strides, joins) == FOLLOWS[name]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_cursor_goes_everywhere_once(name):
    it, steps = ALGORITHMS[name], (SI, SK, SJ)
    at = np.stack(it.at(np.arange(it.count(steps)), steps))
    assert len(np.unique(at, axis=1).T) == it.count(steps)
    for axis, size, where in zip("ikj", steps, at):
        assert where.max() == (size - 1 if axis in it.walks else 0) and where.min() == 0
    assert [int(each) for each in it.at(3, steps)] == at[:, 3].tolist()


@pytest.mark.parametrize("walks", ["", "ijk", "ii", "x", "kj", "ki"])
def test_what_cannot_be_swept_is_no_algorithm(walks):
    with pytest.raises(ValueError, match="walks along"):
        Algorithm("odd", walks, "Odd", "something else")


def test_without_its_record_there_is_none():
    with pytest.raises(mm.ParameterError, match="no alg 'rows again'.*'vmprod'"):
        mm.visualize("A @ B", settings={"anim.alg": ROWS_AGAIN.name})


def test_it_is_offered_and_described(made_up):  # noqa: F811
    spec = importlib.util.spec_from_file_location("offered", ROOT / "operators" / "menu_items.py")
    spec.loader.exec_module(offered := importlib.util.module_from_spec(spec))
    for it in (SCALED_ROWS, ROWS_AGAIN):
        assert f"{it.name}  " in listing("algorithms") and it.meaning in listing("algorithms")
        assert it.name in listing("settings") and f"- `{it.name}`: {it.meaning}" in page()
        assert (it.name, it.title, it.meaning[0].upper() + it.meaning[1:]) in offered.ALGORITHMS
        assert schema.find("anim", "alg").choices[it.name] == it.meaning
        viz = mm.visualize("A @ B", settings={**SIZES, "anim.alg": it.name})
        assert f"sweep {it.name}" in viz.info()
        assert mm.visualize(viz.params).tree.anim.alg == it.name
    assert [each[0] for each in offered.ALGORITHMS + offered.INHERIT] == list(schema.find("anim", "alg").choices)


@pytest.mark.parametrize("source", ["A @ B", "relu(A @ B)", "softmax(A @ B / sqrt(k))"])
@pytest.mark.parametrize("blocks", [{}, {"block.i blocks": 2, "block.k blocks": 2}])
def test_its_steps_planes_and_sums(made_up, source, blocks):  # noqa: F811
    for name in made_up:
        viz = mm.visualize(source, settings={**SIZES, **blocks, "anim.alg": name})
        node, plan = viz.tree, viz.schedule
        oracle = Oracle(node, viz.values, viz.placement.boxes)
        track, box = plan.tracks["root"], viz.placement.boxes["root"]
        assert plan.steps == oracle.steps == track.count
        past = history(node, viz.values, plan)
        if "softmax" in source and name == SCALED_ROWS.name:
            np.testing.assert_allclose(past["root"].after, oracle.after["root"], rtol=1e-5)
            for line, before in enumerate(past["root"].before):
                left = oracle.data(node, line * node.inner.step - 1) if line else oracle.values["root"]
                np.testing.assert_allclose(before, left, rtol=1e-5, atol=1e-7)
        else:
            assert not past
        for step in range(plan.steps):
            pieces = sweep_planes.pieces(node)  # behind partial results, if there are any
            for part, piece in zip(oracle.interior(node, step)[-len(pieces):], pieces, strict=True):
                i, k, j = sweep_planes.indices(node, piece, track.cursor(step))
                spots = transform(box, sweep_planes.lattice(node, i, k, j))
                x = viz.values["root.left"][i, k] * viz.values["root.right"][k, j]
                np.testing.assert_allclose(spots[x != 0], part.positions)
                np.testing.assert_array_equal(x[x != 0], part.values)


def test_its_plane_is_a_matrix_of_its_own(made_up):  # noqa: F811
    lines, plane = made_up
    viz = mm.visualize("A @ B", settings={**SIZES, "anim.alg": plane})
    left, right = viz.values["root.left"], viz.values["root.right"]
    found = sweep_planes.plane(viz.tree)
    assert (found.rows.size, found.cols.size) == right.shape
    np.testing.assert_array_equal(sweep_planes.products(viz.tree, left, right, 2, 9), left[2][:, None] * right)
    assert representation.accumulating(viz.tree, viz.schedule.tracks) == set()
    rows = mm.visualize("A @ B", settings={**SIZES, "anim.alg": lines})
    assert sweep_planes.plane(rows.tree) is None
    assert representation.accumulating(rows.tree, rows.schedule.tracks) == {"root"}


def test_it_moves_in_step_with_what_it_fits(made_up):  # noqa: F811
    lines, plane = made_up

    def steps(above, below):
        spec = mm.visualize("(A @ B) @ C", settings={"A.h": 6, "A.w": 4, "B.w": 5, "C.w": 3}).params
        spec["anim"].update(alg=above, fuse="sync")
        spec["left"]["anim"] = {"alg": below}
        return schedule.schedule(tree.resolve(parameters.complete(spec))).steps

    assert steps("vmprod", plane) == steps(plane, "vmprod") == steps("vmprod", "vmprod") == 6
    assert steps(lines, plane) > steps(lines, "none") and steps(plane, lines) > 6


def test_reduced_it_shows_what_is_finished_and_no_sums(made_up):  # noqa: F811
    lines, plane = made_up
    large = {"L.h": 64, "L.w": 64, "R.w": 64}
    with pytest.warns(mm.MMWarning, match=f"sweep of L @ R would add up.*{plane} sweep reduced matrices"):
        assert mm.visualize("L @ R", settings={**large, "anim.alg": lines}, cells=2000).values
    rows = mm.visualize("L @ R", settings={**large, "anim.alg": plane}, cells=2000)
    assert not reduction.stilled(rows.true, rows.tree) and rows.schedule.steps == rows.tree.h < 64
