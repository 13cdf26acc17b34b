"""What the operators do to the viewport and to the selection."""


def show_colours(context, collection) -> None:
    """Put the 3D views of the window that show solid grey into Material Preview, with the scene's light, and look
    through the camera there. A view that already shows materials is left as it is, and so is every view of a scene that
    is not the visualization's."""
    from mm_blender.scene import borrowed_scene

    if not borrowed_scene.owns(collection, context.scene):
        return
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
    from mm_blender.scene import build

    if viz.auto_framed:
        build.frame_camera(viz.built, context.scene.render.resolution_x / context.scene.render.resolution_y)


def present(context, viz, own_scene: bool | None = None) -> list[str]:
    """Build ``viz`` and show it; the names of the objects of Blender's new file that this has hidden."""
    shown = startup_objects(context)
    viz.build(own_scene=own_scene)
    hidden = [name for name in shown if name not in startup_objects(context)]
    frame(context, viz)
    show_colours(context, viz.collection)
    pick(context, viz.collection, "root")
    return hidden


def look_through(context) -> None:
    """Have a 3D view of the window look through the scene's camera, unless one does."""
    views = [area.spaces.active.region_3d for area in (context.screen.areas if context.screen else ())
             if area.type == "VIEW_3D"]
    if views and all(view.view_perspective != "CAMERA" for view in views):
        views[0].view_perspective = "CAMERA"


def startup_objects(context) -> list[str]:
    """The names of the cube and the lamp of Blender's new file, as far as they are seen and nobody has touched them. A
    build that takes the scene hides them."""
    from mm_blender.scene import startup

    return [obj.name for obj in startup.untouched(context.scene) if obj.type != "CAMERA" and not obj.hide_render]


def pick(context, collection, path: str) -> None:
    """Make the matrix at ``path`` the one at hand: active, and nothing selected, since the outlines of its cubes would
    hide their colours."""
    from mm_blender.scene import parts, tags

    if not collection.library:
        collection[tags.PICKED] = path
    context.scene.mm.last = collection
    obj = parts.find(collection, path)
    for other in list(context.view_layer.objects.selected):
        other.select_set(False)
    context.view_layer.objects.active = obj if obj and obj.visible_get() else None
