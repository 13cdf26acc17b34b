"""Light: what a look's suns do to the colours of faces, and how well ink stands out from them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Light:
    """What a look does to colours: direction to each sun (3,) in the reference's axes and its strength in W/m2, the
    radiance from everywhere, the saturation; ``ground`` (3,) linear. Without suns colours are as they are."""

    suns: tuple[tuple[np.ndarray, float], ...]
    ambient: float
    saturation: float
    ground: np.ndarray

    def on(self, colours: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """The luminance (n,) of faces of linear ``colours`` (n, 3)."""
        grey = luminance(colours)[:, None]
        colours = np.clip(grey + self.saturation * (colours - grey), 0, None)
        if not self.suns:
            return luminance(colours)
        strength = self.ambient + sum(max(float(normal @ way), 0.0) * power / np.pi for way, power in self.suns)
        return luminance(np.minimum(colours * strength, 1.0))


def luminance(linear: np.ndarray) -> np.ndarray:
    """The relative luminances (...) of linear colours (..., 3), by the primaries of sRGB (ITU-R BT.709)."""
    return np.asarray(linear) @ np.array([0.2126, 0.7152, 0.0722])


def contrast(a: np.ndarray | float, b: np.ndarray | float) -> np.ndarray:
    """Of luminances (WCAG 2)."""
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)
