"""Readers of what stands beside weights: configurations of models and adapters, indexes of shards, tokenizers."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import mm_blender as mm
from checkpoints import write_gguf, write_safetensors
from fuzzed import reader
from fuzzed.files import FOLDER
from mm_blender.data.tensors import open_store
from mm_blender.errors import MMError
from mm_blender.models.checkpoints import open_model
from mm_blender.models.lora import lora

WIDTH, HEADS, SIZE, INNER = 16, 4, 4, 8
rng = np.random.default_rng(0)
X = rng.normal(size=(3, WIDTH)).astype(np.float32)


def tensors(family: str) -> dict[str, np.ndarray]:
    """Two layers of a model of each layout."""
    shapes: dict[str, tuple[int, ...]] = {}
    for at in (0, 1):
        if family == "gpt2":
            layer = {"ln_1.weight": (WIDTH,), "ln_1.bias": (WIDTH,), "attn.c_attn.weight": (WIDTH, 3 * WIDTH),
                     "attn.c_attn.bias": (3 * WIDTH,), "attn.c_proj.weight": (WIDTH, WIDTH),
                     "attn.c_proj.bias": (WIDTH,),
                     "ln_2.weight": (WIDTH,), "ln_2.bias": (WIDTH,), "mlp.c_fc.weight": (WIDTH, INNER),
                     "mlp.c_fc.bias": (INNER,), "mlp.c_proj.weight": (INNER, WIDTH), "mlp.c_proj.bias": (WIDTH,)}
            shapes |= {f"h.{at}.{name}": shape for name, shape in layer.items()}
        elif family == "bert":
            layer = {**{f"attention.self.{part}.weight": (WIDTH, WIDTH) for part in ("query", "key", "value")},
                     **{f"attention.self.{part}.bias": (WIDTH,) for part in ("query", "key", "value")},
                     "attention.output.dense.weight": (WIDTH, WIDTH), "attention.output.dense.bias": (WIDTH,),
                     "attention.output.LayerNorm.weight": (WIDTH,), "attention.output.LayerNorm.bias": (WIDTH,),
                     "intermediate.dense.weight": (INNER, WIDTH), "intermediate.dense.bias": (INNER,),
                     "output.dense.weight": (WIDTH, INNER), "output.dense.bias": (WIDTH,),
                     "output.LayerNorm.weight": (WIDTH,), "output.LayerNorm.bias": (WIDTH,)}
            shapes |= {f"encoder.layer.{at}.{name}": shape for name, shape in layer.items()}
        else:
            llama = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
                     "self_attn.o_proj": "attn_output", "input_layernorm": "attn_norm",
                     "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
                     "mlp.down_proj": "ffn_down"}
            for name, own in llama.items():
                shape = (WIDTH,) if "norm" in name else (INNER, WIDTH) if name.endswith(("gate_proj", "up_proj")) else \
                    (WIDTH, INNER) if "down" in name else (WIDTH // 2, WIDTH) if name.endswith(("k_proj",
                    "v_proj")) else \
                    (WIDTH, WIDTH)
                shapes[f"layers.{at}.{name}.weight" if family == "llama" else f"blk.{at}.{own}.weight"] = shape
    return {name: (rng.normal(size=shape) / 3).astype(np.float32) for name, shape in shapes.items()}


CONFIGS = {
    "llama": {"model_type": "llama", "hidden_size": WIDTH, "num_attention_heads": HEADS, "num_key_value_heads": 2,
              "num_hidden_layers": 2, "head_dim": SIZE, "rms_norm_eps": 1e-5, "rope_theta": 1e4, "hidden_act": "silu",
              "attention_bias": False, "mlp_bias": False, "is_causal": True, "max_position_embeddings": 64,
              "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                               "original_max_position_embeddings": 16}},
    "mistral": {"model_type": "mistral", "num_attention_heads": HEADS, "num_key_value_heads": 2, "sliding_window": 2,
                "rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}},
    "smollm3": {"model_type": "smollm3", "num_attention_heads": HEADS, "num_key_value_heads": 2, "num_hidden_layers": 2,
                "no_rope_layer_interval": 2, "no_rope_layers": [1, 0], "use_sliding_window": True, "sliding_window": 2,
                "max_window_layers": 1, "layer_types": ["full_attention", "sliding_attention"]},
    "gpt2": {"model_type": "gpt2", "n_head": HEADS, "n_embd": WIDTH, "n_layer": 2, "n_positions": 9,
             "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "scale_attn_weights": True,
             "scale_attn_by_inverse_layer_idx": True, "reorder_and_upcast_attn": False},
    "bert": {"model_type": "roberta", "num_attention_heads": HEADS, "hidden_size": WIDTH, "num_hidden_layers": 2,
             "layer_norm_eps": 1e-12, "hidden_act": "gelu", "is_decoder": False, "pad_token_id": 1,
             "max_position_embeddings": 9, "position_embedding_type": "absolute"},
}
FAMILIES = {"mistral": "llama", "smollm3": "llama"}
GGUF = {"general.architecture": "llama", "general.type": "model", "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": 2, "llama.embedding_length": WIDTH, "llama.attention.key_length": SIZE,
        "llama.attention.value_length": SIZE, "llama.rope.dimension_count": SIZE, "llama.block_count": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.freq_base": 1e4,
        "llama.rope.scaling.type": "linear",
        "llama.rope.scaling.factor": 2.0, "llama.attention.causal": True, "llama.context_length": 64, "split.count": 3}
ADAPTER = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_rslora": False, "fan_in_fan_out": False, "bias": "none",
           "init_lora_weights": True, "rank_pattern": {"k_proj": 2, ".*v_proj": 3}, "alpha_pattern": {"(q|k)_proj$": 8},
           "use_dora": False, "lora_bias": False, "target_modules": ["q_proj"], "task_type": None}
INDEX = {"metadata": {"total_size": 9}, "weight_map": {name: "model.safetensors" for name in tensors("llama")}}
TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None,
    "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": False, "lstrip": False, "rstrip": False,
                      "normalized": False, "special": True}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Replace",
    "pattern": {"String": "``"},
                                                                          "content": "\""}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": r"\s+(?!\S)|\s+|[a-z]+"}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]},
    "post_processor": None, "decoder": None,
    "model": {"type": "BPE", "dropout": None, "unk_token": "[UNK]", "continuing_subword_prefix": "",
    "byte_fallback": False,
              "end_of_word_suffix": "", "fuse_unk": False, "ignore_merges": False,
              "vocab": {"[UNK]": 0, "a": 1, "b": 2, "Ġ": 3, "ab": 4}, "merges": [["a", "b"]]}}
TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "add_prefix_space": False,
    "model_max_length": 9,
    "clean_up_tokenization_spaces": False, "name_or_path": "x", "chat_template": "{{ messages }}",
    "do_lower_case": True,
    "added_tokens_decoder": {"0": {"content": "[UNK]", "lstrip": False, "normalized": False, "rstrip": False,
                                   "single_word": False, "special": True}}}


def folder(name: str) -> Path:
    found = FOLDER / f"{os.getpid()}-{name}"
    found.mkdir(exist_ok=True)
    return found


def checkpoint(name: str) -> Path:
    """A folder with the weights of one of ``CONFIGS``."""
    found, family = folder(name), FAMILIES.get(name, name)
    if not (found / "model.safetensors").exists():
        write_safetensors(found / "model.safetensors", tensors(family))
    return found


def shown(path: Path, form: str = "layer") -> None:
    """Two heads of a model, in a form that uses all that is read."""
    for layer in (0, 1):
        mm.attention_head(path, layer, 1, activations=X, form=form).values


def each(*calls: Callable[[], object]) -> None:
    """All of them, of which one at least should be read; else the last of our errors."""
    errors = []
    for call in calls:
        try:
            call()
        except MMError as error:
            errors.append(error)
    if len(errors) == len(calls):
        raise errors[-1]


def one_key(config: dict) -> Iterator[bytes]:
    yield json.dumps(config).encode()


def _tokenizers(config: dict) -> Iterator[bytes]:
    import transformers  # before anything is timed

    transformers.logging.set_verbosity_error()
    _tokenizer(json.dumps(TOKENIZER).encode(), json.dumps(TOKENIZER_CONFIG).encode())
    return one_key(config)


WORDS = [f'"{key}": ' for config in (*CONFIGS.values(), ADAPTER) for key in config] + [
    "NaN", "Infinity", "-Infinity", "1e308", "5e-324", "true", "null", "[]", "{}", "99999999999", "-2", '"3"',
    '"..", "auto_map": {"a": "b"}']


@reader("model_config", lambda: (json.dumps(config).encode() for config in CONFIGS.values()), WORDS)
def model_config(body: bytes):
    calls = []
    for name in CONFIGS:
        path = checkpoint(name)
        (path / "config.json").write_bytes(body)
        calls.append(lambda path=path: shown(path))
    each(*calls)


@reader("gguf_model", lambda: [gguf()], ["llama.", "attention.head_count", "rope.freq_base", "blk.1.",
        "blk.99999999999."])
def gguf_model(body: bytes):
    path = FOLDER / f"{os.getpid()}-model.gguf"
    path.write_bytes(body)
    shown(path, "projections")


def gguf(**fields) -> bytes:
    if importlib.util.find_spec("gguf") is None:
        return b"GGUF"
    return write_gguf(FOLDER / f"{os.getpid()}-made.gguf", {**GGUF, **fields}, tensors("gguf")).read_bytes()


@reader("adapter_config", lambda: one_key(ADAPTER), WORDS)
def adapter_config(body: bytes):
    path = folder("adapter")
    if not (path / "adapter_model.safetensors").exists():
        write_safetensors(path / "adapter_model.safetensors", {
            f"base_model.model.layers.{at}.self_attn.{part}_proj.lora_{letter}.weight": rng.normal(
                size=(2, WIDTH) if letter == "A" else (WIDTH // (1 if part == "q" else 2), 2))
            for at in (0, 1) for part in "qk" for letter in "AB"})
    (path / "adapter_config.json").write_bytes(body)
    base = checkpoint("llama")
    (base / "config.json").write_text(json.dumps(CONFIGS["llama"]))
    each(lambda: lora(path, module="layers.1.self_attn.k_proj", form="delta").values,
         lambda: mm.attention_head(base, 1, 2, activations=X, adapter=path).values)


@reader("shard_index", lambda: one_key(INDEX), [
    '"weight_map"', "..", "../", "/etc/passwd", "model.safetensors", "model.safetensors.index.json", "\\u0000", "."])
def shard_index(body: bytes):
    path = folder("index")
    shutil.copy(checkpoint("llama") / "model.safetensors", path)
    (path / "config.json").write_text(json.dumps(CONFIGS["llama"]))
    (path / "model.safetensors.index.json").write_bytes(body)
    store = open_store(path)
    each(lambda: shown(path), *(lambda name=name: store.read(name) for name in [*store.shapes][:5]),
         lambda: open_model(path))


def _tokenizer(about: bytes, settings: bytes) -> None:
    from mm_blender.models.tokenizer_files import cut, open_tokenizer

    path = folder("tokenizer")
    (path / "tokenizer.json").write_bytes(about)
    (path / "tokenizer_config.json").write_bytes(settings)
    import transformers

    cut(open_tokenizer(path, "llama", transformers, 70), "ab " * 23, path)


if importlib.util.find_spec("transformers"):
    @reader("tokenizer", lambda: _tokenizers(TOKENIZER), ['"type": "Replace"', '"Regex": "(a+)+"', "Precompiled",
            "Unigram", "WordPiece",
                                                      '"dropout": 0.1', '"Fixed": 4294967295', "999999999999"])
    def tokenizer(body: bytes):
        _tokenizer(body, json.dumps(TOKENIZER_CONFIG).encode())

    @reader("tokenizer_config", lambda: _tokenizers(TOKENIZER_CONFIG), [
        '"auto_map": ["tokenization.Evil", null]', "BertTokenizer", "LlamaTokenizer", '"vocab_file": "/etc/passwd"',
        "null", "[]"])
    def tokenizer_config(body: bytes):
        _tokenizer(json.dumps(TOKENIZER).encode(), body)
