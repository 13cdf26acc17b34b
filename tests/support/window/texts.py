"""Where a picture shows a text, given how the program that made the picture draws that text."""
from __future__ import annotations

import numpy as np

# Blender's own drawing of a text comes out at 0.99 and above, other texts below 0.9.
ALIKE = 0.95
GAP = 3  # pixels between a word and the next; letters of one word are nearer
Rectangle = tuple[int, int, int, int]  # x, y, width, height


def places(picture: np.ndarray, text: np.ndarray, upright: bool = False) -> tuple[list[Rectangle], float]:
    """Where ``text`` (h, w) lies in ``picture`` (H, W), both grey, from above downwards, and the best likeness.

    Whole words only: "Edit" is not in "Editing". ``upright``: written from above downwards, as on a sidebar's tabs.
    The likeness is the size of the correlation, so that neither the colours nor which of the two is darker matter.
    """
    if upright:
        found, best = places(np.rot90(picture), text)
        return sorted((picture.shape[1] - y - h, x, h, w) for x, y, w, h in found), best
    inked = text > 0
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    text = text[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1].astype(float)
    height, width = text.shape
    if height > picture.shape[0] or width > picture.shape[1]:
        return [], 0.0
    likeness = np.abs(_correlation(picture.astype(float), text))
    best = float(likeness.max())
    found = []
    while likeness.max() >= ALIKE:
        y, x = map(int, np.unravel_index(likeness.argmax(), likeness.shape))
        if _stands_alone(picture[y:y + height], x, width):
            found.append((x, y, width, height))
        likeness[max(0, y - height + 1):y + height, max(0, x - width + 1):x + width] = 0
    return sorted(found, key=lambda box: (box[1], box[0])), best


def _stands_alone(line: np.ndarray, x: int, width: int) -> bool:
    """Whether a line of a picture is empty just before and after a text."""
    contrast = np.ptp(line[:, x:x + width])
    sides = line[:, max(0, x - GAP):x], line[:, x + width:x + width + GAP]
    return all(side.size == 0 or np.ptp(side) < contrast / 3 for side in sides)


def _correlation(picture: np.ndarray, text: np.ndarray) -> np.ndarray:
    """The correlation coefficient, -1 to 1, of ``text`` with every part of ``picture`` of its size."""
    height, width = text.shape
    text = text - text.mean()
    shape = picture.shape
    product = np.fft.irfft2(np.fft.rfft2(picture) * np.conj(np.fft.rfft2(text, shape)), shape)

    def sums(values):
        total = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        return total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]

    variance = sums(picture**2) - sums(picture) ** 2 / text.size
    # Flat parts have no contrast to compare; 4 is that of a picture that differs by two of 255 steps.
    scale = np.sqrt(np.maximum(variance, 4 * text.size) * (text**2).sum())
    return product[:variance.shape[0], :variance.shape[1]] / scale
