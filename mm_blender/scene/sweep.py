"""Sweeps: playheads, keys and modifiers that make a built scene move.

A sweeping matmul has a playhead, an Empty whose location x is its cursor (``schedule``). The keys on it are all the
animation there is: node groups read it and decide what every matrix, partial result and interior shows.
"""
from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ..document.document import Document
from ..expression.algorithms import AXES, LEFT, RIGHT
from ..expression.tree import MatMul, Node, nodes
from ..layout import pace, revealing, sweep_planes
from ..layout.places import extent
from ..layout.schedule import algorithm_of, steps_of, Track
from ..story.timeline import Timeline
from ..values.accumulation import History, history
from . import compat, matrices, parts, properties, sweep_frames, tags
from .blender_types import mesh_of, new_geometry_nodes, scene_now
from .nodes import accumulate, interior, reveal
from .nodes.reveal import IGNORE, INNER, OUTER

REVEAL, ACCUMULATE = "mm Reveal", "mm Accumulate"
HOLD_S = 0.5  # how long a movie rests on the finished picture


@dataclass(frozen=True)
class Stage:
    """What adding the sweeps of a visualization needs at hand."""

    document: Document
    collection: bpy.types.Collection
    objects: dict[str, bpy.types.Object]   # of the matrices, by path
    elements: Mapping[str, bpy.types.Object | None]  # what stands for an element, by path, if anything does
    pitch: float
    step_frames: float                     # length of a step
    frame_rate: float                      # frames a second
    markers: bool                          # whether the scene's timeline says where each sweep starts
    timeline: Timeline | None = None       # of a story, which then says when what moves

    @property
    def tracks(self) -> Mapping[str, Track]:
        """What moves, by the path of its matmul."""
        return self.document.schedule.tracks

    @property
    def smooth(self) -> bool:
        """Whether it glides from step to step."""
        return self.document.options.smooth

    def keys(self, track: Track) -> list[tuple[float, float]]:
        """``(frame, cursor)`` of a sweep: a step ``step_frames`` frames, or as a pace or a story has it."""
        if self.timeline is not None:
            return self.timeline.playhead(track)
        paced = self.document.paced(self.frame_rate)
        if paced is not None:
            return pace.through(pace.way(paced, scene_now().frame_start, self.frame_rate), track.keys())
        return [(_frame(step, self), cursor) for step, cursor in track.keys()]


def animate(stage: Stage) -> None:
    """Add everything that moves, from the scene's first frame on."""
    scene, document = scene_now(), stage.document
    schedule = document.schedule
    histories = history(document.tree, document.values, schedule)
    heads = {path: _playhead(path, track, stage) for path, track in schedule.tracks.items()}
    parents = revealing.parents_of(document.tree)
    carriers: dict[str, bpy.types.Object] = {}
    for node in nodes(document.tree):
        parent = parents.get(node.path)
        if parent and parent.path in heads:
            carriers[node.path] = _carrier(node, stage)
    for node in nodes(document.tree):
        _show(node, parents.get(node.path), heads, carriers, histories, parents, stage)
    swept = {node.path: node for node in nodes(document.tree) if isinstance(node, MatMul)}
    for path in heads:
        _add_interior(swept[path], heads, carriers, stage)
        if sweep_planes.has_partials(swept[path]):
            _add_partials(swept[path], heads, stage)
    hold = round(HOLD_S * stage.frame_rate) if stage.step_frames > 1 else 0
    keys = [frame for track in schedule.tracks.values() for frame, _ in stage.keys(track)]
    last = math.ceil(_frame(schedule.steps, stage)) - 1 + hold if stage.timeline is None else stage.timeline.last
    sweep_frames.keep(stage.collection, scene.frame_start, last, (min(keys), max(keys)))
    if stage.markers and stage.timeline is None:
        for path, track in schedule.tracks.items():
            scene.timeline_markers.new(swept[path].name, frame=round(_frame(track.start, stage)))
        stage.collection[tags.MARKERS] = [f"{round(_frame(track.start, stage))} {swept[path].name}"
                                          for path, track in schedule.tracks.items()]


def clear(collection: bpy.types.Collection) -> None:
    """Take everything away that moves, but for the playheads: a person may have retimed them."""
    for obj in parts.of(collection, parts.MATRIX):
        for name in (REVEAL, ACCUMULATE):
            if name in obj.modifiers:
                obj.modifiers.remove(obj.modifiers[name])
                matrices.tell_swept(obj, False)
    parts.delete([obj for obj in parts.of(collection, parts.SWEEP) if not properties.has(obj, tags.PLAYHEAD)])
    sweep_frames.clear_markers(collection)


def resize(document: Document, collection: bpy.types.Collection,
           cubes: Mapping[str, bpy.types.Object | None] | None = None) -> None:
    """The sizes of what moves inside the boxes; ``cubes``: what stands for an element there, by path."""
    every = {node.path: node for node in nodes(document.tree)}
    for obj in parts.of(collection, parts.SWEEP):
        node = every.get(obj.get(tags.PATH))
        if isinstance(node, MatMul) and properties.has(obj, tags.LARGEST):
            matrices.draw(obj, node.viz, document.scaling.inside(node, obj[tags.LARGEST]), document.placement.pitch,
                          cubes[node.path] if cubes else None)


def clear_playheads(collection: bpy.types.Collection, kept: Collection[str] = ()) -> None:
    """Delete the playheads, but for those of the paths that are ``kept``."""
    parts.delete([obj for obj in parts.of(collection, parts.SWEEP)
                  if properties.has(obj, tags.PLAYHEAD) and obj[tags.PLAYHEAD] not in kept])


def _frame(step: int, stage: Stage) -> float:
    paced, first = stage.document.paced(stage.frame_rate), scene_now().frame_start
    return first + (step * stage.step_frames if paced is None else float(paced[:max(step, 0)].sum()))


def _playhead(path: str, track: Track, stage: Stage) -> bpy.types.Object:
    """The Empty of a sweep with its keys, linear. One whose sweep is as before stays, with all that a person did to its
    keys."""
    keys = stage.keys(track)
    named = zlib.crc32(repr(keys).encode())
    heads = [obj for obj in parts.of(stage.collection, parts.SWEEP) if obj.get(tags.PLAYHEAD) == path]
    former = parts.original(heads)
    if former and former.get(tags.PLAYHEAD_KEYS) == str(named):
        return former
    parts.delete(heads)
    name = stage.objects[path].name
    head = parts.unseen(f"mm playhead {name}", None, stage.collection)
    head.empty_display_size = stage.pitch
    head[tags.PLAYHEAD], head[tags.PLAYHEAD_KEYS] = path, str(named)
    compat.key_linear(head, "location", 0, keys, f"mm sweep {name}")
    return head


def _carrier(node: Node, stage: Stage) -> bpy.types.Object:
    """A hidden object with the bare points of a matrix for a sweep to read. It shares the matrix' mesh, so nothing is
    stored twice."""
    return parts.unseen(f"mm data {node.name}", mesh_of(stage.objects[node.path]), stage.collection)


# ---- what a matrix shows ------------------------------------------------------------------------------------------

def lit(parent: MatMul, left: bool) -> tuple[int, int]:
    """What an operand's row and column have to equal to be highlighted, of the parent's sweep."""
    algorithm = algorithm_of(parent)
    walked = {algorithm.outer: OUTER, algorithm.inner: INNER}
    rows, cols = tuple(LEFT if left else RIGHT)
    return walked.get(rows, IGNORE), walked.get(cols, IGNORE)


def _show(node: Node, parent: MatMul | None, heads: dict, carriers: dict, histories: dict, parents: dict,
          stage: Stage) -> None:
    """The modifiers that show a matrix by its own sweep and its parent's."""
    obj, inputs = stage.objects[node.path], _reveal_inputs(node, stage)
    own = node if isinstance(node, MatMul) and node.path in heads else None
    if own:
        inputs |= {"Own Playhead": heads[node.path], "Own Count": stage.tracks[node.path].count}
        weights = revealing.result_weights(own, stage.tracks[node.path].count)
        inputs |= dict(zip(("Own First", "Own Per Row", "Own Per Column"), weights))
    elif revealing.under_hidden(node, parents, heads):
        inputs["Own First"] = revealing.NEVER
    if parent and parent.path in heads:
        left = node is parent.left
        inner = algorithm_of(parent).inner
        steps = dict(zip(AXES, steps_of(parent)))
        inputs |= {"Parent Playhead": heads[parent.path], "Parent Count": stage.tracks[parent.path].count,
                   "Parent Inner Steps": steps[inner] if inner else 1}
        if not parent.anim.hide_inputs:
            touched = revealing.touch_weights(parent, left)
            inputs |= dict(zip(("Touch First", "Touch Per Row", "Touch Per Column"), touched))
            inputs |= dict(zip(("Lit Row", "Lit Column"), lit(parent, left)))
    changes = own or "Own First" in inputs or inputs.get("Lit Row") or inputs.get("Lit Column")
    if not changes:
        return
    _insert(obj, REVEAL, reveal.build(), inputs)
    if own and algorithm_of(own).accumulates:
        _accumulate(own, heads[node.path], carriers, histories.get(node.path), stage)


def _reveal_inputs(node: Node, stage: Stage) -> dict:
    blocks = {name: axis.step if axis.count > 1 else 0
              for name, axis in (("Block Rows", node.rows), ("Block Columns", node.cols))}
    return {**blocks, "Smooth": stage.smooth}


def _accumulate(node: MatMul, head: bpy.types.Object, carriers: dict, past: History | None, stage: Stage) -> None:
    inputs = _operands(node, carriers) | {
        "Playhead": head, "Count": stage.tracks[node.path].count, "Smooth": stage.smooth,
        "Columns": node.w, "Depth": node.d, "Block k": node.inner.step}
    inputs |= {"Rows": node.h, "Block i": node.rows.step} if algorithm_of(node).line == "i" else {
        "Block j": node.cols.step}
    if past is not None:
        nowhere = np.zeros((past.before.size, 3), np.float32)
        mesh = matrices.points(f"mm checkpoint {node.name}", nowhere, past.before, node.w)
        inputs["Checkpoint"] = parts.unseen(mesh.name, mesh, stage.collection)
    group = accumulate.build(node.anim.alg, node.chain, past is not None)
    _insert(stage.objects[node.path], ACCUMULATE, group, inputs)
    if past is not None:  # what stays when the sweep is done
        matrices.set_values(mesh_of(stage.objects[node.path]), past.after)


def _operands(node: MatMul, carriers: dict) -> dict:
    return {"Left": carriers[node.left.path], "Right": carriers[node.right.path]}


def _insert(obj: bpy.types.Object, name: str, group: bpy.types.NodeTree, inputs: dict) -> None:
    """A modifier before all that a drawn object has."""
    matrices.tell_swept(obj, True)
    modifier = new_geometry_nodes(obj, name)
    modifier.node_group = group
    obj.modifiers.move(len(obj.modifiers) - 1, 0)
    compat.set_modifier_inputs(modifier, inputs)


# ---- inside a matmul's box ----------------------------------------------------------------------------------------

def _sweep_object(node: MatMul, name: str, mesh: bpy.types.Mesh, frame: np.ndarray, largest: float,
                  stage: Stage) -> bpy.types.Object:
    """An object in a matmul's box; ``largest``: magnitude that it ever shows."""
    obj = matrices.new_object(name, mesh, frame, stage.pitch, stage.collection)
    obj[tags.PATH], obj[tags.ROLE], obj[tags.NAME], obj[tags.LARGEST] = node.path, "sweep", "", largest
    matrices.draw(obj, node.viz, stage.document.scaling.inside(node, largest), stage.pitch, stage.elements[node.path])
    return obj


def _add_interior(node: MatMul, heads: dict, carriers: dict, stage: Stage) -> None:
    values = stage.document.values
    largest = sweep_planes.largest_product(node, values[node.left.path], values[node.right.path])
    mesh = bpy.data.meshes.new(f"mm interior {node.name}")
    obj = _sweep_object(node, mesh.name, mesh, stage.document.placement.boxes[node.path], largest, stage)
    positive = node.layout.positive
    gap = node.layout.gap
    _insert(obj, matrices.INTERIOR, interior.build(node.anim.alg), _operands(node, carriers) | {
        "Playhead": heads[node.path], "Count": stage.tracks[node.path].count,
        "Smooth": stage.smooth, "Size i": node.h, "Size k": node.d, "Size j": node.w,
        "Block i": node.rows.step, "Block k": node.inner.step, "Block j": node.cols.step,
        "Gap": gap, "Pitch": stage.pitch,
        "Depth Origin": 0.0 if positive else float(extent(node)[2]), "Depth Sign": 1.0 if positive else -1.0})


def _add_partials(node: MatMul, heads: dict, stage: Stage) -> None:
    """The partial results of a matmul with blocks along k, each a matrix that its sweep reveals and then takes away."""
    values = stage.document.values
    partials = sweep_planes.partial_values(node, values[node.left.path], values[node.right.path])
    rows, cols = np.indices((node.h, node.w))
    positions = np.stack([cols, rows, 0 * rows], -1).reshape(-1, 3).astype(np.float32) * stage.pitch
    for at, (frame, x) in enumerate(zip(sweep_planes.partial_frames(node), partials)):
        sweep_planes.say_overflow(node, x, values)
        mesh = matrices.points(f"mm partial {node.name} {at}", positions, x, node.w)
        obj = _sweep_object(node, mesh.name, mesh, stage.document.placement.boxes[node.path] @ frame,
                            sweep_planes.largest(x), stage)
        count = stage.tracks[node.path].count
        _insert(obj, REVEAL, reveal.build(), _reveal_inputs(node, stage) | {
            "Own Playhead": heads[node.path], "Own Count": count, "Own Until": count,
            **dict(zip(("Own First", "Own Per Row", "Own Per Column"), revealing.own_weights(node)))})
