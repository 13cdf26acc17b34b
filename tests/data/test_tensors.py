"""Addresses, and tensors read from files of every kind."""
import io
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from checkpoints import KINDS, write_hollow, write_raw, write_safetensors
from mm_blender.data import foreign, tensor_names
from mm_blender.data.addresses import parse, parse_index
from mm_blender.data.files import read_json
from mm_blender.data.matrices import as_matrix, read_array, read_matrix
from mm_blender.errors import DataError, SizeError

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


@settings(max_examples=100)
@given(st.lists(slices | st.integers(-9, 9), min_size=1, max_size=4))
def test_any_slice_can_be_written_and_read_back(parts):
    assert parse_index(", ".join(map(written, parts)), "w") == tuple(parts)


@settings(max_examples=100)
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
    monkeypatch.setattr("mm_blender.data.slices.PIECE", 40)
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
    np.testing.assert_array_equal(found, x != 0 if kind == "BOOL" else x)


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
    with pytest.raises(DataError, match="two.safetensors is not there, where b should be .* 1 of the 2 parts"):
        read_matrix(f"{tmp_path}:b")
    index["weight_map"]["b"] = "../two.safetensors"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index) + " ")
    with pytest.raises(DataError, match="not in its own folder"):
        read_matrix(f"{tmp_path}:a")
    index["weight_map"]["b"] = "model.safetensors.index.json"
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match="names 'model.safetensors.index.json' as a file that holds"):
        read_matrix(f"{tmp_path}:b")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no checkpoint: none of model.safetensors"):
        read_matrix(f"{tmp_path}/empty:a")


# ---- what is not what its name says

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 123456\n"
FILES = ("w.npy", "w.npz", "w.csv", "w.safetensors", "w.pt", "w.bin", "w.gguf", "w.index.json", "config.json")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content, words", [
    (LFS.encode(), "git-lfs pointer.*git lfs pull"), (LFS.replace("\n", "\r\n").encode(), "git-lfs pointer"),
    (b"<!DOCTYPE html>\n<html><head><title>Sign in</title>", "web page .'Sign in'."), (b"", "is empty: it has 0 bytes"),
    (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message>", "page .'Access Den"),
    (bytes(5000), "zeros only"),
])
def test_pointers_and_pages_in_place_of_files(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_matrix(f"{tmp_path}/{name}:w" if "csv" not in name else tmp_path / name)
    assert name in str(caught.value)
    with pytest.raises(DataError, match=words):
        read_json(tmp_path / name)


def test_checkpoints_and_adapters_that_git_lfs_has_not_fetched(tmp_path):
    for name, call in (("model.safetensors", mm.attention_head), ("config.json", mm.attention_head),
                       ("adapter_model.safetensors", mm.lora), ("adapter_config.json", mm.lora)):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        write_safetensors(folder / "model.safetensors", {"h.0.attn.c_attn.weight": X})
        (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4, "lora_alpha": 4}')
        if call is mm.lora:
            (folder / "model.safetensors").unlink()
        (folder / name).write_text(LFS)
        with pytest.raises(DataError, match=f"{name} is no data but a git-lfs pointer"):
            call(folder, 0, 0, activations=X) if call is mm.attention_head else call(folder)


@pytest.mark.parametrize("name, content, words", [
    ("w.npy", b"Entry not found", "is text and no such file; it begins 'Entry not found'"),
    ("w.safetensors", b'{"error": "Repository not found"}', "is text and no such file"),
    ("w.npz", b"PK\x03\x04" + b"0" * 50, "is cut short"), ("w.pt", b"PK\x03\x04" + b"0" * 50, "is cut short"),
    ("w.csv.gz", b"\x1f\x8b\x08", "packed .gzip."), ("w.h5", b"\x89HDF\r\n\x1a\n", "HDF5"),
    ("w.parquet", b"PAR1", "Parquet"),
    ("w.mat", b"MATLAB 5.0 MAT-file", "MATLAB"), ("w.pkl", b"\x80\x04\x95\x00", "pickle.*nothing of it was run"),
    ("w.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"), ("w.png", b"\x89PNG\r\n", "picture"),
])
def test_files_of_other_kinds_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_matrix(tmp_path / name)


def test_archives_of_other_kinds_are_named(tmp_path):
    for inside, words in (("xl/workbook.xml", "Excel workbook"), ("content.xml", "LibreOffice"), ("w.csv", "unpack")):
        with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
            archive.writestr(inside, "1,2")
        with pytest.raises(DataError, match=words):
            read_matrix(tmp_path / "w.zip")
    np.savez(tmp_path / "s.npz", indices=[0], indptr=[0], format=np.array(b"csr"), shape=[1, 1], data=[1.0])
    with pytest.raises(DataError, match="sparse matrix of scipy"):
        read_matrix(tmp_path / "s.npz")


@pytest.mark.parametrize("name, model", [
    ("gpt2", "gpt2"), ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"), ("Qwen/Qwen2.5-1B", "Qwen/Qwen2.5-1B"),
    ("https://huggingface.co/openai-community/gpt2/tree/main", "openai-community/gpt2"), ("hf://gpt2", "gpt2"),
])
def test_a_hubs_name_is_known_for_one(tmp_path, monkeypatch, name, model):
    monkeypatch.chdir(tmp_path)
    words = f"there is no file .*if {model} is a model on the Hugging Face hub.*`hf download {model}`"
    with pytest.raises(DataError, match=words):
        mm.attention_head(name, 0, 0, activations=X)
    if not name.startswith("http"):
        with pytest.raises(DataError, match=words):
            read_matrix(f"{name}:h.0.attn.c_attn.weight")
    for path in ("w.npy", "folder/w.safetensors", "./gpt2", f"{tmp_path}/gpt2"):
        with pytest.raises(DataError, match="there is no file [^;]*$"):
            read_matrix(path)


def test_json_in_every_encoding(tmp_path):
    for code in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        (tmp_path / "a.json").write_bytes('{"a": "é"}'.encode(code))
        assert read_json(tmp_path / "a.json") == {"a": "é"}
    for content, words in ((b"[1]", "holds a list"), (b'{"a": 1,}', r"is not JSON: .*line 1 column"),
                           (b'{"a": "\xe9"}', "no encoding of Unicode"), (b"[" * 100_000, "is not JSON")):
        (tmp_path / "a.json").write_bytes(content)
        with pytest.raises(DataError, match=words):
            read_json(tmp_path / "a.json")
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "b.json")


# ---- names of tensors

def checkpoint(folder, tensors, **config):
    folder.mkdir(exist_ok=True)
    write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_numbers_that_a_scale_belongs_to_are_no_weights(tmp_path):
    eight, scale = (np.ones((4, 4)), "I8"), np.ones(4, np.float32)
    quantized = [{"q.weight": eight, "q.SCB": scale}, {"q.weight": eight, "q.weight_scale": scale},
                 {"q.weight": (np.ones((4, 4)), "U8"), "q.weight.absmax": scale}]
    for at, tensors in enumerate(quantized):
        folder = checkpoint(tmp_path / str(at), tensors)
        with pytest.raises(DataError, match=r"is quantized \(q.weight is stored as [IU]8, beside q"):
            mm.visualize("x @ W", data={"W": f"{folder}:q.weight"})
        np.testing.assert_array_equal(read_array(f"{folder}:{[*tensors][1]}"), scale)
    packed = checkpoint(tmp_path / "packed", {"q.qweight": (np.ones((2, 4)), "I32"), "q.scales": scale})
    with pytest.raises(DataError, match="is quantized"):
        read_matrix(f"{packed}:q.qweight")
    told = checkpoint(tmp_path / "told", {"q.weight": eight}, quantization_config={"quant_method": "torchao"})
    with pytest.raises(DataError, match="its configuration tells how"):
        read_matrix(f"{told}:q.weight")
    plain = checkpoint(tmp_path / "plain", {"image.weight": eight})
    np.testing.assert_array_equal(read_matrix(f"{plain}:image.weight"), eight[0])


def test_names_match_by_their_ends(tmp_path):
    names = ("transformer.h.1.attn.c_attn.weight", "transformer.h.11.attn.c_attn.weight", "a.w", "b.w")
    write_safetensors(tmp_path / "m.safetensors", {name: at * X for at, name in enumerate(names)})
    file = f"{tmp_path}/m.safetensors"
    for name, at in (("h.1.attn.c_attn.weight", 0), ("h.11.attn.c_attn.weight", 1), (names[0], 0), ("b.w", 3)):
        np.testing.assert_array_equal(read_matrix(f"{file}:{name}[1:].T"), at * X[1:].T)
    with pytest.raises(DataError, match="w is the end of 2 names in .*: a.w, b.w; write one of them"):
        read_matrix(f"{file}:w")
    with pytest.raises(DataError, match="c_attn.weight is the end of 2 names"):
        read_matrix(f"{file}:c_attn.weight")
    for name in ("1.attn.c_attn.weigh", "attn_c.weight", "ttn.c_attn.weight", "h.1.attn"):
        with pytest.raises(DataError, match="no tensor .*near it are transformer.h.1"):
            read_matrix(f"{file}:{name}")


def test_a_models_output_that_is_tied_is_its_table_of_words(tmp_path):
    table = {"model.embed_tokens.weight": X, "model.norm.weight": X[0]}
    for config in ({"model_type": "llama", "tie_word_embeddings": True}, {"model_type": "gemma2"},
                   {"model_type": "llava", "text_config": {"model_type": "llama", "tie_word_embeddings": True}}):
        folder = checkpoint(tmp_path / "tied", table, **config)
        for address in (f"{folder}:lm_head.weight.T", f"{folder}/model.safetensors:lm_head.weight.T"):
            np.testing.assert_array_equal(read_matrix(address), X.T)
    for config, words in (({"model_type": "llama"}, "to which many models tie it"),
                          ({"model_type": "gpt2", "tie_word_embeddings": False}, "tied to none of them")):
        folder = checkpoint(tmp_path / "loose", table, **config)
        with pytest.raises(DataError, match=f"no tensor 'lm_head.weight' .*model.embed_tokens.weight, .*{words}"):
            read_matrix(f"{folder}:lm_head.weight")
    folder = checkpoint(tmp_path / "gpt2", {"wte.weight": X, "wpe.weight": X}, model_type="gpt2")
    np.testing.assert_array_equal(read_matrix(f"{folder}:lm_head.weight"), X)
    folder = checkpoint(tmp_path / "own", {**table, "lm_head.weight": 2 * X}, model_type="gemma2")
    np.testing.assert_array_equal(read_matrix(f"{folder}:lm_head.weight"), 2 * X)


@pytest.mark.slow
def test_what_models_tie_is_what_transformers_says():
    mapping = pytest.importorskip("transformers").CONFIG_MAPPING
    for kind in tensor_names.TIED:
        assert mapping[kind]().tie_word_embeddings is True, kind


# ---- parts of a checkpoint

def test_an_index_and_its_parts(tmp_path):
    write_safetensors(tmp_path / "model-00001-of-00002.safetensors", {"a": X})
    with pytest.raises(DataError, match="1 parts? of a checkpoint and not their index|no tensor"):
        read_matrix(f"{tmp_path}:b")
    write_safetensors(tmp_path / "model-00002-of-00002.safetensors", {"b": X})
    with pytest.raises(DataError, match="2 parts of a checkpoint and not their index, model.safetensors.index.json"):
        read_matrix(f"{tmp_path}:b")
    files = {"a": "model-00001-of-00002.safetensors", "x.b": "model-00002-of-00002.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_bytes(b"\xef\xbb\xbf" + json.dumps({"weight_map": files}).encode())  # as Windows programs write it
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}:a"), X)
    with pytest.raises(DataError, match="says that x.b is in model-00002-of-00002.safetensors, which has no such"):
        read_matrix(f"{tmp_path}:b")
    (tmp_path / "model-00002-of-00002.safetensors").write_text(LFS)
    with pytest.raises(DataError, match="model-00002-of-00002.safetensors is no data but a git-lfs pointer"):
        read_matrix(f"{tmp_path}:b")
    index.write_text('{"metadata": {}}')
    with pytest.raises(DataError, match="has no weight_map"):
        read_matrix(f"{tmp_path}:a")


def test_what_the_hubs_cache_holds(tmp_path):
    (tmp_path / "models--gpt2" / "snapshots" / "abc").mkdir(parents=True)
    with pytest.raises(DataError, match="no checkpoint, but folders of them: name one, such as .*snapshots.abc"):
        read_matrix(f"{tmp_path}/models--gpt2:w")
    (tmp_path / "model.safetensors").symlink_to("../blobs/0123")
    with pytest.raises(DataError, match=r"model.safetensors is a link to ../blobs/0123, which is not there"):
        read_matrix(f"{tmp_path}:w")


def test_pytorch_files_of_other_kinds(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": {"b": torch.ones(2, 2)}, "a.b": torch.zeros(2, 2)}, tmp_path / "two.pt")
    torch.save({"step": 3}, tmp_path / "none.pt")
    torch.save({"x": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "q": torch.eye(3).to_sparse_csr()},
               tmp_path / "m.pt")
    with zipfile.ZipFile(tmp_path / "program.pt", "w") as archive:
        archive.writestr("m/data.pkl", b"")
        archive.writestr("m/constants.pkl", b"")
    for name, words in (("two.pt:a.b", "two tensors of one name"), ("none.pt", "holds no tensors"),
                        ("m.pt:x", "nested"), ("program.pt:x", "a program .TorchScript., which is not run")):
        with pytest.raises(DataError, match=words):
            read_matrix(f"{tmp_path}/{name}")
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/m.pt:q[1:]"), np.eye(3)[1:])
    (tmp_path / "m.csv").write_text("1,2")
    with pytest.raises(DataError, match="m.csv holds one array, which has no name: leave out :x"):
        read_matrix(f"{tmp_path}/m.csv:x")


def test_a_folder_with_several_files_of_tensors(tmp_path):
    for name in ("one.safetensors", "two.safetensors"):
        write_safetensors(tmp_path / name, {"a": X})
    with pytest.raises(DataError, match="2 files of tensors: name one of them, such as .*one.safetensors"):
        read_matrix(f"{tmp_path}:a")


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
    (entry(data_offsets=[0]), b"0" * 16, None, "is no safetensors file"),
    (entry(more=1), b"0" * 16, None, "w has not the entries"),
    (entry(data_offsets=[0, 2 ** 60]), b"0" * 16, None, "is cut short"),
    (entry(data_offsets=[-16, 0]), b"0" * 16, None, "whole numbers"),
    (entry(shape=[True, 4]), b"0" * 16, None, "whole"),
    (entry()[:-1] + b"," + entry(data_offsets=[16, 32])[1:], b"0" * 32, None, "comes twice in one object"),
    (entry()[:-1] + b"," + entry(data_offsets=[12, 28])[1:].replace(b"w", b"v"), b"0" * 28, None,
     "is damaged: w and v lie one over the other"),
    (entry(shape=[2 ** 60, 0], data_offsets=[0, 0]), b"", None, "is empty"),
])
def test_damaged_safetensors(tmp_path, header, body, claim, words):
    write_raw(tmp_path / "m.safetensors", header, body, claim)
    with pytest.raises(DataError, match=words) as caught:
        read_matrix(f"{tmp_path}/m.safetensors:w")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_what_is_true_in_safetensors_is_one(tmp_path):
    write_raw(tmp_path / "m.safetensors", entry(dtype="BOOL", data_offsets=[0, 4]), bytes([2, 1, 0, 255]))
    assert read_matrix(f"{tmp_path}/m.safetensors:w").tolist() == [[1, 1], [0, 1]]


def test_a_file_without_an_ending_is_known_by_how_it_begins(tmp_path):
    write_safetensors(tmp_path / "0123abcd", {"w": X})  # as the hub's cache names it
    np.testing.assert_array_equal(read_matrix(f"{tmp_path}/0123abcd:w"), X)


def test_a_header_that_is_too_long_is_not_read(tmp_path):
    write_hollow(tmp_path / "m.safetensors", {"w": (40, 2 ** 20)})
    with open(tmp_path / "m.safetensors", "r+b") as file:
        file.write((2 ** 27).to_bytes(8, "little"))
    with pytest.raises(SizeError, match="has 134,217,728 bytes; the limit header_bytes"):
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
    write_raw(tmp_path / "f8.safetensors", entry(dtype="F4", data_offsets=[0, 2]), b"00")
    with pytest.raises(DataError, match="of type F4, which is not read"):
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
    with pytest.raises(DataError, match="bad.npz is cut short"):
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
    with pytest.raises(DataError, match="no tensor 'weigth' .* near it are a.weight"):
        read_matrix(f"{file}:weigth")


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
    monkeypatch.setattr(foreign.importlib.util, "find_spec", lambda asked: None)
    with pytest.raises(DataError, match=f"needs the package {package}, which is not installed: pip install {package}"):
        read_matrix(f"{tmp_path}/{name}:w")


def test_gguf(tmp_path):
    gguf = pytest.importorskip("gguf")
    wide = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("plain", X)
    writer.add_tensor("half", X.astype(np.float16))
    writer.add_tensor("token_embd.weight", 2 * X)
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
    np.testing.assert_array_equal(read_matrix(f"{file}:output.weight.T"), 2 * X.T)  # tied where it is left out
    (tmp_path / "cut.gguf").write_bytes((tmp_path / "m.gguf").read_bytes()[:60])
    with pytest.raises(DataError, match="is no GGUF file, or damaged"):
        read_matrix(f"{tmp_path}/cut.gguf:plain")
    (tmp_path / "cut.gguf").write_bytes((tmp_path / "m.gguf").read_bytes()[:-300])
    with pytest.raises(DataError, match="cut.gguf is cut short"):
        read_matrix(f"{tmp_path}/cut.gguf:plain")


def counts(tensors: int, fields: int, rest: bytes = b"") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, fields) + rest + bytes(64)


@pytest.mark.parametrize("content, words", [
    (counts(0, 2 ** 60), "header goes on"), (counts(2 ** 60, 0), "header goes on"), (b"GGUF", "does not begin as one"),
    (counts(0, 1, struct.pack("<Qc", 2 ** 60, b"a")), "header goes on for 1,152,921,504,606,846,976 bytes"),
    (counts(0, 1, struct.pack("<QcIIQ", 1, b"a", 9, 4, 2 ** 60)), "header goes on for 4,611,686,018,427,387,904 bytes"),
    (counts(0, 1, struct.pack("<QcIIQ", 1, b"a", 9, 9, 1)), "unknown type 9"),
    (counts(1, 0, struct.pack("<QcI", 1, b"w", 2 ** 31)), "w has 2,147,483,648 dimensions"),
    (counts(1, 0, struct.pack("<QcIQQIQ", 1, b"w", 2, 2 ** 30, 2 ** 30, 0, 0)), "tensors end beyond it"),
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
