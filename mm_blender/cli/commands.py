"""What each command does with its arguments, once they have been read."""
from __future__ import annotations

import argparse
import os
import webbrowser
from pathlib import Path
from typing import Any, TYPE_CHECKING

from ..errors import DataError, ParameterError, RenderError
from ..output import formats
from ..output.jobs import kinds, place
from ..system import file_formats, file_paths, interrupts, quiet, terminal
from . import arguments, at_hand, given, machines, picture_arguments, turning

if TYPE_CHECKING:
    from ..grid import Row
    from ..transitions import Transition
    from ..visualization import Visualization

# options that are of no use but where frames are counted; for pictures; for pictures and scenes
OF_FRAMES = ("frames_per_step", "duration", "pace", "fps")
OF_PICTURES = ("size", "samples", "engine", "device", "quality", "step", "frame", *picture_arguments.MOVIES,
               *machines.NAMES)
NEGATED = {"smooth": "no-smooth", "bars": "no-keys"}
OF_RENDERINGS = ("size", "engine", "device", "keys", "lettering", "frames_per_step", "duration", "pace", "smooth",
                 "spin", "fps", *picture_arguments.MOVIES, *machines.NAMES)
OF_DRAWN = ("keys", "lettering", "numbers", "digits", "sums", "arcs", "spin")  # that other programs get nothing of
OF_SCENES = ("look", "projection", "representation", "transparent", "keys", "lettering", "numbers", "digits", "sums",
             "arcs", "frames_per_step", "duration", "pace", "smooth", "spin", "fps")
LESSONS = ("look", "projection", "lettering", "keys", "numbers", "fps")  # what can be other than a lesson says
OF_BLENDER = ("representation", "transparent", "smooth", "fps")
# endings: of what is a figure unless something moves, and of all that is one
STILL_TOO = {ending for ending in file_formats.endings("figure") if formats.moves(ending)}
OF_FIGURES = {*file_formats.endings("figure")} - {*file_formats.endings("render")} | STILL_TOO


def _render(args: argparse.Namespace) -> int:
    if args.device:
        os.environ["MM_BLENDER_DEVICE"] = args.device
    kind, moment = formats.kind(args.output), _moment(args)
    _check_output(args.output, kind)
    if formats.moves(kind):
        formats.refuse_moment(**moment)
    else:
        _refuse_idle(args, picture_arguments.MOVIES, "a still")
        if args.frame is None:
            _refuse_idle(args, OF_FRAMES, "a still that no --frame is named for")
    machines.check(args)
    at_hand.check_bpy()
    viz = _visualize(args)
    _empty_file(args.size)
    viz.build()
    machines.render(args, viz, moment)
    return _wrote(args)


def _movie(args: argparse.Namespace) -> int:
    ending = Path(args.output).suffix.lower()
    alone = ending in (".png", *file_formats.endings("subtitles"))  # no film
    kind = ending if alone else formats.kind(args.output)
    _check_output(args.output, kind)
    if args.step is not None or args.frame is not None:
        raise ParameterError("a story shows all its beats: --step and --frame are for render")
    if args.device:
        os.environ["MM_BLENDER_DEVICE"] = args.device
    viz: Any = _turned(args) if args.into else _told(args)
    if args.srt or ending in file_formats.endings("subtitles"):
        viz.subtitles(args.srt or args.output)
    if ending not in file_formats.endings("subtitles"):
        at_hand.check_bpy()
        _empty_file(args.size)
        common = {"engine": args.engine, "progress": not args.quiet}
        if alone:
            _refuse_idle(args, picture_arguments.MOVIES, "a contact sheet")
            viz.contact_sheet(args.output, **common)
        else:
            viz.render(args.output, size=args.size, samples=args.samples, quality=args.quality, **common,
                       **picture_arguments.handed(args))
    return _wrote(args)


def _turned(args: argparse.Namespace) -> Transition:
    """What turns into what."""
    _refuse_idle(args, turning.IDLE, "what turns into something else")
    return turning.transition(args, _visualize)


def _told(args: argparse.Namespace) -> Visualization:
    """The visualization with the story that is asked for."""
    import mm_blender as mm

    from ..lessons import is_lesson

    if args.story is None:
        if not is_lesson(args.source):
            raise ParameterError("there is no story to tell: name one with --story FILE ('list stories'), or have "
                                 "SOURCE be one that says what it is about; 'render -o x.mp4' makes a movie of a sweep")
        parser = arguments.parser("", RUNS).commands["movie"]  # what is not said is the lesson's own
        said = {name: getattr(args, name) for name in LESSONS if getattr(args, name) != parser.get_default(name)}
        return mm.lesson(args.source, seconds=args.seconds, **said)
    viz: Any = _visualize(args)  # one picture
    return viz.story(args.story, seconds=args.seconds)


def _figure(args: argparse.Namespace) -> int:
    _check_output(args.output, Path(args.output).suffix)
    at_hand.check_bpy()
    viz: Any = _visualize(args)  # one picture
    _empty_file()
    page: dict[str, Any] = {name: default if getattr(args, name) is None else getattr(args, name)
                            for name, default in picture_arguments.PAPER.items()}
    viz.figure(args.output, keys=page.pop("bars"), quality=args.quality, samples=args.samples,
               progress=not args.quiet, **page, **_moment(args))
    return _wrote(args)


def _build(args: argparse.Namespace) -> int:
    ending, = file_formats.endings("save")
    if not args.output.lower().endswith(ending):
        raise RenderError(f"the output {args.output!r} must end in {ending}")
    _check_output(args.output, ending)
    at_hand.check_bpy()
    viz: Any = _turned(args) if getattr(args, "into", ()) else _visualize(args)
    _empty_file()
    viz.build()
    viz.save(args.output)
    return _wrote(args)


def _job(args: argparse.Namespace) -> int:
    place.target(args.output)
    options = {name: value for kind in kinds.KINDS for name in kinds.options_of(kind)
               if (value := getattr(args, name)) is not None}
    kind = kinds.named(args.scheduler, options)
    at_hand.check_bpy()
    viz = _visualize(args)
    _empty_file(args.size)
    viz.build()
    viz.job(args.output, args.scheduler, chunk=args.chunk, size=args.size, samples=args.samples, engine=args.engine,
            quality=args.quality, frames=args.frames, **picture_arguments.handed(args), **options)
    _wrote(args)
    if not args.quiet:
        terminal.mention(f"next, in that folder: {kind.next}")
    return 0


def _export(args: argparse.Namespace) -> int:
    _check_output(args.output, Path(args.output).suffix)
    moving = [ending for each in file_formats.written_by("export") if each.moves for ending in each.endings]
    if args.step is not None or Path(args.output).suffix.lower() not in moving:
        _refuse_idle(args, OF_FRAMES, "a file that shows one step")
    viz: Any = _visualize(args)  # one picture
    viz.export(args.output, realized=getattr(args, "realized", False), at=args.step)
    return _wrote(args)


def _page(args: argparse.Namespace) -> int:
    _check_output(args.output, ".html")
    file_paths.target(args.output, file_formats.endings("page"))  # before the values are computed
    viz: Any = _visualize(args)  # one page
    live = {name: value for name in ("algorithms", "title", "caption")
            if (value := getattr(args, name, None)) is not None}
    written = viz.page(args.output, **live)
    if getattr(args, "open", False) and not webbrowser.open(written.as_uri()):
        raise RenderError(f"{args.output} was written, but no browser was found to open it in")
    return _wrote(args)


def _head(args: argparse.Namespace) -> int:
    paper = tuple(picture_arguments.PAPER)
    if args.output is None:
        _refuse_idle(args, (*OF_PICTURES, *OF_SCENES, *paper), "what is printed without -o")
        return _info(args)
    ending = Path(args.output).suffix.lower()
    a_figure = ending in OF_FIGURES and not (ending in STILL_TOO and picture_arguments.moves(args)) \
        or any(getattr(args, name) is not None for name in paper)
    if args.head == "all":
        _refuse_idle(args, ("spin",), "all heads of a layer, whose camera stands")
    else:
        _refuse_idle(args, ("columns",), "one head")
    if ending in file_formats.endings("page"):
        _refuse_idle(args, (*OF_PICTURES, *OF_BLENDER, *(each for each in paper if each not in ("title", "caption"))),
                     "a live page")
        return _page(args)
    if ending in file_formats.endings("export"):
        _refuse_idle(args, (*(each for each in OF_PICTURES if each != "step"), *OF_BLENDER, *OF_DRAWN, *paper),
                     "a scene for other programs")
        return _export(args)
    if ending in file_formats.endings("save"):
        _refuse_idle(args, (*OF_PICTURES, *paper), "a .blend file")
        return _build(args)
    if not a_figure:
        return _render(args)
    _refuse_idle(args, OF_RENDERINGS, "a figure")
    return _figure(args)


def _refuse_idle(args: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    """Refuse options of a command that change nothing of ``what`` it makes."""
    command = next(name for name, run in RUNS.items() if run is args.run)
    parser = arguments.parser("", RUNS).commands[command]
    idle = [name for name in names if getattr(args, name, None) != parser.get_default(name)]
    if idle:
        options = ", ".join(f"--{NEGATED.get(name, name.replace('_', '-'))}" for name in idle)
        raise ParameterError(f"{options} change{'s' * (len(idle) == 1)} nothing of {what}")


def _info(args: argparse.Namespace) -> int:
    terminal.put(_visualize(args).info())
    return 0


def _link(args: argparse.Namespace) -> int:
    viz: Any = _visualize(args)  # one picture
    terminal.put(viz.link(compress=args.compress))
    return 0


def _list(args: argparse.Namespace) -> int:
    from . import listing

    terminal.put(listing.listing(args.what, args.group))
    return 0


def _visualize(args: argparse.Namespace) -> Visualization | Row:
    import mm_blender as mm

    settings = given.named(args.settings, "--set")
    if getattr(args, "spin", None) is not None:
        settings["anim.spin"] = args.spin
    # what a command does not offer, or the person did not say, is left to the library
    options = {name: getattr(args, name) for name in
               ("seed", "animate", "look", "projection", "reduce", "cells", "show", "frames_per_step", "duration",
                "pace", "smooth", "fps", "lettering", "arcs")
               if getattr(args, name, None) is not None}
    options |= {name: True for name in ("transparent", "keys", "strict", "numbers", "sums")
                if getattr(args, name, False)}
    if getattr(args, "digits", None) is not None:
        options["numbers"] = args.digits
    if getattr(args, "representation", "auto") != "auto":
        options["representation"] = args.representation
    options["settings"] = settings
    if hasattr(args, "checkpoint"):
        options |= dict(text=args.text, tokens=given.tokens(args.tokens, args.activations),
                        activations=args.activations, form=args.form,
                        kv_cache=args.kv_cache, adapter=args.adapter)
        if args.head != "all":
            return mm.attention_head(args.checkpoint, args.layer, args.head, **options)
        heads = mm.attention_heads(args.checkpoint, args.layer, **options)
        return mm.side_by_side(heads, args.columns, [f"head {number}" for number in range(len(heads))])
    assets = getattr(args, "assets", None)
    if getattr(args, "online", False):
        at_hand.check_online()
        options["online"] = True
    if assets is not None and not os.path.isdir(assets):
        raise DataError(f"the assets folder {assets!r} does not exist")
    data = given.read_data(args.data, options.get("online", False))
    return mm.visualize(args.source, data=data, assets=assets, **options)


def _moment(args: argparse.Namespace) -> dict:
    """What a still shows of a sweep, as ``render`` and ``figure`` take it."""
    return {"at": args.step, "frame": args.frame}


def _check_output(output: str, kind: str) -> None:
    """Refuse an output of ``kind`` that could not be written, before the work of making it."""
    path = file_paths.resolve(output)
    if os.path.isdir(path) and kind != formats.FOLDER:
        raise RenderError(f"the output {output!r} is a folder: name a file in it, such as {Path(output) / 'out'}{kind}")
    if not os.path.isdir(path.parent):
        raise RenderError(f"the output's folder {os.path.dirname(output) or '.'!r} does not exist")
    (file_paths.check_parent if kind == formats.FOLDER else file_paths.check_target)(path)


def _empty_file(size: tuple[int, int] | None = None) -> None:
    """Leave the cube, camera and lamp of the start-up file out of what is built. ``size``: of the picture that follows,
    so that building lays the letters out for it and not for another one first."""
    interrupts.import_blender()
    import bpy

    if not bpy.app.background:
        raise RenderError("the command line replaces the open file: run it in a Blender without a window (-b)")
    with quiet.silence():
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if size:
        render = bpy.data.scenes[0].render
        render.resolution_x, render.resolution_y = size


def _wrote(args: argparse.Namespace) -> int:
    if not args.quiet:
        terminal.mention(f"wrote {file_paths.shown(args.output)}")
    return 0


RUNS = {"render": _render, "movie": _movie, "figure": _figure, "build": _build, "job": _job, "page": _page,
        "export": _export, "head": _head, "info": _info, "link": _link, "list": _list}
