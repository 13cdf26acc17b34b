"""How much of what came from outside is read, in one table: sizes, depths and counts beyond which something is refused.

``limits`` (``mm.limits``) holds the values that count now. A person raises one by ``mm.limits.json_bytes = 10**9``, for
a while by ``with mm.limits(json_bytes=10**9):``, and for one run of the command line by ``--limit json_bytes=1GB``. No
file, link, preset or .blend can. ``scripts/limits_page`` writes the table into docs/limits.md.
"""
from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from .errors import ParameterError, SizeError
from .plain import said


@dataclass(frozen=True)
class Limit:
    """``meaning``: one line, what is counted; ``unit``: in what, in the plural."""

    name: str
    default: int
    unit: str
    meaning: str


TABLE = {limit.name: limit for limit in (
    Limit("file_bytes", 2 * 10 ** 9, "bytes", "a file that is read whole and has no limit of its own in this table"),
    Limit("text_bytes", 250 * 10 ** 6, "bytes", "numbers in text: a CSV file"),
    Limit("odd_text_bytes", 4 * 10 ** 6, "bytes",
          "what of a CSV file is looked at cell by cell: lines with quotation marks, names of rows, empty cells; and "
          "its longest such line"),
    Limit("font_bytes", 200 * 10 ** 6, "bytes", "a font"),
    Limit("json_bytes", 50 * 10 ** 6, "bytes", "a JSON file: parameters, a preset, a configuration, an index, a "
                                               "tokenizer"),
    Limit("json_depth", 100, "levels", "groups and lists of JSON within one another"),
    Limit("json_members", 2_500_000, "members", "what a JSON text holds, all groups and lists together"),
    Limit("header_bytes", 50 * 10 ** 6, "bytes", "what stands before the numbers in a file of tensors: names, shapes, "
                                                 "metadata"),
    Limit("tensors", 200_000, "tensors", "names in a file of tensors or in the index of a checkpoint"),
    Limit("archive_members", 20_000, "members", "what an archive holds: arrays of an npz, storages of a .pt"),
    Limit("unfolded_bytes", 200 * 10 ** 6, "bytes", "how much larger data may be in memory than they are in their "
                                                    "file: packed (npz), repeated, sparse, or holes of the file"),
    Limit("memory_percent", 80, "percent", "the share of the free memory that is taken at most"),
    Limit("elements", 2 ** 27, "elements", "all matrices together that no data are given for and no data go into, of "
                                           "an expression, a link, a preset or a file of parameters"),
    Limit("formula_work", 2 ** 32, "operations", "what the formula of an initialiser (expr) computes, all elements "
                                                 "together"),
    Limit("download_bytes", 2 ** 31, "bytes", "what one address on the network gives"),
    Limit("download_seconds", 300, "seconds", "one download from its beginning to its end"),
    Limit("link_length", 1_000_000, "characters", "a link, and the parameters that are packed in it"),
    Limit("expression_length", 100_000, "characters", "an expression"),
    Limit("expression_nodes", 10_000, "parts", "names, products, functions and sums of an expression"),
    Limit("expression_depth", 200, "levels", "products and functions of an expression within one another"),
    Limit("matrices", 500, "matrices", "the matrices and results of an expression, a link, a preset or parameters"),
    Limit("steps", 1000, "steps", "the steps of one epilog: its functions, factors and sums"),
    Limit("name_length", 500, "characters", "the name of a matrix"),
    Limit("story_bytes", 1_000_000, "bytes", "a story"),
    Limit("beats", 500, "beats", "the beats of a story"),
    Limit("layers", 10_000, "layers", "the number of layers that a model's configuration gives"),
)}

_ENDINGS = {"": 1, "k": 10 ** 3, "m": 10 ** 6, "g": 10 ** 9, "t": 10 ** 12}
_AMOUNT = re.compile(r"(\d[\d_,]{0,30})([kmgt]?)b?", re.IGNORECASE | re.ASCII)


class Limits:
    """The limits that count now, an attribute each. Setting one raises ParameterError for a name that there is not and
    for what is no whole number above 0."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Every limit as it was when the package was loaded."""
        self.__dict__.update({name: limit.default for name, limit in TABLE.items()})

    def __getattr__(self, name: str) -> int:
        raise AttributeError(f"there is no limit {name!r}")  # those that there are lie in the object

    def __setattr__(self, name: str, value: int) -> None:
        self.__dict__[named(name).name] = _whole(name, value)

    def __call__(self, **values: int) -> _Set:
        """Set limits, all or none; in a ``with`` statement they are put back at its end."""
        checked = {named(name).name: _whole(name, value) for name, value in values.items()}
        before = {name: getattr(self, name) for name in checked}
        self.__dict__.update(checked)
        return _Set(self, before)

    def __repr__(self) -> str:
        wide = max(map(len, TABLE))
        return "\n".join(f"{name:<{wide}}  {getattr(self, name):>14,} {limit.unit:<10}  {limit.meaning}"
                         for name, limit in TABLE.items())

    def check(self, name: str, amount: int, what: str) -> None:
        """Raise SizeError, saying how the limit is raised, if ``amount`` of ``what`` goes beyond the limit ``name``."""
        if amount > getattr(self, name):
            raise self.error(name, f"{what} has {amount:,} {TABLE[name].unit}")

    def error(self, name: str, what: str) -> SizeError:
        """The error of a limit: ``what`` is a clause that says what went beyond it."""
        limit = getattr(self, name)
        return SizeError(f"{what}; the limit {name} is {limit:,} {TABLE[name].unit}: if you trust this, raise it with "
                         f"--limit {name}=N, or mm.limits.{name} = N in Python")


@dataclass
class _Set:
    """Limits that were set, and as what they are put back."""

    limits: Limits
    before: dict[str, int]

    def __enter__(self) -> Limits:
        return self.limits

    def __exit__(self, *_error: object) -> None:
        self.limits.__dict__.update(self.before)


def named(name: str) -> Limit:
    """The row of the table. Raises ParameterError."""
    if name not in TABLE:
        near = difflib.get_close_matches(name[:100], TABLE, 1)
        hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(TABLE)}"
        raise ParameterError(f"there is no limit {name[:100]!r}; {hint}")
    return TABLE[name]


def amount(text: str) -> int:
    """The number in ``4000000000``, ``4_000_000_000`` or ``4GB`` (powers of 1000). Raises ParameterError."""
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        raise ParameterError(f"a limit is a whole number, with k, M, G or T behind it for powers of 1000, such as 4GB, "
                             f"not {text[:40]!r}")
    return int(re.sub("[_,]", "", match[1])) * _ENDINGS[match[2].lower()]


def _whole(name: str, value: float) -> int:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(whole, int) or isinstance(whole, bool) or whole < 1:
        raise ParameterError(f"the limit {name} is a whole number of {named(name).unit} above 0, not {said(value)}")
    return whole


def page() -> str:
    """docs/limits.md."""
    rows = "".join(f"| `{limit.name}` | {limit.default:,} {limit.unit} | {limit.meaning} |\n"
                   for limit in TABLE.values())
    return f"""# Limits

What comes from outside (files, links, presets, what is on the network) is read up to these limits; what goes beyond one
is refused with a message that names it. A person raises a limit, and nothing else can: no file, link, preset or .blend.

    mm-blender info model.json --limit json_bytes=200MB        # for this run; k, M, G and T are powers of 1000

    mm.limits.json_bytes = 200_000_000                         # from now on
    with mm.limits(json_bytes=200_000_000, json_depth=200):    # for a while
        ...
    print(mm.limits)                                           # what they are now

| limit | by default | what is counted |
|---|---|---|
{rows}
Memory is what the machine truly has: free memory, or what is left below the process's own limits (`ulimit`) and those
of its control groups (containers), whichever is least.
"""


limits = Limits()
