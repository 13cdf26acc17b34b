"""What turns into what at the command line: of the data, each source has those that it names."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

Given = tuple[str, str]  # of --data: a name and a file


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
