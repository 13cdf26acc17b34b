"""Showing: what of a live page goes into a notebook."""
from __future__ import annotations

from ..document import composition
from ..document.group import Group
from ..errors import MMError, warn
from ..layout.framing import Camera, WHOLE
from ..system import disks
from . import bundle, making, plain_picture, variants

LARGEST = 50e6       # bytes of a page that a notebook should hold
PICTURE = (800, 500)  # pixels of the picture beside it
_said: set[str] = set()  # of what is missing, which need not be said in every cell


def page(group: Group, camera: Camera | None = None) -> str | None:
    """The page of a group, from ``camera`` if one is given. None where there is no viewer to make it with, or it would
    be too large, which is said (MMWarning). Raises an MMError."""
    try:
        bundle.viewer()
    except MMError as error:
        if str(error) not in _said:
            _said.add(str(error))
            warn(f"a picture is shown in place of the live page: {error}")
        return None
    text = making.text(group, making.Request(variants.wanted(None), camera=camera))
    size = len(text.encode("utf-8"))
    if size > LARGEST:
        warn(f"a picture is shown in place of the live page, which has {disks.amount(size)}; a notebook "
             f"should hold {disks.amount(LARGEST)}: write it by page(), or show fewer elements (cells=)")
        return None
    return text


def plain(group: Group, camera: Camera | None = None) -> bytes:
    """A picture (PNG) of a group, from ``camera`` if one is given, without Blender: no light, and no letters. Computes
    the values."""
    if camera is None:
        camera = composition.framed(group, PICTURE[0] / PICTURE[1], WHOLE, False) if group.auto_framed else group.camera
    return plain_picture.png(plain_picture.picture(group, camera, PICTURE))
