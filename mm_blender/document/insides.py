"""Insides: how large what sweeps show inside the boxes of a document's matmuls is drawn, whatever their algorithm."""
from __future__ import annotations

import numpy as np

from ..appearance.rules import Scale
from ..expression.tree import MatMul
from ..layout import sweep_planes
from .document import Document


class Insides:
    """Those of ``document``, each worked out when it is asked for, and once. Computes the values. What is too large for
    float32 is said (MMWarning)."""

    def __init__(self, document: Document):
        self.document = document
        self._products: dict[str, Scale] = {}
        self._partials: dict[str, list[tuple[np.ndarray, Scale]]] = {}

    def products(self, node: MatMul) -> Scale:
        """The scale of the products of ``node``."""
        if node.path not in self._products:
            largest = sweep_planes.largest_product(node, *self._operands(node))
            self._products[node.path] = self.document.scaling.inside(node, largest)
        return self._products[node.path]

    def partials(self, node: MatMul) -> list[tuple[np.ndarray, Scale]]:
        """What each partial result of ``node`` holds, (h, w) float32, and its scale."""
        if node.path not in self._partials:
            found = sweep_planes.partial_values(node, *self._operands(node))
            for x in found:
                sweep_planes.say_overflow(node, x, self.document.values)
            self._partials[node.path] = [
                (x, self.document.scaling.inside(node, sweep_planes.largest(x))) for x in found]
        return self._partials[node.path]

    def _operands(self, node: MatMul) -> tuple[np.ndarray, np.ndarray]:
        values = self.document.values
        return values[node.left.path], values[node.right.path]
