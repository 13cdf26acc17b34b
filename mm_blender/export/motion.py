"""Motion: a sweep as clouds that each appear at a step and, some of them, go at another.

Programs that read scenes know no rules by which elements grow, but all can show a part and hide it. An element that its
sweep reveals is there from a step on; what changes from step to step, such as sums that add up and the products inside
a box, is there once for each of them. A long sweep, or one of many elements, would be larger than anybody opens: then
steps are left out, and the products first.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..document.film import Film, under_way
from ..errors import warn
from ..expression.tree import MatMul, Node
from ..layout import revealing, sweep_planes
from ..layout.schedule import algorithm_of
from ..options import FPS
from .clouds import Cloud, Clouds

MOST_MOMENTS, FEWEST = 512, 16  # of a sweep that are shown
MOST_CUBES = 2 ** 20


@dataclass(frozen=True, eq=False)
class Phase:
    """A cloud that is seen from the ``start``-th moment on, until the ``end``-th, if it goes."""

    cloud: Cloud
    start: int = 0
    end: int | None = None

    @property
    def still(self) -> bool:
        """Whether it is seen throughout."""
        return self.start == 0 and self.end is None


class Motion:
    """The sweep of a group at some of its steps, the ``moments``; ``inside``: with the products in the boxes."""

    def __init__(self, clouds: Clouds, moments: np.ndarray, inside: bool):
        self.clouds, self.moments, self.inside = clouds, moments, inside

    @cached_property
    def times(self) -> np.ndarray:
        """When each moment is, in seconds from the start."""
        first = self.clouds.group.first
        rate = first.frame_rate(FPS)
        paced = first.paced(rate)
        if paced is not None:
            return np.concatenate([[0.0], np.cumsum(paced)])[self.moments] / rate
        return self.moments * first.step_frames(rate) / rate

    def phases(self) -> Iterator[Phase]:
        """All that the sweep shows."""
        for number, film in enumerate(self.clouds.films):
            self.clouds.check_room(number)
            steps = np.minimum(self.moments, film.document.schedule.steps)
            for node in film.nodes:
                if node.path in film.sums:
                    yield from self._summed(number, film, node, steps)
                else:
                    yield from self._revealed(number, film, node, steps)
                if isinstance(node, MatMul) and node.path in film.tracks:
                    yield from self._parts(number, film, node, steps)
                    if self.inside:
                        yield from self._inside(number, film, node, steps)

    def _revealed(self, number: int, film: Film, node: Node, steps: np.ndarray) -> Iterator[Phase]:
        """A matrix whose values stay what they are."""
        cloud = self.clouds.cloud(number, film.matrix(node, film.document.schedule.steps))
        if node.path not in film.first:
            yield Phase(cloud)
            return
        yield from _by_start(cloud, film.first[node.path][cloud.row, cloud.col], steps)

    def _parts(self, number: int, film: Film, node: MatMul, steps: np.ndarray) -> Iterator[Phase]:
        track = film.tracks[node.path]
        first, end = revealing.partials_from(node, track), int(np.searchsorted(steps, track.done))
        for shown in film.partials(node, track.done - 1):
            cloud = self.clouds.cloud(number, shown)
            yield from _by_start(cloud, first[cloud.row, cloud.col], steps, end)

    def _summed(self, number: int, film: Film, node: Node, steps: np.ndarray) -> Iterator[Phase]:
        """A result that adds up: another one at every moment until its sweep is done."""
        track = film.tracks[node.path]
        done = int(np.searchsorted(steps, track.done))
        for at in range(int(np.searchsorted(steps, track.start)), done):
            yield Phase(self.clouds.cloud(number, film.matrix(node, int(steps[at]))), at, at + 1)
        yield Phase(self.clouds.cloud(number, film.matrix(node, film.document.schedule.steps)), done)

    def _inside(self, number: int, film: Film, node: MatMul, steps: np.ndarray) -> Iterator[Phase]:
        for at, step in enumerate(steps):
            if (shown := film.interior(node, int(step))) is not None:
                yield Phase(self.clouds.cloud(number, shown), at, at + 1)


def _by_start(cloud: Cloud, first: np.ndarray, steps: np.ndarray, end: int | None = None) -> Iterator[Phase]:
    """``cloud`` in parts by the moment at which the ``first`` step (n,) of each element has come."""
    start = np.searchsorted(steps, first)
    for at in np.unique(start):
        if at < (len(steps) if end is None else end):
            yield Phase(cloud.part(start == at), int(at), end)


def stills(clouds: Clouds, step: int) -> Iterator[Phase]:
    """What a step shows, throughout."""
    for cloud in clouds.at(step):
        yield Phase(cloud)


def of(clouds: Clouds) -> Motion | None:
    """The motion of a group that sweeps, as far as it is of a size that opens: what is left out is said (MMWarning).
    None where nothing sweeps, or too much."""
    steps = clouds.group.steps
    if not steps:
        return None
    for inside in (True, False):
        stride = -(-steps // MOST_MOMENTS)
        while True:
            moments = np.unique([*range(0, steps, stride), steps])
            fits = cost(clouds, moments, inside) <= MOST_CUBES
            if fits or len(moments) <= FEWEST or inside and stride >= 4:
                break
            stride *= 2
        if fits:
            _say(stride, inside)
            return Motion(clouds, moments, inside)
    warn(f"the sweep is not in the file, which shows its end: it would take more than {MOST_CUBES:,} elements; show "
         "fewer (cells=), or one step (at=)")
    return None


def _say(stride: int, inside: bool) -> None:
    left = [] if stride == 1 else [f"shows one step in {stride}"]
    left += [] if inside else ["leaves out the products inside the boxes"]
    if left:
        warn(f"the animation {' and '.join(left)}: all of the sweep would be too large for programs to open")


def cost(clouds: Clouds, moments: np.ndarray, inside: bool) -> int:
    """How many elements a motion has at most, each as often as it is in the file."""
    total = 0
    for film in clouds.films:
        for node in film.nodes:
            total += node.h * node.w
            if not (isinstance(node, MatMul) and node.path in film.tracks):
                continue
            track, steps = film.tracks[node.path], film.document.schedule.steps
            way = under_way(track, steps)
            count = int(((moments >= way.start) & (moments < way.stop)).sum())
            if node.path in film.sums:
                total += count * node.h * node.w
            elif sweep_planes.has_partials(node):
                total += node.inner.count * node.h * node.w
            if inside:
                spans = dict(zip("ikj", (node.h, node.d, node.w)))
                blocks = dict(zip("ikj", (node.rows.count, node.inner.count, node.cols.count)))
                algorithm = algorithm_of(node)
                total += count * int(np.prod([spans[axis] if axis in algorithm.spans else blocks[axis]
                                              for axis in "ikj"]))
    return total
