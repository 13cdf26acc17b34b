"""What is done with visualizations, one or several side by side, without Blender: the live page."""
from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence

from .display import Picture
from .document import make
from .document.asked import asked
from .document.group import Group
from .system import file_formats, file_paths, writing


class Pages(ABC):
    """What can be shown in a browser of a ``group``."""

    @property
    @abstractmethod
    def group(self) -> Group:
        """What is pictured: the documents, and where they stand."""

    @abstractmethod
    def follow(self, strictly: bool = True) -> None:
        """Become what is built, see ``Verbs.follow``."""

    @asked
    def page(self, path: str | os.PathLike, *, algorithms: str | Sequence[str] | None = None, title: str | None = None,
             caption: str | None = None, look: str | None = None) -> Picture:
        """Write a live page, and return its path, which a notebook shows: one HTML file that opens in any browser of
        today by a double click, without network, server or Blender. It shows what the Blender scene does, can be
        turned and played, and tells the values.

        path: ends in ``.html``.
        algorithms: the sweeps that can be played, beside what the visualization shows by itself: names as ``anim.alg``
            has them, ``"all"`` (the same as None, so that a page of ``Q @ K.T`` can be played though nothing moves in
            it at first), or ``"none"``. Those that would show the same as another are left out, and those that a
            reduced matrix cannot show.
        title: in the window's bar and above; None: the visualization's name, else its expression. caption: below.
        look: other than the visualization's, to begin with; ``dark`` and ``paper`` can be chosen in every page.

        All values are in the file, so who is sent it can read them. They are exact where the matrices have at most
        262,144 elements, else to 11 bits, which the page says; more than 4 million elements are reduced, unless
        ``reduce="none"``. Needs no bpy. Raises an MMError.
        """
        from .web import making, variants

        target = file_paths.target(path, file_formats.endings("page"))
        wish = making.Wish(variants.wanted(algorithms), title, caption)
        self.follow(strictly=False)
        text = making.text(make.edited_group(self.group, {"look": look}), wish)
        writing.write(target, text.encode("utf-8"))
        return Picture(target)
