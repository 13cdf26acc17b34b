"""The certificates that a scheduler behind TLS is shown: looked at before it is called; what is amiss is said."""
from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from ..data.files import open_regular
from ..errors import DataError, RenderError
from .connection import check_installed

FIELDS = {"ca": "tls_ca_file", "cert": "tls_client_cert", "key": "tls_client_key"}
OPTIONS = {"ca": "--tls-ca-file", "cert": "--tls-cert", "key": "--tls-key"}


def security(address: str, files: Mapping[str, str]) -> Any:
    """What distributed takes as ``security`` for the scheduler at ``address``; None where that is not reached by TLS.
    ``files``: the paths of ``ca`` (whose certificates count), ``cert`` and ``key`` (our own one, and its key); what is
    not there is as Dask's own configuration has it. Raises RenderError."""
    if not address.startswith("tls://"):
        if files:
            raise RenderError(f"the scheduler {address} is not reached by TLS, for which files are named: its address "
                              "begins with tls://")
        return None
    check_installed()
    from distributed.security import Security

    found = Security(require_encryption=True, **{FIELDS[name]: path for name, path in files.items()})
    lacking = [OPTIONS[name] for name in ("ca", "cert") if not getattr(found, FIELDS[name])]
    if lacking:
        raise RenderError(f"the scheduler {address} asks for certificates: name {' and '.join(lacking)}, or have them "
                          "in Dask's own configuration")
    named = [getattr(found, field) for field in FIELDS.values()]
    if not any("\n" in each for each in named if each):  # which is no path, but the text itself
        _check(*named)
    return found


def _check(ca: str, cert: str, key: str | None) -> None:
    """Raise RenderError unless these are files that a client needs, which are of one another."""
    for path in filter(None, (ca, cert, key)):
        _check_readable(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError:
        raise RenderError(f"{ca} holds no certificate by which others are known (PEM)") from None
    try:
        context.load_cert_chain(cert, key, password=lambda: "")  # else the terminal is asked, more than once
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise RenderError(f"the key in {key or cert} is not that of the certificate in {cert}") from None
        name = "" if key else f": name {OPTIONS['key']}"
        raise RenderError(f"{cert} holds no certificate, or {key or 'it'} no key that can be read without a passphrase "
                          f"(PEM){name}") from None


def _check_readable(path: str) -> None:
    try:
        open_regular(path).close()
    except FileNotFoundError:
        raise RenderError(f"there is no file {path}, which is named for TLS") from None
    except DataError as error:
        raise RenderError(f"{error}") from None
