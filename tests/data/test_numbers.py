"""What numbers mean, whatever carries them: every carrier with every kind of value, against float64 rounded once."""
import array
import decimal
import fractions
import math
import warnings

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_raw, write_safetensors
from mm_blender.data import arrays, matrices, small_floats
from mm_blender.errors import DataError, MMWarning

nan, inf = np.nan, np.inf
LARGEST = float(np.finfo(np.float32).max)
TIE = 2.0 ** 127 + 2.0 ** 103  # in the middle between two of float32's

# ---- the kinds of values, in the type that has them

FLOATS = {
    "what is no number": [[nan, inf, -inf], [0.0, -0.0, 1.0]],
    "denormals": [[1e-40, -1e-45, 0.0], [2e-41, 0.0, 0.0]],
    "denormals beside others": [[1e-40, -1e-45, 1.0], [2e-41, 1e-60, 0.0]],
    "the end of the range": [[LARGEST, -LARGEST, 1e38], [3.4e38, 3.4028233e38, 1.2e-38]],
    "minus zero": [[-0.0, -0.0]],
    "zeros": [[0.0, 0.0], [0.0, 0.0]],
    "one element": [[-2.5]],
    "one row": [[0.1, 0.2, 1 / 3, -7.0]],
    "one column": [[0.1], [0.2], [1e10]],
}
KINDS = {f"{name}, {dtype}": np.array(x).astype(dtype) for name, x in FLOATS.items()
         for dtype in ("float16", "float32", "float64") if np.isinf(np.array(x)).any() or dtype == "float64"
         or np.isfinite(np.array(x).astype(dtype)).all()}
KINDS |= {
    "halves that are rounded once": np.array([[TIE, np.nextafter(TIE, 0), np.nextafter(TIE, inf)]]),
    "beyond float32": np.array([[1.0, 3.4028236e38]]),
    "far beyond float32": np.array([[1.0, -1e300]]),
    "too small": np.array([[1e-60, -1e-50]]),
    "too few digits": np.array([[1e-40, 3e-42]]),
    "beyond 2**24": np.array([[2 ** 24 + 1, -2 ** 24 - 3, 5]]),
    "beyond 2**24, int32": np.array([[2 ** 24 + 1, -2 ** 24 - 3, 5]], np.int32),
    "float32's own": np.array([[2 ** 62, -2 ** 63, 2 ** 40]]),
    "rounded twice": np.array([[2 ** 60 + 2 ** 36 + 1, 2 ** 60 + 2 ** 36, 1 - 2 ** 60 - 3 * 2 ** 36]]),
    "beyond 2**53": np.array([[2 ** 53 + 1, 2 ** 63 - 1, -2 ** 63]]),
    "uint64": np.array([[2 ** 64 - 1, 2 ** 63 + 1, 0]], np.uint64),
    "truth values": np.array([[True, False, True]]),
    "bytes": np.array([[0, 127, 255]], np.uint8),
    "int8": np.array([[0, 127, -128]], np.int8),
    "int16": np.array([[0, 32767, -32768]], np.int16),
    "uint32": np.array([[2 ** 32 - 1, 2 ** 31]], np.uint32),
    "complex": np.array([[1 + 1j, 2]]),
    "complex without imaginary parts": np.array([[1 + 0j, 2]], np.complex64),
    "empty": np.zeros((0, 3), np.float32),
    "single number": np.array(3.0),
    "one dimension": np.array([1.0, 2.0]),
    "batch": np.zeros((2, 2, 2), np.float32),
}
REFUSED = {"beyond float32": "too large for float32", "far beyond float32": "too large for float32",
           "too small": "too small for float32", "too few digits": "too small for float32",
           "denormals, float64": "too small for float32", "complex": "complex",
           "complex without imaginary parts": "complex", "empty": "empty|no numbers",
           "single number": "single number", "one dimension": "reshape it", "batch": "matrices"}
ROUNDED = ("beyond 2**24", "beyond 2**24, int32", "rounded twice", "beyond 2**53", "uint64", "uint32")


def nearest(value) -> np.float32:
    """The float32 nearest to an exact number, found by looking at both neighbours; of two the even one."""
    if isinstance(value, float) and not math.isfinite(value):
        return np.float32(value)
    exact, guess = fractions.Fraction(value), np.float32(float(value))
    near = [guess, np.nextafter(guess, np.float32(-inf)), np.nextafter(guess, np.float32(inf))]
    best = min((each for each in near if np.isfinite(each)), key=lambda each: (
        abs(fractions.Fraction(float(each)) - exact), int(each.view(np.uint32)) & 1))
    return np.copysign(best, np.float32(-1)) if value == 0 and math.copysign(1, value) < 0 else best


# ---- the carriers: what gives a matrix, or an address; None if it cannot hold such values

class Array:
    def __init__(self, x):
        self.x = x

    def __array__(self, dtype=None, copy=None):
        return self.x


class Capsule:
    """As much of an array of JAX's as is used of one."""

    def __init__(self, x):
        self.x = x

    def __dlpack__(self, **how):
        return self.x.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.x.__dlpack_device__()


def strided(x, folder):
    wide = np.zeros((*[2 * n for n in x.shape],), x.dtype)
    wide[tuple(slice(None, None, 2) for _ in x.shape)] = x
    return wide[tuple(slice(None, None, 2) for _ in x.shape)]


def read_only(x, folder):
    x = x.copy()
    x.flags.writeable = False
    return x


def mixed_list(x, folder):
    """Whole numbers beside others, which numpy would make float64 together."""
    return [[*row, 0.5] for row in x.tolist()] if x.ndim == 2 and x.size and x.dtype.kind in "iu" else None


def torch_of(x):
    torch = pytest.importorskip("torch")
    return torch.from_numpy(x.copy())


def torch_sparse(layout):
    def make(x, folder):
        return torch_of(x).to_sparse(layout=getattr(__import__("torch"), layout)) if x.ndim == 2 and x.size and (
            x.dtype.kind != "u" or x.itemsize == 1) and not (np.signbit(x.real) & (x == 0)).any() else None
    return make


def scipy_sparse(kind):
    def make(x, folder):
        sparse = pytest.importorskip("scipy.sparse")
        return getattr(sparse, kind)(x) if x.ndim == 2 and x.size and x.dtype != np.float16 and not (
            np.signbit(x.real) & (x == 0)).any() else None
    return make


def npy(x, folder):
    np.save(folder / "w.npy", x)
    return f"{folder}/w.npy"


def fortran_npy(x, folder):
    if not x.ndim:
        return None
    np.save(folder / "f.npy", np.asfortranarray(x))
    return f"{folder}/f.npy"


def big_npy(x, folder):
    return npy(x.astype(x.dtype.newbyteorder(">")), folder)


def npz(x, folder):
    np.savez_compressed(folder / "w.npz", w=x)
    return f"{folder}/w.npz:w"


def pt(x, folder):
    pytest.importorskip("torch").save({"w": torch_of(x)}, folder / "w.pt")
    return f"{folder}/w.pt:w"


def safetensors(x, folder):
    kind = {"f2": "F16", "f4": "F32", "f8": "F64", "b1": "BOOL", "u1": "U8", "i1": "I8", "i2": "I16", "i4": "I32",
            "i8": "I64"}.get(x.dtype.str[1:])
    if kind is None:
        return None
    write_safetensors(folder / "w.safetensors", {"w": (x, kind)})
    return f"{folder}/w.safetensors:w"


def gguf(x, folder):
    package = pytest.importorskip("gguf")
    if x.dtype.kind not in "fi" or not x.ndim:
        return None
    writer = package.GGUFWriter(folder / "w.gguf", "llama")
    writer.add_tensor("w", np.ascontiguousarray(x))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    return f"{folder}/w.gguf:w"


def csv(x, folder):
    if x.ndim != 2 or x.dtype.kind == "c":
        return None
    (folder / "w.csv").write_text("\n".join(",".join(repr(value) for value in row) for row in x.tolist()))
    return f"{folder}/w.csv"


CARRIERS = {
    "numpy": lambda x, folder: x, "big-endian": lambda x, folder: x.astype(x.dtype.newbyteorder(">")),
    "Fortran order": lambda x, folder: np.asfortranarray(x) if x.ndim else None, "strided": strided,
    "read-only": read_only,
    "backwards": lambda x, folder: x[::-1].copy()[::-1] if x.ndim else None,
    "longdouble": lambda x, folder: x.astype(np.longdouble) if x.dtype.kind == "f" else None,
    "nothing masked": lambda x, folder: np.ma.array(x, mask=False), "objects": lambda x, folder: x.astype(object),
    "lists": lambda x, folder: x.tolist() if x.ndim != 3 and x.size else None, "mixed lists": mixed_list,
    "rows in a list": lambda x, folder: [*x] if x.ndim == 2 and x.size else None,
    "numpy's numbers in lists": lambda x, folder: [[*row] for row in x] if x.ndim == 2 and x.size else None,
    "memoryview": lambda x, folder: memoryview(x) if x.size else None, "__array__": lambda x, folder: Array(x),
    "dlpack": lambda x, folder: Capsule(x) if x.dtype.kind != "c" and x.flags.writeable else None,
    "torch": lambda x, folder: torch_of(x),
    "torch, transposed": lambda x, folder: torch_of(x).T.contiguous().T if x.ndim == 2 else None,
    "torch with grad": lambda x, folder: torch_of(x).requires_grad_() if x.dtype.kind == "f" else None,
    "torch, single numbers": lambda x, folder: [[*row] for row in torch_of(x)] if x.ndim == 2 and x.size else None,
    "torch coo": torch_sparse("sparse_coo"), "torch csr": torch_sparse("sparse_csr"),
    "scipy coo": scipy_sparse("coo_matrix"), "scipy csr": scipy_sparse("csr_array"),
    "npy": npy, "npy, Fortran order": fortran_npy, "npy, big-endian": big_npy, "npz": npz, "pt": pt,
    "safetensors": safetensors, "gguf": gguf, "csv": csv,
}


def taken(carried, name="Q"):
    return matrices.read_matrix(carried) if isinstance(carried, str) else arrays.as_matrix(carried, name)


def same_bits(a, b):
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return a.shape == b.shape and (np.isnan(a) == np.isnan(b)).all() and (
        (a.view(np.uint32) == b.view(np.uint32)) | np.isnan(a)).all()


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_with_every_kind_of_value(carrier, tmp_path):
    tried = 0
    for kind, x in KINDS.items():
        carried = CARRIERS[carrier](x, tmp_path)
        if carried is None:
            continue
        tried += 1
        about = f"{kind} in {carrier}"
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            if kind in REFUSED:
                with pytest.raises(DataError, match=REFUSED[kind]):
                    taken(carried)
                    pytest.fail(about)
                continue
            found = taken(carried)
        want = np.array([[nearest(value) for value in row] for row in x.tolist()], np.float32)
        if carrier == "mixed lists":
            want = np.hstack([want, np.full((len(want), 1), 0.5, np.float32)])
        assert same_bits(found, want), (about, found, want)
        words = [str(each.message) for each in said if issubclass(each.category, MMWarning)]
        assert len(words) == (kind in ROUNDED) and all("2**24" in word for word in words), (about, words)
        assert not [each for each in said if not issubclass(each.category, MMWarning)], (about, said)
    assert tried > 5


# ---- kinds that only some carriers have

@pytest.mark.parametrize("x, words", [
    (np.ma.array([[1.0, 2.0]], mask=[[0, 1]]), "masked"), (np.zeros((2, 2), [("a", "f4")]), "records"),
    (np.rec.array([(1.0, 2)]), "records"), (np.zeros((2, 2), "M8[s]"), "dates"),
    (np.zeros((2, 2), "m8[s]"), "duration"),
    (np.array([["1.0"]]), "text"), (np.array([[b"1"]]), "text"), (np.array([["1"]], object), "of the type str"),
    (np.array([[decimal.Decimal("sNaN")]]), "no matrix of numbers"), ([[10 ** 400, 1.0]], "too large"),
    ([[fractions.Fraction(10 ** 400)]], "too large"), (np.zeros((1, 1), "V4"), "raw bytes"), ([[b"1"]], "type bytes"),
    (bytes(4), "text"), (iter([[1.0]]), "type list_iterator"),
    (np.array([[np.datetime64("2020")]], object), "datetime64"),
])
def test_what_is_refused(x, words):
    with pytest.raises(DataError, match=words):
        arrays.as_matrix(x, "Q")


def test_exact_numbers_are_rounded_once():
    third, big = fractions.Fraction(1, 3), 2 ** 60 + 2 ** 36
    x = [[third, decimal.Decimal("0.1"), True], [big + fractions.Fraction(1, 7), fractions.Fraction(big), 2.5]]
    want = [[nearest(value) for value in row] for row in x]
    assert same_bits(arrays.as_matrix(np.array(x, object)), want) and same_bits(arrays.as_matrix(x), want)
    assert same_bits(arrays.as_matrix([array.array("d", [0.1, nan]), array.array("d", [inf, -0.0])]),
                     [[np.float32(0.1), nan], [inf, -0.0]])
    # whole numbers of both signs beyond int64, which numpy makes float64
    with pytest.warns(MMWarning, match=f"{2 ** 63 + 2 ** 39 + 1} is drawn as {2 ** 63 + 2 ** 40}"):
        found = arrays.as_matrix([[2 ** 63 + 2 ** 39 + 1, -1]])
    assert found[0, 0] == 2 ** 63 + 2 ** 40


@pytest.mark.parametrize("kind, name", [
    ("F8_E4M3", "float8_e4m3fn"), ("F8_E5M2", "float8_e5m2"), ("F8_E4M3FNUZ", "float8_e4m3fnuz"),
    ("F8_E5M2FNUZ", "float8_e5m2fnuz"), ("F8_E8M0", "float8_e8m0fnu")])
def test_floats_of_eight_bits_are_pytorchs(kind, name, tmp_path):
    torch = pytest.importorskip("torch")
    if not hasattr(torch, name):
        pytest.skip("this PyTorch has no such type")
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    x = torch.from_numpy(codes).view(getattr(torch, name))
    want = x.float().numpy()
    assert same_bits(small_floats.TABLES[kind].reshape(16, 16), want)
    torch.save({"w": x}, tmp_path / "w.pt")
    write_raw(tmp_path / "w.safetensors", b'{"w": {"dtype": "%s", "shape": [16, 16], "data_offsets": [0, 256]}}'
              % kind.encode(), codes.tobytes())
    for found in (arrays.as_matrix(x), taken(f"{tmp_path}/w.pt:w"), taken(f"{tmp_path}/w.safetensors:w")):
        assert same_bits(found, want)
    assert same_bits(taken(f"{tmp_path}/w.safetensors:w[3:9, ::-2]"), want[3:9, ::-2])


def test_bfloat16_is_the_upper_half_of_float32(tmp_path):
    torch = pytest.importorskip("torch")
    codes = np.arange(2 ** 16, dtype=np.uint16).reshape(256, 256)
    want = (codes.astype(np.uint32) << 16).view(np.float32)
    x = torch.from_numpy(codes.view(np.int16)).view(torch.bfloat16)
    torch.save({"w": x}, tmp_path / "w.pt")
    write_safetensors(tmp_path / "w.safetensors", {"w": (want, "BF16")})
    for found in (arrays.as_matrix(x), taken(f"{tmp_path}/w.pt:w"), taken(f"{tmp_path}/w.safetensors:w")):
        assert same_bits(found, want)


def test_tensors_that_are_views_of_others():
    torch = pytest.importorskip("torch")
    x = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    z = torch.complex(x, 2 * x)
    for tensor, want in ((z.conj().imag, -2 * x), (z.conj().real, x), (torch.view_as_real(z)[..., 1], 2 * x),
                         (x[:1].expand(3, 2), x[[0, 0, 0]]), (x.flip(0), x.flip(0)), (torch.nn.Parameter(x), x),
                         (torch.quantize_per_tensor(x, 0.5, 3, torch.qint8), x),
                         (torch.quantize_per_channel(x, torch.tensor([0.5, 1.0]), torch.tensor([0, 3]), 0,
                                                     torch.quint8), torch.tensor([[1.0, 0.0], [3.0, 4.0]])),
                         (torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 2)),
                          torch.tensor([[0, 3.0], [0, 0]]))):
        np.testing.assert_array_equal(arrays.as_matrix(tensor), want.numpy())
    for tensor, words in ((z.conj(), "complex"), (torch.zeros(2, 2, device="meta"), "meta"),
                          (torch.zeros(2, 2, dtype=torch.complex32), "complex"),
                          (torch.nested.nested_tensor([x, x[:1]]), "nested")):
        with pytest.raises(DataError, match=words):
            arrays.as_matrix(tensor)


# ---- GGUF's quantised kinds, against decoders of our own

def blocks(kind, data):
    """The numbers of quantised blocks, float64. Source: ggml, ggml-quants.c (dequantize_row_…)."""
    half = lambda part: part.copy().view("<f2").astype(np.float64)  # noqa: E731
    if kind == "Q4_0":
        d, q = half(data[:, :2]), data[:, 2:]
        return np.hstack([(q & 15).astype(float) - 8, (q >> 4).astype(float) - 8]) * d
    if kind == "Q8_0":
        return data[:, 2:].view(np.int8) * half(data[:, :2])
    if kind == "Q6_K":
        low, high, scales, d = data[:, :128], data[:, 128:192], data[:, 192:208].view(np.int8), half(data[:, 208:])
        out = np.empty((len(data), 256))
        for n in range(2):
            for l in range(32):
                h = high[:, 32 * n + l]
                parts = (low[:, 64 * n + l] & 15, low[:, 64 * n + 32 + l] & 15, low[:, 64 * n + l] >> 4,
                         low[:, 64 * n + 32 + l] >> 4)
                for at, part in enumerate(parts):
                    q = (part.astype(int) | (h.astype(int) >> 2 * at & 3) << 4) - 32
                    out[:, 128 * n + 32 * at + l] = d[:, 0] * scales[:, 8 * n + 2 * at + l // 16] * q
        return out
    d, least, s, q = half(data[:, :2]), half(data[:, 2:4]), data[:, 4:16].astype(int), data[:, 16:]
    out = np.empty((len(data), 256))
    for j in range(8):  # Q4_K
        scale = s[:, j] & 63 if j < 4 else (s[:, j + 4] & 15) | (s[:, j - 4] >> 6) << 4
        low = s[:, j + 4] & 63 if j < 4 else (s[:, j + 4] >> 4) | (s[:, j] >> 6) << 4
        part = q[:, 32 * (j // 2):32 * (j // 2) + 32]
        part = part & 15 if j % 2 == 0 else part >> 4
        out[:, 32 * j:32 * j + 32] = (d[:, 0] * scale)[:, None] * part - (least[:, 0] * low)[:, None]
    return out


@pytest.mark.parametrize("kind", ["Q4_0", "Q8_0", "Q4_K", "Q6_K"])
def test_quantised_blocks_are_what_their_source_says(kind, tmp_path):
    package = pytest.importorskip("gguf")
    number = package.GGMLQuantizationType[kind]
    size, width = package.GGML_QUANT_SIZES[number]
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, (6, width), np.uint8)
    for at in {"Q4_K": (0, 2), "Q6_K": (208,)}.get(kind, (0,)):
        data[:, at:at + 2] = rng.normal(size=(6, 1)).astype("<f2").view(np.uint8)
    data = data.reshape(3, -1)
    writer = package.GGUFWriter(tmp_path / "w.gguf", "llama")
    writer.add_tensor("w", data, raw_dtype=number)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    want = blocks(kind, data.reshape(6, width)).reshape(3, -1)
    np.testing.assert_allclose(taken(f"{tmp_path}/w.gguf:w"), want, rtol=3e-7, atol=2e-7 * np.abs(want).max())


def test_every_other_quantised_kind_is_right_or_refused_by_name(tmp_path):
    package = pytest.importorskip("gguf")
    rng, read, refused = np.random.default_rng(0), [], []
    for number, (size, width) in package.GGML_QUANT_SIZES.items():
        if size == 1:
            continue
        data = rng.integers(0, 60, (2, width), np.uint8)
        writer = package.GGUFWriter(tmp_path / f"{number.name}.gguf", "llama")
        writer.add_tensor("w", data, raw_dtype=number)
        for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file,
                     writer.close):
            step()
        try:
            found = taken(f"{tmp_path}/{number.name}.gguf:w")
        except DataError as error:
            assert number.name in str(error)
            refused.append(number.name)
        else:
            np.testing.assert_array_equal(found, package.quants.dequantize(data, number))
            read.append(number.name)
    assert {"Q4_0", "Q8_0", "Q4_K", "Q6_K"} <= {*read}


# ---- epilogs at the ends of the range

EXTREME = np.float32([0.0, -0.0, 1e-45, -1e-45, 1e-38, 0.5, -0.5, 1, -1, 5.5, -5.5, 15, -15, 88.7, -88.7, 103.9, -103.9,
                      1e4, -1e4, 1e19, -1e19, 3e38, -3e38, LARGEST, -LARGEST, inf, -inf, nan])


def exp(x):
    return math.exp(x) if x < 709 else inf


def sigmoid(x):
    return nan if x != x else 1 / (1 + exp(-x)) if x > -700 else math.exp(max(x, -745.2))


def limit(x, f):
    """f(x), 0 at minus infinity."""
    return 0.0 if x == -inf else f(x)


POINTWISE = {
    "relu(x)": lambda x: x if x > 0 or x != x else 0.0,
    "gelu(x)": lambda x: limit(x, lambda x: x * math.erfc(-x / math.sqrt(2)) / 2),
    "gelu_tanh(x)": lambda x: limit(x, lambda x: x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "sigmoid(x)": sigmoid,
    "silu(x)": lambda x: limit(x, lambda x: x * sigmoid(x)),
    "tanh(x)": math.tanh,
    "x**2": lambda x: x * x,
    "x**2 / 1e38": lambda x: x * x / 1e38,
    "x * 1e30 / 1e30": lambda x: x * 1e30 / 1e30,
    "x / 1e30 / 1e30 * 1e60": lambda x: x / 1e30 / 1e30 * 1e60,
    "x + 1e8 + -1e8": lambda x: x + 1e8 - 1e8,
    "sigmoid(x**2 * 1e-38 + -3)": lambda x: sigmoid(x * x * 1e-38 - 3),
    "gelu(x) * 1e-30": lambda x: limit(x, lambda x: x * math.erfc(-x / math.sqrt(2)) / 2 * 1e-30),
}


def close(found, want, ulps=1):
    with np.errstate(all="ignore"):
        found, want = np.asarray(found, np.float32), np.asarray(want, np.float64).astype(np.float32)
        near = np.abs(found.astype(np.float64) - want) <= ulps * np.spacing(np.abs(want)).astype(np.float64)
    return ((found == want) | (np.isnan(found) & np.isnan(want)) | near).all()


@pytest.mark.parametrize("where", ["leaf", "small product", "large product"])
@pytest.mark.parametrize("text", POINTWISE)
def test_epilogs_at_the_ends_of_the_range(text, where, monkeypatch):
    if where == "large product":
        monkeypatch.setattr("mm_blender.values.compute.WIDE_SUMS", 0)
    want = [POINTWISE[text](float(value)) for value in EXTREME]
    spelled, one = text.replace("x", "({})"), np.eye(1)
    data = {"A": EXTREME[:, None], "B": one}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        if where == "leaf":
            found = mm.visualize(f"({spelled.format('A')}) @ B", data=data).values["root.left"]
        else:
            found = mm.visualize(spelled.format("A @ B"), data=data).values["root"]
    assert close(found[:, 0], want), (text, [pair for pair in zip(EXTREME, found[:, 0], want)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_at_the_ends_of_the_range(dtype):
    from mm_blender.expression import epilogs

    def apply(name, rows, *numbers):
        return epilogs.apply((epilogs.Step(name, numbers=numbers),), np.array(rows, dtype), None)

    third, e = 1 / 3, math.exp(-1)
    assert close(apply("softmax", [[3e38, -3e38, 0], [-inf, -inf, -inf], [-inf, 1, 0], [3e38, 3e38, 3e38], [1e-45] * 3,
                                   [-3e38, -inf, -3e38]]),
                 [[1, 0, 0], [0, 0, 0], [0, 1 / (1 + e), e / (1 + e)], [third] * 3, [third] * 3, [0.5, 0, 0.5]])
    assert np.isnan(apply("softmax", [[nan, 1, 2], [inf, 1, inf]])).all()
    root2 = math.sqrt(1.5)
    for name in ("layernorm_rows", "layernorm"):
        for constant in (0, 1e-45, 0.1, 1e10, 3e38, -3e38):
            for n in (1, 3, 7, 1000):
                assert (apply(name, np.full((2, n), constant)) == 0).all(), (name, constant, n)
        assert (apply(name, np.full((2, 5), 7.7), 0.0) == 0).all()
    assert close(apply("layernorm_rows", [[3e38, 0, -3e38], [1e-3, 0, -1e-3]]), [[root2, 0, -root2], [
        0.001 / math.sqrt(2e-6 / 3 + 1e-5), 0, -0.001 / math.sqrt(2e-6 / 3 + 1e-5)]])
    assert close(apply("rmsnorm", [[3e38, 3e38], [3e38, 1], [0, 0], [2.0 ** -149, 0]]), [
        [1, 1], [math.sqrt(2), math.sqrt(2) / 3e38], [0, 0], [2.0 ** -149 / math.sqrt(1e-5), 0]], 2)
    found = apply("rope", [[3e38, 3e38], [2e38, -2e38], [1e-45, 1e-45]])
    assert np.isfinite(found).all() and close(found[0], [3e38, 3e38])


# ---- products

def overflowing(h, k, w, seed=0):
    """Operands whose sums go beyond float32 on the way, and come back."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(h, k)).astype(np.float32), rng.normal(size=(k, w)).astype(np.float32)
    a[0, 0::3], a[0, 1::3], a[0, 2::3] = 3e38, 3e38, -3e38
    a[0, k // 3 * 3:], b[:, 0] = 0, 1
    a[0, 2], a[0, 5] = -3e38, -3e38
    a[1] *= np.float32(1e30)
    b[:, 1] *= np.float32(1e30)
    return a, b


@pytest.mark.parametrize("careful", [0, 2 ** 40])
def test_large_products_do_not_overflow_on_the_way(careful, monkeypatch):
    from mm_blender.values import compute

    monkeypatch.setattr(compute, "WIDE_SUMS", 0)
    monkeypatch.setattr(compute, "CAREFUL", careful)
    a, b = overflowing(30, 60, 40)
    with np.errstate(all="ignore"):
        want = (a.astype(np.float64) @ b.astype(np.float64))
        assert not np.isfinite((a @ b)[0, 0]) and np.isfinite(want.astype(np.float32)).any()
        assert np.isinf(want.astype(np.float32)[1, 1])  # beyond float32 in truth
        found = compute.matmul(a, b).astype(np.float32)
        scale = np.abs(a).astype(np.float64) @ np.abs(b)
        fine = np.isfinite(want.astype(np.float32))
        assert (np.isinf(found) == ~fine).all() and not np.isnan(found).any()
        assert (np.abs(found - want)[fine] <= (2e-6 * scale + 1e-45)[fine]).all()
        a[3, 4], a[5, 6], b[7, 8] = nan, inf, -inf
        want, found = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32), compute.matmul(a, b)
    assert (np.isnan(found) == np.isnan(want)).all() and (np.isinf(found) == np.isinf(want)).all()


def test_large_products_of_tiny_numbers_keep_their_digits(monkeypatch):
    from mm_blender.values import compute

    monkeypatch.setattr(compute, "WIDE_SUMS", 0)
    rng = np.random.default_rng(0)
    a, b = rng.random((20, 50), np.float32) * np.float32(1e-20), rng.random((50, 20), np.float32) * np.float32(1e-19)
    assert close(compute.matmul(a, b), a.astype(np.float64) @ b)


def reduced(text, data, **more):
    return mm.visualize(text, data, animate=False, cells=900, **more)


@pytest.mark.parametrize("make", [lambda *given, **more: mm.visualize(*given, animate=False, **more), reduced])
@pytest.mark.parametrize("text, a, settings", [
    ("A @ B", 1e25, {}), ("A @ B * 1e30", 1e5, {}), ("(A**2) @ B", 1e25, {}), ("A @ B", 1e3, {"A.mm_scale": 1e37}),
    ("layernorm(A @ B) * 1e39 @ C", 1.0, {})])
def test_what_is_beyond_float32_is_said_in_every_path(make, text, a, settings, monkeypatch):
    monkeypatch.setattr("mm_blender.values.banded.BAND", 300)
    rng = np.random.default_rng(0)
    data = {"A": (1 + rng.random((24, 24))) * a, "B": (1 + rng.random((24, 24))) * a}
    if "C" in text:
        data["C"] = np.eye(24)
    with pytest.warns(MMWarning, match="too large for float32, whose range ends at 3.4e") as said:
        viz = make(text, data, settings=settings)
        viz.values
    words = [str(each.message) for each in said if "too large" in str(each.message)]
    assert len(words) == 1  # once, and where it begins


@pytest.mark.parametrize("make", [lambda *given, **more: mm.visualize(*given, animate=False, **more), reduced])
def test_infinities_that_were_given_are_not_said_in_any_path(make, recwarn, monkeypatch):
    monkeypatch.setattr("mm_blender.values.banded.BAND", 300)
    x = np.ones((24, 24))
    x[3, 4] = inf
    make("relu(A * 2) @ B @ B", {"A": x, "B": np.ones((24, 24))}).values
    make("A @ B + m", {"A": np.ones((24, 24)), "B": np.ones((24, 24)), "m": -x}).values
    assert not [each for each in recwarn.list if "float32" in str(each.message)]


def test_what_is_too_small_for_float32_is_said():
    tiny = np.full((3, 3), 1e-30)
    for text, data, settings in (("A @ B", {"A": tiny, "B": tiny}, {}),
                                 ("A @ B", {"A": tiny, "B": np.eye(3)}, {"A.mm_scale": 1e-30})):
        with pytest.warns(MMWarning, match="too small for float32"):
            mm.visualize(text, data=data, settings=settings).values
    assert (mm.visualize("A @ B", data={"A": [[1.0]], "B": [[0.0]]}).values["root"] == 0).all()  # nothing, and rightly


def test_scales_are_rounded_once():
    viz = mm.visualize("A @ B", data={"A": [[1e30, 0.0]], "B": [[1.0], [0.0]]}, settings={"A.mm_scale": 1e-60})
    assert viz.values["root.left"][0, 0] == np.float32(1e-30)
    with pytest.warns(MMWarning, match="too large"):
        viz = mm.visualize("A @ B", data={"A": [[1e3, 0.0]], "B": [[1.0], [1.0]]}, settings={"A.mm_scale": 1e38})
        assert viz.values["root.left"].tolist() == [[inf, 0.0]]  # zero stays zero


# ---- statistics

def test_ranges_and_percentiles_are_finite():
    from mm_blender.appearance.rules import span_of
    from mm_blender.values.compute import percentile, Range, ranges

    ends = np.float32([[-3e38, 3e38, 1e-45, nan], [3e38, -3e38, 0, -inf]])
    span = span_of(ends, 99.0)
    assert np.isfinite([span.least, span.greatest, span.small]).all() and span.least < -2e38 and span.greatest > 2e38
    whole = ranges({"m": ends})["m"]
    assert whole == Range(float(np.float32(3e38)), 0.0)
    assert percentile(ends, 99.0, whole).absmax <= whole.absmax
    assert ranges({"m": np.full((2, 2), nan, np.float32)})["m"] == Range(0.0, 0.0)


@pytest.mark.parametrize("kind", ["mean", "rms", "absmax"])
def test_cells_of_large_numbers_are_finite(kind):
    from mm_blender.layout import reduction

    x = np.full((4, 1000), 3e38, np.float32)
    cells = reduction.tiles(x, kind, np.array([0, 4]), np.array([0, 1000]))
    assert cells[0, 0] == np.float32(3e38)


@pytest.mark.parametrize("odd", [{}, {(5, 7): inf}, {(5, 7): -inf}, {(4, 6): inf, (5, 7): nan},
                                 {(5, 7): -9.0, (4, 6): 9.0}])
def test_the_element_behind_a_cell_is_the_one_that_it_shows(odd, monkeypatch):
    x = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    for at, value in odd.items():
        x[at] = value
    viz = mm.visualize("A @ B", data={"A": x, "B": np.eye(40)}, animate=False, cells=1500)
    for path in ("root.left", "root"):
        cells = viz.values[path]
        for row in range(cells.shape[0]):
            for col in range(cells.shape[1]):
                i, j, value = viz.element(path, row, col)
                assert same_bits(value, cells[row, col]), (path, row, col)


def test_ticks_tell_values_apart():
    from mm_blender.lettering import colour_keys

    for values in ([1e6, 1e6 + 1, 1e6 + 2], [50000.01, 50000.02], [1e-45, 3e38], [-3e38, 0.0, 3e38],
                   [1e30, 1e30 * (1 + 1e-7)]):
        text = colour_keys.spelled(values)
        assert len({*text.values()}) == len(values)
        for value, spelled in text.items():
            assert float(spelled.replace("\u2212", "-")) == pytest.approx(value, rel=1e-3)
    assert [*colour_keys.spelled([0.0, 0.5, 1.0]).values()] == ["0", "0.5", "1"]
    for low, high in ((-3.4e38, 3.4e38), (0, 1e-45), (1e-45, 3e38), (16777216.0, 16777218.0), (5.0, 5.0)):
        assert all(np.isfinite(colour_keys.steps(low, high)))


@pytest.mark.parametrize("x", [
    [[1e-45, 3e38]], [[nan, nan]], [[inf, -inf]], [[0, 0]], [[7, 7]], [[3e38, -3e38]], [[1e-45, 1.4e-45]],
    [[2 ** 24, 2 ** 24 - 1]]])
@pytest.mark.parametrize("more", [{}, {"viz.cmap": "viridis"}, {"viz.norm": "log"}, {"viz.norm": "symlog"},
                                  {"viz.cmap": "viridis", "viz.norm": "log"}, {"viz.percentile": 90},
                                  {"viz.sensitivity": "superlocal"}, {"viz.sensitivity": "semilocal"}])
def test_scales_keys_and_words_of_extreme_values_are_finite(x, more):
    from mm_blender.lettering import colour_keys

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        viz = mm.visualize("A @ B", data={"A": np.array(x, np.float32), "B": np.array([[1.0], [0.0]])}, settings=more)
        for scale in viz.scales().values():
            assert np.isfinite([scale.low, scale.high, scale.span]).all()
        for bar in colour_keys.bars(viz.tree, viz.scaling):
            assert bar.ticks and np.isfinite([tick.share for tick in bar.ticks]).all()
            assert np.isfinite(bar.srgb(np.linspace(0, 1, 5))).all()
        assert viz.info()


def test_lines_tell_values_apart():
    from mm_blender.lettering.numerals import tell

    assert [tell(value) for value in (0.25, 123456.7, 123999.0, 1e-45, 3.4e38, 1e5, nan, -inf)] == [
        "0.2500", "1.23457e5", "1.23999e5", "1.4013e-45", "3.4e38", "1.0e5", "nan", "-∞"]
    viz = mm.visualize("A @ B", data={"A": [[1e6, 1e6 + 1]], "B": [[0.0], [0.0]]})
    assert "1000000 to 1000001" in viz.info()


# ---- small and large paths alike

def test_small_and_large_paths_agree(monkeypatch):
    from hypothesis import given, settings, strategies as st

    from mm_blender.values import compute

    @settings(max_examples=60)
    @given(seed=st.integers(0, 10 ** 6), text=st.sampled_from([
        "relu(A @ B) @ C", "gelu(A @ B) / 3 @ C", "softmax(A @ B / sqrt(k)) @ C", "softmax(tril(A @ B)) @ C",
        "rmsnorm(A @ B) @ C", "A @ (B @ C)", "(A @ B)**2 @ C", "tanh(A @ B + 0.5) @ C"]),
        power=st.integers(-15, 12))
    def check(seed, text, power):
        rng = np.random.default_rng(seed)
        h, k, d, w = rng.integers(1, 12, 4)
        scale = 10.0 ** power if "gelu" not in text and "tanh" not in text else 1.0
        data = {"A": rng.normal(size=(h, k)) * scale, "B": rng.normal(size=(k, d)), "C": rng.normal(size=(d, w))}
        found = []
        for small in (2 ** 20, 0):
            monkeypatch.setattr(compute, "WIDE_SUMS", small)
            found.append(mm.visualize(text, data, animate=False).values["root"].astype(np.float64))
        assert np.abs(found[0] - found[1]).max() <= 3e-5 * max(np.abs(found[0]).max(), 1e-45)

    check()


# ---- in Blender

@pytest.mark.parametrize("representation", ["instances", "tiles"])
def test_what_reaches_the_mesh_and_is_picked_is_the_number(representation, fresh_scene):
    bpy = pytest.importorskip("bpy")
    from mm_blender.scene import probe, tiles

    x = np.float32([[LARGEST, 3.401e38, -LARGEST, -0.0], [nan, inf, -inf, 1e-45], [1e-40, 0.1, 16777217, -1e-30]])
    viz = mm.visualize("A @ B", data={"A": x, "B": np.eye(4, 1)}, representation=representation, animate=False,
                       lettering="none").build()
    obj, = (obj for obj in viz.collection.all_objects if obj.get("mm_path") == "root.left" and "mm_role" in obj)
    held = np.empty(x.size, np.float32)
    obj.data.attributes["value"].data.foreach_get("value", held)
    assert (held.view(np.uint32) == x.ravel().view(np.uint32)).all()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for (row, col), value in np.ndenumerate(x):
        hit = probe.element(obj, row, col, depsgraph)
        assert (hit is None) == (value == 0)
        assert hit is None or same_bits(hit.value, value)
    if representation == "instances":
        cloud = obj.evaluated_get(depsgraph).evaluated_geometry()
        points = cloud.instances_pointcloud()
        level = np.empty(len(points.points), np.float32)
        points.attributes["level"].data.foreach_get("value", level)
        assert level[:3] == pytest.approx([1, 3.401e38 / LARGEST, -1])  # finite numbers, and not drawn as infinite
        assert level[3:6].tolist() == [4, 2, -2]

    sizes = tiles.texels(np.float32([[1e-36, 2.5e-37, 1e-40]]), type(viz.scales()["root"])(0.0, 1e-36))[0, :,
                                                                                                        tiles.SIZE]
    assert sizes.tolist() == [255, 128, 3]
