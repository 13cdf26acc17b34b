"""A matrix in the bytes of a whole file, of which there is no name to tell what they are: npy, or numbers in text."""
from __future__ import annotations

import re

import numpy as np

from ..errors import DataError
from . import npy, tables
from .arrays import as_matrix
from .files import check_head, HEAD
from .foreign import foreign


def parse(body: bytes, name: str) -> np.ndarray:
    """``body`` (an npy file, or numbers in text, see ``tables``) as float32 (h, w). Raises DataError, SizeError."""
    with foreign(name):
        if body.startswith(npy.MAGIC):
            return as_matrix(npy.from_bytes(body, name), name)
        check_head(body[:HEAD], name, text=True)
        if re.match(rb"\x80[\x02-\x05]", body):
            raise DataError(f"{name} is a pickle, which could be any program: nothing of it was run. Save the matrix "
                            "with numpy.save")
        return as_matrix(tables.parse(body, name), name)
