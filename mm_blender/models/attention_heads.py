"""Attention heads of real models as expressions whose numbers are the model's own.

``input`` are the hidden states as the head's projections see them: normalised where the model normalises first.
"""
from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..expression.tree import nodes
from ..lettering import labels
from ..plain import flag, mapping, said
from ..values import given
from ..visualization import Visualization, visualize
from .activations import states
from .adapters import open_adapter
from .checkpoints import open_model
from .head_forms import FORMS, HeadExpression
from .transformer import Model


def attention_head(checkpoint, layer: int = 0, head: int = 0, *, text: str | None = None,
                   tokens=None, activations=None, form: str = "projections",
                   kv_cache: bool = False, adapter: str | os.PathLike | None = None, **options) -> Visualization:
    """One attention head of a model, ready to be built.

    checkpoint: a folder or file of GPT-2's layout, BERT's or Llama's (safetensors or PyTorch with its ``config.json``
        beside, GGUF); or a model of transformers that is loaded. What its configuration or its tensors say and we do
        not know (quantized weights, another scaling of rotary embeddings, soft caps, …) is refused by name.
    layer, head: counted from 0.
    text: goes through the real model (needs torch and transformers); or tokens: ids or strings of its vocabulary, in a
        list, an array (n,) or (1, n), or as a tokenizer gives them for one text; an id or a word that the model does
        not know is an error; or activations: the hidden states that enter the layer, (n, d_model), with ``tokens`` as
        labels if there are any: ids and words as they are, and what a tokenizer.json beside the checkpoint has as
        tokens by their text.
    form: ``projections``, from the input to the output projection; ``attention``, queries, keys and values as they are;
        ``premultiplied``, with wQ @ wK.T and wV @ wO (biases ride on a column of ones at the end of the input; a model
        that turns its queries and keys by position has no such form); ``layer``, the head and its layer's MLP in one
        (what the other heads and the residuals add is added as data).
    kv_cache: one step of generation: the last token's query against keys and values that are there already.
    adapter: a LoRA adapter's folder (PEFT); its ``B @ A`` are drawn where the head uses them, and a text or tokens go
        through the model with it.
    options: of ``visualize``. Each matrix has its own colour scale here (``viz.sensitivity``: ``local``).

    The matrices' rows and columns that stand for tokens are labelled with the text that these stand for
    (``Visualization.labels``): a character whose bytes lie in several tokens at the first of them, ``_`` where there is
    nothing to see. Raises an MMError.
    """
    model = open_model(checkpoint)
    layer, head = model.check(layer, head)
    request = _Request(text, tokens, activations, form, kv_cache, adapter, options)
    return _visualizations(model, layer, [head], request)[0]


def attention_heads(checkpoint, layer: int = 0, heads: Sequence[int] | None = None, *,
                    text: str | None = None, tokens=None, activations=None,
                    form: str = "projections", kv_cache: bool = False, adapter: str | os.PathLike | None = None,
                    **options) -> list[Visualization]:
    """The heads of a layer, all or those of ``heads``, each as ``attention_head`` gives it; the model runs once."""
    model = open_model(checkpoint)
    if heads is not None and (not isinstance(heads, (Sequence, np.ndarray)) or isinstance(heads, (str, bytes))
                              or getattr(heads, "ndim", 1) != 1):
        raise ParameterError(f"heads is a list of numbers from 0 up, or None for all, not {said(heads)}")
    checked = [model.check(layer, head) for head in (range(model.heads) if heads is None else heads)]
    request = _Request(text, tokens, activations, form, kv_cache, adapter, options)
    return _visualizations(model, checked[0][0] if checked else 0, [head for _, head in checked], request)


@dataclass(frozen=True)
class _Request:
    """What is asked of a head or of several: ``attention_head``'s parameters."""

    text: Any
    tokens: Any
    activations: Any
    form: str
    kv_cache: bool
    adapter: str | os.PathLike | None
    options: dict[str, Any]


def _visualizations(model: Model, layer: int, heads: Sequence[int], request: _Request) -> list[Visualization]:
    given.refuse_data(request.options, "the model's")
    form = request.form
    if not isinstance(form, str) or form not in FORMS:
        raise ParameterError(f"there is no form {said(form)}; known are {', '.join(FORMS)}")
    kv_cache = flag(request.kv_cache, "kv_cache")
    if kv_cache and form not in ("projections", "attention"):
        raise ParameterError(f"a step with a KV cache is shown in the forms projections and attention, not {form}")
    if request.adapter is not None and form != "projections":
        raise ParameterError(f"an adapter is shown in the form projections, not {form}")
    model.check_shapes(layer, mlp=form == "layer")
    model.check_layer(layer, mlp=form == "layer")
    adapter = None if request.adapter is None else open_adapter(request.adapter)
    if adapter is not None:
        adapter.check_layer(model, layer)
    entering = states(model, layer, request.text, request.tokens, request.activations, adapter)
    model.check_length(len(entering.x))
    return [_visualize(HeadExpression(model, layer, head, entering.x, kv_cache, adapter), form, entering.tokens,
                       request.options) for head in heads]


def _visualize(head: HeadExpression, form: str, tokens: tuple[str, ...], options: dict) -> Visualization:
    text = head.text(form)
    # attention is below 1 and what it weighs is not: on one scale it would not be seen
    usual: dict = {"viz.sensitivity": "local"}
    if tokens:
        usual["layout.gap"] = max(4, math.ceil(labels.room(tokens)))
    settings = mapping(options.get("settings"), "settings", "{'viz.sensitivity': 'global'}")
    viz = visualize(text, head.data, **{**options, "settings": {**usual, **settings}})
    return viz.labelled(_labels(viz, head, tokens)) if tokens else viz


def _labels(viz: Visualization, head: HeadExpression, tokens: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    """Tokens by path, for the rows and columns that stand for tokens."""
    out: dict[str, dict[str, list[str]]] = {}
    for node in nodes(viz.tree):
        if node.name in head.rows:
            out.setdefault(node.path, {})["rows"] = list(tokens[-node.h:])
        if node.name in head.cols:
            out.setdefault(node.path, {})["cols"] = list(tokens[-node.w:])
    return out
