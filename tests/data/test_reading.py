"""What comes from outside is read in bounded time and memory: what unfolds, what ends early, what goes on for ever."""
import io
import json
import os
import pickle
import resource
import struct
import time
import warnings
import zipfile
from fractions import Fraction

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_hollow, write_safetensors
from mm_blender.data import bodies, files, lazy, numpy_stores, regular_tables, slices, table_text, tables
from mm_blender.data.addresses import Address
from mm_blender.data.matrices import read_array, read_matrix
from mm_blender.data.tensors import open_store
from mm_blender.errors import DataError, MMError, MMWarning, SizeError
from mm_blender.system import memory

X = np.arange(12, dtype=np.float32).reshape(3, 4)


# ---- CSV

BODIES = ["1.5,2\n3,4\n", "a,b\n1.5,2\n3,4\n", ",a,b\n0,1.5,2\n1,3,4\n", "k,a\nx,1\ny,2\n", '"1","2"\n',
          "1,5;2\n3;4,25\n",
          "1 2\n3 4\n", "nan,-inf\n1,2\n", "# note\n1 2 # more\n3 4\n", "1,2,,\n3,4,,\n", "16777217,1\n123456789,2\n",
          "true,false\n", "\u22121,2\n", "0,-1\n22,333\n", ".5,1.\n-2.25,3\n"]


@pytest.mark.parametrize("body", BODIES)
def test_a_text_read_in_pieces_is_as_one_read_whole(monkeypatch, body):
    head, rows = (body.split("\n")[:1], body.split("\n")[1:-1]) if body[0] in ",ak#" else ([], body.split("\n")[:-1])
    many = [rows[n % len(rows)] for n in range(200)]
    if head and head[0][0] == ",":
        many = [f"{n}{row[1:]}" for n, row in enumerate(many)]
    text = "\n".join([*head, *many]).encode() + b"\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        whole = tables.parse(text, "m")
        monkeypatch.setattr(table_text, "PIECE", 60)
        np.testing.assert_array_equal(tables.parse(text, "m"), whole)
        monkeypatch.setattr(regular_tables, "read", lambda *given: None)
        np.testing.assert_array_equal(tables.parse(text, "m"), whole)
    monkeypatch.undo()
    monkeypatch.setattr(table_text, "PIECE", 60)
    wrong = text + b"1;2;3;4;5;6;7\n" * 2
    with warnings.catch_warnings(), pytest.raises(DataError, match=f"m: line {text.count(10) + 1}[, ]"):
        warnings.simplefilter("ignore", MMWarning)
        tables.parse(wrong, "m")


def test_numbers_of_few_letters_are_what_is_written():
    rng = np.random.default_rng(0)
    cells = [f"{sign}{text}" for sign in ("", "-") for text in
             [f"{x:.{n % 4}f}"[:5] for n, x in enumerate(rng.random(3000) * 10.0 ** rng.integers(0, 4, 3000))]]
    x = regular_tables._short_numbers("\n".join(cells), ",")
    assert x.shape == (6000, 1) and all(a == float(b) for a, b in zip(x[:, 0], cells))
    for text in (".\n", "-\n", "1.2.3\n", "--1\n", "1-\n", "1,,2\n", "1,2\n3\n", "12345678\n", "1e5\n", "\n1\n"):
        assert regular_tables._short_numbers(text, ",") is None


LONG = 2_400_000  # bytes; 60 MB of each was tried and took 4 s and 250 MB at most


@pytest.mark.parametrize("line, end, words", [
    ("1.5,2\n", "1,x\n", "line 400001, column 2 holds 'x'"),
    ("1,2\n", "1e999999,2\n", "line 600001, column 1 holds 1e999999, too"),
    (",", "", "limit odd_text_bytes"), (",,\n", "", "line 1, column 1 is empty"),
    ("1", "", "limit odd_text_bytes|too large for"),
    ('"1,2\n', "", "quotation mark|quotation"), ("a ####", "", "odd_text_bytes|holds no numbers|line 1"),
    ("1,2\n", '"', "line 600001"),
    ("1,2\n", "1,2,3\n", "line 600001 has 3 cells where the lines before have 2"), (" ", "", "is empty"),
    ("1,2\n", "\0,1\n", "line 600001"),
    ("word,", "", "odd_text_bytes"), ("1,2\n3;4\n", "", "line 2"), ("# note\n", "", "nothing but notes"),
    ("\r", "", "is empty"),
    ("1" * 100_000 + "\n", "", "too large for float32"), ("1 2 x\n", "", "line 1, column 3"),
    ("|\n", "", "is empty"),
])
def test_a_wrong_text_is_refused_soon(line, end, words):
    body = (line * (LONG // len(line)) + end).encode()
    started = time.process_time()
    with mm.limits(odd_text_bytes=1_500_000), warnings.catch_warnings(), pytest.raises(MMError, match=words):
        warnings.simplefilter("ignore", MMWarning)
        bodies.parse(body, "m.csv")
    assert time.process_time() - started < 20  # 3 at most on a quiet machine; what looks at everything anew takes hours


@pytest.mark.parametrize("line", ["1,2 # note\n", "# note\n1,2\n", "% note, 3\n1,2\n", "1 2 #Note.\n",
                                  "1\t2 # \u00fc\n", "1;2   #x\r\n", "1,2\n\n", "1,2\n  # 5\n", "\u22121,2\t#\n"])
def test_notes_on_every_line_are_no_numbers_and_take_no_time(line):
    """60 MB of each took 3.2 s and 220 MB at most."""
    body = (line * (LONG // len(line.encode()))).encode()
    started = time.process_time()
    x = bodies.parse(body, "m.csv")
    assert time.process_time() - started < 2
    assert x.shape == (LONG // len(line.encode()), 2) and (np.abs(x) == [1, 2]).all()
    with pytest.raises(DataError, match=f"line {body.count(10) + 1}, column 2 holds 'x'"):
        bodies.parse(body + b"1,x # note\n" if b"," in body else body + b"1;x # note\n" if b";" in body else
                     body + b"1\tx\n" if b"\t" in body else body + b"1 x\n", "m.csv")


def test_notes_before_all_numbers_may_be_many():
    for notes in ("# note\n" * 700, "% note\n" * 700, "\n" * 700, "# note\n" * (LONG // 7), "#\n" * 900):
        np.testing.assert_array_equal(tables.parse((notes + "1,2\n3,4\n").encode(), "m"), [[1, 2], [3, 4]])
        with pytest.raises(DataError, match="nothing but notes|empty"):
            tables.parse(notes.encode(), "m")


WHOLE = ["16777217", "9007199254740993", "9007199254740991", "-9007200328482817", "18446744073709551617",
         "36893488147419103231", "340282346638528859811704183484516925440", "100000000000000000000"]


@pytest.mark.parametrize("sep", [",", " ", ";"])
@pytest.mark.parametrize("beside", ["1", "0.5", "1e3"])
@pytest.mark.parametrize("cell", WHOLE + ["1.00000005960464477539062500000001", "16777217.000000000001",
                                          "-1.000000059604644775390624999999", "16777217.0", "3e30", "16777216"])
def test_numbers_of_many_digits_are_the_nearest_in_texts_of_any_size(monkeypatch, cell, beside, sep):
    """However a text is read: rounded once, and whole numbers that are rounded are said."""
    want = np.float32(nearest32(Fraction(cell)))
    body = f"{cell}{sep}{beside}\n".encode()
    for text, piece in ((body, 2 ** 20), (body * 40, 100), (body * 40, 2 ** 20), (body.replace(b"\n", sep.encode()) * 60
                                                                                  + body, 200)):
        monkeypatch.setattr(table_text, "PIECE", piece)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            x = tables.parse(text, "m")
        assert (x[:, 0] == want).all() and x[0, 0].tobytes() == want.tobytes()
        rounded = "." not in cell and "e" not in cell and int(cell) != int(want)
        assert any("which float32 rounds" in str(word.message) for word in seen) == rounded, (text[:100], piece)


def nearest32(value: Fraction) -> float:
    """The float32 that is nearest to ``value``, of two such the even one, found by comparison alone."""
    near = np.float32(float(value))
    around = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    return min((each for each in around if np.isfinite(each)),
               key=lambda each: (abs(Fraction(float(each)) - value), int(each.view(np.uint32)) & 1))


def test_a_stray_quotation_mark_is_no_number():
    with pytest.raises(DataError, match="line 1, column 1 holds '\"1,2', .*a quotation mark lacks its other one"):
        tables.parse(b'"1,2\n3,4\n', "m")


def test_a_cell_of_very_many_digits(tmp_path):
    for cell in ("1" * 100_000, "0." + "1" * 100_000 + "x", "1" * 50_000 + "x", "," * 70_000, "1e" + "9" * 4000,
                 "(" + "1." * 50_000 + "j)"):
        started = time.process_time()
        with pytest.raises(MMError):
            tables.parse(f"1;2\n{cell};3\n".encode(), "m")
        assert time.process_time() - started < 5
    with pytest.raises(DataError, match="line 1 cannot be read as cells"):
        tables.parse(b"a" * 200_000 + b",b\n1,2\n3,4\n", "m")


# ---- what unfolds

def zipped(path, members: dict, method=zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)


def header(shape, descr="<f4", fortran=False) -> bytes:
    body = io.BytesIO()
    np.lib.format.write_array_header_1_0(body, {"descr": descr, "fortran_order": fortran, "shape": shape})
    return body.getvalue()


def refused(address, words, error=MMError, seconds=2.0):
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(error, match=words):
        read_array(address)
    assert time.process_time() - started < seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_an_npz_that_unfolds(tmp_path):
    zipped(tmp_path / "w.npz", {"w.npy": header((9000, 9000)) + bytes(4 * 9000 ** 2),
                                "b.npy": header((16000, 16000), "|b1") + bytes(16000 ** 2)})
    refused(f"{tmp_path}/w.npz:w", "unfolded_bytes", SizeError)
    refused(f"{tmp_path}/w.npz:b[:2]", "unfolded_bytes", SizeError)  # a byte each, and four in memory
    with mm.limits(unfolded_bytes=400_000_000):
        assert read_array(f"{tmp_path}/w.npz:w[:1, :3]").shape == (1, 3)


def test_an_npz_that_lies(tmp_path):
    zipped(tmp_path / "w.npz", {"w.npy": header((4000, 4000)) + bytes(100)})
    body = bytearray((tmp_path / "w.npz").read_bytes())
    at = body.rfind(b"PK\1\2")
    struct.pack_into("<I", body, at + 24, 4 * 4000 ** 2 + 128)  # what the list says that it is, unpacked
    (tmp_path / "w.npz").write_bytes(body)
    refused(f"{tmp_path}/w.npz:w", "shorter than its header|damaged|cannot be read")
    zipped(tmp_path / "lzma.npz", {"w.npy": header((3, 4)) + bytes(48)}, zipfile.ZIP_LZMA)
    refused(f"{tmp_path}/lzma.npz:w", "packed in a way that is not read")
    with mm.limits(archive_members=5):
        zipped(tmp_path / "many.npz", {f"{n}.npy": header((1,)) + bytes(4) for n in range(6)})
        refused(f"{tmp_path}/many.npz:1", "archive_members", SizeError)
    zipped(tmp_path / "good.npz", {"w.npy": header((3, 4)) + X.tobytes()}, zipfile.ZIP_STORED)
    body = bytearray((tmp_path / "good.npz").read_bytes())
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/good.npz"), X)
    with pytest.warns(UserWarning):
        zipped_twice(tmp_path / "twice.npz")
    refused(f"{tmp_path}/twice.npz:w", "w comes twice")


def zipped_twice(path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for _ in range(2):
            archive.writestr("w.npy", header((3, 4)) + X.tobytes())


def test_a_packed_array_that_is_read_in_bands_is_unpacked_once(tmp_path, monkeypatch):
    monkeypatch.setattr(lazy, "LARGE", 10)
    monkeypatch.setattr(numpy_stores, "KEPT", 10)
    np.savez_compressed(tmp_path / "w.npz", w=X)
    opened = []
    monkeypatch.setattr(numpy_stores, "open_member", lambda *given,
                        old=numpy_stores.open_member: opened.append(1) or old(*given))
    found = lazy.open_address(Address(tmp_path / "w.npz", "w"))
    assert len(opened) == 1  # its header
    np.testing.assert_array_equal(np.concatenate([found.block(row, row + 1, 1, 3) for row in range(3)]), X[:, 1:3])
    assert len(opened) == 2


@pytest.mark.parametrize("text, words", [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), ", "goes wrong at"), ("{'descr': '<f4'", "goes wrong"),
    ("{'descr': '<f4', }", "descr, fortran_order, shape"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3, -4), }", "npy"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3), }", "which is none"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
     "larger than any"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1, " * 40 + "), }", "larger than any"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }", "Python objects"),
    ("{'descr': '<U0', 'fortran_order': False, 'shape': (3, 4), }", "no bytes"),
    ("{'descr': '<U999999999', 'fortran_order': False, 'shape': (3, 4), }", "npy file of numbers"),
    ("{'descr': '(9999,9999)f4', 'fortran_order': False, 'shape': (3, 4), }", "npy"), ("(" * 20_000, "no dictionary"),
    ("{'descr': [" + "(" * 150 + "], 'fortran_order': False, 'shape': (3, 4), }", "npy"),
    ("{'a': " + "-" * 9000 + "1}", "goes wrong"),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", "twice"), ("", "no dictionary"),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4), }", "goes wrong"),
    ("{'descr': '<f4', 'fortran_order': (), 'shape': (3, 4), }", "neither"),
])
def test_npy_headers(tmp_path, text, words):
    raw = text.encode() + b"\n"
    (tmp_path / "w.npy").write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(raw)) + raw + bytes(48))
    refused(f"{tmp_path}/w.npy", words, DataError)
    with pytest.raises(DataError, match=words):
        bodies.parse((tmp_path / "w.npy").read_bytes(), "net")


def test_every_change_of_one_byte_of_an_npy_header_is_read_or_refused(tmp_path):
    body = header((3, 4)) + X.tobytes()
    for at in range(len(body) - 48):
        for value in (0, 1, 9, 10, 34, 39, 40, 44, 48, 57, 91, 92, 123, 127, 255, body[at] ^ 1):
            changed = body[:at] + bytes([value]) + body[at + 1:]
            try:
                bodies.parse(changed, "w")
            except MMError:
                pass


def test_safetensors_headers(tmp_path):
    path = tmp_path / "w.safetensors"
    for shape, words in (([2 ** 64], "whole numbers"), ([10 ** 400], "whole numbers"),
                         ([1] * 100_000, "100,000 dimensions"), ([2 ** 62, 2 ** 62], "needs"),
                         ([1e2], "whole numbers"), ("12", "whole numbers"), (None, "whole numbers")):
        text = json.dumps({"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text)
        refused(f"{path}:w", words, DataError)
    for text, words in ((b'{"w":' * 5000, "JSON"), (b'{"w": {"dtype": [' + b"[" * 80 + b"]" * 80 + b']}}',
                                                    "dtype, shape"), (b'{"w": ' + b"9" * 5000 + b"}", "JSON"),
                        (b'{"w": [' + b"[]," * 2_600_000 + b"1]}", "json_members"),
                        (b"[" * 200 + b"]" * 200, "json_depth")):
        path.write_bytes(len(text).to_bytes(8, "little") + text)
        refused(f"{path}:w", words, seconds=4)
    with mm.limits(tensors=3):
        write_safetensors(path, {str(n): X for n in range(4)})
        refused(f"{path}:1", "has 4 tensors; the limit tensors", SizeError)


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system tells no holes")
def test_holes_of_a_file_are_no_numbers(tmp_path):
    write_hollow(tmp_path / "w.safetensors", {"w": (2 ** 20, 2 ** 20), "small": (10, 10)})
    refused(f"{tmp_path}/w.safetensors:w[:, :30]", "are holes, which nobody has written", SizeError)
    refused(f"{tmp_path}/w.safetensors:w", "holes|memory", SizeError)
    assert read_array(f"{tmp_path}/w.safetensors:small").sum() == 0
    with open(tmp_path / "w.npy", "wb") as file:
        file.write(header((2 ** 20, 2 ** 19)))
        file.truncate(128 + 4 * 2 ** 39)
    refused(f"{tmp_path}/w.npy", "holes|memory", SizeError)
    for name in ("w.csv", "w.json", "w.txt"):
        with open(tmp_path / name, "wb") as file:
            file.write(b"1,2\n")
            file.truncate(2 ** 40)
        refused(tmp_path / name, "the limit text_bytes", SizeError)
    with pytest.raises(SizeError, match="the limit json_bytes"):
        files.read_json(tmp_path / "w.json")


def hollow(folder, kind: str) -> str:
    """The address of 100,000 x 100,000 numbers in a file of ``kind`` that are all holes, 40 GB or about that."""
    path, size = folder / f"w.{kind.split()[0]}", 100_000
    if kind.startswith("npy"):
        with open(path, "wb") as file:
            file.write(header((size, size), fortran="F" in kind))
            file.truncate(file.tell() + 4 * size ** 2)
        return str(path)
    if kind.startswith("gguf"):
        tensor = struct.pack("<Q", 1) + b"w" + struct.pack("<IQQIQ", 2, 99_840, size, 8 if "Q8_0" in kind else 1, 0)
        with open(path, "wb") as file:
            file.write(b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + tensor)
            file.truncate(2 * size ** 2)
        return f"{path}:w"
    write_hollow(path, {"w": (size, size)})
    if kind == "index.json":
        path.rename(folder / "w.safetensors")
        path.write_text(json.dumps({"weight_map": {"w": "w.safetensors"}}))
    return f"{path}:w"


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system tells no holes")
@pytest.mark.parametrize("part", ["", ".T", "[::2]", "[:, ::50]", "[:20000]"])
@pytest.mark.parametrize("kind", ["npy", "npy F", "safetensors", "gguf", "gguf Q8_0", "index.json"])
def test_holes_that_would_be_read_in_bands_are_refused(tmp_path, kind, part):
    if kind.startswith("gguf"):
        pytest.importorskip("gguf")
    address = f"{hollow(tmp_path, kind)}{part}"
    started = time.process_time()
    with pytest.raises(SizeError, match="are holes, which nobody has written"):
        mm.visualize("A @ B", data={"A": address})
    assert time.process_time() - started < 3


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system tells no holes")
def test_pages_here_and_there_make_no_file(tmp_path):
    with open(hollow(tmp_path, "npy"), "r+b") as file:
        for at in range(0, 4 * 10 ** 10, 4 * 10 ** 6):  # as many as are looked at, and more
            file.seek(at + 4096)
            file.write(b"1")
    with pytest.raises(SizeError, match="or more are holes"):
        mm.visualize("A @ B", data={"A": str(tmp_path / "w.npy")})
    with open(tmp_path / "w.npy", "r+b") as file:  # a part that is there is shown, whatever the rest is
        file.seek(128)
        file.write(np.ones((100, 100_000), np.float32).tobytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        viz = mm.visualize("A @ B", data={"A": f"{tmp_path}/w.npy[:100]"})
    assert viz.data["root.left"].block(0, 2).min() == 1


def test_what_pytorch_would_make_of_a_few_bytes(tmp_path):
    torch = pytest.importorskip("torch")
    one = torch.ones(1)
    torch.save({"wide": one.expand(20_000, 20_000), "odd": torch.sparse_coo_tensor([[0], [0]], [1.0], (20_000, 20_000)),
                "q": torch.quantize_per_tensor(one.expand(3, 4), 1.0, 0, torch.qint8), "ok": one.expand(20, 30)},
                tmp_path / "w.pt")
    refused(f"{tmp_path}/w.pt:wide", "unfolded_bytes", SizeError, 20)
    refused(f"{tmp_path}/w.pt:odd", "unfolded_bytes|memory", SizeError)
    assert read_array(f"{tmp_path}/w.pt:wide[:3, :2]").sum() == 6
    assert read_array(f"{tmp_path}/w.pt:ok").shape == (20, 30)
    assert read_array(f"{tmp_path}/w.pt:q").sum() == 12


@pytest.mark.parametrize("layout", ["coo", "csr", "csc", "bsr", "bsc"])
def test_sparse_tensors_that_lead_outside_are_refused(tmp_path, layout):
    """PyTorch itself would write there."""
    torch = pytest.importorskip("torch")
    plain = torch.eye(4)
    if layout == "coo":
        right, wrong = plain.to_sparse(), torch.sparse_coo_tensor([[10 ** 12], [3]], [1.0], (4, 4),
                                                                  check_invariants=False)
    else:
        sizes = {"blocksize": (2, 2)} if layout.startswith("b") else {}
        right = plain.to_sparse(layout=getattr(torch, f"sparse_{layout}"), **sizes)
        by_rows = layout in ("csr", "bsr")
        parts = (right.crow_indices(), right.col_indices()) if by_rows else (right.ccol_indices(), right.row_indices())
        wrong = torch.sparse_compressed_tensor(parts[0], parts[1] + 10 ** 12, right.values(), (4, 4),
                                               layout=right.layout, check_invariants=False)
    torch.save({"right": right, "wrong": wrong}, tmp_path / "w.pt")
    assert np.array_equal(read_array(f"{tmp_path}/w.pt:right"), np.eye(4))
    refused(f"{tmp_path}/w.pt:wrong", "wrong indices")
    with pytest.raises(DataError, match="wrong indices"):
        mm.visualize("A @ B", {"A": wrong})


def pickled(*steps: bytes) -> bytes:
    return b"\x80\x02" + b"".join(steps) + b"."


TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
STORED = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" + b"0X\3\0\0\0cpuJ%stQ"


@pytest.mark.parametrize("body, words", [
    (pickled(b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R"), "builtins.bytearray"),
    (pickled(b"ctorch\nFloatTensor\nJ\xff\xff\xff\x7f\x85R"), "torch.FloatTensor"),
    (pickled(b"ctorch\nFloatStorage\nJ\xff\xff\xff\x7f\x85R"), "a call of torch.FloatStorage"),
    (pickled(b"cos\nsystem\nX\2\0\0\0ls\x85R"), "os.system"),
    (pickled(b"ctorch\n" + b"xFloatSt" * 9000 + b"Storage\n."), "it has: torch.xFloatSt|is no file"),
    (pickled(b"ccollections\nCounter\nX\2\0\0\0ls\x85R"), "collections.Counter"), (pickled(b"(" * 100_000), "damaged"),
    (pickled(b"]" + b"]q\0" * 10), "damaged|no tensors|is empty"),
    (pickled(b"]q\0h\0a"), "deep, or one in itself"), (pickled(b")" + b"q\0h\0\x86" * 60), "limit tensors"),
    (pickled(b"}" + b")" + b"q\0h\0\x86" * 4 + b"K\1s"), "no text"),
    (pickled(TENSOR + b"(" + STORED.replace(b"%s", b"\xff\xff\xff\x7f") + b"K\0J\1\0\0\0\x85K\1\x85\x89Ntq\0R"),
     "needs 8,589,934,588 bytes and has 0"),
    (pickled(b"]" * 200 + b"a" * 199), "deep"), (pickled(b"\x8a\xff" + b"\x7f" * 255), "larger than any"),
    (b"", "cut short|damaged"), (b"\x80\x05\x95", "damaged|more than tensors"),
])
def test_pickles_of_pytorch(tmp_path, body, words):
    pytest.importorskip("torch")
    zipped(tmp_path / "w.pt", {"w/data.pkl": body, "w/version": b"3"}, zipfile.ZIP_STORED)
    refused(f"{tmp_path}/w.pt:a", words, seconds=5)
    (tmp_path / "old.pt").write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
                                      + pickle.dumps({}, 2) + body + pickle.dumps([], 2))
    refused(f"{tmp_path}/old.pt:a", ".", seconds=5)


def test_archives_of_pytorch_that_are_packed(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.zeros(10, 10)}, tmp_path / "good.pt")
    with zipfile.ZipFile(tmp_path / "good.pt") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    zipped(tmp_path / "w.pt", members)
    refused(f"{tmp_path}/w.pt:w", "is packed", DataError)
    zipped(tmp_path / "w.pt", {**members, "other/data.pkl": pickled(b"N")}, zipfile.ZIP_STORED)
    refused(f"{tmp_path}/w.pt:w", "2 times data.pkl", DataError)


@pytest.mark.parametrize("order", ["little", "big"])
def test_what_a_gguf_file_claims(tmp_path, order):
    pytest.importorskip("gguf")
    letter = {"little": "<", "big": ">"}[order]

    def file(tensors, fields, rest):
        (tmp_path / "w.gguf").write_bytes(b"GGUF" + struct.pack(f"{letter}IQQ", 3, tensors, fields) + rest
                                          + bytes(100_000))
        return f"{tmp_path}/w.gguf:w"

    pack = lambda form, *values: struct.pack(letter + form, *values)  # noqa: E731
    refused(file(2 ** 63, 0, b""), "goes on for", DataError)
    refused(file(0, 1, pack("QcIIQ", 1, b"a", 9, 8, 2 ** 40)), "goes on for", DataError)
    refused(file(0, 1, pack("QcIIQ", 1, b"a", 9, 9, 1000)), "unknown type 9", DataError)
    refused(file(0, 2, pack("QcIB", 1, b"a", 7, 1) * 2), "comes twice", DataError)
    refused(file(1, 0, pack("QcIQQIQ", 1, b"w", 2, 2 ** 40, 2 ** 40, 0, 0)), "tensors end beyond", DataError)
    refused(file(1, 0, pack("QcIQIQ", 1, b"w", 1, 31, 8, 0)), "a block has 32", DataError)
    refused(file(1, 0, pack("QcIQIQ", 1, b"w", 1, 32, 999, 0)), "type 999", DataError)
    refused(file(1, 1, pack("Q17sII", 17, b"general.alignment", 4, 0) + pack("QcIQIQ", 1, b"w", 1, 4, 0, 0)),
            "power of two", DataError)
    refused(file(1, 0, pack("QcIQIQ", 1, b"w", 1, 4, 0, 4)), "no multiple of its alignment, 32", DataError)
    both = b"".join(pack("QcIQIQ", 1, name, 1, 16, 0, at) for name, at in ((b"v", 0), (b"w", 32)))
    refused(file(2, 0, both), "v and w lie one over the other", DataError)
    with mm.limits(json_members=10):
        refused(file(0, 1, pack("QcIIQ", 1, b"a", 9, 0, 11)), "json_members", SizeError)


def test_the_metadata_of_a_gguf_file_are_as_they_were_written(tmp_path):
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "w.gguf", "llama")
    writer.add_uint32("a.u", 2 ** 32 - 1)
    writer.add_float32("a.f", 0.5)
    writer.add_bool("a.b", True)
    writer.add_string("a.s", "é")
    writer.add_array("a.list", ["x", "", "ä"])
    writer.add_array("a.numbers", [1, -2, 3])
    writer.add_tensor("w", X)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    store = open_store(tmp_path / "w.gguf")
    assert store.fields("a.") == {"a.u": 2 ** 32 - 1, "a.f": 0.5, "a.b": True, "a.s": "é", "a.list": ["x", "", "ä"],
                                  "a.numbers": [1, -2, 3]}
    assert store.field("general.architecture") == "llama" and store.field("none") is None
    np.testing.assert_array_equal(store.read("w"), X)


# ---- files that change

def test_a_file_that_becomes_shorter_is_said_and_ends_nothing(tmp_path):
    for name in ("w.npy", "w.safetensors"):
        np.save(tmp_path / "w.npy", np.zeros((1000, 1000)))
        write_safetensors(tmp_path / "w.safetensors", {"w": np.zeros((1000, 1000))})
        store = open_store(tmp_path / name)
        os.truncate(tmp_path / name, 5000)
        with pytest.raises(DataError, match="is cut short: it ends at byte"):
            store.read(next(iter(store.shapes)))
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.zeros(1000, 1000)}, tmp_path / "w.pt")
    store = open_store(tmp_path / "w.pt")
    os.truncate(tmp_path / "w.pt", 5000)
    with pytest.raises(DataError, match="has changed since it was opened"):
        store.read("w")


def test_a_file_that_ends_while_it_is_read(tmp_path, monkeypatch):
    np.save(tmp_path / "w.npy", X)
    monkeypatch.setattr(slices, "size_of", lambda file: 10 ** 9)
    store = open_store(tmp_path / "w.npy")
    os.truncate(tmp_path / "w.npy", 140)
    with pytest.raises(DataError, match="became shorter meanwhile"):
        store.read("")


@pytest.mark.parametrize("index", [(), (1,), (Ellipsis, 2), (slice(None, None, -1), slice(1, 3)), (slice(0, 0),),
                                   (-1, -1), (slice(None), 0),
                                   (slice(2, 0, -2), slice(None, None, 3))])
@pytest.mark.parametrize("order", "CF")
def test_slices_however_they_are_read(tmp_path, monkeypatch, index, order):
    x = np.arange(35, dtype=">f8").reshape(5, 7)
    np.save(tmp_path / "w.npy", np.asarray(x, order=order))
    expected = x[index]
    for piece, near in ((2 ** 26, 2 ** 18), (60, 10), (8, 1), (400, 1)):
        monkeypatch.setattr(slices, "PIECE", piece)
        monkeypatch.setattr(slices, "NEAR", near)
        monkeypatch.setattr(slices, "SPARSE", 2)
        found = open_store(tmp_path / "w.npy").read("", index)
        np.testing.assert_array_equal(found, expected.astype(np.float32))


@pytest.mark.parametrize("name", ["..", "../w.safetensors", "/etc/passwd", "a/b", "a\\b", "C:w", ".", "", "a\0b", "...",
                                  ".hidden/.."])
def test_an_index_names_files_beside_it_only(tmp_path, name):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"w": name}}))
    with pytest.raises(DataError, match="not in its own folder|cannot be read|is not there"):
        read_array(f"{tmp_path}:w")


# ---- memory as it truly is

def machine(root, available=8_000_000, groups="", mounts="", files=()):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 16000000 kB\nMemFree: 1 kB\nMemAvailable: {available} kB\n")
    (root / "proc/self/cgroup").write_text(groups)
    (root / "proc/self/mountinfo").write_text(mounts)
    for name, text in dict(files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
V1 = "33 25 0:29 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n" \
     "34 25 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
C = "sys/fs/cgroup"


@pytest.mark.skipif(os.name != "posix" or not os.path.exists("/proc"), reason="Linux")
@pytest.mark.parametrize("about, free", [
    ({}, 8_000_000 * 1024),
    ({"groups": "0::/a/b\n", "mounts": V2, "files": {f"{C}/a/b/memory.max": "max", f"{C}/a/b/memory.current": "5",
                                                     f"{C}/a/memory.max": "1000",
                                                    f"{C}/a/memory.current": "300",
                                                    f"{C}/a/memory.stat": "anon 1\ninactive_file 50\n"}}, 750),
    ({"groups": "0::/a\n", "mounts": V2, "files": {f"{C}/a/memory.high": "500", f"{C}/a/memory.max": "1000",
                                                   f"{C}/a/memory.current": "700"}}, 0),
    ({"groups": "0::/\n", "mounts": V2, "files": {f"{C}/memory.max": "2000", f"{C}/memory.current": "500"}}, 1500),
    ({"groups": "0::/docker/x\n", "mounts": V2.replace("0:26 /", "0:26 /docker/x"),
      "files": {f"{C}/memory.max": "900", f"{C}/memory.current": "1"}}, 899),
    ({"groups": "0::/docker/x\n", "mounts": V2, "files": {f"{C}/memory.max": "900", f"{C}/memory.current": "1"}}, 899),
    ({"groups": "0::/../other\n", "mounts": V2, "files": {f"{C}/memory.max": "900", f"{C}/memory.current": "1"}}, 899),
    ({"groups": "4:cpu:/c\n3:hugetlb,memory:/m\n0::/\n", "mounts": V1,
      "files": {f"{C}/memory/m/memory.limit_in_bytes": "4000",
      f"{C}/memory/m/memory.usage_in_bytes": "1000", f"{C}/memory/m/memory.stat": "total_inactive_file 100\n",
      f"{C}/cpu/c/memory.limit_in_bytes": "1"}}, 3100),
    ({"groups": "3:memory:/m\n", "mounts": V1, "files": {f"{C}/memory/m/memory.limit_in_bytes": "9223372036854771712",
                                                         f"{C}/memory/m/memory.usage_in_bytes": "1"}},
     8_000_000 * 1024),
    ({"groups": "nonsense\n::\n0:\n", "mounts": "x\n - \n1 2 3 4 5 - cgroup2\n", "files": {}}, 8_000_000 * 1024),
])
def test_memory_of_control_groups(tmp_path, monkeypatch, about, free):
    monkeypatch.setattr(memory, "resource", None)
    assert memory.free_memory(machine(tmp_path, **about)) == free


@pytest.mark.skipif(os.name != "posix", reason="Unix")
@pytest.mark.parametrize("which, column", [("RLIMIT_AS", 0), ("RLIMIT_DATA", 5)])
def test_memory_of_the_processs_own_limits(tmp_path, monkeypatch, which, column):
    root = machine(tmp_path)
    used = ["0"] * 7
    used[column] = "10"
    (root / "proc/self/statm").write_text(" ".join(used))
    limit = {getattr(resource, which): (10 ** 6, 10 ** 6)}
    monkeypatch.setattr(memory.resource, "getrlimit", lambda asked: limit.get(asked, (resource.RLIM_INFINITY,) * 2))
    assert memory.free_memory(root) == 10 ** 6 - 10 * resource.getpagesize()


def test_memory_of_other_systems(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "resource", None)
    for platform, function in (("win32", "_windows"), ("darwin", "_mac")):
        monkeypatch.setattr(memory.sys, "platform", platform)
        monkeypatch.setattr(memory, function, lambda: 12345)
        assert memory.free_memory(tmp_path) == 12345

        def fails():
            raise OSError
        monkeypatch.setattr(memory, function, fails)
        assert memory.free_memory(tmp_path) is None
    assert (memory.ctypes.sizeof(memory._Status), memory.ctypes.sizeof(memory._Statistics)) == (64, 152)


def test_a_share_of_the_free_memory_is_left(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 1000)
    memory.check_room(800, "it")
    with pytest.raises(SizeError, match="it, need about .* 80 % are taken at most .*memory_percent"):
        memory.check_room(801, "it")
    with mm.limits(memory_percent=100):
        memory.check_room(1000, "it")
    with pytest.raises(SizeError, match="it, need about 0.0 GB of memory and 0.0 GB are free$"):
        memory.check_room(1001, "it")
