"""The arguments of pictures and figures, which several commands share."""
from __future__ import annotations

import argparse
from typing import Any

from ..options import ENGINES, PACES, QUALITIES
from ..output import delivery
from ..plain import listed
from .argument_types import frame_number, inches, number_above_0, paced, pixels, positive, poster, seconds, step_number
from .parsing import Parser


def picture() -> Parser:
    """How a picture or a movie is rendered."""
    picture = Parser(add_help=False, parents=[moment(), rendered()])
    picture.add_argument("--device", choices=("auto", "cpu", "gpu"),
                         help="what Cycles renders on (default: auto, a GPU where there is one)")
    return picture


def rendered() -> Parser:
    """How one is rendered, wherever that is done."""
    picture = Parser(add_help=False)
    picture.add_argument("--size", type=pixels, default=(1600, 1000), metavar="WxH",
                         help="in pixels (default: 1600x1000)")
    picture.add_argument("--quality", choices=QUALITIES, default="final",
                         help="preview: quick, its edges rough; draft: between the two; final (the default): without "
                              "visible noise")
    picture.add_argument("--samples", type=positive, metavar="N",
                         help="the most samples a pixel (default: what the quality says)")
    picture.add_argument("--engine", choices=ENGINES, default="cycles",
                         help="default: cycles, the path tracer")
    return picture


def handed_over() -> Parser:
    """How a movie is handed over."""
    handed = Parser(add_help=False)
    handed.add_argument("--codec", choices=delivery.KNOWN,
                        help="of the video: .mp4 is h264 (the default) or av1, .webm vp9 (the default) or av1")
    repeats = handed.add_mutually_exclusive_group()
    repeats.add_argument("--loop", action="store_true", default=None,
                         help="the movie repeats, so its last frame is left out where it is the first one again (the "
                              "default of .gif and .webp)")
    repeats.add_argument("--no-loop", dest="loop", action="store_false", default=None,
                         help="a .gif or .webp is played once")
    handed.add_argument("--sound", metavar="FILE",
                        help="what is heard with an .mp4 or .webm, from its first frame to its last")
    handed.add_argument("--poster", metavar="FILE[@SECONDS]", type=poster,
                        help="write one frame of the movie as a picture (.png, .webp, .jpg): the last, or that of a "
                             "second")
    return handed


def add_movie(movie: Parser) -> None:
    """What only a story has."""
    movie.add_argument("-o", "--output", required=True, metavar="OUT",
                       help="FILE.mp4 (.webm, .gif, .webp) or FOLDER as of render; FILE.png, a contact sheet of all "
                            "beats; FILE.srt, the words alone")
    movie.add_argument("--story", metavar="FILE", help="a TOML file of beats, or the name of a story ('list stories'); "
                                                       "may be left out where SOURCE is one that says what it is about")
    movie.add_argument("--seconds", type=seconds, metavar="SECONDS", help="how long the film is to last")
    movie.add_argument("--srt", metavar="FILE.srt", help="write the words beside the film, too")


MOVIES = ("codec", "loop", "sound", "poster")


def sweep() -> Parser:
    """How fast a sweep goes."""
    sweep = Parser(add_help=False)
    pace = sweep.add_mutually_exclusive_group()
    pace.add_argument("--frames-per-step", type=positive, metavar="N", help="frames of the sweep a step (default: 4)")
    pace.add_argument("--duration", type=seconds, metavar="SECONDS", help="of the whole sweep")
    sweep.add_argument("--pace", type=paced, metavar="PACE",
                       help="how long each step takes: frames of a film of 24 a second, a list of them between commas "
                            f"(the last for the rest), or {listed(PACES)}; with --duration in so many seconds")
    return sweep


def moment() -> Parser:
    """What a still shows of a sweep."""
    moment = Parser(add_help=False)
    which = moment.add_mutually_exclusive_group()
    which.add_argument("--step", type=step_number, metavar="N",
                       help="what a still shows of a sweep: a step, from 0, its start, to as many as info tells, the "
                            "finished picture (the default)")
    which.add_argument("--frame", type=frame_number, metavar="N", help="the same as a frame: of the sweep, from 1")
    return moment


def into() -> Parser:
    """What a source turns into."""
    into = Parser(add_help=False)
    into.add_argument("--into", metavar="SOURCE", action="append", default=[],
                      help="SOURCE turns into this one in 2 seconds (of a movie, --seconds): what is the same travels, "
                           "what is not comes or goes; several follow each other")
    return into


def page() -> Parser:
    """What a figure is for, and its texts."""
    page = Parser(add_help=False, parents=[moment(), paper()])
    page.add_argument("--quality", choices=QUALITIES, default="final",
                      help="how rough it may be for being quick (default: final, without visible noise)")
    page.add_argument("--samples", type=positive, metavar="N", help="samples a pixel, instead of the quality's")
    return page


def paper() -> Parser:
    """What makes a picture a figure; what is not said is None, and has its default where the figure is made."""
    paper = Parser(add_help=False)
    paper.add_argument("--size-in", type=inches, metavar="WxH", help="of the figure, in inches (default: 6.75x4.5)")
    paper.add_argument("--dpi", type=number_above_0, metavar="N", help="of a figure: pixels an inch (default: 300)")
    paper.add_argument("--font-pt", type=number_above_0, metavar="N",
                       help="of a figure: size of the letters in points (default: 8)")
    paper.add_argument("--title", help="above a figure; mathematics between dollar signs")
    paper.add_argument("--caption", help="below it, the same")
    paper.add_argument("--font", metavar="FILE", help="of a figure: a .ttf or .otf file")
    paper.add_argument("--no-keys", dest="bars", action="store_false", default=None,
                       help="a figure without colour bars")
    paper.add_argument("--bits", type=int, choices=(8, 16), help="a channel, of figures in PNG and TIFF (default: 8)")
    return paper


PAPER = {"size_in": (6.75, 4.5), "dpi": 300, "font_pt": 8, "title": None, "caption": None, "font": None, "bars": True,
         "bits": 8}  # what is on it unless it is said


def handed(args: argparse.Namespace) -> dict[str, Any]:
    """How a movie is to be handed over, as far as that is said."""
    return {name: value for name in MOVIES if (value := getattr(args, name)) is not None}


def moves(args: argparse.Namespace) -> bool:
    """Whether it is asked that something moves."""
    swept = any(key.rpartition(".")[2] == "alg" and value != "none" for key, value in args.settings)
    return args.animate and (swept or args.spin is not None)
