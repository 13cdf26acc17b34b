"""The section of movies in the sidebar."""
import bpy

from .sections import column_of, say, Section


class MM_PT_movie(Section, bpy.types.Panel):
    """What a movie is written as; its size, quality and folder are those of pictures."""

    bl_label = "Movie"
    bl_parent_id = "MM_PT_source"
    bl_options = {"DEFAULT_CLOSED"}

    def fields(self, layout, mm, collection, context):
        from mm_blender import MMError
        from mm_blender.scene import saved_state

        own = context.scene.mm
        try:
            document = saved_state.load(collection)
        except MMError as error:
            say(layout, str(error), "ERROR")
            return
        if not document.moves:
            say(layout, "Nothing moves, so there is no movie: choose a sweep, tell a story, or let the camera turn")
            return
        column_of(layout, own, "movie", "loop")
        layout.prop(mm, "fps")
        heard = layout.row()
        heard.enabled = own.movie.startswith(("mp4", "webm"))
        heard.prop(own, "sound")
        said = layout.row()
        said.enabled = bool(document.options.story) or own.captions
        said.prop(own, "captions", text="Captions as SRT")
        column = column_of(layout, own, "poster")
        if own.poster == "at":
            column.prop(own, "poster_at")
        row = layout.row()
        row.operator_context = "INVOKE_DEFAULT"
        row.operator("mm.render_movie", icon="RENDER_ANIMATION")
        layout.operator("mm.job", icon="NETWORK_DRIVE", text="Job for Other Machines …")
