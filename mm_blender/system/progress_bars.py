"""Bars that show progress: a line, or in a notebook the cell's output, by the display protocol alone without widgets.

Nothing stands or falls by them: where one cannot be shown there is none.
"""
from __future__ import annotations

import io
from contextlib import suppress
from html import escape
from typing import Any

from tqdm import tqdm

BAR = ('<progress value="{value}" max="{most}" style="width: 40%; vertical-align: middle" aria-label="{about}">'
       "</progress>")


class LineBar(tqdm):  # type: ignore[misc]  # tqdm has no types of its own
    """``tqdm`` without its thread, which looks after bars that stand still, and would wake while Blender renders."""

    monitor_interval = 0


class CellBar(LineBar):
    """``tqdm`` that shows itself as HTML, and as a line of text where no HTML is shown."""

    def __init__(self, *args: Any, **how: Any):
        self._shown: Any = None
        super().__init__(*args, **{**how, "file": io.StringIO(), "dynamic_ncols": False, "ascii": True})

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Show how far it is: called by ``tqdm`` whenever there is something new."""
        with suppress(Exception):
            from IPython.display import display

            data = {"text/plain": self._words(), "text/html": self._html()}
            if self._shown is None:
                self._shown = display(data, raw=True, display_id=True)
            else:
                self._shown.update(data, raw=True)
        return True

    def _words(self) -> str:
        """The line, without a bar of letters."""
        told = self.format_dict
        how_far = f"{told['n']}/{told['total']} {told['unit']}s" if told["total"] and told["total"] > 1 else ""
        left = ""
        if told["total"] and told["rate"] and 0 < told["n"] < told["total"]:
            left = f"{self.format_interval((told['total'] - told['n']) / told['rate'])} left"
        parts = (told["prefix"].rstrip(": ") if told["prefix"] else "", how_far,
                 self.format_interval(told["elapsed"]), left, (told["postfix"] or "").strip(", "))
        return ", ".join(filter(None, parts))

    def _html(self) -> str:
        told = self.format_dict
        words = escape(self._words())
        if not told["total"] or told["total"] == 1:  # nobody knows how far it is
            return f'<div style="font-family: monospace">{words}</div>'
        bar = BAR.format(value=told["n"], most=told["total"], about=escape(told["prefix"] or "progress", quote=True))
        return f'<div style="font-family: monospace">{bar} {words}</div>'
