"""``bpy.ops.mm.build``: make the objects of an expression, a link, a preset or a parameter file in the scene."""
import bpy

from . import state, viewport
from .choices import LOOKS


class MM_OT_build(state.Builds, bpy.types.Operator):
    """Build the matrices of an expression, a share link, a preset or a JSON file in the scene, beside what is there"""

    bl_idname = "mm.build"
    bl_label = "Build"
    bl_options = {"REGISTER", "UNDO"}

    source: bpy.props.StringProperty(
        name="Source",
        description="An expression such as out = (attn = Q @ K_t) @ V, a share link, a preset's name or a JSON file; "
        "empty: what the sidebar's field says",
    )
    look: bpy.props.EnumProperty(name="Look", items=LOOKS, default="dark")
    assets: bpy.props.StringProperty(
        name="Assets", description="Folder that is searched for the files which the source names", subtype="DIR_PATH")
    online: bpy.props.BoolProperty(
        name="Load from the Network", description="Load files that the source names by a URL. Needs Blender's "
        "preference for online access", default=False)

    @state.told
    def execute(self, context):
        import mm_blender as mm

        if self.online and not bpy.app.online_access:
            self.report({"ERROR"}, "Blender is set to stay offline: allow online access in its preferences (System, "
                        "Network)")
            return {"CANCELLED"}
        folder = bpy.path.abspath(self.assets) if self.assets else None
        viz = mm.visualize(self.source or context.scene.mm.source, look=self.look, assets=folder,
                           online=self.online).build()
        viewport.frame(context, viz)
        hidden = viewport.hide_startup_objects(context)
        viewport.show_colours(context)
        viewport.pick(context, viz.collection, "root")
        said = f"{len(viz.values)} matrices built"
        self.report({"INFO"}, f"{said}; {' and '.join(hidden)} of the new file hidden" if hidden else said)
        return {"FINISHED"}


class MM_OT_rebuild(state.Changes, bpy.types.Operator):
    """Make all objects of the visualization anew, those too that were deleted or changed by hand"""

    bl_idname = "mm.rebuild"
    bl_label = "Build Again"
    bl_options = {"REGISTER", "UNDO"}

    @state.told
    def execute(self, context):
        from mm_blender.objects import build, store

        build.rebuild(store.load(state.current(context)))
        viewport.show_colours(context)
        return {"FINISHED"}


class MM_OT_remove(state.Changes, bpy.types.Operator):
    """Delete the visualization at hand with all its objects"""

    bl_idname = "mm.remove"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        from mm_blender.objects import build

        collection = state.current(context)
        state.refuse(collection, None)
        build.remove(collection)
        return {"FINISHED"}
