"""A plain picture: what a page shows where a browser has no WebGL2, drawn by numpy alone.

Every matrix is its plane with a square for each element, in the colours and sizes that it has everywhere, without light
and without letters. For every pixel of a matrix the place on its plane is found that is seen there.
"""
from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from ..appearance.looks import LOOKS
from ..appearance.rules import edge, painted
from ..colour.srgb import linear_to_srgb
from ..document.document import Document
from ..document.group import Group
from ..expression.tree import Node, nodes
from ..layout.framing import Camera

SIZE = (640, 400)    # pixels
NEAR = 1e-6


def address(group: Group, camera: Camera) -> str:
    """The picture as ``data:`` address. Computes the values."""
    return "data:image/png;base64," + base64.b64encode(png(picture(group, camera))).decode("ascii")


def picture(group: Group, camera: Camera, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The picture (height, width, 3), sRGB 0 to 1, of a group as ``camera`` sees it."""
    width, height = size
    out = np.empty((height, width, 3))
    out[:] = linear_to_srgb(np.array(LOOKS[group.options.look].ground))
    drawn: list[tuple[float, int, Document, Node, np.ndarray]] = []
    for document, scale, offset in group.members:
        move = np.diag([scale, scale, scale, 1.0])
        move[:3, 3] = offset
        for node in nodes(document.tree):
            frame = move @ document.placement.matrices[node.path]
            middle = frame @ (node.cols.shown / 2, node.rows.shown / 2, 0.0, 1.0)
            away = float((camera.position - middle[:3]) @ camera.axes()[2])
            drawn.append((away, len(drawn), document, node, frame))
    for _, _, document, node, frame in sorted(drawn, key=lambda each: each[:2], reverse=True):  # far ones first
        _draw(out, document, node, _seen(frame, camera, size))
    return out


def png(pixels: np.ndarray) -> bytes:
    """An RGB picture (height, width, 3), 0 to 1, as PNG."""
    rows = (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)
    height, width, _ = rows.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + chunk(b"IEND", b""))


def _seen(frame: np.ndarray, camera: Camera, size: tuple[int, int]) -> np.ndarray:
    """The map (3, 3) from a place on a matrix' plane (column, row, 1) to the pixel (x, y, 1) times its distance."""
    width, height = size
    axes = camera.axes()
    plane = np.stack([frame[:3, 0], frame[:3, 1], frame[:3, 3]], 1)
    plane[:, 2] -= camera.target if camera.parallel else camera.position
    x, y, z = axes @ plane  # right, up, backward, each of a column, a row and the origin
    if camera.parallel:
        x, y = x + camera.shear()[0] * z, y + camera.shear()[1] * z
        away = np.array([0.0, 0.0, camera.distance])
    else:
        away = -z
    half = np.tan(np.radians(camera.vertical_fov(width / height)) / 2)
    x, y = x - camera.shift[0] * away, y - camera.shift[1] * away
    x, y = x * height / (2 * half), y * height / (2 * half)  # pixels at distance 1
    return np.stack([x + away * width / 2, away * height / 2 - y, away])


def _draw(out: np.ndarray, document: Document, node: Node, seen: np.ndarray) -> None:
    """Draw a matrix over what is there."""
    corners = seen @ np.array([[-0.5, node.cols.shown - 0.5, node.cols.shown - 0.5, -0.5],
                               [-0.5, -0.5, node.rows.shown - 0.5, node.rows.shown - 0.5], [1.0] * 4])
    if abs(np.linalg.det(seen)) < NEAR or (corners[2] < NEAR).any():  # on its edge, or behind the eye
        return
    low, high = (corners[:2] / corners[2]).min(1), (corners[:2] / corners[2]).max(1)
    x0, y0 = np.maximum(np.floor(low), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high), out.shape[1::-1]).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    x, y = np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5)
    column, row, share = np.tensordot(np.linalg.inv(seen), np.stack([x, y, np.ones(x.shape)]), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        column, row = column / share, row / share
    wide = float(np.sqrt(_area(corners) / (node.rows.shown * node.cols.shown)))  # pixels of an element, about
    coarse = max(1, round(1 / max(wide, 1e-6)))
    coarse += coarse > 2 and coarse % 2
    colours, covered = _squares(document, node, coarse)
    (i, off_i), (j, off_j) = _slots(row, node.rows.step, node.rows.gap), _slots(column, node.cols.step, node.cols.gap)
    inside = (i >= 0) & (i < node.h) & (j >= 0) & (j < node.w)
    i, j = np.where(inside, i, 0) // coarse, np.where(inside, j, 0) // coarse
    there = covered[i, j]
    if coarse == 1:
        beyond = np.maximum(np.abs(off_i), np.abs(off_j)) - np.sqrt(there) / 2
        there = np.clip(0.5 - beyond * wide, 0, 1) * (there > 0)
    there = np.where(inside, there, 0.0)[..., None]
    out[y0:y1, x0:x1] += (colours[i, j] - out[y0:y1, x0:x1]) * there


def _area(corners: np.ndarray) -> float:
    """Of a quadrangle (3, 4) on the page, in pixels."""
    x, y = corners[:2] / corners[2]
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def _slots(at: np.ndarray, step: int, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """The index of the element at places along an axis, -1 between blocks, and how far from its middle they are."""
    at = np.nan_to_num(at + 0.5, nan=-1.0, posinf=-1.0, neginf=-1.0)
    block = np.floor(at / (step + gap))
    within = at - block * (step + gap)
    index = np.where((within < step) & (at >= 0), block * step + np.floor(within), -1)
    return np.clip(index, -1, 2 ** 31).astype(np.int64), within - np.floor(within) - 0.5


def _squares(document: Document, node: Node, coarse: int) -> tuple[np.ndarray, np.ndarray]:
    """The colours (h, w, 3) and covered areas (h, w) of elements or, where they are smaller than pixels, the means of
    ``coarse`` by ``coarse`` of them (an even number, beyond 2)."""
    x, scale = document.values[node.path], document.scaling.scales[node.path]
    if coarse > 2:  # some of them are enough for a mean
        x, coarse = x[::coarse // 2, ::coarse // 2], 2
    colours = painted(x, scale, node.viz, document.scaling.courses[node.path])
    covered = np.minimum(edge(x, scale, node.viz), 1.0) ** 2
    if coarse == 1:
        return colours, covered
    rows, cols = (np.arange(0, size, coarse) for size in x.shape)

    def summed(of: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.add.reduceat(of, rows, 0), cols, 1)

    total = summed(covered)
    colours = summed(colours * covered[..., None]) / np.maximum(total, 1e-12)[..., None]
    return colours, total / summed(np.ones(covered.shape))
