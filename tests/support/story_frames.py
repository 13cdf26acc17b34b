"""What the frames of a story show, read from their pixels and from the .blend: not from what compiled them."""
from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image, ImageOps

from drawn import Drawn
from mm_blender.scene import parts

REST_S = 0.35   # seconds before a beat's end, at which it rests and is lit
SAMPLED = 140   # elements of a matrix whose colour is read, about
ENLARGED = 4    # times, before tesseract reads it
SMALLEST = 0.5  # pixels; what is smaller is not there
AROUND = 4      # pixels around the letters of a caption, where their plate is
HIGH = 40       # pixels of a number in a strip
WHITE = 30      # of 255: what is cut out of white letters is darker
SHARE = 15      # of 255: what they take of a number's box, times the cube's shade; measured 22 and more, or up to 9
LETTERS = 80, 180  # of 255: how dark letters are that were cut out, and what else is


@dataclass
class Frame:
    """A frame of a story. ``pixels``: (height, width, 3) from the top, 0 to 255. By the name of a matrix, in pixels
    from the upper left corner: ``centres`` (h, w, 2), where its elements are in the picture; ``corners`` (h, w, 8, 2),
    where those of their cells are; ``sides`` (h, w), from an element's middle to its edge. ``bright`` (h, w): how
    bright the strongest colour of each element is, 0 to 255, NaN where it is hidden or not looked at. ``boxes``: (left,
    top, right, bottom) in pixels of the words, ("words",), of the running sum, ("sum",), and of numbers, (name, row,
    col).
    """

    pixels: np.ndarray
    centres: dict[str, np.ndarray] = field(default_factory=dict)
    corners: dict[str, np.ndarray] = field(default_factory=dict)
    sides: dict[str, np.ndarray] = field(default_factory=dict)
    bright: dict[str, np.ndarray] = field(default_factory=dict)
    boxes: dict[tuple, np.ndarray] = field(default_factory=dict)

    def cut(self, box: np.ndarray, grow: float = 3) -> Image.Image:
        """A part of the picture, enlarged, in grey: how white it is, which no coloured cube is, on white."""
        left, top = np.maximum(np.floor(box[:2] - grow), 0).astype(int)
        right, bottom = np.ceil(box[2:] + grow).astype(int)
        white = Image.fromarray((255 - self.pixels[top:bottom, left:right].min(2)).astype(np.uint8))
        return white.resize((white.width * ENLARGED, white.height * ENLARGED), Image.LANCZOS)


@dataclass(frozen=True)
class Cells:
    """Where the cells of a matrix (h, w) are in the world: the first one's middle, and the ways to the next ones."""

    shape: tuple[int, int]
    first: np.ndarray
    down: np.ndarray
    right: np.ndarray

    def middles(self) -> np.ndarray:
        """Where the middles of the cells are (h, w, 3)."""
        rows, cols = np.mgrid[:self.shape[0], :self.shape[1]][..., None]
        return self.first + rows * self.down + cols * self.right

    def corners(self) -> np.ndarray:
        """Where the corners of the cells are (h, w, 8, 3), which are as deep as they are wide."""
        deep = np.cross(self.down, self.right) / np.linalg.norm(self.down)
        signs = np.mgrid[:2, :2, :2].reshape(3, 8).T - 0.5
        return self.middles()[:, :, None] + signs @ [self.down, self.right, deep]


def of_beats(viz, folder: Path) -> list[Frame]:
    """A frame of each beat of a built story, as large as the scene's pictures, where it rests: near its end, as its
    marker and the next one say."""
    scene, out = bpy.context.scene, []
    matrices = {viz.document.matrix(obj["mm_path"]).name: obj for obj in parts.of(viz.collection, parts.MATRIX)}
    scene.frame_set(scene.frame_end)
    cells = {name: _cells(Drawn(obj, bpy.context.evaluated_depsgraph_get())) for name, obj in matrices.items()}
    for number, frame in enumerate(rests(scene), 1):
        picture = folder / f"{number}.png"
        viz.render(picture, size(), quality="preview", frame=frame, progress=False)
        scene.frame_set(frame)
        with Image.open(picture) as image:
            seen = Frame(np.asarray(image.convert("RGB")).astype(float))
        _look(seen, matrices, cells)
        out.append(seen)
    return out


def size() -> tuple[int, int]:
    """Of the scene's pictures, in pixels."""
    return bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y


def rests(scene) -> list[int]:
    """The frames at which the beats rest."""
    begins = sorted(marker.frame for marker in scene.timeline_markers)
    return [end - 1 - round(REST_S * scene.render.fps) for end in [*begins[1:], scene.frame_end + 1]]


def spoken(pictures: list[Image.Image], folder: Path, *options: str) -> list[str]:
    """What tesseract reads in each picture of one line."""
    for at, picture in enumerate(pictures):
        picture.save(folder / f"part{at}.png")
    (folder / "parts.txt").write_text("\n".join(str(folder / f"part{at}.png") for at in range(len(pictures))))
    done = subprocess.run(["tesseract", str(folder / "parts.txt"), "-", "--psm", "7", *options], capture_output=True,
                          text=True, check=True, timeout=300, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    return [" ".join(page.split()) for page in done.stdout.split("\f")][:len(pictures)]


def _cells(drawn: Drawn) -> Cells:
    """From the elements of a matrix that is whole, which stand evenly."""
    table = np.stack([np.ones(len(drawn.row)), drawn.row, drawn.col], 1)
    (first, down, right), *_ = np.linalg.lstsq(table, drawn.position, rcond=None)
    assert np.allclose(table @ [first, down, right], drawn.position, atol=1e-3)
    return Cells((drawn.row.max() + 1, drawn.col.max() + 1), first, down, right)


def _look(seen: Frame, matrices: dict, cells: dict[str, Cells]) -> None:
    """Fill in what is seen at the scene's frame."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for name, obj in matrices.items():
        seen.centres[name] = page(cells[name].middles())
        seen.corners[name] = page(cells[name].corners())
        seen.bright[name], seen.sides[name] = _bright(seen, Drawn(obj, depsgraph), cells[name].shape, depsgraph)
    _box(seen, matrices, depsgraph)


def page(points: np.ndarray) -> np.ndarray:
    """Where points (…, 3) of the world are in the picture (…, 2), in pixels from its upper left corner."""
    camera, (wide, high) = bpy.context.scene.camera, size()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    seen = np.array(camera.calc_matrix_camera(depsgraph, x=wide, y=high)) @ np.array(
        camera.matrix_world.normalized().inverted())
    flat = np.concatenate([points, np.ones((*points.shape[:-1], 1))], -1) @ seen.T
    there = flat[..., :2] / np.where(flat[..., 3:] > 0, flat[..., 3:], np.nan)
    return (there * [1, -1] + 1) / 2 * [wide, high]


def _bright(seen: Frame, drawn: Drawn, shape: tuple[int, int], depsgraph) -> tuple[np.ndarray, np.ndarray]:
    """How bright the elements are, and how far it is to their edges."""
    out, wide_as = np.full(shape, np.nan), np.zeros(shape)
    if not len(drawn.row):
        return out, wide_as
    scene, (wide, high) = bpy.context.scene, size()
    eye, across = scene.camera.matrix_world.translation, np.array(scene.camera.matrix_world.to_3x3().col[0])
    places = page(drawn.position)
    sides = np.abs(page(drawn.position + across * drawn.edge[:, None] / 2)[:, 0] - places[:, 0])
    wide_as[drawn.row, drawn.col] = sides
    every = max(shape[0] * shape[1] // SAMPLED, 1)
    for at, ((x, y), side) in enumerate(zip(places, sides)):
        if (drawn.row[at] + drawn.col[at]) % every or not (3 < x < wide - 3 and 3 < y < high - 3):
            continue
        if not _is_seen(depsgraph, eye, Vector(drawn.position[at]), float(drawn.edge[at])):
            continue
        reach = max(side * 0.6, 0.5)
        left, top = (np.round([x - reach, y - reach])).astype(int)
        right, bottom = (np.round([x + reach, y + reach])).astype(int) + 1
        out[drawn.row[at], drawn.col[at]] = np.median(seen.pixels[top:bottom, left:right].max(2))
    return out, wide_as


def _is_seen(depsgraph, eye: Vector, place: Vector, edge: float) -> bool:
    """Whether the first thing on the way to an element, numbers aside, is the element."""
    way = (place - eye).normalized()
    begin = eye
    for _ in range(8):
        hit, there, *_, obj, _ = bpy.context.scene.ray_cast(depsgraph, begin, way)
        if not hit:
            return False
        if (there - place).length <= edge:
            return True
        if not obj.name.startswith("mm numbers"):
            return False
        begin = there + way * 1e-4 * (place - eye).length
    return False


def _box(seen: Frame, matrices: dict, depsgraph) -> None:
    """Where words, sums and numbers stand."""
    owners = {obj.name: name for name, obj in matrices.items()}
    written: dict[str, list[np.ndarray]] = {}
    found: dict[tuple, list[np.ndarray]] = {}
    for each in depsgraph.object_instances:
        holder = each.parent.original if each.parent else each.object.original
        if not holder.name.startswith(("mm sum", "mm caption", "mm numbers")) or each.object.type not in (
                "MESH", "CURVE", "FONT"):
            continue
        points = page(np.array([each.matrix_world @ Vector(corner) for corner in each.object.bound_box]))
        if holder.name.startswith("mm caption plate") or not np.ptp(points, axis=0).min() > SMALLEST:
            continue  # it is a ground, or scaled to nothing
        if holder.name.startswith("mm numbers"):
            written.setdefault(owners[holder.parent.name], []).append(np.concatenate([points.min(0), points.max(0)]))
        else:
            found.setdefault(("sum" if holder.name.startswith("mm sum") else "words",), []).append(points)
    for what, points in found.items():
        whole, margin = np.concatenate(points), AROUND if what == ("words",) else 0
        seen.boxes[what] = np.concatenate([whole.min(0) - margin, whole.max(0) + margin])
    for name, glyphs in written.items():
        for number in _numbers(glyphs):
            apart = np.linalg.norm(seen.centres[name] - (number[:2] + number[2:]) / 2, axis=-1)
            at = tuple(map(int, np.unravel_index(apart.argmin(), apart.shape)))
            held = seen.boxes.get((name, *at), number)
            seen.boxes[name, *at] = np.concatenate([np.minimum(held, number)[:2], np.maximum(held, number)[2:]])


def _numbers(glyphs: list[np.ndarray]) -> list[np.ndarray]:
    """The boxes of numbers, of those of their digits: what stands close beside it on one line belongs to it."""
    out: list[np.ndarray] = []
    for box in sorted(glyphs, key=lambda box: box[0]):
        for at, other in enumerate(out):
            high = other[3] - other[1]
            beside = box[0] - other[2] < 0.5 * high and abs(box[3] - other[3]) < 0.15 * high
            if beside and abs(box[3] - box[1] - high) < 0.3 * high:
                out[at] = np.concatenate([np.minimum(other, box)[:2], np.maximum(other, box)[2:]])
                break
        else:
            out.append(box)
    return out


def free(seen: Frame) -> dict[str, list[tuple]]:
    """The numbers that one can read, by the name of their matrix, row by row: those whose element is seen, over which
    no other number, no words and no sum stand, and which are whole in the picture."""
    high, wide, _ = seen.pixels.shape
    out: dict[str, list[tuple]] = {}
    for what, box in sorted(seen.boxes.items(), key=lambda each: str(each[0])):
        if len(what) < 3 or np.isnan(seen.bright[what[0]][what[1:]]) or not (
                box[:2].min() > 0 and box[2] < wide and box[3] < high):
            continue
        if not any(other != what and (box[:2] < held[2:]).all() and (held[:2] < box[2:]).all()
                   for other, held in seen.boxes.items()):
            out.setdefault(what[0], []).append(what)
    return out


def strip(parts: list[Image.Image]) -> Image.Image:
    """Numbers that were cut out, in black and white and of one height, in a line: tesseract reads that better than each
    alone."""
    inked = [_inked(part.resize((max(part.width * HIGH // part.height, 1), HIGH), Image.LANCZOS)) for part in parts]
    out = Image.new("L", (sum(part.width + HIGH // 2 for part in inked) + HIGH * 3 // 2, 2 * HIGH), 255)
    left = HIGH
    for part in inked:
        out.paste(part, (left, HIGH // 2))
        left += part.width + HIGH // 2
    return out


def letters(part: Image.Image) -> Image.Image:
    """White letters on a dark plate that were cut out, with soft edges paled, and a margin."""
    low, high = LETTERS
    ink = np.clip((np.asarray(part).astype(float) - low) / (high - low), 0, 1) * 255
    return ImageOps.expand(Image.fromarray(ink.astype(np.uint8)), 20, 255)


def _inked(part: Image.Image) -> Image.Image:
    """Ink in black on white. White letters are the darkest of ``part``, a good share of it, and on a cube that is not
    white itself; where there are none, letters are black, the brightest."""
    grey = np.asarray(part).astype(float)
    ground = np.median(grey)
    white = (grey < WHITE).mean() * ground > SHARE
    ink = grey < (grey.min() + ground) / 2 if white else grey > (np.percentile(grey, 99) + ground) / 2
    return Image.fromarray(np.where(ink, 0, 255).astype(np.uint8))
