"""Readers of addresses: as a person gives them, as a link or a file names them, as they are told, and of URLs."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from checkpoints import write_safetensors
from fuzzed import reader
from fuzzed.files import FOLDER
from mm_blender.data import matrices, origins, web_addresses
from mm_blender.data.origins import Origin

SECRET = 7.25  # what lies outside of all that a file may have read
TOKENS = ("..", "/", "\\", "~", "//", "\\\\", ":", "[", "]", ".T", "[:, 0]", "...", "file://", "http://", "https://",
          "localhost", "127.0.0.1", "@", "%2e", "%00", "?", "#", "w", "m.safetensors", "in", "outside.csv", "w.npy",
          "C:", "CON", "\u202e", "\u00e4", "here", "assets")


def tree() -> Path:
    """A folder that may be read, within one that may not."""
    root = Path(FOLDER) / "addresses"
    here = root / "here"
    if not (here / "in").is_dir():
        (here / "in").mkdir(parents=True, exist_ok=True)
        (root / "outside.csv").write_text(f"{SECRET},{SECRET}")
        np.save(root / "outside.npy", np.full((2, 2), SECRET, np.float32))
        np.save(here / "w.npy", np.ones((3, 2), np.float32))
        (here / "in" / "v.csv").write_text("1,2\n3,4")
        write_safetensors(here / "m.safetensors", {"w": np.ones((2, 3, 4), np.float32), "a.b": np.ones(3, np.float32)})
    return here


def seeds() -> Iterator[bytes]:
    for text in ("w.npy", "w.npy[0:2, 1].T", "in/v.csv", "./in/../w.npy", "m.safetensors:w[0]", "m.safetensors:a.b",
                 "../outside.csv", "../here/w.npy", f"{tree()}/w.npy", f"{tree().parent}/outside.npy", "~/outside.csv",
                 "file:///etc/hostname", "file:w.npy", "\\\\host\\share\\w.npy", "C:\\x\\w.npy",
                 "https://h.org/x/w.npy", "in/../../outside.npy[0:1]", "m.safetensors:w[..., 0].T.T", "", ".", ".."):
        yield text.encode()


@reader("addresses", seeds, TOKENS)
def addresses(body: bytes) -> object:
    text, here = body.decode("utf-8", "surrogateescape"), tree()
    origins.portable(text, here)
    assert len(origins.shown(text)) <= 200
    problem, read = None, False
    for origin, assets in ((Origin("the link"), here), (Origin("p.json", str(here)), None), (Origin("the link"), None)):
        try:
            x = matrices.read_matrix(text, assets, origin=origin)
        except matrices.DataError as error:
            problem = error
            assert str(SECRET) not in str(error), "the error tells what lies outside"
        else:
            assert not (np.asarray(x) == SECRET).any(), "what lies outside was read"
            read = True
    if problem is not None and not read:
        raise problem
    return text


def urls() -> Iterator[bytes]:
    for text in ("https://h.org/w.csv", "http://ada:pw@h.org:8080/a%20b/w.csv?x=1&token=t#f", "http://[::1]:9/",
                 "http://127.1/", "http://2130706433/", "https://\u00e4.example/\u00e4", "//h.org/w", "http:h.org"):
        yield text.encode()


@reader("urls", urls, TOKENS)
def parts(body: bytes) -> object:
    """What is asked of a server holds one line, and what is told no password."""
    text = body.decode("utf-8", "surrogateescape")
    place = web_addresses.parse_url(text)
    assert place.url.isascii() and not set(place.url) & set("\r\n \t\0"), "a request is one line"
    assert "@" not in origins.public(text).partition("://")[2].partition("/")[0], "a name is told"
    return web_addresses.meant_zones(place)
