"""The one door for numbers: what comes through it, from arrays of every kind and from files, and what is refused."""
import datetime
import decimal
import fractions
import gc
import warnings

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_raw, write_safetensors
from mm_blender.data import arrays, lazy, slices
from mm_blender.data.arrays import as_array, as_matrix
from mm_blender.errors import DataError, MMWarning, SizeError

X = np.arange(6, dtype=np.float32).reshape(2, 3)
nan = np.nan


def refused(x, *words):
    with pytest.raises(DataError) as caught:
        as_matrix(x, "Q")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "\n" not in str(caught.value)


# ---- what comes through

@pytest.mark.parametrize("x", [
    X.astype(">f4"), X.astype(">i2"), X.astype("<f8"), X.astype(np.longdouble), X.astype(np.uint64),
    np.asfortranarray(X), X[::-1, ::-1][::-1, ::-1], X.tolist(), tuple(map(tuple, X.tolist())), [*X],
    np.ma.array(X), np.ma.array(X, mask=False),
    np.ma.array(X, mask=np.zeros_like(X, bool)), X.astype(object), memoryview(X),
    np.array([[0, 1.0, decimal.Decimal(2)], [fractions.Fraction(6, 2), np.float32(4), np.int8(5)]], object),
])
def test_real_numbers_come_through_as_they_are(x):
    found = as_matrix(x)
    np.testing.assert_array_equal(found, X)
    assert found.dtype == np.float32 and found.flags.c_contiguous and not found.flags.writeable
    assert as_matrix(found) is found


def test_truth_values_nan_and_infinities():
    np.testing.assert_array_equal(as_matrix([[True, False]]), [[1, 0]])
    np.testing.assert_array_equal(as_matrix([[nan, np.inf, -np.inf]]), [[nan, np.inf, -np.inf]])
    np.testing.assert_array_equal(as_matrix([[1e-300, 1.0]]), [[0, 1]])
    np.testing.assert_array_equal(as_matrix([[10 ** 30, 3.4e38]]), np.array([[1e30, 3.4e38]], np.float32))


def test_what_happens_to_an_array_later_does_not_matter():
    a, b = np.ones((2, 3), np.float32), np.ones(4, np.float32)
    viz = mm.visualize("A @ B + b", data={"A": a, "B": np.ones((3, 4)), "b": b})
    a[:], b[:] = 7, 7
    np.testing.assert_array_equal(viz.values["root"], np.full((2, 4), 4))
    changed = viz.edited(data={"A": a})  # the same array, with other numbers
    np.testing.assert_array_equal(changed.values["root"], np.full((2, 4), 22))
    assert viz.edited({"deco.legends": 0.5}).data["root.left"] is viz.data["root.left"]


def test_what_cannot_change_is_not_copied(tmp_path):
    np.save(tmp_path / "w.npy", X)
    mapped, fixed = np.load(tmp_path / "w.npy", mmap_mode="r"), X.copy()
    fixed.flags.writeable = False
    for x in (mapped, fixed, fixed[None][0]):
        assert np.shares_memory(as_matrix(x), x) and np.shares_memory(as_matrix(as_matrix(x)), x)
    view = X.copy()[:]
    view.flags.writeable = False  # and what it is a view of can change
    for x in (view, np.load(tmp_path / "w.npy", mmap_mode="c"), X):
        assert not np.shares_memory(as_matrix(x), x)


@pytest.mark.slow
def test_values_of_arrays_that_are_gone_are_not_taken_for_those_of_new_ones():
    """Values are known again by their arrays' identity, which an array that comes later may have, too."""
    viz = mm.visualize("A @ B + b", data={"A": np.ones((2, 3)), "B": np.ones((3, 4)), "b": np.zeros(4)})
    viz.values
    for number in range(1, 30):
        viz = viz.edited(data={"b": np.full(4, number)})
        gc.collect()
        viz = viz.edited(data={"b": np.full(4, -number)})
        np.testing.assert_array_equal(viz.values["root"], np.full((2, 4), 3 - number))


# ---- what does not

@pytest.mark.parametrize("x, words", [
    (np.ma.array([[1, 2.0]], mask=[[0, 1]]), ["Q is masked: 1 of its 2 elements are missing, the first at [0, 1]"]),
    (np.ma.masked_invalid([[nan, 1]]), ["masked"]), ([np.ma.array([1, 2], mask=[0, 1])], ["Q[0] is masked"]),
    ([[1, np.ma.masked]], ["masked"]), ([[1, None]], ["[0, 1] is None, a missing value"]),
    (np.ones((1, 1)) * 1j, ["Q holds complex numbers (complex128)", "real part"]), ([[1, 2j]], ["complex"]),
    (np.array([[1, 1j]], object), ["complex"]), (np.zeros((2, 2), "M8[D]"), ["type is datetime64[D], dates"]),
    (np.zeros((2, 2), "m8[s]"), ["type is timedelta64[s], durations"]),
    ([[datetime.date(2020, 1, 1)]], ["datetime.date(2020, 1, 1), of the type date"]),
    (np.array([[np.timedelta64(3, "s")]], object), ["of the type timedelta64"]),
    ([["1", "2"]], ["[0, 0] is '1', of the type str"]), ([[1, "2"]], ["[0, 1] is '2', of the type str"]),
    (np.array([["a"]]), ["text, such as 'a'"]), (np.array([[b"a"]]), ["text"]),
    (np.zeros((2, 2), [("a", "f4"), ("b", "f4")]), ["records of the fields a, b", "x['a']"]),
    (np.zeros((2, 2), "V2"), ["raw bytes", "bfloat16"]), (np.full((2, 2), 1e300), ["too large for float32", "1e+300"]),
    ([[1, -4e38]], ["its element [0, 1] is -4e+38", "3.4e+38"]), ([[10 ** 400]], ["too large"]),
    ([[10 ** 5000]], ["too large"]), (np.array([[np.longdouble("1e4000")]]), ["1e+4000"]),
    (np.array([[decimal.Decimal("1e400")]]), ["too large"]),
    (np.full((2, 2), 1e-300), ["too small for float32", "1e-300"]), (np.ones((3, 2, 2)), ["Q[0]"]),
    (np.ones((1, 12, 3, 4)), ["Q has shape (1, 12, 3, 4)", "1 x 12 matrices", "Q[0, 0]"]),
    (np.float64(3), ["single number"]), (np.ones(3), ["(1, 3)", "(3, 1)"]), (np.ones((0, 3)), ["Q is empty"]),
    (None, ["Q is None"]), ({"w": X}, ["dictionary", "x['w']"]), ({1, 2}, ["of the type set"]),
    ([[1, 2], [3]], ["row 0 has 2 and row 1 has 1"]), ([[1, 2], [3, [4]]], ["row 1 holds lists beside"]),
    ([[1, 2], 3], ["it holds lists beside"]), ([[[1], 2]], ["row 0 holds lists beside"]),
    ([np.ones(2), np.ones(3)], ["(2,) and (3,)"]),
])
def test_what_is_refused_and_by_what_name(x, words):
    refused(x, *words)
    if isinstance(x, np.ndarray) and x.ndim == 2:  # what epilogs take by name goes through the same door
        with pytest.raises(DataError, match="^b "):
            mm.visualize("A @ B + b", data={"b": x})


def test_whole_numbers_that_are_rounded_are_said():
    for number, drawn in ((2 ** 24 + 1, 2 ** 24), (2 ** 53 + 1, 2 ** 53), (-2 ** 24 - 1, -2 ** 24)):
        with pytest.warns(MMWarning, match=rf"{number} is drawn as {drawn}$"):
            assert as_matrix(np.array([[1, number]]))[0, 1] == drawn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in ([[2 ** 24, -2 ** 24]], [[2 ** 62, 2 ** 40]], np.array([[-2 ** 31]], np.int32),
                  np.array([[-2 ** 63]]), np.array([[2 ** 63]], np.uint64), [[1e9 + 1]]):
            as_matrix(x)


def test_room_is_looked_for(monkeypatch):
    monkeypatch.setattr("mm_blender.system.memory.free_memory", lambda: 1000)
    monkeypatch.setattr(arrays, "LARGE", 100)
    with pytest.raises(SizeError, match="the numbers of Q, 20 x 20, need about"):
        as_matrix(np.ones((20, 20)), "Q")


def test_torch():
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(X)
    grad = x.clone().requires_grad_()
    for t in (x.double(), x.bfloat16(), x.to(torch.float8_e5m2), x.to_sparse(), x.to_sparse_csr(), x.long(), grad,
              torch.quantize_per_tensor(x, 1.0, 0, torch.qint8), [x[0], grad[1]], x.T.contiguous().T):
        np.testing.assert_array_equal(as_matrix(t), X)
    refused(torch.ones(2, 2, dtype=torch.complex64), "complex")
    refused(torch.full((2, 2), 1e200, dtype=torch.float64), "too large for float32", "1e+200")
    refused(torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "nested")
    if hasattr(torch, "float4_e2m1fn_x2"):
        refused(torch.zeros(2, 2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2), "float4")
    refused(torch.nested.nested_tensor([torch.ones(2, 2), torch.ones(3, 2)], layout=torch.jagged), "nested")
    refused(torch.nn.Linear(2, 3), "module (Linear)", "x.weight")
    refused(torch.nn.Linear(2, 3).state_dict(), "dictionary", "x['weight']")
    huge = torch.sparse_coo_tensor(torch.tensor([[0], [0]]), torch.ones(1), (10 ** 7, 10 ** 7))
    with pytest.raises(SizeError, match="made dense"):
        as_matrix(huge)


@pytest.mark.filterwarnings("ignore")
def test_torch_masked():
    masked = pytest.importorskip("torch.masked")
    torch = pytest.importorskip("torch")
    t = masked.masked_tensor(torch.from_numpy(X), torch.tensor([[True, True, False], [True] * 3]))
    refused(t, "Q is masked: 1 of its 6 elements", "[0, 2]")
    t = masked.masked_tensor(torch.from_numpy(X), torch.ones(2, 3, dtype=torch.bool))
    np.testing.assert_array_equal(as_matrix(t), X)


def test_tables_of_other_libraries():
    pd = pytest.importorskip("pandas")
    np.testing.assert_array_equal(as_matrix(pd.DataFrame({"a": [True, False], "b": [1.5, nan]})), [[1, 1.5], [0, nan]])
    refused(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), "1 missing values")
    refused(pd.DataFrame({"a": ["x"], "b": [1]}), "'x', of the type str")


class Table:
    """As much of a table of polars as is used of one."""

    def null_count(self):
        return np.array([[0, 1]])

    def to_numpy(self):
        return np.array([[1, nan]])


class Sparse(dict):
    """As much of a sparse matrix of scipy's (a dictionary of keys) as is used of one."""

    shape, nnz = (2, 3), 5

    def toarray(self):
        return X


class OnGpu:
    """As much of an array of CuPy's."""

    __cuda_array_interface__ = {}

    def get(self):
        return X

    def __array__(self):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


def test_what_looks_like_other_libraries():
    refused(Table(), "1 missing values", "fill_null")
    for x in (Sparse(), OnGpu()):
        np.testing.assert_array_equal(as_matrix(x), X)
    assert as_array(np.float32(3)).shape == ()


# ---- files of every kind

BAD = {"complex": (np.ones((2, 2)) * 1j, "complex"), "dates": (np.zeros((2, 2), "M8[D]"), "dates"),
       "text": (np.array([["a", "b"]]), "text"), "large": (np.full((2, 2), 1e300), "too large"),
       "small": (np.full((2, 2), 1e-300), "too small"), "records": (np.zeros((2, 2), [("a", "f4")]), "records"),
       "raw": (np.zeros((2, 2), "V2"), "raw bytes"), "heads": (np.ones((1, 2, 2, 2)), r"take one, such as .*\[0, 0\]")}


@pytest.mark.parametrize("kind", BAD)
def test_the_same_rules_hold_for_npy_and_npz(tmp_path, kind):
    x, words = BAD[kind]
    np.save(tmp_path / "w.npy", x)
    np.savez(tmp_path / "w.npz", w=x)
    for address in ("w.npy", "w.npz:w"):
        with pytest.raises(DataError, match=words) as caught:
            mm.visualize("A @ B", data={"A": f"{tmp_path}/{address}"})
        assert address.split(":")[0] in str(caught.value)


def test_the_same_rules_hold_for_torch_safetensors_and_gguf(tmp_path):
    torch, gguf = pytest.importorskip("torch"), pytest.importorskip("gguf")
    torch.save({"c": torch.ones(2, 2, dtype=torch.complex64), "f": torch.full((2, 2), 1e200, dtype=torch.float64),
                "n": torch.full((2, 2), 7, dtype=torch.int64)}, tmp_path / "w.pt")
    write_safetensors(tmp_path / "f.safetensors", {"f": (np.full((2, 2), 1e200), "F64")})
    entry = b'{"c": {"dtype": "C64", "shape": [1, 2], "data_offsets": [0, 16]}}'
    write_raw(tmp_path / "c.safetensors", entry, bytes(16), None)
    writer = gguf.GGUFWriter(tmp_path / "w.gguf", "llama")
    writer.add_tensor("f", np.full((2, 2), 1e200))
    writer.add_tensor("n", np.full((2, 2), 7, np.int32))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    for address, words in (("w.pt:c", "complex"), ("w.pt:f", "1e.200"), ("f.safetensors:f", "1e.200"),
                           ("c.safetensors:c", "complex"), ("w.gguf:f", "1e.200")):
        with pytest.raises(DataError, match=words):
            mm.visualize("A @ B", data={"A": f"{tmp_path}/{address}"})
    for address in ("w.pt:n", "w.gguf:n"):
        viz = mm.visualize("A @ B", data={"A": f"{tmp_path}/{address}"})
        np.testing.assert_array_equal(viz.values["root.left"], np.full((2, 2), 7))


def test_large_tensors_are_read_by_the_same_rules(tmp_path, monkeypatch):
    monkeypatch.setattr(lazy, "LARGE", 10)
    monkeypatch.setattr(slices, "PIECE", 40)
    x = np.random.default_rng(0).normal(size=(9, 5))
    x[3] *= 1e-300  # a row that float32 has not, in a matrix that it has
    np.save(tmp_path / "w.npy", x)
    np.testing.assert_array_equal(mm.visualize("A @ B", data={"A": f"{tmp_path}/w.npy"}).values["root.left"],
                                  x.astype(np.float32))
    x[7, 2] = 1e300
    np.save(tmp_path / "w.npy", x)
    for address in ("w.npy", "w.npy[:, 1:]"):
        with pytest.raises(DataError, match=r"w.npy is too large for float32.* 1e\+300"):
            mm.visualize("A @ B", data={"A": f"{tmp_path}/{address}"}).values
    np.save(tmp_path / "c.npy", x * 1j)
    with pytest.raises(DataError, match="complex"):
        mm.visualize("A @ B", data={"A": f"{tmp_path}/c.npy"}).values
    np.save(tmp_path / "q.npy", np.ones((3, 4, 5)))
    with pytest.raises(DataError, match=r"q.npy\[0\]"):
        mm.visualize("A @ B", data={"A": f"{tmp_path}/q.npy"})


def test_activations_go_through_the_same_door(tmp_path):
    w = {f"model.layers.0.self_attn.{part}_proj.weight": np.eye(4, dtype=np.float32) for part in "qkvo"}
    write_safetensors(tmp_path / "model.safetensors", w | {"model.layers.0.input_layernorm.weight": np.ones(4)})
    (tmp_path / "config.json").write_text('{"model_type": "llama", "num_attention_heads": 2, "hidden_size": 4, '
                                          '"rms_norm_eps": 1e-5}')
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.save(tmp_path / "batch.npy", x[None])
    for bad, words in ((x * 1j, "complex"), (np.ma.masked_less(x, 0), "masked"), (x * 1e300, "too large"),
                       (x[None], r"1 matrix .*activations\[0\]"), (f"{tmp_path}/batch.npy", r"batch.npy\[0\]"),
                       (x.T, "their .T fits"), ({"x": x}, "dictionary")):
        with pytest.raises(DataError, match=words):
            mm.attention_head(tmp_path, 0, 0, activations=bad)
    heads = [mm.attention_head(tmp_path, 0, 0, activations=same)
             for same in (x, x.tolist(), f"{tmp_path}/batch.npy[0]")]
    for viz in heads[1:]:
        np.testing.assert_array_equal(viz.values["root"], heads[0].values["root"])


def test_traced_tensors_go_through_the_same_door():
    torch = pytest.importorskip("torch")
    a = torch.full((2, 3), 1e200, dtype=torch.float64)
    t = mm.trace(lambda p, q: p @ q, a, a.T)
    assert not len(t) and "too large for float32" in t.skipped[0]
    t = mm.trace(lambda p, q: (p @ q) @ q, torch.full((3, 3), 1e25, dtype=torch.float64), torch.full(
        (3, 3), 1e10, dtype=torch.float64))
    assert not len(t) or all(np.isfinite(x).all() for viz in t for x in viz.values.values())


@pytest.mark.parametrize("data, fits", [
    ({"Q": np.ones((3, 4)), "K": np.ones((5, 4))}, "K.T fits"),
    ({"Q": np.ones((4, 3)), "K": np.ones((4, 5))}, "Q.T fits"),
])
def test_a_transposed_operand_is_named(data, fits):
    with pytest.raises(mm.ShapeError, match=rf"; {fits}$"):
        mm.visualize("Q @ K", data=data)


def test_other_transposed_matrices_are_named():
    with pytest.raises(mm.ShapeError, match="; K fits$"):
        mm.visualize("Q @ K.T", data={"Q": np.ones((3, 4)), "K": np.ones((4, 5))})
    with pytest.raises(mm.ShapeError, match="; Q.T fits$"):
        mm.visualize("Q @ Q", data={"Q": np.ones((3, 4))})
    with pytest.raises(mm.ShapeError, match=r"they must be equal$"):
        mm.visualize("Q @ K", data={"Q": np.ones((3, 4)), "K": np.ones((5, 6))})
    with pytest.raises(mm.ShapeError, match="; b.T fits$"):
        mm.visualize("A @ B + b", data={"A": np.ones((3, 4)), "B": np.ones((4, 5)), "b": np.ones((5, 3))}).values
    with pytest.raises(DataError, match="data are matrices by the names"):
        mm.visualize("A @ B", data=np.ones((2, 2)))
