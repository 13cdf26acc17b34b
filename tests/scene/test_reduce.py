"""Reduced matrices in Blender: what is built, inspected, saved and opened again."""
import numpy as np
import pytest

import mm_blender as mm

bpy = pytest.importorskip("bpy")


@pytest.fixture
def reduced(fresh_scene, tmp_path):
    rng = np.random.default_rng(3)
    np.save(tmp_path / "w.npy", rng.standard_normal((200, 300), np.float32))
    data = {"x": rng.standard_normal((40, 200), np.float32), "W": str(tmp_path / "w.npy")}
    return mm.visualize("y = x @ W", data, animate=False, cells=5000).build()


def test_what_a_cell_says(reduced):
    from mm_blender.scene import probe

    depsgraph = bpy.context.evaluated_depsgraph_get()
    hit = probe.element(bpy.data.objects["W"], 3, 7, depsgraph)
    node = reduced.tree.right
    fr, fc = node.rows.factor, node.cols.factor
    assert (hit.rows, hit.cols) == ((3 * fr, 4 * fr), (7 * fc, 8 * fc))
    assert hit.lines()[0].startswith(f"W[{3 * fr}:{4 * fr}, {7 * fc}:{8 * fc}]: ") and hit.note in hit.lines()
    assert hit.note == f"max |x| over {fr} × {fc}"
    line = probe.true_line(hit)
    row, col = (int(part) for part in line[2:line.index("]")].split(", "))
    W = np.load(reduced_file(reduced))
    block = W[3 * fr:4 * fr, 7 * fc:8 * fc]
    assert np.abs(W[row, col]) == np.abs(block).max() == pytest.approx(abs(hit.value), rel=1e-6)


def test_a_pin_tells_the_true_element(reduced):
    from mm_blender.lettering import numerals
    from mm_blender.scene import compat, pins, probe

    hit = probe.element(bpy.data.objects["W"], 3, 7, bpy.context.evaluated_depsgraph_get())
    modifier = pins.pin(reduced.collection, hit).modifiers[0]
    assert compat.modifier_input(modifier, "Text") + numerals.tell(hit.value, probe.DECIMALS) == hit.lines()[0]
    assert compat.modifier_input(modifier, "After").split("\n")[1:] == [hit.note, probe.true_line(hit)]


def reduced_file(viz):
    from pathlib import Path

    return next(Path(viz.test_folder).glob("w.npy"))


@pytest.fixture(autouse=True)
def _folder(request, tmp_path):
    if "reduced" in request.fixturenames:
        request.getfixturevalue("reduced").test_folder = tmp_path


def test_the_legends_tell_true_sizes_and_what_was_done(reduced):
    texts = [text.text for text in reduced.legends()]
    assert "J = 300" in texts and "I = 40" in texts and reduced.tree.right.note in texts


def test_saved_and_opened_it_is_shown_as_it_was(reduced, tmp_path):
    from mm_blender.scene import saved_state

    shown = {path: x.copy() for path, x in reduced.values.items()}
    reduced.save(tmp_path / "a.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    saved_state._loaded.clear()
    viz, = mm.visualizations()
    assert viz.plan == reduced.plan and "200 x 300" in viz.info()
    assert all(np.array_equal(viz.values[path], shown[path]) for path in shown)
    viz.change({"viz.sensitivity": "local"})
    assert all(np.array_equal(viz.values[path], shown[path]) for path in shown)
    with pytest.raises(mm.DataError, match="only a reduced picture"):
        viz.edited(reduce="mean").values


def test_from_reduced_to_whole_and_back(reduced):
    small = bpy.data.objects["W"]["mm_cols"]
    reduced.change(cells=10 ** 6)
    assert bpy.data.objects["W"]["mm_cols"] == 300 and "mm_note" not in bpy.data.objects["W"]
    reduced.change(cells=5000)
    assert bpy.data.objects["W"]["mm_cols"] == small and "mm_note" in bpy.data.objects["W"]
