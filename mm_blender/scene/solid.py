"""Solid: what Workbench, and the Solid mode of a window, show of colours. They know no shaders, and of instances no
attributes: elements are one mesh there whose colour attribute is made of their levels, and what has one colour, lines
and letters, has it as its object's."""
from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import partial
from typing import Any

import bpy
import numpy as np

from ..appearance.colours import Colours
from ..appearance.looks import Look, LOOKS
from ..appearance.rules import colour_at, level, Scale
from ..colour.colormaps import HUE
from ..colour.srgb import srgb_to_linear
from ..document.document import Document
from ..errors import warn
from . import linked, matrices, parts, properties, tags, tile_planes, tiles
from .blender_types import find_geometry_nodes, mesh_of, new_geometry_nodes, new_numbers, set_color
from .nodes import solid_group

MODIFIER = "mm Solid"
STOPS = 32  # the most that a colour ramp has
HIDDEN = tags.NOT_SOLID  # on what is hidden meanwhile
LIGHT = "paint.sl"  # of Blender's studio lights the one that leaves no side dark
LIT = 1.2  # times the colours that are under it


def put(document: Document, collection: bpy.types.Collection, window: bool = False) -> None:
    """Give everything that is built of ``document`` colours that Workbench shows, in a picture or only in a ``window``.
    Warns of matrices that stay tiles: these have one colour there, the mean of their elements'."""
    if linked.library_of(collection):
        warn(f"{collection.name} is linked from another file, so Workbench shows it without colours")
        return
    look, colours = LOOKS[document.options.look], document.scaling.colours
    plain = set()
    for obj in list(collection.all_objects):  # which is made anew when one is hidden
        path = properties.text(obj, tags.PATH)
        if obj.get(tags.PART) in (parts.MATRIX, parts.SWEEP) and path in colours:
            if tiles.is_tile(obj) or tile_planes.is_plane(obj):
                set_color(obj, _mean(document.values[path], document.scaling.scales[path], colours[path], look))
                plain.add(properties.text(obj, tags.NAME) or path)
            elif matrices.MODIFIER in obj.modifiers:
                _paint(obj, colours[path], look).show_render = not window
        elif obj.type in ("MESH", "FONT", "CURVE"):
            _colour(obj, look.lit, window)
    if plain:
        warn(f"Workbench shows {', '.join(sorted(plain))} in one colour: there are too many elements to draw "
             "them one by one")


def in_window(collection: bpy.types.Collection) -> bool:
    """Whether ``put`` was asked for a window, and not undone."""
    return any(MODIFIER in obj.modifiers for obj in collection.all_objects)


def give_back(collection: bpy.types.Collection, window: bool) -> None:
    """After a picture: the colours stay in a ``window`` that had them, else they go."""
    if not window:
        take_away(collection)
        return
    for obj in list(collection.all_objects):
        if MODIFIER in obj.modifiers:
            obj.modifiers[MODIFIER].show_render = False
        _show(obj)


def take_away(collection: bpy.types.Collection) -> None:
    """Draw elements again as they are drawn for other engines."""
    groups: set[bpy.types.NodeTree | None] = set()
    # a list of its own, since Blender's is made anew when one is hidden
    for obj in [] if linked.library_of(collection) else list(collection.all_objects):
        modifier = find_geometry_nodes(obj, MODIFIER)
        if modifier:
            groups.add(modifier.node_group)
            obj.modifiers.remove(modifier)
        _show(obj)
    bpy.data.batch_remove([group for group in groups if group and not group.users])


def _show(obj: bpy.types.Object) -> None:
    if obj.get(HIDDEN):
        obj.hide_render = False
        del obj[HIDDEN]


def set_up(shading: bpy.types.View3DShading, look: Look) -> None:
    """Have Workbench, or a view in Solid mode, show the colours, under light where the look has any."""
    shading.color_type = "VERTEX"
    shading.light = "STUDIO" if look.lit or look.drawn else "FLAT"
    lights: Any = shading  # whose names are those of files
    with suppress(TypeError):  # there are none where Blender was installed without its data
        lights.studio_light = LIGHT
    shading.show_cavity = shading.show_object_outline = shading.show_xray = shading.show_shadows = False
    shading.show_specular_highlight = False
    shading.background_type = "WORLD"  # whose colour is that of the look's ground


def table(colours: Colours, look: Look) -> list[tuple[float, tuple[float, float, float]]]:
    """The stops of a ramp from level -1 to 1, at 0 to 1, with their linear colours: close to each other about zero,
    where the sign turns and small magnitudes differ most."""
    half = (np.arange(STOPS // 2) / (STOPS // 2 - 1)) ** 1.5
    half[0] = 1e-4
    levels = np.concatenate([-half[::-1], half])
    return list(zip(((levels + 1) / 2).tolist(), map(tuple, linear(levels, colours, look).tolist())))


def linear(levels: np.ndarray, colours: Colours, look: Look) -> np.ndarray:
    """The linear colours (n, 3) of levels in a look, for the light there."""
    rgb = colour_at(levels, colours, colours.course)
    if colours.cmap == HUE:
        light = (rgb.max(-1, keepdims=True) + rgb.min(-1, keepdims=True)) / 2
        rgb = light + look.saturation * (rgb - light)
    return np.minimum(srgb_to_linear(rgb) * (LIT if look.lit else 1.0), 1.0)


def _paint(obj: bpy.types.Object, colours: Colours, look: Look) -> bpy.types.NodesModifier:
    """Have the elements of an object carry their colours; the modifier that sees to it."""
    name = hashlib.sha256(repr((colours, look)).encode()).hexdigest()[:12]
    modifier = find_geometry_nodes(obj, MODIFIER) or new_geometry_nodes(obj, MODIFIER)
    modifier.node_group = solid_group.build(name, partial(table, colours, look), look.accent)
    element = matrices.element_of(obj)
    if element and mesh_of(element).attributes.active_color_name != solid_group.COLOR:
        mesh_of(element).attributes.active_color_name = solid_group.COLOR  # what is realized of it takes that over
    obj.update_tag()
    return modifier


def _colour(obj: bpy.types.Object, lit: bool, window: bool) -> None:
    """The colour of an object's first material as its own, and those of several as its mesh's."""
    slots = [material for material in getattr(obj.data, "materials", ()) if material]
    if not slots:
        return
    set_color(obj, _brighter(np.array(slots[0].diffuse_color), lit))
    if "shadow" in getattr(obj.data, "attributes", ()) and not (window or obj.hide_render):
        obj.hide_render = obj[HIDDEN] = True  # a shadow is no thing
    elif len(slots) > 1 and obj.type == "MESH" and solid_group.COLOR not in mesh_of(obj).attributes:
        faces = np.zeros(len(mesh_of(obj).polygons), np.int32)
        mesh_of(obj).polygons.foreach_get("material_index", faces)
        give_colours(mesh_of(obj), _brighter(np.array([material.diffuse_color for material in slots]), lit)[faces])


def _brighter(rgba: np.ndarray, lit: bool) -> np.ndarray:
    """Colours of marks that look as they should under the light there, if there is any."""
    return np.concatenate([np.minimum(rgba[..., :3] * (LIT if lit else 1.0), 1.0), rgba[..., 3:]], -1)


def give_colours(mesh: bpy.types.Mesh, rgba: np.ndarray) -> None:
    """Colour the faces of a mesh, linear ``rgba`` (faces, 3 or 4)."""
    rgba = np.concatenate([rgba, np.ones((len(rgba), 4 - rgba.shape[1]))], axis=1)
    corners = np.zeros(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", corners)
    layer = new_numbers(mesh, solid_group.COLOR, "BYTE_COLOR", "CORNER")
    layer.foreach_set("color", np.repeat(rgba, corners, axis=0).astype(np.float32).ravel())
    mesh.attributes.active_color_name = solid_group.COLOR


def _mean(values: np.ndarray, scale: Scale, colours: Colours, look: Look) -> tuple[float, float, float, float]:
    some = values[::max(1, values.shape[0] // 64), ::max(1, values.shape[1] // 64)].ravel()
    some = some[np.isfinite(some) & (some != 0)]
    return (*linear(level(some, scale), colours, look).mean(0), 1.0) if some.size else (0.5, 0.5, 0.5, 1.0)
