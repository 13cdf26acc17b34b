"""Who names a file, and what may be read for it.

A person may name any file of theirs. What a link, a preset, a JSON file or a .blend names is read only where it lies in
the assets, which a person chose, or beside the file that names it; links on the disk that lead out of there count as
what they lead to. Nothing else is looked at, not even whether it exists.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import DataError
from ..system import folders

_SECRET = re.compile(r"(?i)(?:^|[-_])(?:token|key|sig|signature|password|passwd|pwd|secret|credential|auth)s?\Z|apikey|"
                     r"accesskeyid")
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\..*)?\Z")  # files everywhere on Windows
_sealed: ContextVar[str] = ContextVar("sealed", default="")


@dataclass(frozen=True)
class Origin:
    """``where``: what names the addresses, in words ("the link"); empty: a person does. ``folder``: of the file that
    names them, beside which they may be. ``own``: those that a person has given in place of what was named."""

    where: str = ""
    folder: str | None = None
    own: frozenset[str] = frozenset()

    def trusts(self, address: str) -> bool:
        """Whether a person gave ``address``, who may name any file of theirs."""
        return not self.where or address in self.own

    def owning(self, addresses: Iterable[str]) -> Origin:
        """This one, with addresses that a person gives."""
        return replace(self, own=self.own | frozenset(addresses)) if self.where else self


PERSON = Origin()


# ---- nothing unasked

@contextmanager
def sealed(why: str) -> Iterator[None]:
    """Meanwhile nothing is read from files or the network (DataError, which says ``why``): as a file is opened."""
    token = _sealed.set(why)
    try:
        yield
    finally:
        _sealed.reset(token)


def check_open(address: str) -> None:
    """Raise DataError if nothing may be read now."""
    if why := _sealed.get():
        raise DataError(f"{shown(address)} {why}")


# ---- where it may lie

def in_assets(file: str, assets: str | os.PathLike) -> Path | None:
    """The file of that name in ``assets``, whatever folder ``file`` says that it is in; None if there is none."""
    name = re.split(r"[\\/]", file)[-1]
    if name in ("", ".", "..") or "\0" in name or os.name == "nt" and (":" in name or _DEVICE.match(name)):
        return None
    path = Path(assets) / name
    return path if _is_there(path) else None


def beside(file: str, folder: str | os.PathLike) -> Path | None:
    """Where ``file`` lies in ``folder`` or below, as far as its words say; None if it does not."""
    if not file or "\0" in file or is_remote(file) or file.startswith("~"):
        return None
    if os.name == "nt" and any(_DEVICE.match(part) or ":" in part for part in PureWindowsPath(file).parts[1:]):
        return None
    base = os.path.abspath(folder)
    path = os.path.normpath(os.path.join(base, file))
    return Path(path) if os.path.normcase(path).startswith(os.path.normcase(os.path.join(base, ""))) else None


def is_remote(file: str) -> bool:
    """Whether opening it would ask another machine: a share of Windows, which need not be there to be asked."""
    return re.match(r"[\\/]{2}", file) is not None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name
        return False


def is_inside(path: Path, folder: str | os.PathLike) -> bool:
    """Whether ``path``, which exists, lies in ``folder`` once all links are followed. In the cache of the Hugging Face
    hub a model's files are links into its own folder of blobs, which count."""
    try:
        path, root = path.resolve(strict=True), Path(folder).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return False
    if root.parent.name == "snapshots" and root.parents[1].name.startswith("models--"):
        return path.is_relative_to(root) or path.is_relative_to(root.parents[1] / "blobs")
    return path.is_relative_to(root)


def find(file: str, assets: str | os.PathLike | None, origin: Origin) -> Path | None:
    """Where the file is that ``origin`` names, which is no person's; None where it is not or may not be."""
    places = [] if assets is None else [(in_assets(file, assets), assets)]
    if origin.folder is not None:
        places.append((beside(file, origin.folder), origin.folder))
    return next((path for path, root in places if path is not None and _is_there(path) and is_inside(path, root)), None)


def meant(address: str, origin: Origin) -> str:
    """``address``, that of a file counted from the folder of the file that names it: for a person who asks for it."""
    if origin.trusts(address) or origin.folder is None or re.match(r"(?i)\s*(https?|file):", address):
        return address
    return os.path.join(origin.folder, address)


def refuse(text: str, assets: str | os.PathLike | None, origin: Origin) -> DataError:
    """What to say of an address that ``find`` finds nothing for."""
    looked = [f"in the assets ({assets})"] if assets is not None else []
    looked += [f"beside {origin.where}"] if origin.folder is not None else []
    where = f"is not {' nor '.join(looked)}, and nothing else" if looked else \
        "is not looked for, because no file"
    return DataError(f"{shown(text)}, which {origin.where} names, {where} is read for what a file or a link names: "
                     "give it yourself, as data (data=, --data), or the folder that it is in as assets (assets=, "
                     "--assets)")


# ---- what is told of it

def shown(address: str) -> str:
    """``address`` for a message: without secrets, on one line, and not too long."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in public(address))
    return text if len(text) <= 200 else f"{text[:140]}…{text[-50:]}"


def public(address: str) -> str:
    """``address`` without the passwords and keys of a URL."""
    if not re.match(r"(?i)\s*https?:", address):
        return address
    # a password may have signs that belong to what follows the host, if it was not written as URLs ask
    address = re.sub(r"(?i)\A(\s*https?:[\\/]*)[^/]*@", r"\1", address)
    try:
        parts = urlsplit(address)
        names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    except ValueError:
        return address.partition("?")[0]
    kept = [pair for pair in parts.query.split("&") if pair and not _SECRET.search(unquote(pair.partition("=")[0]))]
    query = parts.query if not any(map(_SECRET.search, names)) else "&".join(kept)
    return parts._replace(query=query).geturl()


def portable(address: str, folder: str | os.PathLike | None = None, origin: Origin = PERSON) -> str:
    """``address`` for a file that goes elsewhere: without secrets; what is on this machine relative to ``folder``,
    where the file goes, as far as that tells nothing of the folders above a home; else by its name alone."""
    if re.match(r"(?i)\s*https?:", address):
        return public(address)
    if found := re.match(r"(?i)file:(?://[^/]*)?", address):
        address = unquote(address[found.end():])
    drive = 2 if re.match(r"[A-Za-z]:[\\/]", address) else 0
    if trusted := origin.trusts(address):
        whole = next((address[:at] for at in _ends(address, drive) if _exists(address[:at])), None)
    else:  # which is not looked for
        whole = address[:_ends(address, drive)[-1]]
    file = address[:_ends(address, drive)[-1]] if whole is None else whole
    rest = address[len(file):]
    if not re.match(r"[\\/~]|[A-Za-z]:", file) and ".." not in re.split(r"[\\/]", file) and \
            (folder is None or whole is None):
        return address
    place = file if trusted or origin.folder is None else os.path.join(origin.folder, file)
    return (relative(place, folder) or re.split(r"[\\/]", file)[-1]) + rest


def _ends(address: str, drive: int) -> list[int]:
    """Where the file of an address may end, the longest first: at its end, or before a colon or bracket."""
    return [len(address)] + [at for at in range(len(address) - 1, drive, -1) if address[at] in ":["
                             and at > drive]


def _exists(file: str) -> bool:
    try:
        return not is_remote(file) and folders.expanded(file).exists()
    except (OSError, ValueError, RuntimeError):
        return False


def relative(file: str, folder: str | os.PathLike | None) -> str | None:
    """``file`` as seen from ``folder``; None where that would tell of folders that need not be told of."""
    if folder is None or is_remote(file) or os.name != "nt" and re.match(r"[A-Za-z]:[\\/]", file):
        return None
    try:
        path, base = (os.path.abspath(os.path.expanduser(each)) for each in (file, folder))
        common = os.path.commonpath([path, base])
        home = folders.home()
        if os.path.commonpath([home, common]) == common != home:
            return None  # they meet above the home only
        found = Path(os.path.relpath(path, base))
        return None if os.path.basename(home) in found.parts else found.as_posix()
    except (OSError, ValueError, RuntimeError):  # another drive
        return None
