"""Scenes whose settings for rendering are borrowed and given back. Needs bpy."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy


@contextmanager
def kept(scene: bpy.types.Scene) -> Iterator[None]:
    """Put the scene's settings for rendering, and its frame, back as they were."""
    owners = [scene.render, scene.render.image_settings, scene.eevee, getattr(scene, "cycles", None),
              *scene.view_layers]
    former = [(owner, _settings(owner)) for owner in owners if owner]
    frame = scene.frame_current
    try:
        yield
    finally:
        for owner, settings in former:
            for name, value in settings.items():
                if getattr(owner, name) != value:
                    setattr(owner, name, value)
        scene.frame_set(frame)


def _settings(owner: bpy.types.bpy_struct) -> dict[str, Any]:
    """The plain settings of ``owner`` by name; first those that decide which values others may have."""
    names = [prop.identifier for prop in owner.bl_rna.properties
             if not prop.is_readonly and prop.type in ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
             and not getattr(prop, "is_array", False) and not getattr(prop, "is_enum_flag", False)]
    names.sort(key=lambda name: name not in ("media_type", "file_format"))
    return {name: getattr(owner, name) for name in names}
