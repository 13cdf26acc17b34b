"""Files from outside: only regular ones are opened, and only as large as they say; JSON; and files that are not what
their names say: pointers, web pages, archives, files of other programs."""
from __future__ import annotations

import errno
import io
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, IO

from ..errors import DataError
from ..limits import limits
from ..plain import said
from ..system.file_kinds import other_kind
from .foreign import error_words

HEAD = 512  # bytes by which a file is known
ABOVE = 10  # levels of JSON around the parameters of an expression, and within the last of them

# beginning -> what such a file is, and what to do
KNOWN = [
    (b"\x1f\x8b", "is packed (gzip): unpack it first"), (b"BZh", "is packed (bzip2): unpack it first"),
    (b"\xfd7zXZ\x00", "is packed (xz): unpack it first"), (b"\x28\xb5\x2f\xfd", "is packed (zstd): unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "is packed (7z): unpack it first"), (b"Rar!", "is packed (rar): unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file (Keras, MATLAB 7.3): save the matrix with numpy.save(name, "
                           "h5py.File(path)[key][:])"),
    (b"MATLAB ", "is a MATLAB file: save the matrix with numpy.save(name, scipy.io.loadmat(path)[key])"),
    (b"PAR1", "is a Parquet file: save it with pandas.read_parquet(path).to_csv(name, index=False)"),
    (b"ARROW1", "is an Arrow file: save it with pandas.read_feather(path).to_csv(name, index=False)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook: export the sheet as CSV"),
    (b"\x89PNG", "is a picture (PNG)"), (b"\xff\xd8\xff", "is a picture (JPEG)"), (b"GIF8", "is a picture (GIF)"),
    (b"%PDF", "is a PDF file"), (b"SQLite format 3", "is an SQLite database"),
    (b"BLENDER", "is a Blender file: open it in Blender"),
]
PAGES = ("<!doctype html", "<html", "<head", "<body", "<script", "<?xml", "<error")
POINTER = b"version https://git-lfs"
HUB = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*")  # a model's name, with or without its owner's
HUB_ADDRESS = re.compile(r"(?:https?:/{1,2}(?:www\.)?(?:huggingface\.co|hf\.co)|hf:/)/?(?=\w)")
SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".npy", ".npz", ".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".gguf",
            ".json", ".xlsx", ".h5", ".mat", ".pkl", ".parquet", ".onnx")


def open_regular(path: str | os.PathLike) -> io.BufferedReader:
    """A regular file, open for reading; ``size_of`` tells how many bytes it has, and no more of it need be read.

    Raises DataError that says what it is if it is no regular file (a folder, a device, a pipe, a socket), which is not
    waited for, and if it cannot be opened; FileNotFoundError, which the caller says in words, if it is not there.
    """
    try:
        _check_regular(os.stat(path).st_mode, path)  # opening some devices does something already
        # without waiting, for what may have taken the file's place since then
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
        file = open(path, "rb", opener=lambda name, _: os.open(name, flags))
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise DataError(f"{path} is a socket, or a pipe without another end, and no file") from None
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError) as error:  # a null byte, or letters that no file system has
        raise DataError(f"{str(path)!r} is no name of a file: {error_words(error)}") from None
    try:
        _check_regular(os.fstat(file.fileno()).st_mode, path)
    except BaseException:
        file.close()
        raise
    return file


def _check_regular(mode: int, path: str | os.PathLike) -> None:
    if what := other_kind(mode):
        raise DataError(f"{path} is {what}, and no file: only regular files are read; copy what it holds into one")


def size_of(file: IO[bytes]) -> int:
    """Bytes of an open file, as it is now."""
    return os.fstat(file.fileno()).st_size


def read_whole(path: str | os.PathLike, limit: str = "file_bytes") -> bytes:
    """All of a regular file of no more bytes than the limit of that name. Raises DataError if it cannot be read whole
    or changes meanwhile, SizeError if it is too large, FileNotFoundError if it is not there."""
    with open_regular(path) as file:
        size = size_of(file)
        limits.check(limit, size, str(path))
        try:
            body = file.read(size)
            if not size and file.read(1):
                raise DataError(f"{path} has no size: the system makes it up as it is read; copy it into a file")
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
        except MemoryError:
            raise DataError(f"{path} is too large for the memory: it has {size:,} bytes") from None
        if len(body) != size or size_of(file) != size:
            raise DataError(f"{path} changes while it is read: it had {size:,} bytes; wait until it is written")
    return body


def head_of(path: Path) -> bytes:
    """The first bytes of a file, by which it is known. Raises DataError."""
    with open_regular(path) as file:
        return file.read(min(HEAD, size_of(file)))


def check_head(head: bytes, name: str | Path, text: bool = False) -> None:
    """Raise DataError, naming the cause, if what begins as ``head`` is no data; ``text``: whether text may be."""
    if head.startswith(POINTER):
        raise DataError(f"{name} is no data but a git-lfs pointer, which stands for it: git lfs has not fetched the "
                        "file. Install git-lfs and run `git lfs pull` in the repository, or download the file itself")
    words = _words(head)
    if words.lower().startswith(PAGES):
        title = re.search(r"<(title|message)>\s*([^<]{1,80})", words, re.IGNORECASE)
        said = f" ({title[2].strip()!r})" if title else ""
        raise DataError(f"{name} is a web page{said} that was saved in place of the file: download the file itself, "
                        "signed in if it asks for that")
    if not head:
        raise DataError(f"{name} is empty: it has 0 bytes")
    if len(head) > 16 and not any(head):
        raise DataError(f"{name} begins with zeros only: its download broke off, or it was never written")
    if not text and words.isprintable() and words and not head.startswith(b"GGUF"):
        raise DataError(f"{name} is text and no such file; it begins {words[:60].strip()!r}")
    for beginning, what in KNOWN:
        if head.startswith(beginning):
            raise DataError(f"{name} {what}")


def _words(head: bytes) -> str:
    """What a file begins with as one line of text, "" where that is no text."""
    try:
        text = head.decode("utf-8-sig", "ignore" if len(head) == HEAD else "strict").strip()
    except UnicodeDecodeError:
        return ""
    return " ".join(text.split())


def no_file(name: str, looked: str = "") -> str:
    """An error's text for a file that is not there; ``looked``: where else it was looked for."""
    address = HUB_ADDRESS.match(name)
    model = "/".join(name[address.end():].partition(":")[0].split("/")[:2]) if address else name
    if address or HUB.fullmatch(name) and not name.lower().endswith(SUFFIXES):
        return (f"there is no file {name}{looked}; if {model} is a model on the Hugging Face hub, download it first, "
                f"with `hf download {model}` or huggingface_hub.snapshot_download({model!r}), and give "
                "the folder where it is then")
    return f"there is no file {name}{looked}"


def read_json(path: Path) -> dict:
    """The object in a JSON file, in any encoding of Unicode, with or without a byte order mark.

    Raises DataError if it cannot be read, or is no JSON object, SizeError beyond a limit; a file that is not there is
    left to the caller (FileNotFoundError), who knows what is missing then.
    """
    body = read_whole(path, "json_bytes")
    check_head(body[:HEAD], path, text=True)
    entries = parse_json(body, path)
    if not isinstance(entries, dict):
        raise DataError(f"{path} holds a {type(entries).__name__}, and an object, {{...}}, was looked for")
    return entries


def parse_json(body: bytes | str, name: object, limit: str = "json_bytes", parameters: bool = False) -> Any:
    """What a JSON text stands for; bytes may be in UTF-8, 16 or 32. ``name`` says in messages what it is;
    ``parameters``: whether it holds those of an expression, which have a level an operand (the limit
    ``expression_depth``).

    Raises DataError for what is no JSON, or has a name twice in one object; SizeError for more bytes than the limit of
    that name, or more members or levels than theirs, of which the members are counted before any of them is made.
    """
    limits.check(limit, len(body), str(name))
    try:
        if isinstance(body, bytes):
            body = body.decode(json.detect_encoding(body), "strict").removeprefix("\ufeff")
        members = sum(map(body.count, ",[{"))  # no fewer than there are
        if members > limits.json_members:
            members = sum(map(_STRINGS.sub("", body).count, ",[{"))
        limits.check("json_members", members, str(name))
        value = json.loads(body, object_pairs_hook=_once)
    except UnicodeError:
        raise DataError(f"{name} is not JSON: it is in no encoding of Unicode") from None
    except RecursionError:
        raise DataError(f"{name} is not JSON that can be read: its parts lie too deeply within one another (at most "
                        f"{limits.json_depth} levels, the limit json_depth, are read)") from None
    except MemoryError:
        raise DataError(f"{name} is too large for the memory") from None
    except ValueError as error:
        raise DataError(f"{name} is not JSON: {error_words(error)}") from None
    most = limits.expression_depth + ABOVE if parameters else 0
    _check_depth(value, name, max(most, limits.json_depth))
    return value


_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def _check_depth(value: Any, name: object, most: int) -> None:
    level = [value]
    for _ in range(most):
        level = [item for part in level if isinstance(part, (dict, list))
                 for item in (part.values() if isinstance(part, dict) else part) if isinstance(item, (dict, list))]
        if not level:
            return
    raise limits.error("json_depth", f"{name} nests its parts more deeply than that")


def _once(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object none of whose names comes twice: which one holds would depend on the reader."""
    entries = dict(pairs)
    if len(entries) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {said(twice)} comes twice in one object")
    return entries
