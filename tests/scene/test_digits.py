"""Digits on elements at the steps of a sweep: what they say, and that they can be read."""
import numpy as np
import pytest

import mm_blender as mm
import ocr
from mm_blender import digits
from mm_blender.document.film import Film
from mm_blender.lettering import numerals

bpy = pytest.importorskip("bpy")
from mm_blender.scene import compat, evaluated, parts  # noqa: E402

A, B = np.array([[2.0, 3.5], [-1.0, 4.0]]), np.array([[1.0, 12.0, -3.0], [0.25, -2.0, 5.0]])


@pytest.mark.parametrize("algorithm", ["dotprod (row major)", "vvprod"])
def test_at_every_step_they_are_what_the_film_says(fresh_scene, algorithm):
    """An element has a number from the step on at which it is made, and the number is what is summed up then."""
    viz = mm.visualize("C = A @ B", {"A": A, "B": B}, numbers="3 significant", frames_per_step=1,
                       settings={"anim.alg": algorithm}).build()
    film, root = Film(viz.document), viz.document.tree
    numbers = next(obj for obj in parts.of(viz.handles[0].collection, parts.LETTER)
                   if obj.get("mm_label") == "root" and obj.modifiers)
    inputs = compat.modifier_inputs(numbers.modifiers[0])
    assert (inputs["Decimals"], inputs["Rule"]) == (3, digits.RULES.index(digits.SIGNIFICANT))
    for step in range(viz.document.schedule.steps + 1):
        fresh_scene.frame_set(fresh_scene.frame_start + step)
        graph = bpy.context.evaluated_depsgraph_get()
        shown = film.matrix(root, step)
        want = sorted(numerals.write(x, digits.read("3 significant")) for x in shown.value)
        held = evaluated.Elements(bpy.data.objects["C"], graph)
        assert sorted(numerals.write(x, digits.read("3 significant")) for x in held.value) == want
        made = sum(1 for each in graph.object_instances if each.parent and each.parent.original == numbers)
        characters = sum(map(len, want))
        assert characters <= made <= 2 * characters  # a fill, and an edge where the ink needs one


@ocr.needed
def test_they_are_read_off_a_picture(fresh_scene, tmp_path):
    viz = mm.visualize("C = A @ B", {"A": A, "B": B}, numbers="2 decimals, of C", look="paper",
                       settings={"deco.legends": 0, "deco.flow guides": 0, "deco.row guides": 0})
    viz.render(tmp_path / "digits.png", size=(720, 500), quality="preview", samples=8)
    said = ocr.read(tmp_path / "digits.png", "-c", "tessedit_char_whitelist=0123456789.-")
    found = [x for x in viz.values["root"].ravel() if x and f"{abs(x):.2f}" in said]
    assert len(found) >= 3, said  # of five; tesseract is no reader of small print on cubes


def test_those_of_some_matrices_alone(fresh_scene):
    viz = mm.visualize("C = A @ B", {"A": A, "B": B}, numbers="of C root.left").build()
    assert {obj.get("mm_label") for obj in parts.of(viz.handles[0].collection, parts.LETTER)
            if obj.modifiers} == {"root", "root.left"}
    viz.change(numbers="2 decimals, of B")
    assert {obj.get("mm_label") for obj in parts.of(viz.handles[0].collection, parts.LETTER)
            if obj.modifiers} == {"root.right"}
    with pytest.raises(mm.ParameterError, match="asked for of 'D', and there is no matrix"):
        viz.change(numbers="of D")
    assert viz.options.numbers == "2 decimals, of B"
