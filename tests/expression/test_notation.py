"""What people write for operations is what it means in numpy and PyTorch, or is refused by name."""
import math
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.errors import DataError, ExpressionError, MMError, MMWarning, SizeError
from mm_blender.expression import epilog_functions, epilogs
from mm_blender.expression.grammar import parse
from mm_blender.expression.pasted import is_pasted
from mm_blender.expression.syntax import Operand
from mm_blender.expression.tree import nodes
from strategies import names_of

RNG = np.random.default_rng(5)
DATA = {name: RNG.normal(size=shape).astype(np.float32) for name, shape in {
    "Q": (6, 4), "K": (6, 4), "V": (6, 5), "W": (3, 4), "S": (6, 6), "b": (1, 3)}.items()}
Q, K, V, W, S, b = (DATA[name].astype(np.float64) for name in "QKVWSb")


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))


def value(text: str, **more) -> np.ndarray:
    data = {name: x for name, x in DATA.items() if name in names_of(parse(text, more.get("data", ())))}
    return mm.visualize(text, **{"data": data, **more}).values["root"]


@pytest.mark.parametrize("text, want", [
    *((text, Q @ K.T) for text in (
        "Q @ K.T", "Q @ K.mT", "Q @ K.H", "Q @ K.mH", "Q @ K.t()", "Q @ K.transpose()", "Q @ K.transpose(-2, -1)",
        "Q @ K.transpose(-1,-2)", "Q @ K.transpose(0, 1)", "Q @ K.transpose(1, 0)", "Q @ K.swapaxes(-1, -2)",
        "Q @ K.permute(1, 0)", "Q @ K.transpose(dim0=0, dim1=1)", "Q @ transpose(K)", "Q @ np.transpose(K)",
        "Q @ torch.t(K)", "Q @ torch.transpose(K, 0, 1)", "Q @ K.T.T.T", "Q @ K.t().T.T", "torch.matmul(Q, K.T)",
        "np.matmul(Q, K.T)", "np.dot(Q, K.T)", "Q.dot(K.T)", "Q.matmul(K.mT)", "Q.mm(K.t())", "torch.mm(Q, K.t())",
        "matmul(Q, K.T)", "F.linear(Q, K)", "Q＠K.T", "(Q) @ (K.T)")),
    *((text, Q @ K.T / 2) for text in (
        "Q @ K.T / sqrt(k)", "Q @ K.T/sqrt(d_k)", "Q @ K.T/ sqrt(dk)", "Q @ K.T / np.sqrt(d_k)",
        "Q @ K.T / math.sqrt(4)",
        "Q @ K.T / torch.sqrt(k)", "Q @ K.T / k**0.5", "Q @ K.T / k ** .5", "Q @ K.T * k**-0.5",
        "Q @ K.T * d_k ** -0.5",
        "Q @ K.T / (d_k ** 0.5)", "Q @ K.T / √k", "Q @ K.T / √(d_k)", "Q @ K.T / √4", "Q @ K.T ÷ 2", "0.5 * (Q @ K.T)",
        "Q @ K.T ∗ 0.5", "torch.matmul(Q, K.transpose(-2, -1)) / math.sqrt(d_k)", "Q @ K.T / 2.",
        "Q @ K.T * −.5 * −1")),
    *((text, Q @ K.T / 4) for text in ("Q @ K.T/d_k", "Q @ K.T / dk", "Q @ K.T / k", "Q @ K.T / 2**2",
                                       "Q @ K.T * k**-1")),
    *((text, softmax(Q @ K.T / 2) @ V) for text in (
        "softmax(Q @ K.T / sqrt(k)) @ V", "F.softmax(Q @ K.T / sqrt(k), dim=-1) @ V",
        "torch.softmax(Q @ K.mT / 2, -1) @ V", "(Q @ K.T / 2).softmax(-1) @ V", "(Q @ K.T / 2).softmax(dim=1) @ V",
        "jax.nn.softmax(Q @ K.T / 2, axis=-1) @ V", "np.dot(softmax(Q.dot(K.T) / 2), V)",
        "nn.functional.softmax(torch.matmul(Q, K.transpose(-2, -1)) / math.sqrt(d_k), dim=-1).matmul(V)")),
    ("Q * K @ W.T", (Q * K) @ W.T), ("(Q @ W.T + b).relu() @ W", np.maximum(Q @ W.T + b, 0) @ W),
    ("F.linear(Q, W, b)", Q @ W.T + b), ("torch.tril(Q @ K.T, diagonal=0)", np.tril(Q @ K.T)),
    ("Q @ K.T * S.t()", Q @ K.T * S.T), ("Q @ K.T + S.mT", Q @ K.T + S.T),
    ("torch.relu(Q @ K.T)", np.maximum(Q @ K.T, 0)),
    ("(Q @ K.T) ** 2", (Q @ K.T) ** 2), ("Q @ K.permute(1, 0) * 2**-1", Q @ K.T / 2),
    *((text, Q @ K.T) for text in (
        "np.inner(Q, K)", "tf.matmul(Q, K, transpose_b=True)", "torch.matmul(input=Q, other=K.T)",
        "matmul(Q, K.T, out=None)",
        "np.tensordot(Q, K.T, axes=1)", "F.linear(input=Q, weight=K)", "F.linear(Q, K, None)",
        "operator.matmul(Q, K.T)",
        "Q @ K.T  # scores", "Q @ K.T;", "# scores\nQ @ K.T", ">>> Q @ K.T", "`Q @ K.T`", "'Q @ K.T'", "“Q @ K.T”",
        "```python\nQ @ K.T\n```", "y = Q \\\n  @ K.T", "y = Q @\n K.T", "y = Q\n@ K.T",
        "y =\nQ @ K.T\n", "\ufeffQ @\u200bK.T")),
    *((text, Q @ W.T + b) for text in ("F.linear(Q, W, bias=b)", "torch.addmm(b, Q, W.T)", "np.add(Q @ W.T, b)")),
    *((text, softmax(Q @ K.T / 2) @ V) for text in (
        "F.scaled_dot_product_attention(Q, K, V)", "F.scaled_dot_product_attention(query=Q, key=K, value=V, scale=0.5)",
        "F.scaled_dot_product_attention(Q, K, V, None, 0.0, False)",
        "F.softmax(Q @ K.T / 2, dim=-1, dtype=torch.float32) @ V", "scipy.special.softmax(Q @ K.T / 2, axis=1) @ V")),
    ("F.scaled_dot_product_attention(Q, K, V, is_causal=True)",
     softmax(np.where(np.tri(6, dtype=bool), Q @ K.T / 2, -np.inf)) @ V),
    *((text, np.maximum(Q @ W.T, 0)) for text in (
        "F.relu(Q @ W.T, inplace=True)", "np.maximum(0, Q @ W.T)", "max(0, Q @ W.T)", "(Q @ W.T).clamp(min=0)")),
    ("np.multiply(Q @ K.T, S)", Q @ K.T * S), ("torch.div(Q @ K.T, 4)", Q @ K.T / 4),
    *((text, gelu_tanh(Q @ W.T)) for text in (
        "gelu(Q @ W.T, approximate='tanh')", 'F.gelu(Q @ W.T, approximate="tanh")', "jax.nn.gelu(Q @ W.T)",
        "tf.nn.gelu(Q @ W.T, True)", "gelu_tanh(Q @ W.T)", "gelu(Q @ W.T, approximate=‘tanh’)")),
    *((text, gelu(Q @ W.T)) for text in (
        "gelu(Q @ W.T)", "F.gelu(Q @ W.T, approximate='none')", "jax.nn.gelu(Q @ W.T, approximate=False)",
        "tf.nn.gelu(Q @ W.T)")),
])
def test_what_pythons_notation_means(text, want):
    np.testing.assert_allclose(value(text), want, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("text, words", [
    ("Q @ R * True", ["'True' is a name without a value"]), ("Q @ R * nan", ["'nan' is a name without"]),
    ("Q @ R * ½", ["write a fraction as (1/2)"]), ("Q / sqrt(d_k) @ K.T", ["d_k"]),
    *((text, [".T"]) for text in (
        "Q @ Q^T", "Q @ Qᵀ", "Q @ Q⊤", "Q @ Q^⊤", "Q @ Q.t", "Q @ Q.T()", "Q @ Q.transpose", "Q @ Q'", "Q @ Q’",
        "Q @ Q**T",
        "Q @ Q ** T", "Q @ Q^{T}", "Q @ Q^{\\top}", "Q @ Q^\\top", "Q @ Q^t", "Q @ Qᵗ", "Q @ Q^H", "Q @ Qᴴ", "Q @ Q†",
        "Q @ Q ^ T", "QK^T @ V", "QKᵀ @ V", "(Q @ K)^T", "(Q @ K)ᵀ", "(Q @ K)'", "(Q @ K).T", "(Q @ K).t()",
        "Q @ K.swapaxes",
        "Q @ K.transpose(1, 2)", "Q @ K.permute(0, 2, 1)")),
    *((text, ["'d_k'"]) for text in ("S @ V / d_k", "Q @ V/sqrt(d_k)", "Q @ V * d_k")),
    *((text, [f"'{name}'"]) for name in ("d", "d_model", "head_dim", "n", "scale", "tau")
      for text in (f"Q @ K.T / {name}", f"Q @ K.T/{name}", f"Q @ K.T / sqrt({name})", f"Q @ K.T / np.sqrt({name})")),
    ("Q @ K.T * scale", ["'scale'", "number"]), ("Q @ K.T * head_dim ** -0.5", ["'head_dim'"]),
    ("Q·K", ["'·'", "@", "*"]), ("Q ⋅ K", ["'⋅'"]), ("Q × K", ["'×'"]), ("Q∙K", ["'∙'"]), ("Q ⊗ K", ["'⊗'"]),
    ("Q ⊙ K", ["*"]),
    ("softmax(Q @ K.T) V", ["'V'"]), ("softmax(Q @ K.T, dim=0) @ V", ["rows", "dim"]),
    ("softmax(Q @ K.T, 0)", ["rows"]),
    ("(Q @ K.T).softmax(axis=-2)", ["rows"]), ("tril(Q @ K.T, diagonal=1)", ["main diagonal"]),
    ("einsum('ij,kj->ik', Q, K)", ["einsum", "@"]), ('torch.einsum("ij,kj", Q, K)', ["einsum", "@"]),
    ("\\softmax(Q @ K.T)", ["LaTeX"]), ("$Q @ K.T$", ["LaTeX"]), ("\\frac{Q}{2} @ K", ["LaTeX"]),
    ("W_{q} @ x", ["LaTeX"]),
    ("Q^2 @ K", ["** 2"]), ("Q² @ K", ["** 2"]), ("(Q @ K)²", ["** 2"]), ("Q^-1 @ K", ["inverse"]),
    ("Q⁻¹ @ K", ["inverse"]),
    ("Q.I @ K", ["inverse"]), ("Q^n @ K", ["^"]), ("2Q @ K", ["2 * Q"]), ("Q @ 2K.T", ["2 * K"]), ("Q @ K.", ["'.'"]),
    ("Q @ K!", ["'!'"]), ("Q-K @ V", ["subtraction"]), ("Q - K @ V", ["subtraction"]), ("Q @ K.T - S", ["subtraction"]),
    ("Q @ K.T−S", ["subtraction"]), ("Q%K @ V", ["remainder"]), ("Q % K @ V", ["'%'"]), ("Q&K @ V", ["'&'"]),
    ("Q.softmax @ K", ["softmax(Q)"]), ("Q.float() @ K", [".float()"]), ("Q @ K.T[0]", [".T"]),
    ("Q @ K[:, 0]", ["slice"]),
    ("scipy.special.softmax(Q @ K.T)", ["all elements", "axis=-1"]), ("softmax(Q @ K.T, axis=None)", ["rows", "None"]),
    ("softmax(Q @ K.T, dim=True)", ["rows", "True"]), ("gelu(Q @ K.T, approximate='x')", ["'tanh'", "'none'"]),
    ("rope(Q @ K.T, theta='x')", ["number for theta"]), ("relu(Q @ K.T, True)", ["no True"]),
    ("Q^{-1} @ K", ["inverse"]), ("W^{Q} @ x", ["LaTeX", "W_Q"]), ("Q %*% K.T", ["@"]), ("Q .* K @ V", ["'.*'", "*"]),
    ("y ← Q @ K", ["="]), ("h = Q @ K; y = h @ V", ["one statement"]), ("h = Q @ K\ny = h @ V", ["one statement"]),
    ("A(Q, K) = Q @ K", ["write A"]), ("F.layer_norm(Q @ K, (4,))", ["layernorm_rows"]), ("inv(Q) @ K", ["inverse"]),
    ("rearrange(K, 'a b -> b a') @ Q", ["rearrange", "data"]), ("Q.to('cuda') @ K", [".to()", "leave it out"]),
    ("nn.Softmax(dim=-1)(Q @ K.T)", ["Softmax", "module"]), ("Q @ K.T / k**(1/2)", ["** 0.5"]), ("Q 'K'", ["quotes"]),
    ("attention(Q, K, V)", ["softmax(Q @ K.T / sqrt(k)) @ V"]), ("F.dropout(Q, p=0.1) @ K", ["leave it out"]),
    ("F.scaled_dot_product_attention(Q, K, V, attn_mask=M)", ["mask", "added"]), ("np.tensordot(Q, K, 2)", ["axes=1"]),
    ("F.scaled_dot_product_attention(Q, K, V, dropout_p=0.1)", ["dropout"]), ("np.maximum(Q @ K, 1)", ["0"]),
    ("torch.max(Q @ K, 0)", ["axis"]), ("(Q @ K).max(0)", ["axis"]), ("nn.gelu(Q @ K)", ["Flax", "approximate"]),
    ("torch.add(Q @ K, V, alpha=2)", ["+"]), ("matmul(Q, K, precision=high)", ["precision=high"]),
    ("F.scaled_dot_product_attention(Q, K)", ["queries"]), ("div(Q @ K, V)", ["/"]), ("div(Q @ K, 0)", ["zero"]),
    ("Q.mean() @ K", ["mean"]), ("(Q @ K).sum(0)", ["sum"]), ("F.layer_norm(Q @ K)", ["layernorm_rows"]),
    ("F.rms_norm(Q @ K)", ["did you mean rmsnorm"]), ("1/8 * Q @ K", ["1 is a number"]), ("2 @ K", ["2 is a number"]),
    ("softmax(3) @ Q", ["3 is a number"]), ("Q @ (x = 3)", ["names no result"]), ("y := Q @ K", ["="]),
    ("Q @ K.T / sqrt(K.shape[-1])", ["'K.shape[-1]'"]), ("Q @ K.T / sqrt(K.size(-1))", ["'K.size'"]),
    ("rope(Q @ K.T, low=3)", ["low"]), ("rmsnorm(Q @ K.T, dim=3)", ["'dim'"]), ("Q.dot(2) @ K", ["number"]),
    *((text, ["'scale' is a name without"]) for text in ("scale * Q @ K", "Q @ (scale * K)")),
    *((f"{name} * Q @ K", [f"'{name}'", f"A @ B * {name}"]) for name in ("k", "d_k")),
    *((text, [f"'{name}' is a name without"]) for name in ("nan", "inf", "pi", "True", "None") for text in (
        f"Q @ K + {name}", f"{name} + Q @ K", f"{name} @ K", f"Q @ {name}", f"relu({name}) @ K")),
    *((text, [f"'{name}' is a name without"]) for name in "αλτ" for text in (f"Q @ K * {name}", f"{name} * Q @ K")),
    *((text, ["'1.2.3' is no number"]) for text in ("Q @ K * 1.2.3", "Q @ K + 1.2.3", "1.2.3 @ K")),
    ("Q @ K * 1_000", ["write 1000"]), ("Q @ K * 2j", ["complex"]), ("Q @ K * (S)", ["'*'", "* S"]),
    ("rope(Q @ K, theta=1, theta=2)", ["two numbers for theta"]), ("rope(Q @ K, 9, theta=2)", ["two", "theta"]),
    ("y <- Q @ K", ["="]), ("[[1, 2]] @ K", ["data"]), ("[Q @ K]", ["brackets"]),
    ("matmul(Q)", ["two matrices"]), ("Q/K @ V", ["'K'"]), ("in/out @ h", ["'out'"]), ("Q @ K.T // 2", ["'/'"]),
])
def test_what_is_not_read_is_named(text, words):
    for data in ({}, {"Q": DATA["Q"], "K": DATA["K"]}):
        with pytest.raises(ExpressionError) as caught:
            mm.visualize(text, data=data)
        assert all(word in str(caught.value).split("\n")[0] for word in words), str(caught.value)


@pytest.mark.parametrize("name", ["K_t", "K^T", "Kᵀ", "K.t", "in/out", "a-b", "h/0/attn", "W[0]", "W^Q", "x",
                                  "Q.T/d_k",
                                  "K.transpose", "2K", "n!#$%&", "K_T", "Wₒ", "scale", "d_k", "A.softmax", "B.",
                                  "nan", "None", "α", "1.2.3", "1_000"])
def test_a_name_that_has_data_of_its_own_stays_a_name(name):
    k = RNG.normal(size=(4, 5)).astype(np.float32)
    q = DATA["Q"]
    viz = mm.visualize(f"Q @ {name}", data={"Q": q, name: k})
    np.testing.assert_allclose(viz.values["root"], q.astype(float) @ k, rtol=1e-5, atol=1e-5)
    again = viz.edited(expression=f"Z @ (Q @ {name})")
    assert [leaf["name"] for leaf in (again.params["right"]["left"], again.params["right"]["right"])] == ["Q", name]
    assert mm.visualize(viz.params).written == viz.written == f"Q @ {name}"
    assert parse(viz.written, [name]).right == Operand(name, column=5)


def test_messages_show_names_as_they_are_written():
    for text in ("Q @ K a-b", "Q @ K / a-b", "Q @ K * a-b ** 2"):
        with pytest.raises(ExpressionError, match="a-b"):
            parse(text, ["a-b"])


def test_very_long_expressions_are_read_or_refused_at_once():
    started = time.process_time()
    for text in ("A @ B" + " * 2" * 20_000, "A" + ".t()" * 20_000 + " @ B", "A @ B" + " + b" * 20_000, "=" * 90_000,
                 "A @ B" + " * 2" * 12_000):
        with pytest.raises((ExpressionError, SizeError)):
            parse(text)
    assert parse("A @ " + "B" * 90_000).right.name == "B" * 90_000
    assert len(parse("A @ B" + " * 2" * 100).chain) == 100
    parse("A" + ".t()" * 150 + " @ B")
    assert not is_pasted("](" * 45_000) and not is_pasted("a.b" * 30_000) and not is_pasted("> " * 40_000)
    assert time.process_time() - started < 10


def test_links_keep_the_names_that_the_web_tool_takes():
    for name in ("K^T", "in/out", "a-b", "x%&", "W[0]", "3", "K.t"):
        params = mm.visualize("A @ B").params
        params["right"]["name"] = name
        viz = mm.visualize(mm.visualize(params).link())
        assert viz.params["right"]["name"] == name
        assert viz.values["root.right"].shape == (32, 32)


# ---- whatever is typed, no matrix is made up for an operation

PIECES = ["Q", "K", "V", "Q.T", "K^T", "Kᵀ", "K.t()", "K.mT", "K'", "K**T", "V.transpose(-2,-1)", "(Q @ K)",
          "softmax(", ")", "(",
          "@", " @ ", "*", "/", "+", "-", "−", "·", "×", "/d_k", "/ sqrt(k)", "/√8", "**2", "**0.5", "^2", "²", ".T",
          ".t", ".softmax(-1)",
          "F.relu(", ", dim=-1)", "[0]", "8", "2", " ", "=", "np.dot(Q, K.T)", "\\", "{T}", "%", "!", ".", ",",
          "scale", "k"]
OPERATIONS = (".T", ".mT", ".t", ".transpose", ".softmax", ".", "!")


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=8).map("".join))
def test_no_operation_becomes_a_name(text):
    try:
        tree = parse(text)
    except MMError as error:
        assert len(str(error).split("\n")[0]) > 20
        return
    for name in names_of(tree) - {tree.name or "x"}:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.\[\]]*", name) and not name.endswith(OPERATIONS), name


# ---- data that are missing

def test_what_is_made_up_is_said_once_with_how():
    with pytest.warns(MMWarning,
                      match=r"no data are given for V \(col major\), b \(a random row\): their values are made up"):
        mm.visualize("softmax(Q @ K.T) @ V + b", data={"Q": DATA["Q"], "K": DATA["K"]})


@pytest.mark.parametrize("text, data, options", [
    ("Q @ K.T", {"Q": Q, "K": K}, {}), ("A @ B", {}, {}), ("Q @ K.T", {"root.left": Q, "root.right": K.T}, {}),
    ("Q @ B", {"Q": Q}, {"settings": {"B.init": "gaussian"}}), ("Q @ B", {"Q": Q}, {"settings": {"B.init": "eye"}}),
    ("Q @ (P = W.T @ Z) + P", {"Q": Q, "W": W, "Z": np.eye(3)}, {}), ("Q @ W.T + b", {"Q": Q, "W": W, "b": b}, {}),
    ("Q @ W.T * scale", {"Q": Q, "W": W, "scale": 0.5}, {}),
])
def test_nothing_is_said_where_nothing_is_made_up(text, data, options, recwarn):
    mm.visualize(text, data=data, strict=True, **options)
    assert not [warning for warning in recwarn if warning.category is MMWarning]


def test_strict_refuses_what_would_be_made_up():
    with pytest.raises(DataError, match=r"no data for V \(col major\), and strict"):
        mm.visualize("Q @ V", data={"Q": Q}, strict=True)
    viz = mm.visualize("Q @ V.T", data={"Q": Q, "V": K}, strict=True)
    with pytest.raises(DataError, match="no data for Z"):
        viz.edited(expression="Q @ V.T @ Z")
    assert viz.edited({"layout.gap": 3}).options.strict


@pytest.mark.parametrize("text, names, words", [
    ("Q @ K_t", ["Q", "Kt"], ["'Kt'", "'K_t'"]), ("Q @ K", ["Q", "k"], ["'k'", "'K'"]),
    ("Q @ K", ["Q", "K "], ["'K '", "'K'"]),
    ("Q @ Wq", ["Q", "W_q"], ["'W_q'", "'Wq'"]), ("Q @ Q_t", ["Q"], ["Q_t", "Q.T"]), ("Q @ QT", ["Q"], ["QT", "Q.T"]),
    ("Q @ Q[0]", ["Q"], ["Q[0]", "part of Q"]), ("Q @ Q[0].T", ["Q"], ["part of Q"]),
    ("Q @ Q_transpose", ["Q"], ["'Q_transpose'", "Q.T"]), ("Q @ Qtr", ["Q"], ["'Qtr'", "Q.T"]),
    ("Q @ Q.TT", ["Q"], ["Q.T"]), ("Q @ Q.Transpose", ["Q"], ["Q.T"]), ("Q @ Q.trans", ["Q"], ["Q.T"]),
    ("Q @ Q.data", ["Q"], ["Q.data", "part of Q"]), ("Q @ K_t", ["Q", "K"], ["'K'", "K.T"]),
    ("Q @ KT", ["Q", "K"], ["'K'", "K.T"]), ("QK.T @ V", ["Q", "K", "V"], ["'Q'", "QK"]),
    ("attn @ V", ["atn", "V"], ["'atn'", "attn"]), ("Q @ K.T", ["Q", "K^T"], ["'K^T'", "K"]),
    ("Q @ W[0]", ["Q", "W"], ["'W'", "data={'W[0]'"]), ("Q @ K.T", ["Q", "k"], ["'k'", "did you mean 'K'"]),
    ("Q @ K.T", ["Q", "K", "zzz"], ["'zzz'", "Q, K.T"]),
])
def test_names_that_are_nearly_given(text, names, words):
    with pytest.raises(mm.MMError) as caught:
        mm.visualize(text, data=dict.fromkeys(names, np.ones((4, 4))))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_functions_that_take_numbers_have_names_for_them():
    assert set(epilogs.NUMBERS) <= set(epilog_functions.FUNCTIONS)
    step, = parse("rope(Q @ K, offset=3)").chain
    assert step.numbers == (10000.0, 3.0)
    assert parse("layernorm_rows(Q @ K, eps=1e-6)").chain[0].numbers == (1e-6,)


def test_info_tells_the_epilogs_what_is_given_and_what_is_made_up():
    with pytest.warns(MMWarning):
        viz = mm.visualize("out = (attn = softmax(Q @ K.T / sqrt(k))) @ V + b", data={"Q": Q, "b": b[:, :2]},
                           settings={"V.w": 2})
    said = viz.info()
    assert said.startswith("out = (attn = softmax(Q @ K.T / sqrt(k))) @ V + b\n") and repr(said) == str(said)
    assert re.search(r"Q +6 x 4 .*  data$", said, re.M) and re.search(r"K.T +4 x \d+ .*  made up: col major$", said,
        re.M)
    assert re.search(r"b +1 x 2 .*  data, in an epilog$", said, re.M)
    assert said.splitlines()[-1] == "made up beside the given data: K.T, V"
    assert {node.name: node.remark for node in nodes(viz.tree)} == {
        "Q": "", "K.T": "made up", "attn": "", "V": "made up", "out": ""}
    assert "made up" in {text.text for text in viz.legends()}
    assert "made up" not in mm.visualize("Q @ K.T + b").info()
    with pytest.warns(MMWarning):
        assert "made up: a random row" in mm.visualize("Q @ K.T + b", data={"Q": Q}).info()
