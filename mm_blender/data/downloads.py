"""One download at a time in a thread of its own, which ends with its time or with an interrupt."""
from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from ..errors import DataError
from ..limits import limits
from ..system import interrupts

STALLED_S = 30        # without a sign from the other side
TICK_S = 0.2          # between looks at the clock, and for an interrupt


class Download:
    """One download: until when, how much, and what is open."""

    def __init__(self, seconds: float, size: int, shown: str):
        self.seconds, self.size, self.shown = seconds, size, shown
        self.end = time.monotonic() + seconds
        self.over = False
        self.socket: socket.socket | None = None

    @property
    def left(self) -> float:
        """Seconds until its time is over."""
        return self.end - time.monotonic()

    def hold(self, opened: socket.socket) -> socket.socket:
        """``opened``, which is closed when the download is given up. Raises OSError if it already is."""
        self.socket = opened
        if self.over:  # in the meantime
            self.close()
            raise OSError("it was given up")
        opened.settimeout(max(min(STALLED_S, self.left), TICK_S))
        return opened

    def close(self) -> None:
        """Give the download up, or end it: what waits for its socket is woken."""
        self.over = True
        if (opened := self.socket) is not None:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                opened.close()


def run_in_thread(download: Download, work: Callable[[], bytes]) -> bytes:
    """What ``work`` gives, unless its time is over before."""
    box: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((work(), None))
        except BaseException as error:  # raised where it was asked for
            box.put((None, error))

    threading.Thread(target=run, name="mm download", daemon=True).start()
    try:
        while True:
            try:
                body, error = box.get(timeout=TICK_S)
                break
            except queue.Empty:
                interrupts.check()  # one that waits since something is being built
                if download.left <= 0:
                    raise limits.error("download_seconds", f"{download.shown} takes longer to come") from None
    finally:
        download.close()
    if error is None:
        return body
    if isinstance(error, (OSError, http.client.HTTPException, ValueError)):
        raise DataError(f"{download.shown} could not be fetched: {_words(error)}") from None
    raise error


def _words(error: Exception) -> str:
    """What went wrong, as a person reads it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, (ssl.SSLEOFError, http.client.IncompleteRead)):
        return "it was cut short"
    if isinstance(error, ssl.SSLError):
        return f"the connection could not be made safe ({error.reason or 'TLS'})"
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, socket.gaierror):
        return "there is no host of that name, or no network"
    if isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError)):
        return "the server broke off"
    if isinstance(error, http.client.HTTPException):
        return "what answers is no web server"
    return str(getattr(error, "strerror", None) or error)
