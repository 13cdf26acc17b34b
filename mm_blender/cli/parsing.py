"""argparse as the command line uses it: without abbreviations, and naming what was probably meant."""
from __future__ import annotations

import argparse
import difflib
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from ..expression import schema

IN_PYTHON = {"--at": "--step", "--settings": "--set"}  # options by their names in Python


class Parser(argparse.ArgumentParser):
    """argparse's, without abbreviations, and naming what was probably meant."""

    def __init__(self, **more: Any):
        super().__init__(allow_abbrev=False, **more)
        self.commands: dict[str, Parser] = {}

    def parse_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """argparse's; of an argument that is not known it says what may have been meant."""
        args = list(sys.argv[1:] if args is None else args)
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = next((arg for arg in args if arg in self.commands), None)
            parser = self.commands[command] if command is not None else self
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{parser._meant(unknown, self.commands)}")
        return parsed

    def error(self, message: str) -> NoReturn:
        """End with status 2 and a message that names the choice that was probably meant."""
        refused = re.match(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)$", message)
        if refused:
            near = difflib.get_close_matches(refused[2][:99].lower(), re.findall(r"[\w.-]+", refused[3]), 1)
            message += f"; did you mean {near[0]}?" if near else ""
        self.exit(2, f"{self.prog}: error: {_shortened(message)}\n{self.prog} --help tells what there is\n")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Before 3.13 argparse takes ``--option=--`` for an option without a value, and hands on an empty list."""
        if arg_strings == ["--"] and action.option_strings and action.nargs is None:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def _options(self) -> list[str]:
        return [option for option in self._option_string_actions if option.startswith("--")]

    def _meant(self, unknown: Sequence[str], commands: Mapping[str, Parser]) -> str:
        """What the first option among ``unknown`` arguments may have been meant to be, or which commands have it."""
        option = next((arg.partition("=")[0] for arg in unknown if arg.startswith("-")), "")
        if "--set" in self._options() and (named := _settings_called(option[2:].replace("-", " "))):
            return f" (did you mean {' or '.join(f'--set {shlex.quote(name)}=…' for name in named)}?)"
        near = [IN_PYTHON[option]] if IN_PYTHON.get(option) in self._options() else \
            difflib.get_close_matches(option, self._options(), 1, 0.75)
        if near:
            return f" (did you mean {near[0]}?)"
        having = [name for name, parser in commands.items() if option in parser._option_string_actions]
        return f" ({option} is an option of {', '.join(having)})" if having else ""


def _settings_called(name: str) -> list[str]:
    """The settings of a picture with this name in their group."""
    return [each[name].name for group, each in schema.BY_KEY.items() if group != "matrix" and name in each]


def _shortened(text: str) -> str:
    """A message without most of a word that is very long: what was given may be."""
    return re.sub(r"\S{200,}", lambda word: f"{word[0][:90]} … {word[0][-30:]}", text)
