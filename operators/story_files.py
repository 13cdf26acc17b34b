"""Stories as files: loaded, written as TOML, and all beats in one picture."""
from pathlib import Path

import bpy

from mm_blender.scene.blender_types import there

from . import beats, state, viewport
from .render import target
from .story import NeedsStory


class MM_OT_load_story(state.NeedsObjectMode, bpy.types.Operator):
    """Load a story: one that says what it is about is built beside what is there, another is told of what is at hand"""

    bl_idname = "mm.load_story"
    bl_label = "Load Story"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Preset", description="One of the stories that come with the add-on",
                                   options={"SKIP_SAVE"})
    filepath: bpy.props.StringProperty(name="File", description="A TOML file of beats", subtype="FILE_PATH",
                                       options={"SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.toml", options={"HIDDEN"})
    here: bpy.props.BoolProperty(name="Of What Is Here", description="Tell its beats of the visualization at hand, "
                                 "whatever it says that it is about", default=False, options={"SKIP_SAVE"})

    def invoke(self, context, _event):
        if self.name or self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context):
        there(self.layout).prop(self, "here")

    @state.reports_errors
    def execute(self, context):
        import mm_blender as mm
        from mm_blender import built, lessons
        from mm_blender.story import presets

        given = presets.found(self.name) if self.name else bpy.path.abspath(self.filepath)
        collection = state.current(context)
        if self.here and collection is None:
            self.report({"ERROR"}, "Nothing is built in this scene yet, of which it could be told")
            return {"CANCELLED"}
        if collection is not None and (self.here or not lessons.is_about(given)):
            built.of(collection).story(given)
            beats.pick(collection, 0)
        else:
            viewport.present(context, mm.lesson(given))
        self.report({"INFO"}, f"{len(beats.now(state.at_hand(context)))} beats")
        return {"FINISHED"}


class _WritesStory(NeedsStory):
    """For operators that write a file of what a story is."""

    filepath: bpy.props.StringProperty(name="File", description="Where to write; empty: named after the expression, in "
                                       "the sidebar's folder", subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # so that Blender asks before it replaces
    ending = ""

    def invoke(self, context, _event):
        self.filepath = target(context, self.filepath, state.at_hand(context), self.ending)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def path(self, context) -> str:
        """Where to write, with its ending, which a person may leave out."""
        path = target(context, self.filepath, state.at_hand(context), self.ending)
        return path if Path(path).suffix else path + self.ending


class MM_OT_save_story(_WritesStory, bpy.types.Operator):
    """Write the beats as a TOML file, for mm-blender movie SOURCE --story FILE, Python, and Load Story"""

    bl_idname = "mm.save_story"
    bl_label = "Save Story"
    ending = ".toml"
    filter_glob: bpy.props.StringProperty(default="*.toml", options={"HIDDEN"})

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built

        written = built.of(state.at_hand(context)).save_story(self.path(context))
        self.report({"INFO"}, f"Wrote {written}")
        return {"FINISHED"}


class MM_OT_contact_sheet(_WritesStory, bpy.types.Operator):
    """Render one picture of all beats, each with its name and its time"""

    bl_idname = "mm.contact_sheet"
    bl_label = "Contact Sheet"
    ending = ".png"
    filter_glob: bpy.props.StringProperty(default="*.png", options={"HIDDEN"})
    width: bpy.props.IntProperty(name="Width", description="Of the picture of one beat, in pixels", default=400, min=64,
                                 soft_max=1000)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built

        render, path = context.scene.render, self.path(context)
        high = max(round(self.width * render.resolution_y / render.resolution_x), 4)
        built.of(state.at_hand(context)).contact_sheet(path, (self.width, high), context.scene.mm.engine,
                                                       progress=bpy.app.background)
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


class MM_MT_stories(bpy.types.Menu):
    """Stories: those that come with the add-on, and those of files"""

    bl_label = "Stories"

    def draw(self, _context):
        from mm_blender.story import presets

        layout = there(self.layout)
        for name in presets.stories():
            layout.operator("mm.load_story", text=name.replace("-", " ").capitalize()).name = name
        layout.separator()
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("mm.load_story", text="Load File…", icon="FILE_FOLDER")
        layout.operator("mm.save_story", text="Save File…", icon="FILE_TICK")
        layout.separator()
        layout.operator("mm.contact_sheet", text="Contact Sheet…", icon="IMAGE_DATA")
        layout.operator("mm.retime_story", icon="MARKER_HLT")


classes = (MM_OT_load_story, MM_OT_save_story, MM_OT_contact_sheet, MM_MT_stories)
