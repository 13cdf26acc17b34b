"""Transformer checkpoints: where the weights of an attention head are, and how its layer computes.

``open_model`` looks at the names of a checkpoint's tensors to tell GPT-2, BERT and the Llama family (Hugging Face's
names or llama.cpp's), and at its ``config.json`` or GGUF metadata for the numbers that names do not tell. Matrices come
out as an expression uses them: (inputs, outputs), for ``x @ W``.

Sources: transformers, ``modeling_gpt2.py``, ``modeling_bert.py``, ``modeling_llama.py``, ``modeling_rope_utils.py``;
llama.cpp, ``convert_hf_to_gguf.py`` (``LlamaModel.permute``).
"""
from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import epilogs
from .errors import DataError, ParameterError
from .store import Store
from .tensorfiles import Gguf
from .tensors import open_store

PARTS = {
    "gpt2": dict(fused="attn.c_attn", o="attn.c_proj", norm="ln_1", norm2="ln_2", up="mlp.c_fc", down="mlp.c_proj"),
    "bert": dict(q="attention.self.query", k="attention.self.key", v="attention.self.value", o="attention.output.dense",
                 norm="attention.output.LayerNorm", norm2="output.LayerNorm", up="intermediate.dense",
                 down="output.dense"),
    "llama": dict(q="self_attn.q_proj", k="self_attn.k_proj", v="self_attn.v_proj", o="self_attn.o_proj",
                  norm="input_layernorm", norm2="post_attention_layernorm", gate="mlp.gate_proj", up="mlp.up_proj",
                  down="mlp.down_proj", norm_q="self_attn.q_norm", norm_k="self_attn.k_norm"),
    "gguf": dict(q="attn_q", k="attn_k", v="attn_v", o="attn_output", norm="attn_norm", norm2="ffn_norm",
                 gate="ffn_gate", up="ffn_up", down="ffn_down", norm_q="attn_q_norm", norm_k="attn_k_norm"),
}
LAYERS = {"gpt2": r"(|.*\.)h\.(\d+)\.attn\.c_attn\.weight", "llama": r"(|.*\.)layers\.(\d+)\.self_attn\.q_proj\.weight",
          "bert": r"(|.*\.)encoder\.layer\.(\d+)\.attention\.self\.query\.weight",
          "gguf": r"()blk\.(\d+)\.attn_q\.weight"}
STEMS = {"gpt2": "h", "bert": "encoder.layer", "llama": "layers", "gguf": "blk"}
KNOWN_TYPES = {"llama": ("llama", "mistral", "qwen2", "qwen3", "smollm3"), "gguf": ("llama", "qwen2", "qwen3"),
               "gpt2": ("gpt2",), "bert": ("bert", "roberta", "xlm-roberta", "electra")}
GELUS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh",
         "relu": "relu", "silu": "silu", "swish": "silu"}


@dataclass(frozen=True)
class Head:
    """The weights of one head: ``q``, ``k``, ``v`` (d_model, size), ``o`` (size, d_model), biases (size,) or None.

    ``norm_q``, ``norm_k``: (size,), what queries and keys are multiplied with once they are RMS-normalised, or None.
    ``rope``: the numbers of the epilog that turns queries and keys by their positions, or None. ``window``: how many
    tokens, itself the last, one attends to; None: all before it.
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    o: np.ndarray
    q_bias: np.ndarray | None
    k_bias: np.ndarray | None
    v_bias: np.ndarray | None
    norm_q: np.ndarray | None = None
    norm_k: np.ndarray | None = None
    rope: tuple[float, ...] | None = None
    window: int | None = None

    @property
    def size(self) -> int:
        return self.q.shape[1]


@dataclass
class Model:
    """A checkpoint that was recognised. ``heads`` and ``kv_heads`` are counts, ``rope`` the numbers of the epilog."""

    path: Path
    store: Store
    family: str           # gpt2, bert, llama or gguf (llama.cpp's names of the same)
    prefix: str           # of the names of tensors, "" or ending in a dot
    config: dict
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    eps: float
    rope: tuple[float, ...] | None

    @property
    def causal(self) -> bool:
        return self.family != "bert" or bool(self.config.get("is_decoder"))

    @property
    def rms(self) -> bool:
        return self.family in ("llama", "gguf")

    def name(self, layer: int, part: str) -> str:
        """The name of a module without its ``.weight``."""
        return f"{self.prefix}{STEMS[self.family]}.{layer}.{PARTS[self.family][part]}"

    def check(self, layer: int, head: int) -> None:
        for value, count, what in ((layer, self.layers, "layer"), (head, self.heads, "head")):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < count:
                raise ParameterError(f"{self.path} has {count} {what}s, from 0 to {count - 1}; there is no "
                                     f"{what} {value!r}")

    def weight(self, layer: int, part: str, outputs: slice = slice(None), inputs: slice = slice(None)) -> np.ndarray:
        """(inputs, outputs) of a linear part of a layer."""
        name = self.name(layer, part) + ".weight"
        if self.family == "gpt2":  # which keeps them as they are used
            return self.store.read(name, (inputs, outputs))
        return np.ascontiguousarray(self.store.read(name, (outputs, inputs)).T)

    def vector(self, layer: int, part: str, kind: str = "bias", outputs: slice = slice(None)) -> np.ndarray | None:
        """A bias, or the weight of a norm; None if the checkpoint has none."""
        name = f"{self.name(layer, part)}.{kind}"
        return self.store.read(name, (outputs,)) if name in self.store.shapes else None

    def columns(self, part: str, head: int) -> tuple[str, slice]:
        """Which part, and which of its outputs, are the ``q``, ``k`` or ``v`` of a head."""
        size = self.head_size
        if part != "q":
            head //= self.heads // self.kv_heads
        if self.family == "gpt2":
            start = "qkv".index(part) * self.heads * size + head * size
            return "fused", slice(start, start + size)
        return part, slice(head * size, (head + 1) * size)

    def head(self, layer: int, head: int) -> Head:
        """Raises ParameterError for a layer or head that is not there, DataError for a tensor that is missing."""
        self.check(layer, head)
        found = {}
        for part in "qkv":
            where = self.columns(part, head)
            w, b = self.weight(layer, *where), self.vector(layer, where[0], "bias", where[1])
            if self.family == "gguf" and part != "v" and self.config["model_type"] == "llama":
                w = _unpermuted(w)
            found |= {part: w, f"{part}_bias": b}
        rows = slice(head * self.head_size, (head + 1) * self.head_size)
        norms = {key: self.vector(layer, key, "weight") for key in ("norm_q", "norm_k") if key in PARTS[self.family]}
        return Head(o=self.weight(layer, "o", inputs=rows), **found, **norms, rope=self.turning(layer),
                    window=self.window(layer))

    def turning(self, layer: int) -> tuple[float, ...] | None:
        """``rope``, or None in a layer that does without (SmolLM 3 has such)."""
        with_rope = self.config.get("no_rope_layers")  # 1 for those that turn
        if with_rope is None and self.config.get("model_type") == "smollm3":
            every = self.config.get("no_rope_layer_interval", 4)
            with_rope = [(at + 1) % every for at in range(self.layers)]
        return self.rope if not with_rope or with_rope[layer] else None

    def window(self, layer: int) -> int | None:
        """How many tokens a layer attends to at most, itself the last; None: as many as there are."""
        width, kinds = self.config.get("sliding_window"), self.config.get("layer_types")
        if width is None or not self.config.get("use_sliding_window", self.config.get("model_type") == "mistral"):
            return None
        slides = kinds[layer] == "sliding_attention" if kinds else layer >= self.config.get("max_window_layers", 0)
        return int(width) if slides else None

    def normed(self, layer: int, x: np.ndarray, part: str = "norm") -> np.ndarray:
        """The hidden states ``x`` (n, d_model) through the norm of a layer."""
        x = epilogs.rmsnorm(x, self.eps) if self.rms else epilogs.layernorm(x, 1, self.eps)
        weight, bias = (self.vector(layer, part, kind) for kind in ("weight", "bias"))
        return x * weight if bias is None else x * weight + bias

    def activation(self) -> str:
        """The epilog of the MLP."""
        name = self.config.get("activation_function" if self.family == "gpt2" else "hidden_act") or \
            {"gpt2": "gelu_new", "bert": "gelu"}.get(self.family, "silu")
        if name not in GELUS:
            raise DataError(f"{self.path}: the activation {name!r} is none of {', '.join(GELUS)}")
        return GELUS[name]


def _unpermuted(w: np.ndarray) -> np.ndarray:
    """The columns of a head's queries or keys in Hugging Face's order; llama.cpp pairs neighbours."""
    d, size = w.shape
    return np.ascontiguousarray(w.reshape(d, size // 2, 2).swapaxes(1, 2).reshape(d, size))


def open_model(path: str | os.PathLike) -> Model:
    """The model in a checkpoint: a folder, or a file with its ``config.json`` beside it. Raises DataError."""
    store = open_store(Path(path).expanduser())
    for family, pattern in LAYERS.items():
        found = [match for match in (re.fullmatch(pattern, name) for name in store.shapes) if match]
        if found:
            break
    else:
        example = ", ".join([*store.shapes][:3])
        raise DataError(f"{path} is no transformer whose names are known (GPT-2, BERT, Llama, GGUF); its tensors are "
                        f"{example} …")
    prefix, layers = found[0][1], 1 + max(int(match[2]) for match in found)
    config = _gguf_config(store) if isinstance(store, Gguf) else _config(store.path.parent)
    kind = config.get("model_type")
    if kind not in KNOWN_TYPES[family]:
        raise DataError(f"{path} is of the type {kind!r}, whose attention may differ; of this layout "
                        f"{', '.join(KNOWN_TYPES[family])} are known")
    heads = _number(config, path, "n_head" if family == "gpt2" else "num_attention_heads")
    kv_heads = int(config.get("num_key_value_heads") or heads)
    width = store.shape(found[0][0])[0 if family == "gpt2" else 1]
    size = int(config.get("head_dim") or width // heads)
    if heads % kv_heads or width % heads and not config.get("head_dim"):
        raise DataError(f"{path}: {heads} heads, {kv_heads} of keys, and a width of {width} do not fit together")
    for setting, usual in (("scale_attn_by_inverse_layer_idx", False), ("scale_attn_weights", True),
                           ("position_embedding_type", "absolute"), ("attention_multiplier", 1)):
        if config.get(setting, usual) not in (usual, None):
            raise DataError(f"{path} sets {setting} to {config[setting]!r}, which is not known here")
    keys = ("layer_norm_epsilon", "layer_norm_eps", "rms_norm_eps")
    eps = next((float(config[key]) for key in keys if key in config),
               {"gpt2": 1e-5, "bert": 1e-12}.get(family, 1e-6))
    return Model(Path(path), store, family, prefix, config, layers, heads, kv_heads, size, eps,
                 _rope(config, path) if family in ("llama", "gguf") else None)


def _config(folder: Path) -> dict:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError:
        raise DataError(f"there is no config.json in {folder}, which tells the number of heads") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{folder / 'config.json'} is not JSON: {error}") from None
    config = config.get("text_config", config) if isinstance(config, dict) else {}
    return {"model_type": None, **config}


def _gguf_config(store: Gguf) -> dict:
    """A GGUF file's metadata by Hugging Face's names."""
    arch = store.field("general.architecture")
    keys = {"num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
            "head_dim": "attention.key_length", "rope_theta": "rope.freq_base",
            "rms_norm_eps": "attention.layer_norm_rms_epsilon", "scaling": "rope.scaling.type",
            "factor": "rope.scaling.factor"}
    found = {name: store.field(f"{arch}.{key}") for name, key in keys.items()}
    config = {"model_type": arch, **{name: value for name, value in found.items() if value is not None}}
    if "rope_freqs.weight" in store.shapes:  # how llama.cpp keeps Llama 3's scaling
        config["scaling"] = "llama3"
    if config.get("scaling", "none") != "none":
        config["rope_scaling"] = {"rope_type": config["scaling"], "factor": config.get("factor", 1)}
    return config


def _number(config: dict, path, key: str) -> int:
    value = config.get(key)
    if not isinstance(value, int) or value < 1:
        raise DataError(f"{path}: its config.json does not tell {key}")
    return value


def _rope(config: dict, path) -> tuple[float, ...]:
    """theta, offset 0 and what scales: the numbers of the epilog ``rope``."""
    about = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    theta = float(about.get("rope_theta") or config.get("rope_theta") or 10000.0)
    kind = about.get("rope_type") or about.get("type") or "default"
    if float(about.get("partial_rotary_factor") or config.get("partial_rotary_factor") or 1) != 1:
        raise DataError(f"{path} turns a part of each head only (partial_rotary_factor), which is not known here")
    try:
        if kind == "default":
            return theta, 0.0
        if kind == "linear":
            return theta, 0.0, float(about["factor"])
        if kind == "llama3":
            return theta, 0.0, *(float(about[key]) for key in ("factor", "low_freq_factor", "high_freq_factor",
                                                               "original_max_position_embeddings"))
    except (KeyError, TypeError, ValueError):
        pass
    raise DataError(f"{path} scales its rotary embedding as {kind!r} with {sorted(about)}, which is not known here")
