"""The public API: ``visualize`` and what it returns."""
from __future__ import annotations

import copy
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from . import (colormaps, edits, framing, given, large, links, named, places, reduce, retype, scaling, shapes,
               source as sources, texts, tree as trees, values, viewing)
from .appearance import Course, Scale, Span
from .changes import Colours, colours_of
from .errors import MMWarning, ParameterError
from .options import Options
from .params import complete, expression_of, find, walk
from .results import Results
from .schedule import Schedule, schedule
from .tally import Reading

LABELS = (("rows", "mm_rows"), ("cols", "mm_cols"))


def visualize(source: str | os.PathLike | Mapping, data: Mapping[str, Any] | None = None,
              assets: str | os.PathLike | None = None, *, seed: int = 0, animate: bool = True,
              frames_per_step: float = 4, duration: float | None = None, smooth: bool = True,
              representation: str = "auto", look: str = "dark", settings: Mapping[str, Any] | None = None,
              online: bool = False, projection: str = "auto", transparent: bool = False, keys: bool = False,
              reduce: str = "absmax", cells: int | None = None) -> "Visualization":
    """A matmul expression, ready to be built in Blender.

    source: an expression (``"softmax(tril(Q @ K.T / sqrt(k))) @ V"``), a share link of the reference tool, the name
        of a preset, a path to a JSON file of parameters, or such a dict.
    data: values of leaf matrices by name or by path (``"root.left"``): arrays, tensors of any library, or addresses
        of them in files (``FILE:tensor.name[slice].T``, see ``addresses`` and ``tensors``), each (h, w).
        Their shapes replace those of the source. Also the matrices that epilogs add or multiply with
        (the ``b`` of ``x @ W + b``) by name: (h, w), or a row or column (a vector is a row) that is repeated; one that
        is not given is the leaf or result of that name, or a random row.
    assets: a folder searched by file name before any path or URL that the source names is opened.
    seed: of the random initialisers; leaves of one name get the same values.
    animate: whether the parameters' sweep (``anim.alg``) and spin are keyframed.
    frames_per_step: length of a step of the sweep in frames; or ``duration``: of the whole sweep in seconds.
    smooth: planes glide, elements grow in and values ease between steps; else steps are discrete.
    representation: ``instances``, every element an instance of a cube; ``faces``, these cubes as one mesh a matrix;
        ``tiles``, a quad a matrix whose shader draws the cubes; or ``auto``: where there are very many elements tiles
        if each is but a few pixels, else faces. See docs/scale.md.
    look: ``dark``, ``paper`` (white) or ``studio`` (grey), all lit; ``blueprint`` (drawn edges); ``flat`` or ``unlit``
        (the exact colours).
    settings: parameters to change, such as ``{"anim.alg": "vmprod", "block.i blocks": 4, "Q.init": "gaussian"}``.
    online: whether a URL that is not among the assets may be fetched.
    projection: ``perspective``, ``orthographic``, ``isometric``, ``cabinet`` (see ``framing.Camera``), or ``auto``:
        orthographic for the look ``flat``, else perspective.
    transparent: leave the ground out of pictures.
    keys: show what the colours and the sizes mean, beside the whole.
    reduce: what a cell shows of a tile of elements where there are more elements than ``cells``: ``absmax`` (the
        element of largest magnitude), ``mean``, ``rms``; or ``none``, never to reduce. See ``reduce`` and
        docs/scale.md.
    cells: how many cells to show at most, of all matrices together; None: what suits the representation.

    Raises an MMError (ExpressionError, LinkError, ParameterError, ShapeError, DataError, SizeError).
    """
    options = Options(assets, seed, animate, frames_per_step, duration, smooth, representation, look, online,
                      projection, transparent, keys, reduce, cells)
    params, loose = sources.read(source)
    return Visualization(params, data or {}, options, settings or {}, loose)


def visualizations() -> list["Visualization"]:
    """The visualizations that are built in Blender's current scene, as after opening a file. Needs bpy."""
    import bpy

    from .objects import store

    return [store.load(collection) for collection in store.visualizations(bpy.context.scene)]


class Visualization:
    """What ``visualize`` returns. ``params``, ``tree`` and ``link`` cost little; ``values`` computes the products.

    ``data``: the given values of leaves by path, float32 (h, w). ``options``: see ``visualize``.
    """

    def __init__(self, params: dict, data: Mapping[str, Any], options: Options,
                 settings: Mapping[str, Any] | None = None, loose: bool = False,
                 wished: Mapping[tuple[str, str], int] | None = None):
        settings = settings or {}
        self.options = options
        params = edits.apply(params, settings) if settings else params
        self.data = given.match(params, data)
        leaves = {path for path, _, matmul in walk(params) if not matmul}
        sizes = {(path, side): size for path, x in self.data.items() if path in leaves
                 for side, size in zip("hw", x.shape)}
        for path, setting in [where for key in settings for where in edits.address(params, key)]:
            if setting in ("h", "w"):
                sizes.setdefault((path, setting), find(params, path)[setting])
        self._legends: tuple | None = None  # those laid out last, behind what they were laid out for
        self._params = shapes.fit(params, sizes, loose, wished)
        whole, cmap = options.reduce == "none", colormaps.default(options.look)
        self.true = trees.resolve(self._params, limited=whole, cmap=cmap)  # the matrices as they are …
        self.plan = reduce.plan(self.true, options)
        rough = large.approximate(self.true, self.plan, self.data) if self.plan.reduces else ()
        self.tree = reduce.shown(self.true, self.plan, rough)   # … and as they are shown
        self.schedule = schedule(self.tree) if options.animate else Schedule(1, {})
        self.placement = places.place(self.tree)
        self.auto_framed = not self._params.get("cam")
        if self.auto_framed:
            self._params["cam"] = framing.to_params(self.framed())
        self._results = Results(self.true, self.tree, self.plan, self.data, options)
        self.spans: dict[str, Span] = {}  # of values, by path, as far as they were asked for
        self.collection = None    # Blender's, once built

    def edited(self, settings: Mapping[str, Any] | None = None, *, expression: str | None = None,
               data: Mapping[str, Any] | None = None, **options: Any) -> "Visualization":
        """Another visualization, with some things changed: ``settings``, ``data`` and options as for ``visualize``.

        expression: a new one; whatever keeps its name in it keeps its settings and data.
        Values that do not depend on what has changed are not computed again. Raises an MMError.
        """
        params, held, wished = self.own_params(), dict(self.data), None
        if expression is not None:
            params, moved = retype.retype(params, expression)
            held = {path: self.data[old] for path, old in moved.items() if old in self.data}
            held |= {name: self.data[name] for name in named.names(params) if name in self.data}
            wished = {(path, side): find(params, path)[side] for path in moved for side in "hw"}
        unknown = sorted(set(options) - set(Options.names()))
        if unknown:
            raise ParameterError(f"there is no option {unknown[0]!r}; known are {', '.join(Options.names())}")
        leaves = {path for path, _, matmul in walk(params) if not matmul}
        names = named.names(edits.apply(params, settings) if settings else params)
        held = {key: x for key, x in held.items() if key in leaves or key in names}
        made = Visualization(params, {**held, **(data or {})}, replace(self.options, **options), settings,
                             expression is not None, wished)
        made._results.take_over(self._results.known)
        return made

    def change(self, settings: Mapping[str, Any] | None = None, **more: Any) -> "Visualization":
        """Change settings, options, data or the expression of this visualization, as ``edited`` does; what is built
        in Blender follows, and only what has to. Raises an MMError, and then nothing has changed."""
        made = self.edited(settings, **more)
        if self.collection is not None:
            from .objects import build

            build.update(self, made, self.collection)
        self.__dict__ = made.__dict__
        return self

    def own_params(self) -> dict:
        """A copy of the parameters, without the camera if that was framed."""
        params = copy.deepcopy(self._params)
        if self.auto_framed:
            del params["cam"]
        return params

    def assume(self, known: Mapping[str, np.ndarray | Reading]) -> None:
        """Take the values of some leaves, or what is shown of all matrices where they are reduced, by path, as known
        already."""
        self._results.assume(known)

    def framed(self, aspect: float = 1.0, insets: Sequence[float] = framing.WHOLE,
               legends: bool = True) -> framing.Camera:
        """A camera that holds all matrices, with their legends unless those are not asked for, in a picture of
        ``aspect`` = width / height. insets: shares of it that stay free: left, right, bottom, top."""
        return viewing.framed(self, aspect, insets, legends)

    def key_corners(self, camera: framing.Camera) -> np.ndarray:
        """The corners (4, 3) of what is kept for the keys beside the whole, or none (0, 3). Knows no values, and so not
        how many keys there will be: as many as may have colours of their own."""
        return viewing.key_corners(self, camera)

    # ---- what the stages made

    @property
    def params(self) -> dict:
        """The complete parameters in the reference's schema. A copy: change settings through ``visualize``."""
        return complete(self._params)

    def setting(self, path: str, group: str, key: str) -> Any:
        """One setting of the node at ``path`` as it is in the parameters, its parent's (or None) where it has none.
        ``group``: ``viz``, ``block`` … or empty for the node's own."""
        node = find(self._params, path)
        value = (node.get(group) or {}).get(key) if group else node.get(key)
        if value is None and group and path != "root":
            return self.setting(path.rpartition(".")[0], group, key)
        return value

    @property
    def expression(self) -> str:
        """The reference's form, without epilogs; ``written`` has them."""
        return expression_of(self._params)

    @property
    def written(self) -> str:
        return retype.written(self._params)

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Values of every matrix by path, float32 (h, w), or its cells where it is shown reduced; computed when first
        asked for."""
        return self._results.values

    @property
    def ranges(self) -> dict[str, values.Range]:
        """By path, the magnitudes of the finite values."""
        return self._results.ranges

    @property
    def readings(self) -> dict[str, Reading]:
        """What was seen of matrices that are shown reduced, by path; empty until ``values`` was asked for."""
        return self._results.readings

    def element(self, path: str, row: int, col: int) -> tuple[int, int, float] | None:
        """Of a cell of a matrix that is shown reduced, the element of largest magnitude: its row, column and value as
        computed without a sweep. None where that cannot be told without much work, or its data are not at hand."""
        return self._results.element(path, row, col)

    def scales(self) -> dict[str, Scale]:
        """By path, the magnitudes that each matrix draws smallest and largest."""
        return scaling.scales(self)

    def span(self, path: str) -> Span:
        """The values that the colours of a matrix are for: its own, or all if its sensitivity is global."""
        return scaling.span(self, path)

    def courses(self) -> dict[str, Course]:
        """By path, how each matrix' colours run through its map."""
        return scaling.courses(self)

    def colours(self) -> dict[str, Colours]:
        """By path, the settings of the material of each matrix."""
        courses = self.courses()
        return {node.path: colours_of(node.viz, courses[node.path]) for node in trees.nodes(self.tree)}

    @property
    def has_camera(self) -> bool:
        """Whether the parameters have one: only while it is framed they have none."""
        return bool(self._params.get("cam"))

    @property
    def camera(self) -> framing.Camera:
        return framing.from_params(self._params["cam"], self.options.camera_kind)

    def step_frames(self, fps: float) -> float:
        """Length of a step of the sweep in frames, at ``fps`` frames a second."""
        options = self.options
        return options.frames_per_step if options.duration is None else options.duration * fps / self.schedule.steps

    def scale_inside(self, node: trees.MatMul, largest: float) -> Scale:
        """The scale of a matmul's interior, whose largest magnitude is ``largest``."""
        return scaling.inside(self, node, largest)

    def legends(self, camera: framing.Camera | None = None, style: str = "beside") -> list[texts.Text]:
        camera = camera or self.camera
        seen = camera.position.tobytes(), camera.target.tobytes(), camera.fov, camera.kind, style
        if self._legends is None or self._legends[0] != seen:  # framing asks for them, and building for the same again
            self._legends = seen, viewing.lettered(self, camera, style)
        return self._legends[1]

    @property
    def labels(self) -> dict[str, dict[str, list[str]]]:
        """By path, what the ``rows`` and the ``cols`` of a matrix stand for (the tokens of an attention head)."""
        return {path: {side: node[key].split("\n") for side, key in LABELS if node.get(key)}
                for path, node, _ in walk(self._params) if any(node.get(key) for _, key in LABELS)}

    def labelled(self, labels: Mapping[str, Mapping[str, Sequence[str]]]) -> "Visualization":
        """This visualization with ``labels``, by path, added; each has as many as the matrix has rows or columns."""
        sizes = {node.path: {"rows": node.h, "cols": node.w} for node in trees.nodes(self.true)}
        for path, sides in labels.items():
            for side, lines in sides.items():
                if sizes.get(path, {}).get(side) != len(lines):
                    raise ParameterError(f"there are {len(lines)} labels for the {side} of {path}, which has "
                                         f"{sizes.get(path, {}).get(side, 'none')}")
                find(self._params, path)[dict(LABELS)[side]] = "\n".join(line.replace("\n", " ") for line in lines)
        self._legends = None
        if self.auto_framed:
            del self._params["cam"]  # which makes room for them
            self._params["cam"] = framing.to_params(self.framed())
        return self

    def link(self, compress: bool | None = None) -> str:
        """A share link that the reference opens; compressed when it would be long, or as ``compress`` says.

        Warns (MMWarning) about what only mm_blender understands in it, and that data given as arrays is not in it.
        """
        extra = sorted({node["name"] for _, node, _ in walk(self._params)
                        if any(node.get(key) for key in ("mm_epilog", "mm_transpose", "mm_scale"))})
        if extra:
            warnings.warn(f"the reference tool ignores the composed epilogs and transposes of {', '.join(extra)}; "
                          "they are in the link for mm_blender", MMWarning, stacklevel=2)
        if self.data:
            names = sorted({node["name"] for path, node, _ in walk(self._params) if path in self.data}
                           | {*named.names(self._params)} & {*self.data})
            warnings.warn(f"a link holds no data: that of {', '.join(names)} is not in it", MMWarning, stacklevel=2)
        return links.encode(self.params, compress)

    def info(self) -> str:
        """The tree in words: names, shapes, ranges, number of elements, steps."""
        from . import describe

        return describe.describe(self)

    # ---- Blender

    def build(self) -> "Visualization":
        """Make the objects in Blender's current scene; what else is there stays. Needs bpy."""
        from .objects import build

        self.collection = build.build(self)
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Save Blender's file, complete without this package, to ``path`` (.blend); build first if need be."""
        from . import picture

        picture.save(self, path)

    def figure(self, path: str | os.PathLike, size_in: Sequence[float] = (6.75, 4.5), dpi: float = 300,
               font_pt: float = 8, **more: Any) -> Path:
        """Write a figure for a page: ``size_in``, its width and height in inches, ``dpi`` pixels an inch, letters of
        ``font_pt`` points, names and shapes beside the data, turned to the reader.

        By the ending of ``path``: ``.png``, ``.tif``, ``.jpg``, ``.webp``; ``.exr`` (32 bits, with layers for depth and
        cryptomatte); ``.pdf`` and ``.svg``, in which the elements are a picture and all that is written is text.

        title, caption: above and below; mathematics between dollar signs, ``"the head $W_Q$"``.
        keys: colour bars, with what the colours and sizes stand for. font: a .ttf or .otf file.
        look, projection, transparent: other than the visualization's. bits: 8 or 16 a channel (PNG, TIFF).
        quality: ``final`` or ``draft``; samples: a pixel's, instead. engine: ``cycles`` or ``eevee``.

        What is built shows its current frame, and is afterwards as it was; otherwise the sweep's end is shown. Raises
        an MMError (ParameterError, RenderError, DataError), and warns (MMWarning) about what had no room.
        """
        from . import figure

        return figure.figure(self, path, size_in, dpi, font_pt, **more)

    def render(self, path: str | os.PathLike, size: tuple[int, int] = (1600, 1000), samples: int | None = None,
               engine: str = "cycles", progress: bool = True, frames: tuple[int, int] | None = None,
               quality: str = "final") -> None:
        """Render to ``path``, ``size`` in pixels; build first if that was not done.

        ``.png``: a still of the current frame. ``.mp4``, ``.gif`` or a folder: a movie of the sweep, frame by frame
        and resumable (see ``movie.render_movie``), of all ``frames`` or those from a first to a last.
        quality: ``draft`` or ``final``: how many samples a pixel may have and how little noise is left; samples: the
        most that a pixel gets, where that of the quality does not suit. Raises RenderError.
        """
        from . import outputs

        if outputs.kind(path) == ".png":
            from . import picture

            picture.render(self, path, size, samples, engine, progress, quality)
        else:
            from . import movie

            movie.render_movie(self, path, size, samples, engine, progress, frames, quality)
