"""What is done with the story of a visualization: telling one, a contact sheet of its beats, its words as a file."""
from __future__ import annotations

import os
from abc import abstractmethod
from typing import Any, Self, TYPE_CHECKING

from .buildable import Buildable
from .display import Picture
from .document.asked import asked
from .document.document import Document
from .errors import StoryError
from .explaining import on_what_is_built
from .options import FPS
from .system import file_formats, file_paths, writing
from .system.interrupts import deferring

if TYPE_CHECKING:
    from pathlib import Path

    from .story.beats import Story


class Films(Buildable):
    """What a visualization that tells a story can do with it."""

    @property
    @abstractmethod
    def document(self) -> Document:
        """What it is now."""

    @abstractmethod
    def retold(self, story: str | None) -> Self:
        """This visualization with a story as ``story.reading`` writes it, None: without one."""

    @deferring
    @on_what_is_built
    def story(self, beats: Any = None, *, seconds: float | None = None) -> Self:
        """Tell a story with this visualization: a film in beats, which ``render`` makes and ``save`` keeps. What is
        built follows: keys on the camera and the sweeps, captions, a marker a beat.

        beats: a list of ``mm.Beat`` or of dicts of what one says, the path of a TOML file, or the name of a preset
            (``mm-blender list stories``); an empty list takes the story away. None: the story that it has, each beat as
            long as its marker in Blender's timeline says, where a person has moved those.
        The same story once more is made anew, with all that was deleted or changed of it by hand.
        seconds: how long it is to last: what moves is stretched or pressed; rests and the time that words need stay.

        Raises a StoryError that names the beat, and then nothing has changed.
        """
        from .story import telling

        self.follow()
        text = telling.text(self.document, self._markers(), beats, seconds)
        if beats is None or text is None or text != self.document.options.story or not self.is_built:
            return self.retold(text)
        from .scene import build

        build.retell(self.document, self.built.collection)
        return self

    @property
    def told(self) -> Story | None:
        """The story that it tells, each beat as long as its marker in Blender's timeline says; None where it tells
        none. Raises a StoryError where the markers stand in another order than the beats."""
        from .story import telling

        self.follow(strictly=False)
        return None if self.document.options.story is None else telling.retimed(self.document, self._markers())

    @asked
    def save_story(self, path: str | os.PathLike) -> Path:
        """Write the story that it tells, see ``told``, as a TOML file, which ``story`` reads, ``--story`` and the
        sidebar; its path. Raises RenderError, and StoryError where no story is told."""
        from .story import writing as story_writing

        target = file_paths.target(path, file_formats.endings("save_story"))
        self._check_told()
        told = self.told
        assert told is not None
        writing.write(target, story_writing.as_toml(told).encode())
        return target

    def _markers(self) -> tuple[list[int], float] | None:
        """The frames of the markers of the story's beats, and the frame rate there, if all of them are there."""
        if not self.is_built or self.document.options.story is None:
            return None
        from .scene import scenes, story_objects

        collection = self.built.collection
        scene = scenes.home_of(collection)
        frames = story_objects.marked(collection, scene)
        kept = story_objects.told_at(collection)
        return None if frames is None else (
            frames, kept[1] if kept else self.document.frame_rate(scenes.frame_rate(scene)))

    @deferring
    @asked
    @on_what_is_built
    def contact_sheet(self, path: str | os.PathLike, size: tuple[int, int] = (400, 225), engine: str = "cycles",
                      quality: str = "preview", progress: bool = True) -> Picture:
        """Write one picture (PNG) of all beats of the story, each ``size`` pixels large, with its name and its time;
        its path, which a notebook shows as a picture. Needs bpy. Raises RenderError, and StoryError where no story is
        told."""
        from .output import contact_sheet
        from .output.settings import RenderSettings

        target = file_paths.target(path, (".png",))
        settings = RenderSettings(size, None, engine, quality, progress)
        self.follow()
        self._check_told()
        contact_sheet.render(self.ready(), target, settings)
        return Picture(target)

    @asked
    def subtitles(self, path: str | os.PathLike) -> Path:
        """Write the words of the story with their times as an SRT file, for a film of 24 frames a second or, where it
        is built, the scene's; its path. Raises RenderError, and StoryError where no story is told."""
        from .story import captions, telling, timeline

        target = file_paths.target(path, file_formats.endings("subtitles"))
        self.follow(strictly=False)
        self._check_told()
        fps = self.document.frame_rate(FPS)
        told = timeline.of(self.document, telling.CHECKED, fps)
        if self.is_built:
            from .scene import scenes, story_objects

            scene = scenes.home_of(self.built.collection)
            fps = self.document.frame_rate(scenes.frame_rate(scene))
            told = story_objects.timeline_of(self.document, self.built.collection, scene, telling.CHECKED) or told
        assert told is not None
        if not told.captions:
            raise StoryError(f"no beat of the story has words, which {target.name} would hold: give one, such as "
                             '{"words": "A row meets a column."}')
        writing.write(target, captions.srt(told.captions, told.first, fps).encode())
        return target

    def _check_told(self) -> None:
        if self.document.options.story is None:
            raise StoryError("it tells no story yet: give it one with viz.story([...]), or --story FILE")
