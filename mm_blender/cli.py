"""The command line: ``mm-blender render|figure|build|info|link SOURCE``, ``mm-blender head CHECKPOINT``.

The same ``main`` serves ``blender --command mm ...`` once the extension is on. Bad input gives one message on standard
error and exit status 2; what the caller should merely know is printed there as a note. Everything heavy is imported
after the arguments have been read, so that ``--help`` and mistakes answer at once.
"""
from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import arguments, outputs
from .errors import DataError, MMError, MMWarning, ParameterError, RenderError

if TYPE_CHECKING:
    from .visualization import Visualization


def main(argv: Sequence[str] | None = None, prog: str = "mm-blender") -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 130 when interrupted.

    ``render`` and ``build`` start from an empty file: they are for a process of their own, not for a session with work
    in it, and refuse to run where Blender has a window.
    """
    try:
        args = arguments.parser(prog, RUNS).parse_args(argv)
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


RUNS = {"render": _render, "figure": _figure, "build": _build, "head": _head, "info": _info, "link": _link}


if __name__ == "__main__":
    sys.exit(main())
