"""Fused attention in the steps that it stands for, forwards and backwards."""
from __future__ import annotations

import math

import torch

from .graph import Value
from .moves import Moves


class Attention(Moves):
    """``_scaled_dot_product_*_attention`` of every backend."""

    def attention(self) -> bool:
        """Q @ K.T, scaled, masked, softmax, @ V; the values of the result are those that the kernel gave."""
        a = self.args
        q, k, v = a["query"], a["key"], a["value"]
        mask, scale = a.get("attn_mask", a.get("attn_bias")), a.get("scale")
        if a.get("dropout_p") or len(q.shape) != 4:
            return False
        scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
        shape = (*q.shape[:-1], k.shape[-2])
        mask = mask if isinstance(mask, Value) else None
        compute = _probabilities(q, k, mask, scale, bool(a.get("is_causal")))
        x = self.between("matmul", shape, q, self.turned(k))
        x = self.between("scale", shape, x, step="mul", by=float(scale))
        if a.get("is_causal"):
            x = self.between("mask", shape, x, step="tril", diagonal=0, fill=-math.inf)
        if mask is not None:
            x = self.between("add", shape, x, mask)
        attn = self.between("softmax", shape, x, dims=(3,), compute=compute)
        return self.set("matmul", attn, v)

    def attention_backward(self) -> bool:
        """The matmuls of a fused attention's backward; its softmax and its gradient are computed again, as it does."""
        a = self.args
        q, k, v, grad = a["query"], a["key"], a["value"], a.get("grad_out", a.get("grad_out_"))
        mask, scale = a.get("attn_mask", a.get("attn_bias")), a.get("scale")
        if a.get("dropout_p") or len(q.shape) != 4 or q.shape[1] != k.shape[1] or not isinstance(grad, Value):
            return False
        scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
        shape = (*q.shape[:-1], k.shape[-2])
        compute = _probabilities(q, k, mask if isinstance(mask, Value) else None, scale, bool(a.get("is_causal")))
        again = self.between("matmul", shape, q, self.turned(k),
                             compute=lambda: q.tensor().float() @ k.tensor().float().mT)
        again.output_of = "scores"
        attn = self.between("opaque", shape, again, compute=compute)
        attn.label = "attn"
        grad_attn = self.between("matmul", shape, grad, self.turned(v),
                                 compute=lambda: grad.tensor().float() @ v.tensor().float().mT)
        grad_attn.label = "grad_attn"

        def through_softmax():
            p, g = attn.tensor(), grad_attn.tensor()
            return p * (g - (p * g).sum(-1, keepdim=True))
        scores = self.between("opaque", shape, grad_attn, attn, compute=through_softmax)
        scores.label = "grad_scores"
        for at, (left, right) in enumerate(((scores, k), (self.turned(scores), q))):
            grown = self.between("matmul", self.outs[at].shape, left, right)
            self.set("scale", grown, at=at, step="mul", by=float(scale))
        for out, name in zip(self.outs, ("grad_Q", "grad_K", "grad_V")):
            out.label = name
        return self.set("matmul", self.turned(attn), grad, at=2)

    def turned(self, x: Value) -> Value:
        """A value with its last two dimensions exchanged."""
        n = len(x.shape)
        order = [*range(n - 2), n - 1, n - 2]
        return Value((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype,
                     self.make("move", (x,), move=lambda c, first: tuple(c[d] for d in order)))


def _probabilities(q: Value, k: Value, mask: Value | None, scale: float, causal: bool):
    """Computes the softmax of a fused attention, which no tensor of the run held."""
    def compute():
        a, b = q.tensor().float(), k.tensor().float()
        x = a @ b.repeat_interleave(a.shape[1] // b.shape[1], 1).mT * scale
        if causal:
            x = x.masked_fill(~torch.ones(x.shape[-2:], dtype=torch.bool).tril().to(x.device), -math.inf)
        if mask is not None:
            x = x + mask.tensor().to(x.device)
        return x.softmax(-1).nan_to_num(0.0)
    return compute
