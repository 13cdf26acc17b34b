"""The Blender extension: operators, and the ``mm`` command of ``blender --command``.

The work is done by the package ``mm_blender``, which the extension carries as a wheel. Nothing is imported from
Blender before ``register`` is called, so that tools which walk over the repository may import this module.
"""

_commands = []


def _command(arguments: list[str]) -> int:
    """``blender --command mm render ...``: the same as ``mm-blender render ...`` outside."""
    from mm_blender.cli.main import main

    return main(arguments, prog="blender --command mm", whole=True)


def _own_folders():
    """What gives the path of a folder that Blender keeps for this extension, by its name; None for a module that was
    not installed as an extension and has none."""
    import bpy

    try:
        bpy.utils.extension_path_user(__package__)
    except ValueError:
        return None
    # a folder is made when something is written into it, by what reports why that fails
    return lambda name: bpy.utils.extension_path_user(__package__, path=name)


def register():
    """Called by Blender as the extension is enabled."""
    import bpy

    from mm_blender.system import folders

    from .operators import classes, settings

    for cls in classes:
        bpy.utils.register_class(cls)
    settings.register()
    folders.keep_in(_own_folders())
    _commands.append(bpy.utils.register_cli_command("mm", _command))


def unregister():
    """Called by Blender as the extension is disabled."""
    import bpy

    from mm_blender.system import folders

    from .operators import classes, settings

    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    settings.unregister()
    folders.keep_in(None)
    for cls in reversed(classes):
        bpy.utils.unregister_class(cls)
