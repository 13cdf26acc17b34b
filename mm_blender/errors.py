"""The errors that mm_blender raises for input that it cannot use."""
from __future__ import annotations


class MMError(Exception):
    """Base of every error about what the caller gave. ``str(error)`` is one sentence fit to be shown to a person."""


class ExpressionError(MMError):
    """An expression that cannot be read.

    ``text`` is what was given, ``column`` the 1-based place of the problem in it.
    """

    def __init__(self, message: str, text: str = "", column: int | None = None):
        self.text, self.column = text, column
        if column is not None:
            message = f"{message} (column {column})\n  {text}\n  {' ' * (column - 1)}^"
        super().__init__(message)


class LinkError(MMError):
    """A share link that is cut short or does not hold parameters."""


class ParameterError(MMError):
    """A parameter with a name or a value that does not exist."""


class ShapeError(MMError):
    """Shapes that do not meet."""


class DataError(MMError):
    """Data that is missing or is no matrix of numbers."""


class SizeError(MMError):
    """More elements than can be held or drawn."""


class RenderError(MMError):
    """A picture that could not be made."""


class MMWarning(UserWarning):
    """Something that the caller should know but that stops nothing."""
