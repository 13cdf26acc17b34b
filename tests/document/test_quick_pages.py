"""What laying out a page does not do twice, and what it passes over, told by counts; the pages are the same."""
import pytest

import mm_blender as mm
from mm_blender.document import composition, flow_arrows
from mm_blender.document.group import Group
from mm_blender.lettering import placing

HEAD = "out = softmax((Q = x @ wQ) @ (K = wK @ y) / sqrt(k)) @ (V = x @ wV) @ wO"


def composed(viz, size=(640, 400)):
    return composition.composed(Group.alone(viz.document), size)


def written(page):
    """All that is written on a composed page, and where."""
    return ([(text.path, text.box().tolist()) for text in page.sheet.texts], page.sheet.leaders, page.sheet.arrows,
            page.camera.position.tolist())


@pytest.fixture
def placed(monkeypatch):
    """How many names places were found for, a number each time."""
    counts, place = [], placing.place

    def counted(items, page):
        counts.append(len(items))
        return place(items, page)

    monkeypatch.setattr(placing, "place", counted)
    return counts


@pytest.mark.parametrize("change", [{"look": "paper"}, {"settings": {"anim.alg": "vmprod"}},
                                    {"settings": {"viz.min size": 0.1}}])
def test_what_moves_no_name_has_no_places_found_again(placed, change):
    viz = mm.visualize(HEAD)
    composed(viz)
    assert len(placed) == 2  # for the camera, and for its picture
    now = composed(viz.edited(**change))
    assert len(placed) == 2
    assert written(composed(mm.visualize(HEAD, **change))) == written(now)
    assert len(placed) == 4  # another one knows nothing of it


@pytest.mark.parametrize("change", [{"settings": {"layout.gap": 9}}, {"keys": True}, {"settings": {"wO.w": 300}}])
def test_what_moves_names_has_their_places_found_anew(placed, change):
    viz = mm.visualize(HEAD)
    composed(viz)
    now = composed(viz.edited(**change))
    assert len(placed) == 4
    assert written(composed(mm.visualize(HEAD, **change))) == written(now)


def test_arrows_look_at_the_elements_of_matrices_that_they_may_meet_alone(monkeypatch):
    looked, touches = [], flow_arrows._touches

    def counted(vane, centres, radii):
        looked.append(len(centres))
        return touches(vane, centres, radii)

    def found():
        del looked[:]
        viz = mm.visualize("(A @ B) @ (C @ D)", animate=False)
        return written(composed(viz)), sum(looked)

    monkeypatch.setattr(flow_arrows, "_touches", counted)
    now, few = found()
    monkeypatch.setattr(flow_arrows, "_around", lambda *_: None)  # as if all were everywhere
    then, many = found()
    assert now == then and 0 < 2 * few < many
