"""URLs, taken apart, and in which network their hosts are."""
from __future__ import annotations

import base64
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from ..errors import DataError
from .origins import shown

PORTS = {"http": 80, "https": 443}
ZONES = PUBLIC, HERE, PRIVATE, LINK, NOBODY = ("the internet", "this machine", "a private network",
                                               "the link's own network", "no single host")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*)\Z")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class WebAddress:
    """A URL, taken apart. ``login``: what an Authorization header says, where the URL has a name and a password."""

    scheme: str
    host: str
    port: int
    target: str
    login: str | None
    shown: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: whom a name and a password are for."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and port as a URL has them, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, without name and password."""
        return f"{self.scheme}://{self.netloc}{self.target}"


def parse_url(url: str) -> WebAddress:
    """``url``, taken apart. Raises DataError for what is no URL of http or https."""
    name = shown(url)
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname or ""
        if ":" not in host:
            host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except ValueError as error:  # UnicodeError, too
        raise DataError(f"{name} is no URL: {error}") from None
    if parts.scheme not in PORTS:
        raise DataError(f"{name} is no URL of http or https, and nothing else is fetched")
    if ":" in host:
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError as error:
            raise DataError(f"{name} is no URL: {error}") from None
    elif not _HOST.match(host):
        raise DataError(f"{name} is no URL: it names no host")
    login = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = "Basic " + base64.b64encode(pair.encode("utf-8", "surrogatepass")).decode("ascii")
    path = quote(parts.path or "/", safe="%/:@!$&'()*+,;=~", errors="replace")
    query = "?" + quote(parts.query, safe="%/?:@!$&'()*+,;=~[]", errors="replace") if parts.query else ""
    return WebAddress(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path + query, login, name)


def zone(address: str) -> str:
    """Where an IP address is: ``PUBLIC``, ``HERE``, or which other network. What is an IPv4 address in the guise of
    IPv6 is where that is."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6:
        packed = int(ip)
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and (ip in _NAT64 or 1 < packed < 2 ** 32):
            inner = ipaddress.IPv4Address(packed & 0xFFFFFFFF)
        if inner is not None and (found := zone(str(inner))) != PUBLIC:
            return found
    if ip.is_loopback or ip.is_unspecified:
        return HERE
    if ip.is_link_local:
        return LINK
    if ip.is_multicast or ip.is_reserved and ip.version == 4:
        return NOBODY
    return PUBLIC if ip.is_global and not getattr(ip, "is_site_local", False) else PRIVATE


def meant_zones(address: WebAddress) -> set[str]:
    """The zones that a person may mean who types a URL: a name that is this machine's for others only is none."""
    host = address.host
    here = host == "localhost" or host.endswith(".localhost") or host == socket.gethostname().lower()
    return {PUBLIC, PRIVATE, *([HERE] if here else ())} if not _is_literal(host) else set(ZONES)


def _is_literal(host: str) -> bool:
    """Whether a host is an address, in any way to write one (``2130706433`` is 127.0.0.1)."""
    try:
        return ":" in host or bool(socket.inet_aton(host))
    except OSError:
        return False
