"""Which Blender the tests run in."""
import sys


def inside_blender() -> bool:
    """Whether these tests run in a real Blender (``scripts/test_in_blender``), not in pip's bpy."""
    return "bpy" in sys.modules and not sys.modules["bpy"].app.module
