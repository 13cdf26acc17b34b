"""How a movie is handed over: its codec, whether it repeats, its sound, and a poster of it. What of it a kind of file
can have is said, or refused, before anything is rendered."""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RenderError
from ..plain import is_number, said
from ..system import file_paths

CODECS = {".mp4": ("h264", "av1"), ".webm": ("vp9", "av1")}  # of each ending, the usual one first
KNOWN = tuple(dict.fromkeys(codec for each in CODECS.values() for codec in each))
POSTERS = (".png", ".webp", ".jpg", ".jpeg")
CLEAR = (".webm", ".webp")  # movies that can be transparent
REPEATING = (".gif", ".webp")  # what repeats by itself
# pixels each way that a format, or what encodes it, can have
MOST = {".gif": 65535, ".webp": 16383, "h264": 16384, "vp9": 65536, "av1": 65536}


@dataclass(frozen=True)
class Delivery:
    """``codec``: of the video, None: the usual one of the file's ending. ``loop``: whether it repeats, without the last
    frame where that is the first one again; None: as its kind does, GIF and WebP for ever, the others not. ``sound``: a
    file that is heard with it. ``poster``: a file for one of its frames, that which is shown after ``poster_at``
    seconds, or its last."""

    codec: str | None = None
    loop: bool | None = None
    sound: Path | None = None
    poster: Path | None = None
    poster_at: float | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """What of it was asked for, by name."""
        asked = {"codec": self.codec, "loop": self.loop, "sound": self.sound, "poster": self.poster}
        return tuple(name for name, value in asked.items() if value is not None)

    def codec_of(self, kind: str) -> str:
        """The codec of a movie of ``kind``; empty where it has no choice of them."""
        return self.codec or CODECS.get(kind, ("",))[0]

    def repeats(self, kind: str) -> bool:
        """Whether a movie of ``kind`` repeats."""
        return kind in REPEATING if self.loop is None else self.loop

    def is_clear(self, kind: str) -> bool:
        """Whether a movie of ``kind`` keeps what is transparent."""
        return kind in CLEAR and self.codec_of(kind) != "av1"


def asked(codec: Any = None, loop: Any = None, sound: Any = None, poster: Any = None, *,
          in_folder: bool = False) -> Delivery:
    """The delivery that a person asks for, see ``Visualization.render``; of what is to lie ``in_folder`` that a job is
    written to, the poster is a name. Raises RenderError for what there is not."""
    if codec is not None and (not isinstance(codec, str) or codec not in KNOWN):
        raise RenderError(f"there is no codec {said(codec)}; known are {', '.join(KNOWN)}")
    if loop not in (None, True, False):
        raise RenderError(f"loop is True, False or None, as the kind of movie has it, not {said(loop)}")
    path, seconds = _poster(poster, in_folder)
    return Delivery(codec, loop if loop is None else bool(loop),
                    None if sound is None else _sound(sound), path, seconds)


def check(kind: str, delivery: Delivery, size: tuple[int, int]) -> None:
    """Raise RenderError for what a movie of ``kind``, an ending or ``folder``, of ``size`` pixels cannot have."""
    codecs = CODECS.get(kind, ())
    if delivery.codec and delivery.codec not in codecs:
        able = [ending for ending, each in CODECS.items() if delivery.codec in each]
        raise RenderError(f"{kind} has no codec {delivery.codec}" + (f", but {' and '.join(codecs)}" if codecs else "")
                          + f": {delivery.codec} is for {' and '.join(able)}")
    if delivery.sound and not codecs:
        raise RenderError(f"{kind} has no sound: render to {' or '.join(CODECS)}")
    if delivery.loop and kind not in (*CODECS, *REPEATING):
        raise RenderError(f"frames in a {kind} do not repeat: loop is for {', '.join((*CODECS, *REPEATING))}")
    codec = delivery.codec_of(kind)
    most = MOST.get(codec or kind, max(size))
    if max(size) > most:
        raise RenderError(f"a movie in {kind}{f', {codec},' if codec else ''} has at most {most} pixels each way, not "
                          f"{size[0]} x {size[1]}")


def _sound(given: Any) -> Path:
    path = file_paths.resolve(given)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise RenderError(f"the sound {file_paths.shown(path)} {what}: name a file, such as a .wav, .flac, "
                          ".ogg or .mp3")
    return path


def _poster(given: Any, in_folder: bool) -> tuple[Path | None, float | None]:
    """The file and the second of a poster, from its path or the two; only the name of a file ``in_folder``."""
    seconds = None
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        if len(given) != 2 or not is_number(given[1]) or not 0 <= given[1] < 1e6:
            raise RenderError(f"poster is the path of a picture, or that and a second from 0 up, not {said(given)}")
        given, seconds = given[0], float(given[1])
    if given is None:
        return None, seconds
    if not in_folder:
        return file_paths.target(given, POSTERS), seconds
    path = file_paths.resolve(given)
    file_paths.check_ending(path, POSTERS)
    if os.path.basename(given) != os.fspath(given):
        raise RenderError(f"the poster of a job lies in its folder: give its name alone, {path.name}")
    return Path(path.name), seconds


def poster_frame(delivery: Delivery, fps: float, count: int) -> int:
    """Which of ``count`` frames, from 0, is the poster. Raises RenderError where the movie is shorter."""
    if delivery.poster_at is None:
        return count - 1
    number = int(delivery.poster_at * fps + 1e-6)
    if number >= count:
        raise RenderError(f"the movie is {count / fps:.3g} seconds long: there is no frame for a poster after "
                          f"{delivery.poster_at:g}")
    return number


def is_even(kind: str) -> bool:
    """Whether a movie of ``kind`` asks for even sizes."""
    return kind in CODECS
