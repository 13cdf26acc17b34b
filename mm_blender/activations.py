"""Text in, activations out: a prompt through the real model, with torch and transformers, which the caller asks for."""
from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .datafiles import as_matrix, read_matrix
from .errors import DataError, ParameterError
from .layouts import STEMS, Model
from .tensorfiles import Gguf


@dataclass(frozen=True)
class States:
    """``x``: hidden states as they enter a layer, (n, d_model) float32; ``tokens``: their n labels, or none."""

    x: np.ndarray
    tokens: tuple[str, ...] = ()


class _Reached(Exception):
    """The layer was reached: the rest of the model need not run."""


def states(model: Model, layer: int, text: str | None = None, tokens: Sequence | None = None,
           activations=None) -> States:
    """The hidden states that enter ``layer`` for ``text``, for ``tokens`` (ids, or strings of the vocabulary), or as
    given: ``activations``, an array (n, d_model) or an address; ``tokens`` are then only its labels. Raises DataError.
    """
    if activations is not None:
        if text is not None:
            raise ParameterError("either a text or activations: activations have been through the model already")
        x = read_matrix(activations) if isinstance(activations, (str, os.PathLike)) else as_matrix(
            activations, "activations")
        width = model.weight(layer, "fused" if model.family == "gpt2" else "q", slice(0, 1)).shape[0]
        if x.shape[1] != width:
            raise DataError(f"the activations are {x.shape[0]} x {x.shape[1]}, and this model is {width} wide: they "
                            f"must be (n, {width}), the hidden states that enter layer {layer}")
        if tokens is not None and len(tokens) != len(x):
            raise DataError(f"there are {len(tokens)} tokens for {len(x)} rows of activations")
        return States(x, tuple(map(str, tokens or ())))
    if (text is None) == (tokens is None):
        raise ParameterError("give a text, or tokens, or activations: an attention head attends to something")
    return _run(model, layer, text, tokens)


def _run(model: Model, layer: int, text: str | None, tokens: Sequence | None) -> States:
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise DataError(f"a text goes through the model itself, which needs {' and '.join(missing)}: pip install torch "
                        "transformers, or give activations")
    import torch
    import transformers

    path = model.store.path
    where = {"gguf_file": path.name} if isinstance(model.store, Gguf) else {}
    with _quiet(transformers):
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, local_files_only=True, **where)
            net = transformers.AutoModel.from_pretrained(path.parent, local_files_only=True, dtype=torch.float32,
                                                         **where)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise DataError(f"transformers cannot open {path.parent}: {str(error).splitlines()[0]}") from None
    if text is not None:
        ids = tokenizer(text)["input_ids"]
    else:
        ids = [tokenizer.convert_tokens_to_ids(token) if isinstance(token, str) else int(token) for token in tokens]
        unknown = [token for token, number in zip(tokens, ids) if number is None]
        if unknown:
            raise DataError(f"the vocabulary has no token {unknown[0]!r}")
    if not ids:
        raise DataError("the text has no tokens")
    return States(_entering(net.eval(), layer, ids, torch, STEMS["llama" if where else model.family]),
                  tuple(map(_plain, tokenizer.convert_ids_to_tokens(ids))))


def _entering(net, layer: int, ids: list[int], torch, stem: str) -> np.ndarray:
    """What enters a layer of a transformers model, caught on its way."""
    caught = []

    def catch(module, args, named):
        caught.append(args[0] if args else named["hidden_states"])
        raise _Reached

    module = dict(net.named_modules())[f"{stem}.{layer}"]
    hook = module.register_forward_pre_hook(catch, with_kwargs=True)
    try:
        with torch.no_grad(), contextlib.suppress(_Reached):
            net(torch.tensor([ids]))
    except (IndexError, RuntimeError) as error:
        raise DataError(f"the model does not take these {len(ids)} tokens: {error}") from None
    finally:
        hook.remove()
    return as_matrix(caught[0][0])


def _plain(token: str) -> str:
    """A token as a person reads it: without the marks that stand for a space or a word's part."""
    return token.replace("Ġ", "").replace("▁", "").replace("Ċ", "\\n").strip() or "_"


@contextlib.contextmanager
def _quiet(transformers):
    """Without its progress and its notes on weights that are of no use here (a language model's head)."""
    logging = transformers.logging
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()
