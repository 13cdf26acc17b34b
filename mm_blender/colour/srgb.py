"""The curves of sRGB, and HSL in it.

Source: IEC 61966-2-1. The same curves stand, as nodes, in ``scene/nodes/colour``.
"""
from __future__ import annotations

import numpy as np


def hsl_to_rgb(hue: np.ndarray, light: np.ndarray) -> np.ndarray:
    """HSL at full saturation to RGB, (..., 3)."""
    chroma = 1 - np.abs(2 * light - 1)
    ramp = np.abs((hue[..., None] * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    return light[..., None] + chroma[..., None] * (np.clip(ramp, 0, 1) - 0.5)


def srgb_to_linear(c: np.ndarray) -> np.ndarray:
    """Linear light of what a screen is sent, channel by channel; below 0 counts as 0."""
    c = np.clip(c, 0, None)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(c: np.ndarray) -> np.ndarray:
    """What a screen is sent for linear light, channel by channel; below 0 counts as 0."""
    c = np.clip(c, 0, None)
    return np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)
