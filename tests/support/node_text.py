"""Node groups as text, which tells whether one is what it was."""
import re

SETTINGS = ("operation", "data_type", "domain", "mode", "input_type", "rounding_mode", "attribute_type",
            "attribute_name", "transform_space", "component")


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
