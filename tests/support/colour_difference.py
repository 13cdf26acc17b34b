"""How different two colours are to the eye."""
import numpy as np

from mm_blender.colour.srgb import srgb_to_linear


def lab(srgb: np.ndarray) -> np.ndarray:
    """sRGB (n, 3), 0 to 1, to CIE L*a*b* under D65."""
    linear = srgb_to_linear(srgb)
    xyz = linear @ np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                             [0.0193339, 0.1191920, 0.9503041]]).T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


def ciede2000(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Colour difference of L*a*b* (n, 3), after Sharma, Wu and Dalal (2005)."""
    l1, a1, b1 = one.T
    l2, a2, b2 = two.T
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 1 + 0.5 * (1 - np.sqrt(mean_c ** 7 / (mean_c ** 7 + 25.0 ** 7)))
    a1, a2 = a1 * g, a2 * g
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    dh = (h2 - h1 + 180) % 360 - 180
    both = c1 * c2 != 0
    dh, dl, dc = np.where(both, dh, 0), l2 - l1, c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(both, h1 + dh / 2, h1 + h2)
    t = (1 - 0.17 * np.cos(np.radians(mean_h - 30)) + 0.24 * np.cos(np.radians(2 * mean_h))
         + 0.32 * np.cos(np.radians(3 * mean_h + 6)) - 0.20 * np.cos(np.radians(4 * mean_h - 63)))
    turn = 30 * np.exp(-((mean_h % 360 - 275) / 25) ** 2)
    rc = 2 * np.sqrt(mean_c ** 7 / (mean_c ** 7 + 25.0 ** 7))
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (d_h / sh) ** 2
                   - np.sin(np.radians(2 * turn)) * rc * (dc / sc) * (d_h / sh))
