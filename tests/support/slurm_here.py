"""A Slurm of one node on this machine, for one test: its own munged, slurmctld and slurmd, on ports of its own."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")
PATIENCE = 60  # seconds for all to start, and for a job
CONF = """
ClusterName=mm
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=here Nodes={host} Default=YES MaxTime=10 State=UP
"""


@dataclass(frozen=True)
class Cluster:
    """``environment``: in which ``sbatch`` finds it."""

    environment: dict[str, str]
    folder: Path

    def ask(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30).stdout.strip()

    def wait(self) -> None:
        """Until no job is left."""
        until(lambda: self.ask("squeue", "-h", "-o", "%i %T") == "", "the jobs", self.folder)

    def said(self, folder: Path) -> str:
        """What the jobs of ``folder`` wrote, for the message of a test."""
        return "\n".join(f"{path.name}:\n{path.read_text()[-800:]}" for path in sorted(folder.glob("*.log")))


@contextmanager
def running(environment: dict[str, str]):
    """A Slurm in ``environment``; all of it is gone afterwards. Skips the test where it is not installed."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    programs = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if missing := [name for name, found in programs.items() if not found]:
        pytest.skip(f"Slurm is not installed: {', '.join(missing)} not found (apt-get install slurm-wlm)")
    with tempfile.TemporaryDirectory(prefix="mm-slurm-") as name, ExitStack() as stack:  # sockets have short names
        folder = Path(name)
        for inside in ("state", "spool"):
            (folder / inside).mkdir()
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        host = socket.gethostname().partition(".")[0]
        control, node = free_ports(2)
        conf = folder / "slurm.conf"
        conf.write_text(CONF.format(host=host, control=control, node=node, folder=folder, user=user()))
        cluster = Cluster(environment | {"SLURM_CONF": str(conf)}, folder)
        files = ("key", "socket", "pid", "log", "seed")
        commands = {"munged": ["--foreground", "--force", "--num-threads=1",
                               *(f"--{each}-file={folder}/munge.{each}" for each in files if each != "socket"),
                               f"--socket={folder}/munge.socket"],
                    "slurmctld": ["-D", "-f", conf], "slurmd": ["-D", "-f", conf]}
        for program, arguments in commands.items():
            log = stack.enter_context(open(folder / f"{program}.out", "wb"))
            daemon = subprocess.Popen([programs[program], *arguments], env=cluster.environment, stdout=log, stderr=log,
                                      stdin=subprocess.DEVNULL)
            stack.callback(end, daemon)
            if program == "munged":
                until((folder / "munge.socket").exists, "munged", folder)
        until(lambda: cluster.ask("sinfo", "-h", "-o", "%t") == "idle", "Slurm", folder)
        stack.callback(cluster.ask, "scancel", "--quiet", "--user", user())
        yield cluster


def end(daemon: subprocess.Popen) -> None:
    daemon.terminate()
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def until(done, what: str, folder: Path) -> None:
    """Wait until ``done()``."""
    last = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > last:
            said = "\n".join(f"{path.name}: {path.read_text()[-600:]}" for path in folder.glob("*.out"))
            raise AssertionError(f"{what} took longer than {PATIENCE} s\n{said}")
        time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
