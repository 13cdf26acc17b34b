"""What the reference tool was measured to show: see ``tests/reference/README.md``.

``LINKS`` and ``SWEEPS`` are the sample that is kept there. MM_REFERENCE names a folder with more of both, in files of
the same names and form: ``ALL_LINKS`` and ``ALL_SWEEPS``, for tests that take little time.
"""
from __future__ import annotations

import base64
import gzip
import json
import os
import re
from functools import cache
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parents[1] / "reference"
MORE = Path(os.environ.get("MM_REFERENCE") or SAMPLE)
RANDOM = {"gaussian", "uniform"}  # the reference draws these anew each time


def _read(folder: Path, name: str) -> list[dict]:
    return json.loads(gzip.decompress((folder / name).read_bytes()))


LINKS, SWEEPS = _read(SAMPLE, "links.json.gz"), _read(SAMPLE, "sweeps.json.gz")
ALL_LINKS, ALL_SWEEPS = (LINKS, SWEEPS) if MORE == SAMPLE else (
    _read(MORE, "links.json.gz"), _read(MORE, "sweeps.json.gz"))


def floats(text: str, width: int = 0) -> np.ndarray:
    """Measured numbers, (n,), or (n, width)."""
    found = np.frombuffer(base64.b64decode(text), "<f4")
    return found.reshape(-1, width) if width else found


def frame(numbers: list[float]) -> np.ndarray:
    """A measured frame (4, 4), which is given column by column."""
    return np.array(numbers, float).reshape(4, 4).T


def spots(matrix: dict) -> tuple[np.ndarray, np.ndarray]:
    """The rows and the columns of the elements of a link's matrix that were measured."""
    return np.divmod(np.arange(0, matrix["h"] * matrix["w"], matrix["stride"]), matrix["w"])


def positions(matrix: dict) -> np.ndarray:
    """Where these elements lie (n, 3), in the reference's world."""
    world = frame(matrix["matrix_world"])
    return floats(matrix["local"], 3) @ world[:3, :3].T + world[:3, 3]


def leaves(params: dict, path: str = "root"):
    """The parameters of the leaves, each with its path."""
    for side in ("left", "right"):
        below = params[side]
        yield from leaves(below, f"{path}.{side}") if below.get("matmul") else [(f"{path}.{side}", below)]


def is_known(case: dict, path: str) -> bool:
    """Whether the values of a matrix of a link are the same each time: none of its leaves is random."""
    return not any(leaf["init"] in RANDOM for at, leaf in leaves(case["params"]) if f"{at}.".startswith(f"{path}."))


def leaf_values(sweep: dict) -> dict[str, np.ndarray]:
    """What the leaves of a sweep hold, by path."""
    return {each["p"]: np.array(each["data"], np.float32).reshape(each["h"], each["w"])
            for each in sweep["steps"][0] if each["role"] == "leaf"}


def mask(matrix: dict, key: str) -> np.ndarray:
    """``vis`` or ``hi`` of a matrix at a step of a sweep, (h, w)."""
    size = matrix["h"] * matrix["w"]
    return (np.array([*matrix.get(key, "0" * size)]) == "1").reshape(matrix["h"], matrix["w"])


@cache
def stand_in(name: str) -> np.ndarray:
    """What NAME_<rows>_<columns>.csv held when the links that load it were measured: no trained weights, but numbers
    that anybody can make again, with four decimals."""
    rows, cols = map(int, re.search(r"_(\d+)_(\d+)\.csv$", name).groups())
    low = 0xFFFFFFFF  # all is modulo 2**32
    seed = 0
    for letter in name:
        seed = (31 * seed + ord(letter)) & low
    i, j = (np.arange(1, size + 1) * prime & low for size, prime in ((rows, 73856093), (cols, 19349663)))
    mixed = i[:, None] ^ j ^ seed
    return np.round((mixed % 2001 - 1000) / (1000 if "input" in name else 10_000), 4)


def write_stand_ins(folder: Path) -> None:
    """The files that the links load, into a folder."""
    for name in {leaf["url"].rpartition("/")[2] for case in LINKS for _, leaf in leaves(case["params"])
                 if leaf["init"] == "url"}:
        np.savetxt(folder / name, stand_in(name), "%.4f", ",")
