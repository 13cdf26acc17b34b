"""What a .blend that travels has to bring along: the pictures of a person's own materials. Needs bpy."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import bpy


@contextmanager
def packed() -> Iterator[None]:
    """Meanwhile the pictures that the open file names are in it, as far as they are there. What else it needs is
    looked for at the same place by whoever renders it."""
    outside = [image for image in bpy.data.images if _is_outside(image)]
    for image in outside:
        image.pack()
    try:
        yield
    finally:
        for image in outside:
            image.unpack(method="REMOVE")


def _is_outside(image: bpy.types.Image) -> bool:
    """Whether a picture is one file that lies elsewhere, of which nobody has changed anything here."""
    return image.source == "FILE" and not image.packed_file and not image.library and not image.is_dirty \
        and bool(image.filepath) and os.path.isfile(bpy.path.abspath(image.filepath))
