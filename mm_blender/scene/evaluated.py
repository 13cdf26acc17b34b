"""What is drawn: matrices found and read back from a scene, as Blender evaluates them at its frame.

Nothing here needs the visualization that built them: sizes come from the modifiers, values and places from the meshes,
so that what a person has changed by hand is read as it is.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import ArrayLike

from ..appearance.rules import EDGE, edge, Scale
from ..layout.picking import Grid
from . import compat, parts, tags
from .blender_types import as_geometry_nodes, group_of, mesh_of, numbers, there
from .matrices import holds_points
from .nodes import cube_group, tile_group, tile_sum_group

DRAWN_BY = (cube_group.NAME, cube_group.FACES, tile_group.NAME)  # names of groups


def matrices(objects: bpy.types.Collection | Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The objects of matrices (not the partial results and interiors of sweeps) in a collection or among objects."""
    every = objects.all_objects if isinstance(objects, bpy.types.Collection) else objects
    return [obj for obj in every if obj.get(tags.ROLE) in ("leaf", "result") and parts.is_matrix(obj)
            and holds_points(mesh_of(obj)) and len(mesh_of(obj).vertices) == obj[tags.ROWS] * obj[tags.COLS]
            and drawing(obj)]


def operand(matrix: bpy.types.Object, side: str) -> bpy.types.Object | None:
    """The object of a result's ``left`` or ``right`` operand, of the same visualization; None if it was deleted."""
    path = f"{matrix['mm_path']}.{side}"
    for collection in matrix.users_collection:
        for obj in collection.all_objects:
            if obj.get(tags.PATH) == path and obj.get(tags.ROLE) in ("leaf", "result"):
                return obj
    return None


def drawing(matrix: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The modifier that draws a matrix' elements; None if someone took it away."""
    for modifier in map(as_geometry_nodes, matrix.modifiers):
        if modifier and modifier.node_group and modifier.node_group.name.startswith(DRAWN_BY):
            return modifier
    return None


def _drawing(matrix: bpy.types.Object) -> bpy.types.NodesModifier:
    """The same, of a matrix that is drawn."""
    return there(drawing(matrix))


def _input(matrix: bpy.types.Object, name: str) -> float:
    return compat.modifier_input(_drawing(matrix), name)


def pitch_of(matrix: bpy.types.Object) -> float:
    """Distance between neighbouring elements of a matrix, in its own frame."""
    return _input(matrix, "Pitch")


def middle(matrix: bpy.types.Object) -> Vector:
    """The middle of a matrix, in the world."""
    return matrix.matrix_world @ (mesh_of(matrix).vertices[-1].co / 2)


def place(matrix: bpy.types.Object, row: int, col: int) -> Vector:
    """The middle of an element, in the world."""
    return matrix.matrix_world @ mesh_of(matrix).vertices[row * matrix[tags.COLS] + col].co


def largest_edge(matrix: bpy.types.Object) -> float:
    """Edge of the largest cube that a matrix draws, in its own frame."""
    return EDGE * _input(matrix, "Element Scale") * pitch_of(matrix)


def box(matrix: bpy.types.Object) -> tuple[Vector, Vector]:
    """Corners of what a matrix fills at most, in its own frame."""
    half = Vector([largest_edge(matrix) / 2] * 3)
    return -half, mesh_of(matrix).vertices[-1].co + half


def grid(matrix: bpy.types.Object) -> Grid:
    """Where the elements of a matrix lie, in its own frame."""
    place = np.zeros(3 * len(mesh_of(matrix).vertices), np.float32)
    numbers(mesh_of(matrix), "position").foreach_get("vector", place)
    place = place.reshape(-1, matrix[tags.COLS], 3)
    return Grid(place[:, 0, 1].astype(float), place[0, :, 0].astype(float), largest_edge(matrix))


def _summed(faces: bpy.types.Mesh, lattice: Grid, pitch: float) -> np.ndarray:
    """What the elements (n,) of a tile hold that a sweep adds up: each is carried by the face in its slot."""
    here, value = np.zeros(3 * len(faces.polygons), np.float32), np.zeros(len(faces.polygons), np.float32)
    numbers(faces, tile_sum_group.HERE).foreach_get("vector", here)
    numbers(faces, tile_sum_group.VALUE).foreach_get("value", value)
    slots = here.reshape(-1, 3)[:, :2].astype(int)
    across, down = slots.max(0) + 1
    held = np.zeros((down + 1, across + 1), np.float32)  # the margin is at the end, too, where -1 leads
    held[slots[:, 1], slots[:, 0]] = value
    rows, cols = (np.round(line / pitch).astype(int) for line in (lattice.rows, lattice.cols))
    return held[np.ix_(rows, cols)].ravel()


class _Sizes(NamedTuple):
    elem_scale: float
    min_size: float


class Elements:
    """The elements that a matrix draws at the depsgraph's frame: ``value`` (n,), and their ``edges``."""

    def __init__(self, matrix: bpy.types.Object, depsgraph: bpy.types.Depsgraph):
        modifier = _drawing(matrix)
        name = group_of(modifier).name
        if name.startswith(tile_group.NAME):
            self._read_points(matrix, depsgraph)
        elif name.startswith(cube_group.FACES):
            self._read_faces(matrix, depsgraph)
        else:
            self._read_instances(matrix, depsgraph)
        self._columns = matrix[tags.COLS]
        size = {name: compat.modifier_input(modifier, name)
                for name in ("Range Low", "Range High", "Element Scale", "Min Size", "Pitch")}
        self._scale = Scale(size["Range Low"], size["Range High"])
        self._rule = _Sizes(size["Element Scale"], size["Min Size"])
        self._pitch = size["Pitch"]

    def _read_points(self, matrix: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> None:
        """Of a tile, whose elements are no geometry: what its shader makes of the values."""
        value = np.zeros(len(mesh_of(matrix).vertices), np.float32)
        numbers(mesh_of(matrix), "value").foreach_get("value", value)
        shown = mesh_of(matrix.evaluated_get(depsgraph))
        if tile_sum_group.HERE in shown.attributes:
            value = _summed(shown, grid(matrix), pitch_of(matrix))
        self._key = np.flatnonzero(value != 0)
        self.value, self._grown = value[self._key], None
        if tile_group.REACHED not in shown.attributes:
            return
        own, touch = numbers(shown, tile_group.REACHED)[0].vector[:2]
        place = grid(matrix)
        pitch = pitch_of(matrix)
        rows, cols = np.divmod(self._key, matrix[tags.COLS])
        across, down = numbers(shown, tile_group.PERIOD)[0].vector[:2]
        in_block = np.mod(np.round(place.cols / pitch), across)[cols], np.mod(np.round(place.rows / pitch), down)[rows]
        shares = [first - sum(w * at for w, at in zip(numbers(shown, name)[0].vector, in_block))
                  for first, name in ((own, tile_group.OWN), (touch, tile_group.TOUCH))]
        self._grown = np.clip(np.maximum(*shares), 0.0, 1.0)
        begun = self._grown > 0
        self._key, self.value, self._grown = self._key[begun], self.value[begun], self._grown[begun]

    def _read_faces(self, matrix: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> None:
        """Of cubes in one mesh, each of whose points says of which element it is; those of a cube follow each other."""
        mesh = mesh_of(matrix.evaluated_get(depsgraph))

        def read(name: str, kind: type) -> np.ndarray:
            out: np.ndarray = np.zeros(len(numbers(mesh, name)) if name in mesh.attributes else 0, kind)
            if out.size:
                numbers(mesh, name).foreach_get("value", out)
            return out

        row, col = read("row", np.int32), read("col", np.int32)
        new = np.ones(row.size, bool)
        new[1:] = (col[1:] != col[:-1]) | (row[1:] != row[:-1])
        first = np.flatnonzero(new)
        self._key = row[first].astype(np.int64) * matrix[tags.COLS] + col[first]
        self.value = read("value", np.float32)[first]
        self._grown = read("grown", np.float32)[first] if "grown" in mesh.attributes else None

    def _read_instances(self, matrix: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> None:
        geometry = matrix.evaluated_get(depsgraph).evaluated_geometry()  # the cloud is valid only while this lives
        cloud = geometry.instances_pointcloud()
        names = cloud.attributes.keys() if cloud else ()

        def read(cloud: bpy.types.PointCloud, name: str, kind: type) -> np.ndarray:
            out: np.ndarray = np.zeros(len(cloud.points) if name in names else 0, kind)
            if out.size:
                numbers(cloud, name).foreach_get("value", out)
            return out

        self.value = read(cloud, "value", np.float32)
        self._grown = read(cloud, "grown", np.float32) if "grown" in names else None
        self._key = read(cloud, "row", np.int32).astype(np.int64) * matrix[tags.COLS] + read(cloud, "col", np.int32)
        del cloud, geometry

    def find(self, rows: ArrayLike, cols: ArrayLike) -> np.ndarray:
        """Which of the elements drawn these are (n,), -1 for those that are not: Blender keeps them in their order."""
        if not self._key.size:
            return np.full(np.shape(rows), -1)
        keys = np.asarray(rows, np.int64) * self._columns + cols
        at = np.minimum(np.searchsorted(self._key, keys), self._key.size - 1)
        return np.where(self._key[at] == keys, at, -1)

    def edges(self, rows: ArrayLike, cols: ArrayLike) -> np.ndarray:
        """Edges of the cubes at these elements in the matrix' own frame, 0 for what is not drawn."""
        at = self.find(rows, cols)
        if not self._key.size:
            return np.zeros(at.shape)
        long = edge(self.value[at], self._scale, self._rule) * self._pitch
        if self._grown is not None:
            long = long * self._grown[at]
        return np.where(at >= 0, long, 0.0)
