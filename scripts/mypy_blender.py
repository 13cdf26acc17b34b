"""What mypy does not know of Blender: that ``name: bpy.props.StringProperty(…)`` in a class makes a text of ``name``.

Blender reads the properties of operators, panels and property groups off their annotations, which are calls there. To
mypy a call is no type; so each is taken here for the type of what Blender gives under that name. ``pyproject.toml``
names this file as a plugin.
"""
import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

from mypy.nodes import AssignmentStmt
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import AnyType, Type, TypeOfAny, UnboundType

PLACES = "operators."  # whose classes Blender registers
TYPES = {"BoolProperty": "bool", "EnumProperty": "str", "FloatProperty": "float", "IntProperty": "int",
         "StringProperty": "str"}


class BlenderPlugin(Plugin):
    """Gives the properties of classes their types, before mypy reads their annotations."""

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return _type_properties if fullname.startswith(PLACES) else None


def _type_properties(context: ClassDefContext) -> None:
    made = _properties(context.api.modules[context.cls.info.module_name].path)
    for statement in context.cls.defs.body:
        if isinstance(statement, AssignmentStmt) and statement.line in made:
            statement.type = _type(made[statement.line], statement.line)


def _type(function: str, line: int) -> Type:
    """The type of what a property that ``function`` makes holds; of vectors, collections and pointers any."""
    name = TYPES.get(function)
    return UnboundType(name, line=line) if name else AnyType(TypeOfAny.explicit)


@cache
def _properties(path: str) -> dict[int, str]:
    """By the line on which it begins, the function of ``bpy.props`` of each property in the file ``path``."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.lineno: node.annotation.func.attr for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Call)
            and isinstance(node.annotation.func, ast.Attribute)
            and ast.unparse(node.annotation.func.value) == "bpy.props"}


def plugin(_version: str) -> type[Plugin]:
    """What mypy calls."""
    return BlenderPlugin
