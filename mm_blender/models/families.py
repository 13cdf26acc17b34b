"""Families of transformers: what each calls the weights of its layers, and which a checkpoint's tensors belong to.

Sources: transformers, ``modeling_gpt2.py``, ``modeling_bert.py``, ``modeling_llama.py``; llama.cpp, ``gguf-py``,
``constants.py`` (``MODEL_TENSORS``).
"""
from __future__ import annotations

import re
from collections.abc import Iterable

from ..data.container import Store
from ..data.tensor_names import QUANTIZED, quantized
from ..errors import DataError
from ..limits import limits
from ..plain import said

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
LAYERS = {"gpt2": r"(|.*\.)h\.([0-9]+)\.attn\.c_attn\.weight",
          "llama": r"(|.*\.)layers\.([0-9]+)\.self_attn\.q_proj\.weight",
          "bert": r"(|.*\.)encoder\.layer\.([0-9]+)\.attention\.self\.query\.weight",
          "gguf": r"()blk\.([0-9]+)\.attn_q\.weight"}
STEMS = {"gpt2": "h", "bert": "encoder.layer", "llama": "layers", "gguf": "blk"}
BUFFERS = ("attn.bias", "attn.masked_bias", "self_attn.rotary_emb.inv_freq")  # tables that some checkpoints keep
MLPS = ("mlp.", "block_sparse_moe.", "ffn_", "intermediate.", "output.")     # where a layer's other half is
OTHER_SENSES = ("vision", "visual", "image", "video", "audio", "speech", "qformer", "cross_encoder")


def matches(names: Iterable[str], family: str) -> list[re.Match]:
    """Of the names that a family's layers have (``LAYERS``): group 1 is their prefix, 2 the layer's number."""
    return [match for match in (re.fullmatch(LAYERS[family], name) for name in names) if match]


def family_of(store: Store, path) -> str:
    """The family whose names a checkpoint's tensors have. Raises DataError if there is none."""
    for family in LAYERS:
        if matches(store.shapes, family):
            return family
    name = next((name for name in store.shapes if QUANTIZED.fullmatch(name)), None)
    if name:
        raise quantized(path, f"it holds {name}")
    example = ", ".join(said(own)[1:-1] for own in [*store.shapes][:3])
    raise DataError(f"{path} is no transformer whose names are known (GPT-2, BERT, Llama, GGUF); its tensors are "
                    f"{example} …")


def text_prefix(names: Iterable[str], family: str, path) -> tuple[str, int]:
    """What the names of the layers that read text begin with, and how many layers there are.

    Raises DataError where several parts of a model have layers of that layout and none is plainly the one.
    """
    counts: dict[str, int] = {}
    for match in matches(names, family):
        if len(match[2]) > len(str(limits.layers)) or int(match[2]) >= limits.layers:
            number = match[2] if len(match[2]) <= 20 else f"of {len(match[2]):,} digits"
            raise limits.error("layers", f"{path} has weights of a layer {number}")
        counts[match[1]] = max(counts.get(match[1], 0), int(match[2]) + 1)
    text = {prefix: count for prefix, count in counts.items() if not any(word in prefix for word in OTHER_SENSES)}
    if len(text) != 1:
        raise DataError(f"{path} has layers under {', '.join(map(repr, text or counts))}, and which of them read text "
                        "is not known here")
    (prefix, count), = text.items()
    return prefix, count
