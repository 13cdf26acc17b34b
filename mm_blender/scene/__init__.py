"""Blender's objects, made from a visualization: with ``output``, the part of the package that imports bpy."""
