"""Labels of rows and columns: where they stand, and that they stay with the parameters."""
from dataclasses import replace

import numpy as np
import pytest

import mm_blender as mm
from mm_blender.errors import ParameterError
from mm_blender.expression.tree import nodes
from mm_blender.layout.framing import Camera
from mm_blender.layout.places import offsets
from mm_blender.lettering import labels

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
    with pytest.raises(ParameterError, match=r"no matrix 'root.up' to label; .*\(root.left\)"):
        labelled().labelled({"root.up": {"rows": ["a"]}})


def test_labels_in_blender(fresh_scene):
    import bpy

    labelled().build()
    bodies = [curve.body for curve in bpy.data.curves if curve.name.startswith("mm label")]
    assert sorted(bodies) == sorted(WORDS * 2)


# ---- by themselves

def tree():
    return mm.visualize("out = A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 4}).tree


@pytest.mark.parametrize("given, words", [
    ({"root": {"rows": "abc"}}, "a list of texts, not 'abc'"), ({"root": {"rows": ["a", 2, "c"]}}, "a list of texts"),
    ({"root": {"rows": ["a", "b"]}}, "2 labels for the rows of root, which has 3"),
    ({"root": {"cols": ["a"] * 3}}, "3 labels for the cols of root, which has 4"),
    ({"root": {"depth": ["a"]}}, "'rows' or 'cols', not of 'depth'"),
    (["rows"], "labels"), ({"root": ["a"]}, "labels of")])
def test_labels_that_are_none_are_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        list(labels.checked_labels(given, nodes(tree())))


def test_labels_are_given_by_name_too_where_one_alone_has_it():
    given = {"A": {"cols": ["x", "y"]}}
    assert list(labels.checked_labels(given, nodes(tree()))) == [("root.left", "cols", ["x", "y"])]
    same = mm.visualize("A @ B @ A", settings={"A.h": 3, "A.w": 3, "B.w": 3}).tree
    with pytest.raises(ParameterError, match="2 matrices are called 'A'; by name and path there are"):
        list(labels.checked_labels(given, nodes(same)))


def test_labels_are_taken_one_line_each():
    given = {"root.left": {"rows": ("a", "b\nc", ""), "cols": ["x", "y"]}}
    assert list(labels.checked_labels(given, nodes(tree()))) == [
        ("root.left", "rows", ["a", "b c", ""]), ("root.left", "cols", ["x", "y"])]


def test_only_a_matrix_with_both_shows_them():
    node = tree().left
    assert labels.is_shown(node, {"rows": WORDS, "cols": WORDS})
    assert not labels.is_shown(node, {"rows": WORDS}) and not labels.is_shown(node, {"cols": WORDS})
    assert not labels.is_shown(replace(node, deco=replace(node.deco, legends=0)), {"rows": WORDS, "cols": WORDS})


def test_long_words_are_cut_and_the_room_is_that_of_the_longest():
    word = "incomprehensibilities"
    viz = mm.visualize("A @ B", settings={"A.h": 2, "A.w": 2, "B.w": 2})
    node, camera = viz.tree, viz.camera
    given = {"rows": [word, "a" * labels.LONGEST], "cols": ["b", "c"]}
    texts = labels.texts(node, given, {0: True, 1: True}, viz.placement, camera)
    assert [text.text for text in texts] == [word[:labels.LONGEST - 1] + "…", "a" * labels.LONGEST, "b", "c"]
    assert {text.size for text in texts} == {labels.SIZE}
    assert labels.room([word]) == labels.room(["a" * labels.LONGEST]) == labels.room(["b", word])
    assert labels.room(["ab"]) - labels.room(["a"]) == pytest.approx(labels.GLYPH_WIDTH * labels.SIZE)


@pytest.mark.parametrize("far", [True, False])
def test_labels_begin_beyond_the_frame_on_the_edge_that_is_asked_for(far):
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 2, "B.w": 4})
    frame = viz.placement.matrices["root"]
    texts = labels.texts(viz.tree, {"rows": list("abc"), "cols": list("wxyz")}, {0: far, 1: far}, viz.placement,
                         viz.camera)
    local = np.array([frame[:3, :3].T @ (text.frame[:3, 3] - frame[:3, 3]) for text in texts])
    beyond = labels.MARGIN + labels.AWAY
    np.testing.assert_allclose(local[:3, 0], 3 + beyond if far else -beyond)
    np.testing.assert_allclose(local[3:, 1], 2 + beyond if far else -beyond)


def test_they_stand_where_most_room_is():
    """Beside another matrix that is near they take the other side, whichever the camera is nearer to."""
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 3, "B.w": 3})
    node, other = viz.tree.left, viz.tree.right
    given = {"rows": ["word"] * 3, "cols": ["word"] * 3}
    for axis, far in ((0, True), (0, False), (1, True), (1, False)):
        beside = viz.placement.matrices[node.path].copy()
        beside[:3, 3] += beside[:3, axis] * (5 if far else -5)
        placement = replace(viz.placement, matrices={node.path: viz.placement.matrices[node.path], other.path: beside})
        at = labels.edges(node, [node, other], given, placement, viz.camera)
        assert at[1 - axis] is not far, (axis, far)


@pytest.mark.parametrize("axis", [0, 1])
def test_of_sides_with_room_enough_they_take_the_one_that_is_nearer_to_the_camera(axis):
    viz = mm.visualize("A @ B", settings={"A.h": 3, "A.w": 3, "B.w": 3})
    node, other = viz.tree.left, viz.tree.right
    given = {"rows": ["word"] * 3, "cols": ["word"] * 3}
    frame = viz.placement.matrices[node.path]
    for far in (True, False):
        beside = frame.copy()  # on the far or the near side, and so far off that there is room on both
        beside[:3, 3] += frame[:3, axis] * (14 if far else -14)
        placement = replace(viz.placement, matrices={node.path: frame, other.path: beside})
        for nearer in (True, False):
            eye = frame[:3, 3] + frame[:3, 2] * 20 + frame[:3, axis] * (30 if nearer else -30)
            camera = Camera(eye, frame[:3, 3])
            assert labels.edges(node, [node, other], given, placement, camera)[1 - axis] is nearer, (far, nearer)
