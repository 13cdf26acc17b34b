"""What is done with visualizations in Blender, one or several side by side: building, rendering, saving."""
from __future__ import annotations

import contextlib
import os
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self, TYPE_CHECKING

import numpy as np

from .display import Picture, preview
from .document import composition, make
from .document.asked import asked
from .document.document import Document
from .document.page_settings import PageSettings
from .errors import MMError
from .explaining import on_what_is_built
from .jobs import Jobs
from .layout import framing
from .lettering.page import Page
from .options import Options
from .pages import Pages
from .plain import numbers
from .system import file_formats, file_paths
from .system.interrupts import deferring

if TYPE_CHECKING:
    import bpy

    from .scene.built import Built
    from .scene.held import Handle


class Verbs(Pages, Jobs):
    """What can be done with the documents of a ``group`` and what is built of them.

    Blender makes all that it holds anew at undo, redo and when a file is opened, and a person may change it. So nothing
    of Blender's is kept here but by what it is found each time (``handles``), and what is found there is the truth: the
    documents become that, where it has changed since (``follow``).
    """

    @property
    @abstractmethod
    def handles(self) -> list[Handle]:
        """What each that was built is found by."""

    @abstractmethod
    def _take(self, documents: Sequence[Document]) -> None:
        """Have other documents from now on."""

    @abstractmethod
    def _hold(self, collections: Sequence[bpy.types.Collection]) -> None:
        """Find what was built there from now on."""

    @abstractmethod
    def _apart(self) -> Self:
        """The same, of which nothing is built."""

    @property
    def built(self) -> Built:
        """What is built, as scene and output take it. Raises a GoneError where it is there no longer."""
        from .scene.built import Built

        return Built(self.group, tuple(handle.collection for handle in self.handles))

    @property
    def collection(self) -> bpy.types.Collection | None:
        """Blender's collection of all that was built, of several side by side the first one's; None before that, and
        after ``remove``. Raises a GoneError where the open file does not hold it any more."""
        return next((handle.collection for handle in self.handles), None)

    # ---- where all is

    @property
    def options(self) -> Options:
        """See ``visualize``; of several side by side those of the first."""
        return self.group.options

    @property
    def camera(self) -> framing.Camera:
        """Where all is seen from if nothing else is said; of several side by side the first one's."""
        return self.group.camera

    @property
    def auto_framed(self) -> bool:
        """Whether the camera is placed so that all is seen, and not the parameters' own."""
        return self.group.auto_framed

    def outline(self) -> np.ndarray:
        """The corners (n, 3) of all matrices as drawn, and of the titles."""
        return self.group.outline()

    @asked
    def framed(self, aspect: float = 1.0, insets: Sequence[float] = framing.WHOLE,
               legends: bool = True) -> framing.Camera:
        """A camera that holds all matrices and, if ``legends``, their names, in a picture of ``aspect`` = width /
        height. insets: shares of it that stay free of matrices: left, right, bottom, top."""
        return composition.framed(self.group, aspect, insets, legends)

    @asked
    def composed(self, size: tuple[int, int], camera: framing.Camera | None = None) -> composition.Composed:
        """The camera of a picture of ``size`` pixels, or ``camera``, and the letters that the picture then has. Warns
        (MMWarning) about what has no room."""
        width, height = numbers(size, "size", 2, 1, 65536)
        return composition.composed(self.group, (int(width), int(height)), camera)

    # ---- Blender

    @deferring
    @asked
    def build(self, name: str | None = None, *, own_scene: bool | None = None) -> Self:
        """Make the objects in Blender's current scene; what a person made there stays. Needs bpy.

        name: what has this name in the scene is replaced: it goes once the new one is built, which stands where that
            stood, if there is room. The name stays with the visualization, and with the file (``visualize(name=)``);
            all of several side by side get it. Without one, a visualization that is built again replaces itself, and
            what a notebook's cell builds replaces what the same cell built when it ran last; likewise a script that is
            run again in one session (Blender's text editor, ``exec``), or the same line at a prompt. All that is built
            in one run stays, side by side. A cell is known by its identifier in JupyterLab and VS Code, elsewhere by
            its text.
        own_scene: whether the scene's camera, world, colour management, film, frames and light tree become those of
            this visualization, so that F12 renders what ``render`` does. None: where there is nothing in the scene that
            a person made, as in an empty file or in Blender's start-up file as it comes (whose cube and light are then
            hidden); and of that only what no person has set. Otherwise nothing of the scene changes: the visualization
            has its own camera, its lights shine in ``render`` alone, no marker is set. What is taken is remembered in
            the .blend and given back by ``remove``.

        Raises an MMError, and then nothing is built: a BusyError while a person is editing what would be replaced, a
        LinkedError where another file holds that.
        """
        from .scene import replacing

        with contextlib.suppress(MMError):  # what is gone, or cannot be read, is built as it is known here
            self.follow()
        former = self.group.documents
        if name is not None:
            self._take([make.named_as(document, name) for document in former])
        own = [found for handle in self.handles if (found := handle.find()) is not None]
        try:
            self._hold(replacing.build(self.group, own, own_scene))
        except BaseException:
            self._take(former)
            raise
        return self

    def ready(self) -> Built:
        """What is built, after building it unless that was done."""
        from .scene import mending

        if not self.is_built:
            self.build()
        built = self.built
        for collection in built.collections:
            mending.mend(collection)
        return built

    @deferring
    @asked
    @on_what_is_built
    def save(self, path: str | os.PathLike, *, alone: bool = True, size: tuple[int, int] | None = None,
             samples: int | None = None, engine: str | None = None, quality: str | None = None) -> None:
        """Save a copy of Blender's file, complete without this package, to ``path`` (.blend); build first if need be.
        The open file stays as it is.

        alone: without other visualizations and without the cube, light, camera and collection of Blender's start-up
            file that nobody has touched. What a person made is in it.
        size, samples, engine, quality: of the picture that F12, and ``blender -b FILE -f 1``, render of it, as for
            ``render``; None: as it was rendered last, else as ``render`` does if nothing is said. A sweep shows its
            end. That holds where the scene is the visualization's (see ``build``); a person's scene is saved with all
            its own settings, camera and world.

        Raises RenderError, and ParameterError for an argument of another kind.
        """
        from .output import saving
        from .output.settings import RenderSettings

        target = file_paths.target(path, file_formats.endings("save"))
        told: dict[str, Any] = {"size": size, "samples": samples, "engine": engine, "quality": quality}
        wanted = {key: value for key, value in told.items() if value is not None}
        RenderSettings(**wanted)
        self.follow()
        saving.save(self.ready(), target, wanted, alone)

    @deferring
    @asked
    @on_what_is_built
    def figure(self, path: str | os.PathLike, size_in: Sequence[float] = (6.75, 4.5), dpi: float = 300,
               font_pt: float = 8, *, title: str | None = None, caption: str | None = None, keys: bool = True,
               look: str | None = None, projection: str | None = None, transparent: bool | None = None, bits: int = 8,
               quality: str = "final", samples: int | None = None, font: str | os.PathLike | None = None,
               engine: str = "cycles", progress: bool = False, at: int | str | None = None, frame: int | None = None,
               alone: bool = True) -> Picture:
        """Write a figure for a page, and return its path, which a notebook shows as a picture: ``size_in``, its width
        and height in inches, ``dpi`` pixels an inch, letters of ``font_pt`` points, names and shapes beside the data,
        turned to the reader.

        By the ending of ``path``: ``.png``, ``.tif``, ``.jpg``, ``.webp``; ``.exr`` (32 bits, with layers for depth and
        cryptomatte); ``.pdf`` and ``.svg``, in which the elements are a picture and all that is written is text.

        title, caption: above and below; mathematics between dollar signs, ``"the head $W_Q$"``.
        keys: colour bars, with what the colours and sizes stand for. font: a .ttf or .otf file.
        look, projection, transparent: other than the visualization's. bits: 8 or 16 a channel (PNG, TIFF).
        quality: ``final``, ``draft`` or ``preview``, see ``render``; samples: a pixel's, instead.
        engine: ``cycles`` or ``eevee``. at, frame, alone: what is seen, as for ``render``.

        What is built, and all in Blender's scene, is afterwards as it was. Raises an MMError (ParameterError,
        RenderError, DataError), and warns (MMWarning) about what had no room.
        """
        from .output import figure, moment
        from .output.settings import Moment, RenderSettings

        target = file_paths.target(path, file_formats.endings("figure"))
        width, height = map(float, size_in)
        page = Page(width, height, dpi, font_pt)
        sheet = PageSettings(page, title, caption, keys, font=font)
        picture = RenderSettings(page.pixels, samples, engine, quality, progress, moment=Moment(at, frame), alone=alone)
        self.follow()
        moment.check(self.group, picture.moment)
        options = {"look": look, "projection": projection, "transparent": transparent}
        group = make.edited_group(make.untold(self.group), options)
        settings = figure.FigureSettings(target, sheet, picture, bits, group.options.transparent)
        built = self.built if self.is_built and not self.group.options.story else None
        figure.figure(group, built, settings)
        return Picture(target)

    @deferring
    @asked
    @on_what_is_built
    def render(self, path: str | os.PathLike, size: tuple[int, int] = (1600, 1000), samples: int | None = None,
               engine: str = "cycles", progress: bool = True, frames: tuple[int, int] | None = None,
               quality: str | None = None, at: int | str | None = None, frame: int | None = None,
               alone: bool = True, codec: str | None = None, loop: bool | None = None,
               sound: str | os.PathLike | None = None,
               poster: str | os.PathLike | tuple[str | os.PathLike, float] | None = None) -> Picture:
        """Render to ``path``, ``size`` in pixels; build first if that was not done. Returns the path, which a notebook
        shows as a picture or movie.

        ``.png``: a still. ``.mp4``, ``.webm``, ``.gif``, ``.webp`` or a folder: a movie of the sweep, frame by frame
        and resumable (see ``movie.render_movie``), of all ``frames`` or those from a first to a last.
        quality: ``preview``, ``draft`` or ``final``: how many samples a pixel may have and how little noise is left
        (docs/seconds.md tells what they take); None: ``preview`` in a notebook, else ``final``. samples: the most that
        a pixel gets, where that of the quality does not suit.
        at: what a still of a sweep shows: a step, from 0, where it starts, to the number of steps that ``info`` tells,
        the finished picture, which is what is shown if nothing else is said; or ``"start"``, ``"end"``, or ``"now"``,
        the scene's current frame. frame: one of the scene's instead. What does not sweep is shown at the current frame.
        alone: without other visualizations of the scene. What a person put beside is shown, if it is rendered at all;
        Blender's start-up cube, light and camera are not, unless a person has made them theirs.
        codec, loop, sound, poster: of a movie. ``.mp4`` is ``h264`` or ``av1``, ``.webm`` ``vp9`` or ``av1``. With
        ``transparent=True`` WebM (of VP9), WebP and a folder keep what is empty so. GIF and WebP repeat for ever unless
        ``loop=False``; what repeats has no last frame that is the first again. ``sound``: a file that is heard, cut or
        silent at the end (AAC, Opus). ``poster``: a file (``.png``, ``.webp``, ``.jpg``) for the last frame, or with a
        second, ``("poster.webp", 3.5)``, for the one shown then.

        Whatever the scene is set to (sequencer, compositor, cropping, colour management, view layers …) is neither seen
        nor changed. What Blender prints is kept back, unless the environment says ``MM_BLENDER_VERBOSE=1``. After
        Ctrl-C, too, all is as it was: KeyboardInterrupt comes between two frames of a movie, and after a still, which
        pip's bpy cannot stop; a real Blender in the background stops within a picture. Raises RenderError, and
        ParameterError for an argument of another kind.
        """
        from .output import delivery, formats, moment, sampling
        from .output.settings import Moment, RenderSettings

        kind, handed = formats.kind(path), delivery.asked(codec, loop, sound, poster)
        target = None if formats.moves(kind) else file_paths.target(path, (kind,))
        if target is None:
            formats.refuse_moment(at, frame)
        else:
            formats.refuse_of_movies({"frames": frames is not None, **{name: True for name in handed.told}})
        settings = RenderSettings(size, samples, engine, sampling.default() if quality is None else quality, progress,
                                  frames, Moment(at, frame), alone, handed)
        self.follow()
        if target is not None:
            from .output import still

            moment.check(self.group, settings.moment)
            still.render(self.ready(), target, settings)
            return Picture(target)
        from .output import movie

        settings = movie.checked(self.group, path, settings)
        return Picture(movie.render_movie(self.ready(), path, settings))

    def _repr_png_(self) -> bytes | None:
        """What a place shows of it that takes nothing but pictures: a preview, rendered in a scene of its own."""
        return preview(self)

    def _rendered(self, quality: str) -> bytes | None:
        return preview(self, quality)
