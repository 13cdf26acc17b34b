"""The roster: which workers there are, what each says of itself, and which are asked for frames.

A worker is asked what it is before it is asked for anything else, those that come later too. One that would give other
pictures, has no room, or fails again and again has no part in the job, which is said.
"""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import RenderError
from ..system import interrupts
from . import versions, worker
from .crew import Crew, told

FAILURES = 4      # in a row, of a worker that is asked no more
LOOK = 0.5        # seconds between two looks at who is there, and more where there are many
SAID = 3.0        # seconds without workers after which that is said
RETURN = 10.0     # that a worker that has ended has to be started again, where all others are asked no more
STRAGGLERS = 30.0  # seconds that those who are there have to say what they are, before others begin


@dataclass
class CrewMember:
    """A worker. ``report``: what it is, None until it has said so. ``tasks``: what it was asked for, in this order."""

    address: str
    report: dict[str, Any] | None = None
    tasks: list[str] = field(default_factory=list)
    failures: int = 0


@dataclass(frozen=True)
class Terms:
    """Who may have a part in a job: as ``here``, this machine's own report, in pictures by these ``means``, unless they
    may be ``mixed``. ``seconds``: how long the job goes on without any worker."""

    means: worker.Means
    here: versions.Report
    mixed: bool
    seconds: float


class Roster:
    """The workers of ``crew`` on these ``terms``. ``say`` is called with what a person should know."""

    def __init__(self, crew: Crew, terms: Terms, say: Callable[[str], None]):
        self.crew, self.terms, self.say = crew, terms, say
        self.members: dict[str, CrewMember] = {}  # all that there are
        self.fit: dict[str, CrewMember] = {}      # that are asked for frames
        self.out: dict[str, str] = {}         # why others are not
        self._reports: dict[str, CrewMember] = {}
        self._wanted: dict[str, Any] | None = None
        self._looked, self._idle_since, self._said, self._begun = 0.0, time.monotonic(), False, False

    def gather(self) -> None:
        """Wait for workers, and find out which of them can have a part. Raises RenderError where none has in time."""
        begun = time.monotonic()
        while self._wanted is None or not self.fit:
            interrupts.check()
            self.look()
            for name, answer in self.crew.answers(0.1):
                self.answered(name, answer)
            all_said = not self._reports or time.monotonic() - begun > STRAGGLERS
            if self._wanted is None and all_said and any(each.report for each in self.members.values()):
                self._choose()
        self._begun = True

    def look(self) -> list[CrewMember]:
        """See who is there; those who had a part and are gone. Raises RenderError where nobody has had one for too
        long."""
        now = time.monotonic()
        if now - self._looked < max(LOOK, len(self.members) / 200):
            return []
        self._looked, there = now, set(self.crew.workers())
        for address in there - set(self.members) - set(self.out):
            self.members[address] = member = CrewMember(address)
            self._reports[self.crew.ask(address, worker.report, self.terms.means)] = member
        gone = [self.members.pop(address) for address in set(self.members) - there]
        for name in [name for name, member in self._reports.items() if member.address not in there]:
            del self._reports[name]
        lost = [member for member in gone if self.fit.pop(member.address, None)]
        self._mind(now)
        return lost

    def _mind(self, now: float) -> None:
        """Say that nobody is there, and in the end raise RenderError."""
        if self.fit:
            self._idle_since, self._said = now, False
            return
        waited = now - self._idle_since
        if self.out and not self.members and waited > (RETURN if self._begun else 0):
            raise RenderError(f"no worker can render this: {versions.gathered(self.out)}")
        if waited > self.terms.seconds:
            why = f" ({versions.gathered(self.out)})" if self.out else ""
            raise RenderError(f"no worker that can render this has come in {self.terms.seconds:.0f} seconds{why}: "
                              "start some, or wait longer (timeout=, --timeout)")
        if waited > SAID and not self._said and not self.members:
            self.say(f"there are no workers; waiting for some, {self.terms.seconds:.0f} seconds at most")
            self._said = True

    # ---- what they say of themselves

    def answered(self, name: str, answer: Any) -> bool:
        """Take in what a worker says of itself, if ``name`` is the task that asked that."""
        member = self._reports.pop(name, None)
        if member is None:
            return False
        member.report = {"failed": told(answer)} if isinstance(answer, BaseException) else answer
        if self._wanted is not None:
            self._decide(member)
        return True

    def _choose(self) -> None:
        """Decide on what the pictures are to look like, and so on all who are there."""
        able = [member for member in self.members.values() if member.report and "failed" not in member.report]
        device = versions.device_of([member.report for member in able if member.report], str(self.terms.here["device"]))
        self._wanted = {**self.terms.here, "device": device}
        for member in list(self.members.values()):
            if member.report is not None:
                self._decide(member, quietly=True)
        if self.out and self.fit:
            self.say(f"these have no part in it: {versions.gathered(self.out)}")
        reports = {address: member.report for address, member in self.fit.items() if member.report}
        for each in versions.differences(reports, self.terms.here):
            self.say(each)

    def _decide(self, member: CrewMember, quietly: bool = False) -> None:
        """Have a worker that has said what it is take part, or not."""
        assert self._wanted is not None and member.report is not None
        cycles = self.terms.means.engine == "cycles"
        why = versions.refused(member.report, self._wanted, cycles, self.terms.mixed)
        if why:
            self._leave_out(member, why, quietly)
        else:
            self.fit[member.address] = member

    def _leave_out(self, member: CrewMember, why: str, quietly: bool = False) -> None:
        self.out[member.address] = why
        self.fit.pop(member.address, None)
        self.members.pop(member.address, None)
        if not quietly:
            self.say(f"the worker {member.address} is asked no more: {why}")

    # ---- what they have

    def free(self, depth: int) -> list[CrewMember]:
        """Those that have less than ``depth`` frames."""
        return [member for member in self.fit.values() if len(member.tasks) < depth]

    def took(self, member: CrewMember, name: str) -> None:
        """A worker was asked for a frame."""
        member.tasks.append(name)

    def gave(self, member: CrewMember, name: str) -> None:
        """It has that no longer."""
        member.tasks.remove(name)

    def served(self, member: CrewMember) -> None:
        """It has rendered a frame."""
        member.failures = 0

    def failed(self, member: CrewMember, why: str) -> bool:
        """It has failed at a frame; whether it is asked no more."""
        member.failures += 1
        if member.failures < FAILURES:
            return False
        self._leave_out(member, f"it has failed {FAILURES} times in a row, at last with: {why}")
        return True

    def dismiss(self, member: CrewMember, why: str) -> None:
        """It is asked no more."""
        self._leave_out(member, why)
