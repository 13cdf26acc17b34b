"""The command line: ``mm-blender render|figure|build|job|page|export|info|link SOURCE``,
``mm-blender head CHECKPOINT``, ``mm-blender list WHAT``.

The same ``main`` serves ``blender --command mm ...`` once the extension is on. Bad input gives one message on standard
error and exit status 2; what the caller should merely know is printed there as a note. Ctrl-C ends with exit status
130, SIGTERM with 143, with no temporary file left behind; a fault of this package with 70. Everything heavy is imported
after the arguments have been read, so that ``--help`` and mistakes answer at once.
"""
from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .. import limits
from ..errors import MMError, MMWarning
from ..system import file_paths, interrupts, quiet, terminal
from . import arguments
from .commands import RUNS


def main(argv: Sequence[str] | None = None, prog: str = "mm-blender", whole: bool | None = None) -> int:
    """Run one command and return its exit status: 0, 2 for bad input, 70 for a fault of ours, 130 when interrupted.

    ``render`` and ``build`` start from an empty file: they are for a process of their own, not for a session with work
    in it, and refuse to run where Blender has a window. ``whole``: the process is nothing but this command, and ends
    with it, or at once on Ctrl-C, SIGTERM and SIGHUP; None: so if it is the process's own arguments that are read.
    """
    if not (argv is None if whole is None else whole):
        with terminal.speaking():
            return _main(argv, prog)
    terminal.settle()
    interrupts.own(prog)
    with terminal.speaking():
        status = _main(argv, prog)
    interrupts.leave(status)


def _main(argv: Sequence[str] | None, prog: str) -> int:
    parser = arguments.parser(prog, RUNS)
    try:
        try:
            args = parser.parse_args(argv)
        except SystemExit as stop:  # argparse has already said why; inside Blender nothing may leave the process
            terminal.finish()
            return int(stop.code or 0)
        if args.run is None:
            terminal.put(parser.format_help().rstrip())
            return 0
        quiet.verbose = getattr(args, "verbose", False)
        with limits(**dict(args.limits)), _notes_on_stderr(prog, args.quiet):
            return args.run(args)
    except MMError as error:
        said = str(error)
    except MemoryError:
        said = "there is not enough memory for this"
    except KeyboardInterrupt:
        print(f"{prog}: interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # whatever it is, whoever sits there sees words, and can tell us
        if quiet.is_off():
            traceback.print_exc()
        words = file_paths.shown(str(error))
        print(f"{prog}: this is a fault of mm_blender, not yours: {type(error).__name__}: {words}; "
              f"with {quiet.VARIABLE}=1 in the environment it tells where", file=sys.stderr)
        return 70
    print(f"{prog}: error: {said}", file=sys.stderr)
    return 2


@contextmanager
def _notes_on_stderr(prog: str, quiet: bool) -> Iterator[None]:
    """Print the library's warnings as notes, each once; other packages' warnings go where they always go."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, MMWarning):
                print(f"{prog}: note: {message}", file=sys.stderr)
            else:
                shown(message, category, *place, **more)

        warnings.showwarning = show
        warnings.simplefilter("ignore" if quiet else "default", MMWarning)
        yield
