"""The arguments of rendering on many machines or processes, and what is done by them."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TYPE_CHECKING

from ..errors import ParameterError
from ..system import interrupts, watching
from . import picture_arguments
from .argument_types import key_and_value, positive, seconds
from .parsing import Parser

if TYPE_CHECKING:
    from ..grid import Row
    from ..visualization import Visualization

ASKING = ("scheduler", "workers", "slurm")  # any of which asks for it
FURTHER = ("blender", "allow_mixed", "timeout", "tls_ca_file", "tls_cert", "tls_key")  # of no use without
NAMES = (*ASKING, *FURTHER)
TLS = {"ca": "tls_ca_file", "cert": "tls_cert", "key": "tls_key"}
UNFINISHED = "the frames that are done are kept: the same command goes on from them"


def machines() -> Parser:
    """Where the frames are rendered, if not by this process."""
    parser = Parser(add_help=False)
    many = parser.add_argument_group("many machines and processes (needs mm-blender[distributed]; docs/machines.md)")
    many.add_argument("--scheduler", metavar="ADDRESS", help="have the workers of a Dask cluster render: the address "
                      "of its scheduler, such as tcp://host:8786")
    many.add_argument("--workers", type=positive, metavar="N", help="have N processes of this machine render, one on "
                      "each graphics card where there are such; with --slurm: so many jobs")
    many.add_argument("--slurm", type=key_and_value, action="append", default=[], metavar="KEY=VALUE",
                      help="have jobs of Slurm render: an option of sbatch, such as partition=NAME, time=02:00:00, "
                           "mem=8GB, cpus-per-task=4, gres=gpu:1")
    many.add_argument("--blender", metavar="PATH", help="of a Blender on the workers, instead of pip's bpy")
    many.add_argument("--allow-mixed", action="store_true", help="take workers whose pictures may not be the same to "
                      "the pixel: of other Blenders, without a denoiser, on another kind of device")
    many.add_argument("--timeout", type=seconds, metavar="SECONDS", help="how long to wait for a worker (default: 600)")
    many.add_argument("--tls-ca-file", metavar="FILE", help="for a scheduler at tls://…: whose certificates count")
    many.add_argument("--tls-cert", metavar="FILE", help="the own certificate")
    many.add_argument("--tls-key", metavar="FILE", help="and its key")
    return parser


def check(args: argparse.Namespace) -> None:
    """Raise ParameterError for arguments that do not go together."""
    named, further = _named(args, ASKING), _named(args, FURTHER)
    if further and not named:
        raise ParameterError(f"{_flags(further)} {'are' if len(further) > 1 else 'is'} for many machines: name a "
                             "--scheduler, --workers or --slurm, too")
    if "scheduler" in named and len(named) > 1:
        raise ParameterError(f"a scheduler has its own workers: leave out {_flags(named[1:])}")
    if named and "scheduler" not in named and any(name.startswith("tls") for name in further):
        raise ParameterError("--tls-… is for a --scheduler: workers that are started here have one of their own")


def _named(args: argparse.Namespace, options: tuple[str, ...]) -> list[str]:
    """Those of ``options`` that are given."""
    return [name for name in options if getattr(args, name)]


def _flags(names: list[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def render(args: argparse.Namespace, viz: Visualization | Row, moment: dict[str, Any]) -> None:
    """Have what ``args`` ask for rendered, by this process or by those that they name."""
    how: dict[str, Any] = {"size": args.size, "samples": args.samples, "engine": args.engine, "quality": args.quality,
                           "progress": not args.quiet, **picture_arguments.handed(args),
                           **{name: value for name, value in moment.items() if value is not None}}
    if not _named(args, ASKING):
        viz.render(args.output, **how)
        return
    from ..cluster.job import Rules, TIMEOUT
    from ..many_machines import distribute, settings_of

    timeout = args.timeout or TIMEOUT
    rules = Rules(args.blender, args.allow_mixed, timeout, not args.quiet)
    with interrupts.deferred(), watching.advising(UNFINISHED):
        distribute([(viz, args.output)], settings_of(**how), rules, _connecting(args, timeout))


def _connecting(args: argparse.Namespace, timeout: float) -> Callable[[int], AbstractContextManager[Any]]:
    """What gives a Client, told how many bytes of memory a worker needs."""
    from ..cluster import connection, local, slurm, tls

    if args.scheduler:
        files = {name: path for name, option in TLS.items() if (path := getattr(args, option))}
        security = tls.security(args.scheduler, files)  # before anything is built
        return lambda need: connection.connected(args.scheduler, min(timeout, connection.SECONDS), security)
    if args.slurm:
        return lambda need: slurm.workers(args.workers or 1, dict(args.slurm))
    return lambda need: local.workers(args.workers, need, *_cards(args.engine))


def _cards(engine: str) -> tuple[str, int]:
    """The kind of device that Cycles renders on here, and how many there are."""
    from ..output import device

    kind = device.kind() if engine == "cycles" else "CPU"
    return kind, device.cards(kind)
