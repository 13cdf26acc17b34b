"""What a build that fails gives back."""
from __future__ import annotations

import bpy

from . import borrowed_scene, needs, properties, startup


class Undo:
    """What a build that fails has to give back: the scene's settings, and a file without what was made for it."""

    KINDS = ("objects", "meshes", "curves", "cameras", "lights", "worlds", "materials", "node_groups", "actions",
             "images")

    def __init__(self, scene: bpy.types.Scene):
        self.scene = scene
        self.settings = {path: needs.read(scene, path) for path in needs.PATHS if needs.has(scene, path)}
        self.own = {name: scene[name] for name in borrowed_scene.OWN if properties.has(scene, name)}
        self.record = scene[borrowed_scene.RECORD].to_dict() if borrowed_scene.is_taken(scene) else None
        self.markers = set(scene.timeline_markers)
        self.blocks = {kind: set(getattr(bpy.data, kind)) for kind in self.KINDS}

    def restore(self) -> None:
        """Give it back."""
        for path, value in self.settings.items():
            needs.write(self.scene, path, value)
        for name in borrowed_scene.OWN:
            if name in self.own:
                self.scene[name] = self.own[name]
            else:
                self.scene.pop(name, None)
        if self.record is None:
            self.scene.pop(borrowed_scene.RECORD, None)
            startup.show(self.scene)
        else:
            self.scene[borrowed_scene.RECORD] = self.record
        for marker in set(self.scene.timeline_markers) - self.markers:
            self.scene.timeline_markers.remove(marker)
        bpy.data.batch_remove([block for kind, known in self.blocks.items()
                               for block in set(getattr(bpy.data, kind)) - known])
