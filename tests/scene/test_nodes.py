"""The node groups as text, so that a change in one shows in review.

``MM_UPDATE_SNAPSHOTS=1 pytest tests/scene/test_nodes.py`` writes the files in ``tests/snapshots`` anew.
"""
import os
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

from mm_blender.expression.epilogs import reference_chain  # noqa: E402
from mm_blender.expression.grammar import parse_epilog  # noqa: E402
from mm_blender.scene.nodes import (
    accumulate,
    colour,
    cube_group,
    cursor,
    epilog,
    interior,
    lit_group,
    reveal,
    surface,
    tile_group,
    tile_plane_group,
    tile_shader,
    tile_sum_group,
    tile_surface,
    travel_group,
    upright_group,
)
from node_text import as_text  # noqa: E402

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
GROUPS = {
    "colour": colour.build, "elements": cube_group.build, "faces": lambda: cube_group.build(realized=True),
    "cursor": cursor.build, "reveal": reveal.build, "upright numbers": upright_group.build,
    "travel": travel_group.build,
    "epilog causal softmax": lambda: epilog.build(reference_chain("softmax(tril(x/sqrt(k)))")),
    "epilog pointwise": lambda: epilog.build(parse_epilog("gelu(silu((sigmoid(relu(tanh(x * 2))))**2))")),
    "epilog rmsnorm": lambda: epilog.build(parse_epilog("rmsnorm(gelu_tanh(x + 2), 1e-6)")),
    "epilog layernorm": lambda: epilog.build(parse_epilog("layernorm_rows(layernorm(x / k))")),
    "interior axpy": lambda: interior.build("axpy"),
    "interior vmprod": lambda: interior.build("vmprod"),
    "interior dotprod": lambda: interior.build("dotprod (row major)"),
    "accumulate axpy": lambda: accumulate.build("axpy", reference_chain("relu"), True),
    "tiles": tile_group.build,
    "tiles sweep": lambda: tile_group.build(sweep=True),
    "tiles sum": tile_sum_group.build, "tile sum look": tile_sum_group.look,
    "tile ray": tile_shader.ray, "tile slot": tile_shader.slot, "tile cube": tile_shader.cube,
    "tile face": tile_shader.face, "tile grown": tile_shader.grown, "tile nearer": tile_shader.nearer,
    "tile told": tile_shader.told_of, "lit": lit_group.build,
    "tile density": tile_shader.density, "tile look": tile_shader.look, "tile met": lambda: tile_shader.met(True),
    "plane": tile_plane_group.build, "plane look": lambda: tile_plane_group.look("vmprod"),
    "plane product": tile_plane_group.product,
    "tile surface": lambda: tile_surface.build("lit"), "element read": surface.read,
    "surface lit": lambda: surface.build("lit"), "surface drawn": lambda: surface.build("drawn"), "flat": surface.flat,
    "accumulate vvprod": lambda: accumulate.build("vvprod", (), False),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_node_group_is_what_it_was(fresh_scene, name):
    text = as_text(GROUPS[name]())
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("MM_UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GROUPS)
def test_every_link_is_valid(fresh_scene, name):
    assert all(link.is_valid and not link.is_muted for link in GROUPS[name]().links)


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_made_once(fresh_scene, name):
    assert GROUPS[name]() == GROUPS[name]()
    assert not any(group.name.endswith(".001") for group in bpy.data.node_groups)


def test_nodes_do_not_lie_on_each_other(fresh_scene):
    for make in GROUPS.values():
        places = [tuple(node.location) for node in make().nodes]
        assert len(set(places)) == len(places)
