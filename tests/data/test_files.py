"""Files from outside: only regular ones, only as large as they say; JSON within its limits; the boundary of parsers."""
import json
import os
import socket
import struct
import time
import zipfile
from pathlib import Path

import pytest

import mm_blender as mm
from mm_blender.data import files
from mm_blender.data.files import open_regular, parse_json, read_json, read_whole
from mm_blender.data.foreign import foreign
from mm_blender.errors import DataError, MMError, MMWarning, ParameterError, SizeError
from mm_blender.lettering import fonts

posix = pytest.mark.skipif(os.name != "posix", reason="such files are of Unix")


@pytest.fixture
def odd_files(tmp_path):
    """Files that are no regular ones, by what they are called."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "to a device").symlink_to("/dev/zero")
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.relpath(tmp_path / "socket"))
    server.close()
    return {"a pipe": tmp_path / "pipe", "a folder": tmp_path / "folder", "a socket": tmp_path / "socket",
            "a device": tmp_path / "to a device", "symbolic links": tmp_path / "loop"}


READERS = {"open": open_regular, "whole": read_whole, "json": read_json, "font": fonts.load,
           "data": lambda path: mm.visualize("L @ R", data={"L": path}),
           "preset": lambda path: mm.visualize(path)}


@posix
@pytest.mark.parametrize("reader", READERS)
def test_only_regular_files_are_read_and_nothing_is_waited_for(odd_files, reader):
    for what, path in odd_files.items():
        if (reader, what) == ("data", "a folder"):
            continue  # which may hold a checkpoint
        started = time.process_time()
        with pytest.raises(DataError) as caught:
            READERS[reader](path)
        assert path.name in str(caught.value) and time.process_time() - started < 2
        if (reader, what) != ("data", "symbolic links"):
            assert what in str(caught.value), caught.value


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000])
def test_names_that_no_file_can_have(name):
    for read in (read_whole, fonts.load):
        with pytest.raises(DataError, match="no name of a file|cannot be read"):
            read(name)


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="Linux only")
def test_a_file_that_the_system_makes_up_has_no_size():
    with pytest.raises(DataError, match="has no size: the system makes it up"):
        read_whole("/proc/self/environ")


@posix
def test_a_file_that_changes_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    sizes = iter((100, 90))
    monkeypatch.setattr(files, "size_of", lambda file: next(sizes))
    with pytest.raises(DataError, match="changes while it is read: it had 100 bytes"):
        read_whole(path)


def test_a_file_in_place_of_which_a_pipe_is_put_meanwhile(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"1")
    os.mkfifo(tmp_path / "pipe")
    regular = os.stat(tmp_path / "file")
    monkeypatch.setattr(os, "stat", lambda path: regular)
    with pytest.raises(DataError, match="is a pipe"):
        open_regular(tmp_path / "pipe")


# ---- limits

def test_a_limit_names_itself_and_how_it_is_raised(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    with mm.limits(json_bytes=5):
        with pytest.raises(SizeError, match=r"a.json has 8 bytes; the limit json_bytes is 5 bytes: .*--limit "
                                            r"json_bytes=N, or mm.limits.json_bytes = N in Python"):
            read_json(path)
    assert mm.limits.json_bytes == 50_000_000 and read_json(path) == {"a": 1}


def test_limits_are_set_by_name_for_good_or_for_a_while():
    mm.limits.layers = 7e0
    try:
        assert mm.limits.layers == 7 and "layers" in repr(mm.limits)
        with mm.limits(layers=8, tensors=9):
            assert (mm.limits.layers, mm.limits.tensors) == (8, 9)
        assert mm.limits.layers == 7
        mm.limits(layers=3)
        assert mm.limits.layers == 3
        for wrong in (0, -1, True, "7", 1.5, None, float("nan"), float("inf")):
            with pytest.raises(ParameterError, match="limit layers is a whole number of layers above 0"):
                mm.limits.layers = wrong
        with pytest.raises(ParameterError, match="no limit 'layer'; did you mean layers"):
            mm.limits(tensors=1, layer=3)
        with pytest.raises(ParameterError, match="no limit 'layer'; did you mean layers"):
            mm.limits.layer = 3
    finally:
        mm.limits.reset()
    assert mm.limits.layers == 10_000 and mm.limits.tensors == 200_000


def test_the_command_line_raises_limits_for_its_run_only(capsys, tmp_path):
    from mm_blender.cli.main import main

    path = tmp_path / "big.json"
    path.write_text(json.dumps({"a": [1] * 60}))
    assert main(["info", str(path), "--limit", "json_members=10"]) == 2
    assert "the limit json_members is 10 members" in capsys.readouterr().err
    assert main(["info", "L @ R", "--limit", "json_bytes=4GB", "--limit", "layers=1_0k"]) == 0
    assert mm.limits.json_bytes == 50_000_000
    capsys.readouterr()
    for text, said in (("json_bites=4", "did you mean json_bytes"), ("json_bytes=lots", "a limit is a whole number"),
                       ("json_bytes=-1", "a limit is a whole number"), ("json_bytes", "expected NAME=VALUE"),
                       ("json_bytes=0", "a whole number of bytes above 0"), ("json_bytes=" + "9" * 50, "whole number")):
        assert main(["info", "L @ R", "--limit", text]) == 2
        assert said in capsys.readouterr().err


def test_the_page_of_limits_is_up_to_date():
    """scripts/limits_page writes it."""
    from mm_blender.limits import page

    assert (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8") == page()


# ---- JSON

@pytest.mark.parametrize("text, words", [
    ("[" * 90_000 + "]" * 90_000, "json_depth"), ('{"a":' * 800 + "1" + "}" * 800, "json_depth"),
    ("[" * 150 + "]" * 150, "json_depth"), ("[" + "[],"*3_000_000 + "1]", "json_members"),
    ('{"a": ' + "1" * 100_000 + "}", "is not JSON"), ("\ud800", "is not JSON"), (b"\xff\xfe\0", "no encoding"),
    ("", "is not JSON"), (b"\0\0\0{", "is not JSON"), ("nul", "is not JSON"),
])
def test_json_that_is_refused(text, words):
    started = time.process_time()
    with pytest.raises(MMError, match=words):
        parse_json(text, "it")
    assert time.process_time() - started < 5


def test_json_that_is_read():
    many = {"vocab": {f"a,[{{{n}": n for n in range(20)}}
    with mm.limits(json_members=40):
        assert parse_json(json.dumps(many), "it") == many  # what looks like members stands within names
    assert parse_json("[" * 100 + "]" * 100, "it")
    for code in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        assert parse_json('{"ä": 1}'.encode(code), "it") == {"ä": 1}
    with pytest.raises(DataError, match="it is not JSON: the name 'a' comes twice in one object"):
        parse_json('{"a": 1, "a": 2}', "it")


# ---- the boundary

@pytest.mark.parametrize("error, said", [
    (RecursionError("x"), "too deeply"), (MemoryError(), "more memory than there is"),
    (KeyError("shape"), "lacks 'shape'"),
    (struct.error("unpack requires 4 bytes"), "cut short"), (EOFError(), "cut short"), (SyntaxError("bad"), "bad"),
    (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), "no encoding"), (zipfile.BadZipFile("no zip"), "no zip"),
    (OverflowError(34, "Numerical result out of range"), "out of range"), (OSError(5, "I/O error"), "I/O error"),
    (UserWarning("odd header"), "odd header"), (AssertionError(), "AssertionError"),
    (ValueError("a\x1b[31m\nb"), "a.*31m$"),
    (type("Silent", (Exception,), {"__str__": lambda self: 1 / 0})(), "Silent"), (Exception("x" * 10_000), "x{200}$"),
])
def test_whatever_a_parser_raises_becomes_our_error(error, said):
    with pytest.raises(DataError, match=f"(?s)^a.npz is no npz file, or damaged: .*{said}") as caught:
        with foreign("a.npz", "npz file"):
            raise error
    assert caught.value.__cause__ is None and "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


@pytest.mark.parametrize("error", [SizeError("big"), KeyboardInterrupt(), SystemExit(3), MMWarning("said")])
def test_what_is_ours_and_what_ends_a_program_pass_the_boundary(error):
    with pytest.raises(type(error)) as caught:
        with foreign("a.npz"):
            raise error
    assert caught.value is error


# ---- fonts

def font_with(groups: list[tuple[int, int, int]]) -> bytes:
    """The default font with another map of characters, of format 12."""
    data = bytearray(fonts.DEFAULT.read_bytes())
    table = struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16 + 12 * len(groups), 0, len(groups))
    table += b"".join(struct.pack(">III", *group) for group in groups)
    for at in range(struct.unpack_from(">H", data, 4)[0]):
        if data[12 + 16 * at:16 + 16 * at] == b"cmap":
            struct.pack_into(">II", data, 20 + 16 * at, len(data), len(table))
    return bytes(data) + table


def test_a_font_whose_map_names_letters_again_and_again(tmp_path):
    (tmp_path / "a.ttf").write_bytes(font_with([(0, 0x10FFFF, 0)] * 5000))
    started = time.process_time()
    with pytest.raises(DataError, match="names letters more than once"):
        fonts.load(tmp_path / "a.ttf")
    assert time.process_time() - started < 2
