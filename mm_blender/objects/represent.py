"""What the matrices of a visualization, and what moves inside its boxes, are drawn as (``representation``)."""
from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

import bpy
import numpy as np

from .. import interior
from ..appearance import Scale
from ..changes import Colours
from ..framing import Camera
from ..representation import FACES, TILES, accumulating, choose
from ..schedule import ACCUMULATING
from ..tree import MatMul, Node, nodes
from . import camera, faces, looks, matrices, parts, pins, spotlight, sweep, tile_material, tile_planes, tiles

if TYPE_CHECKING:
    from ..visualization import Visualization


def represent(viz: "Visualization", size: tuple[int, int], seen_from: Camera | None = None) -> None:
    """Draw every matrix of ``viz``, which is built, as suits a picture of ``size`` in pixels."""
    drawing = Drawing(viz, viz.collection)
    wanted = kinds(viz, bpy.context.scene, size, seen_from)
    drawing.put(wanted)
    drawing.put_moving(wanted, anew=False)
    attach_numbers(viz.collection)


def attach_numbers(collection: bpy.types.Collection) -> None:
    """Have spotlights and pins read the matrices as they are drawn now."""
    for light in parts.of(collection, parts.SPOTLIGHT):
        spotlight.attach(light, collection)
    pins.attach(collection)


def kinds(viz: "Visualization", scene: bpy.types.Scene, size: tuple[int, int] | None = None,
          seen_from: Camera | None = None) -> dict[str, str]:
    """What each matrix is to be drawn as, by path; ``size``: of the picture, the scene's if it is not given. What a
    sweep sums up before one's eyes is no tile: no picture holds what it shows."""
    tracks = viz.schedule.tracks
    bound = accumulating(viz.tree, tracks, ACCUMULATING) if tracks else ()
    size = size or (scene.render.resolution_x, scene.render.resolution_y)
    return choose(viz.options.representation, viz.tree, viz.placement, seen_from or viz.camera, size,
                  bool(viz.options.animate and viz.tree.anim.spin), bound)


class Drawing:
    """The objects of ``viz`` in ``collection``, drawn as one kind or another."""

    def __init__(self, viz: "Visualization", collection: bpy.types.Collection):
        self.viz, self.collection = viz, collection
        self.nodes: dict[str, Node] = {node.path: node for node in nodes(viz.tree)}
        self.look, self.pitch = looks.LOOKS[viz.options.look], viz.placement.pitch
        self.made: tile_material.Made = {}

    @cached_property
    def scales(self) -> dict[str, Scale]:
        return self.viz.scales()

    @cached_property
    def colours(self) -> dict[str, Colours]:
        return self.viz.colours()

    def put(self, kinds: dict[str, str], anew: Collection[str] = ()) -> None:
        """Have every matrix drawn as its kind; what is a tile already anew only if it is among ``anew``."""
        wanted = []
        for path, obj in parts.matrices(self.collection).items():
            if path not in self.nodes:
                continue
            swept = obj.modifiers.get(sweep.REVEAL)
            if kinds[path] != TILES:
                if tiles.is_tile(obj):
                    tiles.take_away(obj, swept)
                faces.put(obj, kinds[path] == FACES, self.look)
            elif path in anew or not tiles.is_tile(obj):
                frame = np.array(matrices.world_frame(self.viz.placement.matrices[path], self.pitch))[:3, :3]
                wanted.append(tiles.Tile(obj, self.nodes[path], self.viz.values[path], self.scales[path],
                                         self.colours[path], frame, swept))
        if wanted:
            tiles.put(wanted, self.look, camera.axes(self.viz.camera), self.made)

    def put_moving(self, kinds: dict[str, str], anew: bool = True) -> None:
        """What moves inside the box of a matmul is a tile if both operands are and it is a plane; else faces if its
        result is; else instances: to realize these anew at every step takes five times as long as to move them. A tile
        anew, if it is one already, only if that is asked."""
        swept = parts.of(self.collection, parts.SWEEP)
        planes = {obj["mm_path"] for obj in swept if tile_planes.is_plane(obj)}
        moved = [obj for obj in swept if "mm_largest" in obj and obj.get("mm_path") in kinds]  # not planes: these go
        for obj in moved:
            wanted = self._plane(obj, kinds)
            if wanted is None:
                if matrices.INTERIOR in obj.modifiers:  # a partial result has none, beside an interior that may
                    tile_planes.take_away(obj, self.collection)
                faces.put(obj, kinds[obj["mm_path"]] == FACES, self.look)
            elif anew or obj["mm_path"] not in planes:
                tile_planes.put(obj, wanted, self.pitch, self.look, camera.axes(self.viz.camera), self.made,
                                self.collection)
                parts.adopt(self.collection, parts.SWEEP)

    def _plane(self, obj: bpy.types.Object, kinds: dict[str, str]) -> tile_planes.Wanted | None:
        """What an interior is to be as a tile; None of what cannot be one."""
        node = self.nodes[obj["mm_path"]]
        if matrices.INTERIOR not in obj.modifiers or not isinstance(node, MatMul):
            return None
        sides, held = (node.left.path, node.right.path), parts.matrices(self.collection)
        scale, scales = self.viz.scale_inside(node, obj["mm_largest"]), tuple(self.scales[path] for path in sides)
        plane = interior.plane(node)
        if plane is None or any(each.low for each in (*scales, scale)) \
                or not all(kinds[path] == TILES and path in held for path in sides):
            return None
        return tile_planes.Wanted(node, plane, tuple(held[path] for path in sides),
                                  tuple(self.viz.values[path] for path in sides), scales, scale,
                                  self.colours[node.path], self.viz.placement.boxes[node.path] @ plane.frame)
