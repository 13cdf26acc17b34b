"""Making documents: from parameters and data, and from another document with some things changed."""
from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import digits
from ..colour import colormaps
from ..data import lazy
from ..data.origins import Origin, PERSON
from ..errors import ParameterError, warn
from ..expression import edits, gaps, named, retype, shapes
from ..expression.idle_settings import idle_words
from ..expression.parameters import copied, find, walk
from ..expression.schema import LABELS
from ..expression.tree import marked, nodes, resolve
from ..layout import framing, places, reduction
from ..layout.schedule import Schedule, schedule
from ..lettering.labels import checked_labels
from ..options import Options
from ..plain import mapping, said, text
from ..values import cost, given
from ..values.approximation import approximate
from ..values.cache import Results
from . import plain_framing, running_sums
from .document import Cache, Document
from .group import Group

Sizes = Mapping[tuple[str, str], int]  # of leaves, by path and side (``h`` or ``w``)


def make(params: dict[str, Any], data: Mapping[str, Any], options: Options, *,
         made: edits.Made = edits.Made(),  # noqa: B008  frozen
         preferred: Sizes | None = None, loose: bool = False, origin: Origin = PERSON) -> Document:
    """The document of ``params``, which are complete and nobody else's; nothing of its values is computed.

    data: by name or path, see ``visualize``. made: the settings that were just made in the parameters. preferred: sizes
    that leaves keep where nothing else is said; loose: whether those in the parameters are but defaults. origin: who
    names the addresses. Raises an MMError.
    """
    if idle := edits.without_effect(params, made):
        warn(idle_words(idle))
    origin = origin.owning(str(made.settings[key]) for key, where in made.where.items()
                           if any(name == "url" for _, name in where))
    matched = given.match(params, data, options.online)
    params = shapes.fit(params, _sizes(params, matched, made), loose, preferred)
    gaps.settle(params)
    return _laid_out(params, matched, options, origin)


def _sizes(params: dict, data: Mapping[str, lazy.Matrix], made: edits.Made) -> dict[tuple[str, str], int]:
    """The sizes that data have, and that were just set."""
    leaves = {path for path, _, matmul in walk(params) if not matmul}
    sizes = {(path, side): size for path, x in data.items() if path in leaves
             for side, size in zip("hw", x.shape, strict=True)}
    for path, setting in itertools.chain.from_iterable(made.where.values()):
        if setting in ("h", "w"):
            sizes.setdefault((path, setting), find(params, path)[setting])
    return sizes


def _laid_out(params: dict, data: Mapping[str, lazy.Matrix], options: Options, origin: Origin) -> Document:
    """All stages up to the camera, of ``params`` that fit each other and ``data``."""
    whole, cmap = options.reduce == "none", colormaps.default(options.look)
    made_up = given.made_up(params, data)
    true = marked(resolve(params, limited=whole, cmap=cmap), made_up)
    known = {each for node in nodes(true) for each in (node.name, node.path)}
    if strange := digits.read(options.numbers).unknown(known):
        raise ParameterError(f"numbers are asked for of {said(strange)}, and there is no matrix of that name or path")
    plan = reduction.plan(true, options)
    rough = approximate(true, plan, data) if plan.factors else ()
    tree = reduction.shown(true, plan, rough)
    if plan.elides and gaps.is_automatic(params):  # it suits what is shown
        tree = reduction.apart(tree, gaps.suiting([math.sqrt(node.h * node.w) for node in nodes(tree)]))
    steps = schedule(tree) if options.animate else Schedule(1, {})
    cost.check_length(tree, steps.steps, options)
    placement = places.place(tree)
    own = params.get("cam") or {}
    camera = framing.from_params(own, options.camera_kind) if own else \
        framing.Camera(placement.low, placement.high, kind=options.camera_kind)  # until it is framed
    document = Document({key: value for key, value in params.items() if own or key != "cam"}, options, data, origin,
                        made_up, true, plan, tree, steps, placement, camera, not own,
                        Cache(Results(true, tree, plan, data, options, origin)))
    running_sums.asked_for(document)
    return _framed(document)


def _framed(document: Document) -> Document:
    """``document`` seen as a whole, unless its parameters have a camera."""
    if not document.auto_framed:
        return document
    camera = framing.to_params(plain_framing.rough(document))
    return replace(document, camera=framing.from_params(camera, document.options.camera_kind))


def edited(document: Document, settings: Mapping[str, Any] | None = None, *, expression: str | None = None,
           data: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None,
           anew: bool = False) -> Document:
    """Another document, with some things changed: see ``Visualization.edited``. Values that do not depend on what has
    changed are not computed again, unless all are read ``anew``. The parameters are copied once, and each of their
    nodes is checked once. Raises an MMError."""
    settings, data, options = mapping(settings, "settings", edits.SUCH), given.as_dict(data), options or {}
    held, preferred = dict(document.data), None
    if expression is None:
        params = copied(document.params)
    else:
        params, moved = retype.retype(document.seen_params, text(expression, "expression"), given.names(data))
        held = {path: document.data[old] for path, old in moved.items() if old in document.data}
        held |= {name: document.data[name] for name in named.names(params) if name in document.data}
        preferred = {(path, side): find(params, path)[side] for path in moved for side in "hw"}
    unknown = sorted(set(options) - set(Options.names()))
    if unknown:
        raise ParameterError(f"there is no option {unknown[0]!r}; known are {', '.join(Options.names())}")
    made = edits.make(params, settings, new=expression is not None)
    kept = {path for path, _, matmul in walk(params) if not matmul} | set(named.names(params))
    held = {key: x for key, x in held.items() if key in kept}
    out = make(params, {**held, **data}, replace(document.options, **options), made=made, preferred=preferred,
               loose=expression is not None, origin=document.origin)
    if data or expression is not None or "strict" in options:
        say_made_up(out, data, made)
    if not anew:
        out.cache.results.take_over(document.cache.results)
    out.cache.places = document.cache.places
    out.cache.results.check()
    return out


def edited_group(group: Group, options: Mapping[str, Any]) -> Group:
    """``group`` with other ``options``, but for such as are None; where none differ it is the very same."""
    wanted = {name: value for name, value in options.items() if value is not None}
    if all(getattr(document.options, name) == value for document in group.documents for name, value in wanted.items()):
        return group
    return rearranged(group, [edited(document, options=wanted) for document in group.documents])


def untold(group: Group) -> Group:
    """``group`` without stories: a figure is no frame of a film."""
    if all(document.options.story is None for document in group.documents):
        return group
    return rearranged(group, [edited(document, options={"story": None}) for document in group.documents])


def rearranged(group: Group, documents: Sequence[Document]) -> Group:
    """Other ``documents`` as those of ``group`` stand: alone, or side by side in as many columns."""
    if group.arrangement is None:
        return Group.alone(documents[0])
    return Group.side_by_side(documents, group.columns, group.arrangement.titles)


def say_made_up(document: Document, data: Mapping[str, Any], made: edits.Made) -> None:
    """See ``given.say_made_up``. ``data``: what was just given; ``made``: the settings that were just made."""
    chosen = {path for where in made.where.values() for path, setting in where if setting == "init"}
    given.say_made_up(document.params, document.data.keys(), data, chosen, document.options.strict)


def labelled(document: Document, labels: Mapping[str, Mapping[str, Sequence[str]]]) -> Document:
    """Another document, with ``labels``, by path, added; each has as many as the matrix has rows or columns. Its values
    are the same. Raises ParameterError."""
    params = copied(document.params)
    for path, side, lines in checked_labels(labels, nodes(document.true)):
        find(params, path)[dict(LABELS)[side]] = "\n".join(lines)
    return _framed(replace(document, params=params, cache=Cache(document.cache.results, document.cache.places)))


def named_as(document: Document, name: str | None) -> Document:
    """The same document under another name, if one is told. Raises ParameterError."""
    return document if name is None else replace(document, options=replace(document.options, name=name))
