"""Clouds: the elements of a group as other programs take them: where each is in metres, how large, of which colour.

Positions are in the terms of the layout, which are glTF's: x right, y up, z towards the viewer.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..appearance import rules
from ..document.film import Film, INTERIOR, MATRIX, Visible
from ..document.group import Group, Member
from ..system.memory import check_room

BYTES = 160  # that an element takes while it is worked on


@dataclass(frozen=True, eq=False)
class Cloud:
    """Elements that belong together, n of them: ``position`` (n, 3) and ``edge`` (n,) in metres, ``value``, ``row`` and
    ``col`` (n,). ``path``: of the matrix, in the group's ``member``-th document; ``kind``: ``matrix``, ``partial``
    result, or products in the ``interior`` of its box. ``paint``: what makes colours of values."""

    name: str
    member: int
    path: str
    kind: str
    position: np.ndarray
    edge: np.ndarray
    value: np.ndarray
    row: np.ndarray
    col: np.ndarray
    paint: Callable[[np.ndarray], np.ndarray]

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def srgb(self) -> np.ndarray:
        """The colour of every element, float32 (n, 3), 0 to 1; made anew each time, since where they are is asked for
        more often."""
        return self.paint(self.value)

    def part(self, which: np.ndarray) -> Cloud:
        """Some of its elements, by their numbers or a mask."""
        return replace(self, position=self.position[which], edge=self.edge[which], value=self.value[which],
                       row=self.row[which], col=self.col[which])


class Clouds:
    """The clouds of ``group``, one matrix after the other, so that no more than one is held at a time."""

    def __init__(self, group: Group):
        self.group, self.films = group, [Film(document) for document in group.documents]
        self.pitch = group.placement.pitch

    def at(self, step: int) -> Iterator[Cloud]:
        """What is drawn at a step of the sweep; sweeps that are shorter are done. Raises SizeError."""
        for number, film in enumerate(self.films):
            self.check_room(number)
            for shown in film.at(min(step, film.document.schedule.steps)):
                yield self.cloud(number, shown)

    def check_room(self, number: int) -> None:
        """Raise SizeError where a matrix of a document has more elements than there is memory to work on."""
        most = max(node.h * node.w for node in self.films[number].nodes)
        check_room(most * BYTES, f"{most:,} elements of one matrix", advice="; show fewer (cells=)")

    def cloud(self, number: int, shown: Visible) -> Cloud:
        """What is ``shown`` of a document."""
        member: Member = self.group.members[number]
        place = (shown.place @ shown.frame[:3, :3].T + shown.frame[:3, 3]) * member.scale + member.offset
        edge = rules.edge(shown.value, shown.scale, shown.node.viz) * (member.scale * self.pitch)
        return Cloud(self._name(number, shown), number, shown.node.path, shown.kind,
                     (place * self.pitch).astype(np.float32), edge.astype(np.float32), shown.value, shown.row,
                     shown.col, partial(_srgb, shown))

    def _name(self, number: int, shown: Visible) -> str:
        name = shown.node.name or shown.node.path
        if shown.kind == INTERIOR:
            name = f"inside {name}"
        elif shown.kind != MATRIX:
            name = f"{name} part {shown.number + 1}"
        title = self.title(number)
        return f"{title}: {name}" if title else name

    def title(self, number: int) -> str:
        """Of one of several side by side: its own, or its number."""
        arrangement = self.group.arrangement
        if arrangement is None:
            return ""
        return arrangement.titles[number] if arrangement.titles else str(number + 1)


def _srgb(shown: Visible, value: np.ndarray) -> np.ndarray:
    """The colours of values that are ``shown`` together, float32 (n, 3)."""
    colours = rules.painted(value, shown.scale, shown.node.viz, shown.course)
    return np.clip(colours, 0, 1).astype(np.float32)
