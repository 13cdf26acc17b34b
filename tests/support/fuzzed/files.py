"""Readers of bytes: every kind of data file, JSON, fonts."""
from __future__ import annotations

import io
import json
import os
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

from checkpoints import write_safetensors
from fuzzed import reader
from mm_blender.data import bodies, lazy
from mm_blender.data.addresses import Address
from mm_blender.data.files import parse_json, read_json
from mm_blender.data.tensors import open_store
from mm_blender.errors import MMError
from mm_blender.lettering import fonts

_made = tempfile.TemporaryDirectory(prefix="mm-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
FOLDER = Path(_made.name)
X = np.arange(12, dtype=np.float32).reshape(3, 4) - 4.5


def _tensors(body: bytes, name: str) -> None:
    """All tensors of a file, whole, a slice of each, and as if each were large."""
    path = FOLDER / f"{os.getpid()}-{name}"
    path.write_bytes(body)
    try:
        store = open_store(path)
        for tensor in [*store.shapes][:20]:
            try:
                store.kind(tensor)
                store.read(tensor)
                store.read(tensor, (Ellipsis, slice(0, 2)))
                store.read(tensor, (slice(None, None, -2),))
            except MMError:
                continue
            found = lazy.open_address(Address(path, tensor), store)
            if found is not None:
                found.block(0, 2)
        if not store.shapes:
            store.require("a")
    finally:
        path.unlink()


def saved(write, *args, name="x", **more) -> bytes:
    path = FOLDER / f"{os.getpid()}-seed-{name}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(path, *args, **more)
    body = path.read_bytes()
    path.unlink()
    return body


def npy_seeds():
    for x in (X, X.astype("<f8").T, X.astype(">f2"), X.astype(np.int8), X > 0, X.astype(complex), np.float64(3),
              np.zeros((0, 3)), np.zeros((2, 2), [("a", "f4"), ("b", "i2", (2,))]), np.array(["a", "bc"]),
              np.zeros(3, "M8[s]"), np.ones((1,) * 20, np.int64)):
        body = io.BytesIO()
        np.save(body, x)
        yield body.getvalue()
    yield b"\x93NUMPY\x02\0" + (72).to_bytes(4, "little") \
        + b'{"shape": (3L, 4L), "descr": "<i4", "fortran_order": True}' \
        .ljust(71) + b"\n" + bytes(48)


NPY = ("'descr'", "'shape'", "'fortran_order'", "True", "False", "(3, 4)", "(", ")", ",", "'<f8'", "'|O'", "'<U9'",
       "[(", "{",
       "}", "'a'", "-", "9" * 19, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }")


@reader("npy", npy_seeds, NPY)
def npy(body: bytes) -> None:
    try:
        bodies.parse(body, "npy")  # as it comes from the network
    except MMError:
        pass
    _tensors(body, "w.npy")


def npz_seeds():
    for save in (np.savez, np.savez_compressed):
        body = io.BytesIO()
        save(body, a=X, b=np.zeros((40, 50)), c=np.arange(3))
        yield body.getvalue()
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("w.npy", next(npy_seeds()))
        archive.writestr("other", b"text")
    yield body.getvalue()


ZIP = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\0\0", b"\x08\0", b"\xff\xff\xff\xff", b".npy")


@reader("npz", npz_seeds, (*ZIP, *NPY))
def npz(body: bytes) -> None:
    _tensors(body, "w.npz")


def pt_seeds():
    import torch

    torch.manual_seed(0)
    x = torch.arange(6.0).reshape(2, 3)
    for found in ({"a": x, "b": {"c": x.T, "d": x.half()}}, [x, x.long()], torch.nn.Linear(2, 2).state_dict(), x,
                  {"e": x.expand(5, 2, 3), "n": 3, "s": "text", "t": (1, 2.5, None, True)},
                  {"s": x.to_sparse(), "c": x.to_sparse_csr()}, torch.nn.Parameter(x), {"b": x.bfloat16(), "z": x * 1j},
                  {"q": torch.quantize_per_tensor(x, 0.5, 1, torch.qint8)}):
        for new in (True, False):
            yield saved(lambda path: torch.save(found, path, _use_new_zipfile_serialization=new))


@reader("pt", pt_seeds, (*ZIP, b"(", b")", b"]", b"}", b"t", b"\x85", b"\x86", b"\x87", b"R", b"b", b"Q", b"q\0",
                         b"h\0", b"h\1", b"K\1",
                         b"J\xff\xff\xff\x7f", b"\x8a\x08", b"X\1\0\0\0a", b"u", b"s", b"e", b"a", b".", b"\x80\2",
                         b"ctorch\nFloatStorage\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"cbuiltins\nbytearray\n",
                         b"ccollections\nOrderedDict\n", b"ctorch\nFloatTensor\n", b"ctorch\nTensor\n",
                         b"ctorch\nSize\n"))
def pt(body: bytes) -> None:
    _tensors(body, "w.pt")


def safetensors_seeds():
    yield saved(write_safetensors, {"a": X, "b": (X, "F16"), "h.0.c": (X, "BF16"), "i": (X, "I8"), "n": np.float32(3)})
    yield saved(write_safetensors, {"a": np.zeros((0, 3)), "b": (X > 0, "BOOL"), "d": (X, "F64")})


@reader("safetensors", safetensors_seeds, ('"dtype":', '"shape":', '"data_offsets":', '"F32"', '"F8_E4M3"', '"a":', "[",
                                           "]", "{",
                                           "}", ",", "[0,48]", "1e5", "-1", "true", "null", "9" * 19, "__metadata__"))
def safetensors(body: bytes) -> None:
    _tensors(body, "w.safetensors")


def gguf_seeds():
    import gguf

    def write(path, kind=None):
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_uint32("llama.block_count", 2)
        writer.add_float32("llama.rope.freq_base", 1e4)
        writer.add_bool("b", True)
        writer.add_array("tokenizer.ggml.tokens", ["a", "bc", "é"])
        writer.add_array("tokenizer.ggml.scores", [0.5, -1.0])
        writer.add_array("tokenizer.ggml.merges", ["a b"])
        writer.add_tensor("a", X)
        writer.add_tensor("h", X.astype(np.float16))
        block = np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32)
        writer.add_tensor("q", gguf.quants.quantize(block, gguf.GGMLQuantizationType.Q8_0),
                          raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    yield saved(write)


@reader("gguf", gguf_seeds, (b"GGUF", b"llama.block_count", b"general.alignment", b"\x09\0\0\0", b"\x08\0\0\0",
                             b"\x0c\0\0\0", b"\1\0\0\0",
                             b"\xff" * 8, b"\xff\xff\xff\x7f", b"\0" * 8))
def gguf(body: bytes) -> None:
    path = FOLDER / f"{os.getpid()}-w.gguf"
    path.write_bytes(body)
    try:
        open_store(path).fields("llama.", "tokenizer.", "general.")
    except MMError:
        pass
    _tensors(body, "w.gguf")


def csv_seeds():
    yield from (b"1,2\n3,4\n", b"a;b\n1,5;2\n3;4,25\n", b"1\t2\r\n3\t4\r\n", b"1 2 3\n4 5 6\n", b"sep=;\n1;2\n",
                b'"x","y"\n"1","2"\n', b",0,1\n0,1.5,2e3\n1,nan,-inf\n", b"# note\n1 2 # more\n% three\n3 4\n",
                b"name,a\nx,1\ny,2\n",
                "1,2\n3,4\n".encode("utf-16"), "\ufeff1;2\n".encode(), b"1|2\n3|4\n", b"true,false\n",
                b"1,2,,\n3,4,,\n,,,\n",
                "\u22121,2\n".encode(), b"1.000,5;2\n", b"(1+2j),3\n", b"2024-01-01,1\n", b"16777217,1\n2,3\n",
                b"1e-300\n")


@reader("csv", csv_seeds, (",", ";", "\t", "|", " ", "\n", "\r", '"', "#", "%", "sep=;", "nan", "inf", "1e999999",
                           "0" * 50, "1" * 5000, "\0",
                           "−", "\u00a0", "\ufeff", "1,5", "1.000", "NA", "#N/A", "$", "é"))
def csv(body: bytes) -> None:
    try:
        bodies.parse(body, "csv")
    except MMError:
        pass
    _tensors(body, "w.csv")


def json_seeds():
    yield from (json.dumps({"a": [1, 2.5, None, True, "x\u00e9\n"], "b": {"c": {}}}).encode(),
                json.dumps({"name": "A", "left": {"h": 3}}).encode("utf-16"), b'\xef\xbb\xbf{"a": 1e5}', b"[]",
                b'{"a": NaN}')


@reader("json", json_seeds, ("{", "}", "[", "]", '"', ":", ",", "null", "true", "NaN", "-Infinity", "\\u", "\\ud800",
                             "1e999",
                             "9" * 5000, "[" * 2000, '{"a":' * 500, "/*", "\ufeff"))
def read(body: bytes) -> None:
    try:
        parse_json(body, "json")
    except MMError:
        pass
    path = FOLDER / f"{os.getpid()}-a.json"
    path.write_bytes(body)
    read_json(path)


@reader("font", lambda: [fonts.DEFAULT.read_bytes()[:400], fonts.DEFAULT.read_bytes()],
        (b"cmap", b"head", b"ttcf", b"OTTO"))
def font(body: bytes) -> None:
    path = FOLDER / f"{os.getpid()}-a.ttf"
    path.write_bytes(body)
    fonts._load.cache_clear()
    fonts.load(path)
