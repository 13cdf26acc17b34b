"""The soft shadow on the ground below a visualization, as numbers: no light is traced for it, so it has no noise.

Every matrix is a thin screen that lets half of the light through. What it keeps from the ground is blurred by its
height, as a lamp of that breadth would do. All in pitches, in Blender's axes (z up).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLOAT = 0.02      # how far below the whole the ground is, relative to the whole's size
SLANT = (-0.22, 0.16)  # what the shadow moves in x and y for each unit of height
SPREAD = 0.10     # blur for each unit of height …
CONTACT = 0.015   # … and where the whole touches the ground, relative to the whole's size
BREADTH = 4.0     # of a matrix that stands on its edge
GRID = 96         # samples of the ground each way
SAMPLES = 40      # of a matrix, each way
LEVELS = 6        # heights that are blurred apart


@dataclass(frozen=True)
class Shadow:
    """``density`` (n, n): 0 to 1, by y and x, on a square from ``low`` (x, y, z), of ``step`` between samples."""

    low: np.ndarray
    step: float
    density: np.ndarray


def cast(corners: list[np.ndarray], cover: float = 0.55) -> Shadow:
    """The shadow of flat rectangles, each given by three corners (3, 3): the first, along its x, along its y."""
    points, weights = [], []
    share = (np.arange(SAMPLES) + 0.5) / SAMPLES
    for origin, along, down in corners:
        u, v = along - origin, down - origin
        points.append((origin + share[:, None, None] * u + share[None, :, None] * v).reshape(-1, 3))
        # by its area as seen from above; one that stands on its edge still has the breadth of its elements, and some
        area = max(abs(u[0] * v[1] - u[1] * v[0]), BREADTH * max(np.linalg.norm(u[:2]), np.linalg.norm(v[:2])), 1.0)
        weights.append(np.full(SAMPLES ** 2, area * cover / SAMPLES ** 2))
    points, weights = np.concatenate(points), np.concatenate(weights)
    low, high = points.min(0), points.max(0)
    size = float(max((high - low).max(), 1.0))
    ground = low[2] - FLOAT * size
    height = points[:, 2] - ground
    at = points[:, :2] + height[:, None] * np.array(SLANT)
    margin = 3.6 * (SPREAD * float(height.max()) + CONTACT * size)
    corner = at.min(0) - margin
    step = float((at.max(0) + margin - corner).max()) / (GRID - 1)
    density = np.zeros((GRID, GRID))
    edges = np.linspace(height.min(), height.max() + 1e-6, LEVELS + 1)
    for bottom, top in zip(edges[:-1], edges[1:]):
        chosen = (height >= bottom) & (height < top)
        if chosen.any():
            across, down = ((at[chosen] - corner) / step).T
            spots, *_ = np.histogram2d(down, across, bins=GRID, range=[[-0.5, GRID - 0.5]] * 2,
                                       weights=weights[chosen])
            density += _blur(spots, (SPREAD * (bottom + top) / 2 + CONTACT * size) / step)
    return Shadow(np.array([*corner, ground]), step, 1 - np.exp(-density / step ** 2))


def _blur(spots: np.ndarray, sigma: float) -> np.ndarray:
    """Spread over a normal distribution of ``sigma`` samples each way."""
    reach = np.arange(GRID)
    kernel = np.exp(-((reach[:, None] - reach[None, :]) / max(sigma, 0.5)) ** 2 / 2)
    kernel /= np.sqrt(2 * np.pi) * max(sigma, 0.5)
    return kernel @ spots @ kernel
