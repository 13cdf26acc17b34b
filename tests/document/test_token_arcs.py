"""Arcs between tokens: from one to all that it attends to, as thick as the weights, all within the page."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import page_layout
from mm_blender.document.page_settings import PageSettings
from mm_blender.lettering.page import Page

WORDS = "The cat that the dog chased ran away .".split()
SIZE = len(WORDS)


def attention(arcs=6, words=WORDS, **more):
    rng = np.random.default_rng(3)
    data = {"Q": rng.normal(size=(len(words), 8)) * 1.6, "K": rng.normal(size=(SIZE, 8)), "V": np.ones((SIZE, 4))}
    viz = mm.visualize("out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V", data, arcs=arcs, **more)
    return viz.labelled({"attn": {"rows": words, "cols": WORDS}})


def sheet_of(viz, page=None):
    page = page or Page.of_picture((960, 600))
    return page_layout.compose(viz.group, PageSettings(page, keys=False))[1]


@pytest.mark.parametrize("row", [0, 6, SIZE - 1])
def test_each_weight_has_an_arc_as_thick_as_it_is(row):
    viz = attention(row)
    sheet, weights = sheet_of(viz), viz.values["root.left"][row]
    drawn = weights[weights > 0.005 * weights.max()]
    assert len(sheet.arcs) == len(drawn) and 1 <= len(drawn) <= row + 1  # those to come are hidden
    widths = [arc.width_pt for arc in sheet.arcs]
    assert widths == sorted(widths)  # the thickest lies before the others
    thick = np.array([(width, weight) for width, weight in zip(widths, np.sort(drawn)) if width > 0.6 + 1e-9])
    np.testing.assert_allclose(thick[:, 0] / thick[:, 1], thick[-1, 0] / thick[-1, 1], rtol=1e-5)


def test_they_rise_from_the_words_and_all_is_on_the_page():
    viz = attention()
    sheet = sheet_of(viz)
    tokens = [text for text in sheet.texts if text.kind == "token"]
    assert [text.text for text in tokens] == WORDS
    assert [text.text for text in tokens if text.role == "text"] == ["ran"]
    middles = np.array([text.box()[:, 0].mean() for text in tokens])
    for arc in sheet.arcs:
        (x0, y0), (x1, y1) = arc.points[[0, 3]]
        assert min(abs(middles - x0)) < 0.03 and min(abs(middles - x1)) < 0.03 and y0 == y1
        assert 0 < y0 < arc.high < sheet.insets[2] * sheet.page.height
        assert y0 > max(text.box()[:, 1].max() for text in tokens)
    boxes = [text.box() for text in sheet.texts if text.kind in ("token", "weight")]
    for at, a in enumerate(boxes):
        assert (a.min(0) > 0).all() and (a.max(0) < (sheet.page.width, sheet.page.height)).all()
        for b in boxes[:at]:
            assert (a.max(0) <= b.min(0) + 1e-9).any() or (b.max(0) <= a.min(0) + 1e-9).any()


def test_the_words_of_a_query_that_comes_last_are_found():
    """With a KV cache there are fewer rows than columns: those of the last tokens."""
    sheet = sheet_of(attention(1, WORDS[-2:]))
    assert [text.text for text in sheet.texts if text.kind == "token" and text.role == "text"] == ["."]


def test_what_has_no_arcs_is_refused():
    with pytest.raises(mm.ParameterError, match="row 9 of attn, which has rows 0 to 8: The, cat"):
        sheet_of(attention(9))
    with pytest.raises(mm.ParameterError, match="none has the same ones there"):
        sheet_of(attention(1, WORDS[:2]))
    with pytest.raises(mm.ParameterError, match="none has the same ones there"):
        sheet_of(mm.visualize("A @ B", arcs=0))
    with pytest.raises(mm.ParameterError, match="has no room for a line of the 9 tokens"):
        sheet_of(attention(), Page(1.0, 1.0))
    with pytest.raises(mm.ParameterError, match="arcs must be"):
        mm.visualize("A @ B", arcs="first")


def test_blender_has_them_as_curves(fresh_scene):
    bpy = pytest.importorskip("bpy")
    fresh_scene.render.resolution_x, fresh_scene.render.resolution_y = 960, 600
    viz = attention(2).build()
    curve = next(obj for obj in bpy.data.objects if obj.name.startswith("mm page arcs")).data
    sheet = sheet_of(viz)
    assert [spline.bezier_points[0].radius for spline in curve.splines] == pytest.approx(
        [arc.width_pt / 144 for arc in sheet.arcs])
    assert len(curve.materials) == len(sheet.arcs)
    viz.change(arcs=None)
    assert not [obj for obj in bpy.data.objects if obj.name.startswith("mm page arcs")]
