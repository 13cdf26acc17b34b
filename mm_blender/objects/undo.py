"""What a build that fails gives back."""
from __future__ import annotations

import bpy


class Undo:
    """What a build that fails has to give back: the scene's settings, and a file without what was made for it."""

    KINDS = ("objects", "meshes", "curves", "cameras", "lights", "worlds", "materials", "node_groups", "actions")
    SETTINGS = ("camera", "world", "frame_start", "frame_end")
    OWN = ("mm_pitch", "mm_steps")

    def __init__(self, scene: bpy.types.Scene):
        self.scene, view = scene, scene.view_settings
        self.settings = {name: getattr(scene, name) for name in self.SETTINGS}
        self.own = {name: scene[name] for name in self.OWN if name in scene}
        self.view, self.frame = (view.view_transform, view.look), scene.frame_current
        self.markers = set(scene.timeline_markers)
        self.blocks = {kind: set(getattr(bpy.data, kind)) for kind in self.KINDS}

    def restore(self) -> None:
        for name, value in self.settings.items():
            setattr(self.scene, name, value)
        for name in self.OWN:
            if name in self.own:
                self.scene[name] = self.own[name]
            elif name in self.scene:
                del self.scene[name]
        self.scene.view_settings.view_transform, self.scene.view_settings.look = self.view
        for marker in set(self.scene.timeline_markers) - self.markers:
            self.scene.timeline_markers.remove(marker)
        bpy.data.batch_remove([block for kind, known in self.blocks.items()
                               for block in set(getattr(bpy.data, kind)) - known])
        self.scene.frame_set(self.frame)
