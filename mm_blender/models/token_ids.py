"""Tokens as a caller gives them, in every shape that tokenizers give: ids, or strings of a vocabulary, in one list."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from ..plain import asking, said

# What stands beside the ids in what a tokenizer gives, and changes nothing of them.
BESIDE = ("special_tokens_mask", "offset_mapping", "length", "overflow_to_sample_mapping", "num_truncated_tokens",
          "overflowing_tokens", "labels", "word_ids")
SHAPES = "give ids or strings of the vocabulary in one list, an array of ids, or what a tokenizer gives for one text"


@dataclass(frozen=True)
class Tokens:
    """``items``: an int or a str for each; ``types``: what a tokenizer gives as token_type_ids, or none."""

    items: tuple[int | str, ...]
    types: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.items)


def read_tokens(tokens) -> Tokens:
    """``tokens`` as one row. Takes lists, tuples, ranges and arrays of numpy and torch, (n,) or (1, n), of whole
    numbers or strings, and what tokenizers of transformers and of the package tokenizers give for one text.

    Raises ParameterError for anything else, such as a batch, a string that is no list, numbers that are not whole.
    """
    with asking(tokens, "tokens"):
        return _read(tokens)


def _read(tokens) -> Tokens:
    types: tuple[int, ...] = ()
    if isinstance(tokens, (list, tuple)) and len(tokens) == 1 and hasattr(tokens[0], "ids"):  # a batch of one text
        tokens, = tokens
    if isinstance(tokens, Mapping) or hasattr(tokens, "input_ids"):
        found = dict(tokens) if isinstance(tokens, Mapping) else dict(vars(tokens))
        types = _beside(found)
        tokens = found["input_ids"]
    elif hasattr(tokens, "ids") and hasattr(tokens, "tokens"):  # an Encoding of the package tokenizers
        if not all(tokens.attention_mask):
            raise _padded()
        types = tuple(tokens.type_ids) if any(tokens.type_ids) else ()
        tokens = tokens.ids
    items = tuple(_item(token) for token in _row(tokens))
    if types and len(types) != len(items):
        raise ParameterError(f"there are {len(items)} input_ids and {len(types)} token_type_ids")
    return Tokens(items, types)


def _beside(found: Mapping) -> tuple[int, ...]:
    """The token types of what a tokenizer gave. Raises ParameterError for what would be lost beside its ids."""
    if found.get("input_ids") is None:
        raise ParameterError(f"the tokens hold {', '.join(map(str, found)) or 'nothing'}, and no input_ids: {SHAPES}")
    types: tuple[int, ...] = ()
    for key, value in found.items():
        if key in ("input_ids", *BESIDE) or str(key).startswith("_") or value is None:
            continue
        if key not in ("attention_mask", "token_type_ids"):
            raise ParameterError(f"the tokens hold {key} beside their input_ids, which is not known here: {SHAPES}")
        row = tuple(map(int, _row(value)))
        if key == "attention_mask" and not all(row):
            raise _padded()
        types = row if key == "token_type_ids" and any(row) else types
    return types


def _padded() -> ParameterError:
    return ParameterError("some of the tokens are padding (their attention_mask is 0): take these out")


def _row(tokens) -> Sequence:
    """The elements of a sequence or of an array, (n,) or (1, n)."""
    if isinstance(tokens, (str, bytes)):
        raise ParameterError(f"the tokens are the one string {said(tokens)}: give a list of tokens, or this as text=")
    if isinstance(tokens, (set, frozenset)):
        raise ParameterError(f"the tokens are a set, which has no order: {SHAPES}")
    if hasattr(tokens, "detach"):
        tokens = tokens.detach().cpu().numpy()
    if isinstance(tokens, np.ma.MaskedArray) and np.ma.getmaskarray(tokens).any():
        raise _padded()
    if not isinstance(tokens, (np.ndarray, list, tuple, range)):
        try:
            tokens = np.asarray(tokens) if hasattr(tokens, "__array__") else list(tokens)
        except TypeError:
            raise ParameterError(f"tokens are a list, not {type(tokens).__name__}: {SHAPES}") from None
    if isinstance(tokens, np.ndarray):
        if tokens.ndim not in (1, 2):
            raise ParameterError(f"the tokens are an array of shape {tokens.shape}: {SHAPES}")
        tokens = tokens.tolist() if tokens.dtype.kind in "iuUSOb" else list(tokens)
    tokens = list(tokens)
    if tokens and all(_is_row(token) for token in tokens):
        if len(tokens) > 1:
            raise ParameterError(f"the tokens are a batch of {len(tokens)}: give one of them, such as tokens[0]")
        return _row(tokens[0])
    if not tokens:
        raise ParameterError("there are no tokens")
    return tokens


def _is_row(token) -> bool:
    return isinstance(token, (list, tuple, range)) or getattr(token, "ndim", 0) > 0 or hasattr(token, "ids")


def _item(token) -> int | str:
    """One token as an int or a str."""
    if isinstance(token, str):
        return str(token)
    if getattr(token, "ndim", None) == 0 and hasattr(token, "item"):  # a number of numpy's, or torch's
        token = token.item()
    if isinstance(token, str):
        return token
    if isinstance(token, bool) or not isinstance(token, int):
        raise ParameterError(f"{said(token)} is no token: ids are whole numbers, and words are strings")
    return token
