"""Sheets: the texts of a printed page, hung before the camera so that nothing hides them and none is slanted."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.looks import Look
from ..document.group import Group
from ..layout.framing import Camera
from ..lettering.fonts import Font
from ..lettering.lines import Letters, PageText, turned
from ..lettering.page import Page, POINT
from ..lettering.sheet import Arc, Sheet
from . import key_objects, materials, parts, tags, typefaces
from .blender_types import new_text_curve

NEARER = 0.5     # where the page hangs, relative to what is nearest to the camera
QUIET = 0.35     # how far quiet texts recede towards the ground, as the eye sees it
SMOOTH = 6       # pieces a letter's curves are drawn in
BOW = 24         # and an arc
ABOVE = 2e-4     # inches that an arc is nearer than the one behind it
UNSEEN = ("diffuse", "glossy", "transmission", "volume_scatter", "shadow")  # texts light and shade nothing


class Before(NamedTuple):
    """Where a page hangs: before the ``camera``, whose scene has that ``pitch`` in metres, ``at`` so many pitches."""

    camera: Camera
    pitch: float
    at: float

    def plane(self, page: Page) -> tuple[float, float]:
        """How far before Blender's camera ``page`` hangs, and how long an inch is there, in metres."""
        if self.camera.parallel:
            return self.at * self.pitch, self.camera.height(page.aspect) / page.height * self.pitch
        height = 2 * self.at * math.tan(math.radians(self.camera.vertical_fov(page.aspect)) / 2)
        return self.at * self.pitch, height / page.height * self.pitch


def before_all(group: Group, camera: Camera) -> Before:
    """Where a page hangs that is nearer to ``camera`` than all of ``group``."""
    if camera.parallel:  # it stands far enough that a twentieth of this distance is before everything
        return Before(camera, group.placement.pitch, 0.05 * camera.distance)
    nearest = float(camera.project(group.outline())[:, 2].min())
    return Before(camera, group.placement.pitch, NEARER * nearest if nearest > 0 else 0.01 * camera.distance)


def hang(sheet: Sheet, where: Before, obj: bpy.types.Object, look: Look, collection: bpy.types.Collection,
         letters: bool = True, part: str = parts.PAGE) -> list[bpy.types.Object]:
    """Make the keys of ``sheet``, and its texts and leaders if ``letters``, before the camera object ``obj``, which
    stands where that of ``where`` does; the objects. Those of a former page go."""
    if part == parts.PAGE:
        remove_page(collection)
    page = sheet.page
    depth, inch = where.plane(page)
    place = Matrix.Translation((-page.width / 2 * inch, -page.height / 2 * inch, -depth)) @ Matrix.Scale(inch, 4)
    used = {text.role for text in sheet.texts} if letters else set()
    inks_of = {role: materials.flat(f"mm page {role}", (*color, 1.0)) for role, color in inks(look).items()
               if role in used or role == "quiet" and (letters and sheet.leaders or sheet.keys and sheet.keys.strips)}
    given = typefaces.load(sheet.font)
    objects = []
    for text in sheet.texts if letters else ():
        for run in text.runs:
            if run.text.strip():
                objects.append(run_of(text, run, sheet.font, given, inks_of[text.role], "mm page"))
    if sheet.leaders and letters:
        objects.append(leaders(sheet.leaders, sheet.leader_pt, inks_of["quiet"]))
    if sheet.arcs:
        objects.append(arcs_of(sheet.arcs))
    if sheet.vanes:
        objects.append(_vanes(sheet.vanes, look))
    if sheet.keys and sheet.keys.strips:
        objects += [key_objects.strip(each, look) for each in sheet.keys.strips]
        objects.append(key_objects.boxes(sheet.keys.boxes, inks_of["quiet"]))
    for each in objects:
        collection.objects.link(each)
        each.parent = obj
        each.matrix_basis = place @ each.matrix_basis
        unseen(each)
        each.hide_select = True
    parts.adopt(collection, part, objects)
    return objects


def unseen(obj: bpy.types.Object) -> None:
    """Have an object neither light nor shade anything."""
    for kind in UNSEEN:
        setattr(obj, f"visible_{kind}", False)


def remove_page(collection: bpy.types.Collection) -> None:
    """Delete the page's texts."""
    parts.clear(collection, parts.PAGE)


def run_of(text: PageText, run: Letters, font: Font, loaded: bpy.types.VectorFont, ink: bpy.types.Material,
            name: str) -> bpy.types.Object:
    """A run of letters, in inches on the page: a text object that a person can edit."""
    curve = new_text_curve(f"{name} {text.kind} {run.text}"[:60])
    typefaces.put(curve, run, font, loaded)
    curve.fill_mode, curve.resolution_u = "FRONT", SMOOTH
    curve.materials.append(ink)
    obj = bpy.data.objects.new(curve.name, curve)
    x, y = text.origin(run)
    obj.matrix_basis = Matrix.Translation((x, y, 0.0)) @ Matrix.Rotation(math.radians(text.angle), 4, "Z")
    obj[tags.LABEL], obj[tags.KIND] = text.path, text.kind
    return obj


def leaders(lines: Sequence[tuple[float, float, float, float]], width_pt: float,
            ink: bpy.types.Material) -> bpy.types.Object:
    """Leader lines, one mesh of thin quads in inches on the page."""
    half = width_pt * POINT / 2
    corners = []
    for x0, y0, x1, y1 in lines:
        start, end = np.array([x0, y0]), np.array([x1, y1])
        across = turned(90) @ (end - start) / max(float(np.hypot(*(end - start))), 1e-9) * half
        corners += [start - across, end - across, end + across, start + across]
    mesh = bpy.data.meshes.new("mm page leaders")
    mesh.from_pydata([(float(x), float(y), 0.0) for x, y in corners], [],
                     [tuple(range(at, at + 4)) for at in range(0, len(corners), 4)])
    mesh.materials.append(ink)
    return bpy.data.objects.new(mesh.name, mesh)


def _vanes(vanes: list[tuple[int, np.ndarray]], look: Look) -> bpy.types.Object:
    """The vanes in the note that explains the arrows, as they are coloured there."""
    mesh = bpy.data.meshes.new("mm page vanes")
    mesh.from_pydata([(float(x), float(y), 0.0) for _, corners in vanes for x, y in corners], [],
                     [tuple(range(3 * at, 3 * at + 3)) for at in range(len(vanes))])
    for color in (look.left_vane, look.right_vane):
        mesh.materials.append(materials.flat("mm flow key", color))
    mesh.polygons.foreach_set("material_index", np.array([side for side, _ in vanes], np.int32))
    return bpy.data.objects.new(mesh.name, mesh)


def arcs_of(arcs: Sequence[Arc]) -> bpy.types.Object:
    """Arcs as one curve that a person can edit: a spline each, whose radius is half its width."""
    curve: Any = bpy.data.curves.new("mm page arcs", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.resolution_u = "3D", 1.0, 2, BOW
    for number, arc in enumerate(arcs):
        curve.materials.append(materials.flat("mm arc", (*arc.colour, 1.0)))
        spline = curve.splines.new("BEZIER")
        spline.material_index = number
        spline.bezier_points.add(1)
        start, out, back, end = ((float(x), float(y), ABOVE * number) for x, y in arc.points)
        for point, place, handles in zip(spline.bezier_points, (start, end), ((start, out), (back, end))):
            point.handle_left_type = point.handle_right_type = "FREE"
            point.co, point.handle_left, point.handle_right = place, *handles
            point.radius = arc.width_pt * POINT / 2
    return bpy.data.objects.new(curve.name, curve)


def inks(look: Look) -> dict[str, tuple[float, ...]]:
    """The colours of texts by their role, linear."""
    seen = [np.array(color) ** (1 / 2.2) for color in (look.text, look.ground)]
    return {"text": tuple(look.text), "quiet": tuple(((1 - QUIET) * seen[0] + QUIET * seen[1]) ** 2.2)}
