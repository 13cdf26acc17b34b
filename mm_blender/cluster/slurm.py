"""Workers that Slurm starts: jobs of a worker each, by dask-jobqueue."""
from __future__ import annotations

import importlib
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import ParameterError
from .connection import check_installed, hushed

NAMES = {"partition": "queue", "account": "account", "time": "walltime", "mem": "memory", "cpus-per-task": "cores"}
USUAL = {"memory": "4GB", "cores": 1, "walltime": "01:00:00"}


def asked(options: Mapping[str, str]) -> dict[str, Any]:
    """What dask-jobqueue takes of ``options``, which are those of sbatch, without dashes: what it has no name for is a
    line of the job's script. Raises ParameterError."""
    out: dict[str, Any] = dict(USUAL)
    lines = []
    for name, value in options.items():
        if name == "cpus-per-task":
            if not value.isdecimal() or not int(value):
                raise ParameterError(f"--slurm cpus-per-task={value}: a whole number from 1 up is needed")
            out["cores"] = int(value)
        elif name in NAMES:
            out[NAMES[name]] = value
        else:
            lines.append(f"--{name}={value}" if value else f"--{name}")
    return out | {"processes": 1, "job_extra_directives": lines}


def jobqueue() -> Any:
    """The package dask-jobqueue, whose import leaves other handlers of signals than there were. Raises RenderError."""
    check_installed("dask_jobqueue")
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return importlib.import_module("dask_jobqueue")
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in former.items():
                signal.signal(number, handler)


@contextmanager
def workers(count: int, options: Mapping[str, str]) -> Iterator[Any]:
    """A Client of ``count`` workers, each a job of Slurm's with these ``options``, whose threads are its processors.
    They are cancelled in the end."""
    check_installed()
    from distributed import Client

    here = {"dashboard_address": "127.0.0.1:0"}
    with hushed(), jobqueue().SLURMCluster(**asked(options), scheduler_options=here) as cluster, \
            Client(cluster, set_as_default=False) as client:
        cluster.scale(jobs=count)
        yield client
