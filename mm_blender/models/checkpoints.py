"""Transformer checkpoints are opened, and what they say of themselves is checked against their weights.

``open_model`` looks at the names of a checkpoint's tensors to tell GPT-2, BERT and the Llama family (Hugging Face's
names or llama.cpp's), and at its ``config.json`` or GGUF metadata (``model_config``, ``gguf_config``) for what names do
not tell.
"""
from __future__ import annotations

import os
from pathlib import Path

from ..data.container import Store
from ..data.files import no_file, read_json
from ..data.gguf_store import Gguf
from ..data.origins import shown
from ..data.tensors import open_store
from ..errors import DataError
from ..plain import said
from ..system import folders
from .families import family_of, matches, PARTS, STEMS, text_prefix
from .gguf_config import read_gguf
from .loaded import is_loaded, ModelStore
from .model_config import check_type, read_config
from .transformer import dims, Model, require_floats


def open_model(path) -> Model:
    """The model in a checkpoint: a folder, or a file with its ``config.json`` beside it; or a loaded one of
    transformers. Files go by their names in that folder; a link among them, as in the hub's cache, leads where the
    person whose disk it is has it lead. Raises DataError."""
    if is_loaded(path):
        loaded = ModelStore(path)
        store: Store = loaded
        name, config = loaded.path, loaded.config
    else:
        store, name = open_store(checkpoint_path(path)), path
        config = None if isinstance(store, Gguf) else _read_config(store.path.parent)
    if config is not None:
        check_type(config, str(name))
    family = family_of(store, name)
    prefix, layers = text_prefix(store.shapes, family, name)
    if isinstance(store, Gguf):
        about = read_gguf(store, str(name))
    elif config is None:
        raise DataError(f"there is no config.json in {store.path.parent}, which tells the number of heads")
    else:
        about = read_config(config, family, str(name))
    first = next(match[2] for match in matches(store.shapes, family) if match[1] == prefix)
    part = {"gpt2": "fused"}.get(family, "q")
    example = f"{prefix}{STEMS[family]}.{first}.{PARTS[family][part]}.weight"
    require_floats(store, example, name)
    q = store.shape(example)
    if len(q) != 2:
        raise DataError(f"{name}: the weights of queries have {len(q)} dimensions, and a matrix has 2")
    width = q[0 if family == "gpt2" else 1]
    size = about.head_size or width // about.heads
    kv_heads = about.kv_heads or about.heads
    if about.heads % kv_heads or (width % about.heads and not about.head_size) or about.width not in (None, width):
        raise DataError(f"{name}: {about.heads} heads, {kv_heads} of keys, and a width of {width} do not fit together"
                        + (f" with the configuration's width of {about.width}" if about.width else ""))
    if not width or not size:
        raise DataError(f"{name}: the weights of queries are {dims(q)}: they are empty")
    if about.rope and size % 2:
        raise DataError(f"{name}: its heads have {size} numbers, and its rotary embedding turns pairs of them")
    count = min(layers, about.layers or layers)
    if any(0 < len(listed) < count for listed in (about.turned, about.sliding)):
        raise DataError(f"{name}: its configuration lists fewer layers than the {count} that it has")
    return Model(name, store, family, prefix, about, count, about.heads, kv_heads, size, width)


def _read_config(folder: Path) -> dict | None:
    try:
        return read_json(folder / "config.json")
    except FileNotFoundError:
        return None


def checkpoint_path(path: str | os.PathLike, what: str = "a checkpoint is a folder, a file or a loaded model") -> Path:
    """Raises DataError for what is no path (``what`` says what it should be), and for the name of a model on the hub,
    which nothing is fetched from."""
    try:
        text = os.fsdecode(os.fspath(path))
    except Exception:  # noqa: BLE001  whatever somebody's own class does when it is asked
        raise DataError(f"{what}, not {said(path)}") from None
    if not text:
        raise DataError(f"{what}, and its path is empty")
    try:
        found = folders.expanded(text) if text.startswith("~") else Path(text)
        there = found.exists()
    except (OSError, ValueError, RuntimeError):  # too long a name, a null byte, no home
        there = False
    if not there:
        raise DataError(no_file(shown(text)))
    return found
