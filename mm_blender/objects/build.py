"""From a visualization to the objects of Blender's current scene, and from what is built to another visualization."""
from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

import bpy
import numpy as np
from mathutils import Matrix, Vector

from .. import changes as difference, framing
from ..appearance import Scale
from ..changes import EVERYTHING, Changes, Colours
from ..places import to_blender
from ..representation import FACES, INSTANCES, TILES
from ..tree import elements
from . import (camera, floor, keys, looks, marks, materials, matrices, parts, reduced, represent, shelf, store, sweep,
               tiles)
from .nodes import elements as nodes_of_cubes, tiles as nodes_of_tiles
from .undo import Undo

if TYPE_CHECKING:
    from ..visualization import Visualization

AISLE = 0.25  # between visualizations, relative to the width of the newer one


def build(viz: "Visualization") -> bpy.types.Collection:
    """Make every object of ``viz`` in a collection of its own. The scene's other objects stay as they are; its camera,
    world and view transform become this visualization's. It stands at the origin, or to the right of what was built
    before. If anything fails, nothing of it remains."""
    viz.values  # whatever can go wrong with the input goes wrong before the scene is touched
    undo = Undo(bpy.context.scene)
    beside = _beside_others(viz)
    collection = bpy.data.collections.new("mm")
    try:
        bpy.context.scene.collection.children.link(collection)
        job = _Job(viz, collection)
        with shelf.groups(job.groups):
            job.make(EVERYTHING, beside)
    except BaseException:
        remove(collection)
        undo.restore()
        raise
    return collection


def update(old: "Visualization", new: "Visualization", collection: bpy.types.Collection) -> None:
    """Make what is built of ``old`` show ``new``; only what differs is touched. What a person moved stays moved."""
    new.values
    _Job(new, collection).make(difference.compare(old, new))


def rebuild(viz: "Visualization") -> None:
    """Make everything of ``viz``, which is built, anew: what a person deleted or changed too, but for where the whole
    stands."""
    viz.values
    collection = viz.collection
    sweep.clear(collection)
    parts.clear(collection, parts.SWEEP, parts.MATRIX, parts.MARK, parts.KEY, parts.LIGHT, parts.CAMERA)
    _Job(viz, collection).make(EVERYTHING)


def frame_camera(viz: "Visualization", aspect: float) -> None:
    """Put the camera of ``viz``, which is built, where it holds all of it in a picture of ``aspect`` = width / height;
    what a person did to it is given up."""
    cameras = [obj for obj in parts.of(viz.collection, parts.CAMERA) if obj.type == "CAMERA"]
    held = parts.original(cameras)
    obj = held or camera.put(viz.camera, viz.placement, base_of(viz.collection), viz.collection)
    obj.animation_data_clear()
    aim(viz, obj, viz.framed(aspect), aspect)
    bpy.context.scene.camera = obj
    parts.adopt(viz.collection, parts.CAMERA)


def aim(viz: "Visualization", obj: bpy.types.Object, seen_from: framing.Camera, aspect: float) -> None:
    """Put the camera ``obj`` where ``seen_from`` stands, for a picture of ``aspect`` of ``viz``, which is built."""
    camera.aim(obj, seen_from, viz.placement, base_of(viz.collection), aspect)
    camera.slant(parts.root_of(viz.collection), seen_from, viz.placement)
    parts.adopt(viz.collection, parts.CAMERA)


def remove(collection: bpy.types.Collection) -> None:
    """Delete a visualization's collection, its objects and what only they used."""
    sweep.clear(collection)
    parts.delete(collection.all_objects)
    store.forget(collection)
    bpy.data.collections.remove(collection)


def base_of(collection: bpy.types.Collection) -> Matrix:
    """Where a visualization stands: the frame of its root."""
    root = parts.root_of(collection)
    return root.matrix_basis.copy() if root else Matrix()


class _Job:
    """One making or changing of what is built of ``viz``, in ``collection``."""

    def __init__(self, viz: "Visualization", collection: bpy.types.Collection):
        self.viz, self.collection, self.scene = viz, collection, bpy.context.scene
        self.drawing = represent.Drawing(viz, collection)
        self.nodes, self.look, self.pitch = self.drawing.nodes, self.drawing.look, self.drawing.pitch

    @property
    def scales(self) -> dict[str, Scale]:
        return self.drawing.scales

    @property
    def colours(self) -> dict[str, Colours]:
        return self.drawing.colours

    @cached_property
    def wanted(self) -> dict[str, str]:
        """What each matrix is to be drawn as in a picture of the scene's size."""
        return represent.kinds(self.viz, self.scene)

    @property
    def base(self) -> Matrix:
        return base_of(self.collection)

    @property
    def groups(self) -> tuple:
        """All that decides which node groups are made."""
        swept = {(node.anim.alg, node.chain) for path, node in self.nodes.items() if path in self.viz.schedule.tracks}
        return (materials.finish_of(self.look), sorted({colours.cmap for colours in self.colours.values()}),
                sorted(set(self.wanted.values())), sorted(swept, key=repr))

    def make(self, changes: Changes, base: Matrix = Matrix()) -> None:
        if parts.root_of(self.collection) is None:
            self.root(base)
        if changes.structure:
            self.collection.name = f"mm {self.viz.expression}"[:60]
        made = self.matrices(changes)
        if changes.structure or changes.palette:
            self.palette(made)
        elif changes.colours:
            self.recolour(made)
        if changes.sizes and not changes.structure:
            for path, obj in made.items():
                matrices.draw(obj, self.nodes[path].viz, self.scales[path], self.pitch)
        if changes.marks:
            parts.clear(self.collection, parts.MARK)
            marks.add(self.viz, self.look, self.collection)
            floor.add(self.viz, self.look, self.collection)
            parts.adopt(self.collection, parts.MARK)
        if changes.structure or changes.marks or changes.colours or changes.sizes:
            self.put_keys()
        if changes.structure:
            self.light()
        if changes.sweep:
            self.sweep(made)
        elif changes.sizes:
            self.resize_sweep()
        if changes.camera or changes.sweep:
            self.camera(changes)
        self.viz.collection = self.collection
        self.represent(made, changes)
        represent.attach_numbers(self.collection)
        store.save(self.viz, self.collection)

    def represent(self, made: dict[str, bpy.types.Object], changes: Changes) -> None:
        """As cubes, as tiles or as faces, for the size of picture that the scene has."""
        self.drawing.put(self.wanted, {path for path in made if changes.structure or changes.palette or changes.sizes
                                       or changes.sweep or changes.value(path)})
        self.drawing.put_moving(self.wanted)
        if TILES in self.wanted.values() and hasattr(self.scene, "cycles"):
            self.scene.cycles.use_light_tree = False  # it takes no account of the faces that tiles show

    def root(self, base: Matrix) -> None:
        """The Empty that carries all that is seen: moving it moves the visualization."""
        root = bpy.data.objects.new("mm", None)
        root.empty_display_type, root.empty_display_size = "ARROWS", 4 * self.pitch
        root.matrix_basis = root.matrix_world = base
        self.collection.objects.link(root)
        parts.adopt(self.collection, parts.ROOT)

    def matrices(self, changes: Changes) -> dict[str, bpy.types.Object]:
        """The objects of the matrices by path, made or changed. One that a person has deleted comes back only where
        all is made, or what it shows."""
        held = parts.matrices(self.collection)
        if changes.structure:
            parts.delete([obj for path, obj in held.items()
                          if path not in self.nodes or self.nodes[path].role != obj["mm_role"]])
            held = parts.matrices(self.collection)
        # what a sequential accumulation ends with differs from the product in its last bits
        rounded = {path for path, obj in held.items() if sweep.ACCUMULATE in obj.modifiers}
        made = {}
        for path, node in self.nodes.items():
            obj, fresh = held.get(path), path not in held
            if fresh and not (changes.value(path) or changes.sweep):
                continue
            if fresh or changes.value(path):
                obj = matrices.put(node, self.viz.values[path], obj, self.pitch, self.collection)
                reduced.stamp(obj, node)
            elif changes.sweep and path in rounded:
                matrices.set_values(obj.data, self.viz.values[path])
            if fresh or changes.place(path):
                obj.matrix_basis = matrices.world_frame(self.viz.placement.matrices[path], self.pitch)
            if changes.structure:
                obj.name = obj["mm_name"] = node.name
                obj["mm_own"] = obj.name
            made[path] = obj
        parts.adopt(self.collection, parts.MATRIX)
        store.keep_data(self.viz, made, self.collection)
        return made

    def palette(self, made: dict[str, bpy.types.Object]) -> None:
        """A material and a cube for every distinct set of colours, and everything drawn with them."""
        former = parts.of(self.collection, parts.ELEMENT)
        bevelled = elements(self.viz.tree) <= matrices.FINE_ELEMENTS
        cubes: dict = {}
        groups = {INSTANCES: nodes_of_cubes.build, FACES: partial(nodes_of_cubes.build, True),
                  TILES: partial(nodes_of_tiles.build, bool(self.viz.schedule.tracks))}
        for path, node in self.nodes.items():
            colours = self.colours[path]
            if colours not in cubes:
                cubes[colours] = matrices.cube("mm element", bevelled, materials.elements(colours, self.look),
                                               self.collection)
            if path in made:
                matrices.draw(made[path], node.viz, self.scales[path], self.pitch, cubes[colours],
                              groups[self.wanted[path]])
        self.resize_sweep({path: cubes[self.colours[path]] for path in self.nodes})
        parts.delete(former)
        parts.adopt(self.collection, parts.ELEMENT)

    def recolour(self, made: dict[str, bpy.types.Object]) -> None:
        """Other settings for the materials; nothing is evaluated again."""
        done = set()
        for path, obj in made.items():
            element = matrices.element_of(obj)
            for material in [*(element.data.materials if element else ()), tiles.material_of(obj)]:
                if material and material not in done:
                    done.add(material)
                    materials.recolour(material, self.colours[path], self.look)

    def put_keys(self) -> None:
        former = parts.of(self.collection, parts.KEY)
        if former:  # removing nothing would have Blender look at everything anew
            parts.delete(former)
        keys.add(self.viz, self.look, self.collection)
        parts.adopt(self.collection, parts.KEY)

    def light(self) -> None:
        parts.clear(self.collection, parts.LIGHT)
        looks.light(self.look, camera.axes(self.viz.camera), self.collection)
        parts.adopt(self.collection, parts.LIGHT)
        self.scene.render.film_transparent = self.viz.options.transparent
        looks.put_world(self.scene, self.look)
        self.scene.view_settings.view_transform = "Standard"
        self.scene.view_settings.look = "None"
        self.scene["mm_pitch"] = self.pitch

    def sweep(self, made: dict[str, bpy.types.Object]) -> None:
        """All that moves, anew; keys of sweeps that are as before stay as a person left them."""
        sweep.clear(self.collection)
        tracks = self.viz.schedule.tracks
        self.scene["mm_steps"] = self.viz.schedule.steps
        if tracks:
            cubes = {path: matrices.element_of(obj) for path, obj in made.items()}
            sweep.animate(sweep.Stage(self.viz, self.viz.schedule, self.collection, made, cubes, self.pitch,
                                      self.viz.step_frames(self.scene.render.fps)))
            parts.adopt(self.collection, parts.SWEEP)
        else:
            self.collection.pop("mm_last_frame", None)
        sweep.clear_playheads(self.collection, tracks)
        lasts = [other["mm_last_frame"] for other in {self.collection, *store.visualizations(self.scene)}
                 if "mm_last_frame" in other]
        if lasts:
            self.scene.frame_end = max(lasts)
        if tracks and not store.is_saved(self.collection):
            self.scene.frame_set(self.scene.frame_start)

    def resize_sweep(self, cubes: dict[str, bpy.types.Object] | None = None) -> None:
        """The sizes of what moves inside the boxes; ``cubes``: what stands for an element there, by path."""
        for obj in parts.of(self.collection, parts.SWEEP):
            node = self.nodes.get(obj.get("mm_path"))
            if node and "mm_largest" in obj:
                matrices.draw(obj, node.viz, self.viz.scale_inside(node, obj["mm_largest"]), self.pitch,
                              cubes[node.path] if cubes else None)

    def camera(self, changes: Changes) -> None:
        cameras = parts.of(self.collection, parts.CAMERA)
        held = parts.original(obj for obj in cameras if obj.type == "CAMERA")
        if changes.sweep:
            camera.unspin(self.collection)
        obj = camera.put(self.viz.camera, self.viz.placement, self.base, self.collection, held)
        camera.slant(parts.root_of(self.collection), self.viz.camera, self.viz.placement)
        if held is None or changes.structure:
            self.scene.camera = obj
        speed = self.viz.tree.anim.spin if self.viz.options.animate else 0
        if speed and changes.sweep:
            target = self.base @ Vector(to_blender(self.viz.camera.target) * self.pitch)
            camera.spin(obj, speed, target, bool(self.viz.schedule.tracks), self.collection)
        parts.adopt(self.collection, parts.CAMERA)


def _beside_others(viz: "Visualization") -> Matrix:
    """The origin, or a place to the right of the visualizations that the scene has."""
    others = [_right_end(collection) for collection in store.visualizations(bpy.context.scene)]
    if not others:
        return Matrix()
    width = float(viz.placement.high[0] - viz.placement.low[0]) * viz.placement.pitch
    left = float(viz.placement.low[0]) * viz.placement.pitch
    return Matrix.Translation((max(others) + AISLE * width - left, 0.0, 0.0))


def _right_end(collection: bpy.types.Collection) -> float:
    """The largest x of a visualization, in metres."""
    ends = [0.0]
    for obj in parts.matrices(collection).values():
        frame = np.array(base_of(collection) @ obj.matrix_basis)
        corners = np.array([[x, y, 0, 1] for x in (0, 1) for y in (0, 1)], float)
        size = obj.bound_box[6]
        corners[:, 0] *= size[0]
        corners[:, 1] *= size[1]
        ends.append(float((corners @ frame.T)[:, 0].max()))
    return max(ends)
