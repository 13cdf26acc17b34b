"""ATen's operations in the few kinds that expressions know; what is not here is ``opaque``."""
from __future__ import annotations

from typing import Any

import torch

from .attention import Attention
from .graph import Value

FLAT = ("view", "_unsafe_view", "reshape", "_reshape_alias", "_reshape_copy", "clone", "contiguous", "detach", "alias",
        "lift_fresh", "lift", "unsqueeze", "squeeze", "flatten", "view_as", "positive", "_to_copy", "to",
        "lift_fresh_copy")
FUNCTIONS = ("relu", "sigmoid", "silu", "tanh", "square")
REPLAYED = ("flip", "roll", "index_select", "repeat", "diagonal", "unfold", "as_strided", "rot90")
MATMULS = ("mm", "bmm", "addmm", "baddbmm", "mv", "dot", "addmv")
HIDING = (*MATMULS, "_native_multi_head_attention", "_transformer_encoder_layer_fwd", "mkldnn_rnn_layer", "_cudnn_rnn",
          "miopen_rnn", "_scaled_mm", "_grouped_mm", "_scaled_grouped_mm", "_int_mm", "addbmm", "addr", "vdot",
          "_addmm_activation", "_cdist_forward", "_weight_int4pack_mm", "_weight_int8pack_mm", "_trilinear",
          "_flash_attention_forward", "_efficient_attention_forward", "_flash_attention_backward",
          "_efficient_attention_backward")  # with matmuls inside, where they are not understood
GROUP = "_scaled_dot_product_"
MATMULS_INSIDE = (*HIDING, "matmul", "linear", "einsum", "tensordot", "inner", "chain_matmul", "linalg_multi_dot",
                  "bilinear", "multi_head_attention", "scaled_dot_product_attention")  # of tensors of another kind


class Known(Attention):
    """Says how the outputs of one operation were made, by setting their ``made``."""

    def understand(self) -> bool:
        """Whether this operation of ATen is known; what it made is then settled."""
        out, name, a = self.outs[0] if self.outs else None, self.name, self.args
        first = next((a[key] for key in ("self", "input", "query", "tensors") if key in a), out)
        if out is None or not isinstance(first, (Value, list, tuple)):
            return False
        if name in FLAT:
            return self.flat(a["self"])
        if name in MATMULS:
            return self.matmul()
        if name in FUNCTIONS:
            return self.set("step", a["self"], step=name)
        if name in REPLAYED:
            return self.replayed()
        if name.startswith(GROUP):
            return self.attention_backward() if name.endswith("_backward") else self.attention()
        handler = getattr(self, f"on_{name.strip('_')}", None)
        return bool(handler and handler())

    # ---- element by element

    def on_gelu(self) -> bool:
        return self.set("step", self.args["self"],
                        step="gelu_tanh" if self.args.get("approximate") == "tanh" else "gelu")

    def on_neg(self) -> bool:
        return self.set("scale", self.args["self"], step="mul", by=-1.0)

    def on_pow(self) -> bool:
        return self.args.get("exponent") == 2 and self.set("step", self.args["self"], step="square")

    def two(self, kind: str, other_factor: float = 1) -> bool:
        x, y = self.args["self"], self.args["other"]
        if not isinstance(y, Value):
            if not isinstance(y, (int, float)):
                return False
            return self.set("scale", x, step=kind, by=float(y) * other_factor)
        if not y.shape or not x.shape:  # a number in a tensor
            x, y = (x, y) if not y.shape else (y, x)
            return kind != "div" and self.set("scale", x, y, step=kind, factor=other_factor)
        if kind == "div":
            return False
        if other_factor != 1:
            source = y
            y = self.scaled(source, other_factor)
        return self.set(kind, x, y)

    def scaled(self, source: Value, factor: float) -> Value:
        name = source.label or source.parameter.rpartition(".")[2] or "h"
        return Value(source.shape, source.dtype, self.make("opaque", (source,)),
                     label=f"neg_{name}" if factor == -1 else f"scaled_{name}",
                     compute=lambda: None if source.tensor() is None else source.tensor() * factor)

    def on_mul(self) -> bool:
        return self.two("mul")

    def on_add(self) -> bool:
        return self.two("add", self.args.get("alpha", 1))

    def on_sub(self) -> bool:
        return self.two("add", -self.args.get("alpha", 1))

    def on_div(self) -> bool:
        if self.args.get("rounding_mode"):
            return False
        x, y = self.args["self"], self.args["other"]
        if isinstance(y, Value) and not y.shape:
            return bool(x.shape) and self.set("scale", x, y, step="div", factor=1)
        return not isinstance(y, Value) and y != 0 and self.two("div")

    def on_threshold_backward(self) -> bool:
        grad, result, threshold = self.args["grad_output"], self.args["self"], self.args["threshold"]
        gate = Value(result.shape, result.dtype, self.make("opaque", (result,)), label="relu_mask",
                     compute=lambda: None if result.tensor() is None else (result.tensor() > threshold).float())
        return self.set("mul", grad, gate)

    # ---- rows and masks

    def on_softmax(self) -> bool:
        shape, dim = self.args["self"].shape, self.args["dim"]
        return bool(shape) and self.set("softmax", self.args["self"], dims=(dim % len(shape),))

    on_safe_softmax = on_softmax

    def on_native_layer_norm(self) -> bool:
        x, shape, weight, bias = (self.args[key] for key in ("input", "normalized_shape", "weight", "bias"))
        dims = tuple(range(len(x.shape) - len(shape), len(x.shape)))
        info: dict[str, Any] = {"dims": dims, "eps": float(self.args["eps"])}
        steps = [("mul", weight), ("add", bias)]
        steps = [(kind, other) for kind, other in steps if isinstance(other, Value)]
        if not steps:
            return self.set("norm", x, **info)
        inner = self.between("norm", x.shape, x, **info)
        for kind, other in steps[:-1]:
            inner = self.between(kind, x.shape, inner, other)
        return self.set(steps[-1][0], inner, steps[-1][1])

    def on_masked_fill(self) -> bool:
        return self.set("mask", self.args["self"], self.args["mask"], fill=self.args["value"], hide=True)

    def on_where(self) -> bool:
        if "other" not in self.args:
            return False
        shape = self.outs[0].shape
        x, y = self.args["self"], self.args["other"]
        if x.last >= y.last and x.shape == shape:
            return self.set("mask", x, self.args["condition"], fill=y, hide=False)
        return y.shape == shape and self.set("mask", y, self.args["condition"], fill=x, hide=True)

    def on_tril(self) -> bool:
        return self.set("mask", self.args["self"], step=self.name, diagonal=self.args["diagonal"], fill=0.0)

    on_triu = on_tril

    # ---- matmuls

    def matmul(self) -> bool:
        a, name = self.args, self.name
        left, right = {"mm": ("self", "mat2"), "bmm": ("self", "mat2"), "addmm": ("mat1", "mat2"),
                       "baddbmm": ("batch1", "batch2"), "mv": ("self", "vec"), "dot": ("self", "tensor"),
                       "addmv": ("mat", "vec")}[name]
        left, right, out = a[left], a[right], self.outs[0]
        if left.dtype.startswith("complex"):
            return False
        if name == "dot" and left.last > right.last:  # the longer history as a column, which is how it is written
            left, right = right, left
        alpha, beta = (a.get(key, 1) for key in ("alpha", "beta"))
        added = a["self"] if name.startswith(("add", "badd")) and beta != 0 else None
        if added is None and alpha == 1:
            return self.set("matmul", left, right)
        # addmm in steps: product, times alpha, plus beta times what is added
        kernel = {"addmm": torch.mm, "baddbmm": torch.bmm, "addmv": torch.mv}[name]
        inner = self.between("matmul", out.shape, left, right,
                             compute=lambda: kernel(left.tensor().float(), right.tensor().float()))
        if alpha != 1 and added is None:
            return self.set("scale", inner, step="mul", by=float(alpha))
        if alpha != 1:
            inner = self.between("scale", out.shape, inner, step="mul", by=float(alpha))
        assert added is not None  # a product alone has been returned
        if beta != 1:
            added = self.scaled(added, beta)
        return self.set("add", inner, added)
