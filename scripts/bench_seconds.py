#!/usr/bin/env python3
"""Seconds: what a picture takes from the shell's prompt on, and how far each quality is from the converged picture.

    python scripts/bench_seconds.py [--before CHECKOUT] [--only times noise sweeps] [--rounds 3] [--json FILE]

``times``: the commands of docs/seconds.md, each in a process of its own, start included, beside a script that starts
bpy and renders one cube with four samples and the fast denoiser. They take turns; medians are told, of seconds and of
core-seconds (user and system time of all threads), which say what something costs while others work beside it.
``noise``: several pictures in each quality against one of ``--samples`` (2048) without a denoiser: root mean square of
the differences of pixels, of 255, and of the means of squares of 8 pixels; all beside each other in ``out/seconds/``.
``sweeps``: core-seconds of a frame of the head's fused sweep by each algorithm, ``preview``, 640 x 360, at places
spread over it: of every place the median of some frames one after the other, of these the median and the most. The
first frame of each place, which builds everything, does not count.
``--before``: another checkout (``git worktree add PATH COMMIT``), which is measured in the same run.
``--link`` and ``--assets``: what is timed as the attention head; without them the same head of random values.
"""
from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
HEAD = "out = (attn = softmax(tril((Q = input @ wQ) @ (K_t = wK_t @ input_t) / sqrt(k)))) @ (V = input @ wV) @ wO"
SHAPES = {"input": (256, 768), "wQ": (768, 64), "wK_t": (64, 768), "input_t": (768, 256), "wV": (768, 64),
          "wO": (64, 768)}
CUBE = """
import bpy
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.denoiser = 4, True, "OPENIMAGEDENOISE"
scene.cycles.denoising_prefilter, scene.cycles.denoising_quality = "NONE", "FAST"
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 800, 500, 100
scene.render.filepath = r"{path}"
bpy.ops.render.render(write_still=True)
"""
PARTS = ("times", "noise", "sweeps")
QUALITIES = ("preview", "draft", "final")
FUSED = ("vmprod", "mvprod", "vvprod")  # whose sweeps are timed; others have too many steps
SHARES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.97)  # of a sweep, at which its frames are: those of vvprod are of every matmul
LIMITS = {"draft": 10.0, "final": 35.0, "head, preview": 8.0}  # seconds on two idle cores
CUBES = 2.0                                                     # times the cube, of a preview of 800 x 500
SMALL = {f"{name}.{side}": size // 8 for name, sizes in SHAPES.items() for side, size in zip("hw", sizes)}
PRODUCT = {"L.init": "gaussian", "R.init": "gaussian"}
PICTURES = {  # name: source, options of visualize, what is done once it is built
    "head, dark": (HEAD, {"settings": SMALL, "animate": False}),
    "head, paper": (HEAD, {"settings": SMALL, "animate": False, "look": "paper"}),
    "L @ R": ("L @ R", {"animate": False}),
    "4 x 4": ("L @ R", {"settings": {**PRODUCT, "L.h": 4, "L.w": 4, "R.w": 4}, "animate": False}),
    "whole head": (None, {"animate": False}),
    "sweep": ("L @ R", {"settings": {**PRODUCT, "anim.alg": "vmprod"}}),
}


def absolute(path: str) -> Path:
    return Path(path).resolve()


def environment(checkout: Path, cache: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(checkout), "MM_BLENDER_CACHE": cache}


def taken(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Seconds and core-seconds of a process. Exits with what it wrote if it fails. It runs in a folder without a
    package of ours, which Python would prefer to the checkout that is meant."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environ, stdout=said, stderr=said, cwd=tempfile.gettempdir())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)[:200]}\n{said.read().decode('utf-8', 'replace')[-2000:]}")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def commands(args, folder: Path) -> dict[str, list[str]]:
    """What is timed: the arguments of ``mm-blender``. A checkout without previews renders drafts in their place."""
    head = [args.link or HEAD]
    if args.assets:
        head += ["--assets", str(args.assets)]
    if not args.link:
        head += [f"--set={key}={size}" for name, sizes in SHAPES.items() for key, size in
                 zip((f"{name}.h", f"{name}.w"), sizes)]
    out = ["-o", str(folder / "out.png"), "-q"]
    return {"preview, 800 x 500": ["render", "L @ R", *out, "--quality", "preview", "--size", "800x500"],
            "draft": ["render", "L @ R", *out, "--quality", "draft"],
            "final": ["render", "L @ R", *out, "--quality", "final"],
            "head, preview": ["render", *head, *out, "--quality", "preview"]}


def times(args, folder: Path) -> list[dict]:
    checkouts = {"now": HERE, **({"before": args.before} if args.before else {})}
    script = folder / "cube.py"
    script.write_text(CUBE.format(path=folder / "cube.png"))
    asked = commands(args, folder)
    runs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for turn in range(args.rounds + 1):
        todo = [("cube", "now", [sys.executable, str(script)], dict(os.environ))]
        for name, words in asked.items():
            for which, checkout in checkouts.items():
                if which == "before" and "preview" not in (checkout / "mm_blender/options.py").read_text():
                    words = ["draft" if word == "preview" else word for word in words]
                if not turn:  # what is kept between runs comes into being
                    words = [*words, "--size", "16x16", "--samples", "1"]
                todo.append((name, which, [sys.executable, "-m", "mm_blender.cli", *words],
                             environment(checkout, str(folder / which))))
        for name, which, command, environ in todo:
            measured = taken(command, environ)
            if turn:
                runs.setdefault((name, which), []).append(measured)
    out = []
    for name in ("cube", *asked):
        line = {"name": name, "limit": LIMITS.get(name)}
        for which in checkouts:
            if (name, which) in runs:
                line[which] = [round(statistics.median(column), 2) for column in zip(*runs[name, which])]
        if "before" in line:
            line["ratio"] = [round(b / a, 2) for a, b in zip(line["now"], line["before"])]
        line["cubes"] = [round(statistics.median(a[at] / b[at] for a, b in zip(runs[name, "now"], runs["cube", "now"])),
                               2)
                         for at in (0, 1)]
        out.append(line)
    return out


# ---- noise

def render(task: dict) -> None:
    """In a process of its own: a picture in some qualities, and converged if that is asked."""
    from dataclasses import replace

    import bpy

    import mm_blender as mm
    from mm_blender.output import sampling

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    viz = mm.visualize(task["source"], assets=task["assets"], **task["options"]).build()
    scene = bpy.context.scene
    if viz.options.animate and viz.schedule.tracks:
        scene.frame_set((scene.frame_start + scene.frame_end) // 2)
    more = {"at": scene.frame_current} if "at" in mm.Visualization.render.__code__.co_varnames else {}
    for quality, path in task["paths"].items():
        if quality == "converged":
            final = sampling.QUALITIES["final"]
            sampling.QUALITIES["final"] = replace(final, least=task["samples"])
            sampling._can_denoise = lambda: False
            viz.render(path, task["size"], task["samples"], quality="final", progress=False, **more)
        elif quality in sampling.QUALITIES:
            viz.render(path, task["size"], quality=quality, progress=False, **more)


def noise(args, folder: Path) -> list[dict]:
    """A line for each picture: the differences of each quality from the converged one."""
    import numpy as np
    from PIL import Image, ImageDraw

    target = HERE / "out" / "seconds"
    target.mkdir(parents=True, exist_ok=True)
    out = []
    for name, (source, options) in PICTURES.items():
        if args.pictures and name not in args.pictures:
            continue
        if source is None:
            source = args.link or HEAD
            options = {**options, **({} if args.link else {"settings": {
                f"{leaf}.{side}": size for leaf, sizes in SHAPES.items() for side, size in zip("hw", sizes)}})}
        seen, line = {}, {"name": name}
        for which, checkout in {"now": HERE, **({"before": args.before} if args.before else {})}.items():
            wanted = (*(QUALITIES if which == "now" else QUALITIES[1:]),
                      "converged")  # each to its own: they may differ
            paths = {quality: str(folder / f"{which} {quality}.png") for quality in wanted}
            task = {"source": source, "options": options, "assets": args.assets and str(args.assets), "paths": paths,
                    "samples": args.samples, "size": args.size}
            taken([sys.executable, __file__, "--task", json.dumps(task)], environment(checkout, str(folder / which)))
            seen |= {f"{which} {quality}" if which == "before" else quality:
                     np.asarray(Image.open(path).convert("RGB"), float) for quality, path in paths.items()}
        for label, pixels in seen.items():
            if "converged" not in label:
                difference = pixels - seen["before converged" if label.startswith("before") else "converged"]
                h, w = (side // 8 * 8 for side in difference.shape[:2])
                squares = difference[:h, :w].reshape(h // 8, 8, w // 8, 8, 3).mean((1, 3))
                line[label] = [round(float(np.sqrt((each ** 2).mean())), 2) for each in (difference, squares)]
        width, height = args.size
        sheet = Image.new("RGB", (width * len(seen), height))
        for at, (label, pixels) in enumerate(seen.items()):
            sheet.paste(Image.fromarray(pixels.astype(np.uint8)), (at * width, 0))
            told = f"{label}  RMSE {line[label][0]}" if label in line else f"{label}, {args.samples} samples"
            ImageDraw.Draw(sheet).text((at * width + 8, 8), told, fill=(200, 60, 60))
        sheet.save(target / f"{name.replace(' ', '_').replace(',', '')}.png")
        print(f"  {name:<20}" + "  ".join(f"{label} {value[0]} ({value[1]})" for label, value in line.items()
                                          if label != "name"), flush=True)
        out.append(line)
    return out


# ---- frames of sweeps

def frames(task: dict) -> None:
    """In a process of its own: the core-seconds of every frame at each place of a sweep, to ``task["result"]``."""
    import resource

    import bpy

    import mm_blender as mm

    def used() -> float:
        mine = resource.getrusage(resource.RUSAGE_SELF)
        return mine.ru_utime + mine.ru_stime

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    viz = mm.visualize(task["source"], assets=task["assets"], settings=task["settings"]).build()
    scene, places = bpy.context.scene, []
    begun: list[float] = []
    bpy.app.handlers.render_pre.append(lambda *_: begun.append(used()))
    for at, share in enumerate(task["shares"]):
        first = round(scene.frame_start + share * (scene.frame_end - scene.frame_start))
        begun.clear()
        viz.render(Path(f"{task['folder']} {at}"), (640, 360), quality="preview", progress=False,
                   frames=(first, first + task["frames"]))
        begun.append(used())
        places.append([b - a for a, b in zip(begun[1:], begun[2:])])
    Path(task["result"]).write_text(json.dumps(places), "utf-8")


def sweeps(args, folder: Path) -> list[dict]:
    """A line for each algorithm: the core-seconds of a frame, the median of all places and the most, and of each."""
    out = []
    shapes = {} if args.link else {f"{leaf}.{side}": size for leaf, sizes in SHAPES.items()
                                   for side, size in zip("hw", sizes)}
    for algorithm in args.algorithms:
        line = {"name": algorithm}
        for which, checkout in {"now": HERE, **({"before": args.before} if args.before else {})}.items():
            place = folder / f"{which} {algorithm}"
            task = {"source": args.link or HEAD, "assets": args.assets and str(args.assets), "shares": SHARES,
                    "settings": {**shapes, "anim.alg": algorithm, "anim.fuse": "sync"}, "frames": args.frames,
                    "folder": str(place), "result": f"{place}.json"}
            taken([sys.executable, __file__, "--task", json.dumps(task)], environment(checkout, str(folder / which)))
            places = [statistics.median(each) for each in json.loads(Path(task["result"]).read_text("utf-8"))]
            line[which] = [round(value, 2) for value in (statistics.median(places), max(places), *places)]
        print(f"  {algorithm:<24}" + "   ".join(
            f"{which} {line[which][0]} (at most {line[which][1]})  {line[which][2:]}"
            for which in ("now", "before") if which in line), flush=True)
        out.append(line)
    return out


def show(lines: list[dict]) -> Iterator[str]:
    yield f"  {'seconds (core-seconds)':<24}{'now':>18}{'before':>18}{'before / now':>18}{'in cubes':>16}{'limit':>8}"
    for line in lines:
        cells = ["{} ({})".format(*line[key]) if key in line else "" for key in ("now", "before", "ratio", "cubes")]
        yield f"  {line['name']:<24}" + "".join(f"{cell:>{wide}}" for cell, wide in zip(cells, (18, 18, 18, 16))) \
            + f"{line['limit'] or '':>8}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=absolute, metavar="CHECKOUT", help="measured beside this one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--algorithms", nargs="+", default=FUSED, metavar="NAME", help="of the sweeps that are timed")
    parser.add_argument("--frames", type=int, default=5, metavar="N", help="at each place of a sweep (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of which the medians are told (default: 3)")
    parser.add_argument("--samples", type=int, default=2048, metavar="N", help="of the converged picture")
    parser.add_argument("--size", type=lambda text: [int(side) for side in text.split("x")], default=[800, 500],
                        metavar="WxH", help="of the pictures whose noise is measured (default: 800x500)")
    parser.add_argument("--pictures", nargs="+", choices=PICTURES, metavar="NAME", help="only these")
    parser.add_argument("--link", metavar="SOURCE", help="timed as the attention head")
    parser.add_argument("--assets", type=absolute, metavar="DIR", help="folder with the files that it names")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.task:
        task = json.loads(args.task)
        (frames if "shares" in task else render)(task)
        return 0
    result = {"cores": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="mm-blender-seconds-") as folder:
        if "times" in args.only:
            result["times"] = times(args, Path(folder))
            print("\n".join(show(result["times"])), flush=True)
        if "noise" in args.only:
            result["noise"] = noise(args, Path(folder))
        if "sweeps" in args.only:
            result["sweeps"] = sweeps(args, Path(folder))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
