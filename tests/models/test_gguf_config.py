"""GGUF files: metadata that change the numbers are right, as llama.cpp has it, or refused by name."""
import math
import time

import numpy as np
import pytest

import mm_blender as mm
from checkpoints import write_gguf
from mm_blender.data.tensors import open_store
from mm_blender.errors import DataError
from mm_blender.expression.epilog_functions import rope, rope_speeds
from mm_blender.expression.tree import nodes

pytest.importorskip("gguf")

WIDTH, HEADS, SIZE = 16, 4, 4
rng = np.random.default_rng(0)
X = rng.normal(size=(6, WIDTH)).astype(np.float32)
W = {part: rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) / 3 for part in "qkvo"}
B = {part: rng.normal(size=WIDTH).astype(np.float32) for part in "qkv"}
NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output"}


def permuted(w):
    return w.reshape(HEADS, 2, SIZE // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def made(folder, arch="llama", biases="", more=None, **fields):
    turned = permuted if arch == "llama" else lambda w: w
    tensors = {"blk.0.attn_norm.weight": np.ones(WIDTH)}
    for part, name in NAMES.items():
        tensors[f"blk.0.{name}.weight"] = turned(W[part]) if part in "qk" else W[part]
        if part in biases:
            tensors[f"blk.0.{name}.bias"] = turned(B[part]) if part in "qk" else B[part]
    usual = {"attention.head_count": HEADS, "attention.head_count_kv": HEADS, "embedding_length": WIDTH,
             "attention.layer_norm_rms_epsilon": 1e-5, "rope.freq_base": 1e4, "block_count": 1}
    about = {"general.architecture": arch, **{f"{arch}.{key}": x for key, x in {**usual, **fields}.items()
                                              if x is not None}}
    return write_gguf(folder / "model.gguf", about, tensors | (more or {}))


def attention(head, biases="", causal=True, numbers=(1e4,)):
    """In float64, of the weights in their own order."""
    x = X / np.sqrt((X.astype(float) ** 2).mean(1, keepdims=True) + 1e-5)
    at = slice(head * SIZE, (head + 1) * SIZE)
    q, k = (rope(x @ W[part][at].T + (B[part][at] if part in biases else 0), *numbers) for part in "qk")
    scores = q @ k.T / math.sqrt(SIZE)
    scores = np.where(np.tri(len(x)) > 0, scores, -np.inf) if causal else scores
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def shown(path, head, **more):
    viz = mm.attention_head(path, 0, head, activations=X, **more)
    node, = [node for node in nodes(viz.tree) if node.name == "attn"]
    return viz.values[node.path]


@pytest.mark.parametrize("arch", ["llama", "qwen2"])
@pytest.mark.parametrize("biases", ["", "q", "k", "qkv"])
def test_biases_are_in_the_order_of_their_weights(tmp_path, arch, biases):
    path = made(tmp_path, arch, biases)
    for head in range(HEADS):
        for form in ("projections", "attention"):
            np.testing.assert_allclose(shown(path, head, form=form), attention(head, biases), atol=1e-5)


UNDERSTOOD = {
    "both ways": ({"attention.causal": False}, dict(causal=False)),
    "said to be causal": ({"attention.causal": True}, {}),
    "another base": ({"rope.freq_base": 500.0}, dict(numbers=(500.0,))),
    "linear": ({"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, dict(numbers=(1e4, 0, 4))),
    "linear of old": ({"rope.scale_linear": 4.0}, dict(numbers=(1e4, 0, 4))),
    "none": ({"rope.scaling.type": "none"}, {}),
    "sizes": ({"attention.key_length": 4, "attention.value_length": 4}, {}),
    "all of a head": ({"rope.dimension_count": 4}, {}), "heads by layer": ({"attention.head_count": [HEADS]}, {}),
    "experts and pooling": ({"expert_count": 2, "pooling_type": 1, "vocab_size": 7}, {}),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_metadata_that_are_understood(tmp_path, name):
    fields, how = UNDERSTOOD[name]
    np.testing.assert_allclose(shown(made(tmp_path, **fields), 2), attention(2, **how), atol=1e-5)


@pytest.mark.parametrize("fields", [
    {"rope.dimension_count": 2}, {"attention.value_length": 8}, {"attention.sliding_window": 3},
    {"attention.scale": 0.5},
    {"attn_logit_softcapping": 50.0}, {"attention.max_alibi_bias": 8.0}, {"attention.clamp_kqv": 1.0},
    {"rope.scaling.type": "yarn"}, {"rope.scaling.type": "linear"}, {"rope.scaling.factor": 4.0},
    {"rope.freq_scale": 0.5},
    {"rope.dimension_sections": [1, 1]}, {"attention.head_count": [4, 2]}, {"attention.head_count_kv": [4, 2]},
    {"attention.layer_norm_epsilon": 1e-5}, {"use_parallel_residual": True}, {"rope.freq_base": 0.0},
    {"attention.head_count": 0}, {"attention.causal": 1}, {"rope.scaling.attn_factor": 2.0},
    {"tensor_data_layout": "x"},
    {"something.new": 3},
], ids=lambda x: next(iter(x)))
def test_metadata_that_are_refused_by_name(tmp_path, fields):
    key = next(iter(fields))
    with pytest.raises(DataError, match="rope.scaling.factor" if fields.get(key) == "linear" else key):
        shown(made(tmp_path, **fields), 0)


def test_what_is_no_model_that_is_known(tmp_path):
    made(tmp_path)
    for arch in ("gemma2", "llama4", "phi3"):
        with pytest.raises(DataError, match=f"of the type '{arch}'"):
            shown(made(tmp_path, arch), 0)
    with pytest.raises(DataError, match="does not say attention.head_count"):
        shown(made(tmp_path, **{"attention.head_count": None}), 0)
    with pytest.raises(DataError, match="blk.0.attn_sinks.weight"):
        shown(made(tmp_path, more={"blk.0.attn_sinks.weight": np.ones(4)}), 0)
    with pytest.raises(DataError, match="attn_q_norm"):
        shown(made(tmp_path, more={"blk.0.attn_q_norm.weight": np.ones(4)}), 0)


def test_the_scaling_of_llama_3(tmp_path):
    for numbers in ((8.0, 1.0, 4.0, 8192.0), (32.0, 1.0, 4.0, 8192.0)):
        divisors = rope_speeds(SIZE, 5e5) / rope_speeds(SIZE, 5e5, *numbers)
        path = made(tmp_path, **{"rope.freq_base": 5e5}, more={"rope_freqs.weight": divisors})
        np.testing.assert_allclose(shown(path, 1), attention(1, numbers=(5e5, 0, *numbers)), atol=1e-5)
    path = made(tmp_path, **{"rope.freq_base": 5e5}, more={"rope_freqs.weight": np.array([1.0, 3.0])})
    with pytest.raises(DataError, match="rope_freqs.weight"):
        shown(path, 1)


@pytest.mark.filterwarnings("ignore:tokens are shown")
@pytest.mark.parametrize("fields", [{}, {"attention.causal": False}, {"rope.scaling.type": "linear",
                                                                      "rope.scaling.factor": 4.0}], ids=str)
def test_tokens_go_through_what_a_gguf_file_says(tmp_path, fields):
    """Its causality, scaling and biases too, whatever transformers itself reads of such files."""
    pytest.importorskip("transformers")
    table, more = rng.normal(size=(9, WIDTH)).astype(np.float32), {}
    for at in (0, 1):
        more |= {f"blk.{at}.{part}.weight": rng.normal(size=(WIDTH, WIDTH)) / 4 for part in ("ffn_gate", "ffn_up",
                                                                                             "ffn_down")}
        more |= {f"blk.{at}.{key}.weight": permuted(W[part]) if part in "qk" else W[part] for part,
                key in NAMES.items()}
        more |= {f"blk.{at}.{key}.weight": np.ones(WIDTH) for key in ("attn_norm", "ffn_norm")}
    path, ids = made(tmp_path, biases="qkv", more={"token_embd.weight": table, **more}, **fields), [1, 5, 2, 8, 8, 3]
    behind = mm.attention_head(path, 0, 1, activations=table[ids], form="layer").values["root"]
    for layer, x in ((0, table[ids]), (1, behind)):
        viz = mm.attention_head(path, layer, 1, tokens=ids)
        found = next(viz.values[node.path] for node in nodes(viz.tree) if node.name == "input")
        want = x.astype(float) / np.sqrt((x.astype(float) ** 2).mean(1, keepdims=True) + 1e-5)
        np.testing.assert_allclose(found, want, atol=1e-4)


# ---- its own tokenizer

LETTERS = [*"abcdefgh", "ab", "abc", "he"]
VOCABULARY = {"model": "gpt2", "tokens": LETTERS, "merges": ["a b", "ab c", "h e"], "token_type": [1] * len(LETTERS),
              "eos_token_id": 5}


def with_tokenizer(folder, **fields):
    """A file whose tokenizer is ``VOCABULARY`` but for ``fields``."""
    about = {f"tokenizer.ggml.{key}": value for key, value in {**VOCABULARY, **fields}.items() if value is not None}
    more = {f"blk.0.{part}.weight": np.ones((WIDTH, WIDTH)) for part in ("ffn_gate", "ffn_up", "ffn_down")}
    path = made(folder, more={"token_embd.weight": np.ones((len(LETTERS), WIDTH)), "blk.0.ffn_norm.weight": np.ones(
        WIDTH), **more})
    store = open_store(path)
    head = {key: store.field(key) for key in store.fields("general.", "llama.")}
    return write_gguf(path, head | about, {name: store.read(name) for name in store.shapes})


def test_a_text_goes_through_the_tokenizer_in_the_file(tmp_path):
    pytest.importorskip("transformers")
    viz = mm.attention_head(with_tokenizer(tmp_path), 0, 0, text="abche")
    assert next(node.h for node in nodes(viz.tree) if node.name == "input") == 2


@pytest.mark.parametrize("fields, words", [
    ({"tokens": ["a" * 5000, *LETTERS[1:]]}, "the longest 5,000"),
    ({"model": "llama", "merges": None, "scores": [0.0] * 5000, "tokens": ["ab" * 400 + str(n) for n in range(5000)],
      "token_type": None}, "have 4,018,890 letters"),
    ({"model": "llama", "merges": None, "scores": [0.0]}, "scores are 1, and the tokens 11"),
    ({"token_type": [3] * 10}, "token_type are 10"), ({"tokens": [1, 2, 3]}, "tokens must be a list of texts"),
    ({"tokens": None}, "no tokens"), ({"tokens": "abc"}, "tokens must be a list"),
    ({"merges": ["a b", "abc"]}, 'the merge .abc.'), ({"merges": ["a b c"]}, 'the merge .a b c.'),
    ({"merges": ["x y"]}, "the tokenizer in"), ({"merges": [" "]}, "the tokenizer in"),
    ({"eos_token_id": 11}, "eos_token_id is 11"), ({"bos_token_id": 1.5}, "bos_token_id is 1.5"),
    ({"unknown_token_id": "a"}, "unknown_token_id"), ({"model": "rwkv"}, "rwkv"), ({"model": 3}, "3"),
    ({"pre": [1]}, "the tokenizer in"),
])
def test_a_hostile_tokenizer_in_the_file_is_refused_soon(tmp_path, fields, words):
    pytest.importorskip("transformers")
    path = with_tokenizer(tmp_path, **fields)
    started = time.process_time()
    with pytest.raises(DataError, match=words):
        mm.attention_head(path, 0, 0, text="abche")
    assert time.process_time() - started < 5
