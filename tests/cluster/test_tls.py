"""A scheduler behind TLS: who has a certificate of its authority is let in and has frames made, all others are told why
not."""
import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, ExitStack
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed")

from distributed.security import Security  # noqa: E402

from mm_blender.cli.main import main  # noqa: E402
from mm_blender.cluster import connection, tls  # noqa: E402
from mm_blender.errors import RenderError  # noqa: E402
from mm_blender.system.whole.check import is_whole  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 20.0  # that a scheduler on this machine may take to answer
ME = {"ca": "ours/ca.pem", "cert": "ours/me.pem", "key": "ours/me-key.pem"}
STRANGER = {"cert": "theirs/me.pem", "key": "theirs/me-key.pem"}
pytestmark = [pytest.mark.once, pytest.mark.outside,
              pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes certificates, is not there")]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A folder with two others, each with an authority and a certificate by it, made by the commands that
    docs/machines.md names; in that of ``ours`` a key with a passphrase, too."""
    folder = tmp_path_factory.mktemp("certificates")
    page = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    commands = re.findall("^    (openssl .*)$", page, re.M)
    for name in ("ours", "theirs"):
        (folder / name).mkdir()
        for command in commands:
            subprocess.run(shlex.split(command), cwd=folder / name, check=True, capture_output=True, timeout=120)
    subprocess.run(["openssl", "ec", "-in", "me-key.pem", "-aes128", "-passout", "pass:secret", "-out", "locked.pem"],
                   cwd=folder / "ours", check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def schedulers(files):
    """The addresses of two schedulers in this process: one behind TLS, one that is not."""
    own = {f"tls_{role}_{kind}": str(files / ME[kind]) for role in ("scheduler", "worker", "client")
           for kind in ("cert", "key")}
    with ExitStack() as held:
        yield {protocol: held.enter_context(scheduler(protocol, security)) for protocol, security in (
            ("tls", Security(require_encryption=True, tls_ca_file=str(files / ME["ca"]), **own)), ("tcp", None))}


@contextmanager
def scheduler(protocol, security):
    """The address of a scheduler that runs in a thread of this process."""
    address, started, over = [], threading.Event(), threading.Event()

    async def run():
        async with distributed.Scheduler(host="127.0.0.1", port=0, protocol=protocol, security=security,
                                         dashboard=False, dashboard_address="127.0.0.1:0") as running:
            address.append(running.address)
            started.set()
            while not over.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield address[0]
    finally:
        over.set()
        thread.join()


def reached(address, folder, **names):
    """A scheduler is reached with these files of the folder."""
    security = tls.security(address, {kind: str(folder / name) for kind, name in names.items()})
    with connection.connected(address, SECONDS, security) as client:
        return client.scheduler.address


def test_who_has_a_certificate_is_let_in(files, schedulers):
    assert reached(schedulers["tls"], files, **ME) == schedulers["tls"]


@pytest.mark.parametrize("names, words", [
    ({**ME, "ca": "theirs/ca.pem"}, r"certificate verify failed: .*; its certificate is of no authority that counts "
                                    r"here \(--tls-ca-file\)"),
    ({**ME, **STRANGER}, r"it takes no certificate of this authority \(--tls-cert\)"),
    ({}, "asks for certificates: name --tls-ca-file and --tls-cert, or have them in Dask's own configuration"),
    ({"ca": ME["ca"]}, "asks for certificates: name --tls-cert, or"),
    ({"ca": ME["ca"], "cert": ME["cert"]}, r"me.pem holds no certificate, or it no key that can be read without a "
                                           r"passphrase \(PEM\): name --tls-key$"),
    ({**ME, "key": STRANGER["key"]}, "the key in .*me-key.pem is not that of the certificate in .*me.pem"),
    ({**ME, "key": "ours/locked.pem"}, "or .*locked.pem no key that can be read without a passphrase"),
    ({**ME, "ca": ME["key"]}, "me-key.pem holds no certificate by which others are known"),
    ({**ME, "cert": "gone.pem"}, "there is no file .*gone.pem, which is named for TLS"),
    ({**ME, "ca": "."}, "is a folder, and no file"),
], ids=["another authority", "a stranger", "nothing", "no certificate", "no key", "another's key", "a locked key",
        "no authority", "no file", "a folder"])
def test_all_others_are_told_why_not(files, schedulers, names, words):
    with pytest.raises(RenderError, match=words):
        reached(schedulers["tls"], files, **names)


def test_with_and_without_tls_do_not_meet(files, schedulers):
    port = {protocol: address.rpartition(":")[2] for protocol, address in schedulers.items()}
    with pytest.raises(RenderError, match="if it is behind TLS, its address begins with tls://"):
        reached(f"tcp://127.0.0.1:{port['tls']}", files)
    with pytest.raises(RenderError, match=r"or is not behind TLS \(tcp://…\)"):
        reached(f"tls://127.0.0.1:{port['tcp']}", files, **ME)
    with pytest.raises(RenderError, match="is not reached by TLS, for which files are named: its address begins with"):
        reached(schedulers["tcp"], files, **ME)


@pytest.mark.slow
def test_a_picture_is_made_behind_tls(files, tmp_path):
    """By the commands that docs/machines.md names."""
    pytest.importorskip("bpy")
    shown = [given for kind, name in ME.items() for given in (tls.OPTIONS[kind], files / name)]
    file = ["--scheduler-file", tmp_path / "scheduler.json"]  # which the worker waits for
    with dask("scheduler", "--protocol", "tls", "--port", "0", *file, *shown) as process, \
            dask("worker", "--nthreads", "1", "--no-nanny", "--local-directory", tmp_path / "worker", *file, *shown):
        while not (file[1].exists() and file[1].read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        address = json.loads(file[1].read_text())["address"]
        assert main(["render", "L @ R", "-o", str(tmp_path / "x.png"), "--size", "64x48", "--engine", "workbench", "-q",
                     "--scheduler", address, *map(str, shown)]) == 0
    assert address.startswith("tls://127.0.0.1:") and is_whole(tmp_path / "x.png", size=(64, 48))


@contextmanager
def dask(what, *arguments):
    """A process of ``dask scheduler`` or ``dask worker``."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard"]
    with subprocess.Popen([*command, *map(str, arguments)], env={**os.environ, "PYTHONPATH": str(ROOT)},
                          cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()
