"""What of a machine a worker's Blender takes: processors that no other worker has, and no more memory than it may."""
import os
import sys
from contextlib import closing, ExitStack

import pytest

pytest.importorskip("distributed")

from mm_blender.cluster import cores  # noqa: E402
from mm_blender.cluster.cores import Cores  # noqa: E402
from mm_blender.cluster.rendering import BlenderProcess, Share, Unfit  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processors and memory as Linux has them")
MINE = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
BLENDER = f"""#!{sys.executable}
import json, os, sys, time
for line in sys.stdin:
    if json.loads(line)["do"] == "render":
        held = b"x" * 300_000_000
        time.sleep(60)
    print("mm_blender", json.dumps({{"processors": sorted(os.sched_getaffinity(0))}}), flush=True)
"""


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Names of processors that no worker on this machine has."""
    monkeypatch.setattr(cores, "NAME", f"\0mm_blender test {os.getpid()} {{}}")


@pytest.fixture
def eight(monkeypatch):
    """This process may use eight processors, of which one in the middle is not among them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 4, 5, 6, 7, 8})


@pytest.fixture
def blender(tmp_path):
    """A program that answers as Blender's side does, and takes 300 MB of memory when it is to render."""
    program = tmp_path / "blender"
    program.write_text(BLENDER)
    program.chmod(0o755)
    return str(program)


def test_no_two_workers_have_the_same_processor(eight):
    with ExitStack() as held:
        first, second, third = (held.enter_context(closing(Cores(3))) for _ in range(3))
        assert (first.numbers, second.numbers) == ({0, 1, 2}, {4, 5, 6})
        assert not third.numbers, "there are not as many left"
        assert held.enter_context(closing(Cores(2))).numbers == {7, 8}, "which it has not kept from others"
        first.close()  # as it ends
        assert held.enter_context(closing(Cores(2))).numbers == {0, 1}


@pytest.mark.parametrize("count", [0, 8, 20])
def test_who_may_use_all_processors_is_held_to_none(eight, count):
    with closing(Cores(count)) as all_of_them, closing(Cores(7)) as other:
        assert not all_of_them.numbers and len(other.numbers) == 7


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_processes_cannot_be_held_all_is_left(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delattr(os, "sched_getaffinity")
    with closing(Cores(1)) as none, none.kept_to():
        assert not none.numbers


@pytest.mark.skipif(len(MINE) < 2, reason="one processor")
def test_blender_is_held_to_its_processors_and_the_worker_is_not(blender, tmp_path):
    with ExitStack() as held:
        each = [held.enter_context(closing(BlenderProcess(blender, tmp_path, Share(count)))) for count in (1, 1, 0)]
        assert [process.ask("report")["processors"] for process in each] == [[MINE[0]], [MINE[1]], MINE]
        assert sorted(os.sched_getaffinity(0)) == MINE


def test_a_blender_that_takes_too_much_memory_is_ended(blender, tmp_path):
    with closing(BlenderProcess(blender, tmp_path, Share(memory=150_000_000))) as process:
        assert process.ask("report")
        with pytest.raises(Unfit, match=r"^Blender took \d+.* MB of memory, and 150.* MB are what it may take there$"):
            process.ask("render")
        assert not process.runs
