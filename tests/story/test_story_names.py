"""Names of a story are off what its sweep multiplies, where the camera is near it."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import film, matrices_on_page
from mm_blender.lettering import polygons
from mm_blender.lettering.page import Page
from mm_blender.story import names, timeline

BEATS = [{"name": "the whole", "sweep": "start", "words": "A matrix times a matrix."},
         {"name": "a row", "look": "C[0,:]", "sweep": "1 step", "lit": "current"},
         {"name": "the rest", "look": "all", "sweep": "end", "seconds": 4, "words": "Row by row."}]


def told(beats):
    """A document with a story, and its timeline."""
    viz = mm.visualize("C = A @ B", settings={"anim.alg": "vmprod", "A.h": 4, "B.w": 6}).story(beats)
    return viz.document, timeline.of(viz.document, 16 / 9, 24.0)


def views_of(beats, page):
    """Where the names of a story stand."""
    document, line = told(beats)
    return names.views(line, document, page)


@pytest.mark.parametrize("size", [(400, 225), (1920, 1080)])
def test_names_near_a_sweep_are_off_its_products(size):
    document, line = told(BEATS)
    page, beat = Page.of_picture(size), line.beats[1]
    view = next(view for view in names.views(line, document, page) if view.first < beat.last <= view.last + 1)
    shown = film.Film(document).interior(document.tree, int(line.step_at(beat.last)))
    places = shown.place @ shown.frame[:3, :3].T + shown.frame[:3, 3]
    places = matrices_on_page.on_page(view.camera, page, places[view.camera.project(places)[:, 2] > 0])
    boxes = np.array([text.box() for text in view.sheet.texts])
    assert len(places) > 50 and "root" in {text.path for text in view.sheet.texts}
    assert not polygons.inside(places, boxes).any()


def test_no_name_moves_where_all_is_seen_or_no_product_is():
    page = Page.of_picture((400, 225))
    still = [{key: value for key, value in beat.items() if key not in ("sweep", "lit")} for beat in BEATS]
    swept = [{**still[0], "sweep": "start"}, still[1], BEATS[2]]  # in whose second beat none is, as nothing goes on
    for one, other in zip(views_of(swept, page), views_of(still, page), strict=True):
        assert [text.box().tolist() for text in one.sheet.texts] == [text.box().tolist() for text in other.sheet.texts]
