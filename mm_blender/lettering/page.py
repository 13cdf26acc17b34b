"""The page: how large a picture is printed, and its letters."""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError
from ..plain import is_number, said

POINT = 1 / 72  # inches
DPI = 100.0             # of pictures whose size is told in pixels; which it is makes no difference
LETTERS = 0.027         # size of their letters: of the shorter side of the picture …
SMALLEST = 11.0         # … but no fewer pixels than this, unless that were more than …
MOST = 0.05             # … this share of it


@dataclass(frozen=True)
class Page:
    """``width`` and ``height`` in inches; ``dpi``: pixels an inch; ``font_pt``: size of the letters in points;
    ``on_screen``: whether it was asked for in pixels.

    Raises ParameterError for a page that cannot be printed.
    """

    width: float
    height: float
    dpi: float = 300.0
    font_pt: float = 8.0
    on_screen: bool = False

    @classmethod
    def of_picture(cls, size: tuple[float, float], smaller: float = 1.0) -> Page:
        """The page that a picture of ``size`` pixels is. Its letters are a fixed share of its shorter side, so that
        they are as large in every picture of one shape, or so many times ``smaller``; in small ones they are as small
        as can be read."""
        shorter = min(size)
        em = min(max(LETTERS * shorter / smaller, SMALLEST), MOST * shorter)
        return cls(size[0] / DPI, size[1] / DPI, DPI, em / DPI / POINT, True)

    def __post_init__(self) -> None:
        for value, most, what in ((self.width, 1000, "width of a page in inches"),
                                  (self.height, 1000, "height of a page in inches"), (self.dpi, 10000, "dpi"),
                                  (self.font_pt, 1000, "font_pt")):
            if not (is_number(value) and 0 < value <= most):
                raise ParameterError(f"the {what} must be above 0 and at most {most}, not {said(value)}")

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels, one at least."""
        return max(round(self.width * self.dpi), 1), max(round(self.height * self.dpi), 1)

    @property
    def aspect(self) -> float:
        """Width / height."""
        return self.width / self.height

    @property
    def told(self) -> str:
        """What it is, in the terms in which it was asked for."""
        if self.on_screen:
            return f"a picture of {self.pixels[0]} x {self.pixels[1]} pixels"
        return f"a page of {self.width:g} x {self.height:g} in"

    @property
    def told_letters(self) -> str:
        """How large its letters are, in the terms in which that was asked for."""
        return f"{self.font_pt * POINT * self.dpi:.0f} pixels" if self.on_screen else f"{self.font_pt:g} pt"

    @property
    def em(self) -> float:
        """The size of the font as a share of the page's height."""
        return self.font_pt * POINT / self.height
