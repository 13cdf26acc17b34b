"""Keys on a page: as many as have room, and none over another."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender import fonts, keypage, keys, large, lettering
from mm_blender.page import POINT, Page


@pytest.mark.parametrize("sensitivity", ["global", "local"])
@pytest.mark.parametrize("font_pt", [6, 10])
def test_nothing_leaves_the_rectangle_or_lies_over_other_texts(sensitivity, font_pt):
    viz = mm.visualize("out = (attn = softmax(Q @ K.T)) @ V", settings={"viz.sensitivity": sensitivity})
    room = (4.0, 0.3, 5.6, 3.2)
    laid = keypage.lay_out(keys.bars(viz), room, fonts.load(), font_pt)
    assert len(laid.strips) + len(laid.left) == len(keys.bars(viz)) and laid.strips
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
    bar, = keys.bars(viz)
    laid = keypage.lay_out([bar], (0.0, 0.0, 2.0, 2.0), fonts.load(), 8)
    strip, = laid.strips
    middle = {text.text: text.x + text.width / 2 for text in laid.texts}
    assert middle["0"] == pytest.approx(strip.x + strip.width / 2)
    assert middle["−2"] == pytest.approx(strip.x + strip.width / 4)


def test_a_page_says_which_keys_have_no_room():
    viz = mm.visualize("A @ B @ C @ D @ E", settings={"viz.sensitivity": "local"})
    with pytest.warns(mm.MMWarning, match="no room for the keys of .*sensitivity global"):
        _, sheet = lettering.compose(viz, Page(5, 2))
    assert sheet.keys.left and sheet.keys.strips
    with pytest.warns(mm.MMWarning, match="has no room for keys: make it wider, or leave them out"):
        lettering.compose(viz, Page(1.2, 2))
    assert keypage.room(6.75, 8 * POINT) > 0 == keypage.room(1.0, 8 * POINT)


def test_who_composes_a_page_is_told_what_is_approximate(monkeypatch):
    monkeypatch.setattr(large, "WORK", 1000)
    viz = mm.visualize("A @ B", settings={"A.h": 60, "A.w": 40, "B.w": 50}, cells=300)
    with pytest.warns(mm.MMWarning, match="means over tiles and approximate"):
        lettering.compose(viz, Page(5, 4))
