"""Times of sweeps for ``scripts/bench``: a step at random frames, against what Blender needs for the bare thing."""
from __future__ import annotations

import random
import statistics
import time

import bpy
import numpy as np

import mm_blender as mm
from mm_blender.scene import compat, matrices
from mm_blender.scene.nodes import accumulate, cube_group
from mm_blender.scene.nodes.builder import ensure, Tree

MOVING_POINTS = 327_680
SEED = 0


def new_file() -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def times(act, runs: int) -> float:
    """The median of ``act(run)`` in seconds, after one that does not count."""
    act(0)
    taken = []
    for run in range(1, runs + 1):
        start = time.perf_counter()
        act(run)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def step(source, assets, settings: dict, runs: int) -> float:
    """A frame of the sweep of ``source``, at random steps: everything that Blender evaluates for it."""
    new_file()
    viz = mm.visualize(source, assets=assets, settings=settings, frames_per_step=1, smooth=False).build()
    scene = bpy.context.scene
    chosen = random.Random(SEED).sample(range(viz.schedule.steps), min(runs + 1, viz.schedule.steps))
    return times(lambda run: scene.frame_set(scene.frame_start + chosen[run % len(chosen)]), runs)


def moving_points(runs: int) -> float:
    """A frame of ``MOVING_POINTS`` points that move as one and are instanced, and nothing else."""
    new_file()

    def fill(tree: Tree) -> None:
        points = tree.input("Geometry", "Geometry")
        element = tree.input("Element", "Object")
        mover = tree.input("Mover", "Object")
        at = tree.get("GeometryNodeObjectInfo", "Location", into={"Object": mover})
        moved = tree.get("GeometryNodeSetPosition", "Geometry", into={"Geometry": points, "Offset": at})
        tree.output(Geometry=tree.get("GeometryNodeInstanceOnPoints", into={
            "Points": moved, "Instance": tree.object_geometry(element), "Scale": (0.1, 0.1, 0.1)}))

    rng = np.random.default_rng(SEED)
    mesh = matrices.points("bare", rng.random((MOVING_POINTS, 3), np.float32),
                           rng.random(MOVING_POINTS, np.float32), 1024)
    mover = _empty("mover", [(1, 0.0), (250, 250.0)])
    _object("bare", mesh, ensure("bare moving points", "GeometryNodeTree", fill),
            {"Element": _cube(), "Mover": mover})
    scene = bpy.context.scene
    return times(lambda run: scene.frame_set(2 + 7 * run % 249), runs)


def result_alone(h: int, w: int, runs: int) -> float:
    """A re-evaluation of a result of (h, w) elements by itself."""
    new_file()
    positions = np.zeros((h * w, 3), np.float32)
    mesh = matrices.points("result", positions, np.random.default_rng(SEED).random(h * w, np.float32), w)
    obj = _object("result", mesh, cube_group.build(), {"Element": _cube()})

    def again(run: int) -> None:
        obj.update_tag()
        bpy.context.view_layer.update()

    return times(again, runs)


def repeat_zone(h: int, d: int, w: int, runs: int) -> float:
    """The arithmetic of a partial sum alone: a repeat zone over k, ``accumulate.TERMS`` products a turn, at random
    k."""
    new_file()

    def fill(tree: Tree) -> None:
        geometry = tree.input("Geometry", "Geometry")
        left, right = (tree.object_geometry(tree.input(name, "Object")) for name in ("Left", "Right"))
        playhead = tree.input("Playhead", "Object")
        location = tree.get("GeometryNodeObjectInfo", "Location", into={"Object": playhead})
        split = tree.node("ShaderNodeSeparateXYZ", into={"Vector": location})
        steps = tree.get("FunctionNodeFloatToInt", into={"Float": _first(tree, split) / accumulate.TERMS})
        row, column = tree.row_and_column(w)

        def turn(points, iteration):
            total = tree.attribute("sum")
            for term in range(accumulate.TERMS):
                k = tree.integer("ADD", tree.integer("MULTIPLY", iteration, accumulate.TERMS), term)
                total = total + tree.sample(left, "value", tree.integer(
                    "ADD", tree.integer("MULTIPLY", row, d), k)) * tree.sample(
                        right, "value", tree.integer("ADD", tree.integer("MULTIPLY", k, w), column))
            return tree.store(points, "sum", total)

        tree.output(Geometry=tree.repeat(steps, tree.store(geometry, "sum", 0.0), turn))

    rng = np.random.default_rng(SEED)
    left, right = (_object(name, matrices.points(name, np.zeros((n, 3), np.float32), rng.random(n, np.float32), 64))
                   for name, n in (("left", h * d), ("right", d * w)))
    mesh = matrices.points("sum", np.zeros((h * w, 3), np.float32), np.zeros(h * w, np.float32), w)
    head = _empty("head", [(1, 1.0), (d, float(d))])
    _object("sum", mesh, ensure("bare repeat zone", "GeometryNodeTree", fill),
            {"Left": left, "Right": right, "Playhead": head})
    scene = bpy.context.scene
    chosen = random.Random(SEED).sample(range(1, d + 1), runs + 1)
    return times(lambda run: scene.frame_set(chosen[run]), runs)


def _first(tree: Tree, node):
    from mm_blender.scene.nodes.builder import Socket

    return Socket(tree, node.outputs[0])


def _cube():
    return matrices.cube("bare", False, bpy.data.materials.new("bare"), bpy.context.scene.collection)


def _empty(name: str, keys: list[tuple[int, float]]):
    empty = _object(name, None)
    empty.hide_viewport = True
    compat.key_linear(empty, "location", 0, keys, name)
    return empty


def _object(name: str, data, group=None, inputs: dict | None = None):
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    if group:
        modifier = obj.modifiers.new(name, "NODES")
        modifier.node_group = group
        for key, value in (inputs or {}).items():
            compat.set_modifier_input(modifier, key, value)
    return obj
