"""Names that nothing has."""
from __future__ import annotations

import difflib
from collections.abc import Iterable


def nothing_named(name: str, known: Iterable[str], what: str) -> str:
    """An error's text for a name that nothing has, with the near ones."""
    names = sorted(x for x in known if x)
    near = difflib.get_close_matches(name, names, 3, 0.5) or names[:8]
    return f"{what} {name!r}" + (f"; near it are {', '.join(near)}" if near else "")
