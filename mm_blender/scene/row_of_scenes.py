"""The objects of a group: of several side by side one camera, one set of lights, a title each."""
from __future__ import annotations

import bpy
from mathutils import Matrix

from ..appearance.looks import LOOKS
from ..document import composition
from ..document.group import Group, STILL_IN_A_ROW, UNTOLD_IN_A_ROW
from ..errors import warn
from ..layout.places import to_blender
from ..lettering import fonts
from ..lettering.texts import Text
from . import borrowed_scene, build, camera, letters, materials, needs, page_objects, parts, tags, typefaces
from .blender_types import scene_now, there, translation
from .built import Built
from .matrices import world_frame


def build_group(group: Group, own_scene: bool | None, base: Matrix) -> list[bpy.types.Collection]:
    """Make every object of ``group``, the first document of which stands at ``base``; the collections. If anything
    fails, nothing of it remains."""
    if group.arrangement is None:
        return [build.build(group.first, own_scene, base)]
    if any(document.turns for document in group.documents):
        warn(STILL_IN_A_ROW)
    if any(document.options.story is not None for document in group.documents):
        warn(UNTOLD_IN_A_ROW)
    return build.together([(document, at) for at, document in enumerate(group.documents)], own_scene, base,
                          lambda collections: _arrange(Built(group, collections)))


def _arrange(built: Built) -> None:
    """Put those that were built one by one beside each other, before one camera and under one set of lights."""
    group, first, scene = built.group, built.collection, scene_now()
    start, pitch, texts = parts.base_of(first), group.placement.pitch, group.title_texts()
    ink = materials.flat("mm text", (*LOOKS[group.options.look].text, 1.0)) if texts else None
    size = scene.render.resolution_x, scene.render.resolution_y
    composed = None if group.options.lettering == "planes" else composition.composed(group, size)
    seen_from = composed.camera if composed else group.bare_camera(1.0)
    for at, (_, _, offset, collection) in enumerate(built.parts):
        root = there(parts.root_of(collection))
        root.matrix_basis = start @ translation(to_blender(offset) * pitch)
        with parts.made(collection, parts.CAMERA):
            camera.slant(root, seen_from, group.first.placement)
        if ink:
            _add_title(texts[at], ink, pitch, start, collection)
    obj = needs.camera_of(first)
    if composed and obj:
        camera.aim(obj, seen_from, group.placement, start, size[0] / size[1])
        letters.put(built, composed, obj)
    borrowed_scene.take(first, scene)


def _add_title(text: Text, ink: bpy.types.Material, pitch: float, start: Matrix,
               collection: bpy.types.Collection) -> None:
    """A title as text objects, one for each run of letters, which a person can edit; it stays where it is when the
    matrices change."""
    font = fonts.load()
    typeface, root = typefaces.load(font), there(parts.root_of(collection))
    place = start @ world_frame(text.frame, pitch) @ Matrix.Scale(pitch, 4)
    for run in text.letters.runs:
        if not run.text.strip():
            continue
        obj = page_objects.run_of(text.letters, run, font, typeface, ink, "mm")
        obj.parent, obj.matrix_parent_inverse = root, root.matrix_basis.inverted()
        obj.matrix_basis = place @ obj.matrix_basis
        obj[tags.PART] = parts.TITLE
        page_objects.unseen(obj)
        collection.objects.link(obj)
