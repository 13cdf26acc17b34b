"""All that Blender tells of a person's file, as texts by place, so that two states of it can be compared."""
from __future__ import annotations

import bpy

KINDS = ("scenes", "worlds", "objects", "cameras", "lights", "meshes", "materials", "node_groups", "actions", "images",
         "texts", "collections")
# what is not the person's to set: counts, states of evaluation, and what lists everything once more
UNTOLD = {
    "all_objects", "asset_data", "bl_rna", "bl_system_properties_get", "bound_box", "children_recursive",
    "collection_children", "collection_objects", "corner_normals", "depsgraph", "edges",
    "evaluated_depsgraph", "filepath_raw", "id_data", "is_editable", "is_embedded_data", "is_evaluated",
    "is_library_indirect", "is_missing", "is_modified", "is_runtime_data", "keying_sets_all", "library",
    "lock_interface_state", "loop_triangles", "loops", "mm", "name_full", "node_tree_users", "objects",
    "original", "override_library", "pixels", "polygon_normals", "polygons", "preview", "rna_type",
    "session_uid", "session_uuid", "storage_type", "tag", "users", "vertex_normals", "vertices"}


def told(ours) -> dict[str, str]:
    """By place (``scenes[Scene].render.fps``), the value, of everything but what ``ours`` (of a datablock) says we
    made."""
    out: dict[str, str] = {}
    bpy.context.view_layer.update()
    for kind in KINDS:
        for block in getattr(bpy.data, kind):
            if not ours(block) and block.name != "Render Result":
                _tell(block, f"{kind}[{block.name}]", out, ours, set())
    for scene in bpy.data.scenes:
        out[f"{scene.name} objects"] = repr([obj.name for obj in scene.objects if not ours(obj)])
        for layer in scene.view_layers:
            place = f"{scene.name} {layer.name}"
            out[f"{place} active"] = repr(layer.objects.active and layer.objects.active.name)
            for obj in layer.objects:
                if not ours(obj):
                    out[f"{place} {obj.name}"] = repr((obj.select_get(view_layer=layer), obj.hide_get(view_layer=layer),
                                                       obj.visible_get(view_layer=layer)))
    return out


def _tell(owner, place: str, out: dict[str, str], ours, seen: set[int]) -> None:
    if owner.as_pointer() in seen or place.count(".") > 12:
        return
    seen.add(owner.as_pointer())
    for prop in owner.bl_rna.properties:
        name = prop.identifier
        if name in UNTOLD or name.startswith("bl_"):
            continue
        try:
            value = getattr(owner, name)
        except (AttributeError, RuntimeError, ValueError):
            continue
        where = f"{place}.{name}"
        if prop.type == "POINTER":
            if isinstance(value, bpy.types.ID) and not getattr(value, "is_embedded_data", False):
                out[where] = repr(value.name)
            elif value is not None:
                _tell(value, where, out, ours, seen)
            else:
                out[where] = "None"
        elif prop.type == "COLLECTION":
            items = [each for each in value if not (isinstance(each, bpy.types.ID) and ours(each))
                     and not (isinstance(each, bpy.types.LayerCollection) and ours(each.collection))]
            out[where] = repr([getattr(each, "name", "") for each in items])
            for index, each in enumerate(items):
                if not isinstance(each, bpy.types.ID):
                    _tell(each, f"{where}[{index}]", out, ours, seen)
        else:
            out[where] = repr(_plain(value))
    if isinstance(owner, bpy.types.ID):
        out[f"{place} own"] = repr({key: repr(owner[key]) for key in sorted(owner.keys())
                                    if not key.startswith("cycles")})


def _plain(value):
    if isinstance(value, (str, bytes, bool, int, float, set)) or value is None:
        return sorted(value) if isinstance(value, set) else value
    try:
        return [_plain(each) for each in value]
    except TypeError:
        return repr(value)


def changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple]:
    return {place: (before.get(place), after.get(place)) for place in sorted({*before, *after})
            if before.get(place) != after.get(place)}
