"""A story's arcs: the tokens of a matrix above the picture, and the arcs that grow from one of them to the others."""
from __future__ import annotations

import bpy

from ..appearance.looks import LOOKS
from ..document.document import Document
from ..lettering import fonts
from ..story import arcs, captions
from ..story.arcs import ArcSpan
from ..story.timeline import Timeline
from . import compat, materials, page_objects, parts, story_captions, story_keys, tags, typefaces
from .blender_types import any_kind, there

ARCS = "arcs"  # what tells its objects


def put(document: Document, collection: bpy.types.Collection, told: Timeline, camera: bpy.types.Object) -> None:
    """Hang the arcs where the captions hang, each seen in the frames of its beat; former ones go. Computes the
    values."""
    parts.delete([obj for obj in parts.of(collection, parts.STORY) if obj.get(tags.STORY) == ARCS])
    board = story_captions.board_of(camera)
    if board is None or not told.arcs:
        return
    look = LOOKS[document.options.look]
    _, plate = story_captions.inks(look)
    inks = {role: materials.flat(f"mm arcs {role}", (*color, 1.0)) for role, color in page_objects.inks(look).items()}
    page = captions.page_of(told.aspect)
    for span in told.arcs:
        for obj in _drawn(span, document, told.aspect, inks, plate):
            story_captions.hang(obj, board, page, collection)
            obj[tags.STORY] = ARCS
            story_keys.visible(obj, [(span.first, span.last)])


def _drawn(span: ArcSpan, document: Document, aspect: float, inks: dict[str, bpy.types.Material],
           plate: bpy.types.Material) -> list[bpy.types.Object]:
    """The words, the arcs, which grow, and the plate behind them, in inches on the page."""
    font = fonts.load()
    loaded, (strip, behind) = typefaces.load(font), arcs.strip(span, document, aspect)
    out = [page_objects.run_of(text, run, font, loaded, inks[text.role], "mm arcs")
           for text in strip.texts for run in text.runs if run.text.strip()]
    if strip.arcs:
        drawn = page_objects.arcs_of(strip.arcs)
        curve = any_kind(there(drawn.data))
        curve.bevel_factor_mapping_end = "SPLINE"
        compat.key(curve, "bevel_factor_end", 0, [(span.first, 0.0), (span.grown, 1.0)], "BEZIER")
        out.append(drawn)
    return [*out, story_captions.behind(behind, plate)]
