"""The films of the gallery: the pages are what its generator makes of the stories, the films are those that the pages
say, and the commands make them. A film that is not there yet is not asked for."""
import importlib.util
import os
import re
import struct
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
from mm_blender.cli import arguments, commands  # noqa: E402
from mm_blender.output import webp  # noqa: E402
from mm_blender.story import presets  # noqa: E402
from mm_blender.system.whole.check import is_whole  # noqa: E402

THERE = [film for film in films.FILMS.values() if (FOLDER / film.path).exists()]
NEAR = 24.0  # root mean square of 255 between a small quick picture of a film and the gallery's, made as small


def generator():
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_what_the_stories_and_figures_make_of_them():
    pages = generator().pages()
    assert set(pages) == {path.name for path in FOLDER.glob("*.md")}
    for name, text in pages.items():
        assert (FOLDER / name).read_text("utf-8") == text, f"{name}: run python scripts/gallery --page"


def test_every_story_has_a_film():
    assert set(films.FILMS) == set(presets.stories())


def test_a_lesson_without_a_film_shows_its_beats(tmp_path):
    film = films.LESSONS[0]
    assert "![" not in films.page(film, tmp_path)
    (tmp_path / film.sheet).touch()
    page = films.page(film, tmp_path)
    assert f"![{film.title}]({film.sheet})" in page and "still to be rendered" in page and film.path in page
    (tmp_path / film.path).touch()
    assert f"![{film.title}]({film.path})" in (page := films.page(film, tmp_path)) and "to be rendered" not in page


def played(path):
    """Of an animated WebP (RFC 9649): its size, and for how many milliseconds each frame is shown."""
    data, at, size, shown = path.read_bytes(), 12, (0, 0), []
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"VP8X":
            size = tuple(int.from_bytes(data[at + 12 + 3 * i:at + 15 + 3 * i], "little") + 1 for i in (0, 1))
        elif kind == b"ANMF":
            shown.append(int.from_bytes(data[at + 20:at + 23], "little"))
        at += 8 + length + length % 2
    return size, shown


@pytest.mark.parametrize("film", THERE, ids=lambda film: film.name)
def test_a_film_is_as_large_as_long_and_as_quick_as_its_story_says(film):
    """The head of a real model, too, whose pages are made of a head like it."""
    assert all((FOLDER / each).exists() for each in film.files)
    size, shown = played(FOLDER / film.path)
    assert size == films.SIZE
    # one that ends as it began leaves its last frame out
    assert sum(shown) / 1000 == pytest.approx(films.seconds(film), abs=1 / films.FPS + 0.002)
    each = 1000 / films.FPS  # from frame to frame, or within one until its ground is drawn
    assert {round(until % each) for until in np.cumsum(shown)} <= {0, webp.SOON, round(each)}


@pytest.mark.parametrize("film", films.LESSONS, ids=lambda film: film.name)
def test_what_a_lesson_has_beside_its_film_is_whole(film):
    for name in (film.poster, film.sheet):
        assert not (FOLDER / name).exists() or is_whole(FOLDER / name)
    if (FOLDER / film.poster).exists():
        assert Image.open(FOLDER / film.poster).size == films.SIZE
    if (FOLDER / film.subtitles).exists():
        said = (FOLDER / film.subtitles).read_text("utf-8")
        words = [caption.words for caption in films.told(film).captions]
        assert words == [line for line in said.splitlines() if re.search(r"\D{3}", line) and "-->" not in line]


@pytest.mark.parametrize("film", films.FILMS.values(), ids=lambda film: film.name)
def test_the_commands_are_understood(film):
    written = films.command(film)
    assert all(made in written for made in film.files)
    if films.language(film) == "python":
        compile(written, film.name, "exec")
        return
    parser = arguments.parser("mm-blender", commands.RUNS)
    for line in written.splitlines():
        args = parser.parse_args(line.split()[1:])
        assert line.startswith("mm-blender ") and args.source == film.name
    assert f"--fps {films.FPS} --size {films.SIZE[0]}x{films.SIZE[1]}" in written


SHORTEST = films.FILMS["identity-mirror"]


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.skipif(SHORTEST not in THERE, reason="the film is not there")
def test_a_command_makes_its_film(tmp_path):
    """Small, and one frame a second."""
    pytest.importorskip("bpy")
    quick = films.command(SHORTEST).replace(f"--fps {films.FPS}", "--fps 1").replace("640x360", "128x72")
    done = subprocess.run([sys.executable, "-m", "mm_blender.cli", *quick.split()[1:], "--quiet"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    assert played(tmp_path / SHORTEST.path)[0] == (128, 72)
    for at in (1, 6, 12):  # seconds
        made, held = picture(tmp_path / SHORTEST.path, at), picture(FOLDER / SHORTEST.path, at)
        difference = np.asarray(made, np.float64) - np.asarray(held.resize(made.size, Image.LANCZOS), np.float64)
        assert np.sqrt((difference ** 2).mean()) < NEAR


def picture(path, seconds):
    """What a film shows after so many seconds."""
    with Image.open(path) as film:
        until = np.cumsum(played(path)[1])
        film.seek(int(np.searchsorted(until, seconds * 1000, side="right")))
        return film.convert("RGB")
