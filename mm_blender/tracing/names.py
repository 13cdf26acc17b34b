"""Names that a person would write: wQ for ``q_proj.weight``, w_fc1, K.T, attn, grad_out."""
from __future__ import annotations

import itertools
import re

from .graph import Block, Operation, Value
from .leaves import LONGEST
from .terms import Other, Term

ROLES = {**dict.fromkeys(("q", "query", "q_proj", "to_q", "wq", "q_lin", "linear_q"), "Q"),
         **dict.fromkeys(("k", "key", "k_proj", "to_k", "wk", "k_lin", "linear_k"), "K"),
         **dict.fromkeys(("v", "value", "v_proj", "to_v", "wv", "v_lin", "linear_v"), "V"),
         **dict.fromkeys(("o_proj", "out_proj", "to_out", "wo", "out_lin"), "O")}
PLAIN = ("dense", "linear", "lin", "proj", "fc", "layer", "conv1d")  # names that say nothing without their parent
KINDS = {"weight": "w", "bias": "b", "in_proj_weight": "w_in", "in_proj_bias": "b_in", "q_proj_weight": "wQ",
         "k_proj_weight": "wK", "v_proj_weight": "wV", "g": "g", "gamma": "g", "beta": "b"}
NORMS = ("layernorm", "layer_norm", "norm", "rmsnorm", "rms_norm")
DEEP = 50  # operations that a name is looked for behind
OPAQUE = {"native_layer_norm": "ln", "_softmax_backward_data": "grad_scores", "bernoulli": "dropout_mask",
          "native_dropout": "dropout_mask", "_log_softmax": "log_p", "_softmax": "attn", "embedding": "emb"}


def short(module: str) -> str:
    """The last sensible part of a qualified module name: ``h.5.attn`` -> attn, ``mlp.0`` -> mlp0, ``2`` -> h2."""
    parts = [re.sub(r"\W", "_", part) for part in module.split(".") if part]
    at = next((at for at in reversed(range(len(parts))) if not parts[at].isdigit()), None)
    if at is None:
        return "h" + "_".join(parts) if parts else ""
    word = parts[at]
    if word in ("self", "module") and at:
        return short(".".join(parts[:at]))
    if word in ROLES:
        return ROLES[word]
    word = "ln" if word.lower() in NORMS else re.sub(r"_?layer_?norm$", "_ln", word)
    word = re.sub(r"^c_|_(proj|layer|lin)$", "", word) or word
    digits = "_".join(parts[at + 1:])
    if word.lower() in PLAIN and at and not digits:
        above = short(".".join(parts[:at]))
        return above if word.lower() in ("dense", "linear", "lin") else f"{above}_{word}"
    return word + digits


def parameter(name: str) -> str:
    """A parameter's: ``attn.q_proj.weight`` -> wQ, ``mlp.0.bias`` -> b_mlp0, ``2.weight`` -> w2, ``W_Q`` as it is."""
    module, _, last = name.rpartition(".")
    if last not in KINDS:
        return re.sub(r"\W", "_", last)
    kind, of = KINDS[last], short(module)
    if kind in ("w", "b") and len(of) == 1 and of.isupper():
        return kind + of
    if module.replace(".", "").isdigit():
        return kind + of[1:]
    numbered = re.fullmatch(r"(?:linear|lin|dense|fc)_?(\d+)", of)
    if numbered:
        return kind + numbered[1]
    if kind == "w" and re.match(r"ln|.*norm", of):
        kind = "g"
    return f"{kind}_{of}" if of else kind


def owned(value: Value) -> bool:
    """Whether a person, not the library, chose the name: an input's, or that of a parameter of its own kind."""
    value = source(value)
    return bool(value.label) and value.parameter.rpartition(".")[2] not in KINDS


def main_input(made: Operation) -> Value:
    """What a sum or a product is about: the input that comes from a matmul last."""
    return max(made.inputs, key=lambda v: v.last)  # the first of equals


def longer(value: Value) -> str:
    """A name for where ``of_value``'s is taken: with the module's parent."""
    v = value
    while not v.named and v.made is not None and v.made.kind in ("move", "cast"):
        v = v.made.inputs[0]
    name = of_value(value)
    module = (v.parameter.rpartition(".")[0] or v.output_of).rpartition(".")[0]
    return f"{short(module)}_{name}" if module and not (v.label and not v.parameter) else name


def of_value(value: Value, deep: int = 0) -> str:
    """The name of a matrix of ``value``; ``deep``: how many operations behind what is named it is."""
    v = value
    if deep > DEEP:
        return "h"
    while True:
        if v.parameter:
            return parameter(v.parameter)
        if v.label:
            return v.label
        if v.output_of and (name := short(v.output_of)):
            return f"grad_{name}" if v.made is not None and v.made.backward else name
        if v.made is None:
            return "const"
        late = v.made.backward or (v.users and all(made.backward for made, _ in v.users))
        if late and (name := gradient(v)):
            return name
        if v.made.kind in ("move", "cast"):
            v = v.made.inputs[0]
            continue
        return _made(v, deep + 1)


def _made(v: Value, deep: int) -> str:
    made = v.maker
    if made.kind == "matmul":
        return "h"
    if made.kind == "softmax":
        return "attn"
    if made.kind == "step":
        below = of_value(made.inputs[0], deep)
        return f"{made.info['step']}_{below}"
    if made.kind == "norm":
        return "ln"
    if made.kind in ("scale", "mask"):
        return of_value(made.inputs[0], deep)
    if made.kind in ("add", "mul") and made.backward:
        return of_value(main_input(made), deep)
    if made.kind in ("add", "mul"):
        weighted = [x for x in made.inputs if not x.parameter]
        return of_value(weighted[0], deep) if len(weighted) == 1 else "h"
    if made.op.rstrip("_") in OPAQUE:
        return OPAQUE[made.op.rstrip("_")]
    if made.op.strip("_") in ("cat", "stack", "index", "add", "mul", "sub", "div"):
        return short(made.module) or "h"
    return made.op.strip("_") or "h"


def gradient(v: Value) -> str:
    """What a backward's value is the gradient of, by the forward matmul that it goes into or comes from."""
    made = v.maker
    while made.kind in ("move", "cast", "scale") and made.inputs[0].made is not None and made.inputs[0].made.backward:
        v, made = made.inputs[0], made.inputs[0].made
    twin = made.info.get("twin")
    if made.kind == "matmul" and twin is not None:
        for operand in twin.inputs:
            if tuple(sorted(operand.shape)) == tuple(sorted(v.shape)) and not _meets(made, operand):
                return f"grad_{of_value(operand)}"
    for user, _following in _onward(v):
        if user.kind == "matmul" and user.info.get("twin") is not None:
            result = user.info["twin"].info.get("out")
            if result is not None:
                return f"grad_{result_name(result)}"
    return ""


def _meets(made: Operation, operand: Value) -> bool:
    """Whether ``operand`` of the forward matmul is an operand of this one too, so that this is the other's gradient."""
    return any(source(x) is source(operand) for x in made.inputs)


def source(v: Value) -> Value:
    """The value that ``v`` is a view or another type of."""
    while v.made is not None and v.made.kind in ("move", "cast"):
        v = v.made.inputs[0]
    return v


def _onward(v: Value):
    todo: list[Value] = [v]
    seen: set[int] = set()
    while todo and len(seen) < 32:
        at = todo.pop(0)
        for made, following in at.users:
            yield made, following
            if made.kind in ("move", "cast") and id(following) not in seen:
                seen.add(id(following))
                todo.append(following)


def result_name(v: Value) -> str:
    """The name of a matmul's result, bias and all: the module that returned it, or ``out`` for the function's own."""
    for made, following in [(None, v), *_onward(v)]:
        if following.label:
            return following.label
        if following.output_of and short(following.output_of):
            return short(following.output_of)
        if made is not None and made.kind == "add" and following.users is not None:
            for _, later in [(None, following), *_onward(following)]:
                if later.label or short(later.output_of):
                    return later.label or short(later.output_of)
    return "out"


def turned(block: Block) -> bool:
    """Whether a block's columns run along an earlier dimension than its rows: it is the transposed matrix."""
    split = block.coordinates()
    if split is None or len(split[0]) == 1:  # a vector lies or stands as it is needed
        return False
    for r, c in zip(reversed(split[0]), reversed(split[1])):
        if (c != c[0]).any():
            return False
        if (r != r[0]).any():
            return True
    return False


class Namer:
    """Names for one expression: the same block the same name, different blocks different names."""

    def __init__(self):
        self.taken: set[str] = set()
        self.names: dict[tuple, str] = {}

    def block(self, key: tuple, *wanted: str) -> str:
        """The name of a block, the same whenever it is asked for."""
        if key not in self.names:
            self.names[key] = self.fresh(*wanted)
        return self.names[key]

    def fresh(self, *wanted: str) -> str:
        """The first of ``wanted`` that is free, or the first with a number."""
        # letters and digits, of which the first is a letter
        fitting = [re.sub(r"\W", "_", re.sub(r"\A(?=\W?\d|\Z)", "h", name[:LONGEST])) for name in wanted]
        numbered = (f"{fitting[0]}_{count}" for count in itertools.count(2))
        name = next(name for name in itertools.chain(fitting, numbered) if name not in self.taken)
        self.taken.add(name)
        return name


def merges_heads(term: Term) -> bool:
    """Whether a leaf holds the results of a batch of matmuls side by side."""
    made, shape = source(term.base.value).made, source(term.base.value).shape
    if made is None or made.kind != "matmul" or len(shape) <= 2:
        return False
    return term.leaf and not made.backward and shape[-1] < term.top.shape[0 if turned(term.base) else 1]


def roles(root: Term) -> dict[int, str]:
    """By ``id`` of a term or an epilog's matrix, the name that its place gives it: Q, K, V, attn and their weights."""
    out: dict[int, str] = {}
    for term in root.terms():
        if term.leaf:
            continue
        scores = term.left
        if not scores.leaf and any(step.name == "softmax" for step, _ in scores.chain):
            out[id(scores)] = "attn"
            for side, role in ((scores.left, "Q"), (scores.right, "K"), (term.right, "V")):
                _role(side, role, out)
        if term.left.leaf and not term.crossed and merges_heads(term.left):
            _weights(term, "O", out)
        out.update((id(side), "heads") for side in (term.left, term.right) if merges_heads(side))
    return out


def _role(side: Term, role: str, out: dict[int, str]) -> None:
    if side.leaf:
        if not owned(side.base.value):
            out[id(side)] = role
    else:
        out[id(side)] = "K_t" if role == "K" and side.crossed else role
        _weights(side, role, out)


def _weights(product: Term, role: str, out: dict[int, str]) -> None:
    for leaf in product.operands:
        if leaf.leaf and source(leaf.base.value).parameter and not owned(leaf.base.value):
            out[id(leaf)] = f"w{role}"
    biases = [other for step, other in product.chain if step.name == "add" and isinstance(other, Other)
              and source(other.block.value).parameter]
    if biases and not owned(biases[0].block.value):
        out[id(biases[0])] = f"b{role}"
