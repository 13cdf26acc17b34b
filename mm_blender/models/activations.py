"""Text in, activations out: a prompt through the real model, with torch and transformers, which the caller asks for."""
from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.arrays import as_matrix
from ..data.files import read_json
from ..data.foreign import error_words, foreign
from ..data.gguf_store import Gguf
from ..data.matrices import read_matrix
from ..errors import DataError, MMError, ParameterError, warn
from ..plain import said
from ..system.memory import check_room
from .families import STEMS, text_prefix
from .loaded import ModelStore
from .running import beyond, check_places, network
from .token_ids import read_tokens, Tokens
from .token_text import labels, resolve, Spelling, spelling, written_out
from .tokenizer_files import cut, open_tokenizer
from .transformer import Model

ROOM = 16  # bytes that are looked for before a text runs, for each pair of tokens


@dataclass(frozen=True)
class States:
    """``x``: hidden states as they enter a layer, (n, d_model) float32; ``tokens``: their n labels, or none."""

    x: np.ndarray
    tokens: tuple[str, ...] = ()


class _Reached(Exception):
    """The layer was reached: the rest of the model need not run."""


def states(model: Model, layer: int, text: str | None = None, tokens=None, activations=None,
           adapter=None) -> States:
    """The hidden states that enter ``layer`` for ``text``, for ``tokens`` (``token_ids.read_tokens``; each an id of the
    model, or a string of its vocabulary), or as given: ``activations``, an array (n, d_model) or an address; ``tokens``
    are then only its labels, their text where the tokenizer beside the checkpoint has them. ``adapter``: what goes
    through the model goes through that, too.

    Raises ParameterError or DataError, for an id or a word that the model does not know, too.
    """
    if activations is not None:
        return _given(model, layer, text, tokens, activations)
    if text is not None and tokens is not None:
        raise ParameterError("give either a text or tokens: they are two ways to say the same")
    if text is None and tokens is None:
        raise ParameterError("give a text, or tokens, or activations: an attention head attends to something")
    if text is not None and not isinstance(text, str):
        raise ParameterError(f"the text is a string, not {type(text).__name__}; tokens are given as tokens=")
    if text == "":
        raise ParameterError("the text is empty: an attention head attends to something")
    return _run(model, layer, text, None if tokens is None else read_tokens(tokens), adapter)


def _given(model: Model, layer: int, text, tokens, activations) -> States:
    if text is not None:
        raise ParameterError("either a text or activations: activations have been through the model already")
    address = isinstance(activations, (str, os.PathLike))
    x = read_matrix(activations) if address else as_matrix(activations, "activations")
    if x.shape[1] != model.width:
        raise DataError(f"the activations are {x.shape[0]} x {x.shape[1]}, and this model is {model.width} wide: they "
                        f"must be (n, {model.width}), the hidden states that enter layer {layer}"
                        f"{'; their .T fits' if x.shape[0] == model.width else ''}")
    if tokens is None:
        return States(x)
    found = read_tokens(tokens)
    if len(found) != len(x):
        raise DataError(f"there are {len(found)} tokens for {len(x)} rows of activations")
    return States(x, _labels(model, found.items))


def _labels(model: Model, items: tuple[int | str, ...]) -> tuple[str, ...]:
    """Tokens as labels of activations: strings that the tokenizer beside the checkpoint has are the text that they
    stand for, others and ids are themselves."""
    words = tuple(map(str, items))
    if isinstance(model.store, ModelStore) or not all(isinstance(item, str) for item in items):
        return words
    try:
        return written_out(words, read_json(model.store.path.parent / "tokenizer.json"))
    except (FileNotFoundError, DataError, AttributeError, KeyError, TypeError, ValueError):  # none, or of another kind
        return words


def _run(model: Model, layer: int, text: str | None, tokens: Tokens | None, adapter) -> States:
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise DataError(f"a text goes through the model itself, which needs {' and '.join(missing)}: pip install torch "
                        "transformers, or give activations")
    import torch
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")  # in notebooks: tqdm misses widgets, which we do not
        import transformers

    words = text is not None or tokens is not None and any(isinstance(item, str) for item in tokens.items)
    with _quiet(transformers):
        tokenizer = _tokenizer(model, transformers, len(text or ""), words)
        if text is not None:
            tokens = Tokens(tuple(cut(tokenizer, text, model.path)))
            if not tokens.items:
                raise DataError("the text has no tokens")
        assert tokens is not None  # one of the two is given
        check_room(ROOM * len(tokens) ** 2, f"what {len(tokens):,} tokens attend to in {len(tokens):,}")
        loaded = isinstance(model.store, ModelStore)
        net = model.store.net if isinstance(model.store, ModelStore) else network(model, layer, transformers, torch)
    with foreign(f"the tokenizer of {model.path}"):
        spelled = Spelling() if tokenizer is None else spelling(tokenizer)
        vocabulary = tokenizer.get_vocab() if words else {}
    known = net.get_input_embeddings().weight.shape[0]
    ids = _ids(tokens, vocabulary, spelled, known, str(model.path))
    shown = [None] * len(ids) if tokenizer is None else [_word(tokenizer, number) for number in ids]
    passed = None if loaded else lambda name: beyond(name, model, layer)
    with _evaluated(net), _adapted(net, adapter, passed):
        x = _entering(net, layer, ids, tokens.types, torch, model)
    return States(x, labels(shown, ids, spelled))


def _tokenizer(model: Model, transformers, length: int, words: bool):
    """The tokenizer of a model, which may be None if no ``words`` are asked of it."""
    found = None
    try:
        store = model.store
        folder = _folder(getattr(store.net.config, "_name_or_path", "")) if isinstance(store, ModelStore) else \
            store.path.parent
        told = not isinstance(model.store, Gguf) or model.store.field("tokenizer.ggml.model") is not None
        if folder is not None and told:
            found = open_tokenizer(folder, model.settings.kind, transformers, length,
                                   model.store if isinstance(model.store, Gguf) else None)
    except MMError as error:
        if words:
            raise
        warn(f"tokens are shown by their numbers, since their words cannot be had: {error}")
    if found is None and words:
        raise DataError(f"{model.path} comes without its tokenizer: give tokens=tokenizer(text)"
                        if isinstance(model.store, ModelStore) else
                        f"there is no tokenizer in {model.store.path.parent}, such as a tokenizer.json: download it, "
                        "too, or give tokens= as ids")
    return found


def _folder(name: object) -> Path | None:
    """The folder of what a loaded model was once loaded from: it, or what the hub's cache holds under that name.
    Nothing is fetched."""
    if not isinstance(name, str) or not name or name.startswith(("\\\\", "//")):  # which is on another machine
        return None
    try:
        if Path(name).is_dir():
            return Path(name)
        import huggingface_hub

        return Path(huggingface_hub.snapshot_download(name, local_files_only=True))
    except Exception:  # noqa: BLE001  no name of the hub's, or nothing in its cache, or no such package
        return None


def _ids(tokens: Tokens, vocabulary: Mapping[str, int], spelled: Spelling, known: int, name: str) -> list[int]:
    """The id of each token. Raises DataError for what the model does not know."""
    words = [item for item in tokens.items if isinstance(item, str)]
    found = dict(zip(words, resolve(words, vocabulary, spelled, name))) if words else {}
    ids = [found[item] if isinstance(item, str) else item for item in tokens.items]
    for number in ids:
        if not 0 <= number < known:
            raise DataError(f"{name} has no token {said(number)}: its ids are 0 to {known - 1}")
    return ids


def _word(tokenizer, number: int) -> str | None:
    try:
        return tokenizer.convert_ids_to_tokens(number)
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        return None


@contextlib.contextmanager
def _evaluated(net) -> Iterator[None]:
    """Without dropout; each part is left as it was."""
    before = [(part, part.training) for part in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


@contextlib.contextmanager
def _adapted(net, adapter, passed) -> Iterator[None]:
    """With what an adapter adds to the outputs of the modules that it changes; ``passed``: which of them may lack."""
    hooks = [] if adapter is None else adapter.attach(net, passed)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _entering(net, layer: int, ids: list[int], types: tuple[int, ...], torch, model: Model) -> np.ndarray:
    """What enters a layer of a transformers model, caught on its way."""
    caught = []

    def catch(module, args, named):
        caught.append(args[0] if args else named["hidden_states"])
        raise _Reached

    family = "llama" if model.family == "gguf" else model.family
    prefix, _ = text_prefix(net.state_dict(), family, model.path)
    check_places(net, family, prefix, ids, types, str(model.path))
    more = {"token_type_ids": torch.tensor([types], device=net.device)} if types else {}
    if more and "token_type_ids" not in inspect.signature(net.forward).parameters:
        raise DataError(f"the tokens have types (token_type_ids), and {model.path} takes none")
    hook = net.get_submodule(f"{prefix}{STEMS[family]}.{layer}").register_forward_pre_hook(catch, with_kwargs=True)
    try:
        with torch.no_grad(), contextlib.suppress(_Reached):
            net(torch.tensor([ids], device=net.device), **more)
    except (IndexError, RuntimeError, ValueError) as error:
        raise DataError(f"the model does not take these {len(ids)} tokens: {error_words(error)}") from None
    finally:
        hook.remove()
    return as_matrix(caught[0][0])


@contextlib.contextmanager
def _quiet(transformers):
    """Without its progress and its notes on weights that are of no use here (a language model's head)."""
    logging = transformers.logging
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where the bar of a GGUF file goes all the same
            yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()
