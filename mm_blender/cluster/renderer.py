"""Blender's side of a worker: a process that renders frames of .blend files, one at a time, as it is asked to.

It needs bpy and nothing of ours, for it runs in whichever Blender a worker has: as a script of pip's bpy, or of
``blender -b --python``. A line of standard input is a request, as JSON; a line of standard output that
begins with MARK is the answer to it; what Blender prints goes to standard error. It ends with its input, in the middle
of a picture too: whoever asked is gone then.
"""
from __future__ import annotations

import json
import os
import platform
import queue
import sys
import threading
from typing import Any, TextIO

MARK = "mm_blender "
KINDS = ("OPTIX", "METAL", "HIP", "ONEAPI", "CUDA")  # as ``output.device`` has them


def facts(engine: str, wish: str) -> dict[str, Any]:
    """What of this Blender decides what its pictures look like, to the pixel, and on which device they are made."""
    import bpy

    return {"blender": bpy.app.version_string, "hash": bpy.app.build_hash.decode("ascii", "replace"),
            "denoiser": _denoises(),
            "device": device(wish) if engine == "cycles" else drawing(),
            "system": f"{platform.system()} {platform.machine()}"}


def _denoises() -> bool:
    """Whether this build has OpenImageDenoise."""
    import _cycles  # which is there once bpy is

    return bool(getattr(_cycles, "with_openimagedenoise", False))


def device(wish: str) -> str:
    """The kind of device that Cycles renders on by ``wish`` (auto, cpu, gpu), which is chosen from now on."""
    import bpy

    context: Any = bpy.context
    addon = context.preferences.addons.get("cycles")
    if wish == "cpu" or addon is None:
        return "CPU"
    preferences = addon.preferences
    chosen = preferences.compute_device_type
    if chosen != "NONE" and _devices(preferences, chosen):
        return str(chosen)
    offered = [item[0] for item in preferences.get_device_types(context)]
    for kind in (kind for kind in KINDS if kind in offered):
        found = _devices(preferences, kind, every=True)
        if found:
            return kind
    preferences.compute_device_type = "NONE"
    return "CPU"


def _devices(preferences: Any, kind: str, every: bool = False) -> list[Any]:
    """The devices of a ``kind`` that are switched on; ``every`` one of them is, then."""
    preferences.compute_device_type = kind
    preferences.refresh_devices()
    found = [each for each in preferences.devices if each.type == kind]
    for each in found if every else ():
        each.use = True
    return [each for each in found if each.use]


def drawing() -> str:
    """What draws for EEVEE and Workbench."""
    import bpy
    import gpu

    scene: Any = bpy.data.scenes.new("mm nothing")
    eye: Any = bpy.data.objects.new("mm nothing", bpy.data.cameras.new("mm nothing"))
    try:  # in the background nothing is known until something was drawn
        scene.camera = eye
        scene.render.engine = "BLENDER_WORKBENCH"
        scene.render.resolution_x = scene.render.resolution_y = 16
        bpy.ops.render.render(scene=scene.name)
        return str(gpu.platform.renderer_get())
    except (RuntimeError, SystemError):
        return "nothing"
    finally:
        bpy.data.cameras.remove(eye.data)
        bpy.data.scenes.remove(scene)


class Renderer:
    """The file that is open, and what is done with it."""

    def __init__(self) -> None:
        self.engine, self.wish = "cycles", "auto"
        self.scene: Any = None

    def report(self, engine: str, device: str) -> dict[str, Any]:
        """``facts``, of an engine and a wish of a device."""
        self.engine, self.wish = engine, device
        return facts(engine, device)

    def open(self, path: str, scene: str, threads: int) -> dict[str, Any]:
        """Open a file, whose ``scene`` is rendered from now on, with so many ``threads``."""
        import bpy

        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
        lacking = [path for path in bpy.utils.blend_paths(absolute=True) if not os.path.exists(path)]
        if lacking:
            raise RuntimeError(f"the scene needs files that are not there: {', '.join(sorted(lacking)[:3])}; pack what "
                               "it uses (File > External Data)")
        self.scene = bpy.data.scenes[scene]
        self.scene.render.threads_mode, self.scene.render.threads = "FIXED", threads
        if self.engine == "cycles":
            self.scene.cycles.device = "CPU" if device(self.wish) == "CPU" else "GPU"
        return {}

    def render(self, frame: int, subframe: float, path: str) -> dict[str, Any]:
        """Render a frame to ``path``, and tell how much memory that has taken at most, in bytes (0: not known)."""
        import bpy

        scene = self.scene
        override: Any = bpy.context.temp_override
        scene.frame_current, scene.frame_subframe = frame, subframe
        scene.render.filepath = path.replace("{", "{{").replace("}", "}}") if bpy.app.version >= (4, 5, 0) else path
        with override(scene=scene, view_layer=scene.view_layers[0]):
            bpy.ops.render.render(write_still=True, scene=scene.name)
        return {"peak": peak()}


def peak() -> int:
    """The bytes that this process has taken at most."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Blender prints
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    renderer = Renderer()
    while True:
        request = json.loads(requests.get())
        try:
            answer = getattr(renderer, request.pop("do"))(**request)
        except ImportError as error:
            answer = {"error": f"{error}", "missing": error.name}
        except Exception as error:  # whatever it is, who asked is told
            answer = {"error": " ".join(str(error).split()) or type(error).__name__}
        _say(answers, answer)


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(f"{MARK}{json.dumps(answer)}\n")
    answers.flush()


def _listen(requests: queue.SimpleQueue[str]) -> None:
    """Put every request into the queue; at the end of all the process ends, wherever it stands."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
