"""The forms of an attention head: each a text of an expression, with the data that its names hold."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..errors import ParameterError, warn
from .adapters import Adapter
from .head_numbers import head_output, matmul, projected, window
from .metadata import exact
from .transformer import Head, Model

FORMS = ("projections", "attention", "premultiplied", "layer")


@dataclass
class HeadExpression:
    """The expression of one head while it is written.

    ``entering``: the hidden states that enter the layer, (n, d_model); ``kv_cache``: for the last token alone.
    ``data``: what its names hold; ``rows``, ``cols``: the names of what has tokens along its rows or its columns.
    """

    model: Model
    layer: int
    head: int
    entering: np.ndarray
    kv_cache: bool = False
    adapter: Adapter | None = None
    data: dict[str, np.ndarray] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)
    cols: set[str] = field(default_factory=set)

    @cached_property
    def weights(self) -> Head:
        """The head's own."""
        return self.model.head(self.layer, self.head)

    @cached_property
    def x(self) -> np.ndarray:
        """What the head's projections see, (n, d_model): normalised where the model normalises first."""
        return self.entering if self.model.family == "bert" else self.model.normed(self.layer, self.entering)

    def text(self, form: str) -> str:
        """The expression in one of ``FORMS``; fills ``data``, ``rows`` and ``cols``. Raises an MMError."""
        if form == "premultiplied":
            return self._premultiplied()
        if form == "attention":
            return self._attention()
        return self._layer(self._projections()) if form == "layer" else f"out = {self._projections()}"

    def _give(self, name: str, x: np.ndarray | None) -> None:
        if x is not None:
            self.data[name] = x

    # ---- forms

    def _projections(self) -> str:
        """``attn @ V @ wO`` with all that makes up attn and V."""
        x, w, last = self.x, self.weights, len(self.x) - 1 if self.kv_cache else 0
        self.data["input"] = x[last:]
        for name, value in (("bQ", w.q_bias), ("gQ", w.norm_q)):
            self._give(name, value)
        q, k, v, o = self._weight_texts()
        queries = self._turned(f"Q = input @ {q}{' + bQ' * (w.q_bias is not None)}", "gQ", w.norm_q, offset=last)
        self.rows |= {"input", "Q", "attn", "head", "out"}
        self.cols |= {"input.T", "K_t", "attn"}
        if self.kv_cache:
            if self.adapter is not None and (k != "wK.T" or v != "wV"):
                raise ParameterError("with a KV cache the adapter may change queries and the output only")
            _, k_numbers, v_numbers = projected(self.model, w, x)
            self.data |= {"K_t": k_numbers.T, "V": v_numbers}
            keys, values = "K_t", "V"
        else:
            for name, value in (("bK", w.k_bias), ("gK", w.norm_k), ("bV", w.v_bias)):
                self._give(name, value)
            keys = self._turned(f"K_t = {k} @ input.T{' + bK.T' * (w.k_bias is not None)}", "gK.T", w.norm_k, "_cols")
            values = f"(V = input @ {v}{' + bV' * (w.v_bias is not None)})"
        self.rows |= {"V"}
        return f"(head = {self._attended(queries, keys)} @ {values}) @ {o}"

    def _attention(self) -> str:
        q, k, v = projected(self.model, self.weights, self.x)
        self.data |= {"Q": q[-1:] if self.kv_cache else q, "K_t": k.T, "V": v}
        self.rows, self.cols = {"Q", "attn", "V", "out"}, {"K_t", "attn"}
        return f"out = {self._attended('Q', 'K_t')} @ V"

    def _premultiplied(self) -> str:
        x, w = self.x, self.weights
        if w.rope or w.norm_q is not None:
            raise ParameterError(f"{self.model.path} turns queries and keys by their position, which lies between wQ "
                                 "and wK.T: they cannot be multiplied beforehand; take the form projections")
        biased = any(b is not None for b in (w.q_bias, w.k_bias, w.v_bias))

        def below(matrix: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
            """A weight with its bias as the row that meets the column of ones."""
            return np.vstack([matrix, np.zeros(matrix.shape[1]) if bias is None else bias]) if biased else matrix

        states = np.hstack([x, np.ones((len(x), 1), np.float32)]) if biased else x
        self.data |= {"input": states, "wQ": below(w.q, w.q_bias), "wK": below(w.k, w.k_bias),
                      "wV": below(w.v, w.v_bias), "wO": w.o}
        self.rows |= {"input", "attn", "VO", "out"}
        self.cols |= {"input.T", "attn"}
        scores = f"input @ (QK = wQ @ wK.T) @ input.T {self._scaled(str(w.size))}"
        masked = f"tril({scores})" if self.model.causal else scores
        return f"out = (attn = softmax({masked})) @ (VO = input @ (OV = wV @ wO))"

    def _layer(self, text: str) -> str:
        """The rest of a layer behind a head: the other heads and the residual are added, then comes the MLP."""
        model, layer = self.model, self.layer
        rest = self.entering + sum(head_output(model, model.head(layer, other), self.x)
                                   for other in range(model.heads) if other != self.head)
        bias = model.vector(layer, "o")
        rest = rest if bias is None else rest + bias
        mid = rest + head_output(model, self.weights, self.x)
        self.data |= {"rest": rest, "wUp": model.weight(layer, "up"), "wDown": model.weight(layer, "down")}
        for part in ("up", "down"):
            self._give(f"b{part.capitalize()}", model.vector(layer, part))
        up_bias, down_bias = (f" + {name}" if name in self.data else "" for name in ("bUp", "bDown"))
        act = model.activation()
        self.rows |= {"mid", "hidden"}
        if model.family == "bert":
            first = self._normed(f"mid = {text} + rest", "1")
            hidden = f"(hidden = {act}(({first}) @ wUp{up_bias}))"
            return self._normed(f"out = {hidden} @ wDown{down_bias} + mid", "2")
        self.data["residual"] = mid
        first = self._normed(f"mid = {text} + rest", "2")
        if model.family == "gpt2":
            hidden = f"(hidden = {act}(({first}) @ wUp{up_bias}))"
        else:  # a gated MLP: what the gate lets through is data
            self.data["up"] = matmul(model.normed(layer, mid, "norm2"), self.data.pop("wUp"))
            self.data["up"] += self.data.pop("bUp", np.float32(0))
            self.data["wGate"] = model.weight(layer, "gate")
            self._give("bGate", model.vector(layer, "gate"))
            hidden = f"(hidden = {act}(({first}) @ wGate{' + bGate' * ('bGate' in self.data)}) * up)"
        return f"out = {hidden} @ wDown{down_bias} + residual"

    # ---- parts

    def _normed(self, text: str, which: str) -> str:
        """A text through the layer's first norm or its second (``which``: 1 or 2), whose numbers become data."""
        part = {"1": "norm", "2": "norm2"}[which]
        self._give(f"g{which}", self.model.vector(self.layer, part, "weight"))
        self._give(f"b{which}", self.model.vector(self.layer, part))
        shift = f" + b{which}" if f"b{which}" in self.data else ""
        norm = "rmsnorm" if self.model.rms else "layernorm_rows"
        return f"{norm}({text}, {exact(self.model.eps)}) * g{which}{shift}"

    def _weight_texts(self) -> list[str]:
        """The names of wQ, wK.T, wV and wO; with an adapter, the sum that makes up each that it changes."""
        texts, changed, w = [], False, self.weights
        for part, whole in (("q", w.q), ("k", w.k), ("v", w.v), ("o", w.o)):
            name = f"w{part.upper()}"
            factors = None if self.adapter is None else self.adapter.of_head(self.model, self.layer, self.head, part)
            if factors is None:
                if not (self.kv_cache and part in "kv"):
                    self.data[name] = whole
                texts.append(f"{name}.T" if part == "k" else name)
                continue
            changed = True
            a, b = f"A_{part}", f"B_{part}"
            self.data |= {f"{name}_0": whole, a: factors.a, b: factors.b}
            scale = exact(factors.scale)
            texts.append(f"({name}_t = {b}.T @ {a}.T * {scale} + {name}_0.T)" if part == "k" else
                         f"({name} = {a} @ {b} * {scale} + {name}_0)")
        if self.adapter is not None and not changed:
            warn(f"the adapter {self.adapter.path} changes nothing in head {self.head} of layer {self.layer} itself")
        return texts

    def _turned(self, text: str, gain: str, norm: np.ndarray | None, suffix: str = "", offset: int = 0) -> str:
        """Queries or keys as they meet: normalised and turned by their positions where the model does so."""
        if norm is not None:
            text = f"rmsnorm{suffix}({text}, {exact(self.model.eps)}) * {gain}"
        if rope := self.weights.rope:
            numbers = (rope[0], float(offset), *rope[2:])
            return f"rope{suffix}({text}, {', '.join(map(exact, numbers))})"
        return f"({text})"

    def _attended(self, queries: str, keys: str) -> str:
        """How much each token attends to each."""
        scores, count, width = f"{queries} @ {keys} {self._scaled('k')}", len(self.x), self.weights.window
        if width and width < count:
            self.data["window"] = window(count, width)[-1:] if self.kv_cache else window(count, width)
            scores += " + window"
        return f"(attn = softmax({f'tril({scores})' if self.model.causal and not self.kv_cache else scores}))"

    def _scaled(self, size: str) -> str:
        """What scores are scaled by, as it stands behind them; ``size``: how the number of a head's columns is
        written."""
        scale = self.weights.scale
        return f"/ sqrt({size})" if scale is None else f"* {exact(scale)}"
