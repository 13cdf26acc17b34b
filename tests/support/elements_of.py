"""The elements of a visualization from its facts: where each is in Blender's metres, how large, of which colour."""
from types import SimpleNamespace

import numpy as np

from mm_blender.appearance import rules
from mm_blender.expression.tree import nodes
from mm_blender.layout.places import offsets, to_blender


def elements_of(viz, path, scale=1.0, offset=(0.0, 0.0, 0.0), pitch=None):
    """Of a matrix that stands still. ``scale``, ``offset``: of one of several side by side, whose ``pitch`` it is."""
    node = next(each for each in nodes(viz.tree) if each.path == path)
    x, own, frame = viz.values[path], viz.scales()[path], viz.placement.matrices[path]
    row, col = np.nonzero(x)
    down, along = offsets(node)
    place = np.stack([along[col], down[row], 0.0 * row], -1) @ frame[:3, :3].T + frame[:3, 3]
    pitch = viz.placement.pitch if pitch is None else pitch
    value = x[row, col]
    return SimpleNamespace(row=row, col=col, value=value, position=to_blender(place * scale + offset) * pitch,
                           edge=rules.edge(value, own, node.viz) * pitch * scale,
                           srgb=rules.srgb(value, own, node.viz, viz.span(path)))
