"""Shading: how much light comes to the faces of a matrix' cubes past its other cubes, on average.

A tile is lit by the renderer as if nothing stood on it. What its cubes take from each other is found here by rays
among some of them and becomes two numbers a face. Pure numpy; lengths in pitches, z out of the matrix' plane.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

RAYS, SKY = 600, 24  # rays from the camera, and directions of the light that comes from everywhere
OPEN = 16             # points of a face from which the sky is looked at
STRIDE, STRIDES = 0.45, 24  # pitches along the plane from one place of a ray that is looked at to the next; how many
PLASTIC = np.array([0.7548776662, 0.5698402910])  # steps that spread points evenly over a square (R2), and …
GOLDEN = np.pi * (3 - np.sqrt(5))                 # … turns, over a sphere
TURNED = 0.5          # share of the light on the faces that are seen that is on the faces that those see


@dataclass(frozen=True)
class Shade:
    """``kept`` (2, 3): share of the renderer's light that a face keeps, of the faces towards - and + along x, y, z;
    ``added`` (2, 3): light that the renderer leaves out, as a strength of emission of the face's colour."""

    kept: np.ndarray
    added: np.ndarray


@dataclass(frozen=True)
class Cubes:
    """The cubes of a matrix and the light on them. ``halves`` (h, w): half edge of the cube in every slot, 0 where
    there is none. ``view`` (3,): direction to the camera; ``suns``: direction to each and its strength in W/m2;
    ``ambient``: radiance from everywhere; ``albedo``: share of the light that the cubes send on."""

    halves: np.ndarray
    view: np.ndarray
    suns: list[tuple[np.ndarray, float]]
    ambient: float
    albedo: float = 0.4


def shades(matrices: Sequence[Cubes], first: int = 0) -> list[Shade]:
    """The shade of each matrix. All their rays go together, since few at a time would cost as much. ``first``: another
    choice of rays, which are evenly spread.

    The renderer (Cycles) lights a surface only from the side of its plane on which it is seen: faces across that plane
    get half of what comes from everywhere.
    """
    lattices = Lattices([cubes.halves for cubes in matrices])
    seen = [_seen(cubes, first) for cubes in matrices]
    found, at, axis = lattices.march(seen)
    met = _split([found, at, axis], seen)
    faces = [_faces(cubes, hit_at[hit], hit_axis[hit], first) for cubes, (hit, hit_at, hit_axis) in zip(matrices, met)]
    asked = [_joined([rays for face in each for rays in face.asked]) for each in faces]
    reached = _split([~lattices.march(asked)[0]], asked)
    return [_shade(cubes, each, free) for cubes, each, (free,) in zip(matrices, faces, reached)]


Rays = tuple[np.ndarray, np.ndarray]  # starts and ways, (n, 3) each


@dataclass(frozen=True)
class _Face:
    """The faces across ``axis`` that are seen: the ``lights`` that each sun gives them, the ``weights`` of the
    directions of the sky, and the rays that are ``asked``, which tell how much of both comes to them."""

    axis: int
    lights: list[tuple[np.ndarray, float]]
    weights: np.ndarray
    asked: list[Rays]


def _seen(cubes: Cubes, first: int) -> Rays:
    """Rays from the camera to places evenly spread over a matrix; none if nothing of it is seen."""
    largest = float(cubes.halves.max(initial=0.0))
    count = 0 if largest == 0 or abs(cubes.view[2]) < 1e-3 else RAYS
    start = np.zeros((count, 3))
    start[:, :2] = np.outer(np.arange(first, first + count) + 0.5, PLASTIC) % 1 * np.array(cubes.halves.shape[::-1])
    if count:
        start += cubes.view * (largest / abs(cubes.view[2]))
    return start, np.broadcast_to(-cubes.view, start.shape)


def _faces(cubes: Cubes, at: np.ndarray, axis: np.ndarray, first: int) -> list[_Face]:
    """What rays that met cubes ``at`` places (n, 3), on faces across ``axis`` (n,), ask of the lights."""
    height, turn = 1 - (2 * np.arange(SKY) + 1) / SKY, np.arange(first, first + SKY) * GOLDEN
    across = np.sqrt(1 - height * height)
    sky = np.stack([across * np.cos(turn), across * np.sin(turn), height], 1)
    out = []
    for a in range(3):
        points = at[axis == a]
        if not len(points):
            continue
        normal = np.eye(3)[a] * np.sign(cubes.view[a])
        lights = [(direction, float(normal @ direction) * strength / np.pi) for direction, strength in cubes.suns
                  if normal @ direction > 0]
        around = sky * np.sign(sky @ normal)[:, None]
        some = points[:: -(-len(points) // OPEN)]
        asked = [(points, np.broadcast_to(direction, points.shape)) for direction, _ in lights]
        asked.append((np.repeat(some, SKY, 0), np.tile(around, (len(some), 1))))
        out.append(_Face(a, lights, around @ normal, asked))
    return out


def _shade(cubes: Cubes, faces: list[_Face], reached: np.ndarray) -> Shade:
    """The shade that follows from which of the rays that ``faces`` asked ``reached`` (n,) the light."""
    kept, added = np.ones((2, 3)), np.zeros((2, 3))
    if not faces:
        return Shade(kept, added)
    ends = np.cumsum([len(start) for face in faces for start, _ in face.asked])
    answers = iter(np.split(reached, ends[:-1]))
    found = []
    for face in faces:
        direct = sum(light * float(next(answers).mean()) for _, light in face.lights)
        found.append((direct, float(next(answers).reshape(-1, SKY).mean(0) @ face.weights / face.weights.sum())))
    ambient, upward = cubes.ambient, np.sign(cubes.view[2])
    # what comes from the neighbours' faces
    bounced = cubes.albedo * TURNED * np.mean([direct + ambient * open_ for direct, open_ in found])
    for face, (direct, open_) in zip(faces, found):
        wanted = direct + ambient * open_ + bounced * (1 - open_)
        given = sum(light * (direction[2] * upward > 0) for direction, light in face.lights)
        given += ambient * (1.0 if face.axis == 2 else 0.5)
        side = int(cubes.view[face.axis] > 0)
        kept[side, face.axis] = min(wanted / given, 1.0) if given else 0.0
        added[side, face.axis] = wanted - kept[side, face.axis] * given
    return Shade(kept, added)


def _joined(rays: list[Rays]) -> Rays:
    if not rays:
        return np.zeros((0, 3)), np.zeros((0, 3))
    starts, directions = (np.concatenate(each) for each in zip(*rays))
    return starts, directions


def _split(found: list[np.ndarray], rays: list[Rays]) -> Iterator[tuple[np.ndarray, ...]]:
    """What was ``found`` of all rays, as that of each of ``rays``."""
    ends = np.cumsum([len(start) for start, _ in rays])[:-1]
    return zip(*(np.split(each, ends) for each in found))


class Lattices:
    """Matrices of cubes by their half edges, each in pitches of its own."""

    def __init__(self, halves: Sequence[np.ndarray]):
        padded = [np.pad(each, 1) for each in halves]  # none beyond the rim
        self.flat = np.concatenate([each.ravel() for each in padded])
        self.base = np.cumsum([0, *(each.size for each in padded)])[:-1]
        self.high, self.wide = np.array([each.shape for each in halves]).T
        self.largest = np.array([each.max(initial=0.0) for each in halves])

    def march(self, rays: Sequence[Rays]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of the rays of all matrices (n,) meet a cube, where (n, 3), and across which axis its face lies.
        ``rays``: of each matrix. Cubes far away are missed."""
        of = np.repeat(np.arange(len(rays)), [len(start) for start, _ in rays])
        start, way = _joined(list(rays))
        way = np.where(np.abs(way) < 1e-6, 1e-6, way)
        found, at, axis = np.zeros(len(start), bool), start.copy(), np.zeros(len(start), int)
        left, step = np.arange(len(start)), STRIDE / np.maximum(np.abs(way[:, :2]).max(1), 0.2)
        inverse = 1 / way
        for stride in range(STRIDES):
            if not len(left):
                break
            here = start[left, :2] + way[left, :2] * (stride * step[left, None])
            x, y = np.floor(here).astype(np.int32).T
            half = self._half(of[left], x, y)
            enter, leave, which = _through(x, y, half, start[left], inverse[left])
            hit = (enter < leave) & (leave > 1e-3) & (half > 0)
            met = left[hit]
            found[met], axis[met] = True, which[hit]
            at[met] += way[met] * np.maximum(enter[hit], 0.0)[:, None]
            # those that are beyond all cubes, and go on that way
            depth = start[left, 2] + way[left, 2] * stride * step[left]
            left = left[~hit & ~((np.abs(depth) > self.largest[of[left]]) & (depth * way[left, 2] > 0))]
        return found, at, axis

    def _half(self, of: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Half edges in the slots ``x``, ``y`` of the matrices ``of`` (n,)."""
        high, wide = self.high[of], self.wide[of]
        row, column = np.clip(y + 1, 0, high + 1), np.clip(x + 1, 0, wide + 1)
        return self.flat[self.base[of] + row * (wide + 2) + column]


def _through(x: np.ndarray, y: np.ndarray, half: np.ndarray, start: np.ndarray,
             inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where rays (n,) enter and leave the cubes in the slots ``x``, ``y``, and across which axis they enter."""
    near, far = [], []
    for a, middle in enumerate((x + 0.5, y + 0.5, 0.0)):
        centre = (middle - start[:, a]) * inverse[:, a]
        reach = half * np.abs(inverse[:, a])
        near.append(centre - reach)
        far.append(centre + reach)
    enter = np.maximum(np.maximum(near[0], near[1]), near[2])
    which = np.where(near[2] >= enter, 2, np.where(near[1] >= enter, 1, 0))
    return enter, np.minimum(np.minimum(far[0], far[1]), far[2]), which
