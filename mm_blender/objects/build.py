"""From a visualization to the objects of Blender's current scene."""
from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..guides import line_radius
from ..tree import MatMul, elements, nodes
from . import camera, looks, marks, materials, matrices, sweep

if TYPE_CHECKING:
    from ..visualization import Visualization


def build(viz: "Visualization") -> bpy.types.Collection:
    """Make every object of ``viz`` in a collection of its own. The scene's other objects stay as they are; its camera,
    world and view transform become this visualization's. If anything fails, nothing of it remains."""
    viz.values  # whatever can go wrong with the input goes wrong before the scene is touched
    undo = _Undo(bpy.context.scene)
    collection = bpy.data.collections.new(f"mm {viz.expression}"[:60])
    try:
        _fill(viz, collection)
        bpy.context.scene.collection.children.link(collection)
    except BaseException:
        remove(collection)
        undo.restore()
        raise
    return collection


class _Undo:
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


def _fill(viz: "Visualization", collection: bpy.types.Collection) -> None:
    scene, look, place = bpy.context.scene, looks.LOOKS[viz.look], viz.placement
    pitch = place.pitch
    palette: dict = {}
    objects: dict[str, bpy.types.Object] = {}
    scales = viz.scales()
    total = elements(viz.tree)
    bevelled = total <= matrices.FINE_ELEMENTS
    for node in nodes(viz.tree):
        if node.viz not in palette:
            made = materials.elements(node.viz, look)
            palette[node.viz] = made, matrices.cube("mm element", bevelled, made, collection)
        material, element = palette[node.viz]
        objects[node.path] = matrices.add(
            node, viz.values[node.path], place.matrices[node.path], scales[node.path], pitch, element, material,
            collection)
    _marks(viz, look, pitch, collection)
    looks.light(look, camera.axes(viz.camera), collection)
    scene.camera = camera.add(viz.camera, place, collection)
    scene.world = looks.world(look)
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    scene["mm_pitch"], scene["mm_steps"] = pitch, viz.schedule.steps
    if viz.schedule.tracks:
        made = {key: material for key, (material, _) in palette.items()}
        sweep.animate(sweep.Stage(viz, viz.schedule, collection, objects, palette[viz.tree.viz][1], made, pitch,
                                  viz.step_frames(scene.render.fps)))
    if viz.animate and viz.tree.anim.spin:
        camera.spin(scene.camera, viz.tree.anim.spin, viz.camera.target, pitch, bool(viz.schedule.tracks), collection)


def _marks(viz: "Visualization", look: looks.Look, pitch: float, collection: bpy.types.Collection) -> None:
    size = float((viz.placement.high - viz.placement.low).max())
    lines: dict[float, bpy.types.Material] = {}
    vanes = None
    for node in nodes(viz.tree):
        light = node.deco.row_guides
        if light > 0:
            if light not in lines:
                lines[light] = materials.flat("mm lines", (*[look.line * light ** 2] * 3, 1.0))
            marks.add_row_guides(node, viz.placement.matrices[node.path], line_radius(size), pitch, lines[light],
                                 collection)
        if isinstance(node, MatMul) and node.deco.flow_guides > 0:
            vanes = vanes or [materials.flat("mm flow left", look.left_vane),
                              materials.flat("mm flow right", look.right_vane)]
            marks.add_flow_guides(node, viz.tree.count, viz.placement.boxes[node.path], pitch, vanes, collection)
    ink = materials.flat("mm text", (*look.text, 1.0))
    for text in viz.legends():
        marks.add_text(text, pitch, ink, collection)


def remove(collection: bpy.types.Collection) -> None:
    """Delete a visualization's collection, its objects and what only they used."""
    for obj in list(collection.objects):
        data = obj.data
        bpy.data.objects.remove(obj)
        if data is not None and data.users == 0:
            bpy.data.batch_remove([data])
    bpy.data.collections.remove(collection)
