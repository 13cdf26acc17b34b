"""What ``auto`` chooses, and what the cubes of a tile take from each other of the light. Pure numpy."""
import numpy as np
import pytest

import mm_blender as mm
from mm_blender.appearance import representation
from mm_blender.appearance.representation import choose, FACES, fits, INSTANCES, pixels, TILES
from mm_blender.appearance.shading import Cubes, Lattices, shades
from mm_blender.expression.tree import nodes
from mm_blender.layout.framing import Camera

SIZE = (1280, 1280)


def chosen(viz, wish="auto", camera=None, size=SIZE, **more):
    return set(choose(wish, viz.tree, viz.placement, camera or viz.camera, size, **more).values())


def large(**settings):
    return mm.visualize("A @ B", settings={"A.h": 400, "A.w": 300, "B.w": 400, **settings}, animate=False)


def test_few_elements_are_instances_and_many_small_ones_are_tiles():
    few = mm.visualize("A @ B", settings={"A.h": 30, "A.w": 30, "B.w": 30})
    assert chosen(few) == {INSTANCES} and chosen(few, "tiles") == {TILES}
    assert chosen(large()) == {TILES} and chosen(large(), "instances") == {INSTANCES}


def test_what_the_camera_comes_near_to_is_faces():
    viz = large()
    result = viz.placement.matrices["root"][:3, 3]
    near = Camera(result + np.array([20.0, -20.0, 60.0]), result + np.array([20.0, -20.0, 0.0]))
    kinds = choose("auto", viz.tree, viz.placement, near, SIZE)
    assert kinds["root"] == FACES
    assert chosen(viz, size=(64000, 64000)) == {FACES}, "every element is hundreds of pixels"


def test_faces_are_for_cubes_without_bevels_that_memory_has_room_for():
    near = (64000, 64000)
    assert chosen(large(**{"A.w": 20, "A.h": 300, "B.w": 300}), size=near) == {INSTANCES}, "102,000 elements, bevelled"
    assert chosen(large(**{"A.h": 1200, "A.w": 800, "B.w": 1200}), size=near) == {INSTANCES}, "3.4 million"
    few = mm.visualize("A @ B", settings={"A.h": 10, "A.w": 10, "B.w": 10})
    assert chosen(few, "faces") == {FACES}


def test_one_matrix_that_is_too_large_for_cubes_is_a_tile_however_near():
    kinds = {path: choose("auto", viz.tree, viz.placement, viz.camera, (64000, 64000))[path]
             for viz in [large(**{"A.h": 1300, "A.w": 2, "B.w": 1300})] for path in ("root", "root.left")}
    assert kinds["root"] == TILES != kinds["root.left"]
    assert chosen(large(**{"A.h": 1200, "A.w": 2, "B.w": 1200}), size=(64000, 64000)) == {FACES}


def test_what_else_remains_of_many_tiles_is_instances():
    viz = large(**{"anim.alg": "vvprod"})
    kinds = choose("auto", viz.tree, viz.placement, viz.camera, SIZE, bound={"root.left"})
    assert kinds == {"root": TILES, "root.left": INSTANCES, "root.right": TILES}


def test_pixels_are_those_of_a_projection():
    viz = large()
    frame = viz.placement.matrices["root"]
    far = Camera(frame[:3, 3] + [0, 0, 1000.0], frame[:3, 3])
    root = next(node for node in nodes(viz.tree) if node.path == "root")
    expected = 720 / 2 / np.tan(np.radians(22.5)) / 1000
    assert pixels(root, viz.placement, far, (1280, 720)) == pytest.approx(expected, rel=0.3)
    behind = Camera(frame[:3, 3] - [0, 0, 10.0], frame[:3, 3] - [0, 0, 20.0])
    assert pixels(root, viz.placement, behind, (1280, 720)) == np.inf


def test_a_turning_camera_counts_where_it_is_nearest():
    viz = large()
    root = next(node for node in nodes(viz.tree) if node.path == "root.left")
    far = Camera(viz.camera.position * [-1, 1, 1], viz.camera.target * [-1, 1, 1])  # from the other side
    near, away = (pixels(root, viz.placement, camera, SIZE) for camera in (viz.camera, far))
    turning = [pixels(root, viz.placement, camera, SIZE, turning=True) for camera in (viz.camera, far)]
    assert away < 0.9 * near and min(turning) >= 0.99 * near


def test_what_cannot_be_a_tile_is_none():
    viz = large()
    assert choose("tiles", viz.tree, viz.placement, viz.camera, SIZE, bound={"root"})["root"] == INSTANCES
    odd = large(**{"layout.gap": 2.5, "block.i blocks": 4})
    assert not fits(next(node for node in nodes(odd.tree) if node.path == "root"))


def test_an_unknown_representation_is_an_error_in_words():
    with pytest.raises(mm.MMError, match="no representation 'points'; known are auto, instances, tiles, faces"):
        mm.visualize("A @ B", representation="points")


def test_sums_under_way_are_no_tiles():
    viz = mm.visualize("A @ B", settings={"anim.alg": "vvprod"})
    assert representation.accumulating(viz.tree, viz.schedule.tracks) == {"root"}


# ---- light

def test_rays_meet_the_cubes_that_stand_in_their_way():
    halves = np.zeros((3, 5))
    halves[1, 3] = 0.4
    start = np.array([[0.5, 1.5, 0.0], [0.5, 1.5, 0.0], [3.5, 1.5, 5.0], [0.5, 0.5, 0.0]])
    way = np.array([[1.0, 0, 0], [-1.0, 0, 0], [0, 0, -1.0], [1.0, 0, 0]])
    found, at, axis = Lattices([halves]).march([(start, way)])
    assert found.tolist() == [True, False, True, False]
    assert at[0] == pytest.approx([3.1, 1.5, 0.0], abs=1e-4) and axis[0] == 0
    assert at[2] == pytest.approx([3.5, 1.5, 0.4], abs=1e-4) and axis[2] == 2


def test_lone_cubes_keep_their_light_and_crowded_ones_lose_some():
    view = np.array([0.5, 0.5, 0.7])
    view /= np.linalg.norm(view)
    slant = np.array([0.95, 0.1, 0.3]) / np.linalg.norm([0.95, 0.1, 0.3])
    lone, crowded = np.zeros((60, 60)), np.where(np.indices((60, 60)).sum(0) % 2, 0.5, 0.3)
    lone[::10, ::10] = 0.3
    free, dim = shades([Cubes(halves, view, [(slant, 3.0)], 0.3) for halves in (lone, crowded)])
    assert free.kept[1, 2] > 0.9 > dim.kept[1, 2]
    assert (dim.kept <= 1).all() and (dim.kept >= 0).all() and (dim.added >= 0).all()


def test_lamps_behind_the_plane_are_added_to_the_faces_that_see_them():
    view, behind = np.array([0.6, 0.0, 0.8]), np.array([0.8, 0.0, -0.6])
    halves = np.zeros((40, 40))
    halves[::8, ::8] = 0.3
    made, = shades([Cubes(halves, view, [(behind, np.pi)], 0.0)])
    assert made.added[1, 0] == pytest.approx(0.8, abs=0.05) and made.added[1, 2] == 0


def test_nothing_drawn_takes_no_light():
    made, = shades([Cubes(np.zeros((4, 4)), np.array([0, 0, 1.0]), [], 1.0)])
    assert (made.kept == 1).all() and (made.added == 0).all()


def test_matrices_together_are_shaded_as_each_alone():
    rng, view, sun = np.random.default_rng(0), np.array([0.5, 0.4, 0.77]), np.array([0.3, 0.3, 0.9])
    some = [Cubes(rng.uniform(0.1, 0.5, shape), view * side, [(sun, 2.0)], 0.3)
            for shape in ((9, 40), (1, 1), (60, 7)) for side in ((1, 1, 1), (-1, 1, -1))]
    for together, (alone,) in zip(shades(some), ([shades([cubes]) for cubes in some])):
        np.testing.assert_array_equal(together.kept, alone.kept)
        np.testing.assert_array_equal(together.added, alone.added)
