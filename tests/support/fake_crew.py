"""Workers that are none: what they answer is worked out here, at once or after some looks."""
import hashlib
from collections import Counter, deque

from mm_blender.cluster import worker
from mm_blender.cluster.shot import Blend, Shot
from mm_blender.version import __version__

MEANS = worker.Means("cycles", "auto", None)
HERE = {"blender": "5.0.1", "hash": "abc", "denoiser": True, "device": "CPU", "system": "Linux x86_64",
        "distributed": "1", "python": "3.11"}


def report(**other):
    return {**HERE, "mm_blender": __version__, "host": "here", **other}


def picture(task):
    data = f"frame {task.frame}".encode()
    return {"png": data, "digest": hashlib.sha256(data).hexdigest(), "seconds": 0.01, "peak": 1}


class FakeCrew:
    """``reports`` of workers by their addresses; ``renders``: what one does with a task in place of rendering it: an
    answer, an exception, or None, to which it never comes."""

    def __init__(self, reports, renders=None):
        self.reports, self.renders = dict(reports), renders or {}
        self.asked = Counter()     # frames of each worker
        self.forgotten, self.sent_out, self.dropped = [], Counter(), []
        self._answers = deque()
        self.on_answer = lambda: None

    def workers(self):
        return list(self.reports)

    def ask(self, address, work, *given):
        name = f"task {sum(self.asked.values())} {work.__name__} {address}"
        self.asked[address, work.__name__] += 1
        if work is worker.report:
            answer = self.reports[address]
        else:
            answer = self.renders.get(address, picture)(given[0])
        if answer is not None:
            self._answers.append((name, answer))
        return name

    def answers(self, seconds):
        self.on_answer()
        while self._answers:
            yield self._answers.popleft()

    def forget(self, names):
        self.forgotten += names
        self._answers = deque(each for each in self._answers if each[0] not in names)

    def sent(self, digest, read):
        self.sent_out[digest] += 1
        return digest

    def drop(self, digest):
        self.dropped.append(digest)


class FakeShot(Shot):
    """Frames that are kept by their numbers."""

    def __init__(self, numbers, digest="d"):
        super().__init__(Blend(None, digest, "scene", 1), (8, 8), MEANS)
        self.numbers, self.held, self.finished = list(numbers), {}, 0

    def read(self):
        return b"a .blend"

    def missing(self):
        return self.numbers

    def put(self, number, data):
        assert number not in self.held, "twice"
        self.held[number] = data

    def finish(self):
        self.finished += 1

    def make(self):
        pass
