"""A file of numbers in text."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from . import bodies
from .addresses import Index
from .container import Store
from .files import read_whole


class TextTable(Store):
    """A CSV file, read as a whole."""

    def __init__(self, path: Path):
        self.path = path
        self._matrix = bodies.parse(read_whole(path, "text_bytes"), str(path))
        self.shapes = {"": self._matrix.shape}

    def _take(self, name: str, index: Index) -> np.ndarray:
        return self._matrix[index]
