"""Sheets in Blender: what is asked for in points is what is printed."""
import math
from pathlib import Path

import numpy as np
import pytest

import mm_blender as mm
from mm_blender import fonts, lettering
from mm_blender.texts import SIZE_OF_EM
from mm_blender.page import POINT, Page
from mm_blender.sheet import Sheet, line
from mm_blender.typeset import name, plain

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def picture(viz, page, sheet, camera, path) -> np.ndarray:
    """The page rendered without anything but its texts: darkness of every pixel, 0 to 1, from the bottom (h, w)."""
    import bpy

    from mm_blender.objects import build, looks, parts, sheets

    scene = bpy.context.scene
    build.aim(viz, scene.camera, camera, page.aspect)
    for obj in list(viz.collection.all_objects):
        obj.hide_render |= obj.get("mm_part") in (parts.MATRIX, parts.MARK)
    sheets.hang(viz, sheet, camera, scene.camera, looks.LOOKS["paper"], viz.collection)
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
    camera, sheet = lettering.compose(viz, page, title="Attention", keys=False)
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

    from mm_blender.objects import looks, parts, sheets

    viz = mm.visualize("W_Q @ B", animate=False).build()
    before = len(bpy.data.objects)
    page = Page(3, 3)
    camera, sheet = lettering.compose(viz, page, keys=False)
    for _ in range(2):  # the second page takes the place of the first
        made = sheets.hang(viz, sheet, camera, fresh_scene.camera, looks.LOOKS["dark"], viz.collection)
        assert len(parts.of(viz.collection, parts.PAGE)) == len(made) == len(bpy.data.objects) - before
    bodies = sorted(obj.data.body for obj in made if obj.type == "FONT")
    assert bodies == sorted(["W", "Q", "B", "W", "Q", " @ B", "32 × 32", "32 × 32", "32 × 32"])
    assert not any(obj.visible_shadow or obj.visible_diffuse or obj.visible_glossy for obj in made)
    assert all(obj.parent is fresh_scene.camera for obj in made)
    assert all(curve.font.packed_file for curve in bpy.data.curves if curve.name.startswith("mm page"))
    sheets.take_down(viz.collection)
    assert len(bpy.data.objects) == before


def test_letters_that_the_font_lacks_come_from_blender_s(fresh_scene):
    from mm_blender.objects import looks, sheets

    viz = mm.visualize("A @ B", animate=False, settings={"A.name": "键 K"}).build()
    camera, sheet = lettering.compose(viz, Page(3, 3))
    made = sheets.hang(viz, sheet, camera, fresh_scene.camera, looks.LOOKS["dark"], viz.collection)
    fonts_of = {obj.data.body: obj.data.font.filepath for obj in made if obj.type == "FONT"}
    assert fonts_of["键"] == "<builtin>" and fonts_of[" K"].endswith("Inter-mm.ttf")
    assert math.isclose(next(obj for obj in made if obj.type == "FONT" and obj.data.body == "键").data.size,
                        8 * POINT * SIZE_OF_EM, rel_tol=1e-6)
