"""``bpy.ops.mm.build``: make the objects of an expression, a link, a preset or a parameter file in the scene."""
import warnings

import bpy

from mm_blender.scene.blender_types import there

from . import state, viewport
from .menu_items import LOOKS

MOST_NAMES = 12  # of files, in a dialog


def list_names(layout, names: list[str]) -> None:
    """Draw the names of files that a person is asked about."""
    for name in names[:MOST_NAMES]:
        layout.label(text=name, icon="FILE")
    if len(names) > MOST_NAMES:
        layout.label(text=f"and {len(names) - MOST_NAMES} more")


def _files(source: str) -> list[str]:
    """The files and URLs that ``source`` names, as they are told."""
    from mm_blender import MMError
    from mm_blender.data import origins
    from mm_blender.expression import parameters, sources

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # building says all once more
        try:
            read, _, _ = sources.read_named(source)
        except MMError:
            return []
    named = (node["url"] for _, node, matmul in parameters.walk(read) if not matmul and node["init"] == "url")
    return [origins.shown(each) for each in dict.fromkeys(named) if each]


class MM_OT_build(state.NeedsObjectMode, bpy.types.Operator):
    """Build the matrices of an expression, a share link, a preset or a JSON file in the scene, beside what is there"""

    bl_idname = "mm.build"
    bl_label = "Build"
    bl_options = {"REGISTER", "UNDO"}

    _named = list[str]()  # the files that it asks about

    source: bpy.props.StringProperty(
        name="Source",
        description="An expression such as out = (attn = Q @ K_t) @ V, a share link, a preset's name or a JSON file; "
        "empty: what the sidebar's field says",
    )
    look: bpy.props.EnumProperty(name="Look", items=LOOKS, default="dark")
    assets: bpy.props.StringProperty(
        name="Assets", description="Folder that is searched for the files which the source names", subtype="DIR_PATH")
    name: bpy.props.StringProperty(
        name="Name", description="The visualization of this name in the scene is replaced; empty: none is",
        options={"SKIP_SAVE"})
    own_scene: bpy.props.BoolProperty(
        name="Take Over the Scene", description="Make the scene's camera, world, colour management and frames those of "
        "the visualization, also where there is something of yours in it; all is given back when it is removed. An "
        "empty scene is taken over anyway", default=False, options={"SKIP_SAVE"})
    online: bpy.props.BoolProperty(
        name="Load from the Network", description="Load files that the source names by a URL. Needs Blender's "
        "preference for online access", default=False, options={"SKIP_SAVE"})

    @state.reports_errors
    def invoke(self, context, _event):
        """Ask where from, and whether from the network, where the source names files: no source brings consent."""
        self._named = _files(self.source or context.scene.mm.source)
        if self._named:
            return context.window_manager.invoke_props_dialog(self, width=420)
        return self.execute(context)

    def draw(self, _context):
        layout = there(self.layout)
        list_names(layout, self._named)
        for name in ("look", "assets", "name", "own_scene", "online"):
            layout.prop(self, name)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import visualize

        if self.online and not bpy.app.online_access:
            self.report({"ERROR"}, "Blender is set to stay offline: allow online access in its preferences (System, "
                        "Network)")
            return {"CANCELLED"}
        folder = bpy.path.abspath(self.assets) if self.assets else None
        viz = visualize(self.source or context.scene.mm.source, look=self.look, assets=folder,
                        online=self.online, name=self.name or None)
        hidden = viewport.present(context, viz, self.own_scene or None)
        said = f"{len(viz.values)} matrices built"
        self.report({"INFO"}, f"{said}; {' and '.join(hidden)} of the new file hidden" if hidden else said)
        return {"FINISHED"}


class MM_OT_rebuild(state.NeedsVisualization, bpy.types.Operator):
    """Make all objects of the visualization anew, those too that were deleted or changed by hand"""

    bl_idname = "mm.rebuild"
    bl_label = "Build Again"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        from mm_blender.scene import build, saved_state

        collection = state.at_hand(context)
        build.rebuild(saved_state.load(collection), collection)
        viewport.show_colours(context, collection)
        return {"FINISHED"}


class MM_OT_remove(state.NeedsVisualization, bpy.types.Operator):
    """Delete the visualization at hand with all its objects, and give back what it took of the scene"""

    bl_idname = "mm.remove"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    @state.reports_errors
    def execute(self, context):
        from mm_blender.scene import build

        collection = state.at_hand(context)
        state.refuse(collection, None)
        build.remove(collection)
        return {"FINISHED"}
