"""The client of a scheduler that runs elsewhere, and what goes wrong on the way to it, in words."""
from __future__ import annotations

import gc
import importlib.util
import logging
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import RenderError, warn
from ..system import quiet

SECONDS = 15.0  # that a scheduler has to answer
MORE = 5.0  # seconds beyond its own time that a client has to give up
EXTRA = "pip install 'mm-blender[distributed]'"


def check_installed(module: str = "distributed") -> None:
    """Raise RenderError where a part of Dask is missing."""
    if importlib.util.find_spec(module) is None:
        raise RenderError(f"this needs Dask's {module.replace('_', '-')}: {EXTRA}")


@contextmanager
def connected(address: str, seconds: float, security: Any) -> Iterator[Any]:
    """A Client of the scheduler at ``address``, reached in so many ``seconds``, with the certificates of ``security``
    (``tls``). Raises RenderError."""
    check_installed()
    client = _made(address, seconds, security)
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=MORE)


def _made(address: str, seconds: float, security: Any) -> Any:
    """The Client. It is made in a thread of its own: who listens there may be no scheduler, and say nothing."""
    with _collected():
        made, said = _tried(address, seconds, security)
    if not made:
        raise RenderError(f"the scheduler {address} does not answer: something listens there that is no scheduler of "
                          f"Dask's, or is too busy for {seconds:.0f} seconds")
    if isinstance(made[0], BaseException):
        raise RenderError(f"the scheduler {address} cannot be reached: {_reason(made[0], address)}") from None
    for each in said:
        warn(f"the scheduler or workers have other versions: {' '.join(each.split())}")
    return made[0]


@contextmanager
def _collected() -> Iterator[None]:
    """Meanwhile no garbage is collected, but before. A Client that could not be made closes as it is collected, and
    where that comes while another is made (distributed 2026.8), both wait for one lock for ever."""
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _tried(address: str, seconds: float, security: Any) -> tuple[list[Any], list[str]]:
    """The Client, or the error that it ended with, unless it is still being made; and what was said of versions."""
    made: list[Any] = []
    said: list[str] = []

    def make() -> None:
        from distributed import Client

        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                made.append(Client(address, timeout=seconds, security=security, set_as_default=False,
                                   name="mm-blender"))
            said.extend(str(each.message) for each in caught if "version" in type(each.message).__name__.lower())
        except BaseException as error:  # whatever somebody's server makes of it
            made.append(error)

    with hushed():
        maker = threading.Thread(target=make, daemon=True, name="mm connecting")
        maker.start()
        maker.join(seconds + MORE)
    return made, said


def _reason(error: BaseException, address: str) -> str:
    """Why there is no connection: of errors that led to each other the first one that says something."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    why = next(filter(None, (" ".join(f"{each}".split()) for each in reversed(chain))), type(error).__name__)
    return f"{why}; {_advice(chain, address)}"


def _advice(chain: list[BaseException], address: str) -> str:
    """What to do about errors that led to each other."""
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in chain):
        return "its certificate is of no authority that counts here (--tls-ca-file)"
    nobody = (ConnectionRefusedError, socket.gaierror, TimeoutError, ValueError)
    closed = not any(isinstance(each, nobody) for each in chain) or any("SSL" in f"{each}" for each in chain)
    if address.startswith("tls://") and closed:
        return "it takes no certificate of this authority (--tls-cert), or is not behind TLS (tcp://…)"
    if address.startswith("tcp://") and closed:
        return "if it is behind TLS, its address begins with tls://"
    return "an address is tcp://host:8786 or tls://host:8786, as the scheduler prints it"


@contextmanager
def hushed() -> Iterator[None]:
    """Meanwhile Dask does not log to the terminal what we say in words, unless all is let through."""
    logger = logging.getLogger("distributed")
    former = logger.level
    if not quiet.is_off():
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(former)
