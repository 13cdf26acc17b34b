"""What the matrices of a visualization, and what moves inside its boxes, are drawn as (``representation``)."""
from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import bpy
import numpy as np

from ..appearance.colours import Colours
from ..appearance.looks import LOOKS
from ..appearance.representation import choose, meshed
from ..appearance.rules import Scale
from ..document.document import Document
from ..expression.tree import MatMul, Node, nodes
from ..layout import sweep_planes
from ..layout.framing import Camera
from ..options import FACES, INSTANCES, TILES
from ..values.accumulation import with_history
from . import (
    camera,
    faces,
    linked,
    matrices,
    parts,
    pins,
    properties,
    spotlight,
    story_light,
    sweep,
    tags,
    tile_material,
    tile_planes,
    tiles,
    upright,
)
from .blender_types import find_geometry_nodes, scene_now


def represent(document: Document, collection: bpy.types.Collection, size: tuple[int, int],
              seen_from: Camera | None = None, engine: str = "cycles") -> None:
    """Draw every matrix of ``document``, which is built in ``collection``, as suits a picture of ``size`` in pixels;
    what is linked stays as its own file has it."""
    if linked.library_of(collection):
        return
    drawing = Drawing(document, collection)
    chosen = kinds(document, scene_now(), size, seen_from)
    if engine == "workbench":
        chosen = meshed(chosen, document.tree)
    drawing.put(chosen)
    drawing.put_moving(chosen, anew=False)
    attach_numbers(collection)


def drawn_as(document: Document, collection: bpy.types.Collection) -> dict[str, str]:
    """What each matrix of ``document``, which is built in ``collection``, is drawn as, by path."""
    objects = parts.matrices(collection)
    return {node.path: _drawn_as(objects.get(node.path)) for node in nodes(document.tree)}


def _drawn_as(obj: bpy.types.Object | None) -> str:
    return INSTANCES if obj is None else TILES if tiles.is_tile(obj) else FACES if faces.is_faces(obj) else INSTANCES


def draw_as(document: Document, collection: bpy.types.Collection, kinds: dict[str, str]) -> None:
    """Draw the matrices of ``document``, which is built in ``collection``, as what ``drawn_as`` told."""
    if drawn_as(document, collection) == kinds:
        return
    drawing = Drawing(document, collection)
    drawing.put(kinds)
    drawing.put_moving(kinds, anew=False)
    attach_numbers(collection)


def attach_numbers(collection: bpy.types.Collection) -> None:
    """Have spotlights, pins and a story's numbers read the matrices as they are drawn now."""
    for light in parts.of(collection, parts.SPOTLIGHT):
        spotlight.attach(light, collection)
    pins.attach(collection)
    upright.attach(collection)


def kinds(document: Document, scene: bpy.types.Scene, size: tuple[int, int] | None = None,
          seen_from: Camera | None = None) -> dict[str, str]:
    """What each matrix is to be drawn as, by path; ``size``: of the picture, the scene's if it is not given. What rests
    as something else than its values after a sweep is no tile: others are multiplied with what their pictures hold."""
    bound = with_history(document.tree, document.schedule)
    size = size or (scene.render.resolution_x, scene.render.resolution_y)
    return choose(document.options.representation, document.tree, document.placement, seen_from or document.camera,
                  size, document.turns, bound)


class Drawing:
    """The objects of ``document`` in ``collection``, drawn as one kind or another."""

    def __init__(self, document: Document, collection: bpy.types.Collection):
        self.document, self.collection = document, collection
        self.nodes: dict[str, Node] = {node.path: node for node in nodes(document.tree)}
        self.look, self.pitch = LOOKS[document.options.look], document.placement.pitch
        self.made: tile_material.Made = {}

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """Which magnitudes each matrix draws smallest and largest, by path."""
        return self.document.scaling.scales

    @cached_property
    def colours(self) -> dict[str, Colours]:
        """The settings of each matrix' colours, by path."""
        return self.document.scaling.colours

    def put(self, kinds: dict[str, str], anew: Collection[str] = ()) -> None:
        """Have every matrix drawn as its kind; what is a tile already anew only if it is among ``anew``."""
        chosen, kinds = [], self._seen_as(kinds)
        for path, obj in parts.matrices(self.collection).items():
            if path not in self.nodes:
                continue
            swept, told = (find_geometry_nodes(obj, name) for name in (sweep.REVEAL, story_light.MODIFIER))
            if kinds[path] != TILES:
                if tiles.is_tile(obj):
                    tiles.take_away(obj, swept, told)
                faces.put(obj, kinds[path] == FACES, self.look)
            elif path in anew or not tiles.is_tile(obj):
                frame = np.array(matrices.world_frame(self.document.placement.matrices[path], self.pitch))[:3, :3]
                chosen.append(tiles.Tile(obj, self.nodes[path], self.document.values[path], self.scales[path],
                                         self.colours[path], frame, swept, told, sweep.ACCUMULATE in obj.modifiers))
        if chosen:
            tiles.put(chosen, self.look, camera.axes(self.document.camera), self.made)

    def put_moving(self, kinds: dict[str, str], anew: bool = True) -> None:
        """What moves inside the box of a matmul is a tile if both operands are and it is a plane; else faces if its
        result is; else instances: to realize these anew at every step takes five times as long as to move them. A tile
        anew, if it is one already, only if that is asked."""
        swept, kinds = parts.of(self.collection, parts.SWEEP), self._seen_as(kinds)
        planes = {obj[tags.PATH] for obj in swept if tile_planes.is_plane(obj)}
        # not planes: these go
        moved = [obj for obj in swept if properties.has(obj, tags.LARGEST) and obj.get(tags.PATH) in kinds]
        for obj in moved:
            plane = self._plane(obj, kinds)
            if plane is None:
                if matrices.INTERIOR in obj.modifiers:  # a partial result has none, beside an interior that may
                    tile_planes.take_away(obj, self.collection)
                faces.put(obj, kinds[obj[tags.PATH]] == FACES, self.look)
            elif anew or obj[tags.PATH] not in planes:
                with parts.made(self.collection, parts.SWEEP):
                    tile_planes.put(obj, plane, self.pitch, self.look, camera.axes(self.document.camera), self.made,
                                    self.collection)

    def _seen_as(self, kinds: dict[str, str]) -> dict[str, str]:
        """The same, but for faces of what a person has given a material to that no tile would show."""
        objects = parts.matrices(self.collection)
        return {path: FACES if kind == TILES and matrices.persons_material(objects.get(path)) else kind
                for path, kind in kinds.items()}

    def _plane(self, obj: bpy.types.Object, kinds: dict[str, str]) -> tile_planes.TilePlane | None:
        """What an interior is to be as a tile; None of what cannot be one."""
        node = self.nodes[obj[tags.PATH]]
        if matrices.INTERIOR not in obj.modifiers or not isinstance(node, MatMul):
            return None
        left, right, objects = node.left.path, node.right.path, parts.matrices(self.collection)
        scale = self.document.scaling.inside(node, obj[tags.LARGEST])
        scales = self.scales[left], self.scales[right]
        plane = sweep_planes.plane(node)
        if plane is None or any(each.low for each in (*scales, scale)) \
                or not all(kinds[path] == TILES and path in objects for path in (left, right)):
            return None
        values = self.document.values
        return tile_planes.TilePlane(node, plane, (objects[left], objects[right]), (values[left], values[right]),
                                     scales, scale, self.colours[node.path],
                                     self.document.placement.boxes[node.path] @ plane.frame)
