"""The schedule of a sweep: at which step every matmul of an expression starts, where it stands and when it is done.

The reference moves its sweeps tick by tick. At a tick every matmul that may go moves on by one: its *cursor*, the
local index of its sweep, grows. This module follows the indices only, by runs of steps in which nothing changes but
the cursors, so that its cost is that of the number of matmuls, not of the number of steps.

The rule (bhosmer/mm, ``viz.js``, ``initAnimation``); what each algorithm walks along is in ``algorithms``:

- A matmul sweeps if its algorithm is not ``none`` and its parent sweeps; below one that does not, all stands still.
- It goes at a tick if both operands are done (leaves and matmuls that do not sweep always are), or if it may fuse.
  Everybody decides by how things stand before the tick.
- The tick on which a matmul finishes is spent: it clears its interior, and its parent, unless fused, goes from the
  next tick on. Matmuls below one that is done move no more.
- It may fuse unless its mode is ``none``, if the planes of all that is still under way join up (``_joins``).
- The sweep ends when the root is done; that tick is the first of the next round and not counted.

Blocks run in parallel: a cursor counts over the block *size*, and in a ragged last block nothing moves where the
index lies outside it.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from ..expression.algorithms import Algorithm, ALGORITHMS, LEFT, NONE, RIGHT, Steps
from ..expression.tree import MatMul, Node, nodes


@dataclass(frozen=True)
class StepRun:
    """Steps ``start`` to ``start + length - 1``, at which the cursor is ``first`` and one more each step."""

    start: int
    length: int
    first: int


@dataclass(frozen=True)
class Track:
    """One matmul's sweep. ``cursor`` is -1 before it starts (its result is hidden already), then 0 to ``count - 1``,
    and ``count`` from step ``done`` on. Between runs it holds. ``done`` is the number of steps of the whole sweep for
    one that ends with it (the root always does), or that never comes to its end because its parent did first."""

    algorithm: str
    count: int
    runs: tuple[StepRun, ...]
    done: int

    @property
    def start(self) -> int:
        """First step at which it is under way."""
        return self.runs[0].start if self.runs else self.done

    def cursor(self, step: int) -> int:
        """Where it stands at a step."""
        if step >= self.done:
            return self.count
        at = -1
        for run in self.runs:
            if step >= run.start:
                at = run.first + min(step - run.start, run.length - 1)
        return at

    def when(self, local: np.ndarray | int) -> np.ndarray:
        """The step at which the cursor comes to ``local`` (same shape); a very large number where it never does."""
        local = np.asarray(local)
        out = np.full(local.shape, np.iinfo(np.int64).max)
        for run in self.runs:
            inside = (local >= run.first) & (local < run.first + run.length)
            out[inside] = run.start + (local[inside] - run.first)
        out[local >= self.count] = self.done
        return out

    def keys(self) -> list[tuple[int, int]]:
        """``(step, cursor)`` of the fewest keys that give the cursor at every whole step by linear interpolation,
        constant before the first and after the last. The first may lie at step -1."""
        out = [(self.start - 1, -1)]
        for run in self.runs:
            out += [(run.start - 1, run.first - 1), (run.start + run.length - 1, run.first + run.length - 1)]
        out += [(self.done - 1, out[-1][1]), (self.done, self.count)]
        out = sorted(set(out))
        return [key for at, key in enumerate(out)
                if at in (0, len(out) - 1) or not _in_line(out[at - 1], key, out[at + 1])]


@dataclass(frozen=True)
class Schedule:
    """``steps``: number of distinct steps (1 where nothing sweeps). ``tracks``: by path, every matmul that sweeps,
    operands before the matmul that uses them."""

    steps: int
    tracks: dict[str, Track]


def algorithm_of(node: MatMul) -> Algorithm:
    """The algorithm of a matmul that sweeps."""
    return ALGORITHMS[node.anim.alg]


def steps_of(node: MatMul) -> Steps:
    """Block sizes along i, k, j."""
    return node.rows.step, node.inner.step, node.cols.step


# ---- the schedule -------------------------------------------------------------------------------------------------

def sweeps(node: Node) -> TypeGuard[MatMul]:
    """Whether ``node``, as the root or as an operand of a matmul that sweeps, sweeps itself."""
    return isinstance(node, MatMul) and node.anim.alg != NONE


def schedule(tree: MatMul) -> Schedule:
    """When every matmul of ``tree`` sweeps."""
    states = _states(tree)
    if not states:
        return Schedule(1, {})
    root, step = states[-1], 0
    while not root.done:
        for state in states:
            state.joined = _joins(state)
            state.go = all(child.done for child in state.children()) or (
                state.node.anim.fuse != "none" and state.joined)
        live = _live(root)
        ticks = min(_unchanged(state) for state in live)
        for state in live:
            if state.go:
                state.advance(step, ticks)
        step += ticks
    steps = root.end
    return Schedule(steps, {state.node.path: _track(state, state.end if state.done else steps) for state in states})


def _track(state: _State, done: int) -> Track:
    """What a state went through, up to ``done``: the tick that ends the whole sweep may move others once more."""
    runs = (StepRun(run.start, min(run.length, done - run.start), run.first) for run in state.runs if run.start < done)
    return Track(state.algorithm.name, state.count, tuple(runs), done)


class _State:
    """Where one matmul's sweep stands while the schedule is made."""

    def __init__(self, node: MatMul, left: _State | None, right: _State | None):
        self.node, self.left, self.right = node, left, right
        self.algorithm = algorithm_of(node)
        self.count = self.algorithm.count(steps_of(node))
        self.local, self.done, self.end = -1, False, 0
        self.go, self.joined = False, False
        self.runs: list[StepRun] = []

    def children(self) -> list[_State]:
        return [child for child in (self.left, self.right) if child]

    def advance(self, step: int, ticks: int) -> None:
        """Move on by ``ticks``, from ``step`` on; the last of them may be the one on which it is done."""
        moves = min(ticks, self.count - 1 - self.local)
        if moves:
            last = self.runs[-1] if self.runs else None
            if last and last.start + last.length == step:
                self.runs[-1] = StepRun(last.start, last.length + moves, last.first)
            else:
                self.runs.append(StepRun(step, moves, self.local + 1))
        self.local += ticks
        if self.local == self.count:
            self.done, self.end = True, step + ticks - 1


def _states(tree: MatMul) -> list[_State]:
    """The matmuls that sweep, operands first."""
    reached: set[str] = set()
    stack: list[Node] = [tree]
    while stack:
        node = stack.pop()
        if sweeps(node):
            reached.add(node.path)
            stack += [node.left, node.right]
    states: dict[str, _State] = {}
    for node in nodes(tree):
        if sweeps(node) and node.path in reached:
            states[node.path] = _State(node, states.get(node.left.path), states.get(node.right.path))
    return list(states.values())


def _live(root: _State) -> list[_State]:
    """Those that are ticked: not done, and nothing above them is."""
    live, stack = [], [root]
    while stack:
        state = stack.pop()
        if not state.done:
            live.append(state)
            stack += state.children()
    return live


def _joins(state: _State) -> bool:
    """Whether the planes of ``state`` and of all that is still under way below it move together.

    Row vectors times matrices join on the left, matrices times columns on the right, outer products with columns on
    their left and rows on their right. In any mode but ``async`` they join only while they stand at the same index.
    """
    def fits(child: _State | None, operand: str) -> bool:
        if child is None or child.done:
            return True
        together = state.node.anim.fuse == "async" or child.local == state.local
        return together and child.joined and child.algorithm.walks == state.algorithm.joins(operand)

    return fits(state.left, LEFT) and fits(state.right, RIGHT)


def _unchanged(state: _State) -> int:
    """For how many ticks at least this state's part in who goes stays as it is."""
    ticks = state.count - state.local if state.go else np.iinfo(np.int64).max
    for child in state.children():
        closing = int(child.go) - int(state.go)
        if not child.done and closing:
            ahead = state.local - child.local
            if ahead == 0:
                ticks = 1
            elif ahead * closing > 0:
                ticks = min(ticks, abs(ahead))
    return int(ticks)


def _in_line(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) == (c[1] - b[1]) * (b[0] - a[0])
