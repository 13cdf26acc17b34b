"""What Blender and the library show of the reference's own links and sweeps is what the reference was measured to show.

Places are compared in ``test_places``, sizes and colours in ``test_appearance``, parameters in ``test_links``, and the
slow definition of sweeps in ``test_schedule``.
"""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from drawn import Drawn  # noqa: E402
from measured import floats, frame, is_known, leaf_values, LINKS, mask, positions, spots, SWEEPS, write_stand_ins  # noqa: E402
from mm_blender.appearance import rules  # noqa: E402
from mm_blender.expression.tree import nodes  # noqa: E402
from mm_blender.layout.places import to_blender  # noqa: E402

FEW = 40_000  # elements that Blender takes little time for


def called(case):
    return str(case.get("name") or case["id"])


def count(case):
    return sum(matrix["h"] * matrix["w"] for matrix in case["matrices"])


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand-ins")
    write_stand_ins(folder)
    return folder


def test_the_sample_is_here():
    assert len(LINKS) >= 12 and len(SWEEPS) >= 40
    assert sum(count(case) < FEW for case in LINKS) >= 7 and sum(count(case) > 600_000 for case in LINKS) >= 3


@pytest.mark.once
@pytest.mark.parametrize("case", LINKS, ids=called)
def test_what_a_link_computes(case, assets):
    viz = mm.visualize(case["url"], assets=assets)
    known = [matrix for matrix in case["matrices"] if is_known(case, matrix["path"])]
    for matrix in known:
        x, where = viz.values[matrix["path"]], f"link {case['id']}, {matrix['path']}"
        assert x.shape == (matrix["h"], matrix["w"]), where
        near = dict(rtol=0, atol=1e-3 * matrix["absmax"] + 1e-12, err_msg=where)
        np.testing.assert_allclose(x[spots(matrix)], floats(matrix["data"]), **near)
        np.testing.assert_allclose(np.abs(x).max(), matrix["absmax"], rtol=1e-4, err_msg=where)
        wide = x.astype(float)
        np.testing.assert_allclose((wide ** 2).sum(), matrix["sumsq"], rtol=1e-3, err_msg=where)
        np.testing.assert_allclose(wide.sum(), matrix["sum"], rtol=0, atol=1e-4 * np.abs(wide).sum() + 1e-9,
                                   err_msg=where)
    random = {each["path"] for each in case["matrices"]} - {each["path"] for each in known}
    for path in random:  # others differ each time, but in nothing else
        assert np.isfinite(viz.values[path]).all() and viz.values[path].any()


@pytest.mark.once
@pytest.mark.parametrize("case", LINKS, ids=called)
def test_which_edges_carry_a_links_sizes(case):
    by_path = {node.path: node for node in nodes(mm.visualize(case["url"]).tree)}
    for matrix in case["matrices"]:
        node, info = by_path[matrix["path"]], matrix["shape_info"]
        assert (node.rows.count, node.cols.count) == (matrix["i_blocks"], matrix["j_blocks"]), matrix["path"]
        assert bool(node.edges) is bool(info), matrix["path"]
        if info:
            assert [(edge.letter, edge.far) for edge in node.edges] == [(info[side]["name"], info[side]["place"])
                                                                       for side in "hw"], matrix["path"]


@pytest.mark.parametrize("case", [case for case in LINKS if count(case) < FEW], ids=called)
def test_a_link_in_blender(fresh_scene, case, assets):
    viz = mm.visualize(case["url"], assets=assets, animate=False, representation="instances").build()
    scene, depsgraph = bpy.context.scene, bpy.context.evaluated_depsgraph_get()
    pitch = scene["mm_pitch"]
    by_path = {obj["mm_path"]: obj for obj in scene.objects if obj.get("mm_role") in ("leaf", "result")}
    assert set(by_path) == {matrix["path"] for matrix in case["matrices"]}
    for matrix in case["matrices"]:
        obj, where = by_path[matrix["path"]], f"link {case['id']}, {matrix['path']}"
        assert (obj["mm_role"], obj["mm_rows"], obj["mm_cols"]) == (matrix["role"], matrix["h"], matrix["w"]), where
        assert obj["mm_name"] == matrix["name"], where
        grid = on_grid(Drawn(obj, depsgraph), matrix["h"], matrix["w"])
        rows, cols = spots(matrix)
        drawn, size = ~np.isnan(grid[rows, cols, 0]), floats(matrix["size"]) / 1000 * rules.EDGE
        if not is_known(case, matrix["path"]):
            assert drawn.all(), where
        else:
            np.testing.assert_array_equal(drawn, size > 0, where)
            np.testing.assert_allclose(grid[rows, cols, 4][drawn], floats(matrix["data"])[drawn], rtol=0,
                                       atol=1e-3 * matrix["absmax"], err_msg=where)
            np.testing.assert_allclose(grid[rows, cols, 3][drawn] / pitch, size[drawn], atol=5e-3, err_msg=where)
        np.testing.assert_allclose(grid[rows, cols, :3][drawn] / pitch, to_blender(positions(matrix))[drawn],
                                   atol=2e-3, err_msg=where)
    camera = np.array(scene.camera.matrix_world)
    place, target = (to_blender(np.array([[case[key][axis] for axis in "xyz"]]))[0] * pitch
                     for key in ("camera", "target"))
    away = np.linalg.norm(place - target)
    np.testing.assert_allclose(camera[:3, 3], place, atol=1e-3 * away)
    assert -camera[:3, 2] @ (target - place) / away > 0.9999
    assert viz.tree.count == len([1 for matrix in case["matrices"] if matrix["role"] == "result"])


def on_grid(drawn, h, w):
    """Position, edge and value by row and column, (h, w, 5); nan where nothing is drawn."""
    out = np.full((h, w, 5), np.nan)
    out[drawn.row, drawn.col] = np.c_[drawn.position, drawn.edge, drawn.value]
    return out


@pytest.mark.parametrize("case", SWEEPS, ids=called)
def test_a_sweep_in_blender(fresh_scene, case):
    leaves = leaf_values(case)
    mm.visualize(case["params"], data=leaves, frames_per_step=1, smooth=False, representation="instances").build()
    scene = bpy.context.scene
    steps = case["n_steps"]
    assert scene["mm_steps"] == steps
    for step in (*range(0, steps, 2), *range(1, steps, 2)):  # out of order: a frame must not lean on the one before it
        scene.frame_set(scene.frame_start + step)
        compare(case["steps"][step], leaves, f"step {step}")


def compare(matrices, leaves, step):
    """What Blender evaluates now is what was measured of all ``matrices`` at a step."""
    scene, depsgraph = bpy.context.scene, bpy.context.evaluated_depsgraph_get()
    seen = {}
    for obj in scene.objects:
        if "mm_path" in obj:
            seen.setdefault("sweep" if obj["mm_role"] == "sweep" else obj["mm_path"], []).append(Drawn(obj, depsgraph))
    inside = [np.zeros((0, 4))]
    for matrix in matrices:
        h, w, shown, where = matrix["h"], matrix["w"], mask(matrix, "vis"), f"{step}, {matrix['p']}"
        data = np.array(matrix["data"], float).reshape(h, w) if "data" in matrix else leaves[matrix["p"]].astype(float)
        if matrix["role"] == "anim":
            row, col = np.nonzero(shown)
            world = frame(matrix["mw"])
            local = np.stack([col, row, 0 * row], -1) @ world[:3, :3].T + world[:3, 3]
            inside.append(np.c_[to_blender(local), data[shown]])
            continue
        drawn, = seen[matrix["p"]]
        top = max(np.abs(data).max(), 1e-9)
        have, lit = np.zeros((2, h, w), bool)
        have[drawn.row, drawn.col], lit[drawn.row, drawn.col] = True, drawn.highlight > 0.5
        sure = np.abs(data) > 1e-5 * top  # what is rounding noise may be drawn or not
        np.testing.assert_array_equal(have[sure], shown[sure], where)
        np.testing.assert_allclose(drawn.value, data[drawn.row, drawn.col], rtol=0, atol=2e-4 * top, err_msg=where)
        if matrix["role"] == "leaf":
            np.testing.assert_array_equal(lit[have & shown], mask(matrix, "hi")[have & shown], where)
    want = np.concatenate(inside)
    have = np.concatenate([np.zeros((0, 4)), *(np.c_[each.position / scene["mm_pitch"], each.value]
                                               for each in seen.get("sweep", ()))])
    want, have = (points[np.abs(points[:, 3]) > 1e-6] for points in (want, have))
    assert len(want) == len(have), step
    if len(want):
        apart = np.abs(want[:, None] - have[None]).max(-1)
        assert max(apart.min(0).max(), apart.min(1).max()) < 2e-3, step
