"""Node groups, built by code: one group a module, each with ``NAME`` and ``build()``.

Those that draw what a module of ``scene`` is about (cubes, tiles, pins …) are called after it: ``cube_group``.

The build function is the source of truth. A group that the file already holds is used again, so that several
visualizations share it; its name carries a version that is raised whenever the group changes.
"""
