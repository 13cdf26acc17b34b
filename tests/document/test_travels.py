"""Which elements of one document are which of another, and from where to where they go."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.appearance import rules
from mm_blender.document import travels
from mm_blender.document.pairing import pairs
from mm_blender.document.succession import Succession
from mm_blender.expression.tree import nodes
from mm_blender.layout.framing import Camera
from mm_blender.layout.places import offsets

DRAWN = np.random.default_rng(0)
X, W, V = (DRAWN.normal(size=size).astype(np.float32) for size in ((5, 6), (6, 7), (7, 4)))
LEFT, RIGHT = "(x @ W) @ V", "x @ (W @ V)"


def document(source, data=None, **options):
    return mm.visualize(source, {"x": X, "W": W, "V": V} if data is None else data, animate=False, **options).document


def told(first, second):
    """Names and whether values are the same, of what has a partner."""
    return {(pair.first.name, pair.second.name, pair.same) for pair in pairs(first, second)}


def test_the_same_matrices_are_found_under_another_association():
    first, second = document(LEFT), document(RIGHT)
    assert told(first, second) == {
        ("x", "x", True), ("W", "W", True), ("V", "V", True), ("x @ W @ V", "x @ (W @ V)", True)}
    alone = {(each.first and each.first.name, each.second and each.second.name)
             for each in travels.travels(first, second) if None in (each.first, each.second)}
    assert alone == {("x @ W", None), (None, "W @ V")}


@pytest.mark.parametrize("first, second, expected", [
    (("y = x @ W", {"x": X, "W": W}), ("y = Wt @ xt", {"Wt": W.T, "xt": X.T}), {
        ("W", "Wt", True), ("x", "xt", True), ("y", "y", True)}),
    (("y = x @ W", {"x": X, "W": W}), ("z = a @ b", {"a": X, "b": W}), {
        ("W", "b", True), ("x", "a", True), ("y", "z", True)}),
    (("y = x @ W", {"x": X, "W": W}), ("y = x @ W", {"x": X, "W": W * 2}), {
        ("x", "x", True), ("W", "W", False), ("y", "y", False)}),
    (("y = x @ W", {"x": X, "W": W}), ("y = x @ (New = a @ b + W)", {
        "x": X, "W": W, "a": X[:2].T, "b": W[:2] + 1}), {("x", "x", True), ("W", "New", False), ("y", "y", False)}),
], ids=["turned over", "renamed", "changed", "by its place"])
def test_partners(first, second, expected):
    assert told(document(*first), document(*second)) == expected


def test_rows_and_columns_are_parts_of_a_whole():
    whole = document("y = x @ W", {"x": X, "W": W})
    part = document("y1 = x1 @ W1", {"x1": X[1:4], "W1": W[:, 2:5]})
    found = {pair.first.name: (pair.rows, pair.cols) for pair in pairs(whole, part)}
    assert found == {"x": (((1, 4), (0, 3)), ((0, 6), (0, 6))), "W": (((0, 6), (0, 6)), ((2, 5), (0, 3)))}
    back = {pair.second.name: (pair.rows, pair.cols) for pair in pairs(part, whole)}
    assert back == {name: (rows[::-1], cols[::-1]) for name, (rows, cols) in found.items()}
    lost = [each for each in travels.travels(whole, part) if each.second is None]
    assert {each.first.name: each.changing.values.shape[1] for each in lost} == {"x": 12, "W": 24, "y": 35}


def test_what_is_there_twice_comes_of_one():
    one, both = document("x @ W", {"x": X, "W": W}), document("(x @ W) @ (W.T @ x.T)", {"x": X, "W": W})
    assert sum(pair.first.name == "x" for pair in pairs(one, both)) >= 1
    gone = [each.node.name for each in travels.travels(both, one) if each.second is None]
    assert "x" not in gone and "W" not in gone  # they come together


@pytest.mark.parametrize("settings", [{}, {"block.i blocks": 2}])
def test_each_element_starts_and_ends_where_its_document_has_it(settings):
    first, second = document(LEFT), document(RIGHT, settings=settings)
    drawn = [set(), set()]
    for travel in travels.travels(first, second):
        for at, (whole, node) in enumerate(((first, travel.first), (second, travel.second))):
            if node is None:
                continue
            if travel.changing is None:
                down, along = offsets(node)
                places = np.stack([*np.meshgrid(along, down), np.zeros((node.h, node.w))], -1).reshape(-1, 3)
                places, values = places - travel.middle[at], whole.values[node.path].ravel()
                edges = rules.edge(values, whole.scaling.scales[node.path], node.viz)
            else:
                places, values, edges = (each[at] for each in (
                    travel.changing.places, travel.changing.values, travel.changing.edges))
            frame = travel.frames[at]
            seen = places @ frame[:3, :3].T + frame[:3, 3]
            drawn[at] |= {tuple(each) for each in np.column_stack([seen, values, edges]).round(3) + 0.0}
    for at, whole in enumerate((first, second)):
        expected = set()
        for node in nodes(whole.tree):
            down, along = offsets(node)
            frame = whole.placement.matrices[node.path]
            places = np.stack([*np.meshgrid(along, down), np.zeros((node.h, node.w))], -1).reshape(-1, 3)
            values = whole.values[node.path].ravel()
            edges = rules.edge(values, whole.scaling.scales[node.path], node.viz)
            seen = places @ frame[:3, :3].T + frame[:3, 3]
            expected |= {tuple(each) for each in np.column_stack([seen, values, edges]).round(3) + 0.0}
        assert drawn[at] == expected


def test_ways_begin_and_end_there_and_turn_evenly():
    first, second = document(LEFT), document(RIGHT)
    for way in travels.ways(travels.travels(first, second), np.eye(3)):
        for share, frame in zip((0.0, 1.0), way.travel.frames):
            np.testing.assert_allclose(way.frame(share), frame, atol=1e-6)
        turned = way.frame(0.5)[:3, :3]
        np.testing.assert_allclose(turned @ turned.T, np.eye(3), atol=1e-9)
        angles = [np.trace(end[:3, :3].T @ turned) for end in way.travel.frames]
        assert angles[0] == pytest.approx(angles[1])


def test_the_camera_stands_back_only_for_what_would_leave_the_picture():
    still = travels.ways(travels.travels(document(LEFT), document(LEFT)), np.eye(3))
    cameras = (Camera(np.array([0.0, 0, 60]), np.zeros(3)),) * 2
    assert travels.retreat(still, cameras, 1.5) == 0
    moved = [travels.Way(way.travel, np.array([0.0, 40.0, 0.0])) for way in still]
    assert travels.retreat(moved, cameras, 1.5) > 10


@pytest.mark.parametrize("options, words", [
    (({}, {"look": "paper"}), "under one look"), (({"keys": True}, {}), "has no keys"),
    (({}, {"numbers": True}), "has no numbers"), (({}, {"projection": "orthographic"}), "under one projection"),
    (({"projection": "cabinet"}, {"projection": "cabinet"}), "cabinet projection"), (({}, {"cells": 40}), "one cells")])
def test_what_cannot_turn_into_each_other_is_refused_by_name(options, words):
    first, second = (document(LEFT, **each) for each in options)
    with pytest.raises(mm.ParameterError, match=words):
        Succession.of([first, second], 2, 0.5)


def test_too_many_elements_that_change_are_refused(monkeypatch):
    monkeypatch.setattr(travels, "MOST", 10)
    with pytest.raises(mm.SizeError, match="107 elements would change"):
        travels.travels(document("x @ W", {"x": X, "W": W}), document("x @ W", {"x": X, "W": W * 2}))


def test_a_sweep_is_shown_as_it_ends():
    moving = mm.visualize(LEFT, {"x": X, "W": W, "V": V}, settings={"anim.alg": "vmprod"})
    group = mm.transition(moving, mm.visualize(RIGHT, {"x": X, "W": W, "V": V})).group
    assert not any(each.schedule.tracks for each in group.documents) and group.moves


@pytest.mark.parametrize("what, words", [("A @ B", "takes visualizations"), (None, "takes visualizations")])
def test_only_visualizations_turn_into_each_other(what, words):
    with pytest.raises(mm.ParameterError, match=words):
        mm.transition(mm.visualize("A @ B"), what)


@pytest.mark.parametrize("more", [{"seconds": 0}, {"hold": -1}, {"seconds": "2"}, {"hold": float("nan")}])
def test_times_are_checked(more):
    viz = mm.visualize("A @ B")
    with pytest.raises(mm.ParameterError, match=f"{next(iter(more))} is a number from"):
        mm.transition(viz, viz, **more)


def test_frames_of_a_chain():
    viz = mm.visualize("A @ B")
    assert mm.transition(viz, viz, viz, seconds=1, hold=0.5).group.frames(1, 24) == ([(13, 37), (49, 73)], 85)
