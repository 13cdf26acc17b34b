"""Which properties of Blender's structs have a part in pictures."""
from __future__ import annotations

from functools import cache
from typing import Any

import bpy

PLAIN = ("BOOLEAN", "INT", "FLOAT", "STRING", "ENUM")
# What shows in Blender's window and not in pictures, what follows from other properties, and what is gone through apart
SKIPPED = frozenset("""
    rna_type original asset_data override_library library library_weak_reference preview use_fake_user use_extra_user
    tag
    animation_data hide_viewport hide_select hide select id_root motion_path execution_time persistent_uid node_warnings
    bakes panels is_active use_pin_to_last use_apply_on_spline display_type display_bounds_type display_size
    empty_display_type empty_display_size ui_shape display_shape composition_guide_color passepartout_alpha
    background_images stereo edit_bones users_collection group color_mode_ui filepath_raw frame_current
    """.split())
SHOWN = frozenset(("show_render", "show_instancer_for_render", "show_only_shape_key", "show_unborn", "show_dead"))
PREFIXES = ("show_", "lock_", "bl_", "active", "select", "ui_", "texture_paint", "paint_active", "remesh_",
            "use_mirror_", "use_remesh", "use_paint_")
DERIVED = {"Object": frozenset(("matrix_world", "matrix_local", "matrix_basis", "dimensions", "pose_library", "mode")),
           "PoseBone": frozenset(("matrix", "matrix_basis", "matrix_channel", "head", "tail")),
           "ParticleSystem": frozenset(("particles", "child_particles")),
           "ImageUser": frozenset(("frame_current",)),
           "Camera": frozenset(("view_frame", "angle", "angle_x", "angle_y"))}
MESHES = frozenset("""vertices edges loops polygons loop_triangles loop_triangle_polygons uv_layers color_attributes
    vertex_colors attributes points curves vertex_normals polygon_normals corner_normals skin_vertices position_data
    curve_offset_data normals uv_layer_clone uv_layer_stencil vertex_paint_masks""".split())


@cache
def base_of_nodes() -> frozenset[str]:
    """The properties that all nodes have."""
    return frozenset(bpy.types.Node.bl_rna.properties.keys())


def properties(struct: Any) -> tuple[tuple[str, str, bool], ...]:
    """The properties of a struct to be gone through: name, type, and whether it is the path of a file."""
    cls: Any = type(struct)
    return _properties(cls, struct.bl_rna.identifier)


@cache
def _properties(cls: Any, identifier: str) -> tuple[tuple[str, str, bool], ...]:
    """``properties`` of the structs of a class."""
    rna = cls.bl_rna
    is_block, has_points = issubclass(cls, bpy.types.ID), "attributes" in rna.properties
    derived = DERIVED.get(identifier, frozenset())
    out = []
    for prop in rna.properties:
        name, kind = prop.identifier, prop.type
        if name in SKIPPED or name in derived or has_points and name in MESHES:
            continue
        if name.startswith(PREFIXES) and name not in SHOWN or is_block and name in ("name", "name_full"):
            continue
        if kind in PLAIN and prop.is_readonly:
            continue
        out.append((name, kind, kind == "STRING" and prop.subtype == "FILE_PATH"))
    return tuple(sorted(out))
