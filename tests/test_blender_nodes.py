"""The node groups as text, so that a change in one shows in review.

``MM_UPDATE_SNAPSHOTS=1 pytest tests/test_blender_nodes.py`` writes the files in ``tests/snapshots`` anew.
"""
import os
import re
from pathlib import Path

import pytest

bpy = pytest.importorskip("bpy")

from mm_blender.epilogs import reference_chain  # noqa: E402
from mm_blender.expression import parse_epilog  # noqa: E402
from mm_blender.objects.nodes import (accumulate, colour, cursor, elements, epilog, interior, reveal,  # noqa: E402
                                      surface, tile_plane, tile_shader, tile_surface, tiles)

SNAPSHOTS = Path(__file__).parent / "snapshots"
SETTINGS = ("operation", "data_type", "domain", "mode", "input_type", "rounding_mode", "attribute_type",
            "attribute_name", "transform_space", "component")
GROUPS = {
    "colour": colour.build, "elements": elements.build, "faces": lambda: elements.build(realized=True),
    "cursor": cursor.build, "reveal": reveal.build,
    "epilog causal softmax": lambda: epilog.build(reference_chain("softmax(tril(x/sqrt(k)))")),
    "epilog pointwise": lambda: epilog.build(parse_epilog("gelu(silu((sigmoid(relu(tanh(x * 2))))**2))")),
    "epilog rmsnorm": lambda: epilog.build(parse_epilog("rmsnorm(gelu_tanh(x + 2), 1e-6)")),
    "epilog layernorm": lambda: epilog.build(parse_epilog("layernorm_rows(layernorm(x / k))")),
    "interior axpy": lambda: interior.build("axpy"),
    "interior vmprod": lambda: interior.build("vmprod"),
    "interior dotprod": lambda: interior.build("dotprod (row major)"),
    "accumulate axpy": lambda: accumulate.build("axpy", reference_chain("relu"), True),
    "tiles": tiles.build,
    "tiles sweep": lambda: tiles.build(sweep=True),
    "tile ray": tile_shader.ray, "tile slot": tile_shader.slot, "tile cube": tile_shader.cube,
    "tile face": tile_shader.face, "tile grown": tile_shader.grown, "tile nearer": tile_shader.nearer,
    "tile density": tile_shader.density, "tile look": tile_shader.look, "tile met": lambda: tile_shader.met(True),
    "plane": tile_plane.build, "plane look": lambda: tile_plane.look("vmprod"), "plane product": tile_plane.product,
    "tile surface": lambda: tile_surface.build("lit"), "element read": surface.read,
    "surface lit": lambda: surface.build("lit"), "surface drawn": lambda: surface.build("drawn"), "flat": surface.flat,
    "accumulate vvprod": lambda: accumulate.build("vvprod", (), False),
}


def ours(group) -> str:
    """A group's name without Blender's number for duplicates and ours for its version."""
    return re.sub(r" \d+$", "", group.name)


def as_text(group) -> str:
    """The interface, then a line an input in use: ``Math 3 MULTIPLY.0 <- Math 2.0``, sorted.

    Nodes are counted by kind in the order of their making; sockets go by their place among those in use, since names
    and identifiers differ between Blenders.
    """
    lines = [f"{item.in_out.lower()} {item.socket_type.removeprefix('NodeSocket')} {item.name}{_default(item)}"
             for item in group.interface.items_tree if item.item_type == "SOCKET"]
    labels, counts = {}, {}
    for node in group.nodes:
        kind = node.bl_idname
        for prefix in ("ShaderNode", "GeometryNode", "FunctionNode", "Node"):
            kind = kind.removeprefix(prefix)
        counts[kind] = counts.get(kind, 0) + 1
        labels[node.name] = f"{kind} {counts[kind]}"
    found = []
    for node in group.nodes:
        said = [str(getattr(node, name)) for name in SETTINGS if isinstance(getattr(node, name, None), str)]
        said += ["clamp"] if getattr(node, "use_clamp", False) else []
        said += [ours(node.node_tree)] if getattr(node, "node_tree", None) else []
        head = " ".join([labels[node.name], *said])
        principled = node.bl_idname == "ShaderNodeBsdfPrincipled"  # has more inputs in newer Blenders
        used = [socket for socket in node.inputs if socket.enabled and socket.type != "CUSTOM"]
        for at, socket in enumerate(used):
            for link in socket.links:
                source = link.from_node
                outputs = [s for s in source.outputs if s.enabled and s.type != "CUSTOM"]
                given = source.bl_idname == "NodeGroupInput"
                name = link.from_socket.name if given else outputs.index(link.from_socket)
                found.append(f"{head}.{socket.name if principled else at} <- {labels[source.name]}.{name}")
            if not principled and not socket.is_linked and not socket.hide_value and hasattr(socket, "default_value"):
                found.append(f"{head}.{at} = {_value(socket.default_value)}")
        if not used:
            found.append(head)
    return "\n".join([*lines, "", *sorted(found)]) + "\n"


def _default(item) -> str:
    value = getattr(item, "default_value", None)
    return "" if value is None else f" = {_value(value)}"


def _value(value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (bool, int, str)) or value is None:
        return repr(value)
    try:
        return f"({', '.join(f'{part:.6g}' for part in value)})"
    except TypeError:
        return type(value).__name__


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
