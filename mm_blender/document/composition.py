"""Composition: the camera of a picture and the letters that it has.

By the option ``lettering`` the texts of a picture are those of a page (``page_layout``), laid out for its size, or lie
in the planes of the matrices (``plane_texts``), whatever it is.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..layout import framing
from ..layout.framing import Camera
from ..lettering.page import Page
from ..lettering.sheet import Sheet
from . import flow_arrows, page_layout, plain_framing, turning
from .group import Group
from .page_settings import PageSettings
from .plane_texts import stance

ROUGH = 1000  # pixels: of the shorter side of a picture of which only the shape is known


@dataclass(frozen=True)
class Composed:
    """The ``camera`` of a picture and what it is lettered with: a ``sheet``, or texts ``standing`` in space where the
    camera turns."""

    camera: Camera
    sheet: Sheet
    standing: list[turning.Standing]


def framed(group: Group, aspect: float, insets: Sequence[float], with_legends: bool) -> Camera:
    """See ``Visualization.framed``."""
    if not with_legends:
        return group.bare_camera(aspect, insets)
    if group.options.lettering != "planes":
        return _framed_with_page(group, aspect)
    if group.arrangement is not None:
        return group.bare_camera(aspect, insets)  # which holds the texts of each
    return plain_framing.in_planes(group.first, aspect, insets, group.camera)


def _framed_with_page(group: Group, aspect: float) -> Camera:
    """The camera of ``composed`` in a picture of that shape, in which letters are not so small that they are larger."""
    settings = _settings(group, (ROUGH * max(aspect, 1.0), ROUGH * max(1 / aspect, 1.0)))
    if group.turns:
        return turning.compose(group, settings.page, framing.WHOLE, settings.names)[0]
    return page_layout.framed(group, settings)


def _settings(group: Group, size: tuple[float, float]) -> PageSettings:
    """The page that a picture of ``size`` pixels is; where several stand side by side, its letters are as much smaller
    as they are."""
    page = Page.of_picture(size, math.sqrt(math.ceil(len(group.documents) / group.columns)))
    return PageSettings(page, keys=group.options.keys, names=group.options.lettering == "beside")


def composed(group: Group, size: tuple[int, int], camera: Camera | None = None) -> Composed:
    """See ``Visualization.composed``."""
    if camera is not None:
        return Composed(camera, page_layout.lay_out(group, camera, _settings(group, size)), [])
    # building asks for it, and rendering for the same again
    return group.memo.once("composed", (size, *stance(group.camera)), lambda: _composed(group, size))


def arrows(group: Group, size: tuple[int, int], camera: Camera) -> dict[tuple[int, str], float]:
    """Which arrows of the flow hide nothing, and how large they may be, in a picture of ``size`` as ``camera`` sees
    it; see ``flow_arrows.clear``."""
    settings = _settings(group, size)
    return flow_arrows.clear(group, camera, settings.page) if settings.names and not group.turns else {}


def _composed(group: Group, size: tuple[int, int]) -> Composed:
    settings = _settings(group, size)
    if not group.turns:
        return Composed(*page_layout.compose(group, settings), [])
    sheet = page_layout.lay_out(group, group.camera, PageSettings(settings.page, keys=settings.keys, names=False))
    camera, standing = turning.compose(group, settings.page, sheet.insets, settings.names)
    return Composed(camera, sheet, standing)
