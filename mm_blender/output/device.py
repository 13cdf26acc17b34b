"""The device that Cycles renders on: a GPU where there is one, else the CPU. Needs bpy.

What a person chose in Blender's preferences is kept. Without a choice the first kind of GPU that has a device is taken,
the one that ray-traces in hardware first. ``MM_BLENDER_DEVICE`` (``auto``, ``cpu``, ``gpu``) says otherwise for a
process, as ``--device`` does.
"""
from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import bpy

from ..errors import RenderError, warn
from ..scene import compat
from ..scene.blender_types import cycles_of, there
from ..system import quiet

WISHES = ("auto", "cpu", "gpu")
VARIABLE = "MM_BLENDER_DEVICE"
KINDS = ("OPTIX", "METAL", "HIP", "ONEAPI", "CUDA")  # CUDA finds the same cards as OptiX, and old ones too
# core-seconds of EEVEE on Mesa's llvmpipe: of a first picture for its shaders, of a sample for shadows, and for pixels
EEVEE_START, EEVEE_SAMPLE, EEVEE_PIXEL = 12.0, 4.0, 3e-7
_none_found = False  # looking takes a third of a second, and libraries that are missing are complained about each time


def choose(scene: bpy.types.Scene, wish: str | None = None) -> str:
    """Set ``scene`` to render on the device of ``wish``, and return ``kind`` of it."""
    found = kind(wish)
    cycles_of(scene).device = "CPU" if found == "CPU" else "GPU"
    return found


def kind(wish: str | None = None) -> str:
    """What Cycles renders on, ``CPU`` or a kind of GPU, by ``wish`` (None: what the environment says, or ``auto``).
    Where ``gpu`` is wished and there is none, warns and takes the CPU.

    Raises RenderError for a wish that is none.
    """
    wish = wish or os.environ.get(VARIABLE) or "auto"
    if wish not in WISHES:
        raise RenderError(f"there is no device {wish!r}; known are {', '.join(WISHES)}")
    with quiet.silence():  # libraries that are missing have something to say of themselves
        found = _gpu() if wish != "cpu" else None
    if wish == "gpu" and found is None:
        warn("Cycles finds no GPU that it can use here, so the CPU renders")
    return found or "CPU"


def cards(kind: str) -> int:
    """How many devices of a ``kind`` that was found here Cycles would render on, all of them at once."""
    addon = there(bpy.context.preferences).addons.get("cycles")
    return 0 if addon is None or kind == "CPU" else \
        sum(device.use and device.type == kind for device in addon.preferences.devices)


def fast(engine: str) -> bool:
    """Whether a graphics card does the work of ``engine`` (``cycles``, ``eevee`` or ``workbench``) here."""
    return kind() != "CPU" if engine == "cycles" else not software()


def warn_of_eevee(size: tuple[int, int], samples: int) -> None:
    """Where EEVEE has no graphics card, say what its picture of ``size`` will take, each time that is something else:
    an estimate from measurements (docs/seconds.md)."""
    if not software():
        return
    work = EEVEE_START + samples * (EEVEE_SAMPLE + EEVEE_PIXEL * size[0] * size[1])
    seconds = work / (os.cpu_count() or 1)
    told = f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
    warn(f"no graphics card draws here, so the processor does for EEVEE: a picture of {size[0]} x {size[1]} with "
         f"{samples} samples will take about {told}, by an estimate; Cycles and Workbench are quicker here")


def software() -> bool:
    """Whether what is drawn with OpenGL or Vulkan is computed by the processor, as Mesa's llvmpipe does."""
    kind = _drawing_device()
    if kind is None:  # in the background nothing is known until something was drawn
        _draw_something()
    return (kind or _drawing_device()) == "SOFTWARE"


def _drawing_device() -> str | None:
    import gpu

    try:
        return gpu.platform.device_type_get()
    except SystemError:
        return None


def _draw_something() -> None:
    """Have Blender find out what draws here: a picture of a few pixels of nothing."""
    scene, lens = bpy.data.scenes.new("mm nothing"), bpy.data.cameras.new("mm nothing")
    eye = bpy.data.objects.new("mm nothing", lens)
    try:
        scene.render.engine = compat.engine("workbench")
        scene.render.resolution_x = scene.render.resolution_y = 16
        scene.render.use_sequencer = scene.render.use_compositing = False
        scene.camera = eye
        with quiet.silence(), suppress(RuntimeError):
            bpy.ops.render.render(scene=scene.name)
    finally:
        bpy.data.objects.remove(eye)
        bpy.data.cameras.remove(lens)
        bpy.data.scenes.remove(scene)


def _gpu() -> str | None:
    """The kind of GPU that is ready to render, made so if need be."""
    global _none_found
    addon = there(bpy.context.preferences).addons.get("cycles")
    if addon is None or _none_found:
        return None
    preferences = addon.preferences
    try:
        chosen = preferences.compute_device_type
        if chosen != "NONE" and _use(preferences, chosen, every=False):
            return chosen
        offered = preferences.bl_rna.properties["compute_device_type"].enum_items.keys() or \
            [item[0] for item in preferences.get_device_types(bpy.context)]
        for kind in KINDS:
            if kind in offered and _use(preferences, kind, every=True):
                return kind
        preferences.compute_device_type = chosen
    except (AttributeError, KeyError, TypeError, RuntimeError, ValueError) as error:  # a driver fails, an odd build
        warn(f"Cycles could not be asked for its devices ({error}), so the CPU renders")
    _none_found = True
    return None


def _use(preferences: Any, kind: str, every: bool) -> bool:
    """Choose a kind of GPU with the devices that are switched on, or with ``every`` one; whether there is any."""
    preferences.compute_device_type = kind
    preferences.refresh_devices()
    devices = [device for device in preferences.devices if device.type == kind]
    if every:
        for device in devices:
            device.use = True
    return any(device.use for device in devices)
