"""Readers that are given hostile input: each a function that takes bytes and may raise nothing but an MMError.

A module of this package adds its own with ``reader``; all modules here are found by themselves. ``scripts/fuzz`` runs
them for long, tests/test_fuzz.py for moments. What was found once is kept in tests/corpora, a folder a reader, and is
tried by every test run.
"""
from __future__ import annotations

import importlib
import pkgutil
import random
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mm_blender.errors import MMError

CORPORA = Path(__file__).parents[2] / "corpora"
SECONDS = 5              # that one input may take
BYTES = 500 * 2 ** 20    # of memory, beyond its own size
EXTREME = (0, 1, 2, 7, 255, 2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 33, 2 ** 63 - 1, 2 ** 63,
           2 ** 64 - 1)


@dataclass(frozen=True)
class Reader:
    """``seeds``: gives valid inputs, small ones; ``tokens``: what the format is made of."""

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    tokens: tuple[bytes, ...] = ()

    def inputs(self) -> list[bytes]:
        """Valid ones, and what was found."""
        found = sorted((CORPORA / self.name).glob("*")) if (CORPORA / self.name).is_dir() else []
        return [*self.seeds(), *(path.read_bytes() for path in found)]


@dataclass
class Told:
    """What came of running a reader."""

    count: int = 0
    read: int = 0       # without an error
    slowest: float = 0.0
    largest: int = 0    # bytes of memory beyond the input's size
    faults: list[tuple[str, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.count:,} inputs, {self.read:,} of them read; slowest {self.slowest:.2f} s, largest "
                f"{self.largest / 2 ** 20:,.0f} MiB, {len(self.faults)} faults")


READERS: dict[str, Reader] = {}


def reader(name: str, seeds: Callable[[], Iterable[bytes]], tokens: Iterable[bytes | str] = ()):
    """Add the decorated function to the readers."""
    def add(function: Callable[[bytes], object]):
        READERS[name] = Reader(name, function, seeds, tuple(t.encode() if isinstance(t, str) else t for t in tokens))
        return function
    return add


def load_all() -> dict[str, Reader]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return READERS


class TooSlow(BaseException):
    """No Exception, so that no boundary takes it for a parser's."""


def attempt(tried: Reader, body: bytes, told: Told) -> None:
    """Give a reader one input, and note what it does that it may not."""
    def stop(*_):
        raise TooSlow

    before = _resident()
    peak = _peak()
    old = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS)
    started = time.process_time()
    fault = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tried.read(body)
        told.read += 1
    except MMError as error:
        try:
            str(error).encode()
            fault = f"an error of {len(str(error)):,} letters" if len(str(error)) > 5000 else ""
        except UnicodeError:
            fault = "an error that cannot be printed"
    except TooSlow:
        fault = "took too long\n" + traceback.format_exc(limit=-6)
    except Exception:  # noqa: BLE001  the purpose
        fault = traceback.format_exc(limit=-6)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    spent, grown = time.process_time() - started, _peak()
    told.count += 1
    told.slowest = max(told.slowest, spent)
    if grown > peak:
        beyond = grown - before - len(body)
        told.largest = max(told.largest, beyond)
        if beyond > BYTES:
            fault = fault or f"took {beyond / 2 ** 20:,.0f} MiB"
            _forget_peak()
    if spent > SECONDS:
        fault = fault or f"took {spent:.1f} s"
    if fault:
        told.faults.append((fault, body))


def run(tried: Reader, seconds: float, seed: int = 0, most: int | None = None) -> Told:
    """Give a reader its inputs, and random changes of them for so long."""
    told, inputs, rng = Told(), tried.inputs(), random.Random(seed)
    _forget_peak()
    for body in inputs:
        attempt(tried, body, told)
    end = time.process_time() + seconds
    while time.process_time() < end and (most is None or told.count < most):
        attempt(tried, changed(rng, inputs, tried.tokens), told)
    return told


def changed(rng: random.Random, inputs: list[bytes], tokens: tuple[bytes, ...]) -> bytes:
    """One of ``inputs``, changed in a few places."""
    body = bytearray(rng.choice(inputs))
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        at = rng.randrange(len(body) + 1)
        length = min(rng.choice((1, 1, 2, 4, 8, 16, 64)), len(body) - at)
        match rng.randrange(11):
            case 0 if body:
                body[min(at, len(body) - 1)] ^= 1 << rng.randrange(8)
            case 1 if body:
                body[min(at, len(body) - 1)] = rng.choice((0, 1, 9, 10, 32, 34, 40, 44, 45, 48, 57, 91, 123, 127, 128,
                                                           255))
            case 2:
                del body[at:at + length]
            case 3:
                body[at:at] = body[at:at + length] * rng.choice((1, 2, 5, 100, 3000))
            case 4:
                body[at:at] = bytes(rng.randrange(256) for _ in range(length or 1))
            case 5 | 6:
                wide = rng.choice((1, 2, 4, 8))
                number = rng.choice(EXTREME) if rng.random() < 0.7 else rng.randrange(2 ** 32)
                body[at:at + wide] = (number % 256 ** wide).to_bytes(wide, rng.choice(("little", "little", "big")))
            case 7 if tokens:
                body[at:at + rng.choice((0, 0, length))] = rng.choice(tokens)
            case 8:
                other = rng.choice(inputs)
                from_ = rng.randrange(len(other) + 1)
                body[at:at + rng.choice((0, length, len(body)))] = other[from_:from_ + rng.choice((8, 64, len(other)))]
            case 9:
                number = rng.choice((str(rng.choice(EXTREME)), "-1", "0", "1e999999", "1e-400", "nan", "9" * 400,
                                     "0.5"))
                body[at:at + length] = number.encode()
            case _:
                body[at:] = body[at:at + length] if rng.random() < 0.3 else b""
        if len(body) > 100_000:
            del body[100_000:]
    return bytes(body)


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def _peak() -> int:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def _forget_peak() -> None:
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass
