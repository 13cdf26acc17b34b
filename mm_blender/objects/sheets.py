"""Sheets: the texts of a printed page, hung before the camera so that nothing hides them and none is slanted."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING

import bpy
import numpy as np
from mathutils import Matrix

from ..fonts import Font
from ..framing import Camera
from ..page import POINT
from ..places import outline
from ..sheet import Letters, PageText, Sheet, turned
from . import keys, materials, parts, typefaces
from .looks import Look

if TYPE_CHECKING:
    from ..visualization import Visualization

NEARER = 0.5     # where the page hangs, relative to what is nearest to the camera
QUIET = 0.35     # how far quiet texts recede towards the ground, as the eye sees it
SMOOTH = 6       # pieces a letter's curves are drawn in
UNSEEN = ("diffuse", "glossy", "transmission", "volume_scatter", "shadow")  # texts light and shade nothing


def hang(viz: "Visualization", sheet: Sheet, camera: Camera, obj: bpy.types.Object, look: Look,
         collection: bpy.types.Collection, letters: bool = True) -> list[bpy.types.Object]:
    """Make the keys of ``sheet``, and its texts and leaders if ``letters``, before the camera object ``obj``, which
    stands where ``camera`` does; the objects made. Those of a former page go."""
    take_down(collection)
    page = sheet.page
    depth, inch = _plane(viz, camera, page.height, page.aspect)
    place = Matrix.Translation((-page.width / 2 * inch, -page.height / 2 * inch, -depth)) @ Matrix.Scale(inch, 4)
    used = {text.role for text in sheet.texts} if letters else set()
    made_of = {role: materials.flat(f"mm page {role}", (*color, 1.0)) for role, color in inks(look).items()
               if role in used or role == "quiet" and (letters and sheet.leaders or sheet.keys and sheet.keys.strips)}
    given = typefaces.load(sheet.font)
    made = []
    for text in sheet.texts if letters else ():
        for run in text.runs:
            if run.text.strip():
                made.append(_letters(text, run, sheet.font, given, made_of[text.role]))
    if sheet.leaders and letters:
        made.append(_leaders(sheet, made_of["quiet"]))
    if sheet.keys and sheet.keys.strips:
        made += [keys.strip(each, look) for each in sheet.keys.strips]
        made.append(keys.boxes(sheet.keys.boxes, made_of["quiet"]))
    for each in made:
        collection.objects.link(each)
        each.parent = obj
        each.matrix_basis = place @ each.matrix_basis
        for kind in UNSEEN:
            setattr(each, f"visible_{kind}", False)
        each.hide_select = True
    parts.adopt(collection, parts.PAGE)
    return made


def take_down(collection: bpy.types.Collection) -> None:
    """Delete the page's texts."""
    parts.clear(collection, parts.PAGE)


def _plane(viz: "Visualization", camera: Camera, height: float, aspect: float) -> tuple[float, float]:
    """How far before Blender's camera a page of ``height`` inches hangs, and how long an inch is there, in metres."""
    pitch = viz.placement.pitch
    if camera.parallel:  # it stands far enough that half this distance is before everything
        return 0.05 * camera.distance * pitch, camera.height(aspect) / height * pitch
    nearest = float(camera.project(outline(viz.tree, viz.placement))[:, 2].min())
    depth = NEARER * nearest if nearest > 0 else 0.01 * camera.distance
    return depth * pitch, 2 * depth * math.tan(math.radians(camera.vertical_fov(aspect)) / 2) / height * pitch


def _letters(text: PageText, run: Letters, font: Font, loaded: bpy.types.VectorFont,
             ink: bpy.types.Material) -> bpy.types.Object:
    """A run of letters, in inches on the page."""
    curve = bpy.data.curves.new(f"mm page {text.kind} {run.text}"[:60], "FONT")
    typefaces.put(curve, run, font, loaded)
    curve.fill_mode, curve.resolution_u = "FRONT", SMOOTH
    curve.materials.append(ink)
    obj = bpy.data.objects.new(curve.name, curve)
    x, y = text.origin(run)
    obj.matrix_basis = Matrix.Translation((x, y, 0.0)) @ Matrix.Rotation(math.radians(text.angle), 4, "Z")
    obj["mm_label"], obj["mm_kind"] = text.path, text.kind
    return obj


def _leaders(sheet: Sheet, ink: bpy.types.Material) -> bpy.types.Object:
    """All leader lines, one mesh of thin quads in inches on the page."""
    half = sheet.leader_pt * POINT / 2
    corners = []
    for x0, y0, x1, y1 in sheet.leaders:
        start, end = np.array([x0, y0]), np.array([x1, y1])
        across = turned(90) @ (end - start) / max(float(np.hypot(*(end - start))), 1e-9) * half
        corners += [start - across, end - across, end + across, start + across]
    mesh = bpy.data.meshes.new("mm page leaders")
    mesh.from_pydata([(float(x), float(y), 0.0) for x, y in corners], [],
                     [tuple(range(at, at + 4)) for at in range(0, len(corners), 4)])
    mesh.materials.append(ink)
    return bpy.data.objects.new(mesh.name, mesh)


def inks(look: Look) -> dict[str, tuple[float, ...]]:
    """The colours of texts by their role, linear."""
    seen = [np.array(color) ** (1 / 2.2) for color in (look.text, look.ground)]
    return {"text": tuple(look.text), "quiet": tuple(((1 - QUIET) * seen[0] + QUIET * seen[1]) ** 2.2)}
