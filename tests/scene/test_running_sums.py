"""Running sums in a picture: at every step the one of the element that is made, readable, and none at the end."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.document import running_sums
from mm_blender.document.running_sums import Teller
from mm_blender.expression.algorithms import ALGORITHMS
from mm_blender.lettering import fonts

bpy = pytest.importorskip("bpy")
import ocr  # noqa: E402
from mm_blender.scene import parts  # noqa: E402

DATA = {"A": np.array([[2.0, 3.0, 1.0], [4.0, -1.0, 0.0]]), "B": np.array([[1.0, 2.0], [4.0, -3.0], [5.0, 6.0]])}


def visualized(algorithm="dotprod (row major)", text="C = A @ B", **more):
    return mm.visualize(text, DATA, sums=True, settings={"anim.alg": algorithm}, **more)


def lines(viz) -> list[running_sums.SumLine]:
    node = running_sums.asked_for(viz.document)
    return list(Teller(viz.document, node, fonts.load()).lines(viz.schedule.tracks[node.path].count,
                                                               viz.options.smooth))


@pytest.mark.parametrize("algorithm, told", [
    ("dotprod (row major)", ["C[0, 0] = 2·1 + 3·4 + 1·5 = 19", "C[0, 1] = 2·2 + 3·(−3) + 1·6 = 1",
                             "C[1, 0] = 4·1 + (−1)·4 + 0·5 = 0", "C[1, 1] = 4·2 + (−1)·(−3) + 0·6 = 11"]),
    ("vvprod", ["C[0, 0] = 2·1 = 2", "C[0, 0] = 2·1 + 3·4 = 14", "C[0, 0] = 2·1 + 3·4 + 1·5 = 19"]),
    ("axpy", ["C[0, 0] = 2·1 = 2", "C[0, 0] = 2·1 + 3·4 = 14", "C[0, 0] = 2·1 + 3·4 + 1·5 = 19",
              "C[0, 1] = 2·2 = 4", "C[0, 1] = 2·2 + 3·(−3) = −5", "C[0, 1] = 2·2 + 3·(−3) + 1·6 = 1"]),
    ("vmprod", ["C[0, 0] = 2·1 + 3·4 + 1·5 = 19", "C[1, 0] = 4·1 + (−1)·4 + 0·5 = 0"])])
def test_what_each_step_tells(algorithm, told):
    assert [each.text for each in lines(visualized(algorithm, smooth=False))] == told


def test_at_a_step_the_sum_is_whole_and_before_it_grows():
    every = lines(visualized(smooth=True))
    for step in range(4):
        at = next(each for each in every if each.first <= step < each.until)
        assert at.text.count("·") == 3
    assert [each.text for each in every[:3]] == ["C[0, 0] = 2·1 = 2", "C[0, 0] = 2·1 + 3·4 = 14",
                                                 "C[0, 0] = 2·1 + 3·4 + 1·5 = 19"]
    assert all(a.until == pytest.approx(b.first) for a, b in zip(every, every[1:]))


def test_an_epilog_is_no_sum_and_so_it_has_no_name():
    assert lines(visualized("vmprod", "C = relu(A @ B)", smooth=False))[0].text == "2·1 + 3·4 + 1·5 = 19"


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name not in ("none", "inherit")])
def test_as_many_letters_are_drawn_as_are_told(fresh_scene, algorithm):
    viz = visualized(algorithm, smooth=False, frames_per_step=1).build()
    told = lines(viz)
    for step in range(-1, len(told) + 1):
        fresh_scene.frame_set(fresh_scene.frame_start + step)
        graph = bpy.context.evaluated_depsgraph_get()
        drawn = sum(1 for each in graph.object_instances
                    if each.parent and each.parent.original.name.startswith("mm sum"))
        there = 0 <= step < len(told)
        assert drawn == (len(told[step].text.replace(" ", "")) + 2 if there else 0)


@ocr.needed
def test_it_is_read_off_a_picture(fresh_scene, tmp_path):
    visualized(look="paper").render(tmp_path / "sum.png", at=0, size=(960, 600), quality="preview", samples=4)
    assert "=19" in ocr.read(tmp_path / "sum.png").replace(" ", "")


def test_what_has_no_sums_is_refused():
    with pytest.raises(mm.ParameterError, match="sums are those of a sweep, and C does not sweep"):
        mm.visualize("C = A @ B", DATA, sums=True)
    with pytest.raises(mm.ParameterError, match="sums are asked for of 'A', which is no matmul here; there are C"):
        mm.visualize("C = A @ B", DATA, sums="A", settings={"anim.alg": "vmprod"})
    with pytest.raises(mm.ParameterError, match="C would have 10,000 steps, more than 4,096"):
        mm.visualize("C = A @ B", sums=True, settings={"A.h": 100, "B.w": 100, "anim.alg": "dotprod (row major)"})
    with pytest.raises(mm.ParameterError, match="sums must be True or False, not 3"):
        mm.visualize("C = A @ B", DATA, sums=3)


def test_they_follow_what_changes(fresh_scene):
    viz = visualized("vvprod", numbers="1 decimals").build()
    collection = viz.handles[0].collection

    def sums() -> list:
        return [obj for obj in parts.of(collection, parts.LETTER) if obj.name.startswith("mm sum")]

    assert len(sums()) == 1 and lines(viz)[0].text == "C[0, 0] = 2.0·1.0 = 2.0"
    before = len(sums()[0].data.vertices)
    viz.change(data={"A": DATA["A"] * 10})
    assert len(sums()) == 1 and len(sums()[0].data.vertices) > before
    viz.change(sums=False)
    assert not sums()


def test_a_saved_file_shows_them_once(fresh_scene, tmp_path):
    """Those that were laid out for the window lie in it too, unseen."""
    viz = visualized(numbers=True, smooth=False, frames_per_step=1).build()
    viz.save(tmp_path / "sums.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "sums.blend"))
    bpy.context.scene.frame_set(bpy.context.scene.frame_start)
    names = [each.parent.original.name.split(".")[0] for each in bpy.context.evaluated_depsgraph_get().object_instances
             if each.parent and each.parent.original.name.startswith("mm sum")]
    assert len(names) == len(lines(visualized(smooth=False))[0].text.replace(" ", "")) + 2
