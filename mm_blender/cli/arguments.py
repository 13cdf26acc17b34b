"""The commands with their arguments, and what each is for."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from ..options import KINDS, LETTERINGS, LOOKS, PROJECTIONS, REPRESENTATIONS
from ..output.jobs import kinds
from ..system import file_formats
from ..version import __version__
from . import machines, picture_arguments
from .argument_types import (
    algorithm_names,
    frame_range,
    head_number,
    key_and_value,
    layer_number,
    named_limit,
    number_above_0,
    positive,
    seed_number,
    speed,
    step_number,
    whole_number,
)
from .parsing import Parser

SOURCE_HELP = "an expression ('out = (attn = Q @ K_t) @ V'), a share link, a preset's name or a JSON file"
LISTED = ("presets", "looks", "colormaps", "algorithms", "epilogs", "initialisers", "stories", "settings")


def parser(prog: str, runs: Mapping[str, Callable[[argparse.Namespace], int]]) -> Parser:
    """The parser of all commands. What it reads has as ``run`` what ``runs`` has under the command's name, and None
    where no command was given. Every command has those options only that change what it does."""
    shared, seed, source = _shared(), _seed(), _source()
    matrices = [shared, seed, source, _values(), _cells()]
    seen, keys, motion = _seen(), _keys(), _motion()
    picture, paper = picture_arguments.picture(), picture_arguments.paper()
    handed = picture_arguments.handed_over()
    many = machines.machines()
    top = Parser(prog=prog, description="Pictures of matrix multiplication, made in Blender.")
    top.add_argument("--version", action="version", version=f"{prog} {__version__}")
    top.set_defaults(run=None)
    commands = top.add_subparsers(metavar="COMMAND", parser_class=Parser)
    top.commands = commands.choices

    render = commands.add_parser("render", parents=[*matrices, seen, keys, motion, picture, handed, many],
                                 help="render a picture or a movie (needs bpy)")
    render.add_argument("-o", "--output", required=True, metavar="OUT",
                        help="FILE.png, a movie (FILE.mp4, .webm, .gif, .webp), or FOLDER for the frames of one; a "
                             "movie that was broken off goes on from the frames it has")
    picture_arguments.add_movie(commands.add_parser(
        "movie", parents=[*matrices, seen, keys, motion, picture, handed, picture_arguments.into()],
        help="tell a story: a movie, a contact sheet, subtitles (needs bpy); or turn one expression into another"))
    figure = commands.add_parser("figure", parents=[*matrices, seen, picture_arguments.page()],
                                 help="make a figure for a page: its size in inches, its letters in points (needs bpy)")
    figure.add_argument("-o", "--output", required=True, metavar="FILE",
                        help="FILE with one of the endings " + ", ".join(file_formats.endings("figure")))
    build = commands.add_parser("build", parents=[*matrices, seen, keys, motion, picture_arguments.into()],
                                help="save the scene as a .blend file (needs bpy)")
    build.add_argument("-o", "--output", required=True, metavar="FILE.blend")
    _add_job(commands.add_parser("job", parents=[*matrices, seen, keys, motion, picture_arguments.rendered(), handed],
                                 help="write a folder from which other machines render a movie, by Blender alone "
                                      "(needs bpy)"))
    page = commands.add_parser("page", parents=[*matrices, _still(), _looks(), keys, _pace(), _live()],
                               help="write a live page, one HTML file for any browser")
    page.add_argument("-o", "--output", required=True, metavar="FILE.html")
    page.add_argument("--open", action="store_true", help="open it in the browser")
    _add_export(commands.add_parser("export", parents=[*matrices, _still(), _style(), picture_arguments.sweep()],
                                    help="write a scene for viewers and other programs (needs no Blender)"))
    _add_head(commands.add_parser("head", parents=[paper, shared, seed, seen, keys, motion, picture, handed, many],
                                  help="an attention head of a real model: render, build or describe it"))
    commands.add_parser("info", parents=[*matrices, _still()],
                        help="print the tree: names, shapes, ranges, elements, steps")
    _add_link(commands.add_parser("link", parents=[shared, source],
                                  help="print a share link that the web tool opens (it holds no data, but their "
                                       "sizes)"))
    _add_list(commands.add_parser("list", parents=[_limits()],
                                  help="list what there is of a kind, with a line on each"))
    for name, command in top.commands.items():
        command.set_defaults(run=runs[name])
    return top


def _add_job(job: Parser) -> None:
    job.add_argument("-o", "--output", required=True, metavar="FOLDER",
                     help="a new folder, or one that this movie was written into before, whose frames stay")
    job.add_argument("--for", dest="scheduler", required=True, choices=kinds.KINDS,
                     help="plain: a list of commands; slurm: an array of tasks; flamenco: a job for its web API")
    job.add_argument("--chunk", type=positive, metavar="N", help="frames that a command renders (default: 10, or as "
                     "many as keep a long movie to 1,000 commands)")
    job.add_argument("--frames", type=frame_range, metavar="FIRST-LAST", help="these only (default: all of the sweep)")
    job.add_argument("--partition", metavar="NAME", help="of Slurm")
    job.add_argument("--time", metavar="TIME", help="of Slurm: how long a chunk may take, such as 01:30:00")
    job.add_argument("--cpus", type=positive, metavar="N", help="of Slurm: cores a chunk")
    job.add_argument("--gpus", type=positive, metavar="N", help="of Slurm: GPUs a chunk")
    job.add_argument("--root", metavar="PATH", help="of Flamenco: where FOLDER lies for the machines that render "
                     "(default: where it does as it is submitted)")
    job.add_argument("--priority", type=whole_number("a whole number", 0, 100), metavar="N",
                     help="of Flamenco: 0 to 100 (default: 50)")


def _add_export(export: Parser) -> None:
    export.add_argument("-o", "--output", required=True, metavar="FILE",
                        help="FILE.glb, .usda, .usdc (needs usd-core) or .ply; a sweep is an animation but in the last")
    export.add_argument("--realized", action="store_true",
                        help="elements as real cubes, for programs that know no instances: some eight times as large")
    export.add_argument("--step", type=step_number, metavar="N", help="show one step of a sweep, as of render")


def _add_head(head: Parser) -> None:
    head.add_argument("checkpoint", metavar="CHECKPOINT", help="a model's folder, or its safetensors, PyTorch or GGUF "
                                                               "file: GPT-2, BERT or Llama")
    head.add_argument("--layer", type=layer_number, default=0, metavar="N",
                      help="from 0 (the default) up")
    head.add_argument("--head", type=head_number, default=0, metavar="N",
                      help="from 0 (the default) up; or all of the layer, side by side")
    head.add_argument("--columns", type=positive, metavar="N",
                      help="how many of all heads stand in a row")
    head.add_argument("--text", help="what it attends to; goes through the model (needs torch and transformers)")
    head.add_argument("--tokens", nargs="+", metavar="TOKEN", help="the same as tokens; or labels for --activations")
    head.add_argument("--activations", metavar="FILE", help="what enters the layer, (n, d_model): a file or an address")
    head.add_argument("--form", choices=("projections", "attention", "premultiplied", "layer"), default="projections",
                      help="what is shown (default: from the input to the output projection)")
    head.add_argument("--kv-cache", action="store_true", help="one step of generation, with keys and values cached")
    head.add_argument("--adapter", metavar="DIR", help="a LoRA adapter (PEFT)")
    head.add_argument("-o", "--output", metavar="OUT",
                      help="FILE.png, a movie or FOLDER as of render, a figure as of figure (FILE.pdf …, or with "
                           "what is for one), FILE.html, a live page, FILE.glb … as of export, or FILE.blend; without "
                           "it the tree is printed")


def _add_link(link: Parser) -> None:
    form = link.add_mutually_exclusive_group()
    form.add_argument("--compress", dest="compress", action="store_true", default=None, help="the compressed form")
    form.add_argument("--json", dest="compress", action="store_false", help="the readable form")


def _add_list(listed: Parser) -> None:
    listed.add_argument("what", metavar="WHAT", choices=LISTED, help=", ".join(LISTED))
    listed.add_argument("group", metavar="GROUP", nargs="?", help="of settings: one group only, such as layout; of "
                        "presets or colormaps: those only that hold this word")
    listed.set_defaults(quiet=False)


def _parent() -> Parser:
    return Parser(add_help=False)


def _shared() -> Parser:
    """What all commands understand that make a visualization."""
    shared = Parser(add_help=False, parents=[_limits()])
    shared.add_argument("--set", metavar="KEY=VALUE", dest="settings", type=key_and_value, action="append", default=[],
                        help="change a setting: anim.alg=vmprod, 'block.i blocks=4', left.h=8 ('list settings' has "
                             "all)")
    shared.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes, only errors")
    return shared


def _limits() -> Parser:
    """What all commands understand that read something."""
    limits = _parent()
    limits.add_argument("--limit", metavar="NAME=N", dest="limits", type=named_limit, action="append", default=[],
                        help="raise a limit on what is read, such as json_bytes=200MB (docs/limits.md has all)")
    return limits


def _seed() -> Parser:
    seed = _parent()
    seed.add_argument("--seed", type=seed_number, default=0, metavar="N", help="seed of random values (default: 0)")
    return seed


def _still() -> Parser:
    still = _parent()
    still.add_argument("--no-animate", dest="animate", action="store_false", help="leave the sweep out")
    return still


def _seen() -> Parser:
    """How it looks."""
    seen = Parser(add_help=False, parents=[_still(), _looks()])
    seen.add_argument("--representation", choices=REPRESENTATIONS, default="auto",
                      help="as what elements are drawn: instances of a cube, faces of one mesh, tiles for very many "
                           "(default: auto, by their number and how near the camera comes)")
    seen.add_argument("--transparent", action="store_true", help="leave the ground out of the picture")
    seen.add_argument("-v", "--verbose", action="store_true", help="let through what Blender and its libraries print")
    return seen


def _style() -> Parser:
    """Its colours, and how the camera sees it."""
    style = _parent()
    style.add_argument("--look", choices=LOOKS, default="dark", help="how it is lit (default: dark)")
    style.add_argument("--projection", choices=PROJECTIONS, default="auto",
                       help="how the camera sees it (default: auto, orthographic for flat, else perspective)")
    return style


def _looks() -> Parser:
    """How it looks, wherever it is seen."""
    looks = Parser(add_help=False, parents=[_style()])
    looks.add_argument("--numbers", action="store_true",
                       help="show every value on its cube, with as many decimals as there is room for; matrices that "
                            "have too many, or too small ones to read, are named")
    looks.add_argument("--sums", action="store_true",
                       help="write beside the element that a sweep is making its dot product, as far as it has come")
    looks.add_argument("--arcs", type=step_number, metavar="ROW",
                       help="below, the tokens that label a matrix along both sides, with arcs from that of ROW (from "
                            "0) to all others, as thick as their weights")
    looks.add_argument("--digits", metavar="HOW",
                       help="show them, written as HOW says: '3 significant', '2 decimals', 'signed' (+ too), 'of A B' "
                            "(on these matrices alone), or several of these between commas")
    return looks


def _keys() -> Parser:
    keys = _parent()
    keys.add_argument("--keys", action="store_true", help="show what the colours and the sizes mean")
    keys.add_argument("--lettering", choices=LETTERINGS, default="beside",
                      help="names and shapes: beside the data, upright and of one size (the default); in the planes of "
                           "the matrices, as in the web tool; or none")
    return keys


def _source() -> Parser:
    """What is shown."""
    source = _parent()
    source.add_argument("source", metavar="SOURCE", help=SOURCE_HELP)
    source.add_argument("--data", metavar="NAME=FILE", type=key_and_value, action="append", default=[],
                        help="values of a matrix, by its name or its path (root.left): a .npy or .csv file (cells "
                             "between commas, semicolons, tabs or spaces), or the address of a tensor, "
                             "FILE:tensor.name[slice].T, in a safetensors, PyTorch, GGUF or .npz file")
    return source


def _values() -> Parser:
    """Where values come from that are not given."""
    values = _parent()
    values.add_argument("--strict", action="store_true",
                        help="refuse to make up the values of a matrix where --data gives those of others")
    values.add_argument("--assets", metavar="DIR", help="folder searched for the files that SOURCE names")
    values.add_argument("--online", action="store_true", help="allow loading the URLs that SOURCE names")
    return values


def _cells() -> Parser:
    """What stands for very many elements."""
    cells = _parent()
    cells.add_argument("--reduce", choices=KINDS, default="absmax",
                       help="what stands for a tile of elements where there are too many to show each: the one of "
                            "largest magnitude (the default), their mean or root mean square; none: show every one")
    cells.add_argument("--show", metavar="N...N", help="of longer rows and columns show only the first and the last, "
                                                       "say 4...4, with dots between them")
    cells.add_argument("--cells", type=positive, metavar="N", help="show at most N, of all matrices together")
    return cells


def _motion() -> Parser:
    """What moves, and how fast."""
    motion = Parser(add_help=False, parents=[_pace()])
    motion.add_argument("--fps", type=number_above_0, metavar="N",
                        help="frames a second: 24 (the default), 25, 30, 60 …; with --duration a sweep takes as long "
                             "at any, by --frames-per-step it goes the faster")
    motion.add_argument("--no-smooth", dest="smooth", action="store_false", default=None,
                        help="jump from step to step, as the web tool does")
    return motion


def _pace() -> Parser:
    """How fast it moves, wherever it does."""
    motion = Parser(add_help=False, parents=[picture_arguments.sweep()])
    motion.add_argument("--spin", type=speed, metavar="SPEED",
                        help="turn the camera, as the parameter anim.spin: 1 is 0.05 radians a second, -1 clockwise")
    return motion


def _live() -> Parser:
    """What a live page can do, and its texts."""
    live = _parent()
    live.add_argument("--algorithms", metavar="NAMES", type=algorithm_names,
                      help="the sweeps that it can play, between commas ('list algorithms' has them), or none "
                           "(default: all)")
    live.add_argument("--title", help="above it (default: the expression)")
    live.add_argument("--caption", help="below it")
    return live
