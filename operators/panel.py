"""The sidebar's tab ``mm``: what there is, and what can be changed."""
import bpy

from mm_blender.scene.blender_types import there

from . import state
from .movie_panel import MM_PT_movie
from .sections import column_of, InSidebar, say, Section
from .story_panel import MM_PT_beat, MM_PT_beat_more, MM_PT_story

MOST_ROWS = 40  # of the list of matrices
PLACEMENTS = ("polarity", "left_placement", "right_placement", "result_placement")


class MM_PT_source(InSidebar, bpy.types.Panel):
    """The expression, and what is done with the visualization as a whole."""

    bl_label = "Matrix Multiplication"

    def draw(self, context):
        layout, own = there(self.layout), context.scene.mm
        layout.prop(own, "source", text="")
        row = layout.row(align=True)
        row.scale_y = 1.3
        row.operator("mm.build", icon="MESH_CUBE").source = own.source
        row.menu("MM_MT_presets", text="", icon="PRESET")
        row.operator("mm.paste_link", text="", icon="PASTEDOWN")
        if context.mode != "OBJECT":
            say(layout, "Go back to Object Mode to build")
        collection = state.current(context)
        if collection is None:
            say(layout, "Type an expression, paste a share link, or take a preset")
            return
        from mm_blender.scene import saved_state

        built = saved_state.visualizations(context.scene)
        if len(built) > 1:
            column = layout.column(align=True)
            for other in built:
                column.operator("mm.pick_visualization", text=other.name.removeprefix("mm "),
                                depress=other == collection).name = other.name
        box = layout.box()
        box.prop(state.settings_of(collection), "expression", text="")
        if collection.library:
            say(box, "Linked from another file: it is edited there, and rendered here", "LINKED")
        row = box.row(align=True)
        row.operator("mm.copy_link", icon="COPYDOWN")
        row.operator("mm.rebuild", text="", icon="FILE_REFRESH")
        row.operator("mm.remove", text="", icon="TRASH")
        if saved_state.named_files(collection):
            box.operator("mm.load_data", icon="FILE_REFRESH", text="Load Data …")
        why = state.refused(collection)
        if why:
            box.alert = True
            say(box, why.splitlines()[0], "ERROR")


class MM_PT_matrices(Section, bpy.types.Panel):
    """The matrices, and the settings of the picked one."""

    bl_label = "Matrices"
    bl_parent_id = "MM_PT_source"

    def fields(self, layout, mm, collection, context):
        from mm_blender import MMError
        from mm_blender.scene import saved_state

        try:
            viz = saved_state.load(collection)
        except MMError as error:
            say(layout, str(error), "ERROR")
            return
        picked = state.picked(context, collection)
        rows = list(_rows(viz.tree))
        column = layout.column(align=True)
        for depth, node in rows[:MOST_ROWS]:
            line = column.split(factor=min(0.04 + 0.05 * depth, 0.4), align=True)
            line.label(text="")
            line.operator("mm.pick", text=f"{node.name or node.path}   {node.h} x {node.w}",
                          icon="MESH_GRID" if node.role == "leaf" else "MOD_ARRAY",
                          depress=node.path == picked).path = node.path
        if len(rows) > MOST_ROWS:
            say(layout, f"{len(rows) - MOST_ROWS} more: select them in the 3D view")
        node = next((node for _, node in rows if node.path == picked), None)
        if node:
            (_leaf if node.role == "leaf" else _matmul)(layout.box(), mm, node, viz)


def _rows(tree):
    """The nodes from the top down, each with its depth."""
    stack = [(0, tree)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        if node.role != "leaf":
            stack += [(depth + 1, node.right), (depth + 1, node.left)]


def _leaf(box, mm, node, viz) -> None:
    box.prop(mm, "node_name")
    given = node.path in viz.data
    column_of(box, mm, "node_h", "node_w").enabled = not given
    values = box.column()
    values.enabled = not given
    values.prop(mm, "node_init")
    if given:
        say(box, "Its values were given as data, and its size with them", width=30)
        return
    kind = node.init.kind
    if kind == "url":
        values.prop(mm, "node_url")
    elif kind == "expr":
        values.prop(mm, "node_expr")
    else:
        from mm_blender.values.initialisers import DROPPED, RANGED

        if kind in RANGED:
            column_of(values, mm, "node_min", "node_max")
        if kind in DROPPED:
            values.prop(mm, "node_dropout")


def _matmul(box, mm, node, viz) -> None:
    box.prop(mm, "node_name")
    box.prop(mm, "node_epilog")
    if node.path != "root":
        box.prop(mm, "node_alg")
    column_of(box, mm, *(f"node_{letter}_blocks" for letter in "ikj"))
    free = node.path == "root" or viz.tree.layout.scheme == "custom"
    prefix = "" if node.path == "root" else "node_"
    column_of(box, mm, *(f"{prefix}{name}" for name in PLACEMENTS)).enabled = free
    if not free:
        say(box, "The scheme decides where it lies: choose Custom under Layout to set it", width=30)


class MM_PT_sweep(Section, bpy.types.Panel):
    """How the product is computed, step by step."""

    bl_label = "Sweep"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        layout.prop(mm, "alg")
        moving = mm.alg != "none"
        column = layout.column()
        column.enabled = moving
        column.prop(mm, "fuse")
        column.prop(mm, "hide_inputs")
        column.prop(mm, "duration")
        column.prop(mm, "pace")
        if not (mm.duration or mm.pace):
            column.prop(mm, "frames_per_step")
        column.prop(mm, "smooth")
        layout.prop(mm, "spin")
        layout.prop(mm, "animate")
        if not moving:
            say(layout, "Choose a sweep to set its pace")
        elif not mm.animate:
            say(layout, "Nothing moves while Animate is off")
        else:
            row = layout.row(align=True)
            row.operator("screen.frame_jump", text="", icon="REW").end = False
            playing = context.screen.is_animation_playing
            row.operator("screen.animation_play", text="Pause" if playing else "Play",
                         icon="PAUSE" if playing else "PLAY")


class MM_PT_blocks(Section, bpy.types.Panel):
    """The blocks that are computed side by side."""

    bl_label = "Blocks"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        column_of(layout, mm, *(f"{letter}_blocks" for letter in "ikj"))


class MM_PT_layout(Section, bpy.types.Panel):
    """Where the matrices stand."""

    bl_label = "Layout"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        layout.prop(mm, "scheme")
        layout.prop(mm, "gap")
        column_of(layout, mm, "scatter", "molecule", "blast")
        column_of(layout, mm, *PLACEMENTS)


class MM_PT_decoration(Section, bpy.types.Panel):
    """Names, shapes and lines."""

    bl_label = "Decoration"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        layout.prop(mm, "lettering")
        layout.prop(mm, "legends")
        layout.prop(mm, "shape")
        layout.prop(mm, "row_guides")
        layout.prop(mm, "flow_guides")


class MM_PT_colours(Section, bpy.types.Panel):
    """What values look like."""

    bl_label = "Colours and Sizes"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        layout.prop(mm, "sensitivity")
        column_of(layout, mm, "elem_scale", "min_size")
        layout.prop(mm, "keys")
        layout.prop(mm, "cmap")
        column_of(layout, mm, "vmin", "vmax", "norm", "percentile")
        hues = column_of(layout, mm, "min_light", "max_light", "zero_hue", "hue_gap", "hue_spread")
        hues.enabled = mm.cmap in ("auto", "hue")


class MM_PT_numbers(Section, bpy.types.Panel):
    """Values in figures."""

    bl_label = "Numbers"
    bl_parent_id = "MM_PT_source"

    def fields(self, layout, mm, collection, context):
        layout.prop(mm, "numbers", text="On the Cubes")
        digits = layout.row()
        digits.prop(mm, "digits")
        digits.enabled = mm.numbers
        row = layout.row(align=True)
        row.operator("mm.inspect", icon="EYEDROPPER")
        row.operator("mm.spotlight", icon="LIGHT_SPOT")


class MM_PT_picture(Section, bpy.types.Panel):
    """What is rendered, and how."""

    bl_label = "Picture"
    bl_parent_id = "MM_PT_source"

    def fields(self, layout, mm, collection, context):
        own, render = context.scene.mm, context.scene.render
        layout.prop(mm, "look")
        layout.prop(mm, "projection")
        layout.prop(mm, "representation")
        layout.prop(mm, "transparent")
        layout.prop(mm, "own_scene")
        layout.operator("mm.frame_camera", icon="CAMERA_DATA")
        layout.operator("mm.solid_colours", icon="SHADING_SOLID")
        column = layout.column(align=True)
        column.prop(render, "resolution_x", text="Width")
        column.prop(render, "resolution_y", text="Height")
        column_of(layout, own, "quality", "samples")
        layout.prop(own, "engine")
        layout.prop(own, "output")
        row = layout.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mm.render_still", icon="RENDER_STILL")
        layout.operator("mm.figure", icon="IMAGE_DATA", text="Figure for a Page …")
        layout.operator("mm.page", icon="URL", text="Live Page …")


panels = (MM_PT_source, MM_PT_matrices, MM_PT_sweep, MM_PT_story, MM_PT_beat, MM_PT_beat_more, MM_PT_blocks,
          MM_PT_layout, MM_PT_decoration, MM_PT_colours, MM_PT_numbers, MM_PT_picture, MM_PT_movie)
