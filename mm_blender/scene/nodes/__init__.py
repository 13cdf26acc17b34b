"""Node groups, built by code: one group a module, each with ``NAME`` and ``build()``.

The build function is the source of truth. A group that the file already holds is used again, so that several
visualizations share it; its name carries a version that is raised whenever the group changes.
"""
