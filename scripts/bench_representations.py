#!/usr/bin/env python3
"""What a frame costs by representation, against the same frame with one plain textured quad a matrix.

    python scripts/bench_representations.py [--link URL --assets DIR] [--size 1280] [--samples 32] [--runs 3] [--json]
    python scripts/bench_representations.py --kinds instances faces tiles [--near] [--sweep] [--share 0.25] ...

The second form gives each kind a process of its own and tells what it costs before the first sample, for a sample, and
at most of memory; ``--near``: seen from 40 pitches before the result; ``--share``: of the head's rows and columns.

Under a Python that has bpy and mm_blender. Without a link: the attention head of ``scripts/bench``, 1,114,112 elements.
In every run each is rendered once, in turns; times are of Cycles on the CPU, evaluation and transfer included.
"""
from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_resources = tempfile.TemporaryDirectory(prefix="mm-blender-bench-")
os.environ["BLENDER_USER_RESOURCES"] = _resources.name
os.environ["MM_BLENDER_CACHE"] = os.path.join(_resources.name, "cache")  # kept for the next run, not for ever

import bpy  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import mm_blender as mm  # noqa: E402
from mm_blender.expression.tree import elements  # noqa: E402
from mm_blender.layout.framing import Camera  # noqa: E402
from mm_blender.output import still  # noqa: E402
from mm_blender.output.settings import RenderSettings  # noqa: E402
from mm_blender.scene import compat, matrices, parts, tiles  # noqa: E402


def _head() -> dict:
    """The attention head of ``scripts/bench``, which is no module by its name."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    loader = SourceFileLoader("bench", str(Path(__file__).with_name("bench")))
    module = module_from_spec(spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module.head()


def _shrunk(params: dict, share: float) -> dict:
    """Parameters with all leaves smaller by ``share`` each way."""
    return {key: _shrunk(value, share) if isinstance(value, dict) else max(1, round(value * share))
            if key in ("h", "w") else value for key, value in params.items()}


def plain(viz: mm.Visualization) -> None:
    """Every matrix a quad with its picture on it, and no more."""
    for obj in parts.matrices(viz.collection).values():
        image = next(node.image for node in tiles.material_of(obj).node_tree.nodes
                     if node.bl_idname == "ShaderNodeTexImage")
        material = bpy.data.materials.new("plain")
        nodes, links = compat.node_tree(material).nodes, material.node_tree.links
        place = nodes.new("ShaderNodeAttribute")
        place.attribute_name = "mm_place"
        scale = nodes.new("ShaderNodeVectorMath")
        scale.operation = "MULTIPLY"
        scale.inputs[1].default_value = (1 / image.size[0], 1 / image.size[1], 0)
        texture, shader = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeBsdfPrincipled")
        texture.image, texture.interpolation = image, "Closest"
        output = nodes.new("ShaderNodeOutputMaterial")
        links.new(place.outputs["Vector"], scale.inputs[0])
        links.new(scale.outputs[0], texture.inputs[0])
        links.new(texture.outputs[0], shader.inputs["Base Color"])
        links.new(shader.outputs[0], output.inputs["Surface"])
        compat.set_modifier_input(obj.modifiers[matrices.MODIFIER], "Material", material)
        obj.update_tag()


def frame(kind: str, source, args, folder: str) -> float:
    """Seconds of a frame."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    moving = kind.endswith("sweep")
    settings = {"anim.alg": "vmprod", "anim.fuse": "sync"} if moving and not args.link else {}
    size = (args.size, args.size)
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = size
    viz = mm.visualize(source, assets=args.assets, animate=moving, settings=settings, frames_per_step=1,
                       representation={"plain": "tiles"}.get(kind, args.kind)).build()
    still.prepare(viz.built, RenderSettings(size, args.samples, "cycles"))
    if kind == "plain":
        plain(viz)
    scene = bpy.context.scene
    if moving:
        scene.frame_set(scene.frame_start + viz.schedule.steps // 2)
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    scene.render.filepath = os.path.join(folder, f"{kind}.png")
    start = time.perf_counter()
    bpy.ops.render.render(write_still=True)
    return time.perf_counter() - start


def parts_of_frame(kind: str, source, args) -> dict:
    """What a frame costs: seconds to evaluate the scene, from the call of Cycles to its first sample, and a sample;
    ``…_cpu``: the same in seconds of all cores together, which tell more where other work goes on; MB at most."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    size = (args.size, args.size)
    settings = {"anim.alg": "vmprod", "anim.fuse": "sync"} if args.sweep and not args.link else {}
    viz = mm.visualize(source, assets=args.assets, animate=args.sweep, settings=settings, frames_per_step=1,
                       representation=kind).build()
    near = None
    if args.near:
        frame = viz.placement.matrices["root"]
        middle = (frame @ [viz.tree.w / 2, viz.tree.h / 2, 0, 1])[:3]
        near = Camera(middle + frame[:3, 2] * 40 + frame[:3, 0] * 12, middle)
    still.prepare(viz.built, RenderSettings(size, args.samples, "cycles"), seen_from=near)
    scene = bpy.context.scene
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    if args.sweep:
        scene.frame_set(scene.frame_start + viz.schedule.steps // 2)
    start = time.perf_counter()
    bpy.context.evaluated_depsgraph_get().update()
    evaluated = time.perf_counter() - start
    samples, spent = [], []

    def note(text, *_) -> None:
        if isinstance(text, str) and "Sample" in text:
            samples.append(time.perf_counter())
            spent.append(time.process_time())

    bpy.app.handlers.render_stats.append(note)
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = os.path.join(args.keep or folder, f"{kind}.png")
        start, first = time.perf_counter(), time.process_time()
        bpy.ops.render.render(write_still=True)
        end, last = time.perf_counter(), time.process_time()
    return {"elements": elements(viz.tree), "evaluate": round(evaluated, 3), "before": round(samples[0] - start, 3),
            "before_cpu": round(spent[0] - first, 3), "sample": round((end - samples[0]) / args.samples, 4),
            "sample_cpu": round((last - spent[0]) / args.samples, 4),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def compare(args) -> int:
    """Every kind in a process of its own, in turns."""
    found: dict[str, list[dict]] = {kind: [] for kind in args.kinds}
    rest = [option for option in sys.argv[1:] if option not in ("--json", "--kinds", *args.kinds)]
    for _ in range(args.runs):
        for kind in args.kinds:
            done = subprocess.run([sys.executable, __file__, *rest, "--one", kind], capture_output=True, text=True)
            if done.returncode:
                print(done.stderr, file=sys.stderr)
                return 1
            found[kind].append(json.loads(done.stdout.splitlines()[-1]))
    result = {kind: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
              for kind, runs in found.items()}
    if args.json:
        print(json.dumps(result))
        return 0
    for kind, cost in result.items():
        print(f"  {kind:<10}{cost['elements']:10,.0f} elements   evaluate {cost['evaluate']:6.2f} s   before the first "
              f"sample {cost['before']:6.2f} s (of cores {cost['before_cpu']:6.2f})   a sample {cost['sample']:7.4f} s "
              f"({cost['sample_cpu']:7.4f})   peak {cost['peak_mb']:6.0f} MB")
    return 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--link", metavar="SOURCE", help="a link, expression, preset or file to render instead")
    arguments.add_argument("--assets", metavar="DIR", help="folder with the files that it names")
    arguments.add_argument("--size", type=int, default=1280, help="pixels each way")
    arguments.add_argument("--samples", type=int, default=32)
    arguments.add_argument("--runs", type=int, default=3, help="of each, the median counts (default: 3)")
    arguments.add_argument("--kind", default="auto", help="the representation that is measured (default: auto)")
    arguments.add_argument("--sweep", action="store_true", help="measure a frame in the middle of a sweep, too")
    arguments.add_argument("--keep", metavar="DIR", help="folder to leave the pictures in")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--kinds", nargs="+", metavar="KIND", help="compare these, each in a process of its own")
    arguments.add_argument("--near", action="store_true", help="with --kinds: seen from near by")
    arguments.add_argument("--share", type=float, default=1.0, help="with --kinds: of the sizes of the head")
    arguments.add_argument("--one", help=argparse.SUPPRESS)
    args = arguments.parse_args()
    if args.kinds:
        return compare(args)
    source = args.link or _head()
    if args.one:
        if args.share < 1 and not args.link:
            source = _shrunk(source, args.share)
        print(json.dumps(parts_of_frame(args.one, source, args)))
        return 0
    kinds = ["plain", args.kind, *(["sweep"] if args.sweep else [])]
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.runs):
            for kind in kinds:
                times[kind].append(frame(kind, source, args, args.keep or folder))
    result = {"blender": bpy.app.version_string, "size": args.size, "samples": args.samples, "runs": args.runs,
              "seconds": {kind: round(statistics.median(each), 3) for kind, each in times.items()},
              "ratio": {kind: round(statistics.median(a / b for a, b in zip(times[kind], times["plain"])), 3)
                        for kind in kinds[1:]},
              "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    if args.json:
        print(json.dumps(result))
    else:
        print(f"Blender {result['blender']}, {args.size} x {args.size}, {args.samples} samples, "
              f"median of {args.runs} runs, peak {result['peak_mb']} MB\n")
        for kind, seconds in result["seconds"].items():
            print(f"  {kind:<10}{seconds:8.2f} s   {result['ratio'].get(kind, 1.0):6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
