"""Gaps: small boxes stand as close as large ones, and whatever was set stays."""
import pytest

import mm_blender as mm
from mm_blender.expression import gaps
from mm_blender.expression.parameters import AUTO_GAP


def of(text="A @ B", **settings):
    return mm.visualize(text, settings=settings)


def sized(h, d, w, **settings):
    return of(**{"A.h": h, "A.w": d, "B.w": w, **settings})


@pytest.mark.parametrize("size, gap", [(1, 1.25), (2, 1.25), (4, 1.5), (8, 1.75), (16, 2.0), (32, 4), (64, 6), (128, 8),
                                       (512, 16)])
def test_the_gap_follows_the_size(size, gap):
    viz = sized(size, size, size)
    assert viz.params["layout"]["gap"] == gap == viz.tree.layout.gap == viz.tree.left.layout.gap


def test_the_gap_of_a_typed_expression_is_the_reference_s_at_its_own_size():
    params = of().params
    assert of().tree.layout.gap == 4
    assert mm.visualize({"left": params["left"], "right": params["right"]}).tree.layout.gap == 4


@pytest.mark.parametrize("given", ["layout.gap", "gap"])
def test_a_gap_that_is_set_stays(given):
    viz = sized(2, 3, 2, **{given: 4})
    assert viz.tree.layout.gap == 4 and AUTO_GAP not in viz.params["layout"]
    assert viz.edited({"A.h": 9}).tree.layout.gap == 4
    assert viz.edited({"layout.gap": "auto"}).tree.layout.gap == sized(2, 3, 2).tree.layout.gap


def test_it_follows_data_and_later_changes():
    import numpy as np

    viz = mm.visualize("A @ B", data={"A": np.ones((2, 3)), "B": np.ones((3, 2))})
    assert viz.tree.layout.gap == 1.25
    assert viz.edited(data={"A": np.ones((64, 64)), "B": np.ones((64, 64))}).tree.layout.gap == 6
    assert viz.edited(expression="A @ B @ C").tree.layout.gap < 3


def test_links_and_parameters_keep_theirs():
    small = sized(2, 2, 2)
    again = mm.visualize(small.link())
    assert again.params == small.params and again.edited({"A.h": 64, "A.w": 64, "B.w": 64}).tree.layout.gap == 6
    moved = small.params
    moved["layout"]["gap"] = 9  # as the reference would, which keeps what it does not know
    assert mm.visualize(moved).tree.layout.gap == 9
    assert mm.visualize(moved).edited({"A.h": 64}).tree.layout.gap == 9
    assert mm.visualize("cube").tree.layout.gap == 4  # a preset


def test_only_the_whole_s_follows():
    with pytest.raises(mm.MMError, match="only the gap of the whole follows the size"):
        mm.visualize("(A @ B) @ C", settings={"left.layout.gap": "auto"})
    assert gaps.automatic(of("(A @ B) @ C").params) == 4
