"""Cost: what the values of a visualization take, told from shapes alone before anything is made."""
from __future__ import annotations

import math
from collections.abc import Collection

from ..data import lazy
from ..errors import ParameterError, warn
from ..expression.tree import Leaf, MatMul, Node, nodes
from ..layout import pace
from ..layout.reduction import Plan
from ..limits import limits
from ..options import FPS, Options
from ..plain import shortened
from ..system.memory import check_room
from . import banded
from .approximation import approximate, Data
from .compute import check_memory

A_SECOND = 2e10        # multiply-adds that a product of float32 does on two cores
EACH = 3e-8            # seconds that an element takes to be made up, or read, and to be shown
MOST_FRAMES = 1_000_000  # of the 1,048,574 that Blender has
LONG = 10              # seconds that are worth a word


def check(tree: MatMul, plan: Plan, data: Data, known: Collection[str] = ()) -> None:
    """Raise SizeError if the values of ``tree``, by ``plan``, are more than the limits allow or the memory holds. Warns
    (MMWarning) of what will take long. ``data``: the given leaves by path; ``known``: paths of what is computed."""
    every = nodes(tree)
    made = [node for node in _made(every, data) if node.path not in known]
    count = sum(node.h * node.w for node in made)
    seconds = _seconds([node for node in every if node.path not in known], plan, tree, data)
    if count > limits.elements:
        biggest = max(made, key=lambda node: node.h * node.w)
        raise limits.error("elements", f"{count:,} elements would be made up, or computed of what is made up, the most "
                                       f"in {shortened(biggest.name)} ({biggest.path}), {biggest.h} x {biggest.w}: "
                                       f"about {4 * count / 1e9:,.1f} GB and {_time(seconds)}; make the matrices "
                                       "smaller, or give their data")
    if plan.factors:
        check_room(_held(every, plan, tree, data, known), f"the values of {len(every)} matrices")
    elif not known:
        check_memory(tree)
    if seconds > LONG:
        warn(f"the values of {shortened(tree.name)} will take about {_time(seconds)} to compute")


def check_length(tree: MatMul, steps: int, options: Options) -> None:
    """Raise ParameterError for what moves in more frames than Blender has: a sweep of ``steps``, a turning camera."""
    if not options.animate:
        return
    length = steps * options.frames_per_step if options.duration is None else options.duration * (options.fps or FPS)
    if options.pace is not None and options.duration is None:
        length = float(pace.lengths(options.pace, steps).sum()) * (options.fps or FPS)
    if steps > 1 and length > MOST_FRAMES:
        how = f"{steps:,} steps of {length / steps:g} frames" if options.duration is None else f"{options.duration:g} s"
        what = "duration" if options.duration is not None else "frames_per_step" if options.pace is None else "pace"
        raise ParameterError(f"the sweep would take {how}, and Blender has about {MOST_FRAMES:,} frames: lower "
                             f"{what}")
    spin = abs(tree.anim.spin)
    if spin and 2 * math.pi * 20 / spin * (options.fps or FPS) > MOST_FRAMES:
        raise ParameterError(f"anim.spin is {tree.anim.spin:g}, so slow that a turn would take more than the "
                             f"{MOST_FRAMES:,} frames that Blender has; 0 is none")


def _made(every: list[Node], data: Data) -> list[Node]:
    """The matrices that no data go into."""
    given: set[str] = set()
    for node in every:
        below = () if isinstance(node, Leaf) else (node.left.path, node.right.path)
        if node.path in data or given.intersection(below):
            given.add(node.path)
    return [node for node in every if node.path not in given]


def _seconds(every: list[Node], plan: Plan, tree: MatMul, data: Data) -> float:
    rough = approximate(tree, plan, data) if plan.factors else ()
    work = sum(node.h * node.d * node.w for node in every if isinstance(node, MatMul) and node.path not in rough)
    elements = sum(node.h * node.w for node in every if node.path not in rough)
    return work / A_SECOND + elements * EACH


def _held(every: list[Node], plan: Plan, tree: MatMul, data: Data, known: Collection[str]) -> int:
    """Bytes that are held at a time where matrices are shown reduced: what is made up, what stands on the right of
    products, a band of rows with what is computed of it, and the cells."""
    if all(node.path in known for node in every):
        return 0
    rough = approximate(tree, plan, data)
    made = sum(node.h * node.w for node in every if isinstance(node, Leaf) and node.path not in data)
    right = sum(node.right.h * node.right.w for node in every if isinstance(node, MatMul) and node.path not in rough
                and isinstance(data.get(node.right.path), (type(None), lazy.Lazy)))
    band = max(node.w for node in every) + banded.BAND
    return 4 * (made + right) + 8 * 4 * band


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
