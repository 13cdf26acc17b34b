"""What the operators do to the viewport and to the selection."""

STARTUP = {"Cube": "MESH", "Light": "LIGHT"}


def show_colours(context) -> None:
    """Put the 3D views of the window that show solid grey into Material Preview, with the scene's light, and look
    through the camera there. A view that already shows materials is left as it is."""
    for area in context.screen.areas if context.screen else ():
        space = area.spaces.active
        if area.type != "VIEW_3D" or space.shading.type not in ("SOLID", "WIREFRAME"):
            continue
        space.shading.type = "MATERIAL"
        space.shading.use_scene_lights = space.shading.use_scene_world = True
        space.region_3d.view_perspective = "CAMERA"
        space.overlay.show_relationship_lines = False


def frame(context, viz) -> None:
    """Put ``viz``, which is built, into the scene's picture as large as it goes, unless it brought its own camera."""
    from mm_blender.objects import build

    if viz.auto_framed:
        build.frame_camera(viz, context.scene.render.resolution_x / context.scene.render.resolution_y)


def hide_startup_objects(context) -> list[str]:
    """Hide the cube and the lamp of Blender's new file, if nobody has touched them; their names."""
    hidden = []
    for obj in context.scene.objects:
        if STARTUP.get(obj.name) != obj.type or obj.hide_render or obj.modifiers or obj.animation_data or obj.parent:
            continue
        if obj.type == "MESH" and (len(obj.data.vertices) != 8 or obj.location.length or obj.get("mm_part")):
            continue
        obj.hide_render = True
        obj.hide_set(True)
        hidden.append(obj.name)
    return hidden


def pick(context, collection, path: str) -> None:
    """Make the matrix at ``path`` the one at hand: active, and nothing selected, since the outlines of its cubes would
    hide their colours."""
    from mm_blender.objects import parts

    collection["mm_picked"] = path
    context.scene.mm.last = collection
    obj = parts.find(collection, path)
    for other in context.selected_objects:
        other.select_set(False)
    context.view_layer.objects.active = obj if obj and obj.visible_get() else None
