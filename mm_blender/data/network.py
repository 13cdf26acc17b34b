"""Downloads, for which a person asked: the body at a URL, within a time and a size.

Only http and https. What a server names in its turn, a redirect, is followed a few times, never from https to http and
never from the internet to this machine or its own networks; which address a name has is looked at when it is connected
to, and just that one is connected to. A proxy of the environment (``https_proxy``, ``no_proxy`` …) is used.

All waiting is done by a thread, so that the total time and an interrupt end it wherever it hangs: looking the name up,
connecting, in the headers, in the body.
"""
from __future__ import annotations

import http.client
import io
import re
import sys
from dataclasses import replace
from urllib.parse import urljoin

from ..errors import DataError
from ..limits import limits
from .connections import ask, STATUS_WORDS
from .downloads import Download, run_in_thread, TICK_S
from .origins import check_open
from .web_addresses import meant_zones, parse_url, PUBLIC, WebAddress

REDIRECTS = 5
CHUNK = 2 ** 16


def fetch(url: str, typed: bool = True) -> bytes:
    """The body at ``url``. ``typed``: whether a person gave that URL, who may mean a host of their own network; what a
    link or a file names may only be on the internet. Raises DataError, whose words hold no password of the URL."""
    check_open(url)
    check_allowed()
    address = parse_url(url)
    download = Download(limits.download_seconds, limits.download_bytes, address.shown)
    return run_in_thread(download, lambda: _follow(download, address, typed))


def check_allowed() -> None:
    """Raise DataError where Blender is set to stay offline; pip's bpy has no preferences that a person sees."""
    bpy = sys.modules.get("bpy")
    if bpy and not bpy.app.module and not bpy.app.online_access:
        raise DataError("Blender is set to stay offline: allow online access in its preferences (System, Network) or "
                        "start it with --online-mode")


def _follow(download: Download, address: WebAddress, typed: bool) -> bytes:
    first, allowed = address, meant_zones(address) if typed else {PUBLIC}
    for _ in range(REDIRECTS + 1):
        reply, where = ask(download, address, allowed, first)
        try:
            to = _redirected(reply, address, first)
            if to is None:
                return _body(download, reply)
        finally:
            reply.close()
            if download.socket is not None:
                download.socket.close()
        # who typed a host of their own network may be sent on in that, and nobody into it
        address, allowed = to, {PUBLIC, where} if address is first else allowed
    raise DataError(f"{first.shown} could not be fetched: it was redirected more than {REDIRECTS} times")


def _redirected(reply: http.client.HTTPResponse, address: WebAddress, first: WebAddress) -> WebAddress | None:
    """Where ``reply`` sends to; None where it is the answer. Raises DataError for one that is no success."""
    if reply.status == 200:
        return None
    to = reply.headers.get("Location")
    if reply.status not in (301, 302, 303, 307, 308) or not to:
        reason = "".join(c for c in reply.reason if c.isprintable())[:60].strip()
        said = STATUS_WORDS.get(reply.status) or f"the server answered {reason}".rstrip()
        raise DataError(f"{first.shown} could not be fetched: {said} ({reply.status})")
    target = parse_url(urljoin(address.url, to.encode("latin-1", "replace").decode("utf-8", "replace")))
    if address.scheme == "https" and target.scheme != "https":
        raise DataError(f"{first.shown} could not be fetched: it is redirected from https to http ({target.shown}), "
                        "which nobody vouches for")
    # a name and a password are for the server that they were given for
    return replace(target, login=address.login if target.origin == address.origin else None)


def _body(download: Download, reply: http.client.HTTPResponse) -> bytes:
    packed = reply.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity"):
        raise DataError(f"{download.shown} could not be fetched: the server sends it packed ({packed[:20]}), which was "
                        "not asked for")
    length = _length(download, reply)
    if length is not None and length > download.size:
        _too_large(download)
    # http.client would stop at the length without a word of what comes behind it
    source = reply if length is None else reply.fp
    parts, count = [], 0
    while length is None or count < length:
        part = source.read1(CHUNK)
        if not part:
            break
        parts.append(part)
        count += len(part)
        if count > download.size:
            _too_large(download)
    if length is not None and count < length:
        raise DataError(f"{download.shown} was cut short: {count:,} of its {length:,} bytes came; try again")
    if length is None and not reply.chunked and not count:  # which a head that was cut off looks like
        raise http.client.RemoteDisconnected("")
    if length is not None and (count > length or _goes_on(download, source)):
        raise DataError(f"{download.shown} could not be fetched: more came than the {length:,} bytes that the server "
                        "said")
    return b"".join(parts)


def _goes_on(download: Download, source: http.client.HTTPResponse | io.BufferedReader) -> bool:
    """Whether anything follows now. A server that waits is asked to close, and does not count."""
    if download.socket is not None:
        download.socket.settimeout(TICK_S)
    try:
        return bool(source.read1(1))
    except OSError:
        return False


def _length(download: Download, reply: http.client.HTTPResponse) -> int | None:
    """How many bytes the server says that will come; None where they come in chunks, or until it closes."""
    said = {text.strip() for line in reply.headers.get_all("Content-Length", ()) for text in line.split(",")}
    coded = reply.headers.get("Transfer-Encoding", "").strip().lower()
    bad = len(said) > 1 or any(not re.fullmatch(r"[0-9]{1,18}", text) for text in said)
    if bad or coded not in ("", "chunked") or coded and said:
        raise DataError(f"{download.shown} could not be fetched: the server contradicts itself about its length")
    return int(said.pop()) if said else None


def _too_large(download: Download) -> None:
    raise limits.error("download_bytes", f"{download.shown} is larger")
