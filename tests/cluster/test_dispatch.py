"""Who renders what, with workers that are none: nothing is lost, nothing is done twice without need."""
import random
import time

import pytest

from fake_crew import FakeCrew, FakeShot, HERE, MEANS, picture, report
from mm_blender.cluster import dispatch, roster
from mm_blender.cluster.dispatch import Dispatch
from mm_blender.cluster.roster import Roster, Terms
from mm_blender.errors import RenderError


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(roster, "LOOK", 0.0)
    monkeypatch.setattr(roster, "RETURN", 0.05)


def gathered(crew, mixed=False, seconds=0.3):
    said = []
    hands = Roster(crew, Terms(MEANS, HERE, mixed, seconds), said.append)
    hands.gather()
    return hands, said


def run(crew, *shots, **terms):
    hands, said = gathered(crew, **terms)
    told = []
    Dispatch(hands, iter(shots), lambda: told.append(1), said.append).run()
    assert len(told) == sum(len(shot.held) for shot in shots)
    return said


def addresses(count):
    return {f"w{number}": report() for number in range(count)}


def test_every_frame_is_done_once():
    crew, shot = FakeCrew(addresses(3)), FakeShot(range(1, 61))
    assert not run(crew, shot)
    assert shot.held == {number: f"frame {number}".encode() for number in range(1, 61)} and shot.finished == 1
    frames = [crew.asked[f"w{number}", "render"] for number in range(3)]
    assert sum(frames) == 60 and min(frames) > 10 and crew.dropped == ["d"]


def test_several_shots_are_one_job_and_opened_as_they_are_needed():
    opened = []

    def shots():
        for number in range(50):
            opened.append(number)
            yield FakeShot([1, 2] if number % 2 else [], f"d{number}")

    crew = FakeCrew(addresses(2))
    hands, said = gathered(crew)
    going = Dispatch(hands, shots(), lambda: None, said.append)
    going._stock()
    assert len(opened) < 8
    going.run()
    assert len(opened) == 50 and len(crew.dropped) == 25


def test_no_more_is_in_flight_than_workers_take():
    crew, most = FakeCrew(addresses(4)), [0]
    crew.on_answer = lambda: most.__setitem__(0, max(most[0], len(crew._answers)))
    run(crew, FakeShot(range(2000)))
    assert most[0] == 4 * dispatch.DEPTH


def test_the_frames_of_a_worker_that_is_gone_are_for_others():
    """At random moments, so that every order of events comes to be: nothing lost, nothing doubled."""
    for seed in range(30):
        chance = random.Random(seed)
        crew, shot = FakeCrew(addresses(3)), FakeShot(range(40))

        def sometimes():
            if chance.random() < 0.2 and len(crew.reports) > 1:
                gone = chance.choice(list(crew.reports))
                del crew.reports[gone]
                crew._answers = type(crew._answers)(each for each in crew._answers if not each[0].endswith(gone))
                crew.reports[f"{gone}+"] = report()  # started again, at another address
        crew.on_answer = sometimes
        try:
            run(crew, shot)
        except RenderError as error:  # so often that one frame was there each time
            assert "5 workers have ended while they were at it" in str(error)
            continue
        assert len(shot.held) == 40 and shot.finished == 1


def test_a_worker_whose_disk_is_full_is_asked_no_more():
    crew, shot = FakeCrew(addresses(2)), FakeShot(range(20))
    crew.renders["w0"] = lambda task: {"failed": "the disk at /tmp is full (0 bytes free)", "unfit": True}
    said = run(crew, shot)
    assert len(shot.held) == 20 and crew.asked["w0", "render"] <= dispatch.DEPTH
    assert [each for each in said if "w0 is asked no more: the disk at /tmp is full" in each] and len(said) == 1


def test_where_all_disks_are_full_that_is_what_is_said():
    crew, shot = FakeCrew(addresses(2)), FakeShot(range(20))
    crew.renders = dict.fromkeys(crew.reports, lambda task: {"failed": "the disk is full", "unfit": True})
    with pytest.raises(RenderError, match="no worker can render this: 2 workers .*: the disk is full"):
        run(crew, shot)


def test_a_frame_that_blender_fails_at_again_and_again_ends_the_job():
    crew, shot = FakeCrew(addresses(3)), FakeShot(range(20))
    fails = {"failed": "Blender ended by signal 11"}
    crew.renders = dict.fromkeys(crew.reports, lambda task: fails if task.frame == 7 else picture(task))
    with pytest.raises(RenderError, match="frame 7 cannot be rendered: Blender ended by signal 11"):
        run(crew, shot)
    assert 7 not in shot.held


def test_a_worker_that_fails_at_all_is_asked_no_more():
    crew, shot = FakeCrew(addresses(3)), FakeShot(range(60))
    crew.renders["w1"] = lambda task: {"failed": "no room for textures"}
    said = run(crew, shot)
    assert len(shot.held) == 60 and crew.asked["w1", "render"] < 10
    assert "w1 is asked no more: it has failed 4 times in a row, at last with: no room for textures" in said[0]


def test_a_picture_that_was_damaged_on_its_way_is_done_again():
    crew, shot, damaged = FakeCrew(addresses(2)), FakeShot(range(9)), []

    def once(task):
        if task.frame == 3 and not damaged:
            damaged.append(task)
            return {**picture(task), "png": b"frame 4"}
        return picture(task)

    crew.renders = dict.fromkeys(crew.reports, once)
    run(crew, shot)
    assert damaged and shot.held[3] == b"frame 3"


def test_what_a_slow_worker_does_last_is_done_elsewhere_too(monkeypatch):
    monkeypatch.setattr(dispatch, "PATIENCE", 0.05)
    crew, shot = FakeCrew(addresses(2)), FakeShot(range(10))
    crew.renders["w0"] = lambda task: None  # it never comes to an end
    begun = time.monotonic()
    run(crew, shot)
    assert len(shot.held) == 10 and time.monotonic() - begun < 5
    assert crew.asked["w0", "render"] == dispatch.DEPTH and len(crew.forgotten) == dispatch.DEPTH


def test_what_dask_raises_is_told_where_it_does_not_end():
    crew, shot = FakeCrew(addresses(1)), FakeShot([1])
    crew.renders["w0"] = lambda task: ModuleNotFoundError("No module named 'mm_blender'", name="mm_blender")
    with pytest.raises(RenderError, match="mm_blender is not installed there"):
        run(crew, shot)


# ---- who takes part

def test_another_version_is_refused_in_words():
    crew = FakeCrew({"w0": report(blender="4.5.0", hash="other")})
    with pytest.raises(RenderError, match="no worker can render this: w0: Blender is 4.5.0 there, not 5.0.1; its build "
                                          r"is other there, not abc: .*to the pixel \(allow_mixed=True"):
        run(crew, FakeShot([1]))


def test_another_version_may_be_allowed_and_is_told():
    crew, shot = FakeCrew({"w0": report(blender="4.5.0")}), FakeShot([1])
    said = run(crew, shot, mixed=True)
    assert shot.held and "Blender is 5.0.1 here, and of the workers 4.5.0 on 1" in said


def test_those_that_suit_go_on_without_the_others():
    crew, shot = FakeCrew({"w0": report(), "w1": report(denoiser=False), "w2": report()}), FakeShot(range(30))
    said = run(crew, shot)
    assert len(shot.held) == 30 and not crew.asked["w1", "render"]
    assert "w1: it has no denoiser, and this Blender has one" in said[0]


def test_a_worker_that_comes_later_is_looked_at_first():
    crew, shot = FakeCrew(addresses(1)), FakeShot(range(3000))

    def later():
        if len(shot.held) > 10:
            crew.reports.setdefault("late and other", report(device="OPTIX"))
            crew.reports.setdefault("late", report())

    crew.on_answer = later
    said = run(crew, shot)
    assert crew.asked["late", "render"] and not crew.asked["late and other", "render"]
    assert "late and other is asked no more: the device is OPTIX there, not CPU" in said[0]


def test_without_workers_it_ends_in_words(monkeypatch):
    monkeypatch.setattr(roster, "SAID", 0.05)
    said = []
    with pytest.raises(RenderError, match="no worker that can render this has come in 0 seconds: start some, or wait"):
        Roster(FakeCrew({}), Terms(MEANS, HERE, False, 0.2), said.append).gather()
    assert said == ["there are no workers; waiting for some, 0 seconds at most"]


def test_the_device_is_this_machines_or_that_of_most():
    gpus = FakeCrew({name: report(device="OPTIX") for name in "ab"} | {"c": report(device="HIP")})
    hands, said = gathered(gpus)
    assert set(hands.fit) == {"a", "b"} and "the device is CPU here, and of the workers OPTIX on 2" in said
    assert set(gathered(FakeCrew({"a": report(device="OPTIX"), "b": report()}))[0].fit) == {"b"}


def test_another_mm_blender_is_refused_even_among_mixed_ones():
    with pytest.raises(RenderError, match="it has mm_blender 0.0, and this is .*: install the same there"):
        gathered(FakeCrew({"w0": report(mm_blender="0.0")}), mixed=True)
