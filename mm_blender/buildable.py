"""What can be built in Blender: what those who picture it ask of it, whatever they make of that."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from .document.group import Group

if TYPE_CHECKING:
    from .scene.built import Built


class Buildable(ABC):
    """Documents of a ``group``, and what is built of them."""

    @property
    @abstractmethod
    def group(self) -> Group:
        """What is pictured: the documents, and where they stand."""

    @property
    @abstractmethod
    def is_built(self) -> bool:
        """Whether the objects of all are in the open file."""

    @property
    @abstractmethod
    def built(self) -> Built:
        """What is built, as scene and output take it. Raises a GoneError where it is there no longer."""

    @abstractmethod
    def ready(self) -> Built:
        """What is built, after building it unless that was done."""

    @abstractmethod
    def follow(self, strictly: bool = True) -> None:
        """Become what is built, where that has changed since it was last looked at: by undo and redo, in the sidebar,
        or through another Visualization. Raises a ParameterError where what the file says of it cannot be read and,
        ``strictly``, a GoneError where it is there no longer."""
