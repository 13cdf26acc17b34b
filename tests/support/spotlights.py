"""What spotlights show."""
import bpy

from mm_blender.scene import spotlight


def numbers(empty):
    """How many vertices the numbers around a spotlight have, by matrix."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    out = {}
    for obj in spotlight.numbers_of(empty):
        geometry = obj.evaluated_get(depsgraph).evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        out[obj.parent["mm_path"]] = len(cloud.points) if cloud else 0
        del cloud, geometry
    return out
