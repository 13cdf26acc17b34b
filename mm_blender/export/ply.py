"""PLY: a group as points with colour, size and value or, realized, as one mesh of cubes.

Binary, little endian; in metres and Blender's axes, z up. The format has no colour space: colours are sRGB, as what
reads them takes them to be. It knows no animation, so that a sweep shows one step.

Source: Greg Turk, The PLY Polygon File Format.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..document.group import Group
from ..layout.places import to_blender
from ..plain import shortened
from ..system import interrupts, writing
from ..version import __version__
from . import cubes, motion
from .clouds import Cloud, Clouds
from .request import ExportRequest

NAMES = {"<f4": "float", "u1": "uchar", "<i4": "int"}
PLACE = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")]
POINTS = [*PLACE, ("size", "<f4"), ("value", "<f4"), ("matrix", "<i4"), ("row", "<i4"), ("col", "<i4")]
POINT, CORNER = np.dtype(POINTS), np.dtype(PLACE)
FACE = np.dtype([("count", "u1"), ("corners", "<i4", 4)])


def write(group: Group, path: Path, request: ExportRequest) -> None:
    """Write ``group`` as is asked. The format has no cameras."""
    clouds, realized = Clouds(group), request.realized
    step = group.steps if request.step is None else request.step

    def every() -> Iterator[Cloud]:
        for phase in motion.stills(clouds, step):
            interrupts.check()
            if len(phase.cloud):
                yield phase.cloud

    found = [(cloud.name, cloud.path, len(cloud)) for cloud in every()]
    count = sum(size for _, _, size in found)
    head = _head(group, found, count, realized)
    need = len(head) + count * (8 * CORNER.itemsize + 6 * FACE.itemsize if realized else POINT.itemsize)
    with writing.beside(path, need, blender=False) as new:
        with new.opened() as file:
            file.write(head)
            for number, cloud in enumerate(every()):
                file.write((_corners(cloud) if realized else _points(cloud, number)).data)
            for start in range(0, count if realized else 0, 1 << 16):
                size = min(1 << 16, count - start)
                faces = np.zeros(6 * size, FACE)
                faces["count"], faces["corners"] = 4, cubes.faces(size, cubes.QUADS) + 8 * start
                file.write(faces.data)
        new.put()


def _head(group: Group, found: list[tuple[str, str, int]], count: int, realized: bool) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", f"comment mm_blender {__version__}",
             f"comment {_plain(group.first.written)}", "comment metres, z up, sRGB"]
    if not realized:
        lines += ["comment size: the edge of the cube; matrix: its number, from 0"]
    lines += [f"comment {_plain(name)}, {path}: {size}" for name, path, size in found]
    lines += [f"element vertex {count * (8 if realized else 1)}"]
    lines += [f"property {NAMES[form]} {name}" for name, form in (PLACE if realized else POINTS)]
    if realized:
        lines += [f"element face {6 * count}", "property list uchar int vertex_indices"]
    return "\n".join([*lines, "end_header", ""]).encode("ascii")


def _plain(text: str) -> str:
    """``text`` for a header, which is one line of ASCII."""
    return " ".join(shortened(text).encode("ascii", "backslashreplace").decode().split())


def _put(out: np.ndarray, position: np.ndarray, srgb: np.ndarray) -> np.ndarray:
    for name, x in zip("xyz", to_blender(position).T):
        out[name] = x
    for name, x in zip(("red", "green", "blue"), srgb.T):
        out[name] = np.round(x * 255)
    return out


def _points(cloud: Cloud, number: int) -> np.ndarray:
    out = _put(np.zeros(len(cloud), POINT), cloud.position, cloud.srgb)
    out["size"], out["value"], out["matrix"], out["row"], out["col"] = (
        cloud.edge, cloud.value, number, cloud.row, cloud.col)
    return out


def _corners(cloud: Cloud) -> np.ndarray:
    return _put(np.zeros(8 * len(cloud), CORNER), cubes.corners(cloud), np.repeat(cloud.srgb, 8, 0))
