"""Functions of numpy's, PyTorch's, JAX's and TensorFlow's: what they are called with, and what of it changes no number.

Sources: the signatures in the libraries' own documentation, of numpy 2, PyTorch 2, JAX 0.4, TensorFlow 2, MLX.
"""
from __future__ import annotations

from .syntax import Argument, Keyword, Operand

# the names of a product's operands, in their order; what comes last may be left out where a function is in OPTIONAL
_LEFT, _RIGHT = ("input", "a", "x1", "self", "tensor1"), ("other", "b", "x2", "mat2", "tensor2", "tensor")
OPERANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("matmul", "mm", "bmm", "dot", "inner", "tensordot"), (_LEFT, _RIGHT)),
    "linear": (("input", "x"), ("weight", "w"), ("bias", "b")),
    "addmm": (("input", "bias"), ("mat1",), ("mat2",)),
    "baddbmm": (("input",), ("batch1",), ("batch2",)),
}
OPTIONAL = ("linear",)
TURNS = {"transpose_a": 0, "adjoint_a": 0, "transpose_b": 1, "adjoint_b": 1}  # TensorFlow's, True or False
ATTENTION = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")
FIRST = ("input", "x", "a", "self", "features", "logits")  # how the matrix that a function is of may be named
ELEMENTWISE = {"add": "+", "multiply": "*", "mul": "*", "divide": "/", "div": "/", "true_divide": "/"}
AT_LEAST = ("maximum", "max", "fmax", "clamp", "clamp_min", "clip")  # of 0 and a matrix: relu
MAYBE_TANH_GELU = "nn"  # Flax's, or MLX's, whose gelu is exact; PyTorch has none there
TANH_GELU = ("jax.nn", "nnx", "flax.linen")  # whose gelu is the one by tanh unless it is told
OF_ALL = ("scipy.special", "special", "mx")  # whose softmax is of all elements unless an axis is given
_ROUNDING = ("float", "bfloat", "double", "half", "dtype")

# what to write in place of a function that is not read
_LEAVE = "leave it out"
INSTEAD: dict[str, str] = {
    **dict.fromkeys(("float", "double", "half", "bfloat16", "cuda", "cpu", "to", "detach", "contiguous", "numpy",
                     "astype", "clone", "copy", "squeeze", "print", "asarray", "array", "tensor", "type_as"), _LEAVE),
    **dict.fromkeys(("dropout", "Dropout"), "leave it out: of a model that is trained it changes nothing"),
    **dict.fromkeys(("attention", "Attention", "sdpa"), "write softmax(Q @ K.T / sqrt(k)) @ V"),
    **dict.fromkeys(("sub", "subtract", "neg", "negative"), "subtraction is no part of an expression: add what is "
                                                           "negative (* -1)"),
    **dict.fromkeys(("inv", "pinv", "inverse"), "an inverse is given as data, under a name of its own"),
    **dict.fromkeys(("masked_fill", "where"), "a causal mask is tril(...) within softmax, another one a matrix of data "
                                              "that is added"),
    **dict.fromkeys(("reshape", "view", "unsqueeze", "flatten", "rearrange", "cat", "concat", "concatenate", "stack",
                     "hstack", "vstack", "chunk", "split"), "give what it makes as data, under a name of its own"),
    **dict.fromkeys(("multi_dot", "chain_matmul", "matrix_power"), "write the products with @: A @ B @ C"),
    **dict.fromkeys(("outer", "ger"), "write a column times a row: A @ B, with data of one column and one row"),
    "crossprod": "write A.T @ B", "tcrossprod": "write A @ B.T",
    "einsum": "write the product with @, and transposes with .T",
}


def is_harmless(argument: Argument) -> bool:
    """Whether what a function is given changes no number that is shown: ``inplace=True``, ``out=None``."""
    if not isinstance(argument, Keyword):
        return False
    name, value = argument.name, argument.value
    if name == "dtype":  # which changes the rounding
        return value is None or isinstance(value, Operand) and value.name.rpartition(".")[2].startswith(_ROUNDING)
    return (name == "inplace" and isinstance(value, bool) or name == "_stacklevel"
            or name == "name" and isinstance(value, str)
            or name in ("out", "precision", "preferred_element_type", "name", "where") and value is None)
