"""Scenes for other programs, made of arrays and without Blender: glTF, USD and PLY."""
