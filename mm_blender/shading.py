"""Shading: how much light comes to the faces of a matrix' cubes past its other cubes, on average.

A tile is lit by the renderer as if nothing stood on it. What its cubes take from each other is found here by rays
among some of them and becomes two numbers a face. Pure numpy; lengths in pitches, z out of the matrix' plane.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RAYS, SKY = 1500, 24  # rays from the camera, and directions of the light that comes from everywhere
STEPS, STRIDE = 22, 0.45
BOUNCED = 0.35        # share of what does not come directly that comes from the neighbours' faces


@dataclass(frozen=True)
class Shade:
    """``kept`` (2, 3): share of the renderer's light that a face keeps, of the faces towards - and + along x, y, z;
    ``added`` (2, 3): light that the renderer leaves out, as a strength of emission of the face's colour."""

    kept: np.ndarray
    added: np.ndarray


def shade(halves: np.ndarray, view: np.ndarray, suns: list[tuple[np.ndarray, float]], ambient: float,
          seed: int = 0) -> Shade:
    """``halves`` (h, w): half edge of the cube in every slot, 0 where there is none. ``view`` (3,): direction to the
    camera; ``suns``: direction to each and its strength in W/m2; ``ambient``: radiance from everywhere.

    The renderer (Cycles) lights a surface only from the side of its plane on which it is seen, and faces across
    that plane only with lamps.
    """
    kept, added = np.ones((2, 3)), np.zeros((2, 3))
    rng = np.random.default_rng(seed)
    largest = float(halves.max(initial=0.0))
    if largest == 0 or abs(view[2]) < 1e-3:
        return Shade(kept, added)
    front = np.sign(view[2])
    start = np.zeros((RAYS, 3))
    start[:, :2] = rng.random((RAYS, 2)) * np.array(halves.shape[::-1])
    start += view * (largest / abs(view[2]))
    found, at, axis = march(halves, start, np.broadcast_to(-view, start.shape))
    at, axis = at[found], axis[found]
    sides = np.sign(view)
    sky = rng.normal(size=(SKY, 3))
    sky /= np.linalg.norm(sky, axis=1)[:, None]
    for a in range(3):
        points = at[axis == a]
        if not len(points):
            continue
        normal = np.eye(3)[a] * sides[a]
        given = wanted = 0.0
        for direction, strength in suns:
            light = max(float(normal @ direction), 0.0) * strength / np.pi
            if light == 0:
                continue
            wanted += light * clear(halves, points, direction)
            given += light * (direction[2] * front > 0)
        around = sky * np.sign(sky @ normal)[:, None]
        weights = around @ normal
        some = points[rng.integers(len(points), size=(min(len(points), 60), 1))[:, 0]]
        open_ = sum(w * clear(halves, some, d) for w, d in zip(weights, around)) / weights.sum()
        wanted += ambient * (open_ + BOUNCED * (1 - open_))
        given += ambient * (a == 2)
        side = int(sides[a] > 0)
        kept[side, a] = min(wanted / given, 1.0) if given else 0.0
        added[side, a] = wanted - kept[side, a] * given
    return Shade(kept, added)


def clear(halves: np.ndarray, points: np.ndarray, direction: np.ndarray) -> float:
    """The share of ``points`` (n, 3) from which nothing is met along ``direction``."""
    found, _, _ = march(halves, points, np.broadcast_to(direction, points.shape))
    return 1.0 - float(found.mean())


def march(halves: np.ndarray, start: np.ndarray, way: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rays (n,) meet a cube, where (n, 3), and across which axis its face lies. Cubes far away are missed."""
    way = np.where(np.abs(way) < 1e-6, 1e-6, way)
    across = np.maximum(np.abs(way[:, :2]).max(1), 0.2)
    here = start[:, None, :2] + way[:, None, :2] * (np.arange(STEPS)[:, None] * (STRIDE / across)[:, None, None])
    slot = np.floor(here).astype(int)
    inside = ((slot >= 0) & (slot < np.array(halves.shape[::-1]))).all(-1)
    x, y = (np.clip(slot[..., a], 0, halves.shape[1 - a] - 1) for a in (0, 1))
    half = np.where(inside, halves[y, x], 0.0)[..., None]
    middle = np.concatenate([slot + 0.5, np.zeros((*slot.shape[:2], 1))], -1)
    centre, reach = (middle - start[:, None]) / way[:, None], half / np.abs(way[:, None])
    near = centre - reach
    enter, leave = near.max(-1), (centre + reach).min(-1)
    met = (enter < leave) & (leave > 1e-3) & (half[..., 0] > 0)
    enter = np.where(met, np.maximum(enter, 0.0), np.inf)
    first = enter.argmin(1)
    each = np.arange(len(start))
    found = np.isfinite(enter[each, first])
    t = np.where(found, enter[each, first], 0.0)
    return found, start + way * t[:, None], near[each, first].argmax(-1)
