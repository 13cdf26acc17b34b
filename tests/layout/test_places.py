"""Places: against the reference's measurements, and against an independent recomputation."""
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from measured import ALL_LINKS, positions, spots
from mm_blender.expression import tree as trees
from mm_blender.expression.parameter_checks import CHOICES
from mm_blender.expression.parameters import default_placement
from mm_blender.layout import places
from mm_blender.layout.places import extent, offsets, place, scatter, to_blender, turn


@pytest.mark.parametrize("case", ALL_LINKS, ids=[f"link {case['id']}" for case in ALL_LINKS])
def test_the_reference_measured(case):
    viz = mm.visualize(case["url"])
    frames = viz.placement.matrices
    by_path = {node.path: node for node in trees.nodes(viz.tree)}
    assert set(frames) == {matrix["path"] for matrix in case["matrices"]}
    for matrix in case["matrices"]:
        node = by_path[matrix["path"]]
        rows, cols = offsets(node)
        row, col = spots(matrix)
        local = np.stack([cols[col], rows[row], 0 * row, 1 + 0 * row], -1)
        ours = local @ frames[node.path].T
        assert np.abs(ours[:, :3] - positions(matrix)).max() < 1e-3, matrix["path"]


# ---- against a recomputation: matrices as sets of points, each turned and shifted bodily

def recompute(spec: trees.Node, total: int) -> tuple[dict, np.ndarray]:
    """The corner elements (first, last of the first row, last of the first column) of every matrix below ``spec``.

    In the node's own box: x along its columns, y down its rows, z along its inner dimension. Also the box's size. Built
    from the leaves up by moving whole points, where ``places`` composes frames from the root down.
    """
    gap = spec.layout.gap
    across = lambda axis: axis.size - 1 + axis.gap * (axis.count - 1)  # noqa: E731
    w, h = across(spec.cols), across(spec.rows)
    corners = np.array([[0, 0, 0], [w, 0, 0], [0, h, 0]], float) + [gap, gap, 0]
    if isinstance(spec, trees.Leaf):
        return {spec.path: corners}, np.array([w + 2 * gap, h + 2 * gap, 0])
    depth = across(spec.inner) + 2 * gap
    size = np.array([w + 2 * gap, h + 2 * gap, depth])
    side = spec.layout
    out = {spec.path: corners + [0, 0, 0 if side.front else depth]}
    for child, is_left in ((spec.left, True), (spec.right, False)):
        below, child_size = recompute(child, total)
        near, own = (side.left, 0) if is_left else (side.top, 1)
        away = 0.0
        if child.count >= side.molecule:
            away = side.scatter * (child.count ** side.blast if side.blast >= 0
                                   else (total - child.count) ** -side.blast)
        for path, p in below.items():
            p = p.copy()
            # a left operand's columns run along the box's z, a right one's rows do; "positive" looks the other way
            along = p[:, own].copy()
            off = p[:, 2].copy()
            if side.positive:
                p[:, 2] = along
                p[:, own] = -off + (-away if near else size[own] + child_size[2] + away)
            else:
                p[:, 2] = size[2] - along
                p[:, own] = off + (-(child_size[2] + away) if near else size[own] + away)
            out[path] = p
    return out, size


def layouts():
    return st.fixed_dictionaries({key: st.sampled_from(CHOICES[key]) for key in default_placement()})


LEAF = st.builds(dict)
TREES = st.recursive(LEAF, lambda kids: st.fixed_dictionaries(
    {"left": kids, "right": kids, "layout": layouts()}), max_leaves=5)


def sized(node: dict, h: int, w: int, pick) -> None:
    """Give the leaves below ``node`` sizes that meet."""
    if "left" not in node:
        node.update(h=h, w=w)
        return
    inner = pick(st.integers(1, 6))
    sized(node["left"], h, inner, pick)
    sized(node["right"], inner, w, pick)


@settings(max_examples=120)
@given(TREES.filter(lambda node: "left" in node), st.data(), st.integers(0, 6), st.integers(1, 4), st.integers(0, 3),
       st.sampled_from([-2, -1, 0, 1, 2]))
def test_an_independent_recomputation_agrees(spec, data, gap, molecule, away, blast):
    sized(spec, data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6)), data.draw)
    spec["layout"] = {**spec["layout"], "scheme": "custom", "gap": gap, "scatter": away, "molecule": molecule,
                      "blast": blast}
    spec["block"] = {f"{axis} blocks": data.draw(st.integers(1, 4)) for axis in "ikj"}
    tree = mm.visualize(spec).tree
    found = place(tree)
    expected, _ = recompute(tree, tree.count)
    for p in expected.values():
        p *= [1, -1, -1]  # the root's rows run down
    expected_world = {path: p for path, p in expected.items()}
    shifts = []
    for node in trees.nodes(tree):
        rows, cols = offsets(node)
        local = np.array([[0, 0, 0, 1], [cols[-1], 0, 0, 1], [0, rows[-1], 0, 1]])
        ours = (local @ found.matrices[node.path].T)[:, :3]
        shifts.append(expected_world[node.path] - ours)
    shifts = np.concatenate(shifts)
    assert np.abs(shifts - shifts[0]).max() < 1e-6  # the same up to one shift, the centring


@settings(max_examples=40)
@given(TREES.filter(lambda node: "left" in node), st.data())
def test_frames_are_turns_and_everything_is_in_the_centred_box(spec, data):
    sized(spec, 3, 4, data.draw)
    viz = mm.visualize(spec)
    low, high = viz.placement.low, viz.placement.high
    np.testing.assert_allclose(low, -high, atol=1e-9)
    for node in trees.nodes(viz.tree):
        frame = viz.placement.matrices[node.path]
        np.testing.assert_array_equal(frame[:3, :3] @ frame[:3, :3].T, np.eye(3))
        assert np.linalg.det(frame[:3, :3]) == 1
        rows, cols = offsets(node)
        corners = np.array([[x, y, 0, 1] for x in (0, cols[-1]) for y in (0, rows[-1])]) @ frame.T
        assert (corners[:, :3] >= low - 1e-6).all() and (corners[:, :3] <= high + 1e-6).all()
        assert (places.outline(viz.tree, viz.placement).min(0) <= corners[:, :3].min(0)).all()


@pytest.mark.parametrize("blocks, gap, rows", [
    (1, 4, [0, 1, 2, 3, 4, 5, 6]), (2, 4, [0, 1, 2, 3, 8, 9, 10]), (3, 1, [0, 1, 2, 4, 5, 6, 8]),
    (7, 2, [0, 3, 6, 9, 12, 15, 18]), (4, 0, [0, 1, 2, 3, 4, 5, 6])])
def test_blocks_stand_a_gap_apart(blocks, gap, rows):
    viz = mm.visualize("A @ B", settings={"A.h": 7, "block.i blocks": blocks, "gap": gap})
    np.testing.assert_array_equal(offsets(viz.tree.left)[0], rows)
    np.testing.assert_array_equal(offsets(viz.tree)[0], rows)
    assert extent(viz.tree)[1] == rows[-1] + 2 * gap


@pytest.mark.parametrize("away, molecule, blast, count, distance", [
    (0, 1, 3, 2, 0), (5, 1, 0, 0, 0), (5, 0, 0, 0, 5), (5, 1, 0, 2, 5), (5, 3, 0, 2, 0), (5, 1, 1, 2, 10),
    (5, 1, 2, 3, 45), (5, 1, -1, 2, 15), (5, 1, -2, 1, 80), (5, 1, -1, 5, 0)])
def test_scatter_molecule_and_blast(away, molecule, blast, count, distance):
    viz = mm.visualize("A @ B @ C @ D @ E @ F", settings={"scatter": away, "molecule": molecule, "blast": blast})
    assert scatter(viz.tree, count, total=5) == distance


@pytest.mark.parametrize("size, pitch", [(32, 0.1), (4000, 0.1), (3000, 0.1), (5000, 0.01), (50_000, 0.001)])
def test_large_expressions_fit_the_viewports_clipping(size, pitch):
    placement = places.Placement({}, {}, np.zeros(3), np.array([size, 1.0, 1.0]))
    assert placement.pitch == pytest.approx(pitch)
    assert size * placement.pitch <= places.LARGEST


def test_axes():
    np.testing.assert_array_equal(to_blender(np.array([[1, 2, 3]])), [[1, -3, 2]])
    np.testing.assert_array_equal(turn("x", 1) @ [0, 1, 0, 1], [0, 0, 1, 1])
    np.testing.assert_array_equal(turn("y", 1) @ [1, 0, 0, 1], [0, 0, -1, 1])
    np.testing.assert_array_equal(turn("x", -1) @ turn("x", 1), np.eye(4))
