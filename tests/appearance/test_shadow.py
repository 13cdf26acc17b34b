"""The soft shadow on the ground, by itself."""
import numpy as np
import pytest

from mm_blender.appearance import shadow

FLAT = np.array([[0.0, 0, 0], [10, 0, 0], [0, 8, 0]])  # three corners of a rectangle that lies on the ground


def middle(cast):
    """Where the shadow is, on average, x and y."""
    row, column = (np.average(index, weights=cast.density) for index in np.indices(cast.density.shape))
    return cast.low[:2] + np.array([column, row]) * cast.step


def spread(cast):
    """How far from its middle it reaches, on average, along x and y."""
    row, column = np.indices(cast.density.shape)
    return np.sqrt([np.average((index - np.average(index, weights=cast.density)) ** 2, weights=cast.density)
                    for index in (column, row)]) * cast.step


def raised(height):
    """The shadow of a rectangle that floats, above a speck that says where the ground is."""
    speck = np.array([[4.95, 3.95, 0.0], [5.05, 3.95, 0], [4.95, 4.05, 0]])
    return shadow.cast([FLAT + [0, 0, height], speck])


def test_it_lies_below_the_lowest_and_within_its_square():
    cast = shadow.cast([FLAT + [0, 0, 3]])
    assert cast.low[2] == pytest.approx(3 - 0.02 * 10, abs=0.01)
    assert cast.density.shape == (shadow.GRID, shadow.GRID) and 0 <= cast.density.min() and cast.density.max() < 1
    rim = np.concatenate([cast.density[0], cast.density[-1], cast.density[:, 0], cast.density[:, -1]])
    assert rim.max() < 0.01, "it would end at an edge"


def test_what_is_higher_throws_it_farther_to_the_left_and_back():
    for height in (5, 20):
        # of the speck, a tenth of what a matrix' edge covers, next to nothing is seen
        np.testing.assert_allclose(middle(raised(height)) - [5, 4], np.array([-0.22, 0.16]) * height, rtol=0.15)


def test_what_is_higher_throws_a_softer_and_lighter_one():
    low, high = raised(1), raised(30)
    assert (spread(high) > 1.3 * spread(low)).all() and high.density.max() < 0.8 * low.density.max()


def kept_light(cast):
    """The light that a shadow keeps off, in pitches of full darkness."""
    return -np.log1p(-cast.density).sum() * cast.step ** 2


@pytest.mark.parametrize("cover", [0.3, 0.55])
def test_it_keeps_off_the_share_of_light_that_its_screens_do(cover):
    assert kept_light(shadow.cast([FLAT], cover)) == pytest.approx(80 * cover, rel=1e-3)
    assert kept_light(shadow.cast([FLAT, FLAT + [3, 3, 9]], cover)) == pytest.approx(160 * cover, rel=1e-3)


def test_half_of_the_light_comes_through_unless_it_is_said():
    assert kept_light(shadow.cast([FLAT])) == pytest.approx(80 * 0.55, rel=1e-3)


def test_a_matrix_on_its_edge_throws_one_as_broad_as_its_elements_and_a_small_one_some():
    standing = np.array([[0.0, 0, 0], [10, 0, 0], [0, 0, 8]])
    assert kept_light(shadow.cast([standing], 0.5)) == pytest.approx(4 * 10 * 0.5, rel=1e-3)
    assert shadow.cast([np.zeros((3, 3))]).density.max() > 0.9, "of one element, all on one spot"
