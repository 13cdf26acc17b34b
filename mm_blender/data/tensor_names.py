"""Which tensor of a file a name means: its own, the end of it, or the one that it is tied to; and whether what it holds
are the numbers that it stands for."""
from __future__ import annotations

import re

from ..errors import DataError
from .container import some, Store
from .files import read_json

# The matrices that turn a model's last hidden states into scores of words, and its tables of words, which many models
# use for both and keep once. Source: transformers, ``_tied_weights_keys`` and ``tie_word_embeddings`` of each model.
HEADS = ("lm_head.weight", "lm_head.decoder.weight", "generator_lm_head.weight", "vocab_projector.weight",
         "predictions.decoder.weight", "embed_out.weight")
TABLES = ("wte.weight", "embed_tokens.weight", "word_embeddings.weight", "shared.weight", "embed_in.weight")
TIED = ("gpt2", "gpt_neo", "opt", "bloom", "gemma", "gemma2", "gemma3_text", "smollm3", "cohere", "falcon", "mpt",
        "starcoder2", "bert", "roberta", "xlm-roberta", "electra", "distilbert", "albert", "modernbert", "t5")

METHODS = ("quantization_config", "quantization", "compression_config")  # what of a configuration tells of it
WHOLE = re.compile(r"u?int\d+|[IU]\d+|BOOL|bool|F8.*|F4.*|F6.*|float8.*|float4.*")
# how quantised weights call what belongs to them (bitsandbytes, GPTQ, AWQ, compressed-tensors, fp8, HQQ, quanto)
QUANTIZED = re.compile(r".*\.(SCB|CB|absmax|quant_map|nested_absmax|nested_quant_map|quant_state\..*|weight_format|"
                       r"qweight|qzeros|scales|g_idx|weight_scale.*|scale_weight|weight_packed|weight_shape|W_q|"
                       r"weight_zero_point|weight_g_idx|input_scale|input_zero_point|output_scale|weight\._data|"
                       r"weight\._scale)")


def resolve(store: Store, name: str) -> str:
    """The name in ``store`` that ``name`` means: itself; else the only one that ends in ``.name``; else, for the matrix
    of a model's output that is tied to its table of words, that table. Raises DataError."""
    if name in store.shapes:
        return name
    if [*store.shapes] == [""]:
        raise DataError(f"{store.path} holds one array, which has no name: leave out :{name}")
    ends = [own for own in store.shapes if name and own.endswith("." + name)]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise DataError(f"{name} is the end of {len(ends)} names in {store.path}: {some(ends)}; write one of them")
    tied = _tied(store, name) or name
    store.require(tied)
    return tied


def check_plain(store: Store, name: str) -> None:
    """Raise DataError if a tensor is the one part of a quantised weight: whole numbers, or eight bits, to which a scale
    beside it belongs, or of which the checkpoint's configuration says so."""
    module, _, part = name.rpartition(".")
    if part not in ("weight", "qweight", "weight_packed", "W_q") or not WHOLE.fullmatch(kind := store.kind(name)):
        return
    beside = next((own for own in store.shapes if own.startswith(f"{module}.") and QUANTIZED.fullmatch(own)), None)
    if beside or any(_config(store).get(key) for key in METHODS):
        where = f"beside {beside}" if beside and beside != name else "as a part of it" if beside else \
            "and its configuration tells how"
        raise quantized(store.path, f"{name} is stored as {kind}, {where}")


def quantized(path: object, why: str) -> DataError:
    """The error for a checkpoint whose numbers are not the model's weights, and why that is known."""
    return DataError(f"{path} is quantized ({why}), so that the numbers in its file are not the model's weights; take "
                     "the checkpoint that it was made from, or save it dequantized")


def _config(store: Store) -> dict:
    """The configuration beside a checkpoint, or nothing."""
    try:
        return read_json(store.path.parent / "config.json")
    except (FileNotFoundError, AttributeError):
        return {}


def _tied(store: Store, name: str) -> str | None:
    """The table that ``name``, a model's output, is tied to, or None if it is no such matrix."""
    if name == "output.weight" and "token_embd.weight" in store.shapes:  # llama.cpp's names: what is left out is tied
        return "token_embd.weight"
    if not any(f".{name}".endswith(f".{head}") for head in HEADS):
        return None
    tables = [own for own in store.shapes if any(f".{own}".endswith(f".{table}") for table in TABLES)]
    if not tables:
        return None
    tied = _says_tied(store)
    if tied and len(tables) == 1:
        return tables[0]
    why = "to which many models tie it" if tied is None else "and it is tied to one of these" if tied else \
        "and its configuration says that it is tied to none of them: this file holds the model without its output"
    raise DataError(f"there is no tensor {name!r} in {store.path}; it has the table of words {' and '.join(tables)}, "
                    f"{why}")


def _says_tied(store: Store) -> bool | None:
    """Whether the configuration beside a checkpoint ties its output to its table; None if it does not tell."""
    config = _config(store)
    for part in (config, config.get("text_config")):
        if isinstance(part, dict) and isinstance(part.get("tie_word_embeddings"), bool):
            return part["tie_word_embeddings"]
    kinds = {part.get("model_type") for part in (config, config.get("text_config")) if isinstance(part, dict)}
    return True if kinds & set(TIED) else None
