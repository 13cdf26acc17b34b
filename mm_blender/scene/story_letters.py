"""Names beside matrices in a story: each stands where it has room from wherever the camera rests, and glides there.

A name hangs on an Empty in the middle of its matrix, which turns with the camera, and on that on a *carrier*, whose
keys move it to where it is laid out; it is seen while it is whole in the picture and lies over nothing.
"""
from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..document.composition import Composed
from ..document.document import Document
from ..layout.framing import Camera
from ..lettering.page import Page
from ..story import captions, names, targets
from ..story.beats import BELOW
from ..story.names import NamesAtRest
from ..story.timeline import Timeline
from . import compat, parts, properties, story_camera, story_keys, story_sight
from .built import Built
from .hung_names import HungName
from .letter_places import blocks_of, inch, LABELS, LetterBlock, LetterPlaces
from .letters import Hanger, HUNG
from .story_sight import Sight


def follow(document: Document, collection: bpy.types.Collection, told: Timeline, sight: Sight) -> None:
    """Have the names of ``collection``, which are laid out for one place, stand where they have room from wherever the
    camera is that ``sight`` has."""
    camera, page = sight.camera, sight.page
    views = document.cache.once("names", (id(told), page), lambda: names.views(told, document, page))
    with parts.dressed(collection, parts.LETTER):
        hung = [obj for obj in parts.of(collection, parts.LETTER) if properties.has(obj, HUNG)]
        parts.delete([*(child for obj in hung for child in obj.children), *hung])
        found = _hang(document, collection, views, camera, page)
    pitch = document.placement.pitch
    for each in found:
        _key(each, views, pitch)
    for each, frames in story_sight.of_names(found, views, sight).items():
        for child in each.carrier.children:
            story_keys.visible(child, frames)
    _keep_off_words(collection, told, camera)


def _keep_off_words(collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Have keys that hang in the picture where words stand below be seen only while there are none."""
    page = captions.page_of(told.aspect)
    below = [each for each in told.captions if each.place == BELOW]
    top = max((upper / page.height for *_, upper in names.plates(below, page)), default=0.0)
    half = math.tan(math.radians(Camera(np.zeros(3), np.zeros(3), told.fov).vertical_fov(told.aspect)) / 2)
    for obj in parts.of(collection, parts.LETTER):
        if obj.parent != camera:
            continue
        corners = [obj.matrix_basis @ Vector(corner) for corner in obj.bound_box]
        if told.parallel or min(0.5 - at.y / at.z / half / 2 for at in corners) < top:
            story_keys.hidden(obj, [(each.first, each.last) for each in below])


def _hang(document: Document, collection: bpy.types.Collection, views: list[NamesAtRest], camera: bpy.types.Object,
          page: Page) -> list[HungName]:
    """The names with all their texts, once for each way in which they are set."""
    built = Built.one(document, collection)
    hanger = Hanger(built, Composed(views[0].camera, views[0].sheet, []), camera)
    empties: dict[str, bpy.types.Object] = {}
    out: dict[tuple, HungName] = {}
    for at, view in enumerate(views):
        places, blocks = LetterPlaces(built.group, view.camera, page), blocks_of(view.sheet)
        for (owner, path), block in blocks.items():
            middle = np.mean([text.box() for text in block.texts], axis=(0, 1))
            key = path, _setting(block, middle)
            if key not in out:
                node = path.removesuffix(LABELS)
                anchor = targets.corners(document, targets.find(document, node)).mean(0)
                if path not in empties:
                    empties[path] = hanger.empty(owner, block.texts[0].text, anchor)
                objects = hanger.objects(block)
                carrier = _carrier(empties[path], objects, middle, collection)
                parts.adopt(collection, parts.LETTER, [empties[path], carrier, *objects])
                out[key] = HungName(path, carrier, block.box - middle, anchor, bool(block.leaders))
            behind = places.behind(owner, path, block)
            away = view.camera.axes() @ (places.point(middle, behind) - out[key].anchor)
            out[key].stops[at] = np.array([*away, inch(view.camera, page, behind)])
    return list(out.values())


def _setting(block: LetterBlock, middle: np.ndarray) -> tuple:
    """How a block is set, about its middle."""
    texts = tuple((text.text, *np.round(np.subtract((text.x, text.y), middle), 4).tolist(), round(text.angle, 2))
                  for text in block.texts)
    leaders = tuple(tuple(np.round(np.reshape(each, (2, 2)) - middle, 4).ravel().tolist()) for each in block.leaders)
    return texts, leaders


def _carrier(empty: bpy.types.Object, objects: list[bpy.types.Object], middle: np.ndarray,
             collection: bpy.types.Collection) -> bpy.types.Object:
    """What carries ``objects``, in inches on the page, about the ``middle`` of them."""
    carrier = parts.unseen(f"{empty.name} set"[:60], None, collection)
    carrier.empty_display_size = 0.01
    carrier.parent = empty
    for each in objects:
        collection.objects.link(each)
        each.parent = carrier
        each.matrix_basis = Matrix.Translation((-middle[0], -middle[1], 0.0)) @ each.matrix_basis
    return carrier


def _key(each: HungName, views: list[NamesAtRest], pitch: float) -> None:
    """Key where a name stands in each of its views, and how large it is there."""
    keys = {frame: stop * pitch for at, stop in each.stops.items() for frame in (views[at].first, views[at].last)}
    for axis in range(3):
        compat.key(each.carrier, "location", axis, [(frame, float(stop[axis])) for frame, stop in keys.items()],
                   story_camera.SMOOTH)
        compat.key(each.carrier, "scale", axis, [(frame, float(stop[3])) for frame, stop in keys.items()],
                   story_camera.SMOOTH)
