"""What a page holds of the keys of colours: see ``manifest``."""
from __future__ import annotations

import numpy as np

from ..appearance.rules import level
from ..document import group_keys
from ..document.group import Group
from ..expression.tree import nodes
from ..lettering.colour_keys import Bar
from .manifest import LiveKey

POINTS = 64  # of a bar at which its level is told


def live_keys(group: Group) -> list[LiveKey]:
    """The keys of all documents of a group. Computes the values."""
    return [_key(bar, *_owner(bar, group)) for bar in group_keys.bars(group)]


def _key(bar: Bar, member: int, path: str) -> LiveKey:
    levels = bar.levels(np.linspace(0, 1, POINTS)).tolist()
    return LiveKey(bar.title, member, path, [round(each, 6) for each in levels],
                   [(tick.share, tick.text) for tick in bar.ticks],
                   [(size.edge, size.text, float(level(np.array(size.value), bar.scale))) for size in bar.sizes])


def _owner(bar: Bar, group: Group) -> tuple[int, str]:
    """The first document, by number, and matrix, by path, that have the colours of ``bar``."""
    for number, document in enumerate(group.documents):
        scaling = document.scaling
        for node in nodes(document.tree):
            if node.viz == bar.viz and (scaling.scales[node.path], scaling.colours[node.path]) == (
                    bar.scale, bar.colours):
                return number, node.path
    raise AssertionError("a key is of some matrix")
