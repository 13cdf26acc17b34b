"""Tracing PyTorch's ways to multiply: each gives the expression that a person would write, and its very values."""
import numpy as np
import pytest

import mm_blender as mm

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
HEAD = ("head = (attn = softmax({0}(Q = {1} @ wQ.T + bQ) @ (K_t = wK @ {2}.T + bK) / sqrt(k){3}))"
        " @ (V = {2} @ wV.T + bV)")
SELF = HEAD.format("", "x", "x", "")
CAUSAL = HEAD.format("tril(", "x", "x", ")")


def close(ours, theirs, tolerance=2e-6):
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1e-6, np.abs(theirs).max()))


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


CALLS = {
    "mm": (torch.mm, [(3, 4), (4, 5)], "A @ B"), "a list of them": (torch.linalg.multi_dot, None, "A @ B @ C"),
    "mv": (torch.mv, [(3, 4), (4,)], "A @ B"),
    "@ of four dimensions": (torch.matmul, [(2, 3, 4, 5), (2, 3, 5, 6)], "A @ B"),
    "bmm": (torch.bmm, [(2, 3, 4), (2, 4, 5)], "A @ B"), "addmm": (torch.addmm, [(5,), (3, 4), (4, 5)], "B @ C + A"),
    "baddbmm": (torch.baddbmm, [(2, 3, 5), (2, 3, 4), (2, 4, 5)], "B @ C + A"),
    "addmm, scaled": (lambda c, a, b: torch.addmm(c, a, b, beta=2, alpha=3), [(3, 5), (3, 4), (4, 5)],
                      "a @ b * 3 + scaled_c"),
    "linear": (F.linear, [(3, 4), (5, 4), (5,)], "A @ B.T + C"),
    "without bias": (F.linear, [(3, 4), (5, 4)], "A @ B.T"),
    "linear of a batch": (F.linear, [(2, 3, 4), (5, 4), (5,)], "A @ B.T + C"),
    "tensordot": (lambda a, b: torch.tensordot(a, b, dims=1), [(3, 4), (4, 5)], "a @ b"),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    fn, shapes, text = CALLS[name]
    inputs = [[normal(3, 4), normal(4, 5), normal(5, 6)]] if shapes is None else [normal(*shape) for shape in shapes]
    want = fn(*inputs)
    t = mm.trace(fn, *inputs, batch="all", head="all")
    assert set(t.expressions) == {f"out = {text}"} and t.skipped == []
    assert len(t) == int(np.prod(want.shape[:-2]))
    for item, viz in zip(t.items, t):
        index = (item.batch[0], item.head[0])[:max(want.ndim - 2, 0)]
        close(viz.values["root"], want[index] if want.ndim > 1 else want[:, None])


EINSUMS = {
    "ij,jk->ki": "B.T @ A.T", "ji,jk->ik": "A.T @ B", "ij,j->i": "A @ B", "bij,bjk->bik": "A @ B",
    "bij,jk->bik": "A @ B",
    "bji,bjk->bik": "A.T @ B", "ij,kj,kl->il": "A @ B.T @ C", "ij,jk,k->i": "A @ B @ C", "bhij,bhjd->bhid": "A @ B",
    "bthd,bshd->bhts": "A @ B.T", "...ij,...jk->...ik": "A @ B",
}
SIZES = dict(zip("bhijkltsd", (2, 3, 4, 5, 6, 7, 8, 9, 2)))


@pytest.mark.parametrize("equation", EINSUMS)
def test_einsums(equation):
    inputs = [normal(*(SIZES[letter] for letter in part.replace("...", "b")))
              for part in equation.partition("->")[0].split(",")]
    want = torch.einsum(equation, *inputs)
    t = mm.trace(torch.einsum, equation, *inputs, batch=1 if want.ndim > 2 else 0, head=2 if want.ndim > 3 else 0)
    assert t.expressions == [f"out = {EINSUMS[equation]}"] and t.skipped == []
    close(t[0].values["root"], want[1, 2] if want.ndim > 3 else want[1] if want.ndim > 2 else
          want if want.ndim > 1 else want[:, None])


def multihead(**options):
    torch.manual_seed(0)
    model = nn.MultiheadAttention(8, 2, **options).eval()
    for bias in (model.in_proj_bias, model.out_proj.bias):
        nn.init.normal_(bias)
    return model


@pytest.mark.parametrize("grad", [True, False])     # without, PyTorch would take a path that is one kernel
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("mask, text", [
    (None, SELF), ("bool", CAUSAL), ("float", CAUSAL), ("is_causal", CAUSAL),
    ("padding", HEAD.format("", "x", "x", " + mask"))])
def test_multihead_attention_with_masks(mask, text, batch_first, grad):
    model, x = multihead(batch_first=batch_first), normal(2, 6, 8)
    given = x if batch_first else x.transpose(0, 1).contiguous()
    causal = nn.Transformer.generate_square_subsequent_mask(6)
    options = {None: {}, "bool": {"attn_mask": causal < 0}, "float": {"attn_mask": causal},
               "is_causal": {"attn_mask": causal, "is_causal": True, "need_weights": False},
               "padding": {"key_padding_mask": torch.arange(6) >= torch.tensor([[6], [4]])}}[mask]
    with torch.set_grad_enabled(grad):
        t = mm.trace(model, given, given, given, **options, batch=1, head=1)
    assert t.expressions == [text, "out = heads @ wO.T + bO"] and t.skipped == [] and t.matmuls == 4
    options = {key: value for key, value in options.items() if key in ("attn_mask", "key_padding_mask")}
    out, weights = model(given, given, given, **options, average_attn_weights=False)
    close(t[0].values["root.left"], weights[1, 1])
    close(t[1].values["root"], out[1] if batch_first else out[:, 1])
    averaged = mm.trace(model, given, given, given, **options, average_attn_weights=True, batch=1, head=1)
    assert averaged.expressions == t.expressions


@pytest.mark.parametrize("batched", [True, False])
def test_attention_to_another_sequence(batched):
    model, y, x = multihead(), normal(4, 2, 8), normal(6, 2, 8)
    y, x = (y, x) if batched else (y[:, 0], x[:, 0])
    t = mm.trace(model, y, x, x, batch=int(batched), head=1)
    assert t.expressions == [HEAD.format("", "query", "x", ""), "out = heads @ wO.T + bO"]
    out, weights = model(y, x, x, average_attn_weights=False)
    close(t[0].values["root.left"], weights[1, 1] if batched else weights[1])
    close(t[1].values["root"], out[:, 1] if batched else out)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("length", [5, 2])  # 2: as many as the batch
def test_an_encoder_layer(batch_first, length):
    torch.manual_seed(0)
    model, x = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first).eval(), normal(2, length, 8)
    given = x if batch_first else x.transpose(0, 1).contiguous()
    t = mm.trace(model, given, batch=1, head=0)
    assert t.expressions == [
        SELF, "norm1 = layernorm_rows(heads @ wO.T + bO + x) * g_norm1 + b_norm1",
        "out = layernorm_rows(relu(norm1 @ w1.T + b1) @ w2.T + b2 + norm1) * g_norm2 + b_norm2"]
    out = model(given)
    close(t[2].values["root"], out[1] if batch_first else out[:, 1], 1e-5)
    assert mm.trace(model, given, only="self_attn", batch=1).expressions[0] == SELF


def test_grouped_queries_and_no_dropout():
    q, k, v = normal(2, 4, 6, 4), normal(2, 2, 6, 4), normal(2, 2, 6, 4)

    def run(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=0.0, enable_gqa=True)
    t = mm.trace(run, q, k, v, batch=1, head="all")
    assert t.expressions == ["out = (attn = softmax(tril(q @ k.T / sqrt(k)))) @ v"] * 4
    for head, viz in enumerate(t):
        close(viz.values["root"], run(q, k, v)[1, head])
        close(viz.values["root.right"], v[1, head // 2])


def test_a_cache_longer_than_the_queries():
    q, k, v = normal(1, 1, 1, 4), normal(1, 1, 6, 4), normal(1, 1, 6, 4)
    t = mm.trace(lambda q, k, v: F.scaled_dot_product_attention(q, k, v), q, k, v)
    assert t.expressions == ["out = (attn = softmax(q @ k.T / sqrt(k))) @ v"]
    close(t[0].values["root"], F.scaled_dot_product_attention(q, k, v)[0, 0])
