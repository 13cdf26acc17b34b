"""Who renders what: frames are handed to workers, taken back from those that are slow, unfit or gone, and put in place.

A worker has a frame that it renders and one that waits for it, so that it is never idle and a hundred thousand frames
are no burden to the scheduler. Near the end frames that wait are handed to whoever is idle, and those of a worker
that is far slower than the others are done a second time: the first picture that comes is taken.
"""
from __future__ import annotations

import hashlib
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import RenderError
from ..system import interrupts
from . import worker
from .crew import told
from .roster import CrewMember, Roster
from .shot import Shot

DEPTH = 2        # frames of a worker: the one that it renders, and the next
WAIT = 0.2       # seconds that answers are waited for, in which nobody is asked for anything
SLOW = 3.0       # times the usual seconds after which a frame is done elsewhere, too
PATIENCE = 2.0   # seconds before that
TRIES = 3        # of a frame that Blender fails at
LOSSES = 5       # workers that may end while they have a frame
USUAL = 200      # frames whose seconds tell what is usual


@dataclass
class Frame:
    """A frame that is not there yet. ``asked``: the names of the tasks that it is done by."""

    shot: Shot
    number: int
    tries: int = 0
    losses: int = 0
    done: bool = False
    asked: set[str] = field(default_factory=set)


@dataclass
class Ask:
    """A task: a frame that a worker has been asked for. ``begun``: when the worker came to it, at the earliest."""

    frame: Frame
    member: CrewMember
    begun: float


class Dispatch:
    """Hands the frames of ``shots``, which are made one after another, to the workers of a ``roster``. ``tell`` is
    called for every frame that is in its place, ``say`` with what a person should know."""

    def __init__(self, roster: Roster, shots: Iterator[Shot], tell: Callable[[], None],
                 say: Callable[[str], None]):
        self.roster, self.crew, self.tell, self.say = roster, roster.crew, tell, say
        self.shots: Iterator[Shot] | None = shots
        self.waiting: deque[Frame] = deque()
        self.asks: dict[str, Ask] = {}
        self.left: dict[int, int] = {}  # frames of a shot, by its id, that are not in their places
        self.seconds: deque[float] = deque(maxlen=USUAL)

    def run(self) -> None:
        """Do all of it. Raises RenderError where it cannot be done, and what an interrupt raises; what is done by then
        stays."""
        while True:
            interrupts.check()
            self._stock()
            if not (self.waiting or self.asks or self.shots):
                return
            for member in self.roster.look():
                self._lose(member)
            self._hand_out()
            self._hasten()
            for name, answer in self.crew.answers(WAIT):
                if not self.roster.answered(name, answer):
                    self._take(name, answer)

    # ---- what is to be done

    def _stock(self) -> None:
        """Have as many frames wait as the workers soon take, as far as there are shots."""
        while self.shots and len(self.waiting) <= DEPTH * len(self.roster.fit):
            shot = next(self.shots, None)
            if shot is None:
                self.shots = None
                return
            missing = shot.missing()
            self.left[id(shot)] = len(missing)
            self.waiting.extend(Frame(shot, number) for number in missing)
            if not missing:
                shot.finish()

    def _hand_out(self) -> None:
        """Have every worker have what it takes, the idle ones first."""
        for depth in range(1, DEPTH + 1):
            for member in self.roster.free(depth):
                if not self.waiting:
                    return
                self._ask(member, self.waiting.popleft())

    def _ask(self, member: CrewMember, frame: Frame) -> None:
        shot = frame.shot
        try:
            blend = self.crew.sent(shot.digest, shot.read)
        except (OSError, TimeoutError) as error:
            frame.losses += 1
            self._again(frame, f"its .blend cannot be sent to the workers: {told(error)}", frame.losses >= LOSSES)
            return
        name = self.crew.ask(member.address, worker.render, shot.task(frame.number), blend)
        self.asks[name] = Ask(frame, member, time.monotonic())
        frame.asked.add(name)
        self.roster.took(member, name)

    def _hasten(self) -> None:
        """Near the end: have idle workers do what waits for others, or takes these too long."""
        if self.waiting or self.shots or not (idle := self.roster.free(1)):
            return
        usual = statistics.median(self.seconds) if self.seconds else None
        now = time.monotonic()
        for name, ask in sorted(self.asks.items(), key=lambda each: each[1].begun):
            if not idle:
                return
            if len(ask.frame.asked) > 1:
                continue
            if ask.member.tasks[0] != name:
                self._withdraw(name)
            elif usual is None or now - ask.begun < max(PATIENCE, SLOW * usual):
                continue
            self._ask(idle.pop(), ask.frame)

    # ---- what comes of it

    def _take(self, name: str, answer: Any) -> None:
        """What a worker answered to a task."""
        ask = self.asks.get(name)
        if ask is None:  # withdrawn meanwhile
            return
        self._settle(name)
        frame, member = ask.frame, ask.member
        if frame.done:
            return
        if isinstance(answer, BaseException):
            frame.losses += 1
            if self.roster.failed(member, told(answer)):
                self._lose(member, blamed=False)
            self._again(frame, told(answer), frame.losses >= LOSSES)
        elif "png" in answer:
            self._place(frame, member, answer)
        elif answer.get("unfit"):
            self.roster.dismiss(member, answer["failed"])
            self._lose(member, blamed=False)
            self._again(frame)
        else:
            frame.tries += 1
            if self.roster.failed(member, answer["failed"]):
                self._lose(member, blamed=False)
            self._again(frame, answer["failed"], frame.tries >= TRIES)

    def _place(self, frame: Frame, member: CrewMember, answer: dict[str, Any]) -> None:
        """Put a picture in its place, if it is the one that the worker sent."""
        if hashlib.sha256(answer["png"]).hexdigest() != answer["digest"]:
            frame.tries += 1
            self._again(frame, f"the picture from {member.address} was damaged on its way", frame.tries >= TRIES)
            return
        frame.shot.put(frame.number, answer["png"])
        frame.done = True
        for other in list(frame.asked):
            self._withdraw(other)
        self.roster.served(member)
        self.seconds.append(answer["seconds"])
        self.tell()
        self.left[id(frame.shot)] -= 1
        if not self.left[id(frame.shot)]:
            self.crew.drop(frame.shot.digest)
            frame.shot.finish()

    def _again(self, frame: Frame, words: str = "", enough: bool = False) -> None:
        """Do a frame once more, unless another worker is at it. Raises RenderError where it was tried ``enough``."""
        if enough:
            raise RenderError(f"frame {frame.number} cannot be rendered: {words}")
        if not frame.asked and not frame.done and not any(each is frame for each in self.waiting):
            self.waiting.appendleft(frame)

    def _lose(self, member: CrewMember, blamed: bool = True) -> None:
        """A worker is gone, or is asked no more: its frames are for others. ``blamed``: the frames may be why."""
        for name in list(member.tasks):
            frame = self.asks[name].frame
            frame.losses += blamed and member.tasks[0] == name
            self._withdraw(name)
            self._again(frame, f"{LOSSES} workers have ended while they were at it: has their machine the memory that "
                               "it needs?", frame.losses >= LOSSES)

    def _withdraw(self, name: str) -> None:
        """What is asked for is no longer wanted."""
        self._settle(name)
        self.crew.forget([name])

    def _settle(self, name: str) -> None:
        """A task is over: what waits behind it begins."""
        ask = self.asks.pop(name)
        ask.frame.asked.discard(name)
        self.roster.gave(ask.member, name)
        if ask.member.tasks and ask.member.tasks[0] in self.asks:
            self.asks[ask.member.tasks[0]].begun = time.monotonic()
