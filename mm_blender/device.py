"""The device that Cycles renders on: a GPU where there is one, else the CPU. Needs bpy.

What a person chose in Blender's preferences is kept. Without a choice the first kind of GPU that has a device is taken,
the one that ray-traces in hardware first. ``MM_BLENDER_DEVICE`` (``auto``, ``cpu``, ``gpu``) says otherwise for a
process, as ``--device`` does.
"""
from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .errors import MMWarning, RenderError

WISHES = ("auto", "cpu", "gpu")
VARIABLE = "MM_BLENDER_DEVICE"
KINDS = ("OPTIX", "METAL", "HIP", "ONEAPI", "CUDA")  # CUDA finds the same cards as OptiX, and old ones too
_none_found = False  # looking takes a third of a second, and libraries that are missing are complained about each time


def choose(scene: bpy.types.Scene, wish: str | None = None) -> str:
    """Set ``scene`` to render on the device of ``wish`` (None: what the environment says, or ``auto``), and return
    what was chosen: ``CPU`` or a kind of GPU. Where ``gpu`` is wished and there is none, warns and takes the CPU.

    Raises RenderError for a wish that is none.
    """
    wish = wish or os.environ.get(VARIABLE) or "auto"
    if wish not in WISHES:
        raise RenderError(f"there is no device {wish!r}; known are {', '.join(WISHES)}")
    found = _gpu() if wish != "cpu" else None
    if wish == "gpu" and found is None:
        warnings.warn("Cycles finds no GPU that it can use here, so the CPU renders", MMWarning, stacklevel=3)
    scene.cycles.device = "GPU" if found else "CPU"
    return found or "CPU"


def _gpu() -> str | None:
    """The kind of GPU that is ready to render, made so if need be."""
    global _none_found
    addon = bpy.context.preferences.addons.get("cycles")
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
        warnings.warn(f"Cycles could not be asked for its devices ({error}), so the CPU renders", MMWarning,
                      stacklevel=4)
    _none_found = True
    return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps back what libraries that are missing have to say of themselves, on either output."""
    kept = []
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.flush()
    try:
        for number in (1, 2):
            kept.append((number, os.dup(number)))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
    except OSError:  # no such output, as in a Blender that was started from a menu
        pass
    try:
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


def _use(preferences, kind: str, every: bool) -> bool:
    """Choose a kind of GPU with the devices that are switched on, or with ``every`` one; whether there is any."""
    preferences.compute_device_type = kind
    with _quiet():
        preferences.refresh_devices()
    devices = [device for device in preferences.devices if device.type == kind]
    if every:
        for device in devices:
            device.use = True
    return any(device.use for device in devices)
