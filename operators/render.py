"""``bpy.ops.mm.render_still`` and ``bpy.ops.mm.render_movie``.

In a window a movie goes on frame by frame while the person can look and press Esc; what is finished stays, and the
next run goes on from there.
"""
import os
import re
from pathlib import Path

import bpy

from . import state


def target(context, filepath: str, collection, ending: str) -> str:
    """Where to write: what was asked for, or a name made of the expression in the sidebar's folder."""
    if filepath:
        return bpy.path.abspath(filepath)
    folder = context.scene.mm.output or "//"
    if folder.startswith("//") and not bpy.data.filepath:
        folder = os.path.expanduser("~")
    name = re.sub(r"\W+", "_", collection.name.removeprefix("mm ")).strip("_")[:40] or "picture"
    return str(Path(bpy.path.abspath(folder)) / f"{name}{ending}")


class _Render(state.Changes):
    filepath: bpy.props.StringProperty(name="File", description="Where to write; empty: named after the expression, in "
                                       "the sidebar's folder", subtype="FILE_PATH")
    ending = ".png"
    _timer = None

    def settings(self, context):
        render, own = context.scene.render, context.scene.mm
        share = render.resolution_percentage / 100
        return {"size": (max(round(render.resolution_x * share), 4), max(round(render.resolution_y * share), 4)),
                "samples": own.samples or None, "engine": own.engine, "quality": own.quality,
                "progress": bpy.app.background}

    def prepared(self, context):
        """The visualization and the path."""
        from mm_blender.objects import store

        collection = state.current(context)
        return store.load(collection), target(context, self.filepath, collection, self.ending)

    @state.told
    def execute(self, context):
        viz, path = self.prepared(context)
        viz.render(path, **self.settings(context))
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


class MM_OT_render_still(_Render, bpy.types.Operator):
    """Render this frame to a PNG file"""

    bl_idname = "mm.render_still"
    bl_label = "Render Still"

    @state.told
    def invoke(self, context, _event):
        """Render as Blender does, with its window and its Esc, and move the picture into place when it is whole."""
        from mm_blender import picture

        viz, self._path = self.prepared(context)
        settings = self.settings(context)
        path = picture.target(self._path, (".png",))
        picture.check(settings["size"], settings["samples"], settings["engine"], settings["quality"])
        picture.prepare(viz, settings["size"], settings["samples"], settings["engine"], settings["quality"])
        self._part = path.with_name(f".{path.stem}.part.png")
        context.scene.render.filepath = str(self._part)
        bpy.ops.render.render("INVOKE_DEFAULT", write_still=True)
        self._timer = context.window_manager.event_timer_add(0.2, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type != "TIMER" or bpy.app.is_job_running("RENDER"):
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        context.scene.render.filepath = self._path
        if not self._part.is_file():
            self.report({"WARNING"}, "The rendering was cancelled")
            return {"CANCELLED"}
        os.replace(self._part, self._path)
        self.report({"INFO"}, f"Wrote {self._path}")
        return {"FINISHED"}


class MM_OT_render_movie(_Render, bpy.types.Operator):
    """Render the sweep to a movie; Esc stops, and the next run goes on from there"""

    bl_idname = "mm.render_movie"
    bl_label = "Render Movie"
    ending = ".mp4"

    @state.told
    def invoke(self, context, _event):
        from mm_blender import movie

        viz, self._path = self.prepared(context)
        self._steps = movie.steps(viz, self._path, **self.settings(context))
        done, total = next(self._steps)
        manager = context.window_manager
        manager.progress_begin(0, total)
        self._say(context, done, total)
        self._timer = manager.event_timer_add(0.05, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    @state.told
    def modal(self, context, event):
        if event.type == "ESC":
            self._end(context)
            self.report({"WARNING"}, "Stopped; the frames that are done are kept, and the next run goes on from them")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        try:
            self._say(context, *next(self._steps))
            return {"RUNNING_MODAL"}
        except StopIteration:
            self._end(context)
            self.report({"INFO"}, f"Wrote {self._path}")
            return {"FINISHED"}
        except BaseException:
            self._end(context)
            raise

    def _say(self, context, done: int, total: int) -> None:
        context.window_manager.progress_update(done)
        context.workspace.status_text_set(f"{Path(self._path).name}: {done} of {total} frames · Esc stops")

    def _end(self, context) -> None:
        self._steps.close()
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        context.workspace.status_text_set(None)
