"""What is asked of an export, whatever its format."""
from __future__ import annotations

from dataclasses import dataclass

from ..layout.framing import Camera


@dataclass(frozen=True)
class ExportRequest:
    """Which ``step`` is shown (None: the sweep, or its end where the format has no animation); whether elements are
    ``realized``, as real cubes; and the ``camera``; None: the documents' own, or one that sees all."""

    step: int | None = None
    realized: bool = False
    camera: Camera | None = None
