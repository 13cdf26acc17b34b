#!/usr/bin/env python3
"""A graphics card: which one Cycles takes, whether its pictures are the processor's, and what all takes on it.

    python scripts/bench_gpu.py [--only devices pictures times sizes films eevee] [--out DIR] [--json FILE] [--quick]

Under a Python that has bpy and mm_blender. Every case is a process of its own, of at most ``--seconds``; what it found
is in the JSON as soon as it is done, and one that fails says why there and stops no other.

``devices``: what Cycles offers and what is chosen, here and where all cards are hidden, or all but the first.
``pictures``: looks, representations, a sweep's middle, numbers, no ground, by card and by processor: the root mean
square of the differences of their pixels, of 255, beside that of two renders by the card with other random numbers.
They lie in ``--out``.
``times``: seconds of ``render`` for ``L @ R`` and the attention head of 1.1 million elements in every quality: the
first picture of a process, and the median of those after it; by each kind of card, with and without its denoiser, and
by the processor.
``sizes``: ``bench_scale.py`` on the card, at 1e6, 1.6e7 and 1e8 elements.
``films``: a frame of the three lessons and of the head's fused sweep, 640 x 360: the median of some in a row.
``eevee``: what draws here, and EEVEE's first picture and those after it.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE / "scripts")]

from bench_seconds import HEAD, PRODUCT, SHAPES, SMALL  # noqa: E402

KINDS = ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL")
ALONE = {"all hidden": "", "the first alone": "0"}  # CUDA_VISIBLE_DEVICES
WHOLE = {f"{name}.{side}": size for name, sizes in SHAPES.items() for side, size in zip("hw", sizes)}
SWEEP = {**PRODUCT, "anim.alg": "vmprod", "anim.fuse": "sync"}
PICTURES: dict[str, tuple[str, dict, dict]] = {  # source, options of visualize, arguments of render
    **{look: (HEAD, {"settings": SMALL, "animate": False, "look": look}, {}) for look in ("dark", "paper", "studio")},
    **{kind: ("L @ R", {"settings": {**PRODUCT, "L.h": 96, "L.w": 96, "R.w": 96}, "animate": False,
                        "representation": kind}, {}) for kind in ("instances", "faces", "tiles")},
    "sweep": (HEAD, {"settings": {**SMALL, "anim.alg": "vmprod", "anim.fuse": "sync"}}, {"at": 40}),
    "sums": ("L @ R", {"settings": {**PRODUCT, "anim.alg": "vvprod"}, "representation": "tiles"}, {"at": 16}),
    "numbers": ("L @ R", {"settings": {**PRODUCT, "L.h": 4, "L.w": 4, "R.w": 4}, "animate": False, "numbers": True,
                          "look": "paper"}, {}),
    "no ground": ("softmax(tril(Q @ K.T / sqrt(k))) @ V", {"animate": False, "transparent": True, "keys": True}, {}),
}
TIMED: dict[str, tuple[str, dict]] = {"L @ R": ("L @ R", {}), "head": (HEAD, {"settings": WHOLE})}
QUALITIES = ("preview", "draft", "final")
LESSONS = ("what-a-matmul-is", "inside-an-attention-head", "why-low-rank-saves")
SIZES = (1e6, 1.6e7, 1e8)
Task = dict[str, Any]


# ---- what is done in a process of its own

def devices(_: Task) -> dict:
    """What Cycles offers, and what we take."""
    import bpy

    from mm_blender.cluster import renderer
    from mm_blender.output import device

    start = time.perf_counter()
    kind = device.kind()
    looked = time.perf_counter() - start
    preferences: Any = bpy.context.preferences.addons["cycles"].preferences  # type: ignore[union-attr]
    seen: dict[str, list[str]] = {}
    for each in preferences.devices:
        seen.setdefault(each.type, []).append(each.name)
    return {"kind": kind, "cards": device.cards(kind), "devices": seen, "seconds of looking": round(looked, 2),
            "a worker's facts": renderer.facts("cycles", "auto"), "without": renderer.facts("cycles", "cpu")["device"]}


def picture(task: Task) -> dict:
    """Render every one of PICTURES by one device to ``task["folder"]``."""
    import bpy

    import mm_blender as mm
    from mm_blender.output import device, sampling

    sampling.SEED = task["seed"]
    taken: dict[str, Any] = {"kind": device.kind()}
    for name, (source, options, how) in PICTURES.items():
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        start = time.perf_counter()
        try:
            mm.visualize(source, **options).render(Path(task["folder"], f"{name}.png"), tuple(task["size"]),
                                                   task["samples"], progress=False, **how)
        except mm.MMError as error:
            taken[name] = str(error)
        else:
            taken[name] = round(time.perf_counter() - start, 2)
    return taken


def timed(task: Task) -> dict:
    """Seconds of each quality's pictures: the first, and those after it."""
    import bpy

    import mm_blender as mm
    from mm_blender.output import device

    preferences: Any = bpy.context.preferences.addons["cycles"].preferences  # type: ignore[union-attr]
    if task["kind"] != "CPU":
        device._use(preferences, task["kind"], every=True)
    source, options = TIMED[task["what"]]
    out: dict[str, Any] = {"kind": device.kind()}
    start = time.perf_counter()
    viz = mm.visualize(source, animate=False, **options).build()
    out["build"] = round(time.perf_counter() - start, 2)
    out |= series(viz, task, QUALITIES, "cycles")
    return out


def series(viz: Any, task: Task, qualities: tuple[str, ...], engine: str) -> dict:
    """Of each quality, seconds of the first picture and of those after it, and of what Blender alone took of these."""
    import bpy

    out: dict[str, Any] = {}
    begun: list[float] = []
    alone: list[float] = []
    bpy.app.handlers.render_init.append(lambda *_: begun.append(time.perf_counter()))
    bpy.app.handlers.render_complete.append(lambda *_: alone.append(time.perf_counter() - begun[-1]))
    bpy.app.handlers.render_init.append(lambda scene, *_: on_card(scene) if task.get("denoiser") else None)
    for quality in qualities:
        alone.clear()
        seconds = []
        for _ in range(1 + task["rounds"]):
            start = time.perf_counter()
            viz.render(Path(task["folder"], "timed.png"), tuple(task["size"]), engine=engine, quality=quality,
                       progress=False)
            seconds.append(time.perf_counter() - start)
        out[quality] = {"first": round(seconds[0], 2), "after": round(statistics.median(seconds[1:]), 3),
                        "of it Blender": round(statistics.median(alone[1:]), 3), "each": [round(x, 3) for x in seconds]}
    return out


def on_card(scene: Any) -> None:
    """Have the card denoise, too."""
    scene.cycles.denoising_use_gpu = True


def film(task: Task) -> dict:
    """Seconds of frames in a row, at places spread over a film."""
    import bpy

    import mm_blender as mm

    if task["what"] == "head":
        viz = mm.visualize(HEAD, settings={**WHOLE, "anim.alg": task["algorithm"], "anim.fuse": "sync"})
    elif task["what"] == "inside-an-attention-head":  # without the model that the gallery takes, as large as it
        viz = mm.visualize("out = (attn = softmax(Q @ K_t / sqrt(k))) @ V", settings={
            "anim.alg": "vmprod", "anim.fuse": "sync", "Q.h": 16, "Q.w": 32, "K_t.w": 16, "V.w": 32}
        ).story(task["what"])
    else:
        viz = mm.lesson(task["what"])
    viz.build()
    scene: Any = bpy.context.scene
    begun: list[float] = []
    bpy.app.handlers.render_pre.append(lambda *_: begun.append(time.perf_counter()))
    out: dict[str, Any] = {"frames": scene.frame_end - scene.frame_start + 1}
    for quality in task["qualities"]:
        places, first = [], 0.0
        for at, share in enumerate(task["shares"]):
            begun.clear()
            start = time.perf_counter()
            one = round(scene.frame_start + share * (scene.frame_end - scene.frame_start))
            viz.render(Path(task["folder"], f"{quality} {at}"), (640, 360), quality=quality, progress=False,
                       frames=(one, one + task["in a row"]))
            begun.append(time.perf_counter())
            if between := [b - a for a, b in zip(begun[1:], begun[2:])]:  # frames that show the same are rendered once
                places.append(statistics.median(between))
                first = first or begun[1] - start
        out[quality] = {"first": round(first, 2), "median": round(statistics.median(places), 3),
                        "most": round(max(places), 3)}
    return out


def eevee(task: Task) -> dict:
    """What draws, and EEVEE's pictures."""
    import bpy  # noqa: F401  which brings gpu
    import gpu

    import mm_blender as mm
    from mm_blender.output import device

    out: dict[str, Any] = {"software": device.software()}
    out |= {what: getattr(gpu.platform, f"{what}_get")() for what in ("backend_type", "renderer", "vendor", "version")}
    source, options = TIMED[task["what"]]
    viz = mm.visualize(source, animate=False, **options).build()
    return out | series(viz, task, ("preview", "final"), "eevee")


ACTS: dict[str, Callable[[Task], dict]] = {"devices": devices, "picture": picture, "timed": timed, "film": film,
                                           "eevee": eevee}


# ---- what is asked for

def apart(act: str, task: Task, seconds: float, **environ: str) -> dict:
    """What ``act`` finds in a process of its own, or what went wrong."""
    with tempfile.TemporaryDirectory(prefix="mm-blender-gpu-") as folder:
        result = Path(folder, "result.json")
        whole = {"folder": folder, **task, "act": act, "result": str(result)}
        done = run([sys.executable, __file__, "--task", json.dumps(whole)], seconds, environ)
        return done if "failed" in done else json.loads(result.read_text("utf-8"))


def run(command: list[str], seconds: float, environ: dict[str, str]) -> dict:
    """What a process says; ``failed``: why it did not end well."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds,
                              env={**os.environ, **environ}, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {seconds:g} s"}
    return {"said": done.stdout} if done.returncode == 0 else {"failed": (done.stdout + done.stderr)[-2000:]}


def parts(args: argparse.Namespace) -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """Every case: its part, its name and what finds it out."""
    def case(act: str, task: Task, **environ: str) -> Callable[[], dict]:
        return lambda: apart(act, task, args.seconds, **environ)

    yield "devices", "as it is", case("devices", {})
    for name, seen in ALONE.items():
        yield "devices", name, case("devices", {}, CUDA_VISIBLE_DEVICES=seen)
    for name, seed, wish in (("card", 0, "auto"), ("card, other", 1, "auto"), ("processor", 0, "cpu")):
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        yield "pictures", name, case("picture", {"folder": str(folder), "seed": seed, "samples": args.samples,
                                                 "size": args.size}, MM_BLENDER_DEVICE=wish)
    yield "pictures", "differences", lambda: differences(args.out)
    whole = {"size": [480, 300] if args.quick else [1600, 1000], "rounds": 1 if args.quick else 3}
    for kind in (*args.kinds, "CPU"):
        for denoiser in (False, True) if kind == args.kinds[0] else (False,):
            for what in TIMED:
                name = f"{what}, {kind}{', denoised there' * denoiser}"
                task = {**whole, "kind": kind, "denoiser": denoiser, "what": what}
                yield "times", name, case("timed", task | ({"rounds": 1} if kind == "CPU" else {}),
                                          MM_BLENDER_DEVICE="cpu" if kind == "CPU" else "auto")
    for count in SIZES[:1] if args.quick else SIZES:
        yield "sizes", f"{count:g}", lambda count=count: scale(count, args.seconds)
    yield from ((part, name, case("film", task)) for part, name, task in films(args.quick))
    for what in TIMED:
        yield "eevee", what, case("eevee", {**whole, "size": [1280, 800], "rounds": 2, "what": what})


def films(quick: bool) -> Iterator[tuple[str, str, Task]]:
    """What is measured of films."""
    shares, many = ((0.5,), 2) if quick else ((0.2, 0.45, 0.7), 4)
    for lesson in LESSONS:
        yield "films", lesson, {"what": lesson, "qualities": ["preview", "final"], "in a row": many, "shares": shares}
    for algorithm in ("vmprod", "vvprod"):
        yield "films", f"head, {algorithm}", {"what": "head", "algorithm": algorithm, "qualities": ["preview"],
                                              "in a row": many, "shares": shares}


def scale(count: float, seconds: float) -> dict:
    """What ``bench_scale.py`` says of ``count`` elements."""
    done = run([sys.executable, str(HERE / "scripts" / "bench_scale.py"), "elements", f"{count:g}"], seconds, {})
    return done if "failed" in done else json.loads(done["said"].split("RESULT ")[1].splitlines()[0])


def differences(out: Path) -> dict:
    """Of every picture, how far that of the card is from the processor's, and how far two of the card's are apart."""
    import numpy as np
    from PIL import Image

    found: dict[str, Any] = {}
    for name in PICTURES:
        seen = [out / which / f"{name}.png" for which in ("card", "processor", "card, other")]
        if not all(path.is_file() for path in seen):
            found[name] = "not all are there"
            continue
        card, processor, other = (np.asarray(Image.open(path).convert("RGBA"), np.float64) for path in seen)
        for pixels in (card, processor, other):
            pixels[..., :3] *= pixels[..., 3:] / 255  # what is not seen has no colour
        found[name] = {"card and processor": rms(card - processor), "two of the card": rms(card - other)}
    return found


def rms(difference: Any) -> float:
    """The root mean square of a difference."""
    return round(float((difference ** 2).mean() ** 0.5), 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = ("devices", "pictures", "times", "sizes", "films", "eevee")
    parser.add_argument("--only", nargs="+", choices=known, default=known, metavar="PART", help=" ".join(known))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=("OPTIX", "CUDA"), metavar="KIND",
                        help="of cards that are timed, as Cycles calls them (default: OPTIX CUDA)")
    parser.add_argument("--seconds", type=float, default=900, metavar="N", help="that a case may take (default: 900)")
    parser.add_argument("--size", type=lambda text: [int(side) for side in text.split("x")], default=[800, 500],
                        metavar="WxH", help="of the pictures that are compared (default: 800x500)")
    parser.add_argument("--samples", type=int, metavar="N", help="of these (default: those of the quality final)")
    parser.add_argument("--quick", action="store_true", help="small pictures, few of each, small sizes")
    parser.add_argument("--out", type=Path, default=HERE / "out" / "gpu", metavar="DIR", help="for the pictures")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.task:
        task = json.loads(args.task)
        Path(task["result"]).write_text(json.dumps(ACTS[task["act"]](task)), "utf-8")
        return 0
    result: dict[str, Any] = {"cores": os.cpu_count()}
    for part, name, act in parts(args):
        if part in args.only:
            start = time.perf_counter()
            found = act()
            result.setdefault(part, {})[name] = found
            print(f"{part}: {name} ({time.perf_counter() - start:.0f} s): {json.dumps(found)}", flush=True)
            if args.json:
                args.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
