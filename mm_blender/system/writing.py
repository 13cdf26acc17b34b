"""The one way in which files are written: beside their place, checked, flushed, then moved.

A file that was there stays until the new one is whole by the rules of its own format and has reached the disk; so a
full disk, a kill or a loss of power at any moment leaves the one or the other. What is on its way lies in a folder of
ours (``scratch``). A link is followed: it stays, and what it leads to is replaced. Of a file with several names (hard
links) the one that was asked for is replaced, and the others keep the former file.

Blender is never given a person's path, which it may read in a way of its own (``file_paths``), but a plain one, and
what it wrote there is moved to where it was asked for.
"""
from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import RenderError
from . import disks, file_paths, scratch
from .whole.check import check
from .whole.reading import Cut

SPARE = 1 << 20                               # bytes that a disk should have free for what is passing through
PROBE = 1 << 16                               # bytes that a disk takes unless it is full


@dataclass(frozen=True)
class New:
    """A file that is being made. What writes it writes to ``part``, in ``folder``, where more can lie that is needed
    for it; ``put`` moves it to ``path``. Without that all of it is gone in the end."""

    path: Path    # as it was asked for
    final: Path   # where that leads to
    near: Path    # the folder of ours beside it
    folder: Path  # one where Blender can write: mostly the same
    part: Path

    def write(self, data: bytes, path: Path | None = None) -> None:
        """Write ``data`` as the file, or as one that is needed for it, ``path`` in the folder."""
        with self.opened(path) as file:
            file.write(data)

    @contextmanager
    def opened(self, path: Path | None = None) -> Iterator[BinaryIO]:
        """The same piece by piece: an open file."""
        with disks.refusing(self.path), open(path or self.part, "wb") as file:
            yield file

    def check(self, path: Path, **expected: Any) -> Path:
        """``path``, a file in the folder that is needed for this one, which is whole (see ``whole.check``). Raises
        RenderError."""
        with disks.refusing(self.path):
            try:
                check(path, **expected)
            except FileNotFoundError:
                raise disks.cut(self.path, "nothing was written", path.parent) from None
            except Cut as error:
                raise disks.cut(self.path, f"it was not written whole ({error})", path.parent) from None
        return path

    def failed(self, words: str, wrote: bool = False) -> RenderError:
        """What there is to say where Blender failed with ``words``: that it could not write, if that is why. ``wrote``:
        it did nothing else."""
        try:
            with open(self.folder / "probe", "wb") as file:
                file.write(bytes(PROBE))
                disks.flush_open(file.fileno())
        except OSError as error:
            return disks.refused(error, self.path)
        return disks.cut(self.path, words, self.folder) if wrote or "cannot save" in words else RenderError(words)

    def put(self, **expected: Any) -> None:
        """Move what was written to its place, in one go, once it is whole and has reached the disk. ``expected``: see
        ``whole.check``. Raises RenderError."""
        self.check(self.part, **expected)
        with disks.refusing(self.path):
            part = self.part
            if self.folder != self.near:  # perhaps another disk
                part = self.near / self.part.name
                shutil.copyfile(self.part, part)
            with suppress(FileNotFoundError):
                file_paths.check_kind(self.final, follow=False)
            _keep_mode(part, self.final)
            disks.flush(part)
            os.replace(part, self.final)
            disks.flush_folder(self.final.parent)

    def put_if_free(self) -> None:
        """The same, unless there is a file by then, which stays. What was written lies beside it (not ``blender``)."""
        self.check(self.part)
        with disks.refusing(self.path), suppress(FileExistsError):
            disks.flush(self.part)
            if os.name != "posix":
                os.rename(self.part, self.final)
            else:
                try:
                    os.link(self.part, self.final)
                except FileExistsError:
                    raise
                except OSError:  # a disk without further names for a file
                    os.replace(self.part, self.final)
            disks.flush_folder(self.final.parent)


@contextmanager
def beside(path: Path, need: int = 0, blender: bool = True) -> Iterator[New]:
    """What becomes the file ``path``, once it is put there. ``need``: how many bytes it has at least, for which there
    must be room. ``blender``: Blender writes it. Raises RenderError for all that the system refuses."""
    final = file_paths.check_target(path)
    with _folders(path, final.parent, need, blender) as (near, folder):
        yield New(path, final, near, folder, folder / f"part{path.suffix.lower()}")


@contextmanager
def into(parent: Path, need: int = 0) -> Iterator[Callable[[str], New]]:
    """For several files in the folder ``parent``, one after another: what gives, by its name, the one to be made. They
    have ``need`` bytes at least, all together. Links that are there are not followed."""
    with _folders(f"frames in {parent}", parent, need, True) as (near, folder):
        yield lambda name: New(parent / name, parent / name, near, folder, folder / f"part{Path(name).suffix}")


@contextmanager
def _folders(path: Path | str, parent: Path, need: int, blender: bool) -> Iterator[tuple[Path, Path]]:
    """A folder of ours in ``parent``, for ``path``, and one where Blender can write, if that is asked."""
    with ExitStack() as stack:
        with disks.refusing(path, parent):
            disks.check_room(path, need, parent)
            near = folder = stack.enter_context(scratch.folder(parent))
        if blender and not file_paths.is_plain(near):
            folder = stack.enter_context(passing(need))
        yield near, folder


def write(path: Path, data: bytes, replace: bool = True) -> None:
    """Write ``data`` as the file ``path``; unless it ``replace``s one, what is there by then stays. Raises RenderError.
    """
    with beside(path, len(data), blender=False) as new:
        new.write(data)
        new.put() if replace else new.put_if_free()


@contextmanager
def passing(need: int = 0) -> Iterator[Path]:
    """A folder for what is passing through, which Blender can read and write; gone afterwards. Raises RenderError."""
    place = _neutral(need)
    with ExitStack() as stack:
        with disks.refusing("temporary files", place):
            folder = stack.enter_context(scratch.folder(place))
        yield folder


def drop(path: Path) -> None:
    """Delete a file of ours, if it is there still. Raises OSError."""
    path.unlink(missing_ok=True)


def pass_on(path: Path, data: bytes) -> None:
    """Write ``data`` as a file in such a folder. Raises RenderError."""
    with disks.refusing(path), open(path, "wb") as file:
        file.write(data)


def make_folder(path: Path, parents: bool = False) -> None:
    """Make the folder ``path`` unless it is there. Raises RenderError."""
    with disks.refusing(path):
        if os.path.lexists(path) and not path.is_dir():
            raise RenderError(f"{path} is to be a folder, and there is a file of that name: move it away, or choose "
                              "another name")
        if not path.is_dir():
            path.mkdir(exist_ok=True, parents=parents)
            disks.flush_folder(path.parent)


def _keep_mode(part: Path, final: Path) -> None:
    """Give ``part`` the permissions of the file that it replaces, and its owner where that may be."""
    try:
        former = os.stat(final)
    except FileNotFoundError:
        return
    new = os.stat(part)
    if hasattr(os, "chown") and (former.st_uid, former.st_gid) != (new.st_uid, new.st_gid):
        with suppress(OSError):
            os.chown(part, former.st_uid, former.st_gid)
    with suppress(OSError):  # such as on a disk that has none
        os.chmod(part, stat.S_IMODE(former.st_mode) & 0o777)


def _neutral(need: int = 0) -> Path:
    """A folder for what is passing through, which Blender can write into, on a disk with room for ``need`` bytes."""
    try:
        first = [tempfile.gettempdir()]
    except OSError:  # none where a file can be written, if only for want of room
        first = []
    places = [*first, *(["/tmp", "/var/tmp"] if os.name == "posix" else []), os.path.expanduser("~")]
    usable = [place for place in map(Path, places)
              if file_paths.is_plain(place) and place.is_dir() and os.access(place, os.W_OK)]
    if not usable:
        raise RenderError(f"Blender would read braces and the like in {places[0]} as a template: set TMPDIR to a "
                          "folder whose path has letters and digits only, on a disk that can be written to")
    return next((place for place in usable if (disks.free(place) or 0) > need + SPARE), usable[0])


@contextmanager
def readable(files: Sequence[Path]) -> Iterator[list[Path]]:
    """``files``, all of one folder, by names under which Blender can read them."""
    if all(map(file_paths.is_plain, files)):
        yield list(files)
        return
    with passing() as folder:
        out = []
        for number, path in enumerate(files):
            near = folder / f"{number:06d}{path.suffix}"
            try:
                near.symlink_to(path)
            except OSError:  # Windows asks for a privilege
                shutil.copyfile(path, near)
            out.append(near)
        yield out


