"""Quiet: what is written past Python is kept back, what Python prints is not; and it all comes back."""
import os
import subprocess
import sys
import threading

import pytest

from mm_blender.system import quiet


@pytest.fixture(autouse=True)
def usual(monkeypatch):
    monkeypatch.delenv(quiet.VARIABLE, raising=False)
    monkeypatch.setattr(quiet, "verbose", False)


def write_past_python(number: int, text: str) -> None:
    os.write(number, text.encode())


def test_both_outputs_are_kept_back_and_given_back(capfd):
    with quiet.silence():
        write_past_python(1, "Saved: 'a.png'\n")
        write_past_python(2, "CUEW initialization failed\n")
    write_past_python(1, "after\n")
    write_past_python(2, "after, too\n")
    assert capfd.readouterr() == ("after\n", "after, too\n")


def test_what_python_prints_comes_through_in_order(capfd):
    print("before")
    with quiet.silence():
        print("within")
        print("a note", file=sys.stderr)
        write_past_python(1, "Fra:1 Mem:20M\n")
    print("after")
    assert capfd.readouterr() == ("before\nwithin\nafter\n", "a note\n")


@pytest.mark.outside
def test_a_stream_that_was_kept_writes_on_afterwards():
    code = ("import sys; from mm_blender.system import quiet\n"
            "with quiet.silence():\n    kept = sys.stdout\n    import os; os.system('echo past python')\n"
            "print('on', file=kept); print('and on')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert (done.stdout, done.stderr) == ("on\nand on\n", "")


def test_a_stream_that_is_no_file_is_left_alone(capsys):
    with quiet.silence():
        print("as in a notebook")
    assert capsys.readouterr().out == "as in a notebook\n"


def test_nested_and_from_several_threads_at_once(capfd):
    began, end = threading.Barrier(3), threading.Event()

    def work():
        with quiet.silence(), quiet.silence():
            began.wait(20)
            write_past_python(1, "a thread's\n")
            end.wait(20)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    began.wait(20)
    with quiet.silence():
        write_past_python(1, "mine\n")
    write_past_python(1, "theirs is not over\n")
    end.set()
    for thread in threads:
        thread.join(20)
    write_past_python(1, "all over\n")
    assert capfd.readouterr().out == "all over\n"


def test_an_error_gives_the_outputs_back(capfd):
    with pytest.raises(ZeroDivisionError), quiet.silence():
        1 / 0
    write_past_python(1, "here\n")
    assert capfd.readouterr().out == "here\n"


@pytest.mark.outside
def test_outputs_that_are_not_there():
    code = "from mm_blender.system import quiet\nwith quiet.silence(): pass\nopen('/dev/null').close()"
    assert subprocess.run([sys.executable, "-c", f"import os; os.close(1); os.close(2)\n{code}"],
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60).returncode == 0


@pytest.mark.parametrize("aloud", ["variable", "option"])
def test_verbose_lets_all_through(capfd, monkeypatch, aloud):
    if aloud == "variable":
        monkeypatch.setenv(quiet.VARIABLE, "1")
    else:
        monkeypatch.setattr(quiet, "verbose", True)
    with quiet.silence():
        write_past_python(1, "Saved\n")
    assert capfd.readouterr().out == "Saved\n"


def test_what_is_said_of_a_failure():
    with quiet.silence():
        assert quiet.complaint(RuntimeError("Error: No camera found\n")) == "No camera found"
        assert quiet.complaint() == ""
        write_past_python(2, "all is well\nERROR (gpu): out of memory\nFra:1\n")
        assert quiet.complaint(RuntimeError("")) == "ERROR (gpu): out of memory"
    assert quiet.complaint() == ""


def test_reports_of_operators_are_kept_back_where_we_call_them(capsys):
    """Blender writes them to Python's stream in the name of who called."""
    with quiet.silence():
        for module in ("bpy.ops", "mm_blender.output.still", "somebody.s_handler"):
            exec("import sys; sys.stdout.write(f'Info: {__name__}\\n')", {"__name__": module})
    assert capsys.readouterr().out == "Info: somebody.s_handler\n"
