"""Variants: the ways to sweep that a page can play, each as its schedule says when what moves."""
from __future__ import annotations

from collections.abc import Sequence

from ..document.document import Document
from ..document.insides import Insides
from ..errors import ParameterError
from ..expression import algorithms
from ..expression.algorithms import ALGORITHMS, NONE
from ..expression.tree import MatMul, nodes, resolve
from ..layout import reduction, sweep_planes
from ..layout.schedule import algorithm_of, Schedule, schedule, Track
from ..plain import said
from .live_matrix import flat
from .manifest import LivePartials, LiveTrack, LiveVariant

ALL = "all"
OWN = "own"  # key of a document's own sweep where its matmuls have several algorithms


def wanted(value: object) -> tuple[str, ...]:
    """The algorithms that a page is asked for: ``"all"`` or None, ``"none"``, or names. Raises ParameterError."""
    if value is None or value == ALL:
        return tuple(ALGORITHMS)
    if value == NONE:
        return ()
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else None
    if names is None or not all(isinstance(name, str) and name in ALGORITHMS for name in names):
        wrong = said(value) if names is None else next(
            said(name) for name in names if not (isinstance(name, str) and name in ALGORITHMS))
        raise ParameterError(f"there is no algorithm {wrong}: algorithms are {ALL!r}, {NONE!r} (only what is shown by "
                             f"itself), or some of {', '.join(ALGORITHMS)}")
    return tuple(dict.fromkeys(names))


def variants(document: Document, names: Sequence[str]) -> list[LiveVariant]:
    """How a document sweeps by itself, or that it does not, and then by those of the algorithms ``names`` that move
    anything and move it otherwise. Each is the root's; matmuls that have algorithms of their own keep them, as all keep
    how they fuse and what they hide. Computes the values."""
    insides = Insides(document)
    out = [_own(document, insides)]
    for name in names:
        tree = _swept(document, name)
        steps = schedule(tree)
        tracks = _tracks(tree, steps, insides)
        if tracks and not any(tracks == each.tracks for each in out):
            algorithm = ALGORITHMS[name]
            out.append(LiveVariant(name, algorithm.title, algorithm.meaning, steps.steps, tracks))
    return out


def _own(document: Document, insides: Insides) -> LiveVariant:
    steps = document.schedule
    tracks = _tracks(document.tree, steps, insides)
    names = {track.algorithm for track in tracks.values()}
    if len(names) > 1:
        return LiveVariant(OWN, "As it is set", "each matmul by its own algorithm", steps.steps, tracks)
    name = names.pop() if names else NONE
    return LiveVariant(name, algorithms.title(name), algorithms.CHOICES[name], steps.steps, tracks)


def _swept(document: Document, name: str) -> MatMul:
    """The tree, as it is shown, if its root swept by ``name``."""
    params = document.params
    tree = resolve({**params, "anim": {**params["anim"], "alg": name}}, limited=False)
    rough = [node.path for node in nodes(document.tree) if node.note.startswith(reduction.ABOUT)]
    return reduction.shown(tree, document.plan, rough)


def _tracks(tree: MatMul, steps: Schedule, insides: Insides) -> dict[str, LiveTrack]:
    return {node.path: _track(node, steps.tracks[node.path], insides) for node in nodes(tree)
            if isinstance(node, MatMul) and node.path in steps.tracks}


def _track(node: MatMul, track: Track, insides: Insides) -> LiveTrack:
    return LiveTrack(
        track.algorithm, algorithm_of(node).walks, node.anim.fuse, node.anim.hide_inputs, track.count, track.done,
        [[run.start, run.length, run.first] for run in track.runs], insides.products(node),
        _partials(node, insides))


def _partials(node: MatMul, insides: Insides) -> LivePartials | None:
    if not sweep_planes.has_partials(node):
        return None
    return LivePartials([flat(frame) for frame in sweep_planes.partial_frames(node)],
                        [scale for _, scale in insides.partials(node)])
