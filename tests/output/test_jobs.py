"""Jobs: what is written for schedulers, and what is refused. That it runs is tried in ``test_job_runs``."""
import json
import os
import re
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import mm_blender as mm
from flamenco_job_type import faults
from mm_blender.errors import ParameterError, RenderError
from mm_blender.output.jobs import kinds, place, scripts
from mm_blender.output.jobs.chunks import Chunked, queue_name, usual_chunk

PLAN = Chunked("head", 1, 41, 10, "mm picture", 24.0)
SETTINGS = {"anim.alg": "vmprod", "A.h": 3, "A.w": 2, "B.w": 4}


def test_chunks_are_all_frames_once():
    assert PLAN.chunks == [(1, 10), (11, 20), (21, 30), (31, 40), (41, 41)]
    assert Chunked("a", 7, 7, 10, "s", 24).chunks == [(7, 7)]
    assert [usual_chunk(count) for count in (1, 4, 10, 11, 10_000, 10_001, 250_000)] == [1, 4, 10, 10, 10, 11, 250]


@pytest.mark.parametrize("folder, name", [
    ("head", "head"), ("my movie #1", "my-movie-1"), ("a'b\"; rm -rf ~\nc", "a-b-rm-rf-c"), ("--wrap=x", "wrap-x"),
    ("日本", "movie"), ("x" * 300, "x" * 60), ("$(id)", "id"),
])
def test_what_it_is_called_in_a_queue_is_letters_and_digits(folder, name):
    assert queue_name(folder) == name


def test_plain_is_a_command_a_chunk():
    lines = kinds.named("plain", {}).files(PLAN)["commands.txt"].splitlines()
    assert lines[0] == "blender -b movie.blend -o //frames/frame_#### -s 1 -e 10 -a"
    assert lines[-1] == "blender -b movie.blend -o //frames/frame_#### -s 41 -e 41 -a" and len(lines) == 5


def test_slurm_asks_for_what_it_is_told():
    files = kinds.named("slurm", {"partition": "gpu,long", "time": "1-02:30", "cpus": 8, "gpus": 2}).files(PLAN)
    asked = dict(re.findall(r"(?m)^#SBATCH --([\w-]+)=(\S+)$", files["slurm-render.sh"]))
    assert asked == {"array": "0-4", "job-name": "head-render", "output": "slurm-render-%A_%a.log",
                     "partition": "gpu,long", "time": "1-02:30", "cpus-per-task": "8", "gres": "gpu:2"}
    assert "gres" not in files["slurm-encode.sh"] and "array" not in files["slurm-encode.sh"]
    bare = kinds.named("slurm", {}).files(PLAN)["slurm-render.sh"]
    assert len(re.findall("#SBATCH", bare)) == 3 and "CYCLES_DEVICE" not in bare
    with pytest.warns(mm.MMWarning, match=r"1,200 chunks, and Slurm takes 1,000 .* chunks of 2 frames are few enough"):
        kinds.named("slurm", {}).files(Chunked("a", 1, 1200, 1, "s", 24.0))


@pytest.mark.parametrize("plan", [PLAN, Chunked("one", 7, 7, 1, "a scene", 23.976)])
@pytest.mark.parametrize("options", [{}, {"root": "/farm/my movies/head/", "priority": 0}])
def test_flamenco_has_what_its_job_type_asks_for(plan, options):
    job = json.loads(kinds.named("flamenco", options).files(plan)["flamenco.json"])
    assert faults(job) == []
    settings = job["settings"]
    assert settings["frames"] == ("1-41" if plan is PLAN else "7") and settings["chunk_size"] == plan.chunk
    root = "/farm/my movies/head" if options else "{mm_job}"
    assert settings["blendfile"] == f"{root}/movie.blend"
    assert settings["render_output_path"] == f"{root}/frames/frame_####"


def test_flamenco_would_find_faults():
    job = json.loads(kinds.named("flamenco", {}).files(PLAN)["flamenco.json"])
    job["settings"] |= {"chunk_size": "10", "engine": "CYCLES"}
    del job["submitter_platform"], job["settings"]["frames"]
    assert faults(job) == ["job submitter_platform is missing", "setting engine is not known",
                           "setting frames is missing", "setting chunk_size is '10'"]


@pytest.mark.parametrize("scheduler, options, words", [
    ("deadline", {}, "there is no scheduler 'deadline'; known are flamenco, slurm, plain"),
    (None, {}, "there is no scheduler None"),
    ("plain", {"partition": "gpu"}, "partition is no option of a job for plain, but of slurm; it has none"),
    ("slurm", {"priority": 1}, "priority is no option of a job for slurm, but of flamenco; it has partition, time"),
    ("slurm", {"nodes": 1}, "nodes is no option of a job for slurm; it has"),
    ("slurm", {"partition": "gpu\nrm -rf ~"}, "partition is the name of a partition"),
    ("slurm", {"partition": "-x"}, "partition is the name"), ("slurm", {"partition": ""}, "partition is the name"),
    ("slurm", {"time": "2 hours"}, "time is how long a chunk may take"),
    ("slurm", {"time": 90}, "time is how long a chunk may take"),
    ("slurm", {"cpus": 0}, "cpus must be a whole number of at least 1"),
    ("slurm", {"gpus": True}, "gpus must be a whole number"),
    ("flamenco", {"priority": 101}, "priority must be a whole number of at least 0 and at most 100"),
    ("flamenco", {"root": " "}, "root is the path of the job's folder"),
    ("flamenco", {"root": "/a\nb"}, "root is the path of the job's folder"),
])
def test_what_there_is_not_is_refused_by_name(scheduler, options, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        kinds.named(scheduler, options)


def test_a_folder_that_holds_other_things_is_refused(tmp_path):
    assert place.target(tmp_path / "new") == tmp_path / "new"
    assert place.target(tmp_path) == tmp_path  # empty
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(RenderError, match=r"holds other things than a job \(thesis.tex …\): name an empty folder"):
        place.target(tmp_path)
    (tmp_path / "thesis.tex").rename(tmp_path / "movie.json")
    assert place.target(tmp_path) == tmp_path
    (tmp_path / "frame_0001.png").write_text("x")  # the frames of a movie that is rendered here
    with pytest.raises(RenderError, match="holds other things"):
        place.target(tmp_path)
    with pytest.raises(RenderError, match="'movie.mp4' is called like a file: leave its ending out"):
        place.target(tmp_path / "movie.mp4")
    with pytest.raises(RenderError, match="'x.avi' is called like a file"):
        place.target(tmp_path / "x.avi")
    with pytest.raises(RenderError, match="there is no folder .* to write job into"):
        place.target(tmp_path / "none" / "job")


@pytest.mark.skipif(os.name != "posix", reason="scripts for bash")
def test_scripts_are_bash(tmp_path):
    texts = {"render.sh": scripts.RENDER, "encode.sh": scripts.ENCODE}
    for kind in kinds.KINDS:
        texts |= kinds.named(kind, {}).files(PLAN)
    for name, text in texts.items():
        if name.endswith(".sh"):
            done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
            assert (done.returncode, done.stderr) == (0, ""), name
    assert "import mm_blender" not in scripts.encoder() and "from ." not in scripts.encoder()


BLENDER = """#!/usr/bin/env bash
echo "$*" >>asked.txt
for last; do :; done
[ -e fails ] || for n in ${last//,/ }; do printf '%b' "$(cat end.txt)" >"$(printf 'frames/frame_%04d.png' "$n")"; done
"""


@pytest.mark.skipif(os.name != "posix", reason="scripts for bash")
def test_frames_that_are_there_whole_are_not_rendered_again(tmp_path):
    folder = tmp_path / "a 'b\" $c"
    (folder / "frames").mkdir(parents=True)
    (folder / "render.sh").write_text(scripts.RENDER)
    end = r"\0\0\0\0IEND\xaeB\x60\x82"
    (folder / "end.txt").write_text(end)
    (folder / "blender").write_text(BLENDER)
    (folder / "blender").chmod(0o755)
    whole = bytes.fromhex("0000000049454e44ae426082")
    (folder / "frames" / "frame_0003.png").write_bytes(b"picture" + whole)
    (folder / "frames" / "frame_0005.png").write_bytes(b"picture" + whole[:-1])  # cut off

    def run(first, last):
        return subprocess.run(["bash", folder / "render.sh", str(first), str(last)], cwd="/", text=True,
                              capture_output=True, env={**os.environ, "BLENDER": str(folder / "blender")})

    done = run(2, 6)
    assert done.returncode == 0, done.stderr
    assert (folder / "asked.txt").read_text() == "-t 0 -b movie.blend -o //frames/frame_#### -f 2,4,5,6\n"
    assert (folder / "frames" / "frame_0003.png").read_bytes() == b"picture" + whole
    assert "frames 2 to 6 are there" in run(2, 6).stdout
    assert len((folder / "asked.txt").read_text().splitlines()) == 1
    (folder / "fails").touch()  # as Blender does, which ends well all the same
    done = run(6, 8)
    assert done.returncode == 1 and "Blender did not write frame 7,8" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="scripts for bash")
def test_flamenco_is_handed_the_place_where_the_folder_lies(tmp_path):
    posted = []

    class Manager(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    folder = tmp_path / "my 'job"
    folder.mkdir()
    for name, text in kinds.named("flamenco", {}).files(PLAN).items():
        (folder / name).write_text(text)
    server = HTTPServer(("127.0.0.1", 0), Manager)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        submit = ["bash", folder / "flamenco-submit.sh", f"http://127.0.0.1:{server.server_port}/"]
        done = subprocess.run(submit, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
    finally:
        server.shutdown()
        server.server_close()
    (path, job), = posted
    assert path == "/api/v3/jobs" and faults(job) == []
    assert Path(job["settings"]["blendfile"]) == folder.resolve() / "movie.blend"
    odd = tmp_path / "a|b"
    folder.rename(odd)
    submit[1] = odd / "flamenco-submit.sh"
    done = subprocess.run(submit, capture_output=True, text=True)
    assert done.returncode == 1 and "move this folder to a path without quotes" in done.stderr


# ---- with Blender

@pytest.fixture
def swept(fresh_scene):
    return mm.visualize("A @ B", settings=SETTINGS)


QUICK = {"size": (64, 40), "samples": 1, "engine": "workbench"}


def test_the_folder_holds_all_that_is_needed(swept, tmp_path):
    with pytest.warns(mm.MMWarning, match="MP4 asks for even sizes: the movie is 66 x 40 pixels"):
        found = swept.job(tmp_path / "job", "slurm", **QUICK | {"size": (65, 40)})
    assert found == tmp_path / "job"
    assert {path.name for path in found.iterdir()} == {
        "movie.blend", "movie.json", "encode.json", "encode.py", "encode.sh", "render.sh", "slurm-render.sh",
        "slurm-encode.sh", "slurm-submit.sh"}
    for path in found.iterdir():
        assert path.suffix == ".blend" or str(tmp_path) not in path.read_text()


def test_the_same_movie_may_be_written_again_and_keeps_its_frames(swept, tmp_path):
    folder = swept.job(tmp_path / "job", **QUICK)
    (folder / "frames").mkdir()
    (folder / "frames" / "frame_0001.png").write_bytes(b"x")
    swept.job(folder, "slurm", chunk=3, **QUICK)
    assert (folder / "frames" / "frame_0001.png").read_bytes() == b"x" and (folder / "commands.txt").exists()
    former = (folder / "movie.blend").read_bytes()
    with pytest.raises(RenderError, match=r"holds frames of another movie \(size .*delete that folder first"):
        swept.job(folder, **QUICK | {"size": (80, 40)})
    assert (folder / "movie.blend").read_bytes() == former


def test_what_cannot_be_a_job_is_refused(swept, tmp_path):
    with pytest.raises(ParameterError, match="chunk must be a whole number of at least 1 and at most 1,000,000, not 0"):
        swept.job(tmp_path / "job", chunk=0)
    with pytest.raises(RenderError, match="nothing moves, so there is no movie to render"):
        mm.visualize("A @ B").job(tmp_path / "job")
    with pytest.raises(RenderError, match="the first frame, 5, comes after the last, 4"):
        swept.job(tmp_path / "job", frames=(5, 4))
    with pytest.raises(RenderError, match="the frames of a job are from 0 up, not from -3"):
        swept.job(tmp_path / "job", frames=(-3, 4))
    with pytest.raises(ParameterError, match="there is no scheduler 'pbs'"):
        swept.job(tmp_path / "job", "pbs")
    for given, words in ((dict(codec="theora"), "there is no codec 'theora'"),
                         (dict(sound="none.wav"), "none.wav is not there"),
                         (dict(poster="there/a.png"), "poster of a job lies in its folder: give its name alone, a.png"),
                         (dict(poster="a.gif"), "a.gif must end in .png or"),
                         (dict(poster=("a.png", 9)), "there is no frame for a poster after 9")):
        with pytest.raises(RenderError, match=words):
            swept.job(tmp_path / "job", **QUICK | given)
    assert list(tmp_path.iterdir()) == []


def test_a_still_is_a_job_of_the_frames_that_are_named(fresh_scene, tmp_path):
    folder = mm.visualize("A @ B", settings={"A.h": 3}).job(tmp_path / "job", frames=(1, 1), **QUICK)
    assert (folder / "commands.txt").read_text().endswith("-s 1 -e 1 -a\n")
