"""The store: a visualization's state in the .blend, in the ID properties of its collection.

``mm_state`` holds parameters, options and which matrices were given, as JSON. The values of given matrices and of those
from files are in the points of their objects; a pointer to each mesh keeps it in the file should its object be deleted.
"""
from __future__ import annotations

import json
import os
import weakref
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import bpy

from ..data import lazy, origins
from ..data.files import parse_json
from ..data.foreign import foreign
from ..data.origins import Origin, PERSON
from ..document import make, saved
from ..document.document import Document
from ..errors import DataError, MMError, SizeError
from ..expression.parameters import find, walk
from ..expression.portable import portable_params
from ..expression.tree import nodes
from ..options import Options
from . import properties, saved_data, tags

STATE, NAME = tags.STATE, tags.CALLED
UNASKED = "is named by the file, and nothing is read as a file is opened: its data are loaded by Load Data in the " \
          "sidebar, or in Python by mm.visualizations(load_data=True)"
MOST_UNASKED = 2 ** 26  # elements that are computed as a file is opened; some seconds
CONSENTS = 1024  # that are remembered
REMEMBERED = 12  # states, so that undo and redo find theirs


@dataclass(frozen=True)
class _Refused:
    """Why a state cannot be read, and the points that it was to be read with (see ``saved_data.held_points``)."""

    error: MMError
    points: tuple


# by the collection's session_uid and its state, what that is, or why it cannot be read
_loaded: dict[tuple[int, str], Document | _Refused] = {}


@dataclass(frozen=True)
class _Consent:
    """What a person of this session has given beside a state, which no file can: the addresses as they gave them (of
    leaves and of data, by path), the assets, and whether the network may be used."""

    urls: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    assets: str | None
    online: bool
    origin: Origin


_checksums: dict[int, tuple[weakref.ref, int]] = {}  # by the id of an array, while it lives
_consents: dict[tuple[int, int], _Consent] = {}  # by the collection's session_uid and what its state says of it


def save(document: Document, collection: bpy.types.Collection) -> None:
    """Write the state of ``document``, which is built in ``collection``, there."""
    state, consent = _state(document, os.path.dirname(bpy.data.filepath) or None)
    _consents[collection.session_uid, zlib.crc32(repr(consent).encode("utf-8", "replace"))] = consent
    while len(_consents) > CONSENTS:
        del _consents[next(iter(_consents))]
    collection[STATE] = state
    if document.options.name:
        collection[NAME] = document.options.name
    else:
        collection.pop(NAME, None)
    _remember(collection, state, document)


def _state(document: Document, folder: str | None) -> tuple[str, _Consent]:
    """The state of ``document`` in a file in ``folder``, and what does not go into it."""
    options = {name: value for name, value in asdict(document.options).items() if name not in saved.CONSENT}
    texts = {path: getattr(x, "text", "") for path, x in sorted(document.data.items())}
    # so that other data are another state
    data = {path: _checksum(x) for path, x in sorted(document.data.items())}
    own = document.params
    urls = tuple((path, node["url"]) for path, node, matmul in walk(own) if not matmul and node.get("url"))
    consent = _Consent(urls, tuple(texts.items()), document.options.assets, document.options.online, document.origin)
    state = {"version": saved.VERSION, "params": portable_params(own, folder, document.origin), "options": options,
            "data": data}
    if urls or any(texts.values()):
        state["consent"] = zlib.crc32(repr(consent).encode("utf-8", "replace"))
    if document.plan.reduces:
        state["sources"] = {path: [*x.shape, origins.portable(texts[path], folder, _origin_of(x))]
                           for path, x in document.data.items()}
        state["readings"] = {path: [reading.low, reading.high, reading.odd]
                            for path, reading in document.readings.items()}
    return json.dumps(state), consent


def _checksum(x: lazy.Matrix) -> int:
    """Of all that ``x`` holds. An array that nobody can write to is gone through once, and not at every live edit."""
    if isinstance(x, lazy.Lazy):
        return zlib.crc32(x.text.encode("utf-8", "replace"))
    if x.flags.writeable:
        return zlib.crc32(x.data)
    at = id(x)
    if at not in _checksums:
        _checksums[at] = weakref.ref(x, lambda _: _checksums.pop(at, None)), zlib.crc32(x.data)
    return _checksums[at][1]


def _origin_of(x: lazy.Matrix) -> Origin:
    """Who names where a matrix is: a person, unless a file did and it was not found since."""
    return _origin_of(x.of) if isinstance(x, lazy.Crossed) and x.of else getattr(x, "origin", PERSON)


@contextmanager
def going_to(folder: str | os.PathLike, collections: Iterable[bpy.types.Collection]) -> Iterator[None]:
    """Meanwhile the addresses in the states of ``collections`` are relative to ``folder``, as for a copy there."""
    states = {collection: collection[STATE] for collection in collections
              if is_saved(collection) and not collection.library}
    try:
        for collection in states:
            with suppress(MMError):  # one that cannot be read stays what it is
                collection[STATE] = _state(load(collection), os.fspath(folder))[0]
        yield
    finally:
        for collection, state in states.items():
            collection[STATE] = state


def _remember(collection: bpy.types.Collection, state: str, what: Document | _Refused) -> None:
    _loaded.pop((collection.session_uid, state), None)
    _loaded[collection.session_uid, state] = what
    while len(_loaded) > REMEMBERED:
        del _loaded[next(iter(_loaded))]


def is_saved(collection: bpy.types.Collection) -> bool:
    """Whether a collection has a state of a visualization."""
    return properties.has(collection, STATE)


def name_of(collection: bpy.types.Collection) -> str | None:
    """The name that a person gave to the visualization that is built in ``collection``."""
    return properties.text(collection, NAME)


def load(collection: bpy.types.Collection, reading: bool = False, assets: str | os.PathLike | None = None,
         online: bool = False) -> Document:
    """The visualization that is built in ``collection``, from what the file holds. Neither files nor the network are
    read for it, unless a person asked for that (``reading``, with ``assets`` and ``online`` as for ``visualize``).
    Raises an MMError."""
    state = properties.text(collection, STATE)
    known = _loaded.get((collection.session_uid, state or ""))
    if isinstance(known, Document):
        return known
    if known is not None and not reading and known.points == saved_data.held_points(collection):
        raise type(known.error)(*known.error.args)
    try:
        parsed = saved.read(collection.get(STATE), collection.name)
        document = _document_of(parsed, collection, reading, {"assets": assets, "online": online} if reading else {})
    except MMError as error:
        if not reading and not isinstance(error, SizeError):  # which a limit that is raised, or free memory, may undo
            _remember(collection, state or "", _Refused(error, saved_data.held_points(collection)))
        raise
    _remember(collection, state or "", document)
    return document


def _document_of(parsed: saved.Saved, collection: bpy.types.Collection, reading: bool,
                 asked: dict[str, Any]) -> Document:
    """The document that a file, whoever wrote it, holds in ``collection``; ``asked``: options that a person gave with
    their wish. Raises an MMError."""
    consent = _consents.get((collection.session_uid, parsed.consent)) if parsed.consent is not None else None
    known, sources, origin = parsed.options, parsed.sources, _named_by(collection)
    if consent:  # it was made in this session
        sources = {path: (*source[:2], dict(consent.sources).get(path, "")) for path, source in sources.items()}
        origin, known = consent.origin, {**known, "assets": consent.assets, "online": consent.online}
        for path, url in consent.urls:
            find(parsed.params, path)["url"] = url
    if reading:
        known = {**known, **asked}
        origin = _asked(parsed.params, origin)
    with foreign(f"the collection {collection.name}", "visualization that can be read"):
        given = {path: saved_data.given(collection, path, sources.get(path), origin) for path in parsed.data}
        with nullcontext() if reading else origins.sealed(UNASKED):
            document = make.make(parsed.params, given, Options(**known), origin=origin)
            shown = saved_data.shown(document, collection, parsed.readings) if document.plan.reduces else \
                saved_data.from_files(document, collection)
            _check_work(document, shown)
            document.cache.results.assume(shown)
            document.values  # noqa: B018  once, and not at every call
    return document


def _check_work(document: Document, shown: Collection[str]) -> None:
    """Raise a DataError where more would have to be computed than anybody waits for who opens a file."""
    missing = [node for node in nodes(document.true) if node.path not in shown] if document.plan.reduces else []
    count = sum(node.h * node.w for node in missing)
    if count > MOST_UNASKED:
        raise DataError(f"what is shown of {count:,} elements is not in the file any more: build it again")


def _asked(params: dict, origin: Origin) -> Origin:
    """``origin`` as a person has it who asks for what the file names, where the file says: changes ``params``."""
    for _, node, matmul in walk(params):
        if not matmul and node.get("url"):
            node["url"] = origins.meant(node["url"], origin)
    return PERSON


def named_files(collection: bpy.types.Collection) -> list[str]:
    """What is named, as a person is asked about it: the addresses of leaves and of large data. None of a file whose
    state cannot be read."""
    return list(_named_in(properties.text(collection, STATE) or ""))


@lru_cache(REMEMBERED)
def _named_in(state: str) -> tuple[str, ...]:
    try:
        read = parse_json(state, STATE, parameters=True)
        leaves = [node for _, node, matmul in walk(read["params"]) if not matmul]
        addresses = [node["url"] for node in leaves if node.get("init") == "url"]
        addresses += [source[2] for source in read.get("sources", {}).values() if source[2]]
        return tuple(origins.shown(each) for each in dict.fromkeys(addresses))
    except (MMError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return ()


def _named_by(collection: bpy.types.Collection) -> Origin:
    """The file that names what is in a state: this one, or the one that it is linked from."""
    path = bpy.path.abspath(collection.library.filepath) if collection.library else bpy.data.filepath
    return Origin(os.path.basename(path), os.path.dirname(os.path.abspath(path))) if path else Origin("this .blend")


def forget(collection: bpy.types.Collection) -> None:
    """Forget what is remembered of a collection that goes."""
    remembered: list[dict] = [_loaded, _consents]
    for known in remembered:
        for key in [key for key in known if key[0] == collection.session_uid]:
            del known[key]


# ---- what a scene has

def visualizations(scene: bpy.types.Scene) -> list[bpy.types.Collection]:
    """The collections of the scene that hold a visualization, in the order in which they were built or copied."""
    return [collection for collection in scene.collection.children_recursive if is_saved(collection)]


def collection_of(obj: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The collection of the visualization that an object belongs to."""
    if obj is None:
        return None
    return next((collection for collection in obj.users_collection if is_saved(collection)), None)
