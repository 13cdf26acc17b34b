"""What a visualization says of its document: all that can be looked at, and nothing that changes it."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from .appearance.colours import Colours
from .appearance.rules import Course, Scale, Span
from .appearance.scaling import Scaling
from .data import lazy
from .data.origins import Origin
from .document import plane_texts
from .document.asked import asked
from .document.document import Document
from .expression.parameters import copied
from .expression.tree import MatMul
from .layout import framing, places
from .layout.reduction import Plan
from .layout.schedule import Schedule
from .lettering import texts
from .plain import number, whole
from .values.compute import Range
from .values.tally import Reading


class Facts(ABC):
    """All that can be looked at of a ``document``. What costs little is there at once, ``values`` and what follows from
    them is computed when it is first asked for."""

    @property
    @abstractmethod
    def document(self) -> Document:
        """What it is now, as the stages made it. Nothing of a document changes; ``change`` has another one."""

    # ---- what the stages made

    @property
    def params(self) -> dict[str, Any]:
        """The complete parameters in the reference's schema. A copy: change settings through ``visualize``."""
        return self.document.complete_params

    def own_params(self) -> dict[str, Any]:
        """A copy of the parameters, without the camera if that was framed."""
        return copied(self.document.params)

    def setting(self, path: str, group: str, key: str) -> Any:
        """One setting of the node at ``path`` as it is in the parameters, its parent's (or None) where it has none.
        ``group``: ``viz``, ``block`` … or empty for the node's own."""
        return self.document.setting(path, group, key)

    @property
    def expression(self) -> str:
        """The reference's form, without epilogs; ``written`` has them."""
        return self.document.expression

    @property
    def written(self) -> str:
        """The expression as one types it, with its epilogs."""
        return self.document.written

    @property
    def data(self) -> Mapping[str, lazy.Matrix]:
        """The given values of leaves by path, and of matrices in epilogs by name, float32 (h, w)."""
        return self.document.data

    @property
    def origin(self) -> Origin:
        """Who names the addresses of what it reads: a person, or a file."""
        return self.document.origin

    @property
    def made_up(self) -> Mapping[str, tuple[str, str]]:
        """By path or name, the name and how it is made, of what is made up beside given data."""
        return self.document.made_up

    @property
    def true(self) -> MatMul:
        """The matrices as they are; ``tree`` has them as they are shown."""
        return self.document.true

    @property
    def plan(self) -> Plan:
        """How matrices are reduced to what is shown of them."""
        return self.document.plan

    @property
    def tree(self) -> MatMul:
        """The matrices as they are shown."""
        return self.document.tree

    @property
    def schedule(self) -> Schedule:
        """When what moves, in steps of the sweep."""
        return self.document.schedule

    @property
    def placement(self) -> places.Placement:
        """Where the matrices are, in the reference's terms."""
        return self.document.placement

    @property
    def labels(self) -> dict[str, dict[str, list[str]]]:
        """By path, what the ``rows`` and the ``cols`` of a matrix stand for (the tokens of an attention head)."""
        return self.document.labels

    def step_frames(self, fps: float) -> float:
        """Length of a step of the sweep in frames, at ``fps`` frames a second; by a pace the mean of all."""
        return self.document.step_frames(number(fps, "fps", 0))

    # ---- what they hold, and how that is drawn

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Values of every matrix by path, float32 (h, w), or its cells where it is shown reduced; computed when first
        asked for."""
        return self.document.values

    @property
    def ranges(self) -> dict[str, Range]:
        """By path, the magnitudes of the finite values."""
        return self.document.ranges

    @property
    def readings(self) -> dict[str, Reading]:
        """What was seen of matrices that are shown reduced, by path; empty until ``values`` was asked for."""
        return self.document.readings

    def element(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """Of a cell of a matrix that is shown reduced, the element of largest magnitude: its row, column and value as
        computed without a sweep. None where that cannot be told without much work, or its data are not at hand."""
        node = self.document.matrix(path)
        return self.document.element(node.path, whole(row, "row", 0, node.h - 1), whole(col, "col", 0, node.w - 1))

    @property
    def scaling(self) -> Scaling:
        """How the matrices are sized and coloured. Computes the values."""
        return self.document.scaling

    def scales(self) -> dict[str, Scale]:
        """By path, the magnitudes that each matrix draws smallest and largest."""
        return dict(self.scaling.scales)

    def span(self, path: str) -> Span:
        """The values that the colours of a matrix are for: its own, or all if its sensitivity is global."""
        return self.scaling.span(self.document.matrix(path).path)

    def courses(self) -> dict[str, Course]:
        """By path, how each matrix' colours run through its map."""
        return dict(self.scaling.courses)

    def colours(self) -> dict[str, Colours]:
        """By path, the settings of the material of each matrix."""
        return dict(self.scaling.colours)

    @asked
    def legends(self, camera: framing.Camera | None = None, style: str = "beside") -> list[texts.Text]:
        """The texts that lie in the planes of the matrices, as ``camera`` sees them (None: its own): names ``beside``
        the data, or ``over`` their middles as in the reference."""
        return plane_texts.texts_of(self.document, camera or self.document.camera, style)
