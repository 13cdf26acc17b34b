"""Sheets in Blender: what is asked for in points is what is printed."""
import math
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import page_layout
from mm_blender.document.page_settings import PageSettings
from mm_blender.lettering import fonts
from mm_blender.lettering.lines import line
from mm_blender.lettering.page import Page, POINT
from mm_blender.lettering.sheet import Sheet
from mm_blender.lettering.typeset import name, plain

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def picture(viz, page, sheet, camera, path) -> np.ndarray:
    """The page rendered without anything but its texts: darkness of every pixel, 0 to 1, from the bottom (h, w)."""
    import bpy

    from mm_blender.appearance import looks
    from mm_blender.scene import build, page_objects, parts

    scene = bpy.context.scene
    build.aim(viz.placement, viz.collection, scene.camera, camera, page.aspect)
    for obj in list(viz.collection.all_objects):
        obj.hide_render |= obj.get("mm_part") in (parts.MATRIX, parts.MARK, parts.LETTER)
    page_objects.hang(sheet, page_objects.before_all(viz.group, camera), scene.camera, looks.LOOKS["paper"],
                      viz.collection)
    scene.render.engine, scene.cycles.samples = "CYCLES", 16
    scene.cycles.use_denoising = False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = page.pixels
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    pixels = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], -1)
    seen = pixels[..., :3].mean(-1)
    return 1 - np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)


def extent(dark: np.ndarray, page: Page, box: np.ndarray) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 in inches of what is dark in ``box`` (4, 2), to a fraction of a pixel."""
    low, high = np.floor(box.min(0) * page.dpi).astype(int) - 2, np.ceil(box.max(0) * page.dpi).astype(int) + 2
    part = dark[max(low[1], 0):high[1], max(low[0], 0):high[0]]
    out = []
    for axis, start in ((0, max(low[0], 0)), (1, max(low[1], 0))):
        most = part.max(axis) / part.max()  # crosses a half where the ink begins and ends, whatever the pixel filter
        inked = np.flatnonzero(most > 0.5)
        first, last = inked[0], inked[-1]
        out.append(((start + first + 0.5 - (most[first] - 0.5) / (most[first] - most[first - 1])) / page.dpi,
                    (start + last + 0.5 + (most[last] - 0.5) / (most[last] - most[last + 1])) / page.dpi))
    return out[0][0], out[1][0], out[0][1], out[1][1]


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "cabinet"])
@pytest.mark.parametrize("font", [None, DEJAVU])
def test_eight_points_are_eight_points(fresh_scene, tmp_path, projection, font):
    if font and not font.exists():
        pytest.skip("DejaVu is not on this machine")
    viz = mm.visualize("A @ B", look="paper", animate=False, projection=projection,
                       settings={"A.h": 6, "A.w": 4, "B.w": 5}).build()
    page, face = Page(2.0, 1.5, dpi=240, font_pt=8), fonts.load(font)
    em = 8 * POINT
    texts = [line(plain("HH"), face, 8, "text", "name").moved(0.3, 1.1),
             line(plain("xz"), face, 8, "text", "name").moved(1.2, 0.4),
             line(name("H_H"), face, 16, "quiet", "name").moved(0.3, 0.4),
             line(plain("H" * 8), face, 8, "text", "name").moved(1.5, 0.7, 90.0)]
    dark = picture(viz, page, Sheet(page, face, texts), viz.framed(page.aspect), tmp_path / "page.png")
    x0, y0, x1, y1 = extent(dark, page, texts[0].box())
    assert y1 - y0 == pytest.approx(face.cap * em, rel=0.05) and y0 == pytest.approx(1.1, abs=0.5 / page.dpi)
    assert (x0 + x1) / 2 == pytest.approx(0.3 + texts[0].width / 2, abs=0.5 / page.dpi)
    x0, y0, x1, y1 = extent(dark, page, texts[1].box())
    assert y1 - y0 == pytest.approx((face.x if font is None else 0.547) * em, rel=0.05)  # DejaVu's table lacks it
    index = texts[2].runs[1]
    x, y = texts[2].origin(index)
    corners = np.array([(x, y), (x + index.width, y + face.cap * index.size_pt * POINT)])
    x0, y0, x1, y1 = extent(dark, page, corners)
    assert y1 - y0 == pytest.approx(face.cap * index.size_pt * POINT, rel=0.05)
    x0, y0, x1, y1 = extent(dark, page, texts[3].box())  # along the page's height
    assert x1 - x0 == pytest.approx(face.cap * em, rel=0.05)
    assert y1 - y0 == pytest.approx(texts[3].width, rel=0.05)


def test_a_composed_page_is_where_it_says(fresh_scene, tmp_path):
    viz = mm.visualize("causal-attention-head", look="paper", animate=False).build()
    page = Page(3.0, 2.2, dpi=130)
    camera, sheet = page_layout.compose(viz.group, PageSettings(page, title="Attention", keys=False))
    dark = picture(viz, page, sheet, camera, tmp_path / "page.png")
    everywhere = np.zeros(dark.shape, bool)
    for text in sheet.texts:
        x0, y0, x1, y1 = extent(dark, page, text.box())
        box = text.box()
        assert (box.min(0) - 2 / page.dpi < (x0, y0)).all() and (box.max(0) + 2 / page.dpi > (x1, y1)).all(), text.text
        assert x1 - x0 > 0.6 * np.ptp(box[:, 0]), text.text
        (a, b), (c, d) = np.floor(box.min(0) * page.dpi - 1).astype(int), np.ceil(box.max(0) * page.dpi + 1).astype(int)
        everywhere[b:d, a:c] = True
    assert sheet.leaders or not (dark[~everywhere] > 0.1).any()


def test_texts_light_nothing_and_go_when_the_page_does(fresh_scene):
    import bpy

    from mm_blender.appearance import looks
    from mm_blender.scene import page_objects, parts

    viz = mm.visualize("W_Q @ B", animate=False, settings={"flow guides": 0}).build()
    before = len(bpy.data.objects)
    page = Page(3, 3)
    camera, sheet = page_layout.compose(viz.group, PageSettings(page, keys=False))
    for _ in range(2):  # the second page takes the place of the first
        made = page_objects.hang(sheet, page_objects.before_all(viz.group, camera), fresh_scene.camera,
                                 looks.LOOKS["dark"], viz.collection)
        assert len(parts.of(viz.collection, parts.PAGE)) == len(made) == len(bpy.data.objects) - before
    bodies = sorted(obj.data.body for obj in made if obj.type == "FONT")
    assert bodies == sorted(["W", "Q", "B", "W", "Q", " @ B", "32 × 32", "32 × 32", "32 × 32"])
    assert not any(obj.visible_shadow or obj.visible_diffuse or obj.visible_glossy for obj in made)
    assert all(obj.parent is fresh_scene.camera for obj in made)
    assert all(curve.font.packed_file for curve in bpy.data.curves if curve.name.startswith("mm page"))
    page_objects.remove_page(viz.collection)
    assert len(bpy.data.objects) == before


def test_letters_that_the_font_lacks_come_from_blender_s(fresh_scene):
    from mm_blender.appearance import looks
    from mm_blender.scene import page_objects

    viz = mm.visualize("A @ B", animate=False, settings={"A.name": "键 K"}).build()
    camera, sheet = page_layout.compose(viz.group, PageSettings(Page(3, 3)))
    made = page_objects.hang(sheet, page_objects.before_all(viz.group, camera), fresh_scene.camera,
                                 looks.LOOKS["dark"], viz.collection)
    fonts_of = {obj.data.body: obj.data.font.filepath for obj in made if obj.type == "FONT"}
    assert fonts_of["键"] == "<builtin>" and fonts_of[" K"].endswith("Inter-mm.ttf")
    assert math.isclose(next(obj for obj in made if obj.type == "FONT" and obj.data.body == "键").data.size,
                        8 * POINT, rel_tol=1e-6)  # an em of the fonts that Blender takes it from is its size


def test_letters_of_other_scripts_are_drawn_as_their_rules_say(fresh_scene):
    """Arabic joins and goes to the left: in Blender it is the glyphs of a small font, which goes into the file."""
    import bpy

    from mm_blender.lettering import fallback
    from mm_blender.scene import typefaces

    if not fallback.can_read():
        pytest.skip("what reads fonts is not installed")
    font = fonts.load()
    text = line(plain("ab שלום ببب 注 ཨ"), font, 10, "text", "title")
    drawn = {}
    for run in text.runs:
        curve = bpy.data.curves.new("text", "FONT")
        typefaces.put(curve, run, font, typefaces.load(font))
        drawn[run.text] = curve
    assert drawn["ab "].font.name.startswith("Inter") and drawn["注"].font.filepath == "<builtin>"
    hebrew, arabic = drawn["שלום"], drawn["ببب"]
    assert hebrew.body == "םולש" and hebrew.font.packed_file
    assert len(set(arabic.body)) == 3 and arabic.font != hebrew.font
    typefaces.put(arabic, next(run for run in text.runs if run.text == "ببب"), font, typefaces.load(font))
    assert len([font for font in bpy.data.fonts if font.name.startswith("mm letters")]) == 2
    assert typefaces.lacking("a注ཨᚠ ") == "ཨᚠ"
    letter, (found,) = typefaces.blenders_letter("注"), next(run for run in text.runs if run.text == "注").glyphs
    assert letter.advance == pytest.approx(1.0) and found.advance == 1.0
    highest, same = (max(point[1] for _, points in each.outline for point in points) for each in (letter, found))
    assert highest == pytest.approx(same, abs=0.005)


def test_letters_whose_outlines_overlap_have_no_holes(fresh_scene):
    """Two squares that share a quarter, drawn as one glyph, become one outline of their area."""
    from fontTools.pens.areaPen import AreaPen
    from fontTools.pens.recordingPen import RecordingPen

    from mm_blender.lettering.shaping import Glyph
    from mm_blender.scene import typefaces

    def square(x: float, y: float):
        corners = [(x, y), (x, y + 1), (x + 1, y + 1), (x + 1, y)]
        return [("moveTo", (corners[0],)), *[("lineTo", (corner,)) for corner in corners[1:]], ("closePath", ())]

    merged = typefaces._merged(Glyph("x", ("x",), 2.0, (*square(0, 0), *square(0.5, 0.5))))
    record, pen = RecordingPen(), AreaPen()
    record.value = list(merged.outline)
    record.replay(pen)
    assert abs(pen.value) == pytest.approx(1.75) and sum(name == "moveTo" for name, _ in merged.outline) == 1


def test_letters_of_no_font_are_said(fresh_scene, tmp_path, monkeypatch):
    from mm_blender.lettering import fallback
    from mm_blender.scene import typefaces

    small = {"settings": {"left.h": 2, "left.w": 2, "right.w": 2, "left.name": "ཨ"}}
    with pytest.warns(mm.MMWarning, match="letters ཨ, which are boxes in the picture"):
        mm.visualize("L @ R", **small).render(tmp_path / "a.png", (60, 40), 1, progress=False)
    with pytest.warns(mm.MMWarning, match="letters ཨ, which are boxes in a PDF"):
        mm.visualize("L @ R", **small).figure(tmp_path / "a.pdf", (2, 1), 40, samples=1, keys=False)
    sheet = Sheet(Page(3, 3), fonts.load())
    monkeypatch.setattr(fallback, "having", lambda letters, first: None)
    sheet.texts.append(line(plain("ب"), sheet.font, 10, "text", "title"))
    with pytest.warns(mm.MMWarning, match="ب stand one after another"):
        typefaces.say_missing(sheet)
