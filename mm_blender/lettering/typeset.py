"""Typesetting: names as mathematics writes them, as runs of letters on, above and below the line.

``W_Q`` has a subscript; ``K.T``, ``K^T``, ``Kᵀ`` and the reference's ``K_t`` a superscript; ``\\alpha`` is a Greek
letter, ``x'`` has a prime. Words stay words: ``attn_out`` and ``hidden_states`` are left as they are.
"""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SMALL = 0.72          # size of sub- and superscripts
UP, DOWN = 0.36, -0.17  # how far they stand above and below the line, in em of the line's letters
GREEK = {name: chr(code) for code, name in enumerate(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho . sigma tau upsilon "
    "phi chi psi omega".split(), 0x3B1) if name != "."}
TEX = {**GREEK, **{name.capitalize(): letter.upper() for name, letter in GREEK.items()},
       "times": "×", "cdot": "·", "cdots": "⋯", "ldots": "…", "odot": "⊙", "top": "T", "prime": "′", "ell": "ℓ",
       "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "sqrt": "√", "infty": "∞", "in": "∈", "to": "→",
       "le": "≤", "ge": "≥", "approx": "≈", "pm": "±", "hat": "", "mathrm": "", "text": "", "mathbf": "", "mathit": ""}

_SCRIPT = r"\{[^{}]*\}|\\[A-Za-z]+|-?\d+|[^\W\d_]+|[^\s\w{}]"
LONGEST = 200  # letters of a name that anybody reads in a picture
_TOKEN = re.compile(rf"""
    (?P<tex>\\[A-Za-z]+)
  | (?P<transposed>\.T\b)
  | (?P<up>\^(?P<upper>{_SCRIPT}))
  | (?P<down>_(?P<lower>{_SCRIPT}|\w+))
  | (?P<primes>['’]+)
  | (?P<minus>(?<=\s)-(?=\s))
  | (?P<word>[^\W_]+(?:_[^\W_]+)*)
  | (?P<rest>.)
""", re.VERBOSE | re.DOTALL)
# a letter that takes an index: one, or two of which the second is a capital (wQ); digits and primes may follow
_TRANSPOSED = re.compile(r"(?P<base>[^\W_]+)_[tT]\Z")  # as the reference's own examples call them
_INDEXED = re.compile(r"(?P<base>[^\W\d_](?:[A-Z])?\d*)_(?P<index>\w+)\Z")


@dataclass(frozen=True)
class Run:
    """Letters of one size. ``scale``: of the line's size; ``shift``: of their baseline, up, in em of the line;
    ``over``: they begin where the run before them began (a superscript over a subscript)."""

    text: str
    scale: float = 1.0
    shift: float = 0.0
    over: bool = False


def name(text: str) -> tuple[Run, ...]:
    """The runs of a matrix' name, of a very long one those of its beginning."""
    runs: list[Run] = []
    text = text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
    for match in _TOKEN.finditer(text.strip()):
        kind = match.lastgroup or ""
        kind = {"upper": "up", "lower": "down"}.get(kind, kind)
        if kind == "word":
            transposed, indexed = _TRANSPOSED.match(match["word"]), _INDEXED.match(match["word"])
            if transposed:
                _add(runs, transposed["base"])
                _script(runs, "T", UP)
            elif not indexed:
                _scripts(runs, match["word"])
            else:
                _add(runs, indexed["base"])
                _script(runs, indexed["index"].replace("_", ","), DOWN)
        elif kind == "transposed" and runs and (runs[-1].text[-1].isalnum() or runs[-1].text[-1] in ")′]"):
            _script(runs, "T", UP)
        elif kind == "up":
            _script(runs, _inner(match["upper"]), UP)
        elif kind == "down":
            _script(runs, _inner(match["lower"]), DOWN)
        elif kind == "primes" and runs:
            _add(runs, "′" * len(match["primes"]))
        elif kind == "minus":
            _add(runs, "−")
        else:
            _scripts(runs, _inner(match[0]) if kind == "tex" else match[0])
    return tuple(runs)


def words(text: str) -> tuple[Run, ...]:
    """The runs of a title or caption: as it is, but for what stands between dollar signs."""
    runs: list[Run] = []
    for at, part in enumerate(re.split(r"\$([^$]+)\$", text)):
        if at % 2:
            runs += name(part)
        elif part:
            runs.append(Run(part))
    return tuple(runs)


def plain(text: str) -> tuple[Run, ...]:
    """A text as it is: one run, or none of an empty one."""
    return (Run(text),) if text else ()


def shape(h: int, w: int) -> str:
    """The shape of a matrix as it is written beside it."""
    return f"{h} × {w}"


def flat(runs: tuple[Run, ...]) -> str:
    """The letters alone, in their order."""
    return "".join(run.text for run in runs)


def _inner(script: str) -> str:
    """What a script or command stands for: without braces, commands replaced."""
    script = script[1:-1] if script.startswith("{") else script
    script = re.sub(r"\\([A-Za-z]+)", lambda match: TEX.get(match[1], match[0]), script)
    return re.sub(r"^-(?=\d)", "−", script)


def _scripts(runs: list[Run], text: str) -> None:
    """Add letters, of which Unicode's own superscripts and subscripts become runs: few fonts have them all."""
    for letter in text:
        kind, _, code = unicodedata.decomposition(letter).partition(" ")
        if kind in ("<super>", "<sub>") and " " not in code and letter not in "ªº":
            _script(runs, chr(int(code, 16)), UP if kind == "<super>" else DOWN)
        else:
            _add(runs, letter)


def _add(runs: list[Run], text: str) -> None:
    if runs and runs[-1].scale == 1.0:
        runs[-1] = Run(runs[-1].text + text)
    elif text:
        runs.append(Run(text))


def _script(runs: list[Run], text: str, shift: float) -> None:
    if not text:
        return
    before = runs[-1] if runs else None
    if before and before.shift == shift and before.scale == SMALL:
        runs[-1] = Run(before.text + text, SMALL, shift, before.over)
    else:
        over = bool(before and before.scale == SMALL and not before.over and before.shift * shift < 0)
        runs.append(Run(text, SMALL, shift, over))
