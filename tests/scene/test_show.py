"""Large matrices of which the first and the last rows and columns are shown: true of the whole, and said so."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.expression.tree import nodes
from mm_blender.layout import guides, reduction
from mm_blender.layout.places import offsets
from mm_blender.web import making

SETTINGS = {"A.h": 40, "A.w": 30, "B.w": 5, "A.init": "gaussian", "B.init": "gaussian"}
TEXT = "C = softmax(A @ B)"


def visualized(show="3...2", **more):
    return mm.visualize(TEXT, show=show, **{"settings": SETTINGS, **more})


def test_what_is_shown_is_true_of_the_whole():
    viz, whole = visualized(), mm.visualize(TEXT, settings=SETTINGS)
    rows, inner = [0, 1, 2, 38, 39], [0, 1, 2, 28, 29]
    for path, (r, c) in {"root": (rows, range(5)), "root.left": (rows, inner), "root.right": (inner, range(5))}.items():
        np.testing.assert_array_equal(viz.values[path], whole.values[path][np.ix_(list(r), list(c))])
    assert viz.options.show == "3…2"
    root = next(node for node in nodes(viz.tree) if node.path == "root")
    assert reduction.edges(root.rows)[:-1].tolist() == rows
    assert [reduction.span(root.rows, cell) for cell in (2, 3)] == [(2, 3), (38, 39)]
    assert viz.document.element("root", 3, 1) == (38, 1, float(viz.values["root"][3, 1]))


def test_it_is_said():
    left = next(node for node in nodes(visualized().tree) if node.name == "A")
    assert left.remark == "shown 3…2"
    assert next(node for node in nodes(visualized().tree) if node.name == "C").remark == "rows 3…2"
    assert "40 x 30" in visualized().info() and "shown 3…2" in visualized().info()
    texts = [text.text for text in visualized().composed((1200, 750)).sheet.texts]
    assert "40 × 30" in texts and "shown 3…2" in texts


def test_dots_stand_in_the_gaps():
    for node in nodes(visualized().tree):
        rows, cols = offsets(node)
        places = guides.dots(node)
        assert len(places) == 3 * (len(rows) * node.cols.elided + len(cols) * node.rows.elided
                                   + (node.rows.elided and node.cols.elided))
        elements = np.stack(np.meshgrid(cols, rows), -1).reshape(-1, 2)
        assert np.abs(places[:, None, :2] - elements).max(-1).min() > 0.6  # none in an element
    assert not len(guides.dots(nodes(mm.visualize(TEXT).tree)[0]))


def test_short_axes_stay_whole():
    viz = visualized("20...19")
    assert {node.name: (node.h, node.w) for node in nodes(viz.tree)} == {"A": (40, 30), "B": (30, 5), "C": (40, 5)}


def test_what_cannot_be_is_refused():
    for wrong in ("4", "0...0", "2...3", 4, "4..4"):
        with pytest.raises(mm.ParameterError, match="show"):
            visualized(wrong)
    with pytest.raises(mm.ParameterError, match="leaves out rows and columns, and .* is in blocks"):
        visualized(settings={**SETTINGS, "block.i blocks": 2})
    with pytest.raises(mm.SizeError, match="computes all"):
        mm.visualize("A @ B", show="4...4", settings={"A.h": 8000, "A.w": 4000})
    with pytest.raises(mm.ParameterError, match="a live page shows all rows"):
        making.made(visualized().group, None)


def test_nothing_sweeps_and_that_is_said():
    viz = visualized(settings={**SETTINGS, "anim.alg": "dotprod (row major)"})
    with pytest.warns(mm.MMWarning, match="the sweep of C is not shown where rows and columns are left out"):
        assert viz.values["root"].shape == (5, 5)
    assert not viz.document.schedule.tracks


def test_it_is_built_saved_and_changed(fresh_scene, tmp_path):
    bpy = pytest.importorskip("bpy")
    viz = visualized(numbers=True, data={"A": np.arange(1200.0).reshape(40, 30)}).build()
    shown = {path: x.copy() for path, x in viz.values.items()}
    assert len([obj for obj in bpy.data.objects if obj.name.endswith(" dots")]) == 3
    viz.save(tmp_path / "ends.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "ends.blend"))
    again, = mm.visualizations()
    assert again.options.show == "3…2"
    for path, x in shown.items():
        np.testing.assert_array_equal(again.values[path], x)
    viz = visualized().build(name="other")
    viz.change(show=None)
    assert viz.values["root"].shape == (40, 5)
    assert len([obj for obj in bpy.data.objects if obj.name.endswith(" dots")]) == 3  # those of the other one
