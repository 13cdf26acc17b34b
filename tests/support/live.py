"""Live pages, asked what they draw without a browser: the viewer's modules run by node (viewer/test/answers.ts)."""
from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

from mm_blender.expression import epilogs
from mm_blender.web.bundle import Viewer
from mm_blender.web.html import html
from mm_blender.web.making import made, Request

VIEWER = Path(__file__).parents[2] / "viewer"
WIDTHS = {"position": 3, "color": 3}
KINDS = {"row": np.int32, "col": np.int32, "value": np.float32, "position": np.float64, "edge": np.float64,
         "color": np.float32, "highlight": np.float32}
MISSING = "node, or what the viewer is made of (scripts/build_viewer), is not there"


def is_missing() -> bool:
    """Whether there is nothing to run the viewer by."""
    return shutil.which("node") is None or not (VIEWER / "node_modules" / "tsx").exists()


def write(viz, path: Path, algorithms: tuple[str, ...] = ()) -> Path:
    """The page of a visualization, without a viewer."""
    path.write_text(html(*made(viz.group, Request(algorithms)), Viewer("", "")), "utf-8")
    return path


class Elements:
    """What is drawn of a matrix, or in its box: ``row``, ``col``, ``value``, ``edge``, ``highlight`` (n,), ``position``
    and ``color`` (n, 3); Blender's metres and axes."""

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    position: np.ndarray
    edge: np.ndarray
    color: np.ndarray
    highlight: np.ndarray

    def __init__(self, told: dict[str, str]):
        for name, kind in KINDS.items():
            array = np.frombuffer(base64.b64decode(told[name]), kind)
            setattr(self, name, array.reshape(-1, WIDTHS[name]) if name in WIDTHS else array)

    def grid(self, h: int, w: int, what: np.ndarray) -> np.ndarray:
        """``what`` of each element at its row and column, NaN where none is drawn."""
        out = np.full((h, w, *what.shape[1:]), np.nan)
        out[self.row, self.col] = what
        return out


class Node:
    """A process that answers for one page after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(["node", "--import", "tsx", "test/answers.ts"], cwd=VIEWER, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, page: Path, steps: list[int] | None = None, member: int = 0,
            variant: str | None = None) -> tuple[int, float, list[dict[str, Elements]]]:
        """A page's number of steps, its pitch, and what it draws of a member at each of ``steps``, asked in that order
        (None: all), by path, and by path and ``:sweep``. ``variant``: the way to sweep; None: that of the start."""
        told = self._tell({"file": str(page), "steps": steps, "member": member, "variant": variant})
        return told["count"], told["pitch"], [{path: Elements(each) for path, each in step.items()}
                                              for step in told["steps"]]

    def apply(self, chain: epilogs.Chain, x: np.ndarray, k: int) -> np.ndarray | None:
        """The viewer's epilog over a matrix; None if it shows sums under way without."""
        steps = [{"name": step.name, "scalar": None if step.scalar is None else epilogs.evaluate(step.scalar, k),
                  "matrix": step.matrix, "numbers": step.numbers} for step in chain]
        told = self._tell({"chain": steps, "h": x.shape[0], "w": x.shape[1], "data": _base64(x.astype("<f8"))})
        return told["data"] and _array(told["data"], "<f8").reshape(x.shape)

    def look(self, settings: dict, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How values (n,) look by ``settings`` (``viz``, ``scale``, ``course``, ``map``, as in a page): edges in
        pitches (n,), colours (n, 3), and the texels (n, 4) that the picture is drawn from."""
        told = self._tell({**settings, "values": _base64(x.astype("<f4"))})
        return (_array(told["edges"], "<f8"), _array(told["colours"], "<f8").reshape(-1, 3),
                _array(told["baked"], "u1").reshape(-1, 4))

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)

    def _tell(self, asked: dict) -> dict:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the viewer failed; its error is above"
        return json.loads(line)


def _array(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def _base64(x: np.ndarray) -> str:
    return base64.b64encode(x.tobytes()).decode("ascii")
