"""Picking against a search of every cube."""
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from mm_blender.layout.picking import candidates, Grid, nearest


def brute(origin, direction, grid, edge):
    """Every cube, one after the other, with plain arithmetic."""
    best = None
    for r, y in enumerate(grid.rows):
        for c, x in enumerate(grid.cols):
            half = edge[r, c] / 2
            if half <= 0:
                continue
            enter, leave = 0.0, np.inf
            for o, d, m in zip(origin, direction, (x, y, 0.0)):
                if d == 0:
                    if abs(o - m) > half:
                        leave = -1.0
                    continue
                a, b = sorted(((m - half - o) / d, (m + half - o) / d))
                enter, leave = max(enter, a), min(leave, b)
            if enter <= leave and (best is None or enter < best[0]):
                best = enter, r, c
    return best


@st.composite
def scenes(draw):
    """A matrix in blocks with gaps, some of its cubes left out, and a ray that starts anywhere and aims near it."""
    rng = np.random.default_rng(draw(st.integers(0, 2 ** 32 - 1)))
    places = []
    for _ in range(2):
        index = np.arange(draw(st.integers(1, 9)))
        places.append(index + index // draw(st.integers(1, 9)) * draw(st.sampled_from([0.0, 0.5, 4.0])))
    largest = draw(st.sampled_from([0.3, 0.8, 1.0, 3.7]))
    edge = largest * rng.random((len(places[0]), len(places[1]))) * (rng.random((len(places[0]), 1)) > 0.3)
    goal = np.array([rng.uniform(-1, places[1][-1] + 1), rng.uniform(-1, places[0][-1] + 1), rng.uniform(-1, 1)])
    way = rng.normal(size=3) * 10 ** rng.uniform(-1, 2)
    way[2] *= draw(st.sampled_from([1.0, 0.05, 0.0]))  # grazing and level rays too
    if draw(st.booleans()):
        way[draw(st.integers(0, 1))] = 0.0
    return goal - way, way * draw(st.sampled_from([1.0, 1e-3, 20.0])), Grid(*places, largest), edge


@settings(max_examples=400)
@given(scenes())
def test_the_nearest_cube_is_found(scene):
    origin, direction, grid, edge = scene
    if not direction.any():
        return
    want = brute(origin, direction, grid, edge)
    have = nearest(origin, direction, grid, lambda rows, cols: edge[rows, cols])
    assert (want is None) == (have is None)
    if want:
        assert have.distance == pytest.approx(want[0], rel=1e-9, abs=1e-9)
        if (have.row, have.col) != want[1:]:  # cubes wider than their cells overlap: two can be met at once
            assert grid.largest > 1


def test_gaps_and_undrawn_elements_let_the_ray_through():
    grid = Grid(np.array([0.0, 1, 6, 7]), np.array([0.0, 1, 2]), 1.0)
    edge = np.full((4, 3), 0.9)
    edge[2, 1] = 0

    def at(x, y):
        found = nearest((x, y, 5), (0, 0, -1), grid, lambda rows, cols: edge[rows, cols])
        return found and (found.row, found.col)

    assert at(1, 7) == (3, 1) and at(0.44, 1.44) == (1, 0)
    assert at(1, 3.5) is None and at(1, 6) is None and at(0.5, 0) is None and at(2, -0.46) is None


def test_behind_the_origin_there_is_nothing_and_inside_a_cube_there_is_that_cube():
    grid, full = Grid(np.arange(2.0), np.arange(2.0), 1.0), lambda rows, cols: np.ones(rows.size)
    assert nearest((0, 0, 5), (0, 0, 1), grid, full) is None
    assert nearest((1, 0, 0.2), (0, 0, 1), grid, full) == nearest((1, 0, 0), (1, 0, 0), grid, full)
    assert nearest((1, 0, 0), (0, 0, 1), grid, full).distance == 0


def test_a_small_cube_behind_the_origin_is_not_hit_though_its_slot_is_met():
    grid = Grid(np.arange(1.0), np.arange(4.0), 1.0)
    small = np.array([0.5, 0.5, 0.0, 0.5])
    assert nearest((1.4, 0, 0), (1, 0, 0), grid, lambda rows, cols: small[cols]).col == 3
    assert nearest((1.4, 0, 0), (1, 0, 0), grid, lambda rows, cols: small[cols] * (cols < 3)) is None
    assert nearest((1.2, 0, 0), (1, 0, 0), grid, lambda rows, cols: small[cols]).col == 1


def test_edges_are_asked_for_near_the_ray_only():
    grid = Grid(np.arange(256.0), np.arange(768.0), 1.0)
    rows, cols = candidates(np.array([-5.0, 3, 0.1]), np.array([1, 0.3, -1e-6]), grid)
    assert 700 < cols.max() and rows.size < 3000
    assert candidates(np.array([30.0, 40, 9]), np.array([0.1, 1e-9, -1]), grid)[0].size < 12


@pytest.mark.parametrize("direction", [(0.0, 0.0, -1.0), (1.0, 0.3, -0.01)])
def test_fourteen_large_matrices_take_little_time(direction):
    grids = [Grid(np.arange(256.0), np.arange(768.0), 1.0)] * 14
    edge = np.full((256, 768), 0.4)
    took = []
    for _ in range(20):
        start = time.perf_counter()
        for grid in grids:
            nearest((4.5, 3.2, 7.0), direction, grid, lambda rows, cols: edge[rows, cols])
        took.append(time.perf_counter() - start)
    print(f"{min(took) * 1e3:.2f} ms")
    assert min(took) < 0.02  # measured: below 2 ms; the machine is shared
