"""GLB: a group as glTF, every matrix one node whose elements are instances of a cube or, realized, a mesh.

A GLB is a page of JSON and the bytes of arrays, which numpy has as they are to be: no library stands between. Colours
are in linear light, as the format has them. Of instances they are the attribute ``_COLOR_0``, which three.js reads. A
sweep is an animation in which parts have the size 0 until they come, as the format says that things are hidden.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ..appearance.looks import LOOKS
from ..colour.srgb import srgb_to_linear
from ..document.group import Group
from ..errors import warn
from ..system import interrupts, writing
from . import cubes, motion, views
from .clouds import Cloud, Clouds
from .gltf_document import GltfDocument, INDICES, INSTANCING, UNLIT, VERTICES
from .marks import Mark, marks
from .motion import Motion, Phase
from .request import ExportRequest

FLOAT, WHOLE, SHORT = np.float32, np.uint32, np.uint16


class Entry(NamedTuple):
    """What is known of a phase before it is written: whose it is, its ``size`` in elements, the ``low`` and ``high``
    corner of its cubes, and when it is seen."""

    name: str
    member: int
    path: str
    kind: str
    size: int
    low: list[float]
    high: list[float]
    start: int
    end: int | None

    @property
    def of(self) -> tuple[int, str, str]:
        """What it is a part of."""
        return self.member, self.path, self.kind


def write(group: Group, path: Path, request: ExportRequest) -> None:
    """Write ``group`` as is asked."""
    clouds, step = Clouds(group), request.step
    moving = motion.of(clouds) if step is None else None
    shown = group.steps if step is None else step

    def phases() -> Iterator[Phase]:
        return (phase for phase in (moving.phases() if moving else motion.stills(clouds, shown)) if len(phase.cloud))

    made = _Scene(clouds, request)
    entries = list(map(_entry, phases()))
    made.put(entries, moving)
    head = made.gltf.head()
    with writing.beside(path, len(head) + made.gltf.length, blender=False) as new:
        with new.opened() as file:
            file.write(head)
            file.writelines(made.gltf.small)
            for phase in phases():
                interrupts.check()
                (_write_cubes if request.realized else _write_instances)(file, phase.cloud)
        new.put()


def _entry(phase: Phase) -> Entry:
    cloud, half = phase.cloud, phase.cloud.edge[:, None] * FLOAT(0.5)
    interrupts.check()
    return Entry(cloud.name, cloud.member, cloud.path, cloud.kind, len(cloud), (cloud.position - half).min(0).tolist(),
                 (cloud.position + half).max(0).tolist(), phase.start, phase.end)


def _linear(cloud: Cloud) -> np.ndarray:
    return srgb_to_linear(cloud.srgb).astype(FLOAT)


def _write_instances(file: BinaryIO, cloud: Cloud) -> None:
    for x in (cloud.position, np.repeat(cloud.edge[:, None], 3, 1), _linear(cloud)):
        file.write(np.ascontiguousarray(x, "<f4").data)


def _write_cubes(file: BinaryIO, cloud: Cloud) -> None:
    file.write(np.ascontiguousarray(cubes.corners(cloud), "<f4").data)
    colour = np.full((len(cloud), 8, 4), 65535, "<u2")
    colour[..., :3] = np.round(_linear(cloud) * 65535)[:, None]
    file.write(colour.data)
    file.write(np.ascontiguousarray(cubes.faces(len(cloud), cubes.TRIANGLES), "<u4").data)


class _Scene:
    """The document of the group whose ``clouds`` they are."""

    def __init__(self, clouds: Clouds, request: ExportRequest):
        self.group, self.clouds, self.realized = clouds.group, clouds, request.realized
        self.seen_from = request.camera
        self.gltf = GltfDocument(self.group.first.written)
        look = LOOKS[self.group.options.look]
        self.material = self._material("elements", (1.0, 1.0, 1.0), 1.0, look.lit, look.roughness)
        self.tops = [self._top(number) for number in range(len(self.group.documents))]
        self._parted: dict[tuple[int, str, str], int | None] = {}  # the nodes of what comes in parts

    def _top(self, number: int) -> int:
        """The node of a document."""
        node = self.gltf.add("nodes", name=self.clouds.title(number) or self.group.documents[number].written,
                             children=[])
        self.gltf.content["scenes"][0]["nodes"].append(node)
        return node

    def put(self, entries: list[Entry], moving: Motion | None) -> None:
        """Announce all that is drawn; ``entries`` last, since what they hold is written when they come."""
        for mark in marks(self.group):
            self._mark(mark)
        if view := views.stance(self.group, self.seen_from):
            self.gltf.content["scenes"][0]["nodes"].append(self._camera(view))
        cube = None if self.realized else self._cube()
        self._parted = {entry.of: None for entry in entries if entry.start or entry.end is not None}
        timed = [None if moving is None else self._keys(moving, entry) for entry in entries]
        channels: list[dict[str, Any]] = []
        samplers: list[dict[str, Any]] = []
        for entry, keys in zip(entries, timed):
            node = self._elements(entry, cube)
            if keys is not None:
                channels.append({"sampler": len(samplers), "target": {"node": node, "path": "scale"}})
                samplers.append({"input": keys[0], "output": keys[1], "interpolation": "STEP"})
        if samplers:
            self.gltf.add("animations", name="sweep", channels=channels, samplers=samplers)

    def _elements(self, entry: Entry, cube: int | None) -> int:
        """The node of some elements: below that of their matrix, where they are part of it only."""
        record: dict[str, Any] = {"mesh": self._mesh(entry)} if cube is None else {"mesh": cube, "extensions": {
            INSTANCING: {"attributes": {name: self.gltf.announce(FLOAT, entry.size, 3)
                                        for name in ("TRANSLATION", "SCALE", "_COLOR_0")}}}}
        extras = {"path": entry.path, "kind": entry.kind}
        if entry.of not in self._parted:
            node = self.gltf.add("nodes", name=entry.name, extras=extras, **record)
            self._below(self.tops[entry.member], node)
            return node
        above = self._parted[entry.of]
        if above is None:
            above = self._parted[entry.of] = self.gltf.add("nodes", name=entry.name, extras=extras, children=[])
            self._below(self.tops[entry.member], above)
        node = self.gltf.add("nodes", name=f"{entry.name} from {entry.start}", **record,
                             **({"scale": [0.0] * 3} if entry.end is not None else {}))
        self._below(above, node)
        return node

    def _below(self, above: int, node: int) -> None:
        self.gltf.content["nodes"][above]["children"].append(node)

    def _cube(self) -> int:
        """The mesh that instances are of, with a normal a face."""
        self.gltf.use(INSTANCING, required=True)
        corners = cubes.CORNERS[cubes.QUADS.ravel()].astype(FLOAT)
        quads = 4 * np.arange(6, dtype=SHORT)[:, None] + np.array([0, 1, 2, 0, 2, 3], SHORT)
        attributes = {"POSITION": self.gltf.put(corners, VERTICES, bounds=True),
                      "NORMAL": self.gltf.put(np.repeat(cubes.NORMALS, 4, 0).astype(FLOAT), VERTICES)}
        return self._triangles("cube", attributes, self.gltf.put(quads.reshape(-1, 1), INDICES), self.material)

    def _mesh(self, entry: Entry) -> int:
        """The cubes of some elements. Without normals, which says that their faces are flat."""
        corners = self.gltf.announce(FLOAT, 8 * entry.size, 3, VERTICES, min=entry.low, max=entry.high)
        attributes = {"POSITION": corners,
                      "COLOR_0": self.gltf.announce(SHORT, 8 * entry.size, 4, VERTICES, normalized=True)}
        return self._triangles(entry.name, attributes, self.gltf.announce(WHOLE, 36 * entry.size, 1, INDICES),
                               self.material)

    def _triangles(self, name: str, attributes: dict[str, int], indices: int, material: int) -> int:
        return self.gltf.add("meshes", name=name, primitives=[
            {"attributes": attributes, "indices": indices, "material": material}])

    def _mark(self, mark: Mark) -> None:
        material = self._material(mark.name, mark.colour, mark.opacity, lit=False, twosided=True)
        mesh = self._triangles(mark.name, {"POSITION": self.gltf.put(mark.corners, VERTICES, bounds=True)},
                               self.gltf.put(mark.triangles.reshape(-1, 1).astype(WHOLE), INDICES), material)
        self.gltf.content["scenes"][0]["nodes"].append(self.gltf.add("nodes", name=mark.name, mesh=mesh))

    def _material(self, name: str, colour: tuple[float, ...], opacity: float, lit: bool, roughness: float = 1.0,
                  twosided: bool = False) -> int:
        more: dict[str, Any] = {}
        if not lit:
            self.gltf.use(UNLIT)
            more["extensions"] = {UNLIT: {}}
        if opacity < 1:
            more["alphaMode"] = "BLEND"
        if twosided:
            more["doubleSided"] = True
        return self.gltf.add("materials", name=name, pbrMetallicRoughness={
            "baseColorFactor": [*colour, opacity], "metallicFactor": 0.0, "roughnessFactor": roughness}, **more)

    def _camera(self, view: views.Stance) -> int:
        if any(view.shift):
            warn("glTF knows no shift of a camera's lens: the file's camera is turned to the middle of the picture, "
                 "whose parallel lines then meet elsewhere")
            view = views.straight(view)
        if view.height is None:
            lens = {"type": "perspective", "perspective": {
                "yfov": view.angle, "aspectRatio": views.ASPECT, "znear": view.near, "zfar": view.far}}
        else:
            lens = {"type": "orthographic", "orthographic": {
                "xmag": view.height * views.ASPECT / 2, "ymag": view.height / 2, "znear": view.near, "zfar": view.far}}
        return self.gltf.add("nodes", name="camera", camera=self.gltf.add("cameras", name="camera", **lens),
                             matrix=view.frame.T.ravel().tolist())

    def _keys(self, moving: Motion, entry: Entry) -> tuple[int, int] | None:
        """The accessors of the times and sizes of what comes or goes."""
        keys = {0.0: float(entry.start == 0)}
        if entry.start:
            keys[float(moving.times[entry.start])] = 1.0
        if entry.end is not None:
            keys[float(moving.times[entry.end])] = 0.0
        if len(keys) == 1:
            return None
        return (self.gltf.put(np.array([*keys], FLOAT)[:, None], bounds=True),
                self.gltf.put(np.repeat(np.array([*keys.values()], FLOAT)[:, None], 3, 1)))
