"""Downloads: from a server of this machine that does what servers should not, in a thread."""
import base64
import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.data import connections, downloads, network, web_addresses
from mm_blender.data.matrices import read_matrix
from mm_blender.data.web_addresses import HERE, LINK, NOBODY, PRIVATE, PUBLIC
from mm_blender.errors import DataError, MMError

CSV = b"1,2\n3,4\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"


@contextmanager
def server(answer, host="127.0.0.1"):
    """A server; ``answer(connection, request)`` writes what it says. ``asked``: the requests, as they came."""
    asked, over = [], threading.Event()
    with socket.create_server((host, 0)) as listening:
        listening.settimeout(0.05)

        def serve():
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    continue
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection):
            with connection:
                try:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        got = connection.recv(65536)
                        if not got:
                            return
                        request += got
                    asked.append(request.decode("latin-1"))
                    answer(connection, request.decode("latin-1"))
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{listening.getsockname()[1]}", asked
        finally:
            over.set()
            thread.join(20)


def saying(body: bytes):
    return lambda connection, request: connection.sendall(body)


def refused(url, words, **more):
    with pytest.raises(MMError) as caught:
        network.fetch(url, **more)
    message = str(caught.value)
    assert words in message, message
    assert "\n" not in message and len(message) < 400
    return message


@pytest.mark.parametrize("reply", [
    HEAD + CSV, b"HTTP/1.0 200 OK\r\n\r\n" + CSV,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1,2\n\r\n4\r\n3,4\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 8, 8\r\nContent-Encoding: identity\r\n\r\n" + CSV,
])
def test_what_comes_whole(reply):
    with server(saying(reply)) as (url, asked):
        assert network.fetch(f"{url}/a%20b/w.csv?x=1#there") == CSV
    assert asked[0].startswith("GET /a%20b/w.csv?x=1 HTTP/1.1\r\n") and "Accept-Encoding: identity" in asked[0]


@pytest.mark.parametrize("reply, words", [
    (HEAD + CSV[:5], "was cut short: 5 of its 8 bytes came"), (HEAD, "cut short: 0 of its 8"),
    (HEAD + CSV + b"5,6\n", "more came than the 8 bytes"),
    (HEAD[:20], "broke off"), (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n", "cut short"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1,2\n\r\n4\r\n3,", "cut short"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "could not be fetched"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "contradicts itself"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 8\r\n\r\n0\r\n\r\n", "contradicts itself"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nContent-Length: 9\r\n\r\n" + CSV, "contradicts itself"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: -8\r\n\r\n" + CSV, "contradicts itself"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nContent-Encoding: gzip\r\n\r\n12345678", "packed (gzip)"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "the limit download_bytes"),
    (b"HTTP/1.1 404 Not Found\r\n\r\n", "there is nothing at that address (404)"),
    (b"HTTP/1.1 401 \r\n\r\n", "asks for a login"), (b"HTTP/1.1 418 I am\x1b[2J a teapot\r\n\r\n", "(418)"),
    (b"HTTP/1.1 206 Partial\r\nContent-Length: 8\r\n\r\n" + CSV, "(206)"), (b"HTTP/1.1 304 \r\n\r\n", "(304)"),
    (b"HTTP/1.1 302 Found\r\n\r\n", "(302)"), (b"SSH-2.0-OpenSSH_9\r\n\r\n", "what answers is no web server"),
    (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n", "what answers is no web server"),
    (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "no URL of http or https"),
    (b"HTTP/1.1 302 Found\r\nLocation: ftp://example.org/w.csv\r\n\r\n", "no URL of http or https"),
    (b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n", "redirected more than 5 times"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\n\r\n", "which is on the link's own network"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n", "which is on a private network"),
])
def test_what_does_not(reply, words):
    with server(saying(reply)) as (url, _):
        refused(url + "/w.csv", words)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", HEAD, b"HTTP/1.0 200 OK\r\n\r\n"])
def test_a_byte_now_and_then_ends_with_the_time(start):
    def slowly(connection, request):
        connection.sendall(start)
        for letter in b"HTTP/1.1 200 OK" * 100 if not start else b"1" * 100:
            time.sleep(0.1)
            connection.sendall(bytes([letter]))

    began = time.monotonic()
    with server(slowly) as (url, _), mm.limits(download_seconds=1, download_bytes=10 ** 6):
        if start == HEAD:  # eight bytes do come
            refused(url, "more came than")
        else:
            refused(url, "the limit download_seconds is 1 seconds")
    assert time.monotonic() - began < 4


def test_a_body_without_end_ends():
    def on(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"1," * 10000)

    with server(on) as (url, _), mm.limits(download_bytes=10 ** 5):
        refused(url, "the limit download_bytes is 100,000 bytes")


def ends_within(seconds):
    """That an interrupt ends the wait for a server that never answers."""
    over = threading.Event()
    with server(lambda connection, request: over.wait(5)) as (url, _):
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            network.fetch(url)
        assert time.monotonic() - began < seconds
        over.set()


def test_an_interrupt_ends_it_at_once(monkeypatch):
    class Box:
        def put(self, item):
            pass

        def get(self, timeout):
            raise KeyboardInterrupt

    monkeypatch.setattr(downloads.queue, "SimpleQueue", Box)
    ends_within(1)


def test_an_interrupt_that_waits_ends_it_too(monkeypatch):
    """Within what is built no interrupt acts by itself."""
    def answers():
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads.interrupts, "check", answers)
    ends_within(1.5)


@pytest.mark.parametrize("address, where", [
    ("127.0.0.1", HERE), ("127.8.9.1", HERE), ("::1", HERE), ("0.0.0.0", HERE),
    ("::", HERE), ("::ffff:127.0.0.1", HERE), ("::127.0.0.1", HERE),
    ("64:ff9b::7f00:1", HERE), ("2002:7f00:1::", HERE), ("10.1.2.3", PRIVATE),
    ("172.16.0.1", PRIVATE), ("192.168.1.1", PRIVATE), ("100.64.0.1", PRIVATE),
    ("fd00::1", PRIVATE), ("fec0::1", PRIVATE), ("64:ff9b::a00:1", PRIVATE),
    ("169.254.169.254", LINK), ("fe80::1%eth0", LINK), ("::ffff:169.254.169.254", LINK),
    ("224.0.0.1", NOBODY), ("255.255.255.255", NOBODY), ("ff02::1", NOBODY),
    ("93.184.216.34", PUBLIC), ("2606:2800:220:1::", PUBLIC), ("64:ff9b::5db8:d822", PUBLIC),
])
def test_where_an_address_is(address, where):
    assert web_addresses.zone(address) == where


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_this_machine_is_for_its_person_only(host, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with server(saying(HEAD + CSV)) as (url, asked):
        url = url.replace("127.0.0.1", host)
        assert network.fetch(url) == CSV
        refused(url, "where nothing is fetched from unless you name its address yourself", typed=False)
    assert len(asked) == 1


def test_no_redirect_leads_from_the_net_to_this_machine(monkeypatch):
    """A host of the internet, as far as its first look-up says: both a redirect and another answer lead here."""
    names = {"data.example": ["93.184.216.34"], "here.example": ["127.0.0.1"], "turns.example": ["93.184.216.34"]}
    looked = []

    def getaddrinfo(host, port, *rest, **more):
        looked.append(host)
        found = names.get(host, [host])
        if host == "turns.example":  # rebinding
            names[host] = ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connected(job, found):
        real = job.hold(socket.create_connection(("127.0.0.1", port)))

        class Named:  # as if it were where it was looked for
            def __getattr__(self, name):
                return getattr(real, name)

            def getpeername(self):
                return found[0][4]

        return Named()

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(connections.socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(connections, "connect", connected)
    for to in ("http://127.0.0.1:{}/", "http://here.example:{}/", "http://[::1]:{}/", "http://[::ffff:127.0.0.1]:{}/",
               "http://192.168.0.1/", "http://169.254.169.254/", "http://turns.example/again"):
        def send_on(connection, request, to=to):
            line = to.format(port)
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {line}\r\n\r\n".encode())

        names["turns.example"] = ["93.184.216.34"]
        with server(send_on) as (url, asked):
            port = int(url.rpartition(":")[2])
            start = "http://turns.example/" if "turns" in to else "http://data.example/w.csv"
            refused(start, "it is redirected to ")
            assert len(asked) == 1, to
    refused("http://here.example/w.csv", "is on this machine, where nothing is fetched")


def test_a_login_goes_to_its_own_server_and_is_not_told(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with server(saying(HEAD + CSV)) as (other, asked_other):
        def send_on(connection, request):
            if "/again" in request.partition("\r\n")[0]:
                connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {other}/\r\n\r\n".encode())
            else:
                connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n")

        with server(send_on) as (url, asked):
            assert network.fetch(url.replace("//", "//ada:s%20cret@")) == CSV
    login = "Authorization: Basic " + base64.b64encode(b"ada:s cret").decode()
    assert len(asked) == 2 and all(login in each for each in asked)
    assert len(asked_other) == 1 and "Authorization" not in asked_other[0] and "ada" not in asked_other[0]
    with server(saying(b"HTTP/1.1 404 No\r\n\r\n")) as (url, _):
        address = url.replace("//", "//ada:s%20cret@") + "/w.csv?token=t0psecret&x=1"
        message = refused(address, "(404)")
        assert "ada" not in message and "cret" not in message and "x=1" in message
    with pytest.raises(DataError) as caught:
        read_matrix(address)
    assert "cret" not in str(caught.value) and "online=True" in str(caught.value)


@pytest.mark.parametrize("url", [
    "http://", "http:///w.csv", "http://a b/", "http://[::1/", "http://[x]/", "http://h:port/", "http://h:99999/",
    "http://a..b/", "http://" + "a" * 100 + ".example/", "http://ex\x00ample/", "http://\udcff/", "ftp://h/w",
    "http://\u00e4..\u00e4/", "http://h\r\nX: y/",
])
def test_what_is_no_url(url, monkeypatch):
    monkeypatch.setattr(connections.socket, "getaddrinfo",
                        lambda *rest, **more: (_ for _ in ()).throw(socket.gaierror()))
    with pytest.raises(DataError) as caught:
        network.fetch(url)
    assert "\n" not in str(caught.value)


def test_the_proxy_of_the_environment_is_used(monkeypatch):
    def proxy(connection, request):
        if request.startswith("CONNECT"):
            connection.sendall(b"HTTP/1.1 403 No\r\n\r\n")
        else:
            connection.sendall(HEAD + CSV)

    def unknown(host, *rest, **more):
        if host.endswith(".example"):
            raise socket.gaierror("no such name here")
        return found(host, *rest, **more)

    found = socket.getaddrinfo
    monkeypatch.setattr(connections.socket, "getaddrinfo", unknown)
    with server(proxy) as (url, asked):
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, url.replace("//", "//me:pw@"))
        for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert network.fetch("http://data.example/w.csv") == CSV
        refused("https://data.example/w.csv", "the proxy refuses it (403)")
        refused("http://10.0.0.1/w.csv", "on a private network", typed=False)
    assert asked[0].startswith("GET http://data.example/w.csv HTTP/1.1") and "Proxy-Authorization: Basic " in asked[0]
    assert asked[1].startswith("CONNECT data.example:443 HTTP/1.1") and len(asked) == 2
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    refused("http://data.example/w.csv", "only proxies of http are known")


def test_what_a_url_holds_is_read_as_a_file_is(monkeypatch):
    with server(saying(HEAD + CSV)) as (url, asked):
        with pytest.raises(DataError, match="--online"):
            read_matrix(url + "/w.csv")
        assert not asked
        np.testing.assert_array_equal(read_matrix(url + "/w.csv", online=True), [[1, 2], [3, 4]])
        viz = mm.visualize("A @ B", data={"A": url + "/w.csv", "B": np.eye(2)}, online=True)
        np.testing.assert_array_equal(viz.data["root.left"], [[1, 2], [3, 4]])
    with server(saying(b"HTTP/1.0 200 OK\r\n\r\n<!doctype html><title>Sign in</title>")) as (url, _):
        with pytest.raises(DataError, match="is a web page"):
            read_matrix(url, online=True)


def test_a_redirect_from_https_to_http_is_refused():
    first = web_addresses.parse_url("https://data.example/w.csv")

    class Reply:
        status, reason, headers = 302, "Found", {"Location": "http://data.example/w.csv"}

    with pytest.raises(DataError, match="redirected from https to http"):
        network._redirected(Reply(), first, first)


def test_blender_that_stays_offline_is_offline(monkeypatch):
    class Blender:
        class app:
            module, online_access = False, False

    monkeypatch.setitem(network.sys.modules, "bpy", Blender)
    refused("http://127.0.0.1:9/", "Blender is set to stay offline")
