"""The public API: ``visualize`` and what it returns."""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast, TYPE_CHECKING

from .document import describe, loading, make, sharing
from .document.asked import asked
from .document.document import Document
from .document.group import Group
from .explaining import on_what_is_built
from .expression import edits, sources
from .expression.tree import elements, nodes
from .facts import Facts
from .films import Films
from .options import Options
from .plain import mapping
from .system.interrupts import deferring
from .values import given
from .verbs import Verbs

if TYPE_CHECKING:
    import bpy

    from .scene.held import Handle


def visualize(source: str | os.PathLike | Mapping, data: Mapping[str, Any] | None = None,
              assets: str | os.PathLike | None = None, *, seed: int = 0, animate: bool = True,
              frames_per_step: float = 4, duration: float | None = None, smooth: bool = True,
              representation: str = "auto", look: str = "dark", settings: Mapping[str, Any] | None = None,
              online: bool = False, projection: str = "auto", transparent: bool = False, keys: bool = False,
              reduce: str = "absmax", cells: int | None = None, strict: bool = False, name: str | None = None,
              lettering: str = "beside", numbers: bool | str = False, sums: bool | str = False,
              arcs: int | None = None, fps: float | None = None,
              show: str | None = None, pace: float | Sequence[float] | str | None = None) -> Visualization:
    """A matmul expression, ready to be built in Blender.

    source: an expression (``"softmax(tril(Q @ K.T / sqrt(k))) @ V"``), a share link of the reference tool, the name
        of a preset, a path to a JSON file of parameters, or such a dict.
    data: values of leaf matrices by name or by path (``"root.left"``): arrays, tensors of any library, or addresses
        of them in files (``FILE:tensor.name[slice].T``, see ``addresses`` and ``tensors``), each (h, w): real numbers
        within float32's range, none missing (``arrays`` says what is refused), which are copied, or CSV files of any
        separator (``tables``). Their shapes replace those of the source. Also the matrices that epilogs add or multiply
        with (the ``b`` of ``x @ W + b``) by name: (h, w), or a row or column (a vector is a row) that is repeated; one
        that is not given is the leaf or result of that name, or a random row. Where there are data for some matrices
        and none for others, it is said (MMWarning) which are made up.
    assets: a folder searched by file name before any path or URL that the source names is opened.
    seed: of the random initialisers; leaves of one name get the same values.
    animate: whether the parameters' sweep (``anim.alg``) and spin are keyframed.
    frames_per_step: length of a step of the sweep in frames; or ``duration``: of the whole sweep in seconds.
    pace: instead of ``frames_per_step``, how long each step takes: frames of a film of 24 a second, at any rate; a list
        of such, one a step, the last for the rest; or ``"slow, then faster"``, ``"fast, then slower"``, ``"slow"``,
        ``"steady"``, ``"fast"``, ``"at once"``. A slow step rests and then glides on. With ``duration`` all of it takes
        so long. The beats of a story say their own.
    fps: frames a second of movies and of the saved file, 24, 25, 30, 60 or any from 1 to 240; None: the scene's, 24 in
        a new one. With ``duration`` a sweep takes as long at any; with ``frames_per_step`` it goes the faster.
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
        element of largest magnitude), ``mean``, ``rms``; or ``none``, never to reduce. See ``reduction`` and
        docs/scale.md.
    cells: how many cells to show at most, of all matrices together; None: what suits the representation.
    strict: where there are data for some matrices and none for others, raise DataError.
    name: what building replaces the former of, and what the collection is called; see ``Visualization.build``.
    lettering: names and shapes ``beside`` the data, upright, of one size and off each other, as in a figure; in the
        ``planes`` of the matrices, as the reference has them; or ``none``.
    numbers: show the value of every element on its cube, upright, with as many decimals as its picture has room for;
        those of a matrix that would be too small to be read, or has more than 4,096 elements, are left out, which is
        said. In a sweep they appear as elements are made, and tell what is summed up so far. Or how they are written,
        as a text: ``"3 significant"`` (figures), ``"2 decimals"``, ``"signed"`` (+ too), ``"of A B"`` (on these alone,
        by name or path), or several of these between commas.
    sums: write beside the element that a sweep is making its dot product, with its terms, as far as it has come:
        ``2·3 + 1·4 = 10``, or ``≈`` where rounded terms do not add up to what is printed; of many terms the first and
        the last. The last matmul's, or that of the matmul of this name or path. A step that makes several elements
        tells of the first one.
    arcs: the number of a row, from 0, of the matrix that tokens label along both sides (attention): below the picture
        stand the tokens, with arcs from that row's to all others, as thick as their weights.
    show: ``"4…4"`` or ``"4...4"``: of longer rows and columns only the first and the last four are shown, with dots
        between them; what is shown is true of the whole. Nothing sweeps then, which is said.

    An expression has a gap between its faces that follows the sizes of its matrices, unless ``layout.gap`` is set (see
    ``gaps``); links, presets and parameters keep theirs.

    Raises an MMError (ExpressionError, LinkError, ParameterError, ShapeError, DataError, SizeError).
    """
    options = Options(cast("str | None", assets), seed, animate, frames_per_step, duration, smooth, representation,
                      look, online, projection, transparent, keys, reduce, cells, strict, name, lettering, numbers,
                      sums, arcs=arcs, fps=fps, show=show, pace=cast("Any", pace))
    params, loose, origin = sources.read_named(source, given.names(data))
    made = edits.make(params, mapping(settings, "settings", edits.SUCH))
    data = given.as_dict(data)
    document = make.make(params, data, options, made=made, loose=loose, origin=origin)
    document.cache.results.check()
    make.say_made_up(document, data, made)
    return Visualization(document)


class Visualization(Facts, Verbs, Films):
    """What ``visualize`` returns: a document, and what is built of it. ``params``, ``tree`` and ``link`` cost little;
    ``values`` computes the products."""

    def __init__(self, document: Document, handle: Handle | None = None):
        self._document, self._handle = document, handle

    @property
    def document(self) -> Document:
        """What it is now, as the stages made it. Nothing of a document changes; ``change`` has another one."""
        return self._document

    @property
    def group(self) -> Group:
        """What is pictured: this alone."""
        return Group.alone(self._document)

    # ---- what is built

    @property
    def handles(self) -> list[Handle]:
        """What is found of it: one, or none before it is built."""
        return [self._handle] if self._handle else []

    @property
    def is_built(self) -> bool:
        """Whether its objects are in the open file."""
        return self._handle is not None and self._handle.find() is not None

    def follow(self, strictly: bool = True) -> None:
        """Become what is built, where that has changed since it was last looked at: by undo and redo, in the sidebar,
        or through another Visualization. Raises a ParameterError where what the file says of it cannot be read and,
        ``strictly``, a GoneError where it is there no longer."""
        if self._handle is not None and (strictly or self.is_built):
            from .scene import held

            self._document, self._handle = held.followed(self._document, self._handle)

    @deferring
    def remove(self) -> None:
        """Delete what was built, if it is there, and give back what it took of the scene. What a person made stays, in
        its collection too. Needs bpy. Raises a LinkedError for what is linked in a way that cannot be undone here, and
        a BusyError for what a person is editing."""
        if self._handle is not None and (collection := self._handle.find()) is not None:
            from .scene import build

            build.remove(collection)
        self._handle = None

    def _take(self, documents: Sequence[Document]) -> None:
        self._document, = documents

    def _hold(self, collections: Sequence[bpy.types.Collection]) -> None:
        from .scene import held

        collection, = collections
        self._handle = held.Handle.to(collection)

    def _apart(self) -> Visualization:
        return Visualization(self._document)

    # ---- changes

    def edited(self, settings: Mapping[str, Any] | None = None, *, expression: str | None = None,
               data: Mapping[str, Any] | None = None, **options: Any) -> Visualization:
        """Another visualization, with some things changed: ``settings``, ``data`` and options as for ``visualize``.

        expression: a new one; whatever keeps its name in it keeps its settings and data.
        Values that do not depend on what has changed are not computed again. Raises an MMError.
        """
        self.follow(strictly=False)
        return Visualization(make.edited(self._document, settings, expression=expression, data=data, options=options))

    @deferring
    @on_what_is_built
    def change(self, settings: Mapping[str, Any] | None = None, **more: Any) -> Visualization:
        """Change settings, options, data or the expression of this visualization, as ``edited`` does; what is built
        in Blender follows, and only what has to. Raises an MMError, and then nothing has changed; a GoneError where
        what was built is in the open file no longer, which ``build`` makes again."""
        self.follow()
        return self.become(self.edited(settings, **more))

    @deferring
    @asked
    @on_what_is_built
    def load_data(self, assets: str | os.PathLike | None = None, *, online: bool = False) -> Visualization:
        """Read what the parameters name once more: the files, and if ``online`` the URLs. Of a .blend that was opened
        nothing is read without this: it shows what was saved with it, and its addresses are a file's, not a person's.

        assets: a folder searched by file name first; then an address counts from the folder of the file that names it.
        What is built follows. Raises an MMError, and then nothing has changed."""
        self.follow()
        return self.become(Visualization(loading.loaded(self._document, assets, online)))

    def become(self, made: Visualization) -> Visualization:
        """Be what was ``made`` of it. What is built follows; raises an MMError, and then nothing has changed."""
        if self._handle is not None:
            from .scene import build

            collection = self._handle.collection
            build.update(self._document, made.document, collection)
            self._hold([collection])
        self._document = made.document
        return self

    @deferring
    @on_what_is_built
    def labelled(self, labels: Mapping[str, Mapping[str, Sequence[str]]]) -> Visualization:
        """This visualization with ``labels``, by name or path, added: ``{"attn": {"rows": tokens, "cols": tokens}}``.
        Each has as many as the matrix has rows or columns, and who has them along both shows them. What is built
        follows. Raises an MMError, and then nothing has changed."""
        self.follow()
        return self.become(Visualization(make.labelled(self._document, labels)))

    def retold(self, story: str | None) -> Visualization:
        """This visualization with a story as ``story.reading`` writes it, None: without one. What is built follows."""
        return self.become(self.edited(story=story))

    # ---- in words

    def link(self, compress: bool | None = None) -> str:
        """A share link that the reference opens; compressed when it would be long, or as ``compress`` says.

        Warns (MMWarning) about what only mm_blender understands in it, and that data given as arrays is not in it.
        """
        self.follow(strictly=False)
        return sharing.link(self._document, compress)

    def info(self) -> str:
        """The expression and its tree in words: names, shapes, ranges, where values come from, number of elements,
        steps. It shows itself as it prints where it is the last line of a cell."""
        self.follow(strictly=False)
        return describe.describe(self._document)

    def __repr__(self) -> str:
        matrices = nodes(self.true)
        return (f"<Visualization {self.written}: {len(matrices)} matrices, {elements(self.true):,} elements, "
                f"look {self.options.look}>")
