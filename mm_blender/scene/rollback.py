"""What a build that fails gives back."""
from __future__ import annotations

import bpy

from . import borrowed_scene, needs, properties, startup

WINDOWS = {"screens", "window_managers", "workspaces"}  # Blender's own, and never ours
# of data-blocks: all that there are, since Blender makes some beside those that we ask for, such as fonts
KINDS = tuple(each.identifier for each in bpy.types.BlendData.bl_rna.properties
              if each.type == "COLLECTION" and each.identifier not in WINDOWS)


class Undo:
    """What a build that fails has to give back: the scene's settings, and a file without what was made for it."""

    def __init__(self, scene: bpy.types.Scene):
        self.scene = scene
        self.settings = {path: needs.read(scene, path) for path in needs.PATHS if needs.has(scene, path)}
        self.own = {name: scene[name] for name in borrowed_scene.OWN if properties.has(scene, name)}
        self.record = scene[borrowed_scene.RECORD].to_dict() if borrowed_scene.is_taken(scene) else None
        self.markers = set(scene.timeline_markers)
        self.blocks = {kind: set(getattr(bpy.data, kind)) for kind in KINDS}

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
