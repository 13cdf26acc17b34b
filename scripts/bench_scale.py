#!/usr/bin/env python3
"""Times and memory of one size, in a process of its own so that its peak is its own: for ``scripts/bench``.

    python scripts/bench_scale.py elements N | layer | tokens [N]        under a Python that has bpy and mm_blender

Prints JSON. ``elements``: ``L @ R`` of square float32 arrays, N elements in all, as ``auto`` shows it. ``layer``: the
first picture of ``x @ W``, W a 4096 x 14336 BF16 weight in a safetensors file. ``tokens``: an attention map of N x N.
"""
from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

_resources = tempfile.TemporaryDirectory(prefix="mm-blender-bench-")
os.environ["BLENDER_USER_RESOURCES"] = _resources.name
os.environ["MM_BLENDER_CACHE"] = os.path.join(_resources.name, "cache")  # kept for the next run, not for ever

import numpy as np  # noqa: E402

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

SIZE, SAMPLES = 640, 16     # of the frames
LARGEST_BARE = 3 * 10 ** 6  # elements up to which the bare script is run: beyond, instances take minutes
RUNS = 3


def peak_gb() -> float:
    """The most memory that this process had, of which what its parent had is no part."""
    try:
        with open("/proc/self/status") as status:
            return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1e6
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def elements(count: int) -> dict:
    import bpy

    import bench_representations
    import mm_blender as mm
    from bench_bare import bare
    from mm_blender.output import still
    from mm_blender.output.settings import RenderSettings

    n = max(2, round(math.sqrt(count / 3)))
    rng = np.random.default_rng(0)
    data = {name: rng.standard_normal((n, n), np.float32) for name in "LR"}
    out: dict = {"elements": 3 * n * n}
    runs = 1 if count > 10 ** 7 else RUNS
    data["L"][:8] @ data["R"]  # wakes the threads
    out["matmul"] = min(_timed(lambda: data["L"] @ data["R"]) for _ in range(runs))
    best: dict = {}
    for _ in range(runs + (count <= 10 ** 7)):  # the first one loads modules
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = SIZE
        marks = [time.perf_counter()]
        viz = mm.visualize("L @ R", data, animate=False)
        marks.append(time.perf_counter())
        viz.values
        marks.append(time.perf_counter())
        viz.build()
        marks.append(time.perf_counter())
        bpy.context.evaluated_depsgraph_get()
        marks.append(time.perf_counter())
        for name, seconds in zip(("source", "values", "build", "evaluate"), np.diff(marks)):
            best[name] = min(best.get(name, math.inf), seconds)
    out |= best
    out["total"] = sum(best.values())
    out["cells"] = sum(x.size for x in viz.values.values())
    still.prepare(viz.built, RenderSettings((SIZE, SIZE), SAMPLES, "cycles"))
    scene = bpy.context.scene
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    out["frame"] = min(_frame(scene) for _ in range(RUNS))
    out["peak_gb"] = peak_gb()
    mm_tiles = [obj for obj in viz.collection.objects if "mm_path" in obj]
    from mm_blender.scene import tiles

    if all(tiles.is_tile(obj) for obj in mm_tiles):
        bench_representations.plain(viz)
        out["quads"] = min(_frame(scene) for _ in range(RUNS))
    if out["elements"] <= LARGEST_BARE:
        out["bare"] = min(bare(list(viz.values.values()))[0] for _ in range(runs))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera, scene.render.engine = camera, "CYCLES"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.cycles.samples, scene.cycles.use_adaptive_sampling, scene.cycles.use_denoising = SAMPLES, False, False
    out["empty"] = min(_frame(scene) for _ in range(RUNS))
    return out


def layer() -> dict:
    import bpy

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "layer.safetensors")
        _write(file, {"W": (4096, 14336), "x": (32, 4096)}, rng)
        before = peak_gb()
        start = time.perf_counter()
        import mm_blender as mm

        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        viz = mm.visualize("y = x @ W", {name: f"{file}:{name}" for name in "xW"}, animate=False).build()
        built = time.perf_counter() - start
        viz.render(Path(folder, "layer.png"), size=(SIZE, SIZE), samples=SAMPLES, progress=False)
        return {"built": built, "picture": time.perf_counter() - start, "peak_gb": peak_gb(), "before_gb": before,
                "cells": sum(x.size for x in viz.values.values())}


def _write(file: Path, shapes: dict, rng) -> None:
    """A safetensors file of bfloat16, a band of rows at a time."""
    head, at = {}, 0
    for name, (h, w) in shapes.items():
        head[name] = {"dtype": "BF16", "shape": [h, w], "data_offsets": [at, at + 2 * h * w]}
        at += 2 * h * w
    text = json.dumps(head).encode()
    with open(file, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for h, w in shapes.values():
            for first in range(0, h, 256):
                x = rng.standard_normal((min(256, h - first), w), np.float32)
                out.write((x.view(np.uint32) >> 16).astype("<u2").tobytes())


def tokens(count: int) -> dict:
    import mm_blender as mm

    rng = np.random.default_rng(0)
    data = {name: rng.standard_normal((count, 64), np.float32) for name in "QKV"}
    start = time.perf_counter()
    viz = mm.visualize("out = (attn = softmax(tril(Q @ K.T / sqrt(k)))) @ V", data, animate=False)
    viz.values
    values = time.perf_counter() - start
    viz.build()
    return {"tokens": count, "values": values, "built": time.perf_counter() - start, "peak_gb": peak_gb(),
            "cells": sum(x.size for x in viz.values.values())}


def _timed(act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _frame(scene) -> float:
    import bpy

    scene.render.filepath = os.path.join(_resources.name, "frame.png")
    return _timed(lambda: bpy.ops.render.render(write_still=True))


def main() -> int:
    import bpy  # noqa: F401  before what is measured

    what, *more = sys.argv[1:] or ["elements", "10000"]
    act = {"elements": elements, "layer": layer, "tokens": tokens}[what]
    result = act(*(int(float(word)) for word in more))
    print("RESULT " + json.dumps({key: round(float(x), 4) if isinstance(x, float) else int(x)
                                  for key, x in result.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
