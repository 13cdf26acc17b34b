"""What a transformer computes beside its weights, from its ``config.json`` or the metadata of its GGUF file.

Both are read by lists (``metadata``). What they are taken to mean is what transformers and llama.cpp do with them.
Sources: transformers, ``configuration_*.py``, ``modeling_*.py`` and ``masking_utils.py`` of the types below,
``modeling_rope_utils.py``; llama.cpp, ``llama-hparams.cpp`` and ``docs/gguf.md`` of ggml.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import DataError
from .metadata import Metadata, shown

TYPES = {"llama": ("llama", "mistral", "qwen2", "qwen3", "smollm3"), "gguf": ("llama", "qwen2", "qwen3"),
         "gpt2": ("gpt2",), "bert": ("bert", "roberta", "xlm-roberta", "electra")}
GELUS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh",
         "relu": "relu", "silu": "silu", "swish": "silu"}
THETA = {"smollm3": 2e6}  # of rope where a configuration does not tell; elsewhere 10000

# What no type's attention depends on: sizes that the tensors tell, training, generation, labels, bookkeeping.
HARMLESS = frozenset("""
    architectures attention_dropout attention_probs_dropout_prob attn_implementation attn_pdrop bad_words_ids
    begin_suppress_tokens bos_token_id chunk_size_feed_forward classifier_activation classifier_dropout
    decoder_start_token_id directionality diversity_penalty do_sample dtype early_stopping embd_pdrop embedding_size
    encoder_no_repeat_ngram_size eos_token_id exponential_decay_length_penalty finetuning_task forced_bos_token_id
    forced_eos_token_id gradient_checkpointing hidden_dropout hidden_dropout_prob id2label initializer_factor
    initializer_range intermediate_size is_decoder is_llama_config label2id length_penalty max_length max_new_tokens
    max_seq_len max_sequence_length min_length model_max_length model_type n_ctx n_inner name_or_path
    neftune_noise_alpha no_repeat_ngram_size num_beam_groups num_beams num_labels num_logits_to_keep
    num_return_sequences output_attentions output_hidden_states output_past output_scores pad_token_id prefix
    pretraining_tp problem_type remove_invalid_values repetition_penalty resid_pdrop return_dict
    return_dict_in_generate sentence_transformers sep_token_id seq_length suppress_tokens task_specific_params
    temperature tf_legacy_loss tie_encoder_decoder tie_last_hidden_states tie_word_embeddings tokenizer_class
    tokenizer_model_max_length top_k top_p torch_dtype torchscript transformers.js_config transformers_version
    type_vocab_size typical_p use_bfloat16 use_cache use_flash_attention use_flash_attn vocab_size
    """.split())
PREFIXES = ("_", "unsloth_", "summary_", "pooler_")
ALIASES = {"gpt2": {"num_attention_heads": "n_head", "hidden_size": "n_embd", "num_hidden_layers": "n_layer",
                    "max_position_embeddings": "n_positions"}}

CODE = ("auto_map", "custom_pipelines", "custom_generate", "trust_remote_code")  # what of a configuration names code

# Models that see or hear, whose text part is one of the types above; what else they say is about the other parts.
OUTER = ("aya_vision", "idefics3", "internvl", "llava", "llava_next", "llava_next_video", "llava_onevision", "mistral3",
         "smolvlm", "video_llava", "vipllava")
OUTER_HARMLESS = HARMLESS | {"downsample_ratio", "hidden_size", "ignore_index",
                             "multimodal_projector_bias", "scale_factor", "text_config"}
OUTER_PREFIXES = (*PREFIXES, "image_", "video_", "vision_", "projector_", "spatial_", "vipllava_", "use_image_newline")


@dataclass(frozen=True)
class Settings:
    """``kv_heads``, ``head_size`` and ``layers`` are None where the configuration leaves them to the tensors.

    ``rope``: the numbers of the epilog that turns queries and keys, or None; ``turned``: in which layers, in all if it
    is empty. ``window``: how many tokens (itself the last) one attends to, None for all; ``sliding``: in which layers,
    in all if it is empty. ``scaled``: whether scores are divided by the root of a head's size; ``by_layer``: and by the
    layer's number, from 1. ``biased``: which of ``attention`` and ``mlp`` have biases; None where the tensors tell.
    ``longest``: how many tokens ``rope`` holds for, or None. ``padding``: the token from whose id a RoBERTa counts its
    positions.
    """

    kind: str
    heads: int
    kv_heads: int | None
    head_size: int | None
    width: int | None
    layers: int | None
    eps: float
    activation: str
    causal: bool
    rope: tuple[float, ...] | None = None
    turned: tuple[bool, ...] = ()
    window: int | None = None
    sliding: tuple[bool, ...] = ()
    scaled: bool = True
    by_layer: bool = False
    biased: Mapping[str, bool] | None = None
    longest: int | None = None
    padding: int | None = None


def check_plain(config: Mapping, name: str) -> None:
    """Raise DataError if a configuration says that the numbers in the file are not the model's weights."""
    for key in ("quantization_config", "compression_config"):
        if method := config.get(key):
            kind = method.get("quant_method", "") if isinstance(method, Mapping) else method
            raise DataError(f"{name} is quantized: its configuration says `{key}: {shown(kind)}`, so that the numbers "
                            "in its file are not the model's weights; take the checkpoint that it was made from, or "
                            "save it dequantized")


def check_no_code(config: Mapping, name: str, source: str = "its configuration") -> None:
    """Raise DataError if a configuration names code that whoever opens the checkpoint would run: it is never run here,
    and what a model computes by it is not known."""
    for key in CODE:
        if config.get(key):
            raise Metadata(config, name, source).refusal(
                key, "names code of its own, which may compute anything and is never run")


def text_part(config: Mapping, name: str) -> Mapping:
    """The configuration of what reads text, of a model that sees or hears, too. Raises DataError."""
    check_plain(config, name)
    check_no_code(config, name)
    if config.get("text_config") is None:
        return config
    outer = Metadata(config, name, harmless=OUTER_HARMLESS.union(CODE), prefixes=OUTER_PREFIXES)
    if config.get("model_type") not in OUTER:
        raise outer.refusal("model_type", f"is a model of several parts that is not known here; known are "
                                          f"{', '.join(OUTER)}")
    outer.only("is_encoder_decoder", False)
    outer.close()
    inner = outer.take("text_config")
    check_plain(inner, name)
    check_no_code(inner, name)
    return inner


def check_type(config: Mapping, name: str) -> None:
    """Raise DataError for a type of model that is not known, whatever its tensors are called."""
    kind = text_part(config, name).get("model_type")
    known = [each for family, kinds in TYPES.items() if family != "gguf" for each in kinds]
    if kind not in known:
        raise DataError(f"{name} is of the type {_quoted(kind)}, whose attention may differ; known are "
                        f"{', '.join(known)}")


def _quoted(kind) -> str:
    """A type as it is told in messages, whatever a configuration holds there."""
    return shown(kind).replace('"', "'") if kind is not None else "None"


def read_config(config: Mapping, family: str, name: str) -> Settings:
    """The settings in a ``config.json`` of Hugging Face's. Raises DataError for what is not known."""
    config = text_part(config, name)
    kind = config.get("model_type")
    if kind not in TYPES[family]:
        raise DataError(f"{name} is of the type {_quoted(kind)}, and its tensors are called as those of "
                        f"{', '.join(TYPES[family])}: what they compute is not known here")
    config = _renamed(config, ALIASES.get(kind, {}), name)
    about = Metadata(config, name, harmless=HARMLESS.union(CODE), prefixes=PREFIXES)  # what names code was refused
    about.only("is_encoder_decoder", False)
    about.only("add_cross_attention", False)
    about.only("pruned_heads", {})
    found = {"gpt2": _gpt2, "bert": _bert, "llama": _llama}[family](about, kind)
    about.close()
    return found


def _renamed(config: Mapping, aliases: Mapping[str, str], name: str) -> dict:
    """``config`` by a type's own names of keys."""
    out = dict(config)
    for other, own in aliases.items():
        if other in out:
            value = out.pop(other)
            if out.setdefault(own, value) != value:
                raise DataError(f"{name}: its configuration says both {other}: {shown(value)} and {own}: "
                                f"{shown(out[own])}")
    return out


def _gpt2(about: Metadata, kind: str) -> Settings:
    about.take("n_positions"), about.take("reorder_and_upcast_attn")  # which changes the rounding only
    return Settings(kind, about.needed("n_head"), None, None, about.take("n_embd"), about.take("n_layer"),
                    about.number("layer_norm_epsilon", 1e-5), _activation(about, "activation_function", "gelu_new"),
                    about.take("is_causal", True), scaled=about.take("scale_attn_weights", True),
                    by_layer=about.take("scale_attn_by_inverse_layer_idx", False))


def _bert(about: Metadata, kind: str) -> Settings:
    about.only("position_embedding_type", "absolute")
    about.take("max_position_embeddings")
    decoder = about.take("is_decoder", False)
    causal = about.take("is_causal", decoder)
    if causal and not decoder:
        raise about.refusal("is_causal", "does not go with an encoder (is_decoder: false)")
    return Settings(kind, about.needed("num_attention_heads"), None, None, about.take("hidden_size"),
                    about.take("num_hidden_layers"), about.number("layer_norm_eps", 1e-12),
                    _activation(about, "hidden_act", "gelu"), causal,
                    padding=about.take("pad_token_id", 1) if "roberta" in kind else None)


def _llama(about: Metadata, kind: str) -> Settings:
    layers, causal = about.take("num_hidden_layers"), about.take("is_causal", True)
    window: int | None = None
    turned: tuple[bool, ...] = ()
    sliding: tuple[bool, ...] = ()
    if kind == "mistral":
        window = about.take("sliding_window", None if "sliding_window" in about.given else 4096)
        if window == 0:
            raise about.refusal("sliding_window", "leaves a token nothing to attend to")
    elif kind == "llama":
        about.only("rope_interleaved", False)
    else:
        about.only("use_mrope", False)
        turned = _turned_layers(about, kind, layers)
        window, sliding = _windows(about, kind, layers, turned)
    if not causal and window:
        raise about.refusal("is_causal", "is not known here together with a sliding window")
    biased = {"attention": kind in ("llama", "qwen3", "smollm3") and about.take("attention_bias", False),
              "mlp": kind in ("llama", "smollm3") and about.take("mlp_bias", False)}
    if kind == "qwen2":
        biased["attention"] = True
    rope, longest = _rope(about, kind)
    return Settings(kind, about.needed("num_attention_heads"), about.take("num_key_value_heads"),
                    about.take("head_dim"), about.take("hidden_size"), layers, about.number("rms_norm_eps", 1e-6),
                    _activation(about, "hidden_act", "silu"), causal, rope, turned, window, sliding, biased=biased,
                    longest=longest)


def _turned_layers(about: Metadata, kind: str, layers: int | None) -> tuple[bool, ...]:
    if kind != "smollm3":
        return ()
    every, listed = about.take("no_rope_layer_interval", 4), about.take("no_rope_layers")
    if layers is None:
        raise about.refusal("num_hidden_layers")
    if listed is None:
        return tuple((layer + 1) % every != 0 for layer in range(layers))
    if len(listed) != layers:
        raise about.refusal("no_rope_layers", f"must hold a 1 or a 0 for every layer, of which there are {layers}")
    return tuple(map(bool, listed))


def _windows(about: Metadata, kind: str, layers: int | None, turned: tuple[bool, ...]):
    """The width of the window, or None, and in which layers it is."""
    used, usual = about.take("use_sliding_window", False), None if kind == "smollm3" else 4096
    width = about.take("sliding_window", None if "sliding_window" in about.given else usual)
    if used and width == 0:
        raise about.refusal("sliding_window", "leaves a token nothing to attend to")
    first = about.take("max_window_layers", 28)
    kinds, known = about.take("layer_types"), ("full_attention", "sliding_attention")
    if kinds is not None:
        if any(each not in known for each in kinds) or layers not in (None, len(kinds)):
            raise about.refusal("layer_types", f"must say {' or '.join(known)} for every layer"
                                + (f", of which there are {layers}" if layers else ""))
        sliding = tuple(each == "sliding_attention" for each in kinds)
        if any(sliding) and not (used and width):
            raise about.refusal("layer_types", "has windows, and use_sliding_window or sliding_window has none")
    elif used and width:
        if layers is None:
            raise about.refusal("num_hidden_layers")
        sliding = tuple(not turns for turns in turned) if kind == "smollm3" else \
            tuple(layer >= first for layer in range(layers))
    else:
        sliding = ()
    return (width, sliding) if any(sliding) else (None, ())


def _rope(about: Metadata, kind: str) -> tuple[tuple[float, ...], int | None]:
    """theta, offset 0 and what scales: the numbers of the epilog ``rope``; and for how many tokens they hold."""
    longest, original = about.take("max_position_embeddings"), about.take("original_max_position_embeddings")
    outside = about.number("rope_theta", THETA.get(kind, 10000.0))
    if about.number("partial_rotary_factor", 1.0) != 1:
        raise about.refusal("partial_rotary_factor", "turns a part of each head only, which is not known here")
    key = "rope_scaling" if about.take("rope_scaling") else "rope_parameters"
    about.take("rope_parameters")
    rope = about.inner(key, f"its configuration's {key}")
    scaling = rope.take("rope_type", rope.take("type", "default"))
    theta = rope.number("rope_theta", outside)
    if rope.number("partial_rotary_factor", 1.0) != 1:
        raise rope.refusal("partial_rotary_factor", "turns a part of each head only, which is not known here")
    length = original or longest
    numbers: tuple[float, ...]
    limit: int | None
    if scaling == "default":
        numbers, limit = (theta, 0.0), None
    elif scaling == "linear":
        numbers, limit = (theta, 0.0, float(rope.needed("factor"))), None
    elif scaling == "dynamic":  # which scales nothing up to the length that the model was trained with
        rope.needed("factor")
        numbers, limit = (theta, 0.0), about.needed("max_position_embeddings")
    elif scaling == "llama3":
        inside = rope.take("original_max_position_embeddings", length)
        if inside is None:
            raise rope.refusal("original_max_position_embeddings")
        factor, low, high = (float(rope.needed(f"{which}factor")) for which in ("", "low_freq_", "high_freq_"))
        if low >= high:
            raise rope.refusal("high_freq_factor", "must be above low_freq_factor")
        numbers, limit = (theta, 0.0, factor, low, high, float(original or inside)), None
    else:
        raise rope.refusal("rope_type" if "rope_type" in rope.values else "type", "is a scaling of the rotary "
                           "embedding that is not known here; known are default, linear, dynamic, llama3")
    rope.close()
    return numbers, limit


def _activation(about: Metadata, key: str, usual: str) -> str:
    """The epilog of the MLP; only the form that shows it asks, so that an unknown name is not refused before."""
    name = about.take(key, usual)
    return GELUS.get(name, f"?{name}")
