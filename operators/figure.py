"""``bpy.ops.mm.figure``: a picture for a page, at its size and with its letters."""
import bpy

from mm_blender.scene.blender_types import there

from . import state
from .menu_items import FORMATS
from .render import target


class MM_OT_figure(state.NeedsVisualization, bpy.types.Operator):
    """Make a figure for a page: its size in inches, its letters in points"""

    bl_idname = "mm.figure"
    bl_label = "Figure"
    bl_options = {"REGISTER"}

    filepath: bpy.props.StringProperty(name="File", description="Where to write; empty: named after the expression, in "
                                       "the sidebar's folder", subtype="FILE_PATH", options={"SKIP_SAVE"})
    format: bpy.props.EnumProperty(name="Format", description="Of the file, where none is named", items=FORMATS)
    width: bpy.props.FloatProperty(name="Width", description="In inches; a column is often 3.3, a page 6.75",
                                   default=6.75, min=0.1, soft_max=20.0)
    height: bpy.props.FloatProperty(name="Height", description="In inches", default=4.5, min=0.1, soft_max=20.0)
    dpi: bpy.props.IntProperty(name="Resolution", description="Pixels an inch", default=300, min=10, soft_max=1200)
    font_pt: bpy.props.FloatProperty(name="Letters", description="Size of the letters in points", default=8.0, min=1.0,
                                     soft_max=24.0)
    title: bpy.props.StringProperty(name="Title", description="Over the picture")
    caption: bpy.props.StringProperty(name="Caption", description="Under the picture")
    keys: bpy.props.BoolProperty(  # type: ignore[assignment]  # the library's word, by which nobody asks for keys()
        name="Colour Bars", description="What the colours and sizes stand for", default=True)
    transparent: bpy.props.BoolProperty(name="Transparent", description="Leave the ground out")
    quality: bpy.props.EnumProperty(name="Quality", description="How clean the picture becomes", default="final",
                                    items=(("preview", "Preview", "Quick, its edges rough"),
                                           ("draft", "Draft", "To look at"),
                                           ("final", "Final", "To be printed")))

    def invoke(self, context, _event):
        from mm_blender import built

        self.transparent = built.of(state.at_hand(context)).options.transparent
        return context.window_manager.invoke_props_dialog(self, width=360)

    def draw(self, _context):
        layout = there(self.layout)
        layout.use_property_split = True
        layout.use_property_decorate = False
        for names in (("format", "filepath"), ("width", "height", "dpi", "font_pt"), ("title", "caption"),
                      ("keys", "transparent"), ("quality",)):
            column = layout.column(align=True)
            for name in names:
                column.prop(self, name)

    @state.reports_errors
    def execute(self, context):
        from mm_blender import built

        collection = state.at_hand(context)
        path = target(context, self.filepath, collection, f".{self.format}")
        built.of(collection).figure(
            path, size_in=(self.width, self.height), dpi=self.dpi, font_pt=self.font_pt, title=self.title or None,
            caption=self.caption or None, keys=self.keys, quality=self.quality, at="now",
            transparent=self.transparent if self.properties.is_property_set("transparent") else None)
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}
