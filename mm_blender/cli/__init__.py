"""The terminal: the command mm-blender."""
