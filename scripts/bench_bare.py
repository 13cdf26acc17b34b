"""The floor of a scene: the shortest script that draws matrices as instances of a cube, for the measurements beside."""
from __future__ import annotations

import time

import numpy as np


def bare(matrices: list[np.ndarray], set_up: str = "ours") -> tuple[float, int]:
    """Seconds from arrays, in a new file, to an evaluated scene, and how many instances it has. One object a matrix,
    its elements points (``foreach_set`` of position, value, row and column), and a node tree that puts a cube on each
    that is not zero: ``ours``, built by its code, or the ``shortest``, of nine nodes, which makes no levels for colours
    and knows no ranges, highlights or what is no number. No names, lines, lights, materials or camera in either."""
    import bpy

    from mm_blender.scene import compat
    from mm_blender.scene.nodes import cube_group

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    start = time.perf_counter()
    objects = bpy.context.scene.collection.objects
    cube = bpy.data.meshes.new("cube")
    cube.from_pydata([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], [],
                     [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
    cube.materials.append(bpy.data.materials.new("cube"))
    element = bpy.data.objects.new("cube", cube)
    group = cube_group.build() if set_up == "ours" else _shortest()
    made = []
    for x in matrices:
        h, w = x.shape
        position = np.zeros((h, w, 3), np.float32)
        position[..., 0], position[..., 1] = np.arange(w), np.arange(h)[:, None]
        row, column = np.repeat(np.arange(h, dtype=np.int32), w), np.tile(np.arange(w, dtype=np.int32), h)
        mesh = bpy.data.meshes.new("bare")
        mesh.vertices.add(x.size)
        mesh.attributes["position"].data.foreach_set("vector", position.ravel())
        for name, kind, numbers in (("value", "FLOAT", x.ravel()), ("row", "INT", row), ("col", "INT", column)):
            mesh.attributes.new(name, kind, "POINT").data.foreach_set("value", numbers)
        obj = bpy.data.objects.new("bare", mesh)
        objects.link(obj)
        modifier = obj.modifiers.new("bare", "NODES")
        modifier.node_group = group
        compat.set_modifier_input(modifier, "Element", element)
        if set_up == "ours":
            compat.set_modifier_inputs(modifier, {"Range High": 4.0, "Swept": False})
        made.append(obj)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    taken = time.perf_counter() - start
    return taken, sum(instances(obj, depsgraph) for obj in made)


def _shortest():
    import bpy

    group = bpy.data.node_groups.new("bare", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Element", in_out="INPUT", socket_type="NodeSocketObject")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    given, value, size, share, edge, there, cube, cubes, out = (group.nodes.new(kind) for kind in (
        "NodeGroupInput", "GeometryNodeInputNamedAttribute", "ShaderNodeMath", "ShaderNodeMath", "ShaderNodeMath",
        "ShaderNodeMath", "GeometryNodeObjectInfo", "GeometryNodeInstanceOnPoints", "NodeGroupOutput"))
    value.inputs["Name"].default_value = "value"
    for node, operation, number in ((size, "ABSOLUTE", 0), (share, "MULTIPLY", 0.2), (edge, "SQRT", 0),
                                    (there, "GREATER_THAN", 0)):
        node.operation, node.inputs[1].default_value = operation, number
    for source, target in ((value.outputs["Attribute"], size.inputs[0]), (size.outputs[0], share.inputs[0]),
                           (share.outputs[0], edge.inputs[0]), (size.outputs[0], there.inputs[0]),
                           (given.outputs[0], cubes.inputs["Points"]), (given.outputs[1], cube.inputs["Object"]),
                           (there.outputs[0], cubes.inputs["Selection"]),
                           (cube.outputs["Geometry"], cubes.inputs["Instance"]),
                           (edge.outputs[0], cubes.inputs["Scale"]), (cubes.outputs[0], out.inputs[0])):
        group.links.new(source, target)
    return group


def instances(obj, depsgraph) -> int:
    """How many instances an object has."""
    geometry = obj.evaluated_get(depsgraph).evaluated_geometry()  # the cloud is valid only while this lives
    cloud = geometry.instances_pointcloud()
    count = len(cloud.points) if cloud else 0
    del cloud, geometry
    return count
