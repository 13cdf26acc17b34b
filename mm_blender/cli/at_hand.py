"""What is at hand: Blender as a module, the network."""
from __future__ import annotations

import importlib.util
import sys

from ..errors import ParameterError, RenderError


def check_bpy() -> None:
    """Raise RenderError where Blender is not there as a module."""
    if "bpy" in sys.modules or importlib.util.find_spec("bpy"):
        return
    wheels = {(3, 11): "bpy==5.0.1", (3, 13): "bpy==5.2.3"}
    here = wheels.get(sys.version_info[:2])
    advice = (f"pip install {here}" if here else
              f"its wheels are for Python 3.11 (bpy==5.0.1) and 3.13 (bpy==5.2.3), this is {sys.version.split()[0]}")
    raise RenderError(f"this needs Blender as a Python module, bpy, which is not installed: {advice};"
                      " or run it inside Blender with the extension on, 'blender --command mm ...'")


def check_online() -> None:
    """Blender's own preference counts above ours; pip's bpy has no preferences that a person sees."""
    bpy = sys.modules.get("bpy")
    if bpy and not bpy.app.module and not bpy.app.online_access:
        raise ParameterError("--online: Blender is set to stay offline; allow online access in its preferences"
                             " (System, Network) or start it with --online-mode")
