"""Sweeps: playheads, keys and modifiers that make a built scene move.

A sweeping matmul has a playhead, an Empty whose location x is its cursor (``schedule``). The keys on it are all the
animation there is: node groups read it and decide what every matrix, partial result and interior shows.
"""
from __future__ import annotations

import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
import numpy as np

from .. import interior as inside
from .. import schedule as sched
from ..accumulation import History, history
from ..places import extent
from ..schedule import AXPY, DOT_COLS, DOT_ROWS, MVPROD, VMPROD, VVPROD, Schedule
from ..tree import MatMul, Node, nodes
from . import compat, matrices, parts
from .nodes import accumulate, interior, reveal
from .nodes.reveal import IGNORE, INNER, NEVER, OUTER

if TYPE_CHECKING:
    from ..visualization import Visualization

REVEAL, ACCUMULATE = "mm Reveal", "mm Accumulate"
HOLD_S = 0.5  # how long a movie rests on the finished picture


@dataclass
class Stage:
    """What adding the sweeps of a visualization needs at hand."""

    viz: "Visualization"
    schedule: Schedule
    collection: bpy.types.Collection
    objects: dict[str, bpy.types.Object]   # of the matrices, by path
    elements: dict[str, bpy.types.Object]  # what stands for an element, by path
    pitch: float
    step_frames: float                     # length of a step


def animate(stage: Stage) -> None:
    """Add everything that moves, and set the scene's frames."""
    scene, viz = bpy.context.scene, stage.viz
    schedule = stage.schedule
    histories = history(viz.tree, viz.values, schedule)
    heads = {path: _playhead(path, track, stage) for path, track in schedule.tracks.items()}
    parents = {child.path: node for node in nodes(viz.tree) if isinstance(node, MatMul)
               for child in (node.left, node.right)}
    carriers: dict[str, bpy.types.Object] = {}
    for node in nodes(viz.tree):
        parent = parents.get(node.path)
        if parent and parent.path in heads:
            carriers[node.path] = _carrier(node, stage)
    for node in nodes(viz.tree):
        _show(node, parents.get(node.path), heads, carriers, histories, parents, stage)
    by_path = {node.path: node for node in nodes(viz.tree)}
    for path in heads:
        node = by_path[path]
        _add_interior(node, heads, carriers, stage)
        if inside.has_partials(node):
            _add_partials(node, heads, stage)
    hold = round(HOLD_S * scene.render.fps) if stage.step_frames > 1 else 0
    stage.collection["mm_last_frame"] = math.ceil(_frame(schedule.steps, stage)) - 1 + hold
    for path, track in schedule.tracks.items():
        scene.timeline_markers.new(by_path[path].name, frame=round(_frame(track.start, stage)))
    stage.collection["mm_markers"] = [f"{round(_frame(track.start, stage))} {by_path[path].name}"
                                      for path, track in schedule.tracks.items()]


def clear(collection: bpy.types.Collection) -> None:
    """Take everything away that moves, but for the playheads: a person may have retimed them."""
    for obj in parts.of(collection, parts.MATRIX):
        for name in (REVEAL, ACCUMULATE):
            if name in obj.modifiers:
                obj.modifiers.remove(obj.modifiers[name])
                matrices.tell_swept(obj, False)
    parts.delete([obj for obj in parts.of(collection, parts.SWEEP) if "mm_playhead" not in obj])
    ours, markers = set(collection.get("mm_markers", ())), bpy.context.scene.timeline_markers
    for marker in [marker for marker in markers if f"{marker.frame} {marker.name}" in ours]:
        markers.remove(marker)


def clear_playheads(collection: bpy.types.Collection, kept: Collection[str] = ()) -> None:
    parts.delete([obj for obj in parts.of(collection, parts.SWEEP)
                  if "mm_playhead" in obj and obj["mm_playhead"] not in kept])


def _frame(step: int, stage: Stage) -> float:
    return bpy.context.scene.frame_start + step * stage.step_frames


def _playhead(path: str, track: sched.Track, stage: Stage) -> bpy.types.Object:
    """The Empty of a sweep with its keys: linear, one step of the schedule ``frames_per_step`` frames. One whose sweep
    is as before stays, with all that a person did to its keys."""
    keys = [(_frame(step, stage), cursor) for step, cursor in track.keys()]
    named = zlib.crc32(repr(keys).encode())
    heads = [obj for obj in parts.of(stage.collection, parts.SWEEP) if obj.get("mm_playhead") == path]
    former = parts.original(heads)
    if former and former.get("mm_keys") == str(named):
        return former
    parts.delete(heads)
    name = stage.objects[path].name
    head = bpy.data.objects.new(f"mm playhead {name}", None)
    head.empty_display_size = stage.pitch
    head.hide_viewport = head.hide_render = head.hide_select = True
    head["mm_playhead"], head["mm_keys"] = path, str(named)
    stage.collection.objects.link(head)
    compat.key_linear(head, "location", 0, keys, f"mm sweep {name}")
    return head


def _carrier(node: Node, stage: Stage) -> bpy.types.Object:
    """A hidden object with the bare points of a matrix for a sweep to read. It shares the matrix' mesh, so nothing is
    stored twice."""
    return _hidden(f"mm data {node.name}", stage.objects[node.path].data, stage)


def _hidden(name: str, mesh: bpy.types.Mesh, stage: Stage) -> bpy.types.Object:
    obj = bpy.data.objects.new(name, mesh)
    obj.hide_viewport = obj.hide_render = obj.hide_select = True
    stage.collection.objects.link(obj)
    return obj


# ---- what a matrix shows ------------------------------------------------------------------------------------------

def own_weights(node: MatMul) -> tuple[int, int, int]:
    """From which cursor on an element is revealed: ``first + row weight * row' + column weight * column'``."""
    i, _, j = sched.steps_of(node)
    return {DOT_ROWS: (0, j, 1), DOT_COLS: (0, 1, i), VMPROD: (0, 1, 0), MVPROD: (0, 0, 1), VVPROD: (0, 0, 0),
            AXPY: (0, 0, 0)}[node.anim.alg]


def touch_weights(parent: MatMul, left: bool) -> tuple[int, int, int]:
    """From which cursor of its parent's sweep on an operand's element has been highlighted."""
    i, k, j = sched.steps_of(parent)
    none = (NEVER, 0, 0)
    if left:
        return {DOT_ROWS: (0, j, 0), DOT_COLS: (0, 1, 0), VMPROD: (0, 1, 0), MVPROD: none, VVPROD: (0, 0, 1),
                AXPY: (0, 0, 1)}[parent.anim.alg]
    return {DOT_ROWS: (0, 0, 1), DOT_COLS: (0, 0, i), VMPROD: none, MVPROD: (0, 0, 1), VVPROD: (0, 1, 0),
            AXPY: (0, 1, k)}[parent.anim.alg]


def lit(parent: MatMul, left: bool) -> tuple[int, int]:
    """What an operand's row and column have to equal to be highlighted, of the parent's sweep."""
    if left:
        return {DOT_ROWS: (OUTER, IGNORE), DOT_COLS: (INNER, IGNORE), VMPROD: (OUTER, IGNORE),
                MVPROD: (IGNORE, IGNORE), VVPROD: (IGNORE, OUTER), AXPY: (IGNORE, INNER)}[parent.anim.alg]
    return {DOT_ROWS: (IGNORE, INNER), DOT_COLS: (IGNORE, OUTER), VMPROD: (IGNORE, IGNORE), MVPROD: (IGNORE, OUTER),
            VVPROD: (OUTER, IGNORE), AXPY: (INNER, OUTER)}[parent.anim.alg]


def _show(node: Node, parent: MatMul | None, heads: dict, carriers: dict, histories: dict, parents: dict,
          stage: Stage) -> None:
    """The modifiers that show a matrix by its own sweep and its parent's."""
    obj, inputs = stage.objects[node.path], _reveal_inputs(node, stage)
    own = node.path in heads
    if own:
        inputs |= {"Own Playhead": heads[node.path], "Own Count": stage.schedule.tracks[node.path].count}
        weights = own_weights(node)
        if inside.has_partials(node):  # shown when done, and then only with blocks along j, as in the reference
            weights = (inputs["Own Count"] if node.cols.count > 1 else NEVER, 0, 0)
        inputs |= dict(zip(("Own First", "Own Per Row", "Own Per Column"), weights))
    elif _under_hidden(node, parents, heads):
        inputs["Own First"] = NEVER
    if parent and parent.path in heads:
        left = node is parent.left
        inner = sched.ALGORITHMS[parent.anim.alg].inner
        steps = dict(zip("ikj", sched.steps_of(parent)))
        inputs |= {"Parent Playhead": heads[parent.path], "Parent Count": stage.schedule.tracks[parent.path].count,
                   "Parent Inner Steps": steps[inner] if inner else 1}
        if not parent.anim.hide_inputs:
            inputs |= dict(zip(("Touch First", "Touch Per Row", "Touch Per Column"), touch_weights(parent, left)))
            inputs |= dict(zip(("Lit Row", "Lit Column"), lit(parent, left)))
    changes = own or "Own First" in inputs or inputs.get("Lit Row") or inputs.get("Lit Column")
    if not changes:
        return
    _insert(obj, REVEAL, reveal.build(), inputs)
    if own and node.anim.alg in sched.ACCUMULATING:
        _accumulate(node, heads[node.path], carriers, histories.get(node.path), stage)


def _reveal_inputs(node: Node, stage: Stage) -> dict:
    blocks = {name: axis.step if axis.count > 1 else 0
              for name, axis in (("Block Rows", node.rows), ("Block Columns", node.cols))}
    return {**blocks, "Smooth": stage.viz.options.smooth}


def _under_hidden(node: Node, parents: dict, heads: dict) -> bool:
    """Whether a sweep above hides its inputs: that hides everything below it."""
    parent = parents.get(node.path)
    while parent:
        if parent.path in heads and parent.anim.hide_inputs:
            return True
        parent = parents.get(parent.path)
    return False


def _accumulate(node: MatMul, head: bpy.types.Object, carriers: dict, past: History | None, stage: Stage) -> None:
    inputs = _operands(node, carriers) | {
        "Playhead": head, "Count": stage.schedule.tracks[node.path].count, "Smooth": stage.viz.options.smooth,
        "Columns": node.w, "Depth": node.d, "Block k": node.inner.step, "Block j": node.cols.step}
    if past is not None:
        nowhere = np.zeros((past.before.size, 3), np.float32)
        mesh = matrices.points(f"mm checkpoint {node.name}", nowhere, past.before, node.w)
        inputs["Checkpoint"] = _hidden(mesh.name, mesh, stage)
    group = accumulate.build(node.anim.alg, node.chain, past is not None)
    _insert(stage.objects[node.path], ACCUMULATE, group, inputs)
    if past is not None:  # what stays when the sweep is done
        matrices.set_values(stage.objects[node.path].data, past.after)


def _operands(node: MatMul, carriers: dict) -> dict:
    return {"Left": carriers[node.left.path], "Right": carriers[node.right.path]}


def _insert(obj: bpy.types.Object, name: str, group: bpy.types.NodeTree, inputs: dict) -> None:
    """A modifier before all that a drawn object has."""
    matrices.tell_swept(obj, True)
    modifier = obj.modifiers.new(name, "NODES")
    modifier.node_group = group
    obj.modifiers.move(len(obj.modifiers) - 1, 0)
    compat.set_modifier_inputs(modifier, inputs)


# ---- inside a matmul's box ----------------------------------------------------------------------------------------

def _sweep_object(node: MatMul, name: str, mesh: bpy.types.Mesh, frame: np.ndarray, largest: float,
                  stage: Stage) -> bpy.types.Object:
    """An object in a matmul's box; ``largest``: magnitude that it ever shows."""
    obj = matrices.new_object(name, mesh, frame, stage.pitch, stage.collection)
    obj["mm_path"], obj["mm_role"], obj["mm_name"], obj["mm_largest"] = node.path, "sweep", "", largest
    matrices.draw(obj, node.viz, stage.viz.scale_inside(node, largest), stage.pitch, stage.elements[node.path])
    return obj


def _add_interior(node: MatMul, heads: dict, carriers: dict, stage: Stage) -> None:
    values = stage.viz.values
    left, right = np.abs(values[node.left.path]), np.abs(values[node.right.path])
    largest = float(np.nan_to_num(left.max(0) * right.max(1), nan=0.0, posinf=0.0).max())
    mesh = bpy.data.meshes.new(f"mm interior {node.name}")
    obj = _sweep_object(node, mesh.name, mesh, stage.viz.placement.boxes[node.path], largest, stage)
    positive = node.layout.positive
    gap = node.layout.gap
    _insert(obj, matrices.INTERIOR, interior.build(node.anim.alg), _operands(node, carriers) | {
        "Playhead": heads[node.path], "Count": stage.schedule.tracks[node.path].count,
        "Smooth": stage.viz.options.smooth, "Size i": node.h, "Size k": node.d, "Size j": node.w,
        "Block i": node.rows.step, "Block k": node.inner.step, "Block j": node.cols.step,
        "Gap": gap, "Pitch": stage.pitch,
        "Depth Origin": 0.0 if positive else float(extent(node)[2]), "Depth Sign": 1.0 if positive else -1.0})


def _add_partials(node: MatMul, heads: dict, stage: Stage) -> None:
    """The partial results of a matmul with blocks along k, each a matrix that its sweep reveals and then takes away."""
    values = stage.viz.values
    partials = inside.partial_values(node, values[node.left.path], values[node.right.path])
    rows, cols = np.indices((node.h, node.w))
    positions = np.stack([cols, rows, 0 * rows], -1).reshape(-1, 3).astype(np.float32) * stage.pitch
    for at, (frame, x) in enumerate(zip(inside.partial_frames(node), partials)):
        mesh = matrices.points(f"mm partial {node.name} {at}", positions, x, node.w)
        largest = float(np.abs(x[np.isfinite(x)]).max(initial=0.0))
        obj = _sweep_object(node, mesh.name, mesh, stage.viz.placement.boxes[node.path] @ frame, largest, stage)
        count = stage.schedule.tracks[node.path].count
        _insert(obj, REVEAL, reveal.build(), _reveal_inputs(node, stage) | {
            "Own Playhead": heads[node.path], "Own Count": count, "Own Until": count,
            **dict(zip(("Own First", "Own Per Row", "Own Per Column"), own_weights(node)))})
