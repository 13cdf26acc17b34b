"""What a film shows at every step, against the plain definition in ``sweep_oracle``."""
import warnings

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document.film import Film, MATRIX
from sweep_cases import CASES, SIZES
from sweep_oracle import Oracle


def placed(shown):
    return shown.place @ shown.frame[:3, :3].T + shown.frame[:3, 3]


def rounded(places, values):
    return sorted((*np.round(place, 3), round(float(value), 2)) for place, value in zip(places, values))


@pytest.mark.once
@pytest.mark.parametrize("case", CASES)
def test_every_step(case):
    source, settings = CASES[case]
    sizes = {key: value for key, value in SIZES.items() if key[0] in source}
    viz = mm.visualize(source, settings={**sizes, **settings})
    oracle, film = Oracle(viz.tree, viz.values, viz.placement.boxes), Film(viz.document)
    assert viz.schedule.steps > 1
    for step in [*range(0, viz.schedule.steps + 1, 2), *range(1, viz.schedule.steps + 1, 2)]:
        states, inside = oracle.states(step)
        every = list(film.at(step))
        for shown in every:
            if shown.kind != MATRIX:
                continue
            state = states[shown.node.path]
            seen, most = np.zeros(state.data.shape, bool), np.abs(state.data).max()
            seen[shown.row, shown.col] = True
            sure = np.abs(state.data) > 1e-5 * most
            np.testing.assert_array_equal(seen[sure], state.visible[sure])
            np.testing.assert_allclose(shown.value, state.data[shown.row, shown.col], rtol=1e-4, atol=1e-4 * most)
        have = [each for shown in every if shown.kind != MATRIX for each in rounded(placed(shown), shown.value)]
        want = [each for part in inside for each in rounded(part.positions, part.values)]
        assert len(have) == len(want)
        np.testing.assert_allclose(np.reshape(sorted(have), (-1, 4)), np.reshape(sorted(want), (-1, 4)), atol=2e-2)


def test_what_does_not_sweep_is_there():
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 4})
    assert [(shown.node.path, len(shown.value)) for shown in Film(viz.document).at(0)] == [
        ("root.left", 6), ("root.right", 8), ("root", 12)]


def test_partial_sums_below_all_that_is_finished_draw_nothing():
    """Under ``superlocal``, as in the reference."""
    viz = mm.visualize("A @ B", {"A": [[1.0, 9.0]], "B": [[1.0, 2.0], [1.0, 2.0]]}, settings={
        "anim.alg": "vvprod", "viz.sensitivity": "superlocal"})
    by_step = [[shown for shown in Film(viz.document).at(step) if shown.node.path == "root"][0] for step in (0, 1)]
    assert [each.value.tolist() for each in by_step] == [[], [10.0, 20.0]]


def test_what_is_too_large_inside_a_box_is_said():
    large = np.full((2, 2), 1e30, np.float32)
    viz = mm.visualize("A @ B", data={"A": large, "B": large * [[1], [-1]]}, settings={"anim.alg": "vmprod",
                                                                                        "block.k blocks": 2})
    film = Film(viz.document)
    with pytest.warns(mm.MMWarning, match="too large for float32") as said:
        list(film.at(0))
    assert len([each for each in said if "a partial result is" in str(each.message)]) == 2  # of each block, once
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(film.at(1))
