"""Shading: how much light comes to the faces of a matrix' cubes past its other cubes, on average.

A tile is lit by the renderer as if nothing stood on it. What its cubes take from each other is found here by rays
among some of them and becomes two numbers a face. Pure numpy; lengths in pitches, z out of the matrix' plane.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RAYS, SKY = 600, 24  # rays from the camera, and directions of the light that comes from everywhere
OPEN = 24             # points of a face from which the sky is looked at
STRIDE, STRIDES = 0.45, 24  # pitches along the plane from one place of a ray that is looked at to the next, and their number
PLASTIC = np.array([0.7548776662, 0.5698402910])  # steps that spread points evenly over a square (R2), and …
GOLDEN = np.pi * (3 - np.sqrt(5))                 # … turns, over a sphere
TOGETHER = 4          # places looked at before rays that have met something, or left, are dropped
TURNED = 0.5          # share of the light on the faces that are seen that is on the faces that those see


@dataclass(frozen=True)
class Shade:
    """``kept`` (2, 3): share of the renderer's light that a face keeps, of the faces towards - and + along x, y, z;
    ``added`` (2, 3): light that the renderer leaves out, as a strength of emission of the face's colour."""

    kept: np.ndarray
    added: np.ndarray


def shade(halves: np.ndarray, view: np.ndarray, suns: list[tuple[np.ndarray, float]], ambient: float,
          albedo: float = 0.4, first: int = 0) -> Shade:
    """``halves`` (h, w): half edge of the cube in every slot, 0 where there is none. ``view`` (3,): direction to the
    camera; ``suns``: direction to each and its strength in W/m2; ``ambient``: radiance from everywhere; ``albedo``:
    share of the light that the cubes send on; ``first``: another choice of rays, which are evenly spread.

    The renderer (Cycles) lights a surface only from the side of its plane on which it is seen: faces across that plane
    get half of what comes from everywhere.
    """
    kept, added = np.ones((2, 3)), np.zeros((2, 3))
    largest = float(halves.max(initial=0.0))
    if largest == 0 or abs(view[2]) < 1e-3:
        return Shade(kept, added)
    start = np.zeros((RAYS, 3))
    start[:, :2] = np.outer(np.arange(first, first + RAYS) + 0.5, PLASTIC) % 1 * np.array(halves.shape[::-1])
    start += view * (largest / abs(view[2]))
    found, at, axis = march(halves, start, np.broadcast_to(-view, start.shape))
    at, axis = at[found], axis[found]
    sides = np.sign(view)
    height, turn = 1 - (2 * np.arange(SKY) + 1) / SKY, np.arange(first, first + SKY) * GOLDEN
    across = np.sqrt(1 - height * height)
    sky = np.stack([across * np.cos(turn), across * np.sin(turn), height], 1)
    asked: list[tuple[np.ndarray, np.ndarray]] = []  # points and the directions in which each is looked from, in turn
    faces = []
    for a in range(3):
        points = at[axis == a]
        if not len(points):
            continue
        normal = np.eye(3)[a] * sides[a]
        lights = [(direction, float(normal @ direction) * strength / np.pi) for direction, strength in suns
                  if normal @ direction > 0]
        asked += [(points, np.broadcast_to(direction, points.shape)) for direction, _ in lights]
        around = sky * np.sign(sky @ normal)[:, None]
        some = points[:: -(-len(points) // OPEN)]
        asked.append((np.repeat(some, SKY, 0), np.tile(around, (len(some), 1))))
        faces.append((a, lights, around @ normal))
    if not faces:
        return Shade(kept, added)
    met, _, _ = march(halves, *(np.concatenate(each) for each in zip(*asked)))
    answers = iter(np.split(~met, np.cumsum([len(points) for points, _ in asked])[:-1]))
    found = []
    for a, lights, weights in faces:
        direct = sum(light * float(next(answers).mean()) for _, light in lights)
        open_ = float(next(answers).reshape(-1, SKY).mean(0) @ weights / weights.sum())
        found.append((direct, open_))
    # what comes from the neighbours' faces
    bounced = albedo * TURNED * np.mean([direct + ambient * open_ for direct, open_ in found])
    for (a, lights, _), (direct, open_) in zip(faces, found):
        wanted = direct + ambient * open_ + bounced * (1 - open_)
        given = sum(light * (direction[2] * np.sign(view[2]) > 0) for direction, light in lights)
        given += ambient * (1.0 if a == 2 else 0.5)
        side = int(sides[a] > 0)
        kept[side, a] = min(wanted / given, 1.0) if given else 0.0
        added[side, a] = wanted - kept[side, a] * given
    return Shade(kept, added)


def march(halves: np.ndarray, start: np.ndarray, way: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rays (n,) meet a cube, where (n, 3), and across which axis its face lies. Cubes far away are missed."""
    way = np.where(np.abs(way) < 1e-6, 1e-6, way)
    found, at, axis = np.zeros(len(start), bool), start.copy(), np.zeros(len(start), int)
    rays, step = np.arange(len(start)), STRIDE / np.maximum(np.abs(way[:, :2]).max(1), 0.2)
    padded = np.pad(halves, 1)  # none beyond the rim
    largest, high, wide = float(halves.max()), *halves.shape
    inverse = 1 / way
    for first in range(0, STRIDES, TOGETHER):
        here = start[rays, None, :2] + way[rays, None, :2] * (
            np.arange(first, first + TOGETHER)[:, None] * step[rays, None, None])
        x, y = np.floor(here).astype(np.int32).transpose(2, 0, 1)
        half = padded[np.clip(y + 1, 0, high + 1), np.clip(x + 1, 0, wide + 1)]
        enter, leave, which = _through(x, y, half, start[rays], inverse[rays])
        met = (enter < leave) & (leave > 1e-3) & (half > 0)
        enter = np.where(met, np.maximum(enter, 0.0), np.inf)
        nearest = enter.argmin(1)
        each = np.arange(len(rays))
        t = enter[each, nearest]
        hit = np.isfinite(t)
        found[rays[hit]] = True
        at[rays[hit]] += way[rays[hit]] * t[hit, None]
        axis[rays[hit]] = which[each, nearest][hit]
        # those that are beyond all cubes, and go on that way
        depth = start[rays, 2] + way[rays, 2] * (first + TOGETHER - 1) * step[rays]
        rays = rays[~hit & ~((np.abs(depth) > largest) & (depth * way[rays, 2] > 0))]
        if not len(rays):
            break
    return found, at, axis


def _through(x: np.ndarray, y: np.ndarray, half: np.ndarray, start: np.ndarray,
             inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where rays (n,) enter and leave the cubes (n, m) in the slots ``x``, ``y``, and across which axis they enter."""
    near, far = [], []
    for a, middle in enumerate((x + 0.5, y + 0.5, 0.0)):
        centre = (middle - start[:, a, None]) * inverse[:, a, None]
        reach = half * np.abs(inverse[:, a, None])
        near.append(centre - reach)
        far.append(centre + reach)
    enter = np.maximum(np.maximum(near[0], near[1]), near[2])
    which = np.where(near[2] >= enter, 2, np.where(near[1] >= enter, 1, 0))
    return enter, np.minimum(np.minimum(far[0], far[1]), far[2]), which
