"""Blender objects: the one part of the package, with ``picture``, that imports bpy."""
