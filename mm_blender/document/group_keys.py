"""The keys of a group: what the colours and the sizes of all its documents mean."""
from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from ..lettering import colour_keys
from ..lettering.colour_keys import Bar
from .group import Group


def bars(group: Group) -> list[Bar]:
    """A bar for every distinct colouring, in the order of the documents. Where these differ, each says by its title of
    which it is. Computes the values."""
    each = [colour_keys.bars(document.tree, document.scaling) for document in group.documents]
    if len(each) == 1:
        return each[0]
    found: dict[Hashable, list[Bar]] = {}
    for some in each:
        for bar in some:
            found.setdefault((bar.scale, bar.colours, bar.sizes, bar.part), []).append(bar)
    if all(len(alike) == len(each) for alike in found.values()):
        return [replace(alike[0], names=tuple(name for bar in alike for name in bar.names))
                for alike in found.values()]
    titles = group.arrangement.titles if group.arrangement and group.arrangement.titles else \
        [f"{number} of {len(each)}" for number in range(1, len(each) + 1)]
    return [replace(bar, names=(f"{title}: {bar.title}",), whole=False)
            for title, some in zip(titles, each, strict=True) for bar in some]
