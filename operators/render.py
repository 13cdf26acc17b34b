"""``bpy.ops.mm.render_still`` and ``bpy.ops.mm.render_movie``.

In a window a movie goes on frame by frame while the person can look and press Esc; what is finished stays, and the
next run goes on from there. The picture is taken in a scene of its own (``picture_scene``), whatever the person's is
set to.
"""
import os
import re
from contextlib import ExitStack
from pathlib import Path

import bpy

from . import state


def target(context, filepath: str, collection, ending: str) -> str:
    """Where to write: what was asked for, or a name made of the expression in the sidebar's folder."""
    if filepath:
        return filepath
    folder = context.scene.mm.output or "//"
    if folder.startswith("//") and not bpy.data.filepath:
        folder = os.path.expanduser("~")
    name = re.sub(r"\W+", "_", collection.name.removeprefix("mm ")).strip("_")[:40] or "picture"
    return str(Path(bpy.path.abspath(folder)) / f"{name}{ending}")


def quality(own, still: bool) -> str:
    """The quality that is asked for. Automatically a still that somebody waits for at a window is a preview, where no
    graphics card renders it."""
    from mm_blender.output import device

    if own.quality != "auto":
        return own.quality
    return "preview" if still and not bpy.app.background and not device.fast(own.engine) else "final"


def pictured(scene, still: bool) -> dict:
    """What is asked for of a picture, as ``render`` takes it."""
    render, own, share = scene.render, scene.mm, scene.render.resolution_percentage / 100
    return {"size": (max(round(render.resolution_x * share), 4), max(round(render.resolution_y * share), 4)),
            "samples": own.samples or None, "engine": own.engine, "quality": quality(own, still)}


def handed(own, path: str) -> dict:
    """What the sidebar says of how the movie at ``path`` is handed over, as ``render`` takes it; a codec is that of the
    ending beside which it was chosen."""
    ending, _, codec = own.movie.partition(" ")
    out: dict = {"codec": codec} if codec and path.lower().endswith(f".{ending}") else {}
    out |= {"loop": own.loop == "yes"} if own.loop != "auto" else {}
    out |= {"sound": bpy.path.abspath(own.sound)} if own.sound else {}
    if own.poster != "none":
        beside = str(Path(path).with_suffix(".png"))
        out["poster"] = (beside, own.poster_at) if own.poster == "at" else beside
    return out


class _Render(state.NeedsVisualization):
    filepath: bpy.props.StringProperty(name="File", description="Where to write; empty: named after the expression, in "
                                       "the sidebar's folder", subtype="FILE_PATH")
    ending = ".png"
    _timer = None

    def settings(self, context):
        """What is asked for of the picture."""
        from mm_blender.output import formats

        return pictured(context.scene, not formats.moves(self.ending)) | {"progress": bpy.app.background}

    def prepared(self, context):
        """The visualization and the path."""
        from mm_blender import built

        collection = state.at_hand(context)
        return built.of(collection), target(context, self.filepath, collection, self.usual_ending(context))

    def usual_ending(self, context) -> str:
        """Of the file, where none is named."""
        return self.ending

    @state.reports_errors
    def execute(self, context):
        from mm_blender.output import formats

        viz, path = self.prepared(context)
        moves = formats.moves(formats.kind(path))
        if moves and context.scene.mm.captions:
            viz.subtitles(Path(path).with_suffix(".srt"))
        viz.render(path, **self.settings(context), **(handed(context.scene.mm, path) if moves else {"at": "now"}))
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


class MM_OT_render_still(_Render, bpy.types.Operator):
    """Render the frame that is shown to a PNG file"""

    bl_idname = "mm.render_still"
    bl_label = "Render Still"

    @state.reports_errors
    def invoke(self, context, _event):
        """Render as Blender does, with its window and its Esc, and move the picture into place when it is whole."""
        from mm_blender.output import formats, picture_scene, still
        from mm_blender.output.settings import RenderSettings
        from mm_blender.system import file_paths, writing

        viz, path = self.prepared(context)
        settings = RenderSettings(**self.settings(context))
        self._path = file_paths.target(path, (self.ending,))
        with ExitStack() as stack:  # until the picture is there
            self._new = stack.enter_context(writing.beside(self._path, formats.least(settings.size)))
            scene, shown = stack.enter_context(picture_scene.opened(viz.ready()))
            still.prepare(shown, settings, scene)
            scene.render.filepath = str(self._new.part)
            bpy.ops.render.render("INVOKE_DEFAULT", write_still=True, scene=scene.name)
            self._open = stack.pop_all()
        self._timer = context.window_manager.event_timer_add(0.2, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    @state.reports_errors
    def modal(self, context, event):
        if event.type != "TIMER" or bpy.app.is_job_running("RENDER"):
            return {"PASS_THROUGH"}
        from mm_blender.system import file_paths

        context.window_manager.event_timer_remove(self._timer)
        with self._open:
            if not self._new.part.is_file():
                self.report({"WARNING"}, "The rendering was cancelled")
                return {"CANCELLED"}
            self._new.put()
        _show(context, self._path)
        self.report({"INFO"}, f"Wrote {file_paths.shown(self._path)}")
        return {"FINISHED"}


def _show(context, path: Path) -> None:
    """Show the picture where Blender has shown how it came about: that went with the scene that it was taken in."""
    spaces = [area.spaces.active for window in context.window_manager.windows for area in window.screen.areas
              if area.type == "IMAGE_EDITOR"]
    for space in spaces:
        if space.image and space.image.type == "RENDER_RESULT":
            named = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)  # or a saved file would tell a home
            space.image = bpy.data.images.load(named, check_existing=True)
            space.image.reload()


class MM_OT_render_movie(_Render, bpy.types.Operator):
    """Render the sweep to a movie; Esc stops, and the next run goes on from there"""

    bl_idname = "mm.render_movie"
    bl_label = "Render Movie"
    ending = ".mp4"

    def usual_ending(self, context) -> str:
        """That of the sidebar's format; frames go to a folder, which has none."""
        ending = context.scene.mm.movie.partition(" ")[0]
        return "" if ending == "frames" else f".{ending}"

    @state.reports_errors
    def invoke(self, context, _event):
        from mm_blender.output import delivery, movie
        from mm_blender.output.settings import RenderSettings

        viz, self._path = self.prepared(context)
        asked = delivery.asked(**handed(context.scene.mm, self._path))
        settings = movie.checked(viz.group, self._path, RenderSettings(**self.settings(context), delivery=asked))
        if context.scene.mm.captions:
            viz.subtitles(Path(self._path).with_suffix(".srt"))
        self._steps = movie.steps(viz.ready(), self._path, settings)
        done, total = next(self._steps)
        manager = context.window_manager
        manager.progress_begin(0, total)
        self._say(context, done, total)
        self._timer = manager.event_timer_add(0.05, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    @state.reports_errors
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
