"""Addresses, and tensors read from files of every kind."""
import io
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import KINDS, write_hollow, write_raw, write_safetensors
from mm_blender import tensorfiles
from mm_blender.addresses import parse, parse_index
from mm_blender.datafiles import as_matrix, read_array, read_matrix
from mm_blender.errors import DataError
from hypothesis import given, settings
from hypothesis import strategies as st

X = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
CUBE = np.arange(60, dtype=np.float32).reshape(3, 4, 5)


# ---- addresses

@pytest.mark.parametrize("text, tensor, index, transpose", [
    ("w.npy", None, (), False), ("w.npy.T", None, (), True), ("w.npy[1]", None, (1,), False),
    ("w.npy:a.b", "a.b", (), False), ("w.npy:a.b[:, :64].T", "a.b", (slice(None), slice(None, 64, None)), True),
    ("w.npy:a.T.T", "a", (), False), ("w.npy:h[-1, ..., ::-2]", "h", (-1, Ellipsis, slice(None, None, -2)), False),
    ("w.npy:a:b", "a:b", (), False), ("odd[1].npy", None, (), False), ("odd[1].npy[1]", None, (1,), False),
    ("two:parts.npy", None, (), False), ("two:parts.npy:x", "x", (), False), ("{folder}/w.npy:x", "x", (), False),
])
def test_what_an_address_means(tmp_path, monkeypatch, text, tensor, index, transpose):
    monkeypatch.chdir(tmp_path)
    for name in ("w.npy", "odd[1].npy", "two:parts.npy"):
        (tmp_path / name).write_bytes(b"")
    found = parse(text.format(folder=tmp_path))
    assert (found.tensor, found.index, found.transpose) == (tensor, index, transpose)
    assert found.path.is_file() and text.format(folder=tmp_path).startswith(str(found.path))


def test_a_drives_letter_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("C", "C:\\models\\w.npz"):  # a file that is called C must not be taken for the drive
        (tmp_path / name).write_bytes(b"")
    assert str(parse("C:\\models\\w.npz:a.b[0]").path) == "C:\\models\\w.npz"
    with pytest.raises(DataError, match=r"there is no file C:\\other\\w.npz$"):
        parse("C:\\other\\w.npz:a.b[0]")
    with pytest.raises(DataError, match="there is no file D:/w.npz$"):
        parse("D:/w.npz")


@pytest.mark.parametrize("text", ["", "a", "1.5", "1:2:3:4", ":, ,:", "1 2", ".."])
def test_what_is_no_slice(text):
    with pytest.raises(DataError, match="is no slice"):
        parse_index(text, "w")
    with pytest.raises(DataError, match="step of .* is 0"):
        parse_index("::0", "w")


numbers = st.none() | st.integers(-9, 9)
slices = st.builds(slice, numbers, numbers, (st.none() | st.integers(-3, 3)).filter(lambda step: step != 0))


def written(part) -> str:
    if not isinstance(part, slice):
        return "..." if part is Ellipsis else str(part)
    text = ":".join("" if n is None else str(n) for n in (part.start, part.stop))
    return text if part.step is None else f"{text}:{part.step}"


@settings(max_examples=100, deadline=None)
@given(st.lists(slices | st.integers(-9, 9), min_size=1, max_size=4))
def test_any_slice_can_be_written_and_read_back(parts):
    assert parse_index(", ".join(map(written, parts)), "w") == tuple(parts)


@settings(max_examples=100, deadline=None)
@given(st.lists(slices | st.integers(-3, 2), min_size=1, max_size=3), st.integers(0, 3), st.sampled_from(["C", "F"]))
def test_any_slice_takes_what_numpy_takes(tmp_path_factory, parts, dots, order):
    folder = tmp_path_factory.mktemp("slices")
    if len(parts) > 1 and dots < len(parts):
        parts = [*parts[:dots], Ellipsis, *parts[dots:]]
    np.save(folder / "w.npy", np.asarray(CUBE, order=order))
    write_safetensors(folder / "w.safetensors", {"w": CUBE})
    for transpose in ("", ".T"):
        expected = CUBE[tuple(parts)].T if transpose else CUBE[tuple(parts)]
        for file in ("w.npy", "w.safetensors:w"):
            found = read_array(f"{folder}/{file}[{','.join(map(written, parts))}]{transpose}")
            np.testing.assert_array_equal(found, expected)


def test_rows_go_by_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(tensorfiles, "PIECE", 40)
    for order in "CF":
        np.save(tmp_path / "w.npy", np.asarray(X, order=order))
        for index in ("[:, 2:5]", "[1:5, -1]", "[1:, ::3]", "[4:2, :2]", "[::2, 1:]", "[..., 1]", "[:]"):
            np.testing.assert_array_equal(read_array(f"{tmp_path}/w.npy{index}"), eval(f"X{index}", {"X": X}))


# ---- safetensors

@pytest.mark.parametrize("kind", [*KINDS, "BF16"])
def test_every_type_of_safetensors(tmp_path, kind):
    x = np.array([[0, 1, 2], [3, 100, 1]]) if kind[0] in "IUB" else np.array([[0.5, -2, 1e3], [0, 3, -0.25]])
    write_safetensors(tmp_path / "m.safetensors", {"other": X, "w": (x, kind)})
    found = read_matrix(f"{tmp_path}/m.safetensors:w")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, x)


def test_a_package_of_their_own_agrees(tmp_path):
    numpy_ = pytest.importorskip("safetensors.numpy")
    numpy_.save_file({"a": X, "b": X.astype(np.float16).T.copy(), "empty": np.zeros((0, 3), np.float32),
                      "number": np.array(3, np.float32)}, tmp_path / "m.safetensors")
    np.testing.assert_array_equal(read_array(f"{tmp_path}/m.safetensors:a"), X)
    np.testing.assert_array_equal(read_array(f"{tmp_path}/m.safetensors:b[1].T"), X.astype(np.float16).T[1])
    assert read_array(f"{tmp_path}/m.safetensors:empty").shape == (0, 3)
    assert read_array(f"{tmp_path}/m.safetensors:number") == 3


def test_shards_and_folders(tmp_path):
    write_safetensors(tmp_path / "one.safetensors", {"a": X})
    write_safetensors(tmp_path / "two.safetensors", {"b": 2 * X})
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    for address in (f"{tmp_path}:b[1:]", f"{tmp_path}/model.safetensors.index.json:b[1:]"):
        np.testing.assert_array_equal(read_matrix(address), 2 * X[1:])
    with pytest.raises(DataError, match="no tensor 'c' among the 2 of .*; its names are a, b"):
        read_matrix(f"{tmp_path}:c")
    (tmp_path / "two.safetensors").unlink()
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}:a"), X)
    with pytest.raises(DataError, match="two.safetensors cannot be read: No such file"):
        read_matrix(f"{tmp_path}:b")
    index["weight_map"]["b"] = "../two.safetensors"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index) + " ")
    with pytest.raises(DataError, match="not in its own folder"):
        read_matrix(f"{tmp_path}:a")
    index["weight_map"]["b"] = "model.safetensors.index.json"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match="names 'model.safetensors.index.json', an index, as a file that holds"):
        read_matrix(f"{tmp_path}:b")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no checkpoint: none of model.safetensors"):
        read_matrix(f"{tmp_path}/empty:a")


def entry(**change):
    return json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **change}}).encode()


@pytest.mark.parametrize("header, body, claim, words", [
    (entry(), b"0" * 16, 2 ** 60, "its header alone would take 1,152,921,504,606,846,976"),
    (entry(), b"0" * 15, None, "is cut short: w ends at byte"),
    (entry()[:-9], b"", None, "is no safetensors file: its header cannot be read"),
    (b"", b"", None, "is no safetensors file"), (b"[1]", b"", None, "is no safetensors file"),
    (b"[" * 100_000, b"", None, "is no safetensors file"), (b"\xff" * 20, b"", None, "is no safetensors file"),
    (entry(shape=[2, 3]), b"0" * 16, None, "is damaged: w .F32, 2 x 3. needs 24 bytes and has 16"),
    (entry(shape=[2 ** 40, 2 ** 40]), b"0" * 16, None, "needs"),
    (entry(shape=[-2, -2]), b"0" * 16, None, "whole numbers"),
    (entry(shape="ab"), b"0" * 16, None, "whole numbers"), (entry(data_offsets=[16, 0]), b"0" * 16, None, "is damaged"),
    (entry(data_offsets=[0]), b"0" * 16, None, "is no safetensors file"), (entry(more=1), b"0" * 16, None, "more"),
    (entry(data_offsets=[0, 2 ** 60]), b"0" * 16, None, "is cut short"),
    (entry(data_offsets=[-16, 0]), b"0" * 16, None, "whole numbers"),
    (entry(shape=[True, 4]), b"0" * 16, None, "whole"),
    (entry()[:-1] + b"," + entry(data_offsets=[16, 32])[1:], b"0" * 32, None, "a name comes twice"),
    (entry()[:-1] + b"," + entry(data_offsets=[12, 28])[1:].replace(b"w", b"v"), b"0" * 28, None,
     "is damaged: w and v lie one over the other"),
    (entry(shape=[2 ** 60, 0], data_offsets=[0, 0]), b"", None, "is empty"),
])
def test_damaged_safetensors(tmp_path, header, body, claim, words):
    write_raw(tmp_path / "m.safetensors", header, body, claim)
    with pytest.raises(DataError, match=words) as caught:
        read_matrix(f"{tmp_path}/m.safetensors:w")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_a_header_that_is_too_long_is_not_read(tmp_path):
    write_hollow(tmp_path / "m.safetensors", {"w": (40, 2 ** 20)})
    with open(tmp_path / "m.safetensors", "r+b") as file:
        file.write((2 ** 27).to_bytes(8, "little"))
    with pytest.raises(DataError, match="a header of 134,217,728 bytes; at most"):
        read_matrix(f"{tmp_path}/m.safetensors:w")


def test_names_and_slices_that_are_not_there(tmp_path):
    names = [f"h.{layer}.attn.{part}.weight" for layer in range(3) for part in ("c_attn", "c_proj")]
    write_safetensors(tmp_path / "m.safetensors", {**{name: X for name in names}, "f8": (X.astype(int), "U8")})
    file = f"{tmp_path}/m.safetensors"
    for address, words in {
            ":transformer.h.1.attn.c_attn.weight": "near it are h.1.attn.c_attn.weight",
            ":h.1.attn.c_atn.weight": "near it are h.1.attn.c_attn.weight",
            ":zzz": "its names are h.0.attn.c_attn.weight",
            "": "holds 7 tensors; say which, as in .*m.safetensors:h.0.attn",
            ":f8[9]": "6 x 8: there is no 9 in a dimension",
            ":f8[0,0,0]": "6 x 8, and its slice has 3 parts", ":f8[...,...]": "once",
            ":f8[0]": "shape .8,.; a matrix has", ":f8[3:2]": "is empty"}.items():
        with pytest.raises(DataError, match=words):
            read_matrix(file + address)
    with pytest.raises(DataError, match="there is no file nothing.safetensors"):
        read_matrix("nothing.safetensors:h.1")
    write_raw(tmp_path / "f8.safetensors", entry(dtype="F8_E4M3", data_offsets=[0, 4]), b"0000")
    with pytest.raises(DataError, match="of type F8_E4M3, which is not read"):
        read_matrix(f"{tmp_path}/f8.safetensors:w")


# ---- npz, npy, CSV

def test_npz_npy_and_csv(tmp_path):
    np.savez(tmp_path / "w.npz", a=X, b=X.astype(int))
    np.savez_compressed(tmp_path / "one.npz", only=X)
    np.savetxt(tmp_path / "w.csv", X, delimiter=",")
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/w.npz:a[1:3].T"), X[1:3].T)
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/one.npz"), X)
    np.testing.assert_allclose(read_matrix(f"{tmp_path}/w.csv[:2, -3:].T"), X[:2, -3:].T)
    with pytest.raises(DataError, match="no tensor 'c' among the 2 of .*w.npz; its names are a, b"):
        read_matrix(f"{tmp_path}/w.npz:c")
    with pytest.raises(DataError, match="holds 2 tensors; say which"):
        read_matrix(f"{tmp_path}/w.npz")


def test_damaged_npz_and_npy(tmp_path):
    np.save(tmp_path / "w.npy", X)
    (tmp_path / "w.npy").write_bytes((tmp_path / "w.npy").read_bytes()[:-5])
    with pytest.raises(DataError, match="is no npy file of numbers: it is shorter"):
        read_matrix(tmp_path / "w.npy")
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (2 ** 30, 2 ** 30)})
    (tmp_path / "huge.npy").write_bytes(head.getvalue())
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("w.npy", head.getvalue())
    for name in ("huge.npy", "huge.npz:w"):
        with pytest.raises(DataError, match="shorter"):
            read_matrix(f"{tmp_path}/{name}")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04" + b"0" * 50)
    with pytest.raises(DataError, match="is no npz file"):
        read_matrix(tmp_path / "bad.npz")


class Bomb:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_objects_are_never_unpickled(tmp_path):
    made = tmp_path / "made"
    np.save(tmp_path / "w.npy", np.array([Bomb(made)], object), allow_pickle=True)
    np.savez(tmp_path / "w.npz", w=np.array([Bomb(made)], object))
    for name in ("w.npy", "w.npz:w"):
        with pytest.raises(DataError, match="Python objects"):
            read_matrix(f"{tmp_path}/{name}")
    assert not made.exists()


# ---- PyTorch, GGUF

def test_files_of_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    state = {"a.weight": torch.from_numpy(X), "half": torch.from_numpy(X).bfloat16(), "inner": {"b": torch.arange(6.)},
             "step": 3, "grad": torch.nn.Parameter(torch.from_numpy(X)), "sparse": torch.eye(3).to_sparse()}
    torch.save(state, tmp_path / "m.pt")
    torch.save(torch.from_numpy(X), tmp_path / "one.bin", _use_new_zipfile_serialization=False)
    file = f"{tmp_path}/m.pt"
    np.testing.assert_array_equal(read_matrix(f"{file}:a.weight[1:, ::-1].T"), X[1:, ::-1].T)
    np.testing.assert_allclose(read_matrix(f"{file}:half[:2]"), X[:2], rtol=1e-2)
    np.testing.assert_array_equal(read_array(f"{file}:inner.b[::2]"), [0, 2, 4])
    np.testing.assert_array_equal(read_matrix(f"{file}:grad"), X)
    np.testing.assert_array_equal(read_matrix(f"{file}:sparse"), np.eye(3))
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/one.bin"), X)
    with pytest.raises(DataError, match="no tensor 'weight' .* near it are a.weight"):
        read_matrix(f"{file}:weight")


def test_a_malicious_pickle_is_not_run(tmp_path):
    torch = pytest.importorskip("torch")
    made = tmp_path / "made"
    torch.save({"w": torch.ones(2, 2), "x": Bomb(made)}, tmp_path / "zip.pt")
    torch.save({"w": Bomb(made)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "bare.bin").write_bytes(pickle.dumps(Bomb(made)))
    (tmp_path / "none.pt").write_bytes(b"nothing")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "zip.pt").read_bytes()[:300])
    for name, words in (("zip.pt", "nothing of it was run"), ("old.pt", "nothing of it was run"), ("bare.bin", "."),
                        ("none.pt", "."), ("cut.pt", ".")):
        with pytest.raises(DataError, match=words) as caught:
            read_matrix(f"{tmp_path}/{name}:w")
        assert name in str(caught.value) and "\n" not in str(caught.value)
    assert not made.exists()


@pytest.mark.parametrize("name, package", [("m.pt", "torch"), ("m.gguf", "gguf")])
def test_what_is_missing_is_said(tmp_path, monkeypatch, name, package):
    (tmp_path / name).write_bytes(b"GGUF" if package == "gguf" else b"\x80\x02")
    monkeypatch.setattr(tensorfiles.importlib.util, "find_spec", lambda asked: None)
    with pytest.raises(DataError, match=f"needs the package {package}, which is not installed: pip install {package}"):
        read_matrix(f"{tmp_path}/{name}:w")


def test_gguf(tmp_path):
    gguf = pytest.importorskip("gguf")
    wide = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("plain", X)
    writer.add_tensor("half", X.astype(np.float16))
    packed = gguf.quants.quantize(wide, gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("packed", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    file = f"{tmp_path}/m.gguf"
    np.testing.assert_array_equal(read_matrix(f"{file}:plain[2:, 1:].T"), X[2:, 1:].T)
    np.testing.assert_array_equal(read_matrix(f"{file}:half"), X.astype(np.float16))
    np.testing.assert_allclose(read_matrix(f"{file}:packed"), wide, atol=0.02)
    np.testing.assert_allclose(read_matrix(f"{file}:packed[1:3, 40:]"), wide[1:3, 40:], atol=0.02)
    np.testing.assert_allclose(read_array(f"{file}:packed[-1]"), wide[-1], atol=0.02)
    (tmp_path / "cut.gguf").write_bytes((tmp_path / "m.gguf").read_bytes()[:60])
    with pytest.raises(DataError, match="is no GGUF file, or damaged"):
        read_matrix(f"{tmp_path}/cut.gguf:plain")


def counts(tensors: int, fields: int, rest: bytes = b"") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, fields) + rest + bytes(64)


@pytest.mark.parametrize("content, words", [
    (counts(0, 2 ** 60), "header goes on"), (counts(2 ** 60, 0), "header goes on"), (b"GGUF", "does not begin as one"),
    (counts(0, 1, struct.pack("<Qc", 2 ** 60, b"a")), "header goes on for 1,152,921,504,606,846,976 bytes"),
    (counts(0, 1, struct.pack("<QcIIQ", 1, b"a", 9, 4, 2 ** 60)), "header goes on for 4,611,686,018,427,387,904 bytes"),
    (counts(0, 1, struct.pack("<QcIIQ", 1, b"a", 9, 9, 1)), "type 9, which there is not"),
    (counts(1, 0, struct.pack("<QcI", 1, b"w", 2 ** 31)), "header goes on for 17,179,869,196 bytes"),
    (counts(1, 0, struct.pack("<QcIQQIQ", 1, b"w", 2, 2 ** 30, 2 ** 30, 0, 0)), "is no GGUF file, or damaged"),
])
def test_what_a_gguf_file_claims_is_not_believed(tmp_path, content, words):
    pytest.importorskip("gguf")
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_matrix(f"{tmp_path}/m.gguf:w")


# ---- data as it comes

def test_tensors_as_they_are():
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(X)
    for tensor in (x, x.double(), x.clone().requires_grad_(), x.to_sparse(), x.T.contiguous().T, torch.nn.Parameter(x)):
        np.testing.assert_array_equal(as_matrix(tensor), X)
    np.testing.assert_array_equal(as_matrix(x.bfloat16()), x.bfloat16().float().numpy())
    np.testing.assert_array_equal(as_matrix(torch.ones(2, 2, dtype=torch.bool)), np.ones((2, 2)))
    with pytest.raises(DataError, match="Q holds complex numbers"):
        as_matrix(torch.ones(2, 2, dtype=torch.complex64), "Q")
    with pytest.raises(DataError, match="Q is a tensor on the device 'meta'"):
        as_matrix(torch.ones(2, 2, device="meta"), "Q")


def test_arrays_of_others():
    class Array:
        def __array__(self, dtype=None, copy=None):
            return X

    class Capsule:
        def __dlpack__(self, **options):
            return X.__dlpack__()

        def __dlpack_device__(self):
            return X.__dlpack_device__()

    for x in (Array(), Capsule()):
        np.testing.assert_array_equal(as_matrix(x), X)


def test_jax():
    jnp = pytest.importorskip("jax.numpy")
    np.testing.assert_array_equal(as_matrix(jnp.asarray(X)), X)
    np.testing.assert_allclose(as_matrix(jnp.asarray(X, jnp.bfloat16)), X, rtol=1e-2)


# ---- wherever data is taken

def test_addresses_as_data_initialiser_and_parameter(tmp_path):
    write_safetensors(tmp_path / "m.safetensors", {"w": X, "b": X[0]})
    expected = X[:, :4] @ X.T[:4] + X[0, :6]
    viz = mm.visualize("A @ B + b", data={"A": f"{tmp_path}/m.safetensors:w[:, :4]",
                                          "b": f"{tmp_path}/m.safetensors:b[:6]",
                                          "B": f"{tmp_path}/m.safetensors:w[:, :4].T"})
    np.testing.assert_allclose(viz.values["root"], expected, atol=1e-5)
    for assets, file in ((None, f"{tmp_path}/m.safetensors"), (tmp_path, "elsewhere/m.safetensors")):
        viz = mm.visualize("A @ B", assets=assets, settings={
            "A.init": "url", "A.url": f"{file}:w[:, :4]", "A.h": 6, "A.w": 4, "B.init": "url",
            "B.url": f"{file}:w[:, :4].T", "B.w": 6})
        np.testing.assert_allclose(viz.values["root"], expected - X[0, :6], atol=1e-5)
        again = mm.visualize(viz.params, assets=assets)
        np.testing.assert_array_equal(again.values["root"], viz.values["root"])
