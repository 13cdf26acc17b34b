"""Connections to web servers, straight or through a proxy: what is asked, and the head of the answer."""
from __future__ import annotations

import http.client
import socket
import ssl
import urllib.request
from urllib.parse import urlsplit

from ..errors import DataError
from .downloads import Download
from .origins import public
from .web_addresses import parse_url, PUBLIC, WebAddress, zone

# what a status says, in words
STATUS_WORDS = {401: "it asks for a login", 403: "it does not give it to everybody",
                404: "there is nothing at that address",
                407: "the proxy asks for a login", 410: "it is there no more",
                429: "it had too many requests: try later",
                500: "the server failed", 502: "the server failed", 503: "the server is busy: try later",
                504: "the server failed"}


def ask(download: Download, address: WebAddress, allowed: set[str],
        first: WebAddress) -> tuple[http.client.HTTPResponse, str]:
    """The head of what ``address`` answers, and its zone, which must be one of ``allowed``; ``first``: the address that
    was redirected to this one, or itself. Raises DataError, OSError."""
    proxy = _proxy(address)
    try:
        hosts = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        if proxy is None:
            raise
        hosts = []  # which the proxy will know
    fitting = [each for each in hosts if zone(str(each[4][0])) in allowed]
    where = zone(str((fitting or hosts)[0][4][0])) if hosts else PUBLIC
    if where not in allowed:
        raise DataError(f"{first.shown} could not be fetched: it is redirected to {address.host}, which is on {where}"
                        if address is not first else f"{first.shown} is on {where}, where nothing is fetched from "
                        "unless you name its address yourself (data=, --data)")
    if proxy is not None:
        fitting = socket.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    connected = connect(download, fitting)
    if proxy is None:
        where = zone(connected.getpeername()[0])
    headers = {"Host": address.netloc, "User-Agent": "mm_blender", "Accept": "*/*", "Accept-Encoding": "identity",
               "Connection": "close"}
    if address.login:
        headers["Authorization"] = address.login
    target = address.target
    if proxy is not None and address.scheme == "https":
        _tunnel(connected, address, proxy)
    elif proxy is not None:
        target = address.url
        headers |= {"Proxy-Authorization": proxy.login} if proxy.login else {}
    if address.scheme == "https":
        connected = download.hold(ssl.create_default_context().wrap_socket(connected, server_hostname=address.host,
                                                                     suppress_ragged_eofs=False))
    return _send(connected, "GET", target, headers), where


def _send(connected: socket.socket, method: str, target: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    connected.sendall("\r\n".join(lines).encode("ascii"))
    reply = http.client.HTTPResponse(connected, method=method)
    reply.begin()
    return reply


def connect(download: Download, hosts: list) -> socket.socket:
    """A socket that is connected to one of the addresses ``hosts``. Raises OSError."""
    problem: OSError | None = None
    for family, kind, protocol, _, address in hosts:
        try:
            connected = download.hold(socket.socket(family, kind, protocol))
        except OSError as error:  # no IPv6 here
            problem = error
            continue
        try:
            connected.connect(address)
            return connected
        except OSError as error:
            connected.close()
            problem = error
    raise problem or OSError("the host has no address")


def _proxy(address: WebAddress) -> WebAddress | None:
    """The proxy that the environment, or the system, names for an address."""
    named = urllib.request.getproxies()
    url = named.get(address.scheme) or named.get("all")
    if not url or urllib.request.proxy_bypass(address.host):
        return None
    if "://" not in url:
        url = f"http://{url}"
    if urlsplit(url).scheme != "http":
        raise DataError(f"the environment names the proxy {public(url)}, and only proxies of http are known: set "
                        f"no_proxy={address.host} to do without, or download the file yourself")
    return parse_url(url)


def _tunnel(connected: socket.socket, address: WebAddress, proxy: WebAddress) -> None:
    host = f"[{address.host}]" if ":" in address.host else address.host
    headers = {"Host": f"{host}:{address.port}"} | ({"Proxy-Authorization": proxy.login} if proxy.login else {})
    reply = _send(connected, "CONNECT", f"{host}:{address.port}", headers)
    if reply.status != 200:
        raise OSError(STATUS_WORDS[407] if reply.status == 407 else f"the proxy refuses it ({reply.status})")
