"""Attention heads of real models as expressions whose numbers are the model's own.

``input`` are the hidden states as the head's projections see them: normalised where the model normalises first.
"""
from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from . import adapters, epilogs, labels
from .activations import States, states
from .errors import ParameterError
from .layouts import Head, Model, open_model
from .visualization import Visualization, visualize

FORMS = ("projections", "attention", "premultiplied", "layer")


def attention_head(checkpoint: str | os.PathLike, layer: int = 0, head: int = 0, *, text: str | None = None,
                   tokens: Sequence | None = None, activations=None, form: str = "projections",
                   kv_cache: bool = False, adapter: str | os.PathLike | None = None, **options) -> Visualization:
    """One attention head of a model, ready to be built.

    checkpoint: a folder or file of GPT-2's layout, BERT's or Llama's (safetensors or PyTorch with its ``config.json``
        beside, GGUF).
    layer, head: counted from 0.
    text: goes through the real model (needs torch and transformers); or tokens: ids or strings of its vocabulary; or
        activations: the hidden states that enter the layer, (n, d_model), with ``tokens`` as labels if there are any.
    form: ``projections``, from the input to the output projection; ``attention``, queries, keys and values as they are;
        ``premultiplied``, with wQ @ wK.T and wV @ wO (biases ride on a column of ones at the end of the input; a model
        that turns its queries and keys by position has no such form); ``layer``, the head and its layer's MLP in one
        (what the other heads and the residuals add is added as data).
    kv_cache: one step of generation: the last token's query against keys and values that are there already.
    adapter: a LoRA adapter's folder (PEFT); its ``B @ A`` are drawn where the head uses them.
    options: of ``visualize``. Each matrix has its own colour scale here (``viz.sensitivity``: ``local``).

    The matrices' rows and columns that stand for tokens are labelled (``Visualization.labels``). Raises an MMError.
    """
    model = open_model(checkpoint)
    model.check(layer, head)
    given = states(model, layer, text, tokens, activations)
    return _visualize(model, layer, head, given, form, kv_cache, adapter, options)


def attention_heads(checkpoint: str | os.PathLike, layer: int = 0, heads: Sequence[int] | None = None, *,
                    text: str | None = None, tokens: Sequence | None = None, activations=None,
                    form: str = "projections", kv_cache: bool = False, adapter: str | os.PathLike | None = None,
                    **options) -> list[Visualization]:
    """The heads of a layer, all or those of ``heads``, each as ``attention_head`` gives it; the model runs once."""
    model = open_model(checkpoint)
    wanted = range(model.heads) if heads is None else heads
    for head in wanted:
        model.check(layer, head)
    given = states(model, layer, text, tokens, activations)
    return [_visualize(model, layer, head, given, form, kv_cache, adapter, options) for head in wanted]


@dataclass
class _Picture:
    """An expression under way: what its names hold, and which of them have tokens along their rows or columns."""

    data: dict[str, np.ndarray] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)
    cols: set[str] = field(default_factory=set)

    def give(self, name: str, x: np.ndarray | None) -> None:
        if x is not None:
            self.data[name] = x


def _visualize(model: Model, layer: int, head: int, given: States, form: str, kv_cache: bool, adapter,
               options: dict) -> Visualization:
    if form not in FORMS:
        raise ParameterError(f"there is no form {form!r}; known are {', '.join(FORMS)}")
    if kv_cache and form not in ("projections", "attention"):
        raise ParameterError(f"a step with a KV cache is shown in the forms projections and attention, not {form}")
    if adapter is not None and form != "projections":
        raise ParameterError(f"an adapter is shown in the form projections, not {form}")
    x = model.normed(layer, given.x) if model.family != "bert" else given.x
    weights, picture = model.head(layer, head), _Picture()
    if form == "premultiplied":
        text = _premultiplied(model, weights, x, picture)
    elif form == "attention":
        text = _attention(model, weights, x, picture, kv_cache)
    else:
        text = _projections(model, layer, head, weights, x, picture, kv_cache, adapter)
        if form == "layer":
            text = _layer(model, layer, head, given.x, x, text, picture)
        else:
            text = f"out = {text}"
    # attention is below 1 and what it weighs is not: on one scale it would not be seen
    usual: dict = {"viz.sensitivity": "local"}
    if given.tokens:
        usual["layout.gap"] = max(4, math.ceil(labels.room(given.tokens)))
    options = {**options, "settings": {**usual, **(options.get("settings") or {})}}
    viz = visualize(text, picture.data, **options)
    return viz.labelled(_labels(viz, picture, given.tokens)) if given.tokens else viz


# ---- forms

def _projections(model: Model, layer: int, head: int, w: Head, x: np.ndarray, picture: _Picture, kv_cache: bool,
                 adapter) -> str:
    """``attn @ V @ wO`` with all that makes up attn and V."""
    last = len(x) - 1 if kv_cache else 0
    picture.data |= {"input": x[last:]}
    for name, value in (("bQ", w.q_bias), ("gQ", w.norm_q)):
        picture.give(name, value)
    q, k, v, o = _weights(model, layer, head, w, picture, adapter, kv_cache)
    queries = _turned(model, w, f"Q = input @ {q}{' + bQ' * (w.q_bias is not None)}", "gQ", w.norm_q, "", last)
    picture.rows |= {"input", "Q", "attn", "head", "out"}
    picture.cols |= {"input.T", "K_t", "attn"}
    if kv_cache:
        if adapter is not None and (k != "wK.T" or v != "wV"):
            raise ParameterError("with a KV cache the adapter may change queries and the output only")
        _, keys, values = _computed(model, w, x)
        picture.data |= {"K_t": keys.T, "V": values}
        keys_text, values_text = "K_t", "V"
    else:
        for name, value in (("bK", w.k_bias), ("gK", w.norm_k), ("bV", w.v_bias)):
            picture.give(name, value)
        keys_text = _turned(model, w, f"K_t = {k} @ input.T{' + bK.T' * (w.k_bias is not None)}", "gK.T", w.norm_k,
                            "_cols")
        values_text = f"(V = input @ {v}{' + bV' * (w.v_bias is not None)})"
    picture.rows |= {"V"}
    return f"(head = {_weighted(model, w, len(x), picture, queries, keys_text, kv_cache)} @ {values_text}) @ {o}"


def _attention(model: Model, w: Head, x: np.ndarray, picture: _Picture, kv_cache: bool) -> str:
    q, k, v = _computed(model, w, x)
    picture.data |= {"Q": q[-1:] if kv_cache else q, "K_t": k.T, "V": v}
    picture.rows, picture.cols = {"Q", "attn", "V", "out"}, {"K_t", "attn"}
    return f"out = {_weighted(model, w, len(x), picture, 'Q', 'K_t', kv_cache)} @ V"


def _premultiplied(model: Model, w: Head, x: np.ndarray, picture: _Picture) -> str:
    if w.rope or w.norm_q is not None:
        raise ParameterError(f"{model.path} turns queries and keys by their position, which lies between wQ and wK.T: "
                             "they cannot be multiplied beforehand; take the form projections")
    biased = any(b is not None for b in (w.q_bias, w.k_bias, w.v_bias))

    def below(matrix: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
        """A weight with its bias as the row that meets the column of ones."""
        return np.vstack([matrix, np.zeros(matrix.shape[1]) if bias is None else bias]) if biased else matrix

    states_ = np.hstack([x, np.ones((len(x), 1), np.float32)]) if biased else x
    picture.data |= {"input": states_, "wQ": below(w.q, w.q_bias), "wK": below(w.k, w.k_bias),
                     "wV": below(w.v, w.v_bias), "wO": w.o}
    picture.rows |= {"input", "attn", "VO", "out"}
    picture.cols |= {"input.T", "attn"}
    scores = f"input @ (QK = wQ @ wK.T) @ input.T / sqrt({w.size})"
    masked = f"tril({scores})" if model.causal else scores
    return f"out = (attn = softmax({masked})) @ (VO = input @ (OV = wV @ wO))"


def _layer(model: Model, layer: int, head: int, entering: np.ndarray, x: np.ndarray, text: str,
           picture: _Picture) -> str:
    """The rest of a layer behind a head: the other heads and the residual are added, then comes the MLP."""
    rest = entering + sum(_output(model, model.head(layer, other), x) for other in range(model.heads) if other != head)
    bias = model.vector(layer, "o")
    rest = rest if bias is None else rest + bias
    mid = rest + _output(model, model.head(layer, head), x)
    picture.data |= {"rest": rest, "wUp": model.weight(layer, "up"), "wDown": model.weight(layer, "down")}
    for part in ("up", "down"):
        picture.give(f"b{part.capitalize()}", model.vector(layer, part))
    for name, part in (("1", "norm"), ("2", "norm2")):
        picture.give(f"g{name}", model.vector(layer, part, "weight"))
        picture.give(f"b{name}", model.vector(layer, part))
    up_bias, down_bias = (f" + {name}" if name in picture.data else "" for name in ("bUp", "bDown"))
    act = model.activation()
    norm = "rmsnorm" if model.rms else "layernorm_rows"

    def normed(inside: str, which: str) -> str:
        return f"{norm}({inside}, {model.eps:g}) * g{which}" + (f" + b{which}" if f"b{which}" in picture.data else "")

    def keep(*names: str) -> None:
        for name in ("g1", "b1", "g2", "b2"):
            if name not in names:
                picture.data.pop(name, None)

    picture.rows |= {"mid", "hidden"}
    if model.family == "bert":
        keep("g1", "b1", "g2", "b2")
        first = normed(f"mid = {text} + rest", "1")
        hidden = f"(hidden = {act}(({first}) @ wUp{up_bias}))"
        return normed(f"out = {hidden} @ wDown{down_bias} + mid", "2")
    keep("g2", "b2")
    picture.data["residual"] = mid
    first = normed(f"mid = {text} + rest", "2")
    if model.family == "gpt2":
        hidden = f"(hidden = {act}(({first}) @ wUp{up_bias}))"
    else:  # a gated MLP: what the gate lets through is data
        picture.data["up"] = _matmul(model.normed(layer, mid, "norm2"), picture.data.pop("wUp"))
        picture.data["up"] += picture.data.pop("bUp", np.float32(0))
        picture.data["wGate"] = model.weight(layer, "gate")
        picture.give("bGate", model.vector(layer, "gate"))
        hidden = f"(hidden = {act}(({first}) @ wGate{' + bGate' * ('bGate' in picture.data)}) * up)"
    return f"out = {hidden} @ wDown{down_bias} + residual"


# ---- parts

def _weights(model: Model, layer: int, head: int, w: Head, picture: _Picture, adapter, kv_cache: bool) -> list[str]:
    """The names of wQ, wK.T, wV and wO; with an adapter, the sum that makes up each that it changes."""
    lora = adapters.open_adapter(adapter) if adapter is not None else None
    out = []
    for part, whole in (("q", w.q), ("k", w.k), ("v", w.v), ("o", w.o)):
        name = f"w{part.upper()}"
        factors = lora.of_head(model, layer, head, part) if lora else None
        if factors is None:
            if not (kv_cache and part in "kv"):
                picture.data[name] = whole
            out.append(f"{name}.T" if part == "k" else name)
            continue
        a, b = f"A_{part}", f"B_{part}"
        picture.data |= {f"{name}_0": whole, a: factors.a, b: factors.b}
        scale = f"{factors.scale!r}"
        out.append(f"({name}_t = {b}.T @ {a}.T * {scale} + {name}_0.T)" if part == "k" else
                   f"({name} = {a} @ {b} * {scale} + {name}_0)")
    return out


def _turned(model: Model, w: Head, text: str, gain: str, norm, suffix: str, offset: int = 0) -> str:
    """Queries or keys as they meet: normalised and turned by their positions where the model does so."""
    if norm is not None:
        text = f"rmsnorm{suffix}({text}, {model.eps:g}) * {gain}"
    if w.rope:
        numbers = (w.rope[0], float(offset), *w.rope[2:])
        return f"rope{suffix}({text}, {', '.join(f'{number!r}' for number in numbers)})"
    return f"({text})"


def _weighted(model: Model, w: Head, count: int, picture: _Picture, queries: str, keys: str, kv_cache: bool) -> str:
    scores = f"{queries} @ {keys} / sqrt(k)"
    if w.window and w.window < count:
        picture.data["window"] = _window(count, w.window)[-1:] if kv_cache else _window(count, w.window)
        scores += " + window"
    return f"(attn = softmax({f'tril({scores})' if model.causal and not kv_cache else scores}))"


def _window(count: int, width: int) -> np.ndarray:
    """(count, count): what hides the tokens that lie ``width`` or more back."""
    return np.where(np.tri(count, k=-width, dtype=bool), np.float32(-np.inf), np.float32(0))


def _computed(model: Model, w: Head, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries, keys and values (n, size)."""
    q, k, v = (_matmul(x, m) if b is None else _matmul(x, m) + b
               for m, b in ((w.q, w.q_bias), (w.k, w.k_bias), (w.v, w.v_bias)))
    if w.norm_q is not None:
        q, k = epilogs.rmsnorm(q, model.eps) * w.norm_q, epilogs.rmsnorm(k, model.eps) * w.norm_k
    if w.rope:
        q, k = epilogs.rope(q, *w.rope), epilogs.rope(k, *w.rope)
    return q, k, v


def _output(model: Model, w: Head, x: np.ndarray) -> np.ndarray:
    """What a head adds, (n, d_model)."""
    q, k, v = _computed(model, w, x)
    scores = _matmul(q, k.T) / np.float32(np.sqrt(w.size))
    if w.window:
        scores += _window(len(x), w.window)
    if model.causal:
        scores = np.where(np.tri(len(x), dtype=bool), scores, np.float32(-np.inf))
    return _matmul(_matmul(epilogs.softmax(scores), v), w.o)


def _matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)


def _labels(viz: Visualization, picture: _Picture, tokens: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    """Tokens by path, for the rows and columns that stand for tokens."""
    from .tree import nodes

    out: dict[str, dict[str, list[str]]] = {}
    for node in nodes(viz.tree):
        if node.name in picture.rows:
            out.setdefault(node.path, {})["rows"] = list(tokens[-node.h:])
        if node.name in picture.cols:
            out.setdefault(node.path, {})["cols"] = list(tokens[-node.w:])
    return out
