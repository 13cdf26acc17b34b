"""The workers of a Dask scheduler, as what hands out frames needs them: who there is, asking one of them, answers.

Which worker does what is decided here and not by Dask (``dispatch``): a task is for one worker, and is given to another
by being asked anew. So a worker that nobody has looked at yet is never asked for a picture.
"""
from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future as Fetched, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any

from ..errors import RenderError

LOST = 30.0      # seconds without a scheduler after which it is gone
FETCHING = 60.0  # seconds that an answer may take to come from its worker
THREADS = 8      # that fetch answers
SEEDS = 16       # workers that a .blend is sent to: all others have it from those, as they come to need it
GONE = "the scheduler does not answer any more: what is done is kept; start it again, and the same call goes on from it"


class Crew:
    """The workers of ``client``, a Client of distributed's. To be closed."""

    def __init__(self, client: Any):
        self.client = client
        self._name, self._numbers = f"mm-{uuid.uuid4().hex[:12]}", count(1)
        self._asked: dict[str, Any] = {}   # Dask's futures, by the name of the task
        self._data: dict[str, Any] = {}
        self._answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._fetching = ThreadPoolExecutor(THREADS, "mm frames")
        self._watching = ThreadPoolExecutor(1, "mm workers")  # which waits behind no answers
        self._looking: Fetched[dict[str, Any]] | None = None
        self._known: dict[str, Any] = {}
        self._seen = time.monotonic()

    def workers(self) -> list[str]:
        """The addresses of those that there are, as it was a moment ago. Raises RenderError once the scheduler is
        gone."""
        if self._looking is not None and self._looking.done():
            with suppress(Exception):  # it is asked again
                self._known, self._seen = self._looking.result(), time.monotonic()
            self._looking = None
        if self._looking is None and self.client.status == "running":
            self._looking = self._watching.submit(self._look)
        if time.monotonic() - self._seen > LOST:
            raise RenderError(GONE)
        return [address for address, each in self._known.items() if each.get("status", "running") == "running"]

    def _look(self) -> dict[str, Any]:
        return dict(self.client.scheduler_info(n_workers=-1)["workers"])

    def ask(self, address: str, work: Callable[..., Any], *given: Any) -> str:
        """Have the worker at ``address`` do ``work``, one of ``worker``'s functions; the name of the task."""
        name = f"{self._name}-{next(self._numbers)}"
        with self._told():
            future = self.client.submit(work, *given, key=name, workers=[address], pure=False, retries=0)
        self._asked[name] = future
        future.add_done_callback(lambda _: self._fetching.submit(partial(self._fetch, name)))
        return name

    def _fetch(self, name: str) -> None:
        """Put the answer to a task where ``answers`` finds it: what the worker returned, or an exception."""
        future = self._asked.get(name)
        if future is None:
            return
        try:
            answer = future.result(timeout=FETCHING)
        except BaseException as error:  # of Dask, or of what the worker could not even begin
            answer = error
        self._answers.put((name, answer))

    def answers(self, seconds: float) -> Iterator[tuple[str, Any]]:
        """The answers that are there, after waiting so long at most for one: the names of tasks, and what came."""
        with suppress(queue.Empty):
            yield self._settled(self._answers.get(timeout=seconds))
            while True:
                yield self._settled(self._answers.get_nowait())

    def _settled(self, answered: tuple[str, Any]) -> tuple[str, Any]:
        self._asked.pop(answered[0], None)  # so that the worker need not keep it
        if isinstance(answered[1], BaseException):
            self._check()
        return answered

    def _check(self) -> None:
        """Raise RenderError where the client has given the scheduler up: what it says of workers then is not their
        fault."""
        if self.client.status in ("closing", "closed"):
            raise RenderError(GONE)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever Dask raises meanwhile because the scheduler is gone is said in words."""
        try:
            yield
        except Exception:
            self._check()
            raise

    def forget(self, names: list[str]) -> None:
        """Have tasks no longer be done, or their answers be dropped."""
        futures = [future for name in names if (future := self._asked.pop(name, None)) is not None]
        if futures and self.client.status == "running":
            with suppress(Exception):
                self.client.cancel(futures, force=True)

    def sent(self, digest: str, read: Callable[[], bytes]) -> Any:
        """What stands for the .blend of this ``digest`` among what a worker is given: ``read`` and sent once, and then
        from worker to worker. To have Dask send it to a thousand at once would keep the scheduler busy for minutes."""
        held = self._data.get(digest)
        if held is None or held.status not in ("finished", "pending"):
            name = f"{self._name}-{digest[:16]}-{next(self._numbers)}"
            with self._told():
                held = self._data[digest] = self.client.scatter({name: read()}, broadcast=SEEDS)[name]
        return held

    def drop(self, digest: str) -> None:
        """No worker needs the .blend of this ``digest`` any longer."""
        self._data.pop(digest, None)

    def close(self) -> None:
        """Leave nothing to be done."""
        self.forget(list(self._asked))
        self._data.clear()
        self._fetching.shutdown(wait=False, cancel_futures=True)
        self._watching.shutdown(wait=False, cancel_futures=True)


def told(error: BaseException) -> str:
    """What went wrong with a task, in words: an exception of Dask's, or one that the worker raised."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("mm_blender"):
        return "mm_blender is not installed there: pip install 'mm-blender[bpy,distributed]' in the workers' Python"
    text = " ".join(str(error).split())
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ModuleNotFoundError):
        return told(cause)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
