"""Workers on this machine: processes of Dask's, each with its share of the processors, or a graphics card."""
from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import warn
from ..limits import limits
from ..system import disks, writing
from ..system.memory import free_memory
from .connection import check_installed, hushed

# What tells a process which graphics cards it has, by the kind of device that Cycles renders on
CARDS = {"CUDA": "CUDA_VISIBLE_DEVICES", "OPTIX": "CUDA_VISIBLE_DEVICES", "HIP": "HIP_VISIBLE_DEVICES",
         "ONEAPI": "ZE_AFFINITY_MASK"}


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def affordable(count: int, need: int, free: int | None) -> int:
    """How many of ``count`` workers that need ``need`` bytes each have room in ``free`` bytes of memory: one at least,
    which finds out itself; None: all."""
    return count if free is None else max(1, min(count, free * limits.memory_percent // 100 // need))


def cards(kind: str, found: int, environment: Mapping[str, str]) -> list[dict[str, str]]:
    """For each of ``found`` graphics cards of a ``kind``, what a worker is told so that it renders on that alone; those
    that the ``environment`` names are told by the same names. Empty where they cannot be told apart."""
    variable = CARDS.get(kind)
    if variable is None or found < 1:
        return []
    named = [each.strip() for each in environment.get(variable, "").split(",") if each.strip()]
    return [{variable: each} for each in (named or list(map(str, range(found))))[:found]]


@contextmanager
def workers(count: int, need: int, kind: str = "CPU", found: int = 0) -> Iterator[Any]:
    """A Client of ``count`` workers which need ``need`` bytes each; they share the processors and the memory that is
    free and, where Cycles renders on a ``kind`` of device of which ``found`` are there, have a card each. Fewer are
    started, which is said (MMWarning), where there are not as many cards, or not the memory."""
    check_installed()
    from distributed import Client, Nanny, Scheduler, SpecCluster

    own = cards(kind, found, os.environ)
    fits = affordable(count, need, free_memory())
    if fits < count:
        warn(f"a worker needs about {disks.amount(need)} of memory, and {disks.amount(free_memory() or 0)} are free: "
             f"{fits} of {count} are started")
    if own and len(own) < fits:
        warn(f"there {'is' if len(own) == 1 else 'are'} {len(own)} graphics card{'s' * (len(own) > 1)} ({kind}), and "
             f"one frame at a time is rendered on each: {len(own)} of {count} workers are started")
        fits = len(own)
    threads = max(1, processors() // fits)
    memory = (free_memory() or 0) // fits  # 0: no limit, where nothing tells
    with writing.passing() as folder, hushed():
        options = {"nthreads": threads, "local_directory": str(folder), "memory_limit": memory, "dashboard": False,
                   "silence_logs": logging.CRITICAL}
        spec = {number: {"cls": Nanny, "options": {**options, "env": own[number] if own else {}}}
                for number in range(fits)}
        scheduler = {"cls": Scheduler, "options": {"host": "127.0.0.1", "port": 0, "dashboard": False,
                                                    "dashboard_address": "127.0.0.1:0"}}
        with SpecCluster(workers=spec, scheduler=scheduler, silence_logs=logging.CRITICAL) as cluster, \
                Client(cluster, set_as_default=False) as client:
            yield client
