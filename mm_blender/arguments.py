"""What the command line understands: its commands with their arguments, and how those are read."""
from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from pathlib import Path

from .options import ENGINES, KINDS, LOOKS, PROJECTIONS, QUALITIES, REPRESENTATIONS

SOURCE_HELP = "an expression ('out = (attn = Q @ K_t) @ V'), a share link, a preset's name or a JSON file"


def parser(prog: str, runs: Mapping[str, Callable[[argparse.Namespace], int]]) -> argparse.ArgumentParser:
    """The parser of all commands. What it reads has as ``run`` what ``runs`` has under the command's name."""
    shared, motion, picture = _shared(), _motion(), _picture()
    source = _source(shared)
    top = argparse.ArgumentParser(prog=prog, description="Pictures of matrix multiplication, made in Blender.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    render = commands.add_parser("render", parents=[source, motion, picture],
                                 help="render a picture or a movie (needs bpy)")
    render.add_argument("-o", "--output", required=True, metavar="OUT",
                        help="FILE.png, the movie FILE.mp4 or FILE.gif, or FOLDER for the frames of one; a movie that "
                             "was broken off goes on from the frames it has")
    render.set_defaults(run=runs["render"])

    figure = commands.add_parser("figure", parents=[source, _page()],
                                 help="make a figure for a page: its size in inches, its letters in points (needs bpy)")
    figure.add_argument("-o", "--output", required=True, metavar="FILE", type=Path,
                        help="FILE.png, .pdf, .svg, .exr, .tif, .jpg or .webp")
    figure.set_defaults(run=runs["figure"])

    build = commands.add_parser("build", parents=[source, motion], help="save the scene as a .blend file (needs bpy)")
    build.add_argument("-o", "--output", required=True, metavar="FILE.blend", type=Path)
    build.set_defaults(run=runs["build"])

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
    head.set_defaults(run=runs["head"])

    info = commands.add_parser("info", parents=[source], help="print the tree: names, shapes, ranges, elements, steps")
    info.set_defaults(run=runs["info"])

    link = commands.add_parser("link", parents=[source], help="print a share link that the web tool opens")
    form = link.add_mutually_exclusive_group()
    form.add_argument("--compress", dest="compress", action="store_true", default=None, help="the compressed form")
    form.add_argument("--json", dest="compress", action="store_false", help="the readable form")
    link.set_defaults(run=runs["link"])
    return top


def _shared() -> argparse.ArgumentParser:
    """What all commands understand."""
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
    return shared


def _source(shared: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """``shared``, and what is shown."""
    source = argparse.ArgumentParser(add_help=False, parents=[shared])
    source.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    source.add_argument("--data", metavar="NAME=FILE", type=_pair, action="append", default=[],
                        help="values of a matrix, by its name or its path (root.left): a .npy or .csv file, or the "
                             "address of a tensor, FILE:tensor.name[slice].T, in a safetensors, PyTorch, GGUF or .npz "
                             "file")
    source.add_argument("--reduce", choices=KINDS, default="absmax",
                        help="what stands for a tile of elements where there are too many to show each: the one of "
                             "largest magnitude (the default), their mean or root mean square; none: show every one")
    source.add_argument("--cells", type=_positive, metavar="N", help="show at most N, of all matrices together")
    source.add_argument("--assets", metavar="DIR", help="folder searched for the files that SOURCE names")
    source.add_argument("--online", action="store_true", help="allow loading the URLs that SOURCE names")
    return source


def _motion() -> argparse.ArgumentParser:
    """What moves, and how fast."""
    motion = argparse.ArgumentParser(add_help=False)
    pace = motion.add_mutually_exclusive_group()
    pace.add_argument("--frames-per-step", type=_positive, metavar="N", help="frames of the sweep a step (default: 4)")
    pace.add_argument("--duration", type=_seconds, metavar="SECONDS", help="of the whole sweep")
    motion.add_argument("--no-smooth", dest="smooth", action="store_false", default=None,
                        help="jump from step to step, as the web tool does")
    motion.add_argument("--spin", type=float, metavar="SPEED",
                        help="turn the camera, as the parameter anim.spin: 1 is 0.05 radians a second, -1 clockwise")
    return motion


def _picture() -> argparse.ArgumentParser:
    """How a picture or a movie is rendered."""
    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("--size", type=_size, default=(1600, 1000), metavar="WxH",
                         help="in pixels (default: 1600x1000)")
    picture.add_argument("--quality", choices=QUALITIES, default="final",
                         help="draft: quick and rough; final (the default): without visible noise")
    picture.add_argument("--samples", type=_positive, metavar="N",
                         help="the most samples a pixel (default: what the quality says)")
    picture.add_argument("--engine", choices=ENGINES, default="cycles",
                         help="default: cycles, the path tracer")
    picture.add_argument("--device", choices=("auto", "cpu", "gpu"),
                         help="what Cycles renders on (default: auto, a GPU where there is one)")
    return picture


def _page() -> argparse.ArgumentParser:
    """What a figure is for, and its texts."""
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
    return page


# ---- how arguments are read: text to a value, or an error that says what was expected

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


def _seconds(text: str) -> float:
    return _number_above_0(text, "a number of seconds")


def _head_number(text: str) -> int | str:
    if not (text == "all" or text.lstrip("-").isdecimal()):
        raise argparse.ArgumentTypeError(f"expected the number of a head, or all, not {text!r}")
    return text if text == "all" else int(text)


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up, not {text!r}")
    return int(text)
