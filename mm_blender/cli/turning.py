"""What turns into what at the command line: of the data, each source has those that it names."""
from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TYPE_CHECKING

from ..errors import RenderError
from ..output import formats
from ..system import file_formats

if TYPE_CHECKING:
    from ..transitions import Transition

IDLE = ("spin", "frames_per_step", "duration", "pace", "smooth", "story", "srt")  # options that change nothing of it
Given = tuple[str, str]  # of --data: a name and a file


def transition(args: argparse.Namespace, visualize: Callable[[argparse.Namespace], Any]) -> Transition:
    """The transition that ``args`` ask for; ``visualize`` makes what is drawn of arguments. Raises an MMError."""
    import mm_blender as mm

    saved = Path(args.output).suffix.lower() in file_formats.endings("save")
    if not saved and not formats.moves(formats.kind(args.output)):
        raise RenderError("--into makes a movie: let the output end in .mp4, .webm, .webp or .gif, or name a folder")
    wanted = [argparse.Namespace(**{**vars(args), "source": source, "data": data})
              for source, data in shares([args.source, *args.into], args.data)]
    seconds = {} if getattr(args, "seconds", None) is None else {"seconds": args.seconds}
    return mm.transition(*map(visualize, wanted), **seconds)


def shares(sources: Sequence[str], data: Sequence[Given]) -> Iterator[tuple[str, list[Given]]]:
    """Each of the ``sources`` with those of the ``data`` that it names; what none names is the first one's, which
    refuses it. Raises an MMError for what is no source."""
    named = [_names(source, dict(data)) for source in sources]
    known = set().union(*named)
    for at, (source, names) in enumerate(zip(sources, named)):
        yield source, [each for each in data if each[0] in names or at == 0 and each[0] not in known]


def _names(source: str, data: dict[str, str]) -> set[str]:
    """The names and the paths of all matrices of a source."""
    from ..expression import named, sources
    from ..expression.parameters import walk

    params, _, _ = sources.read_named(source, list(data))
    own = {name for path, node, _ in walk(params) for name in (path, node["name"].removesuffix(".T"))}
    return own | set(named.names(params))
