"""Representation: as what each matrix is drawn.

``instances``: an instance of a cube for every element; the most exact, and slow beyond some hundred thousand.
``tiles``: a quad for the whole matrix on which the shader finds the cubes; the same to the eye where an element is a
few pixels, and it costs next to nothing.
``faces``: the cubes as one mesh: the picture of instances. Without bevels it is there earlier from some hundred
thousand on, a sample costs a half to a third, and the memory is half as much again.
"""
from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..expression.tree import elements, MatMul, Node, nodes
from ..layout.framing import Camera
from ..layout.places import Placement
from ..layout.schedule import algorithm_of
from ..options import AUTO, FACES, INSTANCES, TILES

MANY = 150_000    # elements of a whole visualization from which on instances take seconds before the first sample
NEAR = 4.0        # pixels an element, up to which nobody can tell a tile from cubes
HUGE = 1_500_000  # elements of one matrix that are no instances however near the camera comes
MESHED = 2 ** 21  # cubes that are faces without being asked for: some 8 GB
TURNS = 16        # places looked from where the camera turns


def choose(wish: str, tree: Node, placement: Placement, camera: Camera, size: tuple[int, int],
           turning: bool = False, bound: Collection[str] = ()) -> dict[str, str]:
    """``instances``, ``tiles`` or ``faces`` for every matrix, by path.

    ``camera`` as seen from, or that turns around its target (``turning``); ``size``: of the picture in pixels;
    ``bound``: paths of matrices that cannot be tiles.
    """
    every, many = nodes(tree), elements(tree) > MANY
    tiles = {node.path for node in every if node.path not in bound and fits(node) and (
        wish == TILES or wish == AUTO and many and (
            node.h * node.w > HUGE or pixels(node, placement, camera, size, turning) <= NEAR))}
    cubes = sum(node.h * node.w for node in every if node.path not in tiles)
    meshed = wish == AUTO and MANY < cubes <= MESHED
    kind = FACES if wish == FACES or meshed else INSTANCES
    return {node.path: TILES if node.path in tiles else kind for node in every}


def meshed(kinds: dict[str, str], tree: Node) -> dict[str, str]:
    """``kinds`` with faces in place of tiles, for what knows no shaders; not where these would be too many."""
    if elements(tree) > MESHED:
        return kinds
    return {path: FACES if kind == TILES else kind for path, kind in kinds.items()}


def fits(node: Node) -> bool:
    """Whether the gaps between a matrix' blocks are whole pitches and its lattice is not mostly gaps."""
    whole = all(axis.count == 1 or abs(axis.gap - round(axis.gap)) < 1e-6 for axis in (node.rows, node.cols))
    return whole and node.rows.shown * node.cols.shown <= max(8 * node.h * node.w, 2 ** 20)


def pixels(node: Node, placement: Placement, camera: Camera, size: tuple[int, int], turning: bool = False) -> float:
    """The most pixels that the pitch of a matrix takes up; infinite where the camera is in or before its plane."""
    width, height = size
    scale = height / 2 / math.tan(math.radians(camera.vertical_fov(width / height)) / 2)
    corners = np.array([[x, y, 0, 1] for x in (0, node.cols.shown) for y in (0, node.rows.shown)], float)
    frame = placement.matrices[node.path]
    at = (corners @ frame.T)[:, :3]
    most = 0.0
    for seen in _turned(camera) if turning else [camera]:
        here = seen.project(at)
        if (here[:, 2] <= 0).any():
            return math.inf
        for along in (frame[:3, 0], frame[:3, 1]):
            most = max(most, float(np.linalg.norm(seen.project(at + along)[:, :2] - here[:, :2], axis=1).max()))
    return most * scale


def _turned(camera: Camera) -> list[Camera]:
    x, y, z = camera.position - camera.target
    turns = np.linspace(0, 2 * math.pi, TURNS, endpoint=False)
    return [replace(camera, position=camera.target + np.array([
        x * math.cos(a) + z * math.sin(a), y, z * math.cos(a) - x * math.sin(a)])) for a in turns]


def accumulating(tree: MatMul, tracks: Collection[str]) -> set[str]:
    """Paths of the results that a sweep sums up before one's eyes: their values change from step to step."""
    return {node.path for node in nodes(tree)
            if isinstance(node, MatMul) and node.path in tracks and algorithm_of(node).accumulates}
