"""The Blender extension: operators, and the ``mm`` command of ``blender --command``.

The work is done by the package ``mm_blender``, which the extension carries as a wheel. Nothing is imported from
Blender before ``register`` is called, so that tools which walk over the repository may import this module.
"""

_commands = []


def _command(arguments: list[str]) -> int:
    """``blender --command mm render ...``: the same as ``mm-blender render ...`` outside."""
    from mm_blender.cli import main

    return main(arguments, prog="blender --command mm")


def register():
    import bpy

    from .operators import classes, settings

    for cls in classes:
        bpy.utils.register_class(cls)
    settings.register()
    _commands.append(bpy.utils.register_cli_command("mm", _command))


def unregister():
    import bpy

    from .operators import classes, settings

    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    settings.unregister()
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
