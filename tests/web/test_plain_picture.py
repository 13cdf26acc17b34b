"""The picture of a page without WebGL2, against what the matrices hold."""
import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import mm_blender as mm
from mm_blender.appearance.rules import colour_at, edge, srgb
from mm_blender.layout.places import offsets
from mm_blender.web import plain_picture

SIZE = (640, 400)


def middles(viz, camera, path):
    """Pixels (x, y) of the middles of the elements of a matrix (h, w, 2)."""
    node = viz.document.matrix(path)
    down, along = offsets(node)
    frame = viz.placement.matrices[path]
    local = np.stack([*np.broadcast_arrays(along, down[:, None]), np.zeros((node.h, node.w))], -1)
    shares = camera.page(local @ frame[:3, :3].T + frame[:3, 3], SIZE[0] / SIZE[1])
    return np.stack([shares[..., 0] * SIZE[0], (1 - shares[..., 1]) * SIZE[1]], -1)


def test_what_is_no_number_has_the_colour_that_it_has_everywhere():
    viz = mm.visualize("A @ B", data={"A": np.array([[np.nan, np.inf], [-np.inf, 1.0]]), "B": np.eye(2)}, look="unlit",
                       settings={"layout.scatter": 0})
    camera, node, x = viz.framed(1.6), viz.document.matrix("root.left"), viz.values["root.left"]
    shown = plain_picture.picture(viz.group, camera)
    at = middles(viz, camera, "root.left").astype(int)
    np.testing.assert_allclose(shown[at[..., 1], at[..., 0]], srgb(x, viz.scales()["root.left"], node.viz), atol=0.01)


@pytest.mark.parametrize("projection", ["perspective", "orthographic", "isometric", "cabinet"])
@pytest.mark.parametrize("blocks, aside", [(1, False), (2, False), (1, True)])
def test_elements_are_where_the_camera_sees_them(projection, blocks, aside):
    viz = mm.visualize("A @ B", projection=projection, look="unlit", seed=5, settings={
        "A.h": 6, "A.w": 4, "B.w": 8, "block.i blocks": blocks})
    camera = viz.framed(1.6)
    if aside:  # as a person may have left it
        camera = replace(camera, roll=12.0, shift=(0.05, -0.1), position=1.4 * camera.position - 0.4 * camera.target)
    shown = plain_picture.picture(viz.group, camera)
    node, x = viz.document.matrix("root"), viz.values["root"]  # in front of all
    at = middles(viz, camera, "root").astype(int)
    scale = viz.scales()["root"]
    wanted = srgb(x, scale, node.viz)
    large = edge(x, scale, node.viz) > 0.5
    assert large.sum() > 10
    assert np.abs(shown[at[..., 1], at[..., 0]] - wanted)[large].max() < 0.02


def test_what_is_zero_and_what_is_between_blocks_is_ground():
    viz = mm.visualize("A @ B", look="paper", settings={"block.i blocks": 2}, data={
        "A": np.zeros((4, 4), np.float32), "B": np.zeros((4, 4), np.float32)})
    assert plain_picture.picture(viz.group, viz.framed(1.6)).min() > 1 - 1e-9


def test_elements_smaller_than_a_pixel_come_to_their_mean():
    ones = np.ones((600, 2), np.float32)
    viz = mm.visualize("A @ B", look="unlit", data={"A": ones, "B": ones.T})
    shown = plain_picture.picture(viz.group, viz.framed(1.6))
    node, scale = viz.document.matrix("root"), viz.scales()["root"]
    covered = float(edge(np.array(2.0), scale, node.viz)) ** 2
    x, y = middles(viz, viz.framed(1.6), "root")[300, 300].astype(int)
    assert shown[y, x] == pytest.approx(covered * colour_at(np.array(1.0), node.viz), abs=0.02)


def test_the_address_is_a_png():
    viz = mm.side_by_side([mm.visualize("A @ B", seed=seed) for seed in (1, 2)])
    address = plain_picture.address(viz.group, viz.framed(1.6))
    picture = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))
    assert picture.size == SIZE and picture.mode == "RGB"
    assert np.abs(np.asarray(picture) / 255 - plain_picture.picture(viz.group, viz.framed(1.6))).max() < 0.005


def test_a_matrix_on_its_edge_or_behind_the_eye_is_left_out():
    viz = mm.visualize("A @ B", settings={"A.h": 4, "A.w": 4, "B.w": 4})
    camera = viz.framed(1.6)
    middle = viz.placement.matrices["root"][:3, 3]
    for position in (middle + (0, 0.0, 0.001), middle + (50.0, 0.0, 0.0)):
        shown = plain_picture.picture(viz.group, replace(camera, position=position, target=middle))
        assert np.isfinite(shown).all()
