"""What the values of the keys of a configuration may be: one table for ``config.json``, the metadata of GGUF files and
adapters (``KEYS``), by which every key is read (``metadata``).

A value of another type, or beyond what any model has, is refused by its key: no size, no number of layers and no scale
of a file is believed before it is known to be one. The bounds are far wider than those of models that exist.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..limits import limits

MAX_WIDTH = 2 ** 24      # numbers a token, or in an MLP
MAX_HEADS = 2 ** 16
MAX_TOKENS = 2 ** 31     # of a text that a model can be given
MAX_NAME = 200           # characters of a name: of a type, an activation, a scaling


@dataclass(frozen=True)
class Whole:
    """A whole number from ``least`` to ``most``; true and false are none, nor is 3.0."""

    least: int = 1
    most: int = MAX_WIDTH

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value, or None."""
        if type(value) is not int or value < self.least:
            return f"must be a whole number from {self.least} up"
        return f"must be a whole number up to {self.most:,}" if value > self.most else None


@dataclass(frozen=True)
class OfLayers(Whole):
    """A number of layers, up to the limit of that name; the deepest that were published have about a thousand."""

    def fault(self, value: Any) -> str | None:
        return super().fault(value) or _beyond_layers(value)


def _beyond_layers(count: int) -> str | None:
    return f"goes beyond the limit layers, {limits.layers:,} (--limit layers=N)" if count > limits.layers else None


@dataclass(frozen=True)
class Number:
    """A number from ``least`` to ``most``, so neither NaN nor infinite."""

    least: float
    most: float

    def fault(self, value: Any) -> str | None:
        # comparisons of whole numbers with floats are exact, however many digits they have; none holds for NaN
        if type(value) in (int, float) and self.least <= value <= self.most:
            return None
        return f"must be a number from {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def fault(self, value: Any) -> str | None:
        return None if type(value) is bool else "must be true or false"


@dataclass(frozen=True)
class Name:
    """A string."""

    most: int = MAX_NAME

    def fault(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a name"
        return f"must be a name of at most {self.most} characters" if len(value) > self.most else None


@dataclass(frozen=True)
class Listed:
    """A list of at most ``most`` values, one per layer if that is None, each of which ``each`` allows."""

    each: Any
    most: int | None = None
    what: str = "must be a list"

    def fault(self, value: Any) -> str | None:
        if not isinstance(value, (list, tuple)):
            return self.what
        if self.most is not None and len(value) > self.most:
            return f"must be a list of at most {self.most:,}"
        if self.most is None and (fault := _beyond_layers(len(value))):
            return fault
        return self.what if any(self.each.fault(one) for one in value) else None


@dataclass(frozen=True)
class Keyed:
    """Keys with values, which are read by this table in their turn."""

    most: int = 10_000

    def fault(self, value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return "must hold keys and values"
        return f"must hold at most {self.most:,} keys" if len(value) > self.most else None


@dataclass(frozen=True)
class Either:
    """What one of several rules allows; ``what`` says what that is."""

    rules: tuple[Any, ...]
    what: str

    def fault(self, value: Any) -> str | None:
        return None if any(rule.fault(value) is None for rule in self.rules) else self.what


WIDTH, HEADS, LAYERS, TOKENS = Whole(), Whole(most=MAX_HEADS), OfLayers(), Whole(most=MAX_TOKENS)
EPS = Number(0.0, 1.0)
THETA = Number(1.0, 1e15)                # of rotary embeddings; below 1 the pairs would turn ever faster
FACTOR = Number(1e-3, 1e6)
SCALE = Number(-1e9, 1e9)                # what LoRA multiplies with, before it is divided by the rank
RANK = Whole(most=2 ** 16)
KINDS = Listed(Name())

KEYS: dict[str, Any] = {
    # config.json of Hugging Face's
    "model_type": Name(), "auto_map": Keyed(), "text_config": Keyed(),
    **dict.fromkeys(("hidden_size", "n_embd", "head_dim"), WIDTH),
    **dict.fromkeys(("num_attention_heads", "num_key_value_heads", "n_head"), HEADS),
    **dict.fromkeys(("num_hidden_layers", "n_layer"), LAYERS),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "original_max_position_embeddings"), TOKENS),
    **dict.fromkeys(("layer_norm_epsilon", "layer_norm_eps", "rms_norm_eps"), EPS),
    **dict.fromkeys(("activation_function", "hidden_act"), Name()),
    **dict.fromkeys(("is_causal", "is_decoder", "reorder_and_upcast_attn", "scale_attn_weights", "attention_bias",
                     "mlp_bias", "scale_attn_by_inverse_layer_idx", "use_sliding_window"), Flag()),
    "pad_token_id": Whole(0, MAX_TOKENS),
    "sliding_window": Whole(0, MAX_TOKENS), "max_window_layers": OfLayers(0), "layer_types": KINDS,
    "no_rope_layer_interval": OfLayers(),
    "no_rope_layers": Listed(Either((Whole(0, 1), Flag()), ""), what="must hold a 1 or a 0 for every layer"),
    "rope_theta": THETA, "partial_rotary_factor": Number(0.0, 1.0), "rope_scaling": Keyed(), "rope_parameters": Keyed(),
    "rope_type": Name(), "type": Name(),
    **dict.fromkeys(("factor", "low_freq_factor", "high_freq_factor"), FACTOR),
    # metadata of GGUF files, under the architecture's name
    "embedding_length": WIDTH, "attention.key_length": WIDTH, "attention.value_length": WIDTH,
    "attention.head_count": HEADS, "attention.head_count_kv": HEADS, "block_count": LAYERS,
    "rope.dimension_count": WIDTH, "attention.layer_norm_rms_epsilon": EPS, "attention.causal": Flag(),
    "rope.freq_base": THETA, "rope.scaling.type": Name(), "rope.scaling.factor": FACTOR,
    "rope.scale_linear": FACTOR, "rope.scaling.original_context_length": TOKENS, "context_length": TOKENS,
    # adapter_config.json of PEFT's
    "peft_type": Name(), "use_dora": Flag(), "bias": Name(), "lora_bias": Flag(), "r": RANK, "lora_alpha": SCALE,
    "init_lora_weights": Either((Flag(), Name()), "must be a name, true or false"),
    "use_rslora": Flag(), "fan_in_fan_out": Flag(), "rank_pattern": Keyed(), "alpha_pattern": Keyed(),
}
