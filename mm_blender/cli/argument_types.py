"""What arguments of the command line are read as: text to a value, or an error that says what was expected."""
from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable

from ..errors import ParameterError
from ..expression.algorithms import ALGORITHMS, NONE
from ..limits import amount, named
from ..options import LARGEST_SEED, pace_of, PACES

WHOLE = re.compile(r"[+-]?[0-9]{1,100}")  # without what Python alone reads as one, such as 1_000
PIXELS = (4, 65536)  # of a side; the most that Blender renders


def key_and_value(text: str) -> tuple[str, str]:
    """``KEY=VALUE``; the key may hold spaces and dots, the value anything."""
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not {text!r}")
    return key.strip(), value


def named_limit(text: str) -> tuple[str, int]:
    """``NAME=N``: the full name of a limit, and the amount."""
    name, value = key_and_value(text)
    try:
        return named(name).name, amount(value)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole_number(what: str, low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """What reads a whole number of a range; ``what`` it is, in words."""
    def read(text: str) -> int:
        number = int(text) if WHOLE.fullmatch(text) else None
        if number is None or low is not None and number < low or high is not None and number > high:
            upward = "" if low is None else f" from {low} up" if high is None else f" from {low} to {high}"
            raise argparse.ArgumentTypeError(f"expected {what}{upward}, not {text!r}")
        return number
    return read


def finite_number(what: str, above_0: bool = True) -> Callable[[str], float]:
    """What reads a finite number, as Python has it; ``what`` it is, in words."""
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or above_0 and number <= 0:
            raise argparse.ArgumentTypeError(f"expected {what}{' above 0' * above_0}, not {text!r}")
        return number
    return read


def pixels(text: str) -> tuple[int, int]:
    """``WIDTHxHEIGHT`` of a picture."""
    sides = text.lower().split("x")
    if not (len(sides) == 2 and all(WHOLE.fullmatch(side) and PIXELS[0] <= int(side) <= PIXELS[1] for side in sides)):
        raise argparse.ArgumentTypeError(
            f"expected WIDTHxHEIGHT in pixels, such as 1600x1000, each from {PIXELS[0]} to {PIXELS[1]}, not {text!r}")
    return int(sides[0]), int(sides[1])


def frame_range(text: str) -> tuple[int, int]:
    """``FIRST-LAST`` of a movie's frames, or one alone."""
    first, hyphen, last = text.partition("-")
    if not (first.isdecimal() and text.isascii() and (last.isdecimal() or not hyphen) and len(text) < 100):
        raise argparse.ArgumentTypeError(f"expected FIRST-LAST, the numbers of two frames, such as 1-48, not {text!r}")
    return int(first), int(last if hyphen else first)


def inches(text: str) -> tuple[float, float]:
    """``WIDTHxHEIGHT`` of a figure."""
    try:
        width, height = map(finite_number("a number of inches"), text.lower().split("x"))
    except (argparse.ArgumentTypeError, ValueError):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT in inches, such as 6.75x4.5, not {text!r}") from None
    return width, height


def head_number(text: str) -> int | str:
    """The number of a head, or ``all``."""
    if text == "all":
        return text
    return whole_number("the number of a head, or all", None)(text)


def algorithm_names(text: str) -> str | list[str]:
    """Names of algorithms between commas, or ``all`` or ``none``."""
    if text in ("all", NONE):
        return text
    found = [name.strip() for name in text.split(",")]
    if wrong := next((name for name in found if name not in ALGORITHMS), None):
        raise argparse.ArgumentTypeError(f"there is no algorithm {wrong!r}; expected all, none, or some of "
                                         f"{', '.join(ALGORITHMS)}")
    return found


def paced(text: str) -> float | tuple[float, ...] | str:
    """A pace: a number, several between commas, or a word."""
    if text not in PACES:
        try:
            numbers = [float(each) for each in text.split(",")]
            return pace_of(numbers if len(numbers) > 1 else numbers[0], "PACE")
        except (ParameterError, ValueError):
            pass  # refused by its name
    try:
        return pace_of(text, "PACE")
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


positive = whole_number("a whole number", 1)
seed_number = whole_number("a whole number", 0, LARGEST_SEED)
layer_number = whole_number("the number of a layer")
step_number = whole_number("the number of a step,", 0)
frame_number = whole_number("the number of a frame")
def poster(text: str) -> str | tuple[str, float]:
    """``FILE`` or ``FILE@SECONDS``."""
    path, at, second = text.rpartition("@")
    try:
        return (path, float(second)) if path and at else text
    except ValueError:  # a name with that sign
        return text


seconds = finite_number("a number of seconds")
number_above_0 = finite_number("a number")
speed = finite_number("a number", above_0=False)
