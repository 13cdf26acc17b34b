"""Matrices from what the caller gives: arrays and tensors of any library, addresses (``addresses``) of tensors in
files, CSV and npy files in an assets folder, or on the network when the caller says so."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from ..errors import DataError
from ..plain import path_text
from . import addresses, arrays, bodies, lazy, network, origins, tensors
from .arrays import as_matrix
from .origins import Origin, PERSON


def read_matrix(source: str | os.PathLike, assets: str | os.PathLike | None = None, online: bool = False,
                origin: Origin = PERSON) -> np.ndarray:
    """The matrix that ``source`` names, float32 (h, w): ``read_array``, in two dimensions."""
    text = path_text(source, "the address of a matrix")
    x = read_array(text, assets, online, origin)
    with _discreet(text, origin):
        return as_matrix(x, text)


def read_array(source: str | os.PathLike, assets: str | os.PathLike | None = None, online: bool = False,
               origin: Origin = PERSON) -> np.ndarray:
    """What is at an address (``FILE:tensor.name[slice].T``) or a URL (of a CSV or npy file), float32.

    A file's name is looked for in ``assets`` first. A URL is fetched only if ``online``. ``origin``: who names it, see
    ``origins``. Raises DataError if it is not there, may not be read or holds no numbers.
    """
    text = path_text(source, "the address of a matrix")
    if not text:
        raise DataError("the initialiser 'url' needs the address or path of a CSV file, and its url is empty")
    if not _is_remote(text):
        address = addresses.parse(_local(text), None if assets is None else Path(assets),
                                  PERSON if origin.trusts(text) else origin)
        with _discreet(text, origin):
            return arrays.frozen(tensors.read(address))
    origins.check_open(text)
    name = unquote(text.partition("?")[0].partition("#")[0].rstrip("/").rsplit("/", 1)[-1])
    found = None if assets is None else origins.in_assets(name, assets)
    if found and assets is not None and (origin.trusts(text) or origins.is_inside(found, assets)):
        with _discreet(text, origin):
            return tensors.read(addresses.Address(found))
    if not online:
        looked = f" (nor {name} in {assets})" if assets is not None else ""
        raise DataError(f"{origins.shown(text)} is on the network, which is used only when you ask: pass online=True "
                        f"(--online), or put {name} into a folder and name it as assets (--assets){looked}")
    return bodies.parse(network.fetch(text, origin.trusts(text)), origins.shown(text))


def open_matrix(source: str | os.PathLike, online: bool = False,
                assets: str | os.PathLike | None = None) -> np.ndarray | lazy.Lazy:
    """What is at an address that a person gives, or at a URL if ``online``: an array, or if that is a large tensor a
    matrix that is read when it is needed. A file's name is looked for in ``assets`` first."""
    text = os.fspath(source)
    if not text:
        raise DataError("the address of the data is empty")
    if re.match(r"(?i)https?:|file:", text):
        return read_array(source, assets, online)
    address = addresses.parse(text, None if assets is None else Path(assets))
    store = tensors.open_store(address.path)
    found = lazy.open_address(address, store)
    return arrays.frozen(tensors.read(address, store)) if found is None else found


@dataclass(frozen=True, eq=False)
class Named(lazy.Lazy):
    """A matrix that a file names, of which it holds only what is shown: looked for when its elements are needed, and
    then only where ``origin`` lets it be."""

    origin: Origin = PERSON

    def block(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """See ``Lazy.block``."""
        return self._found.block(top, bottom, left, right)

    @cached_property
    def _found(self) -> lazy.Lazy:
        if not self.text:
            return lazy.Lost(self.shape)
        address = addresses.parse(self.text, origin=self.origin)
        with _discreet(self.text, self.origin):
            found = lazy.open_address(address)
        if found is None or found.shape != self.shape:
            return lazy.Lost(self.shape, self.text)
        return found


def _is_remote(text: str) -> bool:
    return re.match(r"(?i)https?:", text) is not None


def _local(text: str) -> str:
    """``text`` without the scheme of a file: URL. Raises DataError for one of another machine."""
    match = re.match(r"(?i)file:(?://([^/]*))?(.*)", text, re.DOTALL)
    if match is None:
        return text
    host, path = match.groups()
    if host and host.lower() != "localhost":
        raise DataError(f"{origins.shown(text)} is a file of another machine, {host[:60]}: name it by its path here")
    path = unquote(path)
    return path[1:] if re.match(r"/[A-Za-z]:", path) and os.name == "nt" else path


@contextmanager
def _discreet(text: str, origin: Origin) -> Iterator[None]:
    """Of a file that no person named, errors say nothing that is in it."""
    try:
        yield
    except DataError:
        if origin.trusts(text):
            raise
        raise DataError(f"{origins.shown(text)}, which {origin.where} names, holds no matrix that can be read; what is "
                        "in it is not told, for it was not you who named it: give it as data (data=, --data) to see "
                        "why") from None


def tile(a: np.ndarray, h: int, w: int) -> np.ndarray:
    """``a`` repeated (or cut) to (h, w)."""
    if a.shape == (h, w):
        return a
    return np.ascontiguousarray(a[np.arange(h) % a.shape[0]][:, np.arange(w) % a.shape[1]])
