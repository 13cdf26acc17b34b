"""What is asked for of a page."""
from __future__ import annotations

import os
from dataclasses import dataclass

from ..lettering.page import Page


@dataclass(frozen=True)
class PageSettings:
    """``page``: its size and its letters. ``title``, ``caption``: above and below, with mathematics between dollar
    signs. ``keys``: whether it has colour bars, with what sizes mean. ``names``: whether matrices have any texts.
    ``font``: a .ttf or .otf file."""

    page: Page
    title: str | None = None
    caption: str | None = None
    keys: bool = True
    names: bool = True
    font: str | os.PathLike | None = None
