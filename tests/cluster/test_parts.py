"""What of a cluster needs no cluster: memory, cards, options of Slurm, words."""


import signal
from contextlib import closing
from types import SimpleNamespace

import pytest

from mm_blender.cluster import connection, local, need, renderer, slurm, versions
from mm_blender.cluster.crew import Crew, told
from mm_blender.errors import ParameterError, RenderError


def test_the_memory_that_a_worker_needs(tmp_path):
    bpy = pytest.importorskip("bpy")
    for compress in (False, True):
        bpy.data.libraries.write(str(tmp_path / f"{compress}.blend"), {bpy.data.scenes[0]}, compress=compress)
    plain, packed = (need.unpacked(tmp_path / f"{compress}.blend") for compress in (False, True))
    assert (tmp_path / "True.blend").stat().st_size < plain
    assert packed == pytest.approx(plain, rel=0.01)
    assert need.of(tmp_path / "True.blend", (1000, 1000)) == need.BLENDER + need.OF_FILE * packed + 120_000_000


def test_as_many_workers_as_there_is_memory_for():
    assert local.affordable(8, 1_000_000_000, None) == 8
    assert local.affordable(8, 1_000_000_000, 4_000_000_000) == 3  # three quarters of it
    assert local.affordable(8, 1_000_000_000, 100) == 1


def test_one_card_a_worker():
    assert local.cards("CPU", 0, {}) == [] and local.cards("METAL", 1, {}) == []
    assert local.cards("OPTIX", 2, {}) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    given = {"CUDA_VISIBLE_DEVICES": "GPU-8c, 3"}
    assert local.cards("CUDA", 2, given) == [{"CUDA_VISIBLE_DEVICES": "GPU-8c"}, {"CUDA_VISIBLE_DEVICES": "3"}]
    assert local.cards("HIP", 1, {}) == [{"HIP_VISIBLE_DEVICES": "0"}]


def test_the_kinds_of_devices_are_those_of_the_library():
    device = pytest.importorskip("mm_blender.output.device")
    assert renderer.KINDS == device.KINDS


def test_options_of_slurm():
    found = slurm.asked({"partition": "gpu", "time": "00:10:00", "cpus-per-task": "8", "gres": "gpu:1",
                         "exclusive": ""})
    assert found == {"queue": "gpu", "walltime": "00:10:00", "cores": 8, "memory": "4GB", "processes": 1,
                     "job_extra_directives": ["--gres=gpu:1", "--exclusive"]}
    with pytest.raises(ParameterError, match="cpus-per-task=many: a whole number"):
        slurm.asked({"cpus-per-task": "many"})


def test_the_script_of_a_job_of_slurm():
    pytest.importorskip("distributed")
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    jobqueue = slurm.jobqueue()
    assert handlers == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    job = jobqueue.slurm.SLURMJob("tcp://127.0.0.1:1", name="one", **slurm.asked({"partition": "gpu", "qos": "high"}))
    script = job.job_script()
    assert "#SBATCH -p gpu" in script and "#SBATCH --qos=high" in script and "#SBATCH --cpus-per-task=1" in script
    assert "--nthreads 1" in script


def test_what_is_told_of_an_exception():
    missing = ModuleNotFoundError("No module named 'mm_blender'", name="mm_blender")
    assert told(missing).startswith("mm_blender is not installed there: pip install")
    around = RuntimeError("Error during deserialization of the task")
    around.__cause__ = missing
    assert told(around) == told(missing)
    assert told(ValueError("a\n b")) == "ValueError: a b" and told(KeyError()) == "KeyError"


def test_what_is_said_of_many_workers_is_said_once():
    assert versions.gathered({"a": "full", "b": "full", "c": "gone"}) == "2 workers (a …): full; c: gone"


def test_a_part_of_dask_that_is_missing():
    with pytest.raises(RenderError, match=r"this needs Dask's no-such-part: pip install 'mm-blender\[distributed\]'"):
        connection.check_installed("no_such_part")


@pytest.mark.parametrize("what", ["ask", "sent"])
def test_a_scheduler_that_is_gone_is_what_is_said(what):
    """Whatever Dask raises then, which is no worker's fault."""
    def fail(*_given, **_named):
        raise RuntimeError("ConnectionPool is closed")

    client = SimpleNamespace(status="running", submit=fail, scatter=fail)
    with closing(Crew(client)) as crew:
        given = {"ask": ("tcp://a:1", print), "sent": ("0" * 64, lambda: b"")}[what]
        with pytest.raises(RuntimeError, match="is closed"):
            getattr(crew, what)(*given)
        client.status = "closed"
        with pytest.raises(RenderError, match="the scheduler does not answer any more: what is done is kept; start it"):
            getattr(crew, what)(*given)


def test_tasks_that_end_with_the_scheduler_are_no_failures_of_workers():
    client = SimpleNamespace(status="closed")
    with closing(Crew(client)) as crew:
        crew._answers.put(("task", RuntimeError("cancelled")))
        with pytest.raises(RenderError, match="the scheduler does not answer any more"):
            list(crew.answers(0))
