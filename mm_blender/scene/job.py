"""A job: making all objects of a document in a collection, or changing what differs."""
from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import bpy
from mathutils import Matrix

from ..appearance.colours import Colours
from ..appearance.rules import Scale
from ..document.difference import Changes, concerns_letters, may_move_arrows
from ..document.document import Document
from ..expression.tree import elements, MatMul
from ..layout.places import to_blender
from ..options import FACES, INSTANCES, TILES
from . import (
    borrowed_scene,
    camera,
    cell_info,
    copies,
    key_objects,
    letters,
    looks,
    marks,
    materials,
    matrices,
    mending,
    needs,
    parts,
    properties,
    redraw,
    row_letters,
    saved_data,
    saved_state,
    scene_picture,
    scenes,
    shadow_plane,
    story_objects,
    sweep,
    sweep_frames,
    tags,
    tiles,
)
from .blender_types import mesh_of, scene_now, vector
from .built import Built
from .nodes import cube_group, tile_group


class Job:
    """One making or changing of what is built of ``document``, in ``collection``. Of several side by side (``member``:
    which one it is) the first has the camera and the suns of all, and what is written beside them is laid
    out for all at once: see ``row_of_scenes``."""

    def __init__(self, document: Document, collection: bpy.types.Collection):
        self.document, self.collection = document, collection
        self.member = parts.member(collection)
        self.leads = not self.member  # has the camera and the suns of its pictures
        self.scene, self.drawing = scene_now(), redraw.Drawing(document, collection)
        self.frame_rate = document.frame_rate(scenes.frame_rate(self.scene))  # that what moves is keyed for
        self.nodes, self.look, self.pitch = self.drawing.nodes, self.drawing.look, self.drawing.pitch

    @property
    def scales(self) -> dict[str, Scale]:
        """Which magnitudes each matrix draws smallest and largest, by path."""
        return self.drawing.scales

    @property
    def colours(self) -> dict[str, Colours]:
        """The settings of each matrix' colours, by path."""
        return self.drawing.colours

    @cached_property
    def built(self) -> Built:
        """What it is when this is done."""
        return Built.one(self.document, self.collection)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What each matrix is to be drawn as in a picture of the scene's size."""
        return redraw.kinds(self.document, self.scene)

    @property
    def lettered(self) -> bool:
        """Whether what is written beside it is its own."""
        return self.member is None or self.planes

    @property
    def base(self) -> Matrix:
        """Where the whole stands."""
        return parts.base_of(self.collection)

    @property
    def groups(self) -> tuple:
        """All that decides which node groups are made."""
        tracks = self.document.schedule.tracks
        swept = {(node.anim.alg, node.chain) for path, node in self.nodes.items()
                 if path in tracks and isinstance(node, MatMul)}
        return (materials.finish_of(self.look), sorted({colours.cmap for colours in self.colours.values()}),
                sorted(set(self.kinds.values())), sorted(swept, key=repr))

    def make(self, changes: Changes, base: Matrix | None = None) -> None:
        """Make what ``changes`` say; what is made for the first time stands at ``base``."""
        if parts.root_of(self.collection) is None:
            mending.root(self.collection, self.pitch, base or Matrix())
        if changes.structure or changes.name:
            self.collection.name = f"mm {self.document.options.name or self.document.expression}"[:60]
            copies.sign(self.collection)
        before = row_letters.written(self.collection)
        with parts.made(self.collection, parts.MATRIX):
            objects = self.matrices(changes)
        saved_data.keep(self.document, objects, self.collection)
        if changes.structure or changes.palette:
            former = parts.of(self.collection, parts.ELEMENT)
            with parts.made(self.collection, parts.ELEMENT):
                self.palette(objects)
            parts.delete(former)
        elif changes.colours:
            self.recolour(objects)
        if changes.sizes and not changes.structure:
            for path, obj in objects.items():
                matrices.draw(obj, self.nodes[path].viz, self.scales[path], self.pitch)
        if changes.marks:
            with parts.anew(self.collection, parts.MARK):
                marks.add(self.document, self.look, self.collection)
                shadow_plane.add(self.document, self.look, self.collection)
        if self.planes and (changes.structure or changes.marks or changes.colours or changes.sizes):
            self.put_keys()
        if changes.structure:
            self.light()
        if changes.story:
            story_objects.clear(self.collection)
        if changes.sweep:
            story_objects.forget(self.collection)
            self.sweep(objects)
        elif changes.sizes:
            self.resize_sweep()
        if changes.camera or changes.sweep:
            with parts.made(self.collection, parts.CAMERA):
                self.camera(changes)
        story_objects.tell(self.document, self.collection, self.scene, changes)
        self.represent(objects, changes)
        fresh = not saved_state.is_saved(self.collection)
        if self.lettered:
            self.letter(changes)
        elif not fresh and concerns_letters(self.document, changes):
            row_letters.keep_true(self.document, self.collection, changes, before)
        redraw.attach_numbers(self.collection)
        saved_state.save(self.document, self.collection)
        self.put_into_scene(changes, fresh)

    def put_into_scene(self, changes: Changes, fresh: bool) -> None:
        """Have the scene, where it is ours, show what was made."""
        self.collection[tags.PITCH], self.collection[tags.STEPS] = self.pitch, self.document.schedule.steps
        borrowed_scene.take(self.collection, self.scene, whole=changes.structure and (fresh or self.leads))
        if fresh and self.document.schedule.tracks:
            borrowed_scene.show_start(self.collection, self.scene)

    @property
    def planes(self) -> bool:
        """Whether names and keys lie in space, and are not laid out for a picture."""
        return self.document.options.lettering == "planes"

    def letter(self, changes: Changes) -> None:
        """What is written beside the matrices as the camera sees them."""
        if self.planes:
            letters.clear(self.collection)
            letters.put_arrows(self.built, None)
        elif concerns_letters(self.document, changes) or may_move_arrows(self.document, changes) and (
                scene_picture.arrows_differ(self.built)):
            if changes.structure and parts.of(self.collection, parts.KEY):
                parts.clear(self.collection, parts.KEY)  # of the planes
            obj = needs.camera_of(self.collection)
            if obj is not None:
                letters.put(self.built, scene_picture.composed(self.built, obj), obj)
                story_objects.letter(self.document, self.collection, scene_picture.size())

    def represent(self, objects: dict[str, bpy.types.Object], changes: Changes) -> None:
        """As cubes, as tiles or as faces, for the size of picture that the scene has."""
        self.drawing.put(self.kinds, {path for path in objects if changes.structure or changes.palette or changes.sizes
                                       or changes.sweep or changes.story or changes.value(path)})
        self.drawing.put_moving(self.kinds)

    def matrices(self, changes: Changes) -> dict[str, bpy.types.Object]:
        """The objects of the matrices by path, made or changed. One that a person has deleted comes back only where
        all is made, or what it shows."""
        former = parts.matrices(self.collection)
        if changes.structure:
            parts.delete([obj for path, obj in former.items()
                          if path not in self.nodes or self.nodes[path].role != obj[tags.ROLE]])
            former = parts.matrices(self.collection)
        # what a sequential accumulation ends with differs from the product in its last bits
        rounded = {path for path, obj in former.items() if sweep.ACCUMULATE in obj.modifiers}
        objects = {}
        for path, node in self.nodes.items():
            obj, fresh = former.get(path), path not in former
            if fresh and not (changes.value(path) or changes.sweep):
                continue
            if obj is None or changes.value(path):
                obj = matrices.put(node, self.document.values[path], obj, self.pitch, self.collection)
                cell_info.stamp(obj, node)
            elif changes.sweep and path in rounded:
                matrices.set_values(mesh_of(obj), self.document.values[path])
            if fresh or changes.place(path):
                obj.matrix_basis = matrices.world_frame(self.document.placement.matrices[path], self.pitch)
            if changes.structure:
                obj.name = obj[tags.NAME] = node.name
                obj[tags.OWN] = obj.name
            objects[path] = obj
        return objects

    def palette(self, objects: dict[str, bpy.types.Object]) -> None:
        """A material and a cube for every distinct set of colours, and everything drawn with them."""
        bevelled = elements(self.document.tree) <= matrices.FINE_ELEMENTS
        cubes: dict[tuple, bpy.types.Object] = {}
        cube_of: dict[str, bpy.types.Object] = {}
        groups: dict[str, Callable[[], bpy.types.NodeTree]] = {
            INSTANCES: cube_group.build, FACES: partial(cube_group.build, True),
            TILES: partial(tile_group.build, bool(self.document.schedule.tracks))}
        for path, node in self.nodes.items():
            colours, theirs = self.colours[path], matrices.persons_material(objects.get(path))
            if (colours, theirs) not in cubes:
                cubes[colours, theirs] = matrices.cube(
                    "mm element", bevelled, theirs or materials.elements(colours, self.look), self.collection)
            cube_of[path] = cubes[colours, theirs]
            if path in objects:
                matrices.draw(objects[path], node.viz, self.scales[path], self.pitch, cube_of[path],
                              groups[self.kinds[path]])
        self.resize_sweep(cube_of)

    def recolour(self, objects: dict[str, bpy.types.Object]) -> None:
        """Other settings for the materials; nothing is evaluated again."""
        done = set()
        for path, obj in objects.items():
            element = matrices.element_of(obj)
            for material in [*(mesh_of(element).materials if element else ()), tiles.material_of(obj)]:
                if material and material not in done:
                    done.add(material)
                    materials.recolour(material, self.colours[path], self.look)

    def put_keys(self) -> None:
        """The keys in the planes, anew."""
        with parts.anew(self.collection, parts.KEY):
            key_objects.add(self.document, self.look, self.collection)

    def light(self) -> None:
        """The look's lights and its world, anew; what shows the former world shows the new one."""
        if self.leads:  # the suns light all: each set of them would light all once more
            with parts.anew(self.collection, parts.LIGHT):
                looks.light(self.look, camera.axes(self.document.camera), self.collection)
        needs.switch_lights(self.collection, borrowed_scene.owns(self.collection, self.scene))
        former = properties.pointed(self.collection, needs.WORLD, bpy.types.World)
        self.collection[needs.WORLD] = looks.world(self.look)
        for scene in bpy.data.scenes:
            if former and scene.world == former and looks.is_ours(former):
                scene.world = self.collection[needs.WORLD]
        looks.drop(former)

    def sweep(self, objects: dict[str, bpy.types.Object]) -> None:
        """All that moves, anew; keys of sweeps that are as before stay as a person left them."""
        sweep.clear(self.collection)
        tracks = self.document.schedule.tracks
        if tracks:
            cubes = {path: matrices.element_of(obj) for path, obj in objects.items()}
            with parts.made(self.collection, parts.SWEEP):
                sweep.animate(sweep.Stage(self.document, self.collection, objects, cubes, self.pitch,
                                          self.document.step_frames(self.frame_rate), self.frame_rate,
                                          borrowed_scene.owns(self.collection, self.scene),
                                          story_objects.timeline_of(self.document, self.collection, self.scene)))
        else:
            sweep_frames.forget(self.collection)
        sweep.clear_playheads(self.collection, tracks)

    def resize_sweep(self, cubes: dict[str, bpy.types.Object] | None = None) -> None:
        """The sizes of what moves inside the boxes; ``cubes``: what stands for an element there, by path."""
        sweep.resize(self.document, self.collection, cubes)

    def camera(self, changes: Changes) -> None:
        """The camera, with its turn and its slant, made or aimed anew; one that a person has moved stays."""
        former = needs.camera_of(self.collection)
        if changes.sweep:
            camera.unspin(self.collection)
        if not self.leads or self.member is not None and former:
            return
        seen_from, aspect = self.document.camera, 1.0
        if self.lettered and not self.planes and self.document.auto_framed:
            seen_from = scene_picture.composed(self.built).camera
            aspect = self.scene.render.resolution_x / self.scene.render.resolution_y
        obj = camera.put(seen_from, self.document.placement, self.base, self.collection, former, aspect)
        speed = self.document.tree.anim.spin if self.document.turns and self.member is None else 0
        target = self.base @ vector(to_blender(seen_from.target) * self.pitch)
        if not changes.sweep and not camera.moved_by_hand(obj):
            camera.centre(self.collection, target)
        elif speed and changes.sweep:
            sweeping = sweep_frames.of(self.collection)
            first, last = camera.spin(obj, speed / self.frame_rate, target, sweeping, self.collection)
            if not sweeping:
                sweep_frames.keep(self.collection, first, last, (first, last + 1))
        camera.slant(parts.root_of(self.collection), seen_from, self.document.placement)
