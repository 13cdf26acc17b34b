"""What a GGUF file's metadata say that a model computes beside its weights, read by lists (``metadata``).

llama.cpp reads the keys under the architecture's own name, and those of the file's kind: these are judged here, and
what other programs note in the file is not. Sources: ggml, ``docs/gguf.md``; llama.cpp, ``llama-hparams.cpp``,
``llama-model.cpp``, ``convert_hf_to_gguf.py``.
"""
from __future__ import annotations

import numpy as np

from ..errors import DataError
from ..expression.epilog_functions import rope_speeds
from .metadata import Metadata
from .model_config import Settings, TYPES

# Sizes that the tensors tell, what is outside attention, and what was noted for people.
HARMLESS = frozenset("block_count context_length embedding_length feed_forward_length vocab_size pooling_type "
                     "expert_count expert_used_count expert_feed_forward_length expert_shared_count "
                     "rope.scaling.finetuned attention.pooling_type".split())
LLAMA3 = tuple((factor, 1.0, 4.0, 8192.0) for factor in (8.0, 32.0))  # of Llama 3.1 and 3.2


def read_gguf(store, name: str) -> Settings:
    """The settings in a GGUF file. Raises DataError for what is not known."""
    general = store.fields("general.")
    arch, kind = general.get("general.architecture"), general.get("general.type", "model")
    if kind != "model":
        raise DataError(f"{name} holds no model: its metadata say general.type: {kind}")
    if arch not in TYPES["gguf"]:
        raise DataError(f"{name} is of the type {arch!r}, whose attention may differ; of this layout "
                        f"{', '.join(TYPES['gguf'])} are known")
    own = {key.removeprefix(f"{arch}."): _plain(x) for key, x in store.fields(f"{arch}.").items()}
    about = Metadata(own, name, f"its metadata under {arch}", HARMLESS)
    heads, kv_heads = _count(about, "attention.head_count"), _count(about, "attention.head_count_kv")
    if heads is None:
        raise about.refusal("attention.head_count")
    size, width = about.take("attention.key_length"), about.take("embedding_length")
    turned = about.take("rope.dimension_count")
    head_size = size or (width // heads if width else None)
    if turned is not None and head_size is not None and turned != head_size:
        raise about.refusal("rope.dimension_count", f"turns a part of each head's {head_size} numbers, which is not "
                                                    "known here")
    if about.take("attention.value_length", size) != size:
        raise about.refusal("attention.value_length", "is not attention.key_length, which is not known here")
    rope = _rope(about, store, head_size)
    found = Settings(arch, heads, kv_heads, size, width, None,
                     about.number("attention.layer_norm_rms_epsilon", 1e-6), "silu",
                     about.take("attention.causal", True), rope)
    about.close()
    return found


def _plain(value):
    """Arrays all of whose numbers are one are that number: some files count heads by layer."""
    if isinstance(value, (list, tuple)) and value and all(each == value[0] for each in value):
        return value[0]
    return value.item() if isinstance(value, np.generic) else value


def _count(about: Metadata, key: str) -> int | None:
    if isinstance(about.values.get(key), (list, tuple)):
        raise about.refusal(key, "counts heads differently from layer to layer, which is not known here")
    return about.take(key)


def _rope(about: Metadata, store, head_size: int | None) -> tuple[float, ...]:
    theta = about.number("rope.freq_base", 10000.0)
    scaling = about.choice("rope.scaling.type", "none", ("none", "linear"))
    factor, old = about.number("rope.scaling.factor"), about.number("rope.scale_linear")
    about.only("rope.scaling.attn_factor", 1.0)
    if scaling == "linear" or (old is not None and "rope.scaling.type" not in about.values):
        factor = factor or old
        if factor is None:
            raise about.refusal("rope.scaling.factor")
    elif (factor or 1.0) != 1:
        raise about.refusal("rope.scaling.factor", "does not go with rope.scaling.type: none")
    else:
        factor = 1.0
        about.take("rope.scaling.original_context_length")
    if "rope_freqs.weight" not in store.shapes:
        return (theta, 0.0) if factor == 1 else (theta, 0.0, factor)
    return _llama3(about, store, theta, factor, head_size)


def _llama3(about: Metadata, store, theta: float, factor: float, head_size: int | None) -> tuple[float, ...]:
    """llama.cpp keeps Llama 3's scaling as what each pair's speed is divided by; here it goes by its four numbers."""
    divisors = store.read("rope_freqs.weight").reshape(-1)
    if np.array_equal(divisors, np.ones_like(divisors)) and factor == 1:
        return theta, 0.0
    size = head_size or 2 * len(divisors)
    for numbers in LLAMA3:
        want = rope_speeds(size, theta) / rope_speeds(size, theta, *numbers)
        if factor == 1 and len(want) == len(divisors) and np.allclose(divisors, want, rtol=1e-4):
            return theta, 0.0, *numbers
    raise DataError(f"{about.name} scales its rotary embedding by {len(divisors)} numbers (rope_freqs.weight) that are "
                    "not those of Llama 3.1 or 3.2, which is not known here")
