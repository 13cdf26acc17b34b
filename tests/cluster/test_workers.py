"""Real workers: a scheduler and three processes on the loopback, small Workbench frames of a sweep.

With MM_TEST_LONG=1 a worker is killed in twenty runs and not in two.
"""
import gc
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")
distributed = pytest.importorskip("distributed")

import mm_blender as mm  # noqa: E402
from fake_crew import FakeShot  # noqa: E402
from full_disk import little_room, small_disk  # noqa: E402, F401
from mm_blender.cluster import connection, job, local, pictures, worker  # noqa: E402
from mm_blender.cluster.crew import Crew  # noqa: E402
from mm_blender.cluster.dispatch import Dispatch  # noqa: E402
from mm_blender.cluster.roster import Roster, Terms  # noqa: E402
from mm_blender.errors import MMWarning, RenderError  # noqa: E402
from sleeping_workers import sleeping  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.outside]
ROOT = Path(__file__).resolve().parents[2]
SIZE, LAST = (64, 48), 60
KILLS = 20 if os.environ.get("MM_TEST_LONG") else 2
PATIENCE = 300  # seconds that workers, on a machine that is busy with more, may take to start or to make a first frame
HOW = dict(size=SIZE, samples=5, engine="workbench", progress=False)
SCENE = """
import bpy, mm_blender as mm
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
viz = mm.visualize("L @ R", settings={"anim.alg": "mvprod", "L.h": 5, "L.w": 5, "R.w": 12},
                   look="unlit", frames_per_step=5)
"""
DYING = """
import os, signal
from mm_blender.cluster import pictures
put, numbers = pictures._put, []
def dying(new, data, size):  # kill -9, which nothing can answer, in the middle of the sixth frame
    numbers.append(new)
    if len(numbers) > 5:
        new.write(data[:9])
        os.kill(os.getpid(), signal.SIGKILL)
    put(new, data, size)
pictures._put = dying
"""


@pytest.fixture(scope="module")
def cluster(one):
    """A Client of three workers, in a process that renders nothing itself from then on."""
    with local.workers(3, 1) as client:
        client.wait_for_workers(3, timeout=PATIENCE)
        yield client
        gc.collect()  # Clients that were never made close as they are collected, which must not come within another's


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The frames as one process renders them, and what they are of."""
    held = {}
    exec(SCENE, held)
    folder = tmp_path_factory.mktemp("one") / "frames"
    held["viz"].render(folder, frames=(1, LAST), **HOW)
    return held["viz"], {path.name: path.read_bytes() for path in folder.glob("*.png")}


def in_a_process(line: str) -> None:
    """Run ``line`` in another process, in which there is the same ``viz``."""
    subprocess.run([sys.executable, "-c", SCENE + line], cwd=ROOT, check=True, timeout=300,
                   env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)


def frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def distributed_to(client, viz, path, **more):
    return mm.render_distributed(viz, path, client=client, **{**HOW, "frames": (1, LAST), "timeout": PATIENCE, **more})


@pytest.fixture
def puts(monkeypatch):
    """The numbers of the frames that are put in their places."""
    out, put = [], pictures.Movie.put
    monkeypatch.setattr(pictures.Movie, "put", lambda self, number, data: (out.append(number), put(self, number, data)))
    return out


def test_three_workers_make_what_one_process_does(cluster, one, puts, tmp_path):
    viz, expected = one
    made = distributed_to(cluster, viz, tmp_path / "movie")
    assert len(expected) == LAST and frames(Path(made)) == expected and sorted(puts) == list(range(1, LAST + 1))
    assert not list(tmp_path.glob(".mm-*")) and not cluster.futures
    # what one process began a cluster goes on with, and the other way round
    del puts[:]
    for number in range(10, 21):
        (made / f"frame_{number:04d}.png").unlink()
    in_a_process(f"viz.render({str(made)!r}, frames=(1, {LAST}), **{HOW!r})")
    assert not puts and frames(Path(made)) == expected
    (made / "frame_0033.png").write_bytes(expected["frame_0033.png"][:-9])
    distributed_to(cluster, viz, made)
    assert puts == [33] and frames(Path(made)) == expected


def test_a_worker_killed_at_random_moments(cluster, one, puts, tmp_path):
    viz, expected = one
    chance, lost = random.Random(4), []
    for number in range(KILLS):
        def kill(after):
            time.sleep(after)
            processes = cluster.run(os.getpid)
            if processes:
                os.kill(chance.choice(sorted(processes.values())), signal.SIGKILL)
                lost.append(number)

        del puts[:]
        killer = threading.Thread(target=kill, args=(chance.uniform(0.1, 2.5),))
        killer.start()
        made = distributed_to(cluster, viz, tmp_path / f"killed{number}")
        killer.join()
        assert sorted(puts) == list(range(1, LAST + 1)), "nothing lost, nothing doubled"
        assert frames(Path(made)) == expected
        shutil.rmtree(made)
        cluster.wait_for_workers(3, timeout=PATIENCE)  # the nanny starts another
    assert len(lost) == KILLS


def test_a_client_that_was_killed_goes_on_with_what_is_missing(cluster, one, puts, tmp_path):
    viz, expected = one
    folder = tmp_path / "movie"
    script = SCENE + DYING + (
        "from distributed import Client\n"
        f"client = Client({cluster.scheduler.address!r}, set_as_default=False, timeout={PATIENCE})\n"
        f"mm.render_distributed(viz, {str(folder)!r}, client=client, frames=(1, {LAST}), **{HOW!r})\n")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL, timeout=PATIENCE,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == -signal.SIGKILL and list(folder.glob(".mm-*"))
    before = {path: path.stat().st_mtime_ns for path in folder.glob("frame_*.png")}
    assert len(before) == 5
    distributed_to(cluster, viz, folder)
    assert sorted(puts) == [number for number in range(1, LAST + 1)
                            if folder / f"frame_{number:04d}.png" not in before]
    assert all(path.stat().st_mtime_ns == was for path, was in before.items()) and frames(folder) == expected
    assert not list(folder.glob(".mm-*"))  # what the killed one left


def test_a_full_disk_moves_frames_elsewhere(cluster, one, small_disk, tmp_path):  # noqa: F811
    if not os.path.ismount(small_disk):
        pytest.skip("no disk can be mounted here that is so small that it fills up")
    viz, expected = one
    with little_room(small_disk, 32_000), another_worker(cluster, small_disk) as address, said() as words:
        made = distributed_to(cluster, viz, tmp_path / "movie")
    assert frames(Path(made)) == expected
    assert [each for each in words if f"the worker {address} is asked no more: a frame cannot be written: the disk at "
            f"{small_disk} is full" in each] and len(words) == 1


@contextmanager
def another_worker(client, folder: Path, *options: str):
    """The address of one more worker, which has its folder there."""
    before = set(client.scheduler_info(n_workers=-1)["workers"])
    command = [sys.executable, "-m", "distributed.cli.dask_worker", client.scheduler.address, "--no-nanny",
               "--no-dashboard", "--nthreads", "1", "--local-directory", folder, *options]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + PATIENCE
            while not (new := set(client.scheduler_info(n_workers=-1)["workers"]) - before):
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.1)
            yield new.pop()
        finally:
            process.kill()


@contextmanager
def said():
    """What is said meanwhile."""
    words: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield words
    words += [str(each.message) for each in caught if issubclass(each.category, MMWarning)]


def test_stills_and_movies_are_one_job(cluster, one, tmp_path):
    viz, expected = one
    how = {**HOW, "client": cluster, "timeout": PATIENCE}
    stills = [(viz, tmp_path / f"still{number}.png") for number in range(3)]
    made = mm.render_distributed(stills, **how)
    in_a_process(f"viz.render({str(tmp_path / 'here.png')!r}, **{HOW!r})")
    assert [path.name for path in made] == [f"still{number}.png" for number in range(3)]
    assert {path.read_bytes() for path in made} == {(tmp_path / 'here.png').read_bytes()}
    movie = distributed_to(cluster, viz, tmp_path / "few.webm", frames=(1, 4), codec="vp9",
                           poster=tmp_path / "last.png")
    assert movie.stat().st_size > 1000 and len(frames(tmp_path / "few.frames")) == 4
    assert (tmp_path / "last.png").read_bytes() == frames(tmp_path / "few.frames")["frame_0004.png"]
    with pytest.raises(RenderError, match="there is no codec 'x'"):
        distributed_to(cluster, viz, tmp_path / "few.webm", codec="x")


def test_a_wrong_version_is_refused_in_words(cluster, one, tmp_path, monkeypatch):
    viz, _ = one
    found = job.here
    monkeypatch.setattr(job, "here", lambda *given: {**found(*given), "blender": "4.2.0"})
    with pytest.raises(RenderError, match=r"no worker can render this: 3 workers .*: Blender is \d.* there, not 4.2.0"):
        distributed_to(cluster, viz, tmp_path / "movie")
    with said() as words:
        distributed_to(cluster, viz, tmp_path / "movie", frames=(1, 2), allow_mixed=True)
    assert any(each.startswith("Blender is 4.2.0 here, and of the workers") for each in words)


def test_a_program_that_is_no_blender_ends_in_words(cluster, one, tmp_path):
    viz, _ = one
    with pytest.raises(RenderError, match="the Blender /no/such cannot be started: No such file or directory"):
        distributed_to(cluster, viz, tmp_path / "movie", blender="/no/such")
    with pytest.raises(RenderError, match="no worker can render this: .*Blender ended with status 1"):
        distributed_to(cluster, viz, tmp_path / "movie", blender="/bin/false")


@pytest.mark.blender
def test_a_blender_by_its_path(cluster, one, tmp_path):
    viz, expected = one
    made = distributed_to(cluster, viz, tmp_path / "movie", frames=(1, 6), blender=os.environ["BLENDER"],
                          allow_mixed=True)
    assert frames(Path(made)).keys() == set(sorted(expected)[:6])


def test_ctrl_c_keeps_frames_and_cancels_the_rest(cluster, one, tmp_path):
    viz, _ = one

    def interrupt():
        end = time.monotonic() + PATIENCE
        while not frames(tmp_path / "movie") and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        threading.Thread(target=interrupt).start()
        with said() as words, pytest.raises(KeyboardInterrupt):
            distributed_to(cluster, viz, tmp_path / "movie", frames=(1, 1000))
    finally:
        signal.signal(signal.SIGINT, former)
    assert 0 < len(frames(tmp_path / "movie")) < 1000 and not cluster.futures
    assert words == ["interrupted: the frames that are done are kept: the same call goes on from them"]


def test_tasks_cost_little(cluster):
    """What scheduler and client, which are this process, compute for a frame, with workers that sleep: less than 30 ms.
    """
    means = worker.Means("cycles", "auto", None)
    shot = FakeShot(range(300))
    monkey = pytest.MonkeyPatch()
    monkey.setattr(worker, "render", sleeping)
    with monkey.context(), closing(Crew(cluster)) as crew:
        hands = Roster(crew, Terms(means, {"device": "CPU"}, True, PATIENCE), lambda words: None)
        hands.gather()
        begun = time.process_time()
        Dispatch(hands, iter([shot]), lambda: None, lambda words: None).run()
        seconds = time.process_time() - begun
    monkey.undo()
    each = seconds / len(shot.numbers)
    print(f"{1000 * each:.1f} ms a frame")
    assert each < 0.03


# ---- schedulers that are none

@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64], ids=["silent", "web",
                                                                                                   "noise"])
def test_who_listens_there_is_no_scheduler(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            with suppress(OSError):
                while True:
                    connection_, _ = server.accept()
                    held.append(connection_)
                    if answer:
                        connection_.sendall(answer)

        held: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(RenderError, match="the scheduler tcp://127.0.0.1.* (cannot be reached|does not answer)"):
            with connection.connected(f"tcp://127.0.0.1:{server.getsockname()[1]}", 2.0, None):
                pass
        for each in held:
            each.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://no.such.host.invalid:8786", "",
                                     "http://127.0.0.1:1"])
def test_an_address_where_nobody_is(address):
    with pytest.raises(RenderError, match="cannot be reached|does not answer"):
        with connection.connected(address, 1.0, None):
            pass
