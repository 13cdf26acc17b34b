"""Authorship: whether a material, a world or other data is as we made it, or has become a person's own.

A change replaces and deletes only what is as we made it. Materials and worlds carry a stamp of their nodes, so that one
that a person has edited is theirs from then on; of other data, those whose name we gave are ours.
"""
from __future__ import annotations

import re
import zlib
from typing import Any

import bpy

from . import properties, tags
from .blender_types import any_kind, links_in, nodes_of

STAMP = tags.MADE
NUMBERED = re.compile(r"\.\d{3,}$")
PREFIX = "mm "  # of the names of all data that we make


def stamp(block: bpy.types.Material | bpy.types.World) -> None:
    """Say that ``block`` is now as we made it."""
    block[STAMP] = f"{_version()} {_digest(block.node_tree)}"


def is_ours(block: bpy.types.ID) -> bool:
    """Whether we made ``block``, and nobody has changed its nodes since. Another Blender's nodes have other sockets: a
    file that was saved there is taken at its word."""
    if not properties.has(block, STAMP):
        return block.name.startswith(PREFIX)  # data without nodes, and older files
    version, _, digest = str(block[STAMP]).partition(" ")
    nodes = any_kind(block)
    return version != _version() or nodes.animation_data is None and digest == str(_digest(nodes.node_tree))


def _version() -> str:
    return "{}.{}".format(*bpy.app.version)


def _digest(tree: bpy.types.NodeTree | None) -> int:
    if tree is None:
        return 0
    nodes = [(node.name, node.bl_idname, plain(getattr(getattr(node, "node_tree", None), "name", "")), node.mute,
              [_value(socket) for socket in node.inputs if not socket.is_linked]) for node in nodes_of(tree)]
    links = [(link.from_node.name, link.from_socket.identifier, link.to_node.name, link.to_socket.identifier)
             for link in links_in(tree)]
    return zlib.crc32(repr((sorted(nodes), sorted(links))).encode())


def plain(name: str) -> str:
    """A name without the number that Blender adds where it is taken, as in another file."""
    return NUMBERED.sub("", name)


def _value(socket: bpy.types.NodeSocket) -> Any:
    value: Any = getattr(socket, "default_value", None)
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
