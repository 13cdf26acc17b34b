"""How files get to their places, without Blender: whole or not at all, and nothing left over."""
import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mm_blender.errors import RenderError
from mm_blender.output import reel
from mm_blender.system import disks, locks, scratch, writing
from mm_blender.system.whole.check import check, is_whole
from mm_blender.system.whole.reading import Cut

posix = pytest.mark.skipif(os.name != "posix", reason="as POSIX has it")
ROOT = Path(__file__).resolve().parents[2]


# ---- whole

def pictures(folder: Path) -> list[Path]:
    """A file of each format that Pillow writes, and of those that are text."""
    image_module = pytest.importorskip("PIL.Image")
    noise = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    image, out = image_module.fromarray(noise), []
    for ending in ("png", "jpg", "webp", "tif"):
        out.append(folder / f"a.{ending}")
        image.save(out[-1])
    out.append(folder / "a.gif")
    image.save(out[-1], save_all=True, append_images=[image.rotate(180)], duration=50, loop=0)
    for name, text in (("a.svg", "<svg><g></g></svg>\n"), ("a.json", '{"a": [1, 2]}'),
                       ("a.pdf", "%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n29\n%%EOF\n"),
                       ("a.blend", "")):
        out.append(folder / name)
        out[-1].write_bytes(text.encode() or b"BLENDER-v405DATA" + (4).to_bytes(4, "little") + bytes(16) + b"abcd"
                            + b"ENDB" + bytes(20))
    return out


def test_a_file_that_is_cut_anywhere_is_not_whole(tmp_path):
    for path in pictures(tmp_path):
        data = path.read_bytes()
        assert is_whole(path), path
        for count in {*range(0, len(data) - 2, max(1, len(data) // 60)), len(data) - 3}:
            path.write_bytes(data[:count])
            assert not is_whole(path), (path, count)
            path.write_bytes(data[:count] + bytes(len(data) - count))  # what some systems leave after a loss of power
            assert not is_whole(path) or path.suffix in (".jpg", ".webp", ".tif", ".blend"), (path, count)


def test_sizes_and_frames_are_looked_at(tmp_path):
    found = {path.suffix: path for path in pictures(tmp_path)}
    for ending in (".png", ".jpg", ".tif", ".gif"):
        check(found[ending], size=(11, 9))
        with pytest.raises(Cut, match="11 x 9 pixels instead of 9 x 11"):
            check(found[ending], size=(9, 11))
    check(found[".gif"], frames=2)
    with pytest.raises(Cut, match="2 frames instead of 3"):
        check(found[".gif"], frames=3)


# ---- written

def test_what_was_there_stays_until_then(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("1")
    for wrong in (b"", b"{", b"[1, 2"):
        with pytest.raises(RenderError, match="not written whole"):
            writing.write(path, wrong)
    with pytest.raises(KeyboardInterrupt), writing.beside(path) as new:
        new.write(b"2")
        raise KeyboardInterrupt
    with writing.beside(path) as new:
        new.write(b"3")
    assert path.read_text() == "1" and os.listdir(tmp_path) == ["a.json"]
    writing.write(path, b"4")
    assert path.read_text() == "4" and os.listdir(tmp_path) == ["a.json"]


@posix
def test_links_stay_and_what_they_lead_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    real, link, dangling, loop = (tmp_path / name for name in ("there/a.json", "b.json", "c.json", "d.json"))
    real.write_text("1")
    link.symlink_to("there/a.json")
    dangling.symlink_to("there/new.json")
    loop.symlink_to(loop)
    writing.write(link, b"2")
    writing.write(dangling, b"3")
    assert link.is_symlink() and real.read_text() == "2" and dangling.is_symlink()
    assert (tmp_path / "there/new.json").read_text() == "3"
    with pytest.raises(RenderError, match="cannot be written: .*symbolic links"):
        writing.write(loop, b"4")
    (tmp_path / "e.json").symlink_to("nowhere/a.json")
    with pytest.raises(RenderError, match="is a link to .*, and there is no folder"):
        writing.write(tmp_path / "e.json", b"4")
    assert sorted(os.listdir(tmp_path)) == ["b.json", "c.json", "d.json", "e.json", "there"]


@posix
def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for name, target in (("full.json", "/dev/full"), ("null.json", "/dev/null"), ("out.json", "/dev/stdout")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "folder.json").mkdir()
    for name, words in (("pipe.json", "is a pipe"), ("full.json", "is a device"), ("null.json", "is a device"),
                        ("folder.json", "is a folder: name a file in it")):
        with pytest.raises(RenderError, match=words):
            writing.write(tmp_path / name, b"1")
    if not os.path.isfile("/dev/stdout"):
        with pytest.raises(RenderError, match="is a |cannot be written|no folder"):
            writing.write(tmp_path / "out.json", b"1")


@posix
def test_modes_and_names(tmp_path):
    path, other = tmp_path / "a.json", tmp_path / "other.json"
    before = os.umask(0o027)
    try:
        writing.write(path, b"1")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        for mode in (0o600, 0o755, 0o666):
            path.chmod(mode)
            writing.write(path, b"2")
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)
    os.link(path, other)
    writing.write(path, b"3")
    assert (path.read_text(), other.read_text()) == ("3", "2")
    path.chmod(0o444)
    with pytest.raises(RenderError, match="is read-only: allow writing to it"):
        writing.write(path, b"4")
    assert path.read_text() == "3"


def test_a_folder_that_goes_away(tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    with pytest.raises(RenderError, match="cannot be written"), writing.beside(folder / "a.json") as new:
        new.write(b"1")
        folder.rename(tmp_path / "gone")
        new.put()
    assert os.name != "posix" or not os.listdir(tmp_path / "gone"), "nothing of ours is left where it went"
    with pytest.raises(RenderError, match="there is no folder"):
        writing.write(folder / "a.json", b"1")


@pytest.mark.parametrize("number, words", [
    (errno.ENOSPC, "is full"), (errno.EDQUOT, "quota on the disk at"), (errno.EROFS, "is read-only"),
    (errno.EACCES, "you may not write into the folder"), (errno.EIO, "reports an error of input or output"),
    (errno.EFBIG, "larger than a file may be"), (errno.ENOENT, "no longer there"), (errno.EMFILE, "too many files"),
    (errno.ENAMETOOLONG, "File name too long"), (errno.ELOOP, "symbolic links")])
@pytest.mark.parametrize("at", ["fsync", "replace", "mkdir"])
def test_what_the_system_refuses_is_told_in_words(tmp_path, monkeypatch, number, words, at):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.json"
    path.write_text("1")
    monkeypatch.setattr(os, at, refuse)
    with pytest.raises(RenderError, match=f"a.json cannot be written: .*{words}") as raised:
        writing.write(path, b"2")
    monkeypatch.undo()
    assert path.read_text() == "1" and os.listdir(tmp_path) == ["a.json"]
    if "disk" in words or number in (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EFBIG, errno.EACCES):
        assert f"the disk at {disks.name(tmp_path)}" in str(raised.value)


def test_disks_that_cannot_be_flushed_do(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(os, "fsync", refuse)
    writing.write(tmp_path / "a.json", b"1")
    assert (tmp_path / "a.json").read_text() == "1"


def test_room_is_looked_at_before(tmp_path, monkeypatch):
    monkeypatch.setattr(disks, "free", lambda folder: 1000)
    with pytest.raises(RenderError, match=r"the disk at .* has 1 kB free, and at least 2 kB are needed"):
        with writing.beside(tmp_path / "a.png", 2000):
            pytest.fail("there is no room")
    assert [disks.amount(count) for count in (0, 999, 1500, 2.5e6, 3e15)] == [
        "0 bytes", "999 bytes", "1.5 kB", "2.5 MB", "3e+03 TB"]


# ---- what a kill leaves

CHILD = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mm_blender.system import scratch, writing
with writing.beside(Path(sys.argv[2]) / "a.json") as new:
    new.write(b"half")
    (new.near / "below").mkdir()
    (new.near / "below" / "more").write_text("")
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.outside
@posix
def test_what_a_kill_left_goes_with_the_next_run_and_what_is_a_persons_stays(tmp_path):
    own = [scratch.PREFIX + "notes", scratch.PREFIX + "0" * 24, scratch.PREFIX + "f" * 24 + ".blend"]
    (tmp_path / own[0]).mkdir()
    (tmp_path / own[1]).mkdir()
    (tmp_path / own[2]).write_text("mine")
    run = subprocess.Popen([sys.executable, "-c", CHILD, str(ROOT), str(tmp_path)], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
    assert run.stdout.readline() == b"ready\n"
    writing.write(tmp_path / "b.json", b"1")
    assert len(os.listdir(tmp_path)) == len(own) + 2, "a run that is at work keeps its folder"
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    writing.write(tmp_path / "b.json", b"2")
    assert sorted(os.listdir(tmp_path)) == sorted([*own, "b.json"])


def test_names_of_ours_are_known_by_themselves(tmp_path):
    with scratch.folder(tmp_path) as made:
        assert scratch.is_ours(made.name)
        end = "0" if made.name[-1] != "0" else "1"
        assert not scratch.is_ours(made.name[:-1] + end) and not scratch.is_ours(made.name + "0")
        assert (made / scratch.LOCK).is_file()
        scratch.clear(tmp_path)
        assert made.is_dir()
    (tmp_path / made.name).mkdir()  # killed at once, before there was a lock
    scratch.clear(tmp_path)
    assert not os.listdir(tmp_path)


# ---- the folder of a movie's frames

IDENTITY = {"blender": "5.0", "scene": "x", "parts": {}, "about": {}}


def test_one_movie_at_a_time(tmp_path):
    folder = tmp_path / "a.frames"
    with reel.claimed(folder, IDENTITY):
        with pytest.raises(RenderError, match="being rendered into .* by another process"):
            with reel.claimed(folder, IDENTITY):
                pytest.fail("both have it")
    with reel.claimed(folder, IDENTITY):
        assert json.loads((folder / reel.NOTE).read_text()) == IDENTITY
    assert os.listdir(folder) == [reel.NOTE]
    with pytest.raises(RenderError, match="another movie"), reel.claimed(folder, {**IDENTITY, "scene": "y"}):
        pass


def test_a_note_is_never_written_over(tmp_path):
    writing.write(tmp_path / "a.json", b"1", replace=False)
    writing.write(tmp_path / "a.json", b"2", replace=False)
    assert (tmp_path / "a.json").read_text() == "1" and os.listdir(tmp_path) == ["a.json"]


@posix
@pytest.mark.parametrize("make", [
    lambda note: note.mkdir(), lambda note: os.mkfifo(note), lambda note: note.symlink_to("/dev/zero"),
    lambda note: note.symlink_to("nowhere")])
def test_a_note_that_is_no_file(tmp_path, make):
    make(tmp_path / reel.NOTE)
    with pytest.raises(RenderError, match=f"{reel.NOTE} is a (folder|pipe|link)"), reel.claimed(tmp_path, IDENTITY):
        pass
    assert os.listdir(tmp_path) == [reel.NOTE]


def test_notes_that_mean_nothing(tmp_path):
    for text in (b"", b"[]", b"{", b"[" * 100_000, b"\xff\xfe", b'{"scene": NaN}', b'{"blender": {}, "scene": []}'):
        (tmp_path / reel.NOTE).write_bytes(text)
        with pytest.raises(RenderError, match="another movie"), reel.claimed(tmp_path, IDENTITY):
            pass


@posix
def test_frames_are_what_is_whole_and_nothing_of_a_persons(tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    wanted = {number: tmp_path / f"frame_{number:04d}.png" for number in range(1, 7)}
    for number, size in ((1, (8, 6)), (2, (8, 6)), (3, (6, 8)), (4, (8, 6))):
        image_module.new("RGB", size).save(wanted[number])
    wanted[2].write_bytes(wanted[2].read_bytes()[:-5])
    wanted[5].write_bytes(b"")
    assert reel.missing(wanted, (8, 6)) == [2, 3, 5, 6]
    with pytest.raises(RenderError, match="frame_0002.png was deleted or changed while"):
        reel.check(wanted, (8, 6))
    for make, words in ((lambda path: path.mkdir(), "is a folder"), (os.mkfifo, "is a pipe"),
                        (lambda path: path.symlink_to(wanted[1]), "is a link")):
        make(wanted[6])
        with pytest.raises(RenderError, match=f"frame_0006.png {words}, and no frame of the movie: move it away"):
            reel.missing(wanted, (8, 6))
        with pytest.raises(RenderError, match=words), writing.into(tmp_path) as new:
            part = new("frame_0006.png")
            part.write(wanted[1].read_bytes())
            part.put()
        assert not stat.S_ISREG(os.lstat(wanted[6]).st_mode)
        wanted[6].rmdir() if wanted[6].is_dir() else wanted[6].unlink()


def test_locks_where_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "hold", lambda number: None)
    writing.write(tmp_path / "a.json", b"1")
    with reel.claimed(tmp_path, IDENTITY):
        pass
    assert sorted(os.listdir(tmp_path)) == ["a.json", reel.NOTE]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.outside
@posix
@pytest.mark.parametrize("kind", ["save", "still"])
def test_a_short_sample_of_kills(kind):
    """As ``scripts/kill`` does it fifty times for all kinds."""
    pytest.importorskip("bpy")
    run = subprocess.run([sys.executable, str(ROOT / "scripts" / "kill"), kind, "--times", "3", "--longest", "1"],
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0 and "0 faults" in run.stdout, run.stdout + run.stderr
