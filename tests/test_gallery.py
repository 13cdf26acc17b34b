"""The gallery: its page and pictures agree, and the matrices' names can be read in the pictures by a machine.

Reading needs tesseract (Debian's tesseract-ocr). A label may stand askew and small, so the picture is enlarged, tried light on
dark and dark on light and turned by the angles that edges have in these pictures; what is read is compared without case,
subscript marks and the letters that OCR cannot tell apart.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

Image = pytest.importorskip("PIL.Image")

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "gallery"
sys.path.append(str(ROOT / "scripts" / "gallery"))

from figures import CHAPTERS, FIGURES, Model  # noqa: E402

from mm_blender.source import presets, read  # noqa: E402
from mm_blender.tree import nodes, resolve  # noqa: E402

ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "v": "v", "u": "v"})
ANGLES = (0, 30, -30, 18, -18, 45, -45, 60, -60, 90, -90)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9|]", "", text.lower()).translate(ALIKE)


def read_words(path: Path, angle: float, inverted: bool, folder: Path) -> set[str]:
    """What tesseract reads in the picture, turned by ``angle`` degrees."""
    from PIL import ImageOps

    grey = Image.open(path).convert("L")
    ground = grey.getpixel((1, 1))
    grey = ImageOps.invert(grey) if inverted else grey
    grey = grey.resize((grey.width * 2, grey.height * 2), Image.LANCZOS)
    if angle:
        grey = grey.rotate(angle, expand=True, fillcolor=255 - ground if inverted else ground,
                           resample=Image.BICUBIC)
    grey.save(folder / "turned.png")
    done = subprocess.run(["tesseract", str(folder / "turned.png"), "-", "--psm", "11", "-c", "load_system_dawg=0",
                           "-c", "load_freq_dawg=0"], capture_output=True, text=True, timeout=120)
    return {plain(word) for word in done.stdout.split()}


def test_the_page_shows_every_picture_and_no_other():
    page = (FOLDER / "README.md").read_text("utf-8")
    shown = set(re.findall(r"\]\(([\w.-]+)\)", page))
    there = {path.name for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert shown == there
    assert {f"{name}.png" for name in FIGURES} <= shown


def test_the_gallery_is_small_enough_for_the_web():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20e6


def test_every_figure_of_the_article_is_there():
    wanted = {"cube", "dot-products", "axpy", "matrix-vector", "vector-matrix", "outer-products", "identity-mirror", "ffn",
              "bottleneck", "multilayer-bottleneck", "right-associative", "binary", "data-parallel",
              "binary-partitioned", "attention-head", "attention-values", "attention-computed", "attention-i-split",
              "attention-ik-split", "layer-sizes", "layer-decoding", "lora-rank-4", "lora-head"}
    assert wanted <= set(FIGURES)
    assert sum(isinstance(figure.source, Model) for figure in FIGURES.values()) >= 2


@pytest.mark.parametrize("name", FIGURES)
def test_names_to_be_read_are_names_of_the_figure(name):
    figure = FIGURES[name]
    assert figure.words.strip() and all(chapter.title for chapter in CHAPTERS)
    if isinstance(figure.source, Model):
        return
    assert figure.source in presets()
    held = {node.name for node in nodes(resolve(read(figure.source)[0]))}
    assert set(figure.names) <= held


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (Debian: tesseract-ocr)")
@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.names])
def test_names_are_read_back(name, tmp_path):
    missing = {plain(label): label for label in FIGURES[name].names}
    for angle in ANGLES:
        for inverted in (False, True):
            words = read_words(FOLDER / f"{name}.png", angle, inverted, tmp_path)
            missing = {key: label for key, label in missing.items() if not any(word.startswith(key) for word in words)}
            if not missing:
                return
    raise AssertionError(f"not read in {name}: {', '.join(missing.values())}")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (Debian: tesseract-ocr)")
def test_a_name_that_is_not_there_is_not_read(tmp_path):
    words = set().union(*(read_words(FOLDER / "cube.png", angle, inverted, tmp_path) for angle in ANGLES
                          for inverted in (False, True)))
    assert not any(word.startswith(plain(name)) for word in words for name in ("input", "attn", "hidden"))
