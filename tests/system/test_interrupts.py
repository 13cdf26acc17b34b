"""Interrupts: when they act, what they leave, and how a process ends on them."""
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mm_blender.system import interrupts, strays, watching

ROOT = Path(__file__).resolve().parents[2]
ON_TIME = 6.0  # seconds; alone it takes less than one, but tests may run many at once


@pytest.fixture(autouse=True)
def no_second_one_ends_these_tests(monkeypatch):
    """As it would a script's process."""
    monkeypatch.setattr(watching, "AGAIN", float("inf"))


@pytest.fixture(autouse=True)
def what_the_tests_send_is_not_ignored():
    """As it is in what a shell starts in the background or with nohup, and in what that starts."""
    former = {number: signal.signal(number, handler) for number, handler in (
        (signal.SIGINT, signal.default_int_handler), *((getattr(signal, name), signal.SIG_DFL) for name in (
            "SIGTERM", "SIGHUP") if hasattr(signal, name)))}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def press() -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


# ---- when they act

def test_an_interrupt_waits_until_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts.deferred():
            with interrupts.deferred():
                press()
            done.append("the inner end is none")
            assert interrupts.waits()
    assert done and not interrupts.waits()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_acts_where_all_can_be_given_back_and_the_second_waits():
    given_back = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts.deferred():
            try:
                press()
                interrupts.check()
                given_back.append("never")
            finally:
                press()  # while the first passes through
                given_back.append("all")
    assert given_back == ["all"]


def test_an_interrupt_acts_at_once_within_what_may_be_left():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts.deferred():
            try:
                with interrupts.allowed():
                    press()
                    done.append("never")
            finally:
                press()
                done.append("given back")
    assert done == ["given back"]
    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        press()
        with interrupts.allowed():  # one that waits acts here
            done.append("never")
    assert done == ["given back"]


def test_an_error_does_not_swallow_an_interrupt():
    with pytest.raises(KeyboardInterrupt) as told:
        with interrupts.deferred():
            press()
            raise ValueError
    assert isinstance(told.value.__context__, ValueError)


def test_a_handler_of_the_persons_own_is_called_later(monkeypatch):
    seen = []
    former = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with interrupts.deferred():
            signal.raise_signal(signal.SIGTERM)
            assert not seen
            interrupts.check()
            assert seen == [signal.SIGTERM]
            signal.raise_signal(signal.SIGTERM)
        assert seen == [signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, former)


def test_what_is_seen_late_counts_as_it_did_when_it_came(monkeypatch):
    """Also within the next time that interrupts wait, where the same signal would be fatal."""
    def slow(number):
        time.sleep(0.2)
        seen(number)
        told.append(number)

    told, died, seen = [], [], watching._seen
    monkeypatch.setattr(watching, "_seen", slow)
    monkeypatch.setattr(watching, "_die", died.append)
    former = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with interrupts.deferred():
            signal.raise_signal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with interrupts.deferred():
            wait_for(told)
            assert not died
            signal.raise_signal(signal.SIGTERM)
        wait_for(died)
    finally:
        signal.signal(signal.SIGTERM, former)


def wait_for(happened: list) -> None:
    end = time.monotonic() + 20
    while not happened:
        assert time.monotonic() < end
        time.sleep(0.01)


def at_line(number: int, act) -> int:
    """Open and close ``deferred`` twice, and call ``act`` before the ``number``th line of ours that runs; how many did
    run by then."""
    def trace(frame, event, _argument):
        if frame.f_code.co_filename not in ours or threading.current_thread() is not threading.main_thread():
            return None
        if event == "line":
            nonlocal count
            count += 1
            if count == number:
                act()
        return trace

    count, former, ours = 0, sys.gettrace(), (interrupts.__file__, watching.__file__)
    sys.settrace(trace)
    try:
        for _ in range(2):
            with interrupts.deferred():
                interrupts.check()
                with interrupts.allowed(), interrupts.deferred():
                    pass
    finally:
        sys.settrace(former)
    return count


def test_an_interrupt_at_every_line_is_one_interrupt():
    """And there is nothing left of it."""
    lines = at_line(0, None)
    for number in range(1, lines + 1):
        with pytest.raises(KeyboardInterrupt):
            at_line(number, press)
            pytest.fail(f"lost at line {number} of {lines}")
        assert not interrupts._pending and not watching.depth and not interrupts._at_once, number
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, number
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and signal.set_wakeup_fd(-1) == -1, number


@pytest.mark.skipif(os.name != "posix", reason="signals of a person's own")
def test_a_handler_that_raises_at_every_line():
    """Such as an alarm's: whatever it breaks off is whole again the next time."""
    def alarm(*_):
        raise TimeoutError

    former = signal.signal(signal.SIGUSR1, alarm)
    try:
        for number in range(1, at_line(0, None) + 1):
            with pytest.raises(TimeoutError):
                at_line(number, lambda: signal.raise_signal(signal.SIGUSR1))
            watching.depth, interrupts._at_once = 0, False  # of what was not entered or left
            at_line(0, None)
            assert not interrupts._former and signal.getsignal(signal.SIGINT) is signal.default_int_handler, number
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and signal.set_wakeup_fd(-1) == -1, number
    finally:
        signal.signal(signal.SIGUSR1, former)


@pytest.mark.once
@pytest.mark.outside
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="copies of a process")
def test_what_ends_a_process_ends_it_at_every_line():
    """A copy of this one, which has a thread of its own that watches."""
    def run(number: int) -> None:
        at_line(number, lambda: os.kill(os.getpid(), signal.SIGTERM))
        time.sleep(10)

    for number in range(1, at_line(0, None) + 1):
        assert ended(in_a_copy(lambda: run(number))) == -signal.SIGTERM, number


def in_a_copy(run) -> int:
    child = os.fork()
    if not child:
        try:
            run()
        except BaseException:
            os._exit(9)
        os._exit(0)
    return child


def ended(child: int, seconds: float = 20) -> int | None:
    """With what a process ended; None if it did not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@pytest.mark.once
@pytest.mark.outside
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="copies of a process")
def test_a_copy_of_the_process_has_interrupts_of_its_own_and_no_strays(tmp_path):
    """Forked off while interrupts wait, from another thread, and while that holds what copies would wait for."""
    def run() -> None:
        assert threading.current_thread() is threading.main_thread() and not strays._removers
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        with pytest.raises(KeyboardInterrupt), interrupts.deferred():
            press()
            assert interrupts.waits()
        with strays.making, watching.lock:
            pass
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)

    def fork() -> None:
        children.append(in_a_copy(run))

    children, thread = [], threading.Thread(target=fork)
    (tmp_path / "stray").mkdir()
    strays.add(tmp_path / "stray")
    try:
        with interrupts.deferred(), strays.making, watching.lock:
            thread.start()
            thread.join(20)
        assert ended(*children) == -signal.SIGTERM
        assert (tmp_path / "stray").is_dir()
        with interrupts.deferred():  # what the copy leaves here is not given back once more
            child = os.fork()
        if not child:
            os._exit(bool(watching.depth or interrupts._former))
        assert ended(child) == 0
    finally:
        strays.discard(tmp_path / "stray")


def test_what_is_ignored_stays_ignored():
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.deferred():
            press()
            interrupts.check()
    finally:
        signal.signal(signal.SIGINT, former)


def test_another_thread_has_no_interrupts():
    def work():
        with interrupts.deferred(), interrupts.allowed():
            interrupts.check()
            seen.append(signal.getsignal(signal.SIGINT))

    seen = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert seen == [signal.default_int_handler]


def test_an_event_loop_goes_on_being_told():
    """Where somebody else watches, signals that end the process are left to what they were."""
    async def cell() -> tuple:
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)
        with interrupts.deferred():
            inside = signal.getsignal(signal.SIGTERM)
        signal.raise_signal(signal.SIGUSR1)
        await asyncio.wait_for(told.wait(), 5)
        return inside

    assert asyncio.run(cell()) is signal.SIG_DFL


def test_handlers_are_as_before_after_all_of_this():
    before = [signal.getsignal(number) for number in watching.SIGNALS]
    with interrupts.deferred():
        assert [signal.getsignal(number) for number in watching.SIGNALS] != before
    assert [signal.getsignal(number) for number in watching.SIGNALS] == before
    assert signal.set_wakeup_fd(-1) == -1


# ---- what is left over

def test_strays_are_removed(tmp_path):
    folder, file, kept = tmp_path / "folder", tmp_path / "file", tmp_path / "kept"
    folder.mkdir()
    for path in (folder / "in it", file, kept):
        path.write_text("")
    for path in (folder, file, kept, tmp_path / "gone already"):
        strays.add(path)
    strays.discard(kept)
    try:
        strays.remove_all()
    finally:
        strays.making.lock.release()
    assert list(tmp_path.iterdir()) == [kept]


# ---- in Blender

@pytest.fixture
def viz(fresh_scene):
    import mm_blender as mm

    return mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2, "anim.alg": "vmprod"}, look="unlit",
                        frames_per_step=1).build()


QUICK = dict(size=(32, 24), samples=1, engine="workbench", progress=False)


def pressed_after(monkeypatch, owner, name: str):
    """Have Ctrl-C come once ``owner.name`` was called."""
    former = getattr(owner, name)

    def called(*args, **more):
        out = former(*args, **more)
        press()
        return out

    monkeypatch.setattr(owner, name, called)


@pytest.mark.parametrize("job", ["still", "movie", "figure", "save", "build"])
def test_the_scene_is_as_it_was(viz, tmp_path, monkeypatch, job):
    """Ctrl-C within what is borrowed, and again at each thing that is given back."""
    import bpy

    from mm_blender.output import still
    from mm_blender.scene import camera, redraw
    from mm_blender.system import quiet

    def state():
        scene = bpy.context.scene
        return ([len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "scenes", "worlds", "collections",
                                                           "cameras", "curves", "materials")],
                [(obj.name, obj.hide_render, *obj.matrix_basis.translation) for obj in scene.objects],
                scene.camera, scene.world, scene.render.engine, scene.frame_current, dict(scene.items()).keys())

    jobs = {"still": lambda: viz.render(tmp_path / "a.png", **QUICK),
            "movie": lambda: viz.render(tmp_path / "a.gif", frames=(1, 3), **QUICK),
            "figure": lambda: viz.figure(tmp_path / "a.png", (1, 0.8), 40, samples=1, keys=False, quality="preview"),
            "save": lambda: viz.save(tmp_path / "a.blend"),
            "build": lambda: viz.edited({"A.h": 3}).build("another")}
    before = state()
    for owner, name in ((still, "prepare"), (redraw, "represent"), (redraw, "draw_as"), (quiet, "_leave"),
                        (camera, "put")):
        with monkeypatch.context() as patched:
            pressed_after(patched, owner, name)
            with pytest.raises(KeyboardInterrupt):
                jobs[job]()
                press()  # what this job never calls
        if job != "build" or len(state()[0]) != len(before[0]):
            assert state() == before, name
    assert not [path.name for path in tmp_path.rglob("*") if path.suffix not in (".png", ".gif", ".blend", ".json")
                and path.name != "a.frames"]


def test_an_encoding_stops_at_a_frame(viz, tmp_path, monkeypatch):
    import bpy

    from mm_blender.output import encode
    from mm_blender.output.settings import RenderSettings

    frames = []
    viz.render(tmp_path / "frames", frames=(1, 4), **QUICK)
    seen = lambda *_: (frames.append(1), len(frames) == 2 and press())  # noqa: E731
    bpy.app.handlers.render_pre.append(seen)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts.deferred():
            encode.movie(sorted((tmp_path / "frames").glob("*.png")), tmp_path / "a.mp4", 24, RenderSettings((32, 24)))
    finally:
        bpy.app.handlers.render_pre.remove(seen)
    assert len(frames) == 2 and "mm movie" not in bpy.data.scenes


# ---- processes

def started(code: str | list[str], **more) -> subprocess.Popen:
    command = [sys.executable, "-c", code] if isinstance(code, str) else [sys.executable, "-m", "mm_blender.cli", *code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.Popen(command, env=environment, start_new_session=True, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(condition, run: subprocess.Popen) -> None:
    """Wait for something that ``run`` does."""
    end = time.monotonic() + 120
    while not condition():
        if run.poll() is not None or time.monotonic() > end:
            run.kill()
            raise AssertionError(run.communicate(timeout=20))
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="signals of processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_ends_at_once_and_leaves_nothing(tmp_path, number):
    """Cycles renders what would take minutes."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"earlier")
    command = ["render", "A @ B", "-o", str(tmp_path / "out" / "a.png"), "--samples", "100000", "--size", "400x300"]
    run = started(command, TMPDIR=str(tmp_path / "tmp"))
    until(lambda: len(list((tmp_path / "out").iterdir())) > 1, run)  # something is on its way
    time.sleep(0.3)
    for _ in range(2):  # as where who started us passes on what the terminal sends to all
        os.killpg(run.pid, number)
    began = time.monotonic()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 128 + number and time.monotonic() - began < ON_TIME
    assert ("interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}") in err
    assert "Traceback" not in err and not out
    assert not list((tmp_path / "tmp").iterdir())
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [b"earlier"]


@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="signals of processes")
def test_an_interrupt_within_the_import_of_blender(tmp_path):
    """Once it is imported, there is no crash, and none of its folders."""
    code = ("import os, sys, threading, time\nfrom mm_blender.system import interrupts\n"
            "interrupts.own('test')\n"
            "def soon():\n    while 'bpy' not in sys.modules: time.sleep(0.001)\n    time.sleep(0.05)\n"
            "    print(hasattr(sys.modules['bpy'], 'app'), flush=True)\n    os.kill(os.getpid(), 2)\n"
            "threading.Thread(target=soon, daemon=True).start()\n"
            "interrupts.import_blender()\ntime.sleep(5)")
    run = started(code, TMPDIR=str(tmp_path))
    _, err = run.communicate(timeout=120)
    assert run.returncode == 130, err
    assert "test: interrupted" in err and not list(tmp_path.iterdir())


@pytest.mark.once
@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="signals of processes")
def test_a_script_ends_by_the_signal_itself_without_strays(tmp_path):
    """What SIGTERM does to a person's own process it goes on doing; a second Ctrl-C too, where nothing answers one."""
    code = ("import sys, time; from mm_blender.system import interrupts, strays\n"
            f"strays.add({str(tmp_path / 'stray')!r})\n"
            "with interrupts.deferred():\n    print('there', flush=True)\n    end = time.monotonic() + 9\n"
            "    while time.monotonic() < end: time.sleep(0.1)")
    for numbers in ([signal.SIGTERM], [signal.SIGINT, signal.SIGINT]):
        (tmp_path / "stray").mkdir()
        run = started(code)
        assert run.stdout.readline() == "there\n"
        for number in numbers:
            os.kill(run.pid, number)
            if len(numbers) > 1:
                time.sleep(0.8)  # longer than AGAIN
        run.communicate(timeout=120)
        assert run.returncode == -numbers[0] and not (tmp_path / "stray").exists()


@pytest.mark.blender
@pytest.mark.outside
@pytest.mark.skipif(os.name != "posix", reason="signals of processes")
def test_a_blender_in_the_background_is_interrupted_each_time(tmp_path):
    """Its own handler is C's, which Python does not know: it is put back, and KeyboardInterrupt is raised."""
    script = tmp_path / "script.py"
    script.write_text(f"import signal, sys; sys.path.insert(0, {str(ROOT)!r})\n"
                      "from mm_blender.system import interrupts\n"
                      "for _ in range(3):\n    try:\n        with interrupts.deferred():\n"
                      "            signal.raise_signal(signal.SIGINT)\n    except KeyboardInterrupt:\n"
                      "        print('raised')\n")
    done = subprocess.run([os.environ["BLENDER"], "-b", "--factory-startup", "--python", str(script)],
                          capture_output=True, text=True, timeout=120)
    assert done.stdout.count("raised") == 3, done.stdout + done.stderr
