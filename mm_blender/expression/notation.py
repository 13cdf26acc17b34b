"""Notation: what people write for operations, and what is said where an expression cannot read it.

Python's ways (of numpy and PyTorch) are read. Signs of mathematics that Python does not have are refused, since they
mean one thing to one person and another to the next (``A·B``, ``A²``, ``A'``), or are letters of a name (``W^Q``).
"""
from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Any

from ..plain import said
from . import library_calls
from .epilog_functions import FUNCTIONS

TRANSPOSES = (".T", ".mT", ".H", ".mH")  # behind a name; the numbers here are real
TRANSPOSING = ("t", "transpose", "swapaxes", "swapdims", "permute", "adjoint", "matrix_transpose", "permute_dims")
PRODUCTS = (*library_calls.OPERANDS,)
CALLED = {*FUNCTIONS, *PRODUCTS, *TRANSPOSING, *library_calls.ELEMENTWISE, *library_calls.AT_LEAST, "sqrt",
          "scaled_dot_product_attention"}  # the functions that are read
MODULES = ("np", "numpy", "torch", "F", "nn.functional", "torch.nn.functional", "nn", "torch.nn", "tf", "tf.nn",
           "tf.linalg", "tf.math", "jnp", "jax.numpy", "jax.nn", "nnx", "flax.linen", "np.linalg", "torch.linalg",
           "torch.special", "scipy.special", "special", "operator", "math", "mx", "mlx.nn", "cp", "cupy")
# what a function's axes and the like must be, since it is of rows: name -> (values that mean that, in words)
_ROWS = ((-1.0, 1.0), "of rows")
IMPLIED: dict[str, dict[str, tuple[tuple[float, ...], str]]] = {
    "softmax": {"dim": _ROWS, "axis": _ROWS},
    "tril": {"diagonal": ((0.0,), "along the main diagonal"), "k": ((0.0,), "along the main diagonal")},
    "triu": {"diagonal": ((0.0,), "along the main diagonal"), "k": ((0.0,), "along the main diagonal")},
}
KEYS = "width of the keys"
_KEYS = ("d_k", "dk", "d_K", "dₖ")
CONSTANTS = ("inf", "nan", "NaN", "pi", "True", "False", "None")
_SCALARS = ("scale", "scaling", "scale_factor", "softmax_scale", "sm_scale", "alpha", "temperature", "temp", "tau",
            "lr", "eps", "epsilon", "d", "d_model", "d_head", "head_dim", "dim", "d_h", "d_v", "d_q", "sqrt_dk",
            "sqrt_d_k", "sqrt_k", "α", "τ", "λ", "ε", "η", *CONSTANTS)
_LIKE = {"layer_norm": "layernorm_rows", "LayerNorm": "layernorm_rows", "rms_norm": "rmsnorm", "RMSNorm": "rmsnorm",
         "swish": "silu", "SiLU": "silu", "Softmax": "softmax", "ReLU": "relu", "GELU": "gelu", "gelu_new": "gelu_tanh",
         "special.expit": "sigmoid", "expit": "sigmoid"}
_SIGNS = str.maketrans({"−": "-", "∗": "*", "＊": "*", "÷": "/", "∕": "/", "⁄": "/", "／": "/", "＠": "@", "（": "(",
                        "）": ")", "＋": "+", "＝": "=", "，": ",", "﹣": "-", "－": "-"})
_POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ"
_TRANSPOSED = "ᵀᵗᴴ"
OF_A_PRODUCT = "'.T' belongs to a name; for a product write (B.T @ A.T) in place of (A @ B).T"
_UNREAD = "[-/%&]"  # signs of a name that are operations elsewhere


def plain_signs(text: str) -> str:
    """``text`` with the signs that look like those of Python in their place, each for one."""
    return re.sub("(=\\s{0,9})[‘’“”](\\w*)[‘’“”]", r"\1'\2'", text).translate(_SIGNS)


def masked(text: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """``text`` with names that would not be read as such replaced by others of their length, and what each stands for.
    A name that is known stands where no letter of a name is before or behind it, but for a transpose."""
    names: dict[str, str] = {}
    unreadable = [name for name in known if len(name) < 1000 and re.fullmatch(r"\w\S*", name) and problem(name)]
    for name in sorted(unreadable, key=len, reverse=True):
        stand_in = chr(0xA000 + len(names)) + "_" * (len(name) - 1)
        masked_text = re.sub(rf"(?<![\w.\-!#$%^&\[\]/]){re.escape(name)}(?=\.(?:T|mT|H|mH)\b|(?![\w.\-!#$%^&\[\]/]))",
                       stand_in, text)
        if masked_text != text and stand_in not in text and len(names) < 1000:
            text, names[stand_in] = masked_text, name
    return text, names


def problem(name: str) -> str | None:
    """Why ``name`` is no matrix' name but an operation, or None."""
    if name.endswith((".", "!")):
        return f"a name does not end in {name[-1]!r}: {name!r}"
    if sign := re.search(r"\.(T|mT|H|mH)(?=[.\[])", name):
        return f"{name!r} goes on behind its {sign[0]}: give the part that is meant as data, under a name of its own"
    base, _, last = name.rpartition(".")
    if base and (last.lower() in TRANSPOSING or re.fullmatch("T{2,}|Tr|trans(posed)?|transposed", last)):
        return f"a transpose is written .T, as Python does: {base}.T"
    if base and last in ("conj", "conjugate"):
        return f"the numbers of an expression are real: leave out .{last} ({name!r})"
    if base and last in ("I", "inv", "inverse", "pinv"):
        return f"an inverse is not part of an expression ({name!r}): give it as data under a name of its own"
    if base and last in (*FUNCTIONS, *PRODUCTS, "sum", "mean", "max", "min", "abs", "exp", "log", "sqrt",
                         "real", "imag", "sin", "cos"):
        written = f"{last}({base})" if last in FUNCTIONS else f"{base} @ …" if last in PRODUCTS else ""
        return f"{name!r} names a method, which is an operation" + (f": write {written}" if written else
                                                                   "; it is not part of an expression")
    if sign := re.search(f"[{_TRANSPOSED}]", name):
        return _transpose(name[:sign.start()], sign[0])
    if re.search(f"[{_POWERS}]", name):
        return f"a superscript number ({name!r}) is not read: ** 2 squares every element, A @ A multiplies matrices"
    if sign := re.search("[¼-¾⅐-⅟↉]", name):
        return f"{sign[0]!r} is not read: write a fraction as (1/2)"
    if "^" in name:
        base, _, upper = name.partition("^")
        if not re.match(r"[A-Z]\w*(?![\w^])", upper) or re.match(r"(T|H|TT)\b", upper):  # no label, as in W^Q
            return _caret(base, upper)
    if re.fullmatch(r"\d+(\.\d*){2,}", name):
        return f"{name!r} is no number: a number has one point"
    if re.fullmatch(r"\d+(_\d+)+", name):
        return f"{name!r} is no number here: write {name.replace('_', '')}"
    if re.fullmatch(r"\d+(\.\d+)?j", name):
        return f"{name!r} is a complex number, and the numbers of an expression are real"
    if sign := re.match(r"\d+(\.\d+)?(?=[^\W\d])", name):
        return f"an operator such as * is missing in {name!r}: write {sign[0]} * {name[sign.end():]}"
    if sign := re.search(_UNREAD, name):
        return _sign(sign[0], name)
    return None


def _transpose(base: str, sign: str) -> str:
    if not base:
        return (f"{sign!r} is not read as a transpose, which is written .T and belongs to a name; for a product write "
                "(B.T @ A.T) in place of (A @ B).T")
    product = ""
    if re.fullmatch("[A-Z]{2,3}", base):
        product = f"; of a product of {' and '.join(base)} it is {' @ '.join(base)}.T"
    return f"{sign!r} is not read as a transpose, which is written .T: {base}.T{product}"


def _caret(base: str, upper: str) -> str:
    upper = upper.strip()
    braces = re.match(r"\{\s*([^{}]*?)\s*\}", upper)
    upper = braces[1] if braces else upper
    if upper.startswith("-"):
        return f"an inverse is not part of an expression ({base}^{upper[:2]}): give it as data under a name of its own"
    if re.match(r"(T|t|H|\\|$|⊤|top)(?!\w)", upper) or upper.startswith("\\"):
        return _transpose(base, f"^{upper}")
    if braces and not re.match(r"[\d.]", upper):
        return f"LaTeX is not read ({base}^{braces[0]}): write a name without braces, as {base}_{upper}"
    return f"^ is not read ({base}^{upper}): ** 2 squares every element, A @ A multiplies matrices"


def _sign(sign: str, name: str) -> str:
    what = {"-": "subtraction is not part of an expression: add what is negative (* -1), or name the difference",
            "%": "a remainder is not part of an expression", "&": "'&' is not part of an expression",
            "/": "'/' divides by a number, k or sqrt(...)"}[sign]
    return f"{name!r} holds {sign!r}, and {what} (it is a name only where data are given for {name!r})"


def _word_at_end(text: str) -> str:
    found = re.search(r"\w*$", text)
    return found[0] if found else ""


def power(token: str, before: str) -> str:
    """What to say of ``** token`` where that is no number."""
    base = _word_at_end(before.rstrip())
    if token in ("T", "t", "H"):
        return f"** {token} is not read as a transpose, which is written .T: {base}.T"
    if token == "(":
        return "an exponent is a number: write ** 0.5 in place of ** (1/2)"
    return f"only ** 2 is an epilog, not ** {token}"


def strange(text: str, at: int) -> str:
    """What to say of a character that fits nowhere."""
    sign, before = plain_signs(text[at]), text[:at].rstrip()
    base = _word_at_end(before.removesuffix("^"))
    if re.match(r"\.(T|mT|H|mH)\b", text[at:]):
        return OF_A_PRODUCT
    if before.endswith("^") or sign == "^":
        return _caret(base, text[at + (sign == "^"):].strip())
    if sign in "⊤⊺ꓔ":
        return _transpose(base, sign)
    if sign in "'’′†" and before.endswith(")"):
        return _transpose("", sign)
    if sign in "'’′†" and base:
        return f"{sign!r} is not read: a transpose is written .T: {base}.T; another matrix has another name"
    if re.match(r"\.[*/^]", text[at:]):
        return (f"{text[at:at + 2]!r} is not read: a product of elements is written *, with the name of a matrix "
                "behind it")
    if text.startswith("%*%", at):
        return "'%*%' is not read: matrices are multiplied with @"
    if sign in "←⟵≔" or text.startswith((":=", "<-"), at):
        return "a result is named with =, as in y = x @ W"
    if sign == ";":
        return f"{sign!r} is not understood here: an expression is one statement"
    if sign in "·⋅∙•×⨯":
        return f"{sign!r} may be a product of matrices or of elements: write @ for the one, * for the other"
    if sign in "⊙∘":
        return f"{sign!r} is not read: a product of elements is written *, with the name of a matrix behind it"
    if sign in "⊗⊕":
        return f"{sign!r} is not part of an expression: matrices are multiplied with @"
    if sign in "⁻⁺":
        return "a superscript is not read: an inverse is no part of an expression, and ** 2 squares every element"
    if sign in "\\{}$" or sign == "_" and "{" in text:
        return f"{sign!r} is not understood here: LaTeX is not read; write softmax(Q @ K.T / sqrt(k)) @ V"
    if sign == "%" or sign == "&" or sign == "|":
        return f"{sign!r} is not part of an expression"
    if sign in "-–—":
        return "subtraction is not part of an expression: add what is negative (* -1), or name the difference"
    if sign == ":":
        return "a slice is not part of an expression: give the part that is meant as data"
    if sign == "[":
        return "brackets are not read: numbers are data, under a name (data={'A': [[1, 2], [3, 4]]}), and (...) groups"
    if sign in "'\"":
        return "text in quotes is not part of an expression"
    return f"{sign!r} is not understood here"


def no_function(name: str, is_method: bool) -> str:
    """What to say of a function that is none of ours."""
    if name in library_calls.INSTEAD:
        return f"{'.' * is_method}{name}() is not read: {library_calls.INSTEAD[name]}"
    like = _LIKE.get(name)
    near = [like] if like else difflib.get_close_matches(name, FUNCTIONS, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    dotted = f"; .{name[:60]}() is not part of an expression" if is_method and not near else ""
    return f"there is no epilog {said(name)}{dotted}; {hint}known are {', '.join(FUNCTIONS)}"


def scalar(name: str) -> str | None:
    """``KEYS`` for the width of the keys, what to say of another name that is usually a number's, or None."""
    if name in _KEYS:
        return KEYS
    if name in _SCALARS:
        return no_scalar(name, "*")
    return None


def no_factor(name: str) -> str | None:
    """What to say of a name in front of a ``*`` that is usually a number's, or None."""
    if name == "k" or name in _KEYS:
        return (f"{name!r} is a number here, and stands behind what it multiplies, as in A @ B * {name}; a matrix of "
                "that name needs data")
    return no_scalar(name, "*") if name in _SCALARS else None


def no_scalar(name: str, before: str) -> str:
    """What to say of a name where a number has to be."""
    if before.rstrip().endswith("sqrt("):
        return f"sqrt is of a number or k, and {name!r} is neither; k is the inner dimension of the matmul"
    if name in _SCALARS:
        return (f"{name!r} is a name without a value: write the number, or k for the inner dimension of the matmul; a "
                "matrix of that name needs data")
    if before.rstrip(" (").endswith("*"):
        return f"'*' takes a number, k or sqrt(...) in parentheses; of a matrix elementwise it is written * {name}"
    return (f"'/' takes a number, k or sqrt(...), and {name!r} is none of them; matrices are multiplied with @; k is "
            "the inner dimension of the matmul")


def is_keys(node: Any) -> bool:
    """Whether an operand holds keys: it is transposed, or its name begins with a K."""
    name = node.name or ""
    return bool(getattr(node, "transpose", False)) or name[:1] in ("K", "k")


def swaps(function: str, axes: tuple) -> bool | None:
    """Whether ``function`` with the numbers of its axes swaps rows and columns; None for axes that no matrix has."""
    if function in ("t", "adjoint", "matrix_transpose"):
        return True if not axes else None
    if not axes:
        return True if function == "transpose" else None
    if len(axes) != 2 or any(axis not in (0, 1, -1, -2) for axis in axes):
        return None
    first, second = (int(axis) % 2 for axis in axes)
    if first == second:
        return None
    # an order of axes, or two axes that change places: (0, 1) is the one thing for the first, the other for the second
    return (first, second) == (1, 0) if function.startswith("permute") else True
