"""Visualizations side by side in one picture, such as all heads of a layer.

They stand in a grid that faces the camera, all seen from one direction. Everything is in the terms and the pitch of
the first one.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .document.asked import asked
from .document.document import Document
from .document.group import Group
from .errors import MMError, ParameterError
from .layout import places
from .plain import is_whole, plainly, said
from .system.interrupts import deferring
from .verbs import Verbs
from .visualization import Visualization

if TYPE_CHECKING:
    import bpy

    from .scene.held import Handle


@plainly
def side_by_side(visualizations: Sequence[Visualization], columns: int | None = None,
                 titles: Sequence[str] | None = None) -> Row:
    """``visualizations`` in one picture: in rows of ``columns`` (about a screen's shape unless told), each with its
    title below it. Build, save and render it as one visualization. What is given twice is itself the first time, and
    then a copy, to be changed apart. ``anim.spin`` turns no camera there, of which building warns (MMWarning), but in
    movies of one alone. Raises ParameterError."""
    if isinstance(visualizations, Visualization) or not isinstance(visualizations, Iterable):
        raise ParameterError(f"side_by_side takes a list of visualizations, not {said(visualizations)}")
    visualizations = list(visualizations)
    if not visualizations:
        raise ParameterError("side_by_side takes one visualization or more, not none")
    for each in visualizations:
        if not isinstance(each, Visualization):
            raise ParameterError(f"side_by_side takes visualizations, as visualize() returns them, not {said(each)}")
    if columns is not None and not (is_whole(columns) and columns >= 1):
        raise ParameterError(f"columns is a whole number from 1 up, not {said(columns)}")
    if titles is not None and not (isinstance(titles, (list, tuple)) and all(isinstance(t, str) for t in titles)):
        raise ParameterError(f"titles are texts, one for each visualization, not {said(titles)}")
    if titles is not None and len(titles) != len(visualizations):
        raise ParameterError(f"there are {len(titles)} titles for {len(visualizations)} visualizations")
    once = [viz if not any(viz is former for former in visualizations[:at]) else viz._apart()
            for at, viz in enumerate(visualizations)]
    return Row(once, columns, list(titles or []))


class Row(Verbs):
    """What ``side_by_side`` returns: several visualizations, each of which can also be changed by itself, that are
    built, rendered to pictures and movies, put into figures and saved as one.

    ``collection``, ``camera`` and ``options`` are those of the first visualization, ``placement`` has the bounds of
    all.
    """

    def __init__(self, visualizations: list[Visualization], columns: int | None, titles: list[str]):
        self.visualizations, self.titles = visualizations, titles
        self._columns = columns
        self._group: Group | None = None  # as they were when they were last looked at

    @property
    def first(self) -> Visualization:
        """The one in whose terms all are."""
        return self.visualizations[0]

    @property
    def group(self) -> Group:
        """What is pictured. Where each stands stays as it is when one of them changes, until all are built again."""
        documents = [viz.document for viz in self.visualizations]
        if self._group is None:
            self._group = Group.side_by_side(documents, self._columns, self.titles)
        elif any(now is not then for now, then in zip(documents, self._group.documents, strict=True)):
            self._group = self._group.changed(documents)
        return self._group

    @property
    def columns(self) -> int:
        """How many stand beside each other."""
        return self.group.columns

    @property
    def offsets(self) -> np.ndarray:
        """How far each is moved from where it stands alone, right and up as the camera sees it, (n, 3)."""
        return np.array([offset for _, _, offset in self.group.members])

    @property
    def placement(self) -> places.Placement:
        """The first one's, with the bounds of all."""
        return self.group.placement

    def info(self) -> str:
        """Each one's tree in words, under its title."""
        titles = self.titles or [f"{at + 1} of {len(self.visualizations)}" for at in range(len(self.visualizations))]
        return "\n\n".join(f"{title}\n{viz.info()}" for title, viz in zip(titles, self.visualizations, strict=True))

    @property
    def handles(self) -> list[Handle]:
        """What each is found by that was built."""
        return [handle for viz in self.visualizations for handle in viz.handles]

    def follow(self, strictly: bool = True) -> None:
        """Have each become what is built of it, see ``Visualization.follow``: all that can, whatever became of others;
        what is raised is the first one's."""
        failed: list[MMError] = []
        for viz in self.visualizations:
            try:
                viz.follow(strictly)
            except MMError as error:
                failed.append(error)
        if failed:
            raise failed[0]

    @property
    def is_built(self) -> bool:
        """Whether the objects of all of them are in the open file."""
        return all(viz.is_built for viz in self.visualizations)

    @property
    def collection(self) -> bpy.types.Collection | None:
        """The first one's, see ``Visualization.collection``."""
        return self.first.collection

    @deferring
    @asked
    def build(self, name: str | None = None, *, own_scene: bool | None = None) -> Row:
        """Make the objects of all of them in Blender's current scene. Needs bpy. ``name`` (which all of them get),
        ``own_scene``: see ``Visualization.build``."""
        self._group = None
        super().build(name, own_scene=own_scene)
        return self

    @deferring
    def remove(self) -> None:
        """Delete what was built, as ``Visualization.remove`` does: of all, or where that is refused, of none."""
        if self.handles:
            from .scene import build

            build.remove(*(found for handle in self.handles if (found := handle.find()) is not None))
        for viz in self.visualizations:
            viz.remove()

    def _take(self, documents: Sequence[Document]) -> None:
        for viz, document in zip(self.visualizations, documents, strict=True):
            viz._take([document])

    def _hold(self, collections: Sequence[bpy.types.Collection]) -> None:
        for viz, collection in zip(self.visualizations, collections, strict=True):
            viz._hold([collection])

    def _apart(self) -> Row:
        return Row([viz._apart() for viz in self.visualizations], self._columns, self.titles)

    def __repr__(self) -> str:
        of = f": {', '.join(self.titles)}" if self.titles else f" of {self.first!r}"
        return f"<Row of {len(self.visualizations)} visualizations{of}>"
