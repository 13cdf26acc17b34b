"""Travellers: the objects that are seen while one visualization turns into another.

What moves hangs on an Empty, keyed from where its matrix stands to where it will; a body is a copy of the matrix'
object, and of what changes on its way a node group places, sizes and colours every element by a clock, an Empty whose
location x is the share of the way. All keys are few and smooth, and can be moved by hand.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Quaternion, Vector

from ..appearance.looks import LOOKS
from ..appearance.rules import level
from ..document.document import Document
from ..document.travels import Changing, Travel, travels, Way, ways
from ..expression.tree import elements
from ..layout.places import to_blender
from . import compat, fading, keys, materials, matrices, parts, properties, tags
from .blender_types import floats, new_geometry_nodes, new_numbers, numbers, there, translation, vector
from .nodes import cube_group, travel_group
from .nodes.travel_group import EDGES, LEVELS, PLACE

# of a transition's frames, as shares
MOVE, VANISH, APPEAR = (0.1, 0.9), (0.0, 0.5), (0.5, 1.0)


@dataclass
class Leg:
    """One turning into the next: what is built of both (documents and collections) and the frames at which all of the
    first is seen last, and of the second first."""

    documents: tuple[Document, Document]
    collections: tuple[bpy.types.Collection, bpy.types.Collection]
    frames: tuple[float, float]
    clocks: dict[tuple[float, float], bpy.types.Object] = field(default_factory=dict)

    @property
    def own(self) -> bpy.types.Collection:
        """The collection of what travels."""
        return self.collections[0]

    @property
    def pitch(self) -> float:
        """From element to element, in metres."""
        return self.documents[0].placement.pitch

    def window(self, shares: tuple[float, float]) -> tuple[float, float]:
        """The frames at such shares of the way."""
        first, last = self.frames
        return first + shares[0] * (last - first), first + shares[1] * (last - first)

    def show(self, obj: bpy.types.Object) -> None:
        """Have an object of what travels seen between both ends alone."""
        first, last = self.frames
        flags = [flag for flag in fading.FLAGS if not getattr(obj, flag)]
        keys.shown(obj, [(first + 1, last)], flags)

    def clock(self, shares: tuple[float, float]) -> bpy.types.Object:
        """The Empty whose location x runs from 0 to 1 in such a share of the way."""
        if shares not in self.clocks:
            clock = self.clocks[shares] = self.empty("mm clock")
            first, last = self.window(shares)
            keys.smooth(clock, "location", [(first, 0.0), (last, 1.0)])
        return self.clocks[shares]

    def empty(self, name: str) -> bpy.types.Object:
        """An Empty that only carries or counts."""
        empty = parts.unseen(name[:60], None, self.own)
        empty[tags.PART], empty[tags.OWN] = parts.TRAVEL, empty.name
        return empty


def put(leg: Leg, found: Sequence[Way]) -> None:
    """Make the objects of what travels in ``leg``."""
    objects = [parts.matrices(collection) for collection in leg.collections]
    guides = [guides_of(collection) for collection in leg.collections]
    for way in found:
        travel, carrier = way.travel, _carrier(way.travel, way.arc, leg)
        if travel.changing is None:
            assert travel.first is not None  # a body was there
            _hang(fading.copied(objects[0][travel.first.path], leg.own), carrier, travel, leg)
        else:
            _hang(_changing(travel, travel.changing, objects, leg), carrier, None, leg)
        if has_guides(travel, guides):
            assert travel.first is not None
            _hang(fading.copied(guides[0][travel.first.path], leg.own), carrier, travel, leg)


def way_of(documents: tuple[Document, Document]) -> list[Way]:
    """How all of one document goes as it turns into another."""
    return ways(travels(*documents), documents[0].camera.axes())


def guides_of(collection: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The lines around each matrix, by its path."""
    return {obj[tags.ROWS_OF]: obj for obj in parts.of(collection, parts.MARK) if properties.has(obj, tags.ROWS_OF)}


def has_guides(travel: Travel, guides: list[dict[str, bpy.types.Object]]) -> bool:
    """Whether the lines around a matrix go with it: it stays in its form, and has some at both ends."""
    nodes = (travel.first, travel.second)
    return travel.stiff and all(node is not None and node.path in drawn for node, drawn in zip(nodes, guides))


def _carrier(travel: Travel, arc: np.ndarray, leg: Leg) -> bpy.types.Object:
    """The Empty in the middle of what travels, which goes its way."""
    carrier = leg.empty(f"mm {travel.node.name} travels")
    carrier.parent = there(parts.root_of(leg.own))
    carrier.rotation_mode = "QUATERNION"
    start, end = (matrices.world_frame(frame, leg.pitch) for frame in travel.frames)
    carrier.matrix_basis = start
    if not travel.moves:
        return carrier
    frames = leg.window(MOVE)
    turns = [start.to_quaternion(), end.to_quaternion()]
    if turns[0].dot(turns[1]) < 0:
        turns[1] = Quaternion([-x for x in floats(turns[1])])
    places = [frame.to_translation() for frame in (start, end)]
    keys.smooth_vector(carrier, "location", zip(frames, places))
    keys.smooth_vector(carrier, "rotation_quaternion", zip(frames, turns))
    if arc.any():
        way, nowhere = vector(to_blender(arc) * leg.pitch), Vector((0, 0, 0))
        middle = (frames[0] + frames[1]) / 2
        keys.smooth_vector(carrier, "delta_location", [(frames[0], nowhere), (middle, way), (frames[1], nowhere)])
    return carrier


def _hang(obj: bpy.types.Object, carrier: bpy.types.Object, travel: Travel | None, leg: Leg) -> None:
    """Have ``obj`` go with its carrier: as it lay in the frame of its matrix, or about the middle itself (None)."""
    obj.parent = carrier
    obj.matrix_parent_inverse.identity()
    obj.matrix_basis = translation((-travel.middle[0] if travel else np.zeros(3)) * leg.pitch)
    leg.show(obj)


# ---- what changes on its way

def _changing(travel: Travel, changing: Changing, objects: list[dict[str, bpy.types.Object]],
              leg: Leg) -> bpy.types.Object:
    """The object of elements that do not stay what they are."""
    nodes = [travel.first or travel.second, travel.second or travel.first]
    whose = [0 if travel.first else 1, 1 if travel.second else 0]
    sides = [(leg.documents[at], node) for at, node in zip(whose, nodes) if node is not None]
    colours = [document.scaling.colours[node.path] for document, node in sides]
    levels = [_levels(x, document, node.path) for x, (document, node) in zip(changing.values, sides)]
    mesh = _points(f"mm {travel.node.name} travels", changing, levels, leg.pitch)
    obj = bpy.data.objects.new(mesh.name, mesh)
    obj[tags.PART], obj[tags.OWN], obj[tags.NAME], obj[tags.ROLE] = parts.TRAVEL, obj.name, "", parts.TRAVEL
    leg.own.objects.link(obj)
    element = matrices.element_of(objects[whose[0]][sides[0][1].path])
    if colours[0] != colours[1]:
        look = LOOKS[leg.documents[0].options.look]
        bevelled = elements(leg.documents[0].tree) <= matrices.FINE_ELEMENTS
        element = matrices.cube("mm element", bevelled, materials.turning(colours[0], colours[1], look), leg.own)
        element[tags.PART], element[tags.OWN] = parts.TRAVEL, element.name
    shares = MOVE if travel.first and travel.second else VANISH if travel.first else APPEAR
    modifier = new_geometry_nodes(obj, "mm Travel")
    modifier.node_group = travel_group.build()
    compat.set_modifier_inputs(modifier, {"Element": element, "Clock": leg.clock(shares)})
    obj.update_tag()
    return obj


def _levels(x: np.ndarray, document: Document, path: str) -> np.ndarray:
    """The levels of values (n,) as the node groups count them, what is no number too."""
    out = np.nan_to_num(level(x, document.scaling.scales[path]))
    out[np.isinf(x)] = np.sign(x[np.isinf(x)]) * cube_group.INF_LEVEL
    out[np.isnan(x)] = cube_group.NAN_LEVEL
    return out


def _points(name: str, changing: Changing, levels: list[np.ndarray], pitch: float) -> bpy.types.Mesh:
    """A mesh of points with all that ``travel_group`` reads."""
    mesh = bpy.data.meshes.new(name)
    places = (changing.places * pitch).astype(np.float32)
    mesh.vertices.add(places.shape[1])
    numbers(mesh, "position").foreach_set("vector", places[0].ravel())
    new_numbers(mesh, PLACE, "FLOAT_VECTOR", "POINT").foreach_set("vector", places[1].ravel())
    for names, values in ((EDGES, changing.edges * pitch), (LEVELS, levels)):
        for attribute, each in zip(names, values):
            new_numbers(mesh, attribute, "FLOAT", "POINT").foreach_set("value", np.asarray(each, np.float32))
    return mesh
