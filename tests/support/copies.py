"""Copies that a person makes of what is built."""
import bpy

from mm_blender.scene import compat


def duplicated(collection):
    """A copy with objects of its own that have the same data, as the outliner's Duplicate Linked makes it."""
    copy = collection.copy()
    bpy.context.scene.collection.children.link(copy)
    pairs = {obj: obj.copy() for obj in copy.objects}
    for obj, own in pairs.items():
        copy.objects.unlink(obj)
        copy.objects.link(own)
        own.parent = pairs.get(obj.parent)
        own.matrix_parent_inverse = obj.matrix_parent_inverse
        for modifier in own.modifiers:
            held = compat.modifier_inputs(modifier)
            compat.set_modifier_inputs(modifier, {name: pairs[value] for name, value in held.items()
                                                  if isinstance(value, bpy.types.Object) and value in pairs})
    return copy
