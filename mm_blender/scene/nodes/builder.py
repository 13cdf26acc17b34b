"""A small language for node trees: sockets with operators, links that cannot be silently ignored."""
from __future__ import annotations

from typing import Any, TYPE_CHECKING

import bpy

from ..blender_types import default_of, nodes_of, set_default

COLUMN, ROW = 190, 170  # node spacing in the editor


class Socket:
    """An output socket; arithmetic on it adds Math nodes."""

    def __init__(self, tree: Tree, socket: bpy.types.NodeSocket):
        self.tree, self.socket = tree, socket

    def __add__(self, other: Value) -> Socket: return self.tree.math("ADD", self, other)
    def __radd__(self, other: Value) -> Socket: return self.tree.math("ADD", other, self)
    def __sub__(self, other: Value) -> Socket: return self.tree.math("SUBTRACT", self, other)
    def __rsub__(self, other: Value) -> Socket: return self.tree.math("SUBTRACT", other, self)
    def __mul__(self, other: Value) -> Socket: return self.tree.math("MULTIPLY", self, other)
    def __rmul__(self, other: Value) -> Socket: return self.tree.math("MULTIPLY", other, self)
    def __truediv__(self, other: Value) -> Socket: return self.tree.math("DIVIDE", self, other)
    def __rtruediv__(self, other: Value) -> Socket: return self.tree.math("DIVIDE", other, self)
    def __abs__(self) -> Socket: return self.tree.math("ABSOLUTE", self)
    def __lt__(self, other: Value) -> Socket: return self.tree.math("LESS_THAN", self, other)
    def __gt__(self, other: Value) -> Socket: return self.tree.math("GREATER_THAN", self, other)


if TYPE_CHECKING:
    # not at run time: typing caches a Union for good, this module and bpy with it, and bpy 4.5 then hangs at exit
    from collections.abc import Callable, Iterable
    Value = Socket | float | int | bool | str | tuple


class Tree:
    """A node tree under construction."""

    def __init__(self, tree: bpy.types.NodeTree):
        self.tree = tree
        self._inputs: bpy.types.Node | None = None
        # what a socket of the interface has depends on its kind, which we know by name only
        self._interface: Any = tree.interface

    # ---- the group's own sockets

    def input(self, name: str, kind: str, default: object = None, description: str = "", low: float | None = None,
              high: float | None = None, subtype: str | None = None) -> Socket:
        """Declare a group input; ``kind`` is a socket type such as ``Float`` or ``Geometry``."""
        item = self._interface.new_socket(name, description=description, in_out="INPUT",
                                          socket_type=f"NodeSocket{kind}")
        if subtype:
            item.subtype = subtype
        if default is not None:
            item.default_value = default
        if low is not None:
            item.min_value = low
        if high is not None:
            item.max_value = high
        if self._inputs is None:
            self._inputs = self.tree.nodes.new("NodeGroupInput")
        return Socket(self, self._inputs.outputs[item.identifier] if item.identifier in self._inputs.outputs
                      else self._inputs.outputs[name])

    def output(self, **values: Socket) -> None:
        """Declare the group's outputs: ``name=value`` with ``kind`` taken from the value's socket."""
        node = self.tree.nodes.new("NodeGroupOutput")
        for name, value in values.items():
            self._interface.new_socket(name, in_out="OUTPUT", socket_type=_interface_type(value.socket))
            self.put(node.inputs[name], value)

    # ---- nodes

    def node(self, kind: str, *, set: dict | None = None, into: dict | None = None) -> Any:
        """A node of ``kind`` (its ``bl_idname``) with properties ``set`` and inputs ``into`` (by name or index). To a
        type checker it may be any, since what it has depends on a name."""
        node = self.tree.nodes.new(kind)
        for name, value in (set or {}).items():
            if getattr(node, name) != value:  # every writing has the tree looked through
                setattr(node, name, value)
        for key, value in (into or {}).items():
            self.put(_enabled(node.inputs, key), value)
        return node

    def get(self, kind: str, out: str | int = 0, *, set: dict | None = None, into: dict | None = None) -> Socket:
        """The output ``out`` of a new node."""
        return Socket(self, _enabled(self.node(kind, set=set, into=into).outputs, out))

    def put(self, target: bpy.types.NodeSocket, value: Value) -> None:
        """Link a socket to ``target``, or set its default. A link that Blender would ignore is an error."""
        if not isinstance(value, Socket):
            if not (isinstance(value, (bool, int, float, str)) and default_of(target) == value):
                set_default(target, value)
            return
        link = self.tree.links.new(value.socket, target)
        if not link.is_valid or link.to_socket != target:
            raise RuntimeError(f"{self.tree.name}: {_named(value.socket)} cannot feed {_named(target)}")

    def math(self, operation: str, *values: Value, clamp: bool = False) -> Socket:
        """A Math node's result: ``operation`` of one to three numbers."""
        return self.get("ShaderNodeMath", set={"operation": operation, "use_clamp": clamp},
                        into=dict(enumerate(values)))

    def integer(self, operation: str, *values: Value) -> Socket:
        """An Integer Math node's result."""
        return self.get("FunctionNodeIntegerMath", set={"operation": operation}, into=dict(enumerate(values)))

    def both(self, a: Value, b: Value) -> Socket:
        """Whether ``a`` and ``b`` are true."""
        return self.get("FunctionNodeBooleanMath", set={"operation": "AND"}, into={0: a, 1: b})

    def either(self, a: Value, b: Value) -> Socket:
        """Whether ``a`` or ``b`` is true."""
        return self.get("FunctionNodeBooleanMath", set={"operation": "OR"}, into={0: a, 1: b})

    def negate(self, a: Value) -> Socket:
        """Whether ``a`` is false."""
        return self.get("FunctionNodeBooleanMath", set={"operation": "NOT"}, into={0: a})

    def compare(self, operation: str, a: Value, b: Value, kind: str = "FLOAT") -> Socket:
        """Whether ``a`` stands to ``b`` as ``operation`` says; equal floats are equal to the last bit."""
        node = self.node("FunctionNodeCompare", set={"data_type": kind, "operation": operation},
                         into={"A": a, "B": b})
        if kind == "FLOAT" and operation in ("EQUAL", "NOT_EQUAL"):
            set_default(_enabled(node.inputs, "Epsilon"), 0.0)
        return Socket(self, node.outputs[0])

    def switch(self, condition: Value, no: Value, yes: Value, kind: str = "FLOAT") -> Socket:
        """``yes`` where the condition is true, else ``no``; ``kind``: what they are."""
        return self.get("GeometryNodeSwitch", set={"input_type": kind},
                        into={"Switch": condition, "False": no, "True": yes})

    def choose(self, index: Value, *values: Value, kind: str = "FLOAT") -> Socket:
        """The value that ``index`` counts to, from 0."""
        node = self.node("GeometryNodeIndexSwitch", set={"data_type": kind}, into={"Index": index})
        for _ in range(len(values) - len(node.index_switch_items)):
            node.index_switch_items.new()
        for number, value in enumerate(values):
            self.put(node.inputs[1 + number], value)
        return Socket(self, node.outputs[0])

    def attribute(self, name: Value, kind: str = "FLOAT") -> Socket:
        """The named attribute of what a geometry consists of."""
        return self.get("GeometryNodeInputNamedAttribute", "Attribute", set={"data_type": kind}, into={"Name": name})

    def store(self, geometry: Socket, name: str, value: Value, kind: str = "FLOAT",
              selection: Socket | None = None) -> Socket:
        """``geometry`` with ``value`` as a named attribute of its points, or of those selected."""
        return self.get("GeometryNodeStoreNamedAttribute", set={"data_type": kind, "domain": "POINT"},
                        into={"Geometry": geometry, "Name": name, "Value": value,
                              **({"Selection": selection} if selection else {})})

    def group(self, group: bpy.types.NodeTree, **into: Value) -> Socket:
        """The first output of a node of ``group`` with inputs by their names."""
        return next(iter(self.outputs(group, **into).values()))

    def outputs(self, group: bpy.types.NodeTree, **into: Value) -> dict[str, Socket]:
        """All outputs of a node of ``group``, by their names; spaces in those of inputs may be underscores."""
        node = self.node(_group_node(self.tree))
        node.node_tree = group
        for name, value in into.items():
            self.put(node.inputs[name.replace("_", " ")], value)
        return {output.name: Socket(self, output) for output in node.outputs}

    def sample(self, geometry: Socket, name: Value, index: Value) -> Socket:
        """The float attribute ``name`` of the point ``index`` of another geometry."""
        value = self.attribute(name)
        return self.get("GeometryNodeSampleIndex", set={"data_type": "FLOAT", "domain": "POINT", "clamp": True},
                        into={"Geometry": geometry, "Value": value, "Index": index})

    def repeat(self, iterations: Value, geometry: Socket, body: Callable[[Socket, Socket], Socket]) -> Socket:
        """``geometry`` after ``body(geometry, iteration)`` was applied ``iterations`` times."""
        start, end = self.node("GeometryNodeRepeatInput"), self.node("GeometryNodeRepeatOutput")
        start.pair_with_output(end)
        end.repeat_items.clear()
        end.repeat_items.new("GEOMETRY", "Geometry")
        self.put(start.inputs["Iterations"], iterations)
        self.put(start.inputs["Geometry"], geometry)
        self.put(end.inputs["Geometry"], body(Socket(self, start.outputs["Geometry"]),
                                              Socket(self, start.outputs["Iteration"])))
        return Socket(self, end.outputs["Geometry"])

    def object_geometry(self, obj: Value) -> Socket:
        """The evaluated geometry of an object, in that object's own frame."""
        return self.get("GeometryNodeObjectInfo", "Geometry", into={"Object": obj})

    def row_and_column(self, columns: Value) -> tuple[Socket, Socket]:
        """Row and column of each point of a matrix that has so many columns, row by row."""
        index = self.get("GeometryNodeInputIndex")
        return self.integer("DIVIDE_FLOOR", index, columns), self.integer("MODULO", index, columns)

    def arrange(self) -> None:
        """Lay the nodes out in columns from left to right, so that a person can read the tree."""
        column: dict[Any, int] = {}
        before: dict[Any, list] = {}  # taken at once: asking a socket for its links goes through all of them
        for link in self.tree.links:
            before.setdefault(link.to_node, []).append(link.from_node)

        def depth(node: Any) -> int:
            if node not in column:
                column[node] = 0
                column[node] = 1 + max((depth(source) for source in before.get(node, ())), default=-1)
            return column[node]

        rows: dict[int, int] = {}
        places: list[int] = []
        for node in nodes_of(self.tree):
            at = depth(node)
            places += at * COLUMN, -rows.get(at, 0) * ROW
            rows[at] = rows.get(at, 0) + 1
        self.tree.nodes.foreach_set("location", places)


def _group_node(tree: bpy.types.NodeTree) -> str:
    return "GeometryNodeGroup" if tree.bl_idname == "GeometryNodeTree" else "ShaderNodeGroup"


def _enabled(sockets: Iterable[bpy.types.NodeSocket], key: str | int) -> bpy.types.NodeSocket:
    """The socket ``key`` that is in use: several of one name exist, one for each data type."""
    if isinstance(key, int):
        return [s for s in sockets if s.enabled][key]
    for socket in sockets:
        if socket.enabled and socket.name == key:
            return socket
    raise KeyError(f"no socket {key!r} among {[s.name for s in sockets if s.enabled]}")


def _named(socket: bpy.types.NodeSocket) -> str:
    """A socket by the names of its node and its own, for an error."""
    return f"{socket.node.name if socket.node else ''}.{socket.name}"


def _interface_type(socket: bpy.types.NodeSocket) -> str:
    """The interface's socket type for a socket (``NodeSocketFloatFactor`` and the like are plain there)."""
    for base in ("Float", "Int", "Vector", "Color", "Bool", "Geometry", "Shader", "Rotation", "Matrix"):
        if socket.bl_idname.startswith(f"NodeSocket{base}"):
            return f"NodeSocket{base}"
    return socket.bl_idname


def ensure(name: str, kind: str, fill: Callable[[Tree], None]) -> bpy.types.NodeTree:
    """The node group ``name``: the file's own if it is there, else made by ``fill``. ``kind``: its ``bl_idname``."""
    group = bpy.data.node_groups.get(name)
    if group is not None and group.bl_idname == kind and group.library is None:
        return group
    new: Any = bpy.data.node_groups.new
    group = new(name, kind)
    if kind == "GeometryNodeTree":
        group.is_modifier = True
    tree = Tree(group)
    fill(tree)
    tree.arrange()
    return group
