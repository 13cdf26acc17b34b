"""Matrices: one object each, its elements points that geometry nodes turn into cubes."""
from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Matrix

from ..appearance.representation import MANY
from ..appearance.rules import Scale
from ..expression import epilogs
from ..expression.tree import Node, Viz
from ..layout.places import offsets, TO_BLENDER
from . import authorship, compat, properties, tags
from .blender_types import find_geometry_nodes, group_of, mesh_of, new_geometry_nodes, new_numbers, numbers
from .nodes import cube_group

MODIFIER, INTERIOR = "mm Elements", "mm Interior"  # modifiers: what draws points, and what makes those inside a box
BEVEL = 0.08          # of the edge
FINE_ELEMENTS = MANY  # up to which cubes are bevelled: what auto draws beyond, tiles and faces, has no bevels


def world_frame(frame: np.ndarray, pitch: float) -> Matrix:
    """A frame of ``places`` (reference world, pitches) as Blender's (metres)."""
    m = TO_BLENDER @ frame
    m[:3, 3] *= pitch
    return Matrix(m.tolist())


def put(node: Node, values: np.ndarray, obj: bpy.types.Object | None, pitch: float,
        collection: bpy.types.Collection) -> bpy.types.Object:
    """The object of one matrix with its points: a new one, or ``obj``. ``values``: float32 (h, w)."""
    rows, cols = offsets(node)
    positions = np.zeros((node.h, node.w, 3), np.float32)
    positions[..., 0] = (cols * pitch)[None, :]
    positions[..., 1] = (rows * pitch)[:, None]
    if obj is not None and len(mesh_of(obj).vertices) == values.size and properties.whole(obj, tags.COLS) == node.w \
            and holds_points(mesh_of(obj)):
        numbers(mesh_of(obj), "position").foreach_set("vector", positions.ravel())
        set_values(mesh_of(obj), values)
    else:
        mesh = points(f"mm {node.name}", positions, values, node.w)
        if obj is None:
            obj = bpy.data.objects.new(node.name or node.path, mesh)
            collection.objects.link(obj)
        else:
            old, obj.data = mesh_of(obj), mesh
            for material in old.materials or [None]:
                mesh.materials.append(material)
            if old.users == 0:
                bpy.data.meshes.remove(old)
    obj[tags.PATH], obj[tags.ROLE], obj[tags.NAME] = node.path, node.role, node.name
    obj[tags.ROWS], obj[tags.COLS], obj[tags.EPILOG] = node.h, node.w, epilogs.chain_text(node.chain)
    return obj


def set_values(mesh: bpy.types.Mesh, values: np.ndarray) -> None:
    """Write the values (h, w) of a matrix into its points."""
    numbers(mesh, "value").foreach_set("value", values.ravel())
    mesh.update()


def points(name: str, positions: np.ndarray, values: np.ndarray, columns: int) -> bpy.types.Mesh:
    """A mesh of points (n of them, row by row) with their ``value``, ``row`` and ``col``."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(values.size)
    numbers(mesh, "position").foreach_set("vector", positions.ravel())
    rows = values.size // columns
    row = np.repeat(np.arange(rows, dtype=np.int32), columns)
    column = np.tile(np.arange(columns, dtype=np.int32), rows)
    for attribute, kind, data in (("value", "FLOAT", values.ravel()), ("row", "INT", row), ("col", "INT", column)):
        new_numbers(mesh, attribute, kind, "POINT").foreach_set("value", data)
    return mesh


def holds_points(mesh: bpy.types.Mesh) -> bool:
    """Whether a mesh has what ``points`` gives it, which a person may have taken away."""
    attributes = mesh.attributes
    return bool(len(mesh.vertices)) and all(
        name in attributes and (attributes[name].domain, attributes[name].data_type) == ("POINT", kind)
        for name, kind in (("value", "FLOAT"), ("row", "INT"), ("col", "INT")))


def new_object(name: str, mesh: bpy.types.Mesh, frame: np.ndarray, pitch: float,
               collection: bpy.types.Collection) -> bpy.types.Object:
    """An object at a frame of ``places``."""
    obj = bpy.data.objects.new(name, mesh)
    obj.matrix_basis = obj.matrix_world = world_frame(frame, pitch)
    collection.objects.link(obj)
    return obj


def draw(obj: bpy.types.Object, viz: Viz, scale: Scale, pitch: float, element: bpy.types.Object | None = None,
         group: Callable[[], bpy.types.NodeTree] = cube_group.build) -> None:
    """Draw an object's points, or change how: sizes by ``viz`` and ``scale``, and what stands for an ``element`` (None:
    what did before). ``group``: makes what draws one that is not drawn yet, cubes or another with the same inputs."""
    inputs: dict[str, object] = {"Pitch": pitch, "Element Scale": viz.elem_scale, "Min Size": viz.min_size,
                                 "Range Low": scale.low, "Range High": scale.high}
    modifier, standing = drawing(obj), element_of(obj)
    if standing and not properties.has(standing, tags.PART):  # an object that a person has chosen for it
        element = None
    if modifier is None:
        modifier = find_geometry_nodes(obj, MODIFIER) or new_geometry_nodes(obj, MODIFIER)
        modifier.node_group = group()
        inputs["Swept"] = False
    if element:
        inputs["Element"] = element
    compat.set_modifier_inputs(modifier, inputs)
    if element and mesh_of(obj).materials[:] != mesh_of(element).materials[:] and _all_ours(obj):
        mesh_of(obj).materials.clear()
        mesh_of(obj).materials.append(mesh_of(element).materials[0])
    obj.update_tag()


def tell_swept(obj: bpy.types.Object, swept: bool) -> None:
    """Have what draws an object's points expect a sweep's attributes and partial sums, or none."""
    modifier = drawing(obj)
    if modifier and "Swept" in compat.input_identifiers(group_of(modifier)):  # not so in older files
        compat.set_modifier_input(modifier, "Swept", swept)
        obj.update_tag()


def drawing(obj: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The modifier that draws an object's points; None if a person has deleted it or its node group."""
    modifier = find_geometry_nodes(obj, MODIFIER)
    return modifier if modifier and modifier.type == "NODES" and modifier.node_group else None


def element_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """What stands for an element of this object."""
    modifier = drawing(obj)
    return compat.modifier_input(modifier, "Element") if modifier else None


def persons_material(obj: bpy.types.Object | None) -> bpy.types.Material | None:
    """The material that a person has given to what stands for an element of a matrix, or made of ours; None if it is
    ours."""
    standing = element_of(obj) if obj else None
    material = standing.active_material if standing and properties.has(standing, tags.PART) else None
    return None if material is None or authorship.is_ours(material) else material


def _all_ours(obj: bpy.types.Object) -> bool:
    return all(slot.material is None or authorship.is_ours(slot.material) for slot in obj.material_slots)


def cube(name: str, bevelled: bool, material: bpy.types.Material, collection: bpy.types.Collection) -> bpy.types.Object:
    """The hidden object that stands for an element: a cube of edge 1 m around the origin."""
    mesh = bpy.data.meshes.new(name)
    vertices, faces = bevelled_cube(BEVEL) if bevelled else bevelled_cube(0.0)
    mesh.from_pydata(vertices, [], faces)
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    obj.hide_render = obj.hide_viewport = obj.hide_select = True
    collection.objects.link(obj)
    return obj


def bevelled_cube(bevel: float) -> tuple[list, list]:
    """Vertices and faces of a cube of edge 1 whose edges are cut by ``bevel`` (0: a plain cube)."""
    corners = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
    if bevel == 0:
        return corners, [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    # three vertices a corner, one on each of its faces: vertex 3 * corner + axis lies on the face across that axis
    vertices = [tuple(c if a == axis else c * (1 - 2 * bevel) for a, c in enumerate(corner))
                for corner in corners for axis in range(3)]
    at: dict[tuple[float, ...], int] = {corner: index for index, corner in enumerate(corners)}
    faces = [[3 * index + axis for axis in range(3)] for index in range(8)]
    for axis in range(3):
        b, c = (axis + 1) % 3, (axis + 2) % 3
        for side in (-0.5, 0.5):
            square = []
            for u, v in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
                corner = [0.0] * 3
                corner[axis], corner[b], corner[c] = side, u, v
                square.append(3 * at[tuple(corner)] + axis)
            faces.append(square)
        for u in (-0.5, 0.5):  # the edge along ``axis`` lies between the faces across b and c
            for v in (-0.5, 0.5):
                ends = []
                for side in (-0.5, 0.5):
                    corner = [0.0] * 3
                    corner[axis], corner[b], corner[c] = side, u, v
                    ends.append(at[tuple(corner)])
                faces.append([3 * ends[0] + b, 3 * ends[1] + b, 3 * ends[1] + c, 3 * ends[0] + c])
    return vertices, [_outward(face, vertices) for face in faces]


def _outward(face: list[int], vertices: list) -> list[int]:
    """The face wound so that it looks away from the origin."""
    a, b, c = (np.array(vertices[i]) for i in face[:3])
    return face if np.cross(b - a, c - a) @ sum(np.array(vertices[i]) for i in face) > 0 else face[::-1]
