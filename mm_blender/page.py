"""The page: how large a picture is printed, and its letters."""
from __future__ import annotations

from dataclasses import dataclass

from .errors import ParameterError

POINT = 1 / 72  # inches


@dataclass(frozen=True)
class Page:
    """``width`` and ``height`` in inches; ``dpi``: pixels an inch; ``font_pt``: size of the letters in points.

    Raises ParameterError for a page that cannot be printed.
    """

    width: float
    height: float
    dpi: float = 300.0
    font_pt: float = 8.0

    def __post_init__(self):
        for value, most, what in ((self.width, 1000, "width of a page in inches"),
                                  (self.height, 1000, "height of a page in inches"), (self.dpi, 10000, "dpi"),
                                  (self.font_pt, 1000, "font_pt")):
            if not (isinstance(value, (int, float)) and 0 < value <= most):
                raise ParameterError(f"the {what} must be above 0 and at most {most}, not {value!r}")

    @property
    def pixels(self) -> tuple[int, int]:
        return max(round(self.width * self.dpi), 1), max(round(self.height * self.dpi), 1)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def em(self) -> float:
        """The size of the font as a share of the page's height."""
        return self.font_pt * POINT / self.height
