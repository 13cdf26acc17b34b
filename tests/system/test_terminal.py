"""The terminal's edges: odd arguments, streams that are closed, full or of few letters, and systems that know
little."""
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mm_blender.cli import arguments, at_hand, commands
from mm_blender.cli.main import main
from mm_blender.errors import DataError, RenderError
from mm_blender.expression import sources
from mm_blender.system import folders, quiet, terminal

ROOT = Path(__file__).resolve().parents[2]
ODD = ("", " ", "0", "-1", "+1", "1e9", "1e999", "nan", "-inf", "9" * 30, "9" * 5000, "1.5", "0x10", "٣", "²", "1_000",
       "\udcff", "a\0b", "--", "=", "a=b", "x" * 100_000, "😀", "\n", "nanx1", "3x3", "65537x4", "4x4x4", "%s", "{0}")
PICTURES = ("render", "figure", "build")


@pytest.fixture
def nothing_made(monkeypatch, tmp_path):
    """Commands that stop before anything is built."""
    def visualize(_args):
        raise DataError("read to the end")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "_visualize", visualize)
    monkeypatch.setattr(at_hand, "check_bpy", lambda: None)


def cases() -> list[tuple[list[str], str]]:
    """Every option of every command, and what stands before it."""
    out = []
    for name, command in arguments.parser("mm-blender", commands.RUNS).commands.items():
        before = [name, *({"list": ["presets"], "head": ["checkpoint"]}.get(name, ["A @ B"])),
                  *(["-o", "out.blend" if name == "build" else "out.png"] if name in PICTURES else [])]
        for action in command._actions:
            option = next((option for option in action.option_strings if option.startswith("--")), None)
            if option and action.nargs != 0:
                out.append((before, option))
    return out


def test_every_option_has_a_range_that_is_told(nothing_made, capsys, monkeypatch):
    """Whatever is given, it is taken, or refused in a few words."""
    every, parser = cases(), arguments.parser("mm-blender", commands.RUNS)
    monkeypatch.setattr(arguments, "parser", lambda *_: parser)  # to make one takes longer than to read with it
    for before, option in every:
        for value in ODD:
            status = main([*before, f"{option}={value}"])
            out, err = capsys.readouterr()
            assert status == 2 and not out, (before, option, value[:40])
            assert "Traceback" not in err and "fault of" not in err and len(err) < 4000, (before, option, value[:40])
            assert err.startswith("mm-blender") and err.endswith("\n")


@pytest.mark.parametrize("argv, words", [
    (["info", "A @ B", "--seed", "-1"], "expected a whole number from 0 to 18446744073709551615, not '-1'"),
    (["info", "A @ B", "--seed", "9" * 5000], "from 0 to 18446744073709551615, not '999"),
    (["info", "A @ B", "--cells", "1_000"], "expected a whole number from 1 up, not '1_000'"),
    (["render", "A @ B", "-o", "a.png", "--size", "4x65537"], "each from 4 to 65536, not '4x65537'"),
    (["render", "A @ B", "-o", "a.png", "--size", "4x4x4"], "such as 1600x1000"),
    (["render", "A @ B", "-o", "a.png", "--spin", "nan"], "expected a number, not 'nan'"),
    (["render", "A @ B", "-o", "a.png", "--duration", "inf"], "expected a number of seconds above 0, not 'inf'"),
    (["figure", "A @ B", "-o", "a.png", "--size-in", "nanx2"], "such as 6.75x4.5, not 'nanx2'"),
    (["figure", "A @ B", "-o", "a.png", "--size-in", "2"], "such as 6.75x4.5, not '2'"),
    (["render", "A @ B", "-o", "a.png", "--step", "-1"], "expected the number of a step, from 0 up, not '-1'"),
    (["info", "A @ B", "--set=--"], "expected NAME=VALUE, not '--'"),
    (["info", "A @ B", "--assets=--"], "the assets folder '--' does not exist"),
])
def test_what_is_out_of_range(argv, words, capsys):
    assert main(argv) == 2
    assert words in capsys.readouterr().err


def test_pictures_too_small_or_with_too_many_samples_are_refused_by_name():
    from mm_blender.output.settings import RenderSettings

    for size, samples, words in (((3, 3), 1, "4 to 65536 pixels each way, not 3 x 3"),
                                 ((9, 65537), 1, "not 9 x 65537"), ((9, 9), 1 << 25, "1 to 16777216 samples a pixel")):
        with pytest.raises(RenderError, match=words):
            RenderSettings(size, samples, "cycles")


# ---- what goes wrong at the top

@pytest.mark.parametrize("error, status, words", [
    (ZeroDivisionError("a\x1b[31mb"), 70, "this is a fault of mm_blender, not yours: ZeroDivisionError: a\\x1b[31mb"),
    (MemoryError(), 2, "there is not enough memory"), (RecursionError("deep"), 70, "RecursionError: deep"),
])
def test_nothing_escapes_as_a_traceback(monkeypatch, capsys, error, status, words):
    def broken(_args):
        raise error

    monkeypatch.setattr(commands, "_visualize", broken)
    monkeypatch.delenv(quiet.VARIABLE, raising=False)
    assert main(["info", "A @ B"]) == status
    err = capsys.readouterr().err
    assert words in err and "Traceback" not in err and len(err.splitlines()) == 1
    if status == 70:
        monkeypatch.setenv(quiet.VARIABLE, "1")
        assert main(["info", "A @ B"]) == status
        assert "Traceback" in capsys.readouterr().err


def test_a_broken_preset_of_ones_own_fails_alone(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    assert main(["list", "presets"]) == 0
    out = capsys.readouterr().out
    assert out.count("cannot be read: ") == 3 and "attention-computed" in out
    assert main(["info", "attention-computed"]) == 0
    capsys.readouterr()
    assert main(["info", "broken"]) == 2
    assert "broken.json" in capsys.readouterr().err


# ---- systems that know little

@pytest.fixture
def homeless(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MM_BLENDER_CACHE", "MM_BLENDER_PRESETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as with a user whom the system does not know
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_home_there_are_no_folders_of_ones_own(homeless):
    assert folders.cache("MM_BLENDER_CACHE") is None and sources.own_presets() is None
    assert "attention-computed" in sources.presets() and main(["info", "A @ B"]) == 0
    with pytest.raises(DataError, match="no home folder to keep the preset mine in"):
        sources.save_preset("mine", sources.from_expression("A @ B"))
    assert not list(homeless.iterdir()), "a folder called ~"


def test_folders_are_what_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("MM_BLENDER_CACHE", str(tmp_path))
    assert folders.cache("MM_BLENDER_CACHE") == tmp_path
    monkeypatch.setenv("MM_BLENDER_CACHE", "")
    assert folders.cache("MM_BLENDER_CACHE") is None
    monkeypatch.setenv("MM_BLENDER_PRESETS", str(tmp_path))
    assert sources.own_presets() == tmp_path


def test_the_home_of_nobody_is_a_path_like_any(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for argv in (["info", "A @ B", "--data", "A=~nobody7/a.npy"], ["head", "~nobody7/model"],
                 ["info", "~nobody7/a.json"],
                 ["render", "A @ B", "-o", "~nobody7/a.png"]):
        assert main(argv) == 2
        assert "~nobody7" in capsys.readouterr().err


def test_where_no_folder_takes_temporary_files_nothing_is_kept_back(monkeypatch, capfd):
    def refused(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(quiet.tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(quiet, "verbose", False)
    monkeypatch.delenv(quiet.VARIABLE, raising=False)
    with quiet.silence():
        os.write(1, b"chatter\n")
        assert quiet.complaint() == ""
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "after\n"


def test_a_current_folder_that_is_gone(monkeypatch, tmp_path, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    try:
        assert main(["render", "A @ B", "-o", "a.png"]) == 2
        assert "the current folder, which is gone" in capsys.readouterr().err
    finally:
        os.chdir(tmp_path)


# ---- streams

def test_letters_that_a_stream_lacks_are_escapes(monkeypatch):
    out, err = (io.TextIOWrapper(io.BytesIO(), "ascii", "strict") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(["info", "A @ B", "--set", "A.h=2"]) == 0
    assert main(["list", "settings"]) == 0
    assert main(["info", "日本 @@ B"]) == 2
    assert out.errors == err.errors == "strict"  # as it was
    written = err.buffer.getvalue() + out.buffer.getvalue()
    assert b"\\u65e5\\u672c" in written and written.isascii()


class Broken(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


def test_a_stream_for_what_is_incidental_fails_for_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Broken())
    with terminal.speaking():
        print("a note", file=sys.stderr, flush=True)
    assert main(["info", "A @"]) == 2
    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["info", "A @ B"]) == 2
    terminal.mention("wrote a.png")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Broken, closed, lambda: None])
def test_a_progress_bar_stops_no_movie_in_python(fresh_scene, tmp_path, monkeypatch, stream):
    """Whatever standard error is, where nobody has put a steady one in its place."""
    import mm_blender as mm

    viz = mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2, "anim.alg": "vmprod"}).build()
    monkeypatch.setattr(sys, "stderr", stream())
    for name in ("a.png", "b.mp4", "c.gif", "d"):
        more = {} if name == "a.png" else {"frames": (1, 2)}
        viz.render(tmp_path / name, (16, 16), 1, "workbench", **more)
    viz.figure(tmp_path / "e.pdf", (2, 1.5), 20, 5, samples=1, keys=False)
    assert {each.name for each in tmp_path.iterdir()} >= {"a.png", "b.mp4", "c.gif", "d", "e.pdf"}


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="a shell's redirections")
def test_a_shells_redirections():
    """Closed, full and broken streams: the exit status says whether what was asked for was done."""
    command = f"{sys.executable} -m mm_blender.cli"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    cases = [("list presets >&-", 2, "standard output is closed"), ("list presets <&-", 0, ""),
             ("info 'A @' 2>&-", 2, ""), ("info 'A @ B' 2>&-", 0, ""), ("--help >&-", 0, ""),
             ("--version | true", 0, ""), ("list settings | head -n 1", 0, ""), ("info $'A\\xff @ B'", 2, "\\udcff")]
    if os.path.exists("/dev/full"):
        cases += [("list presets >/dev/full", 2, "No space left on device"), ("info 'A @' 2>/dev/full", 2, ""),
                  ("--help >/dev/full", 2, "No space left on device")]
    script = "\n".join(f"{command} {rest}\necho status ${{PIPESTATUS[0]}} >&2"
                       for rest, _, _ in cases)
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, timeout=300)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    said = done.stderr.split("status ")
    for (rest, status, words), before, after in zip(cases, said, said[1:]):
        assert int(after.split()[0]) == status, (rest, done.stderr)
        assert words in before, (rest, done.stderr)


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="a shell's redirections")
def test_what_is_closed_is_not_written_into(tmp_path):
    """The first file that is opened would get the number of a stream that is closed, and all that Blender prints. A
    progress bar that nobody reads any more stops no picture."""
    pytest.importorskip("bpy")
    quick = "--size 16x16 --samples 1 --engine workbench"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "nowhere"),
                   "MM_BLENDER_CACHE": os.devnull}
    done = subprocess.run(
        ["bash", "-c",
         f"{sys.executable} -m mm_blender.cli render 'A @ B' -o '{tmp_path}/a.png' {quick} 2>&1 >&- <&- | true; "
                       "exit ${PIPESTATUS[0]}"], env=environment, capture_output=True, timeout=120)
    assert done.returncode == 0, done
    assert (tmp_path / "a.png").read_bytes().endswith(b"IEND\xaeB\x60\x82") and len(list(tmp_path.iterdir())) == 1
