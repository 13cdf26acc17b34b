"""Figures: what their files say of themselves, where their letters are, and that the scene is left as it was."""
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
Image = pytest.importorskip("PIL.Image")

import mm_blender as mm  # noqa: E402
from mm_blender.appearance import representation  # noqa: E402
from mm_blender.document import page_layout  # noqa: E402
from mm_blender.document.page_settings import PageSettings  # noqa: E402
from mm_blender.lettering import fonts  # noqa: E402
from mm_blender.lettering.page import Page  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.scene import parts, tiles  # noqa: E402

SMALL = {"samples": 1, "keys": False, "progress": False}


@pytest.fixture(scope="module")
def viz():
    return mm.visualize("attn = W_Q @ K.T", look="flat",
                        settings={"W_Q.h": 6, "W_Q.w": 4, "K.T.w": 5, "row guides": 0, "flow guides": 0})


def everything() -> dict:
    """What a figure could leave behind, or change."""
    scene = bpy.context.scene
    kinds = ("scenes", "objects", "meshes", "materials", "worlds", "cameras", "lights", "collections", "curves",
             "images", "fonts")
    render = scene.render
    camera = scene.camera
    return {**{kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds},
            "size": (render.resolution_x, render.resolution_y, render.engine, render.filepath, render.film_transparent),
            "format": (render.image_settings.file_format, render.image_settings.color_mode, render.ppm_factor),
            "frame": scene.frame_current, "hidden": sorted(o.name for o in bpy.data.objects if o.hide_render),
            "camera": camera and (np.round(camera.matrix_basis, 5).tolist(), round(camera.data.angle_y, 5),
                                  camera.data.type)}


@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_the_scene_is_left_as_it_was(fresh_scene, viz, tmp_path, ending):
    viz.edited().figure(tmp_path / f"first.{ending}", (2, 1.5), 50, **SMALL)  # node groups stay in the file
    before = everything()
    viz.edited().figure(tmp_path / f"own.{ending}", (2, 1.5), 50, **SMALL)
    assert everything() == before
    built = viz.edited().build()
    built.figure(tmp_path / f"built.{ending}", (2, 1.5), 50, **SMALL)
    before = everything()
    built.figure(tmp_path / f"again.{ending}", (2, 1.5), 50, title="again", transparent=False, **SMALL)
    built.figure(tmp_path / f"other.{ending}", (2, 1.5), 50, look="paper", projection="cabinet", transparent=True,
                 **SMALL)
    assert everything() == before
    assert len(list(tmp_path.iterdir())) == 5


def test_a_font_of_the_machine_stays_only_where_a_person_uses_it(fresh_scene, viz, tmp_path):
    given = tmp_path / "given.ttf"
    given.write_bytes(fonts.DEFAULT.read_bytes())
    built = viz.edited().build()
    built.figure(tmp_path / "a.png", (1, 1), 40, font=given, **SMALL)
    assert str(given) not in [font.filepath for font in bpy.data.fonts]
    theirs = bpy.data.curves.new("theirs", "FONT")
    theirs.font = bpy.data.fonts.load(str(given))
    built.figure(tmp_path / "b.png", (1, 1), 40, font=given, **SMALL)
    assert theirs.font.filepath == str(given)


def test_what_is_built_is_shown_as_it_is(fresh_scene, viz, tmp_path):
    """A lamp or a colour that a person has changed is in the figure."""
    built = viz.edited().build()
    built.figure(tmp_path / "a.png", (1, 1), 40, **SMALL)
    for material in bpy.data.materials:
        if material.name.startswith("mm elements"):
            material.node_tree.nodes.clear()
    built.figure(tmp_path / "b.png", (1, 1), 40, **SMALL)
    assert (np.array(Image.open(tmp_path / "a.png")) != np.array(Image.open(tmp_path / "b.png"))).mean() > 0.02


def test_what_is_built_is_drawn_afterwards_as_before(fresh_scene, viz, tmp_path, monkeypatch):
    monkeypatch.setattr(representation, "MANY", 10)
    render = bpy.context.scene.render
    render.resolution_x = render.resolution_y = 4000
    built = viz.edited().build()
    drawn = {path: tiles.is_tile(obj) for path, obj in parts.matrices(built.collection).items()}
    assert not any(drawn.values()), "seen near by"
    seen = []
    monkeypatch.setattr(still, "shot", lambda *_, shot=still.shot: (seen.extend(
        tiles.is_tile(obj) for obj in parts.matrices(built.collection).values()), shot(*_)))
    built.figure(tmp_path / "a.png", (1, 1), 40, **SMALL)
    assert all(seen) and seen, "from afar"
    assert {path: tiles.is_tile(obj) for path, obj in parts.matrices(built.collection).items()} == drawn


def test_png_says_its_size_and_holds_16_bits(fresh_scene, viz, tmp_path):
    viz.figure(tmp_path / "deep.png", (2.0, 1.5), 60, bits=16, **SMALL)
    data = (tmp_path / "deep.png").read_bytes()
    width, height, depth = struct.unpack(">IIB", data[16:25])
    at = data.index(b"pHYs")
    per_metre, _, unit = struct.unpack(">IIB", data[at + 4:at + 13])
    assert (width, height, depth) == (120, 90, 16) and unit == 1
    assert per_metre * 0.0254 == pytest.approx(60, abs=0.02)


def test_jpeg_says_its_size(fresh_scene, viz, tmp_path):
    viz.figure(tmp_path / "small.jpg", (2.0, 1.5), 72, **SMALL)
    picture = Image.open(tmp_path / "small.jpg")
    assert picture.size == (144, 108) and picture.info["dpi"] == (72, 72)


def test_exr_has_layers(fresh_scene, viz, tmp_path):
    viz.figure(tmp_path / "layers.exr", (1, 1), 40, **SMALL)
    data = (tmp_path / "layers.exr").read_bytes()
    for name in (b"Combined.R", b"Depth.", b"CryptoObject00", b"CryptoMaterial00"):
        assert name in data, name


def test_transparent_grounds(fresh_scene, viz, tmp_path):
    for ending in ("png", "webp", "tif"):
        viz.figure(tmp_path / f"clear.{ending}", (1, 1), 40, transparent=True, **SMALL)
        assert np.array(Image.open(tmp_path / f"clear.{ending}").convert("RGBA"))[0, 0, 3] == 0
    viz.figure(tmp_path / "clear.pdf", (1, 1), 40, transparent=True, **SMALL)
    assert b"/SMask" in (tmp_path / "clear.pdf").read_bytes()


def test_two_renders_are_the_same(fresh_scene, tmp_path):
    lit = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 3, "B.w": 5}, look="paper")
    for name in "ab":
        lit.figure(tmp_path / f"{name}.png", (1, 1), 80, samples=4, keys=False)
    assert (np.array(Image.open(tmp_path / "a.png")) == np.array(Image.open(tmp_path / "b.png"))).all()


def test_bad_input_is_refused_before_anything_is_rendered(fresh_scene, viz, tmp_path):
    for error, text, path, more in (
            (mm.RenderError, "must end in .png", "fig.bmp", {}),
            (mm.RenderError, "there is no folder", "nowhere/fig.png", {}),
            (mm.ParameterError, "size_in must be a width and a height", "fig.png", {"size_in": 5}),
            (mm.ParameterError, "width of a page in inches must be above 0", "fig.png", {"size_in": (0, 3)}),
            (mm.ParameterError, "8 or 16 bits a channel, not 12", "fig.png", {"bits": 12}),
            (mm.ParameterError, ".jpg holds no 16 bits", "fig.jpg", {"bits": 16}),
            (mm.ParameterError, ".jpg holds no transparency", "fig.jpg", {"transparent": True}),
            (mm.ParameterError, "there is no look 'neon'", "fig.png", {"look": "neon"}),
            (mm.RenderError, "there is no quality 'best'", "fig.png", {"quality": "best"}),
            (mm.DataError, "cannot be read", "fig.png", {"font": "/no/font.ttf"}),
            (mm.RenderError, "pixels each way", "fig.png", {"dpi": 10000, "size_in": (60, 60)})):
        with pytest.raises(error, match=re.escape(text)):
            viz.figure(tmp_path / path, **more)
    assert not list(tmp_path.iterdir())


# ---- where the letters are

def ink(picture: np.ndarray, box: np.ndarray, dpi: float) -> np.ndarray:
    """The middle (x, y) of what is dark in a box (inches from the lower left corner), in inches from the upper left."""
    height = picture.shape[0]
    (x0, y0), (x1, y1) = box.min(0) * dpi, box.max(0) * dpi
    rows, cols = slice(int(height - y1) - 1, int(height - y0) + 2), slice(int(x0) - 1, int(x1) + 2)
    dark = 255.0 - picture[rows, cols].astype(float)
    dark[dark < 40] = 0
    y, x = np.mgrid[rows, cols]
    return (np.array([(x * dark).sum(), (y * dark).sum()]) / dark.sum() + 0.5) / dpi


@pytest.mark.slow
def test_letters_of_a_pdf_are_where_the_picture_has_them(fresh_scene, viz, tmp_path):
    """The middle of the ink of every label, in the rendered figure and in the PDF drawn by another program: finer,
    since that puts letters at whole pixels."""
    if not shutil.which("pdftoppm"):
        pytest.skip("poppler-utils is not installed")
    page, dpi = Page(3.0, 2.0, 200, 10), 200
    _, sheet = page_layout.compose(viz.group, PageSettings(page, "A title", None, False))
    for ending in ("png", "pdf"):
        viz.figure(tmp_path / f"fig.{ending}", (3, 2), dpi, 10, title="A title", samples=16, keys=False)
    subprocess.run(["pdftoppm", "-r", str(8 * dpi), "-gray", "-png", tmp_path / "fig.pdf", tmp_path / "page"],
                   check=True, timeout=120)
    drawn = [np.array(Image.open(path).convert("L")) for path in (tmp_path / "fig.png", next(tmp_path.glob("page*")))]
    assert drawn[1].shape == tuple(8 * size for size in drawn[0].shape)
    assert len(sheet.texts) >= 4
    for text in sheet.texts:
        one, two = (ink(picture, text.box(), fine) for picture, fine in zip(drawn, (dpi, 8 * dpi)))
        assert np.hypot(*(one - two)) * dpi < 0.5, text.text


def test_words_of_a_pdf_can_be_read(fresh_scene, viz, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils is not installed")
    viz.figure(tmp_path / "fig.pdf", (4, 3), 50, 8, title="Heads & tails: $W_Q$", caption="Über α (and more)", **SMALL)
    words = subprocess.run(["pdftotext", "-layout", tmp_path / "fig.pdf", "-"], check=True, capture_output=True,
                           text=True, timeout=120).stdout
    for wanted in ("attn", "WQ", "Heads & tails", "Über α (and more)", "6 × 4"):
        assert wanted in words, (wanted, words)


def test_an_svg_has_its_texts_at_the_places_of_the_page(fresh_scene, viz, tmp_path):
    from xml.etree import ElementTree

    viz.figure(tmp_path / "fig.svg", (3, 2), 50, 8, title="<a & b>", **SMALL)
    root = ElementTree.parse(tmp_path / "fig.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("3in", "2in", "0 0 216 144")
    _, sheet = page_layout.compose(viz.group, PageSettings(Page(3.0, 2.0, 50, 8), "<a & b>", None, False))
    texts = root.findall(f".//{space}text")
    assert ["".join(text.itertext()) for text in texts] == [text.text for text in sheet.texts]
    for drawn, text in zip(texts, sheet.texts):
        x, y, angle = map(float, re.findall(r"-?[\d.]+", drawn.get("transform")))
        assert (x, y, angle) == pytest.approx((text.x * 72, 144 - text.y * 72, -text.angle), abs=0.01)
        assert [float(run.get("font-size")) for run in drawn] == pytest.approx([run.size_pt for run in text.runs],
                                                                               rel=1e-4)
    assert len(root.findall(f".//{space}image")) == 1


def test_vector_files_are_the_same_each_time(fresh_scene, viz, tmp_path):
    for name in "ab":
        viz.figure(tmp_path / f"{name}.pdf", (2, 1), 40, **SMALL)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("projection", ["perspective", "cabinet"])
def test_frames_are_lines_where_nothing_hides_them(fresh_scene, tmp_path, projection):
    """The ends of frames that are seen whole are where the camera sees them; a matrix before others hides theirs."""
    from xml.etree import ElementTree

    from mm_blender.layout import guides

    framed = mm.visualize("out = A @ B", look="paper", projection=projection,
                          settings={"A.h": 6, "A.w": 5, "B.w": 7, "flow guides": 0})
    before = everything()
    framed.figure(tmp_path / "fig.svg", (3, 2), 100, 8, **SMALL)
    framed.figure(tmp_path / "again.svg", (3, 2), 100, 8, **SMALL)
    assert len(bpy.data.objects) == len(before["objects"]) and (tmp_path / "fig.svg").read_bytes()[:99] \
        == (tmp_path / "again.svg").read_bytes()[:99]
    root = ElementTree.parse(tmp_path / "fig.svg").getroot()
    lines = [[float(line.get(key)) for key in ("x1", "y1", "x2", "y2")]
             for line in root.iter("{http://www.w3.org/2000/svg}line")]
    camera, _ = page_layout.compose(framed.group, PageSettings(Page(3.0, 2.0, 100, 8), None, None, False))
    whole = pieces = 0
    for node in (framed.tree, framed.tree.left, framed.tree.right):
        segments, _ = guides.row_guides(node, 0.03)
        pieces += len(segments)
        frame = framed.placement.matrices[node.path]
        for ends in segments @ frame[:3, :3].T + frame[:3, 3]:
            (x0, y0), (x1, y1) = camera.page(ends, 1.5) * (216, 144)
            whole += any(np.allclose(line, [x0, 144 - y0, x1, 144 - y1], atol=0.2) for line in lines)
    assert whole > 0.4 * pieces, (whole, pieces)
