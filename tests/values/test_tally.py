"""Tallies: bands that come by are seen as the whole matrix is."""
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from mm_blender.layout import reduction
from mm_blender.options import KINDS
from mm_blender.values.tally import of_means, Reading, Tally

REDUCED = [kind for kind in KINDS if kind != "none"]


def in_bands(kind, x, rows, cols, *ends):
    tally = Tally(kind, np.array(rows), np.array(cols))
    for first, last in zip((0, *ends), (*ends, len(x))):
        tally.add(x[first:last], first)
    return tally


def by_hand(kind, tile):
    if kind == "absmax":
        return tile.flat[np.abs(tile).argmax()]
    return tile.mean(dtype=float) if kind == "mean" else np.sqrt((tile.astype(float) ** 2).mean())


@settings(max_examples=60)
@given(st.sampled_from(REDUCED), st.integers(1, 9), st.integers(1, 7), st.integers(0, 99), st.data())
def test_cells_are_those_of_the_whole_whatever_the_bands(kind, h, w, seed, data):
    x = np.random.default_rng(seed).normal(size=(h, w)).astype(np.float32)
    rows, cols = ([0, *sorted(data.draw(st.sets(st.integers(1, size - 1), max_size=3)) if size > 1 else ()), size]
                  for size in (h, w))
    ends = sorted(data.draw(st.sets(st.sampled_from(rows[1:-1])))) if len(rows) > 2 else []
    reading = in_bands(kind, x, rows, cols, *ends).reading()
    expected = [[by_hand(kind, x[a:b, c:d]) for c, d in zip(cols, cols[1:])] for a, b in zip(rows, rows[1:])]
    whole = len(rows) == h + 1 and len(cols) == w + 1
    np.testing.assert_allclose(reading.cells, expected if not whole or kind != "rms" else np.abs(x), rtol=1e-5,
                               atol=1e-6)  # a mean may nearly cancel
    assert reading.cells.dtype == np.float32
    assert (reading.low, reading.high, reading.odd) == (float(x.min()), float(x.max()), 0)


def test_what_is_not_finite_is_counted_and_left_out_of_the_extremes():
    x = np.array([[1, -5, np.nan], [np.inf, 2, 3], [4, -np.inf, np.inf], [0, 0, 7]], np.float32)
    tally = in_bands("absmax", x, [0, 1, 2, 4], [0, 2, 3], 1, 2)
    reading = tally.reading()
    assert (reading.low, reading.high, reading.odd) == (-5, 7, 4)
    assert tally.infinite == [1, 0], "row and column of the first, in the whole matrix"
    np.testing.assert_array_equal(reading.cells, [[-5, np.nan], [np.inf, 3], [-np.inf, np.inf]])


def test_a_band_without_anything_finite_says_nothing_of_the_extremes():
    x = np.array([[np.nan, np.nan], [2, -3]], np.float32)
    assert in_bands("mean", x, [0, 1, 2], [0, 2], 1).reading().low == -3
    nothing = in_bands("mean", x[:1], [0, 1], [0, 2]).reading()
    assert (nothing.low, nothing.high, nothing.odd) == (np.inf, -np.inf, 2)


def test_a_nan_comes_before_no_infinity():
    assert in_bands("mean", np.array([[np.nan, 1]], np.float32), [0, 1], [0, 2]).infinite is None


@pytest.mark.parametrize("kind", REDUCED)
def test_bands_of_every_element_are_the_elements(kind):
    x = np.array([[1, -2], [-3, 4]], np.float32)
    tally = in_bands(kind, x, [0, 1, 2], [0, 1, 2], 1)
    np.testing.assert_array_equal(tally.reading().cells, np.abs(x) if kind == "rms" else x)
    np.testing.assert_array_equal(reduction.tiles(x, kind, np.arange(3), np.arange(3)), tally.reading().cells)


def test_of_means_they_are_the_cells():
    x = np.array([[0.5, -2.0, np.inf]], np.float32)
    reading = of_means(x)
    assert isinstance(reading, Reading) and (reading.low, reading.high, reading.odd) == (-2, 0.5, 1)
    np.testing.assert_array_equal(reading.cells, x)


def test_of_equal_magnitudes_the_positive_one_stands_for_both():
    np.testing.assert_array_equal(in_bands("absmax", np.array([[-2, 2], [1, -3]], np.float32), [0, 1, 2], [0, 2],
                                           1).reading().cells, [[2], [-3]])
