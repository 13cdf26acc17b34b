"""Keys on a page: as many as have room, and none over another."""
from dataclasses import replace

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import page_layout
from mm_blender.document.page_settings import PageSettings
from mm_blender.lettering import colour_keys, fonts, key_layout
from mm_blender.lettering.page import Page, POINT
from mm_blender.values import approximation


@pytest.mark.parametrize("sensitivity", ["global", "local"])
@pytest.mark.parametrize("font_pt", [6, 10])
def test_nothing_leaves_the_rectangle_or_lies_over_other_texts(sensitivity, font_pt):
    viz = mm.visualize("out = (attn = softmax(Q @ K.T)) @ V", settings={"viz.sensitivity": sensitivity})
    room = (4.0, 0.3, 5.6, 3.2)
    laid = key_layout.lay_out(colour_keys.bars(viz.tree, viz.scaling), room, fonts.load(), font_pt)
    assert len(laid.strips) + len(laid.left) == len(colour_keys.bars(viz.tree, viz.scaling)) and laid.strips
    boxes = [text.box() for text in laid.texts]
    for box in boxes:
        assert (box > np.array(room[:2]) - 0.01).all() and (box < np.array(room[2:]) + 0.01).all()
    for one in range(len(boxes)):
        for two in range(one):
            low, high = (np.array([box.min(0), box.max(0)]) for box in (boxes[one], boxes[two]))
            assert (low[1] <= high[0] + 1e-6).any() or (high[1] <= low[0] + 1e-6).any(), (laid.texts[one].text,
                                                                                         laid.texts[two].text)


def test_ticks_are_where_their_values_are():
    viz = mm.visualize("A @ B", data={"A": [[-4.0, 4.0]], "B": [[1.0], [1.0]]}, settings={"viz.sensitivity": "global"})
    bar, = colour_keys.bars(viz.tree, viz.scaling)
    laid = key_layout.lay_out([bar], (0.0, 0.0, 2.0, 2.0), fonts.load(), 8)
    strip, = laid.strips
    middle = {text.text: text.x + text.width / 2 for text in laid.texts}
    assert middle["0"] == pytest.approx(strip.x + strip.width / 2)
    assert middle["−2"] == pytest.approx(strip.x + strip.width / 4)


@pytest.mark.parametrize("width", [0.3, 0.5, 0.7, 1.0, 1.4, 2.0])
@pytest.mark.parametrize("high", [1.0, 30.0, 0.06, 7000.0])
def test_ticks_that_have_texts_are_evenly_apart_with_zero_among_them(width, high):
    data = {"A": [[-high, high]], "B": [[1.0], [1.0]]}
    viz = mm.visualize("A @ B", data=data, settings={"viz.sensitivity": "global"})
    bar, = colour_keys.bars(viz.tree, viz.scaling)
    laid = key_layout.lay_out([bar], (0.0, 0.0, width, 2.0), fonts.load(), 8)
    told = [text.text for text in laid.texts[1:] if text.y == laid.texts[1].y]
    shown = [at for at, tick in enumerate(bar.ticks) if tick.text in told]
    assert shown and (len(shown) < 3 or len(set(np.diff(shown))) == 1)
    assert len(shown) < 3 or "0" in told or "0.0" in told


@pytest.mark.slow
def test_a_page_says_which_keys_have_no_room():
    viz = mm.visualize("A @ B @ C @ D @ E", settings={"viz.sensitivity": "local"})
    with pytest.warns(mm.MMWarning, match="no room for the keys of .*sensitivity global"):
        _, sheet = page_layout.compose(viz.group, PageSettings(Page(5, 2)))
    assert sheet.keys.left and sheet.keys.strips
    with pytest.warns(mm.MMWarning, match="has no room for keys: make it wider, or leave them out"):
        page_layout.compose(viz.group, PageSettings(Page(1.2, 2)))
    assert key_layout.room(6.75, 8 * POINT) > 0 == key_layout.room(1.0, 8 * POINT)


def test_who_composes_a_page_is_told_what_is_approximate(monkeypatch):
    monkeypatch.setattr(approximation, "WORK", 1000)
    viz = mm.visualize("A @ B", settings={"A.h": 60, "A.w": 40, "B.w": 50}, cells=300)
    with pytest.warns(mm.MMWarning, match="means over tiles and approximate"):
        page_layout.compose(viz.group, PageSettings(Page(5, 4)))


def test_the_squares_of_sizes_are_as_the_edges_and_only_where_their_texts_have_room():
    font, em = fonts.load(), 10 * POINT
    sizes = [colour_keys.Size(4.0, "4", 1.0), colour_keys.Size(1.0, "1", 0.5), colour_keys.Size(0.1, "0.1", 0.2)]
    column = key_layout._Column(1.0, 3.0, font, 10)
    column.squares(sizes, 2.0)
    boxes, texts = column.boxes, column.texts
    assert [box[2] / boxes[0][2] for box in boxes] == pytest.approx([1, 0.5, 0.2]) and len(texts) == 3
    assert all(w == h for _, _, w, h in boxes) and boxes[0][2] == pytest.approx(1.3 * em)
    assert [x + w / 2 for x, _, w, _ in boxes] == pytest.approx([1.5, 2.5, 3.5])
    halved, narrow = key_layout._Column(1.0, 3.0, font, 10), key_layout._Column(1.0, 0.4, font, 10)
    halved.squares([replace(size, edge=size.edge / 2) for size in sizes], 2.0)
    assert halved.boxes[0][2] == boxes[0][2], "the largest is as large whatever it stands for"
    narrow.squares([colour_keys.Size(1.0, "123456789", 1.0), sizes[1]], 2.0)
    assert len(narrow.boxes) == 1, "a text that is wider than its share has no square either"
