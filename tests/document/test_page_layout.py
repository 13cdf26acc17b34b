"""Lettering: every name is on the page, at its size, touching nothing; what has no room is said."""
import itertools
import re
import warnings

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import matrices_on_page, page_layout
from mm_blender.document.page_settings import PageSettings
from mm_blender.errors import DataError, MMWarning
from mm_blender.expression.sources import presets
from mm_blender.expression.tree import nodes
from mm_blender.lettering import fonts, polygons, typeset
from mm_blender.lettering.page import Page, POINT

PAGES = {"square": (3.3, 3.3), "wide": (6.75, 3.5), "column": (3.3, 2.5)}
WORDS = "[CLS] the animal did n't cross the street because it was too tired [SEP]".split()


def blocks(sheet) -> list[np.ndarray]:
    return [text.box() for text in sheet.texts]


def check(sheet, page) -> None:
    boxes = np.array(blocks(sheet))
    assert (boxes > 0).all() and (boxes < (page.width, page.height)).all()
    for a, b in itertools.combinations(sheet.texts, 2):
        assert not polygons.overlap(a.box(), b.box()), (a.text, b.text)
    for text in sheet.texts:
        assert -80 <= text.angle <= 105, f"{text.text} is upside down"
    for x0, y0, x1, y1 in sheet.leaders:
        along = np.array([x1 - x0, y1 - y0])
        across = 1e-4 * np.array([-along[1], along[0]]) / np.hypot(*along)
        bar = np.array([(x0, y0) - across, (x1, y1) - across, (x1, y1) + across, (x0, y0) + across])
        for text in sheet.texts:
            assert not polygons.overlap(bar, text.box()), f"a leader crosses {text.text}"


@pytest.mark.parametrize("size", PAGES)
@pytest.mark.parametrize("name", sorted(presets()))
@pytest.mark.parametrize("points", [6, 8])
def test_presets_on_pages(name, size, points):
    page = Page(*PAGES[size], font_pt=points)
    viz = mm.visualize(name)
    camera = viz.framed(page.aspect, (0.08, 0.08, 0.08, 0.08), legends=False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        sheet = page_layout.lay_out(viz.group, camera, PageSettings(page, keys=False))
    check(sheet, page)
    lost = " ".join(str(warning.message) for warning in said)
    named = {text.path for text in sheet.texts if text.kind == "name"}
    missing = [node for node in nodes(viz.tree) if node.path not in named]
    assert all(f"the name of {node.name}" in lost for node in missing) and bool(missing) <= bool(lost)
    # many matrices on a small page: it is said, and no more than a few are left out
    assert not lost or len(nodes(viz.tree)) > 12 and len(missing) <= len(nodes(viz.tree)) // 4, lost


@pytest.mark.parametrize("kind", ["orthographic", "isometric", "cabinet"])
@pytest.mark.parametrize("name", ["causal-attention-head", "lora", "chain"])
def test_parallel_cameras(name, kind):
    page = Page(5, 4)
    viz = mm.visualize(name, projection=kind)
    camera, sheet = page_layout.compose(viz.group, PageSettings(page, keys=False))
    check(sheet, page)
    assert camera.kind == kind
    assert {text.path for text in sheet.texts if text.kind != "arrow"} == {node.path for node in nodes(viz.tree)}


def test_names_shapes_title_and_caption():
    viz = mm.visualize("out = W_Q @ K_t", settings={"W_Q.h": 5, "W_Q.w": 6, "K_t.w": 7})
    page = Page(3.3, 3, font_pt=8)
    camera, sheet = page_layout.compose(viz.group, PageSettings(
        page, title="All of $W_Q$", caption="Seen from the left. " * 6, keys=False))
    check(sheet, page)
    texts = {(text.kind, text.path): text for text in sheet.texts}
    assert texts["name", "root.left"].text == "WQ" and [run.size_pt for run in texts["name", "root.left"].runs] == [
        8, 8 * typeset.SMALL]
    assert texts["shape", "root.right"].text == "6 × 7" and texts["name", "root.right"].text == "KT"
    title, = (text for text in sheet.texts if text.kind == "title")
    lines = [text for text in sheet.texts if text.kind == "caption"]
    assert title.text == "All of WQ" and len(lines) > 1 and " ".join(text.text for text in lines) == (
        "Seen from the left. " * 6).strip()
    picture = np.concatenate([text.box() for text in sheet.texts if text.path])
    assert lines[0].y < picture[:, 1].min() and title.y > picture[:, 1].max()
    left, right, bottom, top = sheet.insets
    assert left == right == 0 and 0.1 < bottom < 0.5 and 0.05 < top < 0.2
    seen = matrices_on_page.on_page(camera, page, viz.outline())
    assert (seen > (0, bottom * page.height)).all() and (seen < (page.width, (1 - top) * page.height)).all()


@pytest.mark.parametrize("settings, kinds", [({"deco.shape": False}, {"name"}), ({"legends": 0}, set())])
def test_what_the_settings_leave_out(settings, kinds):
    viz = mm.visualize("A @ B", settings={"flow guides": 0, **settings})
    _, sheet = page_layout.compose(viz.group, PageSettings(Page(4, 3), keys=False))
    assert {text.kind for text in sheet.texts} == kinds


def test_a_name_is_nearest_to_its_own_matrix():
    viz, page = mm.visualize("causal-attention-head"), Page(6, 4)
    camera, sheet = page_layout.compose(viz.group, PageSettings(page, keys=False))
    every = nodes(viz.tree)
    shown = matrices_on_page.outlines_of(matrices_on_page.matrices(viz.group), camera, page)
    for text in sheet.texts:
        if text.kind == "name":
            middle = text.box().mean(0)[None]
            away = [np.hypot(*(polygons.nearest(middle, polygon) - middle)[0]) for polygon in shown]
            assert every[int(np.argmin(away))].path == text.path, text.text
            assert not polygons.inside(middle, shown).any(), f"{text.text} lies over data"


@pytest.mark.slow
def test_a_tiny_page_says_what_it_cannot_hold():
    viz = mm.visualize("binary-tree")
    with pytest.warns(MMWarning, match=r"a page of 1 x 0.8 in has no room for .*name of .* at 8 pt: make it"):
        camera, sheet = page_layout.compose(viz.group, PageSettings(Page(1, 0.8), keys=False))
    check(sheet, Page(1, 0.8))


def test_tokens_are_thinned_rather_than_illegible():
    many = len(WORDS)
    viz = mm.visualize("out = (attn = softmax(Q @ K_t / sqrt(k))) @ V",
                       settings={"Q.h": many, "Q.w": 8, "K_t.w": many, "V.w": 8, "gap": 8})
    viz = viz.labelled({"root.left": {"rows": WORDS, "cols": WORDS}})
    for size in ((3, 2.5), (6, 6), (12, 12)):
        page = Page(*size)
        _, sheet = page_layout.compose(viz.group, PageSettings(page, keys=False))
        check(sheet, page)
        words = [text for text in sheet.texts if text.kind == "label"]
        assert all(5 <= text.size_pt <= 8 and text.path == "root.left" for text in words)
        assert 4 <= len(words) <= 2 * many
    assert [text.text for text in words] == WORDS * 2 and {text.size_pt for text in words} == {8.0}


def test_the_same_input_gives_the_same_page():
    first, second = (page_layout.compose(mm.visualize("chain").group, PageSettings(Page(4, 3)))[1] for _ in "ab")
    assert [(t.text, t.x, t.y, t.angle) for t in first.texts] == [(t.text, t.x, t.y, t.angle) for t in second.texts]


def test_widths_are_the_font_s():
    viz = mm.visualize("A @ B", settings={"A.name": "Wide", "deco.shape": False})
    _, sheet = page_layout.compose(viz.group, PageSettings(Page(4, 3, font_pt=9), keys=False))
    text = next(text for text in sheet.texts if text.text == "Wide")
    assert text.width == pytest.approx(fonts.load().width("Wide") * 9 * POINT) and sheet.font.path == fonts.path()


def test_another_font(tmp_path):
    with pytest.raises(DataError, match=re.escape(f"the font {tmp_path / 'none.ttf'} cannot be read")):
        page_layout.compose(mm.visualize("A @ B").group, PageSettings(Page(4, 3), font=tmp_path / "none.ttf"))
