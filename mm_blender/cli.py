"""The command line: ``mm-blender render|build|info|link SOURCE``, ``mm-blender head CHECKPOINT``.

The same ``main`` serves ``blender --command mm ...`` once the extension is on. Bad input gives one message on standard
error and exit status 2; what the caller should merely know is printed there as a note. Everything heavy is imported
after the arguments have been read, so that ``--help`` and mistakes answer at once.
"""
from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import outputs
from .errors import DataError, MMError, MMWarning, ParameterError, RenderError
from .options import LOOKS, PROJECTIONS, QUALITIES, REPRESENTATIONS

if TYPE_CHECKING:
    from .visualization import Visualization

SOURCE_HELP = "an expression ('out = (attn = Q @ K_t) @ V'), a share link, a preset's name or a JSON file"


def main(argv: Sequence[str] | None = None, prog: str = "mm-blender") -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 130 when interrupted.

    ``render`` and ``build`` start from an empty file: they are for a process of their own, not for a session with work
    in it, and refuse to run where Blender has a window.
    """
    try:
        args = _parser(prog).parse_args(argv)
    except SystemExit as stop:  # argparse has already said why; inside Blender nothing may leave the process
        return int(stop.code or 0)
    try:
        with _notes_on_stderr(prog, args.quiet):
            return args.run(args)
    except MMError as error:
        print(f"{prog}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return 130


def _parser(prog: str) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--set", metavar="KEY=VALUE", dest="settings", type=_pair, action="append", default=[],
                        help="change a parameter: anim.alg=vmprod, 'block.i blocks=4', left.h=8")
    shared.add_argument("--seed", type=int, default=0, metavar="N", help="seed of random values (default: 0)")
    shared.add_argument("--look", choices=LOOKS, default="dark",
                        help="how it is lit (default: dark)")
    shared.add_argument("--projection", choices=PROJECTIONS, default="auto",
                        help="how the camera sees it (default: auto, orthographic for flat, else perspective)")
    shared.add_argument("--representation", choices=REPRESENTATIONS, default="auto",
                        help="as what elements are drawn: instances of a cube, faces of one mesh, tiles for very many "
                             "(default: auto, by their number and how near the camera comes)")
    shared.add_argument("--transparent", action="store_true", help="leave the ground out of the picture")
    shared.add_argument("--keys", action="store_true", help="show what the colours and the sizes mean")
    shared.add_argument("--no-animate", dest="animate", action="store_false", help="leave the sweep out")
    shared.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes, only errors")
    common = argparse.ArgumentParser(add_help=False, parents=[shared])
    common.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    common.add_argument("--data", metavar="NAME=FILE", type=_pair, action="append", default=[],
                        help="values of a matrix, by its name or its path (root.left): a .npy or .csv file, or the "
                             "address of a tensor, FILE:tensor.name[slice].T, in a safetensors, PyTorch, GGUF or .npz "
                             "file")
    common.add_argument("--reduce", choices=("absmax", "mean", "rms", "none"), default="absmax",
                        help="what stands for a tile of elements where there are too many to show each: the one of "
                             "largest magnitude (the default), their mean or root mean square; none: show every one")
    common.add_argument("--cells", type=_positive, metavar="N", help="show at most N, of all matrices together")
    common.add_argument("--assets", metavar="DIR", help="folder searched for the files that SOURCE names")
    common.add_argument("--online", action="store_true", help="allow loading the URLs that SOURCE names")

    parser = argparse.ArgumentParser(prog=prog, description="Pictures of matrix multiplication, made in Blender.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    motion = argparse.ArgumentParser(add_help=False)
    pace = motion.add_mutually_exclusive_group()
    pace.add_argument("--frames-per-step", type=_positive, metavar="N", help="frames of the sweep a step (default: 4)")
    pace.add_argument("--duration", type=partial(_number_above_0, what="a number of seconds"), metavar="SECONDS", help="of the whole sweep")
    motion.add_argument("--no-smooth", dest="smooth", action="store_false", default=None,
                        help="jump from step to step, as the web tool does")
    motion.add_argument("--spin", type=float, metavar="SPEED",
                        help="turn the camera, as the parameter anim.spin: 1 is 0.05 radians a second, -1 clockwise")

    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--size", type=_size, default=(1600, 1000), metavar="WxH",
                         help="in pixels (default: 1600x1000)")
    picture.add_argument("--quality", choices=QUALITIES, default="final",
                         help="draft: quick and rough; final (the default): without visible noise")
    picture.add_argument("--samples", type=_positive, metavar="N",
                         help="the most samples a pixel (default: what the quality says)")
    picture.add_argument("--engine", choices=("cycles", "eevee", "workbench"), default="cycles",
                         help="default: cycles, the path tracer")
    picture.add_argument("--device", choices=("auto", "cpu", "gpu"),
                         help="what Cycles renders on (default: auto, a GPU where there is one)")

    render = commands.add_parser("render", parents=[common, motion, picture],
                                 help="render a picture or a movie (needs bpy)")
    render.add_argument("-o", "--output", required=True, metavar="OUT",
                        help="FILE.png, the movie FILE.mp4 or FILE.gif, or FOLDER for the frames of one; a movie that "
                             "was broken off goes on from the frames it has")
    render.set_defaults(run=_render)

    page = argparse.ArgumentParser(add_help=False)
    page.add_argument("--size-in", type=_inches, default=(6.75, 4.5), metavar="WxH",
                      help="of the figure, in inches (default: 6.75x4.5)")
    page.add_argument("--dpi", type=_number_above_0, default=300, metavar="N", help="pixels an inch (default: 300)")
    page.add_argument("--font-pt", type=_number_above_0, default=8, metavar="N",
                      help="size of the letters in points (default: 8)")
    page.add_argument("--title", help="above it; mathematics between dollar signs")
    page.add_argument("--caption", help="below it, the same")
    page.add_argument("--font", metavar="FILE", help="a .ttf or .otf file")
    page.add_argument("--no-keys", dest="bars", action="store_false", help="no colour bars")
    page.add_argument("--bits", type=int, choices=(8, 16), default=8, help="a channel, of PNG and TIFF (default: 8)")
    page.add_argument("--quality", choices=QUALITIES, default="final", help="default: final")
    page.add_argument("--samples", type=_positive, metavar="N", help="samples a pixel, instead of the quality's")
    figure = commands.add_parser("figure", parents=[common, page],
                                 help="make a figure for a page: its size in inches, its letters in points (needs bpy)")
    figure.add_argument("-o", "--output", required=True, metavar="FILE", type=Path,
                        help="FILE.png, .pdf, .svg, .exr, .tif, .jpg or .webp")
    figure.set_defaults(run=_figure)

    build = commands.add_parser("build", parents=[common, motion], help="save the scene as a .blend file (needs bpy)")
    build.add_argument("-o", "--output", required=True, metavar="FILE.blend", type=Path)
    build.set_defaults(run=_build)

    head = commands.add_parser("head", parents=[shared, motion, picture],
                               help="an attention head of a real model: render, build or describe it")
    head.add_argument("checkpoint", metavar="CHECKPOINT", help="a model's folder, or its safetensors, PyTorch or GGUF "
                                                               "file: GPT-2, BERT or Llama")
    head.add_argument("--layer", type=int, default=0, metavar="N", help="from 0 (the default) up")
    head.add_argument("--head", type=_head_number, default=0, metavar="N", help="from 0 (the default) up; or all of "
                      "the layer, side by side")
    head.add_argument("--columns", type=_positive, metavar="N", help="how many of all heads stand in a row")
    head.add_argument("--text", help="what it attends to; goes through the model (needs torch and transformers)")
    head.add_argument("--tokens", nargs="+", metavar="TOKEN", help="the same as tokens; or labels for --activations")
    head.add_argument("--activations", metavar="FILE", help="what enters the layer, (n, d_model): a file or an address")
    head.add_argument("--form", choices=("projections", "attention", "premultiplied", "layer"), default="projections",
                      help="what is shown (default: from the input to the output projection)")
    head.add_argument("--kv-cache", action="store_true", help="one step of generation, with keys and values cached")
    head.add_argument("--adapter", metavar="DIR", help="a LoRA adapter (PEFT)")
    head.add_argument("-o", "--output", metavar="OUT",
                      help="FILE.png, a movie or FOLDER as of render, or FILE.blend; without it the tree is printed")
    head.set_defaults(run=_head)

    info = commands.add_parser("info", parents=[common], help="print the tree: names, shapes, ranges, elements, steps")
    info.set_defaults(run=_info)

    link = commands.add_parser("link", parents=[common], help="print a share link that the web tool opens")
    form = link.add_mutually_exclusive_group()
    form.add_argument("--compress", dest="compress", action="store_true", default=None, help="the compressed form")
    form.add_argument("--json", dest="compress", action="store_false", help="the readable form")
    link.set_defaults(run=_link)
    return parser


def _render(args: argparse.Namespace) -> int:
    if args.device:
        os.environ["MM_BLENDER_DEVICE"] = args.device
    _check_output(Path(args.output), outputs.kind(args.output))
    _check_bpy()
    viz = _visualize(args)
    _empty_file()
    viz.build()
    viz.render(str(args.output), size=args.size, samples=args.samples, engine=args.engine, quality=args.quality,
               progress=not args.quiet)
    return _wrote(args)


def _figure(args: argparse.Namespace) -> int:
    _check_output(args.output, args.output.suffix)
    _check_bpy()
    viz = _visualize(args)
    _empty_file()
    viz.figure(args.output, args.size_in, args.dpi, args.font_pt, title=args.title, caption=args.caption,
               font=args.font, keys=args.bars, bits=args.bits, quality=args.quality, samples=args.samples,
               progress=not args.quiet)
    return _wrote(args)


def _build(args: argparse.Namespace) -> int:
    if args.output.suffix.lower() != ".blend":
        raise RenderError(f"the output {str(args.output)!r} must end in .blend")
    _check_output(args.output, ".blend")
    _check_bpy()
    viz = _visualize(args)
    _empty_file()
    viz.build()
    viz.save(str(args.output))
    return _wrote(args)


def _head(args: argparse.Namespace) -> int:
    if args.output is None:
        return _info(args)
    if not args.output.lower().endswith(".blend"):
        return _render(args)
    args.output = Path(args.output)
    return _build(args)


def _info(args: argparse.Namespace) -> int:
    print(_visualize(args).info())
    return 0


def _link(args: argparse.Namespace) -> int:
    print(_visualize(args).link(compress=args.compress))
    return 0


def _visualize(args: argparse.Namespace) -> Visualization:
    import mm_blender as mm

    settings = dict(args.settings)
    if getattr(args, "spin", None) is not None:
        settings["anim.spin"] = args.spin
    motion = {name: getattr(args, name) for name in ("frames_per_step", "duration", "smooth")
              if getattr(args, name, None) is not None}
    options = dict(seed=args.seed, animate=args.animate, look=args.look,
                   projection=args.projection, settings=settings, **motion)
    options |= {name: True for name in ("transparent", "keys") if getattr(args, name)}
    options |= {"representation": args.representation} if args.representation != "auto" else {}
    if hasattr(args, "checkpoint"):
        options |= dict(text=args.text, tokens=_tokens(args.tokens), activations=args.activations, form=args.form,
                        kv_cache=args.kv_cache, adapter=args.adapter)
        if args.head != "all":
            return mm.attention_head(args.checkpoint, args.layer, args.head, **options)
        heads = mm.attention_heads(args.checkpoint, args.layer, **options)
        return mm.side_by_side(heads, args.columns, [f"head {number}" for number in range(len(heads))])
    options |= dict(reduce=args.reduce, cells=args.cells)
    if args.online:
        _check_online()
    if args.assets is not None and not os.path.isdir(args.assets):
        raise DataError(f"the assets folder {args.assets!r} does not exist")
    return mm.visualize(args.source, data=_read_data(args.data), assets=args.assets, online=args.online, **options)


def _tokens(words: list[str] | None) -> list | None:
    """Ids where all are whole numbers, else strings of the vocabulary."""
    return [int(word) for word in words] if words and all(word.isdecimal() for word in words) else words


def _read_data(pairs: list[tuple[str, str]]) -> dict | None:
    """The matrices of ``--data``, by name; a name given twice is a mistake, since only one of them could count."""
    if not pairs:
        return None
    from .datafiles import open_matrix

    data = {}
    for name, path in pairs:
        if name in data:
            raise ParameterError(f"--data gives {name!r} twice")
        data[name] = open_matrix(path)
    return data


def _check_output(path: Path, kind: str) -> None:
    """Refuse an output of ``kind`` that could not be written, before the work of making it."""
    if path.is_dir() and kind != outputs.FOLDER:
        raise RenderError(f"the output {str(path)!r} is a folder: name a file in it, such as {path / 'out'}{kind}")
    if not path.parent.is_dir():
        raise RenderError(f"the output's folder {str(path.parent)!r} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise RenderError(f"the output {str(path)!r} may not be written")


def _check_bpy() -> None:
    if "bpy" in sys.modules or importlib.util.find_spec("bpy"):
        return
    wheels = {(3, 11): "bpy==5.0.1", (3, 13): "bpy==5.2.3"}
    here = wheels.get(sys.version_info[:2])
    advice = (f"pip install {here}" if here else
              f"its wheels are for Python 3.11 (bpy==5.0.1) and 3.13 (bpy==5.2.3), this is {sys.version.split()[0]}")
    raise RenderError(f"this needs Blender as a Python module, bpy, which is not installed: {advice};"
                      " or run it inside Blender with the extension on, 'blender --command mm ...'")


def _check_online() -> None:
    """Blender's own preference counts above ours; pip's bpy has no preferences that a person sees."""
    bpy = sys.modules.get("bpy")
    if bpy and not bpy.app.module and not bpy.app.online_access:
        raise ParameterError("--online: Blender is set to stay offline; allow online access in its preferences"
                             " (System, Network) or start it with --online-mode")


def _empty_file() -> None:
    """Leave the cube, camera and lamp of the start-up file out of what is built."""
    import bpy

    if not bpy.app.background:
        raise RenderError("the command line replaces the open file: run it in a Blender without a window (-b)")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def _wrote(args: argparse.Namespace) -> int:
    if not args.quiet:
        print(f"wrote {args.output}")
    return 0


@contextmanager
def _notes_on_stderr(prog: str, quiet: bool) -> Iterator[None]:
    """Print the library's warnings as notes, each once; other packages' warnings go where they always go."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(message, category, *place, **more):
            if issubclass(category, MMWarning):
                print(f"{prog}: note: {message}", file=sys.stderr)
            else:
                shown(message, category, *place, **more)

        warnings.showwarning = show
        warnings.simplefilter("ignore" if quiet else "default", MMWarning)
        yield


def _pair(text: str) -> tuple[str, str]:
    """``KEY=VALUE``; the key may hold spaces and dots, the value anything."""
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not {text!r}")
    return key.strip(), value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 4 <= int(width) <= 65536 and 4 <= int(height) <= 65536):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT in pixels, such as 1600x1000, not {text!r}")
    return int(width), int(height)


def _inches(text: str) -> tuple[float, float]:
    width, _, height = text.lower().partition("x")
    return _number_above_0(width), _number_above_0(height)


def _number_above_0(text: str, what: str = "a number") -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected {what} above 0, not {text!r}")
    return number


def _head_number(text: str) -> int | str:
    if not (text == "all" or text.lstrip("-").isdecimal()):
        raise argparse.ArgumentTypeError(f"expected the number of a head, or all, not {text!r}")
    return text if text == "all" else int(text)


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
