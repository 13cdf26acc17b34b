"""Guides: closed bars, one frame a block, arrows from both operands."""
from collections import Counter

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.layout.guides import (
    BOLD,
    boxes,
    BROADEST,
    FINEST,
    flow_guides,
    line_radius,
    MARGIN,
    row_bars,
    row_guides,
    THIN,
)
from mm_blender.layout.places import extent, offsets


def leaf(h: int, w: int, **settings):
    return mm.visualize("A @ B", settings={"A.h": h, "A.w": w, **settings}).tree.left


@pytest.mark.parametrize("h, lines", [(1, 0), (2, 1), (8, 7), (16, 7), (32, 7), (33, 8), (1000, 7)])
def test_a_frame_some_row_lines_and_a_mark(h, lines):
    segments, widths = row_guides(leaf(h, 5), 0.03)
    assert len(segments) == len(widths) == 4 + lines + 2
    assert sorted(set(widths)) == [0.03, BOLD * 0.03] and (widths == BOLD * 0.03).sum() == 2


@pytest.mark.parametrize("i, j", [(1, 1), (2, 1), (3, 2)])
def test_every_block_has_a_frame_of_its_own_and_one_has_the_mark(i, j):
    node = leaf(9, 8, **{"block.i blocks": i, "block.k blocks": j, "gap": 3})
    segments, widths = row_guides(node, 0.03)
    assert (widths > 0.03).sum() == 2
    across = segments[(segments[:, 0, 0] == segments[:, 1, 0]) & (widths == 0.03)]
    assert len(across) == 2 * i * j  # the left and right edges of the frames
    level = segments[:, 0, 1] == segments[:, 1, 1]
    assert (level | (segments[:, 0, 0] == segments[:, 1, 0])).all(), "a slanted line"
    rows, cols = offsets(node)
    np.testing.assert_allclose(segments.min((0, 1)), [-MARGIN, -MARGIN, 0])
    np.testing.assert_allclose(segments.max((0, 1)), [cols[-1] + MARGIN, rows[-1] + MARGIN, 0])
    inside = segments[level & (widths == 0.03)][:, 0, 1]
    assert len(inside) == (2 * i + 9 - i) * j  # of the frames, and between all rows of a block
    for y in inside:  # between the rows, never through the data
        assert np.abs(rows - y).min() >= 0.5 - 1e-9


def test_bars_are_closed_and_wound_outwards():
    segments, widths = row_guides(leaf(9, 8), 0.03)
    vertices, quads = boxes(segments, widths)
    assert vertices.shape == (8 * len(segments), 3) and quads.shape == (6 * len(segments), 4)
    edges = Counter((a, b) for quad in quads.tolist() for a, b in zip(quad, quad[1:] + quad[:1]))
    assert set(edges.values()) == {1} and all((b, a) in edges for a, b in edges)  # every edge once each way
    for bar in range(len(segments)):
        middle = segments[bar].mean(0)
        for quad in quads[6 * bar:6 * bar + 6]:
            a, b, c, _ = vertices[quad]
            assert np.cross(b - a, c - a) @ (vertices[quad].mean(0) - middle) > 0
    volume = sum(np.linalg.det(vertices[q[[0, i, i + 1]]]) for q in quads for i in (1, 2)) / 6
    length = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1) + 2 * widths
    assert volume == pytest.approx((length * (2 * widths) ** 2).sum())


def test_the_bars_of_several_matrices_are_those_of_each():
    several = [leaf(9, 8), leaf(3, 4, **{"block.i blocks": 2}), leaf(1, 1)]
    for made, node in zip(row_bars(several, 0.03), several, strict=True):
        for got, wanted in zip(made, boxes(*row_guides(node, 0.03))):
            np.testing.assert_array_equal(got, wanted)


def test_no_guides_for_nothing():
    assert row_bars([], 0.03) == []
    vertices, quads = boxes(np.zeros((0, 2, 3)), np.zeros(0))
    assert vertices.shape == (0, 3) and quads.shape == (0, 4)


def test_lines_do_not_vanish_in_large_expressions():
    assert line_radius(24_000) == 24_000 * FINEST and line_radius(40) == line_radius(70) == THIN


@pytest.mark.parametrize("polarity", ["negative", "positive"])
@pytest.mark.parametrize("left, right, result", [("left", "top", "front"), ("right", "bottom", "back")])
def test_an_arrow_points_from_both_operands_to_the_result(polarity, left, right, result):
    settings = {"polarity": polarity, "left placement": left, "right placement": right, "result placement": result,
                "flow guides": 1, "A.h": 6, "A.w": 8, "B.w": 10, "gap": 2}
    tree = mm.visualize("A @ B", settings=settings).tree
    (tail_left, centre, tip), (tail_right, same, also) = flow_guides(tree, 1)
    size = extent(tree)
    np.testing.assert_array_equal(centre, size / 2)
    np.testing.assert_array_equal(centre, same), np.testing.assert_array_equal(tip, also)
    assert tail_left[0] == (2 if left == "left" else size[0] - 2)
    assert tail_right[1] == (2 if right == "top" else size[1] - 2)
    assert tip[2] == (2 if result == "front" else size[2] - 2)


@pytest.mark.parametrize("left, right", [("left", "top"), ("right", "bottom")])
def test_an_arrow_reaches_to_operands_that_are_moved_away(left, right):
    settings = {"left placement": left, "right placement": right, "flow guides": 1, "gap": 2, "scatter": 5,
                "molecule": 0, "A.h": 6, "A.w": 8, "B.w": 10}
    tree = mm.visualize("A @ B", settings=settings).tree
    (tail_left, _, tip), (tail_right, _, _) = flow_guides(tree, 1)
    w, h, _ = extent(tree)
    assert tail_left[0] == (-3 if left == "left" else w + 3) and tail_right[1] == (-3 if right == "top" else h + 3)
    assert tip[2] in (2, extent(tree)[2] - 2)


def test_the_setting_is_the_arrows_length():
    long, short = (flow_guides(mm.visualize("A @ B", settings={"flow guides": s, "gap": 0}).tree, 1) for s in (1, 0.25))
    np.testing.assert_allclose(short - short[:, 1:2], (long - long[:, 1:2]) / 4)


@pytest.mark.parametrize("h, w", [(2, 3), (4, 4), (1, 1), (1, 9)])
def test_lines_and_marks_of_small_matrices_are_no_slabs(h, w):
    viz = mm.visualize("A @ B", settings={"A.h": h, "A.w": w, "B.w": 2})
    size = float((viz.placement.high - viz.placement.low).max())
    radius = line_radius(size)
    assert radius == size * BROADEST < THIN
    segments, widths = row_guides(viz.tree.left, radius)
    marks = segments[widths > radius]
    lengths = np.linalg.norm(marks[:, 1] - marks[:, 0], axis=1)
    assert (lengths < (min(h, w) + 1) / 4).all() and (lengths > 4 * BOLD * radius).all()
