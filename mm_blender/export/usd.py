"""USD: a group as a stage, every matrix a PointInstancer of a cube or, realized, a mesh.

``.usda`` is text that is written here. ``.usdc`` and ``.usd`` are that, made binary by OpenUSD's own library (the
package usd-core, or what Blender brings). In metres and Blender's axes, z up. A sweep is what is visible from a time
code on, of which there are 24 a second.
"""
from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ..colour.srgb import srgb_to_linear
from ..document.group import Group
from ..errors import RenderError
from ..layout.places import TO_BLENDER, to_blender
from ..options import FPS
from ..system import interrupts, writing
from . import cubes, motion, views
from .clouds import Cloud, Clouds
from .marks import Mark, marks
from .motion import Motion, Phase
from .request import ExportRequest
from .usd_text import one, quoted, UsdText

APERTURE = 24.0      # of the camera, its height: the usual unit is a tenth of the world's
LEAST = {False: 60, True: 300}  # bytes of text that an element has at least, as an instance and as a mesh


def write(group: Group, path: Path, request: ExportRequest) -> None:
    """Write ``group`` as is asked. Raises RenderError where .usdc or .usd is asked for and nothing is there that makes
    it."""
    binary = path.suffix.lower() != ".usda"
    if binary and importlib.util.find_spec("pxr") is None:
        raise RenderError(f"{path.suffix} is made by OpenUSD, which is not installed: pip install usd-core, or name "
                          f"the file {path.stem}.usda, which is text")
    clouds, step = Clouds(group), request.step
    moving = motion.of(clouds) if step is None else None
    phases = moving.phases() if moving else motion.stills(clouds, group.steps if step is None else step)
    least = sum(node.h * node.w for film in clouds.films for node in film.nodes) // 8 * LEAST[request.realized]
    with writing.beside(path, least, blender=False) as new:
        text = new.folder / "stage.usda"
        with new.opened(text) as file:
            _Stage(clouds, UsdText(file, _settings(group, moving)), request).put(phases, moving)
        if binary:
            _convert(new.check(text), new.part)
        else:
            text.replace(new.part)
        new.put()


def _settings(group: Group, moving: Motion | None) -> dict[str, str]:
    span = {} if moving is None else {
        "startTimeCode": "0", "endTimeCode": f"{float(moving.times[-1]) * FPS:.6g}",
        "timeCodesPerSecond": f"{FPS:g}", "framesPerSecond": f"{FPS:g}"}
    return {"defaultPrim": quoted("matmul"), "doc": quoted(group.first.written), "metersPerUnit": "1",
            "upAxis": quoted("Z"), **span}


def _convert(text: Path, path: Path) -> None:
    """Have OpenUSD write the stage ``text`` as its binary form."""
    from pxr import Sdf

    layer = Sdf.Layer.FindOrOpen(str(text))
    if layer is None or not layer.Export(str(path), args={"format": "usdc"}):
        raise RenderError(f"OpenUSD could not write {path.name}; name it .usda, which is text")


class _Stage:
    """The stage of the group whose ``clouds`` they are."""

    def __init__(self, clouds: Clouds, text: UsdText, request: ExportRequest):
        self.group, self.clouds, self.text = clouds.group, clouds, text
        self.realized, self.seen_from = request.realized, request.camera

    def put(self, phases: Iterator[Phase], moving: Motion | None) -> None:
        """Write all of it."""
        with self.text.prim("Xform", "matmul"):
            if view := views.stance(self.group, self.seen_from):
                self._camera(view)
            for mark in marks(self.group):
                self._mark(mark)
            with ExitStack() as stack:
                member = None
                for phase in phases:
                    interrupts.check()
                    if not len(phase.cloud):
                        continue
                    title = self.clouds.title(phase.cloud.member)
                    if title and phase.cloud.member != member:  # one after the other
                        stack.close()
                        member = phase.cloud.member
                        stack.enter_context(self.text.prim("Xform", title))
                    self._elements(phase, moving)

    def _elements(self, phase: Phase, moving: Motion | None) -> None:
        cloud = phase.cloud
        name = cloud.name if phase.still else f"{cloud.name} from {phase.start}"
        with self.text.prim("Mesh" if self.realized else "PointInstancer", name, matrix=cloud.name, path=cloud.path):
            if moving is not None and not phase.still:
                self._visible(phase, moving)
            if self.realized:
                self._mesh(to_blender(cubes.corners(cloud)), cubes.faces(len(cloud), cubes.QUADS))
                self._colours(np.repeat(srgb_to_linear(cloud.srgb), 8, 0), "vertex")
            else:
                self._instances(cloud)

    def _instances(self, cloud: Cloud) -> None:
        self.text.array("int[] protoIndices", np.zeros(len(cloud), np.int32))
        self.text.array("point3f[] positions", to_blender(cloud.position))
        self.text.array("float3[] scales", np.repeat(cloud.edge[:, None], 3, 1))
        self._colours(srgb_to_linear(cloud.srgb), "varying")
        for kind, name, x in (("float", "value", cloud.value), ("int", "row", cloud.row), ("int", "col", cloud.col)):
            self.text.array(f"{kind}[] primvars:{name}", x, interpolation="varying")
        self.text.say("rel prototypes", "<element>")
        with self.text.prim("Cube", "element"):
            self.text.say("double size", "1")
            self.text.say("float3[] extent", "[(-0.5, -0.5, -0.5), (0.5, 0.5, 0.5)]")

    def _visible(self, phase: Phase, moving: Motion) -> None:
        """Whether it is seen, from which time code on; without a time, as at the end."""
        states = {0.0: phase.start == 0, float(moving.times[phase.start]) * FPS: True}
        if phase.end is not None:
            states[float(moving.times[phase.end]) * FPS] = False
        words = {True: quoted("inherited"), False: quoted("invisible")}
        self.text.say("token visibility", words[phase.end is None])
        self.text.say("token visibility.timeSamples",
                      "{" + ", ".join(f"{at:.6g}: {words[seen]}" for at, seen in states.items()) + "}")

    def _mark(self, mark: Mark) -> None:
        with self.text.prim("Mesh", mark.name):
            self._mesh(to_blender(mark.corners), mark.triangles)
            self._colours(np.array([mark.colour]), "constant")
            self.text.say("float[] primvars:displayOpacity", f"[{mark.opacity:.4g}]", interpolation="constant")
            self.text.say("uniform bool doubleSided", "1")

    def _mesh(self, corners: np.ndarray, faces: np.ndarray) -> None:
        self.text.array("point3f[] points", corners)
        self.text.array("int[] faceVertexCounts", np.full(len(faces), faces.shape[1]))
        self.text.array("int[] faceVertexIndices", faces.ravel())
        self.text.array("float3[] extent", np.array([corners.min(0), corners.max(0)]))
        self.text.say("uniform token subdivisionScheme", quoted("none"))

    def _colours(self, linear: np.ndarray, interpolation: str) -> None:
        self.text.array("color3f[] primvars:displayColor", np.round(linear, 5), interpolation=interpolation)

    def _camera(self, view: views.Stance) -> None:
        with self.text.prim("Camera", "camera"):
            self.text.say("matrix4d xformOp:transform", one((TO_BLENDER @ view.frame).T))
            self.text.say("uniform token[] xformOpOrder", f"[{quoted('xformOp:transform')}]")
            height = APERTURE if view.height is None else 10 * view.height
            self.text.say("float verticalAperture", f"{height:.7g}")
            self.text.say("float horizontalAperture", f"{height * views.ASPECT:.7g}")
            focal = APERTURE / 2 / np.tan(view.angle / 2)
            self.text.say("float focalLength", f"{focal:.7g}")
            for way, shift in zip(("horizontal", "vertical"), view.shift):
                if shift:
                    self.text.say(f"float {way}ApertureOffset", f"{shift * focal:.7g}")
            self.text.say("float2 clippingRange", f"({view.near:.6g}, {view.far:.6g})")
            self.text.say("token projection", quoted("perspective" if view.height is None else "orthographic"))
