"""Lists of what there is, for ``mm-blender list`` and docs/settings.md."""
from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from ..errors import MMError, ParameterError
from ..expression import algorithms, schema
from ..expression.schema import Setting
from ..options import LOOKS

Row = tuple[str, ...]


def listing(what: str, only: str | None = None) -> str:
    """A table in text of ``what`` (a name of ``LISTS`` or ``settings``). ``only``: a group of settings; of other lists
    those rows that hold this word. Raises ParameterError."""
    if what == "settings":
        groups = schema.GROUPS if only is None else (_group(only),)
        return "\n\n".join(f"{group}: {schema.ABOUT[group]}\n\n{_settings(group)}" for group in groups)
    if what not in LISTS:
        raise ParameterError(f"there is no list of {what!r}; known are {', '.join([*LISTS, 'settings'])}")
    rows = [row for row in LISTS[what]() if only is None or any(only.lower() in cell.lower() for cell in row)]
    if not rows:
        raise ParameterError(f"none of the {what} has {only!r} in its name or its meaning")
    return _table(rows)


def _group(name: str) -> str:
    folded = name.lower().strip()
    if folded in schema.GROUPS:
        return folded
    near = difflib.get_close_matches(folded, schema.GROUPS, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise ParameterError(f"there is no group of settings {name!r}; {hint}known are {', '.join(schema.GROUPS)}")


def _settings(group: str) -> str:
    rows = []
    for setting in schema.BY_KEY[group].values():
        rows.append((setting.name, setting.kind, setting.unit, _shown(setting.default), _meaning(setting)))
        rows += [("", "", "", "", f"  {choice}: {text}") for choice, text in (setting.choices or {}).items()]
    return _table([("setting", "type", "unit", "default", "meaning"), *rows])


def _table(rows: Iterable[Row]) -> str:
    """``rows`` in columns, all but the last as wide as they need to be."""
    rows = list(rows)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return "\n".join("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip()
                     for row in rows)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value) or '""'


def _meaning(setting: Setting) -> str:
    """The line on a setting, with its limits and whether it is of one tool only."""
    parts = [setting.meaning]
    if setting.is_number and setting.range():
        parts.append(setting.range())
    if setting.ours:
        parts.append("(ours; the web tool ignores it)")
    text = "; ".join(part for part in parts if not part.startswith("(")) + "".join(
        f" {part}" for part in parts if part.startswith("("))
    return f"{text}. Changes nothing here: {setting.without}" if setting.without else text


def _presets() -> Sequence[Row]:
    from ..expression import retype, sources
    from ..expression.parameters import complete

    rows = []
    for name, path in sources.presets().items():
        try:
            rows.append((name, retype.written(complete(sources.read_json(path)))))
        except MMError as error:  # one of a person's own that is broken, beside which the others stay
            rows.append((name, f"cannot be read: {error}".splitlines()[0]))
    return rows


def _colormaps() -> Sequence[Row]:
    from ..colour import colormaps

    meanings = {colormaps.AUTO: "what suits the look", colormaps.HUE: "the web tool's: a hue for each sign"}
    return [(name, meanings.get(name, kind)) for name, kind in colormaps.kinds().items()]


def _epilogs() -> list[Row]:
    return [*schema.EPILOGS.items(), *schema.EPILOG_FORMS.items()]


def _stories() -> Sequence[Row]:
    from ..story import presets, reading

    return [(name, reading.story(path).title) for name, path in presets.stories().items()]


LISTS: dict[str, Callable[[], Sequence[Row]]] = {
    "presets": _presets,
    "looks": lambda: list(LOOKS.items()),
    "colormaps": _colormaps,
    "algorithms": lambda: list(algorithms.CHOICES.items()),
    "epilogs": _epilogs,
    "initialisers": lambda: list(schema.INITS.items()),
    "stories": _stories,
}


# ---- docs/settings.md

HEAD = """# Settings

`settings={"layout.gap": 6}` in Python, `--set layout.gap=6` at the command line, `collection.mm.gap = 6` in Blender.
A setting without a name in front is that of the whole, and matmuls that are operands take it over where they have none
of their own: `attn.viz.sensitivity`, `root.left.layout.gap`. `mm-blender list settings [GROUP]` prints what is here.

A matmul multiplies its left operand, I rows by K columns, with its right operand, K rows by J columns; the result has
I rows and J columns. In pictures I runs down, J to the right and K into the depth. The edges say so: `I = 64`.

<!-- made by scripts/settings_page.py; edit mm_blender/expression/schema.py -->
"""


def page() -> str:
    """docs/settings.md."""
    parts = [HEAD]
    for group, about in schema.ABOUT.items():
        rows = [[f"`{setting.name}`", setting.kind, setting.unit, f"`{_shown(setting.default)}`", _meaning(setting)]
                for setting in schema.BY_KEY[group].values()]
        parts += [f"## {group}\n\n{about}\n", _markdown(["setting", "type", "unit", "default", "meaning"], rows)]
        parts += [f"### {setting.name}\n\n" + "".join(f"- `{choice}`: {text}\n" for choice, text in
                                                      setting.choices.items())
                  for setting in schema.BY_KEY[group].values() if setting.choices]
    parts += ["## Epilogs\n\nWritten around what they are done to: `softmax(tril(Q @ K.T / sqrt(k)))`.\n",
              _markdown(["epilog", "meaning"], [[f"`{name}`", text] for name, text in _epilogs()])]
    return "\n".join(parts)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
