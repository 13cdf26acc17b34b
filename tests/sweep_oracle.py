"""What every step of a sweep shows: a slow, plain definition that the real thing is tested against.

``Oracle(tree, values).states(step)`` computes any step by itself, in any order. Everything is in the reference's
terms. Only an accumulating axpy under an epilog that sees the whole matrix is followed from its first step on.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mm_blender import epilogs, interior, places, schedule as sched
from mm_blender.schedule import AXPY, DOT_COLS, DOT_ROWS, MVPROD, VMPROD, VVPROD
from mm_blender.tree import MatMul, nodes

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class State:
    """A matrix at a step, (h, w) each: what it holds, which elements are drawn, which are highlighted."""

    data: np.ndarray
    visible: np.ndarray
    highlight: np.ndarray


@dataclass(frozen=True)
class Inside:
    """Interior elements that are drawn at a step: the matmul's path, world positions (n, 3), values (n,)."""

    path: str
    positions: np.ndarray
    values: np.ndarray


def accumulated(node: MatMul, left: np.ndarray, right: np.ndarray, before: np.ndarray, cursor: int) -> np.ndarray:
    """The result of an accumulating sweep at ``cursor``; ``before`` is what it held before the sweep, and under an
    epilog without nodes what it holds after it."""
    final = None
    if not epilogs.has_nodes(node.chain):
        if cursor == sched.schedule(node).steps - 1:
            return before
        final, node = before, replace(node, chain=())
    _, step_k, step_j = sched.steps_of(node)
    pointwise, rest = interior.split_chain(node.chain)
    left, right = left.astype(np.float64), right.astype(np.float64)
    k = np.arange(node.d) % step_k
    column = np.arange(node.w) % step_j

    def partial(upto: int) -> np.ndarray:
        return epilogs.apply(pointwise, left[:, k <= upto] @ right[k <= upto], node.d)

    if node.anim.alg == VVPROD:
        return epilogs.apply(rest, partial(cursor), node.d)

    def column_step(at: int, data: np.ndarray) -> np.ndarray:
        _, ck, cj = sched.position(node, at)
        data = np.where(column == cj, partial(ck), data)
        data = epilogs.apply(rest, data, node.d)
        open_block = np.arange(node.w) // step_j * step_j + cj < node.w  # a ragged block that has ended is left alone
        return np.where((column > cj) & open_block, 0, data)

    if not rest:  # finished columns, the current one, and nothing yet
        _, ck, cj = sched.position(node, cursor)
        return np.where(column < cj, partial(step_k - 1) if final is None else final,
                        np.where(column == cj, partial(ck), 0))
    data = before.astype(np.float64)
    for at in range(cursor + 1):
        data = column_step(at, data)
    return data


class Oracle:
    def __init__(self, tree: MatMul, values: dict[str, np.ndarray]):
        self.tree, self.values = tree, values
        self.schedule = sched.schedule(tree)
        self.placement = places.place(tree)
        self.order = nodes(tree)
        self.parents = {child.path: node for node in self.order if isinstance(node, MatMul)
                        for child in (node.left, node.right)}
        self.after: dict[str, np.ndarray] = {}  # what every matrix holds once its sweep is done
        for node in self.order:
            self.after[node.path] = self.data(node, self.schedule.steps)

    def track(self, node) -> sched.Track | None:
        return self.schedule.tracks.get(node.path)

    def states(self, step: int) -> tuple[dict[str, State], list[Inside]]:
        out = {}
        for node in self.order:
            data = self.data(node, step)
            visible = self.shown(node, step) & self.drawn(node, data)
            out[node.path] = State(data, visible, self.highlighted(node, step) & visible)
        inside = [part for path in self.schedule.tracks for part in self.interior(path, step)]
        return out, inside

    def data(self, node, step: int) -> np.ndarray:
        track = self.track(node)
        if track is None or track.algorithm not in sched.ACCUMULATING or track.cursor(step) < 0:
            return self.values[node.path]
        return accumulated(node, self.after[node.left.path], self.after[node.right.path], self.values[node.path],
                           min(track.cursor(step), track.count - 1)).astype(np.float32)

    # ---- visibility ----

    def drawn(self, node, data: np.ndarray) -> np.ndarray:
        """Elements that have a size. Under ``superlocal`` a partial sum smaller than the smallest finished element
        has none (the reference takes the root of a negative number)."""
        if self.track(node) and node.viz.sensitivity == "superlocal":
            final = np.abs(self.values[node.path])
            if final.max() > final.min():
                return (data != 0) & (np.abs(data) >= final.min() * (1 - 1e-6))
        return data != 0

    def shown(self, node, step: int) -> np.ndarray:
        """Elements that are not hidden (h, w)."""
        track, everything = self.track(node), np.ones((node.h, node.w), bool)
        if track is None and not self.under_hidden(node):
            return everything
        shown = ~everything
        cleared = NEVER  # the step at which its own sweep hides it once more
        if track:
            if not interior.has_partials(node):
                cleared = track.start
                shown |= self.revealed(node, step)
            if track.done <= step and node.cols.count > 1:
                return everything
        first, last = self.touched(node, step)
        return shown | ((first <= step) & ((cleared > step) | (last >= cleared)))

    def under_hidden(self, node) -> bool:
        """Whether a sweep above hides its inputs: that hides everything below it at the start."""
        parent = self.parents.get(node.path)
        while parent:
            if self.track(parent) and parent.anim.hide_inputs:
                return True
            parent = self.parents.get(parent.path)
        return False

    def revealed(self, node: MatMul, step: int) -> np.ndarray:
        """What ``node``'s own sweep has shown of its result, or of its partial results."""
        return self.reveal_steps(node) <= step

    def reveal_steps(self, node: MatMul) -> np.ndarray:
        track = self.track(node)
        step_i, _, step_j = sched.steps_of(node)
        i, j = np.indices((node.h, node.w))
        i, j = i % step_i, j % step_j
        local = {DOT_ROWS: i * step_j + j, DOT_COLS: j * step_i + i, VMPROD: i, MVPROD: j,
                 AXPY: i * 0, VVPROD: i * 0}[track.algorithm]
        return track.when(local)

    def touch_local(self, node) -> tuple[np.ndarray | None, sched.Track | None]:
        """The cursor of its parent's sweep at which each element is first highlighted (None where never)."""
        parent = self.parents.get(node.path)
        track = parent and self.track(parent)
        if not track or parent.anim.hide_inputs:
            return None, None
        step_i, step_k, step_j = sched.steps_of(parent)
        row, col = np.indices((node.h, node.w))
        if node is parent.left:
            i, k = row % step_i, col % step_k
            return {DOT_ROWS: i * step_j, DOT_COLS: i, VMPROD: i, MVPROD: None, AXPY: k,
                    VVPROD: k}[track.algorithm], track
        k, j = row % step_k, col % step_j
        return {DOT_ROWS: j, DOT_COLS: j * step_i, VMPROD: None, MVPROD: j, AXPY: j * step_k + k,
                VVPROD: k}[track.algorithm], track

    def touched(self, node, step: int) -> tuple[np.ndarray, np.ndarray]:
        """First and last step at which its parent has highlighted each element, or put a highlight back, by ``step``.

        The last is exact where it matters: for planes that can start before their operand does.
        """
        local, track = self.touch_local(node)
        if local is None:
            return np.full((node.h, node.w), NEVER), np.full((node.h, node.w), -1)
        first, clear = track.when(local), track.when(local + 1)
        return first, np.where(clear <= step, clear, first)

    def highlighted(self, node, step: int) -> np.ndarray:
        local, track = self.touch_local(node)
        if local is None or not 0 <= track.cursor(step) < track.count:
            return np.zeros((node.h, node.w), bool)
        parent = self.parents[node.path]
        cursor = track.cursor(step)
        ci, ck, cj = sched.position(parent, cursor)
        step_i, step_k, step_j = sched.steps_of(parent)
        row, col = np.indices((node.h, node.w))
        if node is parent.left:
            lit = (col % step_k == ck) if track.algorithm in sched.ACCUMULATING else (row % step_i == ci)
        elif track.algorithm in sched.ACCUMULATING:
            lit = (row % step_k == ck) & ((col % step_j == cj) | (track.algorithm == VVPROD))
        else:
            lit = col % step_j == cj
        own = self.track(node)
        if own:  # what its own sweep shows or hides loses the highlight
            since = int(track.when(cursor))
            if node.cols.count > 1 and since < own.done <= step:
                return lit & False
            if not interior.has_partials(node):
                if since < own.start <= step:
                    return lit & False
                reveal = self.reveal_steps(node)
                lit &= ~((reveal > since) & (reveal <= step))
        return lit

    # ---- interior ----

    def interior(self, path: str, step: int) -> list[Inside]:
        node = next(node for node in self.order if node.path == path)
        track = self.track(node)
        cursor = track.cursor(step)
        if not 0 <= cursor < track.count:
            return []
        box = self.placement.boxes[path]
        out = []
        if interior.has_partials(node):
            seen = self.revealed(node, step)
            partials = interior.partial_values(node, self.values[node.left.path], self.values[node.right.path])
            for frame, x in zip(interior.partial_frames(node), partials):
                row, col = np.nonzero(seen & (x != 0))
                local = np.stack([col, row, 0 * row], -1).astype(float)
                out.append(Inside(path, transform(box @ frame, local), x[row, col]))
        left, right = self.after[node.left.path], self.after[node.right.path]
        for piece in interior.pieces(node):
            i, k, j = interior.indices(node, piece, cursor)
            x = left[i, k] * right[k, j]
            keep = x != 0
            out.append(Inside(path, transform(box, interior.lattice(node, i, k, j))[keep], x[keep]))
        return out


def transform(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ frame[:3, :3].T + frame[:3, 3]
