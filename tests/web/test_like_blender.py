"""What pages draw, and what Blender evaluates of the same visualization: places, sizes, values and what is lit."""
import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

import mm_blender as mm  # noqa: E402
from drawn import Drawn  # noqa: E402
from live import is_missing, MISSING, write  # noqa: E402

pytestmark = [pytest.mark.skipif(is_missing(), reason=MISSING), pytest.mark.slow, pytest.mark.once]
SIZES = {"A.h": 5, "A.w": 4, "B.w": 6, "C.w": 3, "A.init": "gaussian", "B.init": "gaussian", "C.init": "gaussian"}
CASES = {
    "planes": ("A @ B", {"anim.alg": "vmprod", "block.i blocks": 2, "block.j blocks": 4}),
    "lines": ("A @ B", {"anim.alg": "dotprod (col major)", "block.i blocks": 2, "block.k blocks": 2}),
    "partial results": ("A @ B", {"anim.alg": "mvprod", "block.k blocks": 3, "viz.sensitivity": "superlocal"}),
    "partial results of maps": ("A @ B", {"anim.alg": "vmprod", "block.k blocks": 2, "viz.sensitivity": "superlocal",
                                          "viz.cmap": "viridis", "layout.polarity": "positive"}),
    "sums": ("softmax(A @ B) @ C", {"anim.alg": "vvprod", "viz.sensitivity": "superlocal"}),
    "sums, line by line": ("gelu(A @ B)", {"anim.alg": "axpy", "block.j blocks": 2, "viz.sensitivity": "global"}),
    "fused": ("A @ B @ C", {"anim.alg": "vmprod", "fuse": "sync", "anim.hide inputs": True, "viz.elem scale": 1}),
}


def compare(viz, drawn, step) -> None:
    scene = bpy.context.scene
    scene.frame_set(scene.frame_start + step)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    seen: dict[str, list[Drawn]] = {}
    for obj in scene.objects:
        if "mm_path" in obj:
            path = obj["mm_path"] + (":sweep" if obj["mm_role"] == "sweep" else "")
            seen.setdefault(path, []).append(Drawn(obj, depsgraph))
    for path, page in drawn.items():
        want = [np.concatenate([getattr(part, name) for part in seen.get(path, [])] or [np.zeros(shape)])
                for name, shape in (("position", (0, 3)), ("edge", 0), ("value", 0), ("highlight", 0))]
        have = [page.position, page.edge, page.value, page.highlight]
        assert len(want[1]) == len(have[1]), f"step {step} {path}"
        if len(want[1]):
            want, have = (np.column_stack(some)[_order(some[0])] for some in (want, have))
            top = np.abs(want[:, 4]).max()
            np.testing.assert_allclose(have, want, atol=1e-5 * max(top, 1), err_msg=f"step {step} {path}")


def _order(positions: np.ndarray) -> np.ndarray:
    return np.lexsort(np.round(positions / 0.02).T)  # a fifth of a pitch


@pytest.mark.parametrize("case", CASES)
def test_every_step(case, fresh_scene, node, tmp_path):
    text, settings = CASES[case]
    sizes = {key: value for key, value in SIZES.items() if key[0] in text}
    viz = mm.visualize(text, settings={**sizes, **settings}, frames_per_step=1, smooth=False).build()
    count, pitch, steps = node.ask(write(viz, tmp_path / "page.html"))
    assert (count, pitch) == (bpy.context.scene["mm_steps"], pytest.approx(bpy.context.scene["mm_pitch"]))
    for step, drawn in enumerate(steps):
        compare(viz, drawn, step)


def test_members_of_a_row_stand_and_are_as_large_as_there(fresh_scene, node, tmp_path):
    sizes = {"A.w": 2, "B.w": 2, "A.init": "gaussian", "anim.alg": "none"}
    some = [mm.visualize("A @ B", settings={**sizes, "A.h": h}, representation="instances") for h in (3, 5000)]
    row = mm.side_by_side(some, columns=2).build()
    page = write(row, tmp_path / "page.html")
    scales = {scale for _, scale, _ in row.group.members}
    assert len(scales) == 2  # what is very large has a smaller pitch of its own
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for member, viz in enumerate(row.visualizations):
        _, _, (drawn,) = node.ask(page, member=member)
        for obj in viz.collection.all_objects:
            if obj.get("mm_role") in ("leaf", "result"):
                seen, have = Drawn(obj, depsgraph), drawn[obj["mm_path"]]
                want = np.lexsort((seen.col, seen.row))  # a page goes row by row
                np.testing.assert_allclose(have.position, seen.position[want], atol=1e-3)
                np.testing.assert_allclose(have.edge, seen.edge[want], rtol=1e-4)


def test_cells_of_what_is_reduced(node, tmp_path):
    """A sweep goes over cells: what is revealed has its final values, and products are those of cells."""
    x = np.random.default_rng(0).standard_normal((2, 90, 90))
    viz = mm.visualize("A @ B", data={"A": x[0], "B": x[1]}, settings={"anim.alg": "vmprod", "block.j blocks": 2},
                       cells=3000)
    assert viz.tree.rows.factor > 1
    count, _, steps = node.ask(write(viz, tmp_path / "page.html"))
    assert count == viz.tree.h
    for step, drawn in enumerate(steps):
        for path, values in viz.values.items():
            found = drawn[path]
            np.testing.assert_allclose(found.value, values[found.row, found.col], rtol=1e-6)
            assert found.value.size == (values[:step + 1].size if path == "root" else values.size)
        inside = drawn["root:sweep"]
        want = viz.values["root.left"][step][:, None] * viz.values["root.right"]
        np.testing.assert_allclose(inside.value, want[inside.row, inside.col], rtol=1e-5)
        assert inside.value.size == want.size
