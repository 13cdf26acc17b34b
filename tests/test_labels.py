"""Labels of rows and columns: where they stand, and that they stay with the parameters."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import ParameterError
from mm_blender.places import offsets
from mm_blender.tree import nodes

WORDS = ["[CLS]", "the", "animal", "was", "tired"]
SIZES = {"Q.h": 5, "Q.w": 8, "K_t.w": 5, "V.w": 8}


def labelled(settings=None):
    viz = mm.visualize("out = (attn = softmax(Q @ K_t / sqrt(k))) @ V",
                       settings={**SIZES, "gap": 6, **(settings or {})})
    return viz.labelled({"root.left": {"rows": WORDS, "cols": WORDS}, "root.left.left": {"rows": WORDS}})


def test_every_row_and_column_has_its_word_beside_it():
    viz = labelled({"block.i blocks": 2})
    texts = [text for text in viz.legends() if text.kind == "label"]
    assert [text.text for text in texts] == WORDS * 2 and {text.path for text in texts} == {"root.left"}
    frame = viz.placement.matrices["root.left"]
    attn = next(node for node in nodes(viz.tree) if node.name == "attn")
    for at, axis in ((0, 0), (5, 1)):  # words of rows run along x and stand where the rows are
        local = np.array([frame[:3, :3].T @ (text.frame[:3, 3] - frame[:3, 3]) for text in texts[at:at + 5]])
        np.testing.assert_allclose(local[:, 1 - axis], offsets(attn)[axis], atol=1e-9)
        assert np.ptp(local[:, axis]) < 1e-9 and not -0.5 <= local[0, axis] <= 4.5
        np.testing.assert_allclose(np.abs([text.frame[:3, 0] @ frame[:3, axis] for text in texts[at:at + 5]]), 1)


def test_labels_lead_away_from_the_matrix_and_keep_off_the_others():
    viz = labelled()
    frames = viz.placement.matrices
    for text in viz.legends():
        if text.kind != "label":
            continue
        for node in nodes(viz.tree):
            local = (text.corners() - frames[node.path][:3, 3]) @ frames[node.path][:3, :3]
            inside = (local[:, :2] > -0.5).all(1) & (local[:, :2] < [node.w - 0.5, node.h - 0.5]).all(1)
            assert not (inside & (np.abs(local[:, 2]) < 0.3)).any(), (text.text, node.name)


def test_the_camera_sees_all_of_them():
    viz = labelled()
    assert all(viz.camera.sees(text.corners()) for text in viz.legends())


def test_the_name_keeps_off_the_labels():
    viz = labelled()
    corners = {text.kind: text.corners() for text in viz.legends() if text.path == "root.left"}
    name = viz.camera.project(corners["name"])[:, :2]
    for text in viz.legends():
        if text.kind == "label":
            word = viz.camera.project(text.corners())[:, :2]
            apart = (word.max(0) < name.min(0)) | (word.min(0) > name.max(0))
            assert apart.any(), text.text


def test_labels_go_with_parameters_and_links():
    viz = labelled()
    expected = {"root.left": {"rows": WORDS, "cols": WORDS}, "root.left.left": {"rows": WORDS}}
    assert viz.labels == expected and mm.visualize(viz.params).labels == expected
    links = [viz.link(compress=compress) for compress in (True, False)]
    assert [mm.visualize(link).labels for link in links] == [expected] * 2


def test_no_legends_no_labels():
    assert not [text for text in labelled({"deco.legends": 0}).legends() if text.kind == "label"]


def test_labels_that_do_not_fit():
    with pytest.raises(ParameterError, match="2 labels for the cols of root.left, which has 5"):
        labelled().labelled({"root.left": {"cols": ["a", "b"]}})
    with pytest.raises(ParameterError, match="labels for the rows of root.up, which has none"):
        labelled().labelled({"root.up": {"rows": ["a"]}})


def test_labels_in_blender(fresh_scene):
    import bpy

    labelled().build()
    bodies = [curve.body for curve in bpy.data.curves if curve.name.startswith("mm label")]
    assert sorted(bodies) == sorted(WORDS * 2)
